//! From requests as they came to requests that can only be carried out: each operation's input (`protocol::shapes`) becomes a
//! type that the layers above cannot misuse, or a [`Violation`], in the order in which DynamoDB checks.
//!
//! There are two halves. `<operation>::validate` needs the request alone and runs before the table is looked up. The second
//! half ([`key`], [`item`], [`query::resolve`], [`scan::resolve`], [`update_table::apply`]) needs the table's definition.

pub mod batch_execute_statement;
pub mod batch_get_item;
pub mod batch_write_item;
mod conditions;
pub mod constraint;
pub mod create_table;
pub mod delete_item;
pub mod delete_table;
pub mod describe_stream;
pub mod describe_table;
pub mod execute_statement;
pub mod execute_transaction;
pub mod get_item;
pub mod get_records;
pub mod get_shard_iterator;
pub mod item;
pub mod key;
pub mod key_schema;
pub mod layer;
pub mod list_streams;
pub mod list_tables;
mod parameters;
pub mod partiql;
pub mod put_item;
pub mod query;
pub mod read;
#[cfg(test)]
mod refused;
pub mod request_digest;
pub mod returns;
pub mod scan;
pub mod sequence_number;
pub mod start_key;
pub mod stream_arn;
pub mod table_definition;
mod table_keys;
mod table_members;
pub mod table_name;
mod table_settings;
pub mod tags;
pub mod time_to_live;
mod transact_actions;
pub mod transact_get_items;
pub mod transact_write_items;
pub mod update_item;
pub mod update_table;
mod values;
pub mod violation;

pub use key_schema::{KeyAttribute, KeySchema, ScalarType};
pub use layer::Layer;
pub use table_definition::TableDefinition;
pub use table_name::TableName;
pub use violation::Violation;
