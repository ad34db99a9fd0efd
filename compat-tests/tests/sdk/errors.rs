//! Errors as the SDK tells them apart.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::RequestId;
use compat_tests::{Refused, Server, Table, item};

#[tokio::test]
async fn a_missing_table_is_the_same_exception_for_every_operation() {
    let server = Server::in_memory();
    let db = server.client();
    let key = || Some(item! { "pk" => "a" });
    let get = db.get_item().table_name("nowhere").set_key(key()).send().await.unwrap_err();
    assert_eq!(get.message(), Some("Requested resource not found"));
    assert!(get.into_service_error().is_resource_not_found_exception());
    assert!(
        db.put_item()
            .table_name("nowhere")
            .set_item(key())
            .send()
            .await
            .unwrap_err()
            .into_service_error()
            .is_resource_not_found_exception()
    );
    assert!(
        db.update_item()
            .table_name("nowhere")
            .set_key(key())
            .send()
            .await
            .unwrap_err()
            .into_service_error()
            .is_resource_not_found_exception()
    );
    assert!(
        db.delete_item()
            .table_name("nowhere")
            .set_key(key())
            .send()
            .await
            .unwrap_err()
            .into_service_error()
            .is_resource_not_found_exception()
    );
    assert!(
        db.scan()
            .table_name("nowhere")
            .send()
            .await
            .unwrap_err()
            .into_service_error()
            .is_resource_not_found_exception()
    );
    let query = db
        .query()
        .table_name("nowhere")
        .key_condition_expression("pk = :p")
        .set_expression_attribute_values(Some(item! { ":p" => "a" }));
    assert!(query.send().await.unwrap_err().into_service_error().is_resource_not_found_exception());
}

#[tokio::test]
async fn answers_and_errors_carry_a_request_id() {
    let server = Server::in_memory();
    let db = server.client();
    let listed = db.list_tables().send().await.unwrap();
    assert_eq!(listed.request_id().unwrap().len(), 52);
    let error = db.describe_table().table_name("nowhere").send().await.unwrap_err();
    assert_eq!(error.request_id().unwrap().len(), 52);
}

#[tokio::test]
async fn a_validation_exception_says_what_is_wrong() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let refusal = db.get_item().table_name("items").set_key(Some(item! { "other" => "a" })).send().await.refused();
    assert_eq!(refusal.status, 400);
    assert_eq!(refusal.code, "ValidationException");
    assert_eq!(refusal.message, "The provided key element does not match the schema");
}

#[tokio::test]
async fn an_operation_that_is_not_there_yet_says_so() {
    let server = Server::in_memory();
    let refusal = server.client().list_backups().send().await.refused();
    assert_eq!(refusal.code, "UnknownOperationException");
}
