//! The newest entries of a stripe, in memory: a skip list for ranges and a hash table for single keys, which one writer
//! fills while readers walk them without a lock.
//!
//! Nodes are never moved or removed. A node is written completely before the links and the slot that lead to it, so a
//! reader that follows them sees whole nodes, in order. Writers of a stripe exclude each other (the stripe's writer
//! mutex), so linking is a plain store per level.
//!
//! A walk down the list costs a cache miss per node, so what it needs is packed: the links, and the first sixteen bytes of
//! the key as numbers, which decide most comparisons. A get does not walk at all: it finds the newest version of its key
//! in the hash table, and older ones behind it.

use std::cmp::Ordering as Order;
use std::sync::OnceLock;

use bytes::{Bytes, BytesMut};

use crate::batch::Kind;
use crate::key;
use crate::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// With one node in four reaching the next level, this is enough for 4^10 entries at full speed.
const HEIGHT_MAX: usize = 11;
/// Levels that are packed with the node; taller nodes are one in 256 and keep the rest aside.
const PACKED_LEVELS: usize = 4;
const FIRST_CHUNK_NODES: usize = 8;
const CHUNK_COUNT: usize = 28;
/// The index that stands for no entry: before the first and after the last.
const NONE: u32 = 0;
/// The first hash table has this many slots, every further one twice as many.
const FIRST_TABLE_SLOTS: usize = 16;
const TABLE_COUNT: usize = 28;
/// Entries lie behind each other in pieces of memory of these sizes, the smaller ones first: an allocation for each would cost
/// more than copying it. A value that a reader keeps keeps its piece. Entries of more than a quarter of the largest piece
/// have memory of their own: of a piece, hardly less than that would be wasted.
const PIECE_BYTES_MIN: usize = 1 << 10;
const PIECE_BYTES_MAX: usize = 32 << 10;
/// What an entry takes besides its key and its value, slots of hash tables included.
const ENTRY_OVERHEAD_BYTES: usize = size_of::<Links>() + size_of::<OnceLock<Entry>>() + 24;

/// The entries of a stripe since its last flush.
pub(crate) struct Memtable {
    chunks: [OnceLock<Chunk>; CHUNK_COUNT],
    /// The links of the place before the first node, above the packed levels.
    head_above: [AtomicU32; HEIGHT_MAX - PACKED_LEVELS],
    height: AtomicUsize,
    /// Each is made when the one before is half full; readers use the one that `table` names.
    tables: [OnceLock<Box<[AtomicU64]>>; TABLE_COUNT],
    table: AtomicU8,
    bytes: AtomicUsize,
    /// One bit per space, by its id modulo 64: tells a scan of a small space to pass by.
    space_bits: AtomicU64,
    seqno_min: AtomicU64,
    seqno_max: AtomicU64,
    complete_through: AtomicU64,
}

/// Some nodes: what a walk needs of them, and the rest.
struct Chunk {
    links: Box<[Links]>,
    entries: Box<[OnceLock<Entry>]>,
}

#[derive(Default)]
struct Links {
    prefix: [AtomicU64; 2],
    next: [AtomicU32; PACKED_LEVELS],
}

struct Entry {
    seqno: u64,
    /// The encoded key, and then the value.
    bytes: Bytes,
    key_len: u32,
    kind: Kind,
    /// The next older version of the key.
    older: AtomicU32,
    above: Option<Box<[AtomicU32; HEIGHT_MAX - PACKED_LEVELS]>>,
}

impl Entry {
    fn key(&self) -> &[u8] {
        &self.bytes[..self.key_len as usize]
    }

    fn version(&self) -> Version {
        Version { seqno: self.seqno, kind: self.kind, value: self.bytes.slice(self.key_len as usize..) }
    }
}

/// What a writer of a memtable needs to remember: the stripe's writer mutex guards it.
pub(crate) struct Inserter {
    node_count: u32,
    /// How many different keys the hash table leads to.
    key_count: usize,
    slot_count: usize,
    random: u64,
    piece: BytesMut,
    piece_bytes: usize,
}

impl Inserter {
    /// A writer for a fresh memtable.
    pub(crate) fn new(stripe: usize) -> Self {
        // Heights need no secrecy, and the same work must give the same list in a simulation.
        Inserter {
            node_count: 0,
            key_count: 0,
            slot_count: 0,
            random: 0x9e37_79b9_7f4a_7c15 ^ ((stripe as u64 + 1) << 32),
            piece: BytesMut::new(),
            piece_bytes: PIECE_BYTES_MIN,
        }
    }

    /// Copies an entry to where it stays. Returns also how many bytes were given up for it, at the end of a piece.
    fn keep(&mut self, entry: &[u8]) -> (Bytes, usize) {
        if entry.len() > PIECE_BYTES_MAX / 4 {
            return (Bytes::copy_from_slice(entry), 0);
        }
        let mut given_up = 0;
        if self.piece.capacity() < entry.len() {
            given_up = self.piece.capacity();
            self.piece = BytesMut::with_capacity(self.piece_bytes.max(entry.len()));
            self.piece_bytes = (self.piece_bytes * 2).min(PIECE_BYTES_MAX);
        }
        self.piece.extend_from_slice(entry);
        (self.piece.split().freeze(), given_up)
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
            chunks: Default::default(),
            head_above: Default::default(),
            height: AtomicUsize::new(1),
            tables: Default::default(),
            table: AtomicU8::new(0),
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
        entry: &[u8],
        key_len: usize,
    ) -> usize {
        let key = &entry[..key_len];
        let (prefix, hash, space) = (prefix_of(key), key::hash(key), key::space_of(key));
        let height = inserter.next_height();
        if height > self.height.load(Ordering::Relaxed) {
            // A reader that sees the new height early finds empty levels and descends.
            self.height.store(height, Ordering::Release);
        }
        let (before, _) = self.search(prefix, key, seqno);
        let (bytes, given_up) = inserter.keep(entry);
        let taken = bytes.len() + given_up + ENTRY_OVERHEAD_BYTES;
        let above = (height > PACKED_LEVELS).then(Default::default);
        let entry = Entry { seqno, bytes, key_len: key_len as u32, kind, older: AtomicU32::new(NONE), above };
        let index = self.place(inserter, prefix, entry);
        for (level, &previous) in before.iter().enumerate().take(height) {
            let next = self.link(previous, level).load(Ordering::Relaxed);
            self.link(index, level).store(next, Ordering::Relaxed);
        }
        // The marks come before the links: who finds the entry must also find the marks.
        self.seqno_min.fetch_min(seqno, Ordering::AcqRel);
        self.seqno_max.fetch_max(seqno, Ordering::AcqRel);
        if let Some(space) = space {
            self.space_bits.fetch_or(space_bit(space), Ordering::AcqRel);
        }
        for (level, &previous) in before.iter().enumerate().take(height) {
            self.link(previous, level).store(index, Ordering::Release);
        }
        self.enter(inserter, hash, index);
        self.bytes.fetch_add(taken, Ordering::Relaxed);
        taken
    }

    /// The newest version of the key at or below a seqno. `hash` is that of the key.
    pub(crate) fn get(&self, key: &[u8], hash: u64, seqno: u64) -> Option<Version> {
        let table = self.tables[self.table.load(Ordering::Acquire) as usize].get()?;
        let mut index = slots_of(table, hash).find_map(|slot| {
            let value = slot.load(Ordering::Acquire);
            match index_in(value) {
                // Stops the search; there is no entry behind an empty slot.
                NONE => Some(NONE),
                index if tag_in(value) == tag_of(hash) && self.entry(index)?.key() == key => Some(index),
                _ => None,
            }
        })?;
        loop {
            let entry = self.entry(index)?;
            if entry.seqno <= seqno {
                return Some(entry.version());
            }
            index = entry.older.load(Ordering::Acquire);
        }
    }

    /// Makes the hash table lead to an entry that is in the list already.
    fn enter(&self, inserter: &mut Inserter, hash: u64, index: u32) {
        if inserter.key_count * 2 >= inserter.slot_count {
            self.grow_table(inserter);
        }
        let Some(table) = self.tables[self.table.load(Ordering::Relaxed) as usize].get() else { return };
        let Some(entry) = self.entry(index) else { return };
        for slot in slots_of(table, hash) {
            let value = slot.load(Ordering::Relaxed);
            let newest = index_in(value);
            if newest == NONE {
                slot.store(slot_value(hash, index), Ordering::Release);
                inserter.key_count += 1;
                return;
            }
            if tag_in(value) != tag_of(hash) || self.entry(newest).is_none_or(|newest| newest.key() != entry.key()) {
                continue;
            }
            self.enter_version(slot, hash, index, entry);
            return;
        }
    }

    /// Puts a version of a known key where its seqno belongs; that is in front, unless the caller breaks the rule about
    /// latches.
    fn enter_version(&self, slot: &AtomicU64, hash: u64, index: u32, entry: &Entry) {
        let mut newer: Option<&Entry> = None;
        let mut older = index_in(slot.load(Ordering::Relaxed));
        while let Some(other) = self.entry(older).filter(|other| other.seqno > entry.seqno) {
            newer = Some(other);
            older = other.older.load(Ordering::Relaxed);
        }
        entry.older.store(older, Ordering::Release);
        match newer {
            Some(newer) => newer.older.store(index, Ordering::Release),
            None => slot.store(slot_value(hash, index), Ordering::Release),
        }
    }

    /// Makes a table of twice the size. Readers in the old one find everything that was entered before, which is enough:
    /// what is entered later was not published when they began.
    fn grow_table(&self, inserter: &mut Inserter) {
        let next = if inserter.slot_count == 0 { 0 } else { self.table.load(Ordering::Relaxed) + 1 };
        let slot_count = FIRST_TABLE_SLOTS << next;
        let table: Box<[AtomicU64]> = (0..slot_count).map(|_| AtomicU64::new(0)).collect();
        let old = next.checked_sub(1).and_then(|old| self.tables[old as usize].get());
        for value in old.into_iter().flatten().map(|slot| slot.load(Ordering::Relaxed)) {
            let Some(entry) = self.entry(index_in(value)) else { continue };
            let hash = key::hash(entry.key());
            let free = slots_of(&table, hash).find(|slot| slot.load(Ordering::Relaxed) == 0);
            free.into_iter().for_each(|slot| slot.store(value, Ordering::Relaxed));
        }
        let is_first = self.tables[next as usize].set(table).is_ok();
        debug_assert!(is_first, "tables are made one after the other");
        self.table.store(next, Ordering::Release);
        inserter.slot_count = slot_count;
    }

    /// The first node at or after `(key, seqno)`; versions of a key come newest first.
    fn seek(&self, key: &[u8], seqno: u64) -> u32 {
        self.search(prefix_of(key), key, seqno).1
    }

    /// The last node before `(key, seqno)`.
    fn seek_before(&self, key: &[u8], seqno: u64) -> u32 {
        self.search(prefix_of(key), key, seqno).0[0]
    }

    /// The last node before `(key, seqno)` on every level, and the first one that is not: the one that the search met. A node
    /// that is inserted between the two meanwhile may lie before the target, so the link must not be followed again.
    fn search(&self, prefix: Prefix, key: &[u8], seqno: u64) -> ([u32; HEIGHT_MAX], u32) {
        let mut before = [NONE; HEIGHT_MAX];
        let mut previous = NONE;
        let mut refused = NONE;
        for level in (0..self.height.load(Ordering::Acquire).max(1)).rev() {
            loop {
                let next = self.link(previous, level).load(Ordering::Acquire);
                // A node that was too far on the level above is too far here as well.
                if next == refused || !self.is_before(next, prefix, key, seqno) {
                    refused = next;
                    break;
                }
                previous = next;
            }
            before[level] = previous;
        }
        (before, refused)
    }

    fn is_before(&self, index: u32, prefix: Prefix, key: &[u8], seqno: u64) -> bool {
        if index == NONE {
            return false;
        }
        let own = &self.links(index).prefix;
        let first = own[0].load(Ordering::Relaxed).cmp(&prefix[0]);
        match first.then_with(|| own[1].load(Ordering::Relaxed).cmp(&prefix[1])) {
            Order::Less => true,
            Order::Greater => false,
            Order::Equal => self.entry(index).is_some_and(|entry| match entry.key().cmp(key) {
                Order::Less => true,
                Order::Equal => entry.seqno > seqno,
                Order::Greater => false,
            }),
        }
    }

    fn link(&self, index: u32, level: usize) -> &AtomicU32 {
        let Some(above) = level.checked_sub(PACKED_LEVELS) else { return &self.links(index).next[level] };
        match self.entry(index).map(|entry| &entry.above) {
            None => &self.head_above[above],
            Some(Some(links)) => &links[above],
            Some(None) => unreachable!("a node is linked only up to its height"),
        }
    }

    /// The packed part of a node. Index `NONE` has one as well: the place before the first node.
    fn links(&self, index: u32) -> &Links {
        let (chunk, offset) = place_of(index);
        &self.chunk(chunk).links[offset]
    }

    fn entry(&self, index: u32) -> Option<&Entry> {
        if index == NONE {
            return None;
        }
        let (chunk, offset) = place_of(index);
        self.chunk(chunk).entries[offset].get()
    }

    fn chunk(&self, chunk: usize) -> &Chunk {
        self.chunks[chunk].get_or_init(|| Chunk {
            links: (0..FIRST_CHUNK_NODES << chunk).map(|_| Links::default()).collect(),
            entries: (0..FIRST_CHUNK_NODES << chunk).map(|_| OnceLock::new()).collect(),
        })
    }

    fn place(&self, inserter: &mut Inserter, prefix: Prefix, entry: Entry) -> u32 {
        inserter.node_count += 1;
        let index = inserter.node_count;
        let (chunk, offset) = place_of(index);
        let chunk = self.chunk(chunk);
        for (own, prefix) in chunk.links[offset].prefix.iter().zip(prefix) {
            own.store(prefix, Ordering::Relaxed);
        }
        let is_fresh = chunk.entries[offset].set(entry).is_ok();
        debug_assert!(is_fresh, "an inserter belongs to one memtable");
        index
    }
}

fn place_of(index: u32) -> (usize, usize) {
    let shifted = index as usize + FIRST_CHUNK_NODES;
    let chunk = (shifted.ilog2() - FIRST_CHUNK_NODES.ilog2()) as usize;
    (chunk, shifted - (FIRST_CHUNK_NODES << chunk))
}

/// The first bytes of a key as numbers that sort like them: zeros stand for what a short key lacks.
type Prefix = [u64; 2];

fn prefix_of(key: &[u8]) -> Prefix {
    let mut bytes = [0; size_of::<Prefix>()];
    let len = key.len().min(bytes.len());
    bytes[..len].copy_from_slice(&key[..len]);
    let number = u128::from_be_bytes(bytes);
    [(number >> 64) as u64, number as u64]
}

fn space_bit(space: key::SpaceId) -> u64 {
    1 << (space % 64)
}

/// The slots where an entry may be, in the order in which they are tried. A table is never full.
fn slots_of(table: &[AtomicU64], hash: u64) -> impl Iterator<Item = &AtomicU64> {
    let mask = table.len() - 1;
    (hash as usize & mask..).map(move |slot| &table[slot & mask])
}

fn slot_value(hash: u64, index: u32) -> u64 {
    u64::from(tag_of(hash)) << 32 | u64::from(index)
}

/// The half of the hash that does not choose the slot.
fn tag_of(hash: u64) -> u32 {
    (hash >> 32) as u32
}

fn tag_in(slot: u64) -> u32 {
    (slot >> 32) as u32
}

fn index_in(slot: u64) -> u32 {
    slot as u32
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
        let Some(entry) = self.memtable.entry(self.at) else { return };
        self.at = self.memtable.seek_before(entry.key(), entry.seqno);
    }

    pub(crate) fn entry(&self) -> Option<EntryRef<'_>> {
        self.memtable.entry(self.at).map(|entry| EntryRef {
            key: entry.key(),
            value: &entry.bytes[entry.key_len as usize..],
            owner: &entry.bytes,
            seqno: entry.seqno,
            kind: entry.kind,
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;

    fn fill(entries: &[(Vec<u8>, Vec<u8>)]) -> Memtable {
        let memtable = Memtable::new();
        let mut inserter = Inserter::new(0);
        for (seqno, (key, value)) in (1..).zip(entries) {
            let kind = if value.is_empty() { Kind::Delete } else { Kind::Put };
            memtable.insert(&mut inserter, seqno, kind, &[&key[..], value].concat(), key.len());
        }
        memtable
    }

    fn entries() -> impl Strategy<Value = Vec<(Vec<u8>, Vec<u8>)>> {
        let bytes = |len| proptest::collection::vec(0..4u8, len);
        proptest::collection::vec((bytes(0..12), bytes(0..3)), 0..300)
    }

    proptest! {
        #[test]
        fn a_get_finds_the_newest_version_that_is_not_too_new(entries in entries(), seqno in 0..310u64) {
            let memtable = fill(&entries);
            for (key, _) in &entries {
                let versions = (1..).zip(&entries).filter(|(version, (other, _))| other == key && *version <= seqno);
                let expected = versions.last().map(|(version, (_, value))| (version, value.clone()));
                let found = memtable.get(key, key::hash(key), seqno);
                prop_assert_eq!(found.map(|version| (version.seqno, version.value.to_vec())), expected);
            }
            prop_assert!(memtable.get(b"absent", key::hash(b"absent"), seqno).is_none());
        }

        #[test]
        fn a_cursor_shows_keys_in_order_and_their_versions_newest_first(entries in entries()) {
            let mut expected: Vec<(Vec<u8>, u64)> = (1..).zip(&entries).map(|(seqno, (key, _))| (key.clone(), seqno)).collect();
            expected.sort_by(|left, right| left.0.cmp(&right.0).then(right.1.cmp(&left.1)));
            let mut cursor = MemtableCursor::new(Arc::new(fill(&entries)));
            cursor.seek(&[], u64::MAX);
            let mut found = Vec::new();
            while let Some(entry) = cursor.entry() {
                found.push((entry.key.to_vec(), entry.seqno));
                cursor.next();
            }
            prop_assert_eq!(&found, &expected);
            cursor.seek_last();
            found.clear();
            while let Some(entry) = cursor.entry() {
                found.push((entry.key.to_vec(), entry.seqno));
                cursor.previous();
            }
            found.reverse();
            prop_assert_eq!(&found, &expected);
        }
    }

    #[test]
    fn memory_that_is_given_up_at_the_end_of_a_piece_counts() {
        let (memtable, mut inserter) = (Memtable::new(), Inserter::new(0));
        let entries = (1..=14).map(|seqno| memtable.insert(&mut inserter, seqno, Kind::Put, &[7; 5_000], 9));
        let taken: usize = entries.map(|taken| taken - ENTRY_OVERHEAD_BYTES).sum();
        // Three pieces of 5,000 bytes; then 1, 3 and 6 entries in pieces of 8, 16 and 32 KiB; the last began a new one.
        let given_up = (8_192 - 5_000) + (16_384 - 15_000) + (32_768 - 30_000);
        assert_eq!(taken, 14 * 5_000 + given_up);
    }

    #[test]
    fn a_large_entry_takes_no_piece_from_small_ones() {
        let (memtable, mut inserter) = (Memtable::new(), Inserter::new(0));
        memtable.insert(&mut inserter, 1, Kind::Put, &[7; 100], 9);
        let left = inserter.piece.capacity();
        memtable.insert(&mut inserter, 2, Kind::Put, &[7; 33_000], 9);
        assert_eq!(inserter.piece.capacity(), left);
    }

    #[test]
    fn versions_that_come_in_the_wrong_order_are_found_nevertheless() {
        let memtable = Memtable::new();
        let mut inserter = Inserter::new(0);
        for seqno in [5, 9, 7, 2] {
            memtable.insert(&mut inserter, seqno, Kind::Put, b"key", 3);
        }
        for (at, expected) in [(1, None), (2, Some(2)), (6, Some(5)), (8, Some(7)), (9, Some(9)), (99, Some(9))] {
            let found = memtable.get(b"key", key::hash(b"key"), at).map(|version| version.seqno);
            assert_eq!(found, expected, "at {at}");
        }
    }

    /// Each key is inserted right in front of the target, behind what a search for it has just passed.
    #[test]
    fn a_search_beside_a_writer_stands_on_nothing_before_its_target() {
        let memtables: Vec<Arc<Memtable>> = (0..200).map(|_| Arc::new(Memtable::new())).collect();
        let current = crate::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while let Some(memtable) = memtables.get(current.load(Ordering::SeqCst)) {
                    let mut cursor = MemtableCursor::new(Arc::clone(memtable));
                    cursor.seek(b"target", u64::MAX);
                    let found = cursor.entry().map(|entry| entry.key.to_vec());
                    assert!(found.as_deref().is_none_or(|key| key == b"target"), "{found:?}");
                }
            });
            for memtable in &memtables {
                let mut inserter = Inserter::new(0);
                for seqno in 1..=500u64 {
                    memtable.insert(&mut inserter, seqno, Kind::Put, &[&[0; 2][..], &seqno.to_be_bytes()].concat(), 10);
                    if seqno == 400 {
                        memtable.insert(&mut inserter, seqno, Kind::Put, b"target", 6);
                    }
                }
                current.fetch_add(1, Ordering::SeqCst);
            }
        });
    }

    #[test]
    fn readers_beside_a_writer_see_whole_entries_in_order() {
        let memtable = Arc::new(Memtable::new());
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut seen = 0;
                    while seen < 5_000 {
                        let mut cursor = MemtableCursor::new(Arc::clone(&memtable));
                        cursor.seek(&[], u64::MAX);
                        let (mut count, mut last) = (0, Vec::new());
                        while let Some(entry) = cursor.entry() {
                            assert!(entry.key > last.as_slice() && entry.value == entry.key);
                            last = entry.key.to_vec();
                            count += 1;
                            cursor.next();
                        }
                        assert!(count >= seen);
                        seen = count;
                    }
                });
            }
            let mut inserter = Inserter::new(0);
            for seqno in 1..=5_000u64 {
                let key = seqno.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
                memtable.insert(&mut inserter, seqno, Kind::Put, &[key, key].concat(), 8);
                assert!(memtable.get(&key, key::hash(&key), seqno).is_some());
            }
        });
    }
}
