//! What is left of a database, or of a copy of one, is never taken for a new database; and a failed opening leaves nothing
//! behind.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test, outside of the engine"
)]

mod support;

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kstone_engine::io::{Disk, FileDisk, MemoryDisk};
use kstone_engine::{Durability, Engine, Error, Key, Options, SeqNo, WriteBatch};
use support::{HookedDisk, options};

const KEY: Key<'static> = Key { space: 1, partition: b"key", sort: b"" };
const MANIFEST: &str = "0000000001.manifest";

fn put(engine: &Engine, value: &[u8]) {
    engine.transact(&[KEY], |_, batch| batch.put(KEY, value)).unwrap().1.wait().unwrap();
}

fn content(disk: &MemoryDisk, name: &str) -> Vec<u8> {
    let file = disk.open(name).unwrap();
    file.read_at(0, file.len_bytes().unwrap() as usize).unwrap().to_vec()
}

fn disk_with(name: &str, content: &[u8]) -> Arc<MemoryDisk> {
    let disk = Arc::new(MemoryDisk::new());
    disk.create(name).unwrap().write_at(0, content).unwrap();
    disk
}

#[test]
fn a_damaged_manifest_without_other_files_is_not_replaced() {
    let disk = Arc::new(MemoryDisk::new());
    let engine = Engine::open(disk.clone(), options(Durability::Sync)).unwrap();
    put(&engine, b"value");
    engine.transact(&[KEY], |_, batch| batch.delete(KEY)).unwrap().1.wait().unwrap();
    engine.flush().unwrap();
    let last = engine.published();
    engine.close().unwrap();
    // The log, of which the newest file is always there, would tell.
    assert!(disk.list().unwrap().iter().all(|name| name == MANIFEST || name.ends_with(".wal")));
    let bytes = content(&disk, MANIFEST);
    let mut refused = 0;
    for (at, mask) in (0..bytes.len()).flat_map(|at| [(at, 0x01), (at, 0xff), (at, bytes[at])]) {
        let mut damaged = bytes.clone();
        damaged[at] ^= mask;
        let left = disk_with(MANIFEST, &damaged);
        match Engine::open(left.clone(), options(Durability::Sync)) {
            // The damage is in the last record, which may have been cut off by a crash.
            Ok(engine) => assert_eq!(engine.published(), last, "byte {at} flipped by {mask:#x}"),
            Err(Error::Corrupt { file, offset, .. }) => {
                assert_eq!(file, MANIFEST);
                assert!(offset <= at as u64, "byte {at} flipped by {mask:#x}: {offset}");
                assert_eq!(content(&left, MANIFEST), damaged, "the damaged file is still there");
                refused += 1;
            }
            Err(error) => panic!("byte {at} flipped by {mask:#x}: {error}"),
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn what_an_interrupted_creation_left_is_replaced() {
    let new = Arc::new(MemoryDisk::new());
    drop(Engine::open(new.clone(), options(Durability::Sync)).unwrap());
    let whole = content(&new, MANIFEST);
    for cut in 0..whole.len() {
        let (start, end) = whole.split_at(cut);
        let with_hole = [&vec![0; start.len()], end].concat();
        let with_zeros = [start, &vec![0; end.len()]].concat();
        for left in [start.to_vec(), with_hole, with_zeros] {
            let disk = disk_with(MANIFEST, &left);
            let engine = Engine::open(disk.clone(), options(Durability::Sync)).unwrap();
            put(&engine, b"value");
            drop(engine);
            let engine = Engine::open(disk, options(Durability::Sync)).unwrap();
            assert_eq!(engine.published(), SeqNo(1));
        }
    }
}

/// Makes a copy while calls fail from the n-th on, `count` of them; `None` when there were not so many.
fn copy_with_failing_calls(first: usize, count: usize) -> Option<()> {
    let context = format!("{count} calls from the {first}-th on");
    let calls = Arc::new(AtomicUsize::new(usize::MAX / 2));
    let failing = {
        let calls = Arc::clone(&calls);
        move |_: &'static str, _: &str| match calls.fetch_add(1, Ordering::SeqCst) {
            call if (first..first + count).contains(&call) => Err(ErrorKind::CrossesDevices.into()),
            _ => Ok(()),
        }
    };
    let disk = HookedDisk::new(failing);
    let engine = Engine::open(Arc::new(disk.clone()), options(Durability::Sync)).unwrap();
    put(&engine, b"flushed");
    engine.flush().unwrap();
    put(&engine, b"logged");
    let target = Path::new("copy");
    calls.store(0, Ordering::SeqCst);
    let copied = engine.checkpoint(target);
    let call_count = calls.swap(usize::MAX / 2, Ordering::SeqCst);
    assert_eq!(copied.is_err(), call_count > first, "{context}");
    let open_copy = || Engine::open(disk.memory.folder(target).unwrap(), options(Durability::Sync));
    if copied.is_err() && disk.memory.folder(target).is_some() {
        assert!(count > 1, "{context}: the folder is still there");
        // A copy that is whole when a call fails may stay.
        if let Ok(copy) = open_copy() {
            assert_eq!(copy.published(), engine.published(), "{context}: half a copy opens");
        }
    } else if copied.is_err() {
        match engine.checkpoint(target) {
            Ok(()) => assert_eq!(open_copy().unwrap().published(), engine.published(), "{context}"),
            Err(Error::Poisoned { .. }) => {}
            Err(error) => panic!("{context}: another try: {error}"),
        }
    }
    (call_count > first).then_some(())
}

#[test]
fn a_failed_copy_is_removed_or_does_not_open() {
    for count in [1, 1_000] {
        let last = (0..).take_while(|&first| copy_with_failing_calls(first, count).is_some()).last();
        assert!(last > Some(6), "{last:?}");
    }
}

#[test]
fn a_failed_opening_leaves_no_lock_and_no_thread() {
    let disk = Arc::new(MemoryDisk::new());
    let engine = Engine::open(disk.clone(), Options { wal_file_bytes: 100_000, ..Options::default() }).unwrap();
    for number in 0..100u8 {
        let mut batch = WriteBatch::default();
        for partition in 0..4u8 {
            batch.put(Key { space: 1, partition: &[partition], sort: &[number] }, &[number; 3_000]);
        }
        engine.write(batch).unwrap().wait().unwrap();
    }
    disk.break_lock();
    let logs: Vec<String> = disk.list().unwrap().into_iter().filter(|name| name.ends_with(".wal")).collect();
    let damaged = disk.open(&logs[logs.len() - 2]).unwrap();
    let at = damaged.len_bytes().unwrap() / 2;
    let byte = damaged.read_at(at, 1).unwrap()[0];
    damaged.write_at(at, &[!byte]).unwrap();
    let other = Arc::new(copy(&disk));
    let options = Options { memtable_bytes_max: 100_000, compaction_trigger: 2, ..Options::default() };
    for _ in 0..2 {
        match Engine::open(other.clone(), options.clone()) {
            Err(Error::Corrupt { file, .. }) => assert_eq!(file, logs[logs.len() - 2]),
            opened => panic!("{opened:?}"),
        }
        assert_eq!(Arc::strong_count(&other), 1, "something goes on");
    }
    assert!(other.list().unwrap().iter().any(|name| name.ends_with(".sst")), "nothing was flushed meanwhile");
}

fn copy(disk: &MemoryDisk) -> MemoryDisk {
    let copy = MemoryDisk::new();
    for name in disk.list().unwrap() {
        copy.create(&name).unwrap().write_at(0, &content(disk, &name)).unwrap();
    }
    copy
}

/// Where a link leads may be another database, or a backup.
#[test]
fn links_are_not_followed() {
    let folder = std::env::temp_dir().join(format!("kstone-links-{}", std::process::id()));
    let (original, farm) = (folder.join("original"), folder.join("farm"));
    let engine = Engine::open(Arc::new(FileDisk::new(&original).unwrap()), options(Durability::Sync)).unwrap();
    put(&engine, b"value");
    drop(engine);
    std::fs::create_dir(&farm).unwrap();
    for entry in std::fs::read_dir(&original).unwrap() {
        let entry = entry.unwrap();
        std::os::unix::fs::symlink(entry.path(), farm.join(entry.file_name())).unwrap();
    }
    std::fs::remove_file(farm.join("LOCK")).unwrap();
    let refused = Engine::open(Arc::new(FileDisk::new(&farm).unwrap()), options(Durability::Sync));
    assert!(refused.unwrap_err().to_string().contains(".manifest"));
    let engine = Engine::open(Arc::new(FileDisk::new(&original).unwrap()), options(Durability::Sync)).unwrap();
    assert_eq!(&engine.get(KEY).unwrap().unwrap()[..], b"value");
    drop(engine);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_key_that_no_index_can_hold_is_refused() {
    let engine = Engine::open(Arc::new(MemoryDisk::new()), options(Durability::Sync)).unwrap();
    let write = |partition: &[u8]| {
        let mut batch = WriteBatch::default();
        batch.put(Key { space: 1, partition, sort: b"" }, b"value");
        engine.write(batch).and_then(kstone_engine::Ticket::wait)
    };
    write(&[7; 65_000]).unwrap();
    assert!(matches!(write(&[7; 66_000]), Err(Error::KeyTooLarge { .. })));
    engine.flush().unwrap();
    engine.verify().unwrap();
}

/// It tells what is missing if the manifest should be damaged, so it stays until the next one is there for good.
#[test]
fn the_newest_file_of_the_log_outlives_the_interrupted_creation_of_the_next() {
    let disk = Arc::new(MemoryDisk::new());
    let engine = Engine::open(disk.clone(), options(Durability::Sync)).unwrap();
    put(&engine, b"value");
    engine.checkpoint(Path::new("copy")).unwrap();
    engine.flush().unwrap();
    engine.close().unwrap();
    let logs = |disk: &MemoryDisk| -> Vec<String> {
        disk.list().unwrap().into_iter().filter(|name| name.ends_with(".wal")).collect()
    };
    assert_eq!(logs(&disk), ["0000000001.wal"]);
    disk.create("0000000002.wal").unwrap();
    let engine = Engine::open(disk.clone(), options(Durability::Sync)).unwrap();
    assert_eq!(logs(&disk), ["0000000001.wal"]);
    put(&engine, b"next");
    engine.flush().unwrap();
    assert_eq!(logs(&disk), ["0000000002.wal"]);
    assert_eq!(&engine.get(KEY).unwrap().unwrap()[..], b"next");
}
