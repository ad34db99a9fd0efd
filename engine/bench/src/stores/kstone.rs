use std::collections::VecDeque;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kstone_engine::io::FileDisk;
use kstone_engine::{Compression, Direction, Durability, Engine, Key, Options, ScanRange, Ticket, WriteBatch};

use super::{CACHE_BYTES, Store, WRITE_BUFFER_BYTES};

/// Two engines: relaxed for what is measured without syncs, sync for what is measured with them. Only one is used per run.
pub struct Kstone {
    relaxed: Engine,
    sync: std::sync::OnceLock<Engine>,
    folder: std::path::PathBuf,
}

pub fn options(durability: Durability) -> Options {
    Options {
        durability,
        memtable_bytes_max: WRITE_BUFFER_BYTES,
        block_cache_bytes: CACHE_BYTES,
        compression: Compression::Lz4,
        ..Options::default()
    }
}

pub fn open(folder: &Path) -> Kstone {
    let relaxed = options(Durability::Relaxed { interval: Duration::from_millis(500) });
    let disk = FileDisk::new(folder.join("relaxed")).expect("a folder");
    Kstone {
        relaxed: Engine::open(Arc::new(disk), relaxed).expect("a database"),
        sync: std::sync::OnceLock::new(),
        folder: folder.to_owned(),
    }
}

/// Waits until everything is flushed and nothing is compacted any more.
pub fn settle(engine: &Engine) {
    engine.flush().expect("a flush");
    let mut before = u64::MAX;
    loop {
        let now = engine.metrics().sst_bytes;
        if now == before {
            return;
        }
        before = now;
        std::thread::sleep(Duration::from_millis(700));
    }
}

/// Rows of a scan lie in one partition: the first byte of the key names it, the whole key sorts it.
fn place(key: &[u8; 16]) -> Key<'_> {
    Key { space: 1, partition: &key[..1], sort: &key[..] }
}

/// A write that asks nothing, as those of the others.
fn write(engine: &Engine, key: &[u8; 16], value: &[u8]) -> Ticket {
    let mut batch = WriteBatch::default();
    batch.put(place(key), value);
    engine.write(batch).expect("a commit")
}

impl Kstone {
    fn sync(&self) -> &Engine {
        self.sync.get_or_init(|| {
            let disk = FileDisk::new(self.folder.join("sync")).expect("a folder");
            Engine::open(Arc::new(disk), options(Durability::Sync)).expect("a database")
        })
    }
}

impl Store for Kstone {
    fn put(&self, key: &[u8; 16], value: &[u8]) {
        write(&self.relaxed, key, value).wait().expect("a written commit");
    }

    fn put_durable(&self, key: &[u8; 16], value: &[u8]) {
        write(self.sync(), key, value).wait().expect("a durable commit");
    }

    fn get(&self, key: &[u8; 16]) -> bool {
        self.relaxed.get(place(key)).expect("a read").is_some()
    }

    fn scan(&self, from: &[u8; 16], count: usize) -> usize {
        let snapshot = self.relaxed.snapshot();
        let range = ScanRange::Partition {
            space: 1,
            partition: &from[..1],
            lower: Bound::Included(&from[..]),
            upper: Bound::Unbounded,
        };
        let mut scan = self.relaxed.scan(&snapshot, range, Direction::Forward);
        let mut bytes = 0;
        for _ in 0..count {
            match scan.next().expect("a read") {
                Some(row) => bytes += row.sort.len() + row.value.len(),
                None => break,
            }
        }
        bytes
    }

    fn settle(&self) {
        settle(&self.relaxed);
    }

    fn put_in_flight(&self, in_flight: usize, seconds: f64) -> Option<u64> {
        let engine = self.sync();
        let mut tickets = VecDeque::new();
        let mut done = 0;
        let start = Instant::now();
        for row in 0u64.. {
            let key = crate::measure::key_of(row);
            let value = crate::measure::value_of(row, 9);
            tickets.push_back(write(engine, &key, &value));
            if tickets.len() >= in_flight {
                // As an executor does: look at the oldest, take along whatever else is done.
                if let Some(oldest) = tickets.pop_front() {
                    oldest.wait().expect("a durable commit");
                    done += 1;
                }
                while tickets.front().is_some_and(|ticket| ticket.is_done()) {
                    tickets.pop_front();
                    done += 1;
                }
            }
            if start.elapsed().as_secs_f64() > seconds {
                return Some(done);
            }
        }
        None
    }
}
