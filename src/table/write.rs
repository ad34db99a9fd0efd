//! THE write path: from the rows that a request names to one engine batch of base rows and index entries.
//!
//! Everything that changes an item goes through [`Store::write`]. What is derived from an item, above all its entries in
//! indexes, is derived here and nowhere else, from the latched row as it was and as it becomes.

use std::borrow::Cow;
use std::sync::Arc;

use kstone_engine::{Key, SpaceId, Ticket, Value, WriteBatch};

use super::Store;
use super::blocking::blocking;
use super::catalog::CATALOG_SPACE;
use super::collection::Collections;
use super::error::StoreError;
use super::in_flight::InFlight;
use super::index_entry::{IndexEntry, VectorEntry};
use super::key_codec::RowKey;
use super::state::{IndexState, Table, TableState};
use super::stream::RowChange;
use crate::value::ItemView;

/// A row that a request reads and may change.
pub(crate) struct Target<'a> {
    pub(crate) table: &'a Arc<Table>,
    pub(crate) key: RowKey,
}

/// A latched row as a decision sees it.
pub(crate) struct Row<'a> {
    pub(crate) state: Arc<TableState>,
    pub(crate) old: Option<ItemView<'a>>,
    /// A transaction claims the row, or did when this write began to wait for its latch; see [`super::in_flight`]. A
    /// transaction looks after its own claims and never sees this.
    pub(crate) is_in_transaction: bool,
}

/// What becomes of a row.
pub(crate) enum Change<'a> {
    Keep,
    /// The new item, encoded.
    Put(Cow<'a, [u8]>),
    Delete,
    /// Deletes an item because its time is over, which its stream tells apart.
    Expire,
}

/// What becomes of the rows, and of rows of the server's own in the catalog's space.
pub(crate) struct Decision<'a, R> {
    /// One for each target, in order.
    pub(crate) changes: Vec<Change<'a>>,
    /// New contents; `None` removes. A key that is not latched must be derived from one that is.
    pub(crate) own: Vec<(RowKey, Option<Vec<u8>>)>,
    pub(crate) result: R,
}

/// What a write did to one row, for capacity and statistics.
#[derive(Debug, Clone)]
pub(crate) struct Effect {
    /// The table as the write saw it.
    pub(crate) state: Arc<TableState>,
    pub(crate) old_bytes: Option<usize>,
    pub(crate) new_bytes: Option<usize>,
    /// By position in `state.indexes`; indexes whose entry did not change are left out.
    pub(crate) indexes: Vec<(usize, IndexEffect)>,
    /// By position in the definition's vector indexes: the size of the entry that was written or removed.
    pub(crate) vector_indexes: Vec<(usize, usize)>,
}

/// How an index entry changed, in bytes of the projected item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IndexEffect {
    Inserted {
        bytes: usize,
    },
    Removed {
        bytes: usize,
    },
    /// The same index key, another content.
    Replaced {
        old_bytes: usize,
        new_bytes: usize,
    },
    /// Another index key: an entry removed and one inserted.
    Moved {
        old_bytes: usize,
        new_bytes: usize,
    },
}

/// A decision that was carried out, or a refusal, neither of which may be answered before `ticket` resolves: a refusal must not
/// reveal a write that a crash can still take back.
pub(crate) struct Written<R, E> {
    pub(crate) outcome: Result<Done<R>, E>,
    pub(crate) ticket: Ticket,
}

pub(crate) struct Done<R> {
    pub(crate) result: R,
    /// One for each target, in order.
    pub(crate) effects: Vec<Effect>,
}

impl Store {
    /// Latches the rows of `targets`, shows them to `decide` and carries out what it answers: one change for each target, all
    /// or none. `decide` may be called more than once.
    pub(crate) fn write<'c, R, E>(
        &self,
        targets: &[Target<'_>],
        mut decide: impl FnMut(&[Row<'_>]) -> Result<(Vec<Change<'c>>, R), E>,
    ) -> Result<Written<R, E>, StoreError> {
        let claims = Claims::of_others(self.in_flight(), targets);
        self.write_rows(targets, &[], &claims, |rows, _| {
            decide(rows).map(|(changes, result)| Decision { changes, own: Vec::new(), result })
        })
    }

    /// Like [`Store::write`], for a transaction, which has claimed its rows and may keep a record of itself beside the
    /// items: the rows `own` of the catalog's space are latched too, and `decide` sees what they hold.
    pub(crate) fn write_transaction<'c, R, E>(
        &self,
        targets: &[Target<'_>],
        own: &[RowKey],
        decide: impl FnMut(&[Row<'_>], &[Option<Value>]) -> Result<Decision<'c, R>, E>,
    ) -> Result<Written<R, E>, StoreError> {
        self.write_rows(targets, own, &Claims::Own, decide)
    }

    fn write_rows<'c, R, E>(
        &self,
        targets: &[Target<'_>],
        own: &[RowKey],
        claims: &Claims<'_>,
        mut decide: impl FnMut(&[Row<'_>], &[Option<Value>]) -> Result<Decision<'c, R>, E>,
    ) -> Result<Written<R, E>, StoreError> {
        let spaces: Vec<_> = targets.iter().map(|target| target.table.peek().space).collect();
        let mut collections = Collections::of(targets);
        let keys: Vec<Key<'_>> = targets
            .iter()
            .zip(&spaces)
            .map(|(target, &space)| Key { space, partition: &target.key.partition, sort: &target.key.sort })
            .chain(own.iter().map(own_key))
            .chain(collections.keys())
            .collect();
        let mut transact = || {
            self.engine().transact(&keys, |stored, batch| {
                let outcome = self.decide_rows(targets, stored, batch, claims, &mut collections, &mut decide);
                if outcome.is_err() {
                    // What failed half way must not be committed half way.
                    *batch = WriteBatch::default();
                }
                outcome
            })
        };
        let transacted = match self.engine().delays_writes() {
            true => blocking(transact),
            false => transact(),
        };
        let (outcome, ticket) = transacted?;
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                // A full collection is read from a row that another write may just have made, and a crash still take back.
                blocking(|| ticket.wait())?;
                return Err(error);
            }
        };
        if let Ok(done) = &outcome {
            for (target, effect) in targets.iter().zip(&done.effects) {
                record_statistics(target.table, effect);
            }
        }
        Ok(Written { outcome, ticket })
    }

    fn decide_rows<'c, R, E>(
        &self,
        targets: &[Target<'_>],
        stored: &[Option<Value>],
        batch: &mut WriteBatch,
        claims: &Claims<'_>,
        collections: &mut Collections<'_>,
        decide: &mut impl FnMut(&[Row<'_>], &[Option<Value>]) -> Result<Decision<'c, R>, E>,
    ) -> Result<Result<Done<R>, E>, StoreError> {
        let (stored, others) = stored.split_at(targets.len());
        let (own, stored_collections) = others.split_at(others.len() - collections.keys().count());
        collections.load(stored_collections);
        let mut rows = Vec::with_capacity(targets.len());
        for (place, (target, value)) in targets.iter().zip(stored).enumerate() {
            let old = match value {
                Some(bytes) => {
                    Some(ItemView::parse(bytes).map_err(StoreError::corrupt_item(target.table.name.as_str()))?)
                }
                None => None,
            };
            // Read under the latch: an index that is being added sees every write that did not see the index.
            let state = target.table.state();
            let is_in_transaction = claims.hold(place, state.space, &target.key);
            rows.push(Row { state, old, is_in_transaction });
        }
        let decision = match decide(&rows, own) {
            Ok(decision) => decision,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut streaming = Streaming { now: self.clock().now_millis(), is_shard_large: false };
        let mut effects = Vec::with_capacity(targets.len());
        for (((target, row), value), change) in targets.iter().zip(&rows).zip(stored).zip(decision.changes) {
            let effect = apply(target, row, value.as_deref().unwrap_or_default(), change, batch, &mut streaming)?;
            collections.add(effects.len(), &effect);
            effects.push(effect);
        }
        collections.put(batch)?;
        if streaming.is_shard_large {
            self.poke_upkeep();
        }
        for (key, content) in &decision.own {
            match content {
                Some(content) => batch.put(own_key(key), content),
                None => batch.delete(own_key(key)),
            }
        }
        Ok(Ok(Done { result: decision.result, effects }))
    }
}

/// Which rows a write finds claimed.
enum Claims<'a> {
    /// The write is a transaction's.
    Own,
    /// `before`: by place, what was claimed before the latches were asked for; empty if nothing was.
    OfOthers { in_flight: &'a InFlight, before: Vec<bool> },
}

impl<'a> Claims<'a> {
    fn of_others(in_flight: &'a InFlight, targets: &[Target<'_>]) -> Claims<'a> {
        let mut before = Vec::new();
        if in_flight.is_any() {
            let is_claimed = |target: &Target<'_>| in_flight.holds(target.table.peek().space, &target.key);
            before.extend(targets.iter().map(is_claimed));
        }
        Claims::OfOthers { in_flight, before }
    }

    fn hold(&self, place: usize, space: SpaceId, key: &RowKey) -> bool {
        match self {
            Claims::Own => false,
            Claims::OfOthers { in_flight, before } => {
                before.get(place).is_some_and(|is_claimed| *is_claimed) || in_flight.holds(space, key)
            }
        }
    }
}

fn own_key(key: &RowKey) -> Key<'_> {
    Key { space: CATALOG_SPACE, partition: &key.partition, sort: &key.sort }
}

/// What a write tells the streams of its tables, and hears from them.
struct Streaming {
    now: u64,
    /// A shard took enough for upkeep to look at it.
    is_shard_large: bool,
}

fn apply(
    target: &Target<'_>,
    row: &Row<'_>,
    old_encoded: &[u8],
    change: Change<'_>,
    batch: &mut WriteBatch,
    streaming: &mut Streaming,
) -> Result<Effect, StoreError> {
    let key = Key { space: row.state.space, partition: &target.key.partition, sort: &target.key.sort };
    let billed = |item| row.state.billed_bytes(item);
    let unchanged = |bytes| Effect {
        state: Arc::clone(&row.state),
        old_bytes: bytes,
        new_bytes: bytes,
        indexes: Vec::new(),
        vector_indexes: Vec::new(),
    };
    let old_bytes = row.old.map(billed);
    let by_expiry = matches!(change, Change::Expire);
    let new_encoded = match change {
        Change::Keep => return Ok(unchanged(old_bytes)),
        Change::Delete | Change::Expire if row.old.is_none() => return Ok(unchanged(None)),
        Change::Delete | Change::Expire => {
            batch.delete(key);
            None
        }
        Change::Put(encoded) => {
            batch.put(key, &encoded);
            Some(encoded)
        }
    };
    let new = match &new_encoded {
        Some(bytes) => Some(ItemView::parse(bytes).map_err(StoreError::corrupt_item(target.table.name.as_str()))?),
        None => None,
    };
    let mut effect = Effect { new_bytes: new.map(billed), ..unchanged(old_bytes) };
    let images = Images { old: row.old, old_encoded, new, new_encoded: new_encoded.as_deref().unwrap_or_default() };
    for (position, index) in row.state.indexes.iter().enumerate() {
        if let Some(change) = apply_to_index(index, &row.state, &images, batch) {
            effect.indexes.push((position, change));
        }
    }
    effect.vector_indexes = vector_effects(&row.state, &images);
    if let Some(ttl) = &row.state.ttl {
        ttl.apply(batch, &target.key, images.old, images.new);
    }
    if let Some(stream) = &row.state.stream {
        let (old, new) =
            (images.old.map(|old| (old, images.old_encoded)), images.new.map(|new| (new, images.new_encoded)));
        let change = RowChange { old, new, by_expiry };
        streaming.is_shard_large |= stream.append(batch, &target.key, &change, streaming.now);
    }
    Ok(effect)
}

/// A row before and after, as views and as the bytes under them.
struct Images<'a> {
    old: Option<ItemView<'a>>,
    old_encoded: &'a [u8],
    new: Option<ItemView<'a>>,
    new_encoded: &'a [u8],
}

fn apply_to_index(
    index: &IndexState,
    state: &TableState,
    images: &Images<'_>,
    batch: &mut WriteBatch,
) -> Option<IndexEffect> {
    let table = &state.definition.key_schema;
    let old = images.old.and_then(|item| IndexEntry::of(index, table, item, images.old_encoded));
    let new = images.new.and_then(|item| IndexEntry::of(index, table, item, images.new_encoded));
    let engine_key = |entry: &'_ RowKey, batch: &mut WriteBatch, item: Option<&[u8]>| {
        let key = Key { space: index.space, partition: &entry.partition, sort: &entry.sort };
        match item {
            Some(item) => batch.put(key, item),
            None => batch.delete(key),
        }
    };
    match (old, new) {
        (None, None) => None,
        (Some(old), Some(new)) if old.is_same_as(&new) => None,
        (None, Some(new)) => {
            engine_key(&new.key, batch, Some(&new.item));
            Some(IndexEffect::Inserted { bytes: new.size_bytes })
        }
        (Some(old), None) => {
            engine_key(&old.key, batch, None);
            Some(IndexEffect::Removed { bytes: old.size_bytes })
        }
        (Some(old), Some(new)) => {
            let (old_bytes, new_bytes) = (old.size_bytes, new.size_bytes);
            let moved = old.key != new.key;
            if moved {
                engine_key(&old.key, batch, None);
            }
            engine_key(&new.key, batch, Some(&new.item));
            Some(match moved {
                true => IndexEffect::Moved { old_bytes, new_bytes },
                false => IndexEffect::Replaced { old_bytes, new_bytes },
            })
        }
    }
}

/// The entries that a write changes in vector indexes.
fn vector_effects(state: &TableState, images: &Images<'_>) -> Vec<(usize, usize)> {
    let definition = &state.definition;
    let changed = |index| {
        let entry =
            |item: Option<ItemView<'_>>| item.and_then(|item| VectorEntry::of(index, &definition.key_schema, item));
        match (entry(images.old), entry(images.new)) {
            (None, None) => None,
            (Some(old), Some(new)) if old.item == new.item => None,
            (old, new) => Some(old.map_or(0, |old| old.size_bytes).max(new.map_or(0, |new| new.size_bytes))),
        }
    };
    let indexes = definition.vector_indexes.iter().enumerate();
    indexes.filter_map(|(position, index)| Some((position, changed(index)?))).collect()
}

fn record_statistics(table: &Table, effect: &Effect) {
    let bytes = |size: Option<usize>| size.map_or(0, |size| size as i64);
    let count = |size: Option<usize>| i64::from(size.is_some());
    table
        .statistics
        .add(count(effect.new_bytes) - count(effect.old_bytes), bytes(effect.new_bytes) - bytes(effect.old_bytes));
    for (position, change) in &effect.indexes {
        let Some(index) = effect.state.indexes.get(*position) else { continue };
        let (items, bytes) = match *change {
            IndexEffect::Inserted { bytes } => (1, bytes as i64),
            IndexEffect::Removed { bytes } => (-1, -(bytes as i64)),
            IndexEffect::Replaced { old_bytes, new_bytes } | IndexEffect::Moved { old_bytes, new_bytes } => {
                (0, new_bytes as i64 - old_bytes as i64)
            }
        };
        index.statistics.add(items, bytes);
    }
}
