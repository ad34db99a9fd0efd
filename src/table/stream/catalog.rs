//! Which streams there are: rows of the catalog, and the same in memory.
//!
//! ```text
//! space 0, partition "stream", sort  access key 00 Region 00 table 00 created u64 BE      JSON, see `StreamRecord`
//! ```
//!
//! Rows are written under the latch of the catalog's counter of spaces, by the calls that change tables and by upkeep.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arc_swap::ArcSwap;
use kstone_engine::{Direction, Engine, Key, ScanRange, WriteBatch};
use serde::{Deserialize, Serialize};

use super::shard::Shard;
use super::{Stream, StreamState};
use crate::table::catalog::CATALOG_SPACE;
use crate::table::error::StoreError;
use crate::table::state::Namespace;
use crate::validation::table_definition::StreamViewType;
use crate::validation::{KeySchema, TableName};

const STREAMS: &[u8] = b"stream";
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct StreamRecord {
    version: u32,
    access_key: String,
    region: String,
    table: TableName,
    created_millis: u64,
    view: StreamViewType,
    key_schema: KeySchema,
    /// Hexadecimal.
    event_salt: String,
    disabled_millis: Option<u64>,
    shards: Vec<Shard>,
}

/// Namespace, table, time of creation: the order in which streams are listed.
type StreamKey = (Namespace, String, u64);

/// The streams of all tables, those that are gone included. Looking one up takes no lock.
pub(crate) struct Streams(ArcSwap<BTreeMap<StreamKey, Arc<Stream>>>);

impl Streams {
    pub(in crate::table) fn load(engine: &Engine) -> Result<Streams, StoreError> {
        let snapshot = engine.snapshot();
        let range = ScanRange::Partition {
            space: CATALOG_SPACE,
            partition: STREAMS,
            lower: Bound::Unbounded,
            upper: Bound::Unbounded,
        };
        let mut rows = engine.scan(&snapshot, range, Direction::Forward);
        let mut streams = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let stream = decode(row.value).map_err(|what| corrupt(format!("{}: {what}", shown_row(row.sort))))?;
            stream.resume(engine, &snapshot)?;
            streams.insert(key_of(&stream), Arc::new(stream));
        }
        Ok(Streams(ArcSwap::from_pointee(streams)))
    }

    /// All streams that a table of that name has or had, oldest first.
    pub(crate) fn of_table(&self, namespace: &Namespace, table: &str) -> Vec<Arc<Stream>> {
        let streams = self.0.load();
        let bound = |millis| (namespace.clone(), table.to_string(), millis);
        streams.range(bound(0)..=bound(u64::MAX)).map(|(_, stream)| Arc::clone(stream)).collect()
    }

    /// The streams of a namespace from a table on, by table and then by age.
    pub(crate) fn list_from(&self, namespace: &Namespace, table: &str) -> Vec<Arc<Stream>> {
        let streams = self.0.load();
        let from_there = streams.range((namespace.clone(), table.to_string(), 0)..);
        from_there.take_while(|((of, ..), _)| of == namespace).map(|(_, stream)| Arc::clone(stream)).collect()
    }

    pub(crate) fn get(&self, namespace: &Namespace, table: &str, created_millis: u64) -> Option<Arc<Stream>> {
        self.0.load().get(&(namespace.clone(), table.to_string(), created_millis)).cloned()
    }

    pub(in crate::table) fn all(&self) -> Vec<Arc<Stream>> {
        self.0.load().values().cloned().collect()
    }

    pub(in crate::table) fn is_empty(&self) -> bool {
        self.0.load().is_empty()
    }

    /// A time for a new stream of the table: now, or as soon after it as no stream has yet.
    pub(in crate::table) fn free_millis(&self, namespace: &Namespace, table: &str, now: u64) -> u64 {
        let newest = self.of_table(namespace, table).last().map(|stream| stream.created_millis);
        newest.map_or(now, |newest| now.max(newest + 1))
    }

    pub(in crate::table) fn insert(&self, stream: &Arc<Stream>) {
        self.0.rcu(|streams| {
            let mut streams = BTreeMap::clone(streams);
            streams.insert(key_of(stream), Arc::clone(stream));
            streams
        });
    }

    pub(super) fn remove(&self, stream: &Stream) {
        self.0.rcu(|streams| {
            let mut streams = BTreeMap::clone(streams);
            streams.remove(&key_of(stream));
            streams
        });
    }
}

impl Stream {
    /// Puts the stream's row as it is in `state`.
    pub(in crate::table) fn put_row(&self, batch: &mut WriteBatch, state: &StreamState) -> Result<(), StoreError> {
        let record = StreamRecord {
            version: VERSION,
            access_key: self.namespace.access_key.to_string(),
            region: self.namespace.region.to_string(),
            table: self.table.clone(),
            created_millis: self.created_millis,
            view: self.view,
            key_schema: self.key_schema.clone(),
            event_salt: format!("{:032x}", self.event_salt),
            disabled_millis: state.disabled_millis,
            shards: state.shards.clone(),
        };
        let json = serde_json::to_vec(&record);
        let json = json.map_err(|error| corrupt(format!("stream of {}: {error}", self.table)))?;
        batch.put(Key { space: CATALOG_SPACE, partition: STREAMS, sort: &row_sort(self) }, &json);
        Ok(())
    }

    pub(super) fn delete_row(&self, batch: &mut WriteBatch) {
        batch.delete(Key { space: CATALOG_SPACE, partition: STREAMS, sort: &row_sort(self) });
    }

    /// Takes over a state whose row has been written.
    pub(in crate::table) fn set_state(&self, state: StreamState) {
        self.state.store(Arc::new(state));
    }
}

fn decode(bytes: &[u8]) -> Result<Stream, String> {
    let record: StreamRecord = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if record.version > VERSION {
        return Err(format!("it is of version {}; this program reads up to {VERSION}", record.version));
    }
    let salt = u128::from_str_radix(&record.event_salt, 16);
    Ok(Stream {
        namespace: Namespace { access_key: record.access_key.into(), region: record.region.into() },
        event_salt: salt.map_err(|error| format!("event salt: {error}"))?,
        table: record.table,
        created_millis: record.created_millis,
        view: record.view,
        key_schema: record.key_schema,
        state: ArcSwap::from_pointee(StreamState::new(record.disabled_millis, record.shards)),
        newest_millis: AtomicU64::new(record.created_millis),
    })
}

fn key_of(stream: &Stream) -> StreamKey {
    (stream.namespace.clone(), stream.table.as_str().to_string(), stream.created_millis)
}

fn row_sort(stream: &Stream) -> Vec<u8> {
    let Namespace { access_key, region } = &stream.namespace;
    let parts = [access_key.as_bytes(), region.as_bytes(), stream.table.as_str().as_bytes()];
    let mut sort = parts.map(|part| [part, b"\0"].concat()).concat();
    sort.extend_from_slice(&stream.created_millis.to_be_bytes());
    sort
}

/// Whose record a row is, for a person to read.
fn shown_row(sort: &[u8]) -> String {
    match sort.splitn(4, |&byte| byte == 0).map(String::from_utf8_lossy).collect::<Vec<_>>()[..] {
        [ref access_key, ref region, ref table, _] => {
            format!("stream of table {table} of access key {access_key:?} in {region:?}")
        }
        _ => format!("the row {} of a stream", sort.escape_ascii()),
    }
}

fn corrupt(what: String) -> StoreError {
    StoreError::CorruptCatalog { what }
}
