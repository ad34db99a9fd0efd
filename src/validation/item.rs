//! Whole items on their way into a table: keys, index keys, vectors and the 400 KB limit.

use super::key::{self, KeyRef, PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX};
use super::key_schema::{KeyAttribute, KeySchema};
use super::layer::LEVELS_MAX;
use super::table_definition::{IndexProjection, LocalIndex, SearchRole, TableDefinition, VectorIndex};
use super::update_item::{UpdateItem, UpdateSizeRule};
use super::violation::{ItemViolation, Violation};
use crate::expression::Condition;
use crate::value::{AttributeValue, Item};

pub const ITEM_BYTES_MAX: usize = 409_600;

/// An item that PutItem brings. Order: key, index keys, vectors, size.
pub fn check_put<'a>(definition: &TableDefinition, item: &'a Item) -> Result<KeyRef<'a>, Violation> {
    let key = key::check_item_key(&definition.key_schema, item)?;
    check_rest(definition, item)?;
    Ok(key)
}

/// An item that BatchWriteItem brings.
pub fn check_batch_put<'a>(definition: &TableDefinition, item: &'a Item) -> Result<KeyRef<'a>, Violation> {
    let key = key::check_batch_item_key(&definition.key_schema, item)?;
    check_rest(definition, item)?;
    Ok(key)
}

fn check_rest(definition: &TableDefinition, item: &Item) -> Result<(), Violation> {
    let fault = |attribute: &KeyAttribute, index: &str| {
        let value = item.get(&attribute.name)?;
        index_key_type(attribute, value, index).or_else(|| {
            let kind = key::kind_of_empty(value)?;
            let (name, index) = (attribute.name.clone(), index.to_string());
            Some(ItemViolation::IndexKeyEmpty { name, kind, index })
        })
    };
    check_index_keys(definition, item, fault)?;
    definition.vector_indexes.iter().try_for_each(|index| check_vector(index, item))?;
    if exceeds_size(definition, item) { Err(ItemViolation::TooLarge.into()) } else { Ok(()) }
}

/// An item and its entries in local indexes have 400 KB together (developer guide, "Item size for tables with local secondary
/// indexes"). That AWS refuses more was seen; with which text was not captured, so it is that of an item too large by itself.
fn exceeds_size(definition: &TableDefinition, item: &Item) -> bool {
    let bytes = item.size_bytes();
    let entries = definition.local_indexes.iter().map(|index| local_entry_bytes(definition, index, item, bytes));
    // No entry is larger than the item.
    bytes * (1 + definition.local_indexes.len()) > ITEM_BYTES_MAX && bytes + entries.sum::<usize>() > ITEM_BYTES_MAX
}

fn local_entry_bytes(definition: &TableDefinition, index: &LocalIndex, item: &Item, item_bytes: usize) -> usize {
    let schema = &index.key_schema;
    if !schema.attributes().all(|attribute| item.contains_key(&attribute.name)) {
        return 0;
    }
    let included: &[String] = match &index.projection {
        IndexProjection::All => return item_bytes,
        IndexProjection::KeysOnly => &[],
        IndexProjection::Include(names) => names,
    };
    let is_held = |name: &str| {
        definition.key_schema.contains(name) || schema.contains(name) || included.iter().any(|other| other == name)
    };
    let held = item.iter().filter(|(name, _)| is_held(name));
    held.map(|(name, value)| name.len() + value.size_bytes()).sum()
}

/// An item by itself: 400 KB, names included.
pub fn check_size(item: &Item) -> Result<(), Violation> {
    if item.size_bytes() > ITEM_BYTES_MAX { Err(ItemViolation::TooLarge.into()) } else { Ok(()) }
}

/// UpdateItem before the stored item is looked at: the key, what the statement writes, and what it would charge.
pub fn check_update<'a>(definition: &TableDefinition, request: &'a UpdateItem) -> Result<KeyRef<'a>, Violation> {
    let key = key::check_key(&definition.key_schema, &request.key)?;
    if let Some(update) = &request.update {
        if let Some(name) = update.written_roots().find(|name| definition.key_schema.contains(name)) {
            return Err(ItemViolation::KeyUpdated { name: name.to_string() }.into());
        }
        if request.size_rule == UpdateSizeRule::ItemAndCharge && update.charge_bytes() > ITEM_BYTES_MAX {
            return Err(ItemViolation::UpdateTooLarge.into());
        }
    }
    key::check_paths(definition, request.condition.iter().flat_map(Condition::paths))?;
    Ok(key)
}

/// The item that an update made. Only what the update has written is looked at again, and the size of the whole.
pub fn check_updated(definition: &TableDefinition, request: &UpdateItem, item: &Item) -> Result<(), Violation> {
    let Some(update) = &request.update else { return Ok(()) };
    let is_written = |name: &str| update.written_roots().any(|root| root == name);
    let fault = |attribute: &KeyAttribute, index: &str| {
        let value = item.get(&attribute.name).filter(|_| is_written(&attribute.name))?;
        index_key_type(attribute, value, index).or_else(|| {
            let kind = key::kind_of_empty(value)?;
            Some(ItemViolation::UpdatedIndexKeyEmpty { kind })
        })
    };
    check_index_keys(definition, item, fault)?;
    let vectors = definition.vector_indexes.iter().filter(|index| {
        is_written(&index.attribute) || index.search_schema.iter().any(|element| is_written(&element.name))
    });
    vectors.into_iter().try_for_each(|index| check_vector(index, item))?;
    let too_deep = update.written_roots().filter_map(|root| item.get(root)).any(|value| value.depth() > LEVELS_MAX);
    if too_deep {
        return Err(ItemViolation::TooDeep.into());
    }
    if exceeds_size(definition, item) { Err(ItemViolation::UpdateTooLarge.into()) } else { Ok(()) }
}

fn index_key_type(attribute: &KeyAttribute, value: &AttributeValue, index: &str) -> Option<ItemViolation> {
    if attribute.kind.holds(value) {
        return None;
    }
    Some(ItemViolation::IndexKeyType {
        name: attribute.name.clone(),
        expected: attribute.kind,
        actual: value.type_name(),
        index: index.to_string(),
    })
}

/// Of several indexes with a fault the first by name is reported (us-east-1, 2026-10, BatchWriteItem).
fn check_index_keys(
    definition: &TableDefinition,
    item: &Item,
    fault: impl Fn(&KeyAttribute, &str) -> Option<ItemViolation>,
) -> Result<(), Violation> {
    let mut first: Option<(&str, ItemViolation)> = None;
    for index in definition.indexes() {
        let attributes = index.key_schema().attributes();
        let own = attributes.filter(|attribute| !definition.key_schema.contains(&attribute.name));
        let mut faults = own.filter_map(|attribute| fault(attribute, index.name()));
        let found = faults.next().or_else(|| too_long(index.key_schema(), item));
        if let Some(found) = found
            && first.as_ref().is_none_or(|(name, _)| index.name() < *name)
        {
            first = Some((index.name(), found));
        }
    }
    first.map_or(Ok(()), |(_, fault)| Err(fault.into()))
}

/// Key attributes of an index have together the lengths that those of a table have.
fn too_long(schema: &KeySchema, item: &Item) -> Option<ItemViolation> {
    let bytes = |attributes: &[KeyAttribute]| -> usize {
        attributes.iter().filter_map(|attribute| item.get(&attribute.name)).map(key::key_bytes).sum()
    };
    if bytes(&schema.partition) > PARTITION_KEY_BYTES_MAX {
        return Some(ItemViolation::PartitionKeyTooLong);
    }
    (bytes(&schema.sort) > SORT_KEY_BYTES_MAX).then_some(ItemViolation::SortKeyTooLong)
}

/// A vector that is there has exactly the index's dimensions, each a number that 32-bit floating point can hold, and the
/// attributes of the search schema have their types.
fn check_vector(index: &VectorIndex, item: &Item) -> Result<(), Violation> {
    for element in &index.search_schema {
        let attribute = KeyAttribute { name: element.name.clone(), kind: element.kind };
        let Some(value) = item.get(&attribute.name) else { continue };
        if let Some(fault) = index_key_type(&attribute, value, &index.name) {
            return Err(fault.into());
        }
        if let (Some(kind), SearchRole::Hash) = (key::kind_of_empty(value), element.role) {
            let (name, index) = (attribute.name, index.name.clone());
            return Err(ItemViolation::IndexKeyEmpty { name, kind, index }.into());
        }
    }
    match item.get(&index.attribute) {
        None => Ok(()),
        Some(AttributeValue::L(elements)) => check_elements(index, elements),
        Some(_) => {
            let (name, index) = (index.attribute.clone(), index.name.clone());
            Err(ItemViolation::VectorNotList { name, index }.into())
        }
    }
}

fn check_elements(index: &VectorIndex, elements: &[AttributeValue]) -> Result<(), Violation> {
    let (name, index_name) = (|| index.attribute.clone(), || index.name.clone());
    for (element, value) in elements.iter().enumerate() {
        match value {
            AttributeValue::N(number) if is_float32(&number.to_string()) => {}
            AttributeValue::N(_) => {
                return Err(ItemViolation::VectorElementRange { name: name(), element, index: index_name() }.into());
            }
            other => {
                let actual = other.type_name();
                return Err(ItemViolation::VectorElement { name: name(), element, actual, index: index_name() }.into());
            }
        }
    }
    if elements.len() != index.dimensions as usize {
        let (expected, actual) = (index.dimensions, elements.len());
        return Err(ItemViolation::VectorLength { name: name(), expected, actual, index: index_name() }.into());
    }
    Ok(())
}

fn is_float32(decimal: &str) -> bool {
    decimal.parse::<f32>().is_ok_and(f32::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::decode;
    use crate::validation::refused::{definition, nested};
    use crate::validation::{Layer, update_item};
    use crate::value::Map;

    #[test]
    fn an_update_may_not_nest_the_item_too_deep() {
        let body = |lists| {
            format!(
                r#"{{"TableName":"hash","Key":{{"pk":{{"S":"k"}}}},"UpdateExpression":"SET m.x = :v","ExpressionAttributeValues":{{":v":{}}}}}"#,
                nested(lists)
            )
        };
        let old = [("pk", AttributeValue::S("k".to_string())), ("m", AttributeValue::M(Map::new()))];
        let old = Item::from_iter(old.map(|(name, value)| (name.to_string(), value)));
        let updated = |lists| {
            let input = decode(body(lists).as_bytes()).expect("decodes");
            let request = update_item::validate(input, Layer::NewerEnveloping)?;
            let updated = request.update.as_ref().expect("an update").apply(&old)?;
            check_updated(&definition(&request.table)?, &request, &updated.item)
        };
        // The map is one level, the leaf another.
        assert_eq!(updated(30), Ok(()));
        assert_eq!(updated(31), Err(ItemViolation::TooDeep.into()));
    }

    #[test]
    fn an_items_entries_in_local_indexes_count_towards_its_size() {
        let name = crate::validation::TableName::parse("indexed").expect("a name");
        let mut definition = definition(&name).expect("a table");
        let put = |definition: &TableDefinition, filler: usize, is_indexed: bool| {
            let text = |(name, text): (&str, String)| (name.to_string(), AttributeValue::S(text));
            let mut item =
                Item::from_iter([("pk", "a".into()), ("sk", "b".into()), ("f", "x".repeat(filler))].map(text));
            if is_indexed {
                item.insert("ls", AttributeValue::S("c".to_string()));
            }
            check_put(definition, &item).map(drop)
        };
        let too_large = Err(ItemViolation::TooLarge.into());
        // Names and values of "pk", "sk" and "ls" are nine bytes, and the entry has them all again; "f" has one for its name.
        let keys_only = ITEM_BYTES_MAX - 9 - 9 - 1;
        assert_eq!(put(&definition, keys_only, true), Ok(()));
        assert_eq!(put(&definition, keys_only + 1, true), too_large);
        assert_eq!(put(&definition, keys_only + 1, false), Ok(()), "not in the index");
        for projection in [IndexProjection::All, IndexProjection::Include(vec!["f".to_string()])] {
            definition.local_indexes[0].projection = projection;
            let half = ITEM_BYTES_MAX / 2 - 9 - 1;
            assert_eq!(put(&definition, half, true), Ok(()));
            assert_eq!(put(&definition, half + 1, true), too_large);
        }
    }

    #[test]
    fn an_update_may_not_grow_an_item_and_its_entries_too_large() {
        let body = |filler| {
            format!(
                r#"{{"TableName":"indexed","Key":{{"pk":{{"S":"a"}},"sk":{{"S":"b"}}}},"UpdateExpression":"SET f = :f",
                    "ExpressionAttributeValues":{{":f":{{"S":"{}"}}}}}}"#,
                "x".repeat(filler)
            )
        };
        let old = Item::from_iter(
            [("pk", "a"), ("sk", "b"), ("ls", "c")]
                .map(|(name, text)| (name.to_string(), AttributeValue::S(text.to_string()))),
        );
        let updated = |filler| {
            let input = decode(body(filler).as_bytes()).expect("decodes");
            let request = update_item::validate(input, Layer::NewerEnveloping)?;
            let updated = request.update.as_ref().expect("an update").apply(&old)?;
            check_updated(&definition(&request.table)?, &request, &updated.item)
        };
        assert_eq!(updated(ITEM_BYTES_MAX - 9 - 9 - 1), Ok(()));
        assert_eq!(updated(ITEM_BYTES_MAX - 9 - 9), Err(ItemViolation::UpdateTooLarge.into()));
    }

    #[test]
    fn the_first_index_by_name_is_reported() {
        let item = [("pk", "a"), ("sk", "b"), ("ls", ""), ("gpk", "")];
        let text = |(name, text): (&str, &str)| (name.to_string(), AttributeValue::S(text.to_string()));
        let name = crate::validation::TableName::parse("indexed").expect("a name");
        let item = Item::from_iter(item.map(text));
        let message =
            check_put(&definition(&name).expect("a table"), &item).expect_err("two empty index keys").to_string();
        assert!(message.ends_with("IndexName: gsi, IndexKey: gpk"), "{message}");
    }
}
