//! DescribeTable.

use compat_tests::table::describe;
use compat_tests::{Server, Table, item};

#[tokio::test]
async fn a_table_can_be_named_by_its_arn() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "named").await;
    let table = describe(&db, "named").await;
    let by_arn = describe(&db, table.table_arn().unwrap()).await;
    assert_eq!(table, by_arn);
    let put = db.put_item().table_name(table.table_arn().unwrap()).set_item(Some(item! { "pk" => "a" }));
    put.send().await.unwrap();
    let got = db.get_item().table_name("named").set_key(Some(item! { "pk" => "a" })).send().await.unwrap();
    assert!(got.item.is_some());
}

#[tokio::test]
async fn a_table_that_is_not_there_is_not_found() {
    let server = Server::in_memory();
    let error = server.client().describe_table().table_name("nowhere").send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
}

#[tokio::test]
async fn a_table_made_again_under_its_name_is_another_one() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "again").await;
    let first = describe(&db, "again").await.table_id;
    assert_eq!(describe(&db, "again").await.table_id, first);
    db.put_item().table_name("again").set_item(Some(item! { "pk" => "old" })).send().await.unwrap();
    db.delete_table().table_name("again").send().await.unwrap();
    Table::new("pk:S").create(&db, "again").await;
    assert_ne!(describe(&db, "again").await.table_id, first);
    assert_eq!(db.scan().table_name("again").send().await.unwrap().count(), 0);
}
