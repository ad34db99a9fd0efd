//! What TransactWriteItems and ExecuteTransaction have in common: all actions decide on their latched rows together,
//! and either all of them are carried out or none is and each has its reason.

use std::collections::HashSet;

use super::database::{COLLECTION_TOO_LARGE, Database};
use crate::protocol::error::{CONDITION_FAILED, CancellationCode, CancellationReason};
use crate::protocol::{ApiError, Operation};
use crate::service::Caller;
use crate::table::idempotency::{ExpiredToken, TokenRecord, TokenState, TokenUse};
use crate::table::in_flight::Held;
use crate::table::write::{Change, Decision, Effect, Row, Target, Written};
use crate::table::{RowKey, Store, StoreError};
use crate::validation::Violation;
use crate::validation::transact_write_items::{TRANSACTION_BYTES_MAX, Token, is_up_front};
use crate::validation::violation::TransactionViolation;
use crate::value::ItemView;

/// What a transaction is about, whichever operation it came by.
pub(super) struct Transaction<'a> {
    /// One for each action, in request order: its row, or why it has none.
    pub(super) targets: Vec<Result<Target<'a>, CancellationReason>>,
    pub(super) token: Option<TokenUse>,
}

/// How a transaction ended that was not refused.
pub(super) enum Outcome {
    /// What each action did, in request order.
    Committed(Vec<Effect>),
    /// An earlier call with the same token did it: for each action, the larger of its item before and after.
    Replayed(Vec<u32>),
}

/// Why an action cannot be carried out.
pub(super) enum Refusal {
    /// The transaction is cancelled; this is the action's reason.
    Cancels(CancellationReason),
    /// The request is refused as a whole.
    Request(ApiError),
}

impl Refusal {
    pub(super) fn condition_failed(row: &Row<'_>, return_old: bool) -> Refusal {
        let item = row.old.filter(|_| return_old).map(|old| old.to_item());
        let reason = CancellationReason::new(CancellationCode::ConditionalCheckFailed, CONDITION_FAILED);
        Refusal::Cancels(CancellationReason { item, ..reason })
    }
}

impl From<Violation> for Refusal {
    fn from(violation: Violation) -> Refusal {
        if is_up_front(&violation) {
            return Refusal::Request(violation.into());
        }
        Refusal::Cancels(CancellationReason::new(CancellationCode::ValidationError, violation.to_string()))
    }
}

/// The token of a request of this caller.
pub(super) fn token_use(database: &Database, caller: &Caller, operation: Operation, token: &Token) -> TokenUse {
    TokenUse::new(&database.namespace(caller), operation, &token.text, token.digest)
}

/// No two actions may be about one item.
pub(super) fn check_distinct(targets: &[Result<Target<'_>, CancellationReason>]) -> Result<(), ApiError> {
    let mut seen = HashSet::with_capacity(targets.len());
    let mut names = targets.iter().flatten().map(|target| {
        let RowKey { partition, sort } = &target.key;
        (std::sync::Arc::as_ptr(target.table), partition, sort)
    });
    match names.all(|name| seen.insert(name)) {
        true => Ok(()),
        false => Err(Violation::from(TransactionViolation::SameItemTwice).into()),
    }
}

/// The answer to a transaction of which some actions cannot be carried out: the reason of each, in request order.
pub(super) fn cancelled(reasons: impl IntoIterator<Item = Option<CancellationReason>>) -> ApiError {
    let reasons = reasons.into_iter().map(|reason| reason.unwrap_or(CancellationReason::NONE));
    ApiError::transaction_cancelled(reasons.collect())
}

/// The reason of an action whose item another transaction holds.
pub(super) fn conflict() -> CancellationReason {
    CancellationReason::new(CancellationCode::TransactionConflict, TransactionViolation::Conflict.to_string())
}

/// Shows each action its row and carries out what all of them decide. `decide` gets the action's place in the request.
pub(super) async fn run<'c>(
    store: &Store,
    transaction: Transaction<'_>,
    decide: impl FnMut(usize, &Row<'_>) -> Result<Change<'c>, Refusal>,
) -> Result<Outcome, ApiError> {
    let Begun { written, held, expired } = begin(store, transaction, decide)?;
    let ticket = written.ticket.await.map_err(StoreError::from);
    drop(held);
    let stop = match written.outcome {
        Ok(done) => {
            ticket?;
            return Ok(Outcome::Committed(done.effects));
        }
        Err(stop) => stop,
    };
    store.give_back_expired_tokens(expired);
    ticket?;
    match stop {
        Stop::Done(record) => Ok(Outcome::Replayed(record.image_bytes)),
        Stop::Refused(error) => Err(error),
        Stop::Failed(error) => Err(error.into()),
    }
}

/// A transaction that is committed or refused, but not durable yet.
struct Begun {
    written: Written<(), Stop>,
    held: Option<Held>,
    expired: Vec<ExpiredToken>,
}

enum Stop {
    Done(TokenRecord),
    Refused(ApiError),
    Failed(StoreError),
}

impl From<TransactionViolation> for Stop {
    fn from(violation: TransactionViolation) -> Stop {
        Stop::Refused(Violation::from(violation).into())
    }
}

fn begin<'c>(
    store: &Store,
    transaction: Transaction<'_>,
    mut decide: impl FnMut(usize, &Row<'_>) -> Result<Change<'c>, Refusal>,
) -> Result<Begun, ApiError> {
    let now = store.clock().now_millis();
    let Transaction { targets, token } = transaction;
    if targets.iter().any(Result::is_err) {
        // No item is looked at then (ExecuteTransaction: an emulator's captures, 2026).
        return Err(cancelled(targets.into_iter().map(Result::err)));
    }
    let targets: Vec<Target<'_>> = targets.into_iter().flatten().collect();
    let expired = if token.is_some() { store.take_expired_tokens(now)? } else { Vec::new() };
    let own: Vec<RowKey> =
        token.iter().map(TokenUse::row).chain(expired.iter().map(|token| &token.row)).cloned().collect();
    let rows = targets.iter().map(|target| (target.table.peek().space, &target.key));
    let (held, conflicts) = match store.in_flight().claim(token.as_ref().map(TokenUse::row), rows) {
        Ok(held) => (held, Vec::new()),
        Err(conflicts) => (None, conflicts),
    };
    let written = store.write_transaction(&targets, &own, |rows, stored| {
        let stale = match token.as_ref().map(|token| token.state(content(stored, 0), now)).transpose() {
            Err(error) => return Err(Stop::Failed(error)),
            Ok(Some(TokenState::Done(record))) => return Err(Stop::Done(record)),
            Ok(Some(TokenState::OtherRequest)) => return Err(TransactionViolation::TokenOfAnotherRequest.into()),
            Ok(Some(TokenState::Unused { stale })) => stale,
            Ok(None) => None,
        };
        let decided = decide_all(rows, &conflicts, &mut decide)?;
        let mut own: Vec<_> =
            expired.iter().enumerate().flat_map(|(place, token)| token.removals(content(stored, place + 1))).collect();
        // After the removals: an expired token may be this one.
        own.extend(token.iter().flat_map(|token| token.rows(now, decided.image_bytes.clone(), stale.as_ref())));
        Ok(Decision { changes: decided.changes, own, result: () })
    });
    match written {
        Ok(written) => Ok(Begun { written, held, expired }),
        Err(error) => {
            store.give_back_expired_tokens(expired);
            Err(match error {
                StoreError::CollectionTooLarge { target } => {
                    let code = CancellationCode::ItemCollectionSizeLimitExceeded;
                    let mut reasons = vec![CancellationReason::NONE; targets.len()];
                    if let Some(reason) = reasons.get_mut(target) {
                        *reason = CancellationReason::new(code, COLLECTION_TOO_LARGE);
                    }
                    ApiError::transaction_cancelled(reasons)
                }
                error => error.into(),
            })
        }
    }
}

fn content(stored: &[Option<kstone_engine::Value>], place: usize) -> Option<&[u8]> {
    stored.get(place)?.as_deref()
}

struct Decided<'c> {
    changes: Vec<Change<'c>>,
    /// For each action, the larger of its item before and after, as billed.
    image_bytes: Vec<u32>,
}

/// Asks every action, so that each that cannot be carried out has its reason. `conflicts` says by place which rows another
/// transaction claims; it is empty if there are none.
fn decide_all<'c>(
    rows: &[Row<'_>],
    conflicts: &[bool],
    decide: &mut impl FnMut(usize, &Row<'_>) -> Result<Change<'c>, Refusal>,
) -> Result<Decided<'c>, Stop> {
    let mut reasons: Vec<(usize, CancellationReason)> = Vec::new();
    let mut decided = Decided { changes: Vec::with_capacity(rows.len()), image_bytes: Vec::with_capacity(rows.len()) };
    let mut new_bytes_sum = 0;
    for (place, row) in rows.iter().enumerate() {
        if conflicts.get(place).is_some_and(|is_claimed| *is_claimed) {
            reasons.push((place, conflict()));
            continue;
        }
        match decide(place, row) {
            Err(Refusal::Request(error)) => return Err(Stop::Refused(error)),
            Err(Refusal::Cancels(reason)) => reasons.push((place, reason)),
            Ok(change) => {
                let new = match &change {
                    Change::Put(encoded) => Some(
                        ItemView::parse(encoded)
                            .map_err(StoreError::corrupt_item(row.state.definition.name.as_str()))
                            .map_err(Stop::Failed)?,
                    ),
                    Change::Keep | Change::Delete | Change::Expire => None,
                };
                new_bytes_sum += new.map_or(0, |new| new.size_bytes());
                let billed = |item: Option<ItemView<'_>>| item.map_or(0, |item| row.state.billed_bytes(item));
                let image_bytes = billed(row.old).max(billed(new));
                decided.image_bytes.push(u32::try_from(image_bytes).unwrap_or(u32::MAX));
                decided.changes.push(change);
            }
        }
    }
    if !reasons.is_empty() {
        let mut of_all = vec![None; rows.len()];
        reasons.into_iter().for_each(|(place, reason)| of_all[place] = Some(reason));
        return Err(Stop::Refused(cancelled(of_all)));
    }
    if new_bytes_sum > TRANSACTION_BYTES_MAX {
        return Err(TransactionViolation::TooLarge.into());
    }
    Ok(decided)
}

#[cfg(test)]
mod tests;
