//! The schedules find every bug that was planted for them.
//!
//! `cargo test -p kstone-engine --features shuttle,planted-bugs --test schedules_catch_planted_bugs -- --nocapture` says which
//! scenario found which.
#![cfg(all(feature = "shuttle", feature = "planted-bugs"))]

mod support;

use std::panic::catch_unwind;

use kstone_engine::planted::{Bug, OF_SEVERAL_THREADS, plant, reached_count};
use support::schedules::{self, schedule_count, try_schedules};

const SCENARIOS: [(&str, fn()); 7] = [
    ("two_waiting_threads", schedules::two_waiting_threads),
    ("commits_are_seen_whole_and_in_order", schedules::commits_are_seen_whole_and_in_order),
    ("a_commit_beside_a_flush_of_its_stripe_is_kept", schedules::a_commit_beside_a_flush_of_its_stripe_is_kept),
    ("versions_that_are_read_are_kept", schedules::versions_that_are_read_are_kept),
    ("a_drop_that_is_taken_back_took_nothing", schedules::a_drop_that_is_taken_back_took_nothing),
    ("a_look_at_the_log_keeps_nobody_from_writing", schedules::a_look_at_the_log_keeps_nobody_from_writing),
    ("memtables_are_sealed_beside_writers_and_readers", schedules::memtables_are_sealed_beside_writers_and_readers),
];

#[test]
fn every_planted_bug_is_found() {
    std::panic::set_hook(Box::new(|_| {}));
    let missed: Vec<Bug> = OF_SEVERAL_THREADS.into_iter().filter(|&bug| !is_found(bug)).collect();
    plant(None);
    assert!(missed.is_empty(), "not found: {missed:?}");
}

fn is_found(bug: Bug) -> bool {
    plant(Some(bug));
    let count = schedule_count(1_000);
    let by = SCENARIOS.into_iter().find(|(_, scenario)| catch_unwind(|| try_schedules(*scenario, count)).is_err());
    let reached = reached_count();
    println!("{bug:?}: {}, reached {reached} times", by.map_or("MISSED", |(name, _)| name));
    by.is_some() && reached > 0
}
