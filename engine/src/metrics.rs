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
}
