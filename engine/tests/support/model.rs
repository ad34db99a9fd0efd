//! The engine's meaning, in an ordered map: every key with its versions.

use std::collections::BTreeMap;
use std::ops::Bound;

use kstone_engine::{Direction, Engine, Error, Key, ScanRange, SeqNo, Snapshot, position_of};

/// `(space, position, partition, sort)`: the order of a full scan.
pub type ModelKey = (u32, u32, Vec<u8>, Vec<u8>);

/// A key, the commit that wrote it, and its value.
pub type ModelRow = (ModelKey, u64, Vec<u8>);

#[derive(Default, Clone)]
pub struct Model {
    versions: BTreeMap<ModelKey, Vec<(u64, Option<Vec<u8>>)>>,
    dropped: BTreeMap<u32, u64>,
    times: BTreeMap<u64, u64>,
}

pub fn model_key(key: Key<'_>) -> ModelKey {
    (key.space, position_of(key.partition), key.partition.to_vec(), key.sort.to_vec())
}

impl Model {
    pub fn put(&mut self, key: Key<'_>, value: &[u8], seqno: SeqNo) {
        self.write(key, Some(value.to_vec()), seqno);
    }

    pub fn delete(&mut self, key: Key<'_>, seqno: SeqNo) {
        self.write(key, None, seqno);
    }

    pub fn drop_space(&mut self, space: u32, seqno: SeqNo) {
        self.dropped.entry(space).or_insert(seqno.0);
    }

    /// Notes when a commit was made.
    pub fn note_time(&mut self, seqno: SeqNo, millis: u64) {
        self.times.insert(seqno.0, millis);
    }

    /// The newest commit that was made at a time or before.
    pub fn seqno_at(&self, millis: u64) -> Option<SeqNo> {
        let made = self.times.iter().rev().find(|(_, made)| **made <= millis);
        made.map(|(seqno, _)| SeqNo(*seqno))
    }

    fn write(&mut self, key: Key<'_>, value: Option<Vec<u8>>, seqno: SeqNo) {
        let versions = self.versions.entry(model_key(key)).or_default();
        // A batch that writes a key twice means the last one.
        versions.retain(|(existing, _)| *existing != seqno.0);
        versions.push((seqno.0, value));
    }

    /// Forgets every commit after `seqno`, as a crash does.
    pub fn truncate(&mut self, seqno: SeqNo) {
        for versions in self.versions.values_mut() {
            versions.retain(|(version, _)| *version <= seqno.0);
        }
        self.dropped.retain(|_, dropped| *dropped <= seqno.0);
        self.times.retain(|made, _| *made <= seqno.0);
    }

    pub fn get(&self, key: Key<'_>, at: SeqNo) -> Option<(u64, &[u8])> {
        self.visible(&model_key(key), self.versions.get(&model_key(key))?, at)
    }

    fn visible<'a>(
        &self,
        key: &ModelKey,
        versions: &'a [(u64, Option<Vec<u8>>)],
        at: SeqNo,
    ) -> Option<(u64, &'a [u8])> {
        if self.dropped.get(&key.0).is_some_and(|dropped| *dropped <= at.0) {
            return None;
        }
        let (seqno, value) = versions.iter().rev().find(|(seqno, _)| *seqno <= at.0)?;
        Some((*seqno, value.as_deref()?))
    }

    pub fn range(&self, range: ScanRange<'_>, direction: Direction, at: SeqNo) -> Vec<ModelRow> {
        let inside = |key: &ModelKey| match range {
            ScanRange::Partition { space, partition, lower, upper } => {
                key.0 == space
                    && key.2 == partition
                    && match lower {
                        Bound::Included(sort) => &key.3[..] >= sort,
                        Bound::Excluded(sort) => &key.3[..] > sort,
                        Bound::Unbounded => true,
                    }
                    && match upper {
                        Bound::Included(sort) => &key.3[..] <= sort,
                        Bound::Excluded(sort) => &key.3[..] < sort,
                        Bound::Unbounded => true,
                    }
            }
            ScanRange::Positions { space, first, last, after } => {
                let resumed = after.is_none_or(|(partition, sort)| *key > model_key(Key { space, partition, sort }));
                key.0 == space && (first..=last).contains(&key.1) && resumed
            }
        };
        let (space, positions) = match range {
            ScanRange::Partition { space, partition, .. } => (space, position_of(partition)..=position_of(partition)),
            ScanRange::Positions { space, first, last, .. } => (space, first..=last),
        };
        let mut rows: Vec<_> = self
            .versions
            .range((space, *positions.start(), Vec::new(), Vec::new())..)
            .take_while(|(key, _)| key.0 == space && positions.contains(&key.1))
            .filter(|(key, _)| inside(key))
            .filter_map(|(key, versions)| {
                let (seqno, value) = self.visible(key, versions, at)?;
                Some((key.clone(), seqno, value.to_vec()))
            })
            .collect();
        if direction == Direction::Reverse {
            rows.reverse();
        }
        rows
    }

    /// Compares everything that the engine shows at a snapshot with the model.
    pub fn check_all(&self, engine: &Engine, snapshot: &Snapshot, spaces: u32, context: &str) {
        self.compare_all(engine, snapshot, spaces, context).unwrap_or_else(|error| panic!("{context}: {error}"));
    }

    /// The same on a disk that may fail.
    pub fn compare_all(&self, engine: &Engine, snapshot: &Snapshot, spaces: u32, context: &str) -> Result<(), Error> {
        for space in 0..spaces {
            let range = ScanRange::Positions { space, first: 0, last: u32::MAX, after: None };
            let expected = self.range(range, Direction::Forward, snapshot.seqno());
            assert_same(&try_scan_all(engine, snapshot, range, Direction::Forward)?, &expected, context);
        }
        Ok(())
    }
}

/// Compares rows, and on failure shows only where they first differ.
pub fn assert_same(found: &[ModelRow], expected: &[ModelRow], context: &str) {
    let differs = (0..found.len().max(expected.len())).find(|&at| found.get(at) != expected.get(at));
    if let Some(at) = differs {
        panic!("{context}: row {at}: found {:?}, expected {:?}", found.get(at), expected.get(at));
    }
}

/// Everything that a scan returns.
pub fn scan_all(engine: &Engine, snapshot: &Snapshot, range: ScanRange<'_>, direction: Direction) -> Vec<ModelRow> {
    try_scan_all(engine, snapshot, range, direction).unwrap()
}

/// Everything that a scan returns, unless it fails.
pub fn try_scan_all(
    engine: &Engine,
    snapshot: &Snapshot,
    range: ScanRange<'_>,
    direction: Direction,
) -> Result<Vec<ModelRow>, Error> {
    let (ScanRange::Partition { space, .. } | ScanRange::Positions { space, .. }) = range;
    let mut scan = engine.scan(snapshot, range, direction);
    let mut rows = Vec::new();
    while let Some(row) = scan.next()? {
        let key = model_key(Key { space, partition: row.partition, sort: row.sort });
        assert_eq!(&*row.to_value(), row.value);
        rows.push((key, row.seqno.0, row.value.to_vec()));
    }
    Ok(rows)
}
