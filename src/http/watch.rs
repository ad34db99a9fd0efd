//! What every open connection is waiting for, and since when.
//!
//! A request costs a connection a handful of plain stores here and no timer: one sweep a tick over all connections finds those
//! that have waited too long. Time is counted in ticks for the same reason, so limits are met to within a tick.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::AbortHandle;

use super::limits::Limits;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Waiting for a request to begin.
    Idle,
    /// Receiving a request's headers.
    Head,
    /// Receiving its body.
    Body,
    /// Working on it: the server's own time, which has no limit here.
    Handling,
    /// Waiting for the client to take the answer.
    Writing,
}

/// One connection's phase and the tick it began in, in one word: `tick << 3 | phase`.
///
/// Only the connection's own task writes it, so a load followed by a store loses nothing.
pub(super) struct Watch {
    state: AtomicU64,
    ticks: Arc<AtomicU64>,
}

impl Watch {
    pub(super) fn enter(&self, phase: Phase) {
        let tick = self.ticks.load(Ordering::Relaxed);
        self.state.store(tick << 3 | phase as u64, Ordering::Relaxed);
    }

    /// The client sent something.
    pub(super) fn received(&self) {
        if self.phase() == Phase::Idle {
            self.enter(Phase::Head);
        }
    }

    /// The client took something.
    pub(super) fn sent(&self) {
        if self.phase() == Phase::Writing {
            self.enter(Phase::Writing);
        }
    }

    /// Nothing is left to be taken. Should the client have sent the beginning of another request along with the last, it
    /// waits for the rest as an idle connection does: for longer, but the first to make room for others.
    pub(super) fn flushed(&self) {
        if self.phase() == Phase::Writing {
            self.enter(Phase::Idle);
        }
    }

    fn phase(&self) -> Phase {
        self.look().0
    }

    fn look(&self) -> (Phase, u64) {
        let state = self.state.load(Ordering::Relaxed);
        let phase = match state & 7 {
            0 => Phase::Idle,
            1 => Phase::Head,
            2 => Phase::Body,
            3 => Phase::Handling,
            _ => Phase::Writing,
        };
        (phase, state >> 3)
    }
}

/// All open connections.
pub(super) struct Registry {
    ticks: Arc<AtomicU64>,
    tick: Duration,
    limits: Limits,
    connections: Mutex<Connections>,
}

#[derive(Default)]
struct Connections {
    open: HashMap<u64, Open>,
    next_id: u64,
}

struct Open {
    watch: Arc<Watch>,
    task: AbortHandle,
}

/// Belongs to a connection's task; its end takes the connection off the list and gives its slot back.
pub(super) struct Registration {
    registry: Arc<Registry>,
    id: u64,
    _slot: OwnedSemaphorePermit,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.registry.connections.lock().open.remove(&self.id);
    }
}

impl Registry {
    pub(super) fn new(limits: Limits) -> Arc<Self> {
        let shortest =
            limits.head_time_max.min(limits.body_time_max).min(limits.write_time_max).min(limits.idle_time_max);
        let tick = (shortest / 8).clamp(Duration::from_millis(5), Duration::from_millis(500));
        Arc::new(Self { ticks: Arc::default(), tick, limits, connections: Mutex::default() })
    }

    pub(super) fn tick(&self) -> Duration {
        self.tick
    }

    /// Starts the task of a new connection and watches it until it ends.
    pub(super) fn spawn<F>(
        self: &Arc<Self>,
        slot: OwnedSemaphorePermit,
        run: impl FnOnce(Arc<Watch>, Registration) -> F,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let watch = Arc::new(Watch { state: AtomicU64::new(0), ticks: self.ticks.clone() });
        watch.enter(Phase::Idle);
        // Held until the connection is listed: a task that ends at once must find itself there.
        let mut connections = self.connections.lock();
        let id = connections.next_id;
        connections.next_id += 1;
        let registration = Registration { registry: self.clone(), id, _slot: slot };
        let task = tokio::spawn(run(watch.clone(), registration)).abort_handle();
        connections.open.insert(id, Open { watch, task });
    }

    /// Closes overdue connections, for ever.
    pub(super) async fn sweep(self: Arc<Self>) {
        let mut interval = tokio::time::interval(self.tick);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            interval.tick().await;
            let now = self.ticks.fetch_add(1, Ordering::Relaxed) + 1;
            self.close(|watch| {
                let (phase, since) = watch.look();
                self.ticks_max(phase).is_some_and(|max| now.saturating_sub(since) > max)
            });
        }
    }

    /// Closes the connection that has been idle the longest, if one has been for so long that its client is not just about to
    /// send its next request.
    pub(super) fn close_longest_idle(&self) {
        let now = self.ticks.load(Ordering::Relaxed);
        let second = self.in_ticks(Duration::from_secs(1));
        let connections = self.connections.lock();
        let longest = connections
            .open
            .values()
            .map(|open| (open.watch.look(), open))
            .filter(|((phase, since), _)| *phase == Phase::Idle && now.saturating_sub(*since) > second)
            .min_by_key(|((_, since), _)| *since)
            .map(|(_, open)| open.task.clone());
        drop(connections);
        if let Some(task) = longest {
            task.abort();
        }
    }

    /// Closes every connection, those at work last: with `stop_time_max` to finish, and then no more.
    pub(super) async fn drain(&self) {
        let deadline = tokio::time::Instant::now() + self.limits.stop_time_max;
        while tokio::time::Instant::now() < deadline {
            // A request's headers come at once or from a client that holds them back.
            self.close(|watch| matches!(watch.phase(), Phase::Idle | Phase::Head));
            if self.connections.lock().open.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let left = self.connections.lock().open.len();
        tracing::warn!(connections = left, "closing connections whose requests did not finish in time");
        self.close(|_| true);
    }

    fn close(&self, due: impl Fn(&Watch) -> bool) {
        let connections = self.connections.lock();
        let tasks: Vec<_> =
            connections.open.values().filter(|open| due(&open.watch)).map(|open| open.task.clone()).collect();
        drop(connections);
        for task in tasks {
            task.abort();
        }
    }

    fn ticks_max(&self, phase: Phase) -> Option<u64> {
        let time = match phase {
            Phase::Idle => self.limits.idle_time_max,
            Phase::Head => self.limits.head_time_max,
            Phase::Body => self.limits.body_time_max,
            Phase::Writing => self.limits.write_time_max,
            Phase::Handling => return None,
        };
        Some(self.in_ticks(time))
    }

    fn in_ticks(&self, time: Duration) -> u64 {
        u64::try_from(time.as_nanos() / self.tick.as_nanos()).unwrap_or(u64::MAX)
    }
}
