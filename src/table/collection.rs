//! Item collections: the items of one partition of a table with local indexes, and their entries in those indexes. AWS holds
//! each to 10 GB and answers its size on request.
//!
//! A collection's size is a row of its own, changed by the write that changes the collection. It has the partition of the
//! items that it counts, so it lies in their stripe and is latched with them.
//!
//! ```text
//! space of the table's collections   partition = that of the items   sort empty     bytes u64 little-endian
//! ```

use kstone_engine::{Key, SpaceId, Value, WriteBatch};

use super::Store;
use super::error::StoreError;
use super::key_codec::RowKey;
use super::state::{IndexKind, TableState};
use super::write::{Effect, IndexEffect, Target};

/// Developer guide, "Item collection size limit". A collection beyond it still shrinks.
const COLLECTION_BYTES_MAX: u64 = 10 << 30;

/// The collections that the targets of one write belong to.
pub(super) struct Collections<'a> {
    /// For each target, the position in `all`; `None` for tables without local indexes.
    of_targets: Vec<Option<usize>>,
    all: Vec<Collection<'a>>,
}

struct Collection<'a> {
    key: Key<'a>,
    old_bytes: u64,
    change_bytes: i64,
}

impl<'a> Collections<'a> {
    pub(super) fn of(targets: &'a [Target<'_>]) -> Collections<'a> {
        let mut collections = Collections { of_targets: Vec::with_capacity(targets.len()), all: Vec::new() };
        for target in targets {
            // Local indexes come and go with their table: what is seen here holds under the latch.
            let space = target.table.peek().collections;
            let place = space.map(|space| collections.place(collection_key(space, &target.key)));
            collections.of_targets.push(place);
        }
        collections
    }

    fn place(&mut self, key: Key<'a>) -> usize {
        let is_same = |other: &Collection<'_>| other.key.space == key.space && other.key.partition == key.partition;
        self.all.iter().position(is_same).unwrap_or_else(|| {
            self.all.push(Collection { key, old_bytes: 0, change_bytes: 0 });
            self.all.len() - 1
        })
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = Key<'a>> {
        self.all.iter().map(|collection| collection.key)
    }

    /// Takes over the latched rows and forgets what an earlier run of the decision changed.
    pub(super) fn load(&mut self, stored: &[Option<Value>]) {
        for (collection, value) in self.all.iter_mut().zip(stored) {
            collection.old_bytes = bytes_of(value.as_deref());
            collection.change_bytes = 0;
        }
    }

    pub(super) fn add(&mut self, target: usize, effect: &Effect) {
        let place = self.of_targets.get(target).copied().flatten();
        if let Some(collection) = place.and_then(|place| self.all.get_mut(place)) {
            collection.change_bytes += change_bytes(effect);
        }
    }

    pub(super) fn put(&self, batch: &mut WriteBatch) -> Result<(), StoreError> {
        for (place, collection) in self.all.iter().enumerate().filter(|(_, collection)| collection.change_bytes != 0) {
            let bytes = collection.old_bytes.saturating_add_signed(collection.change_bytes);
            if collection.change_bytes > 0 && bytes > COLLECTION_BYTES_MAX {
                let target = self.of_targets.iter().position(|of_target| *of_target == Some(place)).unwrap_or(0);
                return Err(StoreError::CollectionTooLarge { target });
            }
            match bytes {
                0 => batch.delete(collection.key),
                _ => batch.put(collection.key, &bytes.to_le_bytes()),
            }
        }
        Ok(())
    }
}

impl Store {
    /// The size of the item collection that a row belongs to; 0 for a table without local indexes.
    pub(crate) fn item_collection_bytes(&self, state: &TableState, key: &RowKey) -> Result<u64, StoreError> {
        let Some(space) = state.collections else { return Ok(0) };
        Ok(bytes_of(self.engine().get(collection_key(space, key))?.as_deref()))
    }
}

fn collection_key(space: SpaceId, key: &RowKey) -> Key<'_> {
    Key { space, partition: &key.partition, sort: &[] }
}

fn bytes_of(stored: Option<&[u8]>) -> u64 {
    stored.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes)
}

fn change_bytes(effect: &Effect) -> i64 {
    let signed = |bytes: usize| i64::try_from(bytes).unwrap_or(i64::MAX);
    let mut change = signed(effect.new_bytes.unwrap_or(0)) - signed(effect.old_bytes.unwrap_or(0));
    for (position, index) in &effect.indexes {
        if effect.state.indexes.get(*position).is_some_and(|index| index.kind == IndexKind::Local) {
            change += match *index {
                IndexEffect::Inserted { bytes } => signed(bytes),
                IndexEffect::Removed { bytes } => -signed(bytes),
                IndexEffect::Replaced { old_bytes, new_bytes } | IndexEffect::Moved { old_bytes, new_bytes } => {
                    signed(new_bytes) - signed(old_bytes)
                }
            };
        }
    }
    change
}

#[cfg(test)]
mod store_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_collection_shrinks_but_does_not_grow() {
        let key = Key { space: 1, partition: b"p", sort: b"" };
        let put = |old_bytes, change_bytes| {
            let mut batch = WriteBatch::default();
            let all = vec![Collection { key, old_bytes, change_bytes }];
            Collections { of_targets: Vec::new(), all }.put(&mut batch).is_ok()
        };
        assert!(put(COLLECTION_BYTES_MAX - 10, 10));
        assert!(!put(COLLECTION_BYTES_MAX - 10, 11));
        assert!(put(COLLECTION_BYTES_MAX + 1_000, -1));
        assert!(!put(COLLECTION_BYTES_MAX + 1_000, 1));
    }
}
