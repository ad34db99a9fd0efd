//! What was acknowledged is there after any end of the process.

mod agreement;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use compat_tests::table::{all, describe, keys_only};
use compat_tests::value::{IntoValue, Item, integer};
use compat_tests::{Server, Stopped, Table, b, item, l, m, n, ns, s, ss};

fn table() -> Table {
    Table::new("pk:S sk:N").gsi("by-g", "g:S sk:N", all()).lsi("by-r", "r:S", keys_only())
}

fn row(pk: usize, sk: usize, payload: &str) -> Item {
    item! {
        "pk" => format!("p{pk}"), "sk" => sk, "g" => format!("g{}", sk % 3), "r" => format!("{:05}", 99_999 - sk),
        "payload" => payload, "nested" => m(item! { "l" => l([n("1.5"), s("x")]), "ns" => ns(["1", "2"]) }), "b" => b([1, 2, 3]),
        "tags" => ss(["t"]),
    }
}

async fn put_all(db: &Client, rows: impl IntoIterator<Item = Item>) {
    let rows: Vec<Item> = rows.into_iter().collect();
    for batch in rows.chunks(25) {
        let requests = batch.iter().map(|item| {
            WriteRequest::builder()
                .put_request(PutRequest::builder().set_item(Some(item.clone())).build().unwrap())
                .build()
        });
        let batch = HashMap::from([("rows".to_owned(), requests.collect())]);
        let answer = db.batch_write_item().set_request_items(Some(batch)).send().await.unwrap();
        assert!(answer.unprocessed_items.unwrap_or_default().is_empty());
    }
}

/// Everything that can be read, by every way there is to read it.
async fn everything(db: &Client) -> Vec<Vec<Item>> {
    let mut readings = Vec::new();
    for index in [None, Some("by-g"), Some("by-r")] {
        let scan = db.scan().table_name("rows").set_index_name(index.map(str::to_owned));
        readings.push(scan.into_paginator().items().send().collect::<Result<_, _>>().await.unwrap());
    }
    for (index, condition, value) in
        [(None, "pk = :v", "p1"), (Some("by-g"), "g = :v", "g1"), (Some("by-r"), "pk = :v", "p1")]
    {
        let query =
            db.query().table_name("rows").set_index_name(index.map(str::to_owned)).key_condition_expression(condition);
        let query = query.expression_attribute_values(":v", value.into_value());
        readings.push(query.into_paginator().items().send().collect::<Result<_, _>>().await.unwrap());
    }
    readings
}

async fn survives(end: fn(Server) -> Stopped, partitions: usize, rows: usize, payload: &str) {
    let server = Server::on_disk();
    let db = server.client();
    table().create(&db, "rows").await;
    put_all(&db, (0..partitions).flat_map(|pk| (0..rows).map(move |sk| row(pk, sk, payload)))).await;
    let key = |pk: &str, sk: usize| Some(item! { "pk" => pk, "sk" => sk });
    db.delete_item().table_name("rows").set_key(key("p1", 0)).send().await.unwrap();
    let update = db.update_item().table_name("rows").set_key(key("p1", 1)).update_expression("SET g = :g REMOVE r");
    update.expression_attribute_values(":g", "g1".into_value()).send().await.unwrap();
    let (before, described) = (everything(&db).await, describe(&db, "rows").await);
    assert_eq!(before[0].len(), partitions * rows - 1);
    assert_eq!(before[1].len(), partitions * rows - 1);
    assert_eq!(before[2].len(), partitions * rows - 2);

    let server = end(server).reopen();
    let db = server.client();
    assert!(everything(&db).await == before, "something else was read after reopening");
    let now = describe(&db, "rows").await;
    assert_eq!(now.table_id(), described.table_id());
    assert_eq!(now.creation_date_time(), described.creation_date_time());
    put_all(&db, [row(1, 0, payload)]).await;
    let before = everything(&db).await;
    let server = end(server).reopen();
    assert!(everything(&server.client()).await == before, "something else was read after reopening twice");
}

#[tokio::test]
async fn a_little_data_survives_a_clean_stop() {
    survives(Server::stop, 3, 20, "small").await;
}

#[tokio::test]
async fn a_little_data_survives_a_kill() {
    survives(Server::kill, 3, 20, "small").await;
}

#[tokio::test]
async fn more_data_than_memtables_hold_survives_a_clean_stop() {
    survives(Server::stop, 20, 250, &"x".repeat(5_000)).await;
}

#[tokio::test]
async fn more_data_than_memtables_hold_survives_a_kill() {
    survives(Server::kill, 20, 250, &"x".repeat(5_000)).await;
}

#[tokio::test]
async fn an_empty_database_and_an_empty_table_survive() {
    let server = Server::on_disk().stop().reopen().kill().reopen();
    table().create(&server.client(), "rows").await;
    let server = server.kill().reopen();
    assert_eq!(server.client().list_tables().send().await.unwrap().table_names(), ["rows"]);
    assert_eq!(describe(&server.client(), "rows").await.global_secondary_indexes().len(), 1);
}

#[tokio::test]
async fn a_deleted_table_does_not_come_back() {
    let server = Server::on_disk();
    let db = server.client();
    table().create(&db, "rows").await;
    put_all(&db, (0..50).map(|sk| row(1, sk, "old"))).await;
    db.delete_table().table_name("rows").send().await.unwrap();
    let server = server.kill().reopen();
    let db = server.client();
    assert!(db.list_tables().send().await.unwrap().table_names().is_empty());
    table().create(&db, "rows").await;
    assert!(everything(&db).await.iter().all(Vec::is_empty));
}

/// A counter that only goes up is killed in the middle of it, again and again: it never goes back behind an answer.
#[tokio::test]
async fn no_acknowledged_write_is_lost_to_kills_under_load() {
    let mut server = Server::on_disk();
    Table::new("pk:S").create(&server.client(), "counters").await;
    let mut acknowledged = vec![0; 4];
    for _ in 0..5 {
        let writers: Vec<_> =
            (0..acknowledged.len()).map(|i| tokio::spawn(count_until_gone(server.client(), i))).collect();
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        let stopped = server.kill();
        for (i, writer) in writers.into_iter().enumerate() {
            acknowledged[i] = writer.await.unwrap().max(acknowledged[i]);
        }
        server = stopped.reopen();
        for (i, &at_least) in acknowledged.iter().enumerate() {
            let key = item! { "pk" => i.to_string() };
            let got = server.client().get_item().table_name("counters").set_key(Some(key)).send().await.unwrap();
            let stored = got.item.map_or(0, |item| integer(&item, "n"));
            assert!(stored >= at_least, "counter {i} was {at_least} and is {stored}");
        }
    }
    assert!(acknowledged.iter().all(|&n| n > 0), "{acknowledged:?}");
}

/// The last value that was acknowledged.
async fn count_until_gone(db: Client, i: usize) -> i64 {
    let mut last = 0;
    loop {
        let update = db.update_item().table_name("counters").set_key(Some(item! { "pk" => i.to_string() }));
        let update = update.update_expression("ADD n :one").expression_attribute_values(":one", 1.into_value());
        match update.return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew).send().await {
            Ok(answer) => last = integer(&answer.attributes.unwrap(), "n"),
            Err(_) => return last,
        }
    }
}
