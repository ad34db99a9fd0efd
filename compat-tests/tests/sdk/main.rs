//! The official AWS SDK against a server process: one module an operation, one scenario a test.
#![allow(clippy::unwrap_used)]

mod batch_execute_statement;
mod batch_get_item;
mod batch_write_item;
mod concurrency;
mod create_table;
mod delete_item;
mod delete_table;
mod describe_limits;
mod describe_stream;
mod describe_table;
mod durability;
mod errors;
mod execute_statement_select;
mod execute_statement_write;
mod execute_transaction;
mod get_item;
mod get_records;
mod get_shard_iterator;
mod global_secondary_index;
mod list_streams;
mod list_tables;
mod local_secondary_index;
mod namespaces;
mod properties;
mod put_item;
mod query;
mod scan;
mod starting_and_stopping;
mod tag_resource;
mod transact_get_items;
mod transact_write_items;
mod update_item;
mod update_table;
mod update_time_to_live;
