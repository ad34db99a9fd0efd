use std::ffi::OsString;
use std::ops::Bound;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use kstone_engine::{Direction, ScanRange};
use serde_json::{Value, json};

use super::super::Database;
use crate::clock::Clock;
use crate::config::{self, Command};
use crate::protocol::Operation;
use crate::service::{Caller, Handler, Host, Request, RequestId};
use crate::table::RowKey;

fn clock() -> Clock {
    Clock::movable(UNIX_EPOCH + Duration::from_secs(1_790_000_000))
}

fn open(arguments: &[&str], clock: &Clock) -> Database {
    match config::parse(["kstone"].iter().chain(arguments).map(OsString::from)) {
        Ok(Command::Serve(config)) => Database::open(&config, clock.clone()).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn in_memory(clock: &Clock) -> Database {
    let database = open(&["--in-memory"], clock);
    create_table(&database);
    database
}

fn call(database: &Database, operation: Operation, input: &Value) -> (u16, Value) {
    let request = Request {
        operation,
        body: Bytes::from(input.to_string()),
        caller: Caller::new("key", "us-east-1"),
        request_id: RequestId::default(),
        host: Host::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let response = runtime.block_on(database.handle(request));
    (response.status, serde_json::from_slice(&response.body).unwrap())
}

fn create_table(database: &Database) {
    let (status, answer) = call(
        database,
        Operation::CreateTable,
        &json!({
            "TableName": "items", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        }),
    );
    assert_eq!(status, 200, "{answer}");
}

/// Adds one to `n` of an item.
fn increment(key: &str) -> Value {
    json!({"Update": {
        "TableName": "items", "Key": {"pk": {"S": key}}, "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }})
}

fn transact(database: &Database, token: Option<&str>, actions: &[Value]) -> (u16, Value) {
    let mut input = json!({"TransactItems": actions});
    if let Some(token) = token {
        input["ClientRequestToken"] = json!(token);
    }
    call(database, Operation::TransactWriteItems, &input)
}

fn count(database: &Database, key: &str) -> Option<u64> {
    let (_, answer) = call(database, Operation::GetItem, &json!({"TableName": "items", "Key": {"pk": {"S": key}}}));
    answer["Item"]["n"]["N"].as_str()?.parse().ok()
}

/// How many tokens are remembered.
fn token_count(database: &Database) -> usize {
    let engine = database.store().engine();
    let range =
        ScanRange::Partition { space: 0, partition: b"token-expiry", lower: Bound::Unbounded, upper: Bound::Unbounded };
    let mut rows = engine.scan(&engine.snapshot(), range, Direction::Forward);
    let mut count = 0;
    while rows.next().unwrap().is_some() {
        count += 1;
    }
    count
}

fn reasons(answer: &Value) -> Vec<&str> {
    answer["CancellationReasons"].as_array().unwrap().iter().map(|reason| reason["Code"].as_str().unwrap()).collect()
}

fn is(answer: &Value, error: &str) -> bool {
    answer["__type"].as_str().is_some_and(|name| name.ends_with(&format!("#{error}")))
}

#[test]
fn of_concurrent_first_calls_with_a_token_one_runs() {
    let database = in_memory(&clock());
    // Nobody begins with the next token before all are done with this one: those would be in conflict.
    let rounds = std::sync::Barrier::new(8);
    let call_all = || {
        let call = |round| {
            rounds.wait();
            transact(&database, Some(&format!("token-{round}")), &[increment("a"), increment("b")])
        };
        (0..50).map(call).filter(|(status, _)| *status != 200).collect::<Vec<_>>()
    };
    let refused: Vec<_> = std::thread::scope(|threads| {
        let callers: Vec<_> = (0..8).map(|_| threads.spawn(call_all)).collect();
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    });
    assert!(refused.is_empty(), "{refused:?}");
    assert_eq!((count(&database, "a"), count(&database, "b")), (Some(50), Some(50)));
}

#[test]
fn a_token_is_good_for_ten_minutes_across_a_restart() {
    let folder = std::env::temp_dir().join(format!("kstone-token-{}", uuid::Uuid::new_v4()));
    let arguments = ["--db-path", folder.to_str().unwrap()];
    let clock = clock();
    let database = open(&arguments, &clock);
    create_table(&database);
    assert_eq!(transact(&database, Some("t"), &[increment("a")]).0, 200);
    database.close().unwrap();
    drop(database);

    clock.advance(Duration::from_secs(599));
    let database = open(&arguments, &clock);
    assert_eq!(transact(&database, Some("t"), &[increment("a")]).0, 200);
    assert_eq!(count(&database, "a"), Some(1));
    let (_, answer) = transact(&database, Some("t"), &[increment("b")]);
    assert!(is(&answer, "IdempotentParameterMismatchException"), "{answer}");
    clock.advance(Duration::from_secs(1));
    assert_eq!(transact(&database, Some("t"), &[increment("b")]).0, 200);
    assert_eq!((count(&database, "a"), count(&database, "b")), (Some(1), Some(1)));
    database.close().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn expired_tokens_go_as_new_ones_come() {
    let clock = clock();
    let database = in_memory(&clock);
    let use_tokens = |from: usize, to: usize| {
        for number in from..to {
            assert_eq!(transact(&database, Some(&format!("t{number}")), &[increment("a")]).0, 200);
        }
    };
    use_tokens(0, 600);
    assert_eq!(token_count(&database), 600);
    clock.advance(Duration::from_secs(600));
    // The first ones are used again while they are being removed.
    use_tokens(0, 100);
    clock.advance(Duration::from_secs(2));
    use_tokens(600, 900);
    assert_eq!(token_count(&database), 400);
    let before = count(&database, "a");
    use_tokens(0, 100);
    assert_eq!(count(&database, "a"), before, "those used again are still remembered");
}

#[test]
fn a_cancelled_transaction_leaves_its_token_unused() {
    let database = in_memory(&clock());
    let check = json!({"ConditionCheck": {
        "TableName": "items", "Key": {"pk": {"S": "gate"}}, "ConditionExpression": "attribute_exists(pk)",
    }});
    let actions = [increment("a"), check];
    let (_, answer) = transact(&database, Some("t"), &actions);
    assert_eq!(reasons(&answer), ["None", "ConditionalCheckFailed"]);
    assert_eq!((count(&database, "a"), token_count(&database)), (None, 0));
    transact(&database, None, &[increment("gate")]);
    assert_eq!(transact(&database, Some("t"), &actions).0, 200);
    assert_eq!((count(&database, "a"), token_count(&database)), (Some(1), 1));
}

#[test]
fn what_a_transaction_holds_nobody_else_touches() {
    let database = in_memory(&clock());
    transact(&database, None, &[increment("held"), increment("free")]);
    let caller = Caller::new("key", "us-east-1");
    let table = database.store().table(&database.namespace(&caller), "items").unwrap();
    let key = RowKey { partition: b"held".to_vec(), sort: Vec::new() };
    let held = database.store().in_flight().claim(None, [(table.state().space, &key)]).unwrap();

    let (_, answer) = transact(&database, None, &[increment("free"), increment("held")]);
    assert_eq!(reasons(&answer), ["None", "TransactionConflict"]);
    let get = |key: &str| json!({"Get": {"TableName": "items", "Key": {"pk": {"S": key}}}});
    let read = json!({"TransactItems": [get("held"), get("free")]});
    let (_, answer) = call(&database, Operation::TransactGetItems, &read);
    assert_eq!(reasons(&answer), ["TransactionConflict", "None"]);
    for (operation, input) in [
        (Operation::PutItem, json!({"TableName": "items", "Item": {"pk": {"S": "held"}}})),
        (Operation::DeleteItem, json!({"TableName": "items", "Key": {"pk": {"S": "held"}}})),
        (Operation::UpdateItem, increment("held")["Update"].clone()),
    ] {
        let (_, answer) = call(&database, operation, &input);
        assert!(is(&answer, "TransactionConflictException"), "{answer}");
    }
    assert_eq!((count(&database, "held"), count(&database, "free")), (Some(1), Some(1)));

    drop(held);
    assert_eq!(transact(&database, None, &[increment("free"), increment("held")]).0, 200);
    assert_eq!(call(&database, Operation::TransactGetItems, &read).0, 200);
}

#[test]
fn transactions_that_meet_before_their_latches_are_in_conflict() {
    let database = in_memory(&clock());
    transact(&database, None, &[increment("a"), increment("b")]);
    let caller = Caller::new("key", "us-east-1");
    let table = database.store().table(&database.namespace(&caller), "items").unwrap();
    let target =
        || crate::table::write::Target { table: &table, key: RowKey { partition: b"a".to_vec(), sort: Vec::new() } };
    let (waiting, go_on) = (std::sync::Barrier::new(3), std::sync::Barrier::new(2));
    let codes = std::thread::scope(|threads| {
        // Somebody has the latch of "a" ...
        let latched = threads.spawn(|| {
            let mut is_first = true;
            let written = database.store().write(&[target()], |_| {
                if std::mem::take(&mut is_first) {
                    waiting.wait();
                    go_on.wait();
                }
                Ok::<_, ()>((vec![crate::table::write::Change::Keep], ()))
            });
            drop(written.unwrap());
        });
        // ... which a transaction waits for when another one comes, and a write of one item.
        let first = threads.spawn(|| {
            waiting.wait();
            transact(&database, None, &[increment("a"), increment("b")]).0
        });
        waiting.wait();
        while !database.store().in_flight().is_any() {
            std::thread::yield_now();
        }
        let second = threads.spawn(|| transact(&database, None, &[increment("c"), increment("b")]).1);
        let single = threads.spawn(|| call(&database, Operation::UpdateItem, &increment("b")["Update"]).1);
        let (second, single) = (second.join().unwrap(), single.join().unwrap());
        go_on.wait();
        latched.join().unwrap();
        assert_eq!(first.join().unwrap(), 200);
        assert!(is(&single, "TransactionConflictException"), "{single}");
        reasons(&second).iter().map(|code| (*code).to_owned()).collect::<Vec<_>>()
    });
    assert_eq!(codes, ["None", "TransactionConflict"]);
    assert_eq!((count(&database, "a"), count(&database, "b"), count(&database, "c")), (Some(2), Some(2), None));
}

#[test]
fn no_increment_is_lost_between_transactions_and_single_writes() {
    let database = in_memory(&clock());
    let keys = ["a", "b", "c"];
    std::thread::scope(|threads| {
        for thread in 0..4 {
            let database = &database;
            threads.spawn(move || {
                for round in 0..200 {
                    let (one, other) = (keys[(thread + round) % 3], keys[(thread + round + 1) % 3]);
                    let attempt = || match (thread + round) % 4 {
                        0 => {
                            let first = call(database, Operation::UpdateItem, &increment(one)["Update"]);
                            // Not one write: the pair may be seen apart, but neither half may be lost.
                            while first.0 == 200
                                && call(database, Operation::UpdateItem, &increment(other)["Update"]).0 != 200
                            {
                            }
                            first
                        }
                        _ => transact(database, None, &[increment(one), increment(other)]),
                    };
                    while attempt().0 != 200 {}
                }
            });
        }
    });
    let sum: u64 = keys.iter().filter_map(|key| count(&database, key)).sum();
    assert_eq!(sum, 4 * 200 * 2);
}

#[test]
fn a_transaction_of_updates_is_bounded_by_what_it_makes() {
    let database = in_memory(&clock());
    for number in 0..12 {
        let item = json!({"pk": {"S": format!("k{number}")}, "p": {"S": "x".repeat(390_000)}});
        assert_eq!(call(&database, Operation::PutItem, &json!({"TableName": "items", "Item": item})).0, 200);
    }
    let updates: Vec<Value> = (0..12).map(|number| increment(&format!("k{number}"))).collect();
    let (_, answer) = transact(&database, None, &updates);
    assert!(is(&answer, "ValidationException"), "{answer}");
    assert_eq!(transact(&database, None, &updates[..10]).0, 200);
    let get = |number: usize| json!({"Get": {"TableName": "items", "Key": {"pk": {"S": format!("k{number}")}}}});
    let read = |count: usize| json!({"TransactItems": (0..count).map(get).collect::<Vec<_>>()});
    assert!(is(&call(&database, Operation::TransactGetItems, &read(12)).1, "ValidationException"));
    assert_eq!(call(&database, Operation::TransactGetItems, &read(10)).0, 200);
}
