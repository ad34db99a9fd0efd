//! PutItem's request.

use super::conditions;
use super::constraint::{Members, required};
use super::item;
use super::key::{self, KeyRef};
use super::layer::Layer;
use super::parameters::Parameters;
use super::returns::{self, ReturnValues, WriteReport};
use super::table_definition::TableDefinition;
use super::table_name::{self, TableName};
use super::values::{self, Reading, in_envelope};
use super::violation::{ParameterViolation, Violation};
use crate::expression::{Condition, ExpressionKind};
use crate::protocol::shapes::{ExpectedAttributeValue, PutItemInput};
use crate::value::Item;

#[derive(Debug)]
pub struct PutItem {
    pub table: TableName,
    pub item: Item,
    /// From `ConditionExpression` or `Expected`.
    pub condition: Option<Condition>,
    /// `ReturnValues: ALL_OLD`
    pub return_old: bool,
    /// `ReturnValuesOnConditionCheckFailure: ALL_OLD`
    pub return_old_on_failure: bool,
    pub report: WriteReport,
}

/// Order, on both layers: members; styles; the item's values; what is returned; `Expected`; the expression. [`check`] goes
/// on when the table is known.
pub fn validate(input: PutItemInput, layer: Layer) -> Result<PutItem, Violation> {
    let layer = reading(&input).layer(layer);
    table_name::check_not_empty(input.table_name.as_deref(), layer)?;
    let mut members = Members::new();
    let consumed_capacity = returns::consumed_capacity(&mut members, input.return_consumed_capacity.as_deref());
    let return_values = returns::return_values(&mut members, input.return_values.as_deref(), layer);
    table_name::check(&mut members, input.table_name.as_deref(), layer);
    members.require(&input.item, "item");
    conditions::check_conditional_operator(&mut members, input.conditional_operator.as_deref(), layer);
    conditions::check_operators(&mut members, input.expected.as_deref(), "expected");
    let metrics = input.return_item_collection_metrics.as_deref();
    let item_collection_metrics = returns::item_collection_metrics(&mut members, metrics);
    let on_failure = input.return_values_on_condition_check_failure.as_deref();
    let return_old_on_failure = returns::on_condition_check_failure(&mut members, on_failure);
    members.finish()?;
    conditions::check_conditional_operator_alone(input.conditional_operator.as_deref(), layer)?;

    let parameters = Parameters {
        legacy: &[
            ("Expected", input.expected.is_some()),
            ("ConditionalOperator", input.conditional_operator.is_some()),
        ],
        expressions: &[("ConditionExpression", input.condition_expression.is_some())],
        with_values: &["ConditionExpression"],
        names: input.expression_attribute_names.as_deref(),
        values: input.expression_attribute_values.as_deref(),
    };
    parameters.check_styles(layer)?;
    let item = values::sound(required(input.item, "item")?, layer)?;
    let return_old = put_or_delete_returns_old(return_values, layer)?;
    if layer == Layer::Older {
        item::check_size(&item)?;
    }
    let expected = input.expected.as_deref();
    let operator = input.conditional_operator.as_deref();
    let condition = condition(&parameters, input.condition_expression.as_deref(), expected, operator, layer)?;
    Ok(PutItem {
        table: table_name::checked(input.table_name)?,
        item,
        condition,
        return_old,
        return_old_on_failure,
        report: WriteReport { consumed_capacity, item_collection_metrics },
    })
}

/// The second half: the item, then that the condition goes into no key.
pub fn check<'a>(definition: &TableDefinition, request: &'a PutItem) -> Result<KeyRef<'a>, Violation> {
    let key = item::check_put(definition, &request.item)?;
    key::check_paths(definition, request.condition.iter().flat_map(Condition::paths))?;
    Ok(key)
}

fn reading(input: &PutItemInput) -> Reading {
    let values = input.expression_attribute_values.iter().flatten().map(|(_, value)| value);
    let reading = Reading::default().with_all(&input.item).with_all(values);
    conditions::reading(reading, input.expected.as_deref())
}

/// Put and Delete return the old item or nothing.
pub(super) fn put_or_delete_returns_old(given: ReturnValues, layer: Layer) -> Result<bool, Violation> {
    match given {
        ReturnValues::None => Ok(false),
        ReturnValues::AllOld => Ok(true),
        ReturnValues::UpdatedOld | ReturnValues::AllNew | ReturnValues::UpdatedNew => {
            Err(in_envelope(ParameterViolation::ReturnValuesOfPutOrDelete, layer))
        }
    }
}

/// The condition of a put or a delete, in whichever style it was given.
pub(super) fn condition(
    parameters: &Parameters<'_>,
    expression: Option<&str>,
    expected: Option<&[(String, ExpectedAttributeValue)]>,
    operator: Option<&str>,
    layer: Layer,
) -> Result<Option<Condition>, Violation> {
    let legacy = conditions::expected(expected, operator, layer)?;
    let mut placeholders = parameters.placeholders(layer)?;
    let parse = |text| Condition::parse(ExpressionKind::Condition, text, &mut placeholders);
    let condition = expression.map(parse).transpose().map_err(|error| in_envelope(error, layer))?;
    placeholders.unused().map_err(|error| in_envelope(error, layer))?;
    Ok(condition.or(legacy))
}

#[cfg(test)]
mod tests {
    use crate::protocol::Operation::PutItem;
    use crate::validation::refused::{assert_answers, assert_answers_in, nested};

    #[test]
    fn members_are_reported_together_but_an_empty_name_alone() {
        assert_answers(
            PutItem,
            &[
                (
                    r#"{"TableName":"hash","Item":{"pk":{"S":"a"}},"ReturnConsumedCapacity":"X","ReturnItemCollectionMetrics":"X","ReturnValues":"X"}"#,
                    "3 validation errors detected: Value 'X' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]; Value 'X' at 'returnItemCollectionMetrics' failed to satisfy constraint: Member must satisfy enum value set: [SIZE, NONE]",
                ),
                (
                    r#"{"TableName":"","Item":{},"ReturnValues":"X","ReturnConsumedCapacity":"X"}"#,
                    "1 validation error detected: Value at 'TableName' failed to satisfy constraint: Member must have length greater than or equal to 1",
                ),
                (
                    r#"{"TableName":"bad table!@#","Item":{"pk":{"S":"a"}}}"#,
                    "1 validation error detected: Value 'bad table!@#' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
                ),
                (
                    r#"{"Item":{"pk":{"S":"a"}}}"#,
                    "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null",
                ),
            ],
        );
    }

    #[test]
    fn the_older_layer_reports_the_empty_name_with_the_rest() {
        assert_answers_in(
            "me-central-1",
            PutItem,
            &[
                (
                    r#"{"TableName":"","Item":{"pk":{"S":"a"}},"ReturnValues":"BOGUS"}"#,
                    "2 validation errors detected: Value 'BOGUS' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]; Value '' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 1",
                ),
                (
                    r#"{"TableName":"hash","Item":{"pk":{"S":"a"},"n":{"NULL":false}}}"#,
                    "One or more parameter values were invalid: Null attribute value types must have the value of true",
                ),
            ],
        );
    }

    #[test]
    fn values_come_before_the_table_and_stand_in_an_envelope() {
        assert_answers(
            PutItem,
            &[
                (
                    r#"{"TableName":"nosuch","Item":{"pk":{"S":"k"},"n":{"NULL":false}}}"#,
                    "1 validation error detected: One or more parameter values were invalid: Null attribute value types must have the value of true",
                ),
                (
                    r#"{"TableName":"hash","Item":{"pk":{"S":"k"},"s":{"SS":["b","a","b"]}}}"#,
                    r#"1 validation error detected: One or more parameter values were invalid: Input collection ["a", "b", "b"] contains duplicates."#,
                ),
                (
                    r#"{"TableName":"hash","Item":{"pk":{"S":"k"}},"Expected":{"n":{"Value":{"N":""}}}}"#,
                    "1 validation error detected: The parameter cannot be converted to a numeric value: ",
                ),
                (r#"{"TableName":"nosuch","Item":{"pk":{"S":"k"}}}"#, "Requested resource not found"),
            ],
        );
    }

    #[test]
    fn the_two_styles_of_conditions_do_not_mix() {
        assert_answers(
            PutItem,
            &[
                (
                    r#"{"TableName":"hash","Item":{"pk":{"S":"k"}},"Expected":{"a":{"Exists":false}},"ConditionExpression":"attribute_not_exists(pk)"}"#,
                    "1 validation error detected: Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}",
                ),
                (
                    r#"{"TableName":"hash","Item":{"pk":{"S":"k"}},"ExpressionAttributeValues":{":v":{"S":"v"}}}"#,
                    "1 validation error detected: ExpressionAttributeValues can only be specified when using expressions",
                ),
                (
                    r#"{"TableName":"hash","Item":{"pk":{"S":"k"}},"ConditionExpression":""}"#,
                    "1 validation error detected: Invalid ConditionExpression: The expression can not be empty;",
                ),
                (
                    r#"{"TableName":"hash","Item":{"pk":{"S":"k"}},"Expected":{"a":{"ComparisonOperator":"EQ"}}}"#,
                    "1 validation error detected: One or more parameter values were invalid: Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: a",
                ),
            ],
        );
    }

    #[test]
    fn a_very_deep_value_hands_the_request_to_the_older_layer() {
        let body = |lists| {
            format!(
                r#"{{"TableName":"nosuch","Item":{{"pk":{{"S":"a"}}}},"Expected":{{"a":{{"Value":{}}},"b":{{"Exists":false}}}},"ConditionalOperator":"XOR"}}"#,
                nested(lists)
            )
        };
        let older = "1 validation error detected: Value 'XOR' at 'conditionalOperator' failed to satisfy constraint: Member must satisfy enum value set: [OR, AND]";
        let newer =
            "1 validation error detected: Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]";
        assert_answers(PutItem, &[(&body(40), newer), (&body(100), older)]);
    }

    #[test]
    fn keys_and_index_keys_are_refused_without_an_envelope() {
        assert_answers(
            PutItem,
            &[
                (
                    r#"{"TableName":"hash","Item":{"pk":{"L":[{"S":"x"}]}}}"#,
                    "One or more parameter values were invalid: Type mismatch for key pk expected: S actual: L",
                ),
                (
                    r#"{"TableName":"range","Item":{"pk":{"S":"a"}}}"#,
                    "One or more parameter values were invalid: Missing the key sk in the item",
                ),
                (
                    r#"{"TableName":"bin","Item":{"pk":{"S":"a"},"sk":{"B":""}}}"#,
                    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty binary value. Key: sk",
                ),
                (
                    r#"{"TableName":"indexed","Item":{"pk":{"S":"a"},"sk":{"S":"b"},"gpk":{"N":"5"}}}"#,
                    "One or more parameter values were invalid: Type mismatch for Index Key gpk Expected: S Actual: N IndexName: gsi",
                ),
                (
                    r#"{"TableName":"indexed","Item":{"pk":{"S":"a"},"sk":{"S":"b"},"gpk":{"S":""}}}"#,
                    "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: gsi, IndexKey: gpk",
                ),
                (
                    r#"{"TableName":"hash","Item":{"pk":{"S":"a"}},"ConditionExpression":"attribute_exists(pk.x)"}"#,
                    "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk",
                ),
            ],
        );
    }

    #[test]
    fn a_vector_has_the_dimensions_of_its_index() {
        assert_answers(
            PutItem,
            &[
                (
                    r#"{"TableName":"vectors","Item":{"pk":{"S":"a"},"emb":{"L":[{"N":"1"},{"N":"0"}]}}}"#,
                    "One or more parameter values were invalid. Invalid size for parameter emb, Expected: 3, Actual: 2 IndexName: vix",
                ),
                (
                    r#"{"TableName":"vectors","Item":{"pk":{"S":"a"},"emb":{"L":[{"N":"1"},{"S":"x"},{"N":"1"}]}}}"#,
                    "One or more parameter values were invalid. Invalid type for parameter emb[1], Expected: 32-bit floating point number, Actual: S. IndexName: vix",
                ),
                (
                    r#"{"TableName":"vectors","Item":{"pk":{"S":"a"},"cat":{"S":""},"emb":{"L":[{"N":"1"},{"N":"0"},{"N":"0"}]}}}"#,
                    "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: vix, IndexKey: cat",
                ),
                (r#"{"TableName":"vectors","Item":{"pk":{"S":"a"},"emb":{"L":[{"N":"1"},{"N":"0"},{"N":"0"}]}}}"#, ""),
            ],
        );
    }

    #[test]
    fn an_item_has_409600_bytes_names_included() {
        let body = |bytes: usize| {
            format!(r#"{{"TableName":"hash","Item":{{"pk":{{"S":"k"}},"p":{{"S":"{}"}}}}}}"#, "x".repeat(bytes))
        };
        assert_answers(
            PutItem,
            &[(&body(409_596), ""), (&body(409_597), "Item size has exceeded the maximum allowed size")],
        );
    }
}
