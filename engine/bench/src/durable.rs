//! Durable puts by waiting threads, beside one bare write and fdatasync.

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::Settings;
use crate::measure::{Table, cpu_seconds, key_of, value_of};
use crate::stores::Store;

const THREADS: [u64; 3] = [1, 16, 64];
const IN_FLIGHT: usize = 1024;

/// One record of a put, written and synced, over and over.
pub fn bare(settings: &Settings, folder: &Path, table: &mut Table) {
    let file = std::fs::File::create(folder.join("bare")).expect("a file");
    let record = vec![7; 1100];
    let start = Instant::now();
    let mut count = 0;
    while start.elapsed().as_secs_f64() < settings.durable_seconds {
        file.write_all_at(&record, count * 1100).expect("a write");
        file.sync_data().expect("a sync");
        count += 1;
    }
    let rate = count as f64 / start.elapsed().as_secs_f64();
    table.add("durable put, bare", "fsync", format!("{rate:.0} /s"));
}

pub fn run(settings: &Settings, name: &str, store: Box<dyn Store>, table: &mut Table) {
    store.put_durable(&key_of(u64::MAX), b"first");
    for threads in THREADS {
        let stop = AtomicBool::new(false);
        let count = AtomicU64::new(0);
        let (start, cpu) = (Instant::now(), cpu_seconds());
        std::thread::scope(|scope| {
            for thread in 0..threads {
                let (stop, count, store) = (&stop, &count, &store);
                scope.spawn(move || {
                    let value = value_of(thread, 3);
                    for row in 0.. {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        store.put_durable(&key_of(thread << 32 | row), &value);
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            std::thread::sleep(Duration::from_secs_f64(settings.durable_seconds));
            stop.store(true, Ordering::Relaxed);
        });
        let count = count.into_inner();
        let rate = count as f64 / start.elapsed().as_secs_f64();
        let micros = (cpu_seconds() - cpu) * 1e6 / count as f64;
        table.add(&format!("durable put, {threads} threads"), name, format!("{rate:.0} /s, {micros:.0} us CPU each"));
    }
    let start = Instant::now();
    if let Some(count) = store.put_in_flight(IN_FLIGHT, settings.durable_seconds) {
        let rate = count as f64 / start.elapsed().as_secs_f64();
        table.add(&format!("durable put, {IN_FLIGHT} in flight"), name, format!("{rate:.0} /s"));
    }
}
