//! Work beside the callers: flushes, compactions, and syncing the log for tickets that are awaited.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::compaction::Occasion;
use crate::core::Core;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::thread::JoinHandle;
use crate::sync::{Condvar, Mutex, thread};
use crate::{Durability, Error, compaction, io, stripe};

/// Something to do in the background.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Job {
    /// Flush the largest memtables.
    Flush,
    /// Compact a stripe, whose compaction claim was taken for this.
    Compact(usize),
    /// Look for SSTs that hold much of spaces whose drop no reader is before any more.
    ReclaimDropped,
    /// Merge SSTs that could wait.
    CompactIdle,
}

/// The threads and what they have to do. Threads start when there is something for them.
pub(crate) struct Background {
    thread_count_max: usize,
    queue: Mutex<Queue>,
    work: Condvar,
    progress_lock: Mutex<()>,
    progress: Condvar,
    log_signal: Mutex<LogSignal>,
    log_work: Condvar,
    log_sync_is_expected: AtomicBool,
    stopping: AtomicBool,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    idle_count: usize,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct LogSignal {
    is_due: bool,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    pub(crate) fn new(thread_count_max: usize) -> Self {
        Background {
            thread_count_max,
            queue: Mutex::default(),
            work: Condvar::new(),
            progress_lock: Mutex::new(()),
            progress: Condvar::new(),
            log_signal: Mutex::default(),
            log_work: Condvar::new(),
            log_sync_is_expected: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
        }
    }

    /// Without threads everything is done by the callers, in an order that only depends on what they do.
    pub(crate) fn is_inline(&self) -> bool {
        self.thread_count_max == 0
    }

    /// Whether no job waits, and the engine is not being closed.
    pub(crate) fn is_idle(&self) -> bool {
        self.queue.lock().jobs.is_empty() && !self.stopping.load(Ordering::Acquire)
    }

    /// An error when the engine is being closed.
    pub(crate) fn check_running(&self) -> Result<(), Error> {
        if self.stopping.load(Ordering::Acquire) { Err(Error::Closed) } else { Ok(()) }
    }

    /// Queues a job unless it is queued already.
    pub(crate) fn submit(&self, core: &Arc<Core>, job: Job) {
        let mut queue = self.queue.lock();
        if self.stopping.load(Ordering::Acquire) || queue.jobs.contains(&job) {
            return;
        }
        // Memory that runs out is more urgent than many SSTs.
        match job {
            Job::Flush => queue.jobs.push_front(job),
            Job::Compact(_) | Job::ReclaimDropped | Job::CompactIdle => queue.jobs.push_back(job),
        }
        if self.is_inline() {
            return;
        }
        if queue.idle_count == 0 && queue.threads.len() < self.thread_count_max {
            let for_thread = Arc::clone(core);
            match io::start_thread("kstone-background", move || run_jobs(&for_thread)) {
                Ok(thread) => queue.threads.push(thread),
                Err(source) => {
                    drop(queue);
                    core.poison(&Error::Io {
                        operation: "start",
                        file: "a background thread".to_owned(),
                        offset: None,
                        source: Arc::new(source),
                    });
                    return;
                }
            }
        }
        drop(queue);
        self.work.notify_one();
    }

    /// Does what is queued, on this thread.
    pub(crate) fn run_inline(&self, core: &Arc<Core>) {
        if !self.is_inline() {
            return;
        }
        while let Some(job) = {
            let mut queue = self.queue.lock();
            queue.jobs.pop_front()
        } {
            run(core, job);
        }
    }

    /// Wakes those who wait for memory.
    pub(crate) fn note_progress(&self) {
        drop(self.progress_lock.lock());
        self.progress.notify_all();
    }

    /// Waits until a flush ends, or a while.
    pub(crate) fn wait_for_progress(&self, at_most: Duration) {
        let mut lock = self.progress_lock.lock();
        self.progress.wait_for(&mut lock, at_most);
    }

    /// Has the log written and synced for tickets that no thread waits for.
    pub(crate) fn request_log_sync(&self, core: &Arc<Core>) {
        if self.is_inline() {
            core.lead_log();
            return;
        }
        let mut signal = self.log_signal.lock();
        signal.is_due = true;
        if signal.thread.is_none() && !self.stopping.load(Ordering::Acquire) {
            let for_thread = Arc::clone(core);
            match io::start_thread("kstone-log", move || run_log(&for_thread)) {
                Ok(thread) => signal.thread = Some(thread),
                Err(_) => {
                    drop(signal);
                    core.lead_log();
                    return;
                }
            }
        }
        drop(signal);
        self.log_work.notify_one();
    }

    /// Has the log synced a while after relaxed mode wrote to it.
    pub(crate) fn expect_log_sync(&self, core: &Arc<Core>) {
        if !self.is_inline() && !self.log_sync_is_expected.swap(true, Ordering::AcqRel) {
            self.request_log_sync(core);
        }
    }

    /// Ends the threads. Compactions are given up, a flush is finished.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        let mut threads = {
            let mut queue = self.queue.lock();
            queue.jobs.clear();
            std::mem::take(&mut queue.threads)
        };
        self.work.notify_all();
        threads.extend(self.log_signal.lock().thread.take());
        self.log_work.notify_all();
        self.progress.notify_all();
        for thread in threads {
            // The last handle may be dropped by a thread of our own, which can't wait for itself.
            if thread.thread().id() != thread::current().id() {
                // A panic there has poisoned the engine already.
                let _ = thread.join();
            }
        }
    }
}

fn run_jobs(core: &Arc<Core>) {
    let background = &core.background;
    loop {
        let job = {
            let mut queue = background.queue.lock();
            loop {
                if background.stopping.load(Ordering::Acquire) {
                    return;
                }
                if let Some(job) = queue.jobs.pop_front() {
                    break job;
                }
                queue.idle_count += 1;
                let idle = core.idle_interval().map(|interval| (interval, Job::CompactIdle));
                let reclaim = core.reclaim_interval().map(|interval| (interval, Job::ReclaimDropped));
                let next = idle.into_iter().chain(reclaim).min_by_key(|(interval, _)| *interval);
                let due = match next {
                    Some((interval, job)) => background.work.wait_for(&mut queue, interval).timed_out().then_some(job),
                    None => {
                        background.work.wait(&mut queue);
                        None
                    }
                };
                queue.idle_count -= 1;
                if let Some(job) = due.filter(|_| queue.jobs.is_empty()) {
                    break job;
                }
            }
        };
        run(core, job);
    }
}

fn run(core: &Arc<Core>, job: Job) {
    let _guard = PoisonOnPanic(core);
    let outcome = match job {
        Job::Flush => stripe::flush_largest(core),
        Job::Compact(stripe) => {
            let outcome = compaction::compact(core, stripe, Occasion::Due);
            match outcome {
                Ok(()) => {
                    core.stripes[stripe].compaction_claim.release();
                    // Also when nothing was worth it: something may have become so while the claim was held.
                    core.schedule_compaction(stripe);
                    Ok(true)
                }
                // The claim is kept: what failed once would fail again.
                Err(error) => Err(error),
            }
        }
        Job::ReclaimDropped => {
            core.reclaim_dropped();
            Ok(true)
        }
        Job::CompactIdle => {
            core.compact_when_idle();
            Ok(true)
        }
    };
    match outcome {
        Ok(true) => core.schedule_flush(),
        // What there is to flush is being flushed by others, who look again when they are done.
        Ok(false) => {}
        Err(error) => core.note_background_error(error),
    }
    core.background.note_progress();
}

/// Serves tickets that are awaited, and in relaxed mode the sync that is due a while after a write.
fn run_log(core: &Arc<Core>) {
    let _guard = PoisonOnPanic(core);
    let background = &core.background;
    let interval = match core.options.durability {
        Durability::Relaxed { interval } => Some(interval),
        Durability::Sync | Durability::None => None,
    };
    let mut sync_is_due = false;
    loop {
        let signalled = {
            let mut signal = background.log_signal.lock();
            if !signal.is_due && !background.stopping.load(Ordering::Acquire) {
                match interval.filter(|_| sync_is_due) {
                    Some(interval) => {
                        background.log_work.wait_for(&mut signal, interval);
                    }
                    None => background.log_work.wait(&mut signal),
                }
            }
            std::mem::take(&mut signal.is_due)
        };
        if background.stopping.load(Ordering::Acquire) {
            return;
        }
        if signalled {
            core.lead_log();
        } else if sync_is_due {
            core.sync_log();
        }
        sync_is_due = interval.is_some() && !core.is_log_durable();
        if !sync_is_due {
            background.log_sync_is_expected.store(false, Ordering::SeqCst);
            // A write in between found the mark still set, and asked nobody.
            sync_is_due = interval.is_some() && !core.is_log_durable();
        }
    }
}

/// A panic of a background thread must not leave callers waiting for it.
struct PoisonOnPanic<'a>(&'a Core);

impl Drop for PoisonOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.poison(&Error::Unsupported { what: "going on after a panic in a background thread" });
        }
    }
}
