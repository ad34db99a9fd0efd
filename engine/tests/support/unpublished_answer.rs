//! An answer that rests on a commit which is not durable yet.

use std::sync::Arc;

use kstone_engine::io::FaultyDisk;
use kstone_engine::{Durability, Engine, Key, Options};

/// A transaction sees a version, or its absence, before readers do; what it answers waits for the commit behind that.
pub fn an_answer_waits_for_what_it_saw() {
    let disk = Arc::new(FaultyDisk::new());
    let options = Options { durability: Durability::Sync, background_threads: 0, ..Options::default() };
    let engine = Engine::open(disk, options).unwrap();
    let key = Key { space: 1, partition: b"p", sort: b"" };
    let ((), written) = engine.transact(&[key], |_, batch| batch.put(key, b"value")).unwrap();
    assert!(engine.get(key).unwrap().is_none(), "a reader sees what is not durable");
    let (seen, answered) = engine.transact(&[key], |old, _| old[0].is_some()).unwrap();
    assert!(seen, "a transaction sees the newest version");
    assert!(!written.is_done() && !answered.is_done());
    answered.wait().unwrap();
    assert!(written.is_done());
    assert!(engine.get(key).unwrap().is_some());

    let ((), deleted) = engine.transact(&[key], |_, batch| batch.delete(key)).unwrap();
    let (seen, answered) = engine.transact(&[key], |old, _| old[0].is_some()).unwrap();
    assert!(!seen && !answered.is_done(), "absence that rests on a deletion waits for the deletion");
    answered.wait().unwrap();
    assert!(deleted.is_done());
}
