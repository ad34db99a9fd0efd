//! One of the 256 independent parts of the engine: its memtables, its SSTs, and the view of them that readers take.

use std::sync::Arc;

use arc_swap::ArcSwap;
use bytes::Bytes;
use parking_lot::Mutex;

use crate::Error;
use crate::batch::Kind;
use crate::iter::Cursor;
use crate::key::SpaceId;
use crate::memtable::{Inserter, Memtable, MemtableCursor, Version};

/// A stripe. Readers take `view` without a lock; whoever changes it holds `writer`.
pub(crate) struct Stripe {
    number: usize,
    view: ArcSwap<View>,
    writer: Mutex<Writer>,
}

/// What only one thread at a time may touch.
struct Writer {
    /// The memtable that takes new entries; made with the first one.
    active: Option<(Arc<Memtable>, Inserter)>,
}

/// What a reader sees of a stripe. It never changes; a change makes a new one.
#[derive(Default)]
pub(crate) struct View {
    /// Newest first: the active one, then sealed ones.
    memtables: Vec<Arc<Memtable>>,
}

impl Stripe {
    pub(crate) fn new(number: usize, empty: &Arc<View>) -> Self {
        Stripe {
            number,
            view: ArcSwap::new(Arc::clone(empty)),
            writer: Mutex::new(Writer { active: None }),
        }
    }

    /// The present state, for a read that ends soon.
    pub(crate) fn view(&self) -> arc_swap::Guard<Arc<View>> {
        self.view.load()
    }

    /// Adds an entry and returns how many bytes of memory it takes.
    pub(crate) fn insert(&self, seqno: u64, kind: Kind, entry: Bytes, key_len: usize) -> usize {
        let mut writer = self.writer.lock();
        let (memtable, inserter) = writer.active.get_or_insert_with(|| {
            let memtable = Arc::new(Memtable::new());
            self.view.rcu(|view| View {
                memtables: std::iter::once(&memtable)
                    .chain(&view.memtables)
                    .cloned()
                    .collect(),
            });
            (memtable, Inserter::new(self.number))
        });
        memtable.insert(inserter, seqno, kind, entry, key_len)
    }
}

impl View {
    /// The newest version of the key at or below a seqno, tombstones included.
    ///
    /// Newer sources hold newer versions of a key, so the first source that knows the key decides.
    pub(crate) fn get(&self, key: &[u8], seqno: u64) -> Result<Option<Version>, Error> {
        Ok(self
            .memtables
            .iter()
            .find_map(|memtable| memtable.get(key, seqno)))
    }

    /// Whether there may be entries of the space; `false` is certain.
    pub(crate) fn may_hold(&self, space: SpaceId) -> bool {
        self.memtables
            .iter()
            .any(|memtable| memtable.may_hold(space))
    }

    /// A cursor for every source that may hold entries of the space.
    pub(crate) fn cursors(&self, space: SpaceId) -> Vec<Cursor> {
        self.memtables
            .iter()
            .filter(|memtable| memtable.may_hold(space))
            .map(|memtable| Cursor::Memtable(MemtableCursor::new(Arc::clone(memtable))))
            .collect()
    }
}
