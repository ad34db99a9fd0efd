//! Load, reads, scans and overwrites of one store.

use std::path::Path;

use crate::Settings;
use crate::measure::{
    Random, Table, drop_page_cache, folder_bytes, key_of, measure, resident_bytes, resident_bytes_max, value_of,
    written_bytes,
};
use crate::stores::Store;

const READS: u64 = 300_000;
/// Few beside the rows, so that hardly any block is read twice.
const COLD_READS: u64 = 10_000;
const SCANS: u64 = 40_000;
const SCAN_ROWS: usize = 25;

pub fn run(settings: &Settings, name: &str, folder: &Path, store: Box<dyn Store>, table: &mut Table) {
    let rows = settings.rows;
    // The cost of making values is the same for all, and it is not theirs.
    let making = measure(|| (0..rows).for_each(|row| drop(std::hint::black_box(value_of(row, 0)))));
    let less = |mut measured: crate::measure::Measured| {
        measured.wall -= making.wall;
        measured.cpu -= making.cpu;
        measured
    };
    let written = written_bytes();
    let loaded = measure(|| (0..rows).for_each(|row| store.put(&key_of(row), &value_of(row, 0))));
    table.add_per_operation("load", name, rows, &less(loaded));
    let settled = measure(|| store.settle());
    table.add("settle after load", name, format!("{:.1} s, {:.1} s CPU", settled.wall, settled.cpu));
    let user = rows * (1024 + 16);
    let disk = folder_bytes(folder);
    table.add("disk after load", name, format!("{} MB of {} MB", disk >> 20, user >> 20));
    table.add("write amplification of load", name, format!("{:.2}", (written_bytes() - written) as f64 / user as f64));
    table.add("resident after load", name, format!("{} MB", resident_bytes() >> 20));

    let mut random = Random::new(1);
    let hot: Vec<u64> = (0..rows.min(50_000)).map(|_| random.below(rows)).collect();
    let read = |row: u64, wanted: bool| assert_eq!(store.get(&key_of(row)), wanted, "row {row}");
    hot.iter().for_each(|&row| read(row, true));
    let hot_reads = measure(|| (0..READS).for_each(|_| read(hot[random.below(hot.len() as u64) as usize], true)));
    table.add_per_operation("get, hot", name, READS, &hot_reads);
    let any_reads = measure(|| (0..READS).for_each(|_| read(random.below(rows), true)));
    table.add_per_operation("get, any", name, READS, &any_reads);
    let absent = measure(|| (0..READS).for_each(|_| read(rows + random.below(rows), false)));
    table.add_per_operation("get, absent", name, READS, &absent);
    let scans = measure(|| {
        for _ in 0..SCANS {
            std::hint::black_box(store.scan(&key_of(random.below(rows)), SCAN_ROWS));
        }
    });
    table.add_per_operation("scan of 25, any", name, SCANS, &scans);
    drop_page_cache(folder);
    let cold_reads = measure(|| (0..COLD_READS).for_each(|_| read(random.below(rows), true)));
    table.add_per_operation("get, any, from disk", name, COLD_READS, &cold_reads);

    let overwritten = measure(|| {
        for _ in 0..rows {
            let row = random.below(rows);
            store.put(&key_of(row), &value_of(row, 1));
        }
    });
    table.add_per_operation("overwrite", name, rows, &less(overwritten));
    store.settle();
    table.add("disk after overwrite", name, format!("{} MB", folder_bytes(folder) >> 20));
    table.add("most memory", name, format!("{} MB", resident_bytes_max() >> 20));
}
