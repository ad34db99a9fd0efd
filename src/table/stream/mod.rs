//! DynamoDB Streams: the changes of a table's items, in order, for 24 hours.
//!
//! A record is put by the write that it tells of, in the same batch, so it is there exactly if the write is, becomes visible
//! with it, and follows the order of commits. Each [`Shard`] is a space of the engine that holds nothing but its records,
//! filed under their sequence numbers; a shard whose records are all too old is dropped as a whole.
//!
//! Which shard takes a change is read under the latch of the changed row, as everything that a write derives. That keeps the
//! changes of one item in order when its shard is closed: a write that still goes to the parent holds the latch that a write
//! to the child has to wait for. The parent counts as closed only when a barrier has let every such write pass.

mod catalog;
mod change_record;
mod iterator;
mod read;
mod shard;
#[cfg(test)]
mod tests;
mod upkeep;

pub(crate) use catalog::Streams;
pub(crate) use change_record::{ChangeRecord, RowChange};
pub(crate) use iterator::ShardIterator;
pub(crate) use read::PositionFault;
pub(crate) use shard::Shard;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use kstone_engine::{SpaceId, WriteBatch};

use super::error::StoreError;
use super::key_codec::RowKey;
use super::state::Namespace;
use crate::validation::sequence_number::SequenceNumber;
use crate::validation::table_definition::{BillingMode, StreamViewType, TableDefinition};
use crate::validation::{KeySchema, TableName};
use shard::Phase;

/// Records are kept for 24 hours, and so is a stream after it was disabled.
pub(crate) const RETENTION_MILLIS: u64 = 24 * 3600 * 1000;

/// One stream of a table, from when it is enabled until 24 hours after it was disabled. It outlives its table.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) namespace: Namespace,
    pub(crate) table: TableName,
    /// When it was enabled, which also names it: no two streams of a table have the same time.
    pub(crate) created_millis: u64,
    pub(crate) view: StreamViewType,
    pub(crate) key_schema: KeySchema,
    /// Random: makes the ids of events differ from those of every other stream, of other databases too.
    event_salt: u128,
    state: ArcSwap<StreamState>,
    /// The newest time that a record has. Records never go back in time, whatever the clock does.
    newest_millis: AtomicU64,
}

/// What a stream is at one moment.
#[derive(Clone, Debug)]
pub(crate) struct StreamState {
    pub(crate) disabled_millis: Option<u64>,
    /// In the order of their creation.
    pub(crate) shards: Vec<Shard>,
    /// Where in `shards` the open ones are, by position.
    open: Vec<usize>,
}

impl Stream {
    /// A stream that is enabled now, with as many shards as the table's throughput asks for.
    pub(super) fn create(
        namespace: &Namespace,
        definition: &TableDefinition,
        view: StreamViewType,
        created_millis: u64,
        start_commit: u64,
        mut space: impl FnMut() -> Result<SpaceId, StoreError>,
    ) -> Result<Stream, StoreError> {
        let (read_units, write_units) = partition_units(definition);
        let shards = shard::stretches(shard::initial_count(read_units, write_units))
            .map(|stretch| Ok(Shard::open(space()?, stretch, created_millis, start_commit)))
            .collect::<Result<_, StoreError>>()?;
        Ok(Stream {
            namespace: namespace.clone(),
            table: definition.name.clone(),
            created_millis,
            view,
            key_schema: definition.key_schema.clone(),
            event_salt: uuid::Uuid::new_v4().as_u128(),
            state: ArcSwap::from_pointee(StreamState::new(None, shards)),
            newest_millis: AtomicU64::new(created_millis),
        })
    }

    pub(crate) fn state(&self) -> Arc<StreamState> {
        self.state.load_full()
    }

    /// Puts the record of a change into the batch that makes the change; nothing if nothing changed. Called under the latch of
    /// the row. Says whether the shard has become large enough for upkeep to look at it.
    pub(super) fn append(&self, batch: &mut WriteBatch, row: &RowKey, change: &RowChange<'_>, now: u64) -> bool {
        let created = now.max(self.newest_millis.fetch_max(now, Ordering::Relaxed));
        let Some(record) = change_record::encode(change, &self.key_schema, self.view, created) else { return false };
        let position = kstone_engine::position_of(&row.partition);
        let state = self.state.load();
        let Some(shard) = state.open_shard(position) else { return false };
        batch.put_stamped(shard.space, &shard.partition(), &[], &record);
        shard.load.add(record.len() as u64)
    }

    /// 32 hexadecimal digits that no other event has.
    pub(crate) fn event_id(&self, shard: &Shard, number: SequenceNumber) -> String {
        let place = (u128::from(shard.space) << 96) | (u128::from(number.commit) << 32) | u128::from(number.ordinal);
        format!("{:032x}", self.event_salt ^ place)
    }
}

impl StreamState {
    fn new(disabled_millis: Option<u64>, shards: Vec<Shard>) -> StreamState {
        let is_open = |at: &usize| shards.get(*at).is_some_and(|shard| shard.phase == Phase::Open);
        let mut open: Vec<usize> = (0..shards.len()).filter(is_open).collect();
        open.sort_by_key(|at| shards.get(*at).map(|shard| shard.first));
        StreamState { disabled_millis, shards, open }
    }

    pub(crate) fn is_disabled(&self) -> bool {
        self.disabled_millis.is_some()
    }

    /// Whether writes that began before the stream was disabled may still add to it.
    pub(crate) fn is_closing(&self) -> bool {
        self.shards.iter().any(|shard| shard.phase == Phase::Closing)
    }

    /// What becomes of a stream that is disabled now.
    pub(super) fn disabled(&self, now: u64) -> StreamState {
        let mut shards = self.shards.clone();
        shards.iter_mut().filter(|shard| shard.phase == Phase::Open).for_each(|shard| shard.phase = Phase::Closing);
        StreamState::new(Some(now), shards)
    }

    fn open_shard(&self, position: u32) -> Option<&Shard> {
        // Open shards cover all positions: the first that does not end before this one holds it.
        let ends_before = |at: &usize| self.shards.get(*at).is_some_and(|shard| shard.last < position);
        self.open.get(self.open.partition_point(ends_before)).and_then(|at| self.shards.get(*at))
    }
}

/// The throughput for which AWS would give the table partitions from the start.
fn partition_units(definition: &TableDefinition) -> (u64, u64) {
    let warm = definition.warm_throughput.unwrap_or_default();
    let asked = (warm.read_units_per_second.unwrap_or(0), warm.write_units_per_second.unwrap_or(0));
    match definition.billing_mode {
        BillingMode::PayPerRequest => asked,
        BillingMode::Provisioned => {
            let throughput = definition.throughput;
            (throughput.read_units.max(asked.0), throughput.write_units.max(asked.1))
        }
    }
}
