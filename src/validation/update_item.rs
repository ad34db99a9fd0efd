//! UpdateItem's request.

use super::conditions;
use super::constraint::{Members, required};
use super::layer::Layer;
use super::parameters::Parameters;
use super::returns::{self, ReturnConsumedCapacity, ReturnValues, WriteReport};
use super::table_name::{self, TableName};
use super::values::{self, Reading, in_envelope};
use super::violation::Violation;
use crate::expression::{Condition, ExpressionKind, Update, attribute_updates_to_update};
use crate::protocol::shapes::{AttributeValueUpdate, UpdateItemInput};
use crate::value::{Item, ValueFault};

#[derive(Debug)]
pub struct UpdateItem {
    pub table: TableName,
    pub key: Item,
    /// From `UpdateExpression` or `AttributeUpdates`. None creates the item from its key, or leaves it as it is.
    pub update: Option<Update>,
    pub condition: Option<Condition>,
    pub size_rule: UpdateSizeRule,
    pub return_values: ReturnValues,
    pub return_old_on_failure: bool,
    pub report: WriteReport,
}

/// What an update's 400 KB limit is measured on; [`super::item::check_update`] and [`super::item::check_updated`] apply it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateSizeRule {
    /// The finished item, and what the statement itself would charge, before the condition is looked at.
    ItemAndCharge,
    /// The finished item alone: `AttributeUpdates`, and Regions with the older layer (2026-10).
    Item,
}

/// What the members say, apart from the expressions.
struct Choices {
    consumed_capacity: ReturnConsumedCapacity,
    item_collection_metrics: bool,
    return_values: ReturnValues,
    return_old_on_failure: bool,
}

/// Order: members; styles; the key's values; `AttributeUpdates`; `Expected`; placeholders and their values; the expressions.
/// `item::check_update` goes on when the table is known.
pub fn validate(input: UpdateItemInput, layer: Layer) -> Result<UpdateItem, Violation> {
    // A request without a key is read by the older layer (us-east-1, 2026-10-09).
    let layer = if input.key.is_none() { Layer::Older } else { reading(&input).layer(layer) };
    table_name::check_not_empty(input.table_name.as_deref(), layer)?;
    let choices = members(&input, layer)?;
    conditions::check_conditional_operator_alone(input.conditional_operator.as_deref(), layer)?;

    let parameters = Parameters {
        legacy: &[
            ("AttributeUpdates", input.attribute_updates.is_some()),
            ("Expected", input.expected.is_some()),
            ("ConditionalOperator", input.conditional_operator.is_some()),
        ],
        expressions: &[
            ("UpdateExpression", input.update_expression.is_some()),
            ("ConditionExpression", input.condition_expression.is_some()),
        ],
        with_values: &["UpdateExpression", "ConditionExpression"],
        names: input.expression_attribute_names.as_deref(),
        values: input.expression_attribute_values.as_deref(),
    };
    parameters.check_styles(layer)?;
    let key = values::sound(required(input.key, "key")?, layer)?;
    let legacy_update = legacy_update(input.attribute_updates.as_deref(), layer)?;
    let operator = input.conditional_operator.as_deref();
    let legacy_condition = conditions::expected(input.expected.as_deref(), operator, layer)?;

    let mut placeholders = parameters.placeholders(layer)?;
    let mut update = input.update_expression.as_deref().map(|text| Update::parse(text, &mut placeholders));
    let update = update.take().transpose().map_err(|error| in_envelope(error, layer))?;
    let condition = input.condition_expression.as_deref();
    let condition = condition.map(|text| Condition::parse(ExpressionKind::Condition, text, &mut placeholders));
    let condition = condition.transpose().map_err(|error| in_envelope(error, layer))?;
    placeholders.unused().map_err(|error| in_envelope(error, layer))?;

    let charged = update.is_some() && layer.has_newer_values();
    Ok(UpdateItem {
        table: table_name::checked(input.table_name)?,
        key,
        update: update.or(legacy_update),
        condition: condition.or(legacy_condition),
        size_rule: if charged { UpdateSizeRule::ItemAndCharge } else { UpdateSizeRule::Item },
        return_values: choices.return_values,
        return_old_on_failure: choices.return_old_on_failure,
        report: WriteReport {
            consumed_capacity: choices.consumed_capacity,
            item_collection_metrics: choices.item_collection_metrics,
        },
    })
}

/// On the newer layer a bad name or a bad `ReturnValues` is reported alone (us-east-1, 2026-10; the name: an emulator's
/// captures).
fn members(input: &UpdateItemInput, layer: Layer) -> Result<Choices, Violation> {
    if layer.has_newer_members() {
        let mut first = Members::new();
        table_name::check(&mut first, input.table_name.as_deref(), layer);
        first.finish()?;
        let mut second = Members::new();
        returns::return_values(&mut second, input.return_values.as_deref(), layer);
        second.finish()?;
    }
    let mut members = Members::new();
    let consumed_capacity = returns::consumed_capacity(&mut members, input.return_consumed_capacity.as_deref());
    table_name::check(&mut members, input.table_name.as_deref(), layer);
    conditions::check_conditional_operator(&mut members, input.conditional_operator.as_deref(), layer);
    let metrics = input.return_item_collection_metrics.as_deref();
    let item_collection_metrics = returns::item_collection_metrics(&mut members, metrics);
    let return_values = returns::return_values(&mut members, input.return_values.as_deref(), layer);
    members.require(&input.key, "key");
    conditions::check_operators(&mut members, input.expected.as_deref(), "expected");
    for (name, update) in input.attribute_updates.iter().flatten() {
        let actions = &[("ADD", ()), ("DELETE", ()), ("PUT", ())];
        let at = format!("attributeUpdates.{name}.member.action");
        members.one_of(update.action.as_deref(), &at, actions, "ADD, DELETE, PUT");
    }
    let on_failure = input.return_values_on_condition_check_failure.as_deref();
    let return_old_on_failure = returns::on_condition_check_failure(&mut members, on_failure);
    members.finish()?;
    Ok(Choices { consumed_capacity, item_collection_metrics, return_values, return_old_on_failure })
}

fn reading(input: &UpdateItemInput) -> Reading {
    let values = input.expression_attribute_values.iter().flatten().map(|(_, value)| value);
    let updates = input.attribute_updates.iter().flatten().filter_map(|(_, update)| update.value.as_ref());
    let reading = Reading::default().with_all(&input.key).with_all(values).with_all(updates);
    conditions::reading(reading, input.expected.as_deref())
}

fn legacy_update(
    updates: Option<&[(String, AttributeValueUpdate)]>,
    layer: Layer,
) -> Result<Option<Update>, Violation> {
    let Some(updates) = updates else { return Ok(None) };
    for (name, update) in updates {
        if name.is_empty() {
            return Err(values::violation(ValueFault::EmptyAttributeName, layer));
        }
        update.value.iter().try_for_each(|value| values::check(value, layer))?;
    }
    attribute_updates_to_update(updates).map(Some).map_err(|fault| conditions::legacy(fault, layer))
}

#[cfg(test)]
mod tests {
    use crate::protocol::Operation::UpdateItem;
    use crate::validation::refused::{assert_answers, assert_answers_in, nested};

    #[test]
    fn without_a_key_everything_is_worded_by_the_older_layer() {
        assert_answers(
            UpdateItem,
            &[
                (
                    r#"{"TableName":"","ReturnValues":"X","ReturnConsumedCapacity":"X","UpdateExpression":"SET x = :x","ExpressionAttributeValues":{":x":{"S":"x"}}}"#,
                    "4 validation errors detected: Value 'X' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; Value '' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 1; Value 'X' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]; Value null at 'key' failed to satisfy constraint: Member must not be null",
                ),
                (
                    r#"{"TableName":"nosuch","AttributeUpdates":{"x":{"Action":"PUT","Value":{"S":"1"}}},"Expected":{"a":{"Exists":false},"b":{"Exists":false}},"ConditionalOperator":"XOR"}"#,
                    "2 validation errors detected: Value 'XOR' at 'conditionalOperator' failed to satisfy constraint: Member must satisfy enum value set: [OR, AND]; Value null at 'key' failed to satisfy constraint: Member must not be null",
                ),
            ],
        );
    }

    #[test]
    fn a_bad_name_or_return_values_is_reported_alone() {
        let both = r#"{"TableName":"nosuch","Key":{"pk":{"S":"a"}},"ReturnValues":"X","ReturnConsumedCapacity":"X"}"#;
        assert_answers(
            UpdateItem,
            &[
                (
                    r#"{"TableName":"","Key":{}}"#,
                    "1 validation error detected: Value at 'TableName' failed to satisfy constraint: Member must have length greater than or equal to 1",
                ),
                (
                    both,
                    "1 validation error detected: Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]",
                ),
            ],
        );
        assert_answers_in(
            "eu-south-2",
            UpdateItem,
            &[(
                both,
                "2 validation errors detected: Value 'X' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; Value 'X' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]",
            )],
        );
    }

    #[test]
    fn expressions_are_refused_in_an_envelope_and_keys_without() {
        let update =
            |more: &str| format!(r#"{{"TableName":"indexed","Key":{{"pk":{{"S":"a"}},"sk":{{"S":"b"}}}},{more}}}"#);
        assert_answers(
            UpdateItem,
            &[
                (
                    &update(r#""UpdateExpression":"INVALID SYNTAX HERE""#),
                    r#"1 validation error detected: Invalid UpdateExpression: Syntax error; token: "INVALID", near: "INVALID SYNTAX""#,
                ),
                (
                    &update(
                        r##""UpdateExpression":"SET x = :x","ExpressionAttributeValues":{":x":{"S":"x"}},"ExpressionAttributeNames":{"#unused":"z"}"##,
                    ),
                    "1 validation error detected: Value provided in ExpressionAttributeNames unused in expressions: keys: {#unused}",
                ),
                (
                    &update(r#""UpdateExpression":"SET sk = :v","ExpressionAttributeValues":{":v":{"S":"z"}}"#),
                    "One or more parameter values were invalid: Cannot update attribute sk. This attribute is part of the key",
                ),
                (
                    &update(r#""UpdateExpression":"SET gpk = :v","ExpressionAttributeValues":{":v":{"S":""}}"#),
                    "One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value.",
                ),
                (
                    &update(r#""UpdateExpression":"SET gpk = :v","ExpressionAttributeValues":{":v":{"N":"5"}}"#),
                    "One or more parameter values were invalid: Type mismatch for Index Key gpk Expected: S Actual: N IndexName: gsi",
                ),
                (
                    r#"{"TableName":"range","Key":{"pk":{"S":"a"}},"UpdateExpression":"REMOVE x"}"#,
                    "The provided key element does not match the schema",
                ),
            ],
        );
    }

    #[test]
    fn a_value_of_33_levels_reaches_the_condition_on_the_older_layer_only() {
        let body = |lists| {
            format!(
                r#"{{"TableName":"hash","Key":{{"pk":{{"S":"a"}}}},"UpdateExpression":"REMOVE x","ConditionExpression":"d = :deep","ExpressionAttributeValues":{{":deep":{}}}}}"#,
                nested(lists)
            )
        };
        let nesting = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit";
        let enveloped = format!("1 validation error detected: {nesting}");
        let wrapped = format!("ExpressionAttributeValues contains invalid value: {nesting} for key :deep");
        assert_answers(UpdateItem, &[(&body(31), ""), (&body(32), &enveloped)]);
        assert_answers_in("me-central-1", UpdateItem, &[(&body(32), ""), (&body(33), &wrapped)]);
    }

    #[test]
    fn a_statement_is_charged_except_on_the_older_layer() {
        let body = |bytes: usize| {
            format!(
                r#"{{"TableName":"hash","Key":{{"pk":{{"S":"a"}}}},"UpdateExpression":"SET b = :pad","ExpressionAttributeValues":{{":pad":{{"S":"{}"}}}}}}"#,
                "x".repeat(bytes)
            )
        };
        let refused = "Item size to update has exceeded the maximum allowed size";
        // The item is 409,581 bytes at the limit: three for the key and 409,578 for `b`.
        assert_answers(UpdateItem, &[(&body(409_577), ""), (&body(409_578), refused)]);
        assert_answers_in("me-central-1", UpdateItem, &[(&body(409_596), ""), (&body(409_597), refused)]);
    }
}
