//! TransactGetItems' request.

use super::constraint::{Broken, Members, required};
use super::get_item;
use super::layer::Layer;
use super::parameters::Parameters;
use super::returns::{self, ReturnConsumedCapacity};
use super::table_name::{self, TableName};
use super::transact_actions::{self as actions, GivenAction};
use super::values;
use super::violation::Violation;
use crate::expression::Projection;
use crate::protocol::shapes::TransactGetItemsInput;
use crate::value::Item;

#[derive(Debug)]
pub struct TransactGetItems {
    /// In the order of the request; 1 to 100.
    pub gets: Vec<Get>,
    pub consumed_capacity: ReturnConsumedCapacity,
}

#[derive(Debug)]
pub struct Get {
    pub table: TableName,
    /// The name or ARN under which the request has the table, and the answer too.
    pub given_table: String,
    pub key: Item,
    pub projection: Option<Projection>,
}

/// Order: members; names of tables, which the newer layer reports together with them; the gets one after the other, each
/// from its request alone. `key::check_key` goes on when the tables are known.
pub fn validate(input: TransactGetItemsInput, layer: Layer) -> Result<TransactGetItems, Violation> {
    let count = input.transact_items.as_ref().map(Vec::len);
    let entries: Vec<Option<GivenAction>> =
        input.transact_items.unwrap_or_default().into_iter().map(actions::of_get).collect();
    let layer = actions::reading(entries.iter().flatten()).layer(layer);
    let mut members = Members::new();
    let consumed_capacity = returns::consumed_capacity(&mut members, input.return_consumed_capacity.as_deref());
    let echo = || actions::java_echo("TransactGetItem", entries.iter().map(Option::as_slice));
    actions::check_count(&mut members, count, layer, echo);
    for (place, _) in entries.iter().enumerate().filter(|(_, get)| get.is_none()) {
        members.add(Broken::null(format!("transactItems.{}.member.get", place + 1)));
    }
    if !layer.has_newer_members() {
        std::mem::take(&mut members).finish()?;
    }
    for (place, get) in entries.iter().enumerate() {
        get.iter().for_each(|get| actions::check_members(&mut members, get, place + 1));
    }
    members.finish()?;
    let gets = entries.into_iter().flatten().map(|given| get(given, layer)).collect::<Result<_, _>>()?;
    Ok(TransactGetItems { gets, consumed_capacity })
}

fn get(given: GivenAction, layer: Layer) -> Result<Get, Violation> {
    let key = values::sound(required(given.item, "key")?, layer)?;
    let parameters = Parameters {
        legacy: &[],
        expressions: &[("ProjectionExpression", given.projection.is_some())],
        with_values: &[],
        names: given.names.as_deref(),
        values: None,
    };
    parameters.check_styles(layer)?;
    let projection = get_item::projection(&parameters, given.projection.as_deref(), None, layer)?;
    let given_table = given.table_name.clone().unwrap_or_default();
    Ok(Get { table: table_name::checked(given.table_name)?, given_table, key, projection })
}
