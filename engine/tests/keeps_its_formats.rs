//! What was written once can be read for ever: small databases of every format, as files in `tests/golden`.
//!
//! A change of a format raises its version, and adds files; those that are there stay. `cargo test -p kstone-engine --test
//! keeps_its_formats -- --ignored` writes them anew.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test, which reads and writes its fixtures")]

mod support;

use std::path::PathBuf;
use std::sync::Arc;

use kstone_engine::io::{Disk, ManualClock, MemoryDisk};
use kstone_engine::{Compression, Direction, Durability, Engine, Error, Key, Options, ScanRange, SeqNo, position_of};
use support::{Model, scan_all};

const START_MILLIS: u64 = 1_800_000_000_000;
const CODECS: [(&str, Compression); 3] =
    [("plain", Compression::None), ("lz4", Compression::Lz4), ("zstd", Compression::Zstd)];
/// With every byte that a key escapes, and empty parts.
const KEYS: [(u32, &[u8], &[u8]); 8] = [
    (1, b"alice", b""),
    (1, b"alice", b"2026-10-01"),
    (1, b"", b"no partition"),
    (1, b"zero\0inside\0\0", b"\0"),
    (1, b"\x00\xff\x01", b"\xff\x00\x01"),
    (2, b"alice", b"other space"),
    (u32::MAX, b"last", b"space"),
    (3, b"dropped", b"later"),
];

fn golden_folder(codec: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(codec)
}

fn options(compression: Compression, clock: Arc<ManualClock>) -> Options {
    Options {
        durability: Durability::Sync,
        background_threads: 0,
        compression,
        compaction_trigger: 2,
        wal_file_bytes: 1_000,
        retention: std::time::Duration::from_secs(3600),
        clock,
        ..Options::default()
    }
}

/// What the databases hold, commit by commit; `write` is called for each.
fn history(mut write: impl FnMut(u64, Key<'_>, Option<&[u8]>)) {
    let mut commit = 0;
    for round in 0..3u8 {
        for (number, (space, partition, sort)) in KEYS.into_iter().enumerate() {
            commit += 1;
            let value = vec![b'a' + round; 20 + 40 * number];
            let is_deleted = round == 2 && number == 1;
            write(commit, Key { space, partition, sort }, (!is_deleted).then_some(&value[..]));
        }
    }
}

/// Makes a database: two rounds are in SSTs, one of them compacted where that is due, and the last one is in the log.
fn build(compression: Compression) -> Arc<MemoryDisk> {
    let disk = Arc::new(MemoryDisk::new());
    let clock = Arc::new(ManualClock::new(START_MILLIS));
    let engine = Engine::open(disk.clone(), options(compression, clock.clone())).unwrap();
    history(|commit, key, value| {
        clock.advance(std::time::Duration::from_millis(10));
        let ((), ticket) = engine
            .transact(&[key], |_, batch| match value {
                Some(value) => batch.put(key, value),
                None => batch.delete(key),
            })
            .unwrap();
        ticket.wait().unwrap();
        if commit % 8 == 0 && commit < 24 {
            engine.flush().unwrap();
        }
    });
    let ((), ticket) = engine
        .transact(&[], |_, batch| {
            batch.put_stamped(1, b"stream", b"shard", b"record");
            batch.drop_space(3);
        })
        .unwrap();
    ticket.wait().unwrap();
    engine.close().unwrap();
    disk
}

fn model() -> Model {
    let mut model = Model::default();
    history(|commit, key, value| match value {
        Some(value) => model.put(key, value, SeqNo(commit)),
        None => model.delete(key, SeqNo(commit)),
    });
    let mut stamped = b"shard".to_vec();
    stamped.extend_from_slice(&25u64.to_be_bytes());
    stamped.extend_from_slice(&0u32.to_be_bytes());
    model.put(Key { space: 1, partition: b"stream", sort: &stamped }, b"record", SeqNo(25));
    model.drop_space(3, SeqNo(25));
    model
}

fn content(disk: &MemoryDisk, name: &str) -> Vec<u8> {
    let file = disk.open(name).unwrap();
    file.read_at(0, file.len_bytes().unwrap() as usize).unwrap().to_vec()
}

fn golden(codec: &str) -> Arc<MemoryDisk> {
    let disk = Arc::new(MemoryDisk::new());
    for entry in std::fs::read_dir(golden_folder(codec)).unwrap() {
        let entry = entry.unwrap();
        let file = disk.create(entry.file_name().to_str().unwrap()).unwrap();
        file.write_at(0, &std::fs::read(entry.path()).unwrap()).unwrap();
    }
    let names = disk.list().unwrap();
    for kind in [".manifest", ".wal", ".sst"] {
        assert!(names.iter().any(|name| name.ends_with(kind)), "{codec}: no {kind} file in {names:?}");
    }
    disk
}

fn open(disk: Arc<MemoryDisk>) -> Result<Engine, Error> {
    Engine::open(disk, options(Compression::None, Arc::new(ManualClock::new(START_MILLIS + 1_000))))
}

#[test]
#[ignore = "writes the fixtures anew"]
fn write_the_fixtures() {
    for (codec, compression) in CODECS {
        let folder = golden_folder(codec);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let disk = build(compression);
        for name in disk.list().unwrap() {
            std::fs::write(folder.join(&name), content(&disk, &name)).unwrap();
        }
    }
}

#[test]
fn databases_of_every_format_are_read() {
    for (codec, compression) in CODECS {
        let disk = golden(codec);
        let wanted = CODECS.iter().position(|(_, each)| *each == compression).unwrap() as u8;
        let ssts: Vec<String> = disk.list().unwrap().into_iter().filter(|name| name.ends_with(".sst")).collect();
        // The codec of the first block lies behind the header of the file.
        assert!(ssts.iter().any(|name| content(&disk, name)[36] == wanted), "{codec}: no block of that codec");
        let engine = open(disk).unwrap();
        engine.verify().unwrap();
        assert_eq!(engine.published(), SeqNo(25), "{codec}");
        let model = model();
        for seqno in [25, 24, 20, 12] {
            let snapshot = engine.snapshot_at(SeqNo(seqno)).unwrap();
            for space in [1, 2, 3, u32::MAX] {
                let range = ScanRange::Positions { space, first: 0, last: u32::MAX, after: None };
                let found = scan_all(&engine, &snapshot, range, Direction::Forward);
                assert_eq!(found, model.range(range, Direction::Forward, SeqNo(seqno)), "{codec}, {space} at {seqno}");
            }
        }
        assert_eq!(engine.seqno_at(START_MILLIS + 125), Some(SeqNo(12)), "{codec}: commit times");
    }
}

/// What the libraries for compression write may change with their versions; all else is ours.
#[test]
fn plain_files_are_written_as_ever() {
    let (expected, written) = (golden("plain"), build(Compression::None));
    assert_eq!(written.list().unwrap(), expected.list().unwrap());
    for name in expected.list().unwrap() {
        let (expected, written) = (content(&expected, &name), content(&written, &name));
        let differs = (0..expected.len().max(written.len())).find(|&at| expected.get(at) != written.get(at));
        assert_eq!(differs, None, "{name} differs from there on");
    }
}

/// The form of keys, spelled out once more: they are in the log as the format says.
#[test]
fn keys_are_encoded_as_ever() {
    let disk = golden("plain");
    let names = disk.list().unwrap();
    let logs: Vec<u8> =
        names.iter().filter(|name| name.ends_with(".wal")).flat_map(|name| content(&disk, name)).collect();
    for (space, partition, sort) in KEYS {
        let mut encoded = space.to_be_bytes().to_vec();
        encoded.extend_from_slice(&position_of(partition).to_be_bytes()[1..]);
        partition.iter().for_each(|&byte| {
            encoded.extend_from_slice(if byte == 0 { b"\x00\xff" } else { std::slice::from_ref(&byte) })
        });
        encoded.extend_from_slice(b"\x00\x01");
        encoded.extend_from_slice(sort);
        assert!(logs.windows(encoded.len()).any(|window| window == encoded), "{partition:?} {sort:?}");
    }
    let positions = [(&b""[..], 0), (b"a", 0x30c1_d043), (b"123456789", 0x83e3_0692)];
    for (partition, position) in positions {
        assert_eq!(position_of(partition), position, "{partition:?}");
    }
}

/// A file of a later release is told from a damaged one.
#[test]
fn another_format_is_refused_by_its_version() {
    for (kind, newest) in [(".manifest", 2u32), (".wal", 1), (".sst", 1)] {
        let disk = golden("plain");
        let name = disk.list().unwrap().into_iter().find(|name| name.ends_with(kind)).unwrap();
        let mut header = content(&disk, &name)[..36].to_vec();
        let mut error_of = |version: u32| {
            header[8..12].copy_from_slice(&version.to_le_bytes());
            // A position is the crc32c, rotated.
            let crc = position_of(&header[..32]).rotate_left(8);
            header[32..].copy_from_slice(&crc.to_le_bytes());
            disk.open(&name).unwrap().write_at(0, &header).unwrap();
            open(disk.clone()).and_then(|engine| engine.verify()).unwrap_err().to_string()
        };
        let newer = newest + 1;
        assert_eq!(error_of(newer), format!("{name} has format version {newer}; this release reads up to {newest}"));
        let older = newest - 1;
        assert_eq!(
            error_of(older),
            format!("{name} is corrupt at offset 8: format version {older} is not read any more")
        );
    }
}
