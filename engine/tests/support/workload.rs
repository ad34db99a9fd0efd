//! A small deterministic workload that touches every kind of file, for crashes and failures.

use kstone_engine::{Compression, Durability, Engine, Error, Key, Options, SeqNo};

use super::{Model, Random};

pub const SPACES: u32 = 3;

/// Everything happens on the calling thread, and budgets are so small that flushes, compactions, new WAL files and
/// new manifests come every few commits.
pub fn options(durability: Durability) -> Options {
    Options {
        durability,
        background_threads: 0,
        compression: Compression::None,
        memtable_bytes_max: 6_000,
        stripe_memtable_bytes_max: 2_000,
        wal_file_bytes: 400,
        wal_bytes_max: 1_200,
        manifest_bytes_min: 1_500,
        block_cache_bytes: 100_000,
        compaction_trigger: 3,
        ..Options::default()
    }
}

/// What a workload did so far.
#[derive(Default)]
pub struct Workload {
    pub model: Model,
    /// The last commit that was acknowledged, and how many changes the disk had seen by then.
    pub acknowledged: Vec<(SeqNo, usize)>,
    pub dropped: u32,
    /// Values repeat themselves.
    pub is_compressible: bool,
}

impl Workload {
    /// Makes random commits until one fails. `change_count` is asked after each acknowledgement.
    pub fn run(
        &mut self,
        engine: &Engine,
        random: &mut Random,
        commits: usize,
        change_count: impl Fn() -> usize,
    ) -> Result<(), Error> {
        for _ in 0..commits {
            let at = engine.published();
            self.commit(engine, random)?;
            let seqno = engine.published();
            assert!(seqno > at);
            self.acknowledged.push((seqno, change_count()));
            if random.one_in(20) {
                engine.flush()?;
            }
        }
        Ok(())
    }

    fn commit(&mut self, engine: &Engine, random: &mut Random) -> Result<(), Error> {
        let seqno = SeqNo(engine.published().0 + 1);
        if random.one_in(40) && self.dropped + 1 < SPACES {
            let space = self.dropped;
            self.dropped += 1;
            self.model.drop_space(space, seqno);
            return engine.transact(&[], |_, batch| batch.drop_space(space))?.1.wait();
        }
        let count = 1 + random.below(3);
        let keys: Vec<(u32, Vec<u8>)> =
            (0..count).map(|_| (self.living_space(random), vec![b'a' + random.below(9) as u8])).collect();
        let keys: Vec<Key<'_>> =
            keys.iter().map(|(space, partition)| Key { space: *space, partition, sort: b"s" }).collect();
        let values: Vec<Option<Vec<u8>>> = keys
            .iter()
            .map(|_| {
                let len = 20 + random.below(100) as usize;
                let value = if self.is_compressible { vec![b'a' + len as u8 % 26; 3 * len] } else { random.bytes(len) };
                (!random.one_in(5)).then_some(value)
            })
            .collect();
        for (key, value) in keys.iter().zip(&values) {
            match value {
                Some(value) => self.model.put(*key, value, seqno),
                None => self.model.delete(*key, seqno),
            }
        }
        let ((), ticket) = engine.transact(&keys, |_, batch| {
            for (key, value) in keys.iter().zip(&values) {
                match value {
                    Some(value) => batch.put(*key, value),
                    None => batch.delete(*key),
                }
            }
        })?;
        ticket.wait()
    }

    /// A space that was not dropped: ids are not used again.
    fn living_space(&self, random: &mut Random) -> u32 {
        self.dropped + random.below((SPACES - self.dropped).into()) as u32
    }

    /// The last commit that was acknowledged before the disk saw more than so many changes.
    pub fn acknowledged_by(&self, changes: usize) -> SeqNo {
        let known = self.acknowledged.iter().rev().find(|(_, at)| *at <= changes);
        known.map_or(SeqNo(0), |(seqno, _)| *seqno)
    }
}
