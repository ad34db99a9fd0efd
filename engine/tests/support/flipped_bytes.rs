//! Every byte of a database flipped.

use std::path::Path;
use std::sync::Arc;

use kstone_engine::io::{Disk, MemoryDisk};
use kstone_engine::{Compression, Direction, Durability, Engine, Error, Key, Options, ScanRange, SeqNo};

use super::{Model, Random, SPACES, Workload, options};

fn copy(disk: &MemoryDisk) -> MemoryDisk {
    let copy = MemoryDisk::new();
    for name in disk.list().unwrap() {
        let file = disk.open(&name).unwrap();
        let content = file.read_at(0, file.len_bytes().unwrap() as usize).unwrap();
        copy.create(&name).unwrap().write_at(0, &content).unwrap();
    }
    copy
}

/// The damaged byte.
#[derive(Clone, Copy)]
struct Flip<'a> {
    name: &'a str,
    offset: u64,
    context: &'a str,
}

impl Flip<'_> {
    /// The error says in which file the damage is, and where the damaged piece starts.
    fn expect_named(&self, error: &Error) {
        let context = self.context;
        match error {
            Error::Corrupt { file, offset, .. } => {
                assert_eq!(file, self.name, "{context}: {error}");
                assert!(*offset <= self.offset, "{context}: {error}");
            }
            other => panic!("{context}: {other}"),
        }
    }
}

/// Reads everything in every way; an error must name the damaged file.
fn read_all(engine: &Engine, model: &Model, last: SeqNo, flip: Flip<'_>) {
    let context = flip.context;
    assert_eq!(engine.published(), last, "{context}: commits are missing without an error");
    let snapshot = engine.snapshot();
    for space in 0..SPACES {
        let range = ScanRange::Positions { space, first: 0, last: u32::MAX, after: None };
        let mut expected = model.range(range, Direction::Forward, last).into_iter();
        let mut scan = engine.scan(&snapshot, range, Direction::Forward);
        loop {
            match scan.next() {
                Ok(Some(row)) => {
                    let (key, seqno, value) = expected.next().unwrap_or_else(|| panic!("{context}: {row:?}"));
                    assert_eq!((row.partition, row.sort, row.value), (&key.2[..], &key.3[..], &value[..]), "{context}");
                    assert_eq!(row.seqno.0, seqno, "{context}");
                }
                Ok(None) => {
                    assert!(expected.next().is_none(), "{context}: rows are missing without an error");
                    break;
                }
                Err(error) => {
                    flip.expect_named(&error);
                    break;
                }
            }
        }
        for (key, seqno, value) in model.range(range, Direction::Forward, last) {
            match engine.get(Key { space, partition: &key.2, sort: &key.3 }) {
                Ok(found) => {
                    let found = found.unwrap_or_else(|| panic!("{context}: {key:?} is gone"));
                    assert_eq!((&found[..], found.seqno().0), (&value[..], seqno), "{context}");
                }
                Err(error) => flip.expect_named(&error),
            }
        }
    }
}

/// Flips every byte of a small database, one at a time, and reads everything. Every flip is noticed, at the latest by
/// `verify`, but for those in the last record of the manifest: it then counts as cut off by a crash, and the log still has
/// what it said.
pub fn flip_everything(compression: Compression, seed: u64) {
    let disk = Arc::new(MemoryDisk::new());
    let options = Options { compression, ..options(Durability::Sync) };
    let mut workload = Workload { is_compressible: compression != Compression::None, ..Workload::default() };
    let engine = Engine::open(disk.clone(), options.clone()).unwrap();
    workload.run(&engine, &mut Random::new(seed), 40, || 0).unwrap();
    let last = engine.published();
    engine.close().unwrap();
    check_kinds(&disk, compression);
    for name in &disk.list().unwrap() {
        let mut unnoticed = Vec::new();
        let len = disk.open(name).unwrap().len_bytes().unwrap();
        for (offset, mask) in (0..len).flat_map(|offset| [(offset, 0x01), (offset, 0xff)]) {
            let context = format!("{name} with byte {offset} flipped by {mask:#x}");
            let flip = Flip { name, offset, context: &context };
            let damaged = copy(&disk);
            let file = damaged.open(name).unwrap();
            let byte = file.read_at(offset, 1).unwrap()[0];
            file.write_at(offset, &[byte ^ mask]).unwrap();
            match Engine::open(Arc::new(damaged), options.clone()) {
                Ok(engine) => {
                    read_all(&engine, &workload.model, last, flip);
                    match engine.verify() {
                        Ok(()) => unnoticed.push(offset),
                        Err(error) => flip.expect_named(&error),
                    }
                }
                Err(error) => flip.expect_named(&error),
            }
        }
        if let Some(first) = unnoticed.first() {
            let is_last_record = name.ends_with(".manifest") && unnoticed.len() as u64 == 2 * (len - first);
            assert!(is_last_record, "{name}: flips that nobody notices: {unnoticed:?}");
        }
    }
}

/// What a process does before it is killed. The manifest's last record is a different one each time.
const LAST_STEPS: [fn(&Engine); 4] = [
    |engine| engine.flush().unwrap(),
    |engine| {
        engine.checkpoint(Path::new("copy")).unwrap();
        engine.flush().unwrap();
    },
    |engine| {
        engine.flush().unwrap();
        engine.transact(&[], |_, batch| batch.drop_space(1)).unwrap().1.wait().unwrap();
        engine.close().unwrap();
    },
    |engine| {
        engine.checkpoint(Path::new("copy")).unwrap();
        engine.close().unwrap();
    },
];

/// Flips every byte of the manifest of a database whose process was killed or had just stopped, and again after the next
/// start was killed. An opening that fails changes nothing, so that the byte can be repaired.
pub fn flip_the_manifest(compression: Compression, seed: u64) {
    for (step, last_step) in LAST_STEPS.iter().enumerate() {
        let disk = Arc::new(MemoryDisk::new());
        // Small files, so that there are some to be deleted.
        let options = Options { compression, wal_file_bytes: 2_000, ..options(Durability::Sync) };
        let mut workload = Workload::default();
        let engine = Engine::open(disk.clone(), options.clone()).unwrap();
        workload.run(&engine, &mut Random::new(seed), 40, || 0).unwrap();
        last_step(&engine);
        let expected = contents(&engine, engine.published());
        let killed = copy(&disk);
        drop(engine);
        let disk = Arc::new(copy(&killed));
        let engine = Engine::open(disk.clone(), options.clone()).unwrap();
        let killed_again = copy(&disk);
        drop(engine);
        for disk in [killed, killed_again] {
            let names = disk.list().unwrap();
            let name = names.iter().find(|name| name.ends_with(".manifest")).unwrap();
            let len = disk.open(name).unwrap().len_bytes().unwrap();
            let mut refused = 0;
            for offset in 0..len {
                let context = format!("last step {step}, {name} with byte {offset} of {len} flipped");
                let damaged = Arc::new(copy(&disk));
                let file = damaged.open(name).unwrap();
                let byte = file.read_at(offset, 1).unwrap()[0];
                file.write_at(offset, &[byte ^ 1]).unwrap();
                match Engine::open(damaged.clone(), options.clone()) {
                    Ok(engine) => assert_eq!(contents(&engine, engine.published()), expected, "{context}"),
                    Err(error) => {
                        Flip { name, offset, context: &context }.expect_named(&error);
                        refused += 1;
                        file.write_at(offset, &[byte]).unwrap();
                        let engine = Engine::open(damaged, options.clone()).unwrap();
                        assert_eq!(contents(&engine, engine.published()), expected, "{context}, and repaired");
                    }
                }
            }
            assert!(refused > 0);
        }
    }
}

/// All that a reader sees.
fn contents(engine: &Engine, last: SeqNo) -> Vec<(u32, Vec<u8>, Vec<u8>, u64, Vec<u8>)> {
    let snapshot = engine.snapshot();
    assert_eq!(snapshot.seqno(), last);
    let mut found = Vec::new();
    for space in 0..SPACES {
        let range = ScanRange::Positions { space, first: 0, last: u32::MAX, after: None };
        let mut scan = engine.scan(&snapshot, range, Direction::Forward);
        while let Some(row) = scan.next().unwrap() {
            found.push((space, row.partition.to_vec(), row.sort.to_vec(), row.seqno.0, row.value.to_vec()));
        }
    }
    found
}

/// All kinds of files are there with content, and blocks as the setting wants them.
fn check_kinds(disk: &MemoryDisk, compression: Compression) {
    let names = disk.list().unwrap();
    let files = |kind: &str| {
        let named: Vec<_> = names.iter().filter(|name| name.ends_with(kind)).collect();
        named.into_iter().map(|name| disk.open(name).unwrap()).collect::<Vec<_>>()
    };
    assert!(files(".wal").iter().any(|file| file.len_bytes().unwrap() > 200), "the log is empty: {names:?}");
    assert!(!files(".manifest").is_empty());
    // The codec of the first block lies behind the header of the file.
    let codec = [Compression::None, Compression::Lz4, Compression::Zstd].iter().position(|&each| each == compression);
    let codecs: Vec<u8> = files(".sst").iter().map(|file| file.read_at(36, 1).unwrap()[0]).collect();
    assert!(codecs.contains(&(codec.unwrap() as u8)), "{codecs:?}");
}
