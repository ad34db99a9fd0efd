//! The catalog's record of a table, as stored: JSON, because it is small, rarely read and has to outlive the types it is made
//! of. A record of a newer version is refused.

use std::sync::Arc;

use kstone_engine::SpaceId;
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::state::{
    IndexKind, IndexState, IndexStatus, Namespace, SettingTimes, Statistics, Table, TableState, VectorIndexState,
};
use super::stream::Streams;
use super::ttl::Ttl;
use crate::validation::table_definition::{Index, TableDefinition};

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct TableRecord {
    version: u32,
    access_key: String,
    region: String,
    id: String,
    created_at_millis: u64,
    space: SpaceId,
    collections: Option<SpaceId>,
    definition: TableDefinition,
    indexes: Vec<IndexRecord>,
    vector_indexes: Vec<VectorIndexRecord>,
    ttl: Option<TtlRecord>,
    times: SettingTimes,
}

#[derive(Serialize, Deserialize)]
struct IndexRecord {
    name: String,
    space: SpaceId,
    status: IndexStatus,
}

#[derive(Serialize, Deserialize)]
struct TtlRecord {
    attribute: String,
    space: SpaceId,
    is_filled: bool,
}

#[derive(Serialize, Deserialize)]
struct VectorIndexRecord {
    name: String,
    status: IndexStatus,
}

pub(super) fn encode(table: &Table, state: &TableState) -> Result<Vec<u8>, StoreError> {
    let record = TableRecord {
        version: VERSION,
        access_key: table.namespace.access_key.to_string(),
        region: table.namespace.region.to_string(),
        id: table.id.clone(),
        created_at_millis: table.created_at_millis,
        space: state.space,
        collections: state.collections,
        definition: state.definition.clone(),
        indexes: state
            .indexes
            .iter()
            .map(|index| IndexRecord { name: index.name.clone(), space: index.space, status: index.status })
            .collect(),
        vector_indexes: state
            .vector_indexes
            .iter()
            .map(|index| VectorIndexRecord { name: index.name.clone(), status: index.status })
            .collect(),
        ttl: state.ttl.as_ref().map(|ttl| TtlRecord {
            attribute: ttl.attribute.clone(),
            space: ttl.space,
            is_filled: ttl.is_filled,
        }),
        times: state.times,
    };
    serde_json::to_vec(&record).map_err(|error| StoreError::CorruptCatalog { what: format!("{}: {error}", table.name) })
}

pub(super) fn decode(bytes: &[u8], streams: &Streams) -> Result<Table, StoreError> {
    let corrupt = |what: String| StoreError::CorruptCatalog { what };
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    let versioned: Versioned =
        serde_json::from_slice(bytes).map_err(|error| corrupt(format!("table record: {error}")))?;
    if versioned.version > VERSION {
        let found = versioned.version;
        return Err(corrupt(format!("table record of version {found}; this program reads up to {VERSION}")));
    }
    let record: TableRecord =
        serde_json::from_slice(bytes).map_err(|error| corrupt(format!("table record: {error}")))?;
    let mut indexes = Vec::with_capacity(record.indexes.len());
    for stored in &record.indexes {
        let index = record.definition.index(&stored.name);
        let index = index
            .ok_or_else(|| corrupt(format!("{}: no definition of index {}", record.definition.name, stored.name)))?;
        indexes.push(index_state(index, stored.space, stored.status));
    }
    let vector_indexes = record
        .vector_indexes
        .into_iter()
        .map(|index| VectorIndexState { name: index.name, status: index.status })
        .collect();
    let namespace = Namespace { access_key: record.access_key.into(), region: record.region.into() };
    let name = record.definition.name.as_str();
    let stream = record.times.stream_enabled.and_then(|millis| streams.get(&namespace, name, millis));
    let stream = stream.filter(|stream| !stream.state().is_disabled());
    if stream.is_none() && record.definition.stream.is_some() {
        return Err(corrupt(format!("{name}: no record of its stream")));
    }
    let ttl = record.ttl.map(|ttl| Ttl::new(ttl.attribute, ttl.space, ttl.is_filled));
    let state = TableState {
        definition: record.definition,
        space: record.space,
        collections: record.collections,
        indexes,
        vector_indexes,
        stream,
        ttl,
        times: record.times,
    };
    Ok(Table::new(namespace, record.id, record.created_at_millis, state))
}

/// The running state of an index that is defined by `index` and lies in `space`.
pub(super) fn index_state(index: Index<'_>, space: SpaceId, status: IndexStatus) -> IndexState {
    IndexState {
        name: index.name().to_string(),
        kind: match index {
            Index::Local(_) => IndexKind::Local,
            Index::Global(_) => IndexKind::Global,
        },
        key_schema: index.key_schema().clone(),
        projection: index.projection().clone(),
        space,
        status,
        statistics: Arc::new(Statistics::default()),
    }
}
