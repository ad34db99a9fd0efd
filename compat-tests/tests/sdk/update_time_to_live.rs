//! UpdateTimeToLive and DescribeTimeToLive, and what becomes of expired items.

use std::time::{Duration, Instant, SystemTime};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{StreamViewType, TimeToLiveSpecification, TimeToLiveStatus};
use aws_sdk_dynamodbstreams::types::OperationType;
use compat_tests::client::Refusal;
use compat_tests::items::{delete, get, put, put_all, scan};
use compat_tests::stream::change;
use compat_tests::table::{all, keys_only};
use compat_tests::value::{IntoValue, Item, text};
use compat_tests::{Refused, Server, Stream, Table, item, l, n, ns};

const YEAR: i64 = 365 * 24 * 3600;

fn now() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() as i64
}

fn specification(enabled: bool, attribute: &str) -> TimeToLiveSpecification {
    TimeToLiveSpecification::builder().enabled(enabled).attribute_name(attribute).build().unwrap()
}

async fn enable(db: &Client, table: &str) {
    let specification = specification(true, "exp");
    db.update_time_to_live().table_name(table).time_to_live_specification(specification).send().await.unwrap();
}

async fn status(db: &Client, table: &str) -> (TimeToLiveStatus, Option<String>) {
    let described =
        db.describe_time_to_live().table_name(table).send().await.unwrap().time_to_live_description.unwrap();
    (described.time_to_live_status.unwrap(), described.attribute_name)
}

fn names(items: &[Item]) -> Vec<String> {
    let mut names: Vec<_> = items.iter().map(|item| text(item, "pk").to_owned()).collect();
    names.sort();
    names
}

/// Waits until only those items are left, for less time than anybody would call late.
async fn until_left(db: &Client, table: &str, expected: &[&str]) {
    let begin = Instant::now();
    loop {
        let left = names(&scan(db, table, None).await);
        if left == expected {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "{left:?} are left instead of {expected:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn it_is_off_until_it_is_switched_on_and_stays_so_across_a_restart() {
    let server = Server::on_disk();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    assert_eq!(status(&db, "items").await, (TimeToLiveStatus::Disabled, None));
    let update = db.update_time_to_live().table_name("items").time_to_live_specification(specification(true, "exp"));
    let echoed = update.send().await.unwrap().time_to_live_specification.unwrap();
    assert_eq!(echoed, specification(true, "exp"));
    assert_eq!(status(&db, "items").await, (TimeToLiveStatus::Enabled, Some("exp".to_owned())));
    let server = server.kill().reopen();
    assert_eq!(status(&server.client(), "items").await, (TimeToLiveStatus::Enabled, Some("exp".to_owned())));
}

#[tokio::test]
async fn a_change_that_changes_nothing_or_comes_too_soon_is_refused() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let refused = async |enabled: bool, attribute: &str| -> Refusal {
        let specification = specification(enabled, attribute);
        db.update_time_to_live().table_name("items").time_to_live_specification(specification).send().await.refused()
    };
    let off = refused(false, "exp").await;
    assert!(off.is_validation("TimeToLive is already disabled"), "{off:?}");
    let empty = refused(true, "").await;
    assert!(empty.is_validation("Member must have length greater than or equal to 1"), "{empty:?}");
    let long = refused(true, &"x".repeat(256)).await;
    assert!(long.is_validation("Member must have length less than or equal to 255"), "{long:?}");
    enable(&db, "items").await;
    let again = refused(true, "exp").await;
    assert!(again.is_validation("TimeToLive is already enabled"), "{again:?}");
    for enabled in [true, false] {
        let other = refused(enabled, "other").await;
        let message = "TimeToLive is active on a different AttributeName: current AttributeName is exp";
        assert!(other.is_validation(message), "{other:?}");
    }
    let soon = refused(false, "exp").await;
    assert!(soon.is_validation("Time to live has been modified multiple times within a fixed interval"), "{soon:?}");
    assert_eq!(status(&db, "items").await, (TimeToLiveStatus::Enabled, Some("exp".to_owned())));
}

#[tokio::test]
async fn a_table_that_is_not_there_has_no_time_to_live() {
    let server = Server::in_memory();
    let db = server.client();
    let describe = db.describe_time_to_live().table_name("nowhere").send().await.refused();
    assert_eq!(describe.code, "ResourceNotFoundException");
    let update = db.update_time_to_live().table_name("nowhere").time_to_live_specification(specification(true, "exp"));
    assert_eq!(update.send().await.refused().code, "ResourceNotFoundException");
}

#[tokio::test]
async fn what_expired_goes_with_its_index_entries_and_everything_else_stays() {
    let server = Server::in_memory();
    let db = server.client();
    let table = Table::new("pk:S sk:N").gsi("by-g", "g:S", all()).lsi("by-r", "r:N", keys_only());
    table.create(&db, "items").await;
    let now = now();
    let of = |pk: &str, exp: Option<aws_sdk_dynamodb::types::AttributeValue>| {
        let mut item = item! { "pk" => pk, "sk" => 1, "g" => "all", "r" => 1 };
        item.extend(exp.map(|exp| ("exp".to_owned(), exp)));
        item
    };
    // Half of them were there before it was switched on.
    put(&db, "items", of("gone before", Some((now - 10).into_value()))).await;
    put(&db, "items", of("stays before", Some((now + 1_000).into_value()))).await;
    enable(&db, "items").await;
    put_all(
        &db,
        "items",
        [
            of("gone 1", Some((now - 1).into_value())),
            of("gone 2", Some(n(&format!("{}.75", now - 2)))),
            of("gone 3", Some((now + 1).into_value())),
            of("gone 4", Some((now - 5 * YEAR + 3_600).into_value())),
            of("stays ancient", Some((now - 5 * YEAR - 3_600).into_value())),
            of("stays list", Some(l([(now - 10).into_value()]))),
            of("stays milliseconds", Some((now * 1_000).into_value())),
            of("stays negative", Some(n("-5"))),
            of("stays nothing", None),
            of("stays set", Some(ns(["5"]))),
            of("stays text", Some((now - 10).to_string().into_value())),
        ],
    )
    .await;
    let stays = [
        "stays ancient",
        "stays before",
        "stays list",
        "stays milliseconds",
        "stays negative",
        "stays nothing",
        "stays set",
        "stays text",
    ];
    until_left(&db, "items", &stays).await;
    for index in ["by-g", "by-r"] {
        assert_eq!(names(&scan(&db, "items", Some(index)).await), stays, "{index}");
    }
}

#[tokio::test]
async fn an_item_whose_time_was_changed_in_time_is_spared() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    enable(&db, "items").await;
    let soon = now() + 1;
    put_all(&db, "items", ["later", "never", "replaced", "witness"].map(|pk| item! { "pk" => pk, "exp" => soon }))
        .await;
    put(&db, "items", item! { "pk" => "sooner", "exp" => soon + 1_000 }).await;
    let update = |pk: &str, expression: &str| {
        db.update_item().table_name("items").set_key(Some(item! { "pk" => pk })).update_expression(expression)
    };
    let value = |seconds: i64| Some(item! { ":v" => seconds });
    update("later", "SET exp = exp + :v").set_expression_attribute_values(value(1_000)).send().await.unwrap();
    update("never", "REMOVE exp").send().await.unwrap();
    put(&db, "items", item! { "pk" => "replaced" }).await;
    update("sooner", "SET exp = :v").set_expression_attribute_values(value(soon)).send().await.unwrap();
    until_left(&db, "items", &["later", "never", "replaced"]).await;
}

#[tokio::test]
async fn an_expired_items_record_says_that_dynamodb_removed_it() {
    let server = Server::in_memory();
    let db = server.client();
    let stream = Stream::create(&server, &Table::new("pk:S"), "items", StreamViewType::NewAndOldImages).await;
    enable(&db, "items").await;
    let expired = item! { "pk" => "expired", "exp" => now() - 5, "v" => 1 };
    put_all(&db, "items", [item! { "pk" => "deleted" }, expired.clone()]).await;
    delete(&db, "items", item! { "pk" => "deleted" }).await;
    until_left(&db, "items", &[]).await;
    let removed: Vec<_> = stream
        .records()
        .await
        .into_iter()
        .filter(|record| record.event_name() == Some(&OperationType::Remove))
        .collect();
    assert_eq!(removed.len(), 2);
    for record in &removed {
        let change = change(record);
        let by = record.user_identity().map(|by| (by.principal_id().unwrap(), by.r#type().unwrap()));
        match text(&change.keys, "pk") {
            "expired" => {
                assert_eq!(by, Some(("dynamodb.amazonaws.com", "Service")));
                assert_eq!((change.old, change.new), (Some(expired.clone()), None));
            }
            _ => assert_eq!(by, None),
        }
    }
}

#[tokio::test]
async fn what_expires_while_the_server_is_down_goes_after_it_has_started() {
    let server = Server::on_disk();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    enable(&db, "items").await;
    let soon = now() + 1;
    put_all(&db, "items", (0..200).map(|i| item! { "pk" => format!("gone {i}"), "exp" => soon })).await;
    put(&db, "items", item! { "pk" => "stays", "exp" => soon + 1_000 }).await;
    let stopped = server.kill();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let server = stopped.reopen();
    until_left(&server.client(), "items", &["stays"]).await;
    // And they stay away.
    let server = server.kill().reopen();
    assert_eq!(names(&scan(&server.client(), "items", None).await), ["stays"]);
}

#[tokio::test]
async fn thousands_of_items_expire_in_a_second() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").gsi("by-g", "g:S", keys_only()).create(&db, "items").await;
    enable(&db, "items").await;
    let at = now() + 2;
    put_all(
        &db,
        "items",
        (0..5_000).map(|i| item! { "pk" => i.to_string(), "g" => format!("g{}", i % 7), "exp" => at }),
    )
    .await;
    put(&db, "items", item! { "pk" => "stays", "exp" => at + 1_000 }).await;
    until_left(&db, "items", &["stays"]).await;
    let late = now() - at;
    assert!(late <= 10, "the last of 5,000 was gone {late} s after its time");
    assert!(scan(&db, "items", Some("by-g")).await.is_empty());
    assert!(get(&db, "items", item! { "pk" => "stays" }).await.is_some());
}
