//! The order of commits: one place hands out seqnos, so the log holds them in order.

use std::collections::VecDeque;
use std::time::Duration;

use super::publication::Woken;
use crate::batch::{BATCH_BYTES_MAX, Mutation, SealedBatch};
use crate::core::Core;
use crate::planted::{Bug, is_planted};
use crate::sync::atomic::Ordering;
use crate::sync::{Condvar, Mutex};
use crate::wal::PendingRecord;
use crate::{Error, WriteBatch};

/// How many commit times are kept over the retention window, at most.
const COMMIT_TIMES_MAX: u64 = 1 << 18;

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
    /// Commits that are not further apart than this share a commit time.
    granule_millis: u64,
}

struct Last {
    seqno: u64,
    millis: u64,
    /// Commits that are not in the log yet, in order.
    pending: Vec<PendingRecord>,
    /// The commits of the last group and those that came while it was written: as many callers are out there.
    caller_count: usize,
    /// How many commits the leader of the log waits for; `None` when it doesn't.
    gathering: Option<usize>,
    /// A seqno and its commit time, wherever it is a granule later than the one before.
    times: VecDeque<(u64, u64)>,
}

impl CommitOrder {
    /// Continues after the last commit.
    pub(crate) fn new(seqno: u64, millis: u64, retention: Duration) -> Self {
        let retention_millis = retention.as_millis() as u64;
        CommitOrder {
            last: Mutex::new(Last {
                seqno,
                millis,
                pending: Vec::new(),
                caller_count: 0,
                gathering: None,
                times: VecDeque::new(),
            }),
            gathered: Condvar::new(),
            retention_millis,
            granule_millis: (retention_millis / COMMIT_TIMES_MAX).max(1),
        }
    }

    /// Notes a commit that was made before the engine was opened.
    pub(crate) fn note_recovered(&self, seqno: u64, millis: u64) {
        let mut last = self.last.lock();
        last.seqno = last.seqno.max(seqno);
        last.millis = last.millis.max(millis);
        self.note_time(&mut last, seqno, millis);
    }

    fn note_time(&self, last: &mut Last, seqno: u64, millis: u64) {
        let is_new = last.times.back().is_none_or(|&(noted_seqno, noted_millis)| {
            seqno > noted_seqno && millis >= noted_millis + self.granule_millis
        });
        if is_new {
            last.times.push_back((seqno, millis));
            let oldest = millis.saturating_sub(self.retention_millis);
            // The last one before the window says what was there when it began.
            while last.times.get(1).is_some_and(|(_, second)| *second <= oldest) {
                last.times.pop_front();
            }
        }
    }

    /// The newest commit that was made at a time or before, as precisely as times are kept.
    pub(crate) fn seqno_at(&self, millis: u64) -> Option<u64> {
        let last = self.last.lock();
        if millis >= last.millis {
            return Some(last.seqno);
        }
        let after = last.times.partition_point(|(_, noted)| *noted <= millis);
        let (seqno, noted) = *last.times.get(after.checked_sub(1)?)?;
        match last.times.get(after) {
            // The whole granule had passed.
            Some((next, _)) if millis + 1 >= noted + self.granule_millis => Some(next - 1),
            _ => Some(seqno),
        }
    }

    /// The commit times that were noted after a seqno.
    pub(crate) fn times_after(&self, seqno: u64) -> Vec<(u64, u64)> {
        let last = self.last.lock();
        last.times.iter().filter(|(noted, _)| *noted > seqno).copied().collect()
    }

    /// The last seqno that was handed out.
    pub(crate) fn last_seqno(&self) -> u64 {
        self.last.lock().seqno
    }

    pub(crate) fn last_millis(&self) -> u64 {
        self.last.lock().millis
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
        let seqno = last.seqno + 1;
        if !core.publication.has_room_for(seqno) {
            drop(last);
            crate::sync::thread::yield_now();
            continue;
        }
        last.seqno = seqno;
        // The clock of the machine may be set back; the order of commits may not.
        let millis = last.millis.max(core.options.clock.now_millis());
        last.millis = millis;
        commits.note_time(&mut last, seqno, millis);
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
