//! Reading the log back after a crash or a stop.

use super::record::{self, RECORD_HEADER_BYTES, WAL_FILE};
use crate::Error;
use crate::encoding::Patience;
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
    let mut last_seqno = 0;
    while let Some((header, payload)) = record::decode(&bytes[at..], id, at as u64) {
        last_seqno = header.seqno;
        replay(Record { seqno: header.seqno, millis: header.millis, payload, file, offset: at as u64 })?;
        at += RECORD_HEADER_BYTES + payload.len();
    }
    // A crash may lose any part of what was not synced, so valid records behind a hole prove nothing by themselves. One
    // that was written when the hole was durable already does.
    if has_record_after_durable_hole(bytes, id, at, last_seqno) {
        return Err(file.corrupt(at as u64, "the WAL record is damaged"));
    }
    Ok(at)
}

/// Whether a record behind `hole` says that the file was durable beyond it. `last_seqno` is that of the record before the
/// hole, or zero.
fn has_record_after_durable_hole(bytes: &[u8], id: u64, hole: usize, last_seqno: u64) -> bool {
    let mut patience = Patience::with(bytes);
    let mut behind = hole + 1;
    while let Some(zeros) = bytes.get(behind..).and_then(|rest| rest.iter().position(|&byte| byte != 0)) {
        // The room behind the records is zeros, and no header is.
        behind += zeros.saturating_sub(RECORD_HEADER_BYTES - 1);
        let Some((header, len)) = record::peek(&bytes[behind..]) else { return false };
        let records_max = ((behind - hole) / RECORD_HEADER_BYTES) as u64 + 1;
        let is_plausible = (hole as u64 + 1..=behind as u64).contains(&header.durable_offset)
            && header.seqno > last_seqno
            && (last_seqno == 0 || header.seqno <= last_seqno + records_max)
            && len <= bytes.len() - behind;
        if is_plausible {
            if record::decode(&bytes[behind..], id, behind as u64).is_some() {
                return true;
            }
            if !patience.lasts_after(len) {
                return false;
            }
        }
        behind += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wal::record::RecordHeader;

    const FILE_ID: u64 = 3;

    fn log(payloads: &[&[u8]], synced_each: bool) -> Vec<u8> {
        let mut bytes = vec![0; HEADER_BYTES];
        let mut durable_offset = HEADER_BYTES as u64;
        for (seqno, payload) in (1..).zip(payloads) {
            let offset = bytes.len() as u64;
            record::encode(&mut bytes, FILE_ID, offset, RecordHeader { seqno, millis: 7, durable_offset }, payload);
            if synced_each {
                durable_offset = bytes.len() as u64;
            }
        }
        bytes
    }

    #[test]
    fn a_hole_before_a_record_that_was_written_after_a_sync_is_noticed() {
        for room in [0, 5, 1_000] {
            let mut bytes = log(&[b"first", b"second", b"third", b"fourth"], true);
            bytes.resize(bytes.len() + room, 0);
            let hole = HEADER_BYTES + RECORD_HEADER_BYTES + 5;
            bytes[hole + 20] ^= 1;
            assert!(has_record_after_durable_hole(&bytes, FILE_ID, hole, 1), "{room} bytes of room");
        }
    }

    #[test]
    fn a_torn_group_is_not_taken_for_damage() {
        let mut bytes = log(&[b"first", b"second", b"third", b"fourth"], false);
        let hole = HEADER_BYTES + RECORD_HEADER_BYTES + 5;
        bytes[hole + 20] ^= 1;
        assert!(!has_record_after_durable_hole(&bytes, FILE_ID, hole, 1));
    }

    /// Values can be made of what looks like headers of long records; a search that checks each takes hours.
    #[test]
    fn values_that_look_like_headers_end_the_search_early() {
        let mut header = [0; RECORD_HEADER_BYTES];
        header[0..4].copy_from_slice(&1_000_000u32.to_le_bytes());
        header[8..16].copy_from_slice(&2u64.to_le_bytes());
        header[24..32].copy_from_slice(&100u64.to_le_bytes());
        let bytes = [vec![0; HEADER_BYTES], header.repeat(200_000)].concat();
        assert!(!has_record_after_durable_hole(&bytes, FILE_ID, HEADER_BYTES, 1));
    }
}
