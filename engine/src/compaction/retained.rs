//! Which versions have to be kept.

use smallvec::SmallVec;

use crate::Error;
use crate::batch::Kind;
use crate::iter::Merge;
use crate::key::{self, KeyBuf};
use crate::memtable::EntryRef;
use crate::txn::DroppedSpaces;

/// Where readers may stand: at one of the pinned seqnos, or at `start` or later.
#[derive(Clone, Debug)]
pub(crate) struct Horizon {
    /// Ascending.
    pins: Vec<u64>,
    start: u64,
}

impl Horizon {
    pub(crate) fn new(mut pins: Vec<u64>, start: u64) -> Self {
        pins.sort_unstable();
        pins.dedup();
        Horizon { pins, start }
    }

    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// The seqno before which no reader stands.
    pub(crate) fn oldest_reader(&self) -> u64 {
        self.pins.first().map_or(self.start, |pin| self.start.min(*pin))
    }

    /// Whether a reader may see a version that was overwritten by the next newer one.
    fn is_seen(&self, seqno: u64, overwritten_at: u64) -> bool {
        if overwritten_at > self.start {
            return true;
        }
        let pin = self.pins.partition_point(|pin| *pin < seqno);
        self.pins.get(pin).is_some_and(|pin| *pin < overwritten_at)
    }
}

/// The entries of a merge that have to be kept, in order.
pub(crate) struct Retained<'a> {
    merge: Merge,
    horizon: &'a Horizon,
    dropped_spaces: &'a DroppedSpaces,
    /// No older source holds versions of these keys, so a tombstone without a value below it says nothing.
    is_oldest: bool,
    started: bool,
    key: KeyBuf,
    has_key: bool,
    /// The seqno of the version before, which is the next newer one of the key.
    newer: Option<u64>,
    /// Tombstones of the key that are kept only if an older value is, newest first.
    held: SmallVec<[u64; 2]>,
    /// How many of them went out, once such a value was found. The merge stands on it.
    released: Option<usize>,
}

impl<'a> Retained<'a> {
    pub(crate) fn new(
        mut merge: Merge,
        horizon: &'a Horizon,
        dropped_spaces: &'a DroppedSpaces,
        is_oldest: bool,
    ) -> Result<Self, Error> {
        merge.seek(&[], u64::MAX)?;
        Ok(Retained {
            merge,
            horizon,
            dropped_spaces,
            is_oldest,
            started: false,
            key: KeyBuf::new(),
            has_key: false,
            newer: None,
            held: SmallVec::new(),
            released: None,
        })
    }

    /// The next entry to keep.
    pub(crate) fn next(&mut self) -> Result<Option<EntryRef<'_>>, Error> {
        match self.released {
            Some(count) if count < self.held.len() => {
                self.released = Some(count + 1);
                return Ok(self.held_entry(count));
            }
            Some(_) => {
                self.released = None;
                self.held.clear();
                return Ok(self.merge.entry());
            }
            None => {}
        }
        if self.started {
            self.merge.next()?;
        }
        self.started = true;
        while self.merge.entry().is_some() {
            if self.keeps_current() {
                if self.held.is_empty() {
                    return Ok(self.merge.entry());
                }
                self.released = Some(1);
                return Ok(self.held_entry(0));
            }
            self.merge.next()?;
        }
        Ok(None)
    }

    /// Decides on the entry that the merge stands on; may put a tombstone aside.
    fn keeps_current(&mut self) -> bool {
        let Some(entry) = self.merge.entry() else { return false };
        if !self.has_key || entry.key != self.key.as_slice() {
            self.key.clear();
            self.key.extend_from_slice(entry.key);
            self.has_key = true;
            self.newer = None;
            self.held.clear();
        }
        let newer = self.newer.replace(entry.seqno);
        let dropped = key::space_of(entry.key).and_then(|space| self.dropped_spaces.seqno_of(space));
        if dropped.is_some_and(|dropped| dropped <= self.horizon.oldest_reader()) {
            return false;
        }
        let is_kept = match newer {
            // Two sources may hold the same version.
            Some(newer) if newer == entry.seqno => false,
            Some(newer) => self.horizon.is_seen(entry.seqno, newer),
            None => true,
        };
        if is_kept && self.is_oldest && entry.kind == Kind::Delete {
            self.held.push(entry.seqno);
            return false;
        }
        is_kept
    }

    fn held_entry(&self, index: usize) -> Option<EntryRef<'_>> {
        let below = self.merge.entry()?;
        let seqno = *self.held.get(index)?;
        Some(EntryRef { key: below.key, value: &[], owner: below.owner, seqno, kind: Kind::Delete })
    }
}
