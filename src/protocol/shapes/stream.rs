//! The four operations of DynamoDB Streams.

use super::Integer;

shapes! {
    ListStreamsInput {
        TableName table_name: String,
        Limit limit: i64 as Integer,
        ExclusiveStartStreamArn exclusive_start_stream_arn: String,
    }

    DescribeStreamInput {
        StreamArn stream_arn: String,
        Limit limit: i64 as Integer,
        ExclusiveStartShardId exclusive_start_shard_id: String,
        ShardFilter shard_filter: ShardFilter,
    }

    ShardFilter {
        Type r#type: String,
        ShardId shard_id: String,
    }

    GetShardIteratorInput {
        StreamArn stream_arn: String,
        ShardId shard_id: String,
        ShardIteratorType shard_iterator_type: String,
        SequenceNumber sequence_number: String,
        /// Seconds since 1970.
        Timestamp timestamp: f64,
    }

    GetRecordsInput {
        ShardIterator shard_iterator: String,
        Limit limit: i64 as Integer,
    }
}
