//! The one seam to locks, atomics and threads. Lints ban those of `std` and of `parking_lot` everywhere else.
//!
//! With the feature `shuttle` they belong to a scheduler, which decides at each of them which thread goes on, so that a test
//! can try thousands of interleavings and repeat the one that failed. It interleaves what is sequentially consistent, and
//! it does not look into `OnceLock`, `ArcSwap` and the block cache; `scheduling_point` makes up for the most important ones.

#[cfg(not(feature = "shuttle"))]
pub(crate) use real::*;
#[cfg(feature = "shuttle")]
pub(crate) use scheduled::*;

#[cfg(not(feature = "shuttle"))]
#[allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "this is the seam")]
mod real {
    pub(crate) type Mutex<T> = parking_lot::Mutex<T>;
    pub(crate) type MutexGuard<'a, T> = parking_lot::MutexGuard<'a, T>;
    pub(crate) type Condvar = parking_lot::Condvar;

    /// A moment at which a schedule of the tests may let another thread go on, where no lock and no atomic is one.
    #[inline(always)]
    pub(crate) fn scheduling_point() {}

    pub(crate) mod atomic {
        pub(crate) use std::sync::atomic::Ordering;
        pub(crate) type AtomicBool = std::sync::atomic::AtomicBool;
        pub(crate) type AtomicU8 = std::sync::atomic::AtomicU8;
        pub(crate) type AtomicU32 = std::sync::atomic::AtomicU32;
        pub(crate) type AtomicU64 = std::sync::atomic::AtomicU64;
        pub(crate) type AtomicUsize = std::sync::atomic::AtomicUsize;
    }

    pub(crate) mod thread {
        pub(crate) type JoinHandle<T> = std::thread::JoinHandle<T>;
        pub(crate) type Thread = std::thread::Thread;
        pub(crate) type Builder = std::thread::Builder;

        pub(crate) fn current() -> Thread {
            std::thread::current()
        }

        pub(crate) fn park() {
            std::thread::park();
        }

        pub(crate) fn yield_now() {
            std::thread::yield_now();
        }
    }
}

#[cfg(feature = "shuttle")]
mod scheduled {
    use std::ops::{Deref, DerefMut};
    use std::sync::{PoisonError, TryLockError};
    use std::time::Duration;

    pub(crate) use shuttle::sync::atomic;
    pub(crate) use shuttle::thread;

    pub(crate) fn scheduling_point() {
        atomic::AtomicBool::new(false).load(atomic::Ordering::SeqCst);
    }

    /// Like that of `parking_lot`: it knows no poison.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

    /// Empty only while it waits for a `Condvar`.
    pub(crate) struct MutexGuard<'a, T>(Option<shuttle::sync::MutexGuard<'a, T>>, &'a Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) const fn new(value: T) -> Self {
            Mutex(shuttle::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            MutexGuard(Some(self.0.lock().unwrap_or_else(PoisonError::into_inner)), self)
        }

        pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            match self.0.try_lock() {
                Ok(guard) => Some(MutexGuard(Some(guard), self)),
                Err(TryLockError::Poisoned(poisoned)) => Some(MutexGuard(Some(poisoned.into_inner()), self)),
                Err(TryLockError::WouldBlock) => None,
            }
        }
    }

    impl<T> Deref for MutexGuard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            self.0.as_ref().unwrap_or_else(|| unreachable!("a guard is empty only inside a wait"))
        }
    }

    impl<T> DerefMut for MutexGuard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            self.0.as_mut().unwrap_or_else(|| unreachable!("a guard is empty only inside a wait"))
        }
    }

    #[derive(Debug, Default)]
    pub(crate) struct Condvar(shuttle::sync::Condvar);

    pub(crate) struct WaitTimeoutResult;

    impl WaitTimeoutResult {
        pub(crate) fn timed_out(&self) -> bool {
            true
        }
    }

    impl Condvar {
        pub(crate) fn new() -> Self {
            Condvar::default()
        }

        pub(crate) fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
            guard.0 = guard.0.take().map(|inner| self.0.wait(inner).unwrap_or_else(PoisonError::into_inner));
        }

        /// The time is always up, sooner or later: others may go on first.
        pub(crate) fn wait_for<T>(&self, guard: &mut MutexGuard<'_, T>, _: Duration) -> WaitTimeoutResult {
            drop(guard.0.take());
            thread::yield_now();
            guard.0 = guard.1.lock().0;
            WaitTimeoutResult
        }

        pub(crate) fn notify_one(&self) {
            self.0.notify_one();
        }

        pub(crate) fn notify_all(&self) {
            self.0.notify_all();
        }
    }
}
