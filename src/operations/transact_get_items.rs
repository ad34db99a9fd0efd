//! TransactGetItems

use std::sync::Arc;

use super::answer::{self, Meter, write_returned};
use super::database::{Answer, Database};
use super::transaction::{self, cancelled, conflict};
use crate::protocol::encode::NumberSetOrder;
use crate::protocol::error::{CancellationCode, CancellationReason};
use crate::protocol::json::ObjectWriter;
use crate::protocol::shapes::TransactGetItemsInput;
use crate::protocol::{ApiError, Operation};
use crate::service::Caller;
use crate::table::capacity::{Consumed, Units};
use crate::table::write::Target;
use crate::table::{RowKey, StoreError, Table};
use crate::validation::read::Returned;
use crate::validation::returns::ReturnConsumedCapacity;
use crate::validation::transact_get_items::Get;
use crate::validation::transact_write_items::TRANSACTION_BYTES_MAX;
use crate::validation::violation::TransactionViolation;
use crate::validation::{Violation, transact_get_items};
use crate::value::ItemView;

pub(super) fn execute(database: &Database, caller: &Caller, input: TransactGetItemsInput) -> Answer {
    let request = transact_get_items::validate(input, database.layer(Operation::TransactGetItems, caller))?;
    let find = |get: &Get| database.table(caller, &get.table);
    let tables: Vec<Arc<Table>> = request.gets.iter().map(find).collect::<Result<_, _>>()?;
    let targets: Vec<_> = request.gets.iter().zip(&tables).map(|(get, table)| target(get, table)).collect();
    if targets.iter().any(Result::is_err) {
        return Err(cancelled(targets.into_iter().map(Result::err)));
    }
    transaction::check_distinct(&targets)?;
    let targets: Vec<Target<'_>> = targets.into_iter().flatten().collect();
    check_conflicts(database, &targets)?;

    let stored = database.store().get_together(&targets)?;
    check_conflicts(database, &targets)?;
    let mut items = Vec::with_capacity(stored.len());
    for (value, table) in stored.iter().zip(&tables) {
        let parse = |bytes| ItemView::parse(bytes).map_err(StoreError::corrupt_item(table.name.as_str()));
        items.push(value.as_deref().map(parse).transpose()?);
    }
    let bytes = |item: &Option<ItemView<'_>>| item.map_or(0, |item| item.size_bytes());
    let bytes_sum: usize = items.iter().map(bytes).sum();
    if bytes_sum > TRANSACTION_BYTES_MAX {
        return Err(Violation::from(TransactionViolation::TooLarge).into());
    }
    Ok(answer::object(answer::SMALL_ANSWER_BYTES + 2 * bytes_sum, |body| {
        body.member("Responses").array(|responses| {
            for (get, item) in request.gets.iter().zip(&items) {
                responses.element().object(|response| {
                    // A projection that finds nothing leaves Item out, unlike GetItem's.
                    if let Some(item) = item.filter(|item| returns_something(get, *item)) {
                        let returned = get.projection.as_ref().map_or(Returned::Whole, Returned::Projected);
                        write_returned(response.member("Item"), item, &returned, NumberSetOrder::JavaHash);
                    }
                });
            }
        });
        let given = request.gets.iter().map(|get| get.given_table.as_str());
        write_read_consumed(body, request.consumed_capacity, given, &tables, &items);
    }))
}

/// What a transaction of reads cost, by tables in the order in which it names them first. `given`, `tables` and `items` are
/// those of each read, in order.
pub(super) fn write_read_consumed<'a>(
    body: &mut ObjectWriter<'_>,
    wanted: ReturnConsumedCapacity,
    given: impl Iterator<Item = &'a str>,
    tables: &[Arc<Table>],
    items: &[Option<ItemView<'_>>],
) {
    if wanted == ReturnConsumedCapacity::None {
        return;
    }
    body.member("ConsumedCapacity").array(|out| {
        for (place, (given, table)) in given.zip(tables).enumerate() {
            if tables[..place].iter().any(|other| Arc::ptr_eq(other, table)) {
                continue;
            }
            let state = table.state();
            let billed = |item: &Option<ItemView<'_>>| item.map_or(0, |item| state.billed_bytes(item));
            let of_table = tables.iter().zip(items).filter(|(other, _)| Arc::ptr_eq(other, table));
            let units = of_table.map(|(_, item)| Units::transaction_read(billed(item))).sum();
            let consumed = Consumed::of_table(units);
            answer::write_transaction_consumed(out.element(), wanted, given, &consumed, Meter::Reads);
        }
    });
}

fn target<'a>(get: &Get, table: &'a Arc<Table>) -> Result<Target<'a>, CancellationReason> {
    match get.check(&table.peek().definition) {
        Ok(key) => Ok(Target { table, key: RowKey::of_table(key) }),
        // Unlike in TransactWriteItems an empty key value cancels too (an emulator's captures, 2026).
        Err(violation) => Err(CancellationReason::new(CancellationCode::ValidationError, violation.to_string())),
    }
}

/// AWS does not read an item that an ongoing transaction writes. The snapshot would be right without this, which is asked
/// before it and after it.
pub(super) fn check_conflicts(database: &Database, targets: &[Target<'_>]) -> Result<(), ApiError> {
    let in_flight = database.store().in_flight();
    let is_held = |target: &Target<'_>| in_flight.holds(target.table.peek().space, &target.key);
    let reasons: Vec<_> = targets.iter().map(|target| is_held(target).then(conflict)).collect();
    if reasons.iter().any(Option::is_some) { Err(cancelled(reasons)) } else { Ok(()) }
}

fn returns_something(get: &Get, item: ItemView<'_>) -> bool {
    get.projection.as_ref().is_none_or(|projection| !projection.project(item).is_empty())
}
