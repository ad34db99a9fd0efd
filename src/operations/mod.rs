//! The operations: each decodes its input, checks it, does it and encodes the answer, in one short file.

mod answer;
mod batch_get_item;
mod batch_write_item;
mod create_table;
mod database;
mod delete_item;
mod delete_table;
mod describe_table;
mod get_item;
mod list_tables;
mod page_answer;
mod put_item;
mod query;
mod scan;
mod table_description;
mod update_item;
mod update_table;
mod write_answer;

pub use database::{Database, OpenError};
