//! Reading the log back after a crash or a stop.

use super::record::{self, RECORD_HEADER_BYTES, WAL_FILE};
use crate::Error;
use crate::file_header::HEADER_BYTES;
use crate::io::{File, Folder};
use crate::planted::{Bug, is_planted};

/// What the log held.
#[derive(Default, Debug)]
pub(crate) struct Recovered {
    /// Oldest first.
    pub(crate) files: Vec<ClosedFile>,
    /// The last commit in the log; zero when there is none.
    pub(crate) last_seqno: u64,
}

/// A file that takes no more records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClosedFile {
    pub(crate) id: u64,
    pub(crate) last_seqno: u64,
    pub(crate) len: u64,
}

/// A commit in the log.
pub(crate) struct Record<'a> {
    pub(crate) seqno: u64,
    pub(crate) millis: u64,
    pub(crate) payload: &'a [u8],
    pub(crate) file: &'a File,
    pub(crate) offset: u64,
}

/// Replays the files in order. The records must follow each other without a gap, and start no later than `expected`, the
/// first commit that is not in SSTs. A torn end of the newest file is cut off; everything else that does not decode is
/// corruption.
///
/// What is read is synced first: it may have been in the page cache only, and it is about to be seen and flushed.
pub(crate) fn recover(
    folder: &Folder,
    ids: &[u64],
    expected: u64,
    mut replay: impl FnMut(Record<'_>) -> Result<(), Error>,
) -> Result<Recovered, Error> {
    let mut recovered = Recovered::default();
    for (index, &id) in ids.iter().enumerate() {
        let file = folder.open(&record::file_name(id))?;
        let is_newest = index + 1 == ids.len();
        if let Some(previous) = index.checked_sub(1).map(|index| ids[index])
            && previous + 1 != id
        {
            return Err(file.corrupt(0, format!("the WAL files between {previous} and {id} are missing")));
        }
        let bytes = file.read(0, file.len_bytes()? as usize)?;
        if is_newest && bytes.len() <= HEADER_BYTES && WAL_FILE.check_header(&file, id, &bytes).is_err() {
            // Its creation was interrupted: a file gets its first record only after its header is durable.
            if let Err(error @ Error::NewerFormat { .. }) = WAL_FILE.check_header(&file, id, &bytes) {
                return Err(error);
            }
            folder.remove(file.name())?;
            continue;
        }
        WAL_FILE.check_header(&file, id, &bytes)?;
        if !is_planted(Bug::RecoveredLogNotSynced) {
            file.sync()?;
        }
        let last_seqno = &mut recovered.last_seqno;
        let mut check_and_replay = |record: Record<'_>| {
            let (wanted, fits) = match *last_seqno {
                0 => (expected, record.seqno > 0 && record.seqno <= expected),
                last => (last + 1, record.seqno == last + 1),
            };
            if !fits {
                return Err(file.corrupt(record.offset, format!("commit {} instead of {wanted}", record.seqno)));
            }
            *last_seqno = record.seqno;
            replay(record)
        };
        let end = read_records(&file, id, &bytes, &mut check_and_replay)?;
        if end < bytes.len() {
            if !is_newest && !is_planted(Bug::DamagedLogAccepted) {
                return Err(file.corrupt(end as u64, "the WAL record is damaged"));
            }
            if !is_planted(Bug::TornEndNotCutOff) {
                file.truncate(end as u64)?;
                file.sync()?;
            }
        }
        recovered.files.push(ClosedFile { id, last_seqno: recovered.last_seqno, len: end as u64 });
    }
    Ok(recovered)
}

/// Checks a file that is not written any more, or the part of it that was durable at some time.
pub(crate) fn verify(folder: &Folder, id: u64, durable_len: u64) -> Result<(), Error> {
    let file = folder.open(&record::file_name(id))?;
    let bytes = file.read_exact(0, durable_len as usize)?;
    WAL_FILE.check_header(&file, id, &bytes)?;
    let end = read_records(&file, id, &bytes, &mut |_| Ok(()))?;
    if end < bytes.len() {
        return Err(file.corrupt(end as u64, "the WAL record is damaged"));
    }
    Ok(())
}

/// Hands on the records of a file and returns where they end. What follows is the rest of an interrupted write; when it
/// can't be that, it is an error.
fn read_records(
    file: &File,
    id: u64,
    bytes: &[u8],
    replay: &mut impl FnMut(Record<'_>) -> Result<(), Error>,
) -> Result<usize, Error> {
    let mut at = HEADER_BYTES;
    while let Some((header, payload)) = record::decode(&bytes[at..], id, at as u64) {
        replay(Record { seqno: header.seqno, millis: header.millis, payload, file, offset: at as u64 })?;
        at += RECORD_HEADER_BYTES + payload.len();
    }
    // A crash may lose any part of what was not synced, so valid records behind a hole prove nothing by themselves. One
    // that was written when the hole was durable already does.
    let mut behind = at + 1;
    while let Some(zeros) = bytes.get(behind..).and_then(|rest| rest.iter().position(|&byte| byte != 0)) {
        // The room behind the records is zeros, and no header is.
        behind += zeros.saturating_sub(RECORD_HEADER_BYTES - 1);
        if let Some((header, _)) = record::decode(&bytes[behind..], id, behind as u64)
            && header.durable_offset > at as u64
        {
            return Err(file.corrupt(at as u64, "the WAL record is damaged"));
        }
        behind += 1;
    }
    Ok(at)
}
