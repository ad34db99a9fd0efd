//! What a snapshot sees of a merged stripe: of every key the newest version that is not newer than the snapshot, unless it
//! is a tombstone.

use bytes::Bytes;

use super::Cursor;
use super::merge::Merge;
use crate::Error;
use crate::batch::Kind;
use crate::key::KeyBuf;
use crate::memtable::EntryRef;

/// After so many superfluous versions of one key in a row, seeking past the rest is cheaper than stepping.
const STEPS_BEFORE_SEEK: usize = 8;

/// The rows of a key range `lower..upper` of one stripe, in either direction.
pub(crate) struct Visible {
    merge: Merge,
    seqno: u64,
    lower: KeyBuf,
    /// `None`: up to the end of the stripe.
    upper: Option<KeyBuf>,
    started: bool,
    /// Forwards: the key whose fate is decided. Backwards: the key of `candidate`.
    last_key: KeyBuf,
    has_last_key: bool,
    /// Backwards only: the newest visible version so far of `last_key`.
    candidate: Option<Candidate>,
}

struct Candidate {
    value: Bytes,
    seqno: u64,
    kind: Kind,
}

impl Visible {
    pub(crate) fn new(cursors: Vec<Cursor>, seqno: u64, lower: KeyBuf, upper: Option<KeyBuf>) -> Self {
        Visible {
            merge: Merge::new(cursors),
            seqno,
            lower,
            upper,
            started: false,
            last_key: KeyBuf::new(),
            has_last_key: false,
            candidate: None,
        }
    }

    /// Moves to the next row; `false` at the end.
    pub(crate) fn advance(&mut self) -> Result<bool, Error> {
        if !self.started {
            self.started = true;
            self.merge.seek(&self.lower, u64::MAX)?;
        }
        let mut superfluous = 0;
        loop {
            let Some(entry) = self.merge.entry() else {
                return Ok(false);
            };
            if self.upper.as_ref().is_some_and(|upper| entry.key >= upper.as_slice()) {
                return Ok(false);
            }
            let decided = self.has_last_key && entry.key == self.last_key.as_slice();
            if !decided && entry.seqno <= self.seqno {
                self.last_key.clear();
                self.last_key.extend_from_slice(entry.key);
                self.has_last_key = true;
                if entry.kind == Kind::Put {
                    return Ok(true);
                }
            }
            superfluous += 1;
            if superfluous < STEPS_BEFORE_SEEK {
                self.merge.next()?;
                continue;
            }
            superfluous = 0;
            let key = KeyBuf::from_slice(entry.key);
            if self.has_last_key && key == self.last_key {
                // Behind the oldest version.
                self.merge.seek(&key, 0)?;
                if self.merge.entry().is_some_and(|entry| entry.key == key.as_slice()) {
                    self.merge.next()?;
                }
            } else {
                // At the newest version that the snapshot sees.
                self.merge.seek(&key, self.seqno)?;
            }
        }
    }

    /// The row that `advance` moved to.
    pub(crate) fn row(&self) -> Option<EntryRef<'_>> {
        self.merge.entry()
    }

    /// Moves to the row before; `false` at the start of the range.
    pub(crate) fn retreat(&mut self) -> Result<bool, Error> {
        if !self.started {
            self.started = true;
            self.merge.seek_before(self.upper.as_deref())?;
        }
        // What was the candidate is the row that the caller has seen.
        self.candidate = None;
        loop {
            let entry = self.merge.entry().filter(|entry| entry.key >= self.lower.as_slice());
            let same_key =
                entry.as_ref().is_some_and(|entry| self.has_last_key && entry.key == self.last_key.as_slice());
            if !same_key && self.candidate.as_ref().is_some_and(|candidate| candidate.kind == Kind::Put) {
                return Ok(true);
            }
            let Some(entry) = entry else {
                self.candidate = None;
                return Ok(false);
            };
            if !same_key {
                self.candidate = None;
                self.last_key.clear();
                self.last_key.extend_from_slice(entry.key);
                self.has_last_key = true;
            }
            // Backwards the versions of a key come oldest first, so the last one that is visible counts.
            if entry.seqno <= self.seqno {
                let value = entry.owner.slice_ref(entry.value);
                self.candidate = Some(Candidate { value, seqno: entry.seqno, kind: entry.kind });
            }
            self.merge.previous()?;
        }
    }

    /// The row that `retreat` moved to.
    pub(crate) fn row_behind(&self) -> Option<EntryRef<'_>> {
        self.candidate.as_ref().map(|candidate| EntryRef {
            key: &self.last_key,
            value: &candidate.value,
            owner: &candidate.value,
            seqno: candidate.seqno,
            kind: candidate.kind,
        })
    }
}
