//! UpdateItem

use super::database::{Answer, Database};
use super::write_answer::{self, check_condition};
use crate::expression::Update;
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
    let mut item = row.old.map_or_else(|| request.key.clone(), |old| old.to_item());
    if let Some(update) = &request.update {
        update.apply_to(&mut item).map_err(Violation::from)?;
        item::check_updated(&row.state.definition, request, &item)?;
    }
    let targets = request.update.as_ref().map(Update::targets);
    let encoded = encode_item(&item);
    let attributes = match request.return_values {
        ReturnValues::None => None,
        ReturnValues::AllOld => row.old.map(|old| old.to_item()),
        ReturnValues::AllNew => Some(item),
        ReturnValues::UpdatedOld => targets.zip(row.old).map(|(targets, old)| targets.project(old)),
        ReturnValues::UpdatedNew => targets.map(|targets| targets.project_item(&item)),
    };
    // An answer has no empty Attributes, unless the whole item is asked for.
    let is_whole = matches!(request.return_values, ReturnValues::AllOld | ReturnValues::AllNew);
    Ok((Change::Put(encoded.into()), attributes.filter(|attributes| is_whole || !attributes.is_empty())))
}
