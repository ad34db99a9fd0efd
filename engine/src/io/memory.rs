//! A disk in memory.

use super::Disk;

/// A disk whose files live in memory and vanish with it.
#[derive(Debug, Default)]
pub struct MemoryDisk {}

impl MemoryDisk {
    /// An empty disk.
    pub fn new() -> Self {
        MemoryDisk::default()
    }
}

impl Disk for MemoryDisk {}
