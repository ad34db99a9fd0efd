//! TransactGetItems.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::operation::transact_get_items::TransactGetItemsError;
use aws_sdk_dynamodb::types::{Get, Put, ReturnConsumedCapacity, TransactGetItem, TransactWriteItem};
use compat_tests::value::{Item, integer};
use compat_tests::{Refused, Server, Table, item};

fn get(table: &str, key: Item, projection: Option<&str>) -> TransactGetItem {
    let get =
        Get::builder().table_name(table).set_key(Some(key)).set_projection_expression(projection.map(str::to_owned));
    TransactGetItem::builder().get(get.build().unwrap()).build()
}

#[tokio::test]
async fn items_come_in_the_order_of_the_request_and_missing_ones_empty() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "one").await;
    Table::new("pk:S sk:N").create(&db, "two").await;
    db.put_item().table_name("one").set_item(Some(item! { "pk" => "a", "v" => 1, "w" => 2 })).send().await.unwrap();
    db.put_item().table_name("two").set_item(Some(item! { "pk" => "b", "sk" => 1 })).send().await.unwrap();
    let gets = vec![
        get("two", item! { "pk" => "b", "sk" => 1 }, None),
        get("one", item! { "pk" => "none" }, None),
        get("one", item! { "pk" => "a" }, Some("w")),
    ];
    let answer = db
        .transact_get_items()
        .set_transact_items(Some(gets))
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
        .send()
        .await
        .unwrap();
    let items: Vec<_> = answer.responses().iter().map(|response| response.item().cloned()).collect();
    assert_eq!(items, [Some(item! { "pk" => "b", "sk" => 1 }), None, Some(item! { "w" => 2 })]);
    let capacity: Vec<_> =
        answer.consumed_capacity().iter().map(|of| (of.table_name().unwrap(), of.read_capacity_units())).collect();
    assert_eq!(capacity, [("two", Some(2.0)), ("one", Some(4.0))]);
}

#[tokio::test]
async fn a_wrong_key_cancels_and_one_item_twice_is_refused() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let transact = |gets: Vec<TransactGetItem>| db.transact_get_items().set_transact_items(Some(gets)).send();
    let key = || item! { "pk" => "a" };
    let wrong = transact(vec![get("items", key(), None), get("items", item! { "pk" => 1 }, None)]).await;
    let error = wrong.unwrap_err().into_service_error();
    let TransactGetItemsError::TransactionCanceledException(cancelled) = &error else { panic!("{error:?}") };
    let codes: Vec<_> = cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap()).collect();
    assert_eq!(codes, ["None", "ValidationError"]);
    let twice = transact(vec![get("items", key(), None), get("items", key(), None)]).await.refused();
    assert!(twice.is_validation("Transaction request cannot include multiple operations on one item"), "{twice:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_sees_all_of_a_transaction_or_none_of_it() {
    let server = Server::on_disk();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let keys = ["a", "b", "c"];
    let is_done = Arc::new(AtomicBool::new(false));
    let reader = {
        let (db, is_done) = (server.client(), is_done.clone());
        tokio::spawn(async move {
            let mut versions = Vec::new();
            while !is_done.load(Ordering::Relaxed) {
                let gets = keys.map(|pk| get("items", item! { "pk" => pk }, None)).into();
                match db.transact_get_items().set_transact_items(Some(gets)).send().await {
                    Ok(answer) => {
                        let items: Vec<_> = answer.responses().iter().map(|response| response.item()).collect();
                        let seen: Vec<_> = items.iter().map(|item| item.map_or(0, |item| integer(item, "n"))).collect();
                        assert!(seen.iter().all(|version| *version == seen[0]), "{seen:?}");
                        versions.push(seen[0]);
                    }
                    Err(error) => {
                        let error = error.into_service_error();
                        let TransactGetItemsError::TransactionCanceledException(cancelled) = error else {
                            panic!("{error:?}")
                        };
                        let codes: Vec<_> =
                            cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap()).collect();
                        assert!(codes.contains(&"TransactionConflict"), "{codes:?}");
                    }
                }
            }
            versions
        })
    };
    for version in 1..=60 {
        let put = |pk: &str| {
            let put = Put::builder().table_name("items").set_item(Some(item! { "pk" => pk, "n" => version }));
            TransactWriteItem::builder().put(put.build().unwrap()).build()
        };
        let actions = Some(keys.map(put).into());
        while let Err(error) = db.transact_write_items().set_transact_items(actions.clone()).send().await {
            assert!(error.into_service_error().is_transaction_canceled_exception());
        }
    }
    is_done.store(true, Ordering::Relaxed);
    let versions = reader.await.unwrap();
    assert!(versions.is_sorted() && versions.last() > versions.first(), "{versions:?}");
}
