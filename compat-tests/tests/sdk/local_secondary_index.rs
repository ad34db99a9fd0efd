//! Queries of local secondary indexes.

use aws_sdk_dynamodb::types::Select;
use compat_tests::table::{all, keys_only};
use compat_tests::value::{Item, integer};
use compat_tests::{Server, Table, item};

#[tokio::test]
async fn a_partition_is_read_in_another_order() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S sk:N").lsi("by-price", "price:N", all()).create(&db, "goods").await;
    for (i, price) in [30, 10, 20, 10].into_iter().enumerate() {
        db.put_item()
            .table_name("goods")
            .set_item(Some(item! { "pk" => "p", "sk" => i, "price" => price }))
            .send()
            .await
            .unwrap();
    }
    db.put_item().table_name("goods").set_item(Some(item! { "pk" => "p", "sk" => 9 })).send().await.unwrap();
    db.put_item()
        .table_name("goods")
        .set_item(Some(item! { "pk" => "q", "sk" => 0, "price" => 1 }))
        .send()
        .await
        .unwrap();
    let query = || {
        let query = db.query().table_name("goods").index_name("by-price").consistent_read(true);
        query.key_condition_expression("pk = :p AND price < :max")
    };
    let query = query().set_expression_attribute_values(Some(item! { ":p" => "p", ":max" => 30 })).limit(1);
    let rows: Vec<Item> = query.into_paginator().items().send().collect::<Result<_, _>>().await.unwrap();
    let found: Vec<_> = rows.iter().map(|row| (integer(row, "price"), integer(row, "sk"))).collect();
    assert_eq!(found, [(10, 1), (10, 3), (20, 2)]);
}

#[tokio::test]
async fn what_the_index_lacks_is_fetched_from_the_table() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S sk:N").lsi("bare", "price:N", keys_only()).create(&db, "goods").await;
    let whole = item! { "pk" => "p", "sk" => 1, "price" => 5, "name" => "lamp", "colour" => "red" };
    db.put_item().table_name("goods").set_item(Some(whole.clone())).send().await.unwrap();
    let query = || {
        let query = db.query().table_name("goods").index_name("bare").key_condition_expression("pk = :p");
        query.set_expression_attribute_values(Some(item! { ":p" => "p" }))
    };
    assert_eq!(query().send().await.unwrap().items(), [item! { "pk" => "p", "sk" => 1, "price" => 5 }]);
    assert_eq!(query().select(Select::AllAttributes).send().await.unwrap().items(), [whole]);
    assert_eq!(query().projection_expression("colour").send().await.unwrap().items(), [item! { "colour" => "red" }]);
}
