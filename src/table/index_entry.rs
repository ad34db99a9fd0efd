//! What an item looks like in an index.

use std::borrow::Cow;

use super::key_codec::RowKey;
use super::state::{IndexKind, IndexState};
use crate::validation::KeySchema;
use crate::validation::table_definition::{IndexProjection, TableDefinition, VectorIndex};
use crate::value::{ItemView, Map, ValueView, encode_item};

/// The entry of one item in one index.
pub(crate) struct IndexEntry<'a> {
    pub(crate) key: RowKey,
    /// The projected item, encoded.
    pub(crate) item: Cow<'a, [u8]>,
    /// Of the projected item.
    pub(crate) size_bytes: usize,
}

impl<'a> IndexEntry<'a> {
    /// `None` when the item is not in the index. `encoded` is what `item` is a view of.
    pub(crate) fn of(
        index: &IndexState,
        table: &KeySchema,
        item: ItemView<'_>,
        encoded: &'a [u8],
    ) -> Option<IndexEntry<'a>> {
        let key = match index.kind {
            IndexKind::Local => RowKey::of_local_entry(&index.key_schema, table, item)?,
            IndexKind::Global => RowKey::of_global_entry(&index.key_schema, table, item)?,
        };
        if index.projection == IndexProjection::All {
            return Some(IndexEntry { key, item: Cow::Borrowed(encoded), size_bytes: item.size_bytes() });
        }
        let projected = project(index, table, item);
        let size_bytes = projected.size_bytes();
        Some(IndexEntry { key, item: Cow::Owned(encode_item(&projected)), size_bytes })
    }

    pub(crate) fn is_same_as(&self, other: &IndexEntry<'_>) -> bool {
        self.key == other.key && self.item == other.item
    }
}

fn project(index: &IndexState, table: &KeySchema, item: ItemView<'_>) -> Map {
    let included: &[String] = match &index.projection {
        IndexProjection::Include(names) => names,
        IndexProjection::All | IndexProjection::KeysOnly => &[],
    };
    let mut projected = Map::new();
    for (name, value) in item.iter() {
        if table.contains(name) || index.key_schema.contains(name) || included.iter().any(|other| other == name) {
            projected.insert(name, value.to_value());
        }
    }
    projected
}

/// What one item would occupy in one vector index.
pub(crate) struct VectorEntry {
    /// The projected item, encoded.
    pub(crate) item: Vec<u8>,
    /// Of the projected item, the vector counted as stored there: 4 bytes a dimension.
    pub(crate) size_bytes: usize,
}

impl VectorEntry {
    /// `None` when the item has no vector for the index.
    pub(crate) fn of(index: &VectorIndex, table: &KeySchema, item: ItemView<'_>) -> Option<VectorEntry> {
        let vector = item.get(&index.attribute).filter(|value| is_vector(*value, index.dimensions))?;
        let is_held = |name: &str| {
            let is_projected = match &index.projection {
                IndexProjection::All => true,
                IndexProjection::KeysOnly => false,
                IndexProjection::Include(names) => names.iter().any(|other| other == name),
            };
            is_projected
                || name == index.attribute
                || table.contains(name)
                || index.search_schema.iter().any(|element| element.name == name)
        };
        let projected: Map = item
            .iter()
            .filter(|(name, _)| is_held(name))
            .map(|(name, value)| (name.to_string(), value.to_value()))
            .collect();
        let size_bytes = projected.size_bytes() - vector.size_bytes() + vector_bytes(index.dimensions);
        Some(VectorEntry { item: encode_item(&projected), size_bytes })
    }
}

/// The size at which an item is billed and counted: a vector that an index holds counts 4 bytes a dimension instead of its
/// numbers (aws-verified.md section 2, vectors).
pub(crate) fn billed_bytes(definition: &TableDefinition, item: ItemView<'_>) -> usize {
    let mut bytes = item.size_bytes();
    for (position, index) in definition.vector_indexes.iter().enumerate() {
        let is_first = !definition.vector_indexes[..position].iter().any(|other| other.attribute == index.attribute);
        let vector = item.get(&index.attribute).filter(|value| is_first && is_vector(*value, index.dimensions));
        if let Some(vector) = vector {
            bytes = bytes - vector.size_bytes() + vector_bytes(index.dimensions);
        }
    }
    bytes
}

fn vector_bytes(dimensions: u32) -> usize {
    4 * dimensions as usize
}

fn is_vector(value: ValueView<'_>, dimensions: u32) -> bool {
    match value {
        ValueView::L(list) => {
            list.len() == dimensions as usize && list.iter().all(|element| matches!(element, ValueView::N(_)))
        }
        _ => false,
    }
}
