//! Requests to DynamoDB Streams.

use crate::protocol::ErrorKind;

messages! {
    StreamViolation {
        // The JavaScript SDK's tests against AWS.
        InvalidArn => "Invalid StreamArn";
        /// ResourceNotFoundException
        NoStream { arn: String } => "Requested resource not found: Stream: {arn} not found";
        /// ResourceNotFoundException
        NoShard => "Requested resource not found: Shard does not exist";

        // Refusals that the API reference names; their texts were seen nowhere.
        SequenceNumberRequired { kind: &'static str } =>
            "Invalid SequenceNumber: a SequenceNumber is required when ShardIteratorType is {kind}";
        SequenceNumberNotAllowed { kind: &'static str } =>
            "Invalid SequenceNumber: a SequenceNumber can not be specified when ShardIteratorType is {kind}";
        InvalidSequenceNumber { given: String } => "Invalid SequenceNumber: {given}";
        TimestampRequired => "Invalid Timestamp: a Timestamp is required when ShardIteratorType is AT_TIMESTAMP";
        TimestampInFuture => "Invalid Timestamp: the Timestamp is in the future";
        ShardFilterIncomplete => "Invalid ShardFilter: Type and ShardId must both be specified";
        InvalidIterator => "Invalid ShardIterator";
        InvalidStartStream => "Invalid ExclusiveStartStreamArn";
        /// ExpiredIteratorException
        IteratorExpired => "Iterator expired. The iterator was created more than 15 minutes ago";
        /// TrimmedDataAccessException
        Trimmed => "The data you are trying to access has been trimmed.";
    }
}

impl StreamViolation {
    pub fn kind(&self) -> ErrorKind {
        use StreamViolation as S;
        match self {
            S::NoStream { .. } | S::NoShard => ErrorKind::ResourceNotFoundException,
            S::IteratorExpired => ErrorKind::ExpiredIteratorException,
            S::Trimmed => ErrorKind::TrimmedDataAccessException,
            S::InvalidArn
            | S::SequenceNumberRequired { .. }
            | S::SequenceNumberNotAllowed { .. }
            | S::InvalidSequenceNumber { .. }
            | S::TimestampRequired
            | S::TimestampInFuture
            | S::ShardFilterIncomplete
            | S::InvalidIterator
            | S::InvalidStartStream => ErrorKind::ValidationException,
        }
    }
}
