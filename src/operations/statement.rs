//! What the three operations of PartiQL have in common: a statement that writes one item, and the columns of one that reads.

use std::sync::Arc;

use super::update_item;
use super::write_answer::check_condition;
use crate::partiql::{Columns, Statement};
use crate::protocol::encode::NumberSetOrder;
use crate::protocol::{ApiError, ErrorKind, JsonWriter};
use crate::table::write::{Change, Effect, Row, Target, Written};
use crate::table::{RowKey, Store, StoreError, Table};
use crate::validation::transact_write_items::{Action, Deed};
use crate::validation::violation::StatementViolation;
use crate::validation::{Violation, partiql};
use crate::value::{Item, ItemView, encode_item};

/// A write that can be carried out once its row is latched.
pub(super) struct Prepared<'a> {
    action: Action,
    pub(super) table: &'a Arc<Table>,
    pub(super) key: RowKey,
}

pub(super) struct Wrote {
    /// What RETURNING asks for, if there is any of it.
    pub(super) item: Option<Item>,
    pub(super) effect: Effect,
}

/// A write that the stored item refused.
pub(super) struct Refused {
    pub(super) error: ApiError,
    /// The larger of the stored item and the one that the write carried.
    pub(super) larger_bytes: usize,
}

pub(super) fn prepare<'a>(
    table: &'a Arc<Table>,
    statement: &Statement,
    return_old_on_failure: bool,
) -> Result<Prepared<'a>, Violation> {
    let state = table.state();
    let action = partiql::write(&state.definition, statement, return_old_on_failure)?;
    let key = RowKey::of_table(action.check(&state.definition)?);
    Ok(Prepared { action, table, key })
}

impl Prepared<'_> {
    pub(super) fn write(&self, store: &Store) -> Result<Written<Option<Item>, Refused>, StoreError> {
        let target = Target { table: self.table, key: self.key.clone() };
        store.write(std::slice::from_ref(&target), |rows| {
            let [row] = rows else { return Err(Refused { error: ApiError::internal(), larger_bytes: 0 }) };
            match decide(&self.action, row) {
                Ok((change, item)) => Ok((vec![change], item)),
                Err(error) => Err(Refused { error, larger_bytes: larger_bytes(&self.action, row) }),
            }
        })
    }
}

/// Waits until the write, or what a refusal was based on, is durable.
pub(super) async fn settle(written: Written<Option<Item>, Refused>) -> Result<Result<Wrote, Refused>, ApiError> {
    written.ticket.await.map_err(StoreError::from)?;
    match written.outcome {
        Err(refused) => Ok(Err(refused)),
        Ok(done) => match done.effects.into_iter().next() {
            Some(effect) => Ok(Ok(Wrote { item: done.result, effect })),
            None => Err(ApiError::internal()),
        },
    }
}

/// Whether a condition refused a statement, so that judging the item is charged.
pub(super) fn was_judged(error: &ApiError) -> bool {
    matches!(error.kind, ErrorKind::ConditionalCheckFailedException | ErrorKind::DuplicateItemException)
}

fn decide<'a>(action: &'a Action, row: &Row<'_>) -> Result<(Change<'a>, Option<Item>), ApiError> {
    match &action.deed {
        Deed::Put(put) => {
            check_condition(None, row, false)?;
            if row.old.is_some() {
                return Err(Violation::from(StatementViolation::DuplicateItem).into());
            }
            Ok((Change::Put(encode_item(&put.item).into()), None))
        }
        Deed::Update(update) => update_item::decide(update, row),
        Deed::Delete(delete) => {
            check_condition(delete.condition.as_ref(), row, delete.return_old_on_failure)?;
            Ok((Change::Delete, row.old.filter(|_| delete.return_old).map(|old| old.to_item())))
        }
        Deed::Check(check) => {
            check_condition(Some(&check.condition), row, check.return_old_on_failure)?;
            Ok((Change::Keep, None))
        }
    }
}

fn larger_bytes(action: &Action, row: &Row<'_>) -> usize {
    let carried = match &action.deed {
        Deed::Put(put) => put.item.size_bytes(),
        Deed::Update(_) | Deed::Delete(_) | Deed::Check(_) => 0,
    };
    row.old.map_or(0, |old| old.size_bytes()).max(carried)
}

/// An item as SELECT lists it. Number sets come in hash order (us-east-1, 2026-10, aws-verified.md section 4).
pub(super) fn write_columns(out: JsonWriter<'_>, item: ItemView<'_>, columns: &Columns) {
    let columns = match columns {
        Columns::All => return out.item_view(item, NumberSetOrder::JavaHash),
        Columns::Paths(columns) => columns.as_slice(),
        Columns::Unexpected(_) => &[],
    };
    out.object(|attributes| {
        for (place, column) in columns.iter().enumerate() {
            // Of several columns of one name the last one that is there counts.
            let is_hidden = || {
                let mut later = columns[place + 1..].iter();
                later.any(|other| other.name == column.name && other.path.find(item).is_some())
            };
            if let Some(value) = column.path.find(item)
                && !is_hidden()
            {
                attributes.member(&column.name).value_view(value, NumberSetOrder::JavaHash);
            }
        }
    });
}
