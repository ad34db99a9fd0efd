//! A position in an SST.

use std::sync::Arc;

use bytes::Bytes;

use super::block::{BlockCursor, Malformed};
use super::frame::Place;
use super::partition;
use super::reader::{OpenSst, Sst};
use crate::Error;
use crate::memtable::EntryRef;

/// How much a compaction, which goes through a whole SST, reads at once.
const COMPACTION_AHEAD_BYTES: usize = 128 << 10;
/// A scan that has come so far forwards in an SST reads ahead, half as much as it has come. Most end before.
const SCAN_AHEAD_FROM_BYTES: usize = 16 << 10;
/// The most that a scan reads at once. It holds as much for each SST of the stripe.
const SCAN_AHEAD_BYTES_MAX: usize = 64 << 10;
/// A scan that has come so far puts no more blocks into the cache: it would push out many, and reading ahead is cheap.
const SCAN_CACHED_BYTES_MAX: usize = 256 << 10;

/// A position in an SST. It reads the blocks that it comes to, and keeps the file open.
pub(crate) struct SstCursor {
    sst: Arc<Sst>,
    open: Option<Arc<OpenSst>>,
    purpose: Purpose,
    /// How many bytes of blocks the cursor came through forwards since it was put somewhere.
    passed_bytes: usize,
    /// What was read ahead, and where it lies.
    ahead: (u64, Bytes),
    /// In the top index.
    top: BlockCursor,
    /// The partition's index, and the position in it.
    index: Bytes,
    middle: BlockCursor,
    block_place: Place,
    block: Bytes,
    entry: BlockCursor,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Blocks go through the cache, until the scan has come far.
    Scan,
    /// Everything is read once: it must not push other blocks out of the cache.
    Compaction,
}

#[derive(Clone, Copy)]
enum Towards {
    Next,
    Previous,
}

impl SstCursor {
    pub(crate) fn new(sst: Arc<Sst>, purpose: Purpose) -> Self {
        SstCursor {
            sst,
            open: None,
            purpose,
            passed_bytes: 0,
            ahead: (0, Bytes::new()),
            top: BlockCursor::default(),
            index: Bytes::new(),
            middle: BlockCursor::default(),
            block_place: Place { offset: 0, len: 0 },
            block: Bytes::new(),
            entry: BlockCursor::default(),
        }
    }

    pub(crate) fn seek(&mut self, key: &[u8], seqno: u64) -> Result<(), Error> {
        let open = self.open()?;
        self.passed_bytes = 0;
        let moved = self.top.seek(&open.top, key, u64::MAX);
        if !self.load_partition(&open, moved)? {
            return Ok(());
        }
        let moved = self.middle.seek(&self.index, key, u64::MAX);
        if !self.load_block(&open, moved)? {
            return Ok(());
        }
        let moved = self.entry.seek(&self.block, key, seqno);
        self.checked(&open, moved)?;
        // The separator of a block may lie behind its last key, and versions of a key may fill several blocks.
        while !self.entry.is_valid() && self.step_block(&open, Towards::Next)? {
            let moved = self.entry.seek(&self.block, key, seqno);
            self.checked(&open, moved)?;
        }
        Ok(())
    }

    /// Stands on the last entry whose key is below `key`.
    pub(crate) fn seek_before(&mut self, key: &[u8]) -> Result<(), Error> {
        self.seek(key, u64::MAX)?;
        if self.entry.is_valid() { self.previous() } else { self.seek_last() }
    }

    pub(crate) fn seek_last(&mut self) -> Result<(), Error> {
        let open = self.open()?;
        let moved = self.top.seek_last(&open.top);
        if !self.load_partition(&open, moved)? {
            return Ok(());
        }
        let moved = self.middle.seek_last(&self.index);
        if self.load_block(&open, moved)? {
            let moved = self.entry.seek_last(&self.block);
            self.checked(&open, moved)?;
        }
        Ok(())
    }

    pub(crate) fn next(&mut self) -> Result<(), Error> {
        let moved = self.entry.next(&self.block);
        if moved.is_ok() && self.entry.is_valid() {
            return Ok(());
        }
        let open = self.open()?;
        self.checked(&open, moved)?;
        if !self.entry.is_valid() && self.step_block(&open, Towards::Next)? {
            let moved = self.entry.seek_first(&self.block);
            self.checked(&open, moved)?;
        }
        Ok(())
    }

    pub(crate) fn previous(&mut self) -> Result<(), Error> {
        let moved = self.entry.previous(&self.block);
        if moved.is_ok() && self.entry.is_valid() {
            return Ok(());
        }
        let open = self.open()?;
        self.checked(&open, moved)?;
        if !self.entry.is_valid() && self.step_block(&open, Towards::Previous)? {
            let moved = self.entry.seek_last(&self.block);
            self.checked(&open, moved)?;
        }
        Ok(())
    }

    pub(crate) fn entry(&self) -> Option<EntryRef<'_>> {
        self.entry.kind().map(|kind| EntryRef {
            key: self.entry.key(),
            value: &self.block[self.entry.value()],
            owner: &self.block,
            seqno: self.entry.seqno(),
            kind,
        })
    }

    fn open(&mut self) -> Result<Arc<OpenSst>, Error> {
        if let Some(open) = &self.open {
            return Ok(Arc::clone(open));
        }
        let open = self.sst.open()?;
        self.open = Some(Arc::clone(&open));
        Ok(open)
    }

    /// Moves to the block beside this one, over the edge of the partition if need be; `false` beyond either end.
    fn step_block(&mut self, open: &OpenSst, towards: Towards) -> Result<bool, Error> {
        let moved = match towards {
            Towards::Next => {
                self.passed_bytes += self.block_place.len as usize;
                self.middle.next(&self.index)
            }
            Towards::Previous => {
                self.passed_bytes = 0;
                self.middle.previous(&self.index)
            }
        };
        if self.load_block(open, moved)? {
            return Ok(true);
        }
        let moved = match towards {
            Towards::Next => self.top.next(&open.top),
            Towards::Previous => self.top.previous(&open.top),
        };
        if !self.load_partition(open, moved)? {
            return Ok(false);
        }
        let moved = match towards {
            Towards::Next => self.middle.seek_first(&self.index),
            Towards::Previous => self.middle.seek_last(&self.index),
        };
        self.load_block(open, moved)
    }

    /// Loads the partition that `top` stands on; `false`, and no entry, when it stands on none.
    fn load_partition(&mut self, open: &OpenSst, moved: Result<(), Malformed>) -> Result<bool, Error> {
        self.entry = BlockCursor::default();
        let Some(place) = self.sst.place(open, &open.top, &self.top, moved)? else { return Ok(false) };
        let partition = match open.sole_partition(place) {
            Some(partition) => partition,
            None => self.read(open, place)?,
        };
        let (index, _) = partition::decode(&partition).ok_or_else(|| self.sst.malformed(open, place))?;
        self.index = partition.slice_ref(index);
        Ok(true)
    }

    /// Loads the block that `middle` stands on; `false`, and no entry, when it stands on none.
    fn load_block(&mut self, open: &OpenSst, moved: Result<(), Malformed>) -> Result<bool, Error> {
        self.entry = BlockCursor::default();
        let Some(place) = self.sst.place(open, &self.index, &self.middle, moved)? else { return Ok(false) };
        if place != self.block_place {
            self.block = self.read(open, place)?;
            self.block_place = place;
        }
        Ok(true)
    }

    fn read(&mut self, open: &OpenSst, place: Place) -> Result<Bytes, Error> {
        if self.purpose == Purpose::Compaction {
            if !self.is_ahead(place) {
                let len = COMPACTION_AHEAD_BYTES.max(place.len as usize);
                self.ahead = (place.offset, open.file.read(place.offset, len)?);
            }
            return self.sst.unpack(open, place, &self.frame_ahead(place));
        }
        if self.passed_bytes < SCAN_AHEAD_FROM_BYTES {
            return self.sst.block(open, place);
        }
        match self.sst.cached_block(place) {
            Some(block) => Ok(block),
            None => self.read_with_next(open, place),
        }
    }

    /// A block of a scan that has come so far that the blocks behind it are read along with it.
    fn read_with_next(&mut self, open: &OpenSst, place: Place) -> Result<Bytes, Error> {
        if !self.is_ahead(place) {
            let end = self.end_of_next(place, (self.passed_bytes / 2).min(SCAN_AHEAD_BYTES_MAX) as u64);
            if end == place.end() && self.passed_bytes < SCAN_CACHED_BYTES_MAX {
                return self.sst.block(open, place);
            }
            self.ahead = (place.offset, open.file.read(place.offset, (end - place.offset) as usize)?);
        }
        let mut block = self.sst.unpack(open, place, &self.frame_ahead(place))?;
        if !block.is_unique() {
            // In the cache, or kept by a caller, it would keep all that was read ahead.
            block = Bytes::copy_from_slice(&block);
        }
        if self.passed_bytes < SCAN_CACHED_BYTES_MAX {
            self.sst.cache_block(place, &block);
        }
        Ok(block)
    }

    /// Where the last block of the partition ends that lies within so many bytes from the start of this one.
    fn end_of_next(&self, place: Place, len_max: u64) -> u64 {
        let mut end = place.end();
        let mut cursor = self.middle.clone();
        // What is malformed is found when the scan comes to it.
        while cursor.next(&self.index).is_ok() && cursor.is_valid() {
            match Place::decode(&self.index[cursor.value()]) {
                Some(next) if next.offset == end && next.end() - place.offset <= len_max => end = next.end(),
                _ => break,
            }
        }
        end
    }

    fn is_ahead(&self, place: Place) -> bool {
        let (start, ahead) = &self.ahead;
        place.offset >= *start && place.end() <= start + ahead.len() as u64
    }

    /// The frame at a place, out of what was read ahead; cut off where the file ends.
    fn frame_ahead(&self, place: Place) -> Bytes {
        let (start, ahead) = &self.ahead;
        let offset = (place.offset - start) as usize;
        ahead.slice(offset..(offset + place.len as usize).min(ahead.len()))
    }

    fn checked(&self, open: &OpenSst, moved: Result<(), Malformed>) -> Result<(), Error> {
        moved.map_err(|Malformed| self.sst.malformed(open, self.block_place))
    }
}
