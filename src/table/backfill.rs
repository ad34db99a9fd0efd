//! Work on whole tables in the background: filling an index that was added to a table that has items, and counting tables after
//! a crash.
//!
//! Filling an index blocks no writer. From the moment the catalog shows the index, every write maintains it; a barrier then
//! waits for the writes that had not seen it; and each item of a snapshot taken after that is read again under its latch, so
//! that the entry is derived from the newest version. A fill that was interrupted starts again from the beginning: putting the
//! same entry twice changes nothing.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use kstone_engine::{Direction, Key, ScanRange, Snapshot};
use parking_lot::{Condvar, Mutex};

use super::Store;
use super::blocking::blocking;
use super::error::StoreError;
use super::index_entry::IndexEntry;
use super::key_codec::RowKey;
use super::state::{IndexState, IndexStatus, Table};
use crate::value::ItemView;

/// Rows that one transaction latches and reads again.
const ROWS_PER_TRANSACTION: usize = 32;

/// How many items a table may have for its new index to be filled inside the call that adds it.
const ROWS_FILLED_AT_ONCE_MAX: u64 = 100;

/// How long a vector index stays in its first phase, in which AWS refuses to delete it or to add another (aws-verified.md
/// section 12: about 30 s there).
const VECTOR_ALLOCATION: Duration = Duration::from_millis(250);

#[derive(Default)]
pub(super) struct Background {
    queue: VecDeque<Task>,
    /// Whether the worker runs; it ends when the queue is empty.
    worker: Option<JoinHandle<()>>,
    is_working: bool,
    uncounted: Vec<String>,
    stop: Arc<Stop>,
}

enum Task {
    IndexWork(Arc<Table>),
    Count(Arc<Table>, Snapshot),
}

#[derive(Default)]
struct Stop {
    requested: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    fn is_requested(&self) -> bool {
        *self.requested.lock()
    }

    fn wait(&self, time: Duration) {
        let mut requested = self.requested.lock();
        if !*requested {
            self.changed.wait_for(&mut requested, time);
        }
    }
}

/// Lets the next task start a thread when this one ends in a panic.
struct EndOfWork<'a>(&'a Store);

impl Drop for EndOfWork<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.shared.background.lock().is_working = false;
            tracing::error!("work on an index ended in a panic; the index is taken up again at the next start");
        }
    }
}

impl Store {
    /// Takes up what the table's indexes wait for. The index of a small table is filled at once: whoever asks for it next finds
    /// it ready.
    pub(super) fn start_index_work(&self, table: &Arc<Table>) -> Result<(), StoreError> {
        let is_small = table.statistics.item_count() <= ROWS_FILLED_AT_ONCE_MAX && !self.is_being_counted(table);
        if is_small && table.peek().vector_indexes.iter().all(|index| index.status == IndexStatus::Active) {
            return blocking(|| self.finish_indexes(table, &Stop::default()));
        }
        self.enqueue(Task::IndexWork(Arc::clone(table)));
        Ok(())
    }

    pub(super) fn resume_index_work(&self) {
        for table in self.tables() {
            if table.peek().is_index_changing() {
                self.enqueue(Task::IndexWork(table));
            }
        }
    }

    pub(super) fn count_in_background(&self, tables: Vec<Arc<Table>>, snapshot: Snapshot) {
        self.shared.background.lock().uncounted.extend(tables.iter().map(|table| table.id.clone()));
        for table in tables {
            self.enqueue(Task::Count(table, snapshot.clone()));
        }
    }

    pub(super) fn is_being_counted(&self, table: &Table) -> bool {
        self.shared.background.lock().uncounted.contains(&table.id)
    }

    pub(super) fn stop_index_work(&self) {
        let (stop, worker) = {
            let mut background = self.shared.background.lock();
            background.queue.clear();
            (Arc::clone(&background.stop), background.worker.take())
        };
        *stop.requested.lock() = true;
        stop.changed.notify_all();
        if let Some(worker) = worker
            && worker.join().is_err()
        {
            tracing::error!("index work ended in a panic");
        }
    }

    fn enqueue(&self, task: Task) {
        let mut background = self.shared.background.lock();
        if background.stop.is_requested() {
            return;
        }
        background.queue.push_back(task);
        if background.is_working {
            return;
        }
        background.is_working = true;
        let store = self.clone();
        match std::thread::Builder::new().name("kstone-index".to_string()).spawn(move || store.work()) {
            Ok(worker) => background.worker = Some(worker),
            Err(error) => {
                background.is_working = false;
                tracing::error!(%error, "cannot start the thread that fills indexes; it is tried again with the next change");
            }
        }
    }

    fn work(&self) {
        let _ended = EndOfWork(self);
        let stop = Arc::clone(&self.shared.background.lock().stop);
        loop {
            let task = {
                let mut background = self.shared.background.lock();
                match background.queue.pop_front() {
                    Some(task) => task,
                    None => {
                        background.is_working = false;
                        return;
                    }
                }
            };
            let (table, result) = match task {
                Task::IndexWork(table) => {
                    let result = self.finish_indexes(&table, &stop);
                    (table, result)
                }
                Task::Count(table, snapshot) => {
                    let result = self.count_after_crash(&table, &snapshot, &stop);
                    (table, result)
                }
            };
            if let Err(error) = result {
                tracing::error!(table = table.name.as_str(), %error, "background work on a table failed");
            }
        }
    }

    fn count_after_crash(&self, table: &Arc<Table>, snapshot: &Snapshot, stop: &Stop) -> Result<(), StoreError> {
        if self.count_table(table, snapshot, &|| !stop.is_requested())? {
            self.shared.background.lock().uncounted.retain(|id| *id != table.id);
        }
        Ok(())
    }

    /// Brings every index that is being created to ACTIVE.
    fn finish_indexes(&self, table: &Arc<Table>, stop: &Stop) -> Result<(), StoreError> {
        let state = table.state();
        for index in &state.indexes {
            if matches!(index.status, IndexStatus::Creating { .. }) {
                self.fill_index(table, &index.name, stop)?;
            }
        }
        for index in &state.vector_indexes {
            if matches!(index.status, IndexStatus::Creating { .. }) {
                stop.wait(VECTOR_ALLOCATION);
                if !stop.is_requested() {
                    self.set_index_status(table, &index.name, IndexStatus::Active)?;
                }
            }
        }
        Ok(())
    }

    fn fill_index(&self, table: &Arc<Table>, name: &str, stop: &Stop) -> Result<(), StoreError> {
        self.show_backfilling(table, name);
        self.engine().barrier().wait()?;
        let state = table.state();
        let Some(index) = state.index(name) else { return Ok(()) };
        let snapshot = self.engine().snapshot();
        let range = ScanRange::Positions { space: state.space, first: 0, last: u32::MAX, after: None };
        let mut rows = self.engine().scan(&snapshot, range, Direction::Forward);
        let mut keys = Vec::with_capacity(ROWS_PER_TRANSACTION);
        let mut is_last = false;
        while !is_last {
            match rows.next()? {
                Some(row) => keys.push(RowKey { partition: row.partition.to_vec(), sort: row.sort.to_vec() }),
                None => is_last = true,
            }
            if is_last || keys.len() == ROWS_PER_TRANSACTION {
                let goes_on =
                    !stop.is_requested() && table.peek().index(name).is_some_and(|now| now.space == index.space);
                if !goes_on {
                    return Ok(());
                }
                self.fill_rows(table, state.space, index, &keys)?;
                keys.clear();
            }
        }
        self.count_index(table, index.space, &index.statistics, &|| !stop.is_requested())?;
        self.set_index_status(table, name, IndexStatus::Active)?;
        Ok(())
    }

    fn fill_rows(
        &self,
        table: &Arc<Table>,
        space: kstone_engine::SpaceId,
        index: &IndexState,
        rows: &[RowKey],
    ) -> Result<(), StoreError> {
        let keys: Vec<Key<'_>> =
            rows.iter().map(|row| Key { space, partition: &row.partition, sort: &row.sort }).collect();
        let state = table.state();
        let (filled, ticket) = self.engine().transact(&keys, |stored, batch| {
            for bytes in stored.iter().flatten() {
                let item = ItemView::parse(bytes).map_err(StoreError::corrupt_item(table.name.as_str()))?;
                if let Some(entry) = IndexEntry::of(index, &state.definition.key_schema, item, bytes) {
                    let key = Key { space: index.space, partition: &entry.key.partition, sort: &entry.key.sort };
                    batch.put(key, &entry.item);
                }
            }
            Ok::<(), StoreError>(())
        })?;
        filled?;
        Ok(ticket.wait()?)
    }
}
