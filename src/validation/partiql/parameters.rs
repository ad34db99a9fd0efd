//! `Statement` and `Parameters` as members of a request.

use crate::partiql::STATEMENT_CHARS_MAX;
use crate::protocol::decode::Parameter;
use crate::validation::Layer;
use crate::validation::constraint::{Broken, Constraint, Members};
use crate::validation::layer::LEVELS_MAX;
use crate::validation::values;
use crate::validation::violation::{ItemViolation, Violation};
use crate::value::{AttributeValue, ValueFault};

/// 1 to 8,192 characters, not bytes. `at` is the member's place.
pub(in crate::validation) fn check_statement(members: &mut Members, given: Option<&str>, at: &str) {
    let Some(text) = given else { return members.add(Broken::null(at)) };
    if text.is_empty() {
        members.add(Broken::echoed(text, at, Constraint::LengthMin(1)));
    }
    if text.chars().count() > STATEMENT_CHARS_MAX {
        members.add(Broken::echoed(text, at, Constraint::LengthMax(STATEMENT_CHARS_MAX)));
    }
}

/// If there is a list, there is something in it.
pub(in crate::validation) fn check_parameters_length(members: &mut Members, given: Option<&[Parameter]>, at: &str) {
    if given.is_some_and(<[Parameter]>::is_empty) {
        members.add(Broken::echoed("[]", at, Constraint::LengthMin(1)));
    }
}

/// Every parameter is judged, used or not, before the statement is read (aws-verified.md section 7), and in every Region in
/// the words of the older layer. One that is exactly a level too deep gets a shorter text.
pub(in crate::validation) fn sound_parameters(given: Option<&[Parameter]>) -> Result<Vec<AttributeValue>, Violation> {
    let given = given.unwrap_or_default().iter();
    given
        .map(|parameter| match &parameter.given.fault {
            None => Ok(parameter.given.value.clone()),
            Some(ValueFault::Nesting { .. }) if parameter.given.depth == LEVELS_MAX + 1 => {
                Err(ItemViolation::TooDeep.into())
            }
            Some(fault) => Err(values::violation(fault.clone(), Layer::Older)),
        })
        .collect()
}
