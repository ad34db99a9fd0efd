//! Which spaces were dropped, and by which commit.

use std::collections::BTreeSet;
use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::key::SpaceId;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};

const SHARD_COUNT: usize = 256;

/// The dropped spaces. Looking one up takes no lock, and costs one load as long as none was dropped.
pub(crate) struct DroppedSpaces {
    any: AtomicBool,
    /// Sorted by space; sharded so that adding one copies little.
    shards: [ArcSwapOption<Vec<(SpaceId, u64)>>; SHARD_COUNT],
    /// The seqnos of the drops whose room was not looked for yet. Whoever adds a drop holds this.
    unreclaimed: Mutex<BTreeSet<u64>>,
    /// The greatest of them; zero when there is none.
    newest_unreclaimed: AtomicU64,
}

impl DroppedSpaces {
    pub(crate) fn new() -> Self {
        DroppedSpaces {
            any: AtomicBool::new(false),
            shards: [const { ArcSwapOption::const_empty() }; SHARD_COUNT],
            unreclaimed: Mutex::default(),
            newest_unreclaimed: AtomicU64::new(0),
        }
    }

    /// Notes that a commit dropped the space; the first one counts.
    pub(crate) fn add(&self, space: SpaceId, seqno: u64) {
        let mut unreclaimed = self.unreclaimed.lock();
        let shard = &self.shards[space as usize % SHARD_COUNT];
        let mut spaces = shard.load().as_ref().map(|spaces| spaces.to_vec()).unwrap_or_default();
        match spaces.binary_search_by_key(&space, |&(space, _)| space) {
            Ok(at) => spaces[at].1 = spaces[at].1.min(seqno),
            Err(at) => spaces.insert(at, (space, seqno)),
        }
        shard.store(Some(Arc::new(spaces)));
        self.any.store(true, Ordering::Release);
        unreclaimed.insert(seqno);
        self.note_newest(&unreclaimed);
    }

    /// The newest drop whose room was not looked for yet; zero when there is none. Takes no lock.
    pub(crate) fn newest_unreclaimed(&self) -> u64 {
        self.newest_unreclaimed.load(Ordering::SeqCst)
    }

    /// Takes the drops that no reader is before any more, to look for their room; says whether there were any.
    pub(crate) fn take_reclaimable(&self, oldest_reader: u64) -> bool {
        let mut unreclaimed = self.unreclaimed.lock();
        let kept = unreclaimed.split_off(&(oldest_reader + 1));
        let taken = std::mem::replace(&mut *unreclaimed, kept);
        self.note_newest(&unreclaimed);
        !taken.is_empty()
    }

    fn note_newest(&self, unreclaimed: &BTreeSet<u64>) {
        self.newest_unreclaimed.store(unreclaimed.last().copied().unwrap_or(0), Ordering::SeqCst);
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
