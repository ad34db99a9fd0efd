//! DeleteItem's request.

use super::conditions;
use super::constraint::{Members, required};
use super::key::{self, KeyRef};
use super::layer::Layer;
use super::parameters::Parameters;
use super::put_item::{condition, put_or_delete_returns_old};
use super::returns::{self, WriteReport};
use super::table_definition::TableDefinition;
use super::table_name::{self, TableName};
use super::values::{self, Reading};
use super::violation::Violation;
use crate::expression::Condition;
use crate::protocol::shapes::DeleteItemInput;
use crate::value::Item;

#[derive(Debug)]
pub struct DeleteItem {
    pub table: TableName,
    pub key: Item,
    pub condition: Option<Condition>,
    /// `ReturnValues: ALL_OLD`
    pub return_old: bool,
    /// `ReturnValuesOnConditionCheckFailure: ALL_OLD`
    pub return_old_on_failure: bool,
    pub report: WriteReport,
}

/// In the order of PutItem, except that what is returned is judged before any value (us-east-1, 2026-10-09).
/// [`check`] goes on when the table is known.
pub fn validate(input: DeleteItemInput, layer: Layer) -> Result<DeleteItem, Violation> {
    let layer = reading(&input).layer(layer);
    table_name::check_not_empty(input.table_name.as_deref(), layer)?;
    let mut members = Members::new();
    let consumed_capacity = returns::consumed_capacity(&mut members, input.return_consumed_capacity.as_deref());
    let return_values = returns::return_values(&mut members, input.return_values.as_deref(), layer);
    table_name::check(&mut members, input.table_name.as_deref(), layer);
    members.require(&input.key, "key");
    conditions::check_conditional_operator(&mut members, input.conditional_operator.as_deref(), layer);
    conditions::check_operators(&mut members, input.expected.as_deref(), "expected");
    let metrics = input.return_item_collection_metrics.as_deref();
    let item_collection_metrics = returns::item_collection_metrics(&mut members, metrics);
    let on_failure = input.return_values_on_condition_check_failure.as_deref();
    let return_old_on_failure = returns::on_condition_check_failure(&mut members, on_failure);
    members.finish()?;
    conditions::check_conditional_operator_alone(input.conditional_operator.as_deref(), layer)?;
    let return_old = put_or_delete_returns_old(return_values, layer)?;

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
    let key = values::sound(required(input.key, "key")?, layer)?;
    let expected = input.expected.as_deref();
    let operator = input.conditional_operator.as_deref();
    let condition = condition(&parameters, input.condition_expression.as_deref(), expected, operator, layer)?;
    Ok(DeleteItem {
        table: table_name::checked(input.table_name)?,
        key,
        condition,
        return_old,
        return_old_on_failure,
        report: WriteReport { consumed_capacity, item_collection_metrics },
    })
}

/// The second half: the key, then that the condition goes into none.
pub fn check<'a>(definition: &TableDefinition, request: &'a DeleteItem) -> Result<KeyRef<'a>, Violation> {
    let key = key::check_key(&definition.key_schema, &request.key)?;
    key::check_paths(definition, request.condition.iter().flat_map(Condition::paths))?;
    Ok(key)
}

fn reading(input: &DeleteItemInput) -> Reading {
    let values = input.expression_attribute_values.iter().flatten().map(|(_, value)| value);
    let reading = Reading::default().with_all(&input.key).with_all(values);
    conditions::reading(reading, input.expected.as_deref())
}

#[cfg(test)]
mod tests {
    use crate::protocol::Operation::DeleteItem;
    use crate::validation::refused::{assert_answers, nested};

    #[test]
    fn what_is_returned_is_judged_before_any_value() {
        let body = |returned: &str, lists| {
            format!(
                r#"{{"TableName":"nosuch","Key":{{"pk":{{"S":"a"}}}},"ReturnValues":"{returned}","ConditionExpression":"d = :deep","ExpressionAttributeValues":{{":deep":{}}}}}"#,
                nested(lists)
            )
        };
        assert_answers(
            DeleteItem,
            &[
                (&body("UPDATED_NEW", 40), "1 validation error detected: ReturnValues can only be ALL_OLD or NONE"),
                (&body("UPDATED_NEW", 63), "ReturnValues can only be ALL_OLD or NONE"),
                (
                    &body("BOGUS", 63),
                    "1 validation error detected: Value 'BOGUS' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]",
                ),
            ],
        );
    }

    #[test]
    fn placeholders_need_an_expression_and_may_not_be_empty() {
        let body = |more: &str| format!(r#"{{"TableName":"hash","Key":{{"pk":{{"S":"a"}}}},{more}}}"#);
        assert_answers(
            DeleteItem,
            &[
                (
                    &body(r##""Expected":{"a":{"Exists":false}},"ExpressionAttributeNames":{"#a":"a"}"##),
                    "1 validation error detected: ExpressionAttributeNames can only be specified when using expressions",
                ),
                (
                    &body(r#""ConditionExpression":"attribute_exists(pk)","ExpressionAttributeValues":{}"#),
                    "1 validation error detected: ExpressionAttributeValues must not be empty",
                ),
                (
                    &body(r#""Expected":{"a":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"N":"1"}]}}"#),
                    "1 validation error detected: One or more parameter values were invalid: Invalid number of argument(s) for the BETWEEN ComparisonOperator",
                ),
                (&body(r#""ReturnValues":"ALL_OLD""#), ""),
            ],
        );
    }
}
