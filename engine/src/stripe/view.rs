//! What a reader sees of a stripe. It never changes; a change makes a new one.

use std::sync::Arc;

use crate::Error;
use crate::iter::Cursor;
use crate::key::{self, SpaceId};
use crate::memtable::{Memtable, MemtableCursor, Version};
use crate::sst::{Purpose, Sst, SstCursor};

/// The sources of a stripe. Of two sources that know a key, the one that comes first holds the newer versions.
#[derive(Default)]
pub(crate) struct View {
    /// Newest first: the active one, then sealed ones.
    pub(crate) memtables: Vec<Arc<Memtable>>,
    /// By descending rank.
    pub(crate) ssts: Vec<Arc<Sst>>,
}

impl View {
    /// The newest version of the key at or below a seqno, tombstones included.
    ///
    /// Newer sources hold newer versions of a key, so the first source that knows one decides.
    pub(crate) fn get(&self, key: &[u8], seqno: u64) -> Result<Option<Version>, Error> {
        let hash = key::hash(key);
        for memtable in &self.memtables {
            if let Some(version) = memtable.get(key, hash, seqno) {
                return Ok(Some(version));
            }
        }
        for sst in &self.ssts {
            if let Some(version) = sst.get(key, hash, seqno)? {
                return Ok(Some(version));
            }
        }
        Ok(None)
    }

    /// Whether there may be entries of the space; `false` is certain.
    pub(crate) fn may_hold(&self, space: SpaceId) -> bool {
        self.memtables.iter().any(|memtable| memtable.may_hold(space))
            || self.ssts.iter().any(|sst| sst.meta.holds(space))
    }

    /// A cursor for every source that may hold entries of the space.
    pub(crate) fn cursors(&self, space: SpaceId) -> Vec<Cursor> {
        let memtables = self.memtables.iter().filter(|memtable| memtable.may_hold(space));
        let memtables = memtables.map(|memtable| Cursor::Memtable(MemtableCursor::new(Arc::clone(memtable))));
        let ssts = self.ssts.iter().filter(|sst| sst.meta.holds(space));
        let cursor = |sst: &Arc<Sst>| Cursor::Sst(Box::new(SstCursor::new(Arc::clone(sst), Purpose::Scan)));
        memtables.chain(ssts.map(cursor)).collect()
    }

    pub(super) fn with_memtable(&self, memtable: &Arc<Memtable>) -> View {
        View { memtables: std::iter::once(memtable).chain(&self.memtables).cloned().collect(), ssts: self.ssts.clone() }
    }

    pub(super) fn with_flushed(&self, flushed: &[Arc<Memtable>], sst: Option<Arc<Sst>>) -> View {
        let is_flushed = |memtable: &&Arc<Memtable>| flushed.iter().any(|flushed| Arc::ptr_eq(flushed, memtable));
        View {
            memtables: self.memtables.iter().filter(|memtable| !is_flushed(memtable)).cloned().collect(),
            ssts: sst.into_iter().chain(self.ssts.iter().cloned()).collect(),
        }
    }

    pub(super) fn with_compacted(&self, inputs: &[Arc<Sst>], output: Option<Arc<Sst>>) -> View {
        let is_input = |sst: &&Arc<Sst>| inputs.iter().any(|input| Arc::ptr_eq(input, sst));
        let mut ssts: Vec<_> = self.ssts.iter().filter(|sst| !is_input(sst)).cloned().chain(output).collect();
        ssts.sort_by_key(|sst| std::cmp::Reverse(sst.meta.rank));
        View { memtables: self.memtables.clone(), ssts }
    }
}
