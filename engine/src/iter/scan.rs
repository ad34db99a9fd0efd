//! The rows of a range, over all the stripes that it touches.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;

use super::bounds::{Direction, ScanRange, StripeRanges};
use super::visible::Visible;
use crate::core::Core;
use crate::memtable::EntryRef;
use crate::txn::Snapshot;
use crate::{Error, SeqNo, Value, key};

/// A running scan. It holds no latch and no lock, and it may be kept as long as one likes: what its snapshot sees stays.
pub struct Scan {
    core: Arc<Core>,
    snapshot: Snapshot,
    direction: Direction,
    /// The stripes that are left; `None` when there is nothing to read.
    ranges: Option<StripeRanges>,
    current: Option<Visible>,
    /// The partition of the row, when it had to be unescaped.
    partition: Vec<u8>,
}

/// A row of a scan.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// The partition part of the key.
    pub partition: &'a [u8],
    /// The sort part of the key.
    pub sort: &'a [u8],
    /// The value.
    pub value: &'a [u8],
    /// The commit that wrote it.
    pub seqno: SeqNo,
    owner: &'a Bytes,
}

impl Row<'_> {
    /// The value, to keep; copies nothing.
    pub fn to_value(&self) -> Value {
        Value::new(self.owner.slice_ref(self.value), self.seqno)
    }
}

impl std::fmt::Debug for Row<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Row")
            .field("partition", &self.partition.escape_ascii().to_string())
            .field("sort", &self.sort.escape_ascii().to_string())
            .field("value_bytes", &self.value.len())
            .field("seqno", &self.seqno)
            .finish()
    }
}

impl Scan {
    pub(crate) fn new(core: &Arc<Core>, snapshot: Snapshot, range: ScanRange<'_>, direction: Direction) -> Self {
        let seqno = snapshot.seqno().0;
        let ranges = StripeRanges::new(range).filter(|ranges| !core.dropped_spaces.is_dropped(ranges.space, seqno));
        Scan { core: Arc::clone(core), snapshot, direction, ranges, current: None, partition: Vec::new() }
    }

    /// The next row, or `None` at the end. After an error the scan can't go on.
    #[allow(clippy::should_implement_trait, reason = "a row borrows from the scan, which Iterator can't say")]
    pub fn next(&mut self) -> Result<Option<Row<'_>>, Error> {
        loop {
            if self.current.is_none() && !self.open_stripe()? {
                return Ok(None);
            }
            let found = match (&mut self.current, self.direction) {
                (Some(visible), Direction::Forward) => visible.advance()?,
                (Some(visible), Direction::Reverse) => visible.retreat()?,
                (None, _) => false,
            };
            if found {
                break;
            }
            self.current = None;
        }
        let entry = match (&self.current, self.direction) {
            (Some(visible), Direction::Forward) => visible.row(),
            (Some(visible), Direction::Reverse) => visible.row_behind(),
            (None, _) => None,
        };
        entry.map(|entry| row(entry, &mut self.partition)).transpose()
    }

    /// Moves on to the next stripe that may hold something of the space; `false` when there is none.
    fn open_stripe(&mut self) -> Result<bool, Error> {
        let Some(ranges) = &mut self.ranges else {
            return Ok(false);
        };
        if let (Direction::Reverse, true) = (self.direction, ranges.stripe < ranges.last_stripe) {
            return Err(Error::Unsupported { what: "a reverse scan over positions of more than one stripe" });
        }
        while ranges.stripe <= ranges.last_stripe {
            let (lower, upper) = ranges.bounds();
            let view = self.core.stripes[ranges.stripe].view();
            ranges.stripe += 1;
            if view.may_hold(ranges.space) {
                let cursors = view.cursors(ranges.space);
                self.current = Some(Visible::new(cursors, self.snapshot.seqno().0, lower, upper));
                return Ok(true);
            }
        }
        self.ranges = None;
        Ok(false)
    }
}

impl std::fmt::Debug for Scan {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Scan").field("snapshot", &self.snapshot).field("direction", &self.direction).finish()
    }
}

fn row<'a>(entry: EntryRef<'a>, unescaped: &'a mut Vec<u8>) -> Result<Row<'a>, Error> {
    let Some((escaped, sort)) = key::split(entry.key) else {
        return Err(Error::Corrupt {
            file: "an entry of a stripe".to_owned(),
            offset: 0,
            what: format!("{} is not an encoded key", entry.key.escape_ascii()),
        });
    };
    let partition = match key::unescape(escaped) {
        Cow::Borrowed(plain) => plain,
        Cow::Owned(plain) => {
            *unescaped = plain;
            unescaped
        }
    };
    Ok(Row { partition, sort, value: entry.value, seqno: SeqNo(entry.seqno), owner: entry.owner })
}
