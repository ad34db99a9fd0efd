//! Tables belong to an access key and a Region.

use compat_tests::{Server, Table, item};

#[tokio::test]
async fn another_access_key_or_region_sees_other_tables() {
    let server = Server::in_memory();
    let mine = server.client_as("MINE", "eu-west-1");
    Table::new("pk:S").create(&mine, "items").await;
    for other in [server.client_as("YOURS", "eu-west-1"), server.client_as("MINE", "us-east-1")] {
        assert!(other.list_tables().send().await.unwrap().table_names().is_empty());
        let error = other.describe_table().table_name("items").send().await.unwrap_err().into_service_error();
        assert!(error.is_resource_not_found_exception());
        Table::new("pk:N").create(&other, "items").await;
        assert_eq!(other.scan().table_name("items").send().await.unwrap().count(), 0);
    }
    mine.put_item().table_name("items").set_item(Some(item! { "pk" => "a" })).send().await.unwrap();
    assert_eq!(server.client_as("MINE", "eu-west-1").scan().table_name("items").send().await.unwrap().count(), 1);
}

#[tokio::test]
async fn the_log_names_the_namespace_that_has_the_table() {
    let server = Server::in_memory();
    Table::new("pk:S").create(&server.client_as("MINE", "eu-west-1"), "items").await;
    let other = server.client_as("YOURS", "us-east-1");
    other.scan().table_name("items").send().await.unwrap_err();
    let line = server.until_logged("items");
    assert!(line.contains("WARN") && line.contains("eu-west-1") && line.contains("MINE"), "{line}");
}

#[tokio::test]
async fn a_shared_database_is_one_for_all() {
    let server = Server::in_memory_with(&["--shared-db"]);
    Table::new("pk:S").create(&server.client_as("MINE", "eu-west-1"), "items").await;
    let other = server.client_as("YOURS", "us-east-1");
    assert_eq!(other.list_tables().send().await.unwrap().table_names(), ["items"]);
}

#[tokio::test]
async fn namespaces_are_kept_over_a_restart() {
    let server = Server::on_disk();
    for (key, region) in [("ONE", "eu-west-1"), ("ONE", "us-east-1"), ("TWO", "eu-west-1")] {
        Table::new("pk:S").create(&server.client_as(key, region), &format!("{key}-{region}")).await;
    }
    let server = server.stop().reopen();
    for (key, region) in [("ONE", "eu-west-1"), ("ONE", "us-east-1"), ("TWO", "eu-west-1")] {
        let listed = server.client_as(key, region).list_tables().send().await.unwrap();
        assert_eq!(listed.table_names(), [format!("{key}-{region}")]);
    }
}
