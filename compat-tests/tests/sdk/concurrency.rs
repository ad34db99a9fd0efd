//! Many clients at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{CreateGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate};
use compat_tests::table::{all, attribute, key_schema, until_active};
use compat_tests::value::{IntoValue, Item, integer, text};
use compat_tests::{Server, Table, item};

async fn increment_from_many_clients(server: &Server, clients: usize, times: usize) {
    let db = server.client();
    Table::new("pk:S").create(&db, "counters").await;
    let clients: Vec<_> = (0..clients)
        .map(|_| {
            let db = server.client();
            tokio::spawn(async move {
                for _ in 0..times {
                    let update = db.update_item().table_name("counters").set_key(Some(item! { "pk" => "one" }));
                    let update = update.update_expression("SET n = if_not_exists(n, :zero) + :one");
                    let values = item! { ":zero" => 0, ":one" => 1 };
                    update.set_expression_attribute_values(Some(values)).send().await.unwrap();
                }
            })
        })
        .collect();
    let expected = clients.len() * times;
    for client in clients {
        client.await.unwrap();
    }
    let got = db.get_item().table_name("counters").set_key(Some(item! { "pk" => "one" })).send().await.unwrap();
    assert_eq!(integer(&got.item.unwrap(), "n"), expected as i64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_clients_on_one_counter_lose_no_increment() {
    increment_from_many_clients(&Server::in_memory(), 16, 250).await;
    increment_from_many_clients(&Server::on_disk(), 16, 50).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "160,000 requests take minutes"]
async fn sixteen_clients_ten_thousand_times_each_lose_no_increment() {
    increment_from_many_clients(&Server::in_memory(), 16, 10_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_conditional_writers_wins() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "locks").await;
    for round in 0..20 {
        let takers: Vec<_> = (0..8)
            .map(|i| {
                let put = server
                    .client()
                    .put_item()
                    .table_name("locks")
                    .set_item(Some(item! { "pk" => round.to_string(), "owner" => i }));
                tokio::spawn(put.condition_expression("attribute_not_exists(pk)").send())
            })
            .collect();
        let mut winners = 0;
        for taker in takers {
            match taker.await.unwrap() {
                Ok(_) => winners += 1,
                Err(error) => assert!(error.into_service_error().is_conditional_check_failed_exception()),
            }
        }
        assert_eq!(winners, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_moved_between_index_partitions_leave_no_row_behind() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").gsi("by-g", "g:S n:N", all()).create(&db, "items").await;
    let movers: Vec<_> = (0..8).map(|seed| tokio::spawn(move_items(server.client(), seed, 150))).collect();
    for mover in movers {
        mover.await.unwrap();
    }
    assert_index_mirrors_table(&db).await;
}

/// Puts, moves and deletes ten items in an order that `seed` decides.
async fn move_items(db: Client, seed: u64, steps: usize) {
    let mut random = seed + 1;
    for step in 0..steps {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (key, group, action) = ((random >> 33) % 10, (random >> 40) % 4, (random >> 50) % 8);
        let pk = format!("item-{key}");
        let g = format!("g{group}");
        match action {
            0 => drop(db.delete_item().table_name("items").set_key(Some(item! { "pk" => pk })).send().await.unwrap()),
            1 | 2 => drop(
                db.put_item()
                    .table_name("items")
                    .set_item(Some(item! { "pk" => pk, "g" => g, "n" => step }))
                    .send()
                    .await
                    .unwrap(),
            ),
            3 => {
                let update = db
                    .update_item()
                    .table_name("items")
                    .set_key(Some(item! { "pk" => pk }))
                    .update_expression("REMOVE g");
                update.send().await.unwrap();
            }
            _ => {
                let update = db
                    .update_item()
                    .table_name("items")
                    .set_key(Some(item! { "pk" => pk }))
                    .update_expression("SET g = :g, n = :n");
                update.set_expression_attribute_values(Some(item! { ":g" => g, ":n" => step })).send().await.unwrap();
            }
        }
    }
}

async fn assert_index_mirrors_table(db: &Client) {
    let scan = |index: Option<&str>| {
        let scan =
            db.scan().table_name("items").set_index_name(index.map(str::to_owned)).into_paginator().items().send();
        scan.collect::<Result<Vec<Item>, _>>()
    };
    let by_key = |items: Vec<Item>| -> BTreeMap<String, Item> {
        items.into_iter().map(|item| (text(&item, "pk").to_owned(), item)).collect()
    };
    let in_table: Vec<Item> =
        scan(None).await.unwrap().into_iter().filter(|item| item.contains_key("g") && item.contains_key("n")).collect();
    let in_index = scan(Some("by-g")).await.unwrap();
    assert_eq!(in_index.len(), in_table.len(), "rows in the index, items in the table");
    assert_eq!(by_key(in_index), by_key(in_table));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_added_while_writers_go_on_ends_up_complete() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    for i in 0..1000 {
        let item = item! { "pk" => format!("base-{i}"), "g" => format!("g{}", i % 7), "n" => i };
        db.put_item().table_name("items").set_item(Some(item)).send().await.unwrap();
    }
    let done = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4).map(|seed| tokio::spawn(write_until(server.client(), seed, done.clone()))).collect();
    let keys = key_schema(&["g".to_owned()], &["n".to_owned()]);
    let create =
        CreateGlobalSecondaryIndexAction::builder().index_name("by-g").set_key_schema(Some(keys)).projection(all());
    let update = db
        .update_table()
        .table_name("items")
        .attribute_definitions(attribute("g", "S"))
        .attribute_definitions(attribute("n", "N"));
    let update = update
        .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(create.build().unwrap()).build());
    update.send().await.unwrap();
    until_active(&db, "items").await;
    done.store(true, Ordering::Relaxed);
    let mut written = 0;
    for writer in writers {
        written += writer.await.unwrap();
    }
    assert!(written > 0);
    assert_index_mirrors_table(&db).await;
}

/// Moves items that were there before and makes new ones; says how many writes it did.
async fn write_until(db: Client, seed: usize, done: Arc<AtomicBool>) -> usize {
    let mut written = 0;
    while !done.load(Ordering::Relaxed) || written < 50 {
        let pk = format!("base-{}", (seed * 251 + written * 7) % 1000);
        let update =
            db.update_item().table_name("items").set_key(Some(item! { "pk" => pk })).update_expression("SET g = :g");
        update.expression_attribute_values(":g", format!("moved-{}", written % 5).into_value()).send().await.unwrap();
        let gone = format!("base-{}", (seed * 13 + written * 11) % 1000);
        db.delete_item().table_name("items").set_key(Some(item! { "pk" => gone })).send().await.unwrap();
        let new = item! { "pk" => format!("new-{seed}-{written}"), "g" => "new", "n" => written };
        db.put_item().table_name("items").set_item(Some(new)).send().await.unwrap();
        written += 1;
    }
    written
}
