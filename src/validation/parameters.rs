//! Expressions beside the parameters that were there before them, and the names and values that expressions refer to.

use super::conditions::legacy;
use super::layer::Layer;
use super::values::{self, check_placeholder, in_envelope};
use super::violation::{ParameterViolation, Violation};
use crate::expression::{Placeholders, Projection, attributes_to_get_to_projection};
use crate::value::{AttributeValue, Given, ValueFault};

/// A parameter's name and whether the request has it.
pub(super) type Presence = (&'static str, bool);

/// Which parameters of the two styles a request has.
pub(super) struct Parameters<'a> {
    pub(super) legacy: &'a [Presence],
    pub(super) expressions: &'a [Presence],
    /// The expressions that can refer to values, in the order in which the older layer lists them. Empty where the operation
    /// has no values.
    pub(super) with_values: &'static [&'static str],
    pub(super) names: Option<&'a [(String, String)]>,
    pub(super) values: Option<&'a [(String, Given<AttributeValue>)]>,
}

impl<'a> Parameters<'a> {
    /// The two styles can't be mixed, and names and values need an expression.
    pub(super) fn check_styles(&self, layer: Layer) -> Result<(), Violation> {
        let has_expressions = self.expressions.iter().any(|(_, given)| *given);
        let fault = if has_expressions && self.legacy.iter().any(|(_, given)| *given) {
            ParameterViolation::Mixed { legacy: given(self.legacy), expressions: given(self.expressions) }
        } else if self.names.is_some() && !has_expressions {
            ParameterViolation::NamesWithoutExpression
        } else if self.values.is_some() && !self.has_expression_with_values() {
            match layer.has_newer_values() {
                true => ParameterViolation::ValuesWithoutExpression,
                false => ParameterViolation::ValuesWithoutExpressions { absent: self.with_values },
            }
        } else {
            return Ok(());
        };
        Err(in_envelope(fault, layer))
    }

    fn has_expression_with_values(&self) -> bool {
        self.expressions.iter().any(|(name, given)| *given && self.with_values.contains(name))
    }

    /// What expressions can refer to: placeholders are well-formed, and so is what they stand for.
    pub(super) fn placeholders(&self, layer: Layer) -> Result<Placeholders<'a>, Violation> {
        let placeholders = Placeholders::new(self.names, self.values);
        placeholders.check().map_err(|error| in_envelope(error, layer))?;
        let mut values = self.values.unwrap_or_default().iter();
        values.try_for_each(|(key, value)| check_placeholder(key, value, layer))?;
        Ok(placeholders)
    }
}

fn given(parameters: &[Presence]) -> Vec<&'static str> {
    parameters.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect()
}

/// `AttributesToGet`
pub(super) fn attributes_to_get(names: Option<&[String]>, layer: Layer) -> Result<Option<Projection>, Violation> {
    let Some(names) = names else { return Ok(None) };
    if names.iter().any(String::is_empty) {
        return Err(values::violation(ValueFault::EmptyAttributeName, layer));
    }
    attributes_to_get_to_projection(names).map(Some).map_err(|fault| legacy(fault, layer))
}
