//! What has to happen without being asked for: expired items are deleted, streams roll over and are trimmed. One thread does
//! it, which starts with the first stream or the first table with time to live.

use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::error::StoreError;
use super::{Shared, Store};

/// How often it looks. Looking costs nothing where nothing is due, and an expired item is gone soon after its second is over
/// (AWS: typically within two days).
const INTERVAL: Duration = Duration::from_secs(1);
/// After an error.
const PAUSE: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct Upkeep {
    worker: Mutex<Option<JoinHandle<()>>>,
    signal: Arc<Signal>,
}

#[derive(Default)]
struct Signal {
    state: Mutex<SignalState>,
    changed: Condvar,
}

#[derive(Default)]
struct SignalState {
    is_stopping: bool,
    /// There is something to do before the interval is over.
    is_poked: bool,
}

impl Signal {
    fn is_stopping(&self) -> bool {
        self.state.lock().is_stopping
    }

    /// False when it is time to stop.
    fn wait(&self, time: Duration) -> bool {
        let mut state = self.state.lock();
        if !state.is_stopping && !state.is_poked {
            self.changed.wait_for(&mut state, time);
        }
        state.is_poked = false;
        !state.is_stopping
    }
}

impl Store {
    /// Starts the thread if there is something for it to look after and it does not run yet.
    pub(super) fn start_upkeep(&self) {
        let upkeep = &self.shared.upkeep;
        let mut worker = upkeep.worker.lock();
        let is_needed = !self.streams().is_empty() || self.tables().iter().any(|table| table.peek().ttl.is_some());
        if worker.is_some() || !is_needed || upkeep.signal.is_stopping() {
            return;
        }
        let (shared, signal) = (Arc::downgrade(&self.shared), Arc::clone(&upkeep.signal));
        match std::thread::Builder::new().name("kstone-upkeep".to_string()).spawn(move || run(&shared, &signal)) {
            Ok(thread) => *worker = Some(thread),
            Err(error) => {
                tracing::error!(%error, "cannot start the thread that deletes expired items and trims streams");
            }
        }
    }

    /// Has the thread look now.
    pub(super) fn poke_upkeep(&self) {
        let signal = &self.shared.upkeep.signal;
        signal.state.lock().is_poked = true;
        signal.changed.notify_all();
    }

    pub(super) fn stop_upkeep(&self) {
        let upkeep = &self.shared.upkeep;
        upkeep.signal.state.lock().is_stopping = true;
        upkeep.signal.changed.notify_all();
        let worker = upkeep.worker.lock().take();
        if let Some(worker) = worker
            && worker.join().is_err()
        {
            tracing::error!("upkeep ended in a panic");
        }
    }

    /// Does once what is due now. `go_on` is asked now and then; false gives up.
    fn tend(&self, go_on: &dyn Fn() -> bool) -> Result<(), StoreError> {
        // Each for itself: what fails in one must not hold up the others.
        let outcomes = [self.tend_streams(), self.fill_expiry(go_on), self.sweep_expired(go_on).map(drop)];
        outcomes.into_iter().collect()
    }
}

/// Goes on until it is told to stop or the store is gone.
fn run(shared: &Weak<Shared>, signal: &Signal) {
    let mut pause = Duration::ZERO;
    while signal.wait(pause) {
        let Some(shared) = shared.upgrade() else { return };
        pause = INTERVAL;
        if let Err(error) = (Store { shared }).tend(&|| !signal.is_stopping()) {
            tracing::error!(%error, "upkeep of streams and expired items failed; it is tried again in a minute");
            pause = PAUSE;
        }
    }
}
