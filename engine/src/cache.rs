//! The block cache, and which SSTs are open.

use std::sync::Weak;

use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::sst::Sst;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU64, Ordering};

/// What an entry costs besides its bytes: the cache's own bookkeeping.
const OVERHEAD_BYTES: u64 = 96;
/// A guess at the size of a block, from which the cache sizes its tables.
const BLOCK_BYTES_ESTIMATE: usize = 4 << 10;

/// A block by the id of its SST and its offset. Ids are never reused, so blocks of deleted SSTs just age out.
type BlockName = (u64, u64);

/// Unpacked blocks, up to a budget of bytes.
pub(crate) struct BlockCache {
    blocks: Cache<BlockName, Bytes, BlockWeighter>,
    miss_count: AtomicU64,
}

#[derive(Clone)]
struct BlockWeighter;

impl Weighter<BlockName, Bytes> for BlockWeighter {
    fn weight(&self, _: &BlockName, block: &Bytes) -> u64 {
        block.len() as u64 + OVERHEAD_BYTES
    }
}

impl BlockCache {
    pub(crate) fn new(bytes_max: usize) -> Self {
        let blocks = Cache::with_weighter(bytes_max / BLOCK_BYTES_ESTIMATE, bytes_max as u64, BlockWeighter);
        BlockCache { blocks, miss_count: AtomicU64::new(0) }
    }

    pub(crate) fn get(&self, sst: u64, offset: u64) -> Option<Bytes> {
        self.blocks.get(&(sst, offset))
    }

    pub(crate) fn insert(&self, sst: u64, offset: u64, block: Bytes) {
        self.miss_count.fetch_add(1, Ordering::Relaxed);
        self.blocks.insert((sst, offset), block);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.blocks.weight()
    }

    /// How many blocks were put in because they had to be read from disk.
    pub(crate) fn miss_count(&self) -> u64 {
        self.miss_count.load(Ordering::Relaxed)
    }
}

/// The SSTs whose files are open, up to a limit. When it is reached, the one that was not used for longest, roughly, is
/// closed.
pub(crate) struct OpenFiles {
    count_max: usize,
    clock: Mutex<OpenClock>,
}

#[derive(Default)]
struct OpenClock {
    open: Vec<Weak<Sst>>,
    hand: usize,
}

impl OpenFiles {
    pub(crate) fn new(count_max: usize) -> Self {
        OpenFiles { count_max: count_max.max(1), clock: Mutex::default() }
    }

    /// Notes that an SST was opened, and closes another if there are too many.
    pub(crate) fn opened(&self, sst: Weak<Sst>) {
        let mut clock = self.clock.lock();
        if clock.open.len() < self.count_max {
            clock.open.push(sst);
            return;
        }
        // Everyone gets a second chance, so two rounds are enough.
        for _ in 0..2 * clock.open.len() {
            let hand = clock.hand;
            clock.hand = (hand + 1) % clock.open.len();
            let stays = clock.open[hand].upgrade().is_some_and(|sst| !sst.close_unless_used());
            if !stays {
                clock.open[hand] = sst;
                return;
            }
        }
        let hand = clock.hand;
        if let Some(sst) = clock.open[hand].upgrade() {
            sst.close();
        }
        clock.open[hand] = sst;
    }

    pub(crate) fn count(&self) -> usize {
        self.clock.lock().open.iter().filter(|sst| sst.strong_count() > 0).count()
    }
}
