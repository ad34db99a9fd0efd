//! What a table is: everything that CreateTable says and UpdateTable changes. The catalog keeps it; DescribeTable shows it.

use serde::{Deserialize, Serialize};

use super::key_schema::{KeySchema, ScalarType};
use super::table_name::TableName;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableDefinition {
    pub name: TableName,
    /// In the order of the request. Each one is used by a key of the table or of an index.
    pub attribute_definitions: Vec<AttributeDefinition>,
    pub key_schema: KeySchema,
    pub local_indexes: Vec<LocalIndex>,
    pub global_indexes: Vec<GlobalIndex>,
    pub vector_indexes: Vec<VectorIndex>,
    pub billing_mode: BillingMode,
    /// Zero and zero with `PAY_PER_REQUEST`.
    pub throughput: Throughput,
    pub on_demand_throughput: Option<OnDemandThroughput>,
    pub warm_throughput: Option<WarmThroughput>,
    pub stream: Option<StreamViewType>,
    pub sse: Option<SseSpecification>,
    pub table_class: TableClass,
    pub deletion_protection: bool,
    pub tags: Vec<Tag>,
    /// The policy document as text.
    pub resource_policy: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeDefinition {
    pub name: String,
    pub kind: ScalarType,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalIndex {
    pub name: String,
    /// The partition attribute is the table's.
    pub key_schema: KeySchema,
    pub projection: IndexProjection,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GlobalIndex {
    pub name: String,
    pub key_schema: KeySchema,
    pub projection: IndexProjection,
    pub throughput: Throughput,
    pub on_demand_throughput: Option<OnDemandThroughput>,
    pub warm_throughput: Option<WarmThroughput>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VectorIndex {
    pub name: String,
    pub attribute: String,
    pub dimensions: u32,
    pub distance: DistanceFunction,
    pub projection: IndexProjection,
    pub search_schema: Vec<SearchElement>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchElement {
    pub name: String,
    pub kind: ScalarType,
    pub role: SearchRole,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SearchRole {
    Hash,
    InlineFilter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DistanceFunction {
    Cosine,
    Euclidean,
    DotProduct,
}

/// What an index holds besides the keys of the table and its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IndexProjection {
    All,
    KeysOnly,
    Include(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BillingMode {
    Provisioned,
    PayPerRequest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Throughput {
    pub read_units: u64,
    pub write_units: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OnDemandThroughput {
    pub read_request_units_max: Option<u64>,
    pub write_request_units_max: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WarmThroughput {
    pub read_units_per_second: Option<u64>,
    pub write_units_per_second: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StreamViewType {
    KeysOnly,
    NewImage,
    OldImage,
    NewAndOldImages,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SseSpecification {
    pub enabled: bool,
    pub kind: SseType,
    pub kms_key: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SseType {
    Aes256,
    Kms,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum TableClass {
    #[default]
    Standard,
    StandardInfrequentAccess,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    pub key: String,
    pub value: String,
}

/// An index that Query and Scan can read, of either kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Index<'a> {
    Local(&'a LocalIndex),
    Global(&'a GlobalIndex),
}

impl TableDefinition {
    /// Local ones first, each kind in the order of its creation.
    pub fn indexes(&self) -> impl Iterator<Item = Index<'_>> {
        let local = self.local_indexes.iter().map(Index::Local);
        local.chain(self.global_indexes.iter().map(Index::Global))
    }

    /// Names of the attributes that a key of the table or of an index is made of, repeats included.
    pub fn used_attributes(&self) -> Vec<&str> {
        let keys = self.key_schema.attributes().chain(self.indexes().flat_map(|index| index.key_schema().attributes()));
        let searched = self.vector_indexes.iter().flat_map(|index| &index.search_schema);
        let names = keys.map(|attribute| attribute.name.as_str());
        names.chain(searched.map(|element| element.name.as_str())).collect()
    }

    /// What each index, vector indexes included, holds.
    pub fn projections(&self) -> impl Iterator<Item = &IndexProjection> {
        self.indexes().map(Index::projection).chain(self.vector_indexes.iter().map(|index| &index.projection))
    }

    pub fn index(&self, name: &str) -> Option<Index<'_>> {
        self.indexes().find(|index| index.name() == name)
    }
}

impl<'a> Index<'a> {
    pub fn name(self) -> &'a str {
        match self {
            Index::Local(index) => &index.name,
            Index::Global(index) => &index.name,
        }
    }

    pub fn key_schema(self) -> &'a KeySchema {
        match self {
            Index::Local(index) => &index.key_schema,
            Index::Global(index) => &index.key_schema,
        }
    }

    pub fn projection(self) -> &'a IndexProjection {
        match self {
            Index::Local(index) => &index.projection,
            Index::Global(index) => &index.projection,
        }
    }

    /// Whether an entry of the index holds the attribute.
    pub fn holds(self, table: &KeySchema, attribute: &str) -> bool {
        match self.projection() {
            IndexProjection::All => true,
            IndexProjection::KeysOnly => self.key_schema().contains(attribute) || table.contains(attribute),
            IndexProjection::Include(names) => {
                names.iter().any(|name| name == attribute)
                    || self.key_schema().contains(attribute)
                    || table.contains(attribute)
            }
        }
    }
}
