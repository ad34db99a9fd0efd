//! Seqnos that a crash took back and that later commits get again.

use std::sync::Arc;

use kstone_engine::io::{FaultyDisk, Survivors};
use kstone_engine::{Compression, Durability, Engine, Key, Options};

const LARGE: Key<'static> = Key { space: 1, partition: b"large", sort: b"" };
const SMALL: Key<'static> = Key { space: 1, partition: b"small", sort: b"" };

fn options() -> Options {
    Options {
        durability: Durability::Sync,
        background_threads: 0,
        compression: Compression::None,
        memtable_bytes_max: 10_000,
        ..Options::default()
    }
}

fn cut_power(disk: &FaultyDisk) -> Arc<FaultyDisk> {
    Arc::new(FaultyDisk::with_content_of(&disk.power_cut().disk(Survivors::None).unwrap()).unwrap())
}

/// The memory runs out with the second commit, while nothing of that is on disk. So the stripe of the first is flushed, and
/// then the power is cut. The next commit gets the seqno of the lost one; it must survive the next power cut.
pub fn a_commit_with_the_seqno_of_a_lost_one_is_kept() {
    let disk = Arc::new(FaultyDisk::new());
    let engine = Engine::open(disk.clone(), options()).unwrap();
    engine.transact(&[LARGE], |_, batch| batch.put(LARGE, &[1; 5_900])).unwrap().1.wait().unwrap();
    let ((), lost) = engine.transact(&[SMALL], |_, batch| batch.put(SMALL, &[2; 400])).unwrap();
    assert_eq!(engine.metrics().sst_count, 1, "the stripe of the first commit was not flushed");
    let disk_after_first = cut_power(&disk);
    drop((lost, engine));

    let engine = Engine::open(disk_after_first.clone(), options()).unwrap();
    assert_eq!(engine.published().0, 1);
    engine.transact(&[LARGE], |_, batch| batch.put(LARGE, b"new")).unwrap().1.wait().unwrap();
    let disk_after_second = cut_power(&disk_after_first);
    drop(engine);

    let engine = Engine::open(disk_after_second, options()).unwrap();
    assert_eq!(engine.published().0, 2);
    assert_eq!(engine.get(LARGE).unwrap().as_deref(), Some(&b"new"[..]));
}
