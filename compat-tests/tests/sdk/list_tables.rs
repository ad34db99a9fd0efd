//! ListTables.

use compat_tests::{Server, Table};

#[tokio::test]
async fn tables_are_listed_in_order_of_their_names() {
    let server = Server::in_memory();
    let db = server.client();
    for name in ["zebra", "Apple", "apple", "m.1", "m-1", "m_1"] {
        Table::new("pk:S").create(&db, name).await;
    }
    let listed = db.list_tables().send().await.unwrap();
    assert_eq!(listed.table_names(), ["Apple", "apple", "m-1", "m.1", "m_1", "zebra"]);
    assert_eq!(listed.last_evaluated_table_name(), None);
}

#[tokio::test]
async fn pages_name_every_table_once() {
    let server = Server::in_memory();
    let db = server.client();
    let names: Vec<String> = (0..25).map(|i| format!("table-{i:02}")).collect();
    for name in &names {
        Table::new("pk:S").create(&db, name).await;
    }
    let pages = db.list_tables().limit(7).into_paginator().send().collect::<Result<Vec<_>, _>>().await.unwrap();
    assert!(pages.iter().all(|page| page.table_names().len() <= 7));
    let listed: Vec<_> = pages.iter().flat_map(|page| page.table_names().to_vec()).collect();
    assert_eq!(listed, names);
    let after = db.list_tables().exclusive_start_table_name("table-20").send().await.unwrap();
    assert_eq!(after.table_names(), &names[21..]);
}
