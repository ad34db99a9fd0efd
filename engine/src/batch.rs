//! The changes of one commit, encoded as they go into the WAL.
//!
//! A batch is a sequence of mutations:
//!
//! ```text
//! kind u8 | stripe u8 | key length u32 LE | value length u32 LE | encoded key | value
//! ```
//!
//! A dropped space is a mutation whose key is the space (u32 BE). The key and the value of a mutation are adjacent, so
//! that a memtable entry is one slice.

use bytes::Bytes;
use smallvec::SmallVec;

use crate::encoding::Decoder;
use crate::key::{self, Key, SpaceId};

/// What an entry says about its key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Kind {
    /// It has a value.
    Put = 1,
    /// It has none any more: a tombstone.
    Delete = 2,
}

const DROP_SPACE: u8 = 3;
pub(crate) const MUTATION_HEADER_BYTES: usize = 10;
/// A length that any WAL file and any 32-bit offset can hold.
pub(crate) const BATCH_BYTES_MAX: u64 = 256 << 20;
/// Indexes hold whole keys, and are read as one block.
pub(crate) const KEY_BYTES_MAX: u32 = 64 << 10;

/// Changes that are committed as one: all of them or none, under one seqno.
#[derive(Default, Debug)]
pub struct WriteBatch {
    buffer: Vec<u8>,
    mutations: SmallVec<[Span; 4]>,
    /// Where in `buffer` the seqno of a stamped key has to be filled in.
    stamps: SmallVec<[u32; 2]>,
    /// The size that the batch would have; greater than the buffer when it grew too large to be kept.
    bytes: u64,
    longest_key_bytes: u32,
}

/// Where a mutation lies in the buffer.
#[derive(Clone, Copy, Debug)]
struct Span {
    kind: u8,
    stripe: u8,
    key_start: u32,
    key_len: u32,
    value_len: u32,
    /// The batch writes the same key again, further on.
    superseded: bool,
}

impl Span {
    fn key<'a>(&self, buffer: &'a [u8]) -> &'a [u8] {
        &buffer[self.key_start as usize..][..self.key_len as usize]
    }
}

impl WriteBatch {
    /// Sets the value of a key.
    pub fn put(&mut self, key: Key<'_>, value: &[u8]) {
        self.push(Kind::Put as u8, value, key.partition.len() + key.sort.len(), |out| key::encode(key, out));
    }

    /// Removes a key. It need not exist.
    pub fn delete(&mut self, key: Key<'_>) {
        self.push(Kind::Delete as u8, &[], key.partition.len() + key.sort.len(), |out| key::encode(key, out));
    }

    /// Sets the value of a key whose sort part is `sort_prefix`, then the seqno of this commit (u64 BE), then the number of
    /// stamped puts before it in this batch (u32 BE). Keys made so sort in commit order and are never written twice.
    pub fn put_stamped(&mut self, space: SpaceId, partition: &[u8], sort_prefix: &[u8], value: &[u8]) {
        let ordinal = self.stamps.len() as u32;
        let mut stamp = None;
        self.push(Kind::Put as u8, value, partition.len() + sort_prefix.len() + 12, |out| {
            let stripe = key::encode_partition(space, partition, out);
            out.extend_from_slice(sort_prefix);
            stamp = Some(out.len() as u32);
            out.extend_from_slice(&[0; 8]);
            out.extend_from_slice(&ordinal.to_be_bytes());
            stripe
        });
        self.stamps.extend(stamp);
    }

    /// Removes a whole space. Costs the same for a large space as for a small one: its entries are hidden at once and their
    /// room is reclaimed by compaction. The id must never be used again.
    pub fn drop_space(&mut self, space: SpaceId) {
        self.push(DROP_SPACE, &[], 4, |out| {
            out.extend_from_slice(&space.to_be_bytes());
            0
        });
    }

    /// Whether there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        self.mutations.is_empty() && self.bytes == 0
    }

    /// How many bytes the batch takes in the WAL.
    pub fn len_bytes(&self) -> u64 {
        self.bytes
    }

    /// The size of the longest key as it is stored: zeros in a partition take two bytes.
    pub(crate) fn longest_key_bytes(&self) -> u32 {
        self.longest_key_bytes
    }

    /// The stripes that the batch writes to.
    pub(crate) fn stripes(&self) -> impl Iterator<Item = usize> + '_ {
        self.mutations.iter().map(|span| span.stripe as usize)
    }

    fn push(&mut self, kind: u8, value: &[u8], key_hint: usize, encode_key: impl FnOnce(&mut Vec<u8>) -> usize) {
        let hint = MUTATION_HEADER_BYTES + 16 + key_hint + value.len();
        if self.bytes + hint as u64 > BATCH_BYTES_MAX {
            // The commit refuses it; what does not fit need not be kept.
            self.bytes += hint as u64;
            return;
        }
        self.buffer.reserve(hint);
        let header = self.buffer.len();
        self.buffer.extend_from_slice(&[0; MUTATION_HEADER_BYTES]);
        let key_start = self.buffer.len();
        let stripe = encode_key(&mut self.buffer) as u8;
        let span = Span {
            kind,
            stripe,
            key_start: key_start as u32,
            key_len: (self.buffer.len() - key_start) as u32,
            value_len: value.len() as u32,
            superseded: false,
        };
        self.buffer.extend_from_slice(value);
        let head = &mut self.buffer[header..key_start];
        head[0] = kind;
        head[1] = stripe;
        head[2..6].copy_from_slice(&span.key_len.to_le_bytes());
        head[6..10].copy_from_slice(&span.value_len.to_le_bytes());
        self.mutations.push(span);
        self.longest_key_bytes = self.longest_key_bytes.max(span.key_len);
        self.bytes = self.buffer.len() as u64;
    }

    /// Fills in the seqno where stamped keys left room for it.
    pub(crate) fn stamp(&mut self, seqno: u64) {
        for &at in &self.stamps {
            let at = at as usize;
            self.buffer[at..at + 8].copy_from_slice(&seqno.to_be_bytes());
        }
    }

    /// Finds the mutations that later ones of the batch undo. Comes before sealing.
    pub(crate) fn settle(&mut self) {
        mark_superseded(&self.buffer, &mut self.mutations);
    }

    /// The finished batch.
    pub(crate) fn seal(self) -> SealedBatch {
        SealedBatch { buffer: Bytes::from(self.buffer), mutations: self.mutations }
    }
}

/// A batch that has its seqno and can't change any more.
pub(crate) struct SealedBatch {
    buffer: Bytes,
    mutations: SmallVec<[Span; 4]>,
}

/// One change of a batch.
pub(crate) enum Mutation<'a> {
    /// A new version of a key: `entry` is the encoded key and then the value.
    Entry { stripe: usize, kind: Kind, entry: &'a [u8], key_len: usize },
    /// The end of a space.
    DropSpace(SpaceId),
}

impl SealedBatch {
    /// The batch as the WAL holds it.
    pub(crate) fn encoded(&self) -> &Bytes {
        &self.buffer
    }

    /// The changes.
    pub(crate) fn mutations(&self) -> impl Iterator<Item = Mutation<'_>> {
        self.mutations.iter().filter(|span| !span.superseded).map(|span| mutation(span, &self.buffer))
    }
}

/// A seqno names one version of a key, so of several mutations of a key only the last one counts.
fn mark_superseded(buffer: &[u8], mutations: &mut [Span]) {
    if mutations.len() < 2 {
        return;
    }
    let mut order: SmallVec<[u32; 16]> = (0..mutations.len() as u32).collect();
    let name = |at: u32| {
        let span = &mutations[at as usize];
        (span.stripe, span.kind == DROP_SPACE, span.key(buffer))
    };
    order.sort_unstable_by(|&left, &right| name(left).cmp(&name(right)).then(left.cmp(&right)));
    let superseded: SmallVec<[u32; 4]> =
        order.windows(2).filter(|pair| name(pair[0]) == name(pair[1])).map(|pair| pair[0]).collect();
    for at in superseded {
        mutations[at as usize].superseded = true;
    }
}

/// The mutations of an encoded batch; `None` where the bytes are not one.
pub(crate) fn mutations_of(encoded: &[u8]) -> impl Iterator<Item = Option<Mutation<'_>>> {
    let spans = spans_of(encoded);
    let malformed = spans.is_none().then_some(None);
    let spans = spans.unwrap_or_default().into_iter().filter(|span| !span.superseded);
    malformed.into_iter().chain(spans.map(|span| Some(mutation(&span, encoded))))
}

fn spans_of(encoded: &[u8]) -> Option<Vec<Span>> {
    let mut spans = Vec::new();
    let mut decoder = Decoder::new(encoded);
    while !decoder.is_at_end() {
        let (kind, stripe) = (decoder.u8()?, decoder.u8()?);
        let (key_len, value_len) = (decoder.u32()?, decoder.u32()?);
        let key_start = (encoded.len() - decoder.len()) as u32;
        let key = decoder.take(key_len as usize)?;
        decoder.take(value_len as usize)?;
        let is_valid = match kind {
            DROP_SPACE => key_len == 4,
            _ => [Kind::Put as u8, Kind::Delete as u8].contains(&kind) && key::split(key).is_some(),
        };
        if !is_valid {
            return None;
        }
        spans.push(Span { kind, stripe, key_start, key_len, value_len, superseded: false });
    }
    mark_superseded(encoded, &mut spans);
    Some(spans)
}

fn mutation<'a>(span: &Span, buffer: &'a [u8]) -> Mutation<'a> {
    let entry = &buffer[span.key_start as usize..][..span.key_len as usize + span.value_len as usize];
    match (span.kind, key::space_of(entry)) {
        (DROP_SPACE, Some(space)) => Mutation::DropSpace(space),
        (kind, _) => {
            let kind = if kind == Kind::Delete as u8 { Kind::Delete } else { Kind::Put };
            Mutation::Entry { stripe: span.stripe as usize, kind, entry, key_len: span.key_len as usize }
        }
    }
}
