//! The one item that a write, or a SELECT in a batch or a transaction, is about.

use super::branches::{alternatives, listed};
use super::lookups::{Reads, reads};
use crate::expression::{Comparator, Condition, Operand, Test};
use crate::partiql::Select;
use crate::validation::key::{PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX, key_bytes, kind_of_empty};
use crate::validation::violation::{ItemViolation, StatementViolation, Violation};
use crate::validation::{KeyAttribute, KeySchema, TableDefinition};
use crate::value::{AttributeValue, Item};

/// The item that a SELECT is about and says nothing else of: one row, looked up by `=` and IN. `None` for any other SELECT.
pub fn single_item(definition: &TableDefinition, select: &Select) -> Result<Option<Item>, Violation> {
    let schema = &definition.key_schema;
    if select.source.index.is_some() {
        return Ok(None);
    }
    let alternatives = alternatives(schema, select)?;
    let reads = reads(schema, &alternatives)?;
    let ([only], Reads::Ranges(ranges)) = (alternatives.as_slice(), reads) else { return Ok(None) };
    let is_of_key = |test: &&Test| schema.attributes().any(|attribute| listed(test, &attribute.name).is_some());
    let ([row], true) = (ranges.as_slice(), only.tests.iter().all(is_of_key)) else { return Ok(None) };
    let names = schema.attributes().map(|attribute| attribute.name.clone());
    let key: Item = names.zip(row.partition.iter().chain(&row.sort_equal).cloned()).collect();
    Ok(Some(key).filter(|key| key.len() == schema.attributes().count()))
}

/// The key of the item that EXISTS reads, and whether WHERE says more. `None` if a part of the key is open. Of several values
/// for one attribute the first counts, the others are conditions (eu-west-2, 2026-09-17).
pub(super) fn checked_key(schema: &KeySchema, filter: &Condition) -> Result<Option<(Item, bool)>, Violation> {
    let Some(key) = first_key(schema, Some(filter))? else { return Ok(None) };
    let has_more_conditions = conjuncts(filter).len() > key.len();
    Ok(Some((key, has_more_conditions)))
}

/// The key of the item that UPDATE or DELETE is about.
pub(super) fn written_key(schema: &KeySchema, filter: Option<&Condition>) -> Result<Item, Violation> {
    for attribute in schema.attributes() {
        let values = equal_values(filter, &attribute.name);
        // One value may stand there twice (eu-west-2, 2026-09-17).
        if values.windows(2).any(|pair| pair.first() != pair.last()) {
            return Err(StatementViolation::KeyFixedTwice { name: attribute.name.clone() }.into());
        }
    }
    first_key(schema, filter)?.ok_or_else(|| StatementViolation::KeyNotFixed.into())
}

fn first_key(schema: &KeySchema, filter: Option<&Condition>) -> Result<Option<Item>, Violation> {
    let mut key = Item::new();
    for attribute in schema.attributes() {
        let Some(value) = equal_values(filter, &attribute.name).into_iter().next() else { return Ok(None) };
        key.insert(attribute.name.as_str(), value);
    }
    for (name, value) in key.iter() {
        let is_partition = schema.partition.iter().any(|attribute| attribute.name == name);
        if let Some(attribute) = schema.get(name) {
            check_value(attribute, value, is_partition)?;
        }
    }
    Ok(Some(key))
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
        return Err(StatementViolation::KeyDataType { name: name() }.into());
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

/// The values that the equalities at the top of WHERE give an attribute: OR, NOT and IN, even of one value, do not count
/// (eu-west-2, 2026-09-17).
fn equal_values(filter: Option<&Condition>, name: &str) -> Vec<AttributeValue> {
    let tests = filter.map(conjuncts).unwrap_or_default().into_iter();
    let is_equality = |test: &&Test| matches!(test, Test::Compare { comparator: Comparator::Equal, .. });
    tests.filter(is_equality).filter_map(|test| listed(test, name)).flatten().collect()
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
