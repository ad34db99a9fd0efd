//! The sizes that are kept, against those of what is stored.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kstone_engine::{Direction, ScanRange};

use super::*;
use crate::table::fixtures::{START_MILLIS, clock, namespace, store};
use crate::table::write::Change;
use crate::table::{CreateOutcome, Table};
use crate::validation::key::KeyRef;
use crate::validation::table_definition::{
    AttributeDefinition, BillingMode, GlobalIndex, IndexProjection, LocalIndex, TableClass, TableDefinition, Throughput,
};
use crate::validation::{KeyAttribute, KeySchema, ScalarType, TableName};
use crate::value::{AttributeValue, Item, ItemView, Number, encode_item};

const PARTITIONS: usize = 4;
const SORTS: usize = 12;

/// Two local indexes, one of which holds only some attributes, and a global one, which does not count.
fn create_table(store: &Store) -> Arc<Table> {
    let attribute = |name: &str| KeyAttribute { name: name.to_string(), kind: ScalarType::S };
    let schema =
        |partition: &str, sort: &str| KeySchema { partition: vec![attribute(partition)], sort: vec![attribute(sort)] };
    let local = |name: &str, sort: &str, projection| LocalIndex {
        name: name.to_string(),
        key_schema: schema("pk", sort),
        projection,
    };
    let definition = TableDefinition {
        name: TableName::parse("collections").expect("a name"),
        attribute_definitions: ["pk", "sk", "one", "two"]
            .map(|name| AttributeDefinition { name: name.to_string(), kind: ScalarType::S })
            .to_vec(),
        key_schema: schema("pk", "sk"),
        local_indexes: vec![
            local("all", "one", IndexProjection::All),
            local("some", "two", IndexProjection::Include(vec!["filler".to_string()])),
        ],
        global_indexes: vec![GlobalIndex {
            name: "global".to_string(),
            key_schema: schema("one", "two"),
            projection: IndexProjection::All,
            throughput: Throughput::default(),
            on_demand_throughput: None,
            warm_throughput: None,
        }],
        vector_indexes: Vec::new(),
        billing_mode: BillingMode::PayPerRequest,
        throughput: Throughput::default(),
        on_demand_throughput: None,
        warm_throughput: None,
        stream: None,
        sse: None,
        table_class: TableClass::Standard,
        deletion_protection: false,
        tags: Vec::new(),
        resource_policy: None,
    };
    match store.create_table(namespace(), definition).expect("a healthy engine") {
        CreateOutcome::Created { table, .. } => table,
        CreateOutcome::Exists => panic!("it exists"),
    }
}

/// xorshift64
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    /// An item of the key, in the indexes or not, with some size and perhaps an end.
    fn item(&mut self, partition: usize, sort: usize) -> Item {
        let text = |text: String| AttributeValue::S(text);
        let mut item: Item = [("pk", format!("p{partition}")), ("sk", format!("s{sort}"))]
            .map(|(name, value)| (name.to_string(), text(value)))
            .into_iter()
            .collect();
        for name in ["one", "two"] {
            if self.below(3) > 0 {
                item.insert(name, text("i".repeat(1 + self.below(3))));
            }
        }
        for name in ["filler", "other"] {
            if self.below(2) > 0 {
                item.insert(name, text("f".repeat(self.below(200))));
            }
        }
        if self.below(4) == 0 {
            let expiry = START_MILLIS / 1000 + self.below(60) as u64;
            item.insert("expires", AttributeValue::N(Number::from(expiry)));
        }
        item
    }
}

/// One write of up to four rows: puts over what is there or not, deletions, and rows that stay.
fn write_some(store: &Store, table: &Arc<Table>, random: &mut Random) {
    let mut keys: Vec<(usize, usize)> =
        (0..1 + random.below(4)).map(|_| (random.below(PARTITIONS), random.below(SORTS))).collect();
    keys.sort_unstable();
    keys.dedup();
    let items: Vec<Item> = keys.iter().map(|&(partition, sort)| random.item(partition, sort)).collect();
    let is_refused = random.below(10) == 0;
    let chosen: Vec<usize> = items.iter().map(|_| random.below(5)).collect();
    let key_of = |item: &Item| {
        let of = |name: &str| item.get(name).expect("a key");
        RowKey::of_table(KeyRef { partition: of("pk"), sort: Some(of("sk")) })
    };
    let targets: Vec<Target<'_>> = items.iter().map(|item| Target { table, key: key_of(item) }).collect();
    let written = store.write(&targets, |_| {
        let changes = items.iter().zip(&chosen).map(|(item, chosen)| match chosen {
            0 => Change::Keep,
            1 => Change::Delete,
            _ => Change::Put(encode_item(item).into()),
        });
        if is_refused { Err(()) } else { Ok((changes.collect::<Vec<Change<'static>>>(), ())) }
    });
    written.expect("a healthy engine").ticket.wait().expect("a healthy engine");
}

/// Of each partition, the sizes of its items and of their entries in local indexes, added up.
fn stored_sizes(store: &Store, state: &TableState) -> BTreeMap<Vec<u8>, u64> {
    let snapshot = store.engine().snapshot();
    let local = state.indexes.iter().filter(|index| index.kind == IndexKind::Local);
    let mut sizes = BTreeMap::new();
    for space in local.map(|index| index.space).chain([state.space]) {
        let range = ScanRange::Positions { space, first: 0, last: u32::MAX, after: None };
        let mut rows = store.engine().scan(&snapshot, range, Direction::Forward);
        while let Some(row) = rows.next().expect("a healthy engine") {
            let size = ItemView::parse(row.value).expect("an item").size_bytes();
            *sizes.entry(row.partition.to_vec()).or_insert(0) += size as u64;
        }
    }
    sizes
}

/// The same, as it is kept.
fn kept_sizes(store: &Store, state: &TableState) -> BTreeMap<Vec<u8>, u64> {
    let size_of = |number: usize| {
        let partition = AttributeValue::S(format!("p{number}"));
        let key = RowKey::of_table(KeyRef { partition: &partition, sort: None });
        let bytes = store.item_collection_bytes(state, &key).expect("a healthy engine");
        (key.partition, bytes)
    };
    (0..PARTITIONS).map(size_of).filter(|(_, bytes)| *bytes > 0).collect()
}

#[test]
fn what_is_kept_is_the_size_of_what_is_stored() {
    let clock = clock();
    let store = store(&clock);
    store.stop_upkeep();
    let table = create_table(&store);
    let enabled = store.update_ttl(&table, Some("expires"), |_, _, _| Ok::<(), ()>(()));
    assert!(enabled.is_ok_and(|ticket| ticket.wait().is_ok()));
    let mut random = Random(0x5EED);
    let mut expired = 0;
    for round in 0..400 {
        for _ in 0..5 {
            write_some(&store, &table, &mut random);
        }
        if round % 20 == 19 {
            clock.advance(Duration::from_secs(10));
            expired += store.sweep_expired(&|| true).expect("a healthy engine").items_deleted;
        }
        let state = table.state();
        assert_eq!(kept_sizes(&store, &state), stored_sizes(&store, &state), "round {round}");
    }
    assert!(expired > 50, "{expired} items expired");
    std::thread::scope(|threads| {
        for seed in 1..5 {
            let (store, table) = (&store, &table);
            threads.spawn(move || {
                let mut random = Random(seed);
                (0..500).for_each(|_| write_some(store, table, &mut random));
            });
        }
    });
    let state = table.state();
    assert_eq!(kept_sizes(&store, &state), stored_sizes(&store, &state), "after many at once");
}
