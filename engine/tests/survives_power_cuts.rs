//! A power cut at any moment, with any of the usual leftovers, loses no acknowledged commit and halves none.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use kstone_engine::Durability;
use support::{Outcome, enumerate_power_cuts};

/// At least so many crash states, those inside recoveries included.
fn run(seeds: std::ops::Range<u64>, durability: Durability, commits: usize, states_min: usize) {
    let outcomes: Vec<Outcome> = seeds.map(|seed| enumerate_power_cuts(seed, durability, commits)).collect();
    let states: usize = outcomes.iter().map(|outcome| outcome.states).sum();
    let in_recovery: usize = outcomes.iter().map(|outcome| outcome.in_recovery).sum();
    println!("{states} crash states, {in_recovery} more inside recoveries");
    assert!(states + in_recovery >= states_min && in_recovery * 10 > states);
}

#[test]
fn with_every_commit_synced() {
    run(0..4, Durability::Sync, 60, 50_000);
}

#[test]
fn with_every_commit_synced_and_other_seeds() {
    run(4..8, Durability::Sync, 60, 50_000);
}

#[test]
fn with_syncs_at_intervals_some_commits_go_but_never_half_of_one() {
    run(100..102, Durability::Relaxed { interval: Duration::from_micros(300) }, 40, 10_000);
}
