//! Every byte of a database flipped.

use std::sync::Arc;

use kstone_engine::io::{Disk, MemoryDisk};
use kstone_engine::{Compression, Direction, Durability, Engine, Error, Key, Options, ScanRange, SeqNo};

use super::{Model, Random, SPACES, Workload, options};

fn copy(disk: &MemoryDisk) -> MemoryDisk {
    let copy = MemoryDisk::new();
    for name in disk.list().unwrap() {
        let file = disk.open(&name).unwrap();
        let content = file.read_at(0, file.len_bytes().unwrap() as usize).unwrap();
        copy.create(&name).unwrap().write_at(0, &content).unwrap();
    }
    copy
}

fn expect_named(error: &Error, name: &str, context: &str) {
    match error {
        Error::Corrupt { file, .. } | Error::NewerFormat { file, .. } | Error::Io { file, .. } => {
            assert_eq!(file, name, "{context}: {error}");
        }
        other => panic!("{context}: {other}"),
    }
}

/// Reads everything in every way; an error must name the damaged file.
fn read_all(engine: &Engine, model: &Model, last: SeqNo, name: &str, context: &str) {
    assert_eq!(engine.published(), last, "{context}: commits are missing without an error");
    let snapshot = engine.snapshot();
    for space in 0..SPACES {
        let range = ScanRange::Positions { space, first: 0, last: u32::MAX, after: None };
        let mut expected = model.range(range, Direction::Forward, last).into_iter();
        let mut scan = engine.scan(&snapshot, range, Direction::Forward);
        loop {
            match scan.next() {
                Ok(Some(row)) => {
                    let (key, seqno, value) = expected.next().unwrap_or_else(|| panic!("{context}: {row:?}"));
                    assert_eq!((row.partition, row.sort, row.value), (&key.2[..], &key.3[..], &value[..]), "{context}");
                    assert_eq!(row.seqno.0, seqno, "{context}");
                }
                Ok(None) => {
                    assert!(expected.next().is_none(), "{context}: rows are missing without an error");
                    break;
                }
                Err(error) => {
                    expect_named(&error, name, context);
                    break;
                }
            }
        }
        for (key, seqno, value) in model.range(range, Direction::Forward, last) {
            match engine.get(Key { space, partition: &key.2, sort: &key.3 }) {
                Ok(found) => {
                    let found = found.unwrap_or_else(|| panic!("{context}: {key:?} is gone"));
                    assert_eq!((&found[..], found.seqno().0), (&value[..], seqno), "{context}");
                }
                Err(error) => expect_named(&error, name, context),
            }
        }
    }
}

/// Flips every byte of a small database, one at a time, and reads everything.
pub fn flip_everything(compression: Compression, seed: u64) {
    let disk = Arc::new(MemoryDisk::new());
    let options = Options { compression, ..options(Durability::Sync) };
    let mut workload = Workload::default();
    let engine = Engine::open(disk.clone(), options.clone()).unwrap();
    workload.run(&engine, &mut Random::new(seed), 40, || 0).unwrap();
    let last = engine.published();
    engine.close().unwrap();
    let names = disk.list().unwrap();
    for kind in [".manifest", ".wal", ".sst"] {
        assert!(names.iter().any(|name| name.ends_with(kind)), "no {kind} file in {names:?}");
    }
    let mut noticed = 0;
    for name in &names {
        let len = disk.open(name).unwrap().len_bytes().unwrap();
        for (offset, mask) in (0..len).flat_map(|offset| [(offset, 0x01), (offset, 0xff)]) {
            let context = format!("{name} with byte {offset} flipped by {mask:#x}");
            let damaged = copy(&disk);
            let file = damaged.open(name).unwrap();
            let byte = file.read_at(offset, 1).unwrap()[0];
            file.write_at(offset, &[byte ^ mask]).unwrap();
            match Engine::open(Arc::new(damaged), options.clone()) {
                Ok(engine) => {
                    read_all(&engine, &workload.model, last, name, &context);
                    match engine.verify() {
                        Ok(()) => {}
                        Err(error) => {
                            expect_named(&error, name, &context);
                            noticed += 1;
                        }
                    }
                    if name.ends_with(".sst") {
                        assert!(engine.verify().is_err(), "{context}: verify finds nothing");
                    }
                }
                Err(error) => {
                    expect_named(&error, name, &context);
                    noticed += 1;
                }
            }
        }
    }
    assert!(noticed > 1_000, "only {noticed} flips were noticed");
}
