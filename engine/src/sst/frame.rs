//! How a block lies in a file:
//!
//! ```text
//!  0  codec u8: 0 plain, 1 LZ4, 2 Zstandard
//!  1  key slot u8 (0: no encryption)
//!  2  2 bytes zero
//!  4  stored length u32 LE
//!  8  plain length u32 LE
//! 12  crc32c u32 LE of: file id u64 LE, offset of the frame u64 LE, bytes 0..12, stored bytes
//! 16  stored bytes
//! ```

use bytes::Bytes;

use crate::batch::BATCH_BYTES_MAX;
use crate::encoding::{Decoder, put_varint};
use crate::io::File;
use crate::planted::{Bug, is_planted};
use crate::{Compression, Error};

pub(super) const FRAME_HEADER_BYTES: usize = 16;
const ZSTD_LEVEL: i32 = 3;
/// A block ends with the entry that fills it, and an entry fits into a batch; the rest is room for keys and restart points.
const PLAIN_BYTES_MAX: usize = BATCH_BYTES_MAX as usize + (1 << 20);
/// LZ4 can't say more with a byte.
const LZ4_RATIO_MAX: usize = 256;
const PLAIN: u8 = 0;
const LZ4: u8 = 1;
const ZSTD: u8 = 2;

/// Where a frame lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    pub(super) offset: u64,
    /// With the frame header.
    pub(super) len: u32,
}

impl Place {
    /// Where what lies behind it starts.
    pub(super) fn end(&self) -> u64 {
        self.offset.saturating_add(self.len.into())
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(10);
        put_varint(&mut bytes, self.offset);
        put_varint(&mut bytes, self.len.into());
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Place> {
        let mut decoder = Decoder::new(bytes);
        let place = Place { offset: decoder.varint()?, len: decoder.varint()?.try_into().ok()? };
        decoder.is_at_end().then_some(place)
    }
}

/// Appends a frame that will lie at `offset`. What compression does not shrink by an eighth is stored plain: reading it
/// back then costs nothing.
pub(super) fn encode(out: &mut Vec<u8>, file_id: u64, offset: u64, compression: Compression, plain: &[u8]) -> Place {
    let packed = match compression {
        Compression::None => None,
        Compression::Lz4 => Some((LZ4, lz4_flex::block::compress(plain))),
        Compression::Zstd => zstd::bulk::compress(plain, ZSTD_LEVEL).ok().map(|packed| (ZSTD, packed)),
    };
    let packed = packed.filter(|(_, packed)| packed.len() < plain.len() - plain.len() / 8);
    let (codec, stored) = packed.as_ref().map_or((PLAIN, plain), |(codec, packed)| (*codec, packed));
    let start = out.len();
    out.extend_from_slice(&[codec, 0, 0, 0]);
    out.extend_from_slice(&(stored.len() as u32).to_le_bytes());
    out.extend_from_slice(&(plain.len() as u32).to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(stored);
    let crc = checksum(&out[start..], file_id, offset);
    out[start + 12..start + 16].copy_from_slice(&crc.to_le_bytes());
    Place { offset, len: (FRAME_HEADER_BYTES + stored.len()) as u32 }
}

/// Reads a frame and unpacks it.
pub(super) fn read(file: &File, file_id: u64, place: Place) -> Result<Bytes, Error> {
    let bytes = file.read_exact(place.offset, place.len as usize)?;
    decode(file, file_id, place.offset, &bytes)
}

/// Unpacks the frame that `bytes` is.
pub(super) fn decode(file: &File, file_id: u64, offset: u64, bytes: &Bytes) -> Result<Bytes, Error> {
    let corrupt = |what: &str| file.corrupt(offset, what);
    let header = bytes.first_chunk::<FRAME_HEADER_BYTES>().ok_or_else(|| corrupt("the block is cut off"))?;
    let field = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (stored_len, plain_len) = (field(4) as usize, field(8) as usize);
    if bytes.len() - FRAME_HEADER_BYTES != stored_len {
        return Err(corrupt("the block's length differs from its index"));
    }
    if checksum(bytes, file_id, offset) != field(12) && !is_planted(Bug::BlockChecksumNotChecked) {
        return Err(corrupt("the block's checksum is wrong"));
    }
    if plain_len > PLAIN_BYTES_MAX || header[0] == LZ4 && plain_len / LZ4_RATIO_MAX > stored_len {
        return Err(corrupt("the block's unpacked length is impossible"));
    }
    let stored = bytes.slice(FRAME_HEADER_BYTES..);
    let plain: Bytes = match header[0] {
        PLAIN => stored,
        LZ4 => lz4_flex::block::decompress(&stored, plain_len).map_err(|error| corrupt(&error.to_string()))?.into(),
        ZSTD => zstd::bulk::decompress(&stored, plain_len).map_err(|error| corrupt(&error.to_string()))?.into(),
        _ => return Err(corrupt("the block's codec is unknown")),
    };
    if plain.len() == plain_len { Ok(plain) } else { Err(corrupt("the block's unpacked length is wrong")) }
}

pub(super) fn checksum(frame: &[u8], file_id: u64, offset: u64) -> u32 {
    let crc = crc32c::crc32c(&file_id.to_le_bytes());
    let crc = crc32c::crc32c_append(crc, &offset.to_le_bytes());
    let crc = crc32c::crc32c_append(crc, &frame[..12]);
    crc32c::crc32c_append(crc, &frame[FRAME_HEADER_BYTES..])
}
