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

/// How the blocks of new SSTs are compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compression {
    /// Not at all.
    None,
    /// LZ4: cheap, about half the size on typical data.
    Lz4,
    /// Zstandard at a low level: smaller, slower.
    Zstd,
}

/// Settings of an engine. The default suits a laptop.
#[derive(Clone)]
#[non_exhaustive]
pub struct Options {
    /// When a commit counts as done.
    pub durability: Durability,
    /// How many bytes the memtables of all stripes may hold before the largest are flushed. Writers are slowed when
    /// flushing falls behind and stopped at twice this.
    pub memtable_bytes_max: usize,
    /// How many bytes of blocks, block indexes and blooms are kept in memory.
    pub block_cache_bytes: usize,
    /// How the blocks of new SSTs are compressed.
    pub compression: Compression,
    /// For how long overwritten versions stay readable. Zero keeps only what snapshots need.
    pub retention: Duration,
    /// How many SST files may be open at a time.
    pub open_files_max: usize,
    /// How many SSTs a stripe may have before they are compacted.
    pub compaction_trigger: usize,
    /// How many threads flush and compact. They start when there is work.
    pub background_threads: usize,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            durability: Durability::Sync,
            memtable_bytes_max: 64 << 20,
            block_cache_bytes: 64 << 20,
            compression: Compression::Lz4,
            retention: Duration::ZERO,
            open_files_max: 512,
            compaction_trigger: 10,
            background_threads: 2,
            clock: Arc::new(SystemClock),
        }
    }
}

impl Options {
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
