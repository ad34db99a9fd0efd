//! BatchWriteItem's request.

use super::returns::WriteReport;
use super::table_name::TableName;
use crate::value::Item;

#[derive(Debug)]
pub struct BatchWriteItem {
    /// In the order of the request; at most 25 writes together.
    pub tables: Vec<TableWrites>,
    pub report: WriteReport,
}

#[derive(Debug)]
pub struct TableWrites {
    pub table: TableName,
    /// The name or ARN under which the request lists the table, and the answer too.
    pub given_name: String,
    pub writes: Vec<BatchWrite>,
}

#[derive(Debug)]
pub enum BatchWrite {
    Put(Item),
    Delete(Item),
}
