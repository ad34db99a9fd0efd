//! The order of commits: one place hands out seqnos, so the WAL holds them in order.

use parking_lot::Mutex;

use crate::batch::{BATCH_BYTES_MAX, Mutation, SealedBatch};
use crate::engine::Core;
use crate::{Error, WriteBatch};

/// Hands out seqnos and commit times.
pub(crate) struct CommitOrder(Mutex<Last>);

struct Last {
    seqno: u64,
    millis: u64,
}

impl CommitOrder {
    /// Continues after the last commit.
    pub(crate) fn new(seqno: u64, millis: u64) -> Self {
        CommitOrder(Mutex::new(Last { seqno, millis }))
    }

    /// The newest commit that was made at a time or before.
    pub(crate) fn seqno_at(&self, millis: u64) -> Option<u64> {
        let last = self.0.lock();
        (millis >= last.millis).then_some(last.seqno)
    }

    /// The last seqno that was handed out.
    pub(crate) fn last_seqno(&self) -> u64 {
        self.0.lock().seqno
    }
}

/// Gives the batch its seqno, queues it for the WAL and puts its entries into the memtables.
pub(crate) fn commit(core: &Core, batch: WriteBatch) -> Result<u64, Error> {
    if batch.len_bytes() > BATCH_BYTES_MAX {
        return Err(Error::BatchTooLarge {
            bytes: batch.len_bytes(),
            max: BATCH_BYTES_MAX,
        });
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
    loop {
        let mut last = core.commit_order.0.lock();
        if let Some(cause) = core.publication.failure() {
            return Err(cause.clone());
        }
        let seqno = last.seqno + 1;
        if !core.publication.has_room_for(seqno) {
            drop(last);
            std::thread::yield_now();
            continue;
        }
        last.seqno = seqno;
        last.millis = last.millis.max(core.options.clock.now_millis());
        batch.stamp(seqno);
        return Ok((seqno, batch.seal()));
    }
}

fn insert(core: &Core, seqno: u64, batch: &SealedBatch) {
    let mut bytes = 0;
    for mutation in batch.mutations() {
        match mutation {
            Mutation::Entry {
                stripe,
                kind,
                entry,
                key_len,
            } => {
                bytes += core.stripes[stripe].insert(seqno, kind, entry, key_len);
            }
            Mutation::DropSpace(space) => core.dropped_spaces.add(space, seqno),
        }
    }
    core.memtable_bytes
        .fetch_add(bytes, std::sync::atomic::Ordering::Relaxed);
}

/// Notices that a commit panicked between taking its seqno and being inserted: nothing after it may ever be published.
struct Unfinished<'a> {
    core: &'a Core,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.core.publication.fail(Error::Closed);
    }
}
