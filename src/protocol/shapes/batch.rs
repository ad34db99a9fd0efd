//! BatchGetItem and BatchWriteItem.

use super::Entries;
use crate::value::{Given, Item};

shapes! {
    BatchGetItemInput {
        RequestItems request_items: Entries<KeysAndAttributes>,
        ReturnConsumedCapacity return_consumed_capacity: String,
    }

    /// What to get from one table.
    KeysAndAttributes {
        Keys keys: Vec<Given<Item>>,
        AttributesToGet attributes_to_get: Vec<String>,
        ConsistentRead consistent_read: bool,
        ProjectionExpression projection_expression: String,
        ExpressionAttributeNames expression_attribute_names: Entries<String>,
    }

    BatchWriteItemInput {
        RequestItems request_items: Entries<Vec<WriteRequest>>,
        ReturnConsumedCapacity return_consumed_capacity: String,
        ReturnItemCollectionMetrics return_item_collection_metrics: String,
    }

    WriteRequest {
        PutRequest put_request: PutRequest,
        DeleteRequest delete_request: DeleteRequest,
    }

    PutRequest {
        Item item: Given<Item>,
    }

    DeleteRequest {
        Key key: Given<Item>,
    }
}
