//! Filling the expiry index of a table that had items when time to live was enabled.
//!
//! As with an index: from the moment the catalog shows it, every write maintains it; a barrier waits for the writes that had not
//! seen it; and each item of a snapshot taken after that is read again under its latch. It can be done over from the start.

use std::sync::Arc;

use kstone_engine::{Direction, Key, ScanRange};

use super::Ttl;
use crate::table::Store;
use crate::table::error::StoreError;
use crate::table::key_codec::RowKey;
use crate::table::state::Table;
use crate::value::ItemView;

/// Rows that one transaction latches and reads again.
const ROWS_PER_TRANSACTION: usize = 32;

impl Store {
    /// Fills the index of every table whose is not filled. `go_on` is asked now and then; false gives up.
    pub(in crate::table) fn fill_expiry(&self, go_on: &dyn Fn() -> bool) -> Result<(), StoreError> {
        for table in self.tables() {
            let state = table.state();
            if let Some(ttl) = state.ttl.as_ref().filter(|ttl| !ttl.is_filled)
                && self.fill_expiry_of(&table, ttl, go_on)?
            {
                self.set_ttl_filled(&table, ttl.space)?;
            }
        }
        Ok(())
    }

    fn fill_expiry_of(&self, table: &Arc<Table>, ttl: &Ttl, go_on: &dyn Fn() -> bool) -> Result<bool, StoreError> {
        self.engine().barrier().wait()?;
        let snapshot = self.engine().snapshot();
        let space = table.peek().space;
        let range = ScanRange::Positions { space, first: 0, last: u32::MAX, after: None };
        let mut rows = self.engine().scan(&snapshot, range, Direction::Forward);
        let mut keys = Vec::with_capacity(ROWS_PER_TRANSACTION);
        let mut read_count = 0u64;
        loop {
            read_count += 1;
            if read_count.is_multiple_of(1024) && !go_on() {
                return Ok(false);
            }
            let row = rows.next()?;
            let is_last = row.is_none();
            if let Some(row) = row {
                // The snapshot tells which rows may have a time; the row itself, under its latch, which it is.
                let item = ItemView::parse(row.value).map_err(StoreError::corrupt_item(table.name.as_str()))?;
                if ttl.expiry_of(item).is_some() {
                    keys.push(RowKey { partition: row.partition.to_vec(), sort: row.sort.to_vec() });
                }
            }
            if is_last || keys.len() == ROWS_PER_TRANSACTION {
                let still_enabled = table.peek().ttl.as_ref().is_some_and(|now| now.space == ttl.space);
                if !still_enabled || !go_on() {
                    return Ok(false);
                }
                self.fill_expiry_rows(table, space, ttl, &keys)?;
                keys.clear();
            }
            if is_last {
                return Ok(true);
            }
        }
    }

    fn fill_expiry_rows(
        &self,
        table: &Arc<Table>,
        space: kstone_engine::SpaceId,
        ttl: &Ttl,
        rows: &[RowKey],
    ) -> Result<(), StoreError> {
        let keys: Vec<Key<'_>> =
            rows.iter().map(|row| Key { space, partition: &row.partition, sort: &row.sort }).collect();
        let (filled, ticket) = self.engine().transact(&keys, |stored, batch| {
            for (row, bytes) in rows.iter().zip(stored) {
                let Some(bytes) = bytes else { continue };
                let item = ItemView::parse(bytes).map_err(StoreError::corrupt_item(table.name.as_str()))?;
                if let Some(expiry) = ttl.expiry_of(item) {
                    ttl.put(batch, row, expiry);
                }
            }
            Ok::<(), StoreError>(())
        })?;
        filled?;
        Ok(ticket.wait()?)
    }
}
