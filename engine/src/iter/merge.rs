//! Several sources as one.

use std::cmp::Ordering;

use super::Cursor;
use crate::Error;
use crate::memtable::EntryRef;

/// Walks the entries of several cursors in one order, in one direction. The same version may come from two sources, after
/// a recovery that replayed what was flushed already; both are shown.
pub(crate) struct Merge {
    cursors: Vec<Cursor>,
    /// The cursor that stands on the next entry.
    current: Option<usize>,
}

impl Merge {
    pub(crate) fn new(cursors: Vec<Cursor>) -> Self {
        Merge { cursors, current: None }
    }

    /// Stands on the first entry at or after `(key, seqno)`.
    pub(crate) fn seek(&mut self, key: &[u8], seqno: u64) -> Result<(), Error> {
        for cursor in &mut self.cursors {
            cursor.seek(key, seqno)?;
        }
        self.choose(Ordering::Less);
        Ok(())
    }

    /// Stands on the last entry below the key, or on the last of all.
    pub(crate) fn seek_before(&mut self, key: Option<&[u8]>) -> Result<(), Error> {
        for cursor in &mut self.cursors {
            cursor.seek_before(key)?;
        }
        self.choose(Ordering::Greater);
        Ok(())
    }

    pub(crate) fn next(&mut self) -> Result<(), Error> {
        if let Some(current) = self.current {
            self.cursors[current].next()?;
            self.choose(Ordering::Less);
        }
        Ok(())
    }

    pub(crate) fn previous(&mut self) -> Result<(), Error> {
        if let Some(current) = self.current {
            self.cursors[current].previous()?;
            self.choose(Ordering::Greater);
        }
        Ok(())
    }

    pub(crate) fn entry(&self) -> Option<EntryRef<'_>> {
        self.cursors[self.current?].entry()
    }

    /// Picks the cursor whose entry is the least, or the greatest.
    fn choose(&mut self, wanted: Ordering) {
        let mut best: Option<(usize, EntryRef<'_>)> = None;
        for (index, cursor) in self.cursors.iter().enumerate() {
            let Some(entry) = cursor.entry() else {
                continue;
            };
            if best.as_ref().is_none_or(|(_, best)| order(&entry, best) == wanted) {
                best = Some((index, entry));
            }
        }
        self.current = best.map(|(index, _)| index);
    }
}

fn order(left: &EntryRef<'_>, right: &EntryRef<'_>) -> Ordering {
    left.key.cmp(right.key).then_with(|| right.seqno.cmp(&left.seqno))
}
