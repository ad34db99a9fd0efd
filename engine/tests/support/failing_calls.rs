//! A workload on a disk whose calls fail.

use std::path::PathBuf;
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
    for _ in 0..3 {
        match Engine::open(disk.clone(), options(Durability::Sync)) {
            Ok(engine) => {
                let outcome = use_everything(&engine, &mut workload, &mut random, &disk);
                check_running(&engine, &workload, &outcome, &context);
                let closed = engine.close();
                let damage = engine.metrics().damage;
                check_report(&outcome.and(closed).and(damage.map_or(Ok(()), Err)), &disk, &context);
            }
            Err(error) => check_report(&Err(error), &disk, &context),
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

/// Commits, flushes and compactions, and then reads of all that is there, and a copy of it.
fn use_everything(
    engine: &Engine,
    workload: &mut Workload,
    random: &mut Random,
    disk: &FaultyDisk,
) -> Result<(), Error> {
    workload.run(engine, random, COMMITS, || disk.change_count())?;
    workload.model.compare_all(engine, &engine.snapshot(), SPACES, "while calls fail")?;
    engine.verify()?;
    let target = PathBuf::from(format!("copy at {}", engine.published()));
    engine.checkpoint(&target)?;
    let copy = Engine::open(disk.live().folder(&target).unwrap(), options(Durability::Sync))?;
    assert_eq!(copy.published(), engine.published());
    workload.model.compare_all(&copy, &copy.snapshot(), SPACES, "in the copy")
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

/// What broke is reported, with the operation and the file.
fn check_report(outcome: &Result<(), Error>, disk: &FaultyDisk, context: &str) {
    let failed = disk.failed_calls();
    let error = match outcome {
        Err(Error::Poisoned { cause }) => cause,
        Err(error) => error,
        Ok(()) => {
            // A file that nobody needs any more is tried again at the next start.
            let is_harmless = failed.iter().all(|call| call.operation == "remove" && call.file.ends_with(".sst"));
            assert!(is_harmless, "{context}: nothing is said about {failed:?}");
            return;
        }
    };
    match error {
        Error::Io { operation, file, .. } => {
            let said = failed.iter().any(|call| call.operation == *operation && call.file == *file);
            assert!(said, "{context}: {error} is said about {failed:?}");
        }
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
    let cut = disk.power_cut();
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
