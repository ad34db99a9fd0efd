//! Query.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use compat_tests::value::{IntoValue, Item, integer, text};
use compat_tests::{Refused, Server, Table, b, item, n};

async fn with_rows(keys: &str, sort_keys: impl IntoIterator<Item = AttributeValue>) -> (Server, Client) {
    let server = Server::in_memory();
    let db = server.client();
    Table::new(keys).create(&db, "rows").await;
    for (i, sort_key) in sort_keys.into_iter().enumerate() {
        let row = item! { "pk" => "p", "sk" => sort_key, "i" => i, "parity" => i % 2 };
        db.put_item().table_name("rows").set_item(Some(row)).send().await.unwrap();
    }
    (server, db)
}

fn query(db: &Client, condition: &str, values: Item) -> QueryFluentBuilder {
    let query = db.query().table_name("rows").key_condition_expression(condition);
    query.set_expression_attribute_values(Some(values)).expression_attribute_values(":p", "p".into_value())
}

async fn sort_keys(query: QueryFluentBuilder) -> Vec<AttributeValue> {
    let items = query.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.unwrap();
    items.into_iter().map(|mut item| item.remove("sk").unwrap()).collect()
}

#[tokio::test]
async fn numbers_sort_by_value() {
    let sorted = [
        "-1e125", "-100", "-99.5", "-1", "-0.001", "-1e-130", "0", "1e-130", "0.5", "1", "1.5", "2", "10", "100",
        "1e125",
    ];
    let (_server, db) = with_rows("pk:S sk:N", sorted.iter().rev().map(|digits| n(digits))).await;
    let got = query(&db, "pk = :p", item! {}).send().await.unwrap();
    let order: Vec<i64> = got.items().iter().map(|item| integer(item, "i")).collect();
    assert_eq!(order, (0..sorted.len() as i64).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn strings_sort_by_their_utf8_bytes_and_binaries_as_unsigned() {
    let sorted = ["\u{0}", " ", "!", "A", "Z", "a", "aa", "ab", "b", "z", "é", "€", "\u{ffff}", "🦀"];
    let (_server, db) = with_rows("pk:S sk:S", sorted.iter().rev().map(|&text| text.into_value())).await;
    let got = sort_keys(query(&db, "pk = :p", item! {})).await;
    assert_eq!(got, sorted.map(IntoValue::into_value));

    let sorted: [&[u8]; 7] = [b"\x00", b"\x00\x00", b"\x00\x01", b"\x01", b"\x7f\xff", b"\x80", b"\xff"];
    let (_server, db) = with_rows("pk:S sk:B", sorted.iter().rev().map(|&bytes| b(bytes))).await;
    assert_eq!(sort_keys(query(&db, "pk = :p", item! {})).await, sorted.map(b));
}

#[tokio::test]
async fn every_key_condition_picks_its_range() {
    let (_server, db) = with_rows("pk:S sk:N", (0..10).map(IntoValue::into_value)).await;
    let ranges: [(&str, &[i32]); 8] = [
        ("pk = :p AND sk = :a", &[3]),
        ("pk = :p AND sk < :a", &[0, 1, 2]),
        ("pk = :p AND sk <= :a", &[0, 1, 2, 3]),
        ("pk = :p AND sk > :a", &[4, 5, 6, 7, 8, 9]),
        ("sk >= :a AND pk = :p", &[3, 4, 5, 6, 7, 8, 9]),
        ("(pk = :p) AND (:a < sk)", &[4, 5, 6, 7, 8, 9]),
        ("pk = :p AND sk BETWEEN :a AND :b", &[3, 4, 5]),
        ("pk = :p", &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ];
    for (condition, expected) in ranges {
        let mut values = item! { ":a" => 3, ":b" => 5 };
        values.retain(|name, _| condition.contains(name.as_str()));
        let expected: Vec<_> = expected.iter().map(|&i| i.into_value()).collect();
        assert_eq!(sort_keys(query(&db, condition, values.clone())).await, expected, "{condition}");
        let reversed: Vec<_> = expected.into_iter().rev().collect();
        assert_eq!(
            sort_keys(query(&db, condition, values).scan_index_forward(false)).await,
            reversed,
            "{condition} backwards"
        );
    }
}

#[tokio::test]
async fn begins_with_picks_a_prefix_of_text_or_bytes() {
    let (_server, db) = with_rows("pk:S sk:S", ["a", "a#", "a#1", "a#2", "a$", "b"].map(IntoValue::into_value)).await;
    let got = sort_keys(query(&db, "pk = :p AND begins_with(sk, :x)", item! { ":x" => "a#" })).await;
    assert_eq!(got, ["a#", "a#1", "a#2"].map(IntoValue::into_value));
    let (_server, db) = with_rows("pk:S sk:B", [&b"\xff"[..], b"\xff\x00", b"\xff\xff", b"\xfe"].map(b)).await;
    let got = sort_keys(query(&db, "pk = :p AND begins_with(sk, :x)", item! { ":x" => b(*b"\xff") })).await;
    assert_eq!(got, [&b"\xff"[..], b"\xff\x00", b"\xff\xff"].map(b));
}

#[tokio::test]
async fn a_filter_is_applied_after_the_page_was_read() {
    let (_server, db) = with_rows("pk:S sk:N", (0..10).map(IntoValue::into_value)).await;
    let filtered = || query(&db, "pk = :p", item! { ":odd" => 1 }).filter_expression("parity = :odd");
    let answer = filtered().send().await.unwrap();
    assert_eq!((answer.count(), answer.scanned_count()), (5, 10));
    let page = filtered().limit(4).send().await.unwrap();
    assert_eq!((page.count(), page.scanned_count()), (2, 4));
    assert_eq!(page.last_evaluated_key.unwrap(), item! { "pk" => "p", "sk" => 3 });
}

#[tokio::test]
async fn pages_of_any_size_give_every_row_once_in_both_directions() {
    let (_server, db) = with_rows("pk:S sk:N", (0..23).map(IntoValue::into_value)).await;
    for limit in [1, 2, 5, 22, 23, 24] {
        for forward in [true, false] {
            let got = sort_keys(query(&db, "pk = :p", item! {}).limit(limit).scan_index_forward(forward)).await;
            let mut expected: Vec<_> = (0..23).map(IntoValue::into_value).collect();
            if !forward {
                expected.reverse();
            }
            assert_eq!(got, expected, "pages of {limit}");
        }
    }
}

#[tokio::test]
async fn a_page_ends_at_one_megabyte() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S sk:N").create(&db, "rows").await;
    let large = "x".repeat(100_000);
    for i in 0..25 {
        let row = item! { "pk" => "p", "sk" => i, "v" => large.as_str() };
        db.put_item().table_name("rows").set_item(Some(row)).send().await.unwrap();
    }
    let first = query(&db, "pk = :p", item! {}).send().await.unwrap();
    assert!((10..=11).contains(&first.count()), "{} rows of 100 kB", first.count());
    assert!(first.last_evaluated_key.is_some());
    let filtered = query(&db, "pk = :p", item! { ":none" => -1 }).filter_expression("sk = :none");
    assert!(
        filtered.send().await.refused().is_validation("Filter Expression can only contain non-primary key attributes")
    );
    let counted = query(&db, "pk = :p", item! {}).select(Select::Count).send().await.unwrap();
    assert!(counted.items().is_empty() && counted.count() == first.count());
    assert_eq!(sort_keys(query(&db, "pk = :p", item! {})).await.len(), 25);
}

#[tokio::test]
async fn a_projection_shapes_every_row() {
    let (_server, db) = with_rows("pk:S sk:N", (0..3).map(IntoValue::into_value)).await;
    let rows = query(&db, "pk = :p", item! {}).projection_expression("i").send().await.unwrap().items.unwrap();
    assert_eq!(rows, (0..3).map(|i| item! { "i" => i }).collect::<Vec<_>>());
    let named =
        query(&db, "#pk = :p", item! {}).expression_attribute_names("#pk", "pk").select(Select::SpecificAttributes);
    let rows = named.projection_expression("sk, i").send().await.unwrap().items.unwrap();
    assert_eq!(rows[2], item! { "sk" => 2, "i" => 2 });
}

#[tokio::test]
async fn a_cursor_goes_on_after_its_row_even_if_that_is_gone() {
    let (_server, db) = with_rows("pk:S sk:N", (0..10).map(IntoValue::into_value)).await;
    let first = query(&db, "pk = :p", item! {}).limit(4).send().await.unwrap();
    let cursor = first.last_evaluated_key.unwrap();
    db.delete_item().table_name("rows").set_key(Some(cursor.clone())).send().await.unwrap();
    let rest = query(&db, "pk = :p", item! {}).set_exclusive_start_key(Some(cursor)).send().await.unwrap();
    assert_eq!(rest.items().iter().map(|item| integer(item, "sk")).collect::<Vec<_>>(), [4, 5, 6, 7, 8, 9]);
    let wrong = item! { "pk" => "p" };
    let refusal = query(&db, "pk = :p", item! {}).set_exclusive_start_key(Some(wrong)).send().await.refused();
    assert!(refusal.is_validation("The provided starting key is invalid"), "{refusal:?}");
}

#[tokio::test]
async fn one_partition_is_not_another() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S sk:S").create(&db, "rows").await;
    for pk in ["p", "p\u{0}", "pp", "P"] {
        db.put_item().table_name("rows").set_item(Some(item! { "pk" => pk, "sk" => "s" })).send().await.unwrap();
    }
    let got = query(&db, "pk = :p", item! {}).send().await.unwrap();
    assert_eq!(got.items().iter().map(|item| text(item, "pk")).collect::<Vec<_>>(), ["p"]);
}

#[tokio::test]
async fn a_key_condition_that_is_none_is_refused() {
    let (_server, db) = with_rows("pk:S sk:N", []).await;
    let refused = [
        ("pk > :p", item! {}, "Query key condition not supported"),
        ("pk = :p AND i = :a", item! { ":a" => 1 }, "Query condition missed key schema element"),
        ("pk = :p AND sk = :a", item! { ":a" => "text" }, "Condition parameter type does not match schema type"),
        ("pk = :p OR sk = :a", item! { ":a" => 1 }, "Invalid operator used in KeyConditionExpression: OR"),
        ("pk = :p AND sk <> :a", item! { ":a" => 1 }, "Invalid operator used in KeyConditionExpression: <>"),
    ];
    for (condition, values, part) in refused {
        let refusal = query(&db, condition, values).send().await.refused();
        assert!(refusal.is_validation(part), "{condition}: {refusal:?}");
    }
}
