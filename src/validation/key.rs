//! Key arguments and the keys of items, against the schema of a table.

use super::key_schema::{KeyAttribute, KeySchema};
use super::table_definition::TableDefinition;
use super::violation::{BatchViolation, ItemViolation, Violation};
use crate::value::{AttributeValue, Item, Path};

pub const PARTITION_KEY_BYTES_MAX: usize = 2048;
pub const SORT_KEY_BYTES_MAX: usize = 1024;

/// A primary key inside an item or a `Key` argument, of the right types and sizes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeyRef<'a> {
    pub partition: &'a AttributeValue,
    pub sort: Option<&'a AttributeValue>,
}

/// A `Key` argument: exactly the attributes of the schema.
pub fn check_key<'a>(schema: &KeySchema, key: &'a Item) -> Result<KeyRef<'a>, Violation> {
    if key.len() != schema.attribute_count() {
        return Err(ItemViolation::KeyMismatch.into());
    }
    find_key(schema, key, |_, _| ItemViolation::KeyMismatch)
}

/// The key inside an item that PutItem brings.
pub fn check_item_key<'a>(schema: &KeySchema, item: &'a Item) -> Result<KeyRef<'a>, Violation> {
    find_key(schema, item, |attribute, given| match given {
        None => ItemViolation::KeyMissing { name: attribute.name.clone() },
        Some(value) => {
            ItemViolation::KeyType { name: attribute.name.clone(), expected: attribute.kind, actual: value.type_name() }
        }
    })
}

/// The key inside an item that BatchWriteItem brings: less is said about it (us-east-1, 2026-10).
pub fn check_batch_item_key<'a>(schema: &KeySchema, item: &'a Item) -> Result<KeyRef<'a>, Violation> {
    find_key(schema, item, |_, _| ItemViolation::KeyMismatch)
}

/// The keys of one table in a batch are all different, whatever else the items hold.
pub fn check_distinct(schema: &KeySchema, keys: &[&Item]) -> Result<(), Violation> {
    let equal = |one: &Item, two: &Item| {
        schema.attributes().all(|attribute| one.get(&attribute.name) == two.get(&attribute.name))
    };
    // A batch has at most a hundred keys, and most pairs differ in their first bytes.
    let repeated = keys.iter().enumerate().any(|(place, key)| keys[..place].iter().any(|other| equal(other, key)));
    if repeated { Err(BatchViolation::DuplicateKeys.into()) } else { Ok(()) }
}

/// The paths of an expression must not go into a key attribute of the table or of an index.
pub fn check_paths<'a>(
    definition: &TableDefinition,
    paths: impl IntoIterator<Item = &'a Path>,
) -> Result<(), Violation> {
    for path in paths.into_iter().filter(|path| !path.is_top_level()) {
        let name = || path.root.clone();
        if definition.key_schema.contains(&path.root) {
            return Err(ItemViolation::KeyNested { name: name() }.into());
        }
        if definition.indexes().any(|index| index.key_schema().contains(&path.root)) {
            return Err(ItemViolation::IndexKeyNested { name: name() }.into());
        }
    }
    Ok(())
}

/// "string" or "binary" for a value that no key may hold, because it has no length.
pub(super) fn kind_of_empty(value: &AttributeValue) -> Option<&'static str> {
    match value {
        AttributeValue::S(text) if text.is_empty() => Some("string"),
        AttributeValue::B(bytes) if bytes.is_empty() => Some("binary"),
        _ => None,
    }
}

/// Bytes that count towards the limits of keys. Numbers are bounded by themselves.
pub(super) fn key_bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::B(bytes) => bytes.len(),
        _ => 0,
    }
}

fn find_key<'a>(
    schema: &KeySchema,
    item: &'a Item,
    misfit: impl Fn(&KeyAttribute, Option<&AttributeValue>) -> ItemViolation,
) -> Result<KeyRef<'a>, Violation> {
    let find = |attribute: &KeyAttribute, bytes_max: usize, too_long: ItemViolation| {
        let given = item.get(&attribute.name);
        let value = given.filter(|value| attribute.kind.holds(value)).ok_or_else(|| misfit(attribute, given))?;
        if let Some(kind) = kind_of_empty(value) {
            return Err(ItemViolation::KeyEmpty { name: attribute.name.clone(), kind });
        }
        if key_bytes(value) > bytes_max { Err(too_long) } else { Ok(value) }
    };
    // A table has one partition attribute; a schema without one fits no key.
    let partition = schema.partition.first().ok_or(ItemViolation::KeyMismatch)?;
    let partition = find(partition, PARTITION_KEY_BYTES_MAX, ItemViolation::PartitionKeyTooLong)?;
    let sort = schema.sort.first();
    let sort = sort.map(|sort| find(sort, SORT_KEY_BYTES_MAX, ItemViolation::SortKeyTooLong)).transpose()?;
    Ok(KeyRef { partition, sort })
}
