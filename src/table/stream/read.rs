//! Reading a stream: positions in a shard, and records from a position on.

use std::ops::Bound;
use std::sync::atomic::Ordering;

use kstone_engine::{Direction, Engine, Scan, ScanRange, Snapshot};

use super::change_record::{self, ChangeRecord};
use super::shard::{Phase, SPLIT_BYTES, SPLIT_RECORDS, Shard};
use super::{RETENTION_MILLIS, Stream};
use crate::table::Store;
use crate::table::error::StoreError;
use crate::validation::get_shard_iterator::IteratorStart;
use crate::validation::sequence_number::SequenceNumber;

/// An answer ends before the record that would take it beyond this size, unless it is the first.
const RECORDS_BYTES_MAX: usize = 1024 * 1024;

/// Times of records follow the order of commits this closely: a write reads the clock and then takes its place in the order,
/// while others do the same.
const TIME_DISORDER_MILLIS: u64 = 1_000;

/// The records at the position are no longer kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trimmed;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PositionFault {
    Trimmed,
    /// The shard never issued such a sequence number.
    Foreign,
}

impl Store {
    /// The position from which an iterator reads.
    pub(crate) fn stream_position(
        &self,
        stream: &Stream,
        shard: &Shard,
        start: IteratorStart,
        now: u64,
    ) -> Result<Result<SequenceNumber, PositionFault>, StoreError> {
        let reader = Reader { engine: self.engine(), snapshot: self.engine().snapshot(), stream, shard };
        let published = reader.snapshot.seqno().0;
        let given = match start {
            IteratorStart::TrimHorizon => return Ok(Ok(reader.seek(horizon(now))?)),
            IteratorStart::AtTimestamp(millis) => return Ok(Ok(reader.seek(millis.max(horizon(now)))?)),
            IteratorStart::Latest => return Ok(Ok(SequenceNumber::first_of(published + 1))),
            IteratorStart::At(number) | IteratorStart::After(number) => number,
        };
        let last = shard.end().unwrap_or(SequenceNumber { commit: published, ordinal: u32::MAX });
        if given < shard.start() || given > last {
            return Ok(Err(PositionFault::Foreign));
        }
        if reader.is_trimmed(given, now)? {
            return Ok(Err(PositionFault::Trimmed));
        }
        Ok(Ok(if matches!(start, IteratorStart::After(_)) { given.next() } else { given }))
    }

    /// Hands the records from a position on to `emit`, at most `limit`. Answers the position after them, or `None` when the
    /// shard is closed and read to its end.
    pub(crate) fn read_records(
        &self,
        stream: &Stream,
        shard: &Shard,
        position: SequenceNumber,
        limit: usize,
        now: u64,
        mut emit: impl FnMut(SequenceNumber, &ChangeRecord<'_>),
    ) -> Result<Result<Option<SequenceNumber>, Trimmed>, StoreError> {
        // Taken after the shard's phase was read: of a closed shard it sees all.
        let reader = Reader { engine: self.engine(), snapshot: self.engine().snapshot(), stream, shard };
        let mut rows = reader.scan(position);
        let (mut next, mut count, mut bytes) = (position, 0, 0);
        while count < limit {
            let Some(row) = rows.next()? else {
                return Ok(Ok(Some(next).filter(|_| shard.end().is_none())));
            };
            let (number, record) = reader.decode(row.sort, row.value)?;
            if record.created_millis < horizon(now) {
                return Ok(Err(Trimmed));
            }
            bytes += record.size_bytes();
            if count > 0 && bytes > RECORDS_BYTES_MAX {
                return Ok(Ok(Some(next)));
            }
            emit(number, &record);
            next = number.next();
            count += 1;
        }
        let is_drained = shard.end().is_some_and(|end| next > end);
        Ok(Ok(Some(next).filter(|_| !is_drained)))
    }
}

impl Stream {
    /// Finds out which shards that were open at the last stop have taken something, after the stream was loaded.
    pub(super) fn resume(&self, engine: &Engine, snapshot: &Snapshot) -> Result<(), StoreError> {
        for shard in self.state().shards.iter().filter(|shard| shard.end().is_none()) {
            let reader = Reader { engine, snapshot: snapshot.clone(), stream: self, shard };
            if let Some((_, created)) = reader.last()? {
                self.newest_millis.fetch_max(created, Ordering::Relaxed);
                shard.load.resume();
            }
        }
        Ok(())
    }

    /// Counts what open shards hold since before the start, so that one splits however often the server is restarted. Counts
    /// no further than a split needs; a shard that may not be split is old long before it is rolled for its size.
    pub(super) fn count_resumed(&self, engine: &Engine) -> Result<(), StoreError> {
        for shard in self.state().shards.iter().filter(|shard| shard.phase == Phase::Open && shard.load.is_uncounted())
        {
            let reader = Reader { engine, snapshot: engine.snapshot(), stream: self, shard };
            let mut rows = reader.scan(shard.start());
            let (mut records, mut bytes) = (0, 0);
            while records < SPLIT_RECORDS && bytes < SPLIT_BYTES {
                let Some(row) = rows.next()? else { break };
                records += 1;
                bytes += row.value.len() as u64;
            }
            shard.load.count(records, bytes);
        }
        Ok(())
    }

    /// The last record's sequence number, if the shard has a record.
    pub(super) fn last_of(&self, engine: &Engine, shard: &Shard) -> Result<Option<SequenceNumber>, StoreError> {
        let reader = Reader { engine, snapshot: engine.snapshot(), stream: self, shard };
        Ok(reader.last()?.map(|(number, _)| number))
    }
}

/// What is older has been trimmed.
fn horizon(now: u64) -> u64 {
    now.saturating_sub(RETENTION_MILLIS)
}

/// A shard as a snapshot sees it.
struct Reader<'a> {
    engine: &'a Engine,
    snapshot: Snapshot,
    stream: &'a Stream,
    shard: &'a Shard,
}

impl Reader<'_> {
    fn scan(&self, from: SequenceNumber) -> Scan {
        let lower = change_record::encode_key(from);
        let range = self.range(Bound::Included(&lower));
        self.engine.scan(&self.snapshot, range.of(&self.shard.partition()), Direction::Forward)
    }

    fn range<'b>(&self, lower: Bound<&'b [u8]>) -> ShardRange<'b> {
        ShardRange { space: self.shard.space, lower }
    }

    /// Number and time of the last record.
    fn last(&self) -> Result<Option<(SequenceNumber, u64)>, StoreError> {
        let range = self.range(Bound::Unbounded);
        let mut rows = self.engine.scan(&self.snapshot, range.of(&self.shard.partition()), Direction::Reverse);
        rows.next()?.map(|row| self.number_and_time(row.sort, row.value)).transpose()
    }

    /// The first record that is not older than a time, or the position after all records. Looks at about as many records as
    /// the shard's range of commits has binary digits.
    fn seek(&self, millis: u64) -> Result<SequenceNumber, StoreError> {
        let certainly_older = millis.saturating_sub(TIME_DISORDER_MILLIS);
        let (mut low, mut high) = (self.shard.start_commit, self.snapshot.seqno().0 + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.first_from(SequenceNumber::first_of(middle))? {
                Some((number, created)) if created < certainly_older => low = number.commit + 1,
                _ => high = middle,
            }
        }
        let mut rows = self.scan(SequenceNumber::first_of(low));
        let mut position = SequenceNumber::first_of(low);
        while let Some(row) = rows.next()? {
            let (number, created) = self.number_and_time(row.sort, row.value)?;
            if created >= millis {
                return Ok(number);
            }
            position = number.next();
        }
        Ok(position)
    }

    fn is_trimmed(&self, position: SequenceNumber, now: u64) -> Result<bool, StoreError> {
        Ok(self.first_from(position)?.is_some_and(|(_, created)| created < horizon(now)))
    }

    fn first_from(&self, position: SequenceNumber) -> Result<Option<(SequenceNumber, u64)>, StoreError> {
        self.scan(position).next()?.map(|row| self.number_and_time(row.sort, row.value)).transpose()
    }

    fn number_and_time(&self, key: &[u8], value: &[u8]) -> Result<(SequenceNumber, u64), StoreError> {
        let parts = change_record::decode_key(key).zip(change_record::created_millis(value));
        parts.ok_or_else(|| self.corrupt(key))
    }

    fn decode<'v>(&self, key: &[u8], value: &'v [u8]) -> Result<(SequenceNumber, ChangeRecord<'v>), StoreError> {
        let parts = change_record::decode_key(key).zip(change_record::decode(value));
        parts.ok_or_else(|| self.corrupt(key))
    }

    fn corrupt(&self, key: &[u8]) -> StoreError {
        let (table, shard) = (self.stream.table.to_string(), self.shard.id());
        StoreError::CorruptStream { table, shard, key: key.escape_ascii().to_string() }
    }
}

struct ShardRange<'b> {
    space: kstone_engine::SpaceId,
    lower: Bound<&'b [u8]>,
}

impl<'b> ShardRange<'b> {
    fn of(self, partition: &'b [u8]) -> ScanRange<'b> {
        ScanRange::Partition { space: self.space, partition, lower: self.lower, upper: Bound::Unbounded }
    }
}
