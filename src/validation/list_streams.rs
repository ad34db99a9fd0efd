//! ListStreams' request.

use super::Layer;
use super::constraint::Members;
use super::stream_arn::StreamArn;
use super::table_name::{self, TableName};
use super::violation::{StreamViolation, Violation};
use crate::protocol::shapes::ListStreamsInput;

/// The most streams, or shards of a stream, that one answer lists.
pub const STREAM_LIST_MAX: i64 = 100;

#[derive(Debug, PartialEq, Eq)]
pub struct ListStreams {
    pub table: Option<TableName>,
    /// Streams after this one; it need not exist any more.
    pub start_after: Option<StreamArn>,
    pub limit: usize,
}

pub fn validate(input: ListStreamsInput, layer: Layer) -> Result<ListStreams, Violation> {
    let mut members = Members::new();
    if input.table_name.is_some() {
        table_name::check(&mut members, input.table_name.as_deref(), layer);
    }
    members.range(input.limit, "limit", 1, Some(STREAM_LIST_MAX));
    members.finish()?;
    let table = match input.table_name {
        None => None,
        given => Some(table_name::checked(given)?),
    };
    let start_after = match input.exclusive_start_stream_arn {
        None => None,
        Some(arn) => Some(StreamArn::parse(arn).map_err(|_| StreamViolation::InvalidStartStream)?),
    };
    Ok(ListStreams { table, start_after, limit: input.limit.unwrap_or(STREAM_LIST_MAX) as usize })
}
