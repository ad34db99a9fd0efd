//! Answers that come while something else goes on: each is decided once, and stays true.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test of threads, outside of the engine"
)]

mod support;

use std::future::Future;
use std::io::ErrorKind;
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use kstone_engine::{Durability, Engine, Error, Key, Options, Ticket};
use support::HookedDisk;

const OLD: Key<'static> = Key { space: 1, partition: b"old", sort: b"" };
const NEW: Key<'static> = Key { space: 1, partition: b"new", sort: b"" };
/// Long enough for a thread to go as far as it can, where nothing says that it is there.
const WHILE: Duration = Duration::from_millis(100);

/// Where one call of the disk stops: says that it is there, and waits for what to answer.
struct Gate {
    reached: SyncSender<()>,
    answers: Receiver<std::io::Result<()>>,
}

/// The side of the test.
struct Held {
    reached: Receiver<()>,
    answers: SyncSender<std::io::Result<()>>,
}

fn gate() -> (Gate, Held) {
    let (reached, is_reached) = sync_channel(1);
    let (answer, answers) = sync_channel(1);
    (Gate { reached, answers }, Held { reached: is_reached, answers: answer })
}

/// A disk that stops at the next sync of a file of each kind once a gate is put there.
struct GatedDisk {
    disk: Arc<HookedDisk>,
    log: Arc<Mutex<Option<Gate>>>,
    sst: Arc<Mutex<Option<Gate>>>,
}

fn gated_disk() -> GatedDisk {
    let (log, sst) = (Arc::new(Mutex::new(None::<Gate>)), Arc::new(Mutex::new(None::<Gate>)));
    let gates = [(".wal", Arc::clone(&log)), (".sst", Arc::clone(&sst))];
    let disk = HookedDisk::new(move |operation, name| {
        for (kind, gate) in &gates {
            if operation == "sync"
                && name.ends_with(kind)
                && let Some(gate) = gate.lock().unwrap().take()
            {
                gate.reached.send(()).unwrap();
                return gate.answers.recv().unwrap();
            }
        }
        Ok(())
    });
    GatedDisk { disk: Arc::new(disk), log, sst }
}

fn hold(place: &Mutex<Option<Gate>>) -> Held {
    let (gate, held) = gate();
    *place.lock().unwrap() = Some(gate);
    held
}

fn put(engine: &Engine, key: Key<'_>) -> Result<(), Error> {
    engine.transact(&[key], |_, batch| batch.put(key, b"value"))?.1.wait()
}

fn reopened(disk: &HookedDisk) -> Engine {
    disk.memory.break_lock();
    Engine::open(disk.memory.clone(), Options::default()).unwrap()
}

/// What relaxed mode published is kept by a process that ends, whether it was synced or not.
#[test]
fn a_failed_write_takes_nothing_that_was_published_before() {
    for failing in ["write", "sync"] {
        let fails = Arc::new(AtomicBool::new(false));
        let disk = Arc::new(HookedDisk::new({
            let fails = Arc::clone(&fails);
            move |operation, name| match operation == failing && name.ends_with(".wal") && fails.load(Ordering::SeqCst)
            {
                true => Err(ErrorKind::StorageFull.into()),
                false => Ok(()),
            }
        }));
        // The second commit is synced; a group that comes later than this after the last sync is.
        let interval = if failing == "sync" { Duration::ZERO } else { Duration::from_secs(3600) };
        let options = |interval| Options { durability: Durability::Relaxed { interval }, ..Options::default() };
        let engine = Engine::open(disk.clone(), options(interval)).unwrap();
        put(&engine, OLD).unwrap();
        fails.store(true, Ordering::SeqCst);
        assert!(put(&engine, NEW).is_err());
        fails.store(false, Ordering::SeqCst);
        drop(engine);
        let engine = reopened(&disk);
        assert!(engine.get(OLD).unwrap().is_some(), "published, and gone after a {failing} that failed");
        assert!(engine.get(NEW).unwrap().is_none(), "answered with an error, and there");
    }
}

#[test]
fn a_commit_that_is_being_synced_when_a_flush_fails_is_answered_with_what_becomes_of_it() {
    for log_outcome in [Ok(()), Err(ErrorKind::Other)] {
        let GatedDisk { disk, log, sst } = gated_disk();
        let engine = Engine::open(disk.clone(), Options::default()).unwrap();
        put(&engine, OLD).unwrap();
        let held_sst = hold(&sst);
        let flush = thread::spawn({
            let engine = engine.clone();
            move || engine.flush()
        });
        held_sst.reached.recv().unwrap();
        let held_log = hold(&log);
        let commit = thread::spawn({
            let engine = engine.clone();
            move || put(&engine, NEW)
        });
        held_log.reached.recv().unwrap();
        held_sst.answers.send(Err(ErrorKind::StorageFull.into())).unwrap();
        assert!(flush.join().unwrap().is_err());
        assert!(matches!(put(&engine, OLD), Err(Error::Poisoned { .. })), "nothing new is accepted");
        thread::sleep(WHILE);
        assert!(!commit.is_finished(), "nobody knows yet what becomes of it");
        held_log.answers.send(log_outcome.map_err(Into::into)).unwrap();
        let answer = commit.join().unwrap();
        assert_eq!(answer.is_ok(), log_outcome.is_ok());
        assert_eq!(engine.get(NEW).unwrap().is_some(), answer.is_ok());
        assert!(engine.close().is_err());
        drop(engine);
        assert_eq!(reopened(&disk).get(NEW).unwrap().is_some(), answer.is_ok(), "the answer was wrong");
    }
}

#[test]
fn whoever_closes_second_waits_for_the_first() {
    let GatedDisk { disk, log, .. } = gated_disk();
    let engine = Engine::open(disk.clone(), Options::default()).unwrap();
    put(&engine, OLD).unwrap();
    let ((), ticket) = engine.transact(&[NEW], |_, batch| batch.put(NEW, b"value")).unwrap();
    let held = hold(&log);
    let close = || {
        let engine = engine.clone();
        thread::spawn(move || engine.close())
    };
    let first = close();
    held.reached.recv().unwrap();
    let second = close();
    thread::sleep(WHILE);
    assert!(!second.is_finished() && !ticket.is_done());
    held.answers.send(Err(ErrorKind::Other.into())).unwrap();
    let said = [first, second].map(|close| close.join().unwrap().unwrap_err().to_string());
    assert_eq!(said[0], said[1]);
    assert!(ticket.wait().is_err());
}

/// An engine without threads flushes on those of its callers, here with the commit that fills its memtables.
fn fill(engine: &Engine) -> Result<(), Error> {
    engine.transact(&[NEW], |_, batch| batch.put(NEW, &[7; 50_000])).map(|(_, ticket)| drop(ticket))
}

/// The folder may belong to another process when closing has returned.
#[test]
fn closing_waits_for_a_flush_and_a_copy_of_another_thread() {
    let inline = Options { background_threads: 0, memtable_bytes_max: 20_000, ..Options::default() };
    let calls: [(fn(&Engine) -> Result<(), Error>, &str, Options); 3] = [
        (Engine::flush, ".sst", Options::default()),
        (|engine| engine.checkpoint(Path::new("copy")), ".wal", Options::default()),
        (fill, ".sst", inline),
    ];
    for (call, kind, options) in calls {
        let GatedDisk { disk, log, sst } = gated_disk();
        let engine = Engine::open(disk.clone(), options).unwrap();
        put(&engine, OLD).unwrap();
        let held = hold(if kind == ".sst" { &sst } else { &log });
        let caller = thread::spawn({
            let engine = engine.clone();
            move || call(&engine)
        });
        held.reached.recv().unwrap();
        let closing = thread::spawn({
            let engine = engine.clone();
            move || engine.close()
        });
        thread::sleep(WHILE);
        assert!(!closing.is_finished(), "closed while files of {kind} are written");
        held.answers.send(Ok(())).unwrap();
        caller.join().unwrap().unwrap();
        closing.join().unwrap().unwrap();
        assert!(matches!(engine.flush(), Err(Error::Closed)));
        assert!(matches!(engine.checkpoint(Path::new("late")), Err(Error::Closed)));
    }
}

/// Wakes nobody, and holds a ticket of its own, as the waker of a task does that owns one.
struct Holder {
    _ticket: Mutex<Ticket>,
}

impl Wake for Holder {
    fn wake(self: Arc<Self>) {}
}

/// Dropping such a waker drops the ticket, which takes its own wait back.
#[test]
fn a_waker_may_be_the_last_to_hold_a_ticket() {
    let GatedDisk { disk, log, .. } = gated_disk();
    let engine = Engine::open(disk, Options::default()).unwrap();
    put(&engine, OLD).unwrap();
    let held = hold(&log);
    let waiting = || {
        let ((), mut ticket) = engine.transact(&[NEW], |_, batch| batch.put(NEW, b"value")).unwrap();
        let poll = |ticket: &mut Ticket, waker: &Waker| {
            assert!(Pin::new(ticket).poll(&mut Context::from_waker(waker)).is_pending());
        };
        poll(&mut ticket, Waker::noop());
        let holder = Arc::new(Holder { _ticket: Mutex::new(ticket) });
        let ((), mut ticket) = engine.transact(&[NEW], |_, batch| batch.put(NEW, b"value")).unwrap();
        poll(&mut ticket, &Waker::from(holder));
        (ticket, poll)
    };
    let (dropped, _) = waiting();
    let (mut replaced, poll) = waiting();
    held.reached.recv().unwrap();
    let (done, is_done) = sync_channel(1);
    let dropping = thread::spawn(move || {
        drop(dropped);
        poll(&mut replaced, Waker::noop());
        done.send(()).unwrap();
        replaced
    });
    is_done.recv_timeout(Duration::from_secs(20)).expect("a waker is dropped with a lock held");
    held.answers.send(Ok(())).unwrap();
    dropping.join().unwrap().wait().unwrap();
}

/// A waker that panics keeps nobody else asleep.
#[test]
fn every_waker_is_called() {
    struct Panicking;
    impl Wake for Panicking {
        fn wake(self: Arc<Self>) {
            panic!("a waker of a test");
        }
    }
    struct Noting(AtomicBool);
    impl Wake for Noting {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let GatedDisk { disk, log, .. } = gated_disk();
    let engine = Engine::open(disk, Options::default()).unwrap();
    put(&engine, OLD).unwrap();
    let held = hold(&log);
    let noting = Arc::new(Noting(AtomicBool::new(false)));
    let wakers = [Waker::from(Arc::new(Panicking)), Waker::from(Arc::clone(&noting))];
    let tickets = wakers.map(|waker| {
        let ((), mut ticket) = engine.transact(&[NEW], |_, batch| batch.put(NEW, b"value")).unwrap();
        assert!(Pin::new(&mut ticket).poll(&mut Context::from_waker(&waker)).is_pending());
        ticket
    });
    held.reached.recv().unwrap();
    held.answers.send(Ok(())).unwrap();
    let start = Instant::now();
    while !noting.0.load(Ordering::SeqCst) {
        assert!(start.elapsed() < Duration::from_secs(20), "a waker was not called");
        thread::sleep(Duration::from_millis(1));
    }
    drop(tickets);
}

#[test]
fn an_error_is_told_as_often_as_it_is_asked_for() {
    let GatedDisk { disk, log, .. } = gated_disk();
    let engine = Engine::open(disk, Options::default()).unwrap();
    put(&engine, OLD).unwrap();
    let held = hold(&log);
    let ((), mut ticket) = engine.transact(&[NEW], |_, batch| batch.put(NEW, b"value")).unwrap();
    let mut context = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut ticket).poll(&mut context).is_pending());
    held.reached.recv().unwrap();
    held.answers.send(Err(ErrorKind::Other.into())).unwrap();
    let start = Instant::now();
    while Pin::new(&mut ticket).poll(&mut context).is_pending() {
        assert!(start.elapsed() < Duration::from_secs(20));
        thread::sleep(Duration::from_millis(1));
    }
    assert!(matches!(Pin::new(&mut ticket).poll(&mut context), Poll::Ready(Err(_))));
    assert!(ticket.wait().is_err());
}

#[test]
fn figures_do_not_wait_for_the_disk() {
    let GatedDisk { disk, log, .. } = gated_disk();
    let engine = Engine::open(disk, Options::default()).unwrap();
    put(&engine, OLD).unwrap();
    let before = engine.metrics().wal_bytes;
    let held = hold(&log);
    let writing = thread::spawn({
        let engine = engine.clone();
        move || put(&engine, NEW)
    });
    held.reached.recv().unwrap();
    let (done, is_done) = sync_channel(1);
    let asking = thread::spawn({
        let engine = engine.clone();
        move || done.send(engine.metrics().wal_bytes).unwrap()
    });
    let during = is_done.recv_timeout(Duration::from_secs(20));
    held.answers.send(Ok(())).unwrap();
    writing.join().unwrap().unwrap();
    asking.join().unwrap();
    assert_eq!(during.expect("the figures came only after the sync"), before);
    assert!(engine.metrics().wal_bytes > before);
}
