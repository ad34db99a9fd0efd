//! Rows that a transaction holds: from its decision until it is durable.
//!
//! The engine needs none of this, since latches order all writers. AWS, however, refuses to touch an item that is part
//! of an ongoing transaction (TransactionConflictException, or a reason TransactionConflict), and a program that has
//! never seen that refusal here would see it there for the first time.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use kstone_engine::SpaceId;
use parking_lot::Mutex;

use super::key_codec::RowKey;

const SHARD_COUNT: usize = 64;

/// The rows that transactions hold. A row enters under its latch, so whoever holds the latch sees a true picture.
pub(crate) struct InFlight {
    is_enabled: AtomicBool,
    transaction_count: AtomicUsize,
    /// Hashes stand for rows: two rows with one hash would refuse each other once in 2^64 pairs.
    shards: [Mutex<HashSet<u64>>; SHARD_COUNT],
    hasher: RandomState,
}

impl Default for InFlight {
    fn default() -> InFlight {
        InFlight {
            is_enabled: AtomicBool::new(true),
            transaction_count: AtomicUsize::new(0),
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
        }
    }
}

impl InFlight {
    /// Whether rows are held at all. Without it nothing ever conflicts.
    pub(crate) fn enable(&self, is_enabled: bool) {
        self.is_enabled.store(is_enabled, Ordering::Relaxed);
    }

    /// Whether a transaction holds the row. Costs one load while there is none.
    pub(crate) fn holds(&self, space: SpaceId, key: &RowKey) -> bool {
        if self.transaction_count.load(Ordering::SeqCst) == 0 {
            return false;
        }
        let hash = self.hash(space, key);
        self.shard(hash).lock().contains(&hash)
    }

    /// Holds rows until the answer is dropped. The caller has their latches.
    pub(crate) fn hold<'k>(self: &Arc<Self>, rows: impl IntoIterator<Item = (SpaceId, &'k RowKey)>) -> Option<Held> {
        if !self.is_enabled.load(Ordering::Relaxed) {
            return None;
        }
        let hashes: Vec<u64> = rows.into_iter().map(|(space, key)| self.hash(space, key)).collect();
        self.transaction_count.fetch_add(1, Ordering::SeqCst);
        for &hash in &hashes {
            self.shard(hash).lock().insert(hash);
        }
        Some(Held { in_flight: Arc::clone(self), hashes })
    }

    fn hash(&self, space: SpaceId, key: &RowKey) -> u64 {
        self.hasher.hash_one((space, &key.partition, &key.sort))
    }

    fn shard(&self, hash: u64) -> &Mutex<HashSet<u64>> {
        &self.shards[hash as usize % SHARD_COUNT]
    }
}

/// The rows of one transaction; dropping it lets them go.
pub(crate) struct Held {
    in_flight: Arc<InFlight>,
    hashes: Vec<u64>,
}

impl Drop for Held {
    fn drop(&mut self) {
        for &hash in &self.hashes {
            self.in_flight.shard(hash).lock().remove(&hash);
        }
        self.in_flight.transaction_count.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(partition: &[u8], sort: &[u8]) -> RowKey {
        RowKey { partition: partition.to_vec(), sort: sort.to_vec() }
    }

    #[test]
    fn a_row_is_held_until_it_is_let_go() {
        let in_flight = Arc::new(InFlight::default());
        let (one, other) = (key(b"a", b"b"), key(b"ab", b""));
        let held = in_flight.hold([(1, &one)]);
        assert!(in_flight.holds(1, &one));
        assert!(!in_flight.holds(2, &one));
        assert!(!in_flight.holds(1, &other));
        drop(held);
        assert!(!in_flight.holds(1, &one));
    }

    #[test]
    fn nothing_is_held_when_it_is_switched_off() {
        let in_flight = Arc::new(InFlight::default());
        in_flight.enable(false);
        assert!(in_flight.hold([(1, &key(b"a", b""))]).is_none());
        assert!(!in_flight.holds(1, &key(b"a", b"")));
    }
}
