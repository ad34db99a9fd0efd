//! Opening: the manifest says what there is, the log says what came after.
//!
//! Every step can be interrupted and repeated. Nothing is deleted before the manifest that does not name it is durable.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::background::Background;
use crate::batch::{Mutation, mutations_of};
use crate::cache::{BlockCache, OpenFiles};
use crate::core::Core;
use crate::io::{Disk, DiskLock, Folder};
use crate::key::STRIPE_COUNT;
use crate::manifest::{self, Edit, Manifest, State};
use crate::planted::{Bug, is_planted};
use crate::sst::{self, Sst, SstShared};
use crate::stripe::{self, Stripe, View};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use crate::txn::{CommitOrder, DroppedSpaces, Latches, LeadQueue, Publication, SnapshotRegistry};
use crate::visits::Visits;
use crate::wal::{self, Record, Wal};
use crate::{Durability, Error, Options, checkpoint};

/// The files of a database by kind, ascending.
struct Files {
    manifests: Vec<u64>,
    wals: Vec<u64>,
    ssts: BTreeSet<(usize, u64)>,
}

impl Files {
    fn list(folder: &Folder) -> Result<Files, Error> {
        let names = folder.list()?;
        if names.iter().any(|name| name == checkpoint::UNFINISHED_NAME) {
            let what = "the folder holds a copy of a database that was not finished".to_owned();
            return Err(Error::Corrupt { file: checkpoint::UNFINISHED_NAME.to_owned(), offset: 0, what });
        }
        let mut manifests: Vec<u64> = names.iter().filter_map(|name| manifest::parse_file_name(name)).collect();
        let mut wals: Vec<u64> = names.iter().filter_map(|name| wal::parse_file_name(name)).collect();
        manifests.sort_unstable();
        wals.sort_unstable();
        Ok(Files { manifests, wals, ssts: names.iter().filter_map(|name| sst::parse_file_name(name)).collect() })
    }
}

/// Opens a database, or makes one.
pub(crate) fn open(disk: Arc<dyn Disk>, options: Options) -> Result<Arc<Core>, Error> {
    let folder = Folder::new(disk);
    let lock = folder.lock()?;
    let mut files = Files::list(&folder)?;
    let manifest = open_manifest(&folder, &files, options.manifest_bytes_min)?;
    let kept_wal = remove_obsolete(&folder, &mut files, manifest.state())?;
    let core = Arc::new(build(folder, options, manifest, lock));
    // Memtables that fill up are flushed meanwhile, and that starts threads.
    replay(&core, &files.wals, kept_wal).inspect_err(|error| core.abandon(error))?;
    Ok(core)
}

fn open_manifest(folder: &Folder, files: &Files, rewrite_bytes_min: u64) -> Result<Manifest, Error> {
    let loaded = manifest::load(folder, &files.manifests, rewrite_bytes_min)?;
    let Some(loaded) = loaded else {
        if !files.ssts.is_empty() || !files.wals.is_empty() {
            let file = files.manifests.last().map_or("the manifest".to_owned(), |&id| manifest::file_name(id));
            let what = "there is no whole manifest, but there are files of a database".to_owned();
            return Err(Error::Corrupt { file, offset: 0, what });
        }
        // What an interrupted first start left is replaced. It is nothing else.
        manifest::check_never_used(folder, &files.manifests)?;
        let last_id = files.manifests.last().copied().unwrap_or(0);
        let manifest = Manifest::create(folder, last_id, State::default(), rewrite_bytes_min)?;
        for &id in &files.manifests {
            folder.remove(&manifest::file_name(id))?;
        }
        return Ok(manifest);
    };
    for meta in loaded.state().ssts.values() {
        if !files.ssts.contains(&(meta.stripe, meta.id)) {
            return Err(loaded.error_of_missing(&sst::file_name(meta.stripe, meta.id)));
        }
    }
    // The newest file of the log is never deleted, so one that is missing was deleted by an edit.
    let first_needed = loaded.state().wal_first_file;
    let is_missing = |id| files.wals.last().is_some_and(|last| *last >= id) && !files.wals.contains(&id);
    if loaded.is_torn() && is_missing(first_needed) {
        return Err(loaded.error_of_missing(&wal::file_name(first_needed)));
    }
    loaded.adopt()
}

/// Deletes what the manifest does not name: the results of interrupted flushes and compactions, and the inputs of
/// finished ones. Returns the newest file of the log that is not needed: it is kept until a later one is there for good,
/// which the creation of the next one may not be yet.
fn remove_obsolete(folder: &Folder, files: &mut Files, state: &State) -> Result<Option<u64>, Error> {
    for &(stripe, id) in &files.ssts {
        if !state.ssts.contains_key(&id) {
            folder.remove(&sst::file_name(stripe, id))?;
        }
    }
    let needed = files.wals.split_off(files.wals.partition_point(|id| *id < state.wal_first_file));
    let mut obsolete = std::mem::replace(&mut files.wals, needed);
    let kept = obsolete.pop();
    for id in obsolete {
        folder.remove(&wal::file_name(id))?;
    }
    Ok(kept)
}

fn build(folder: Folder, options: Options, manifest: Manifest, lock: Box<dyn DiskLock>) -> Core {
    let state = manifest.state();
    let sst_shared = Arc::new(SstShared {
        folder: folder.clone(),
        blocks: BlockCache::new(options.block_cache_bytes),
        open_files: OpenFiles::new(options.open_files_max.min(folder.open_files_max())),
    });
    let dropped_spaces = DroppedSpaces::new();
    state.dropped_spaces.iter().for_each(|(&space, &seqno)| dropped_spaces.add(space, seqno));
    let commit_order = CommitOrder::new(state, options.retention);
    let wal = (options.durability != Durability::None).then(|| {
        let clock = Arc::clone(&options.clock);
        Wal::new(folder.clone(), clock, options.durability, options.wal_file_bytes, state.wal_first_file)
    });
    Core {
        stripes: stripes(state, &sst_shared),
        latches: Latches::new(),
        // What comes after is not there before the log was replayed; a flush meanwhile must not count on it.
        publication: Publication::new(state.wal_checkpoint, wal.is_some()),
        commit_order,
        lead_queue: LeadQueue::default(),
        snapshots: SnapshotRegistry::new(),
        dropped_spaces,
        memtable_bytes: AtomicUsize::new(0),
        history_start: AtomicU64::new(state.history_start),
        wal,
        sst_shared,
        background: Background::new(options.background_threads),
        flush_is_urgent: AtomicBool::new(false),
        stall_count: AtomicU64::new(0),
        slow_down_nanos: AtomicU64::new(0),
        may_compact_when_idle: AtomicBool::new(true),
        damage: Mutex::new(None),
        closed: AtomicBool::new(false),
        visits: Visits::new(),
        close_outcome: Mutex::new(None),
        lock: Mutex::new(Some(lock)),
        manifest: Mutex::new(manifest),
        folder,
        options,
    }
}

fn stripes(state: &State, shared: &Arc<SstShared>) -> Box<[Stripe]> {
    let mut views: Vec<View> = (0..STRIPE_COUNT).map(|_| View::default()).collect();
    for meta in state.ssts.values() {
        views[meta.stripe].ssts.push(Arc::new(Sst::new(Arc::clone(meta), Arc::clone(shared))));
    }
    let empty = Arc::new(View::default());
    let with_number = views.into_iter().enumerate();
    with_number
        .map(|(number, mut view)| {
            view.ssts.sort_by_key(|sst| std::cmp::Reverse(sst.meta.rank));
            let view = if view.ssts.is_empty() { Arc::clone(&empty) } else { Arc::new(view) };
            Stripe::new(number, view)
        })
        .collect()
}

/// Puts what is in the log and not in SSTs back into memtables.
fn replay(core: &Arc<Core>, wal_ids: &[u64], kept_wal: Option<u64>) -> Result<(), Error> {
    let (flushed_through, checkpoint, durable, timed_through) = {
        let manifest = core.manifest.lock();
        let state = manifest.state();
        (state.flushed_through.clone(), state.wal_checkpoint, state.last_seqno, state.timed_through)
    };
    let recovered = wal::recover(&core.folder, wal_ids, checkpoint + 1, |record| {
        replay_record(core, &record, &flushed_through)?;
        core.commit_order.note_recovered(record.seqno, record.millis);
        core.publication.recover_to(record.seqno);
        if core.memtable_bytes.load(Ordering::Relaxed) > core.options.flush_from_bytes() {
            stripe::flush_largest(core)?;
        }
        Ok(())
    })?;
    let log_end = recovered.last_seqno.max(checkpoint);
    if log_end < durable {
        let file = wal_ids.last().map_or("the WAL".to_owned(), |&id| wal::file_name(id));
        let what = format!("the log ends at commit {log_end}, but commit {durable} was durable");
        return Err(Error::Corrupt { file, offset: 0, what });
    }
    core.publication.recover_to(log_end.max(timed_through));
    forget_spaces(core)?;
    match &core.wal {
        Some(wal) => {
            wal.adopt(&recovered, kept_wal, checkpoint)?;
            if recovered.files.is_empty() && timed_through > checkpoint {
                // What was written without a log leaves a gap before the next record.
                let edit = Edit::WalCheckpoint { seqno: timed_through, first_file: 0 };
                core.manifest.lock().commit(&[edit])?;
            }
        }
        None if !recovered.files.is_empty() => leave_log(core, &recovered)?,
        None => {}
    }
    Ok(())
}

fn replay_record(core: &Core, record: &Record<'_>, flushed_through: &[u64; STRIPE_COUNT]) -> Result<(), Error> {
    let mut bytes = 0;
    for mutation in mutations_of(record.payload) {
        match mutation {
            Some(Mutation::Entry { stripe, kind, entry, key_len }) => {
                let late = u64::from(is_planted(Bug::ReplayStartsTooLate) && flushed_through[stripe] > 0);
                if record.seqno > flushed_through[stripe] + late {
                    bytes += core.stripes[stripe].insert(record.seqno, kind, entry, key_len).bytes;
                }
            }
            Some(Mutation::DropSpace(space)) => core.dropped_spaces.add(space, record.seqno),
            None => return Err(record.file.corrupt(record.offset, "the mutations of the WAL record are malformed")),
        }
    }
    core.memtable_bytes.fetch_add(bytes, Ordering::Relaxed);
    Ok(())
}

/// A dropped space of which nothing is left need not be known any more.
fn forget_spaces(core: &Core) -> Result<(), Error> {
    let mut manifest = core.manifest.lock();
    let is_held = |space| core.stripes.iter().any(|stripe| stripe.view().may_hold(space));
    let checkpoint = manifest.state().wal_checkpoint;
    let gone =
        manifest.state().dropped_spaces.iter().filter(|(space, seqno)| **seqno <= checkpoint && !is_held(**space));
    let edits: Vec<Edit> = gone.map(|(&space, _)| Edit::SpaceForgotten(space)).collect();
    if edits.is_empty() { Ok(()) } else { manifest.commit(&edits) }
}

/// Without durability there is no log to write, and the one of earlier runs must not be replayed twice.
fn leave_log(core: &Arc<Core>, recovered: &wal::Recovered) -> Result<(), Error> {
    stripe::flush_all(core)?;
    let last_file = recovered.files.last().map_or(0, |file| file.id);
    let published = core.publication.published();
    // What the log said without entries goes with it, too.
    let mut edits = core.checkpoint_edits(published, published);
    edits.push(Edit::WalCheckpoint { seqno: published, first_file: last_file + 1 });
    core.manifest.lock().commit(&edits)?;
    for file in &recovered.files {
        core.folder.remove(&wal::file_name(file.id))?;
    }
    Ok(())
}
