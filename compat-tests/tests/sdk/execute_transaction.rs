//! ExecuteTransaction.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::execute_transaction::ExecuteTransactionError;
use aws_sdk_dynamodb::types::{
    CancellationReason, ParameterizedStatement, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure,
};
use compat_tests::items::{get, put, put_all, scan};
use compat_tests::statement::action;
use compat_tests::table::all;
use compat_tests::value::integer;
use compat_tests::{Refused, Server, Table, item, s};

async fn reasons(db: &Client, statements: Vec<ParameterizedStatement>) -> Vec<CancellationReason> {
    let error = db.execute_transaction().set_transact_statements(Some(statements)).send().await.unwrap_err();
    match error.into_service_error() {
        ExecuteTransactionError::TransactionCanceledException(cancelled) => cancelled.cancellation_reasons.unwrap(),
        other => panic!("{other:?}"),
    }
}

fn codes(reasons: &[CancellationReason]) -> Vec<&str> {
    reasons.iter().map(|reason| reason.code().unwrap()).collect()
}

#[tokio::test]
async fn writes_and_checks_are_done_together_or_not_at_all() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").gsi("by-g", "g:S", all()).create(&db, "items").await;
    put_all(&db, "items", ["gate", "old", "gone"].map(|pk| item! { "pk" => pk, "n" => 1 })).await;
    let statements = |gate: i64| {
        vec![
            action(&format!("EXISTS(SELECT * FROM items WHERE pk = 'gate' AND n = {gate})"), &[]),
            action("INSERT INTO items VALUE {'pk': ?, 'g': 'x'}", &[s("new")]),
            action("UPDATE items SET n = n + 1 WHERE pk = 'old' AND n = 1", &[]),
            action("DELETE FROM items WHERE pk = 'gone'", &[]),
        ]
    };
    let refused = reasons(&db, statements(2)).await;
    assert_eq!(codes(&refused), ["ConditionalCheckFailed", "None", "None", "None"]);
    assert_eq!(refused[0].message(), Some("The conditional request failed"));
    assert_eq!(scan(&db, "items", None).await.len(), 3);
    assert!(scan(&db, "items", Some("by-g")).await.is_empty());

    let done = db.execute_transaction().set_transact_statements(Some(statements(1))).send().await.unwrap();
    assert!(done.responses().is_empty());
    assert_eq!(scan(&db, "items", Some("by-g")).await, [item! { "pk" => "new", "g" => "x" }]);
    assert_eq!(integer(&get(&db, "items", item! { "pk" => "old" }).await.unwrap(), "n"), 2);
    assert_eq!(get(&db, "items", item! { "pk" => "gone" }).await, None);
}

#[tokio::test]
async fn every_statement_that_fails_has_its_reason_in_its_place() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    put(&db, "items", item! { "pk" => "a", "n" => 1 }).await;
    let with_old = ParameterizedStatement::builder().statement("UPDATE items SET n = 3 WHERE pk = 'a' AND n = 2");
    let with_old = with_old.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let refused = reasons(
        &db,
        vec![
            action("INSERT INTO items VALUE {'pk': 'b'}", &[]),
            with_old.build().unwrap(),
            action("UPDATE items SET n = 3 WHERE pk = 'nobody'", &[]),
            action("EXISTS(SELECT * FROM items WHERE pk = 'c' AND n = 1)", &[]),
            action("DELETE FROM items WHERE pk = 'd'", &[]),
        ],
    )
    .await;
    assert_eq!(
        codes(&refused),
        ["None", "ConditionalCheckFailed", "ConditionalCheckFailed", "ConditionalCheckFailed", "None"]
    );
    assert_eq!(refused[1].item(), Some(&item! { "pk" => "a", "n" => 1 }));
    assert_eq!(refused[2].item(), None);
    let duplicate = reasons(&db, vec![action("INSERT INTO items VALUE {'pk': 'a'}", &[])]).await;
    assert_eq!(codes(&duplicate), ["DuplicateItem"]);
    let nowhere = reasons(
        &db,
        vec![action("DELETE FROM items WHERE pk = 'a'", &[]), action("DELETE FROM nowhere WHERE pk = 'a'", &[])],
    );
    assert_eq!(codes(&nowhere.await), ["None", "ResourceNotFound"]);
    let wrong_key = reasons(
        &db,
        vec![action("DELETE FROM items WHERE pk = 'a'", &[]), action("DELETE FROM items WHERE pk = 5", &[])],
    );
    assert_eq!(codes(&wrong_key.await), ["None", "ValidationError"]);
    assert_eq!(scan(&db, "items", None).await, [item! { "pk" => "a", "n" => 1 }]);
}

#[tokio::test]
async fn reads_answer_in_order_and_cost_twice() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    put_all(&db, "items", ["a", "b"].map(|pk| item! { "pk" => pk, "n" => 1 })).await;
    let statements = [
        "SELECT n FROM items WHERE pk = 'b'",
        "SELECT * FROM items WHERE pk = 'x'",
        "SELECT * FROM items WHERE pk = 'a'",
    ];
    let request =
        db.execute_transaction().set_transact_statements(Some(statements.map(|text| action(text, &[])).into()));
    let answer = request.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.unwrap();
    let items: Vec<_> = answer.responses().iter().map(|response| response.item().cloned()).collect();
    assert_eq!(items, [Some(item! { "n" => 1 }), None, Some(item! { "pk" => "a", "n" => 1 })]);
    assert_eq!(answer.consumed_capacity()[0].read_capacity_units(), Some(6.0));
}

#[tokio::test]
async fn a_token_is_carried_out_once_also_across_a_kill() {
    let server = Server::on_disk();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    put(&db, "items", item! { "pk" => "a", "n" => 0 }).await;
    let transact = |db: &Client, text: &str| {
        let request = db.execute_transaction().set_transact_statements(Some(vec![action(text, &[])]));
        request.client_request_token("token").return_consumed_capacity(ReturnConsumedCapacity::Total).send()
    };
    let text = "UPDATE items SET n = n + 1 WHERE pk = 'a'";
    let first = transact(&db, text).await.unwrap();
    assert_eq!(first.consumed_capacity()[0].write_capacity_units(), Some(2.0));
    transact(&db, text).await.unwrap();
    let server = server.kill().reopen();
    let db = server.client();
    let replay = transact(&db, text).await.unwrap();
    assert_eq!(replay.consumed_capacity()[0].read_capacity_units(), Some(2.0));
    assert_eq!(replay.consumed_capacity()[0].write_capacity_units(), None);
    assert_eq!(integer(&get(&db, "items", item! { "pk" => "a" }).await.unwrap(), "n"), 1);
    let other = transact(&db, "UPDATE items SET n = n + 2 WHERE pk = 'a'").await.unwrap_err();
    assert!(other.into_service_error().is_idempotent_parameter_mismatch_exception());
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_anything_is_done() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").gsi("by-g", "g:S", all()).create(&db, "items").await;
    let write = "INSERT INTO items VALUE {'pk': 'a'}";
    for (texts, part) in [
        (vec![write, "SELECT * FROM items WHERE pk = 'b'"], ""),
        (
            vec![write, "DELETE FROM items WHERE pk = 'a'"],
            "Transaction request cannot include multiple operations on one item",
        ),
        (
            vec!["UPDATE items SET n = 1 WHERE pk = 'a' RETURNING ALL OLD *"],
            "Validation failed in TransactStatements[0]: RETURNING clause is not supported in ExecuteTransaction.",
        ),
        (
            vec![write, "EXISTS(SELECT * FROM items WHERE pk = 'b')"],
            "Validation failed in TransactStatements[1]: EXISTS() must contain a single item read with additional condition",
        ),
        (
            vec!["SELECT * FROM items WHERE n = 1"],
            "Validation failed in TransactStatements[0]: Select statements within ExecuteTransaction must specify the primary key \
             in the where clause.",
        ),
        (
            vec!["SELECT * FROM items.\"by-g\" WHERE g = 'x'"],
            "Validation failed in TransactStatements[0]: Reads on indices are not supported within transactions.",
        ),
        (vec![write; 101], "Member must have length less than or equal to 100"),
    ] {
        let statements = texts.iter().map(|text| action(text, &[])).collect();
        let refusal = db.execute_transaction().set_transact_statements(Some(statements)).send().await.refused();
        assert!(refusal.is_validation(part), "{texts:?}: {refusal:?}");
    }
    assert!(scan(&db, "items", None).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn increments_by_statements_meet_but_none_is_lost() {
    let server = Server::on_disk();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    put(&db, "items", item! { "pk" => "a", "n" => 0 }).await;
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let db = server.client();
            tokio::spawn(async move {
                let mut done = 0;
                while done < 25 {
                    let statements = vec![action("UPDATE items SET n = n + 1 WHERE pk = 'a'", &[])];
                    match db.execute_transaction().set_transact_statements(Some(statements)).send().await {
                        Ok(_) => done += 1,
                        Err(error) => {
                            let error = error.into_service_error();
                            let ExecuteTransactionError::TransactionCanceledException(cancelled) = error else {
                                panic!("{error:?}")
                            };
                            assert_eq!(codes(cancelled.cancellation_reasons()), ["TransactionConflict"]);
                            tokio::time::sleep(Duration::from_millis(1)).await;
                        }
                    }
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(integer(&get(&db, "items", item! { "pk" => "a" }).await.unwrap(), "n"), 100);
}
