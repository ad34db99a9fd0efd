//! Read, decide, write, while nobody else decides on the same keys.

use std::sync::Arc;

use smallvec::SmallVec;

use super::latch::HeldLatches;
use super::{LatchSet, commit};
use crate::batch::Kind;
use crate::core::Core;
use crate::key::EncodedKey;
use crate::planted::{Bug, is_planted};
use crate::{Error, Key, SeqNo, Ticket, Value, WriteBatch};

/// Latches the stripes of the keys, shows `decide` their newest versions and commits what it put into the batch.
pub(crate) fn transact<R>(
    core: &Arc<Core>,
    keys: &[Key<'_>],
    mut decide: impl FnMut(&[Option<Value>], &mut WriteBatch) -> R,
) -> Result<(R, Ticket), Error> {
    core.check_writable()?;
    core.throttle()?;
    let mut latch_set = LatchSet::default();
    let encoded: SmallVec<[EncodedKey; 2]> = keys.iter().map(|&key| EncodedKey::new(key)).collect();
    encoded.iter().for_each(|key| latch_set.add(key.stripe));
    if keys.is_empty() {
        // Closing and `barrier` notice transactions by their latches.
        latch_set.add(0);
    }

    let mut latches = core.latches.acquire(&latch_set);
    let mut seen = 0;
    let mut values: SmallVec<[Option<Value>; 2]> = SmallVec::with_capacity(keys.len());
    for (key, encoded) in keys.iter().zip(&encoded) {
        values.push(read_newest(core, key, encoded, &mut seen)?);
    }
    if is_planted(Bug::LatchesReleasedTooEarly) {
        latches.clear();
    }
    // Closing sets the mark and then waits for every latch, so whoever gets past this is waited for.
    core.check_writable()?;
    let mut batch = WriteBatch::default();
    let answer = decide(&values, &mut batch);
    if batch.is_empty() {
        drop(latches);
        let seen = if is_planted(Bug::EmptyAnswerNotWaitedFor) { 0 } else { seen };
        return Ok((answer, Ticket::new(core, seen)));
    }
    let seqno = commit_latched(core, batch, latches)?;
    Ok((answer, Ticket::new(core, seqno)))
}

/// Commits a batch without a look at what its keys hold. It takes their latches nevertheless: two transactions that write
/// one key hold a common one.
pub(crate) fn write(core: &Arc<Core>, batch: WriteBatch) -> Result<Ticket, Error> {
    core.check_writable()?;
    core.throttle()?;
    if batch.is_empty() {
        return Ok(Ticket::new(core, 0));
    }
    let mut latch_set = LatchSet::default();
    batch.stripes().for_each(|stripe| latch_set.add(stripe));
    let latches = core.latches.acquire(&latch_set);
    core.check_writable()?;
    let seqno = commit_latched(core, batch, latches)?;
    Ok(Ticket::new(core, seqno))
}

fn commit_latched(core: &Arc<Core>, batch: WriteBatch, latches: HeldLatches<'_>) -> Result<u64, Error> {
    let published = core.publication.published();
    let (seqno, woken) = commit(core, batch)?;
    // The fsync is not waited for: others may decide on these versions now, and their commits become durable after this one.
    drop(latches);
    drop(woken);
    core.schedule_flush();
    core.reclaim_drops_published_since(published);
    if core.background.is_inline()
        && let Ok(_visit) = core.visits.begin()
    {
        core.background.run_inline(core);
    }
    Ok(seqno)
}

/// The newest version, durable or not. Raises `seen` to the commit that the answer depends on, a deletion included: an
/// answer must not be given before that commit is durable.
fn read_newest(core: &Core, key: &Key<'_>, encoded: &EncodedKey, seen: &mut u64) -> Result<Option<Value>, Error> {
    if let Some(dropped) = core.dropped_spaces.seqno_of(key.space) {
        *seen = dropped.max(*seen);
        return Ok(None);
    }
    let Some(version) = core.stripes[encoded.stripe].view().get(&encoded.bytes, u64::MAX)? else {
        return Ok(None);
    };
    *seen = version.seqno.max(*seen);
    Ok((version.kind == Kind::Put).then(|| Value::new(version.value, SeqNo(version.seqno))))
}
