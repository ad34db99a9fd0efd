//! DeleteTable.

use compat_tests::table::describe;
use compat_tests::{Refused, Server, Table, item};

#[tokio::test]
async fn a_deleted_table_is_gone_with_its_items() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "gone").await;
    db.put_item().table_name("gone").set_item(Some(item! { "pk" => "a" })).send().await.unwrap();
    let deleted = db.delete_table().table_name("gone").send().await.unwrap().table_description.unwrap();
    assert_eq!(deleted.table_name(), Some("gone"));
    let error = db.scan().table_name("gone").send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
    let again = db.delete_table().table_name("gone").send().await.unwrap_err().into_service_error();
    assert!(again.is_resource_not_found_exception(), "{again:?}");
    assert!(db.list_tables().send().await.unwrap().table_names().is_empty());
}

#[tokio::test]
async fn a_protected_table_is_not_deleted() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").request(&db, "kept").deletion_protection_enabled(true).send().await.unwrap();
    assert!(db.delete_table().table_name("kept").send().await.refused().is_validation("deletion protection"));
    db.update_table().table_name("kept").deletion_protection_enabled(false).send().await.unwrap();
    assert_eq!(describe(&db, "kept").await.deletion_protection_enabled(), Some(false));
    db.delete_table().table_name("kept").send().await.unwrap();
}
