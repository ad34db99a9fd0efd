//! DescribeTable's request.

use super::layer::Layer;
use super::table_members::only_name;
use super::table_name::TableName;
use super::violation::Violation;
use crate::protocol::shapes::DescribeTableInput;

#[derive(Debug, PartialEq, Eq)]
pub struct DescribeTable {
    pub table: TableName,
}

pub fn validate(input: DescribeTableInput, _layer: Layer) -> Result<DescribeTable, Violation> {
    Ok(DescribeTable { table: only_name(input.table_name)? })
}
