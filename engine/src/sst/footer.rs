//! The end of an SST:
//!
//! ```text
//!  0  top index: offset u64 LE, length u32 LE with its frame header
//! 12  number of data blocks u32 LE
//! 16  number of entries u64 LE
//! 24  length of the file u64 LE, with the footer
//! 32  crc32c u32 LE of: file id u64 LE, bytes 0..32
//! ```

use super::frame::Place;
use crate::Error;
use crate::io::File;

pub(super) const FOOTER_BYTES: usize = 36;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Footer {
    pub(super) top_index: Place,
    pub(super) block_count: u32,
    pub(super) entry_count: u64,
    pub(super) file_bytes: u64,
}

impl Footer {
    pub(super) fn encode(&self, file_id: u64) -> [u8; FOOTER_BYTES] {
        let mut bytes = [0; FOOTER_BYTES];
        bytes[0..8].copy_from_slice(&self.top_index.offset.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.top_index.len.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.block_count.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.entry_count.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.file_bytes.to_le_bytes());
        let crc = checksum(file_id, &bytes);
        bytes[32..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads the footer of a file of this length.
    pub(super) fn read(file: &File, file_id: u64, file_bytes: u64) -> Result<Footer, Error> {
        let offset = file_bytes.saturating_sub(FOOTER_BYTES as u64);
        let bytes = file.read_exact(offset, FOOTER_BYTES)?;
        let number = |range: std::ops::Range<usize>| {
            bytes[range].iter().rev().fold(0u64, |number, &byte| number << 8 | u64::from(byte))
        };
        if number(32..36) != u64::from(checksum(file_id, &bytes)) {
            return Err(file.corrupt(offset, "the footer's checksum is wrong"));
        }
        let footer = Footer {
            top_index: Place { offset: number(0..8), len: number(8..12) as u32 },
            block_count: number(12..16) as u32,
            entry_count: number(16..24),
            file_bytes: number(24..32),
        };
        if footer.file_bytes != file_bytes {
            return Err(file.corrupt(offset, "the file's length differs from its footer"));
        }
        Ok(footer)
    }
}

fn checksum(file_id: u64, footer: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&file_id.to_le_bytes()), &footer[..32])
}
