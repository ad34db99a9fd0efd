//! Which commits readers may see.
//!
//! A commit is *inserted* when all its entries are in memtables, and *durable* when the WAL says so. `published` is the
//! greatest seqno up to which every commit is both. It only grows, so whoever reads at it sees whole commits in order,
//! and none that a crash could take back.

use std::sync::OnceLock;
use std::task::Waker;

use crate::Error;
use crate::planted::{Bug, is_planted};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// How many commits may be between taking a seqno and being inserted. Each is a thread in the middle of an insertion.
const IN_FLIGHT_MAX: u64 = 1024;

/// Tracks how far commits are inserted, durable and published, and wakes who waits for that.
pub(crate) struct Publication {
    published: AtomicU64,
    inserted: AtomicU64,
    durable: AtomicU64,
    /// Slot `seqno % IN_FLIGHT_MAX` holds the last seqno that was inserted out of those it stands for.
    slots: Box<[AtomicU64]>,
    waiter_count: AtomicUsize,
    waiters: Mutex<Waiters>,
    failure: OnceLock<Error>,
}

#[derive(Default)]
struct Waiters {
    next_id: u64,
    entries: Vec<Waiter>,
}

struct Waiter {
    id: u64,
    seqno: u64,
    waker: Waker,
}

impl Publication {
    /// Starts with everything up to `seqno` published. Without a WAL every commit counts as durable.
    pub(crate) fn new(seqno: u64, with_wal: bool) -> Self {
        Publication {
            published: AtomicU64::new(seqno),
            inserted: AtomicU64::new(seqno),
            durable: AtomicU64::new(if with_wal { seqno } else { u64::MAX }),
            slots: (0..IN_FLIGHT_MAX).map(|_| AtomicU64::new(0)).collect(),
            waiter_count: AtomicUsize::new(0),
            waiters: Mutex::default(),
            failure: OnceLock::new(),
        }
    }

    /// The newest published seqno.
    pub(crate) fn published(&self) -> u64 {
        self.published.load(Ordering::SeqCst)
    }

    /// Every commit up to this one has all its entries in memtables.
    pub(crate) fn inserted(&self) -> u64 {
        self.inserted.load(Ordering::SeqCst)
    }

    /// The log holds every commit up to this one.
    pub(crate) fn durable(&self) -> u64 {
        self.durable.load(Ordering::SeqCst)
    }

    /// Notes that everything up to this commit is there, while the log is replayed.
    pub(crate) fn recover_to(&self, seqno: u64) {
        self.inserted.fetch_max(seqno, Ordering::SeqCst);
        self.durable.fetch_max(seqno, Ordering::SeqCst);
        self.published.fetch_max(seqno, Ordering::SeqCst);
    }

    /// Whether a commit with this seqno may begin to insert.
    pub(crate) fn has_room_for(&self, seqno: u64) -> bool {
        seqno.saturating_sub(self.inserted()) < IN_FLIGHT_MAX
    }

    /// Notes that all entries of a commit are in memtables.
    pub(crate) fn mark_inserted(&self, seqno: u64) {
        if is_planted(Bug::GapNotWaitedFor) {
            self.inserted.fetch_max(seqno, Ordering::SeqCst);
        }
        self.slots[(seqno % IN_FLIGHT_MAX) as usize].store(seqno, Ordering::SeqCst);
        // Whoever completes the gap moves the mark over all that were waiting behind it.
        let mut inserted = self.inserted();
        while self.slots[((inserted + 1) % IN_FLIGHT_MAX) as usize].load(Ordering::SeqCst) == inserted + 1 {
            match self.inserted.compare_exchange(inserted, inserted + 1, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => inserted += 1,
                Err(now) => inserted = now,
            }
        }
        self.publish();
    }

    /// Notes that the WAL holds everything up to this commit.
    pub(crate) fn mark_durable(&self, seqno: u64) {
        self.durable.fetch_max(seqno, Ordering::SeqCst);
        self.publish();
    }

    fn publish(&self) {
        if self.failure.get().is_some() {
            return;
        }
        let mut target = self.inserted().min(self.durable.load(Ordering::SeqCst));
        if is_planted(Bug::PublishedBeforeDurable) {
            target = self.inserted();
        }
        if self.published.fetch_max(target, Ordering::SeqCst) < target && self.waiter_count.load(Ordering::SeqCst) > 0 {
            self.wake(|waiter| waiter.seqno <= target);
        }
    }

    /// Ends publication: whoever waits for more gets this error. The first failure counts.
    pub(crate) fn fail(&self, error: Error) {
        // A failure that comes second is a consequence of the first.
        let _ = self.failure.set(error);
        self.wake(|_| true);
    }

    /// The failure that ended publication.
    pub(crate) fn failure(&self) -> Option<&Error> {
        self.failure.get()
    }

    /// `None` while the commit is neither published nor doomed.
    pub(crate) fn outcome(&self, seqno: u64) -> Option<Result<(), Error>> {
        if self.published() >= seqno {
            return Some(Ok(()));
        }
        self.failure.get().map(|error| Err(error.clone()))
    }

    /// Has the waker woken when the commit's outcome is known, and returns an id to take it back with; returns `None`
    /// when it is known already.
    pub(crate) fn wait_for(&self, seqno: u64, waker: &Waker) -> Option<u64> {
        let mut waiters = self.waiters.lock();
        let id = waiters.next_id;
        waiters.next_id += 1;
        waiters.entries.push(Waiter { id, seqno, waker: waker.clone() });
        self.waiter_count.store(waiters.entries.len(), Ordering::SeqCst);
        // Publication that ran before the count was visible woke nobody.
        if self.outcome(seqno).is_some() && !is_planted(Bug::OutcomeNotLookedAtAgain) {
            waiters.entries.pop();
            self.waiter_count.store(waiters.entries.len(), Ordering::SeqCst);
            return None;
        }
        Some(id)
    }

    /// Replaces the waker of a wait that goes on; `false` when it was woken already.
    pub(crate) fn replace_waker(&self, id: u64, waker: &Waker) -> bool {
        let mut waiters = self.waiters.lock();
        match waiters.entries.iter_mut().find(|waiter| waiter.id == id) {
            Some(waiter) => {
                waiter.waker.clone_from(waker);
                true
            }
            None => false,
        }
    }

    /// Takes a wait back.
    pub(crate) fn cancel(&self, id: u64) {
        let mut waiters = self.waiters.lock();
        waiters.entries.retain(|waiter| waiter.id != id);
        self.waiter_count.store(waiters.entries.len(), Ordering::SeqCst);
    }

    fn wake(&self, due: impl Fn(&Waiter) -> bool) {
        let woken: Vec<Waiter> = {
            let mut waiters = self.waiters.lock();
            let (woken, left) = std::mem::take(&mut waiters.entries).into_iter().partition(due);
            waiters.entries = left;
            self.waiter_count.store(waiters.entries.len(), Ordering::SeqCst);
            woken
        };
        // Outside the lock: a waker may run code of the caller's executor.
        for waiter in woken {
            waiter.waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_published_only_after_all_before_it() {
        let publication = Publication::new(0, false);
        publication.mark_inserted(2);
        publication.mark_inserted(3);
        assert_eq!(publication.published(), 0);
        publication.mark_inserted(1);
        assert_eq!(publication.published(), 3);
    }

    #[test]
    fn a_commit_is_published_only_when_durable_and_inserted() {
        let publication = Publication::new(10, true);
        publication.mark_inserted(11);
        assert_eq!(publication.published(), 10);
        publication.mark_durable(12);
        assert_eq!(publication.published(), 11);
        publication.mark_inserted(12);
        assert_eq!(publication.published(), 12);
    }

    #[test]
    fn nothing_is_published_after_a_failure() {
        let publication = Publication::new(0, true);
        publication.mark_inserted(1);
        publication.fail(Error::Closed);
        publication.mark_durable(1);
        assert_eq!(publication.published(), 0);
        assert!(matches!(publication.outcome(1), Some(Err(Error::Closed))));
    }

    #[test]
    fn room_is_bounded_by_the_oldest_commit_that_is_still_inserting() {
        let publication = Publication::new(5, false);
        assert!(publication.has_room_for(5 + IN_FLIGHT_MAX - 1));
        assert!(!publication.has_room_for(5 + IN_FLIGHT_MAX));
        publication.mark_inserted(6);
        assert!(publication.has_room_for(5 + IN_FLIGHT_MAX));
    }
}
