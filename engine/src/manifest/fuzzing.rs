//! Bytes as a manifest, and as the edits in it.

use std::sync::Arc;

use super::log::{MANIFEST_FILE, encode_payload, file_name, load};
use super::{Edit, SpaceShare, SstMeta, State};
use crate::encoding::Decoder;
use crate::file_header::HEADER_BYTES;
use crate::io::{Disk, Folder, MemoryDisk};

fn folder(behind_header: &[u8]) -> Option<Folder> {
    let disk = Arc::new(MemoryDisk::new());
    let file = disk.create(&file_name(1)).ok()?;
    file.write_at(0, &MANIFEST_FILE.encode_header(1)).ok()?;
    file.write_at(HEADER_BYTES as u64, behind_header).ok()?;
    Some(Folder::new(disk))
}

fn edits_of(payload: &[u8]) -> Option<Vec<Edit>> {
    let mut decoder = Decoder::new(payload);
    let mut edits = Vec::new();
    while !decoder.is_at_end() {
        edits.push(Edit::decode(&mut decoder)?);
    }
    Some(edits)
}

fn sum_of(edits: &[Edit]) -> Vec<Edit> {
    let mut state = State::default();
    edits.iter().for_each(|edit| state.apply(edit));
    state.to_edits()
}

/// Commit times from before the history are forgotten when the start of the history is noted, and those that come later
/// when it is noted again.
fn without_times(edits: &[Edit]) -> Vec<&Edit> {
    edits.iter().filter(|edit| !matches!(edit, Edit::CommitTime { .. })).collect()
}

fn record(payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_payload(&mut bytes, 1, HEADER_BYTES as u64, |out| out.extend_from_slice(payload));
    bytes
}

/// The file behind its header; then the edits of a record that is whole.
pub fn check(bytes: &[u8]) {
    for content in [bytes.to_vec(), record(bytes)] {
        if let Some(folder) = folder(&content)
            && let Ok(Some(loaded)) = load(&folder, &[1], 1)
        {
            let edits = loaded.state().to_edits();
            assert!(loaded.adopt().is_ok(), "what can be read can be continued");
            let again = sum_of(&edits);
            assert_eq!(without_times(&edits), without_times(&again), "a state differs from what its edits add up to");
            assert_eq!(again, sum_of(&again));
        }
    }
    let Some(edits) = edits_of(bytes) else { return };
    let mut encoded = Vec::new();
    edits.iter().for_each(|edit| edit.encode(&mut encoded));
    assert_eq!(edits_of(&encoded), Some(edits), "edits read differently when they are encoded again");
}

/// Some payloads of records.
pub fn seeds() -> Vec<Vec<u8>> {
    let meta = SstMeta {
        id: 9,
        stripe: 255,
        rank: 4,
        entry_count: 3,
        seqno_max: 70_000,
        first_key: b"a".to_vec(),
        last_key: vec![0xff; 30],
        spaces: vec![SpaceShare { space: 1, entry_count: 2, bytes: 10 }],
        ..SstMeta::default()
    };
    let edits = [
        Edit::SstAdded(Arc::new(meta)),
        Edit::SstRemoved { id: 1 },
        Edit::StripeFlushed { stripe: 7, through: 8 },
        Edit::WalCheckpoint { seqno: 9, first_file: 2 },
        Edit::SpaceDropped { space: 10, seqno: 11 },
        Edit::NextFileId(12),
        Edit::LastCommit(13),
        Edit::CommitTime { seqno: 15, millis: 16 },
        Edit::HistoryStart(17),
        Edit::SpaceForgotten(18),
        Edit::TimedThrough { seqno: 19, millis: 1 << 40 },
    ];
    let encode = |edits: &[Edit]| {
        let mut bytes = Vec::new();
        edits.iter().for_each(|edit| edit.encode(&mut bytes));
        bytes
    };
    vec![encode(&edits), encode(&edits[..1]), encode(&edits[1..4]), record(&encode(&edits))]
}
