//! The order of commits: one place hands out seqnos, so the log holds them in order.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::Duration;

use parking_lot::Mutex;

use crate::batch::{BATCH_BYTES_MAX, Mutation, SealedBatch};
use crate::core::Core;
use crate::planted::{Bug, is_planted};
use crate::wal::PendingRecord;
use crate::{Error, WriteBatch};

/// How many commit times are kept over the retention window, at most.
const COMMIT_TIMES_MAX: u64 = 1 << 18;

/// Hands out seqnos and commit times.
pub(crate) struct CommitOrder {
    last: Mutex<Last>,
    retention_millis: u64,
    /// Commits that are not further apart than this share a commit time.
    granule_millis: u64,
}

struct Last {
    seqno: u64,
    millis: u64,
    /// Commits that are not in the log yet, in order.
    pending: Vec<PendingRecord>,
    /// A seqno and its commit time, wherever it is a granule later than the one before.
    times: VecDeque<(u64, u64)>,
}

impl CommitOrder {
    /// Continues after the last commit.
    pub(crate) fn new(seqno: u64, millis: u64, retention: Duration) -> Self {
        let retention_millis = retention.as_millis() as u64;
        CommitOrder {
            last: Mutex::new(Last { seqno, millis, pending: Vec::new(), times: VecDeque::new() }),
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

    /// Takes what has to be written to the log. Only who leads the log may do this.
    pub(crate) fn take_pending(&self) -> Vec<PendingRecord> {
        std::mem::take(&mut self.last.lock().pending)
    }

    /// Whether there is something to be written to the log.
    pub(crate) fn has_pending(&self) -> bool {
        !self.last.lock().pending.is_empty()
    }
}

/// Gives the batch its seqno, queues it for the log and puts its entries into the memtables.
pub(crate) fn commit(core: &Core, batch: WriteBatch) -> Result<u64, Error> {
    if batch.len_bytes() > BATCH_BYTES_MAX {
        return Err(Error::BatchTooLarge { bytes: batch.len_bytes(), max: BATCH_BYTES_MAX });
    }
    let (seqno, batch) = order(core, batch)?;
    let unfinished = Unfinished { core };
    insert(core, seqno, &batch);
    std::mem::forget(unfinished);
    core.publication.mark_inserted(seqno);
    Ok(seqno)
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
            std::thread::yield_now();
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
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.core.poison(&Error::Unsupported { what: "going on after a panic in a commit" });
    }
}
