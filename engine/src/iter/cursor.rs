//! A position in one source of entries.

use crate::Error;
use crate::memtable::{EntryRef, MemtableCursor};
use crate::sst::SstCursor;

/// A position in a memtable or an SST. Entries are ordered by key, and versions of a key newest first.
pub(crate) enum Cursor {
    Memtable(MemtableCursor),
    Sst(Box<SstCursor>),
}

impl Cursor {
    /// Stands on the first entry at or after `(key, seqno)`.
    pub(crate) fn seek(&mut self, key: &[u8], seqno: u64) -> Result<(), Error> {
        match self {
            Cursor::Memtable(cursor) => cursor.seek(key, seqno),
            Cursor::Sst(cursor) => return cursor.seek(key, seqno),
        }
        Ok(())
    }

    /// Stands on the last entry whose key is below `key`; without one, on the last of all.
    pub(crate) fn seek_before(&mut self, key: Option<&[u8]>) -> Result<(), Error> {
        match (self, key) {
            (Cursor::Memtable(cursor), Some(key)) => cursor.seek_before(key),
            (Cursor::Memtable(cursor), None) => cursor.seek_last(),
            (Cursor::Sst(cursor), Some(key)) => return cursor.seek_before(key),
            (Cursor::Sst(cursor), None) => return cursor.seek_last(),
        }
        Ok(())
    }

    pub(crate) fn next(&mut self) -> Result<(), Error> {
        match self {
            Cursor::Memtable(cursor) => cursor.next(),
            Cursor::Sst(cursor) => return cursor.next(),
        }
        Ok(())
    }

    pub(crate) fn previous(&mut self) -> Result<(), Error> {
        match self {
            Cursor::Memtable(cursor) => cursor.previous(),
            Cursor::Sst(cursor) => return cursor.previous(),
        }
        Ok(())
    }

    /// The entry that the cursor stands on; `None` beyond either end.
    pub(crate) fn entry(&self) -> Option<EntryRef<'_>> {
        match self {
            Cursor::Memtable(cursor) => cursor.entry(),
            Cursor::Sst(cursor) => cursor.entry(),
        }
    }
}
