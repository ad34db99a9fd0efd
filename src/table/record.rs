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
    let versioned: Versioned = serde_json::from_slice(bytes).map_err(|error| corrupt(error.to_string()))?;
    if versioned.version > VERSION {
        let found = versioned.version;
        return Err(corrupt(format!("it is of version {found}; this program reads up to {VERSION}")));
    }
    let record: TableRecord = serde_json::from_slice(bytes).map_err(|error| corrupt(error.to_string()))?;
    let mut indexes = Vec::with_capacity(record.indexes.len());
    for stored in &record.indexes {
        let index = record.definition.index(&stored.name);
        let index = index.ok_or_else(|| corrupt(format!("no definition of index {}", stored.name)))?;
        indexes.push(index_state(index, stored.space, stored.status));
    }
    check_same_indexes(&record).map_err(corrupt)?;
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
        return Err(corrupt("no record of its stream".to_string()));
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

/// An index without a state would be defined and never written.
fn check_same_indexes(record: &TableRecord) -> Result<(), String> {
    let sorted = |mut names: Vec<&str>| {
        names.sort_unstable();
        names.join(", ")
    };
    let definition = &record.definition;
    let defined = definition.indexes().map(Index::name);
    let defined = sorted(defined.chain(definition.vector_indexes.iter().map(|index| index.name.as_str())).collect());
    let stored = record.indexes.iter().map(|index| index.name.as_str());
    let stored = sorted(stored.chain(record.vector_indexes.iter().map(|index| index.name.as_str())).collect());
    match defined == stored {
        true => Ok(()),
        false => Err(format!("it defines the indexes [{defined}] and says where [{stored}] are")),
    }
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

#[cfg(test)]
mod tests {
    use kstone_engine::{Direction, Key, ScanRange};
    use serde_json::{Value, json};

    use super::super::catalog::Catalog;
    use super::super::{Store, fixtures};
    use crate::validation::KeySchema;
    use crate::validation::table_definition::{GlobalIndex, IndexProjection, Throughput};

    /// Opens a catalog of three tables after `damage` to the record of the second.
    fn load_after(damage: impl Fn(&mut Value)) -> Result<(), String> {
        let store = fixtures::store(&fixtures::clock());
        for name in ["first", "second", "third"] {
            fixtures::table(&store, name, None);
        }
        change_record(&store, "second", damage);
        let loaded = Catalog::load(store.engine(), store.streams());
        loaded.map(drop).map_err(|error| error.to_string())
    }

    fn change_record(store: &Store, name: &str, damage: impl Fn(&mut Value)) {
        let engine = store.engine();
        let (lower, upper) = (std::ops::Bound::Unbounded, std::ops::Bound::Unbounded);
        let range = ScanRange::Partition { space: 0, partition: b"table", lower, upper };
        let mut rows = engine.scan(&engine.snapshot(), range, Direction::Forward);
        while let Some(row) = rows.next().expect("a healthy engine") {
            let mut record: Value = serde_json::from_slice(row.value).expect("a record");
            if record["definition"]["name"] == name {
                damage(&mut record);
                let key = Key { space: 0, partition: b"table", sort: row.sort };
                let bytes = record.to_string();
                let written = engine.transact(&[key], |_, batch| batch.put(key, bytes.as_bytes()));
                written.expect("a healthy engine").1.wait().expect("a healthy engine");
            }
        }
    }

    #[test]
    fn opening_names_the_record_that_cannot_be_read_and_why() {
        assert_eq!(load_after(|_| {}), Ok(()));
        let index = GlobalIndex {
            name: "by-n".to_string(),
            key_schema: KeySchema { partition: Vec::new(), sort: Vec::new() },
            projection: IndexProjection::All,
            throughput: Throughput::default(),
            on_demand_throughput: None,
            warm_throughput: None,
        };
        let cases = [
            ("/version", json!(2), "it is of version 2; this program reads up to 1"),
            ("/definition/name", json!("no name!"), "not a table name"),
            ("/definition/name", json!("third"), "it is the record of table third"),
            ("/region", json!("eu-west-1"), "it is the record of table second of access key \"key\" in \"eu-west-1\""),
            ("/indexes", json!([{"name": "by-n", "space": 77, "status": "Active"}]), "no definition of index by-n"),
            ("/definition/global_indexes", json!([index]), "it defines the indexes [by-n] and says where [] are"),
            ("/definition/stream", json!("NewImage"), "no record of its stream"),
            ("/space", json!(0), "space 0 is given out twice"),
            ("/space", json!(1), "space 1 is given out twice"),
        ];
        for (at, value, why) in cases {
            let error = load_after(|record| *record.pointer_mut(at).expect(at) = value.clone()).expect_err(at);
            let name = "catalog: table second of access key \"key\" in \"us-east-1\": ";
            assert!(error.starts_with(name) && error.contains(why), "{at}: {error}");
        }
    }
}
