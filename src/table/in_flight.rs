//! Rows that a transaction claims: from when its rows are known, before it has their latches, until it is durable and
//! visible.
//!
//! The engine needs none of this, since latches order all writers. AWS, however, refuses to touch an item that is part
//! of an ongoing transaction (TransactionConflictException, or a reason TransactionConflict), and a program that has
//! never seen that refusal here would see it there for the first time. What is refused when (developer guide,
//! "Transaction conflict handling"):
//!
//! | who comes | while | answer |
//! |---|---|---|
//! | a write of one item | a transaction claims the item | TransactionConflictException |
//! | an action of a transaction | another transaction claims the item | the transaction is cancelled |
//! | a read of TransactGetItems | a transaction claims the item | the read is cancelled |
//!
//! Nothing is made up: a refusal means that the two requests were at work at the same time. In memory that is the moment
//! of the write itself, so only clients that truly press on an item at once see it; durable, the wait for the disk counts
//! too. A claim that meets another is given up whole, and claims are taken in one order, so of transactions that are in
//! each other's way one always gets through.
//!
//! Two things differ from AWS. A write of one item is over too soon to be in the way of a TransactGetItems, and
//! BatchWriteItem, which has no such error in the service model, waits for its latches instead. Calls with the same
//! token are one transaction: they share their claims, and the later one finds what the first has done.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use kstone_engine::SpaceId;
use parking_lot::Mutex;

use super::catalog::CATALOG_SPACE;
use super::key_codec::RowKey;

const SHARD_COUNT: usize = 64;

/// The rows that transactions claim.
pub(crate) struct InFlight {
    is_enabled: AtomicBool,
    transaction_count: AtomicUsize,
    next_owner: AtomicU64,
    /// Hashes stand for rows: two rows with one hash would refuse each other once in 2^64 pairs.
    shards: [Mutex<HashMap<u64, Claim>>; SHARD_COUNT],
    hasher: RandomState,
}

struct Claim {
    owner: Owner,
    /// How many calls of the owner are at work.
    call_count: usize,
}

/// What stands for one transaction, however often it is called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Call(u64),
    Token(u64),
}

impl Default for InFlight {
    fn default() -> InFlight {
        InFlight {
            is_enabled: AtomicBool::new(true),
            transaction_count: AtomicUsize::new(0),
            next_owner: AtomicU64::new(0),
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
        }
    }
}

impl InFlight {
    /// Whether rows are claimed at all. Without it nothing ever conflicts.
    pub(crate) fn enable(&self, is_enabled: bool) {
        self.is_enabled.store(is_enabled, Ordering::Relaxed);
    }

    /// Whether any transaction is at work. Costs one load.
    pub(crate) fn is_any(&self) -> bool {
        self.transaction_count.load(Ordering::SeqCst) != 0
    }

    /// Whether a transaction claims the row.
    pub(crate) fn holds(&self, space: SpaceId, key: &RowKey) -> bool {
        if !self.is_any() {
            return false;
        }
        let hash = self.hash(space, key);
        self.shard(hash).lock().contains_key(&hash)
    }

    /// Claims rows, all or none, until the answer is dropped. Otherwise tells for each row, in order, whether another
    /// transaction claims it. `token` is the row of the call's token.
    pub(crate) fn claim<'k>(
        self: &Arc<Self>,
        token: Option<&RowKey>,
        rows: impl IntoIterator<Item = (SpaceId, &'k RowKey)>,
    ) -> Result<Option<Held>, Vec<bool>> {
        if !self.is_enabled.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let owner = match token {
            Some(row) => Owner::Token(self.hash(CATALOG_SPACE, row)),
            None => Owner::Call(self.next_owner.fetch_add(1, Ordering::Relaxed)),
        };
        let hashes: Vec<u64> = rows.into_iter().map(|(space, key)| self.hash(space, key)).collect();
        let mut ascending = hashes.clone();
        ascending.sort_unstable();
        // Before any claim can be seen, so that nobody looks past it.
        self.transaction_count.fetch_add(1, Ordering::SeqCst);
        let mut held = Held { in_flight: Arc::clone(self), hashes: Vec::with_capacity(ascending.len()) };
        for hash in ascending {
            if !self.try_claim(owner, hash) {
                drop(held);
                let is_in_the_way = |&other: &u64| other == hash || self.is_of_another(owner, other);
                return Err(hashes.iter().map(is_in_the_way).collect());
            }
            held.hashes.push(hash);
        }
        Ok(Some(held))
    }

    fn try_claim(&self, owner: Owner, hash: u64) -> bool {
        match self.shard(hash).lock().entry(hash) {
            Entry::Vacant(vacant) => {
                vacant.insert(Claim { owner, call_count: 1 });
                true
            }
            Entry::Occupied(mut occupied) => {
                let claim = occupied.get_mut();
                let is_own = claim.owner == owner;
                claim.call_count += usize::from(is_own);
                is_own
            }
        }
    }

    fn is_of_another(&self, owner: Owner, hash: u64) -> bool {
        self.shard(hash).lock().get(&hash).is_some_and(|claim| claim.owner != owner)
    }

    fn release(&self, hash: u64) {
        if let Entry::Occupied(mut occupied) = self.shard(hash).lock().entry(hash) {
            let claim = occupied.get_mut();
            claim.call_count -= 1;
            if claim.call_count == 0 {
                occupied.remove();
            }
        }
    }

    fn hash(&self, space: SpaceId, key: &RowKey) -> u64 {
        self.hasher.hash_one((space, &key.partition, &key.sort))
    }

    fn shard(&self, hash: u64) -> &Mutex<HashMap<u64, Claim>> {
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
            self.in_flight.release(hash);
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
        let held = in_flight.claim(None, [(1, &one)]).unwrap();
        assert!(in_flight.holds(1, &one));
        assert!(!in_flight.holds(2, &one));
        assert!(!in_flight.holds(1, &other));
        drop(held);
        assert!(!in_flight.holds(1, &one) && !in_flight.is_any());
    }

    #[test]
    fn a_claim_that_meets_another_leaves_nothing_claimed() {
        let in_flight = Arc::new(InFlight::default());
        let rows: Vec<RowKey> = (0..8u8).map(|number| key(&[number], b"")).collect();
        let held = in_flight.claim(None, [(1, &rows[3])]).unwrap();
        let Err(conflicts) = in_flight.claim(None, rows.iter().map(|row| (1, row))) else { panic!("claimed") };
        assert_eq!(conflicts, [false, false, false, true, false, false, false, false]);
        for row in rows.iter().filter(|row| **row != rows[3]) {
            assert!(!in_flight.holds(1, row));
        }
        drop(held);
        assert!(in_flight.claim(None, rows.iter().map(|row| (1, row))).is_ok());
    }

    #[test]
    fn calls_with_one_token_share_their_rows() {
        let in_flight = Arc::new(InFlight::default());
        let (row, token) = (key(b"a", b""), key(b"token", b""));
        let first = in_flight.claim(Some(&token), [(1, &row)]).unwrap();
        let second = in_flight.claim(Some(&token), [(1, &row)]).unwrap();
        drop(first);
        assert!(in_flight.holds(1, &row));
        assert!(in_flight.claim(Some(&key(b"other", b"")), [(1, &row)]).is_err());
        drop(second);
        assert!(!in_flight.holds(1, &row));
    }

    #[test]
    fn nothing_is_held_when_it_is_switched_off() {
        let in_flight = Arc::new(InFlight::default());
        in_flight.enable(false);
        assert!(matches!(in_flight.claim(None, [(1, &key(b"a", b""))]), Ok(None)));
        assert!(!in_flight.holds(1, &key(b"a", b"")));
    }
}
