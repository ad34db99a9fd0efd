//! DescribeTable's request.

use super::table_name::TableName;

#[derive(Debug, PartialEq, Eq)]
pub struct DescribeTable {
    pub table: TableName,
}
