use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::{CACHE_BYTES, Store, WRITE_BUFFER_BYTES};

pub struct Fjall {
    database: Database,
    rows: Keyspace,
}

#[allow(deprecated, reason = "the setting works, and nothing else sets the budget")]
pub fn open(folder: &Path) -> Fjall {
    let database = Database::builder(folder)
        .cache_size(CACHE_BYTES as u64)
        .max_write_buffer_size(Some(WRITE_BUFFER_BYTES as u64))
        .open()
        .expect("a database");
    let options = || KeyspaceCreateOptions::default().max_memtable_size(WRITE_BUFFER_BYTES as u64);
    let rows = database.keyspace("rows", options).expect("a keyspace");
    Fjall { database, rows }
}

impl Store for Fjall {
    fn put(&self, key: &[u8; 16], value: &[u8]) {
        self.rows.insert(key, value).expect("a write");
    }

    fn put_durable(&self, key: &[u8; 16], value: &[u8]) {
        self.rows.insert(key, value).expect("a write");
        self.database.persist(PersistMode::SyncData).expect("a sync");
    }

    fn get(&self, key: &[u8; 16]) -> bool {
        self.rows.get(key).expect("a read").is_some()
    }

    fn scan(&self, from: &[u8; 16], count: usize) -> usize {
        let rows = self.rows.range(from.to_vec()..).take(count);
        rows.map(|row| row.into_inner().expect("a read")).map(|(key, value)| key.len() + value.len()).sum()
    }

    fn settle(&self) {
        std::thread::sleep(std::time::Duration::from_secs(2));
    }
}
