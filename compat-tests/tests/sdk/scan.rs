//! Scan.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use aws_sdk_dynamodb::types::Select;
use compat_tests::value::{IntoValue, Item, text};
use compat_tests::{Refused, Server, Table, item};

const ROWS: usize = 300;

async fn with_rows() -> (Server, Client) {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S sk:N").create(&db, "rows").await;
    for i in 0..ROWS {
        let row = item! { "pk" => format!("p{}", i / 3), "sk" => i % 3, "id" => format!("{i:03}"), "third" => i % 3 };
        db.put_item().table_name("rows").set_item(Some(row)).send().await.unwrap();
    }
    (server, db)
}

async fn ids(scan: ScanFluentBuilder) -> Vec<String> {
    let items: Vec<Item> = scan.into_paginator().items().send().collect::<Result<_, _>>().await.unwrap();
    items.iter().map(|item| text(item, "id").to_owned()).collect()
}

fn assert_all_once(ids: Vec<String>) {
    assert_eq!(ids.len(), ROWS);
    assert_eq!(ids.into_iter().collect::<BTreeSet<_>>().len(), ROWS);
}

#[tokio::test]
async fn pages_of_any_size_give_every_item_once() {
    let (_server, db) = with_rows().await;
    let whole = ids(db.scan().table_name("rows")).await;
    assert_all_once(whole.clone());
    for limit in [1, 7, 100, 299, 300, 301] {
        assert_eq!(ids(db.scan().table_name("rows").limit(limit)).await, whole, "pages of {limit}");
    }
}

#[tokio::test]
async fn segments_of_any_number_share_the_items_out() {
    let (_server, db) = with_rows().await;
    for total in [1, 2, 3, 7, 64] {
        let mut found = Vec::new();
        for segment in 0..total {
            found.extend(ids(db.scan().table_name("rows").segment(segment).total_segments(total).limit(11)).await);
        }
        assert_all_once(found);
    }
    let one_of_a_million =
        db.scan().table_name("rows").segment(999_999).total_segments(1_000_000).send().await.unwrap();
    assert!(one_of_a_million.count() <= 3);
}

#[tokio::test]
async fn segments_are_asked_for_in_pairs_and_within_bounds() {
    let (_server, db) = with_rows().await;
    let scan = || db.scan().table_name("rows");
    for refused in [
        scan().segment(0),
        scan().total_segments(2),
        scan().segment(2).total_segments(2),
        scan().segment(0).total_segments(1_000_001),
    ] {
        assert_eq!(refused.send().await.refused().code, "ValidationException");
    }
}

#[tokio::test]
async fn a_scan_goes_on_after_its_cursor_was_deleted() {
    let (_server, db) = with_rows().await;
    let whole = ids(db.scan().table_name("rows")).await;
    let page = db.scan().table_name("rows").limit(100).send().await.unwrap();
    let cursor = page.last_evaluated_key.unwrap();
    db.delete_item().table_name("rows").set_key(Some(cursor.clone())).send().await.unwrap();
    let rest = ids(db.scan().table_name("rows").set_exclusive_start_key(Some(cursor))).await;
    assert_eq!(rest, &whole[100..]);
}

#[tokio::test]
async fn a_filter_and_a_projection_choose_what_comes_back() {
    let (_server, db) = with_rows().await;
    let filtered = || {
        let scan = db.scan().table_name("rows").filter_expression("third = :x AND id < :id");
        scan.expression_attribute_values(":x", 1.into_value()).expression_attribute_values(":id", "010".into_value())
    };
    let answer = filtered().projection_expression("id").send().await.unwrap();
    let found: BTreeSet<&str> = answer.items().iter().map(|item| text(item, "id")).collect();
    assert_eq!(found, BTreeSet::from(["001", "004", "007"]));
    assert!(answer.items().iter().all(|item| item.len() == 1));
    let counted = filtered().select(Select::Count).send().await.unwrap();
    assert_eq!((counted.count(), counted.scanned_count()), (3, ROWS as i32));
    assert!(counted.items().is_empty());
}

#[tokio::test]
async fn the_rows_of_a_partition_come_together_and_in_order() {
    let (_server, db) = with_rows().await;
    let order = ids(db.scan().table_name("rows")).await;
    for partition in order.chunks(3) {
        let first: usize = partition[0].parse().unwrap();
        assert_eq!(first % 3, 0);
        let expected: Vec<_> = (first..first + 3).map(|i| format!("{i:03}")).collect();
        assert_eq!(partition, expected);
    }
}
