//! Bytes as a WAL file, and as what is in its records.

use std::sync::Arc;

use super::record::{self, RecordHeader, WAL_FILE};
use super::recovery::recover;
use crate::file_header::HEADER_BYTES;
use crate::io::{Disk, Folder, MemoryDisk};

fn folder(behind_header: &[u8]) -> Option<Folder> {
    let disk = Arc::new(MemoryDisk::new());
    let file = disk.create(&record::file_name(1)).ok()?;
    file.write_at(0, &WAL_FILE.encode_header(1)).ok()?;
    file.write_at(HEADER_BYTES as u64, behind_header).ok()?;
    Some(Folder::new(disk))
}

fn records(payloads: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, payload) in (1..).zip(payloads) {
        let offset = HEADER_BYTES as u64 + bytes.len() as u64;
        let header = RecordHeader { seqno: number, millis: number, durable_offset: offset };
        record::encode(&mut bytes, 1, offset, header, payload);
    }
    bytes
}

/// The file behind its header; then the payloads of records that are whole.
pub fn check(bytes: &[u8]) {
    if let Some(folder) = folder(bytes) {
        let _ = recover(&folder, &[1], 1, |_| Ok(()));
    }
    let payloads: Vec<&[u8]> = bytes.chunks(1 + bytes.len() / 3).collect();
    let Some(folder) = folder(&records(&payloads)) else { return };
    let mut found = Vec::new();
    let recovered = recover(&folder, &[1], 1, |record| {
        found.push(record.payload.to_vec());
        Ok(())
    });
    assert!(recovered.is_ok_and(|recovered| recovered.last_seqno == payloads.len() as u64));
    assert_eq!(found, payloads);
}

/// Some files, behind their headers.
pub fn seeds() -> Vec<Vec<u8>> {
    let with_room = [records(&[b"one", &[7; 300]]), vec![0; 200]].concat();
    vec![records(&[b"payload"]), records(&[b"", b"a", &[0; 100]]), with_room]
}
