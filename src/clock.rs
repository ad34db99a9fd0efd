//! The server's one clock. What an operation calls *now* comes from here and travels as an argument, so that a test can move it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A wall clock. Clones share it: moving one moves all.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Movable(Arc<AtomicU64>),
}

impl Clock {
    /// The machine's time.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// Stands still at a time until it is moved.
    pub fn movable(at: SystemTime) -> Self {
        Self(Source::Movable(Arc::new(AtomicU64::new(millis_since_epoch(at)))))
    }

    pub fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.now_millis())
    }

    /// Milliseconds since 1970: the resolution of every time that DynamoDB answers.
    pub fn now_millis(&self) -> u64 {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place where the server reads the time")]
            Source::System => millis_since_epoch(SystemTime::now()),
            Source::Movable(millis) => millis.load(Ordering::SeqCst),
        }
    }

    /// Moves a movable clock forward. The machine's time cannot be moved.
    pub fn advance(&self, by: Duration) {
        if let Source::Movable(millis) = &self.0 {
            millis.fetch_add(saturating_millis(by), Ordering::SeqCst);
        }
    }
}

fn millis_since_epoch(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).map_or(0, saturating_millis)
}

fn saturating_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_movable_clock_stands_still_until_moved_and_its_clones_move_with_it() {
        let clock = Clock::movable(UNIX_EPOCH + Duration::from_millis(1_500));
        let other = clock.clone();
        assert_eq!(clock.now_millis(), 1_500);
        clock.advance(Duration::from_secs(1));
        assert_eq!(other.now_millis(), 2_500);
        assert_eq!(other.now(), UNIX_EPOCH + Duration::from_millis(2_500));
    }
}
