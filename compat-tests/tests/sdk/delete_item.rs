//! DeleteItem.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use compat_tests::value::IntoValue;
use compat_tests::{Server, Table, item};

#[tokio::test]
async fn a_deleted_item_is_gone_and_returned_when_asked() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    db.put_item().table_name("items").set_item(Some(item! { "pk" => "a", "v" => 1 })).send().await.unwrap();
    let delete =
        || db.delete_item().table_name("items").set_key(Some(item! { "pk" => "a" })).return_values(ReturnValue::AllOld);
    assert_eq!(delete().send().await.unwrap().attributes.unwrap(), item! { "pk" => "a", "v" => 1 });
    assert_eq!(delete().send().await.unwrap().attributes, None);
    assert_eq!(db.scan().table_name("items").send().await.unwrap().count(), 0);
}

#[tokio::test]
async fn a_condition_guards_the_item() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    db.put_item().table_name("items").set_item(Some(item! { "pk" => "a", "v" => 1 })).send().await.unwrap();
    let delete = |version: i32| {
        let delete =
            db.delete_item().table_name("items").set_key(Some(item! { "pk" => "a" })).condition_expression("v = :v");
        let delete = delete.expression_attribute_values(":v", version.into_value());
        delete.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld).send()
    };
    match delete(2).await.unwrap_err().into_service_error() {
        DeleteItemError::ConditionalCheckFailedException(failed) => {
            assert_eq!(failed.item.unwrap(), item! { "pk" => "a", "v" => 1 })
        }
        other => panic!("{other:?}"),
    }
    delete(1).await.unwrap();
    assert!(
        matches!(delete(1).await.unwrap_err().into_service_error(), DeleteItemError::ConditionalCheckFailedException(failed) if failed.item.is_none())
    );
}
