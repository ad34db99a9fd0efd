//! Threads on an engine whose locks and atomics belong to a scheduler, which decides at each of them who goes on: at random,
//! or by priorities that change a few times (PCT, which finds what takes few unlucky moments).
#![allow(clippy::disallowed_types, reason = "what is not the engine's is not scheduled")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kstone_engine::io::{Clock, Disk, Failing, Fault, FaultyDisk, Survivors};
use kstone_engine::{Compression, Durability, Engine, Error, Key, Options, ScanRange};
use shuttle::rand::Rng;
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::thread;

/// Two keys of different stripes.
const LEFT: Key<'static> = Key { space: 1, partition: b"ed", sort: b"" };
const RIGHT: Key<'static> = Key { space: 1, partition: b"dp", sort: b"" };
/// A value that fills the memtables: the stripe of its key is flushed, and no other.
const LARGE: [u8; 5_000] = [0; 5_000];
/// How many moments of a schedule PCT may choose to change its mind.
const PCT_DEPTH: usize = 3;

/// Every look at it takes a while, so that syncs seem to cost something.
#[derive(Debug, Default)]
struct TickingClock(AtomicU64);

impl Clock for TickingClock {
    fn now_millis(&self) -> u64 {
        1_800_000_000_000
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.0.fetch_add(150, Ordering::Relaxed))
    }

    fn sleep(&self, _: Duration) {
        thread::yield_now();
    }
}

fn open(disk: &Arc<FaultyDisk>, background_threads: usize) -> Result<Engine, Error> {
    open_with(disk, background_threads, Durability::Sync)
}

fn open_with(disk: &Arc<FaultyDisk>, background_threads: usize, durability: Durability) -> Result<Engine, Error> {
    let options = Options {
        durability,
        background_threads,
        compression: Compression::None,
        memtable_bytes_max: 8_000,
        block_cache_bytes: 10_000,
        compaction_trigger: 2,
        clock: Arc::new(TickingClock::default()),
        ..Options::default()
    };
    Engine::open(disk.clone(), options)
}

fn put(engine: &Engine, key: Key<'_>, value: u64) -> Result<(), Error> {
    engine.transact(&[key], |_, batch| batch.put(key, &value.to_be_bytes()))?.1.wait()
}

fn number(value: Option<impl std::ops::Deref<Target = [u8]>>) -> u64 {
    value.map_or(0, |value| u64::from_be_bytes(value[..8].try_into().unwrap()))
}

/// Whether a power cut now would leave these bytes.
fn survives(disk: &FaultyDisk, bytes: &[u8]) -> bool {
    let left = disk.power_cut().disk(Survivors::None).unwrap();
    left.list().unwrap().iter().any(|name| {
        let file = left.open(name).unwrap();
        let content = file.read_at(0, file.len_bytes().unwrap() as usize).unwrap();
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}

fn open_after_power_cut(disk: &FaultyDisk) -> Engine {
    let left = disk.power_cut().disk(Survivors::None).unwrap();
    open(&Arc::new(FaultyDisk::with_content_of(&left).unwrap()), 0).unwrap()
}

/// Group commit: whoever waits leads, and nobody waits for ever. What was acknowledged is durable and visible.
fn waiting_threads_commit_in_groups(background_threads: usize) {
    let disk = Arc::new(FaultyDisk::new());
    let engine = open(&disk, background_threads).unwrap();
    let threads: Vec<_> = (0..3u64)
        .map(|number| {
            let (engine, disk) = (engine.clone(), disk.clone());
            thread::spawn(move || {
                for round in 0..2 {
                    let value = 0x5eed_0000_0000 + 16 * number + round;
                    let partition = [number as u8];
                    let key = Key { space: 1, partition: &partition, sort: b"" };
                    put(&engine, key, value).unwrap();
                    assert!(survives(&disk, &value.to_be_bytes()), "acknowledged, but not durable");
                    assert_eq!(self::number(engine.get(key).unwrap()), value);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(engine.published().0, 6);
    engine.close().unwrap();
}

pub fn waiting_threads_alone() {
    waiting_threads_commit_in_groups(0);
}

pub fn waiting_threads_that_gather() {
    waiting_threads_commit_in_groups(1);
}

/// Two threads, one commit each: nobody else comes along who would wake a thread that was forgotten. And of two commits that
/// are under way at the same time, a reader sees none, the first, or both.
pub fn two_waiting_threads() {
    let disk = Arc::new(FaultyDisk::new());
    let engine = open(&disk, 0).unwrap();
    let put_and_look = |key| {
        let engine = engine.clone();
        move || {
            put(&engine, key, 1).unwrap();
            let snapshot = engine.snapshot();
            let seen = [LEFT, RIGHT].into_iter().filter(|key| engine.get_at(&snapshot, *key).unwrap().is_some());
            assert_eq!(seen.count() as u64, snapshot.seqno().0, "a commit is missing before one that is there");
        }
    };
    let other = thread::spawn(put_and_look(LEFT));
    put_and_look(RIGHT)();
    other.join().unwrap();
    assert_eq!(engine.published().0, 2);
    engine.close().unwrap();
}

/// One thread commits twice, and what it wrote for another with its first commit is all that the other waits for: looking
/// whether there is something to write, the other must not keep it from writing its second.
pub fn a_look_at_the_log_keeps_nobody_from_writing() {
    let disk = Arc::new(FaultyDisk::new());
    let engine = open(&disk, 0).unwrap();
    let other = thread::spawn({
        let engine = engine.clone();
        move || put(&engine, LEFT, 1).unwrap()
    });
    put(&engine, RIGHT, 1).unwrap();
    put(&engine, RIGHT, 2).unwrap();
    other.join().unwrap();
    engine.close().unwrap();
}

/// The same with tickets that are awaited, which the log's own thread serves, beside one that is waited for.
pub fn awaited_tickets() {
    let disk = Arc::new(FaultyDisk::new());
    let engine = open(&disk, 1).unwrap();
    let tasks: Vec<_> = (0..3u8)
        .map(|number| {
            let engine = engine.clone();
            thread::spawn(move || {
                let partition = [number];
                let key = Key { space: 1, partition: &partition, sort: b"" };
                let ((), ticket) = engine.transact(&[key], |_, batch| batch.put(key, b"value")).unwrap();
                match number {
                    0 => ticket.wait().unwrap(),
                    _ => shuttle::future::block_on(ticket).unwrap(),
                }
                assert!(engine.get(key).unwrap().is_some());
            })
        })
        .collect();
    tasks.into_iter().for_each(|task| task.join().unwrap());
    engine.close().unwrap();
}

/// Publication: commits are seen whole, in order, and stay seen. And latches: no increment is lost.
pub fn commits_are_seen_whole_and_in_order() {
    let disk = Arc::new(FaultyDisk::new());
    let engine = open(&disk, 0).unwrap();
    let writers: Vec<_> = (0..2)
        .map(|_| {
            let engine = engine.clone();
            thread::spawn(move || {
                for _ in 0..2 {
                    let ((), ticket) = engine
                        .transact(&[LEFT, RIGHT], |old, batch| {
                            let next = (number(old[0].as_deref()) + 1).to_be_bytes();
                            batch.put(LEFT, &next);
                            batch.put(RIGHT, &next);
                        })
                        .unwrap();
                    ticket.wait().unwrap();
                }
            })
        })
        .collect();
    let mut seen = 0;
    for _ in 0..3 {
        let newest = number(engine.get(RIGHT).unwrap());
        let snapshot = engine.snapshot();
        let at_first = number(engine.get_at(&snapshot, LEFT).unwrap());
        assert!(seen <= newest && newest <= at_first, "time goes back: {seen}, {newest}, {at_first}");
        assert_eq!(number(engine.get_at(&snapshot, RIGHT).unwrap()), at_first, "half a commit");
        assert_eq!(number(engine.get_at(&snapshot, LEFT).unwrap()), at_first, "a snapshot changes");
        assert!(at_first <= snapshot.seqno().0);
        seen = at_first;
    }
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    assert_eq!(number(engine.get(LEFT).unwrap()), 4, "an increment is lost");
    engine.close().unwrap();
}

/// Sealing and flushing beside insertions and reads: nothing disappears, neither from readers nor from the disk.
pub fn memtables_are_sealed_beside_writers_and_readers() {
    let disk = Arc::new(FaultyDisk::new());
    let engine = open(&disk, 0).unwrap();
    let writer = {
        let engine = engine.clone();
        thread::spawn(move || {
            for value in 1..=3 {
                put(&engine, LEFT, value).unwrap();
                assert_eq!(number(engine.get(LEFT).unwrap()), value);
            }
        })
    };
    let flusher = {
        let engine = engine.clone();
        thread::spawn(move || {
            put(&engine, RIGHT, 1).unwrap();
            engine.flush().unwrap();
            engine.flush().unwrap();
        })
    };
    let mut seen = 0;
    for _ in 0..3 {
        let found = number(engine.get(LEFT).unwrap());
        assert!(found >= seen, "{found} after {seen}");
        seen = found;
        let snapshot = engine.snapshot();
        let range = ScanRange::Positions { space: 1, first: 0, last: u32::MAX, after: None };
        let rows = super::scan_all(&engine, &snapshot, range, kstone_engine::Direction::Forward);
        let expected =
            [LEFT, RIGHT].into_iter().filter(|key| engine.get_at(&snapshot, *key).unwrap().is_some()).count();
        assert_eq!(rows.len(), expected, "a scan misses what a get finds");
    }
    writer.join().unwrap();
    flusher.join().unwrap();
    assert_eq!((number(engine.get(LEFT).unwrap()), number(engine.get(RIGHT).unwrap())), (3, 1));
    let reopened = open_after_power_cut(&disk);
    assert_eq!((number(reopened.get(LEFT).unwrap()), number(reopened.get(RIGHT).unwrap())), (3, 1));
    reopened.close().unwrap();
    engine.close().unwrap();
}

/// A stripe is flushed while a commit into it is under way: the commit is flushed, too, or it is still in the log.
pub fn a_commit_beside_a_flush_of_its_stripe_is_kept() {
    let disk = Arc::new(FaultyDisk::new());
    let engine = open(&disk, 0).unwrap();
    let beside = Key { sort: b"beside", ..LEFT };
    let writer = {
        let engine = engine.clone();
        thread::spawn(move || put(&engine, LEFT, 1).unwrap())
    };
    engine.transact(&[beside], |_, batch| batch.put(beside, &LARGE)).unwrap().1.wait().unwrap();
    writer.join().unwrap();
    let reopened = open_after_power_cut(&disk);
    for engine in [reopened, engine] {
        assert_eq!(number(engine.get(LEFT).unwrap()), 1);
        assert!(engine.get(beside).unwrap().is_some());
        engine.close().unwrap();
    }
}

/// What a snapshot sees, and what a get is about to read, is not dropped under it by a flush.
pub fn versions_that_are_read_are_kept() {
    let disk = Arc::new(FaultyDisk::new());
    let engine = open(&disk, 0).unwrap();
    put(&engine, LEFT, 1).unwrap();
    let writer = {
        let engine = engine.clone();
        thread::spawn(move || engine.transact(&[LEFT], |_, batch| batch.put(LEFT, &LARGE)).unwrap().1.wait().unwrap())
    };
    assert!(engine.get(LEFT).unwrap().is_some(), "the version was dropped before it was read");
    let snapshot = engine.snapshot();
    let found = engine.get_at(&snapshot, LEFT).unwrap().expect("a snapshot's version was dropped");
    assert_eq!(found.seqno(), snapshot.seqno());
    writer.join().unwrap();
    engine.close().unwrap();
}

/// A space is dropped beside a flush and a compaction, and a power cut may take the drop back: then the space is whole.
pub fn a_drop_that_is_taken_back_took_nothing() {
    let disk = Arc::new(FaultyDisk::new());
    let engine = open_with(&disk, 0, Durability::Relaxed { interval: Duration::from_secs(3600) }).unwrap();
    put(&engine, LEFT, 1).unwrap();
    engine.flush().unwrap();
    put(&engine, LEFT, 2).unwrap();
    let dropper = {
        let engine = engine.clone();
        thread::spawn(move || {
            engine.transact(&[], |_, batch| batch.drop_space(LEFT.space)).unwrap().1.wait().unwrap();
        })
    };
    engine.flush().unwrap();
    dropper.join().unwrap();
    let reopened = open_after_power_cut(&disk);
    let expected = if reopened.published().0 == 3 { 0 } else { 2 };
    assert_eq!(number(reopened.get(LEFT).unwrap()), expected, "a part of a commit that is gone is still there");
    reopened.close().unwrap();
    engine.close().unwrap();
}

/// A sync fails while several threads wait: everybody hears of it, and only what succeeded is visible, now and later.
pub fn a_failure_reaches_everybody() {
    let disk = Arc::new(FaultyDisk::new());
    let engine = open(&disk, 1).unwrap();
    let first = shuttle::rand::thread_rng().gen_range(3..9);
    disk.fail(Failing::AtSync(first), Fault::Error(std::io::ErrorKind::Other));
    let threads: Vec<_> = (0..3u8)
        .map(|number| {
            let engine = engine.clone();
            thread::spawn(move || {
                let partition = [number];
                let key = Key { space: 1, partition: &partition, sort: b"" };
                let outcome = match engine.transact(&[key], |_, batch| batch.put(key, &7u64.to_be_bytes())) {
                    Ok(((), ticket)) if number == 0 => shuttle::future::block_on(ticket),
                    Ok(((), ticket)) => ticket.wait(),
                    Err(error) => Err(error),
                };
                assert_eq!(engine.get(key).unwrap().is_some(), outcome.is_ok());
                outcome.is_ok()
            })
        })
        .collect();
    let succeeded: Vec<bool> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    let has_failed = engine.close().is_err() || succeeded.contains(&false);
    assert_eq!(has_failed, disk.has_fired());
    let reopened = open_after_power_cut(&disk);
    for (number, succeeded) in succeeded.into_iter().enumerate() {
        let partition = [number as u8];
        let found = reopened.get(Key { space: 1, partition: &partition, sort: b"" }).unwrap();
        assert!(found.is_some() || !succeeded, "an acknowledged commit is lost");
    }
    reopened.close().unwrap();
}

/// How many schedules of either kind to try.
pub fn schedule_count(usual: usize) -> usize {
    std::env::var("KSTONE_SCHEDULES").ok().map_or(usual, |count| count.parse().unwrap())
}

/// Runs the scenario under schedules of both kinds.
pub fn try_schedules(scenario: fn(), count: usize) {
    let seed = std::env::var("KSTONE_SEED").ok().map_or(1, |seed| seed.parse().unwrap());
    let mut config = shuttle::Config::new();
    config.stack_size = 256 << 10;
    config.silence_warnings = true;
    shuttle::Runner::new(RandomScheduler::new_from_seed(seed, count), config.clone()).run(scenario);
    shuttle::Runner::new(PctScheduler::new_from_seed(seed, PCT_DEPTH, count), config).run(scenario);
}
