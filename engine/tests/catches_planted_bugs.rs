//! The other tests catch every bug that was planted for them. Those that take several threads are for `schedules`.
//!
//! `cargo test -p kstone-engine --features planted-bugs --test catches_planted_bugs -- --nocapture` says which test caught
//! which.
#![cfg(feature = "planted-bugs")]
#![allow(clippy::unwrap_used)]

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};

use kstone_engine::io::{Failing, Fault};
use kstone_engine::planted::{Bug, OF_ONE_THREAD, plant, reached_count};
use kstone_engine::{Compression, Durability};
use support::{
    Place, Storage, a_commit_with_the_seqno_of_a_lost_one_is_kept, a_dropped_space_stays_dropped,
    an_answer_waits_for_what_it_saw, compare_with_model, enumerate_power_cuts, flip_everything, run_with_failing_calls,
    tiny,
};

/// The tests, by their names and in small; cheap ones first.
const TESTS: [(&str, fn()); 7] = [
    ("an_answer_waits_for_what_it_saw", an_answer_waits_for_what_it_saw),
    ("keeps_commits_with_the_seqnos_of_lost_ones", a_commit_with_the_seqno_of_a_lost_one_is_kept),
    ("reclaims_space", a_dropped_space_stays_dropped),
    ("matches_the_model", matches_the_model),
    ("survives_power_cuts", survives_power_cuts),
    ("survives_failing_calls", survives_failing_calls),
    ("notices_flipped_bytes", notices_flipped_bytes),
];

fn matches_the_model() {
    compare_with_model(200..204, 3_000, || {
        Place::with_history(Storage::memory(), tiny(Durability::Sync, 0, Compression::None))
    });
}

fn survives_power_cuts() {
    for seed in 0..2 {
        enumerate_power_cuts(seed, Durability::Sync, 50);
    }
}

fn survives_failing_calls() {
    for fault in [Fault::Error(std::io::ErrorKind::Other), Fault::ShortWrite] {
        let failed = (1..).take_while(|&call| run_with_failing_calls(0, Failing::At(call), fault)).count();
        assert!(failed > 300);
    }
}

fn notices_flipped_bytes() {
    flip_everything(Compression::None, 1);
}

#[test]
fn every_planted_bug_is_caught() {
    std::panic::set_hook(Box::new(|_| {}));
    plant(None);
    for (name, test) in TESTS {
        assert!(catch_unwind(test).is_ok(), "{name} fails without a bug");
    }
    let missed: Vec<Bug> = OF_ONE_THREAD.into_iter().filter(|&bug| !is_caught(bug)).collect();
    plant(None);
    assert!(missed.is_empty(), "not caught: {missed:?}");
}

fn is_caught(bug: Bug) -> bool {
    plant(Some(bug));
    let by = TESTS.into_iter().find(|(_, test)| catch_unwind(AssertUnwindSafe(test)).is_err());
    let reached = reached_count();
    println!("{bug:?}: {}, reached {reached} times", by.map_or("MISSED", |(name, _)| name));
    by.is_some() && reached > 0
}
