//! The stores behind one small interface.

mod fjall_store;
mod kstone;
mod redb_store;
#[cfg(feature = "rocksdb")]
mod rocksdb_store;

use std::path::Path;

pub use kstone::settle;

/// Bytes that every store may cache, and bytes that it may hold unwritten.
pub const CACHE_BYTES: usize = 128 << 20;
pub const WRITE_BUFFER_BYTES: usize = 64 << 20;

/// What is asked of a store. Writes are as durable as asked for.
pub trait Store: Send + Sync {
    /// Not synced.
    fn put(&self, key: &[u8; 16], value: &[u8]);
    /// Synced when it returns.
    fn put_durable(&self, key: &[u8; 16], value: &[u8]);
    /// Calls with the value, if there is one, and says whether there is.
    fn get(&self, key: &[u8; 16]) -> bool;
    /// Reads rows from the key on and returns their total size.
    fn scan(&self, from: &[u8; 16], count: usize) -> usize;
    /// Waits until nothing is left to be done in the background.
    fn settle(&self);
    /// Many durable puts under way at a time, without a thread for each. Returns how many were done in the time.
    fn put_in_flight(&self, _in_flight: usize, _seconds: f64) -> Option<u64> {
        None
    }
}

pub fn open(name: &str, folder: &Path) -> Option<Box<dyn Store>> {
    Some(match name {
        "kstone" => Box::new(kstone::open(folder)),
        "fjall" => Box::new(fjall_store::open(folder)),
        "redb" => Box::new(redb_store::open(folder)),
        #[cfg(feature = "rocksdb")]
        "rocksdb" => Box::new(rocksdb_store::open(folder)),
        _ => return None,
    })
}
