//! A position in an SST.

use std::sync::Arc;

use bytes::Bytes;

use super::block::{BlockCursor, Malformed};
use super::frame::Place;
use super::partition;
use super::reader::{OpenSst, Sst};
use crate::Error;
use crate::memtable::EntryRef;

/// How much a cursor that goes through a whole SST reads at once.
const READ_AHEAD_BYTES: usize = 128 << 10;

/// A position in an SST. It reads the blocks that it comes to, and keeps the file open.
pub(crate) struct SstCursor {
    sst: Arc<Sst>,
    open: Option<Arc<OpenSst>>,
    /// What was read ahead, and where it lies; `None` for a cursor whose blocks go through the cache.
    ahead: Option<(u64, Bytes)>,
    /// In the top index.
    top: BlockCursor,
    /// The partition's index, and the position in it.
    index: Bytes,
    middle: BlockCursor,
    block_place: Place,
    block: Bytes,
    entry: BlockCursor,
}

#[derive(Clone, Copy)]
enum Towards {
    Next,
    Previous,
}

impl SstCursor {
    /// A cursor whose blocks go through the cache.
    pub(crate) fn new(sst: Arc<Sst>) -> Self {
        SstCursor {
            sst,
            open: None,
            ahead: None,
            top: BlockCursor::default(),
            index: Bytes::new(),
            middle: BlockCursor::default(),
            block_place: Place { offset: 0, len: 0 },
            block: Bytes::new(),
            entry: BlockCursor::default(),
        }
    }

    /// A cursor for a compaction, which reads everything once: it must not push other blocks out of the cache.
    pub(crate) fn uncached(sst: Arc<Sst>) -> Self {
        SstCursor { ahead: Some((0, Bytes::new())), ..Self::new(sst) }
    }

    pub(crate) fn seek(&mut self, key: &[u8], seqno: u64) -> Result<(), Error> {
        let open = self.open()?;
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
            Towards::Next => self.middle.next(&self.index),
            Towards::Previous => self.middle.previous(&self.index),
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
        let Some((start, ahead)) = &mut self.ahead else { return self.sst.block(open, place) };
        let is_there = place.offset >= *start && place.offset + u64::from(place.len) <= *start + ahead.len() as u64;
        if !is_there {
            *ahead = open.file.read(place.offset, READ_AHEAD_BYTES.max(place.len as usize))?;
            *start = place.offset;
        }
        let offset = (place.offset - *start) as usize;
        let end = (offset + place.len as usize).min(ahead.len());
        self.sst.unpack(open, place, &ahead.slice(offset..end))
    }

    fn checked(&self, open: &OpenSst, moved: Result<(), Malformed>) -> Result<(), Error> {
        moved.map_err(|Malformed| self.sst.malformed(open, self.block_place))
    }
}
