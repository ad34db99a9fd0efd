//! Threads that scan beside threads that write see whole commits, in order, in both directions.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test, with threads of its own"
)]

mod support;

use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kstone_engine::io::MemoryDisk;
use kstone_engine::{Compression, Direction, Durability, Engine, Key, ScanRange};
use support::{scan_all, tiny};

const WRITERS: u32 = 2;
const ROUNDS: u64 = 10_000;
const PARTITIONS: [&[u8]; 3] = [b"one", b"two", b"three"];
const SORTS: [&[u8]; 3] = [b"", b"a", b"b"];

/// Every commit writes all rows of the writer's space anew.
fn write(engine: &Engine, space: u32) {
    for round in 1..=ROUNDS {
        let keys: Vec<Key<'_>> = PARTITIONS
            .iter()
            .flat_map(|partition| SORTS.iter().map(move |sort| Key { space, partition, sort }))
            .collect();
        let value = [round.to_be_bytes().to_vec(), vec![7; round as usize % 50]].concat();
        let ((), ticket) =
            engine.transact(&keys, |_, batch| keys.iter().for_each(|key| batch.put(*key, &value))).unwrap();
        ticket.wait().unwrap();
    }
}

/// All rows that a scan shows are of one round, which is not older than the last one seen.
fn read(engine: &Engine, space: u32, last: u64) -> u64 {
    let snapshot = engine.snapshot();
    let all = ScanRange::Positions { space, first: 0, last: u32::MAX, after: None };
    let rows = scan_all(engine, &snapshot, all, Direction::Forward);
    let Some((_, seqno, value)) = rows.first() else {
        assert_eq!(last, 0, "everything is gone");
        return 0;
    };
    let round = u64::from_be_bytes(value[..8].try_into().unwrap());
    assert_eq!(rows.len(), PARTITIONS.len() * SORTS.len());
    assert!(rows.iter().all(|row| row.1 == *seqno && row.2 == *value), "half a commit");
    assert!(round >= last, "round {round} after {last}");
    for partition in PARTITIONS {
        let range = ScanRange::Partition { space, partition, lower: Bound::Unbounded, upper: Bound::Included(b"a") };
        let backwards = scan_all(engine, &snapshot, range, Direction::Reverse);
        assert_eq!(backwards.len(), 2);
        assert!(backwards.iter().all(|row| row.2 == *value));
        let newest = engine.get(Key { space, partition, sort: b"b" }).unwrap().unwrap();
        assert!(newest[..8] >= value[..8]);
    }
    round
}

#[test]
fn while_memtables_are_flushed_and_compacted() {
    let options = tiny(Durability::Sync, 2, Compression::Lz4);
    let engine = Engine::open(Arc::new(MemoryDisk::new()), options).unwrap();
    let still_writing = AtomicU64::new(WRITERS.into());
    let scans = AtomicU64::new(0);
    let (engine, still_writing, scans) = (&engine, &still_writing, &scans);
    std::thread::scope(|scope| {
        for space in 0..WRITERS {
            scope.spawn(move || {
                write(engine, space);
                still_writing.fetch_sub(1, Ordering::SeqCst);
            });
            scope.spawn(move || {
                let mut last = 0;
                while still_writing.load(Ordering::SeqCst) > 0 {
                    last = read(engine, space, last);
                    scans.fetch_add(1, Ordering::SeqCst);
                }
                assert_eq!(read(engine, space, last), ROUNDS);
            });
        }
    });
    assert!(scans.load(Ordering::SeqCst) > 20);
    assert!(engine.metrics().damage.is_none() && engine.metrics().sst_count > 0);
}
