//! TransactWriteItems and TransactGetItems.

use super::Entries;
use crate::value::{AttributeValue, Given, Item};

shapes! {
    TransactWriteItemsInput {
        TransactItems transact_items: Vec<TransactWriteItem>,
        ReturnConsumedCapacity return_consumed_capacity: String,
        ReturnItemCollectionMetrics return_item_collection_metrics: String,
        ClientRequestToken client_request_token: String,
    }

    TransactWriteItem {
        ConditionCheck condition_check: ConditionCheck,
        Put put: Put,
        Delete delete: Delete,
        Update update: Update,
    }

    ConditionCheck {
        Key key: Given<Item>,
        TableName table_name: String,
        ConditionExpression condition_expression: String,
        ExpressionAttributeNames expression_attribute_names: Entries<String>,
        ExpressionAttributeValues expression_attribute_values: Entries<Given<AttributeValue>>,
        ReturnValuesOnConditionCheckFailure return_values_on_condition_check_failure: String,
    }

    Put {
        Item item: Given<Item>,
        TableName table_name: String,
        ConditionExpression condition_expression: String,
        ExpressionAttributeNames expression_attribute_names: Entries<String>,
        ExpressionAttributeValues expression_attribute_values: Entries<Given<AttributeValue>>,
        ReturnValuesOnConditionCheckFailure return_values_on_condition_check_failure: String,
    }

    Delete {
        Key key: Given<Item>,
        TableName table_name: String,
        ConditionExpression condition_expression: String,
        ExpressionAttributeNames expression_attribute_names: Entries<String>,
        ExpressionAttributeValues expression_attribute_values: Entries<Given<AttributeValue>>,
        ReturnValuesOnConditionCheckFailure return_values_on_condition_check_failure: String,
    }

    Update {
        Key key: Given<Item>,
        UpdateExpression update_expression: String,
        TableName table_name: String,
        ConditionExpression condition_expression: String,
        ExpressionAttributeNames expression_attribute_names: Entries<String>,
        ExpressionAttributeValues expression_attribute_values: Entries<Given<AttributeValue>>,
        ReturnValuesOnConditionCheckFailure return_values_on_condition_check_failure: String,
    }

    TransactGetItemsInput {
        TransactItems transact_items: Vec<TransactGetItem>,
        ReturnConsumedCapacity return_consumed_capacity: String,
    }

    TransactGetItem {
        Get get: Get,
    }

    Get {
        Key key: Given<Item>,
        TableName table_name: String,
        ProjectionExpression projection_expression: String,
        ExpressionAttributeNames expression_attribute_names: Entries<String>,
    }
}
