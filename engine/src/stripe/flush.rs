//! Writing memtables to SSTs.

use std::sync::Arc;
use std::time::Duration;

use crate::compaction::{Horizon, Retained};
use crate::core::Core;
use crate::iter::{Cursor, Merge};
use crate::key::STRIPE_COUNT;
use crate::manifest::{Edit, SstMeta};
use crate::memtable::{Memtable, MemtableCursor};
use crate::planted::{Bug, is_planted};
use crate::sst::{self, Sst, SstWriter, WrittenSst};
use crate::sync::atomic::Ordering;
use crate::{Error, Ticket};

/// How many SSTs a flush has open at a time.
const OPEN_FILES_MAX: usize = 32;
/// How long a flush of everything waits at a time for a flush that is under way.
const BUSY_CHECK_INTERVAL: Duration = Duration::from_millis(1);

/// The sealed memtables of a stripe on their way to an SST.
struct Flush {
    stripe: usize,
    /// Newest first.
    memtables: Vec<Arc<Memtable>>,
    sst: Option<Arc<SstMeta>>,
}

/// Flushes the stripes whose memtables are the largest, and those that hold the oldest WAL files back. Returns whether
/// there was anything to do.
pub(crate) fn flush_largest(core: &Arc<Core>) -> Result<bool, Error> {
    // Little at a time: the stripes then differ in how full they are, and those that are flushed are twice as full as the
    // average. Larger SSTs are fewer, and are merged less often.
    let goal = core.options.memtable_budget_bytes() / 8;
    let oldest_seqno = core.wal.as_ref().and_then(|wal| wal.seqno_to_flush(&wal.writer(), core.options.wal_bytes_max));
    let mut sizes: Vec<(usize, usize, bool)> = Vec::new();
    for (number, stripe) in core.stripes.iter().enumerate() {
        let view = stripe.view();
        let bytes = view.memtables.iter().map(|memtable| memtable.bytes()).sum();
        let holds_wal =
            view.memtables.iter().any(|memtable| oldest_seqno.is_some_and(|oldest| memtable.seqno_min() <= oldest));
        if bytes > 0 {
            sizes.push((number, bytes, holds_wal || bytes >= core.options.stripe_memtable_bytes_max));
        }
    }
    sizes.sort_unstable_by_key(|&(number, bytes, must)| (std::cmp::Reverse((must, bytes)), number));
    let mut chosen = Vec::new();
    let mut chosen_bytes = 0;
    let enough = core.memtable_bytes.load(Ordering::Relaxed) <= core.options.flush_from_bytes();
    for (number, bytes, must) in sizes {
        let wanted = must || (!enough && chosen_bytes < goal);
        if wanted && core.stripes[number].flush_claim.try_take() {
            chosen.push(number);
            chosen_bytes += bytes;
        }
    }
    let flushed = flush_claimed(core, &chosen);
    chosen.iter().for_each(|&number| core.stripes[number].flush_claim.release());
    flushed.map(|()| !chosen.is_empty())
}

/// Flushes everything that is in memtables now.
pub(crate) fn flush_all(core: &Arc<Core>) -> Result<(), Error> {
    let mut left: Vec<usize> = (0..STRIPE_COUNT).collect();
    while !left.is_empty() {
        let (claimed, busy): (Vec<usize>, Vec<usize>) =
            left.into_iter().partition(|&number| core.stripes[number].flush_claim.try_take());
        let flushed = flush_claimed(core, &claimed);
        claimed.iter().for_each(|&number| core.stripes[number].flush_claim.release());
        flushed?;
        if claimed.is_empty() {
            // What another thread flushes may have been sealed before this call; it has to be looked at again.
            core.check_alive()?;
            core.background.wait_for_progress(BUSY_CHECK_INTERVAL);
        }
        left = busy;
    }
    record_without_log(core)
}

/// Without a log, what is in no SST has to be in the manifest: drops, and which seqnos were used.
fn record_without_log(core: &Arc<Core>) -> Result<(), Error> {
    if core.wal.is_some() || core.publication.published() == core.manifest.lock().state().timed_through {
        return Ok(());
    }
    let edits = core.checkpoint_edits(wal_checkpoint(core, |_| false), 0);
    let recorded = core.manifest.lock().commit(&edits);
    recorded.inspect_err(|error| core.poison(error))
}

fn flush_claimed(core: &Arc<Core>, stripes: &[usize]) -> Result<(), Error> {
    let mut flushes: Vec<Flush> = Vec::new();
    for &number in stripes {
        let stripe = &core.stripes[number];
        stripe.seal(|| match is_planted(Bug::SealedThroughUninserted) {
            true => core.commit_order.last_seqno(),
            false => core.publication.inserted(),
        });
        let memtables = stripe.sealed();
        if !memtables.is_empty() {
            flushes.push(Flush { stripe: number, memtables, sst: None });
        }
    }
    let memtables = flushes.iter().flat_map(|flush| &flush.memtables);
    let Some(last) = memtables.map(|memtable| memtable.seqno_max()).max() else { return Ok(()) };
    // An SST must not hold what a crash could take out of the log: that would be half a transaction.
    Ticket::new(core, last).wait()?;
    let horizon = core.horizon();
    write_ssts(core, &mut flushes, &horizon)
        .and_then(|()| record(core, &flushes, last, &horizon))
        .inspect_err(|error| core.poison(error))?;
    install(core, &flushes);
    if let Some(wal) = &core.wal {
        let first_needed = core.manifest.lock().state().wal_first_file;
        wal.truncate(first_needed).inspect_err(|error| core.poison(error))?;
    }
    Ok(())
}

fn write_ssts(core: &Core, flushes: &mut [Flush], horizon: &Horizon) -> Result<(), Error> {
    for flushes in flushes.chunks_mut(OPEN_FILES_MAX) {
        let written: Vec<Option<WrittenSst>> =
            flushes.iter().map(|flush| write_sst(core, flush, horizon)).collect::<Result<_, _>>()?;
        // After several are written, so that the disk has more than one to write at a time.
        for (flush, written) in flushes.iter_mut().zip(written) {
            flush.sst = written.map(WrittenSst::sync).transpose()?;
        }
    }
    if flushes.iter().any(|flush| flush.sst.is_some()) && !is_planted(Bug::SstNamedBeforeDurable) {
        core.folder.sync()?;
    }
    Ok(())
}

/// Writes the memtables of a stripe to an SST; none is left when nothing has to be kept.
fn write_sst(core: &Core, flush: &Flush, horizon: &Horizon) -> Result<Option<WrittenSst>, Error> {
    let id = core.manifest.lock().next_file_id();
    let base = flush.memtables.iter().map(|memtable| memtable.seqno_min()).min().unwrap_or(0);
    let cursors = flush.memtables.iter().map(|memtable| Cursor::Memtable(MemtableCursor::new(Arc::clone(memtable))));
    // Nothing older than the first SST of a stripe is left for its tombstones to hide.
    let is_oldest = core.stripes[flush.stripe].view().ssts.is_empty();
    let compression = core.options.compression_of(is_oldest);
    let is_oldest = is_oldest || is_planted(Bug::TombstonesDroppedTooEarly);
    let mut retained = Retained::new(Merge::new(cursors.collect()), horizon, &core.dropped_spaces, is_oldest)?;
    let mut writer = None;
    while let Some(entry) = retained.next()? {
        let writer = match &mut writer {
            Some(writer) => writer,
            None => writer.insert(SstWriter::create(&core.folder, flush.stripe, id, id, base, compression)?),
        };
        writer.add(entry)?;
    }
    writer.map(SstWriter::finish).transpose()
}

fn record(core: &Core, flushes: &[Flush], last: u64, horizon: &Horizon) -> Result<(), Error> {
    let mut edits: Vec<Edit> = flushes.iter().filter_map(|flush| flush.sst.clone()).map(Edit::SstAdded).collect();
    // When the memtables were sealed, commits may have been inserted that a crash takes back, and then others get their
    // seqnos.
    let published = if is_planted(Bug::FlushedThroughUnpublished) { u64::MAX } else { core.publication.published() };
    for flush in flushes {
        let through = flush.memtables.iter().map(|memtable| memtable.complete_through()).max().unwrap_or(0);
        edits.push(Edit::StripeFlushed { stripe: flush.stripe, through: through.min(published) });
    }
    let flushed: Vec<&Arc<Memtable>> = flushes.iter().flat_map(|flush| &flush.memtables).collect();
    let checkpoint = wal_checkpoint(core, |memtable| flushed.iter().any(|flushed| Arc::ptr_eq(flushed, memtable)));
    edits.extend(core.checkpoint_edits(checkpoint, last));
    edits.push(Edit::HistoryStart(horizon.start()));
    core.make_published_durable()?;
    core.manifest.lock().commit(&edits)?;
    if is_planted(Bug::SstNamedBeforeDurable) {
        for meta in flushes.iter().filter_map(|flush| flush.sst.as_ref()) {
            core.folder.open(&sst::file_name(meta.stripe, meta.id))?.sync()?;
        }
        core.folder.sync()?;
    }
    Ok(())
}

/// The greatest seqno up to which everything is in SSTs, once the memtables that `is_flushed` names are.
pub(crate) fn wal_checkpoint(core: &Core, is_flushed: impl Fn(&Arc<Memtable>) -> bool) -> u64 {
    // Read first: what is published is in memtables, where the loop below sees it.
    let published = core.publication.published();
    let views = core.stripes.iter().map(|stripe| stripe.view());
    let oldest = views.filter_map(|view| {
        view.memtables.iter().filter(|memtable| !is_flushed(memtable)).map(|memtable| memtable.seqno_min()).min()
    });
    if is_planted(Bug::OtherStripesForgottenAtTruncation) {
        return published;
    }
    published.min(oldest.min().map_or(u64::MAX, |oldest| oldest - 1))
}

fn install(core: &Arc<Core>, flushes: &[Flush]) {
    for flush in flushes {
        let sst = flush.sst.as_ref().map(|meta| Arc::new(Sst::new(Arc::clone(meta), Arc::clone(&core.sst_shared))));
        core.stripes[flush.stripe].install_flushed(&flush.memtables, sst);
        let bytes = flush.memtables.iter().map(|memtable| memtable.bytes()).sum();
        core.memtable_bytes.fetch_sub(bytes, Ordering::Relaxed);
        core.background.note_progress();
        core.schedule_compaction(flush.stripe);
    }
}
