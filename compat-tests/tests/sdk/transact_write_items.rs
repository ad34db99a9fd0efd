//! TransactWriteItems.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, Put, ReturnConsumedCapacity, ReturnItemCollectionMetrics,
    ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use compat_tests::table::all;
use compat_tests::value::{Item, integer};
use compat_tests::{Refused, Server, Table, item};

fn put(table: &str, item: Item) -> TransactWriteItem {
    let put = Put::builder().table_name(table).set_item(Some(item)).build().unwrap();
    TransactWriteItem::builder().put(put).build()
}

/// Adds one to `n`.
fn increment(table: &str, key: Item) -> TransactWriteItem {
    let update = Update::builder().table_name(table).set_key(Some(key)).update_expression("ADD n :one");
    let update = update.set_expression_attribute_values(Some(item! { ":one" => 1 })).build().unwrap();
    TransactWriteItem::builder().update(update).build()
}

fn delete(table: &str, key: Item) -> TransactWriteItem {
    let delete = Delete::builder().table_name(table).set_key(Some(key)).build().unwrap();
    TransactWriteItem::builder().delete(delete).build()
}

fn exists(table: &str, key: Item) -> TransactWriteItem {
    let check = ConditionCheck::builder().table_name(table).set_key(Some(key));
    let check = check.condition_expression("attribute_exists(pk)").build().unwrap();
    TransactWriteItem::builder().condition_check(check).build()
}

async fn get(db: &Client, table: &str, key: Item) -> Option<Item> {
    db.get_item().table_name(table).set_key(Some(key)).send().await.unwrap().item
}

fn codes(error: TransactWriteItemsError) -> Vec<String> {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else { panic!("{error:?}") };
    cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn all_actions_are_done_together() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "one").await;
    Table::new("pk:S sk:N").create(&db, "two").await;
    for key in ["gate", "gone"] {
        db.put_item().table_name("one").set_item(Some(item! { "pk" => key })).send().await.unwrap();
    }
    let actions = vec![
        put("one", item! { "pk" => "new" }),
        increment("two", item! { "pk" => "p", "sk" => 1 }),
        delete("one", item! { "pk" => "gone" }),
        exists("one", item! { "pk" => "gate" }),
    ];
    db.transact_write_items().set_transact_items(Some(actions)).send().await.unwrap();
    assert!(get(&db, "one", item! { "pk" => "new" }).await.is_some());
    assert!(get(&db, "one", item! { "pk" => "gone" }).await.is_none());
    assert_eq!(integer(&get(&db, "two", item! { "pk" => "p", "sk" => 1 }).await.unwrap(), "n"), 1);
}

#[tokio::test]
async fn a_cancelled_transaction_does_nothing_and_gives_a_reason_for_each_action() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    db.put_item().table_name("items").set_item(Some(item! { "pk" => "taken", "n" => 7 })).send().await.unwrap();
    let taken = Put::builder()
        .table_name("items")
        .set_item(Some(item! { "pk" => "taken" }))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
        .unwrap();
    let actions = vec![
        increment("items", item! { "pk" => "free" }),
        TransactWriteItem::builder().put(taken).build(),
        exists("items", item! { "pk" => "nowhere" }),
    ];
    let error =
        db.transact_write_items().set_transact_items(Some(actions)).send().await.unwrap_err().into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = &error else { panic!("{error:?}") };
    assert_eq!(cancelled.cancellation_reasons()[1].item().unwrap(), &item! { "pk" => "taken", "n" => 7 });
    assert_eq!(cancelled.cancellation_reasons()[1].message(), Some("The conditional request failed"));
    assert_eq!(codes(error), ["None", "ConditionalCheckFailed", "ConditionalCheckFailed"]);
    assert!(get(&db, "items", item! { "pk" => "free" }).await.is_none());
}

#[tokio::test]
async fn a_token_is_carried_out_once_also_across_a_kill() {
    let server = Server::on_disk();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let actions = || Some(vec![increment("items", item! { "pk" => "a" })]);
    let transact = |db: &Client| db.transact_write_items().client_request_token("token").set_transact_items(actions());
    transact(&db).send().await.unwrap();
    transact(&db).send().await.unwrap();

    let server = server.kill().reopen();
    let db = server.client();
    let replay = transact(&db).return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.unwrap();
    assert_eq!(replay.consumed_capacity()[0].read_capacity_units(), Some(2.0));
    assert_eq!(replay.consumed_capacity()[0].write_capacity_units(), None);
    assert_eq!(integer(&get(&db, "items", item! { "pk" => "a" }).await.unwrap(), "n"), 1);
    let other = Some(vec![increment("items", item! { "pk" => "b" })]);
    let other = db.transact_write_items().client_request_token("token").set_transact_items(other).send().await;
    assert!(other.unwrap_err().into_service_error().is_idempotent_parameter_mismatch_exception());
}

#[tokio::test]
async fn capacity_and_item_collections_are_reported_by_table() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S sk:N").lsi("by-a", "a:S", all()).create(&db, "local").await;
    Table::new("pk:S").create(&db, "plain").await;
    let actions = vec![
        put("local", item! { "pk" => "p", "sk" => 1, "a" => "x" }),
        put("plain", item! { "pk" => "p" }),
        put("local", item! { "pk" => "q", "sk" => 1 }),
    ];
    let answer = db
        .transact_write_items()
        .set_transact_items(Some(actions))
        .return_consumed_capacity(ReturnConsumedCapacity::Indexes)
        .return_item_collection_metrics(ReturnItemCollectionMetrics::Size)
        .send()
        .await
        .unwrap();
    let [local, plain] = answer.consumed_capacity() else { panic!("{answer:?}") };
    assert_eq!((local.table_name(), local.write_capacity_units()), (Some("local"), Some(5.0)));
    assert_eq!(local.table().unwrap().write_capacity_units(), Some(4.0));
    assert_eq!(local.local_secondary_indexes().unwrap()["by-a"].write_capacity_units(), Some(1.0));
    assert_eq!((plain.table_name(), plain.capacity_units()), (Some("plain"), Some(2.0)));
    let collections = answer.item_collection_metrics().unwrap();
    assert_eq!(collections.len(), 1);
    let keys: Vec<_> = collections["local"].iter().map(|one| one.item_collection_key().unwrap().clone()).collect();
    assert_eq!(keys, [item! { "pk" => "p" }, item! { "pk" => "q" }]);
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_anything_is_done() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let transact = |actions: Vec<TransactWriteItem>| db.transact_write_items().set_transact_items(Some(actions)).send();
    let twice = vec![put("items", item! { "pk" => "a" }), delete("items", item! { "pk" => "a" })];
    let twice = transact(twice).await.refused();
    assert!(twice.is_validation("Transaction request cannot include multiple operations on one item"), "{twice:?}");
    let many = transact((0..101).map(|i| put("items", item! { "pk" => i.to_string() })).collect()).await.refused();
    assert!(many.is_validation("Member must have length less than or equal to 100"), "{many:?}");
    let missing = transact(vec![put("items", item! { "pk" => "a" }), put("nowhere", item! { "pk" => "a" })]).await;
    assert!(missing.unwrap_err().into_service_error().is_resource_not_found_exception());
    let wrong = transact(vec![put("items", item! { "pk" => "a" }), put("items", item! { "pk" => 1 })]).await;
    assert_eq!(codes(wrong.unwrap_err().into_service_error()), ["None", "ValidationError"]);
    assert_eq!(db.scan().table_name("items").send().await.unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transfers_between_accounts_keep_the_sum() {
    let server = Server::on_disk();
    let db = server.client();
    Table::new("pk:S").create(&db, "accounts").await;
    for account in 0..6 {
        let account = item! { "pk" => account.to_string(), "n" => 100 };
        db.put_item().table_name("accounts").set_item(Some(account)).send().await.unwrap();
    }
    let clients: Vec<_> = (0..4_usize)
        .map(|client| {
            let db = server.client();
            tokio::spawn(async move {
                for round in 0..40 {
                    let (from, to) = ((client + round) % 6, (client + 2 * round + 1) % 6);
                    if from == to {
                        continue;
                    }
                    let take = Update::builder()
                        .table_name("accounts")
                        .set_key(Some(item! { "pk" => from.to_string() }))
                        .update_expression("SET n = n - :one")
                        .condition_expression("n >= :one")
                        .set_expression_attribute_values(Some(item! { ":one" => 1 }))
                        .build()
                        .unwrap();
                    let take = TransactWriteItem::builder().update(take).build();
                    let actions = vec![take, increment("accounts", item! { "pk" => to.to_string() })];
                    // A transaction that meets another one is cancelled; that is an outcome too.
                    if let Err(error) = db.transact_write_items().set_transact_items(Some(actions)).send().await {
                        let codes = codes(error.into_service_error());
                        assert!(codes.iter().any(|code| code == "TransactionConflict"), "{codes:?}");
                    }
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    let accounts = db.scan().table_name("accounts").send().await.unwrap();
    assert_eq!(accounts.items().iter().map(|account| integer(account, "n")).sum::<i64>(), 600);
}
