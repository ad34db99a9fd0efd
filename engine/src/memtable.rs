//! The newest entries of a stripe, in memory and in order: a skip list that one writer fills while readers walk it.
//!
//! Nodes are never moved or removed. A node is written completely before the links that lead to it, so a reader that
//! follows links sees whole nodes, in order, without any lock. Writers of a stripe exclude each other (the stripe's
//! writer mutex), so linking is a plain store per level.
//!
//! Every node carries the first eight bytes of its key as a number. Most comparisons on the way down are decided by it
//! without touching the key itself, which would be a cache miss each.

use std::cmp::Ordering as Order;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

use bytes::Bytes;

use crate::batch::Kind;
use crate::key;

/// With one node in four reaching the next level, this is enough for 4^10 entries at full speed.
const HEIGHT_MAX: usize = 11;
/// Levels that are kept inside the node; taller nodes are one in 64 and keep the rest aside.
const INLINE_LEVELS: usize = 3;
const FIRST_CHUNK_NODES: usize = 8;
const CHUNK_COUNT: usize = 28;
/// The index that no node has.
const NONE: u32 = 0;

/// The entries of a stripe since its last flush.
pub(crate) struct Memtable {
    head: [AtomicU32; HEIGHT_MAX],
    height: AtomicUsize,
    chunks: [OnceLock<Box<[OnceLock<Node>]>>; CHUNK_COUNT],
    bytes: AtomicUsize,
    /// One bit per space, by its id modulo 64: tells a scan of a small space to pass by.
    space_bits: AtomicU64,
    seqno_min: AtomicU64,
    seqno_max: AtomicU64,
    complete_through: AtomicU64,
}

struct Node {
    prefix: u64,
    seqno: u64,
    entry: Bytes,
    key_len: u32,
    kind: Kind,
    low: [AtomicU32; INLINE_LEVELS],
    high: Option<Box<[AtomicU32; HEIGHT_MAX - INLINE_LEVELS]>>,
}

impl Node {
    fn key(&self) -> &[u8] {
        &self.entry[..self.key_len as usize]
    }

    fn link(&self, level: usize) -> &AtomicU32 {
        match level.checked_sub(INLINE_LEVELS) {
            None => &self.low[level],
            Some(above) => match &self.high {
                Some(high) => &high[above],
                None => unreachable!("a node is linked only up to its height"),
            },
        }
    }
}

/// What a writer of a memtable needs to remember: the stripe's writer mutex guards it.
pub(crate) struct Inserter {
    node_count: u32,
    random: u64,
}

impl Inserter {
    /// A writer for a fresh memtable.
    pub(crate) fn new(stripe: usize) -> Self {
        // Heights need no secrecy, and the same work must give the same list in a simulation.
        Inserter { node_count: 0, random: 0x9e37_79b9_7f4a_7c15 ^ ((stripe as u64 + 1) << 32) }
    }

    fn next_height(&mut self) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let levels_won = (self.random | 1 << 63).trailing_zeros() as usize / 2;
        (1 + levels_won).min(HEIGHT_MAX)
    }
}

/// A version that a read found.
pub(crate) struct Version {
    pub(crate) seqno: u64,
    pub(crate) kind: Kind,
    pub(crate) value: Bytes,
}

impl Memtable {
    pub(crate) fn new() -> Self {
        Memtable {
            head: Default::default(),
            height: AtomicUsize::new(1),
            chunks: Default::default(),
            bytes: AtomicUsize::new(0),
            space_bits: AtomicU64::new(0),
            seqno_min: AtomicU64::new(u64::MAX),
            seqno_max: AtomicU64::new(0),
            complete_through: AtomicU64::new(0),
        }
    }

    /// How much memory the entries take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The smallest seqno in here; `u64::MAX` when there is none.
    pub(crate) fn seqno_min(&self) -> u64 {
        self.seqno_min.load(Ordering::Acquire)
    }

    /// The greatest seqno in here.
    pub(crate) fn seqno_max(&self) -> u64 {
        self.seqno_max.load(Ordering::Acquire)
    }

    /// Notes, when it is sealed, up to which seqno the stripe's entries are all in here or in older memtables.
    pub(crate) fn mark_complete_through(&self, seqno: u64) {
        self.complete_through.store(seqno, Ordering::Release);
    }

    /// Later memtables of the stripe hold no entry up to this seqno.
    pub(crate) fn complete_through(&self) -> u64 {
        self.complete_through.load(Ordering::Acquire)
    }

    /// Whether there may be entries of the space; `false` is certain.
    pub(crate) fn may_hold(&self, space: key::SpaceId) -> bool {
        self.space_bits.load(Ordering::Acquire) & space_bit(space) != 0
    }

    /// Adds an entry (encoded key, then value) and returns how many bytes it takes. The caller holds the stripe's writer
    /// mutex, which also guards `inserter`.
    pub(crate) fn insert(
        &self,
        inserter: &mut Inserter,
        seqno: u64,
        kind: Kind,
        entry: Bytes,
        key_len: usize,
    ) -> usize {
        let key = &entry[..key_len];
        let prefix = prefix_of(key);
        let height = inserter.next_height();
        if height > self.height.load(Ordering::Relaxed) {
            // A reader that sees the new height early finds empty levels and descends.
            self.height.store(height, Ordering::Release);
        }
        let before = self.links_before(prefix, key, seqno);
        let space = key::space_of(key);
        let bytes = entry.len() + size_of::<OnceLock<Node>>();
        let node = Node {
            prefix,
            seqno,
            entry,
            key_len: key_len as u32,
            kind,
            low: Default::default(),
            high: (height > INLINE_LEVELS).then(Default::default),
        };
        for (level, &previous) in before.iter().enumerate().take(height) {
            let next = self.link(previous, level).load(Ordering::Relaxed);
            node.link(level).store(next, Ordering::Relaxed);
        }
        let index = self.place(inserter, node);
        // The marks come before the links: who finds the entry must also find the marks.
        self.seqno_min.fetch_min(seqno, Ordering::AcqRel);
        self.seqno_max.fetch_max(seqno, Ordering::AcqRel);
        if let Some(space) = space {
            self.space_bits.fetch_or(space_bit(space), Ordering::AcqRel);
        }
        for (level, &previous) in before.iter().enumerate().take(height) {
            self.link(previous, level).store(index, Ordering::Release);
        }
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        bytes
    }

    /// The newest version of the key at or below a seqno.
    pub(crate) fn get(&self, key: &[u8], seqno: u64) -> Option<Version> {
        let index = self.seek(key, seqno);
        let node = self.node(index)?;
        (node.key() == key).then(|| Version {
            seqno: node.seqno,
            kind: node.kind,
            value: node.entry.slice(node.key_len as usize..),
        })
    }

    /// The first node at or after `(key, seqno)`; versions of a key come newest first.
    fn seek(&self, key: &[u8], seqno: u64) -> u32 {
        let prefix = prefix_of(key);
        let mut previous = NONE;
        let mut refused = NONE;
        for level in (0..self.height.load(Ordering::Acquire)).rev() {
            loop {
                let next = self.link(previous, level).load(Ordering::Acquire);
                // A node that was too far on the level above is too far here as well.
                if next == refused || !self.is_before(next, prefix, key, seqno) {
                    refused = next;
                    break;
                }
                previous = next;
            }
        }
        refused
    }

    /// The last node before `(key, seqno)`.
    fn seek_before(&self, key: &[u8], seqno: u64) -> u32 {
        self.links_before(prefix_of(key), key, seqno)[0]
    }

    /// The last node before `(key, seqno)` on every level.
    fn links_before(&self, prefix: u64, key: &[u8], seqno: u64) -> [u32; HEIGHT_MAX] {
        let mut before = [NONE; HEIGHT_MAX];
        let mut previous = NONE;
        let mut refused = NONE;
        for level in (0..self.height.load(Ordering::Acquire)).rev() {
            loop {
                let next = self.link(previous, level).load(Ordering::Acquire);
                if next == refused || !self.is_before(next, prefix, key, seqno) {
                    refused = next;
                    break;
                }
                previous = next;
            }
            before[level] = previous;
        }
        before
    }

    fn is_before(&self, index: u32, prefix: u64, key: &[u8], seqno: u64) -> bool {
        let Some(node) = self.node(index) else {
            return false;
        };
        match node.prefix.cmp(&prefix).then_with(|| node.key().cmp(key)) {
            Order::Less => true,
            Order::Equal => node.seqno > seqno,
            Order::Greater => false,
        }
    }

    fn link(&self, index: u32, level: usize) -> &AtomicU32 {
        match self.node(index) {
            Some(node) => node.link(level),
            None => &self.head[level],
        }
    }

    fn node(&self, index: u32) -> Option<&Node> {
        if index == NONE {
            return None;
        }
        let (chunk, offset) = place_of(index);
        self.chunks[chunk].get()?[offset].get()
    }

    fn place(&self, inserter: &mut Inserter, node: Node) -> u32 {
        inserter.node_count += 1;
        let index = inserter.node_count;
        let (chunk, offset) = place_of(index);
        let slots =
            self.chunks[chunk].get_or_init(|| (0..FIRST_CHUNK_NODES << chunk).map(|_| OnceLock::new()).collect());
        let fresh = slots[offset].set(node).is_ok();
        debug_assert!(fresh, "an inserter belongs to one memtable");
        index
    }
}

fn place_of(index: u32) -> (usize, usize) {
    let shifted = index as usize - 1 + FIRST_CHUNK_NODES;
    let chunk = (shifted.ilog2() - FIRST_CHUNK_NODES.ilog2()) as usize;
    (chunk, shifted - (FIRST_CHUNK_NODES << chunk))
}

fn prefix_of(key: &[u8]) -> u64 {
    match key.first_chunk::<8>() {
        Some(chunk) => u64::from_be_bytes(*chunk),
        None => {
            let mut chunk = [0; 8];
            chunk[..key.len()].copy_from_slice(key);
            u64::from_be_bytes(chunk)
        }
    }
}

fn space_bit(space: key::SpaceId) -> u64 {
    1 << (space % 64)
}

/// A position in a memtable.
pub(crate) struct MemtableCursor {
    memtable: std::sync::Arc<Memtable>,
    at: u32,
}

impl MemtableCursor {
    pub(crate) fn new(memtable: std::sync::Arc<Memtable>) -> Self {
        MemtableCursor { memtable, at: NONE }
    }

    pub(crate) fn seek(&mut self, key: &[u8], seqno: u64) {
        self.at = self.memtable.seek(key, seqno);
    }

    pub(crate) fn seek_before(&mut self, key: &[u8]) {
        self.at = self.memtable.seek_before(key, u64::MAX);
    }

    /// Stands on the last entry of all.
    pub(crate) fn seek_last(&mut self) {
        let mut last = NONE;
        for level in (0..self.memtable.height.load(Ordering::Acquire)).rev() {
            loop {
                let next = self.memtable.link(last, level).load(Ordering::Acquire);
                if next == NONE {
                    break;
                }
                last = next;
            }
        }
        self.at = last;
    }

    pub(crate) fn next(&mut self) {
        self.at = self.memtable.link(self.at, 0).load(Ordering::Acquire);
    }

    pub(crate) fn previous(&mut self) {
        let Some(node) = self.memtable.node(self.at) else {
            return;
        };
        self.at = self.memtable.seek_before(node.key(), node.seqno);
    }

    pub(crate) fn entry(&self) -> Option<EntryRef<'_>> {
        self.memtable.node(self.at).map(|node| EntryRef {
            key: node.key(),
            value: &node.entry[node.key_len as usize..],
            owner: &node.entry,
            seqno: node.seqno,
            kind: node.kind,
        })
    }
}

/// An entry that a cursor stands on.
#[derive(Clone, Copy)]
pub(crate) struct EntryRef<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) value: &'a [u8],
    /// What holds the memory of `value`.
    pub(crate) owner: &'a Bytes,
    pub(crate) seqno: u64,
    pub(crate) kind: Kind,
}
