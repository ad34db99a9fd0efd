//! Query and Scan.

use super::{ConditionMap, Entries, Integer};
use crate::value::{AttributeValue, Given, Item};

shapes! {
    QueryInput {
        TableName table_name: String,
        IndexName index_name: String,
        Select select: String,
        AttributesToGet attributes_to_get: Vec<String>,
        Limit limit: i64 as Integer,
        ConsistentRead consistent_read: bool,
        KeyConditions key_conditions: ConditionMap,
        QueryFilter query_filter: ConditionMap,
        ConditionalOperator conditional_operator: String,
        ScanIndexForward scan_index_forward: bool,
        ExclusiveStartKey exclusive_start_key: Given<Item>,
        ReturnConsumedCapacity return_consumed_capacity: String,
        ProjectionExpression projection_expression: String,
        FilterExpression filter_expression: String,
        KeyConditionExpression key_condition_expression: String,
        ExpressionAttributeNames expression_attribute_names: Entries<String>,
        ExpressionAttributeValues expression_attribute_values: Entries<Given<AttributeValue>>,
    }

    ScanInput {
        TableName table_name: String,
        IndexName index_name: String,
        AttributesToGet attributes_to_get: Vec<String>,
        Limit limit: i64 as Integer,
        Select select: String,
        ScanFilter scan_filter: ConditionMap,
        ConditionalOperator conditional_operator: String,
        ExclusiveStartKey exclusive_start_key: Given<Item>,
        ReturnConsumedCapacity return_consumed_capacity: String,
        TotalSegments total_segments: i64 as Integer,
        Segment segment: i64 as Integer,
        ProjectionExpression projection_expression: String,
        FilterExpression filter_expression: String,
        ExpressionAttributeNames expression_attribute_names: Entries<String>,
        ExpressionAttributeValues expression_attribute_values: Entries<Given<AttributeValue>>,
        ConsistentRead consistent_read: bool,
    }
}
