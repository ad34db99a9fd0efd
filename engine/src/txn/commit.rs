//! The order of commits: one place hands out seqnos, so the log holds them in order.

use std::collections::VecDeque;
use std::time::Duration;

use super::publication::Woken;
use crate::batch::{BATCH_BYTES_MAX, KEY_BYTES_MAX, Mutation, SealedBatch};
use crate::core::Core;
use crate::manifest::{Edit, State};
use crate::planted::{Bug, is_planted};
use crate::sync::atomic::Ordering;
use crate::sync::{Condvar, Mutex};
use crate::wal::PendingRecord;
use crate::{Error, WriteBatch};

/// Into how many granules the retention window is split: so many commit times are kept, at most.
const GRANULE_COUNT: u64 = 1 << 18;

/// Whoever leads the log waits for others no longer than this share of what a sync takes,
const GATHERING_SHARE: u32 = 2;
/// gives up earlier when nobody came for this share of it,
const GATHERING_GAP_SHARE: u32 = 8;
/// and not at all when a sync takes so little that waiting takes longer.
const SYNC_WORTH_GATHERING: Duration = Duration::from_micros(60);
/// What a thread needs to be woken and to commit, when there are as many threads as cores.
const GATHERING_GAP_MIN: Duration = Duration::from_micros(40);

/// Hands out seqnos and commit times.
pub(crate) struct CommitOrder {
    last: Mutex<Last>,
    /// As many commits are queued as the leader of the log waits for.
    gathered: Condvar,
    retention_millis: u64,
    /// Of the commits within such a span only the last one's time is kept.
    granule_millis: u64,
    /// What the manifest said when the engine was opened: where the history begins, and how far the times reach.
    history_start: u64,
    known_through: u64,
}

struct Last {
    /// Ascending seqnos, each with a time by which it and all before it were made: the last commit, and before it the last
    /// one of each granule. Nothing follows from how long a granule was when they were noted, so it may be another one now.
    times: VecDeque<(u64, u64)>,
    /// Commits that are not in the log yet, in order.
    pending: Vec<PendingRecord>,
    /// The commits of the last group and those that came while it was written: as many callers are out there.
    caller_count: usize,
    /// How many commits the leader of the log waits for; `None` when it doesn't.
    gathering: Option<usize>,
}

impl Last {
    /// The last commit, and a time by which it was made.
    fn commit(&self) -> (u64, u64) {
        self.times.back().copied().unwrap_or_default()
    }
}

impl CommitOrder {
    /// Continues after what the manifest knows.
    pub(crate) fn new(known: &State, retention: Duration) -> Self {
        let retention_millis = retention.as_millis() as u64;
        let order = CommitOrder {
            last: Mutex::new(Last { times: VecDeque::new(), pending: Vec::new(), caller_count: 0, gathering: None }),
            gathered: Condvar::new(),
            retention_millis,
            granule_millis: (retention_millis / GRANULE_COUNT).max(1),
            history_start: known.history_start,
            known_through: known.timed_through,
        };
        known.commit_times.iter().for_each(|(&seqno, &millis)| order.note_recovered(seqno, millis));
        order.note_recovered(known.timed_through, known.timed_millis);
        order
    }

    /// Notes a commit that was made before the engine was opened.
    pub(crate) fn note_recovered(&self, seqno: u64, millis: u64) {
        self.note(&mut self.last.lock(), seqno, millis);
    }

    fn note(&self, last: &mut Last, seqno: u64, millis: u64) {
        if let Some(before) = last.times.back_mut() {
            if seqno <= before.0 {
                return;
            }
            // The manifest may know it by the time of a later one of its granule.
            before.1 = before.1.min(millis);
            let is_same_granule = before.1 / self.granule_millis == millis / self.granule_millis;
            if is_same_granule && !self.is_kept(before.0) {
                *before = (seqno, millis);
                return;
            }
        }
        last.times.push_back((seqno, millis));
        let oldest = millis.saturating_sub(self.retention_millis);
        // The last one before the window says what was there when it began.
        while last.times.get(1).is_some_and(|(_, second)| *second <= oldest) {
            last.times.pop_front();
        }
    }

    /// Whether the time of a commit is kept whatever follows it. That of the start of the history is, because readers may
    /// stand there, however short the granules were by which it was found; and those in the manifest are, because others
    /// between them may have been given up for a window that was shorter.
    fn is_kept(&self, seqno: u64) -> bool {
        seqno <= self.known_through || seqno == self.history_start
    }

    /// The newest commit that was made at a time or before, as precisely as times are kept: those of a granule may be missing,
    /// but it is never a later one. `None` before the first time that is kept.
    pub(crate) fn seqno_at(&self, millis: u64) -> Option<u64> {
        let last = self.last.lock();
        let after = last.times.partition_point(|(_, made)| *made <= millis);
        Some(last.times[after.checked_sub(1)?].0)
    }

    /// What the manifest, which knows the times up to `known`, does not say yet of the commits up to another one.
    pub(crate) fn times_through(&self, known: Option<u64>, through: u64) -> Vec<Edit> {
        let last = self.last.lock();
        let end = last.times.partition_point(|(seqno, _)| *seqno < through);
        let start = known.map_or(0, |known| last.times.partition_point(|(seqno, _)| *seqno <= known)).min(end);
        let times = last.times.range(start..end).map(|&(seqno, millis)| Edit::CommitTime { seqno, millis });
        let by = last.times.get(end).map(|&(_, millis)| Edit::TimedThrough { seqno: through, millis });
        times.chain(by).collect()
    }

    /// The last seqno that was handed out.
    pub(crate) fn last_seqno(&self) -> u64 {
        self.last.lock().commit().0
    }

    /// Waits until those who were answered with the last group are back with their next commits, if that takes little
    /// beside a sync. Without this, the first one back would sync alone while all others queue, and every caller would
    /// wait for two syncs instead of one. Only who leads the log may do this.
    pub(crate) fn gather(&self, sync_cost: Duration) {
        if sync_cost < SYNC_WORTH_GATHERING {
            return;
        }
        let gap = (sync_cost / GATHERING_GAP_SHARE).max(GATHERING_GAP_MIN);
        let mut patience = sync_cost / GATHERING_SHARE;
        let mut last = self.last.lock();
        while last.pending.len() < last.caller_count && !patience.is_zero() {
            let count = last.pending.len();
            last.gathering = Some(last.caller_count);
            let waited = self.gathered.wait_for(&mut last, gap.min(patience));
            if waited.timed_out() && last.pending.len() == count {
                break;
            }
            patience = patience.saturating_sub(if waited.timed_out() { gap } else { Duration::ZERO });
        }
        last.gathering = None;
    }

    /// Takes what has to be written to the log. Only who leads the log may do this.
    pub(crate) fn take_pending(&self) -> Vec<PendingRecord> {
        std::mem::take(&mut self.last.lock().pending)
    }

    /// Notes that a group of so many commits was written. Only who leads the log may do this.
    pub(crate) fn note_group(&self, commit_count: usize) {
        let mut last = self.last.lock();
        last.caller_count = commit_count + last.pending.len();
    }

    /// Whether there is something to be written to the log.
    pub(crate) fn has_pending(&self) -> bool {
        !self.last.lock().pending.is_empty()
    }
}

/// Gives the batch its seqno, queues it for the log and puts its entries into the memtables. Whom that publishes is to be
/// woken without the latches.
pub(crate) fn commit(core: &Core, batch: WriteBatch) -> Result<(u64, Woken), Error> {
    if batch.len_bytes() > BATCH_BYTES_MAX {
        return Err(Error::BatchTooLarge { bytes: batch.len_bytes(), max: BATCH_BYTES_MAX });
    }
    if batch.longest_key_bytes() > KEY_BYTES_MAX {
        return Err(Error::KeyTooLarge { bytes: batch.longest_key_bytes(), max: KEY_BYTES_MAX });
    }
    let (seqno, batch) = order(core, batch)?;
    let unfinished = Unfinished { core, seqno };
    if is_planted(Bug::SealedThroughUninserted) {
        // So that a scheduler comes by with the commit between its seqno and its insertion.
        crate::sync::thread::yield_now();
    }
    insert(core, seqno, &batch);
    std::mem::forget(unfinished);
    Ok((seqno, core.publication.mark_inserted(seqno)))
}

fn order(core: &Core, mut batch: WriteBatch) -> Result<(u64, SealedBatch), Error> {
    batch.settle();
    let commits = &core.commit_order;
    loop {
        let mut last = commits.last.lock();
        core.check_alive()?;
        let (last_seqno, last_millis) = last.commit();
        let seqno = last_seqno + 1;
        if !core.publication.has_room_for(seqno) {
            drop(last);
            crate::sync::thread::yield_now();
            continue;
        }
        // The clock of the machine may be set back; the order of commits may not.
        let millis = last_millis.max(core.options.clock.now_millis());
        commits.note(&mut last, seqno, millis);
        batch.stamp(seqno);
        let batch = batch.seal();
        if core.wal.is_some() {
            last.pending.push(PendingRecord { seqno, millis, payload: batch.encoded().clone() });
            if last.gathering.is_some_and(|wanted| last.pending.len() >= wanted) {
                commits.gathered.notify_one();
            }
        }
        return Ok((seqno, batch));
    }
}

fn insert(core: &Core, seqno: u64, batch: &SealedBatch) {
    let mut bytes = 0;
    for (index, mutation) in batch.mutations().enumerate() {
        if index > 0 && is_planted(Bug::HalfOfTheBatchInserted) {
            break;
        }
        match mutation {
            Mutation::Entry { stripe, kind, entry, key_len } => {
                let inserted = core.stripes[stripe].insert(seqno, kind, entry, key_len);
                bytes += inserted.bytes;
                if inserted.memtable_bytes >= core.options.stripe_memtable_bytes_max {
                    core.flush_is_urgent.store(true, Ordering::Relaxed);
                }
            }
            Mutation::DropSpace(space) => core.dropped_spaces.add(space, seqno),
        }
    }
    core.memtable_bytes.fetch_add(bytes, Ordering::Relaxed);
}

/// Notices that a commit panicked between taking its seqno and being inserted: nothing after it may ever be published.
struct Unfinished<'a> {
    core: &'a Core,
    seqno: u64,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        let cause = Error::Unsupported { what: "going on after a panic in a commit" };
        self.core.poison_behind(self.seqno - 1, &cause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONTH: Duration = Duration::from_secs(35 * 86_400);

    #[test]
    fn a_time_in_the_manifest_gives_way_to_earlier_ones_in_the_log() {
        let known = State { commit_times: [(3, 100)].into(), timed_through: 5, timed_millis: 108, ..State::default() };
        let order = CommitOrder::new(&known, Duration::from_secs(1));
        order.note_recovered(6, 104);
        assert_eq!([99, 100, 103, 104].map(|millis| order.seqno_at(millis)), [None, Some(3), Some(3), Some(6)]);
    }

    #[test]
    fn times_in_the_manifest_are_kept_in_longer_granules_too() {
        let commit_times = [(3, 1_000), (9, 6_000)].into();
        let known = State { commit_times, timed_through: 12, timed_millis: 7_000, ..State::default() };
        let order = CommitOrder::new(&known, MONTH);
        order.note_recovered(13, 8_000);
        let found = [999, 1_000, 5_999, 6_000, 7_000, 8_000].map(|millis| order.seqno_at(millis));
        assert_eq!(found, [None, Some(3), Some(3), Some(9), Some(12), Some(13)]);
    }

    #[test]
    fn the_last_commit_of_a_granule_is_known_and_what_was_before_a_window_is_forgotten() {
        let window_millis = 10 * GRANULE_COUNT;
        let order = CommitOrder::new(&State::default(), Duration::from_millis(window_millis));
        (0..3 * window_millis / 4).for_each(|at| order.note_recovered(at + 1, 1_000 + 4 * at));
        assert!(order.last.lock().times.len() as u64 <= GRANULE_COUNT + 2);
        let last_millis = 1_000 + 4 * (3 * window_millis / 4 - 1);
        assert_eq!(order.seqno_at(last_millis - window_millis - 20), None);
        for millis in (last_millis - window_millis..last_millis).step_by(997) {
            let truth = (millis - 1_000) / 4 + 1;
            let found = order.seqno_at(millis).unwrap();
            assert!((truth - 10 / 4 - 1..=truth).contains(&found), "{found} instead of {truth}");
        }
    }
}
