//! BatchWriteItem.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{DeleteRequest, PutRequest, WriteRequest};
use compat_tests::value::Item;
use compat_tests::{Refused, Server, Table, item};

fn put(item: Item) -> WriteRequest {
    WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(item)).build().unwrap()).build()
}

fn delete(key: Item) -> WriteRequest {
    WriteRequest::builder().delete_request(DeleteRequest::builder().set_key(Some(key)).build().unwrap()).build()
}

#[tokio::test]
async fn puts_and_deletes_on_several_tables_are_done() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "one").await;
    Table::new("pk:S sk:N").create(&db, "two").await;
    db.put_item().table_name("one").set_item(Some(item! { "pk" => "old" })).send().await.unwrap();
    let answer = db
        .batch_write_item()
        .request_items(
            "one",
            vec![
                put(item! { "pk" => "new", "v" => 1 }),
                delete(item! { "pk" => "old" }),
                delete(item! { "pk" => "none" }),
            ],
        )
        .request_items("two", (0..20).map(|i| put(item! { "pk" => "p", "sk" => i })).collect())
        .send()
        .await
        .unwrap();
    assert!(answer.unprocessed_items.unwrap_or_default().is_empty());
    assert_eq!(db.scan().table_name("one").send().await.unwrap().items(), [item! { "pk" => "new", "v" => 1 }]);
    assert_eq!(db.scan().table_name("two").send().await.unwrap().count(), 20);
}

#[tokio::test]
async fn a_batch_with_a_fault_does_nothing() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let batch = |requests: Vec<WriteRequest>| {
        db.batch_write_item().set_request_items(Some(HashMap::from([("items".to_owned(), requests)]))).send()
    };
    let twice = batch(vec![put(item! { "pk" => "a" }), delete(item! { "pk" => "a" })]).await.refused();
    assert!(twice.is_validation("Provided list of item keys contains duplicates"), "{twice:?}");
    let too_many = batch((0..26).map(|i| put(item! { "pk" => i.to_string() })).collect()).await.refused();
    assert!(too_many.is_validation("less than or equal to 25"), "{too_many:?}");
    let wrong_key = batch(vec![put(item! { "pk" => "b" }), put(item! { "pk" => 1 })]).await.refused();
    assert!(wrong_key.is_validation("The provided key element does not match the schema"), "{wrong_key:?}");
    let no_table = db.batch_write_item().request_items("items", vec![put(item! { "pk" => "c" })]);
    let no_table = no_table
        .request_items("nowhere", vec![put(item! { "pk" => "c" })])
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(no_table.is_resource_not_found_exception(), "{no_table:?}");
    assert_eq!(db.scan().table_name("items").send().await.unwrap().count(), 0);
}

#[tokio::test]
async fn a_batch_may_hold_ten_megabytes() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let large = "x".repeat(400_000);
    let requests = (0..25).map(|i| put(item! { "pk" => i.to_string(), "v" => large.as_str() })).collect();
    db.batch_write_item().request_items("items", requests).send().await.unwrap();
    let items =
        db.scan().table_name("items").into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.unwrap();
    assert_eq!(items.len(), 25);
}
