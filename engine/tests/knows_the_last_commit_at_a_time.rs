//! Which commit was the last one at a time is never answered with a later one, and what was readable at a time inside the
//! window stays so, whatever the retention was when the database was open before.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use kstone_engine::io::{Clock, FaultyDisk, ManualClock, Survivors};
use kstone_engine::{Compression, Durability, Engine, Key, Options, SeqNo, Ticket, WriteBatch};
use support::Random;

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);
const MONTH: Duration = Duration::from_secs(35 * 86_400);
const RETENTIONS: [Duration; 5] = [Duration::ZERO, SECOND, Duration::from_secs(600), DAY, MONTH];
/// How far apart the times may be that are kept over a month, thrice: openings with other retentions may add up.
const SLACK_MILLIS: u64 = 3 * 11_536;
const KEY: Key<'static> = Key { space: 1, partition: b"always", sort: b"" };

struct Run {
    random: Random,
    disk: Arc<FaultyDisk>,
    clock: Arc<ManualClock>,
    options: Options,
    engine: Engine,
    /// When each commit was made: not before those in front of it, whatever the clock said.
    times: Vec<u64>,
    /// From then on every moment was inside the window of all openings.
    kept_since: u64,
}

impl Run {
    fn new(seed: u64, durability: Durability, retention: Duration) -> Self {
        let clock = Arc::new(ManualClock::new(1_800_000_000_000));
        let options = Options {
            durability,
            retention,
            clock: clock.clone(),
            background_threads: 0,
            compression: Compression::None,
            compaction_trigger: 3,
            wal_file_bytes: 2_000,
            manifest_bytes_min: 2_000,
            ..Options::default()
        };
        let disk = Arc::new(FaultyDisk::new());
        let engine = Engine::open(disk.clone(), options.clone()).unwrap();
        Run { random: Random::new(seed), disk, clock, options, engine, times: Vec::new(), kept_since: 0 }
    }

    /// Every commit writes its number to one key, and something else to another.
    fn commit(&mut self) -> Ticket {
        self.times.push(self.clock.now_millis().max(self.last_millis()));
        let number = (self.times.len() as u64).to_be_bytes();
        let partition = [self.random.below(9) as u8];
        let other = Key { space: 1, partition: &partition, sort: b"" };
        let filler = self.random.bytes(30);
        let fill = |batch: &mut WriteBatch| {
            batch.put(KEY, &number);
            batch.put(other, &filler);
        };
        let ticket = self.engine.transact(&[KEY, other], |_, batch| fill(batch)).unwrap().1;
        self.note_window();
        ticket
    }

    fn advance(&mut self, by: Duration) {
        self.clock.advance(by);
        self.note_window();
    }

    fn note_window(&mut self) {
        let now = self.clock.now_millis().max(self.last_millis());
        self.kept_since = self.kept_since.max(now - self.options.retention.as_millis() as u64);
    }

    fn last_millis(&self) -> u64 {
        self.times.last().copied().unwrap_or(0)
    }

    fn reopen(&mut self, retention: Duration) {
        self.engine.close().unwrap();
        self.open(retention);
    }

    fn open(&mut self, retention: Duration) {
        self.options = Options { retention, clock: self.clock.clone(), ..self.options.clone() };
        self.note_window();
        self.engine = Engine::open(self.disk.clone(), self.options.clone()).unwrap();
        self.times.truncate(self.engine.published().0 as usize);
    }

    fn cut_power(&mut self, retention: Duration) {
        let pending: Vec<Ticket> = (0..self.random.below(3)).map(|_| self.commit()).collect();
        let cut = self.disk.power_cut();
        let endings: Vec<Survivors> = cut.endings();
        let ending = endings[self.random.below(endings.len() as u64) as usize];
        drop(pending);
        self.disk = Arc::new(FaultyDisk::with_content_of(&cut.disk(ending).unwrap()).unwrap());
        self.open(retention);
    }

    /// The last commit that was made by then.
    fn last_at(&self, millis: u64) -> u64 {
        self.times.partition_point(|made| *made <= millis) as u64
    }

    fn check_at(&self, asked: u64) {
        let truth = self.last_at(asked);
        let context = || format!("at {asked}, kept since {}", self.kept_since);
        let is_kept = asked >= self.kept_since;
        match self.engine.seqno_at(asked) {
            Some(SeqNo(found)) => {
                assert!(found <= truth, "{found} is later than {truth} {}", context());
                let earliest = self.last_at(asked - SLACK_MILLIS);
                assert!(!is_kept || found >= earliest, "{found} is earlier than {earliest} {}", context());
            }
            None => assert!(!is_kept, "{truth} is not found {}", context()),
        }
        if is_kept {
            let snapshot =
                self.engine.snapshot_at(SeqNo(truth)).unwrap_or_else(|error| panic!("{error} {}", context()));
            let value = self.engine.get_at(&snapshot, KEY).unwrap().map(|value| value.to_vec());
            assert_eq!(value, (truth > 0).then(|| truth.to_be_bytes().to_vec()), "{}", context());
        }
    }

    /// Asks for every commit's time and what is around it.
    fn check_all(&self) {
        for (at, &made) in self.times.iter().enumerate() {
            let next = self.times.get(at + 1).copied().unwrap_or(self.clock.now_millis().max(made));
            [made - 1, made, made + (next - made) / 2].into_iter().for_each(|asked| self.check_at(asked));
        }
    }

    fn check_some(&mut self) {
        for _ in 0..10 {
            let at = self.random.below(self.times.len() as u64 + 1) as usize;
            let from = self.times.get(at).copied().unwrap_or(self.kept_since.max(self.last_millis()));
            let span = self.random_span().as_millis() as u64;
            [from - 1, from, from + span].into_iter().for_each(|asked| self.check_at(asked));
        }
        let now = self.clock.now_millis();
        [self.kept_since, self.kept_since + 1, now].into_iter().for_each(|asked| self.check_at(asked));
    }

    fn random_span(&mut self) -> Duration {
        let millis_max = [3, 300, 20_000, 3_600_000, 40_000_000][self.random.below(5) as usize];
        Duration::from_millis(self.random.below(millis_max))
    }

    fn random_retention(&mut self) -> Duration {
        RETENTIONS[self.random.below(RETENTIONS.len() as u64) as usize]
    }

    fn step(&mut self) {
        match self.random.below(100) {
            0..50 => self.commit().wait().unwrap(),
            50..85 => {
                let span = self.random_span();
                self.advance(span);
            }
            85..90 => self.engine.flush().unwrap(),
            90..94 => self.check_some(),
            94..97 => {
                if self.random.one_in(3) {
                    let back = self.random_span().as_millis() as u64;
                    self.clock = Arc::new(ManualClock::new(self.clock.now_millis() - back));
                }
                let retention = self.random_retention();
                self.reopen(retention);
                self.check_some();
            }
            _ => {
                let retention = self.random_retention();
                self.cut_power(retention);
                self.check_some();
            }
        }
    }
}

/// Bursts with pauses, over some openings.
fn open_with(durability: Durability, retentions: &[Duration]) {
    let mut run = Run::new(1, durability, retentions[0]);
    for &retention in retentions {
        run.reopen(retention);
        for round in 0..4 {
            for _ in 0..12 {
                run.commit().wait().unwrap();
                run.advance(2 * SECOND);
            }
            run.advance(if round % 2 == 1 { 150 * SECOND } else { Duration::ZERO });
            if round == 2 {
                run.engine.flush().unwrap();
            }
            run.check_all();
        }
        if durability == Durability::None {
            run.engine.flush().unwrap();
        }
    }
}

#[test]
fn the_retention_is_shortened_and_lengthened() {
    open_with(Durability::Sync, &[MONTH, DAY, DAY * 10, MONTH, DAY]);
}

#[test]
fn there_is_no_retention_for_a_while() {
    open_with(Durability::Sync, &[Duration::ZERO, DAY, Duration::ZERO, MONTH, SECOND, MONTH]);
}

#[test]
fn there_is_no_log() {
    open_with(Durability::None, &[MONTH, DAY, MONTH, Duration::ZERO, MONTH]);
}

/// Nothing was flushed meanwhile, so nothing was given up.
#[test]
fn what_the_log_holds_is_known_from_before_the_window_of_an_earlier_run() {
    let mut run = Run::new(1, Durability::Sync, SECOND);
    for _ in 0..12 {
        run.commit().wait().unwrap();
        run.advance(100 * SECOND);
    }
    run.reopen(MONTH);
    run.kept_since = 0;
    run.check_all();
}

/// With power cuts, and a clock that is set back.
fn random_runs(first_seed: u64, durability: Durability, memtable_bytes_max: usize) {
    for seed in first_seed..first_seed + 100 {
        let mut run = Run::new(seed, durability, DAY);
        run.options.memtable_bytes_max = memtable_bytes_max;
        run.reopen(MONTH);
        (0..400).for_each(|_| run.step());
        run.check_all();
    }
}

#[test]
fn anything_happens_with_a_log() {
    random_runs(0, Durability::Sync, 4_000);
}

#[test]
fn anything_happens_with_a_log_that_is_synced_now_and_then() {
    random_runs(1_000, Durability::Relaxed { interval: SECOND }, 4_000);
}

/// What is not flushed is gone; all stripes are flushed together.
#[test]
fn anything_happens_without_a_log() {
    random_runs(2_000, Durability::None, 1 << 20);
}
