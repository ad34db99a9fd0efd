//! Group commit beside a disk in memory whose syncs take a fixed time: what a real disk's noise hides.

use std::io::Result;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kstone_engine::io::{Disk, DiskFile, DiskLock, MemoryDisk};
use kstone_engine::{Durability, Engine, Key, Options};

use crate::Settings;
use crate::durable::{self, THREADS};
use crate::measure::Table;
use crate::stores::Store;

const SYNC_TIMES: [Duration; 2] = [Duration::from_micros(250), Duration::from_millis(1)];

pub fn run(settings: &Settings, table: &mut Table) {
    for sync_time in SYNC_TIMES {
        let disk = Arc::new(SlowDisk { disk: MemoryDisk::new(), sync_time, syncs: Arc::default() });
        let options = Options { durability: Durability::Sync, ..Options::default() };
        let engine = Engine::open(Arc::clone(&disk) as Arc<dyn Disk>, options).expect("a database");
        let store = OnEngine(engine);
        let floor = floor(sync_time);
        for threads in THREADS {
            let before = disk.syncs.load(Ordering::Relaxed);
            let (rate, micros) = durable::puts(settings, &store, threads, 0);
            let syncs = (disk.syncs.load(Ordering::Relaxed) - before) as f64 / settings.durable_seconds;
            let percent = rate / floor / threads as f64 * 100.0;
            table.add(
                &format!("{threads} threads, sync of {sync_time:?}"),
                "simulated",
                format!("{percent:.0}% of {threads} x {floor:.0} syncs/s: {rate:.0} /s, {:.1} per sync, {micros:.0} us CPU each", rate / syncs),
            );
        }
    }
}

/// How many syncs one thread makes per second.
fn floor(sync_time: Duration) -> f64 {
    let start = Instant::now();
    (0..200).for_each(|_| std::thread::sleep(sync_time));
    200.0 / start.elapsed().as_secs_f64()
}

struct OnEngine(Engine);

impl Store for OnEngine {
    fn put(&self, key: &[u8; 16], value: &[u8]) {
        self.put_durable(key, value);
    }

    fn put_durable(&self, key: &[u8; 16], value: &[u8]) {
        let key = Key { space: 1, partition: key, sort: b"" };
        let ((), ticket) = self.0.transact(&[key], |_, batch| batch.put(key, value)).expect("a commit");
        ticket.wait().expect("a durable commit");
    }

    fn get(&self, key: &[u8; 16]) -> bool {
        self.0.get(Key { space: 1, partition: key, sort: b"" }).expect("a read").is_some()
    }

    fn scan(&self, _from: &[u8; 16], _count: usize) -> usize {
        0
    }

    fn settle(&self) {}
}

#[derive(Debug)]
struct SlowDisk {
    disk: MemoryDisk,
    sync_time: Duration,
    syncs: Arc<AtomicU64>,
}

#[derive(Debug)]
struct SlowFile {
    file: Arc<dyn DiskFile>,
    sync_time: Duration,
    syncs: Arc<AtomicU64>,
}

impl SlowDisk {
    fn slow(&self, file: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        Arc::new(SlowFile { file, sync_time: self.sync_time, syncs: Arc::clone(&self.syncs) })
    }
}

impl Disk for SlowDisk {
    fn lock(&self) -> Result<Box<dyn DiskLock>> {
        self.disk.lock()
    }

    fn list(&self) -> Result<Vec<String>> {
        self.disk.list()
    }

    fn create(&self, name: &str) -> Result<Arc<dyn DiskFile>> {
        Ok(self.slow(self.disk.create(name)?))
    }

    fn open(&self, name: &str) -> Result<Arc<dyn DiskFile>> {
        Ok(self.slow(self.disk.open(name)?))
    }

    fn remove(&self, name: &str) -> Result<()> {
        self.disk.remove(name)
    }

    fn sync_folder(&self) -> Result<()> {
        self.disk.sync_folder()
    }

    fn make_folder(&self, path: &Path) -> Result<Arc<dyn Disk>> {
        self.disk.make_folder(path)
    }

    fn remove_folder(&self, path: &Path) -> Result<()> {
        self.disk.remove_folder(path)
    }

    fn link(&self, name: &str, folder: &Path) -> Result<()> {
        self.disk.link(name, folder)
    }

    fn describe(&self) -> String {
        "a slow disk in memory".to_owned()
    }
}

impl DiskFile for SlowFile {
    fn read_at(&self, offset: u64, len: usize) -> Result<bytes::Bytes> {
        self.file.read_at(offset, len)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.file.write_at(offset, bytes)
    }

    fn sync(&self) -> Result<()> {
        std::thread::sleep(self.sync_time);
        self.syncs.fetch_add(1, Ordering::Relaxed);
        self.file.sync()
    }

    fn len_bytes(&self) -> Result<u64> {
        self.file.len_bytes()
    }

    fn truncate(&self, len: u64) -> Result<()> {
        self.file.truncate(len)
    }
}
