//! More data than memory: what the engine holds, whether reads slow down, and how long opening takes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kstone_engine::io::FileDisk;
use kstone_engine::{Durability, Engine, Key, Options, position_of};

use crate::Settings;
use crate::measure::{Random, Table, folder_bytes, key_of, measure, resident_bytes, resident_bytes_max, value_of};
use crate::stores::settle;

const NAME: &str = "large";
/// What the default settings allow: memtables and block cache together.
const BUDGET_BYTES: usize = 128 << 20;
const HOT_ROWS: usize = 1_000;
const READS: u64 = 200_000;
const OPENING_ROWS: u64 = 1_000_000;

fn open(folder: &Path) -> Engine {
    let options =
        Options { durability: Durability::Relaxed { interval: Duration::from_millis(500) }, ..Options::default() };
    assert_eq!(options.memtable_bytes_max + options.block_cache_bytes, BUDGET_BYTES);
    Engine::open(Arc::new(FileDisk::new(folder).expect("a folder")), options).expect("a database")
}

pub fn run(settings: &Settings, folder: &Path, table: &mut Table) {
    let rows = (settings.large_gigabytes << 30) / (1024 + 16);
    {
        let engine = open(folder);
        let loaded = measure(|| load(&engine, rows));
        table.add_per_operation("load of more than memory", NAME, rows, &loaded);
        settle(&engine);
        gets(&engine, rows, table);
        let megabytes = resident_bytes_max() >> 20;
        let share = resident_bytes_max() as f64 / BUDGET_BYTES as f64;
        table.add("most memory", NAME, format!("{megabytes} MB, {share:.2} times the budget of 128 MB"));
        table.add("disk", NAME, format!("{} MB", folder_bytes(folder) >> 20));
        engine.close().expect("a clean close");
    }
    reopen(folder, "open, all", table);
    let small = folder.join("million");
    {
        let engine = open(&small);
        load(&engine, OPENING_ROWS);
        engine.close().expect("a clean close");
    }
    reopen(&small, "open, a million items", table);
}

fn load(engine: &Engine, rows: u64) {
    for row in 0..rows {
        let (key, value) = (key_of(row), value_of(row, 0));
        let key = Key { space: 1, partition: &key, sort: b"" };
        let ((), ticket) = engine.transact(&[key], |_, batch| batch.put(key, &value)).expect("a commit");
        ticket.wait().expect("a written commit");
    }
}

/// Reads a few rows of one stripe, then rows of all stripes, then the few again: they cost the same as before.
fn gets(engine: &Engine, rows: u64, table: &mut Table) {
    let in_first_stripe = |row: &u64| position_of(&key_of(*row)) >> 24 == 0;
    let hot: Vec<u64> = (0..rows).filter(in_first_stripe).take(HOT_ROWS).collect();
    let mut random = Random::new(1);
    let mut hot_gets = |step: &str, table: &mut Table| {
        hot.iter().for_each(|&row| get(engine, row));
        let measured = measure(|| (0..READS).for_each(|_| get(engine, hot[random.below(hot.len() as u64) as usize])));
        table.add_per_operation(step, NAME, READS, &measured);
    };
    hot_gets("get, one stripe only", table);
    let mut random = Random::new(2);
    let any = measure(|| (0..READS).for_each(|_| get(engine, random.below(rows))));
    table.add_per_operation("get, any of all stripes", NAME, READS, &any);
    hot_gets("get, one stripe after all", table);
    table.add("resident after reads", NAME, format!("{} MB", resident_bytes() >> 20));
}

fn get(engine: &Engine, row: u64) {
    let key = key_of(row);
    assert!(engine.get(Key { space: 1, partition: &key, sort: b"" }).expect("a read").is_some(), "row {row}");
}

fn reopen(folder: &Path, step: &str, table: &mut Table) {
    let mut engine = None;
    let opened = measure(|| {
        let opened = open(folder);
        get(&opened, 7);
        engine = Some(opened);
    });
    table.add(step, NAME, format!("{:.1} ms, {:.1} ms CPU", opened.wall * 1e3, opened.cpu * 1e3));
}
