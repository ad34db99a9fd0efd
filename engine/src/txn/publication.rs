//! Which commits readers may see.
//!
//! A commit is *inserted* when all its entries are in memtables, and *durable* when the WAL says so. `published` is the
//! greatest seqno up to which every commit is both. It only grows, so whoever reads at it sees whole commits in order,
//! and none that a crash could take back.
//!
//! A failure ends publication, but not of what was handed to the log before: the group that is being written when something
//! else fails has an outcome of its own, and its commits are answered with that. What was not handed over by then is never
//! written. So an answer is decided once, and says what the next start will find.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
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
    /// The last commit that was handed to the log. After a failure it only goes down, and all behind it are lost.
    handed_over: AtomicU64,
    /// Held while a failure is noted or something is handed over.
    turn: Mutex<()>,
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
            handed_over: AtomicU64::new(if with_wal { seqno } else { u64::MAX }),
            turn: Mutex::new(()),
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
        self.handed_over.fetch_max(seqno, Ordering::SeqCst);
        self.inserted.fetch_max(seqno, Ordering::SeqCst);
        self.durable.fetch_max(seqno, Ordering::SeqCst);
        self.published.fetch_max(seqno, Ordering::SeqCst);
        // A flush may have met the entries of the commit before this was said.
        if self.waiter_count.load(Ordering::SeqCst) > 0 {
            drop(self.take_waiters(|waiter| waiter.seqno <= seqno));
        }
    }

    /// Whether a commit with this seqno may begin to insert.
    pub(crate) fn has_room_for(&self, seqno: u64) -> bool {
        seqno.saturating_sub(self.inserted()) < IN_FLIGHT_MAX
    }

    /// Notes that all entries of a commit are in memtables. Drop what this returns when no lock is held.
    pub(crate) fn mark_inserted(&self, seqno: u64) -> Woken {
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
        self.publish()
    }

    /// Notes that the commits up to this one are about to be written to the log; `false` when nothing may be written any
    /// more. Only who leads the log may do this.
    pub(crate) fn hand_over(&self, seqno: u64) -> bool {
        let _turn = self.turn.lock();
        if self.failure.get().is_some() {
            return false;
        }
        self.handed_over.store(seqno, Ordering::SeqCst);
        true
    }

    /// Notes that the WAL holds everything up to this commit.
    pub(crate) fn mark_durable(&self, seqno: u64) {
        self.durable.fetch_max(seqno, Ordering::SeqCst);
        drop(self.publish());
    }

    fn publish(&self) -> Woken {
        let mut target = self.inserted().min(self.durable.load(Ordering::SeqCst));
        if is_planted(Bug::PublishedBeforeDurable) {
            target = self.inserted();
        }
        if self.published.fetch_max(target, Ordering::SeqCst) < target && self.waiter_count.load(Ordering::SeqCst) > 0 {
            return self.take_waiters(|waiter| waiter.seqno <= target);
        }
        Woken(Vec::new())
    }

    /// Nothing is handed to the log any more: whoever waits for what was not, gets this error. The first failure counts.
    pub(crate) fn fail(&self, error: Error) {
        self.fail_behind(u64::MAX, error);
    }

    /// The same when what was handed over last did not become durable.
    pub(crate) fn fail_handed_over(&self, error: Error) {
        self.fail_behind(self.durable(), error);
    }

    /// The same when no commit behind this one can be published, handed over or not.
    pub(crate) fn fail_behind(&self, seqno: u64, error: Error) {
        let lost_behind = {
            let _turn = self.turn.lock();
            // A failure that comes second is a consequence of the first.
            let _ = self.failure.set(error);
            self.handed_over.fetch_min(seqno, Ordering::SeqCst).min(seqno)
        };
        drop(self.take_waiters(|waiter| waiter.seqno > lost_behind));
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
        let failure = self.failure.get()?;
        (seqno > self.handed_over.load(Ordering::SeqCst)).then(|| Err(failure.clone()))
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
        let replaced = {
            let mut waiters = self.waiters.lock();
            let waiter = waiters.entries.iter_mut().find(|waiter| waiter.id == id);
            waiter.map(|waiter| std::mem::replace(&mut waiter.waker, waker.clone()))
        };
        // A waker may be the last to hold other tickets, or the engine, so it is dropped with no lock held.
        replaced.is_some()
    }

    /// Takes a wait back.
    pub(crate) fn cancel(&self, id: u64) {
        let canceled = {
            let mut waiters = self.waiters.lock();
            let index = waiters.entries.iter().position(|waiter| waiter.id == id);
            let canceled = index.map(|index| waiters.entries.swap_remove(index));
            self.waiter_count.store(waiters.entries.len(), Ordering::SeqCst);
            canceled
        };
        // With no lock held, as above.
        drop(canceled);
    }

    fn take_waiters(&self, is_due: impl Fn(&Waiter) -> bool) -> Woken {
        let mut waiters = self.waiters.lock();
        let (due, left) = std::mem::take(&mut waiters.entries).into_iter().partition(is_due);
        waiters.entries = left;
        self.waiter_count.store(waiters.entries.len(), Ordering::SeqCst);
        Woken(due)
    }
}

/// Those whose outcome is known now. They are woken when this is dropped, which must be done with no lock held: a waker may
/// run code of the caller's executor. One that panics keeps nobody else asleep.
#[must_use = "waiters are woken when this is dropped"]
pub(crate) struct Woken(Vec<Waiter>);

impl Drop for Woken {
    fn drop(&mut self) {
        let mut panic = None;
        for waiter in self.0.drain(..) {
            let woken = catch_unwind(AssertUnwindSafe(|| waiter.waker.wake()));
            panic = panic.or(woken.err());
        }
        if let Some(panic) = panic.filter(|_| !std::thread::panicking()) {
            resume_unwind(panic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark_inserted(publication: &Publication, seqno: u64) {
        drop(publication.mark_inserted(seqno));
    }

    #[test]
    fn a_commit_is_published_only_after_all_before_it() {
        let publication = Publication::new(0, false);
        mark_inserted(&publication, 2);
        mark_inserted(&publication, 3);
        assert_eq!(publication.published(), 0);
        mark_inserted(&publication, 1);
        assert_eq!(publication.published(), 3);
    }

    #[test]
    fn a_commit_is_published_only_when_durable_and_inserted() {
        let publication = Publication::new(10, true);
        mark_inserted(&publication, 11);
        assert_eq!(publication.published(), 10);
        publication.mark_durable(12);
        assert_eq!(publication.published(), 11);
        mark_inserted(&publication, 12);
        assert_eq!(publication.published(), 12);
    }

    #[test]
    fn what_was_handed_over_before_a_failure_has_its_own_outcome() {
        let publication = Publication::new(0, true);
        assert!(publication.hand_over(2));
        publication.fail(Error::Closed);
        assert!(publication.outcome(2).is_none());
        assert!(matches!(publication.outcome(3), Some(Err(Error::Closed))));
        assert!(!publication.hand_over(3), "nothing follows");
        publication.mark_durable(2);
        mark_inserted(&publication, 1);
        assert!(matches!(publication.outcome(1), Some(Ok(()))));
        assert!(publication.outcome(2).is_none(), "another thread is about to insert it");
        mark_inserted(&publication, 2);
        assert!(matches!(publication.outcome(2), Some(Ok(()))));
    }

    #[test]
    fn what_was_handed_over_and_not_written_fails() {
        let publication = Publication::new(0, true);
        assert!(publication.hand_over(1));
        mark_inserted(&publication, 1);
        publication.mark_durable(1);
        assert!(publication.hand_over(2));
        publication.fail(Error::Closed);
        publication.fail_handed_over(Error::Unsupported { what: "a second failure" });
        assert!(matches!(publication.outcome(1), Some(Ok(()))));
        assert!(matches!(publication.outcome(2), Some(Err(Error::Closed))));
    }

    #[test]
    fn nothing_behind_a_commit_that_is_never_inserted_is_waited_for() {
        for with_wal in [false, true] {
            let publication = Publication::new(0, with_wal);
            assert!(!with_wal || publication.hand_over(3));
            publication.fail_behind(1, Error::Closed);
            assert!(publication.outcome(1).is_none());
            assert!(matches!(publication.outcome(2), Some(Err(Error::Closed))));
        }
    }

    #[test]
    fn room_is_bounded_by_the_oldest_commit_that_is_still_inserting() {
        let publication = Publication::new(5, false);
        assert!(publication.has_room_for(5 + IN_FLIGHT_MAX - 1));
        assert!(!publication.has_room_for(5 + IN_FLIGHT_MAX));
        mark_inserted(&publication, 6);
        assert!(publication.has_room_for(5 + IN_FLIGHT_MAX));
    }

    #[test]
    fn who_waits_for_a_commit_hears_that_it_was_recovered() {
        struct Flag(crate::sync::atomic::AtomicBool);
        impl std::task::Wake for Flag {
            fn wake(self: std::sync::Arc<Self>) {
                self.0.store(true, Ordering::SeqCst);
            }
        }
        let flag = std::sync::Arc::new(Flag(crate::sync::atomic::AtomicBool::new(false)));
        let publication = Publication::new(0, true);
        assert!(publication.wait_for(2, &Waker::from(std::sync::Arc::clone(&flag))).is_some());
        publication.recover_to(1);
        assert!(!flag.0.load(Ordering::SeqCst));
        publication.recover_to(2);
        assert!(flag.0.load(Ordering::SeqCst));
    }
}
