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
