//! The four operations on one item.

use super::{AttributeValueUpdate, Entries, ExpectedAttributeMap};
use crate::value::{AttributeValue, Given, Item};

shapes! {
    PutItemInput {
        TableName table_name: String,
        Item item: Given<Item>,
        Expected expected: ExpectedAttributeMap,
        ReturnValues return_values: String,
        ReturnConsumedCapacity return_consumed_capacity: String,
        ReturnItemCollectionMetrics return_item_collection_metrics: String,
        ConditionalOperator conditional_operator: String,
        ConditionExpression condition_expression: String,
        ExpressionAttributeNames expression_attribute_names: Entries<String>,
        ExpressionAttributeValues expression_attribute_values: Entries<Given<AttributeValue>>,
        ReturnValuesOnConditionCheckFailure return_values_on_condition_check_failure: String,
    }

    GetItemInput {
        TableName table_name: String,
        Key key: Given<Item>,
        AttributesToGet attributes_to_get: Vec<String>,
        ConsistentRead consistent_read: bool,
        ReturnConsumedCapacity return_consumed_capacity: String,
        ProjectionExpression projection_expression: String,
        ExpressionAttributeNames expression_attribute_names: Entries<String>,
    }

    UpdateItemInput {
        TableName table_name: String,
        Key key: Given<Item>,
        AttributeUpdates attribute_updates: Entries<AttributeValueUpdate>,
        Expected expected: ExpectedAttributeMap,
        ConditionalOperator conditional_operator: String,
        ReturnValues return_values: String,
        ReturnConsumedCapacity return_consumed_capacity: String,
        ReturnItemCollectionMetrics return_item_collection_metrics: String,
        UpdateExpression update_expression: String,
        ConditionExpression condition_expression: String,
        ExpressionAttributeNames expression_attribute_names: Entries<String>,
        ExpressionAttributeValues expression_attribute_values: Entries<Given<AttributeValue>>,
        ReturnValuesOnConditionCheckFailure return_values_on_condition_check_failure: String,
    }

    DeleteItemInput {
        TableName table_name: String,
        Key key: Given<Item>,
        Expected expected: ExpectedAttributeMap,
        ConditionalOperator conditional_operator: String,
        ReturnValues return_values: String,
        ReturnConsumedCapacity return_consumed_capacity: String,
        ReturnItemCollectionMetrics return_item_collection_metrics: String,
        ConditionExpression condition_expression: String,
        ExpressionAttributeNames expression_attribute_names: Entries<String>,
        ExpressionAttributeValues expression_attribute_values: Entries<Given<AttributeValue>>,
        ReturnValuesOnConditionCheckFailure return_values_on_condition_check_failure: String,
    }
}
