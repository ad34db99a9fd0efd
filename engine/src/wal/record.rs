//! The bytes of a WAL file: a file header, then records back to back. In the newest file zeros may follow.
//!
//! ```text
//!  0  payload length u32 LE
//!  4  crc32c u32 LE of: file id u64 LE, offset of the record u64 LE, bytes 0..4, bytes 8.. with the payload
//!  8  seqno u64 LE
//! 16  commit time u64 LE, milliseconds since the Unix epoch, never decreasing
//! 24  durable offset u64 LE: the file was synced up to here when the record was written
//! 32  payload: the mutations of the batch (see `batch`)
//! ```
//!
//! The crc covers where the record lies, so a stale record of a reused block is never taken for one of this file. The
//! durable offset tells damage from an interrupted write: bytes that were synced before a later record was written can
//! not be missing because of a crash.

use crate::file_header::FileKind;
use crate::planted::{Bug, is_planted};

pub(crate) const WAL_FILE: FileKind = FileKind { magic: u64::from_be_bytes(*b"KSTN-WAL"), version: 1 };
pub(super) const RECORD_HEADER_BYTES: usize = 32;

pub(crate) fn file_name(id: u64) -> String {
    format!("{id:010}.wal")
}

pub(crate) fn parse_file_name(name: &str) -> Option<u64> {
    let id = name.strip_suffix(".wal")?.parse().ok()?;
    (file_name(id) == name).then_some(id)
}

/// What the header of a record says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct RecordHeader {
    pub(super) seqno: u64,
    pub(super) millis: u64,
    pub(super) durable_offset: u64,
}

/// Appends a record that will lie at `offset` of the file.
pub(super) fn encode(out: &mut Vec<u8>, file_id: u64, offset: u64, header: RecordHeader, payload: &[u8]) {
    let start = out.len();
    out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&header.seqno.to_le_bytes());
    out.extend_from_slice(&header.millis.to_le_bytes());
    out.extend_from_slice(&header.durable_offset.to_le_bytes());
    out.extend_from_slice(payload);
    let crc = checksum(&out[start..], file_id, offset);
    out[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
}

/// What the front of `bytes` says if it is a record, and how long that is; nothing is checked.
pub(super) fn peek(bytes: &[u8]) -> Option<(RecordHeader, usize)> {
    let header = bytes.first_chunk::<RECORD_HEADER_BYTES>()?;
    let number = |at: usize| header[at..at + 8].iter().rev().fold(0u64, |number, &byte| number << 8 | u64::from(byte));
    let len = RECORD_HEADER_BYTES + (number(0) & 0xffff_ffff) as usize;
    Some((RecordHeader { seqno: number(8), millis: number(16), durable_offset: number(24) }, len))
}

/// Decodes the record at the front of `bytes`, which lies at `offset` of the file; `None` when there is no valid one.
pub(super) fn decode(bytes: &[u8], file_id: u64, offset: u64) -> Option<(RecordHeader, &[u8])> {
    let (header, len) = peek(bytes)?;
    let record = bytes.get(..len)?;
    let crc = u32::from_le_bytes([record[4], record[5], record[6], record[7]]);
    let has_payload = len > RECORD_HEADER_BYTES;
    if checksum(record, file_id, offset) != crc && !(is_planted(Bug::LogChecksumNotChecked) && has_payload) {
        return None;
    }
    Some((header, &record[RECORD_HEADER_BYTES..]))
}

fn checksum(record: &[u8], file_id: u64, offset: u64) -> u32 {
    let crc = crc32c::crc32c(&file_id.to_le_bytes());
    let crc = crc32c::crc32c_append(crc, &offset.to_le_bytes());
    let crc = crc32c::crc32c_append(crc, &record[..4]);
    crc32c::crc32c_append(crc, &record[8..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: RecordHeader = RecordHeader { seqno: 7, millis: 1_800_000_000_000, durable_offset: 36 };

    #[test]
    fn a_record_decodes_only_where_it_was_written() {
        let mut bytes = Vec::new();
        encode(&mut bytes, 3, 100, HEADER, b"payload");
        assert_eq!(decode(&bytes, 3, 100), Some((HEADER, &b"payload"[..])));
        assert_eq!(decode(&bytes, 3, 101), None);
        assert_eq!(decode(&bytes, 4, 100), None);
    }

    #[test]
    fn a_record_with_any_bit_flipped_or_cut_off_is_refused() {
        let mut bytes = Vec::new();
        encode(&mut bytes, 3, 100, HEADER, b"payload");
        for len in 0..bytes.len() {
            assert_eq!(decode(&bytes[..len], 3, 100), None);
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&flipped, 3, 100), None, "bit {bit}");
        }
    }

    #[test]
    fn file_names_read_back() {
        assert_eq!(parse_file_name(&file_name(42)), Some(42));
        for name in ["42.wal", "0000000042.sst", "+000000042.wal", "x.wal"] {
            assert_eq!(parse_file_name(name), None, "{name}");
        }
    }
}
