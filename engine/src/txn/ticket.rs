//! The promise that a commit will be published.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::lead_queue::ParkedThread;
use crate::Error;
use crate::core::Core;
use crate::planted::{Bug, is_planted};
use crate::sync::thread::yield_now;

/// The promise that a commit will be published: durable and visible to readers. Await it or [`wait`](Ticket::wait) for it.
/// Dropping it takes nothing back; the commit goes on. Its waker must not wait for the engine, which others wait for that
/// are woken after it: no transaction, flush or close.
#[must_use = "a commit is acknowledged only when its ticket resolves"]
pub struct Ticket {
    state: State,
}

enum State {
    Done(Option<Error>),
    Pending(Pending),
}

struct Pending {
    core: Arc<Core>,
    seqno: u64,
    /// The background was asked to see to it.
    is_requested: bool,
    wait_id: Option<u64>,
}

impl Ticket {
    pub(crate) fn new(core: &Arc<Core>, seqno: u64) -> Self {
        let state = match core.publication.outcome(seqno) {
            Some(outcome) => State::Done(outcome.err()),
            None => State::Pending(Pending { core: Arc::clone(core), seqno, is_requested: false, wait_id: None }),
        };
        Ticket { state }
    }

    /// Whether waiting would return at once. Asking sets nothing going: a commit that nobody waits for and whose ticket is not
    /// dropped either is written with the next ones.
    pub fn is_done(&self) -> bool {
        match &self.state {
            State::Done(_) => true,
            State::Pending(pending) => pending.core.publication.outcome(pending.seqno).is_some(),
        }
    }

    /// Blocks until the commit is published. The thread writes the log itself when nobody else does.
    pub fn wait(mut self) -> Result<(), Error> {
        match &mut self.state {
            State::Done(error) => error.clone().map_or(Ok(()), Err),
            State::Pending(pending) => {
                // A thread that waits is a thread that writes; nobody else has to be asked.
                pending.is_requested = true;
                let outcome = pending.wait();
                self.state = State::Done(None);
                outcome
            }
        }
    }
}

impl Pending {
    fn wait(&mut self) -> Result<(), Error> {
        let mut parked: Option<(Arc<ParkedThread>, Waker)> = None;
        loop {
            if let Some(outcome) = self.core.publication.outcome(self.seqno) {
                self.stop_waiting();
                return outcome;
            }
            if self.may_lead() && self.core.try_lead_log() {
                continue;
            }
            let (thread, waker) = parked.get_or_insert_with(|| {
                let thread = ParkedThread::current();
                (Arc::clone(&thread), Waker::from(thread))
            });
            let tries_again = !is_planted(Bug::LeadNotTriedAgain);
            if !tries_again {
                yield_now();
            }
            self.core.lead_queue.enter(self.seqno, thread);
            if !self.register(waker) || (tries_again && self.may_lead() && self.core.try_lead_log()) {
                continue;
            }
            thread.sleep();
        }
    }

    /// Whether writing the log would bring the commit forward; otherwise only others' insertions are missing.
    fn may_lead(&self) -> bool {
        self.core.publication.durable() < self.seqno
    }

    /// Has the waker woken when the outcome is known; `false` when it is known already.
    fn register(&mut self, waker: &Waker) -> bool {
        let publication = &self.core.publication;
        if self.wait_id.is_some_and(|id| publication.replace_waker(id, waker)) {
            return true;
        }
        self.wait_id = publication.wait_for(self.seqno, waker);
        self.wait_id.is_some()
    }

    fn stop_waiting(&mut self) {
        if let Some(id) = self.wait_id.take() {
            self.core.publication.cancel(id);
        }
    }

    /// Asks the background, once, to see to the commit.
    fn request(&mut self) {
        if !self.is_requested {
            self.is_requested = true;
            self.core.background.request_log_sync(&self.core);
        }
    }
}

impl Future for Ticket {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let pending = match &mut self.state {
            State::Done(error) => return Poll::Ready(error.clone().map_or(Ok(()), Err)),
            State::Pending(pending) => pending,
        };
        pending.request();
        loop {
            if let Some(outcome) = pending.core.publication.outcome(pending.seqno) {
                pending.stop_waiting();
                self.state = State::Done(outcome.clone().err());
                return Poll::Ready(outcome);
            }
            if pending.register(context.waker()) {
                return Poll::Pending;
            }
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let State::Pending(pending) = &mut self.state {
            pending.stop_waiting();
            if pending.core.publication.outcome(pending.seqno).is_none() {
                pending.request();
            }
        }
    }
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Ticket").field("is_done", &self.is_done()).finish()
    }
}
