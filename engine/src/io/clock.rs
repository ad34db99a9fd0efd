//! Time, so that a test can move it.
#![allow(clippy::disallowed_types, reason = "the outside is not scheduled")]

use std::fmt::Debug;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where the time comes from.
pub trait Clock: Debug + Send + Sync + 'static {
    /// Milliseconds since the Unix epoch. May jump.
    fn now_millis(&self) -> u64;
    /// The time since some moment; never goes back.
    fn monotonic(&self) -> Duration;
    /// Lets the thread rest.
    fn sleep(&self, duration: Duration);
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[allow(clippy::disallowed_methods, reason = "this is the seam")]
impl Clock for SystemClock {
    fn now_millis(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
    }

    fn monotonic(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

/// A clock that stands still until it is moved; sleeping moves it.
#[derive(Debug, Default)]
pub struct ManualClock {
    start_millis: u64,
    nanos: AtomicU64,
}

impl ManualClock {
    /// A clock that shows this time.
    pub fn new(millis: u64) -> Self {
        ManualClock { start_millis: millis, nanos: AtomicU64::new(0) }
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.nanos.fetch_add(by.as_nanos() as u64, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_millis(&self) -> u64 {
        self.start_millis + self.nanos.load(Ordering::SeqCst) / 1_000_000
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Ordering::SeqCst))
    }

    fn sleep(&self, duration: Duration) {
        self.advance(duration);
    }
}
