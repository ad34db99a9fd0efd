//! The engine in memory: what a request pays at least.

use std::sync::Arc;

use kstone_engine::io::MemoryDisk;
use kstone_engine::{Direction, Engine, Key, Options, ScanRange};

use crate::Settings;
use crate::measure::{Random, Table, key_of, measure, resident_bytes};

const READS: u64 = 2_000_000;
const SMALL: usize = 100;

pub fn run(settings: &Settings, table: &mut Table) {
    let before = resident_bytes();
    let options = Options { memtable_bytes_max: 8 << 30, stripe_memtable_bytes_max: 1 << 30, ..Options::in_memory() };
    let mut engine = None;
    let opened = measure(|| engine = Some(Engine::open(Arc::new(MemoryDisk::new()), options).expect("an engine")));
    let engine = engine.expect("an engine");
    let kilobytes = (resident_bytes() - before) >> 10;
    table.add("open, empty", "memory", format!("{:.2} ms, {kilobytes} KB", opened.wall * 1e3));
    let value = vec![b'v'; SMALL];
    let rows = settings.rows;
    let loaded = measure(|| {
        for row in 0..rows {
            put(&engine, &key_of(row), &value);
        }
    });
    table.add_per_operation("put in memtables of so many rows", "memory", rows, &loaded);
    let mut random = Random::new(1);
    let reads = measure(|| {
        for _ in 0..READS {
            let key = key_of(random.below(rows));
            assert!(get(&engine, &key));
        }
    });
    table.add_per_operation("get from memtables, any", "memory", READS, &reads);
    let hot = measure(|| {
        for _ in 0..READS {
            let key = key_of(random.below(1000));
            assert!(get(&engine, &key));
        }
    });
    table.add_per_operation("get from memtables, hot", "memory", READS, &hot);
    let absent = measure(|| {
        for _ in 0..READS {
            assert!(!get(&engine, &key_of(rows + random.below(rows))));
        }
    });
    table.add_per_operation("get from memtables, absent", "memory", READS, &absent);
    full_scans(&engine, table);
}

/// A scan over all positions of a space with ten rows.
fn full_scans(engine: &Engine, table: &mut Table) {
    for row in 0..10u64 {
        let key = row.to_be_bytes();
        let key = Key { space: 2, partition: &key, sort: b"" };
        let ((), ticket) = engine.transact(&[key], |_, batch| batch.put(key, b"small")).expect("a commit");
        ticket.wait().expect("a commit");
    }
    let scans = 10_000;
    let measured = measure(|| {
        for _ in 0..scans {
            let range = ScanRange::Positions { space: 2, first: 0, last: u32::MAX, after: None };
            let mut scan = engine.scan(&engine.snapshot(), range, Direction::Forward);
            let mut found = 0;
            while scan.next().expect("a read").is_some() {
                found += 1;
            }
            assert_eq!(found, 10);
        }
    });
    table.add_per_operation("full scan of a space of 10 rows", "memory", scans, &measured);
}

fn put(engine: &Engine, key: &[u8; 16], value: &[u8]) {
    let key = Key { space: 1, partition: key, sort: b"" };
    let ((), ticket) = engine.transact(&[key], |_, batch| batch.put(key, value)).expect("a commit");
    ticket.wait().expect("a commit");
}

fn get(engine: &Engine, key: &[u8; 16]) -> bool {
    engine.get(Key { space: 1, partition: key, sort: b"" }).expect("a read").is_some()
}
