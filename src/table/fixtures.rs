//! A store in memory and a table in it, for tests.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use kstone_engine::io::MemoryDisk;
use kstone_engine::{Engine, Options};

use super::write::{Change, Target};
use super::{CreateOutcome, Namespace, RowKey, Store, Table};
use crate::clock::Clock;
use crate::validation::key::KeyRef;
use crate::validation::table_definition::{
    AttributeDefinition, BillingMode, StreamViewType, TableClass, TableDefinition, Throughput,
};
use crate::validation::{KeyAttribute, KeySchema, ScalarType, TableName};
use crate::value::{AttributeValue, Item, Number, encode_item};

pub(super) const START_MILLIS: u64 = 1_790_000_000_000;

pub(super) fn clock() -> Clock {
    Clock::movable(UNIX_EPOCH + Duration::from_millis(START_MILLIS))
}

pub(super) fn store(clock: &Clock) -> Store {
    let engine = Engine::open(Arc::new(MemoryDisk::new()), Options::in_memory()).expect("an empty disk");
    Store::open(engine, clock.clone()).expect("an empty database")
}

pub(super) fn namespace() -> Namespace {
    Namespace { access_key: "key".into(), region: "us-east-1".into() }
}

/// A table whose items have a string `id` for a key.
pub(super) fn table(store: &Store, name: &str, stream: Option<StreamViewType>) -> Arc<Table> {
    let id = KeyAttribute { name: "id".to_string(), kind: ScalarType::S };
    let definition = TableDefinition {
        name: TableName::parse(name).expect("a name"),
        attribute_definitions: vec![AttributeDefinition { name: "id".to_string(), kind: ScalarType::S }],
        key_schema: KeySchema { partition: vec![id], sort: Vec::new() },
        local_indexes: Vec::new(),
        global_indexes: Vec::new(),
        vector_indexes: Vec::new(),
        billing_mode: BillingMode::PayPerRequest,
        throughput: Throughput::default(),
        on_demand_throughput: None,
        warm_throughput: None,
        stream,
        sse: None,
        table_class: TableClass::Standard,
        deletion_protection: false,
        tags: Vec::new(),
        resource_policy: None,
    };
    match store.create_table(namespace(), definition).expect("a healthy engine") {
        CreateOutcome::Created { table, .. } => table,
        CreateOutcome::Exists => panic!("{name} exists"),
    }
}

/// An item with a number in the attribute `n`.
pub(super) fn item(id: &str, n: u64) -> Item {
    let attributes = [("id", AttributeValue::S(id.to_string())), ("n", AttributeValue::N(Number::from(n)))];
    attributes.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}

pub(super) fn put(store: &Store, table: &Arc<Table>, item: &Item) {
    write(store, table, item, Change::Put(encode_item(item).into()));
}

pub(super) fn delete(store: &Store, table: &Arc<Table>, id: &str) {
    write(store, table, &item(id, 0), Change::Delete);
}

pub(super) fn row_key(id: &str) -> RowKey {
    RowKey::of_table(KeyRef { partition: &AttributeValue::S(id.to_string()), sort: None })
}

fn write(store: &Store, table: &Arc<Table>, item: &Item, change: Change<'static>) {
    let id = item.get("id").expect("an item of the fixture");
    let target = Target { table, key: RowKey::of_table(KeyRef { partition: id, sort: None }) };
    let mut change = Some(change);
    let written = store.write(&[target], |_| Ok::<_, ()>((vec![change.take().unwrap_or(Change::Keep)], ())));
    written.expect("a healthy engine").ticket.wait().expect("a healthy engine");
}
