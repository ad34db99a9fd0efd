//! TransactWriteItems.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
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

#[tokio::test]
async fn every_kind_of_action_may_give_the_item_that_it_failed_on() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let stored = |pk: &str| item! { "pk" => pk, "n" => 7 };
    for pk in ["put", "update", "delete", "check", "fine"] {
        db.put_item().table_name("items").set_item(Some(stored(pk))).send().await.unwrap();
    }
    let old = ReturnValuesOnConditionCheckFailure::AllOld;
    let (key, condition, values) = (|pk: &str| Some(item! { "pk" => pk }), "n < :n", || Some(item! { ":n" => 7 }));
    let put = Put::builder().table_name("items").set_item(key("put")).condition_expression(condition);
    let put = put.set_expression_attribute_values(values()).return_values_on_condition_check_failure(old.clone());
    let update = Update::builder().table_name("items").set_key(key("update")).update_expression("REMOVE n");
    let update = update.condition_expression(condition).set_expression_attribute_values(values());
    let update = update.return_values_on_condition_check_failure(old.clone());
    let delete = Delete::builder().table_name("items").set_key(key("delete")).condition_expression(condition);
    let delete = delete.set_expression_attribute_values(values()).return_values_on_condition_check_failure(old.clone());
    let check = ConditionCheck::builder().table_name("items").set_key(key("check")).condition_expression(condition);
    let check = check.set_expression_attribute_values(values()).return_values_on_condition_check_failure(old.clone());
    let missing =
        Put::builder().table_name("items").set_item(key("missing")).condition_expression("attribute_exists(pk)");
    let missing = missing.return_values_on_condition_check_failure(old);
    let actions = vec![
        TransactWriteItem::builder().put(put.build().unwrap()).build(),
        increment("items", item! { "pk" => "fine" }),
        TransactWriteItem::builder().update(update.build().unwrap()).build(),
        TransactWriteItem::builder().delete(delete.build().unwrap()).build(),
        TransactWriteItem::builder().condition_check(check.build().unwrap()).build(),
        TransactWriteItem::builder().put(missing.build().unwrap()).build(),
    ];
    let error =
        db.transact_write_items().set_transact_items(Some(actions)).send().await.unwrap_err().into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else { panic!("{error:?}") };
    let failed = "ConditionalCheckFailed";
    assert_eq!(
        cancelled.message(),
        Some(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed, None, \
             ConditionalCheckFailed, ConditionalCheckFailed, ConditionalCheckFailed, ConditionalCheckFailed]"
        )
    );
    let reasons: Vec<_> = cancelled
        .cancellation_reasons()
        .iter()
        .map(|reason| (reason.code().unwrap(), reason.item().cloned()))
        .collect();
    let expected = [
        (failed, Some(stored("put"))),
        ("None", None),
        (failed, Some(stored("update"))),
        (failed, Some(stored("delete"))),
        (failed, Some(stored("check"))),
        (failed, None),
    ];
    assert_eq!(reasons, expected);
    assert_eq!(get(&db, "items", item! { "pk" => "fine" }).await, Some(stored("fine")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_first_calls_with_one_token_at_the_same_time_one_is_carried_out() {
    for server in [Server::in_memory(), Server::on_disk()] {
        let db = server.client();
        Table::new("pk:S").create(&db, "items").await;
        for round in 0..10 {
            let calls: Vec<_> = (0..8)
                .map(|_| {
                    let actions = ["a", "b"].map(|pk| increment("items", item! { "pk" => pk }));
                    let call = server.client().transact_write_items().set_transact_items(Some(actions.into()));
                    tokio::spawn(call.client_request_token(format!("token {round}")).send())
                })
                .collect();
            for call in calls {
                call.await.unwrap().unwrap();
            }
        }
        for pk in ["a", "b"] {
            assert_eq!(integer(&get(&db, "items", item! { "pk" => pk }).await.unwrap(), "n"), 10);
        }
    }
}

#[tokio::test]
async fn a_hundred_actions_of_four_megabytes_are_one_transaction_and_no_more() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").gsi("by-g", "g:S", all()).create(&db, "items").await;
    let actions = |bytes: usize| {
        let item = |i: usize| item! { "pk" => format!("{i:03}"), "g" => "x", "payload" => "x".repeat(bytes) };
        db.transact_write_items().set_transact_items(Some((0..100).map(|i| put("items", item(i))).collect())).send()
    };
    let large = actions(42_000).await.refused();
    assert_eq!(large.code, "ValidationException", "{large:?}");
    assert_eq!(db.scan().table_name("items").send().await.unwrap().count(), 0);
    actions(40_000).await.unwrap();
    assert_eq!(compat_tests::items::scan(&db, "items", Some("by-g")).await.len(), 100);
}

/// Sends it again and again, by two clients, until one of the answers satisfies `is_found`, or for too long.
async fn until_found<F, T>(server: &Server, send: impl Fn(Client, usize) -> F, is_found: impl Fn(&T) -> bool) -> bool
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(20) {
        let both: Vec<_> = (0..8).map(|number| tokio::spawn(send(server.client(), number))).collect();
        for one in both {
            if is_found(&one.await.unwrap()) {
                return true;
            }
        }
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_press_on_an_item_at_once_are_told_of_their_conflict() {
    let server = Server::on_disk();
    Table::new("pk:S").create(&server.client(), "items").await;
    let transact = |db: Client, number: usize| {
        let other = increment("items", item! { "pk" => number.to_string() });
        let actions = vec![other, increment("items", item! { "pk" => "same" })];
        async move { db.transact_write_items().set_transact_items(Some(actions)).send().await }
    };
    let is_conflict = |outcome: &Result<_, _>| {
        outcome.as_ref().is_err_and(|error: &SdkError<TransactWriteItemsError, _>| {
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
            else {
                panic!("{error:?}")
            };
            let [none, conflict] = cancelled.cancellation_reasons() else { panic!("{cancelled:?}") };
            assert_eq!((none.code(), conflict.code()), (Some("None"), Some("TransactionConflict")));
            assert_eq!(conflict.message(), Some("Transaction is ongoing for the item"));
            true
        })
    };
    assert!(until_found(&server, transact, is_conflict).await, "no transaction was in conflict with another one");

    let write_or_transact = |db: Client, number: usize| async move {
        if number.is_multiple_of(2) {
            let actions = vec![increment("items", item! { "pk" => "same" })];
            // Conflicts of its own are another story.
            let _outcome = db.transact_write_items().set_transact_items(Some(actions)).send().await;
            return Ok(());
        }
        let put = db.put_item().table_name("items").set_item(Some(item! { "pk" => "same", "n" => 0 })).send().await;
        put.map(drop).map_err(|error| error.into_service_error())
    };
    let is_conflict = |outcome: &Result<(), PutItemError>| {
        outcome.as_ref().is_err_and(|error| {
            assert!(error.is_transaction_conflict_exception(), "{error:?}");
            true
        })
    };
    assert!(until_found(&server, write_or_transact, is_conflict).await, "no write was in conflict with a transaction");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_conflicts_everyone_waits_and_nothing_is_lost() {
    let server = Server::on_disk_with(&["--no-transaction-conflicts"]);
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let db = server.client();
            tokio::spawn(async move {
                for _ in 0..20 {
                    let actions = vec![increment("items", item! { "pk" => "same" })];
                    db.transact_write_items().set_transact_items(Some(actions)).send().await.unwrap();
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(integer(&get(&db, "items", item! { "pk" => "same" }).await.unwrap(), "n"), 160);
}
