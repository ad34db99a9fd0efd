//! The operations: each decodes its input, checks it, does it and encodes the answer, in one short file.

#[cfg(test)]
mod address_tests;
mod answer;
mod batch_execute_statement;
mod batch_get_item;
mod batch_write_item;
#[cfg(test)]
mod collection_tests;
mod create_table;
mod database;
mod delete_item;
mod delete_table;
mod describe_endpoints;
mod describe_limits;
mod describe_stream;
mod describe_table;
mod describe_time_to_live;
mod execute_statement;
mod execute_transaction;
#[cfg(test)]
mod fixtures;
mod get_item;
mod get_records;
mod get_shard_iterator;
mod list_streams;
mod list_tables;
mod list_tags_of_resource;
mod page_answer;
mod put_item;
mod query;
mod scan;
mod statement;
#[cfg(test)]
mod stream_tests;
mod table_description;
mod tag_resource;
mod transact_get_items;
mod transact_write_items;
mod transaction;
mod untag_resource;
mod update_item;
mod update_table;
mod update_time_to_live;
mod write_answer;

pub use database::{Database, OpenError};
