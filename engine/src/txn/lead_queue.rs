//! Threads that wait for their commit and could lead the log themselves.

use std::sync::Arc;
use std::task::Wake;

use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, thread};

/// The waiting threads, with the commits that they wait for.
#[derive(Default)]
pub(crate) struct LeadQueue(Mutex<Vec<(u64, Arc<ParkedThread>)>>);

impl LeadQueue {
    /// Enters a thread. It has to try the lead once more after this: who gave it up before saw nobody here.
    pub(crate) fn enter(&self, seqno: u64, thread: &Arc<ParkedThread>) {
        let mut queue = self.0.lock();
        if !queue.iter().any(|(_, entered)| Arc::ptr_eq(entered, thread)) {
            queue.push((seqno, Arc::clone(thread)));
        }
    }

    /// Wakes one whose commit is not durable yet, and forgets those whose commits are.
    pub(crate) fn wake_one(&self, durable: u64) {
        let woken = {
            let mut queue = self.0.lock();
            queue.retain(|(seqno, _)| *seqno > durable);
            queue.pop()
        };
        if let Some((_, thread)) = woken {
            thread.wake();
        }
    }
}

/// A thread that sleeps until it is woken.
pub(crate) struct ParkedThread {
    thread: thread::Thread,
    woken: AtomicBool,
}

impl ParkedThread {
    pub(crate) fn current() -> Arc<Self> {
        Arc::new(ParkedThread { thread: thread::current(), woken: AtomicBool::new(false) })
    }

    /// Sleeps until woken since the last sleep.
    pub(crate) fn sleep(&self) {
        while !self.woken.swap(false, Ordering::SeqCst) {
            thread::park();
        }
    }
}

impl Wake for ParkedThread {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}
