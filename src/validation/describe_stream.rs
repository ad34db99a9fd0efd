//! DescribeStream's request.

use super::Layer;
use super::constraint::{Broken, Constraint, Members};
use super::list_streams::STREAM_LIST_MAX;
use super::stream_arn::StreamArn;
use super::violation::{StreamViolation, Violation};
use crate::protocol::shapes::DescribeStreamInput;

/// Service model of 2026-11-20.
const SHARD_ID_BYTES: std::ops::RangeInclusive<usize> = 28..=65;

#[derive(Debug, PartialEq, Eq)]
pub struct DescribeStream {
    pub stream: StreamArn,
    pub limit: usize,
    /// Shards after this one; it need not exist any more.
    pub start_after: Option<String>,
    /// Only the shards that this one was split or rolled into.
    pub children_of: Option<String>,
}

pub fn validate(input: DescribeStreamInput, _layer: Layer) -> Result<DescribeStream, Violation> {
    let mut members = Members::new();
    members.require(&input.stream_arn, "streamArn");
    members.range(input.limit, "limit", 1, Some(STREAM_LIST_MAX));
    check_shard_id(&mut members, input.exclusive_start_shard_id.as_deref(), "exclusiveStartShardId");
    let filter = input.shard_filter.unwrap_or_default();
    let kinds = [("CHILD_SHARDS", ())];
    let has_type = members.one_of(filter.r#type.as_deref(), "shardFilter.type", &kinds, "CHILD_SHARDS").is_some();
    check_shard_id(&mut members, filter.shard_id.as_deref(), "shardFilter.shardId");
    members.finish()?;
    if has_type != filter.shard_id.is_some() {
        return Err(StreamViolation::ShardFilterIncomplete.into());
    }
    Ok(DescribeStream {
        stream: StreamArn::parse(input.stream_arn.unwrap_or_default())?,
        limit: input.limit.unwrap_or(STREAM_LIST_MAX) as usize,
        start_after: input.exclusive_start_shard_id,
        children_of: filter.shard_id,
    })
}

/// A `ShardId` of a length that the service model allows.
pub(super) fn check_shard_id(members: &mut Members, given: Option<&str>, at: &str) {
    let Some(id) = given else { return };
    let constraint = match id.len() {
        length if length < *SHARD_ID_BYTES.start() => Constraint::LengthMin(*SHARD_ID_BYTES.start()),
        length if length > *SHARD_ID_BYTES.end() => Constraint::LengthMax(*SHARD_ID_BYTES.end()),
        _ => return,
    };
    members.add(Broken::echoed(id, at, constraint));
}
