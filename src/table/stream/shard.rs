//! Shards of a stream: which partitions each one takes, how one becomes others, and when.
//!
//! A shard takes the changes of the items whose partitions lie in its stretch of positions. Open shards cover all positions
//! and do not overlap, so the changes of one item follow each other in one shard, or in a shard and then its child. A shard
//! that has taken enough is *split* into two halves, or *rolled* into one child of the same stretch; it then takes no more,
//! and a consumer reads it to its end before its children.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use kstone_engine::SpaceId;
use serde::{Deserialize, Serialize};

use crate::validation::sequence_number::SequenceNumber;

/// A shard that took this many changes is split, as long as there are fewer than [`OPEN_SHARDS_MAX`] open ones.
pub(super) const SPLIT_RECORDS: u64 = 10_000;
pub(super) const SPLIT_BYTES: u64 = 64 << 20;
const OPEN_SHARDS_MAX: usize = 8;
/// After that it is rolled, rarely enough for a stream to have at most some hundred shards in a day.
const ROLL_RECORDS: u64 = 1_000_000;
const ROLL_BYTES: u64 = 4 << 30;
/// AWS rolls its shards about every four hours. What is trimmed is given back in whole shards.
const ROLL_MILLIS: u64 = 4 * 3600 * 1000;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Shard {
    /// Holds the records, and nothing else.
    pub(crate) space: SpaceId,
    pub(crate) parent_id: Option<String>,
    pub(crate) created_millis: u64,
    /// The stretch of positions, first and last.
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// No record has a commit before this one.
    pub(crate) start_commit: u64,
    pub(crate) phase: Phase,
    #[serde(skip)]
    pub(crate) load: Arc<Load>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    Open,
    /// Its children are open, but a write that began before them may still come here.
    Closing,
    Closed {
        end_commit: u64,
        end_ordinal: u32,
        closed_millis: u64,
    },
}

/// What a shard has taken since it was opened. After a start of the server what it held before is counted, as far as a split
/// needs.
#[derive(Debug, Default)]
pub(crate) struct Load {
    records: AtomicU64,
    bytes: AtomicU64,
    /// What the shard held at the start of the server is still to be counted.
    is_uncounted: AtomicBool,
}

impl Load {
    /// The shard holds records from before the start of the server.
    pub(super) fn resume(&self) {
        // One of them is known of.
        self.records.fetch_max(1, Ordering::Relaxed);
        self.is_uncounted.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_uncounted(&self) -> bool {
        self.is_uncounted.load(Ordering::Relaxed)
    }

    /// Takes over how much the shard holds, which includes what it took since the start.
    pub(super) fn count(&self, records: u64, bytes: u64) {
        self.records.fetch_max(records, Ordering::Relaxed);
        self.bytes.fetch_max(bytes, Ordering::Relaxed);
        self.is_uncounted.store(false, Ordering::Relaxed);
    }

    /// Notes a record. Says whether the shard has just become large enough to be looked at.
    pub(super) fn add(&self, bytes: u64) -> bool {
        let records = self.records.fetch_add(1, Ordering::Relaxed) + 1;
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let crosses = |limit: u64| before < limit && before + bytes >= limit;
        records == SPLIT_RECORDS || records == ROLL_RECORDS || crosses(SPLIT_BYTES) || crosses(ROLL_BYTES)
    }
}

/// How a shard goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rollover {
    Split,
    Roll,
}

impl Shard {
    pub(super) fn open(space: SpaceId, stretch: (u32, u32), created_millis: u64, start_commit: u64) -> Shard {
        Shard {
            space,
            parent_id: None,
            created_millis,
            first: stretch.0,
            last: stretch.1,
            start_commit,
            phase: Phase::Open,
            load: Arc::default(),
        }
    }

    /// 37 characters, as SDKs want between 28 and 65. The ids of a stream's shards sort by their creation.
    pub(crate) fn id(&self) -> String {
        format!("shardId-{:020}-{:08x}", self.created_millis, self.space)
    }

    pub(crate) fn start(&self) -> SequenceNumber {
        SequenceNumber::first_of(self.start_commit)
    }

    /// The last record's, or the start of a shard that took none; `None` while there may be more.
    pub(crate) fn end(&self) -> Option<SequenceNumber> {
        match self.phase {
            Phase::Open | Phase::Closing => None,
            Phase::Closed { end_commit, end_ordinal, .. } => {
                Some(SequenceNumber { commit: end_commit, ordinal: end_ordinal })
            }
        }
    }

    /// The engine partition that holds the records. It differs from shard to shard, so that they spread over the stripes.
    pub(super) fn partition(&self) -> [u8; 4] {
        self.space.to_be_bytes()
    }

    pub(super) fn rollover(&self, now: u64, open_count: usize) -> Option<Rollover> {
        let (records, bytes) = (self.load.records.load(Ordering::Relaxed), self.load.bytes.load(Ordering::Relaxed));
        let may_split = open_count < OPEN_SHARDS_MAX && self.first < self.last;
        if may_split && (records >= SPLIT_RECORDS || bytes >= SPLIT_BYTES) {
            return Some(Rollover::Split);
        }
        let is_old = records > 0 && now.saturating_sub(self.created_millis) >= ROLL_MILLIS;
        (is_old || records >= ROLL_RECORDS || bytes >= ROLL_BYTES).then_some(Rollover::Roll)
    }

    /// The shards that go on after this one; `space` gives each its space.
    pub(super) fn children<E>(
        &self,
        rollover: Rollover,
        now: u64,
        start_commit: u64,
        mut space: impl FnMut() -> Result<SpaceId, E>,
    ) -> Result<Vec<Shard>, E> {
        let middle = self.first + (self.last - self.first) / 2;
        let stretches = match rollover {
            Rollover::Split => vec![(self.first, middle), (middle + 1, self.last)],
            Rollover::Roll => vec![(self.first, self.last)],
        };
        let created_millis = now.max(self.created_millis);
        let child = |stretch| {
            let child = Shard::open(space()?, stretch, created_millis, start_commit);
            Ok(Shard { parent_id: Some(self.id()), ..child })
        };
        stretches.into_iter().map(child).collect()
    }
}

/// Equal stretches that cover all positions.
pub(super) fn stretches(count: u32) -> impl Iterator<Item = (u32, u32)> {
    let count = u64::from(count.max(1));
    let boundary = move |index: u64| (index << 32) / count;
    (0..count).map(move |index| (boundary(index) as u32, (boundary(index + 1) - 1) as u32))
}

/// The number of shards that a new stream begins with: that of the partitions which AWS gives a table of such throughput, one
/// for each 1,000 write units or 3,000 read units.
pub(super) fn initial_count(read_units: u64, write_units: u64) -> u32 {
    let partitions = (read_units.saturating_mul(1) + write_units.saturating_mul(3)).div_ceil(3_000);
    partitions.clamp(1, OPEN_SHARDS_MAX as u64) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shard() -> Shard {
        Shard::open(7, (0, u32::MAX), 1_000, 3)
    }

    fn load(shard: &Shard, records: u64) {
        shard.load.records.store(records, Ordering::Relaxed);
    }

    proptest! {
        #[test]
        fn stretches_cover_every_position_once(count in 1u32..=64) {
            let stretches: Vec<_> = stretches(count).collect();
            prop_assert_eq!(stretches.len(), count as usize);
            prop_assert_eq!(stretches[0].0, 0);
            prop_assert_eq!(stretches[stretches.len() - 1].1, u32::MAX);
            prop_assert!(stretches.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0));
        }

        #[test]
        fn the_children_of_a_shard_take_exactly_its_positions(first: u32, length in 1u32..) {
            let parent = Shard::open(7, (first, first.saturating_add(length)), 1_000, 3);
            prop_assume!(parent.first < parent.last);
            let mut space = 8;
            let mut next = || { space += 1; Ok::<_, ()>(space) };
            let halves = parent.children(Rollover::Split, 2_000, 9, &mut next).unwrap();
            prop_assert_eq!((halves[0].first, halves[1].last), (parent.first, parent.last));
            prop_assert_eq!(halves[0].last + 1, halves[1].first);
            prop_assert!(halves.iter().all(|child| child.parent_id.as_deref() == Some(&*parent.id())));
            let rolled = parent.children(Rollover::Roll, 2_000, 9, &mut next).unwrap();
            prop_assert_eq!((rolled.len(), rolled[0].first, rolled[0].last), (1, parent.first, parent.last));
        }
    }

    #[test]
    fn an_id_is_long_enough_for_sdks_and_sorts_by_creation() {
        let parent = shard();
        assert_eq!(parent.id(), "shardId-00000000000000001000-00000007");
        let mut space = 7;
        let children = parent.children(Rollover::Split, 500, 9, || {
            space += 1;
            Ok::<_, ()>(space)
        });
        // The clock was set back, and still a child comes after its parent.
        assert!(children.unwrap().iter().all(|child| child.id() > parent.id()));
    }

    #[test]
    fn a_shard_is_split_while_there_are_few_and_rolled_after_that() {
        let shard = shard();
        assert_eq!(shard.rollover(1_000 + ROLL_MILLIS, 1), None, "it is empty");
        load(&shard, 1);
        assert_eq!(shard.rollover(1_000, 1), None);
        assert_eq!(shard.rollover(1_000 + ROLL_MILLIS, 1), Some(Rollover::Roll));
        load(&shard, SPLIT_RECORDS);
        assert_eq!(shard.rollover(1_000, OPEN_SHARDS_MAX - 1), Some(Rollover::Split));
        assert_eq!(shard.rollover(1_000, OPEN_SHARDS_MAX), None);
        load(&shard, ROLL_RECORDS);
        assert_eq!(shard.rollover(1_000, OPEN_SHARDS_MAX), Some(Rollover::Roll));
    }

    #[test]
    fn provisioned_tables_begin_with_a_shard_for_each_partition() {
        for (read, write, shards) in
            [(0, 0, 1), (5, 5, 1), (3_000, 0, 1), (3_000, 1, 2), (0, 4_000, 4), (0, 1 << 40, 8)]
        {
            assert_eq!(initial_count(read, write), shards, "{read} {write}");
        }
    }
}
