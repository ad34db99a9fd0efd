//! A dropped space that is still on disk when its drop is no longer in the log.

use std::sync::Arc;

use kstone_engine::io::MemoryDisk;
use kstone_engine::{Direction, Durability, Engine, Key, Options, ScanRange};

const SMALL: u32 = 1;
const LARGE: u32 = 2;

fn put(engine: &Engine, space: u32, rows: std::ops::Range<u32>) {
    for row in rows {
        let sort = row.to_be_bytes();
        // One partition, so that both spaces share the SSTs of one stripe.
        let key = Key { space, partition: b"p", sort: &sort };
        engine.transact(&[key], |_, batch| batch.put(key, &[7; 100])).unwrap().1.wait().unwrap();
    }
}

fn count(engine: &Engine, space: u32) -> usize {
    let range = ScanRange::Positions { space, first: 0, last: u32::MAX, after: None };
    super::scan_all(engine, &engine.snapshot(), range, Direction::Forward).len()
}

/// The dropped space is so small a part of its SST that compaction leaves it there; after that the log is truncated and the
/// database opened again.
pub fn a_dropped_space_stays_dropped() {
    let disk = Arc::new(MemoryDisk::new());
    let options = Options { durability: Durability::Sync, background_threads: 0, ..Options::default() };
    let engine = Engine::open(disk.clone(), options.clone()).unwrap();
    put(&engine, SMALL, 0..10);
    put(&engine, LARGE, 0..200);
    engine.flush().unwrap();
    let before = engine.snapshot();
    engine.transact(&[], |_, batch| batch.drop_space(SMALL)).unwrap().1.wait().unwrap();
    assert_eq!(count(&engine, SMALL), 0);
    let range = ScanRange::Positions { space: SMALL, first: 0, last: u32::MAX, after: None };
    assert_eq!(
        super::scan_all(&engine, &before, range, Direction::Forward).len(),
        10,
        "a snapshot from before sees it"
    );
    drop(before);
    engine.close().unwrap();
    for round in 0..3 {
        // With every round, the log that holds the drop is further behind.
        let engine = Engine::open(disk.clone(), options.clone()).unwrap();
        assert_eq!(count(&engine, SMALL), 0);
        put(&engine, LARGE, 200 + round..201 + round);
        engine.flush().unwrap();
        engine.close().unwrap();
    }
    let engine = Engine::open(disk, options).unwrap();
    assert_eq!((count(&engine, SMALL), count(&engine, LARGE)), (0, 203));
}
