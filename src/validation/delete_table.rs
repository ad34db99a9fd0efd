//! DeleteTable's request.

use super::layer::Layer;
use super::table_members::only_name;
use super::table_name::TableName;
use super::violation::Violation;
use crate::protocol::shapes::DeleteTableInput;

#[derive(Debug, PartialEq, Eq)]
pub struct DeleteTable {
    pub table: TableName,
}

pub fn validate(input: DeleteTableInput, _layer: Layer) -> Result<DeleteTable, Violation> {
    Ok(DeleteTable { table: only_name(input.table_name)? })
}
