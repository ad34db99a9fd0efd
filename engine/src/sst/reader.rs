//! Reading SSTs.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use bytes::Bytes;

use super::block::{BlockCursor, Malformed};
use super::footer::{FOOTER_BYTES, Footer};
use super::frame::{self, Place};
use super::{BLOCKS_PER_PARTITION, Purpose, SST_FILE, SstCursor, bloom, file_name, partition};
use crate::Error;
use crate::cache::{BlockCache, OpenFiles};
use crate::file_header::HEADER_BYTES;
use crate::io::{File, Folder};
use crate::key;
use crate::manifest::SstMeta;
use crate::memtable::Version;
use crate::sync::atomic::{AtomicBool, Ordering};

/// What all SSTs of an engine share.
pub(crate) struct SstShared {
    pub(crate) folder: Folder,
    pub(crate) blocks: BlockCache,
    pub(crate) open_files: OpenFiles,
}

/// An SST. Its file is opened when it is first read, and may be closed and opened again later.
pub(crate) struct Sst {
    pub(crate) meta: Arc<SstMeta>,
    shared: Arc<SstShared>,
    open: ArcSwapOption<OpenSst>,
    used: AtomicBool,
    obsolete: AtomicBool,
}

/// What is in memory while the file is open.
pub(super) struct OpenSst {
    pub(super) file: File,
    pub(super) top: Bytes,
    /// The partition, when there is but one: then the bloom of a small SST is asked without a look into the cache.
    sole_partition: Option<(Place, Bytes)>,
    footer: Footer,
}

impl Sst {
    pub(crate) fn new(meta: Arc<SstMeta>, shared: Arc<SstShared>) -> Self {
        Sst {
            meta,
            shared,
            open: ArcSwapOption::empty(),
            used: AtomicBool::new(false),
            obsolete: AtomicBool::new(false),
        }
    }

    /// The newest version of the key at or below a seqno. `hash` is the key's bloom hash.
    pub(crate) fn get(self: &Arc<Self>, key: &[u8], hash: u64, seqno: u64) -> Result<Option<Version>, Error> {
        let (guard, opened);
        let open: &OpenSst = {
            self.mark_used();
            guard = self.open.load();
            match guard.as_ref() {
                Some(open) => open,
                None => {
                    opened = self.open()?;
                    &opened
                }
            }
        };
        let mut cursor = BlockCursor::default();
        let cached;
        let (place, partition) = match &open.sole_partition {
            Some((place, partition)) => (*place, partition),
            // Most SSTs of a stripe span all its keys, so this is asked only where it spares the most.
            None if key < self.meta.first_key.as_slice() || key > self.meta.last_key.as_slice() => return Ok(None),
            None => {
                let found = cursor.seek(&open.top, key, u64::MAX);
                let Some(place) = self.place(open, &open.top, &cursor, found)? else { return Ok(None) };
                cached = self.block(open, place)?;
                (place, &cached)
            }
        };
        let (index, bits) = partition::decode(partition).ok_or_else(|| self.malformed(open, place))?;
        if !bloom::may_hold(bits, hash) {
            return Ok(None);
        }
        let found = cursor.seek(index, key, u64::MAX);
        let Some(place) = self.place(open, index, &cursor, found)? else { return Ok(None) };
        let block = self.block(open, place)?;
        cursor.seek(&block, key, seqno).map_err(|Malformed| self.malformed(open, place))?;
        match cursor.kind() {
            Some(kind) if cursor.key() == key => {
                Ok(Some(Version { seqno: cursor.seqno(), kind, value: block.slice(cursor.value()) }))
            }
            Some(_) => Ok(None),
            // The versions of the key go on in the next block.
            None => self.get_by_cursor(key, seqno),
        }
    }

    #[cold]
    fn get_by_cursor(self: &Arc<Self>, key: &[u8], seqno: u64) -> Result<Option<Version>, Error> {
        let mut cursor = SstCursor::new(Arc::clone(self), Purpose::Scan);
        cursor.seek(key, seqno)?;
        Ok(cursor.entry().filter(|entry| entry.key == key).map(|entry| Version {
            seqno: entry.seqno,
            kind: entry.kind,
            value: entry.owner.slice_ref(entry.value),
        }))
    }

    /// The place that an index cursor stands on.
    pub(super) fn place(
        &self,
        open: &OpenSst,
        index: &[u8],
        cursor: &BlockCursor,
        moved: Result<(), Malformed>,
    ) -> Result<Option<Place>, Error> {
        if moved.is_ok() && !cursor.is_valid() {
            return Ok(None);
        }
        let place = moved.ok().and_then(|()| Place::decode(&index[cursor.value()]));
        place.map(Some).ok_or_else(|| self.malformed(open, open.footer.top_index))
    }

    /// A block, from the cache or else from the file.
    pub(super) fn block(&self, open: &OpenSst, place: Place) -> Result<Bytes, Error> {
        if let Some(block) = self.cached_block(place) {
            return Ok(block);
        }
        let block = frame::read(&open.file, self.meta.id, place)?;
        self.cache_block(place, &block);
        Ok(block)
    }

    pub(super) fn cached_block(&self, place: Place) -> Option<Bytes> {
        self.shared.blocks.get(self.meta.id, place.offset)
    }

    pub(super) fn cache_block(&self, place: Place, block: &Bytes) {
        self.shared.blocks.insert(self.meta.id, place.offset, block.clone());
    }

    /// The block that a frame holds which was read from this place.
    pub(super) fn unpack(&self, open: &OpenSst, place: Place, frame: &Bytes) -> Result<Bytes, Error> {
        frame::decode(&open.file, self.meta.id, place.offset, frame)
    }

    /// A block that is read once: it must not push others out of the cache.
    pub(super) fn block_uncached(&self, open: &OpenSst, place: Place) -> Result<Bytes, Error> {
        frame::read(&open.file, self.meta.id, place)
    }

    pub(super) fn malformed(&self, open: &OpenSst, place: Place) -> Error {
        open.file.corrupt(place.offset, "the block's entries are malformed")
    }

    /// The open file.
    pub(super) fn open(self: &Arc<Self>) -> Result<Arc<OpenSst>, Error> {
        self.mark_used();
        if let Some(open) = &*self.open.load() {
            return Ok(Arc::clone(open));
        }
        let open = Arc::new(OpenSst::open(&self.shared.folder, &self.meta)?);
        // Two threads may open it at the same time; then it counts twice for a while, which does no harm.
        self.open.store(Some(Arc::clone(&open)));
        self.shared.open_files.opened(Arc::downgrade(self));
        Ok(open)
    }

    fn mark_used(&self) {
        // Looked at first: a store would take the line from all other readers each time.
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
    }

    /// Closes the file unless it was used since the last call; says whether it did.
    pub(crate) fn close_unless_used(&self) -> bool {
        let unused = !self.used.swap(false, Ordering::Relaxed);
        if unused {
            self.close();
        }
        unused
    }

    /// Closes the file. Who reads it at the moment goes on.
    pub(crate) fn close(&self) {
        self.open.store(None);
    }

    /// Has the file deleted when the last reader is gone. The manifest no longer names it.
    pub(crate) fn mark_obsolete(&self) {
        self.obsolete.store(true, Ordering::Release);
    }
}

impl Drop for Sst {
    fn drop(&mut self) {
        if self.obsolete.load(Ordering::Acquire) {
            // A file that stays is deleted at the next start, as the manifest does not name it.
            let _ = self.shared.folder.remove(&file_name(self.meta.stripe, self.meta.id));
        }
    }
}

impl OpenSst {
    fn open(folder: &Folder, meta: &SstMeta) -> Result<Self, Error> {
        let file = folder.open(&file_name(meta.stripe, meta.id))?;
        let len = file.len_bytes()?;
        if len != meta.file_bytes {
            return Err(file.corrupt(len.min(meta.file_bytes), format!("{len} bytes instead of {}", meta.file_bytes)));
        }
        SST_FILE.check_header(&file, meta.id, &file.read_exact(0, HEADER_BYTES)?)?;
        let footer = Footer::read(&file, meta.id, len)?;
        let top = frame::read(&file, meta.id, footer.top_index)?;
        let mut open = OpenSst { file, top, sole_partition: None, footer };
        if footer.block_count as usize <= BLOCKS_PER_PARTITION
            && let Some(place) = open.first_partition()
        {
            open.sole_partition = Some((place, frame::read(&open.file, meta.id, place)?));
        }
        Ok(open)
    }

    /// The partition at this place, if it is in memory.
    pub(super) fn sole_partition(&self, place: Place) -> Option<Bytes> {
        self.sole_partition.as_ref().filter(|(sole, _)| *sole == place).map(|(_, partition)| partition.clone())
    }

    fn first_partition(&self) -> Option<Place> {
        let mut cursor = BlockCursor::default();
        cursor.seek_first(&self.top).ok()?;
        cursor.kind()?;
        Place::decode(&self.top[cursor.value()])
    }
}

/// Reads every byte of an SST and checks it: checksums, order, counts, that every entry can be found, and that the index
/// covers the whole file.
pub(crate) fn verify(sst: &Arc<Sst>) -> Result<(), Error> {
    let open = OpenSst::open(&sst.shared.folder, &sst.meta)?;
    let mut expected_offset = HEADER_BYTES as u64;
    let mut entry_count = 0;
    let mut block_count = 0;
    let mut last: Option<(Vec<u8>, u64)> = None;
    let mut in_order = |place: Place| {
        let gap = place.offset != expected_offset;
        expected_offset = place.offset + u64::from(place.len);
        if gap { Err(open.file.corrupt(place.offset, "the block does not follow the one before")) } else { Ok(()) }
    };
    for (_, partition_place) in index_entries(sst, &open, &open.top)? {
        let partition = sst.block_uncached(&open, partition_place)?;
        let malformed = || sst.malformed(&open, partition_place);
        let (index, bits) = partition::decode(&partition).ok_or_else(malformed)?;
        for (separator, place) in index_entries(sst, &open, index)? {
            in_order(place)?;
            block_count += 1;
            let block = sst.block_uncached(&open, place)?;
            let wrong = |what: &str| open.file.corrupt(place.offset, what);
            let mut cursor = BlockCursor::default();
            cursor.seek_first(&block).map_err(|Malformed| sst.malformed(&open, place))?;
            while cursor.is_valid() {
                let (found, seqno) = (cursor.key().to_vec(), cursor.seqno());
                if last.as_ref().is_some_and(|(last, last_seqno)| (last, seqno) >= (&found, *last_seqno)) {
                    return Err(wrong("the entries are out of order"));
                }
                if found > separator || !bloom::may_hold(bits, key::hash(&found)) {
                    return Err(wrong("an entry is hidden by the index or the bloom"));
                }
                entry_count += 1;
                last = Some((found, seqno));
                cursor.next(&block).map_err(|Malformed| sst.malformed(&open, place))?;
            }
        }
        in_order(partition_place)?;
    }
    in_order(open.footer.top_index)?;
    let counts_match = (entry_count, block_count) == (open.footer.entry_count, open.footer.block_count);
    let ends_match = expected_offset + FOOTER_BYTES as u64 == open.footer.file_bytes;
    if counts_match && ends_match && entry_count == sst.meta.entry_count {
        Ok(())
    } else {
        Err(open.file.corrupt(expected_offset, "the footer does not describe what is in the file"))
    }
}

fn index_entries(sst: &Sst, open: &OpenSst, index: &[u8]) -> Result<Vec<(Vec<u8>, Place)>, Error> {
    let mut entries = Vec::new();
    let mut cursor = BlockCursor::default();
    let mut moved = cursor.seek_first(index);
    while let Some(place) = sst.place(open, index, &cursor, moved)? {
        entries.push((cursor.key().to_vec(), place));
        moved = cursor.next(index);
    }
    Ok(entries)
}
