//! What an engine tells about itself.

/// Whether the engine accepts writes, and how much a crash may cost.
#[derive(Clone, Debug)]
pub enum Health {
    /// Acknowledged commits survive a power cut.
    Durable,
    /// Acknowledged commits survive a kill of the process, but a power cut can take back the last ones.
    Relaxed,
    /// Nothing survives the process.
    Volatile,
    /// A write failed; reads go on, writes are refused with this error.
    Poisoned(crate::Error),
}

/// Figures of the moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Metrics {
    /// Whether writes are accepted, and how durable they are.
    pub health: Health,
    /// The newest published commit.
    pub published: crate::SeqNo,
    /// Bytes of keys, values and nodes in memtables, those being flushed included.
    pub memtable_bytes: usize,
    /// How many snapshots are held.
    pub snapshot_count: usize,
    /// How many SSTs there are.
    pub sst_count: usize,
    /// How many the stripe has that has the most.
    pub sst_count_max: usize,
    /// How many bytes the SSTs take on disk.
    pub sst_bytes: u64,
    /// How many bytes the WAL files take.
    pub wal_bytes: u64,
    /// How many bytes of blocks are cached.
    pub block_cache_bytes: u64,
    /// How many blocks were put into the cache because they had to be read from disk.
    pub block_cache_miss_count: u64,
    /// How many SST files are open.
    pub open_file_count: usize,
    /// How often a writer was slowed or held up because flushing did not keep pace.
    pub stall_count: u64,
    /// Damage that background work came across. The files that it names need attention.
    pub damage: Option<crate::Error>,
}
