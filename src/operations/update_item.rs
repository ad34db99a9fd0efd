//! UpdateItem

use super::database::{Answer, Database};
use super::write_answer::{self, check_condition};
use crate::protocol::shapes::UpdateItemInput;
use crate::protocol::{ApiError, Operation};
use crate::service::Caller;
use crate::table::RowKey;
use crate::table::write::{Change, Row, Target};
use crate::validation::returns::ReturnValues;
use crate::validation::update_item::UpdateItem;
use crate::validation::{Violation, item, update_item};
use crate::value::{Item, encode_item};

pub(super) async fn execute(database: &Database, caller: &Caller, input: UpdateItemInput) -> Answer {
    let request = update_item::validate(input, database.layer(Operation::UpdateItem, caller))?;
    let table = database.table(caller, &request.table)?;
    let state = table.state();
    let key = item::check_update(&state.definition, &request)?;
    let target = Target { table: &table, key: RowKey::of_table(key) };
    let written = database.store().write(std::slice::from_ref(&target), |rows| {
        let [row] = rows else { return Ok((Vec::new(), None)) };
        let (change, attributes) = decide(&request, row)?;
        Ok((vec![change], attributes))
    })?;
    let (attributes, effects) = write_answer::settle(written).await?;
    write_answer::write(database.store(), &target, key.partition, attributes.as_ref(), &effects, &request.report)
}

/// The item as the update leaves it, and the attributes that the request wants back.
pub(super) fn decide(request: &UpdateItem, row: &Row<'_>) -> Result<(Change<'static>, Option<Item>), ApiError> {
    check_condition(request.condition.as_ref(), row, request.return_old_on_failure)?;
    // An item that does not exist starts out as its key.
    let old = row.old.map_or_else(|| request.key.clone(), |old| old.to_item());
    let Some(update) = &request.update else {
        let attributes = match request.return_values {
            ReturnValues::AllOld => row.old.map(|old| old.to_item()),
            ReturnValues::AllNew => Some(old.clone()),
            ReturnValues::None | ReturnValues::UpdatedOld | ReturnValues::UpdatedNew => None,
        };
        return Ok((Change::Put(encode_item(&old).into()), attributes));
    };
    let updated = update.apply(&old).map_err(Violation::from)?;
    item::check_updated(&row.state.definition, request, &updated.item)?;
    let not_empty = |item: Item| (!item.is_empty()).then_some(item);
    let attributes = match request.return_values {
        ReturnValues::None => None,
        ReturnValues::AllOld => row.old.map(|old| old.to_item()),
        ReturnValues::AllNew => Some(updated.item.clone()),
        ReturnValues::UpdatedOld => row.old.and_then(|_| not_empty(updated.updated_old())),
        ReturnValues::UpdatedNew => not_empty(updated.updated_new()),
    };
    Ok((Change::Put(encode_item(&updated.item).into()), attributes))
}
