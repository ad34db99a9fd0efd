//! Snapshots: a seqno whose versions are kept readable.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::background::Job;
use crate::core::Core;
use crate::planted::{Bug, is_planted};
use crate::sync::Mutex;
use crate::sync::atomic::Ordering;
use crate::{Error, SeqNo};

const SHARD_COUNT: usize = 16;

/// A view of the whole engine at one commit. What it can see is kept readable as long as it, or a clone, lives.
#[derive(Clone)]
pub struct Snapshot {
    pin: Arc<Pin>,
}

struct Pin {
    core: Arc<Core>,
    seqno: u64,
    shard: usize,
}

impl Snapshot {
    /// A snapshot of what is published now.
    pub(crate) fn newest(core: &Arc<Core>) -> Self {
        let (seqno, shard) = core.snapshots.pin_newest(|| core.publication.published());
        Snapshot { pin: Arc::new(Pin { core: Arc::clone(core), seqno, shard }) }
    }

    /// A snapshot of a past commit, if its versions are certain to be there.
    pub(crate) fn at(core: &Arc<Core>, asked: u64, oldest: impl FnOnce() -> u64) -> Result<Self, Error> {
        let published = core.publication.published();
        if asked > published {
            return Err(Error::SnapshotInFuture { asked, published });
        }
        let shard = core.snapshots.pin_at(asked, oldest)?;
        Ok(Snapshot { pin: Arc::new(Pin { core: Arc::clone(core), seqno: asked, shard }) })
    }

    /// The commit that it shows, with all before it.
    pub fn seqno(&self) -> SeqNo {
        SeqNo(self.pin.seqno)
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Snapshot({})", self.pin.seqno)
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let is_last = self.core.snapshots.unpin(self.seqno, self.shard);
        if is_last && self.seqno < self.core.dropped_spaces.newest_unreclaimed() {
            self.core.background.submit(&self.core, Job::ReclaimDropped);
        }
    }
}

/// The pinned seqnos. Sharded, because every range read pins one.
pub(crate) struct SnapshotRegistry {
    shards: [Mutex<BTreeMap<u64, u32>>; SHARD_COUNT],
}

impl SnapshotRegistry {
    pub(crate) fn new() -> Self {
        SnapshotRegistry { shards: [const { Mutex::new(BTreeMap::new()) }; SHARD_COUNT] }
    }

    /// Pins what `published` returns. It is read under the shard's lock: a compaction that looks at the shard later sees
    /// the pin, and one that looked before decided on a seqno that is not greater.
    fn pin_newest(&self, published: impl FnOnce() -> u64) -> (u64, usize) {
        let shard = shard_of_this_thread();
        if is_planted(Bug::PinnedAfterReading) {
            let seqno = published();
            crate::sync::thread::yield_now();
            *self.shards[shard].lock().entry(seqno).or_default() += 1;
            return (seqno, shard);
        }
        let mut pins = self.shards[shard].lock();
        let seqno = published();
        *pins.entry(seqno).or_default() += 1;
        (seqno, shard)
    }

    /// Pins a past seqno unless it is older than what compaction may have dropped already.
    fn pin_at(&self, seqno: u64, oldest: impl FnOnce() -> u64) -> Result<usize, Error> {
        let shard = shard_of_this_thread();
        let mut pins = self.shards[shard].lock();
        let oldest = oldest();
        if seqno < oldest && !pins.contains_key(&seqno) {
            return Err(Error::SnapshotTooOld { asked: seqno, oldest });
        }
        *pins.entry(seqno).or_default() += 1;
        Ok(shard)
    }

    /// Takes a pin back; says whether it was the last one of its seqno in the shard.
    fn unpin(&self, seqno: u64, shard: usize) -> bool {
        let mut pins = self.shards[shard].lock();
        let Some(count) = pins.get_mut(&seqno) else { return false };
        *count -= 1;
        let is_last = *count == 0;
        if is_last {
            pins.remove(&seqno);
        }
        is_last
    }

    /// Calls `look` with all pins, while nobody can add one.
    pub(crate) fn with_all_pins<R>(&self, look: impl FnOnce(Vec<u64>) -> R) -> R {
        let shards: Vec<_> = self.shards.iter().map(|shard| shard.lock()).collect();
        look(shards.iter().flat_map(|pins| pins.keys().copied()).collect())
    }

    /// How many distinct pins there are, at most.
    pub(crate) fn count(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }
}

#[allow(clippy::disallowed_types, reason = "a static outlives the schedules of a test")]
fn shard_of_this_thread() -> usize {
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    thread_local! {
        static SHARD: usize = NEXT.fetch_add(1, Ordering::Relaxed) % SHARD_COUNT;
    }
    // A thread that is being torn down has no number any more; any shard is right.
    SHARD.try_with(|shard| *shard).unwrap_or(0)
}
