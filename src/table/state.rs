//! A table as the running server knows it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;
use kstone_engine::SpaceId;

use super::index_entry::billed_bytes;
use super::stream::Stream;
use super::ttl::Ttl;
use crate::validation::table_definition::{IndexProjection, TableDefinition};
use crate::validation::update_table::ChangingIndex;
use crate::validation::{KeySchema, TableName};
use crate::value::ItemView;

/// Whose tables: every access key has its own in every Region, as in DynamoDB Local. A shared database has one namespace, whose
/// two names are empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Namespace {
    pub access_key: Arc<str>,
    pub region: Arc<str>,
}

/// One table. Its state is replaced as a whole when the table changes; who works with a row reads it under that row's latch.
#[derive(Debug)]
pub struct Table {
    pub namespace: Namespace,
    pub name: TableName,
    /// A UUID, for as long as the table exists.
    pub id: String,
    pub created_at_millis: u64,
    pub statistics: Statistics,
    state: ArcSwap<TableState>,
}

impl Table {
    pub(crate) fn new(namespace: Namespace, id: String, created_at_millis: u64, state: TableState) -> Table {
        let name = state.definition.name.clone();
        Table {
            namespace,
            name,
            id,
            created_at_millis,
            statistics: Statistics::default(),
            state: ArcSwap::from_pointee(state),
        }
    }

    pub fn state(&self) -> Arc<TableState> {
        self.state.load_full()
    }

    /// The state without counting a reference: for reading only, and not for long.
    pub(crate) fn peek(&self) -> arc_swap::Guard<Arc<TableState>> {
        self.state.load()
    }

    pub(crate) fn set_state(&self, state: TableState) {
        self.state.store(Arc::new(state));
    }
}

/// What a table is at one moment.
#[derive(Clone, Debug)]
pub struct TableState {
    pub definition: TableDefinition,
    pub space: SpaceId,
    /// The sizes of item collections, for a table with local indexes.
    pub(crate) collections: Option<SpaceId>,
    /// Local ones first, like [`TableDefinition::indexes`].
    pub indexes: Vec<IndexState>,
    pub vector_indexes: Vec<VectorIndexState>,
    /// There exactly if the definition has a stream.
    pub(crate) stream: Option<Arc<Stream>>,
    pub(crate) ttl: Option<Ttl>,
    pub times: SettingTimes,
}

/// When settings that the description dates were last changed, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SettingTimes {
    pub on_demand_since: Option<u64>,
    pub throughput_increased: Option<u64>,
    pub throughput_decreased: Option<u64>,
    pub table_class_changed: Option<u64>,
    /// Of the last stream, also after it was disabled: its name.
    pub stream_enabled: Option<u64>,
    #[serde(default)]
    pub ttl_changed: Option<u64>,
}

impl TableState {
    pub fn index(&self, name: &str) -> Option<&IndexState> {
        self.indexes.iter().find(|index| index.name == name)
    }

    /// Whether an index is being created or deleted, which AWS allows one at a time.
    pub fn is_index_changing(&self) -> bool {
        let changing = |status: IndexStatus| status != IndexStatus::Active;
        self.indexes.iter().any(|index| changing(index.status))
            || self.vector_indexes.iter().any(|index| changing(index.status))
    }

    /// The size at which an item of the table is billed and counted.
    pub(crate) fn billed_bytes(&self, item: ItemView<'_>) -> usize {
        billed_bytes(&self.definition, item)
    }

    /// The indexes that are being added to the table.
    pub(crate) fn changing_indexes(&self) -> Vec<ChangingIndex> {
        let changing = |name: &String, status: IndexStatus| match status {
            IndexStatus::Creating { backfilling } => Some(ChangingIndex { name: name.clone(), backfilling }),
            IndexStatus::Active | IndexStatus::Deleting => None,
        };
        let indexes = self.indexes.iter().map(|index| (&index.name, index.status));
        let vector_indexes = self.vector_indexes.iter().map(|index| (&index.name, index.status));
        indexes.chain(vector_indexes).filter_map(|(name, status)| changing(name, status)).collect()
    }

    /// AWS shows a table as UPDATING while the storage of a new index is set up, and as ACTIVE again once it backfills.
    pub fn is_updating(&self) -> bool {
        let updating = |status: IndexStatus| {
            matches!(status, IndexStatus::Creating { backfilling: false } | IndexStatus::Deleting)
        };
        self.indexes.iter().any(|index| updating(index.status))
            || self.vector_indexes.iter().any(|index| updating(index.status))
    }
}

/// An index with rows of its own.
#[derive(Clone, Debug)]
pub struct IndexState {
    pub name: String,
    pub kind: IndexKind,
    pub key_schema: KeySchema,
    pub projection: IndexProjection,
    pub space: SpaceId,
    pub status: IndexStatus,
    pub statistics: Arc<Statistics>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexKind {
    Local,
    Global,
}

/// Only the definition and the status of a vector index are kept; searching is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VectorIndexState {
    pub name: String,
    pub status: IndexStatus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum IndexStatus {
    Active,
    Creating {
        backfilling: bool,
    },
    /// Only ever shown, in the answer that deletes the index.
    Deleting,
}

/// How much a table or an index holds. Signed, because two writers of one item may report out of order.
#[derive(Debug, Default)]
pub struct Statistics {
    item_count: AtomicI64,
    size_bytes: AtomicI64,
}

impl Statistics {
    pub(crate) fn add(&self, items: i64, bytes: i64) {
        self.item_count.fetch_add(items, Ordering::Relaxed);
        self.size_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub fn item_count(&self) -> u64 {
        u64::try_from(self.item_count.load(Ordering::Relaxed)).unwrap_or(0)
    }

    pub fn size_bytes(&self) -> u64 {
        u64::try_from(self.size_bytes.load(Ordering::Relaxed)).unwrap_or(0)
    }
}
