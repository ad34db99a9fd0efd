//! Power cuts at every moment of a workload.

use std::sync::Arc;

use kstone_engine::io::{Disk, FaultyDisk, MemoryDisk, PowerCut};
use kstone_engine::{Durability, Engine, Key, SeqNo};

use super::{Random, SPACES, Workload, options};

/// Opens what a power cut left and compares it with the model: a prefix of the commits, at least those that were promised.
fn check(disk: Arc<dyn Disk>, durability: Durability, workload: &Workload, promised: SeqNo, context: &str) -> Engine {
    let engine = match Engine::open(disk, options(durability)) {
        Ok(engine) => engine,
        Err(error) => panic!("{context}: {error}"),
    };
    let found = engine.published();
    assert!(found >= promised, "{context}: commit {promised} was acknowledged, {found} is the last one there");
    let mut model = workload.model.clone();
    model.truncate(found);
    model.check_all(&engine, &engine.snapshot(), SPACES, context);
    engine
}

/// How many crash states were looked at.
pub struct Outcome {
    pub states: usize,
    pub in_recovery: usize,
}

/// Runs a workload, cuts the power at every moment of it in every way, and checks what is left.
pub fn enumerate_power_cuts(seed: u64, durability: Durability, commits: usize) -> Outcome {
    let disk = Arc::new(FaultyDisk::new());
    let mut workload = Workload::default();
    let mut random = Random::new(seed);
    // Twice, so that recovery and a clean stop are part of the history.
    for _ in 0..2 {
        let engine = Engine::open(disk.clone(), options(durability)).unwrap();
        workload.run(&engine, &mut random, commits, || disk.change_count()).unwrap();
        if random.one_in(2) {
            engine.close().unwrap();
        } else {
            std::mem::forget(engine);
        }
        release_lock(&disk);
    }
    let is_first = |name: &String| name == "0000000001.manifest";
    assert!(!disk.live().list().unwrap().iter().any(is_first), "the manifest was never replaced");
    let mut outcome = Outcome { states: 0, in_recovery: 0 };
    for cut in disk.power_cuts() {
        let changes = cut.change_count;
        for ending in cut.endings() {
            let context = format!("seed {seed}, {ending:?} after {changes} changes");
            let promised = match durability {
                Durability::Sync => workload.acknowledged_by(changes),
                _ => SeqNo(0),
            };
            let left = cut.disk(ending).unwrap();
            outcome.states += 1;
            if outcome.states.is_multiple_of(61) {
                outcome.in_recovery += cut_during_recovery(&left, durability, &workload, promised, &context);
            }
            let left = Arc::new(left);
            let engine = check(left.clone(), durability, &workload, promised, &context);
            if outcome.states.is_multiple_of(7) {
                goes_on(engine, left, &workload, durability, &context);
            }
        }
        outcome.states += cut_after_kill(&cut, durability, &workload, seed);
    }
    outcome
}

/// An engine that was forgotten still holds the lock of the disk in memory; a killed process would not.
fn release_lock(disk: &FaultyDisk) {
    disk.live().break_lock();
}

/// After the recovery, commits and another opening work as ever.
fn goes_on(engine: Engine, disk: Arc<MemoryDisk>, workload: &Workload, durability: Durability, context: &str) {
    let found = engine.published();
    let key = Key { space: SPACES - 1, partition: b"after", sort: b"" };
    let ((), ticket) = engine.transact(&[key], |_, batch| batch.put(key, b"the crash")).unwrap();
    ticket.wait().unwrap();
    engine.verify().unwrap_or_else(|error| panic!("{context}: {error}"));
    drop(engine);
    let engine = Engine::open(disk, options(durability)).unwrap_or_else(|error| panic!("{context}: {error}"));
    let mut model = workload.model.clone();
    model.truncate(found);
    model.put(key, b"the crash", SeqNo(found.0 + 1));
    model.check_all(&engine, &engine.snapshot(), SPACES, context);
}

/// Kills the process, lets the next one recover, and then cuts the power: what the next one showed is still there.
fn cut_after_kill(cut: &PowerCut, durability: Durability, workload: &Workload, seed: u64) -> usize {
    let context = format!("seed {seed}, a kill after {} changes", cut.change_count);
    let disk = Arc::new(cut.after_kill().unwrap());
    // Nothing that was written is lost by a kill.
    let shown = {
        let engine = check(disk.clone(), durability, workload, workload.acknowledged_by(cut.change_count), &context);
        let shown = engine.published();
        std::mem::forget(engine);
        shown
    };
    let second = disk.power_cut();
    let endings = second.endings();
    for &ending in &endings {
        let context = format!("{context}, then a power cut that left {ending:?}");
        check(Arc::new(second.disk(ending).unwrap()), durability, workload, shown, &context);
    }
    endings.len()
}

/// Cuts the power again at every moment of the recovery.
fn cut_during_recovery(
    left: &MemoryDisk,
    durability: Durability,
    workload: &Workload,
    promised: SeqNo,
    context: &str,
) -> usize {
    let disk = Arc::new(FaultyDisk::with_content_of(left).unwrap());
    let recovered = {
        let engine = check(disk.clone(), durability, workload, promised, context);
        let recovered = engine.published();
        std::mem::forget(engine);
        recovered
    };
    let mut states = 0;
    for cut in disk.power_cuts() {
        for ending in cut.endings() {
            let context = format!("{context}, then {ending:?} after {} changes of the recovery", cut.change_count);
            let again = Arc::new(cut.disk(ending).unwrap());
            let engine = check(again, durability, workload, promised, &context);
            assert_eq!(engine.published(), recovered, "{context}: recovery ends elsewhere");
            states += 1;
        }
    }
    states
}
