//! The conditions that came before expressions (`Expected`, `QueryFilter`, `ScanFilter`, `KeyConditions`), as far as members
//! and values go; what they mean is `expression`'s.

use super::constraint::{Broken, Constraint, Members};
use super::layer::Layer;
use super::values::{self, Reading, in_envelope};
use super::violation::Violation;
use crate::expression::{
    self, ComparisonOperator, ConditionalOperator, ExpressionError, LegacyFault, expected_to_condition,
    filter_to_condition,
};
use crate::protocol::shapes::{Condition, ExpectedAttributeValue};
use crate::value::{AttributeValue, Given, ValueFault};

/// A condition on one attribute, in either of its shapes.
pub(super) trait LegacyCondition {
    const OPERATOR_REQUIRED: bool;
    fn operator(&self) -> Option<&str>;
    fn values(&self) -> impl Iterator<Item = &Given<AttributeValue>>;
}

impl LegacyCondition for ExpectedAttributeValue {
    const OPERATOR_REQUIRED: bool = false;

    fn operator(&self) -> Option<&str> {
        self.comparison_operator.as_deref()
    }

    fn values(&self) -> impl Iterator<Item = &Given<AttributeValue>> {
        self.value.iter().chain(self.attribute_value_list.iter().flatten())
    }
}

impl LegacyCondition for Condition {
    const OPERATOR_REQUIRED: bool = true;

    fn operator(&self) -> Option<&str> {
        self.comparison_operator.as_deref()
    }

    fn values(&self) -> impl Iterator<Item = &Given<AttributeValue>> {
        self.attribute_value_list.iter().flatten()
    }
}

/// The values of conditions take part in how deep a request is.
pub(super) fn reading<C: LegacyCondition>(reading: Reading, conditions: Option<&[(String, C)]>) -> Reading {
    let conditions = conditions.unwrap_or_default().iter();
    reading.with_all(conditions.flat_map(|(_, condition)| condition.values()))
}

const OPERATORS: &str = "IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS";

/// `ComparisonOperator` of each condition; `at` is the member that holds them.
pub(super) fn check_operators<C: LegacyCondition>(members: &mut Members, conditions: Option<&[(String, C)]>, at: &str) {
    for (name, condition) in conditions.unwrap_or_default() {
        let place = || format!("{at}.{name}.member.comparisonOperator");
        match condition.operator() {
            None if C::OPERATOR_REQUIRED => members.add(Broken::null(place())),
            Some(operator) if ComparisonOperator::parse(operator).is_none() => {
                members.add(Broken::echoed(operator, place(), Constraint::OneOf(OPERATORS)));
            }
            _ => {}
        }
    }
}

/// Names and values of conditions, in the order of the request.
pub(super) fn check_values<C: LegacyCondition>(
    conditions: Option<&[(String, C)]>,
    layer: Layer,
) -> Result<(), Violation> {
    for (name, condition) in conditions.unwrap_or_default() {
        if name.is_empty() {
            return Err(values::violation(ValueFault::EmptyAttributeName, layer));
        }
        condition.values().try_for_each(|value| values::check(value, layer))?;
    }
    Ok(())
}

/// `ConditionalOperator` as the older layer checks it, together with the other members.
pub(super) fn check_conditional_operator(members: &mut Members, given: Option<&str>, layer: Layer) {
    if !layer.has_newer_members() {
        members.one_of(given, "conditionalOperator", &[("AND", ()), ("OR", ())], "OR, AND");
    }
}

/// `ConditionalOperator` as the newer layer checks it, by itself. `ALL` is AWS's (us-east-1, 2026-10).
pub(super) fn check_conditional_operator_alone(given: Option<&str>, layer: Layer) -> Result<(), Violation> {
    let refused = given.is_some_and(|operator| !matches!(operator, "AND" | "OR"));
    if !refused || !layer.has_newer_members() {
        return Ok(());
    }
    let broken = Broken::nameless(Constraint::OneOf("ALL, OR"));
    Err(if layer == Layer::NewerEnveloping { Violation::Members(vec![broken]) } else { Violation::Member(broken) })
}

/// The operator, if [`check_conditional_operator`] or [`check_conditional_operator_alone`] has let it pass.
fn operator(given: Option<&str>) -> Option<ConditionalOperator> {
    given.and_then(ConditionalOperator::parse)
}

fn check_joins(given: Option<&str>, condition_count: usize, layer: Layer) -> Result<(), Violation> {
    ConditionalOperator::check(operator(given), condition_count).map_err(|fault| legacy(fault, layer))
}

/// What `expression` refuses about legacy parameters.
pub(super) fn legacy(fault: LegacyFault, layer: Layer) -> Violation {
    in_envelope(ExpressionError::from(fault), layer)
}

/// `Expected`
pub(super) fn expected(
    given: Option<&[(String, ExpectedAttributeValue)]>,
    conditional_operator: Option<&str>,
    layer: Layer,
) -> Result<Option<expression::Condition>, Violation> {
    check_joins(conditional_operator, given.unwrap_or_default().len(), layer)?;
    check_values(given, layer)?;
    let expected = given.unwrap_or_default();
    expected_to_condition(expected, operator(conditional_operator)).map_err(|fault| legacy(fault, layer))
}

/// `QueryFilter` or `ScanFilter`. The newer layer asks for several conditions before it looks at their values, the older one
/// after (2026-10-09, Scan).
pub(super) fn filter(
    given: Option<&[(String, Condition)]>,
    conditional_operator: Option<&str>,
    layer: Layer,
) -> Result<Option<expression::Condition>, Violation> {
    let filter = given.unwrap_or_default();
    if layer.has_newer_values() {
        check_joins(conditional_operator, filter.len(), layer)?;
    }
    check_values(given, layer)?;
    filter_to_condition(filter, operator(conditional_operator)).map_err(|fault| legacy(fault, layer))
}
