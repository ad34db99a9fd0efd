//! DeleteTable's request.

use super::table_name::TableName;

#[derive(Debug, PartialEq, Eq)]
pub struct DeleteTable {
    pub table: TableName,
}
