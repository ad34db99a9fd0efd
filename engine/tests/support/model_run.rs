//! Random operations on the engine and on the model.

use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kstone_engine::io::{Clock, Disk, FaultyDisk, FileDisk, ManualClock, MemoryDisk};
use kstone_engine::{
    Compression, Direction, Durability, Engine, Error, Key, Options, Scan, ScanRange, SeqNo, Snapshot, Ticket, Value,
    WriteBatch, position_of,
};

use super::model::ModelRow;
use super::{Model, Random, assert_same, scan_all};

const SPACES: u32 = 4;
/// How many scans are under way at a time, and how many snapshots are held, at most.
const SCANS_MAX: usize = 4;
const SNAPSHOTS_MAX: usize = 12;

/// Where a run takes place.
pub enum Storage {
    Memory(Arc<MemoryDisk>),
    /// The power is cut now and then.
    Faulty(Arc<FaultyDisk>),
    Folder(tempfile::TempDir),
}

impl Storage {
    pub fn memory() -> Self {
        Storage::Memory(Arc::new(MemoryDisk::new()))
    }

    fn disk(&self) -> Arc<dyn Disk> {
        match self {
            Storage::Memory(disk) => disk.clone(),
            Storage::Faulty(disk) => disk.clone(),
            Storage::Folder(folder) => Arc::new(FileDisk::new(folder.path().join("database")).unwrap()),
        }
    }

    fn copy_path(&self, number: u64) -> PathBuf {
        let name = format!("copy {number}");
        match self {
            Storage::Folder(folder) => folder.path().join(name),
            Storage::Memory(_) | Storage::Faulty(_) => name.into(),
        }
    }

    fn copy(&self, path: &Path) -> Arc<dyn Disk> {
        match self {
            Storage::Memory(disk) => disk.folder(path).unwrap(),
            Storage::Faulty(disk) => disk.live().folder(path).unwrap(),
            Storage::Folder(_) => Arc::new(FileDisk::new(path).unwrap()),
        }
    }
}

/// Where a run takes place, and with which settings.
pub struct Place {
    pub storage: Storage,
    pub options: Options,
    /// The clock of the settings, when it stands still unless it is moved: then commit times are compared, too.
    pub clock: Option<Arc<ManualClock>>,
}

impl Place {
    pub fn new(storage: Storage, options: Options) -> Self {
        Place { storage, options, clock: None }
    }

    /// Versions stay readable for a while.
    pub fn with_history(storage: Storage, options: Options) -> Self {
        let clock = Arc::new(ManualClock::new(1_800_000_000_000));
        let retention = Duration::from_millis(150);
        let options = Options { retention, clock: clock.clone(), ..options };
        Place { storage, options, clock: Some(clock) }
    }

    fn open(&self) -> Engine {
        Engine::open(self.storage.disk(), self.options.clone()).unwrap()
    }

    /// Whether what was acknowledged is there after a reopening.
    fn is_durable(&self) -> bool {
        self.options.durability != Durability::None
    }
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
    seed: u64,
    random: Random,
    place: Place,
    engine: Engine,
    model: Model,
    snapshots: Vec<Snapshot>,
    /// Scans under way, with the rows that they still have to show.
    scans: Vec<(Scan, std::vec::IntoIter<ModelRow>)>,
    dropped_max: u32,
    copy_count: u64,
    /// The last commit, whether it is published or not.
    last: SeqNo,
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
            seed,
            random: Random::new(seed),
            engine: place.open(),
            place,
            model: Model::default(),
            snapshots: Vec::new(),
            scans: Vec::new(),
            dropped_max: 0,
            copy_count: 0,
            last: SeqNo(0),
        }
    }

    fn step(&mut self) {
        if let Some(clock) = &self.place.clock
            && self.random.one_in(2)
        {
            clock.advance(Duration::from_micros(self.random.below(2_500)));
        }
        match self.random.below(1000) {
            0..580 => self.write(),
            580..770 => self.read(),
            770..850 => self.scan(),
            850..870 => self.start_scan(),
            870..910 => self.continue_scans(),
            910..935 => self.take_snapshot(),
            935..945 => self.look_back(),
            945..985 if !self.snapshots.is_empty() => {
                let at = self.random.below(self.snapshots.len() as u64) as usize;
                self.snapshots.swap_remove(at);
            }
            985..988 => self.engine.flush().unwrap(),
            988..990 => self.engine.verify().unwrap(),
            990..992 if self.place.is_durable() => self.check_copy(),
            992..994 if self.place.is_durable() => self.reopen(),
            994..997 => self.cut_power(),
            _ => {}
        }
    }

    fn reopen(&mut self) {
        self.snapshots.clear();
        self.scans.clear();
        let snapshot = self.engine.snapshot();
        self.model.check_all(&self.engine, &snapshot, SPACES, "before closing");
        drop(snapshot);
        self.engine.close().unwrap();
        self.engine = self.place.open();
        let snapshot = self.engine.snapshot();
        assert_eq!(snapshot.seqno(), self.last);
        self.model.check_all(&self.engine, &snapshot, SPACES, "reopened");
    }

    /// Cuts the power while some commits are not acknowledged, and goes on with what is left.
    fn cut_power(&mut self) {
        let Storage::Faulty(disk) = &self.place.storage else { return };
        let disk = Arc::clone(disk);
        let acknowledged = match self.place.options.durability {
            Durability::Sync => self.last,
            Durability::Relaxed { .. } | Durability::None => SeqNo(0),
        };
        let pending: Vec<Ticket> = (0..self.random.below(4)).map(|_| self.commit()).collect();
        let cut = disk.power_cut();
        let endings = cut.endings();
        let ending = endings[self.random.below(endings.len() as u64) as usize];
        self.snapshots.clear();
        self.scans.clear();
        drop(pending);
        let left = cut.disk(ending).unwrap();
        self.place.storage = Storage::Faulty(Arc::new(FaultyDisk::with_content_of(&left).unwrap()));
        self.engine = self.place.open();
        let found = self.engine.published();
        assert!((acknowledged..=self.last).contains(&found), "{acknowledged} was acknowledged, {found} is there");
        self.last = found;
        self.model.truncate(found);
        let context = format!("{ending:?} with {acknowledged} acknowledged, {found} found, {seed}", seed = self.seed);
        self.model.check_all(&self.engine, &self.engine.snapshot(), SPACES, &context);
    }

    fn check_copy(&mut self) {
        self.copy_count += 1;
        let path = self.place.storage.copy_path(self.copy_count);
        self.engine.checkpoint(&path).unwrap();
        let copy = Engine::open(self.place.storage.copy(&path), self.place.options.clone()).unwrap();
        assert_eq!(copy.published(), self.last, "the copy is not whole");
        self.model.check_all(&copy, &copy.snapshot(), SPACES, "in the copy");
        copy.verify().unwrap();
    }

    fn write(&mut self) {
        self.commit().wait().unwrap();
        assert_eq!(self.engine.published(), self.last);
    }

    /// Commits something, and compares what the transaction sees.
    fn commit(&mut self) -> Ticket {
        let at = self.last;
        let seqno = SeqNo(at.0 + 1);
        self.last = seqno;
        if let Some(clock) = &self.place.clock {
            self.model.note_time(seqno, clock.now_millis());
        }
        // The ids of dropped spaces are not used again.
        if self.random.one_in(400) && self.dropped_max < SPACES - 2 {
            let space = self.dropped_max;
            self.dropped_max += 1;
            self.model.drop_space(space, seqno);
            return self.engine.transact(&[], |_, batch| batch.drop_space(space)).unwrap().1;
        }
        let count = 1 + self.random.below(4);
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
        let fill = |batch: &mut WriteBatch| {
            for (key, value) in keys.iter().zip(&values) {
                match value {
                    Some(value) => batch.put(*key, value),
                    None => batch.delete(*key),
                }
            }
        };
        let ticket = if self.random.one_in(3) {
            let mut batch = WriteBatch::default();
            fill(&mut batch);
            self.engine.write(batch).unwrap()
        } else {
            let decide = |old: &[Option<Value>], batch: &mut WriteBatch| {
                for (key, old) in keys.iter().zip(old) {
                    let expected = self.model.get(*key, at);
                    assert_eq!(old.as_ref().map(|old| (old.seqno().0, &**old)), expected);
                }
                fill(batch);
            };
            self.engine.transact(&keys, decide).unwrap().1
        };
        for (key, value) in keys.iter().zip(&values) {
            match value {
                Some(value) => self.model.put(*key, value, seqno),
                None => self.model.delete(*key, seqno),
            }
        }
        ticket
    }

    fn some_snapshot(&mut self) -> Snapshot {
        match self.random.below(1 + self.snapshots.len() as u64) {
            0 => self.engine.snapshot(),
            at => self.snapshots[at as usize - 1].clone(),
        }
    }

    fn take_snapshot(&mut self) {
        if self.snapshots.len() < SNAPSHOTS_MAX {
            self.snapshots.push(self.engine.snapshot());
        }
    }

    /// Takes a snapshot of the past, by time and by number.
    fn look_back(&mut self) {
        let Some(clock) = &self.place.clock else { return };
        let now = clock.now_millis();
        let window_start = now - self.place.options.retention.as_millis() as u64;
        let asked = now - self.random.below(300);
        let expected = self.model.seqno_at(asked);
        let found = self.engine.seqno_at(asked);
        let context = format!("{asked}, in a window from {window_start} to {now}");
        match found {
            Some(found) => assert_eq!(found, expected.unwrap_or(SeqNo(0)), "{context}"),
            None => assert!(asked < window_start || expected.is_none(), "{context}: {expected:?} is not found"),
        }
        let past = match found {
            Some(found) if self.random.one_in(2) => self.engine.snapshot_at(found).unwrap(),
            _ => {
                let seqno = SeqNo(self.random.below(self.last.0 + 1));
                match self.engine.snapshot_at(seqno) {
                    Ok(past) => past,
                    Err(Error::SnapshotTooOld { .. }) => {
                        let oldest = self.model.seqno_at(window_start).unwrap_or(SeqNo(0));
                        assert!(seqno < oldest, "{seqno} is not before {oldest}, where the window starts");
                        return;
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        };
        self.model.check_all(&self.engine, &past, SPACES, "in the past");
        if self.snapshots.len() < SNAPSHOTS_MAX {
            self.snapshots.push(past);
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

    /// Hands a random range on.
    fn with_range<R>(&mut self, run: impl FnOnce(&mut Self, ScanRange<'_>, Direction) -> R) -> R {
        let space = self.random.below(SPACES.into()) as u32;
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
        run(self, range, direction)
    }

    fn scan(&mut self) {
        let snapshot = self.some_snapshot();
        self.with_range(|run, range, direction| {
            let found = scan_all(&run.engine, &snapshot, range, direction);
            let expected = run.model.range(range, direction, snapshot.seqno());
            assert_same(&found, &expected, &format!("{range:?} {direction:?}"));
        });
    }

    /// Starts a scan that goes on while other things happen.
    fn start_scan(&mut self) {
        if self.scans.len() == SCANS_MAX {
            let oldest = self.scans.remove(0);
            Self::show(oldest, usize::MAX);
        }
        let snapshot = self.some_snapshot();
        self.with_range(|run, range, direction| {
            let expected = run.model.range(range, direction, snapshot.seqno());
            run.scans.push((run.engine.scan(&snapshot, range, direction), expected.into_iter()));
        });
    }

    fn continue_scans(&mut self) {
        let count = 1 + self.random.below(20) as usize;
        self.scans = std::mem::take(&mut self.scans).into_iter().filter_map(|scan| Self::show(scan, count)).collect();
    }

    /// Compares the next rows of a scan; `None` when it has ended.
    fn show(
        (mut scan, mut expected): (Scan, std::vec::IntoIter<ModelRow>),
        count: usize,
    ) -> Option<(Scan, std::vec::IntoIter<ModelRow>)> {
        for _ in 0..count {
            let found = scan
                .next()
                .unwrap()
                .map(|row| (row.partition.to_vec(), row.sort.to_vec(), row.seqno.0, row.value.to_vec()));
            let row = expected.next().map(|((_, _, partition, sort), seqno, value)| (partition, sort, seqno, value));
            assert_eq!(found, row);
            found?;
        }
        Some((scan, expected))
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
