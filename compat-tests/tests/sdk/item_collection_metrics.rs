//! ReturnItemCollectionMetrics.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    Delete, DeleteRequest, ItemCollectionMetrics, Put, PutRequest, ReturnItemCollectionMetrics, TransactWriteItem,
    WriteRequest,
};
use compat_tests::items::put_all;
use compat_tests::table::all;
use compat_tests::value::{Item, text};
use compat_tests::{Refused, Server, Table, item};

use ReturnItemCollectionMetrics::{None as Nothing, Size};

/// The collection's key and its size between whole gigabytes.
fn estimate(metrics: &ItemCollectionMetrics) -> (Item, [f64; 2]) {
    let range = metrics.size_estimate_range_gb();
    (metrics.item_collection_key().unwrap().clone(), [range[0], range[1]])
}

async fn tables(db: &Client) {
    Table::new("pk:S sk:N").lsi("by-r", "r:S", all()).create(db, "local").await;
    Table::new("pk:S sk:N").gsi("by-g", "g:S", all()).create(db, "global").await;
}

fn key() -> Option<Item> {
    Some(item! { "pk" => "a", "sk" => 1 })
}

#[tokio::test]
async fn every_write_of_a_table_with_local_indexes_says_which_collection_it_changed() {
    let server = Server::in_memory();
    let db = server.client();
    tables(&db).await;
    let small = || (item! { "pk" => "a" }, [0.0, 1.0]);
    let put =
        db.put_item().table_name("local").set_item(key()).return_item_collection_metrics(Size).send().await.unwrap();
    assert_eq!(estimate(put.item_collection_metrics().unwrap()), small());
    let update = db.update_item().table_name("local").set_key(key()).update_expression("SET v = pk");
    let update = update.return_item_collection_metrics(Size).send().await.unwrap();
    assert_eq!(estimate(update.item_collection_metrics().unwrap()), small());
    let delete =
        db.delete_item().table_name("local").set_key(key()).return_item_collection_metrics(Size).send().await.unwrap();
    assert_eq!(estimate(delete.item_collection_metrics().unwrap()), small());

    let write = |pk: &str, sk: i64| {
        let put = PutRequest::builder().set_item(Some(item! { "pk" => pk, "sk" => sk })).build().unwrap();
        WriteRequest::builder().put_request(put).build()
    };
    let gone = DeleteRequest::builder().set_key(key()).build().unwrap();
    let of_local =
        vec![write("b", 1), write("b", 2), WriteRequest::builder().delete_request(gone).build(), write("c", 1)];
    let requests = HashMap::from([("local".to_owned(), of_local), ("global".to_owned(), vec![write("b", 1)])]);
    let batch = db.batch_write_item().set_request_items(Some(requests)).return_item_collection_metrics(Size).send();
    let metrics = batch.await.unwrap().item_collection_metrics.unwrap();
    assert_eq!(metrics.len(), 1, "only the table that has local indexes");
    // Once or for each write: that was not seen.
    let keys: BTreeSet<_> = metrics["local"].iter().map(|one| text(&estimate(one).0, "pk").to_owned()).collect();
    assert_eq!(keys, ["a", "b", "c"].map(str::to_owned).into());

    let actions = vec![
        TransactWriteItem::builder()
            .put(Put::builder().table_name("local").set_item(Some(item! { "pk" => "d", "sk" => 1 })).build().unwrap())
            .build(),
        TransactWriteItem::builder()
            .delete(Delete::builder().table_name("global").set_key(key()).build().unwrap())
            .build(),
    ];
    let transact = db.transact_write_items().set_transact_items(Some(actions)).return_item_collection_metrics(Size);
    let metrics = transact.send().await.unwrap().item_collection_metrics.unwrap();
    assert_eq!(metrics.len(), 1);
    assert_eq!(estimate(&metrics["local"][0]), (item! { "pk" => "d" }, [0.0, 1.0]));
}

#[tokio::test]
async fn without_local_indexes_or_without_asking_there_are_none() {
    let server = Server::in_memory();
    let db = server.client();
    tables(&db).await;
    let put = async |table: &str, wanted: Option<ReturnItemCollectionMetrics>| {
        let put = db.put_item().table_name(table).set_item(key()).set_return_item_collection_metrics(wanted);
        put.send().await.unwrap().item_collection_metrics
    };
    assert_eq!(put("global", Some(Size)).await, None);
    assert_eq!(put("local", Some(Nothing)).await, None);
    assert_eq!(put("local", None).await, None);
    let wrong =
        db.put_item().table_name("local").set_item(key()).return_item_collection_metrics("GB".into()).send().await;
    let wrong = wrong.refused();
    assert!(wrong.is_validation("Member must satisfy enum value set: [SIZE, NONE]"), "{wrong:?}");
}

/// Items and their copies in the index come to 2.2 GB, then to 0.9 GB.
#[tokio::test]
#[ignore = "writes gigabytes: run it with --release"]
async fn the_estimate_follows_what_is_stored() {
    const ITEMS: i64 = 2_750;
    let server = Server::on_disk_with(&["--durability", "relaxed"]);
    let db = server.client();
    tables(&db).await;
    let payload = "x".repeat(400_000);
    let row = |sk: i64| item! { "pk" => "a", "sk" => sk, "r" => "r", "payload" => payload.as_str() };
    let probe = async |db: &Client| {
        let update = db.update_item().table_name("local").set_key(Some(item! { "pk" => "a", "sk" => 0 }));
        let answer =
            update.update_expression("SET probe = sk").return_item_collection_metrics(Size).send().await.unwrap();
        estimate(answer.item_collection_metrics().unwrap()).1
    };
    for first in (0..ITEMS).step_by(25) {
        put_all(&db, "local", (first..(first + 25).min(ITEMS)).map(row)).await;
        let bytes = 2 * (first + 25).min(ITEMS) * 400_000;
        // The bounds are whole; which side of one a collection is on is known except close to it.
        let gigabytes = bytes as f64 / f64::from(1 << 30);
        if (gigabytes - gigabytes.round()).abs() > 0.02 {
            assert_eq!(probe(&db).await, [gigabytes.floor(), gigabytes.floor() + 1.0], "at {gigabytes} GB");
        }
    }
    let server = server.kill().reopen();
    let db = server.client();
    assert_eq!(probe(&db).await, [2.0, 3.0]);
    for sk in 1_125..ITEMS {
        db.delete_item().table_name("local").set_key(Some(item! { "pk" => "a", "sk" => sk })).send().await.unwrap();
    }
    assert_eq!(probe(&db).await, [0.0, 1.0]);
    // Without an index entry an item counts once.
    for sk in 0..1_125 {
        let update = db.update_item().table_name("local").set_key(Some(item! { "pk" => "a", "sk" => sk }));
        update.update_expression("REMOVE r").send().await.unwrap();
    }
    for sk in 2_000..3_000 {
        let mut row = row(sk);
        row.remove("r");
        put_all(&db, "local", [row]).await;
    }
    assert_eq!(probe(&db).await, [0.0, 1.0]);
}
