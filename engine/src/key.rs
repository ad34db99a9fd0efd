//! Keys and their order.
//!
//! Inside a stripe an entry is filed under its encoded key:
//!
//! ```text
//! space u32 BE | hash24 u24 BE | partition, escaped | 00 01 | sort, as it is
//! ```
//!
//! `hash24` is `crc32c(partition) >> 8`; the low byte of the hash chose the stripe. A `00` of the partition is escaped as
//! `00 FF`, so that `00 01` ends it and byte order is the order of `(space, hash24, partition, sort)`. The sort part is
//! the last one and needs no end mark. Versions of one key are told apart by the seqno, which is kept beside the key.

use std::borrow::Cow;

use smallvec::SmallVec;

/// The id of a space: an independent range of keys, which can be dropped as a whole.
pub type SpaceId = u32;

/// How many stripes an engine has.
pub(crate) const STRIPE_COUNT: usize = 256;

/// An encoded key; the length covers usual keys without a heap allocation.
pub(crate) type KeyBuf = SmallVec<[u8; 88]>;

const SPACE_BYTES: usize = 4;
const PARTITION_OFFSET: usize = SPACE_BYTES + 3;
const ESCAPED_ZERO: [u8; 2] = [0x00, 0xff];
const PARTITION_END: [u8; 2] = [0x00, 0x01];
/// The smallest bytes above every key of the partition whose prefix they follow.
const PARTITION_BEYOND: [u8; 2] = [0x00, 0x02];

/// The name of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key<'a> {
    /// The space that the entry belongs to.
    pub space: SpaceId,
    /// The part that is hashed: it chooses the stripe, and entries of one partition lie side by side.
    pub partition: &'a [u8],
    /// The part that orders entries inside their partition, bytewise.
    pub sort: &'a [u8],
}

impl Key<'_> {
    /// Where the key's partition lies in the order of a full scan; see [`position_of`].
    pub fn position(&self) -> u32 {
        position_of(self.partition)
    }
}

/// Where a partition lies in the order of a full scan: the stripe in the top byte, the rest of the hash below it.
pub fn position_of(partition: &[u8]) -> u32 {
    crc32c::crc32c(partition).rotate_right(8)
}

/// An encoded key and the stripe that it belongs to.
pub(crate) struct EncodedKey {
    pub(crate) stripe: usize,
    pub(crate) bytes: KeyBuf,
}

impl EncodedKey {
    pub(crate) fn new(key: Key<'_>) -> Self {
        let mut bytes = KeyBuf::new();
        let stripe = encode(key, &mut bytes);
        EncodedKey { stripe, bytes }
    }
}

/// Appends the encoded key and returns its stripe.
pub(crate) fn encode(key: Key<'_>, out: &mut impl ByteSink) -> usize {
    let stripe = encode_partition(key.space, key.partition, out);
    out.extend(key.sort);
    stripe
}

/// Appends what all keys of a partition start with and returns their stripe.
pub(crate) fn encode_partition(space: SpaceId, partition: &[u8], out: &mut impl ByteSink) -> usize {
    let stripe = encode_partition_open(space, partition, out);
    out.extend(&PARTITION_END);
    stripe
}

/// Appends a bound that is above every key of a partition.
pub(crate) fn encode_partition_beyond(space: SpaceId, partition: &[u8], out: &mut impl ByteSink) {
    encode_partition_open(space, partition, out);
    out.extend(&PARTITION_BEYOND);
}

fn encode_partition_open(space: SpaceId, partition: &[u8], out: &mut impl ByteSink) -> usize {
    let position = position_of(partition);
    encode_position(space, position, out);
    let mut rest = partition;
    while let Some(zero) = rest.iter().position(|&byte| byte == 0) {
        out.extend(&rest[..zero]);
        out.extend(&ESCAPED_ZERO);
        rest = &rest[zero + 1..];
    }
    out.extend(rest);
    stripe_of(position)
}

/// Appends what all keys of a space at a position start with.
pub(crate) fn encode_position(space: SpaceId, position: u32, out: &mut impl ByteSink) {
    out.extend(&space.to_be_bytes());
    out.extend(&position.to_be_bytes()[1..]);
}

/// The stripe that a position lies in.
pub(crate) fn stripe_of(position: u32) -> usize {
    (position >> 24) as usize
}

/// The hash of an encoded key that finds it in memtables and blooms. It is part of the SST format.
pub(crate) fn hash(encoded: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(encoded)
}

/// The space of an encoded key.
pub(crate) fn space_of(encoded: &[u8]) -> Option<SpaceId> {
    encoded.first_chunk::<SPACE_BYTES>().map(|bytes| SpaceId::from_be_bytes(*bytes))
}

/// The still escaped partition and the sort part of an encoded key; `None` when the bytes are not an encoded key.
pub(crate) fn split(encoded: &[u8]) -> Option<(&[u8], &[u8])> {
    let tail = encoded.get(PARTITION_OFFSET..)?;
    let mut from = 0;
    loop {
        let zero = from + tail.get(from..)?.iter().position(|&byte| byte == 0)?;
        match *tail.get(zero + 1)? {
            0x01 => return Some((&tail[..zero], &tail[zero + 2..])),
            0xff => from = zero + 2,
            _ => return None,
        }
    }
}

/// The partition as the caller spelled it; copies only when it holds a zero byte.
pub(crate) fn unescape(escaped: &[u8]) -> Cow<'_, [u8]> {
    if !escaped.contains(&0) {
        return Cow::Borrowed(escaped);
    }
    let mut plain = Vec::with_capacity(escaped.len());
    let mut bytes = escaped.iter();
    while let Some(&byte) = bytes.next() {
        plain.push(byte);
        if byte == 0 {
            // The second half of the escape.
            bytes.next();
        }
    }
    Cow::Owned(plain)
}

/// Something that bytes can be appended to.
pub(crate) trait ByteSink {
    fn extend(&mut self, bytes: &[u8]);
}

impl ByteSink for KeyBuf {
    fn extend(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl ByteSink for Vec<u8> {
    fn extend(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts() -> impl Strategy<Value = (u32, Vec<u8>, Vec<u8>)> {
        let bytes =
            || proptest::collection::vec(prop_oneof![Just(0u8), Just(1), Just(2), Just(255), any::<u8>()], 0..6);
        (0..3u32, bytes(), bytes())
    }

    proptest! {
        #[test]
        fn byte_order_is_key_order(left in parts(), right in parts()) {
            let order = |(space, partition, sort): &(u32, Vec<u8>, Vec<u8>)| {
                (*space, position_of(partition) & 0x00ff_ffff, partition.clone(), sort.clone())
            };
            let encoded = |(space, partition, sort): &(u32, Vec<u8>, Vec<u8>)| {
                EncodedKey::new(Key { space: *space, partition, sort }).bytes
            };
            prop_assert_eq!(encoded(&left).cmp(&encoded(&right)), order(&left).cmp(&order(&right)));
        }

        #[test]
        fn an_encoded_key_splits_into_what_it_was_made_of((space, partition, sort) in parts()) {
            let encoded = EncodedKey::new(Key { space, partition: &partition, sort: &sort });
            let (escaped, found_sort) = split(&encoded.bytes).unwrap();
            prop_assert_eq!(unescape(escaped).into_owned(), partition.clone());
            prop_assert_eq!(found_sort.to_vec(), sort.clone());
            prop_assert_eq!(space_of(&encoded.bytes), Some(space));
            prop_assert_eq!(encoded.stripe, (position_of(&partition) >> 24) as usize);
        }

        #[test]
        fn the_bound_beyond_a_partition_is_above_its_keys_and_below_the_next((space, partition, sort) in parts()) {
            let key = EncodedKey::new(Key { space, partition: &partition, sort: &sort });
            let mut beyond = KeyBuf::new();
            encode_partition_beyond(space, &partition, &mut beyond);
            prop_assert!(key.bytes < beyond);
            let mut longer = partition.clone();
            longer.push(0);
            let mut longer_start = KeyBuf::new();
            encode_partition_open(space, &longer, &mut longer_start);
            prop_assert!(longer_start[PARTITION_OFFSET..] > beyond[PARTITION_OFFSET..]);
        }
    }

    #[test]
    fn bytes_that_are_no_key_do_not_split() {
        for bytes in [&b""[..], b"abcdefg", b"abcdefgxyz", b"abcdefg\0", b"abcdefg\0\x05x"] {
            assert_eq!(split(bytes), None, "{bytes:?}");
        }
    }
}
