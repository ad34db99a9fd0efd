//! One of the 256 independent parts of the engine: its memtables, its SSTs, and the view of them that readers take.

mod flush;
mod view;

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::batch::Kind;
use crate::memtable::{Inserter, Memtable};
use crate::planted::{Bug, is_planted};
use crate::sst::Sst;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, scheduling_point, thread};
pub(crate) use flush::{flush_all, flush_largest, wal_checkpoint};
pub(crate) use view::View;

/// A stripe. Readers take `view` without a lock; whoever changes it holds `writer`.
pub(crate) struct Stripe {
    number: usize,
    view: ArcSwap<View>,
    writer: Mutex<Writer>,
    /// Somebody flushes it, or has it in a queue for that.
    pub(crate) flush_claim: Claim,
    /// Somebody compacts it, or has it in a queue for that.
    pub(crate) compaction_claim: Claim,
}

/// What only one thread at a time may touch.
struct Writer {
    /// The memtable that takes new entries; made with the first one. It is the first in the view.
    active: Option<(Arc<Memtable>, Inserter)>,
}

/// A right that one party at a time has.
#[derive(Default)]
pub(crate) struct Claim(AtomicBool);

impl Claim {
    /// Takes the right, if it is free.
    pub(crate) fn try_take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn release(&self) {
        self.0.store(false, Ordering::Release);
    }
}

/// What an insertion did to the memtable.
pub(crate) struct Inserted {
    /// How many bytes the entry takes.
    pub(crate) bytes: usize,
    /// How many the active memtable takes now.
    pub(crate) memtable_bytes: usize,
}

impl Stripe {
    pub(crate) fn new(number: usize, view: Arc<View>) -> Self {
        Stripe {
            number,
            view: ArcSwap::new(view),
            writer: Mutex::new(Writer { active: None }),
            flush_claim: Claim::default(),
            compaction_claim: Claim::default(),
        }
    }

    /// The present state, for a read that ends soon.
    pub(crate) fn view(&self) -> arc_swap::Guard<Arc<View>> {
        scheduling_point();
        self.view.load()
    }

    fn set_view(&self, view: View) {
        scheduling_point();
        self.view.store(Arc::new(view));
    }

    /// Adds an entry.
    pub(crate) fn insert(&self, seqno: u64, kind: Kind, entry: &[u8], key_len: usize) -> Inserted {
        let mut writer = self.writer.lock();
        let (memtable, inserter) = writer.active.get_or_insert_with(|| {
            let memtable = Arc::new(Memtable::new());
            let view = self.view.load();
            self.set_view(view.with_memtable(&memtable));
            (memtable, Inserter::new(self.number))
        });
        let bytes = memtable.insert(inserter, seqno, kind, entry, key_len);
        Inserted { bytes, memtable_bytes: memtable.bytes() }
    }

    /// Makes the active memtable take no more entries. `inserted` is asked while no insertion into this stripe is under
    /// way: commits up to what it returns have all their entries in, so later entries of the stripe have greater seqnos.
    fn seal(&self, inserted: impl FnOnce() -> u64) {
        let mut writer = self.writer.lock();
        if let Some((memtable, _)) = writer.active.take() {
            memtable.mark_complete_through(inserted());
        }
    }

    /// The memtables that take no more entries, newest first.
    fn sealed(&self) -> Vec<Arc<Memtable>> {
        let writer = self.writer.lock();
        let active_count = usize::from(writer.active.is_some());
        self.view.load().memtables[active_count..].to_vec()
    }

    /// Replaces flushed memtables by what they were flushed to.
    fn install_flushed(&self, flushed: &[Arc<Memtable>], sst: Option<Arc<Sst>>) {
        let _writer = (!is_planted(Bug::ViewChangedWithoutLock)).then(|| self.writer.lock());
        let view = self.view.load();
        if is_planted(Bug::ViewChangedWithoutLock) {
            thread::yield_now();
        }
        self.set_view(view.with_flushed(flushed, sst));
    }

    /// Replaces compacted SSTs by what they were compacted to.
    pub(crate) fn install_compacted(&self, inputs: &[Arc<Sst>], output: Option<Arc<Sst>>) {
        let _writer = self.writer.lock();
        let view = self.view.load();
        self.set_view(view.with_compacted(inputs, output));
    }
}
