//! UpdateTable.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_table::builders::UpdateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    BillingMode, CreateGlobalSecondaryIndexAction, DeleteGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate,
    ProvisionedThroughput, StreamSpecification, StreamViewType, TableClass,
};
use compat_tests::items::put;
use compat_tests::stream::{disabled, enabled};
use compat_tests::table::{all, attribute, describe, key_schema, until_active};
use compat_tests::value::{Item, text};
use compat_tests::{Refused, Server, Stream, Table, item};

fn add_index(db: &Client, name: &str, key: &str) -> UpdateTableFluentBuilder {
    let keys = key_schema(&[key.to_owned()], &[]);
    let create =
        CreateGlobalSecondaryIndexAction::builder().index_name(name).set_key_schema(Some(keys)).projection(all());
    let update = GlobalSecondaryIndexUpdate::builder().create(create.build().unwrap()).build();
    db.update_table()
        .table_name("docs")
        .attribute_definitions(attribute(key, "S"))
        .global_secondary_index_updates(update)
}

fn drop_index(db: &Client, name: &str) -> UpdateTableFluentBuilder {
    let delete = DeleteGlobalSecondaryIndexAction::builder().index_name(name).build().unwrap();
    db.update_table()
        .table_name("docs")
        .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().delete(delete).build())
}

async fn index_rows(db: &Client, index: &str) -> Vec<Item> {
    let scan = db.scan().table_name("docs").index_name(index).into_paginator().items().send();
    scan.collect::<Result<_, _>>().await.unwrap()
}

#[tokio::test]
async fn a_new_index_is_filled_from_the_items_that_are_there() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "docs").await;
    for i in 0..500 {
        let mut item = item! { "pk" => i.to_string(), "v" => i };
        if i % 2 == 0 {
            item.extend(item! { "g" => "even" });
        }
        db.put_item().table_name("docs").set_item(Some(item)).send().await.unwrap();
    }
    add_index(&db, "by-g", "g").send().await.unwrap();
    until_active(&db, "docs").await;
    assert_eq!(index_rows(&db, "by-g").await.len(), 250);
}

#[tokio::test]
async fn an_item_whose_value_does_not_fit_the_new_index_stays_out_of_it() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "docs").await;
    for (pk, item) in [
        ("number", item! { "g" => 1 }),
        ("text", item! { "g" => "x" }),
        ("none", item! {}),
        ("empty", item! { "g" => "" }),
    ] {
        let mut item = item;
        item.extend(item! { "pk" => pk });
        db.put_item().table_name("docs").set_item(Some(item)).send().await.unwrap();
    }
    add_index(&db, "by-g", "g").send().await.unwrap();
    until_active(&db, "docs").await;
    assert_eq!(index_rows(&db, "by-g").await, [item! { "pk" => "text", "g" => "x" }]);
    assert_eq!(db.scan().table_name("docs").send().await.unwrap().count(), 4);
}

#[tokio::test]
async fn a_dropped_index_is_gone_and_can_come_back() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").gsi("by-g", "g:S", all()).create(&db, "docs").await;
    db.put_item().table_name("docs").set_item(Some(item! { "pk" => "a", "g" => "x" })).send().await.unwrap();
    drop_index(&db, "by-g").send().await.unwrap();
    loop {
        let table = until_active(&db, "docs").await;
        if table.global_secondary_indexes().is_empty() {
            assert_eq!(table.attribute_definitions().len(), 1);
            break;
        }
    }
    let scan = db.scan().table_name("docs").index_name("by-g").send().await.refused();
    assert!(scan.is_validation("The table does not have the specified index"), "{scan:?}");
    let unknown = drop_index(&db, "by-g").send().await.unwrap_err().into_service_error();
    assert!(unknown.is_resource_not_found_exception(), "{unknown:?}");
    db.put_item().table_name("docs").set_item(Some(item! { "pk" => "b", "g" => "x" })).send().await.unwrap();
    add_index(&db, "by-g", "g").send().await.unwrap();
    until_active(&db, "docs").await;
    assert_eq!(index_rows(&db, "by-g").await.len(), 2);
}

#[tokio::test]
async fn settings_change_and_stay_changed() {
    let server = Server::on_disk();
    let db = server.client();
    Table::new("pk:S").create(&db, "docs").await;
    let throughput = ProvisionedThroughput::builder().read_capacity_units(4).write_capacity_units(2).build().unwrap();
    let update = || db.update_table().table_name("docs");
    update().billing_mode(BillingMode::Provisioned).provisioned_throughput(throughput).send().await.unwrap();
    until_active(&db, "docs").await;
    update().table_class(TableClass::StandardInfrequentAccess).send().await.unwrap();
    until_active(&db, "docs").await;
    update().deletion_protection_enabled(true).send().await.unwrap();
    let before = until_active(&db, "docs").await;
    let server = server.stop().reopen();
    let after = describe(&server.client(), "docs").await;
    assert_eq!(after, before);
    assert_eq!(after.provisioned_throughput().unwrap().read_capacity_units(), Some(4));
    assert_eq!(after.table_class_summary().unwrap().table_class(), Some(&TableClass::StandardInfrequentAccess));
    assert_eq!(after.deletion_protection_enabled(), Some(true));
}

#[tokio::test]
async fn an_update_of_nothing_or_of_a_table_that_is_not_there_is_refused() {
    let server = Server::in_memory();
    let db = server.client();
    let missing = db.update_table().table_name("nowhere").deletion_protection_enabled(true).send().await.unwrap_err();
    assert!(missing.into_service_error().is_resource_not_found_exception());
    Table::new("pk:S").create(&db, "docs").await;
    assert_eq!(db.update_table().table_name("docs").send().await.refused().code, "ValidationException");
}

#[tokio::test]
async fn a_stream_is_switched_on_and_off_and_tells_only_of_its_own_time() {
    let server = Server::on_disk();
    let db = server.client();
    Table::new("pk:S").create(&db, "docs").await;
    put(&db, "docs", item! { "pk" => "before" }).await;
    let update = |specification| db.update_table().table_name("docs").stream_specification(specification).send();
    let none = update(disabled()).await.refused();
    assert!(none.is_validation("Table has no stream to disable: TableName: docs"), "{none:?}");
    let without_view = StreamSpecification::builder().stream_enabled(true).build().unwrap();
    assert_eq!(update(without_view).await.refused().code, "ValidationException");

    let updated = update(enabled(StreamViewType::KeysOnly)).await.unwrap().table_description.unwrap();
    assert_eq!(updated.stream_specification(), Some(&enabled(StreamViewType::KeysOnly)));
    until_active(&db, "docs").await;
    let first = Stream::of_table(&server, "docs").await;
    assert_eq!(updated.latest_stream_arn(), Some(first.arn.as_str()));
    put(&db, "docs", item! { "pk" => "during" }).await;
    let again = update(enabled(StreamViewType::NewImage)).await.refused();
    assert!(again.is_validation("Table already has an enabled stream: TableName: docs"), "{again:?}");

    let server = server.kill().reopen();
    let db = server.client();
    let update = |specification| db.update_table().table_name("docs").stream_specification(specification).send();
    put(&db, "docs", item! { "pk" => "after a kill" }).await;
    update(disabled()).await.unwrap();
    let table = until_active(&db, "docs").await;
    assert_eq!(table.stream_specification(), None);
    assert_eq!(table.latest_stream_arn(), Some(first.arn.as_str()), "the newest stream, enabled or not");
    put(&db, "docs", item! { "pk" => "between" }).await;
    update(enabled(StreamViewType::NewImage)).await.unwrap();
    put(&db, "docs", item! { "pk" => "second" }).await;
    let told = async |stream: &Stream| -> Vec<String> {
        stream.changes().await.iter().map(|change| text(&change.keys, "pk").to_owned()).collect()
    };
    assert_eq!(told(&first.at(&server)).await, ["during", "after a kill"]);
    let second = Stream::of_table(&server, "docs").await;
    assert_ne!(second.arn, first.arn);
    assert_eq!(told(&second).await, ["second"]);
}
