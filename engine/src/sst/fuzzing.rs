//! Bytes as parts of an SST whose checksums are right.

use std::sync::Arc;

use super::block::BlockBuilder;
use super::footer::{FOOTER_BYTES, Footer};
use super::frame::{self, FRAME_HEADER_BYTES, Place};
use super::partition::{self, IndexBuilder};
use super::{Purpose, SST_FILE, Sst, SstCursor, SstShared, file_name, verify};
use crate::batch::Kind;
use crate::cache::{BlockCache, OpenFiles};
use crate::file_header::HEADER_BYTES;
use crate::io::{Disk, Folder, MemoryDisk};
use crate::manifest::SstMeta;
use crate::{Compression, key};

/// More than any file of the fuzzer can show without going in circles.
const STEPS_MAX: usize = 1 << 20;
const KEYS: [&[u8]; 4] = [b"", b"alpha", b"alphabet", b"beta"];

/// Which part of the file the bytes are.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Block,
    PackedBlock,
    Index,
    Partition,
    Top,
    /// All behind the header.
    File,
}

const PARTS: [Part; 6] = [Part::Block, Part::PackedBlock, Part::Index, Part::Partition, Part::Top, Part::File];

/// The first byte says which part of a file the others are, and how blocks are packed.
pub fn check(bytes: &[u8]) {
    let Some((&choice, bytes)) = bytes.split_first() else { return };
    let part = PARTS[choice as usize % PARTS.len()];
    let compression = [Compression::None, Compression::Lz4, Compression::Zstd][choice as usize / PARTS.len() % 3];
    read_everything(&assemble(part, compression, bytes));
}

/// Some parts.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (number, part) in PARTS.into_iter().enumerate() {
        for codec in 0..3u8 {
            let compression = [Compression::None, Compression::Lz4, Compression::Zstd][codec as usize];
            let mut packed = Vec::new();
            frame::encode(&mut packed, 1, HEADER_BYTES as u64, compression, &block());
            let index = index_of(&[(b"beta", Place { offset: HEADER_BYTES as u64, len: 200 })]);
            let content = match part {
                Part::Block => block(),
                Part::PackedBlock => packed,
                Part::Index | Part::Top => index,
                Part::Partition => partition::encode(&index, &KEYS.map(key::hash)),
                Part::File => assemble(Part::Block, compression, &block())[HEADER_BYTES..].to_vec(),
            };
            seeds.push([&[number as u8 + codec * PARTS.len() as u8], &content[..]].concat());
        }
    }
    seeds
}

fn block() -> Vec<u8> {
    let mut builder = BlockBuilder::new(3, 2);
    for key in KEYS {
        builder.add(key, 9, Kind::Put, &[b'v'; 60]);
        builder.add(key, 5, Kind::Delete, b"");
    }
    builder.finish()
}

fn index_of(entries: &[(&[u8], Place)]) -> Vec<u8> {
    let mut index = IndexBuilder::new();
    entries.iter().for_each(|(separator, place)| index.add(separator, *place));
    index.finish()
}

/// A file with the bytes in their place and all others as they should be.
fn assemble(part: Part, compression: Compression, bytes: &[u8]) -> Vec<u8> {
    let mut file = SST_FILE.encode_header(1).to_vec();
    if part == Part::File {
        file.extend_from_slice(bytes);
        return file;
    }
    let instead = |this: Part, usual: Vec<u8>| if part == this { bytes.to_vec() } else { usual };
    let append = |file: &mut Vec<u8>, compression, plain: &[u8]| {
        let offset = file.len() as u64;
        frame::encode(file, 1, offset, compression, plain)
    };
    let data = match part {
        Part::PackedBlock => append_packed(&mut file, bytes),
        _ => append(&mut file, compression, &instead(Part::Block, block())),
    };
    let index = instead(Part::Index, index_of(&[(b"beta", data)]));
    let content = instead(Part::Partition, partition::encode(&index, &KEYS.map(key::hash)));
    let place = append(&mut file, Compression::None, &content);
    let top = instead(Part::Top, index_of(&[(b"beta", place)]));
    let top_index = append(&mut file, Compression::None, &top);
    let file_bytes = (file.len() + FOOTER_BYTES) as u64;
    file.extend_from_slice(&Footer { top_index, block_count: 1, entry_count: 8, file_bytes }.encode(1));
    file
}

/// A frame as it is, but for its checksum and its length, which are made right.
fn append_packed(file: &mut Vec<u8>, frame: &[u8]) -> Place {
    let offset = file.len() as u64;
    let mut frame = frame.to_vec();
    frame.resize(frame.len().max(FRAME_HEADER_BYTES), 0);
    let stored_len = (frame.len() - FRAME_HEADER_BYTES) as u32;
    frame[4..8].copy_from_slice(&stored_len.to_le_bytes());
    let crc = frame::checksum(&frame, 1, offset);
    frame[12..16].copy_from_slice(&crc.to_le_bytes());
    file.extend_from_slice(&frame);
    Place { offset, len: frame.len() as u32 }
}

fn read_everything(content: &[u8]) {
    let disk = Arc::new(MemoryDisk::new());
    let written = disk.create(&file_name(0, 1)).and_then(|file| file.write_at(0, content));
    assert!(written.is_ok());
    let shared =
        SstShared { folder: Folder::new(disk), blocks: BlockCache::new(100_000), open_files: OpenFiles::new(4) };
    let meta = SstMeta {
        id: 1,
        file_bytes: content.len() as u64,
        entry_count: 8,
        last_key: vec![0xff; 64],
        ..SstMeta::default()
    };
    let sst = Arc::new(Sst::new(Arc::new(meta), Arc::new(shared)));
    let _ = verify(&sst);
    for key in KEYS {
        let _ = sst.get(key, key::hash(key), 7);
        let _ = walk(&sst, key);
    }
}

fn walk(sst: &Arc<Sst>, from: &[u8]) -> Result<(), crate::Error> {
    let mut steps = 0;
    let mut count = || {
        steps += 1;
        assert!(steps < STEPS_MAX, "a cursor goes in circles");
    };
    let mut cursor = SstCursor::new(Arc::clone(sst), Purpose::Scan);
    cursor.seek(from, u64::MAX)?;
    while cursor.entry().is_some() {
        count();
        cursor.next()?;
    }
    cursor.seek_before(from)?;
    while cursor.entry().is_some() {
        count();
        cursor.previous()?;
    }
    cursor.seek_last()?;
    while cursor.entry().is_some() {
        count();
        cursor.previous()?;
    }
    Ok(())
}
