//! Deleting expired items.

use std::sync::Arc;

use kstone_engine::{Direction, Snapshot, Ticket};

use super::{BUCKET_COUNT, OLDEST_SECONDS, Ttl, decode_sort, is_expired};
use crate::table::Store;
use crate::table::error::StoreError;
use crate::table::key_codec::RowKey;
use crate::table::state::Table;
use crate::table::write::{Change, Row, Target};

/// Rows that one write latches, reads again and deletes.
const ROWS_PER_WRITE: usize = 32;
/// So many writes may be on their way to the disk before the sweep waits.
const WRITES_IN_FLIGHT_MAX: usize = 64;

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::table) struct Swept {
    pub(in crate::table) entries_read: u64,
    pub(in crate::table) items_deleted: u64,
}

impl Store {
    /// Deletes what has expired in all tables. `go_on` is asked now and then; false gives up.
    pub(in crate::table) fn sweep_expired(&self, go_on: &dyn Fn() -> bool) -> Result<Swept, StoreError> {
        let now_seconds = self.clock().now_millis() / 1000;
        let mut due = Vec::new();
        for table in self.tables() {
            let state = table.state();
            if let Some(ttl) = state.ttl.as_ref().filter(|ttl| ttl.due.is_before(now_seconds)) {
                due.push((Arc::clone(&table), ttl.clone(), ttl.due.take()));
            }
        }
        let mut swept = Swept::default();
        if due.is_empty() {
            return Ok(swept);
        }
        // Whoever noted a time before it was taken is visible after this.
        let mut failed = None;
        let passed = self.engine().barrier().wait().map_err(StoreError::from);
        for (table, ttl, from) in due {
            let outcome = match &passed {
                Ok(()) if go_on() => self.sweep_table(&table, &ttl, from, now_seconds, go_on),
                _ => Ok(None),
            };
            match outcome {
                Ok(Some(of_table)) => {
                    swept.entries_read += of_table.entries_read;
                    swept.items_deleted += of_table.items_deleted;
                }
                // Not finished: the next sweep starts from there again.
                Ok(None) => ttl.due.note(from),
                // The other tables must not wait for this one to be mended.
                Err(error) => {
                    ttl.due.note(from);
                    failed = Some(error);
                }
            }
        }
        passed?;
        failed.map_or(Ok(swept), Err)
    }

    /// `None` when it was told to stop.
    fn sweep_table(
        &self,
        table: &Arc<Table>,
        ttl: &Ttl,
        from: u64,
        now_seconds: u64,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Swept>, StoreError> {
        let snapshot = self.engine().snapshot();
        let mut sweep = Sweep {
            store: self,
            table,
            ttl,
            now_seconds,
            swept: Swept::default(),
            rows: Vec::new(),
            in_flight: Vec::new(),
        };
        let from = from.max(now_seconds.saturating_sub(OLDEST_SECONDS));
        for bucket in 0..BUCKET_COUNT {
            if !go_on() || !sweep.bucket(&snapshot, bucket, from, go_on)? {
                return Ok(None);
            }
        }
        sweep.delete_rows()?;
        sweep.settle()?;
        Ok(Some(sweep.swept))
    }
}

struct Sweep<'a> {
    store: &'a Store,
    table: &'a Arc<Table>,
    ttl: &'a Ttl,
    now_seconds: u64,
    swept: Swept,
    /// Expired, and not deleted yet.
    rows: Vec<RowKey>,
    in_flight: Vec<Ticket>,
}

impl Sweep<'_> {
    /// Goes through the entries of a bucket up to the first that is not due, which tells when to sweep again.
    fn bucket(
        &mut self,
        snapshot: &Snapshot,
        bucket: u8,
        from: u64,
        go_on: &dyn Fn() -> bool,
    ) -> Result<bool, StoreError> {
        let (bucket, from) = ([bucket], from.to_be_bytes());
        let mut entries = self.store.engine().scan(snapshot, self.ttl.range(&bucket, &from), Direction::Forward);
        while let Some(entry) = entries.next()? {
            self.swept.entries_read += 1;
            let Some((expiry, row)) = decode_sort(entry.sort) else {
                let (table, key) = (self.table.name.to_string(), entry.sort.escape_ascii().to_string());
                return Err(StoreError::CorruptExpiry { table, key });
            };
            if expiry >= self.now_seconds {
                self.ttl.due.note(expiry);
                break;
            }
            self.rows.push(row);
            if self.rows.len() == ROWS_PER_WRITE {
                self.delete_rows()?;
                if !go_on() {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Deletes the rows that are still expired when their latches are held. What was changed meanwhile is spared.
    fn delete_rows(&mut self) -> Result<(), StoreError> {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return Ok(());
        }
        let targets: Vec<_> = rows.into_iter().map(|key| Target { table: self.table, key }).collect();
        let now_seconds = self.now_seconds;
        let written = self.store.write(&targets, |rows| {
            let changes: Vec<Change<'static>> = rows.iter().map(|row| change_of(row, now_seconds)).collect();
            let deleted = changes.iter().filter(|change| matches!(change, Change::Expire)).count();
            Ok::<_, std::convert::Infallible>((changes, deleted as u64))
        })?;
        let Ok(done) = written.outcome;
        self.swept.items_deleted += done.result;
        self.in_flight.push(written.ticket);
        if self.in_flight.len() == WRITES_IN_FLIGHT_MAX {
            self.settle()?;
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<(), StoreError> {
        for ticket in std::mem::take(&mut self.in_flight) {
            ticket.wait()?;
        }
        Ok(())
    }
}

fn change_of(row: &Row<'_>, now_seconds: u64) -> Change<'static> {
    let Some((ttl, item)) = row.state.ttl.as_ref().zip(row.old) else { return Change::Keep };
    match ttl.expiry_of(item) {
        Some(expiry) if is_expired(expiry, now_seconds) && row.is_in_transaction => {
            // Left to the next sweep, so that no transaction is in conflict with the server itself.
            ttl.due.note(expiry);
            Change::Keep
        }
        Some(expiry) if is_expired(expiry, now_seconds) => Change::Expire,
        _ => Change::Keep,
    }
}
