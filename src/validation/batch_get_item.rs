//! BatchGetItem's request.

use super::returns::ReturnConsumedCapacity;
use super::table_name::TableName;
use crate::expression::Projection;
use crate::value::Item;

#[derive(Debug)]
pub struct BatchGetItem {
    /// In the order of the request; at most 100 keys together.
    pub tables: Vec<TableKeys>,
    pub consumed_capacity: ReturnConsumedCapacity,
}

#[derive(Debug)]
pub struct TableKeys {
    pub table: TableName,
    /// The name or ARN under which the request lists the table, and the answer too.
    pub given_name: String,
    pub keys: Vec<Item>,
    pub projection: Option<Projection>,
    pub consistent: bool,
    pub echo: Echo,
}

/// What `UnprocessedKeys` repeats beside the keys, as sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Echo {
    pub projection_expression: Option<String>,
    pub expression_attribute_names: Option<Vec<(String, String)>>,
    pub attributes_to_get: Option<Vec<String>>,
    pub consistent_read: Option<bool>,
}
