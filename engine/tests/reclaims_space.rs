//! What was deleted, overwritten or dropped gives its room on disk back.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;

use kstone_engine::io::MemoryDisk;
use kstone_engine::{Compression, Durability, Engine, Key, Options};

fn open() -> Engine {
    let options = Options {
        durability: Durability::Sync,
        background_threads: 0,
        compression: Compression::None,
        memtable_bytes_max: 400_000,
        compaction_trigger: 4,
        ..Options::default()
    };
    Engine::open(Arc::new(MemoryDisk::new()), options).unwrap()
}

fn fill(engine: &Engine, space: u32, rows: u32) {
    for row in 0..rows {
        let partition = row.to_be_bytes();
        let key = Key { space, partition: &partition, sort: b"" };
        engine.transact(&[key], |_, batch| batch.put(key, &[7; 200])).unwrap().1.wait().unwrap();
    }
    engine.flush().unwrap();
}

#[test]
fn a_dropped_space_stays_dropped() {
    support::a_dropped_space_stays_dropped();
}

#[test]
fn a_dropped_space_is_reclaimed() {
    let engine = open();
    fill(&engine, 1, 5_000);
    fill(&engine, 2, 500);
    let full = engine.metrics().sst_bytes;
    engine.transact(&[], |_, batch| batch.drop_space(1)).unwrap().1.wait().unwrap();
    let _ = engine.barrier().wait();
    fill(&engine, 2, 500);
    let left = engine.metrics().sst_bytes;
    assert!(left * 4 < full, "{left} of {full} bytes are left");
    engine.verify().unwrap();
}

#[test]
fn deleted_rows_are_reclaimed() {
    let engine = open();
    fill(&engine, 1, 5_000);
    let full = engine.metrics().sst_bytes;
    for row in 0..5_000u32 {
        let partition = row.to_be_bytes();
        let key = Key { space: 1, partition: &partition, sort: b"" };
        engine.transact(&[key], |_, batch| batch.delete(key)).unwrap().1.wait().unwrap();
    }
    engine.flush().unwrap();
    let left = engine.metrics().sst_bytes;
    assert!(left * 10 < full, "{left} of {full} bytes are left");
}

#[test]
fn overwritten_rows_are_reclaimed() {
    let engine = open();
    fill(&engine, 1, 3_000);
    let full = engine.metrics().sst_bytes;
    for _ in 0..8 {
        fill(&engine, 1, 3_000);
    }
    let left = engine.metrics().sst_bytes;
    assert!(left < full * 5, "{left} bytes are left of nine times {full}");
}
