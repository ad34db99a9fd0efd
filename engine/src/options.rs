//! Settings.

use std::sync::Arc;
use std::time::Duration;

use crate::io::{Clock, SystemClock};

/// When a commit counts as done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Durability {
    /// After an `fdatasync` that covers it: it survives a power cut.
    Sync,
    /// After the operating system has taken it: it survives a kill of the process; a power cut can take back what was
    /// written since the last `fdatasync`, which follows within the interval.
    Relaxed {
        /// The longest time between two calls of `fdatasync` while commits arrive.
        interval: Duration,
    },
    /// At once. There is no WAL: what was not flushed is gone when the engine closes. Meant for a memory disk.
    None,
}

/// How the blocks of SSTs are compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compression {
    /// Not at all.
    None,
    /// LZ4: cheap, about half the size on typical data.
    Lz4,
    /// Zstandard at a low level: smaller, slower.
    Zstd,
}

/// A smaller budget of memtables counts as this one.
const MEMTABLE_BYTES_MIN: usize = 1 << 10;

/// Settings of an engine. The default suits a laptop.
#[derive(Clone, Debug)]
pub struct Options {
    /// When a commit counts as done.
    pub durability: Durability,
    /// How many bytes the memtables of all stripes may hold. The largest are flushed from five eighths of it on; writers
    /// are slowed from seven eighths of it on and wait at the limit.
    pub memtable_bytes_max: usize,
    /// How many bytes the memtable of one stripe may hold before it is flushed.
    pub stripe_memtable_bytes_max: usize,
    /// How large a WAL file becomes before the next one is started.
    pub wal_file_bytes: u64,
    /// How many bytes of finished WAL files are kept before the stripes that hold them back are flushed.
    pub wal_bytes_max: u64,
    /// How large the manifest becomes before it is replaced by one without history, if that is much smaller.
    pub manifest_bytes_min: u64,
    /// How many bytes of blocks, block indexes and blooms are kept in memory.
    pub block_cache_bytes: usize,
    /// How the blocks of the oldest SST of each stripe are compressed, where most of the data lies. Younger ones are merged
    /// soon and stay plain.
    pub compression: Compression,
    /// For how long overwritten versions stay readable. Zero keeps only what snapshots need.
    /// A clock that was once ahead and is set back lengthens the window by as much, until it has caught up.
    pub retention: Duration,
    /// How many SST files may be kept open; fewer if the operating system allows fewer. Scans that are under way hold those
    /// besides that they stand in.
    pub open_files_max: usize,
    /// How many SSTs a stripe may have before they are compacted, however busy the engine is.
    pub compaction_trigger: usize,
    /// How many threads flush and compact. They start when there is work. With none, everything is done by the callers,
    /// in an order that depends on nothing but their calls; that is for simulations.
    pub background_threads: usize,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            durability: Durability::Sync,
            memtable_bytes_max: 64 << 20,
            stripe_memtable_bytes_max: 4 << 20,
            wal_file_bytes: 16 << 20,
            wal_bytes_max: 256 << 20,
            manifest_bytes_min: 256 << 10,
            block_cache_bytes: 64 << 20,
            compression: Compression::Lz4,
            retention: Duration::ZERO,
            open_files_max: 4096,
            compaction_trigger: 6,
            background_threads: 2,
            clock: Arc::new(SystemClock),
        }
    }
}

impl Options {
    /// What memtables may hold: enough to flush something and to go on.
    pub(crate) fn memtable_budget_bytes(&self) -> usize {
        self.memtable_bytes_max.max(MEMTABLE_BYTES_MIN)
    }

    /// From how many bytes in memtables on they are flushed.
    pub(crate) fn flush_from_bytes(&self) -> usize {
        self.memtable_budget_bytes() / 8 * 5
    }

    /// How an SST is compressed that is the oldest of its stripe, or isn't.
    pub(crate) fn compression_of(&self, is_oldest: bool) -> Compression {
        if is_oldest { self.compression } else { Compression::None }
    }

    /// Settings of a database that lives in memory only: no WAL, no compression. Use a [`MemoryDisk`](crate::io::MemoryDisk).
    pub fn in_memory() -> Self {
        Options {
            durability: Durability::None,
            compression: Compression::None,
            memtable_bytes_max: 256 << 20,
            ..Options::default()
        }
    }
}
