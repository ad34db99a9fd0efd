//! What an item looks like in an index.

use std::borrow::Cow;

use super::key_codec::RowKey;
use super::state::{IndexKind, IndexState};
use crate::validation::KeySchema;
use crate::validation::table_definition::IndexProjection;
use crate::value::{ItemView, Map, encode_item};

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
    pub(crate) fn of(index: &IndexState, table: &KeySchema, item: ItemView<'_>, encoded: &'a [u8]) -> Option<IndexEntry<'a>> {
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
