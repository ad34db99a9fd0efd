//! The engine's front: every call starts here.

use std::path::Path;
use std::sync::Arc;

use crate::core::Core;
use crate::io::Disk;
use crate::key::EncodedKey;
use crate::planted::{Bug, is_planted};
use crate::sync::atomic::Ordering;
use crate::sync::thread;
use crate::{
    Direction, Error, Key, Metrics, Options, Scan, ScanRange, SeqNo, Snapshot, Ticket, Value, WriteBatch, checkpoint,
    recovery, stripe, txn, verify,
};

/// An open database. Clones are handles of the same one; the last one to go closes it.
#[derive(Clone)]
pub struct Engine {
    core: Arc<Core>,
    _close_on_drop: Arc<CloseOnDrop>,
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
        let core = recovery::open(disk, options)?;
        // What an earlier run dropped may still take room that readers kept it from giving back.
        core.reclaim_drops_published_since(0);
        Ok(Engine { _close_on_drop: Arc::new(CloseOnDrop(Arc::clone(&core))), core })
    }

    /// The newest published version of a key. Linearizable; takes no lock.
    pub fn get(&self, key: Key<'_>) -> Result<Option<Value>, Error> {
        let encoded = EncodedKey::new(key);
        // The view comes first: it then holds every version up to a seqno that was published before, and compactions
        // that made it dropped only what a newer such version hides. The other way round, a version at the seqno could
        // be compacted away before the view is taken.
        let early = is_planted(Bug::SeqnoReadBeforeView).then(|| {
            let seqno = self.core.publication.published();
            thread::yield_now();
            seqno
        });
        let view = self.core.stripes[encoded.stripe].view();
        let seqno = early.unwrap_or_else(|| self.core.publication.published());
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
        Snapshot::at(&self.core, seqno.0, || self.core.history_start.load(Ordering::SeqCst))
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

    /// Commits a batch whatever its keys hold now, which it doesn't look at: for rows that are written as a whole, by loads
    /// for example. The ticket resolves when the commit is durable and visible.
    pub fn write(&self, batch: WriteBatch) -> Result<Ticket, Error> {
        txn::write(&self.core, batch)
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
    /// kept: never a later one, and perhaps one that was the newest a moment before, 1/262,144 of the retention window.
    /// Zero before the first commit; `None` when that is before the retention window.
    pub fn seqno_at(&self, millis: u64) -> Option<SeqNo> {
        let seqno = self.core.commit_order.seqno_at(millis)?.min(self.core.publication.published());
        (seqno >= self.core.history_start.load(Ordering::SeqCst)).then_some(SeqNo(seqno))
    }

    /// Writes all memtables to SSTs.
    pub fn flush(&self) -> Result<(), Error> {
        let _visit = self.core.visits.begin()?;
        self.core.check_writable()?;
        stripe::flush_all(&self.core)?;
        self.core.background.run_inline(&self.core);
        Ok(())
    }

    /// Reads every byte of every file and checks it; the error says which file is damaged, and where.
    pub fn verify(&self) -> Result<(), Error> {
        verify::verify(&self.core)
    }

    /// Makes a consistent, openable copy of the whole database in a folder that does not exist yet, by hard links, while
    /// writes go on.
    pub fn checkpoint(&self, target: &Path) -> Result<(), Error> {
        let _visit = self.core.visits.begin()?;
        checkpoint::checkpoint(&self.core, target)
    }

    /// Whether a write would block now because flushing does not keep pace: slowed, or stopped until there is room.
    pub fn delays_writes(&self) -> bool {
        self.core.delays_writes()
    }

    /// Figures of the moment.
    pub fn metrics(&self) -> Metrics {
        self.core.metrics()
    }

    /// Stops cleanly: waits until every commit is durable, and for calls of [`flush`](Engine::flush) and
    /// [`checkpoint`](Engine::checkpoint) on other threads, and releases the database. Later calls that write fail. A second
    /// call waits for the first one and says the same. A waker must not call this: it may be run by what is waited for.
    pub fn close(&self) -> Result<(), Error> {
        self.core.close()
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Engine").field("published", &self.published()).finish_non_exhaustive()
    }
}
