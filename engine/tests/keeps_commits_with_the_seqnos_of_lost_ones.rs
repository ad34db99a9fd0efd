//! What a crash takes back, or what was never in a log, leaves nothing behind that hides later commits or holds them up.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use kstone_engine::io::{FaultyDisk, ManualClock, Survivors};
use kstone_engine::{Compression, Durability, Engine, Key, Options, SeqNo};

const LARGE: Key<'static> = Key { space: 1, partition: b"large", sort: b"" };
const SMALL: Key<'static> = Key { space: 1, partition: b"small", sort: b"" };

#[test]
fn a_commit_with_the_seqno_of_a_lost_one_is_kept() {
    support::a_commit_with_the_seqno_of_a_lost_one_is_kept();
}

fn options(durability: Durability, clock: &Arc<ManualClock>) -> Options {
    Options {
        durability,
        background_threads: 0,
        compression: Compression::None,
        memtable_bytes_max: 10_000,
        retention: Duration::from_secs(60),
        clock: clock.clone(),
        ..Options::default()
    }
}

fn put(engine: &Engine, key: Key<'_>, value: &[u8]) {
    drop(engine.transact(&[key], |_, batch| batch.put(key, value)).unwrap().1);
}

/// Without a log, the memory runs out with the second commit, and only the stripe of the first is flushed. The second one is
/// gone when the engine is.
fn lose_the_second_commit(pause: Duration) -> (Arc<FaultyDisk>, Arc<ManualClock>) {
    let disk = Arc::new(FaultyDisk::new());
    let clock = Arc::new(ManualClock::new(1_800_000_000_000));
    let engine = Engine::open(disk.clone(), options(Durability::None, &clock)).unwrap();
    put(&engine, LARGE, &[1; 5_900]);
    clock.advance(pause);
    put(&engine, SMALL, &[2; 400]);
    assert_eq!((engine.metrics().sst_count, engine.published()), (1, SeqNo(2)));
    engine.close().unwrap();
    (disk, clock)
}

#[test]
fn commits_after_what_was_lost_without_a_log_are_published() {
    let (disk, clock) = lose_the_second_commit(Duration::from_secs(1));
    let engine = Engine::open(disk, options(Durability::None, &clock)).unwrap();
    let before = engine.published();
    put(&engine, LARGE, b"new");
    assert_eq!(engine.published(), SeqNo(before.0 + 1));
    assert!(engine.get(LARGE).unwrap().is_some_and(|value| &*value == b"new"));
    assert!(engine.get(SMALL).unwrap().is_none());
}

#[test]
fn commits_to_a_log_after_what_was_lost_without_one_are_kept() {
    let (disk, clock) = lose_the_second_commit(Duration::ZERO);
    let engine = Engine::open(disk.clone(), options(Durability::Sync, &clock)).unwrap();
    engine.transact(&[LARGE], |_, batch| batch.put(LARGE, b"new")).unwrap().1.wait().unwrap();
    let left = disk.power_cut().disk(Survivors::None).unwrap();
    let engine = Engine::open(Arc::new(left), options(Durability::Sync, &clock)).unwrap();
    assert!(engine.get(LARGE).unwrap().is_some_and(|value| &*value == b"new"));
}
