//! What was deleted, overwritten or dropped gives its room on disk back.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "threads of the engine are waited for in real time")]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use kstone_engine::io::{FaultyDisk, ManualClock, MemoryDisk, Survivors};
use kstone_engine::{Compression, Direction, Durability, Engine, Key, Options, ScanRange};

fn options() -> Options {
    Options {
        durability: Durability::Sync,
        background_threads: 0,
        compression: Compression::None,
        memtable_bytes_max: 400_000,
        compaction_trigger: 4,
        ..Options::default()
    }
}

fn open() -> Engine {
    Engine::open(Arc::new(MemoryDisk::new()), options()).unwrap()
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

/// Ten parts in space 1, one in space 2.
fn fill_both(engine: &Engine) -> u64 {
    fill(engine, 1, 5_000);
    fill(engine, 2, 500);
    engine.metrics().sst_bytes
}

fn drop_space(engine: &Engine) {
    engine.transact(&[], |_, batch| batch.drop_space(1)).unwrap().1.wait().unwrap();
}

fn count(engine: &Engine, space: u32) -> usize {
    let range = ScanRange::Positions { space, first: 0, last: u32::MAX, after: None };
    support::scan_all(engine, &engine.snapshot(), range, Direction::Forward).len()
}

/// An engine without threads works when it is called; there is nothing to flush.
fn let_it_work(engine: &Engine) {
    engine.flush().unwrap();
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_dropped_space_is_reclaimed_without_further_writes() {
    let engine = open();
    let full = fill_both(&engine);
    drop_space(&engine);
    let_it_work(&engine);
    let left = engine.metrics().sst_bytes;
    assert!(left * 4 < full, "{left} of {full} bytes are left");
    engine.verify().unwrap();
}

#[test]
fn threads_reclaim_a_dropped_space_by_themselves() {
    let options = Options { background_threads: 2, memtable_bytes_max: 64 << 20, ..options() };
    for durability in [Durability::Sync, Durability::None] {
        let options = Options { durability, ..options.clone() };
        let engine = Engine::open(Arc::new(MemoryDisk::new()), options).unwrap();
        let full = fill_both(&engine);
        let before = engine.snapshot();
        drop_space(&engine);
        drop(before);
        wait_until("the room is given back", || engine.metrics().sst_bytes * 4 < full);
        engine.verify().unwrap();
    }
}

#[test]
fn a_dropped_space_is_reclaimed_when_the_last_snapshot_of_it_goes() {
    let engine = open();
    let full = fill_both(&engine);
    let (first, second) = (engine.snapshot(), engine.snapshot());
    drop_space(&engine);
    drop(first);
    let_it_work(&engine);
    assert_eq!(engine.metrics().sst_bytes, full, "a snapshot still sees it");
    drop(second);
    let_it_work(&engine);
    let left = engine.metrics().sst_bytes;
    assert!(left * 4 < full, "{left} of {full} bytes are left");
}

#[test]
fn a_dropped_space_is_reclaimed_after_reopening() {
    let disk = Arc::new(MemoryDisk::new());
    let engine = Engine::open(disk.clone(), options()).unwrap();
    let full = fill_both(&engine);
    let snapshot = engine.snapshot();
    drop_space(&engine);
    engine.close().unwrap();
    drop((snapshot, engine));
    let engine = Engine::open(disk, options()).unwrap();
    assert_eq!(engine.metrics().sst_bytes, full, "closing does not wait for it");
    let_it_work(&engine);
    let left = engine.metrics().sst_bytes;
    assert!(left * 4 < full, "{left} of {full} bytes are left");
}

#[test]
fn a_drop_is_known_after_its_log_was_left() {
    let disk = Arc::new(FaultyDisk::new());
    let engine = Engine::open(disk.clone(), options()).unwrap();
    fill_both(&engine);
    let _before = engine.snapshot();
    drop_space(&engine);
    let disk = Arc::new(disk.power_cut().disk(Survivors::None).unwrap());
    for durability in [Durability::None, Durability::None, Durability::Sync] {
        let engine = Engine::open(disk.clone(), Options { durability, ..options() }).unwrap();
        assert_eq!((count(&engine, 1), count(&engine, 2)), (0, 500), "{durability:?}");
        engine.close().unwrap();
    }
}

/// The drop itself is in no SST and in no log.
#[test]
fn a_drop_whose_room_was_given_back_without_a_log_is_known() {
    let disk = Arc::new(MemoryDisk::new());
    let options = Options { durability: Durability::None, memtable_bytes_max: 64 << 20, ..options() };
    let engine = Engine::open(disk.clone(), options.clone()).unwrap();
    let full = fill_both(&engine);
    drop_space(&engine);
    assert!(engine.metrics().sst_bytes * 4 < full, "the room is not given back");
    engine.close().unwrap();
    drop(engine);
    let engine = Engine::open(disk, options).unwrap();
    assert_eq!((count(&engine, 1), count(&engine, 2)), (0, 500));
    engine.snapshot_at(engine.published()).unwrap();
}

#[test]
fn a_dropped_space_is_reclaimed_when_the_retention_window_leaves_it_behind() {
    let clock = Arc::new(ManualClock::new(1_800_000_000_000));
    let options = Options {
        background_threads: 1,
        memtable_bytes_max: 64 << 20,
        retention: Duration::from_millis(160),
        clock: clock.clone(),
        ..options()
    };
    let engine = Engine::open(Arc::new(MemoryDisk::new()), options).unwrap();
    let full = fill_both(&engine);
    drop_space(&engine);
    clock.advance(Duration::from_millis(100));
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(engine.metrics().sst_bytes, full, "it is still in the window");
    clock.advance(Duration::from_millis(100));
    wait_until("the room is given back", || engine.metrics().sst_bytes * 4 < full);
}

#[test]
fn tombstones_that_have_to_stay_cause_no_merges() {
    let clock = Arc::new(ManualClock::new(1_800_000_000_000));
    let retention = Duration::from_secs(3600);
    let options = Options { retention, clock: clock.clone(), compaction_trigger: 100, ..options() };
    for is_held_by_snapshot in [false, true] {
        let retention = if is_held_by_snapshot { Duration::ZERO } else { retention };
        let options = Options { retention, ..options.clone() };
        let engine = Engine::open(Arc::new(MemoryDisk::new()), options).unwrap();
        let snapshot = is_held_by_snapshot.then(|| engine.snapshot());
        let write = |count: u32| {
            for row in 0..count {
                let sort = row.to_be_bytes();
                let key = Key { space: 1, partition: b"p", sort: &sort };
                engine.transact(&[key], |_, batch| batch.put(key, &[7; 200])).unwrap().1.wait().unwrap();
                engine.flush().unwrap();
                engine.transact(&[key], |_, batch| batch.delete(key)).unwrap().1.wait().unwrap();
                engine.flush().unwrap();
            }
        };
        write(10);
        // One per flush.
        assert_eq!(engine.metrics().sst_count, 20);
        drop(snapshot);
        clock.advance(Duration::from_secs(7200));
        write(1);
        assert!(engine.metrics().sst_count <= 2, "{} SSTs are left", engine.metrics().sst_count);
    }
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

/// Readers look into all SSTs of a stripe; what could wait while there was much to do is merged when there is nothing.
#[test]
fn an_engine_with_nothing_to_do_merges_ssts_of_similar_size() {
    let options = Options { background_threads: 2, compaction_trigger: 100, ..options() };
    let engine = Engine::open(Arc::new(MemoryDisk::new()), options).unwrap();
    (0..5).for_each(|_| fill(&engine, 1, 1_000));
    let before = engine.metrics().sst_bytes;
    let start = Instant::now();
    while engine.metrics().sst_count_max > 2 {
        assert!(start.elapsed() < Duration::from_secs(60), "still {} in a stripe", engine.metrics().sst_count_max);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(engine.metrics().sst_bytes < before / 2, "the same rows five times are still there");
    assert_eq!(count(&engine, 1), 1_000);
    engine.close().unwrap();
}

#[test]
fn a_drop_that_came_last_is_kept_without_a_log() {
    let disk = Arc::new(MemoryDisk::new());
    let options = Options { durability: Durability::None, ..options() };
    let engine = Engine::open(disk.clone(), options.clone()).unwrap();
    fill(&engine, 1, 10);
    // Its room must not be reclaimed, which would be noted.
    let snapshot = engine.snapshot();
    drop_space(&engine);
    engine.flush().unwrap();
    drop(snapshot);
    let last = engine.published();
    drop(engine);
    let engine = Engine::open(disk, options).unwrap();
    assert_eq!((engine.published(), count(&engine, 1)), (last, 0));
}
