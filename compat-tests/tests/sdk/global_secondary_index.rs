//! Queries and scans of global secondary indexes.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::Select;
use compat_tests::table::{all, include, keys_only};
use compat_tests::value::{Item, integer, text};
use compat_tests::{Refused, Server, Table, item, null};

async fn with_table(table: Table) -> (Server, Client) {
    let server = Server::in_memory();
    let db = server.client();
    table.create(&db, "docs").await;
    (server, db)
}

async fn put(db: &Client, item: Item) {
    db.put_item().table_name("docs").set_item(Some(item)).send().await.unwrap();
}

fn query(db: &Client, index: &str, condition: &str, values: Item) -> QueryFluentBuilder {
    let query = db.query().table_name("docs").index_name(index).key_condition_expression(condition);
    query.set_expression_attribute_values(Some(values))
}

async fn rows(query: QueryFluentBuilder) -> Vec<Item> {
    query.into_paginator().items().send().collect::<Result<_, _>>().await.unwrap()
}

#[tokio::test]
async fn an_index_holds_what_its_projection_says() {
    let table = Table::new("pk:S").gsi("whole", "g:S", all()).gsi("bare", "g:S", keys_only()).gsi(
        "some",
        "g:S",
        include(&["x"]),
    );
    let (_server, db) = with_table(table).await;
    put(&db, item! { "pk" => "a", "g" => "here", "x" => 1, "y" => 2 }).await;
    let here = || item! { ":g" => "here" };
    assert_eq!(
        rows(query(&db, "whole", "g = :g", here())).await,
        [item! { "pk" => "a", "g" => "here", "x" => 1, "y" => 2 }]
    );
    assert_eq!(rows(query(&db, "bare", "g = :g", here())).await, [item! { "pk" => "a", "g" => "here" }]);
    assert_eq!(rows(query(&db, "some", "g = :g", here())).await, [item! { "pk" => "a", "g" => "here", "x" => 1 }]);
    let refused = query(&db, "bare", "g = :g", here()).select(Select::AllAttributes).send().await.refused();
    assert!(refused.is_validation("ALL_ATTRIBUTES is not supported for global secondary index bare"), "{refused:?}");
    let refused = query(&db, "whole", "g = :g", here()).consistent_read(true).send().await.refused();
    assert!(refused.is_validation("Consistent reads are not supported on global secondary indexes"), "{refused:?}");
}

#[tokio::test]
async fn an_item_without_a_key_attribute_is_not_in_the_index() {
    let (_server, db) = with_table(Table::new("pk:S").gsi("sparse", "g:S r:N", all())).await;
    put(&db, item! { "pk" => "neither" }).await;
    put(&db, item! { "pk" => "half", "g" => "x" }).await;
    put(&db, item! { "pk" => "other half", "r" => 1 }).await;
    put(&db, item! { "pk" => "both", "g" => "x", "r" => 1 }).await;
    let scanned = db.scan().table_name("docs").index_name("sparse").send().await.unwrap();
    assert_eq!(scanned.items().iter().map(|item| text(item, "pk")).collect::<Vec<_>>(), ["both"]);
    let wrong = db
        .put_item()
        .table_name("docs")
        .set_item(Some(item! { "pk" => "w", "g" => 1, "r" => 1 }))
        .send()
        .await
        .refused();
    assert!(wrong.is_validation("Type mismatch for Index Key g Expected: S Actual: N IndexName: sparse"), "{wrong:?}");
    assert!(
        db.put_item()
            .table_name("docs")
            .set_item(Some(item! { "pk" => "w", "g" => null() }))
            .send()
            .await
            .refused()
            .is_validation("sparse")
    );
}

#[tokio::test]
async fn every_write_moves_the_row_with_its_item() {
    let (_server, db) = with_table(Table::new("pk:S").gsi("by-g", "g:S", all())).await;
    let at = async |value: &str| rows(query(&db, "by-g", "g = :g", item! { ":g" => value })).await.len();
    put(&db, item! { "pk" => "a", "g" => "x" }).await;
    assert_eq!((at("x").await, at("y").await), (1, 0));
    put(&db, item! { "pk" => "a", "g" => "y" }).await;
    assert_eq!((at("x").await, at("y").await), (0, 1));
    let update = |expression: &str| {
        db.update_item().table_name("docs").set_key(Some(item! { "pk" => "a" })).update_expression(expression)
    };
    update("REMOVE g").send().await.unwrap();
    assert_eq!((at("x").await, at("y").await), (0, 0));
    update("SET g = :g").set_expression_attribute_values(Some(item! { ":g" => "x" })).send().await.unwrap();
    assert_eq!((at("x").await, at("y").await), (1, 0));
    db.delete_item().table_name("docs").set_key(Some(item! { "pk" => "a" })).send().await.unwrap();
    assert_eq!((at("x").await, at("y").await), (0, 0));
}

#[tokio::test]
async fn rows_that_tie_in_the_index_key_are_all_paged_through() {
    let (_server, db) = with_table(Table::new("pk:S sk:N").gsi("by-g", "g:S r:N", all())).await;
    for i in 0..40 {
        put(&db, item! { "pk" => format!("p{}", i % 4), "sk" => i, "g" => "same", "r" => i % 2 }).await;
    }
    for limit in [1, 3, 20, 40] {
        for forward in [true, false] {
            let query = query(&db, "by-g", "g = :g", item! { ":g" => "same" }).limit(limit).scan_index_forward(forward);
            let found = rows(query).await;
            let mut ids: Vec<i64> = found.iter().map(|item| integer(item, "sk")).collect();
            let order: Vec<i64> = found.iter().map(|item| integer(item, "r")).collect();
            assert!(order.is_sorted_by(|a, b| if forward { a <= b } else { a >= b }), "{order:?}");
            ids.sort_unstable();
            assert_eq!(ids, (0..40).collect::<Vec<_>>(), "pages of {limit}");
        }
    }
    let page = query(&db, "by-g", "g = :g", item! { ":g" => "same" }).limit(1).send().await.unwrap();
    let mut cursor: Vec<_> = page.last_evaluated_key.unwrap().into_keys().collect();
    cursor.sort();
    assert_eq!(cursor, ["g", "pk", "r", "sk"]);
}

#[tokio::test]
async fn keys_of_several_attributes_are_matched_from_the_left() {
    let table = Table::new("pk:S").wide_gsi("wide", "h1:S h2:N", "r1:S r2:N", all());
    let (_server, db) = with_table(table).await;
    for i in 0..12 {
        let item = item! { "pk" => i.to_string(), "h1" => "t", "h2" => i % 2, "r1" => if i < 6 { "early" } else { "late" }, "r2" => i };
        put(&db, item).await;
    }
    let found = async |condition: &str, values: Item| -> Vec<i64> {
        rows(query(&db, "wide", condition, values)).await.iter().map(|item| integer(item, "r2")).collect()
    };
    let hash = || item! { ":t" => "t", ":zero" => 0 };
    assert_eq!(found("h1 = :t AND h2 = :zero", hash()).await, [0, 2, 4, 6, 8, 10]);
    let mut early = hash();
    early.extend(item! { ":r" => "early" });
    assert_eq!(found("h1 = :t AND h2 = :zero AND r1 = :r", early.clone()).await, [0, 2, 4]);
    early.extend(item! { ":n" => 2 });
    assert_eq!(found("h1 = :t AND h2 = :zero AND r1 = :r AND r2 >= :n", early).await, [2, 4]);
    let half = query(&db, "wide", "h1 = :t", item! { ":t" => "t" }).send().await.refused();
    assert_eq!(half.code, "ValidationException");
}

#[tokio::test]
async fn an_index_that_is_not_there_is_refused() {
    let (_server, db) = with_table(Table::new("pk:S")).await;
    let refused = query(&db, "nowhere", "g = :g", item! { ":g" => "x" }).send().await.refused();
    assert!(refused.is_validation("The table does not have the specified index: nowhere"), "{refused:?}");
}
