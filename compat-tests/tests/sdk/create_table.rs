//! CreateTable.

use aws_sdk_dynamodb::types::{
    BillingMode, KeyType, OnDemandThroughput, ProvisionedThroughput, ScalarAttributeType, SseSpecification, SseStatus,
    SseType, StreamSpecification, StreamViewType, TableClass, TableStatus, Tag, WarmThroughput,
};
use compat_tests::table::{all, describe, include, keys_only};
use compat_tests::{Refused, Server, Table};

#[tokio::test]
async fn a_new_table_is_described_and_active_at_once() {
    let server = Server::in_memory();
    let db = server.client();
    let created = Table::new("pk:S sk:N").request(&db, "orders").send().await.unwrap().table_description.unwrap();
    assert_eq!(created.table_name(), Some("orders"));
    let table = describe(&db, "orders").await;
    assert_eq!(table.table_status(), Some(&TableStatus::Active));
    assert_eq!(table.item_count(), Some(0));
    assert_eq!(table.table_size_bytes(), Some(0));
    assert!(table.creation_date_time().is_some());
    assert_eq!(table.table_id().unwrap().len(), 36);
    let arn = table.table_arn().unwrap();
    assert!(arn.starts_with("arn:aws:dynamodb:us-east-1:") && arn.ends_with(":table/orders"), "{arn}");
    let keys: Vec<_> = table.key_schema().iter().map(|key| (key.attribute_name(), key.key_type())).collect();
    assert_eq!(keys, [("pk", &KeyType::Hash), ("sk", &KeyType::Range)]);
    let types: Vec<_> =
        table.attribute_definitions().iter().map(|a| (a.attribute_name(), a.attribute_type())).collect();
    assert_eq!(types, [("pk", &ScalarAttributeType::S), ("sk", &ScalarAttributeType::N)]);
    assert_eq!(table.billing_mode_summary().unwrap().billing_mode(), Some(&BillingMode::PayPerRequest));
}

#[tokio::test]
async fn every_key_type_can_be_a_key() {
    let server = Server::in_memory();
    let db = server.client();
    for keys in ["pk:S", "pk:N", "pk:B", "pk:S sk:S", "pk:S sk:N", "pk:S sk:B", "pk:N sk:B", "pk:B sk:N"] {
        Table::new(keys).create(&db, &format!("t-{}", keys.replace([':', ' '], "."))).await;
    }
}

#[tokio::test]
async fn indexes_are_described_as_they_were_asked_for() {
    let server = Server::in_memory();
    let db = server.client();
    let table = Table::new("pk:S sk:S").gsi("by-owner", "owner:S", all()).gsi("by-size", "kind:S size:N", keys_only());
    let table = table.lsi("by-date", "date:S", include(&["title", "text"]));
    table.create(&db, "docs").await;
    let described = describe(&db, "docs").await;
    let global: Vec<_> = described.global_secondary_indexes().iter().map(|i| i.index_name().unwrap()).collect();
    assert_eq!(global.len(), 2);
    assert!(global.contains(&"by-owner") && global.contains(&"by-size"));
    let local = &described.local_secondary_indexes()[0];
    assert_eq!(local.index_name(), Some("by-date"));
    let mut included = local.projection().unwrap().non_key_attributes().to_vec();
    included.sort();
    assert_eq!(included, ["text", "title"]);
    assert!(local.index_arn().unwrap().ends_with(":table/docs/index/by-date"));
}

#[tokio::test]
async fn settings_are_kept_and_described() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S")
        .request(&db, "settled")
        .table_class(TableClass::StandardInfrequentAccess)
        .deletion_protection_enabled(true)
        .sse_specification(SseSpecification::builder().enabled(true).sse_type(SseType::Kms).build())
        .on_demand_throughput(
            OnDemandThroughput::builder().max_read_request_units(50).max_write_request_units(40).build(),
        )
        .warm_throughput(WarmThroughput::builder().read_units_per_second(13_000).write_units_per_second(5_000).build())
        .stream_specification(
            StreamSpecification::builder()
                .stream_enabled(true)
                .stream_view_type(StreamViewType::NewAndOldImages)
                .build()
                .unwrap(),
        )
        .tags(Tag::builder().key("team").value("storage").build().unwrap())
        .send()
        .await
        .unwrap();
    let table = describe(&db, "settled").await;
    assert_eq!(table.table_class_summary().unwrap().table_class(), Some(&TableClass::StandardInfrequentAccess));
    assert_eq!(table.deletion_protection_enabled(), Some(true));
    assert_eq!(table.sse_description().unwrap().status(), Some(&SseStatus::Enabled));
    assert_eq!(table.on_demand_throughput().unwrap().max_read_request_units(), Some(50));
    assert_eq!(table.warm_throughput().unwrap().read_units_per_second(), Some(13_000));
    assert_eq!(table.stream_specification().unwrap().stream_view_type(), Some(&StreamViewType::NewAndOldImages));
    assert!(table.latest_stream_arn().unwrap().contains(":table/settled/stream/"));
    assert!(table.latest_stream_label().is_some());
}

#[tokio::test]
async fn provisioned_throughput_is_kept_and_described() {
    let server = Server::in_memory();
    let db = server.client();
    let throughput = ProvisionedThroughput::builder().read_capacity_units(7).write_capacity_units(3).build().unwrap();
    let request = Table::new("pk:S").request(&db, "provisioned").billing_mode(BillingMode::Provisioned);
    request.provisioned_throughput(throughput).send().await.unwrap();
    let described = describe(&db, "provisioned").await.provisioned_throughput.unwrap();
    assert_eq!((described.read_capacity_units(), described.write_capacity_units()), (Some(7), Some(3)));
}

#[tokio::test]
async fn a_name_that_is_taken_is_a_resource_in_use() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "taken").await;
    let error = Table::new("pk:S").request(&db, "taken").send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_in_use_exception(), "{error:?}");
}

#[tokio::test]
async fn a_definition_that_makes_no_sense_is_refused() {
    let server = Server::in_memory();
    let db = server.client();
    for name in ["no", "spa ces", "Zoë"] {
        assert_eq!(Table::new("pk:S").request(&db, name).send().await.refused().code, "ValidationException");
    }
    let unused =
        Table::new("pk:S").request(&db, "unused").attribute_definitions(compat_tests::table::attribute("x", "S"));
    assert!(unused.send().await.refused().is_validation("AttributeDefinitions"));
    let twice = Table::new("pk:S").gsi("same", "a:S", all()).gsi("same", "b:S", all()).request(&db, "twice");
    assert!(twice.send().await.refused().is_validation("same"));
    let local = Table::new("pk:S").lsi("local", "a:S", all()).request(&db, "local");
    assert_eq!(local.send().await.refused().code, "ValidationException");
    assert!(db.list_tables().send().await.unwrap().table_names().is_empty());
}
