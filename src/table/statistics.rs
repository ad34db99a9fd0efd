//! How much tables and indexes hold, across restarts.
//!
//! The counts live in memory and are written when the store closes. They are taken out of the catalog when it opens, so that
//! after a crash there are none, and what has none is counted again in the background.
//!
//! ```text
//! partition "statistics"  sort table id     JSON: item count and bytes of the table and of each index
//! ```

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use kstone_engine::{Direction, Key, ScanRange, Snapshot, SpaceId};
use serde::{Deserialize, Serialize};

use super::Store;
use super::catalog::CATALOG_SPACE;
use super::error::StoreError;
use super::state::{Statistics, Table};
use crate::value::ItemView;

const STATISTICS: &[u8] = b"statistics";

#[derive(Serialize, Deserialize)]
struct SavedStatistics {
    table: Counts,
    indexes: BTreeMap<String, Counts>,
}

#[derive(Serialize, Deserialize, Clone, Copy, Default)]
struct Counts {
    items: u64,
    bytes: u64,
}

impl Store {
    /// Takes over what the last clean stop saved and starts counting the tables for which it saved nothing.
    pub(super) fn restore_statistics(&self) -> Result<(), StoreError> {
        let saved = self.take_saved_statistics()?;
        let mut uncounted = Vec::new();
        for table in self.tables() {
            match saved.get(&table.id) {
                Some(statistics) => adopt(&table, statistics),
                None => uncounted.push(table),
            }
        }
        if !uncounted.is_empty() {
            // Counted as of now: what is written from here on is added as it happens.
            self.count_in_background(uncounted, self.engine().snapshot());
        }
        Ok(())
    }

    pub(super) fn save_statistics(&self) -> Result<(), StoreError> {
        let mut rows = Vec::new();
        for table in self.tables() {
            if self.is_being_counted(&table) {
                continue;
            }
            let indexes =
                table.peek().indexes.iter().map(|index| (index.name.clone(), counts(&index.statistics))).collect();
            let saved = SavedStatistics { table: counts(&table.statistics), indexes };
            let json = serde_json::to_vec(&saved).map_err(|error| StoreError::CorruptCatalog {
                what: format!("statistics of {}: {error}", table.name),
            })?;
            rows.push((table.id.clone(), json));
        }
        if rows.is_empty() {
            return Ok(());
        }
        let ((), ticket) = self.engine().transact(&[], |_, batch| {
            rows.iter().for_each(|(id, json)| batch.put(row(id), json));
        })?;
        Ok(ticket.wait()?)
    }

    fn take_saved_statistics(&self) -> Result<BTreeMap<String, SavedStatistics>, StoreError> {
        let snapshot = self.engine().snapshot();
        let range = ScanRange::Partition {
            space: CATALOG_SPACE,
            partition: STATISTICS,
            lower: Bound::Unbounded,
            upper: Bound::Unbounded,
        };
        let mut rows = self.engine().scan(&snapshot, range, Direction::Forward);
        let mut saved = BTreeMap::new();
        while let Some(row) = rows.next()? {
            // Unreadable statistics are only missing ones: the table is counted again.
            if let (Ok(id), Ok(statistics)) = (std::str::from_utf8(row.sort), serde_json::from_slice(row.value)) {
                saved.insert(id.to_string(), statistics);
            }
        }
        if saved.is_empty() {
            return Ok(saved);
        }
        let ((), ticket) = self.engine().transact(&[], |_, batch| saved.keys().for_each(|id| batch.delete(row(id))))?;
        ticket.wait()?;
        Ok(saved)
    }

    /// Counts what a snapshot holds of a table and its indexes. `go_on` is asked now and then; false gives up.
    pub(super) fn count_table(
        &self,
        table: &Arc<Table>,
        snapshot: &Snapshot,
        go_on: &dyn Fn() -> bool,
    ) -> Result<bool, StoreError> {
        let state = table.state();
        let spaces = state.indexes.iter().map(|index| (index.space, &*index.statistics));
        for (space, statistics) in std::iter::once((state.space, &table.statistics)).chain(spaces) {
            let Some(counts) = self.count_space(table, space, snapshot, go_on)? else { return Ok(false) };
            statistics.add(counts.items as i64, counts.bytes as i64);
        }
        Ok(true)
    }

    /// Counts an index that has just been filled. Writes that overlap with the counting may be counted twice or not at all:
    /// the figures that AWS shows are some hours old.
    pub(super) fn count_index(
        &self,
        table: &Arc<Table>,
        space: SpaceId,
        statistics: &Statistics,
        go_on: &dyn Fn() -> bool,
    ) -> Result<(), StoreError> {
        let snapshot = self.engine().snapshot();
        if let Some(counts) = self.count_space(table, space, &snapshot, go_on)? {
            let (items, bytes) = (statistics.item_count() as i64, statistics.size_bytes() as i64);
            statistics.add(counts.items as i64 - items, counts.bytes as i64 - bytes);
        }
        Ok(())
    }

    fn count_space(
        &self,
        table: &Table,
        space: SpaceId,
        snapshot: &Snapshot,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Counts>, StoreError> {
        let range = ScanRange::Positions { space, first: 0, last: u32::MAX, after: None };
        let mut rows = self.engine().scan(snapshot, range, Direction::Forward);
        let mut counts = Counts::default();
        while let Some(row) = rows.next()? {
            let item = ItemView::parse(row.value).map_err(StoreError::corrupt_item(table.name.as_str()))?;
            counts.items += 1;
            counts.bytes += item.size_bytes() as u64;
            if counts.items.is_multiple_of(1024) && !go_on() {
                return Ok(None);
            }
        }
        Ok(Some(counts))
    }
}

fn adopt(table: &Table, saved: &SavedStatistics) {
    let add = |statistics: &Statistics, counts: &Counts| statistics.add(counts.items as i64, counts.bytes as i64);
    add(&table.statistics, &saved.table);
    for index in &table.peek().indexes {
        if let Some(counts) = saved.indexes.get(&index.name) {
            add(&index.statistics, counts);
        }
    }
}

fn counts(statistics: &Statistics) -> Counts {
    Counts { items: statistics.item_count(), bytes: statistics.size_bytes() }
}

fn row(table_id: &str) -> Key<'_> {
    Key { space: CATALOG_SPACE, partition: STATISTICS, sort: table_id.as_bytes() }
}
