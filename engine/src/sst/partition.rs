//! A partition: the block index of some consecutive data blocks, and the bloom of their keys.
//!
//! ```text
//! length of the index u32 LE | index (see `block`) | bloom
//! ```
//!
//! The key of an index entry is not below the last key of its block, and below the first key of the next block.

use super::block::{BlockBuilder, shared_len};
use super::bloom;
use super::frame::Place;
use crate::batch::Kind;

/// Index entries are short and searched often.
const INDEX_RESTART_INTERVAL: usize = 4;

/// An index that is being built.
pub(super) struct IndexBuilder(BlockBuilder);

impl IndexBuilder {
    pub(super) fn new() -> Self {
        IndexBuilder(BlockBuilder::new(0, INDEX_RESTART_INTERVAL))
    }

    /// Adds what ends before `separator`.
    pub(super) fn add(&mut self, separator: &[u8], place: Place) {
        self.0.add(separator, 0, Kind::Put, &place.encode());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn last_separator(&self) -> &[u8] {
        self.0.last_key()
    }

    pub(super) fn finish(&mut self) -> Vec<u8> {
        self.0.finish()
    }
}

/// The shortest key that is not below `last` and below `next`, or `last` itself.
pub(super) fn separator<'a>(last: &'a [u8], next: &'a [u8]) -> &'a [u8] {
    let shared = shared_len(last, next);
    if shared < last.len() && shared + 1 < next.len() { &next[..=shared] } else { last }
}

pub(super) fn encode(index: &[u8], hashes: &[u64]) -> Vec<u8> {
    let mut bytes = (index.len() as u32).to_le_bytes().to_vec();
    bytes.extend_from_slice(index);
    bytes.extend_from_slice(&bloom::build(hashes));
    bytes
}

/// The index and the bloom of a partition; `None` when the bytes are not one.
pub(super) fn decode(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_le_bytes(*len) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_separator_lies_between_two_keys_and_is_short() {
        for (last, next, expected) in [
            (&b"abcdef"[..], &b"abxyz"[..], &b"abx"[..]),
            (b"abc", b"abcdef", b"abc"),
            (b"abc", b"abd", b"abc"),
            (b"", b"zz", b""),
            (b"a", b"zz", b"z"),
            (b"same", b"same", b"same"),
        ] {
            let found = separator(last, next);
            assert_eq!(found, expected);
            assert!(last <= found && (found < next || last == next));
        }
    }
}
