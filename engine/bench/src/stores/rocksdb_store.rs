use std::path::Path;

use rocksdb::{BlockBasedOptions, Cache, DB, DBCompressionType, Direction, IteratorMode, Options, WriteOptions};

use super::{CACHE_BYTES, Store, WRITE_BUFFER_BYTES};

pub struct Rocks(DB);

pub fn open(folder: &Path) -> Rocks {
    let mut blocks = BlockBasedOptions::default();
    blocks.set_block_cache(&Cache::new_lru_cache(CACHE_BYTES));
    blocks.set_bloom_filter(10.0, false);
    let mut options = Options::default();
    options.create_if_missing(true);
    options.set_block_based_table_factory(&blocks);
    options.set_write_buffer_size(WRITE_BUFFER_BYTES / 2);
    options.set_db_write_buffer_size(WRITE_BUFFER_BYTES);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_max_background_jobs(2);
    Rocks(DB::open(&options, folder).expect("a database"))
}

impl Store for Rocks {
    fn put(&self, key: &[u8; 16], value: &[u8]) {
        self.0.put(key, value).expect("a write");
    }

    fn put_durable(&self, key: &[u8; 16], value: &[u8]) {
        let mut options = WriteOptions::default();
        options.set_sync(true);
        self.0.put_opt(key, value, &options).expect("a write");
    }

    fn get(&self, key: &[u8; 16]) -> bool {
        self.0.get_pinned(key).expect("a read").is_some()
    }

    fn scan(&self, from: &[u8; 16], count: usize) -> usize {
        let rows = self.0.iterator(IteratorMode::From(from, Direction::Forward)).take(count);
        rows.map(|row| row.expect("a read")).map(|(key, value)| key.len() + value.len()).sum()
    }

    fn settle(&self) {
        self.0.flush().expect("a flush");
        std::thread::sleep(std::time::Duration::from_secs(2));
    }
}
