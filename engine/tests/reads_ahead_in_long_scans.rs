//! A scan that goes on for long reads several blocks at once, leaves the cache to others, and shows the same rows.
#![allow(clippy::unwrap_used)]

mod support;

use std::ops::Bound;
use std::sync::Arc;

use kstone_engine::io::Disk;
use kstone_engine::{Compression, Direction, Durability, Engine, Error, Key, Options, ScanRange};
use support::HookedDisk;

/// Blocks of the size that the engine aims at, and a block per row.
const SHAPES: [(u32, usize); 2] = [(2_000, 1_000), (60, 40_000)];

fn options(compression: Compression) -> Options {
    Options { durability: Durability::Sync, background_threads: 0, compression, ..Options::default() }
}

fn value(row: u32, len: usize) -> Vec<u8> {
    (0..len as u32).map(|at| if at % 16 < 8 { 0 } else { (row ^ at.wrapping_mul(0x9e37_79b9) >> 13) as u8 }).collect()
}

/// An engine that has all rows in one SST and nothing of it in memory.
fn filled(disk: &HookedDisk, compression: Compression, (rows, len): (u32, usize)) -> Engine {
    let engine = Engine::open(Arc::new(disk.clone()), options(compression)).unwrap();
    for row in 0..rows {
        let sort = row.to_be_bytes();
        let key = Key { space: 1, partition: b"p", sort: &sort };
        engine.transact(&[key], |_, batch| batch.put(key, &value(row, len))).unwrap().1.wait().unwrap();
    }
    engine.flush().unwrap();
    assert_eq!(engine.metrics().sst_count, 1);
    drop(engine);
    Engine::open(Arc::new(disk.clone()), options(compression)).unwrap()
}

/// Checks every row, and says how many there were.
fn scan(engine: &Engine, rows: u32, len: usize, direction: Direction) -> Result<u32, Error> {
    let whole = ScanRange::Partition { space: 1, partition: b"p", lower: Bound::Unbounded, upper: Bound::Unbounded };
    let snapshot = engine.snapshot();
    let mut scan = engine.scan(&snapshot, whole, direction);
    let mut seen = 0;
    while let Some(row) = scan.next()? {
        let expected = if direction == Direction::Forward { seen } else { rows - 1 - seen };
        assert_eq!(row.sort, expected.to_be_bytes());
        assert_eq!(&*row.to_value(), value(expected, len));
        seen += 1;
    }
    Ok(seen)
}

#[test]
fn a_scan_of_everything_takes_few_reads_and_reads_nothing_twice() {
    for compression in [Compression::None, Compression::Lz4] {
        for (rows, len) in SHAPES {
            let disk = HookedDisk::new(|_, _| Ok(()));
            let engine = filled(&disk, compression, (rows, len));
            let before = disk.reads.now();
            assert_eq!(scan(&engine, rows, len, Direction::Forward).unwrap(), rows);
            let (count, bytes) = (disk.reads.now().0 - before.0, disk.reads.now().1 - before.1);
            let file_bytes = engine.metrics().sst_bytes as usize;
            let context =
                format!("{compression:?}, rows of {len} bytes: {count} reads of {bytes} of {file_bytes} bytes");
            assert!(count < 80 && bytes <= file_bytes, "{context}");
        }
    }
}

#[test]
fn a_scan_of_everything_backwards_shows_the_same_rows() {
    for (rows, len) in SHAPES {
        let engine = filled(&HookedDisk::new(|_, _| Ok(())), Compression::Lz4, (rows, len));
        assert_eq!(scan(&engine, rows, len, Direction::Reverse).unwrap(), rows);
    }
}

#[test]
fn the_start_of_a_scan_is_cached_and_the_rest_is_left_to_the_disk() {
    let (rows, len) = SHAPES[0];
    let disk = HookedDisk::new(|_, _| Ok(()));
    let engine = filled(&disk, Compression::None, (rows, len));
    scan(&engine, rows, len, Direction::Forward).unwrap();
    let cached_bytes = engine.metrics().block_cache_bytes;
    assert!((250_000..300_000).contains(&cached_bytes), "{cached_bytes} bytes are cached");
    let before = disk.reads.now();
    let snapshot = engine.snapshot();
    let whole = ScanRange::Partition { space: 1, partition: b"p", lower: Bound::Unbounded, upper: Bound::Unbounded };
    let mut scan = engine.scan(&snapshot, whole, Direction::Forward);
    (0..200).for_each(|_| assert!(scan.next().unwrap().is_some()));
    assert_eq!(disk.reads.now(), before, "the first 200 rows are read again");
}

#[test]
fn damage_in_what_was_read_ahead_is_found_where_it_lies() {
    let (rows, len) = SHAPES[0];
    let disk = HookedDisk::new(|_, _| Ok(()));
    let engine = filled(&disk, Compression::None, (rows, len));
    let name = disk.list().unwrap().into_iter().find(|name| name.ends_with(".sst")).unwrap();
    let file = disk.memory.open(&name).unwrap();
    let at = 1_000_000;
    let byte = file.read_at(at, 1).unwrap()[0];
    file.write_at(at, &[!byte]).unwrap();
    match scan(&engine, rows, len, Direction::Forward).unwrap_err() {
        Error::Corrupt { file, offset, .. } => {
            assert_eq!(file, name);
            assert!((at - 5_000..=at).contains(&offset), "the block at {offset}");
        }
        other => panic!("{other}"),
    }
}
