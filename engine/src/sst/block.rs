//! The content of a data block, and of an index, which has the same form:
//!
//! ```text
//! base seqno u64 LE
//! entries:  shared key bytes | own key bytes | value bytes * 2 + tombstone | seqno - base    (varints)
//!           own part of the key | value
//! restart points: offset u32 LE each, of entries that share nothing with the one before
//! number of restart points u32 LE
//! ```
//!
//! Entries are ordered by key, and versions of a key newest first. In an index the value is the place of a frame, and the
//! seqnos are zero.

use std::cmp::Ordering;
use std::ops::Range;

use crate::batch::Kind;
use crate::encoding::{Decoder, put_varint};
use crate::key::KeyBuf;

const BASE_BYTES: usize = 8;

/// Collects the entries of a block.
pub(super) struct BlockBuilder {
    bytes: Vec<u8>,
    restarts: Vec<u32>,
    restart_interval: usize,
    base: u64,
    since_restart: usize,
    last_key: Vec<u8>,
}

impl BlockBuilder {
    /// `base` is not greater than any seqno of the block.
    pub(super) fn new(base: u64, restart_interval: usize) -> Self {
        let bytes = base.to_le_bytes().to_vec();
        BlockBuilder { bytes, restarts: Vec::new(), restart_interval, base, since_restart: 0, last_key: Vec::new() }
    }

    pub(super) fn add(&mut self, key: &[u8], seqno: u64, kind: Kind, value: &[u8]) {
        let mut shared = 0;
        if self.restarts.is_empty() || self.since_restart == self.restart_interval {
            self.restarts.push(self.bytes.len() as u32);
            self.since_restart = 0;
        } else {
            shared = shared_len(&self.last_key, key);
        }
        self.since_restart += 1;
        put_varint(&mut self.bytes, shared as u64);
        put_varint(&mut self.bytes, (key.len() - shared) as u64);
        put_varint(&mut self.bytes, (value.len() as u64) << 1 | u64::from(kind == Kind::Delete));
        put_varint(&mut self.bytes, seqno - self.base);
        self.bytes.extend_from_slice(&key[shared..]);
        self.bytes.extend_from_slice(value);
        self.last_key.truncate(shared);
        self.last_key.extend_from_slice(&key[shared..]);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.restarts.is_empty()
    }

    pub(super) fn last_key(&self) -> &[u8] {
        &self.last_key
    }

    /// The size so far.
    pub(super) fn len_bytes(&self) -> usize {
        self.bytes.len() + 4 * self.restarts.len() + 4
    }

    /// Hands over the block and starts the next one.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        let mut bytes = std::mem::replace(&mut self.bytes, self.base.to_le_bytes().to_vec());
        self.restarts.iter().for_each(|restart| bytes.extend_from_slice(&restart.to_le_bytes()));
        bytes.extend_from_slice(&(self.restarts.len() as u32).to_le_bytes());
        self.restarts.clear();
        bytes
    }
}

pub(super) fn shared_len(left: &[u8], right: &[u8]) -> usize {
    left.iter().zip(right).take_while(|(left, right)| left == right).count()
}

/// The block is not what its form asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// A position in a block. The block itself is given with every call, so a cursor borrows nothing.
#[derive(Clone, Default)]
pub(super) struct BlockCursor {
    key: KeyBuf,
    value: Range<usize>,
    seqno: u64,
    kind: Option<Kind>,
    /// Where the entry starts, and where the next one does.
    start: usize,
    next: usize,
}

impl BlockCursor {
    /// Whether it stands on an entry.
    pub(super) fn is_valid(&self) -> bool {
        self.kind.is_some()
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }

    pub(super) fn seqno(&self) -> u64 {
        self.seqno
    }

    pub(super) fn kind(&self) -> Option<Kind> {
        self.kind
    }

    /// Where in the block the value lies.
    pub(super) fn value(&self) -> Range<usize> {
        self.value.clone()
    }

    pub(super) fn seek_first(&mut self, block: &[u8]) -> Result<(), Malformed> {
        self.restart(BASE_BYTES);
        self.next(block)
    }

    pub(super) fn seek_last(&mut self, block: &[u8]) -> Result<(), Malformed> {
        let restarts = Restarts::of(block)?;
        self.walk_to_last_before(block, restarts.count, restarts.start)
    }

    /// Stands on the first entry at or after `(key, seqno)`; beyond the end when there is none.
    pub(super) fn seek(&mut self, block: &[u8], key: &[u8], seqno: u64) -> Result<(), Malformed> {
        let restarts = Restarts::of(block)?;
        // The last restart point before the target, or the first one.
        let (mut low, mut high) = (0, restarts.count);
        while low + 1 < high {
            let middle = (low + high) / 2;
            if restarts.is_before(block, middle, key, seqno)? {
                low = middle;
            } else {
                high = middle;
            }
        }
        self.restart(restarts.offset(block, low)?);
        self.next(block)?;
        while self.is_valid() && order((&self.key, self.seqno), (key, seqno)) == Ordering::Less {
            self.next(block)?;
        }
        Ok(())
    }

    pub(super) fn next(&mut self, block: &[u8]) -> Result<(), Malformed> {
        let restarts = Restarts::of(block)?;
        if self.next >= restarts.start {
            self.kind = None;
            return Ok(());
        }
        let entry = EntryHead::at(block, self.next, restarts.start)?;
        if entry.shared > self.key.len() {
            return Err(Malformed);
        }
        self.key.truncate(entry.shared);
        self.key.extend_from_slice(&block[entry.own_key.clone()]);
        self.seqno = entry.seqno;
        self.kind = Some(entry.kind);
        self.start = self.next;
        self.next = entry.value.end;
        self.value = entry.value;
        Ok(())
    }

    /// Moves to the entry before; beyond the start when there is none.
    pub(super) fn previous(&mut self, block: &[u8]) -> Result<(), Malformed> {
        let restarts = Restarts::of(block)?;
        let end = self.start;
        let (mut low, mut high) = (0, restarts.count);
        while low < high {
            let middle = (low + high) / 2;
            if restarts.offset(block, middle)? < end {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.walk_to_last_before(block, low, end)
    }

    /// Stands on the last entry that starts before `end`, out of the first `restart_count` restart intervals.
    fn walk_to_last_before(&mut self, block: &[u8], restart_count: usize, end: usize) -> Result<(), Malformed> {
        let Some(last) = restart_count.checked_sub(1) else {
            self.kind = None;
            return Ok(());
        };
        self.restart(Restarts::of(block)?.offset(block, last)?);
        self.next(block)?;
        while self.is_valid() && self.next < end {
            self.next(block)?;
        }
        Ok(())
    }

    fn restart(&mut self, offset: usize) {
        self.key.clear();
        self.next = offset;
        self.kind = None;
    }
}

fn order(left: (&[u8], u64), right: (&[u8], u64)) -> Ordering {
    left.0.cmp(right.0).then(right.1.cmp(&left.1))
}

struct EntryHead {
    shared: usize,
    own_key: Range<usize>,
    value: Range<usize>,
    seqno: u64,
    kind: Kind,
}

impl EntryHead {
    fn at(block: &[u8], at: usize, end: usize) -> Result<Self, Malformed> {
        Self::decode(block, at, end).ok_or(Malformed)
    }

    fn decode(block: &[u8], at: usize, end: usize) -> Option<Self> {
        let base = u64::from_le_bytes(*block.first_chunk::<BASE_BYTES>()?);
        let mut decoder = Decoder::new(block.get(at..end)?);
        let shared = decoder.varint_len()?;
        let own = decoder.varint_len()?;
        let value = decoder.varint_len()?;
        let seqno = base.checked_add(decoder.varint()?)?;
        let key_start = end - decoder.len();
        decoder.take(own)?;
        let value_start = key_start + own;
        decoder.take(value >> 1)?;
        let kind = if value & 1 == 1 { Kind::Delete } else { Kind::Put };
        Some(EntryHead {
            shared,
            own_key: key_start..value_start,
            value: value_start..value_start + (value >> 1),
            seqno,
            kind,
        })
    }
}

/// The restart points at the end of a block.
struct Restarts {
    start: usize,
    count: usize,
}

impl Restarts {
    fn of(block: &[u8]) -> Result<Self, Malformed> {
        Self::decode(block).ok_or(Malformed)
    }

    fn decode(block: &[u8]) -> Option<Self> {
        let count = u32::from_le_bytes(*block.last_chunk::<4>()?) as usize;
        let start = block.len().checked_sub(4 + count.checked_mul(4)?)?;
        (count > 0 && start >= BASE_BYTES).then_some(Restarts { start, count })
    }

    fn offset(&self, block: &[u8], index: usize) -> Result<usize, Malformed> {
        let chunk = block[self.start + 4 * index..].first_chunk::<4>().ok_or(Malformed)?;
        let offset = u32::from_le_bytes(*chunk) as usize;
        if (BASE_BYTES..self.start).contains(&offset) { Ok(offset) } else { Err(Malformed) }
    }

    fn is_before(&self, block: &[u8], index: usize, key: &[u8], seqno: u64) -> Result<bool, Malformed> {
        let entry = EntryHead::at(block, self.offset(block, index)?, self.start)?;
        Ok(order((&block[entry.own_key], entry.seqno), (key, seqno)) == Ordering::Less)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Entries = Vec<(Vec<u8>, u64, Kind, Vec<u8>)>;

    fn entries() -> impl Strategy<Value = Entries> {
        let key = proptest::collection::vec(0..3u8, 0..5);
        proptest::collection::btree_map(
            (key, 0..4u64),
            (any::<bool>(), proptest::collection::vec(any::<u8>(), 0..9)),
            1..60,
        )
        .prop_map(|map| {
            // Newest first inside a key.
            let entry = |((key, age), (put, value)): ((Vec<u8>, u64), (bool, Vec<u8>))| {
                let kind = if put { Kind::Put } else { Kind::Delete };
                (key, 100 - age, kind, if put { value } else { Vec::new() })
            };
            map.into_iter().map(entry).collect()
        })
    }

    fn build(entries: &Entries) -> Vec<u8> {
        let mut builder = BlockBuilder::new(90, 4);
        entries.iter().for_each(|(key, seqno, kind, value)| builder.add(key, *seqno, *kind, value));
        assert_eq!(builder.last_key(), entries.last().unwrap().0);
        builder.finish()
    }

    fn shown(cursor: &BlockCursor, block: &[u8]) -> Option<(Vec<u8>, u64, Kind, Vec<u8>)> {
        cursor.kind().map(|kind| (cursor.key().to_vec(), cursor.seqno(), kind, block[cursor.value()].to_vec()))
    }

    proptest! {
        #[test]
        fn a_block_shows_its_entries_forwards_and_backwards(entries in entries()) {
            let block = build(&entries);
            let mut cursor = BlockCursor::default();
            cursor.seek_first(&block).unwrap();
            for entry in &entries {
                prop_assert_eq!(shown(&cursor, &block), Some(entry.clone()));
                cursor.next(&block).unwrap();
            }
            prop_assert!(!cursor.is_valid());
            cursor.seek_last(&block).unwrap();
            for entry in entries.iter().rev() {
                prop_assert_eq!(shown(&cursor, &block), Some(entry.clone()));
                cursor.previous(&block).unwrap();
            }
            prop_assert!(!cursor.is_valid());
        }

        #[test]
        fn seeking_finds_the_first_entry_at_or_after_the_target(entries in entries(), key in proptest::collection::vec(0..3u8, 0..5), seqno in 95..102u64) {
            let block = build(&entries);
            let mut cursor = BlockCursor::default();
            cursor.seek(&block, &key, seqno).unwrap();
            let expected = entries.iter().find(|entry| order((&entry.0, entry.1), (&key, seqno)) != Ordering::Less);
            prop_assert_eq!(shown(&cursor, &block), expected.cloned());
        }

        #[test]
        fn damaged_blocks_never_panic(entries in entries(), at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let mut block = build(&entries);
            let at = at.index(block.len());
            block[at] = byte;
            block.truncate(cut.index(block.len() + 1));
            let mut cursor = BlockCursor::default();
            let _ = cursor.seek(&block, &entries[0].0, 99);
            let _ = cursor.previous(&block);
            let _ = cursor.seek_last(&block);
            let mut steps = 0;
            if cursor.seek_first(&block).is_ok() {
                while cursor.is_valid() && cursor.next(&block).is_ok() && steps < 1000 {
                    steps += 1;
                }
            }
            prop_assert!(steps < 1000);
        }
    }
}
