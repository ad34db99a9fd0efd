//! UpdateItem's request.

use super::returns::{ReturnValues, WriteReport};
use super::table_name::TableName;
use crate::expression::{Condition, Update};
use crate::value::Item;

#[derive(Debug)]
pub struct UpdateItem {
    pub table: TableName,
    pub key: Item,
    /// From `UpdateExpression` or `AttributeUpdates`. None creates the item from its key, or leaves it as it is.
    pub update: Option<Update>,
    pub condition: Option<Condition>,
    pub size_rule: UpdateSizeRule,
    pub return_values: ReturnValues,
    pub return_old_on_failure: bool,
    pub report: WriteReport,
}

/// What an update's 400 KB limit is measured on. [`super::item::check_update_charge`] and
/// [`super::item::check_updated`] apply it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateSizeRule {
    /// The finished item, and what the statement itself would charge, before the condition is looked at.
    ItemAndCharge,
    /// The finished item alone: `AttributeUpdates`, and Regions with the older layer.
    Item,
}
