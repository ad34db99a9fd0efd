//! GetItem

use super::answer::{self, write_returned};
use super::database::{Answer, Database};
use crate::protocol::Operation;
use crate::protocol::encode::NumberSetOrder;
use crate::protocol::shapes::GetItemInput;
use crate::service::Caller;
use crate::table::capacity::{Consumed, Units};
use crate::table::{RowKey, StoreError};
use crate::validation::get_item;
use crate::validation::read::Returned;
use crate::value::ItemView;

pub(super) fn execute(database: &Database, caller: &Caller, input: GetItemInput) -> Answer {
    let request = get_item::validate(input, database.layer(Operation::GetItem, caller))?;
    let table = database.table(caller, &request.table)?;
    let state = table.peek();
    let key = get_item::check(&state.definition, &request)?;
    let stored = database.store().get(&state, &RowKey::of_table(key))?;
    let item = match &stored {
        Some(bytes) => Some(ItemView::parse(bytes).map_err(StoreError::corrupt_item(table.name.as_str()))?),
        None => None,
    };
    let item_bytes = item.map_or(0, |item| state.billed_bytes(item));
    let returned = request.projection.as_ref().map_or(Returned::Whole, Returned::Projected);
    Ok(answer::object(answer::SMALL_ANSWER_BYTES + 2 * item_bytes, |body| {
        if let Some(item) = item {
            write_returned(body.member("Item"), item, &returned, NumberSetOrder::ByValue);
        }
        // The whole item counts, whatever the projection returns.
        answer::write_consumed_capacity(body, request.consumed_capacity, table.name.as_str(), || {
            Consumed::of_table(Units::read(item_bytes, request.consistent))
        });
    }))
}
