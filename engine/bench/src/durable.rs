//! Durable puts by waiting threads, beside one bare write and fdatasync.

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::Settings;
use crate::measure::{Table, cpu_seconds, key_of, value_of};
use crate::stores::Store;

pub const THREADS: [u64; 3] = [1, 16, 64];
const IN_FLIGHT: usize = 1024;

/// The floor: one record of a put, written behind the last one and synced, over and over.
struct Bare {
    file: std::fs::File,
    record: Vec<u8>,
    len: u64,
}

impl Bare {
    fn create(folder: &Path) -> Bare {
        Bare { file: std::fs::File::create(folder.join("bare")).expect("a file"), record: vec![7; 1100], len: 0 }
    }

    /// Syncs per second.
    fn rate(&mut self, seconds: f64) -> f64 {
        let (start, mut count) = (Instant::now(), 0);
        while start.elapsed().as_secs_f64() < seconds {
            self.file.write_all_at(&self.record, self.len).expect("a write");
            self.file.sync_data().expect("a sync");
            self.len += self.record.len() as u64;
            count += 1;
        }
        f64::from(count) / start.elapsed().as_secs_f64()
    }
}

/// What a disk gives changes from second to second, so the floor and the store take turns, and the figure of a number of
/// threads is the middle one of its rounds.
pub fn run(settings: &Settings, name: &str, folder: &Path, store: &dyn Store, table: &mut Table) {
    let mut bare = Bare::create(folder);
    store.put_durable(&key_of(u64::MAX), b"first");
    for threads in THREADS {
        let mut rounds: Vec<(f64, f64, f64, f64)> = (0..settings.durable_rounds)
            .map(|round| {
                let before = bare.rate(settings.durable_seconds / 4.0);
                let (rate, micros) = puts(settings, store, threads, round);
                let floor = (before + bare.rate(settings.durable_seconds / 4.0)) / 2.0;
                (rate / (floor * threads as f64), rate, floor, micros)
            })
            .collect();
        rounds.sort_by(|left, right| left.0.total_cmp(&right.0));
        let (share, rate, floor, micros) = rounds[rounds.len() / 2];
        let percent = share * 100.0;
        table.add(
            &format!("durable put, {threads} threads"),
            name,
            format!("{percent:.0}% of {threads} x {floor:.0} bare syncs/s: {rate:.0} /s, {micros:.0} us CPU each"),
        );
    }
    let mut rates: Vec<f64> = (0..settings.durable_rounds)
        .filter_map(|_| {
            let start = Instant::now();
            let count = store.put_in_flight(IN_FLIGHT, settings.durable_seconds)?;
            Some(count as f64 / start.elapsed().as_secs_f64())
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    if let Some(rate) = rates.get(rates.len() / 2) {
        table.add(&format!("durable put, {IN_FLIGHT} in flight"), name, format!("{rate:.0} /s"));
    }
}

/// Puts per second by threads that each wait for their own, and their CPU time in microseconds.
pub fn puts(settings: &Settings, store: &dyn Store, threads: u64, round: u64) -> (f64, f64) {
    let stop = AtomicBool::new(false);
    let count = AtomicU64::new(0);
    let (start, cpu) = (Instant::now(), cpu_seconds());
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (stop, count) = (&stop, &count);
            scope.spawn(move || {
                let value = value_of(thread, round);
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
    (count as f64 / start.elapsed().as_secs_f64(), (cpu_seconds() - cpu) * 1e6 / count as f64)
}
