//! DeleteItem's request.

use super::returns::WriteReport;
use super::table_name::TableName;
use crate::expression::Condition;
use crate::value::Item;

#[derive(Debug)]
pub struct DeleteItem {
    pub table: TableName,
    pub key: Item,
    pub condition: Option<Condition>,
    /// `ReturnValues: ALL_OLD`
    pub return_old: bool,
    /// `ReturnValuesOnConditionCheckFailure: ALL_OLD`
    pub return_old_on_failure: bool,
    pub report: WriteReport,
}
