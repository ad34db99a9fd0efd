//! What PutItem, UpdateItem and DeleteItem have in common: the condition, and the report beside the result.

use super::answer;
use crate::expression::Condition;
use crate::protocol::encode::NumberSetOrder;
use crate::protocol::json::ObjectWriter;
use crate::protocol::{ApiError, JsonWriter};
use crate::table::capacity::Consumed;
use crate::table::write::{Effect, Row, Target, Written};
use crate::table::{IndexKind, Store, StoreError, TableState};
use crate::validation::Violation;
use crate::validation::returns::WriteReport;
use crate::validation::violation::TransactionViolation;
use crate::value::{AttributeValue, Item};

/// Evaluates the condition on the stored item, if no transaction holds that. A refusal carries the item if the request wants it.
pub(super) fn check_condition(
    condition: Option<&Condition>,
    row: &Row<'_>,
    return_old_on_failure: bool,
) -> Result<(), ApiError> {
    if row.is_in_transaction {
        return Err(Violation::from(TransactionViolation::Conflict).into());
    }
    if condition.is_none_or(|condition| condition.evaluate(row.old)) {
        return Ok(());
    }
    let item = row.old.filter(|_| return_old_on_failure).map(|old| old.to_item());
    Err(ApiError::condition_failed(item))
}

/// Waits until the write, or what a refusal was based on, is durable.
pub(super) async fn settle<R>(written: Written<R, ApiError>) -> Result<(R, Vec<Effect>), ApiError> {
    written.ticket.await.map_err(StoreError::from)?;
    written.outcome.map(|done| (done.result, done.effects))
}

/// The answer to a write of one item; `partition` is the value of its partition attribute.
pub(super) fn write(
    store: &Store,
    target: &Target<'_>,
    partition: &AttributeValue,
    attributes: Option<&Item>,
    effects: &[Effect],
    report: &WriteReport,
) -> Result<Vec<u8>, ApiError> {
    let Some(effect) = effects.first() else { return Err(ApiError::internal()) };
    let metrics = match report.item_collection_metrics && has_local_index(&effect.state) {
        true => Some(store.item_collection_bytes(&effect.state, &target.key)?),
        false => None,
    };
    let table = target.table.name.as_str();
    Ok(answer::object(answer::SMALL_ANSWER_BYTES, |body| {
        if let Some(item) = attributes {
            body.member("Attributes").item(item, NumberSetOrder::ByValue);
        }
        answer::write_consumed_capacity(body, report.consumed_capacity, table, || Consumed::of_write(effect));
        if let Some(bytes) = metrics {
            write_collection(body.member("ItemCollectionMetrics"), &effect.state, partition, bytes);
        }
    }))
}

pub(super) fn has_local_index(state: &TableState) -> bool {
    state.indexes.iter().any(|index| index.kind == IndexKind::Local)
}

/// One `ItemCollectionMetrics`: the size as a range of whole gigabytes (aws-verified.md section 2).
pub(super) fn write_collection(out: JsonWriter<'_>, state: &TableState, partition: &AttributeValue, bytes: u64) {
    const GIGABYTE: u64 = 1 << 30;
    let lower = bytes / GIGABYTE;
    out.object(|metrics: &mut ObjectWriter<'_>| {
        metrics.member("ItemCollectionKey").object(|key| {
            if let Some(attribute) = state.definition.key_schema.partition.first() {
                key.member(&attribute.name).value(partition, NumberSetOrder::ByValue);
            }
        });
        metrics.member("SizeEstimateRangeGB").array(|range| {
            range.element().double(lower as f64);
            range.element().double((lower + 1) as f64);
        });
    });
}
