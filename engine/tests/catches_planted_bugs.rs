//! The other tests catch every bug that was planted for them.
#![cfg(feature = "planted-bugs")]
#![allow(clippy::unwrap_used)]

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use kstone_engine::io::{Failing, Fault, MemoryDisk};
use kstone_engine::planted::{ALL, Bug, plant};
use kstone_engine::{Compression, Durability};
use support::{
    Place, a_dropped_space_stays_dropped, compare_with_model, enumerate_power_cuts, flip_everything,
    run_with_failing_calls, tiny,
};

/// The tests, in small; cheap ones first.
fn run_tests() {
    waits_for_what_it_saw();
    a_dropped_space_stays_dropped();
    compare_with_model(200..204, 3_000, || Place {
        disk: Arc::new(MemoryDisk::new()),
        options: tiny(Durability::Sync, 0, Compression::None),
        is_durable: true,
    });
    for seed in 0..3 {
        enumerate_power_cuts(seed, Durability::Sync, 60);
    }
    let calls = |failing: fn(u64) -> Failing, fault| {
        (1..).take_while(|&call| run_with_failing_calls(0, failing(call), fault)).count()
    };
    calls(Failing::At, Fault::Error(std::io::ErrorKind::Other));
    calls(Failing::At, Fault::ShortWrite);
    flip_everything(Compression::None, 1);
}

fn waits_for_what_it_saw() {
    use kstone_engine::{Engine, Key};
    let engine = Engine::open(Arc::new(MemoryDisk::new()), tiny(Durability::Sync, 0, Compression::None)).unwrap();
    let key = Key { space: 1, partition: b"p", sort: b"" };
    let ((), _written) = engine.transact(&[key], |_, batch| batch.put(key, b"value")).unwrap();
    assert!(engine.get(key).unwrap().is_none());
    let ((), answered) = engine.transact(&[key], |_, _| ()).unwrap();
    assert!(!answered.is_done());
}

#[test]
fn every_planted_bug_is_caught() {
    std::panic::set_hook(Box::new(|_| {}));
    plant(None);
    assert!(catch_unwind(run_tests).is_ok(), "the tests fail without a bug");
    let missed: Vec<Bug> = ALL
        .into_iter()
        .filter(|&bug| {
            plant(Some(bug));
            let caught = catch_unwind(AssertUnwindSafe(run_tests)).is_err();
            println!("{bug:?}: {}", if caught { "caught" } else { "MISSED" });
            caught.then_some(()).is_none()
        })
        .collect();
    plant(None);
    assert!(missed.is_empty(), "not caught: {missed:?}");
}
