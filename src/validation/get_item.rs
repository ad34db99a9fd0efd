//! GetItem's request.

use super::returns::ReturnConsumedCapacity;
use super::table_name::TableName;
use crate::expression::Projection;
use crate::value::Item;

#[derive(Debug)]
pub struct GetItem {
    pub table: TableName,
    pub key: Item,
    /// From `ProjectionExpression` or `AttributesToGet`.
    pub projection: Option<Projection>,
    pub consistent: bool,
    pub consumed_capacity: ReturnConsumedCapacity,
}
