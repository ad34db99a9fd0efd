//! Random operations on the engine and on an ordered map always show the same.
//!
//! The gate makes about a million steps. `KSTONE_STEPS=10 cargo test --release -p kstone-engine --test matches_the_model`
//! makes ten times as many, from other seeds as well.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use kstone_engine::io::FaultyDisk;
use kstone_engine::{Compression, Durability, Options};
use support::{Place, Storage, compare_with_model, tiny};

/// So many runs, from a seed on, of so many steps each.
fn compare(first_seed: u64, runs: u64, steps: usize, place: impl Fn() -> Place) {
    let factor = std::env::var("KSTONE_STEPS").ok().map_or(1, |factor| factor.parse::<u64>().unwrap());
    let seed = first_seed * 1_000_000;
    compare_with_model(seed..seed + runs * factor, steps, place);
    println!("{} steps", runs * factor * steps as u64);
}

fn relaxed() -> Durability {
    Durability::Relaxed { interval: Duration::from_millis(5) }
}

#[test]
fn in_memory() {
    compare(0, 30, 5_000, || Place::new(Storage::memory(), Options::in_memory()));
}

#[test]
fn in_memory_with_tiny_memtables() {
    compare(1, 30, 5_000, || Place::new(Storage::memory(), tiny(Durability::None, 0, Compression::None)));
}

#[test]
fn with_a_log_and_all_work_done_by_the_caller() {
    compare(2, 40, 5_000, || Place::new(Storage::memory(), tiny(Durability::Sync, 0, Compression::Lz4)));
}

#[test]
fn with_a_log_and_background_threads() {
    compare(3, 30, 5_000, || Place::new(Storage::memory(), tiny(Durability::Sync, 2, Compression::Zstd)));
}

#[test]
fn with_reads_of_the_past() {
    compare(4, 40, 5_000, || Place::with_history(Storage::memory(), tiny(Durability::Sync, 0, Compression::Lz4)));
}

#[test]
fn with_power_cuts() {
    let faulty = || Storage::Faulty(Arc::new(FaultyDisk::new()));
    compare(5, 30, 5_000, || Place::with_history(faulty(), tiny(Durability::Sync, 0, Compression::None)));
    compare(6, 30, 5_000, || Place::with_history(faulty(), tiny(relaxed(), 0, Compression::Lz4)));
}

#[test]
fn in_a_folder() {
    let folder = || Storage::Folder(tempfile::tempdir().unwrap());
    compare(7, 3, 5_000, || Place::new(folder(), tiny(relaxed(), 2, Compression::Lz4)));
    compare(8, 2, 2_000, || Place::new(folder(), tiny(Durability::Sync, 1, Compression::Zstd)));
}
