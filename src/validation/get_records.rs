//! GetRecords' request.

use super::Layer;
use super::constraint::{Broken, Constraint, Members};
use super::violation::Violation;
use crate::protocol::shapes::GetRecordsInput;

/// The most records of one answer.
const RECORDS_MAX: i64 = 1000;
/// Service model of 2026-11-20.
const ITERATOR_BYTES_MAX: usize = 2048;

#[derive(Debug, PartialEq, Eq)]
pub struct GetRecords {
    /// As GetShardIterator or GetRecords made it, as far as is known.
    pub iterator: String,
    pub limit: usize,
}

pub fn validate(input: GetRecordsInput, _layer: Layer) -> Result<GetRecords, Violation> {
    let mut members = Members::new();
    match input.shard_iterator.as_deref() {
        None => members.add(Broken::null("shardIterator")),
        Some("") => members.add(Broken::echoed("", "shardIterator", Constraint::LengthMin(1))),
        Some(iterator) if iterator.len() > ITERATOR_BYTES_MAX => {
            members.add(Broken::echoed(iterator, "shardIterator", Constraint::LengthMax(ITERATOR_BYTES_MAX)));
        }
        Some(_) => {}
    }
    members.range(input.limit, "limit", 1, Some(RECORDS_MAX));
    members.finish()?;
    let limit = input.limit.unwrap_or(RECORDS_MAX) as usize;
    Ok(GetRecords { iterator: input.shard_iterator.unwrap_or_default(), limit })
}
