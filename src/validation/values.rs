//! Values as they were given, judged as the layer judges them.

use super::layer::Layer;
use super::violation::{ValueViolation, Violation};
use crate::value::{AttributeValue, Given, Item, ValueFault};

/// How deep the values of a request are, and whether only the older layer reads them; see [`Layer::for_values`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reading {
    levels: u32,
    only_older: bool,
}

impl Reading {
    pub(super) fn with<T>(mut self, given: &Given<T>) -> Reading {
        self.levels = self.levels.max(given.depth);
        self.only_older |= given.older_layer;
        self
    }

    pub(super) fn with_all<'a, T: 'a>(self, given: impl IntoIterator<Item = &'a Given<T>>) -> Reading {
        given.into_iter().fold(self, Reading::with)
    }

    pub(super) fn layer(self, layer: Layer) -> Layer {
        layer.for_values(self.levels, self.only_older)
    }
}

/// An item, a key or a single value, without a fault.
pub(super) fn sound<T>(given: Given<T>, layer: Layer) -> Result<T, Violation> {
    check(&given, layer)?;
    Ok(given.value)
}

pub(super) fn check<T>(given: &Given<T>, layer: Layer) -> Result<(), Violation> {
    match &given.fault {
        None => Ok(()),
        Some(fault) => Err(violation(fault.clone(), layer)),
    }
}

/// A fault where nothing is said about its place.
pub(super) fn violation(fault: ValueFault, layer: Layer) -> Violation {
    in_envelope(ValueViolation { fault, newer: layer.has_newer_values() }, layer)
}

/// What the newer layer says about the values and expressions of a single-item write stands in an envelope.
pub(super) fn in_envelope(violation: impl Into<Violation>, layer: Layer) -> Violation {
    let violation = violation.into();
    if layer == Layer::NewerEnveloping { violation.enveloped() } else { violation }
}

/// A value of `ExpressionAttributeValues`.
pub(super) fn check_placeholder(
    placeholder: &str,
    given: &Given<AttributeValue>,
    layer: Layer,
) -> Result<(), Violation> {
    let Some(fault) = &given.fault else { return Ok(()) };
    if matches!(fault, ValueFault::Nesting { .. }) && given.depth <= layer.value_levels_max() {
        return Ok(());
    }
    if layer.has_newer_values() {
        return Err(violation(fault.clone(), layer));
    }
    let violation = ValueViolation { fault: fault.clone(), newer: false };
    Err(Violation::PlaceholderValue { placeholder: placeholder.to_string(), violation })
}

/// `ExclusiveStartKey`. The older layer names it for some faults (dynalite's captures of Query and Scan).
pub(super) fn sound_start_key(given: Given<Item>, layer: Layer) -> Result<Item, Violation> {
    let Some(fault) = given.fault else { return Ok(given.value) };
    use crate::value::TypeName::{Bs, Ss};
    let named = matches!(
        fault,
        ValueFault::EmptySet(Ss | Bs) | ValueFault::NullFalse | ValueFault::NoType | ValueFault::SeveralTypes
    );
    if named && !layer.has_newer_values() {
        return Err(Violation::StartKeyValue(ValueViolation { fault, newer: false }));
    }
    Err(violation(fault, layer))
}
