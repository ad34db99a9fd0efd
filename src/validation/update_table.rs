//! UpdateTable's request, and its second half: what the table becomes.

use super::table_definition::{
    AttributeDefinition, BillingMode, GlobalIndex, IndexProjection, OnDemandThroughput, SseSpecification, StreamViewType,
    TableClass, TableDefinition, Throughput, VectorIndex, WarmThroughput,
};
use super::table_name::TableName;

#[derive(Debug)]
pub struct UpdateTable {
    pub table: TableName,
    /// A delta: new key attributes of indexes that this request creates. Definitions that the table has keep their type.
    pub attribute_definitions: Vec<AttributeDefinition>,
    pub changes: Vec<TableChange>,
}

#[derive(Debug)]
pub enum TableChange {
    BillingMode(BillingMode),
    Throughput(Throughput),
    OnDemandThroughput(OnDemandThroughputChange),
    WarmThroughput(WarmThroughput),
    Stream(Option<StreamViewType>),
    Sse(SseSpecification),
    TableClass(TableClass),
    DeletionProtection(bool),
    CreateIndex(NewGlobalIndex),
    UpdateIndex(IndexChange),
    DeleteIndex(String),
    CreateVectorIndex(NewVectorIndex),
    DeleteVectorIndex(String),
}

/// Each member: absent keeps what there is, -1 in the request removes the limit (`Some(None)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct OnDemandThroughputChange {
    pub read_request_units_max: Option<Option<u64>>,
    pub write_request_units_max: Option<Option<u64>>,
}

/// A GSI whose key types come from the attribute definitions of the request.
#[derive(Debug)]
pub struct NewGlobalIndex {
    pub name: String,
    pub partition: Vec<String>,
    pub sort: Vec<String>,
    pub projection: IndexProjection,
    pub throughput: Option<Throughput>,
    pub on_demand_throughput: Option<OnDemandThroughput>,
    pub warm_throughput: Option<WarmThroughput>,
}

#[derive(Debug)]
pub struct IndexChange {
    pub name: String,
    pub throughput: Option<Throughput>,
    pub on_demand_throughput: Option<OnDemandThroughputChange>,
    pub warm_throughput: Option<WarmThroughput>,
}

#[derive(Debug)]
pub struct NewVectorIndex {
    pub index: VectorIndex,
}

/// What UpdateTable makes of a table. `definition` already holds a created index and no longer a deleted one.
#[derive(Debug, PartialEq)]
pub struct UpdatedTable {
    pub definition: TableDefinition,
    /// To be backfilled.
    pub created: Option<CreatedIndex>,
    /// Its entries are to be removed.
    pub deleted: Option<String>,
}

#[derive(Debug, PartialEq)]
pub enum CreatedIndex {
    Global(GlobalIndex),
    Vector(VectorIndex),
}
