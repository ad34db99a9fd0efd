//! What all handles, snapshots, scans, tickets and background threads share.

use std::sync::Arc;
use std::time::Duration;

use crate::background::{Background, Job};
use crate::batch::Kind;
use crate::compaction::{self, Horizon, Occasion};
use crate::io::{DiskLock, Folder};
use crate::key::EncodedKey;
use crate::manifest::{Edit, Manifest};
use crate::planted::{Bug, is_planted};
use crate::sst::SstShared;
use crate::stripe::{self, Stripe, View};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use crate::sync::thread::yield_now;
use crate::txn::{CommitOrder, DroppedSpaces, Latches, LeadQueue, Publication, SnapshotRegistry};
use crate::visits::Visits;
use crate::wal::{Lead, Wal};
use crate::{Durability, Error, Health, Key, Metrics, Options, SeqNo, Ticket, Value};

/// A clean stop flushes memtables that are larger than this; the next start replays smaller ones from the log faster than
/// it would open their SSTs.
const CLOSE_FLUSH_BYTES: usize = 4 << 20;
/// The longest that a writer is held up at a time before the budget is used up.
const SLOW_DOWN_MAX: Duration = Duration::from_millis(1);
const STALL_CHECK_INTERVAL: Duration = Duration::from_millis(10);
/// How long nothing is to be done in the background before SSTs are merged that could wait.
const IDLE_INTERVAL: Duration = Duration::from_millis(500);
/// How often an idle engine looks whether the retention window has left a drop behind: a share of the window, within these.
const RECLAIM_INTERVAL_MIN: Duration = Duration::from_millis(10);
const RECLAIM_INTERVAL_MAX: Duration = Duration::from_secs(60);

/// The engine behind its handles.
pub(crate) struct Core {
    pub(crate) options: Options,
    pub(crate) folder: Folder,
    pub(crate) stripes: Box<[Stripe]>,
    pub(crate) latches: Latches,
    pub(crate) commit_order: CommitOrder,
    pub(crate) publication: Publication,
    pub(crate) lead_queue: LeadQueue,
    pub(crate) snapshots: SnapshotRegistry,
    pub(crate) dropped_spaces: DroppedSpaces,
    pub(crate) memtable_bytes: AtomicUsize,
    /// A reader at an earlier commit may miss versions.
    pub(crate) history_start: AtomicU64,
    /// `None` without durability.
    pub(crate) wal: Option<Wal>,
    pub(crate) manifest: Mutex<Manifest>,
    pub(crate) sst_shared: Arc<SstShared>,
    pub(crate) background: Background,
    pub(crate) flush_is_urgent: AtomicBool,
    pub(crate) stall_count: AtomicU64,
    pub(crate) slow_down_nanos: AtomicU64,
    /// SSTs came since an idle engine looked at them last.
    pub(crate) may_compact_when_idle: AtomicBool,
    pub(crate) damage: Mutex<Option<Error>>,
    pub(crate) closed: AtomicBool,
    pub(crate) visits: Visits,
    /// What closing came to; locked by who closes.
    pub(crate) close_outcome: Mutex<Option<Result<(), Error>>>,
    pub(crate) lock: Mutex<Option<Box<dyn DiskLock>>>,
}

impl Core {
    pub(crate) fn read(
        &self,
        view: &View,
        key: Key<'_>,
        encoded: &EncodedKey,
        seqno: u64,
    ) -> Result<Option<Value>, Error> {
        if self.dropped_spaces.is_dropped(key.space, seqno) {
            return Ok(None);
        }
        let version = view.get(&encoded.bytes, seqno)?;
        Ok(version
            .filter(|version| version.kind == Kind::Put)
            .map(|version| Value::new(version.value, SeqNo(version.seqno))))
    }

    /// An error when nothing can be written any more.
    pub(crate) fn check_writable(&self) -> Result<(), Error> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::Closed);
        }
        self.check_alive()
    }

    pub(crate) fn check_alive(&self) -> Result<(), Error> {
        self.publication.failure().map_or(Ok(()), |cause| Err(cause.clone()))
    }

    /// Stops all writing, for good: after a failed write or sync nobody knows what is on disk, and asking again may get a
    /// wrong answer. The next start reads what is there.
    pub(crate) fn poison(&self, cause: &Error) {
        match cause {
            Error::Closed | Error::Poisoned { .. } => {}
            cause => self.publication.fail(poisoned(cause)),
        }
        self.background.note_progress();
    }

    /// The same when what was handed to the log last is not in it.
    fn poison_handed_over(&self, cause: &Error) {
        self.publication.fail_handed_over(poisoned(cause));
        self.background.note_progress();
    }

    /// The same when no commit behind this one can be published.
    pub(crate) fn poison_behind(&self, seqno: u64, cause: &Error) {
        self.publication.fail_behind(seqno, poisoned(cause));
        self.background.note_progress();
    }

    /// Where readers may stand now and later.
    pub(crate) fn horizon(&self) -> Horizon {
        self.snapshots.with_all_pins(|pins| {
            let published = self.publication.published();
            let start = match self.options.retention {
                Duration::ZERO => published,
                retention => {
                    let since = self.options.clock.now_millis().saturating_sub(retention.as_millis() as u64);
                    self.commit_order.seqno_at(since).unwrap_or(0).min(published)
                }
            };
            let start = self.history_start.fetch_max(start, Ordering::SeqCst).max(start);
            if is_planted(Bug::SnapshotsIgnoredByCompaction) {
                return Horizon::new(Vec::new(), start);
            }
            Horizon::new(pins, start)
        })
    }

    /// What a manifest record has to say besides the SSTs: everything up to `checkpoint` is in SSTs, and the log is, or
    /// will be before the record is written, durable up to `last`.
    pub(crate) fn checkpoint_edits(&self, checkpoint: u64, last: u64) -> Vec<Edit> {
        let published = self.publication.published();
        let first_file = self.wal.as_ref().map_or(1, |wal| wal.first_needed(checkpoint));
        let mut edits = vec![Edit::WalCheckpoint { seqno: checkpoint, first_file }];
        if self.wal.is_some() {
            edits.push(Edit::LastCommit(last));
        }
        let manifest = self.manifest.lock();
        let known = manifest.state();
        let dropped = self
            .dropped_spaces
            .all()
            .into_iter()
            .filter(|(space, seqno)| *seqno <= published && !known.dropped_spaces.contains_key(space));
        if !is_planted(Bug::DroppedSpaceNotRecorded) {
            edits.extend(dropped.map(|(space, seqno)| Edit::SpaceDropped { space, seqno }));
        }
        // A log holds the times of what it is needed for. Without one, commits that are not in SSTs will be lost, but not
        // their seqnos: stripes may be flushed through them.
        let through = if self.wal.is_some() { checkpoint } else { published };
        let last_known = known.commit_times.last_key_value().map(|(seqno, _)| *seqno);
        edits.extend(self.commit_order.times_through(last_known, through));
        edits
    }

    /// Has memtables flushed when they or the log take too much.
    pub(crate) fn schedule_flush(self: &Arc<Self>) {
        let is_due = self.memtable_bytes.load(Ordering::Relaxed) > self.options.flush_from_bytes();
        if is_due || self.flush_is_urgent.swap(false, Ordering::Relaxed) {
            self.background.submit(self, Job::Flush);
        }
    }

    /// Has a stripe compacted if that is worth it.
    pub(crate) fn schedule_compaction(self: &Arc<Self>, stripe: usize) {
        let view = self.stripes[stripe].view();
        if view.ssts.is_empty() {
            return;
        }
        self.may_compact_when_idle.store(true, Ordering::Relaxed);
        let runs = compaction::runs_of(self, &view.ssts, self.horizon().oldest_reader());
        let is_worth_it = compaction::choose(&runs, self.options.compaction_trigger).is_some();
        if is_worth_it && self.stripes[stripe].compaction_claim.try_take() {
            self.background.submit(self, Job::Compact(stripe));
        }
    }

    /// Compacts what an engine merges that has nothing else to do, stripe by stripe, until there is something else.
    pub(crate) fn compact_when_idle(self: &Arc<Self>) {
        let oldest_reader = self.horizon().oldest_reader();
        self.may_compact_when_idle.store(false, Ordering::Relaxed);
        for (number, stripe) in self.stripes.iter().enumerate() {
            let runs = compaction::runs_of(self, &stripe.view().ssts, oldest_reader);
            if compaction::choose_when_idle(&runs).is_none() {
                continue;
            }
            if self.check_alive().is_err() {
                return;
            }
            if !self.background.is_idle() {
                // The rest has its turn when there is nothing to do again.
                self.may_compact_when_idle.store(true, Ordering::Relaxed);
                return;
            }
            if stripe.compaction_claim.try_take() {
                match compaction::compact(self, number, Occasion::Idle) {
                    Ok(()) => {
                        stripe.compaction_claim.release();
                        self.schedule_compaction(number);
                    }
                    // The claim is kept: what failed once would fail again.
                    Err(error) => self.note_background_error(error),
                }
            }
        }
    }

    /// After how long an engine that has nothing to do looks whether it could compact.
    pub(crate) fn idle_interval(&self) -> Option<Duration> {
        self.may_compact_when_idle.load(Ordering::Relaxed).then_some(IDLE_INTERVAL)
    }

    /// Has the room of dropped spaces looked for when publication went over a drop since it stood at `before`.
    pub(crate) fn reclaim_drops_published_since(self: &Arc<Self>, before: u64) {
        if self.dropped_spaces.newest_unreclaimed() > before && self.publication.published() > before {
            self.background.submit(self, Job::ReclaimDropped);
        }
    }

    /// Has every stripe compacted where drops left much room that no reader needs any more.
    pub(crate) fn reclaim_dropped(self: &Arc<Self>) {
        if self.dropped_spaces.take_reclaimable(self.horizon().oldest_reader()) {
            (0..self.stripes.len()).for_each(|stripe| self.schedule_compaction(stripe));
        }
    }

    /// After how long drops are to be looked at again, because time alone may end what keeps their room.
    pub(crate) fn reclaim_interval(&self) -> Option<Duration> {
        let waits_for_time = !self.options.retention.is_zero() && self.dropped_spaces.newest_unreclaimed() > 0;
        waits_for_time.then(|| (self.options.retention / 16).clamp(RECLAIM_INTERVAL_MIN, RECLAIM_INTERVAL_MAX))
    }

    /// Whether flushing does not keep pace, so that writers are held up.
    pub(crate) fn delays_writes(&self) -> bool {
        self.memtable_bytes.load(Ordering::Relaxed) >= self.slow_from() && !self.background.is_inline()
    }

    /// From so many bytes of memtables on writers are slowed.
    fn slow_from(&self) -> usize {
        self.options.memtable_budget_bytes() / 8 * 7
    }

    /// Holds a writer up when flushing does not keep pace: a little at first, and at the limit until there is room.
    pub(crate) fn throttle(self: &Arc<Self>) -> Result<(), Error> {
        if !self.delays_writes() {
            return Ok(());
        }
        let (max, slow_from) = (self.options.memtable_budget_bytes(), self.slow_from());
        let used = self.memtable_bytes.load(Ordering::Relaxed).max(slow_from);
        self.stall_count.fetch_add(1, Ordering::Relaxed);
        self.schedule_flush();
        if used < max {
            let share = (used - slow_from) as f64 / (max - slow_from).max(1) as f64;
            self.slow_down(SLOW_DOWN_MAX.mul_f64(share * share));
            return Ok(());
        }
        while self.memtable_bytes.load(Ordering::Relaxed) >= max {
            self.check_writable()?;
            self.schedule_flush();
            self.background.wait_for_progress(STALL_CHECK_INTERVAL);
        }
        Ok(())
    }

    /// Holds a writer up for a while. What is too short to be slept is saved up, for whoever comes when it is enough.
    fn slow_down(&self, delay: Duration) {
        let delay = delay.as_nanos() as u64;
        let saved = self.slow_down_nanos.fetch_add(delay, Ordering::Relaxed) + delay;
        let is_enough = saved >= SLOW_DOWN_MAX.as_nanos() as u64;
        if is_enough && self.slow_down_nanos.compare_exchange(saved, 0, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.options.clock.sleep(Duration::from_nanos(saved));
        }
    }

    /// Takes the lead of the log when it is free, and writes what is queued.
    pub(crate) fn lead_log(self: &Arc<Self>) {
        if let Some(wal) = &self.wal {
            self.write_log(wal, wal.lead());
        }
    }

    /// Takes the lead if nobody has it and something is queued; says whether it did. A commit that is neither durable nor
    /// queued was written by another leader, who is about to publish it.
    pub(crate) fn try_lead_log(self: &Arc<Self>) -> bool {
        let Some(wal) = &self.wal else { return false };
        let Some(lead) = wal.try_lead() else { return false };
        if !self.commit_order.has_pending() {
            if is_planted(Bug::LeadDroppedUnseen) {
                // So that a scheduler comes by while the lead is held for nothing.
                yield_now();
                return false;
            }
            drop(lead);
            // Whoever queued a commit meanwhile found the lead taken.
            self.wake_leader();
            return false;
        }
        self.write_log(wal, lead);
        true
    }

    fn write_log(self: &Arc<Self>, wal: &Wal, lead: Lead<'_>) {
        if !self.background.is_inline() {
            self.commit_order.gather(wal.group_sync_cost());
        }
        let interrupted = InterruptedGroup(self);
        // Given up before the guard when this panics.
        let lead = lead;
        let mut writer = wal.writer();
        let group = self.commit_order.take_pending();
        let is_refused = group.last().is_some_and(|last| !self.publication.hand_over(last.seqno));
        let outcome = if is_refused { Ok(None) } else { wal.write_group(&mut writer, &group) };
        std::mem::forget(interrupted);
        // After a failure nothing makes it durable any more.
        let needs_sync = outcome.is_ok() && !wal.is_durable(&writer);
        let log_is_full = wal.closed_bytes(&writer) > self.options.wal_bytes_max;
        self.commit_order.note_group(group.len());
        // Publication runs the wakers of callers, which may do anything, so the lead is given up first.
        drop(writer);
        drop(lead);
        match outcome {
            Ok(Some(seqno)) => {
                let published = self.publication.published();
                self.publication.mark_durable(seqno);
                self.reclaim_drops_published_since(published);
            }
            Ok(None) => {}
            Err(error) => self.poison_handed_over(&error),
        }
        self.wake_leader();
        if needs_sync {
            self.background.expect_log_sync(self);
        }
        if log_is_full && !self.flush_is_urgent.swap(true, Ordering::Relaxed) {
            self.background.submit(self, Job::Flush);
        }
    }

    /// Comes after the lead was given up: finds one of those who could not take it and have something to write.
    fn wake_leader(&self) {
        if self.commit_order.has_pending() {
            self.lead_queue.wake_one(self.publication.durable());
        }
    }

    /// Comes before the manifest says something that follows from published commits: in relaxed mode a crash could take
    /// those back, and what was dropped on their account would be missed.
    pub(crate) fn make_published_durable(&self) -> Result<(), Error> {
        match (&self.wal, self.options.durability) {
            (Some(wal), Durability::Relaxed { .. }) if !is_planted(Bug::ManifestAheadOfLog) => {
                wal.sync(&mut wal.writer())
            }
            _ => Ok(()),
        }
    }

    /// Makes durable what relaxed mode has only written.
    pub(crate) fn sync_log(&self) {
        let Some(wal) = &self.wal else { return };
        // Ends the statement, and with it the look at the log: poisoning wakes those who wait.
        let synced = wal.sync(&mut wal.writer());
        if let Err(error) = synced {
            self.poison(&error);
        }
    }

    pub(crate) fn is_log_durable(&self) -> bool {
        self.wal.as_ref().is_none_or(|wal| wal.is_durable(&wal.writer()))
    }

    /// Notes damage that background work came across. Damaged files end the work on their stripe, not the engine.
    pub(crate) fn note_background_error(&self, error: Error) {
        if !matches!(error, Error::Closed) {
            self.damage.lock().get_or_insert(error);
        }
    }

    pub(crate) fn metrics(&self) -> Metrics {
        let health = match (self.publication.failure(), self.options.durability) {
            (Some(error), _) => Health::Poisoned(error.clone()),
            (None, Durability::Sync) => Health::Durable,
            (None, Durability::Relaxed { .. }) => Health::Relaxed,
            (None, Durability::None) => Health::Volatile,
        };
        let (mut sst_count, mut sst_bytes, mut sst_count_max) = (0, 0, 0);
        for stripe in &self.stripes {
            let view = stripe.view();
            sst_count += view.ssts.len();
            sst_count_max = sst_count_max.max(view.ssts.len());
            sst_bytes += view.ssts.iter().map(|sst| sst.meta.file_bytes).sum::<u64>();
        }
        Metrics {
            health,
            published: SeqNo(self.publication.published()),
            memtable_bytes: self.memtable_bytes.load(Ordering::Relaxed),
            snapshot_count: self.snapshots.count(),
            sst_count,
            sst_count_max,
            sst_bytes,
            wal_bytes: self.wal.as_ref().map_or(0, Wal::bytes),
            block_cache_bytes: self.sst_shared.blocks.bytes(),
            block_cache_miss_count: self.sst_shared.blocks.miss_count(),
            open_file_count: self.sst_shared.open_files.count(),
            stall_count: self.stall_count.load(Ordering::Relaxed),
            damage: self.damage.lock().clone(),
        }
    }

    /// Stops: nothing new is accepted, what was accepted becomes durable, and the next start finds little to do. Who comes
    /// second waits for the first, and gets the same outcome.
    pub(crate) fn close(self: &Arc<Self>) -> Result<(), Error> {
        let mut known = self.close_outcome.lock();
        if let Some(outcome) = &*known {
            return outcome.clone();
        }
        self.closed.store(true, Ordering::SeqCst);
        self.latches.pass_all();
        self.visits.end();
        let outcome = self.settle();
        self.background.stop();
        if let Some(wal) = &self.wal {
            // After a failure a group may still be on its way to the disk.
            drop(wal.lead());
        }
        let outcome = outcome.and_then(|()| self.write_clean_end());
        *self.lock.lock() = None;
        known.insert(outcome).clone()
    }

    /// Ends what a failed start began: threads, and the lock of the folder.
    pub(crate) fn abandon(&self, cause: &Error) {
        self.closed.store(true, Ordering::SeqCst);
        // A flush may wait for a commit that was replayed in part.
        self.publication.fail_behind(self.publication.published(), poisoned(cause));
        self.background.stop();
        *self.lock.lock() = None;
    }

    fn settle(self: &Arc<Self>) -> Result<(), Error> {
        Ticket::new(self, self.commit_order.last_seqno()).wait()?;
        self.check_alive()?;
        if self.memtable_bytes.load(Ordering::Relaxed) > CLOSE_FLUSH_BYTES && self.wal.is_some() {
            stripe::flush_all(self)?;
        }
        Ok(())
    }

    /// Notes where the log ends, so that the next start knows an end that is damaged from one that was never written, and
    /// leaves it no files to read that hold nothing new.
    fn write_clean_end(&self) -> Result<(), Error> {
        let Some(wal) = &self.wal else { return Ok(()) };
        let last = self.commit_order.last_seqno();
        {
            let mut writer = wal.writer();
            wal.close_active(&mut writer)?;
        }
        let checkpoint = stripe::wal_checkpoint(self, |_| false);
        let is_known = {
            let first_needed = wal.first_needed(checkpoint);
            let manifest = self.manifest.lock();
            manifest.state().last_seqno >= last && manifest.state().wal_first_file >= first_needed
        };
        if is_known {
            return Ok(());
        }
        let edits = self.checkpoint_edits(checkpoint, last);
        let first_needed = {
            let mut manifest = self.manifest.lock();
            manifest.commit(&edits)?;
            manifest.state().wal_first_file
        };
        wal.truncate(first_needed)
    }
}

fn poisoned(cause: &Error) -> Error {
    match cause {
        Error::Poisoned { .. } => cause.clone(),
        cause => Error::Poisoned { cause: Arc::new(cause.clone()) },
    }
}

/// Notices that the thread that leads the log panicked: nobody knows what became of its group.
struct InterruptedGroup<'a>(&'a Core);

impl Drop for InterruptedGroup<'_> {
    fn drop(&mut self) {
        self.0.poison_handed_over(&Error::Unsupported { what: "going on after a panic in the log" });
    }
}
