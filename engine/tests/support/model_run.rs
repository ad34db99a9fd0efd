//! Random operations on the engine and on the model.

use std::ops::Bound;
use std::sync::Arc;

use kstone_engine::io::Disk;
use kstone_engine::{Compression, Direction, Durability, Engine, Key, Options, ScanRange, Snapshot, position_of};

use super::{Model, Random, assert_same, scan_all};

const SPACES: u32 = 4;

/// Where a run takes place, and with which settings.
pub struct Place {
    pub disk: Arc<dyn Disk>,
    pub options: Options,
    /// Whether what was acknowledged is there after a reopening.
    pub is_durable: bool,
}

/// Budgets so small that a run flushes and compacts all the time.
pub fn tiny(durability: Durability, background_threads: usize, compression: Compression) -> Options {
    Options {
        durability,
        background_threads,
        compression,
        memtable_bytes_max: 40_000,
        stripe_memtable_bytes_max: 8_000,
        wal_file_bytes: 3_000,
        wal_bytes_max: 20_000,
        manifest_bytes_min: 5_000,
        block_cache_bytes: 20_000,
        open_files_max: 5,
        compaction_trigger: 3,
        ..Options::default()
    }
}

struct Run {
    random: Random,
    place: Place,
    engine: Engine,
    model: Model,
    snapshots: Vec<Snapshot>,
    dropped_max: u32,
}

fn partition(random: &mut Random) -> Vec<u8> {
    let mut bytes = random.below(12).to_string().into_bytes();
    if random.one_in(4) {
        bytes.push(0);
    }
    bytes
}

fn sort(random: &mut Random) -> Vec<u8> {
    let len = random.below(3) as usize;
    (0..len).map(|_| [0, 1, b'a', 255][random.below(4) as usize]).collect()
}

impl Run {
    fn new(seed: u64, place: Place) -> Self {
        Run {
            random: Random::new(seed),
            engine: Engine::open(Arc::clone(&place.disk), place.options.clone()).unwrap(),
            place,
            model: Model::default(),
            snapshots: Vec::new(),
            dropped_max: 0,
        }
    }

    fn step(&mut self) {
        match self.random.below(1000) {
            0..600 => self.write(),
            600..800 => self.read(),
            800..920 => self.scan(),
            920..950 => self.snapshots.push(self.engine.snapshot()),
            950..990 if !self.snapshots.is_empty() => {
                let at = self.random.below(self.snapshots.len() as u64) as usize;
                self.snapshots.swap_remove(at);
            }
            990..992 => self.engine.flush().unwrap(),
            992..994 => self.engine.verify().unwrap(),
            994..996 if self.place.is_durable => self.reopen(),
            _ => {}
        }
    }

    fn reopen(&mut self) {
        self.snapshots.clear();
        let snapshot = self.engine.snapshot();
        self.model.check_all(&self.engine, &snapshot, SPACES, "before closing");
        drop(snapshot);
        self.engine.close().unwrap();
        if self.random.one_in(2) {
            let locked = self.engine.clone();
            drop(locked);
        }
        self.engine = Engine::open(Arc::clone(&self.place.disk), self.place.options.clone()).unwrap();
        let snapshot = self.engine.snapshot();
        self.model.check_all(&self.engine, &snapshot, SPACES, "reopened");
    }

    fn write(&mut self) {
        let count = 1 + self.random.below(4);
        // The ids of dropped spaces are not used again.
        let space = self.dropped_max + self.random.below((SPACES - self.dropped_max).into()) as u32;
        let keys: Vec<(Vec<u8>, Vec<u8>)> =
            (0..count).map(|_| (partition(&mut self.random), sort(&mut self.random))).collect();
        let keys: Vec<Key<'_>> = keys.iter().map(|(partition, sort)| Key { space, partition, sort }).collect();
        let values: Vec<Option<Vec<u8>>> = keys
            .iter()
            .map(|_| {
                let len = self.random.below(40) as usize;
                (!self.random.one_in(4)).then(|| self.random.bytes(len))
            })
            .collect();
        let at = self.engine.published();
        let ((), ticket) = self
            .engine
            .transact(&keys, |old, batch| {
                for ((key, value), old) in keys.iter().zip(&values).zip(old) {
                    let expected = self.model.get(*key, at);
                    assert_eq!(old.as_ref().map(|old| (old.seqno().0, &**old)), expected);
                    match value {
                        Some(value) => batch.put(*key, value),
                        None => batch.delete(*key),
                    }
                }
            })
            .unwrap();
        ticket.wait().unwrap();
        let seqno = self.engine.published();
        assert_eq!(seqno.0, at.0 + 1);
        for (key, value) in keys.iter().zip(&values) {
            match value {
                Some(value) => self.model.put(*key, value, seqno),
                None => self.model.delete(*key, seqno),
            }
        }
        if self.random.one_in(400) && self.dropped_max < SPACES - 2 {
            let space = self.dropped_max;
            self.dropped_max += 1;
            let ((), ticket) = self.engine.transact(&[], |_, batch| batch.drop_space(space)).unwrap();
            ticket.wait().unwrap();
            self.model.drop_space(space, self.engine.published());
        }
    }

    fn some_snapshot(&mut self) -> Snapshot {
        match self.random.below(1 + self.snapshots.len() as u64) {
            0 => self.engine.snapshot(),
            at => self.snapshots[at as usize - 1].clone(),
        }
    }

    fn read(&mut self) {
        let space = self.random.below(SPACES.into()) as u32;
        let (partition, sort) = (partition(&mut self.random), sort(&mut self.random));
        let key = Key { space, partition: &partition, sort: &sort };
        let snapshot = self.some_snapshot();
        let found = self.engine.get_at(&snapshot, key).unwrap();
        let expected = self.model.get(key, snapshot.seqno());
        assert_eq!(found.as_ref().map(|value| (value.seqno().0, &**value)), expected);
        let newest = self.engine.get(key).unwrap();
        let expected = self.model.get(key, self.engine.published());
        assert_eq!(newest.as_ref().map(|value| (value.seqno().0, &**value)), expected);
    }

    fn scan(&mut self) {
        let space = self.random.below(SPACES.into()) as u32;
        let snapshot = self.some_snapshot();
        let partition = partition(&mut self.random);
        let sorts = [sort(&mut self.random), sort(&mut self.random)];
        let (range, direction) = if self.random.one_in(2) {
            let mut bound = |sort| match self.random.below(3) {
                0 => Bound::Included(sort),
                1 => Bound::Excluded(sort),
                _ => Bound::Unbounded,
            };
            let (lower, upper) = (bound(&sorts[0][..]), bound(&sorts[1][..]));
            let direction = if self.random.one_in(2) { Direction::Forward } else { Direction::Reverse };
            (ScanRange::Partition { space, partition: &partition, lower, upper }, direction)
        } else {
            let mut ends = [self.random.next() as u32, self.random.next() as u32];
            match self.random.below(3) {
                0 => ends = [0, u32::MAX],
                1 => ends[0] = position_of(&partition),
                _ => {}
            }
            let after = self.random.one_in(2).then_some((&partition[..], &sorts[0][..]));
            (ScanRange::Positions { space, first: ends[0], last: ends[1], after }, Direction::Forward)
        };
        let found = scan_all(&self.engine, &snapshot, range, direction);
        let expected = self.model.range(range, direction, snapshot.seqno());
        assert_same(&found, &expected, &format!("{range:?} {direction:?}"));
    }
}

/// Makes random operations on the engine and on the model, and compares what they show.
pub fn compare_with_model(seeds: std::ops::Range<u64>, steps: usize, place: impl Fn() -> Place) {
    for seed in seeds {
        let mut run = Run::new(seed, place());
        for _ in 0..steps {
            run.step();
        }
        let snapshot = run.engine.snapshot();
        run.model.check_all(&run.engine, &snapshot, SPACES, &format!("seed {seed}"));
        assert!(run.engine.metrics().damage.is_none());
    }
}
