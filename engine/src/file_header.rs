//! What every file starts with:
//!
//! ```text
//!  0  magic u64 BE: which kind of file
//!  8  format version u32 LE
//! 12  codec id u8 (0: plain), 3 bytes zero
//! 16  file id u64 LE, the one in the name
//! 24  key id u32 LE (0: no encryption)
//! 28  4 bytes zero
//! 32  crc32c u32 LE of the bytes before
//! ```

use crate::Error;
use crate::io::File;

pub(crate) const HEADER_BYTES: usize = 36;

/// A kind of file and its newest format version.
pub(crate) struct FileKind {
    pub(crate) magic: u64,
    pub(crate) version: u32,
}

impl FileKind {
    pub(crate) fn encode_header(&self, id: u64) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        header[0..8].copy_from_slice(&self.magic.to_be_bytes());
        header[8..12].copy_from_slice(&self.version.to_le_bytes());
        header[16..24].copy_from_slice(&id.to_le_bytes());
        let crc = crc32c::crc32c(&header[..32]);
        header[32..].copy_from_slice(&crc.to_le_bytes());
        header
    }

    /// Checks the header of a file. The version is looked at before the rest, which a newer release may have changed.
    pub(crate) fn check_header(&self, file: &File, id: u64, header: &[u8]) -> Result<(), Error> {
        let Some(header) = header.first_chunk::<HEADER_BYTES>() else {
            return Err(file.corrupt(0, "the file is shorter than its header"));
        };
        if header[0..8] != self.magic.to_be_bytes() {
            return Err(file.corrupt(0, "the magic number is wrong"));
        }
        let crc_matches = header[32..] == crc32c::crc32c(&header[..32]).to_le_bytes();
        let found = u32::from_le_bytes([header[8], header[9], header[10], header[11]]);
        if crc_matches && found > self.version {
            return Err(Error::NewerFormat { file: file.name().to_owned(), found, supported: self.version });
        }
        if crc_matches && found < self.version {
            return Err(file.corrupt(8, format!("format version {found} is not read any more")));
        }
        if *header != self.encode_header(id) {
            return Err(file.corrupt(8, "the file header is damaged"));
        }
        Ok(())
    }
}
