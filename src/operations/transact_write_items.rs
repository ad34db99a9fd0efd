//! TransactWriteItems

use std::sync::Arc;

use super::answer::{self, Meter};
use super::database::{Answer, Database};
use super::transaction::{self, Outcome, Refusal, Transaction};
use super::write_answer::{has_local_index, write_collection};
use crate::protocol::json::ObjectWriter;
use crate::protocol::shapes::TransactWriteItemsInput;
use crate::protocol::{ApiError, Operation};
use crate::service::Caller;
use crate::table::capacity::{Consumed, Units};
use crate::table::write::{Change, Effect, Row, Target};
use crate::table::{RowKey, Store, Table};
use crate::validation::returns::ReturnConsumedCapacity;
use crate::validation::transact_write_items::{Action, Deed};
use crate::validation::{Violation, item, transact_write_items};
use crate::value::{AttributeValue, encode_item};

pub(super) async fn execute(database: &Database, caller: &Caller, input: TransactWriteItemsInput) -> Answer {
    let operation = Operation::TransactWriteItems;
    let request = transact_write_items::validate(input, database.layer(operation, caller))?;
    let find = |action: &Action| database.table(caller, action.table());
    let tables: Vec<Arc<Table>> = request.actions.iter().map(find).collect::<Result<_, _>>()?;
    let (mut targets, mut partitions) = (Vec::new(), Vec::new());
    for (action, table) in request.actions.iter().zip(&tables) {
        match action.check(&table.state().definition).map_err(Refusal::from) {
            Ok(key) => {
                targets.push(Ok(Target { table, key: RowKey::of_table(key) }));
                partitions.push(key.partition);
            }
            Err(Refusal::Cancels(reason)) => targets.push(Err(reason)),
            Err(Refusal::Request(error)) => return Err(error),
        }
    }
    transaction::check_distinct(&targets)?;
    let token = request.token.as_ref().map(|token| transaction::token_use(database, caller, operation, token));
    let decide = |place: usize, row: &Row<'_>| match request.actions.get(place) {
        Some(action) => decide(action, row),
        None => Err(Refusal::Request(ApiError::internal())),
    };
    let outcome = transaction::run(database.store(), Transaction { targets, token }, decide).await?;
    let collections = match &outcome {
        Outcome::Committed(effects) if request.report.item_collection_metrics => {
            collections(database.store(), &request.actions, partitions, effects)?
        }
        Outcome::Committed(_) | Outcome::Replayed(_) => Vec::new(),
    };
    let of_tables = ByTable::of(&request.actions, &tables);
    Ok(answer::object(answer::SMALL_ANSWER_BYTES, |body| {
        write_collections(body, &of_tables, &collections);
        write_consumed(body, request.report.consumed_capacity, &of_tables, &outcome);
    }))
}

pub(super) fn decide<'a>(action: &'a Action, row: &Row<'_>) -> Result<Change<'a>, Refusal> {
    if action.condition().is_some_and(|condition| !condition.evaluate(row.old)) {
        return Err(Refusal::condition_failed(row, action.return_old_on_failure()));
    }
    let request = match &action.deed {
        Deed::Put(put) => return Ok(Change::Put(encode_item(&put.item).into())),
        Deed::Delete(_) => return Ok(Change::Delete),
        Deed::Check(_) => return Ok(Change::Keep),
        Deed::Update(update) => update,
    };
    // An item that does not exist starts out as its key.
    let old = row.old.map_or_else(|| request.key.clone(), |old| old.to_item());
    let Some(update) = &request.update else { return Ok(Change::Put(encode_item(&old).into())) };
    let updated = update.apply(&old).map_err(Violation::from)?;
    item::check_updated(&row.state.definition, request, &updated.item)?;
    Ok(Change::Put(encode_item(&updated.item).into()))
}

/// The tables of a transaction in the order in which it names them first, each with the places of its actions.
pub(super) struct ByTable<'a>(Vec<(&'a str, Vec<usize>)>);

impl<'a> ByTable<'a> {
    pub(super) fn of(actions: &'a [Action], tables: &[Arc<Table>]) -> ByTable<'a> {
        let mut listed: Vec<(&Arc<Table>, &str, Vec<usize>)> = Vec::new();
        for (place, (action, table)) in actions.iter().zip(tables).enumerate() {
            match listed.iter_mut().find(|(other, ..)| Arc::ptr_eq(other, table)) {
                Some((.., places)) => places.push(place),
                None => listed.push((table, &action.given_table, vec![place])),
            }
        }
        ByTable(listed.into_iter().map(|(_, name, places)| (name, places)).collect())
    }
}

/// The item collection that one action changed: the action's place, and the size.
struct Collection<'a> {
    place: usize,
    effect: &'a Effect,
    partition: &'a AttributeValue,
    bytes: u64,
}

fn collections<'a>(
    store: &Store,
    actions: &[Action],
    partitions: Vec<&'a AttributeValue>,
    effects: &'a [Effect],
) -> Result<Vec<Collection<'a>>, ApiError> {
    let mut collections = Vec::new();
    for (place, ((action, partition), effect)) in actions.iter().zip(partitions).zip(effects).enumerate() {
        if matches!(action.deed, Deed::Check(_)) || !has_local_index(&effect.state) {
            continue;
        }
        let key = RowKey::of_partition(partition);
        let bytes = store.item_collection_bytes(&effect.state, &key)?;
        collections.push(Collection { place, effect, partition, bytes });
    }
    Ok(collections)
}

fn write_collections(body: &mut ObjectWriter<'_>, of_tables: &ByTable<'_>, collections: &[Collection<'_>]) {
    if collections.is_empty() {
        return;
    }
    body.member("ItemCollectionMetrics").object(|out| {
        for (name, places) in &of_tables.0 {
            let mut of_table = collections.iter().filter(|collection| places.contains(&collection.place)).peekable();
            if of_table.peek().is_some() {
                out.member(name).array(|list| {
                    for Collection { effect, partition, bytes, .. } in of_table {
                        write_collection(list.element(), &effect.state, partition, *bytes);
                    }
                });
            }
        }
    });
}

pub(super) fn write_consumed(
    body: &mut ObjectWriter<'_>,
    wanted: ReturnConsumedCapacity,
    of_tables: &ByTable<'_>,
    outcome: &Outcome,
) {
    if wanted == ReturnConsumedCapacity::None {
        return;
    }
    body.member("ConsumedCapacity").array(|out| {
        for (name, places) in &of_tables.0 {
            let mut consumed = Consumed::default();
            let meter = match outcome {
                Outcome::Committed(effects) => {
                    let effects = places.iter().filter_map(|place| effects.get(*place));
                    effects.for_each(|effect| consumed.add(&Consumed::of_transaction_write(effect)));
                    Meter::Writes
                }
                // A replay is charged as if it read the images of the first call (aws-verified.md section 2).
                Outcome::Replayed(images) => {
                    let images = places.iter().filter_map(|place| images.get(*place));
                    images.for_each(|bytes| consumed.table += Units::transaction_read(*bytes as usize));
                    Meter::Reads
                }
            };
            answer::write_transaction_consumed(out.element(), wanted, name, &consumed, meter);
        }
    });
}
