//! The members with which a request chooses what its answer holds.

use super::constraint::{Broken, Constraint, Members};
use super::layer::Layer;

/// `ReturnValues` of UpdateItem. PutItem and DeleteItem know only the first two and keep a `bool`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ReturnValues {
    #[default]
    None,
    AllOld,
    UpdatedOld,
    AllNew,
    UpdatedNew,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ReturnConsumedCapacity {
    #[default]
    None,
    Total,
    Indexes,
}

/// What the answer to a write reports beside its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct WriteReport {
    pub consumed_capacity: ReturnConsumedCapacity,
    /// `ReturnItemCollectionMetrics: SIZE`
    pub item_collection_metrics: bool,
}

const RETURN_VALUES: &[(&str, ReturnValues)] = &[
    ("NONE", ReturnValues::None),
    ("ALL_OLD", ReturnValues::AllOld),
    ("UPDATED_OLD", ReturnValues::UpdatedOld),
    ("ALL_NEW", ReturnValues::AllNew),
    ("UPDATED_NEW", ReturnValues::UpdatedNew),
];

const CONSUMED_CAPACITY: &[(&str, ReturnConsumedCapacity)] = &[
    ("NONE", ReturnConsumedCapacity::None),
    ("TOTAL", ReturnConsumedCapacity::Total),
    ("INDEXES", ReturnConsumedCapacity::Indexes),
];

/// `ReturnValues`, which the newer layer refuses without naming the member.
pub(super) fn return_values(members: &mut Members, given: Option<&str>, layer: Layer) -> ReturnValues {
    let Some(given) = given else { return ReturnValues::None };
    let found = RETURN_VALUES.iter().find(|(name, _)| *name == given);
    if found.is_none() {
        members.add(if layer.has_newer_members() {
            // UPDATE_NEW is AWS's spelling.
            Broken::nameless(Constraint::OneOf("ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE"))
        } else {
            Broken::echoed(given, "returnValues", Constraint::OneOf("ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW"))
        });
    }
    found.map_or(ReturnValues::None, |(_, values)| *values)
}

/// `ReturnConsumedCapacity`, on every operation and layer alike.
pub(super) fn consumed_capacity(members: &mut Members, given: Option<&str>) -> ReturnConsumedCapacity {
    members.one_of(given, "returnConsumedCapacity", CONSUMED_CAPACITY, "INDEXES, TOTAL, NONE").unwrap_or_default()
}

/// Whether `ReturnItemCollectionMetrics` is SIZE.
pub(super) fn item_collection_metrics(members: &mut Members, given: Option<&str>) -> bool {
    let names = &[("SIZE", true), ("NONE", false)];
    members.one_of(given, "returnItemCollectionMetrics", names, "SIZE, NONE").unwrap_or_default()
}

/// Whether `ReturnValuesOnConditionCheckFailure` is ALL_OLD.
pub(super) fn on_condition_check_failure(members: &mut Members, given: Option<&str>) -> bool {
    let names = &[("ALL_OLD", true), ("NONE", false)];
    members.one_of(given, "returnValuesOnConditionCheckFailure", names, "ALL_OLD, NONE").unwrap_or_default()
}
