//! The one item that a write, or a SELECT in a batch or a transaction, is about.

use crate::expression::{Comparator, Condition, Operand, Test};
use crate::partiql::Select;
use crate::validation::key::{PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX, key_bytes, kind_of_empty};
use crate::validation::violation::{ItemViolation, StatementViolation, Violation};
use crate::validation::{KeyAttribute, KeySchema, TableDefinition};
use crate::value::{AttributeValue, Item};

/// A read of one item.
#[derive(Debug)]
pub struct ItemRead {
    pub key: Item,
    /// WHERE says more than the key.
    pub has_more_conditions: bool,
}

/// The item that a SELECT fixes. `None` when it leaves a part of the key open, or names an index.
pub fn single_item(definition: &TableDefinition, select: &Select) -> Result<Option<ItemRead>, Violation> {
    if select.source.index.is_some() {
        return Ok(None);
    }
    match fixed_key(&definition.key_schema, select.filter.as_ref()) {
        Ok(key) => {
            let conditions = select.filter.as_ref().map_or(0, |filter| conjuncts(filter).len());
            Ok(Some(ItemRead { has_more_conditions: conditions > key.len(), key }))
        }
        Err(Violation::Statement(StatementViolation::KeyNotFixed)) => Ok(None),
        Err(violation) => Err(violation),
    }
}

/// The key that the equalities at the top of WHERE fix: OR, NOT and lists of several values do not count.
pub(super) fn fixed_key(schema: &KeySchema, filter: Option<&Condition>) -> Result<Item, Violation> {
    let conjuncts = filter.map(conjuncts).unwrap_or_default();
    let mut key = Item::new();
    for attribute in schema.attributes() {
        let mut values = conjuncts.iter().filter_map(|test| fixed_value(test, &attribute.name));
        let value = values.next().ok_or(StatementViolation::KeyNotFixed)?;
        if values.next().is_some() {
            return Err(StatementViolation::KeyFixedTwice { name: attribute.name.clone() }.into());
        }
        key.insert(attribute.name.as_str(), value);
    }
    for (name, value) in key.iter() {
        let is_partition = schema.partition.iter().any(|attribute| attribute.name == name);
        if let Some(attribute) = schema.get(name) {
            check_value(attribute, value, is_partition)?;
        }
    }
    Ok(key)
}

/// A value that a key attribute is compared with.
pub(super) fn check_value(
    attribute: &KeyAttribute,
    value: &AttributeValue,
    is_partition: bool,
) -> Result<(), Violation> {
    let name = || attribute.name.clone();
    if !matches!(value, AttributeValue::S(_) | AttributeValue::N(_) | AttributeValue::B(_)) {
        return Err(StatementViolation::KeyValueType { name: name() }.into());
    }
    if !attribute.kind.holds(value) {
        return Err(StatementViolation::KeyDataType.into());
    }
    if let Some(kind) = kind_of_empty(value) {
        return Err(ItemViolation::KeyEmpty { name: name(), kind }.into());
    }
    match is_partition {
        true if key_bytes(value) > PARTITION_KEY_BYTES_MAX => Err(ItemViolation::PartitionKeyTooLong.into()),
        false if key_bytes(value) > SORT_KEY_BYTES_MAX => Err(ItemViolation::SortKeyTooLong.into()),
        _ => Ok(()),
    }
}

/// What all has to hold.
pub(super) fn conjuncts(filter: &Condition) -> Vec<&Test> {
    match filter.root() {
        Test::All(tests) => tests.iter().collect(),
        test => vec![test],
    }
}

/// The one value that a test lets an attribute have.
fn fixed_value(test: &Test, name: &str) -> Option<AttributeValue> {
    match test {
        Test::Compare { comparator: Comparator::Equal, left, right } => {
            let other =
                if is_attribute(left, name) { right } else { Some(left).filter(|_| is_attribute(right, name))? };
            value(other)
        }
        Test::In { value: operand, list } if is_attribute(operand, name) => match list.as_slice() {
            [only] => value(only),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn is_attribute(operand: &Operand, name: &str) -> bool {
    matches!(operand, Operand::Path(path) if path.is_top_level() && path.root == name)
}

pub(super) fn value(operand: &Operand) -> Option<AttributeValue> {
    match operand {
        Operand::Value(encoded) => Some(encoded.view().to_value()),
        Operand::Path(_) | Operand::Size(_) => None,
    }
}
