//! TransactGetItems' request.

use super::constraint::{Broken, Members, required};
use super::get_item;
use super::key::{self, KeyRef};
use super::layer::Layer;
use super::parameters::Parameters;
use super::returns::{self, ReturnConsumedCapacity};
use super::table_definition::TableDefinition;
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

impl Get {
    /// The second half: the key, then that the projection goes into none.
    pub fn check(&self, definition: &TableDefinition) -> Result<KeyRef<'_>, Violation> {
        let key = key::check_key(&definition.key_schema, &self.key)?;
        key::check_paths(definition, self.projection.iter().flat_map(Projection::paths))?;
        Ok(key)
    }
}

/// Order: members; names of tables, which the newer layer reports together with them; the gets one after the other,
/// each from its request alone. When the tables are known, [`Get::check`] goes on.
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

#[cfg(test)]
mod tests {
    use crate::protocol::Operation::TransactGetItems;
    use crate::validation::refused::{assert_answers, assert_answers_in};

    #[test]
    fn a_missing_get_and_a_wrong_name_are_members() {
        let (missing, name) = (
            r#"{"TransactItems":[{}],"ReturnConsumedCapacity":"A"}"#,
            r#"{"TransactItems":[{"Get":{"TableName":"bad!name","Key":{}}}],"ReturnConsumedCapacity":"A"}"#,
        );
        let capacity = "Value 'A' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]";
        let null = "Value null at 'transactItems.1.member.get' failed to satisfy constraint: Member must not be null";
        let pattern = "Value 'bad!name' at 'transactItems.1.member.get.tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+";
        assert_answers(
            TransactGetItems,
            &[
                (missing, &format!("2 validation errors detected: {capacity}; {null}")),
                (name, &format!("1 validation error detected: {capacity}")),
            ],
        );
        let both = format!("2 validation errors detected: {capacity}; {pattern}");
        assert_answers_in("eu-north-1", TransactGetItems, &[(name, &both)]);
    }

    #[test]
    fn a_projection_is_refused_before_the_table_is_looked_up() {
        let get = |more: &str| {
            format!(r#"{{"TransactItems":[{{"Get":{{"TableName":"missing","Key":{{"pk":{{"S":"a"}}}}{more}}}}}]}}"#)
        };
        assert_answers(
            TransactGetItems,
            &[
                (
                    &get(r#","ProjectionExpression":"""#),
                    "Invalid ProjectionExpression: The expression can not be empty;",
                ),
                (
                    &get(r##","ProjectionExpression":"a","ExpressionAttributeNames":{"#u":"b"}"##),
                    "Value provided in ExpressionAttributeNames unused in expressions: keys: {#u}",
                ),
                (&get(""), "Requested resource not found"),
            ],
        );
    }
}
