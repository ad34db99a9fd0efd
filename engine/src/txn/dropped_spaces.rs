//! Which spaces were dropped, and by which commit.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::key::SpaceId;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, Ordering};

const SHARD_COUNT: usize = 256;

/// The dropped spaces. Looking one up takes no lock, and costs one load as long as none was dropped.
pub(crate) struct DroppedSpaces {
    any: AtomicBool,
    /// Sorted by space; sharded so that adding one copies little.
    shards: [ArcSwapOption<Vec<(SpaceId, u64)>>; SHARD_COUNT],
    writer: Mutex<()>,
}

impl DroppedSpaces {
    pub(crate) fn new() -> Self {
        DroppedSpaces {
            any: AtomicBool::new(false),
            shards: [const { ArcSwapOption::const_empty() }; SHARD_COUNT],
            writer: Mutex::new(()),
        }
    }

    /// Notes that a commit dropped the space; the first one counts.
    pub(crate) fn add(&self, space: SpaceId, seqno: u64) {
        let _writer = self.writer.lock();
        let shard = &self.shards[space as usize % SHARD_COUNT];
        let mut spaces = shard.load().as_ref().map(|spaces| spaces.to_vec()).unwrap_or_default();
        match spaces.binary_search_by_key(&space, |&(space, _)| space) {
            Ok(at) => spaces[at].1 = spaces[at].1.min(seqno),
            Err(at) => spaces.insert(at, (space, seqno)),
        }
        shard.store(Some(Arc::new(spaces)));
        self.any.store(true, Ordering::Release);
    }

    /// The commit that dropped the space, if one did.
    pub(crate) fn seqno_of(&self, space: SpaceId) -> Option<u64> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let spaces = self.shards[space as usize % SHARD_COUNT].load();
        let spaces = spaces.as_ref()?;
        let at = spaces.binary_search_by_key(&space, |&(space, _)| space).ok()?;
        Some(spaces[at].1)
    }

    /// All dropped spaces with the commits that dropped them.
    pub(crate) fn all(&self) -> Vec<(SpaceId, u64)> {
        if !self.any.load(Ordering::Acquire) {
            return Vec::new();
        }
        self.shards
            .iter()
            .flat_map(|shard| shard.load().as_ref().map(|spaces| spaces.to_vec()).unwrap_or_default())
            .collect()
    }

    /// Whether the space is gone for a reader at this seqno.
    pub(crate) fn is_dropped(&self, space: SpaceId, seqno: u64) -> bool {
        self.seqno_of(space).is_some_and(|dropped| dropped <= seqno)
    }
}
