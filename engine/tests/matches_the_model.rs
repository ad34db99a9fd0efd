//! Random operations on the engine and on an ordered map always show the same.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use kstone_engine::io::{FileDisk, MemoryDisk};
use kstone_engine::{Compression, Durability, Options};
use support::{Place, compare_with_model, tiny};

#[test]
fn in_memory() {
    compare_with_model(0..20, 2_000, || Place {
        disk: Arc::new(MemoryDisk::new()),
        options: Options::in_memory(),
        is_durable: false,
    });
}

#[test]
fn in_memory_with_tiny_memtables() {
    compare_with_model(100..110, 4_000, || Place {
        disk: Arc::new(MemoryDisk::new()),
        options: tiny(Durability::None, 0, Compression::None),
        is_durable: false,
    });
}

#[test]
fn with_a_log_and_all_work_done_by_the_caller() {
    compare_with_model(200..220, 4_000, || Place {
        disk: Arc::new(MemoryDisk::new()),
        options: tiny(Durability::Sync, 0, Compression::Lz4),
        is_durable: true,
    });
}

#[test]
fn with_a_log_and_background_threads() {
    compare_with_model(300..310, 4_000, || Place {
        disk: Arc::new(MemoryDisk::new()),
        options: tiny(Durability::Sync, 2, Compression::Zstd),
        is_durable: true,
    });
}

#[test]
fn in_a_folder() {
    for seed in 400..403 {
        let folder = tempfile::tempdir().unwrap();
        compare_with_model(seed..seed + 1, 2_000, || Place {
            disk: Arc::new(FileDisk::new(folder.path()).unwrap()),
            options: tiny(Durability::Relaxed { interval: Duration::from_millis(5) }, 2, Compression::Lz4),
            is_durable: true,
        });
    }
}
