//! ReturnConsumedCapacity, by AWS's arithmetic, operation by operation.
//!
//! Reads go by 4 KB and cost half when they may be stale; writes go by 1 KB of the larger image; an index is charged for the
//! change of its entry; a transaction charges the table twice.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    ConditionCheck, ConsumedCapacity, Delete, DeleteRequest, Get, KeysAndAttributes, Put, PutRequest,
    ReturnConsumedCapacity, TransactGetItem, TransactWriteItem, Update, WriteRequest,
};
use compat_tests::items::put;
use compat_tests::table::{all, include, keys_only};
use compat_tests::value::{IntoValue, Item};
use compat_tests::{Refused, Server, Table, item, ss};

use ReturnConsumedCapacity::{Indexes, None as Nothing, Total};

/// What one table was charged: in all, the table, and each index.
#[derive(Debug, PartialEq)]
struct Bill {
    total: f64,
    table: f64,
    indexes: Vec<(String, f64)>,
}

fn bill(consumed: &ConsumedCapacity) -> Bill {
    let arms = [consumed.local_secondary_indexes(), consumed.global_secondary_indexes()];
    let mut indexes: Vec<_> = arms
        .into_iter()
        .flatten()
        .flatten()
        .map(|(name, capacity)| (name.clone(), capacity.capacity_units().unwrap()))
        .collect();
    indexes.sort_by(|one, two| one.0.cmp(&two.0));
    Bill {
        total: consumed.capacity_units().unwrap(),
        table: consumed.table().unwrap().capacity_units().unwrap(),
        indexes,
    }
}

fn charged(table: f64, indexes: &[(&str, f64)]) -> Bill {
    let total = table + indexes.iter().map(|(_, units)| units).sum::<f64>();
    Bill { total, table, indexes: indexes.iter().map(|(name, units)| ((*name).to_owned(), *units)).collect() }
}

/// A table with an index of each kind: `g-all` and `l-keys` need `g` and `l`, `g-few` projects `v`.
async fn table(db: &Client) {
    let table = Table::new("pk:S sk:N").gsi("g-all", "g:S", all()).gsi("g-few", "h:S", include(&["v"]));
    table.lsi("l-keys", "l:S", keys_only()).create(db, "items").await;
}

/// An item that has exactly so many bytes.
fn sized(pk: &str, sk: i64, bytes: usize) -> Item {
    let mut item = item! { "pk" => pk, "sk" => sk };
    let number = if sk == 0 { 1 } else { 2 };
    item.insert("p".to_owned(), "x".repeat(bytes - (2 + pk.len()) - (2 + number) - 1).into_value());
    item
}

#[tokio::test]
async fn a_write_costs_the_larger_image_and_the_change_of_each_entry() {
    let server = Server::in_memory();
    let db = server.client();
    table(&db).await;
    let put = async |item: Item| {
        let put = db.put_item().table_name("items").set_item(Some(item)).return_consumed_capacity(Indexes);
        bill(&put.send().await.unwrap().consumed_capacity.unwrap())
    };
    let with = |more: Item| {
        let mut item = item! { "pk" => "a", "sk" => 1 };
        item.extend(more);
        item
    };
    assert_eq!(put(with(item! {})).await, charged(1.0, &[]));
    assert_eq!(put(sized("size", 1, 1_024)).await, charged(1.0, &[]));
    assert_eq!(put(sized("size", 1, 1_025)).await, charged(2.0, &[]));
    assert_eq!(put(sized("size", 1, 100)).await, charged(2.0, &[]), "the larger of before and after");
    assert_eq!(put(sized("size", 1, 100)).await, charged(1.0, &[]));
    // Entries appear, stay as they are, change, move and go.
    let indexed = || item! { "g" => "1", "h" => "1", "l" => "1", "v" => 1, "w" => ss(["a", "b"]) };
    assert_eq!(put(with(indexed())).await, charged(1.0, &[("g-all", 1.0), ("g-few", 1.0), ("l-keys", 1.0)]));
    assert_eq!(put(with(indexed())).await, charged(1.0, &[]));
    let mut other_w = indexed();
    other_w.insert("w".to_owned(), ss(["b"]));
    assert_eq!(put(with(other_w.clone())).await, charged(1.0, &[("g-all", 1.0)]));
    other_w.insert("v".to_owned(), 2.into_value());
    assert_eq!(put(with(other_w.clone())).await, charged(1.0, &[("g-all", 1.0), ("g-few", 1.0)]));
    other_w.insert("h".to_owned(), "2".into_value());
    assert_eq!(put(with(other_w.clone())).await, charged(1.0, &[("g-all", 1.0), ("g-few", 2.0)]));
    other_w.remove("h");
    assert_eq!(put(with(other_w)).await, charged(1.0, &[("g-all", 1.0), ("g-few", 1.0)]));
    let key = || Some(item! { "pk" => "a", "sk" => 1 });
    let update = db.update_item().table_name("items").set_key(key()).update_expression("SET l = :l REMOVE g");
    let update = update.expression_attribute_values(":l", "2".into_value()).return_consumed_capacity(Indexes);
    let update = bill(&update.send().await.unwrap().consumed_capacity.unwrap());
    assert_eq!(update, charged(1.0, &[("g-all", 1.0), ("l-keys", 2.0)]));
    let delete = || db.delete_item().table_name("items").set_key(key()).return_consumed_capacity(Indexes).send();
    assert_eq!(bill(&delete().await.unwrap().consumed_capacity.unwrap()), charged(1.0, &[("l-keys", 1.0)]));
    assert_eq!(bill(&delete().await.unwrap().consumed_capacity.unwrap()), charged(1.0, &[]), "nothing was there");
}

#[tokio::test]
async fn total_has_no_arms_and_none_has_nothing() {
    let server = Server::in_memory();
    let db = server.client();
    table(&db).await;
    let put = async |wanted: Option<ReturnConsumedCapacity>| {
        let item = item! { "pk" => "a", "sk" => 1, "g" => "1", "changing" => wanted.is_some() };
        let put = db.put_item().table_name("items").set_item(Some(item)).set_return_consumed_capacity(wanted);
        put.send().await.unwrap().consumed_capacity
    };
    assert_eq!(put(None).await, None);
    let total = put(Some(Total)).await.unwrap();
    assert_eq!((total.table_name(), total.capacity_units()), (Some("items"), Some(2.0)));
    assert!(total.table().is_none() && total.global_secondary_indexes().is_none());
    assert_eq!((total.read_capacity_units(), total.write_capacity_units()), (None, None));
    assert_eq!(put(Some(Nothing)).await, None);
    let wrong = db.put_item().table_name("items").set_item(Some(item! { "pk" => "z", "sk" => 1 }));
    let wrong = wrong.return_consumed_capacity("ALL".into()).send().await.refused();
    assert!(wrong.is_validation("Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"), "{wrong:?}");
}

#[tokio::test]
async fn single_reads_cost_what_the_item_is_however_little_is_asked() {
    let server = Server::in_memory();
    let db = server.client();
    table(&db).await;
    put(&db, "items", sized("even", 1, 4_096)).await;
    put(&db, "items", sized("more", 1, 4_097)).await;
    for (pk, stale) in [("even", 0.5), ("more", 1.0), ("nobody", 0.5)] {
        for (consistent, units) in [(false, stale), (true, 2.0 * stale)] {
            let get = db.get_item().table_name("items").set_key(Some(item! { "pk" => pk, "sk" => 1 }));
            let get = get.consistent_read(consistent).projection_expression("sk").return_consumed_capacity(Indexes);
            let consumed = get.send().await.unwrap().consumed_capacity.unwrap();
            assert_eq!(bill(&consumed), charged(units, &[]), "{pk}");
            let keys = KeysAndAttributes::builder().consistent_read(consistent);
            let keys = keys.keys(item! { "pk" => pk, "sk" => 1 }).keys(item! { "pk" => "other", "sk" => 1 });
            let batch =
                db.batch_get_item().request_items("items", keys.build().unwrap()).return_consumed_capacity(Indexes);
            let consumed = batch.send().await.unwrap().consumed_capacity.unwrap();
            let other = if consistent { 1.0 } else { 0.5 };
            assert_eq!(bill(&consumed[0]), charged(units + other, &[]), "{pk}");
        }
    }
}

#[tokio::test]
async fn query_and_scan_cost_what_they_walk_and_not_what_they_answer() {
    let server = Server::in_memory();
    let db = server.client();
    table(&db).await;
    for sk in 0..10 {
        let mut row = sized("p", sk, 1_000);
        row.extend(item! { "g" => "1", "l" => sk.to_string() });
        put(&db, "items", row).await;
    }
    let query = async |condition: &str, filter: Option<&str>, limit: Option<i32>, consistent: bool| {
        let query = db.query().table_name("items").key_condition_expression(condition).set_limit(limit);
        let query =
            query.expression_attribute_values(":p", "p".into_value()).set_filter_expression(filter.map(str::to_owned));
        let answer = query.consistent_read(consistent).return_consumed_capacity(Indexes).send().await.unwrap();
        bill(&answer.consumed_capacity.unwrap())
    };
    // Ten rows of 1,005 bytes, or of 1,004 for sk = 0.
    assert_eq!(query("pk = :p", None, None, false).await, charged(1.5, &[]));
    assert_eq!(query("pk = :p", None, None, true).await, charged(3.0, &[]));
    assert_eq!(query("pk = :p", Some("attribute_exists(nobody)"), None, true).await, charged(3.0, &[]));
    assert_eq!(query("pk = :p", None, Some(4), true).await, charged(1.0, &[]));
    let scan = async |index: Option<&str>, consistent: Option<bool>, projection: &str| {
        let scan =
            db.scan().table_name("items").set_index_name(index.map(str::to_owned)).set_consistent_read(consistent);
        let scan = scan.projection_expression(projection).return_consumed_capacity(Indexes);
        bill(&scan.send().await.unwrap().consumed_capacity.unwrap())
    };
    assert_eq!(scan(None, None, "pk").await, charged(1.5, &[]));
    assert_eq!(scan(None, Some(true), "pk").await, charged(3.0, &[]));
    assert_eq!(scan(Some("g-all"), None, "pk").await, charged(0.0, &[("g-all", 1.5)]));
    assert_eq!(scan(Some("l-keys"), None, "pk").await, charged(0.0, &[("l-keys", 0.5)]));
    // What a local index does not hold is fetched, item by item.
    assert_eq!(scan(Some("l-keys"), Some(true), "p").await, charged(10.0, &[("l-keys", 1.0)]));
}

#[tokio::test]
async fn a_batch_has_a_sum_for_each_table() {
    let server = Server::in_memory();
    let db = server.client();
    table(&db).await;
    Table::new("pk:S").create(&db, "plain").await;
    let put = |item: Item| {
        WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(item)).build().unwrap()).build()
    };
    let gone = DeleteRequest::builder().set_key(Some(item! { "pk" => "none", "sk" => 1 })).build().unwrap();
    let requests = HashMap::from([
        (
            "items".to_owned(),
            vec![
                put(item! { "pk" => "a", "sk" => 1, "g" => "1" }),
                put(item! { "pk" => "b", "sk" => 1, "l" => "1", "g" => "2" }),
                WriteRequest::builder().delete_request(gone).build(),
            ],
        ),
        ("plain".to_owned(), vec![put(item! { "pk" => "a", "p" => "x".repeat(2_500) })]),
    ]);
    let answer =
        db.batch_write_item().set_request_items(Some(requests)).return_consumed_capacity(Indexes).send().await.unwrap();
    let bills: HashMap<_, _> =
        answer.consumed_capacity().iter().map(|one| (one.table_name().unwrap(), bill(one))).collect();
    assert_eq!(bills.len(), 2);
    assert_eq!(bills["items"], charged(3.0, &[("g-all", 2.0), ("l-keys", 1.0)]));
    assert_eq!(bills["plain"], charged(3.0, &[]));
}

#[tokio::test]
async fn a_transaction_charges_the_table_twice_and_indexes_once() {
    let server = Server::in_memory();
    let db = server.client();
    table(&db).await;
    put(&db, "items", sized("checked", 1, 3_000)).await;
    put(&db, "items", sized("gone", 1, 1_500)).await;
    let key = |pk: &str| Some(item! { "pk" => pk, "sk" => 1 });
    let new = item! { "pk" => "new", "sk" => 1, "g" => "1", "l" => "1" };
    let actions = [
        TransactWriteItem::builder()
            .put(Put::builder().table_name("items").set_item(Some(new)).build().unwrap())
            .build(),
        TransactWriteItem::builder()
            .update(
                Update::builder()
                    .table_name("items")
                    .set_key(key("upsert"))
                    .update_expression("REMOVE x")
                    .build()
                    .unwrap(),
            )
            .build(),
        TransactWriteItem::builder()
            .delete(Delete::builder().table_name("items").set_key(key("gone")).build().unwrap())
            .build(),
        TransactWriteItem::builder()
            .condition_check(
                ConditionCheck::builder()
                    .table_name("items")
                    .set_key(key("checked"))
                    .condition_expression("attribute_exists(pk)")
                    .build()
                    .unwrap(),
            )
            .build(),
    ];
    let transact = |token: &str| {
        let request = db.transact_write_items().set_transact_items(Some(actions.clone().into()));
        request.client_request_token(token).return_consumed_capacity(Indexes).send()
    };
    let answer = transact("token").await.unwrap();
    let [items] = answer.consumed_capacity() else { panic!("{answer:?}") };
    // 1 KB, 1 KB, 2 KB and 3 KB, twice.
    assert_eq!(bill(items), charged(14.0, &[("g-all", 1.0), ("l-keys", 1.0)]));
    assert_eq!((items.write_capacity_units(), items.read_capacity_units()), (Some(16.0), None));
    assert_eq!(items.table().unwrap().write_capacity_units(), Some(14.0));
    // A replay is charged as reads of the same items.
    let replay = transact("token").await.unwrap();
    assert_eq!(replay.consumed_capacity()[0].write_capacity_units(), None);
    assert_eq!(replay.consumed_capacity()[0].read_capacity_units(), Some(8.0));

    let get = |pk: &str| {
        let get = Get::builder().table_name("items").set_key(key(pk)).projection_expression("sk").build().unwrap();
        TransactGetItem::builder().get(get).build()
    };
    put(&db, "items", sized("large", 1, 4_097)).await;
    let gets = vec![get("checked"), get("large"), get("nobody")];
    let answer =
        db.transact_get_items().set_transact_items(Some(gets)).return_consumed_capacity(Indexes).send().await.unwrap();
    let [items] = answer.consumed_capacity() else { panic!("{answer:?}") };
    assert_eq!((items.read_capacity_units(), items.write_capacity_units()), (Some(8.0), None));
    assert_eq!(bill(items), charged(8.0, &[]));
}
