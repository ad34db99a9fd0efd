//! TTL, tags, limits and endpoints.

use super::Tag;

shapes! {
    UpdateTimeToLiveInput {
        TableName table_name: String,
        TimeToLiveSpecification time_to_live_specification: TimeToLiveSpecification,
    }

    TimeToLiveSpecification {
        Enabled enabled: bool,
        AttributeName attribute_name: String,
    }

    DescribeTimeToLiveInput {
        TableName table_name: String,
    }

    TagResourceInput {
        ResourceArn resource_arn: String,
        Tags tags: Vec<Tag>,
    }

    UntagResourceInput {
        ResourceArn resource_arn: String,
        TagKeys tag_keys: Vec<String>,
    }

    ListTagsOfResourceInput {
        ResourceArn resource_arn: String,
        NextToken next_token: String,
    }

    DescribeLimitsInput {}

    DescribeEndpointsRequest {}
}
