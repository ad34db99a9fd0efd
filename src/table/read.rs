//! Reading: one item by its key, and pages of a table or an index.

use std::ops::Bound;
use std::sync::Arc;

use kstone_engine::{Direction, Key, ScanRange, Snapshot, Value};

use super::Store;
use super::error::StoreError;
use super::key_codec::{self, RowKey, SortBounds};
use super::page_size::page_bytes;
use super::state::{IndexKind, IndexState, Table, TableState};
use super::write::Target;
use crate::expression::Condition;
use crate::validation::read::KeyRange;
use crate::validation::start_key::StartKey;
use crate::value::{Item, ItemView};

/// A page ends with the row that brings it to this size, before any filter (aws-verified.md section 13), as
/// [`super::page_size`] counts.
pub(crate) const PAGE_BYTES_MAX: usize = 1024 * 1024;

/// Nor may a page's rows be larger than this, by their own sizes: names count nearly nothing in a page, but are sent.
const ROW_BYTES_MAX: usize = 4 * PAGE_BYTES_MAX;

/// Where a page's rows come from.
pub(crate) enum Range {
    Partition {
        partition: Vec<u8>,
        bounds: SortBounds,
        forward: bool,
    },
    /// A stretch of positions, first and last, in hash order.
    Positions {
        first: u32,
        last: u32,
    },
}

impl Range {
    pub(crate) fn of_query(range: &KeyRange, index: Option<&IndexState>, forward: bool) -> Range {
        let (partition, bounds) = match index {
            None => key_codec::table_range(range),
            Some(_) => key_codec::index_range(range),
        };
        Range::Partition { partition, bounds, forward }
    }

    pub(crate) fn of_segment(index: u32, total: u32) -> Range {
        let (first, last) = key_codec::segment_positions(index, total);
        Range::Positions { first, last }
    }
}

/// One page to be read.
pub(crate) struct PageRequest<'a> {
    pub(crate) table: &'a Arc<Table>,
    pub(crate) state: &'a TableState,
    /// `None`: the table itself.
    pub(crate) index: Option<&'a IndexState>,
    pub(crate) range: Range,
    /// Rows up to and with this one are skipped; it need not exist.
    pub(crate) start_key: Option<&'a StartKey>,
    pub(crate) limit: Option<u32>,
    /// What is left of a page's size, [`PAGE_BYTES_MAX`] for a page of its own.
    pub(crate) bytes_max: usize,
    pub(crate) filter: Option<&'a Condition>,
    /// Each entry of a local index is replaced by its item in the table, before the filter.
    pub(crate) fetch_base: bool,
}

/// What reading a page came to.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) scanned_count: u64,
    /// Rows that passed the filter.
    pub(crate) count: u64,
    /// Sizes of the rows walked, before the filter.
    pub(crate) walked_bytes: usize,
    /// What they take of a page, and the items fetched for them: both are read, and only so an answer has a bound.
    pub(crate) page_bytes: usize,
    /// Sizes of the items fetched from the table for entries of a local index.
    pub(crate) fetched_bytes: Vec<usize>,
    /// The key of the last row, when there may be more.
    pub(crate) last_key: Option<Item>,
}

impl Store {
    /// The newest published version of an item. `None` when there is none.
    pub(crate) fn get(&self, state: &TableState, key: &RowKey) -> Result<Option<Value>, StoreError> {
        let key = Key { space: state.space, partition: &key.partition, sort: &key.sort };
        Ok(self.engine().get(key)?)
    }

    /// The newest published versions of several items, all at one moment.
    pub(crate) fn get_together(&self, targets: &[Target<'_>]) -> Result<Vec<Option<Value>>, StoreError> {
        let snapshot = self.engine().snapshot();
        let get = |target: &Target<'_>| {
            let (space, key) = (target.table.peek().space, &target.key);
            self.engine().get_at(&snapshot, Key { space, partition: &key.partition, sort: &key.sort })
        };
        Ok(targets.iter().map(get).collect::<Result<_, _>>()?)
    }

    /// Reads one page at one moment, handing each row that passes the filter to `emit`.
    pub(crate) fn read_page(
        &self,
        request: &PageRequest<'_>,
        mut emit: impl FnMut(ItemView<'_>),
    ) -> Result<Page, StoreError> {
        let snapshot = self.engine().snapshot();
        let corrupt = StoreError::corrupt_item(request.table.name.as_str());
        let resume = request.start_key.map(|start| {
            RowKey::of_start_key(start, request.index.is_some_and(|index| index.kind == IndexKind::Local))
        });
        let mut rows = self.open_range(&snapshot, request, resume.as_ref());
        let sort = request.state.definition.key_schema.sort.first().map(|attribute| attribute.name.as_str());
        let (mut page, mut row_bytes) = (Page::default(), 0);
        while let Some(row) = rows.next()? {
            let entry = ItemView::parse(row.value).map_err(&corrupt)?;
            page.scanned_count += 1;
            page.walked_bytes += match request.index {
                None => request.state.billed_bytes(entry),
                Some(_) => entry.size_bytes(),
            };
            page.page_bytes += page_bytes(entry, sort);
            row_bytes += entry.size_bytes();
            let base = match request.fetch_base {
                true => self.fetch_base(&snapshot, request.state, entry)?,
                false => None,
            };
            let item = match &base {
                Some(bytes) => ItemView::parse(bytes).map_err(&corrupt)?,
                None => entry,
            };
            if base.is_some() {
                page.fetched_bytes.push(request.state.billed_bytes(item));
                page.page_bytes += page_bytes(item, sort);
                row_bytes += item.size_bytes();
            }
            if request.filter.is_none_or(|filter| filter.evaluate(Some(item))) {
                page.count += 1;
                emit(item);
            }
            let is_full = page.page_bytes >= request.bytes_max || row_bytes >= ROW_BYTES_MAX;
            if is_full || request.limit.is_some_and(|limit| page.scanned_count >= u64::from(limit)) {
                page.last_key = Some(key_of_row(request, entry));
                break;
            }
        }
        Ok(page)
    }

    fn open_range(
        &self,
        snapshot: &Snapshot,
        request: &PageRequest<'_>,
        resume: Option<&RowKey>,
    ) -> kstone_engine::Scan {
        let space = request.index.map_or(request.state.space, |index| index.space);
        match &request.range {
            Range::Partition { partition, bounds: (lower, upper), forward } => {
                let (mut low, mut high) = (as_slice(lower), as_slice(upper));
                match (resume, forward) {
                    (Some(key), true) => low = Bound::Excluded(&key.sort),
                    (Some(key), false) => high = Bound::Excluded(&key.sort),
                    (None, _) => {}
                }
                let direction = if *forward { Direction::Forward } else { Direction::Reverse };
                self.engine().scan(
                    snapshot,
                    ScanRange::Partition { space, partition, lower: low, upper: high },
                    direction,
                )
            }
            Range::Positions { first, last } => {
                let after = resume.map(|key| (key.partition.as_slice(), key.sort.as_slice()));
                let range = ScanRange::Positions { space, first: *first, last: *last, after };
                self.engine().scan(snapshot, range, Direction::Forward)
            }
        }
    }

    fn fetch_base(
        &self,
        snapshot: &Snapshot,
        state: &TableState,
        entry: ItemView<'_>,
    ) -> Result<Option<Value>, StoreError> {
        let Some(key) = RowKey::of_item(&state.definition.key_schema, entry) else { return Ok(None) };
        Ok(self.engine().get_at(snapshot, Key { space: state.space, partition: &key.partition, sort: &key.sort })?)
    }
}

/// The table's key attributes, and those of the index that is read.
fn key_of_row(request: &PageRequest<'_>, row: ItemView<'_>) -> Item {
    let table = request.state.definition.key_schema.attributes();
    let index = request.index.into_iter().flat_map(|index| index.key_schema.attributes());
    let attributes = table.chain(index);
    attributes.filter_map(|attribute| Some((attribute.name.clone(), row.get(&attribute.name)?.to_value()))).collect()
}

fn as_slice(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    match bound {
        Bound::Included(bytes) => Bound::Included(bytes),
        Bound::Excluded(bytes) => Bound::Excluded(bytes),
        Bound::Unbounded => Bound::Unbounded,
    }
}
