//! Items in and out in few characters. What is refused ends the test.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};

use crate::value::Item;

pub async fn put(db: &Client, table: &str, item: Item) {
    db.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
}

/// As a consistent read sees it.
pub async fn get(db: &Client, table: &str, key: Item) -> Option<Item> {
    db.get_item().table_name(table).set_key(Some(key)).consistent_read(true).send().await.unwrap().item
}

pub async fn delete(db: &Client, table: &str, key: Item) {
    db.delete_item().table_name(table).set_key(Some(key)).send().await.unwrap();
}

/// In batches.
pub async fn put_all(db: &Client, table: &str, items: impl IntoIterator<Item = Item>) {
    let items: Vec<Item> = items.into_iter().collect();
    for batch in items.chunks(25) {
        let put = |item: &Item| PutRequest::builder().set_item(Some(item.clone())).build().unwrap();
        let requests = batch.iter().map(|item| WriteRequest::builder().put_request(put(item)).build()).collect();
        let batch = HashMap::from([(table.to_owned(), requests)]);
        let answer = db.batch_write_item().set_request_items(Some(batch)).send().await.unwrap();
        assert!(answer.unprocessed_items.unwrap_or_default().is_empty());
    }
}

/// All items of a table, or of one of its indexes.
pub async fn scan(db: &Client, table: &str, index: Option<&str>) -> Vec<Item> {
    let scan = db.scan().table_name(table).set_index_name(index.map(str::to_owned));
    let scan = scan.set_consistent_read(index.is_none().then_some(true));
    scan.into_paginator().items().send().collect::<Result<_, _>>().await.unwrap()
}
