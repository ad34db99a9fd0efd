//! A workload on a disk whose calls fail.

use std::sync::Arc;

use kstone_engine::io::{Failing, Fault, FaultyDisk, Survivors};
use kstone_engine::{Durability, Engine, Error, Health, SeqNo};

use super::{Random, SPACES, Workload, options};

const COMMITS: usize = 25;

/// Runs a workload with failing calls and checks what is visible and what is left; `false` when they were never made.
pub fn run_with_failing_calls(seed: u64, failing: Failing, fault: Fault) -> bool {
    let context = format!("seed {seed}, {fault:?} {failing:?}");
    let disk = Arc::new(FaultyDisk::new());
    disk.fail(failing, fault);
    let mut workload = Workload::default();
    let mut random = Random::new(seed);
    for _ in 0..2 {
        match Engine::open(disk.clone(), options(Durability::Sync)) {
            Ok(engine) => {
                let outcome = workload.run(&engine, &mut random, COMMITS, || disk.change_count());
                check_running(&engine, &workload, &outcome, &context);
                let closed = engine.close();
                check_error(&outcome.and(closed), &disk, &context);
            }
            Err(error) => check_error(&Err(error), &disk, &context),
        }
        disk.live().break_lock();
        if disk.has_fired() {
            break;
        }
    }
    if !disk.has_fired() {
        return false;
    }
    disk.clear_fault();
    check_after_power_cuts(&disk, &workload, &context);
    check_reopened(disk, &workload, failing, &context);
    true
}

fn acknowledged(workload: &Workload) -> SeqNo {
    workload.acknowledged.last().map_or(SeqNo(0), |(seqno, _)| *seqno)
}

/// While the engine still runs, what readers see is what was acknowledged.
fn check_running(engine: &Engine, workload: &Workload, outcome: &Result<(), Error>, context: &str) {
    let seen = engine.published();
    assert_eq!(seen, acknowledged(workload), "{context}: a commit that failed is visible");
    let is_healthy = matches!(engine.metrics().health, Health::Durable);
    if let Err(Error::Poisoned { .. }) = outcome {
        assert!(!is_healthy, "{context}: a poisoned engine calls itself healthy");
    }
}

/// An error names the operation and the file.
fn check_error(outcome: &Result<(), Error>, disk: &FaultyDisk, context: &str) {
    let Err(error) = outcome else { return };
    assert!(disk.has_fired(), "{context}: {error} without a fault");
    let cause = match error {
        Error::Poisoned { cause } => cause,
        error => error,
    };
    match cause {
        Error::Io { operation, file, .. } => assert!(!operation.is_empty() && !file.is_empty(), "{context}: {error:?}"),
        other => panic!("{context}: {other:?} does not say what broke"),
    }
}

/// The same process, or the next one, opens the folder while the page cache still holds what was written.
///
/// A commit that failed is cut off from the log. On a disk that takes no call at all any more that is not possible, so there
/// the last one may come back, whole.
fn check_reopened(disk: Arc<FaultyDisk>, workload: &Workload, failing: Failing, context: &str) {
    let engine = Engine::open(disk, options(Durability::Sync)).unwrap_or_else(|error| panic!("{context}: {error}"));
    let found = engine.published();
    let last = acknowledged(workload);
    let last_possible = match failing {
        Failing::At(_) | Failing::AtSync(_) => last,
        Failing::From(_) => SeqNo(last.0 + 1),
    };
    assert!((last..=last_possible).contains(&found), "{context}: {last} was the last acknowledged, {found} is there");
    let mut model = workload.model.clone();
    model.truncate(found);
    model.check_all(&engine, &engine.snapshot(), SPACES, context);
    engine.verify().unwrap_or_else(|error| panic!("{context}: {error}"));
}

fn check_after_power_cuts(disk: &FaultyDisk, workload: &Workload, context: &str) {
    let Some(cut) = disk.power_cuts().last() else { return };
    for ending in [Survivors::None, Survivors::All] {
        let context = format!("{context}, then a power cut that left {ending:?}");
        let left = Arc::new(cut.disk(ending).unwrap());
        let engine = Engine::open(left, options(Durability::Sync)).unwrap_or_else(|error| panic!("{context}: {error}"));
        let found = engine.published();
        let last = acknowledged(workload);
        assert!(found >= last, "{context}: {last} was acknowledged, {found} is the last one there");
        let mut model = workload.model.clone();
        model.truncate(found);
        model.check_all(&engine, &engine.snapshot(), SPACES, &context);
    }
}
