//! The promise that a commit will be published.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use crate::Error;
use crate::engine::Core;

/// The promise that a commit will be published: durable and visible to readers. Await it or [`wait`](Ticket::wait) for it.
/// Dropping it takes nothing back; the commit goes on.
#[must_use = "a commit is acknowledged only when its ticket resolves"]
pub struct Ticket {
    state: State,
}

enum State {
    Done(Option<Error>),
    Pending {
        core: Arc<Core>,
        seqno: u64,
        wait_id: Option<u64>,
    },
}

impl Ticket {
    pub(crate) fn new(core: &Arc<Core>, seqno: u64) -> Self {
        let state = match core.publication.outcome(seqno) {
            Some(outcome) => State::Done(outcome.err()),
            None => State::Pending {
                core: Arc::clone(core),
                seqno,
                wait_id: None,
            },
        };
        Ticket { state }
    }

    /// Whether waiting would return at once.
    pub fn is_done(&self) -> bool {
        match &self.state {
            State::Done(_) => true,
            State::Pending { core, seqno, .. } => core.publication.outcome(*seqno).is_some(),
        }
    }

    /// Blocks until the commit is published.
    pub fn wait(mut self) -> Result<(), Error> {
        if let State::Done(error) = &mut self.state {
            return error.take().map_or(Ok(()), Err);
        }
        let parked = Arc::new(ParkedThread {
            thread: std::thread::current(),
            woken: AtomicBool::new(false),
        });
        let waker = Waker::from(Arc::clone(&parked));
        let mut context = Context::from_waker(&waker);
        loop {
            if let Poll::Ready(outcome) = Pin::new(&mut self).poll(&mut context) {
                return outcome;
            }
            while !parked.woken.swap(false, Ordering::SeqCst) {
                std::thread::park();
            }
        }
    }
}

impl Future for Ticket {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.state {
            State::Done(error) => Poll::Ready(error.take().map_or(Ok(()), Err)),
            State::Pending {
                core,
                seqno,
                wait_id,
            } => {
                let publication = &core.publication;
                let waits_on = match (publication.outcome(*seqno), wait_id.take()) {
                    (Some(outcome), waiting) => {
                        waiting.into_iter().for_each(|id| publication.cancel(id));
                        self.state = State::Done(outcome.clone().err());
                        return Poll::Ready(outcome);
                    }
                    (None, Some(id)) if publication.replace_waker(id, context.waker()) => Some(id),
                    (None, _) => publication.wait_for(*seqno, context.waker()),
                };
                match waits_on {
                    Some(id) => {
                        *wait_id = Some(id);
                        Poll::Pending
                    }
                    // The outcome became known in between.
                    None => self.poll(context),
                }
            }
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let State::Pending {
            core,
            wait_id: Some(id),
            ..
        } = &self.state
        {
            core.publication.cancel(*id);
        }
    }
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Ticket")
            .field("is_done", &self.is_done())
            .finish()
    }
}

struct ParkedThread {
    thread: std::thread::Thread,
    woken: AtomicBool,
}

impl Wake for ParkedThread {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}
