//! Carrying a compaction out.

use std::sync::Arc;

use super::{Horizon, Retained, Run, choose, choose_when_idle};
use crate::Error;
use crate::core::Core;
use crate::iter::{Cursor, Merge};
use crate::manifest::Edit;
use crate::planted::{Bug, is_planted};
use crate::sst::{self, Purpose, Sst, SstCursor, SstWriter, WrittenSst};
use crate::stripe::wal_checkpoint;

/// After so many entries, a compaction looks whether the engine is being closed.
const ENTRIES_BETWEEN_CHECKS: u64 = 1024;

/// What the strategy needs to know of the SSTs of a stripe.
pub(crate) fn runs_of(core: &Core, ssts: &[Arc<Sst>], oldest_reader: u64) -> Vec<Run> {
    let is_gone = |space| core.dropped_spaces.is_dropped(space, oldest_reader);
    let run = |sst: &Arc<Sst>| {
        let meta = &sst.meta;
        let dropped = meta.spaces.iter().filter(|share| is_gone(share.space));
        // Who stands before the last entry may still see what one of the tombstones hides.
        let all_are_past = meta.seqno_max <= oldest_reader;
        Run {
            bytes: meta.file_bytes,
            entry_count: meta.entry_count,
            idle_tombstone_count: if all_are_past { meta.tombstone_count } else { 0 },
            content_bytes: meta.spaces.iter().map(|share| share.bytes).sum(),
            dropped_bytes: dropped.map(|share| share.bytes).sum(),
        }
    };
    ssts.iter().map(run).collect()
}

/// Why SSTs are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// There may be too many.
    Due,
    /// There is nothing else to do.
    Idle,
}

/// Compacts a stripe once, if there is something worth it. The caller has the stripe's compaction claim.
pub(crate) fn compact(core: &Arc<Core>, stripe: usize, occasion: Occasion) -> Result<(), Error> {
    let ssts = core.stripes[stripe].view().ssts.clone();
    let horizon = core.horizon();
    let runs = runs_of(core, &ssts, horizon.oldest_reader());
    let due = choose(&runs, core.options.compaction_trigger);
    let chosen = due.or_else(|| choose_when_idle(&runs).filter(|_| occasion == Occasion::Idle));
    let Some(chosen) = chosen else { return Ok(()) };
    let is_oldest = chosen.end == ssts.len();
    let inputs = &ssts[chosen];
    let output = merge(core, stripe, inputs, &horizon, is_oldest)?;

    let mut edits: Vec<Edit> = inputs.iter().map(|input| Edit::SstRemoved { id: input.meta.id }).collect();
    if core.wal.is_none() {
        // The commits on whose account versions were dropped are not in a log; their seqnos must not be used again.
        edits.extend(core.checkpoint_edits(wal_checkpoint(core, |_| false), 0));
    }
    edits.push(Edit::HistoryStart(horizon.start()));
    edits.extend(output.as_ref().map(|sst| Edit::SstAdded(Arc::clone(&sst.meta))));
    if is_planted(Bug::FileDeletedBeforeManifest) {
        for input in inputs {
            core.folder.remove(&sst::file_name(stripe, input.meta.id))?;
        }
        core.folder.sync()?;
    }
    core.make_published_durable().inspect_err(|error| core.poison(error))?;
    // The lock ends with the statement: poisoning wakes those who wait.
    let recorded = core.manifest.lock().commit(&edits);
    recorded.inspect_err(|error| core.poison(error))?;
    core.stripes[stripe].install_compacted(inputs, output);
    inputs.iter().for_each(|input| input.mark_obsolete());
    Ok(())
}

/// Merges SSTs into one; none is left when nothing has to be kept.
fn merge(
    core: &Arc<Core>,
    stripe: usize,
    inputs: &[Arc<Sst>],
    horizon: &Horizon,
    is_oldest: bool,
) -> Result<Option<Arc<Sst>>, Error> {
    let base = inputs.iter().map(|input| input.meta.seqno_min).min().unwrap_or(0);
    // The output takes the place of the newest input in the order of ages.
    let rank = inputs.iter().map(|input| input.meta.rank).max().unwrap_or(0);
    let cursor = |input: &Arc<Sst>| Cursor::Sst(Box::new(SstCursor::new(Arc::clone(input), Purpose::Compaction)));
    let mut retained =
        Retained::new(Merge::new(inputs.iter().map(cursor).collect()), horizon, &core.dropped_spaces, is_oldest)?;
    let id = core.manifest.lock().next_file_id();
    let mut writer: Option<SstWriter> = None;
    let compression = core.options.compression_of(is_oldest);
    while let Some(entry) = retained.next()? {
        let writer = match &mut writer {
            Some(writer) => writer,
            None => {
                let made = SstWriter::create(&core.folder, stripe, id, rank, base, compression);
                writer.insert(made.inspect_err(|error| core.poison(error))?)
            }
        };
        writer.add(entry).inspect_err(|error| core.poison(error))?;
        if writer.entry_count().is_multiple_of(ENTRIES_BETWEEN_CHECKS) {
            core.background.check_running()?;
        }
    }
    let Some(writer) = writer else { return Ok(None) };
    let meta = writer
        .finish()
        .and_then(WrittenSst::sync)
        .and_then(|meta| core.folder.sync().map(|()| meta))
        .inspect_err(|error| core.poison(error))?;
    Ok(Some(Arc::new(Sst::new(meta, Arc::clone(&core.sst_shared)))))
}
