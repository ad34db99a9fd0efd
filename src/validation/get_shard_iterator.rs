//! GetShardIterator's request.

use super::Layer;
use super::constraint::{Broken, Constraint, Members};
use super::describe_stream::check_shard_id;
use super::sequence_number::SequenceNumber;
use super::stream_arn::StreamArn;
use super::violation::{StreamViolation, Violation};
use crate::protocol::shapes::GetShardIteratorInput;

#[derive(Debug, PartialEq)]
pub struct GetShardIterator {
    pub stream: StreamArn,
    pub shard_id: String,
    pub start: IteratorStart,
}

/// Where an iterator starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IteratorStart {
    TrimHorizon,
    Latest,
    At(SequenceNumber),
    After(SequenceNumber),
    /// The first record that is not older; in milliseconds since 1970.
    AtTimestamp(u64),
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    AfterSequenceNumber,
    AtSequenceNumber,
    AtTimestamp,
    Latest,
    TrimHorizon,
}

const KINDS: &[(&str, Kind)] = &[
    ("AFTER_SEQUENCE_NUMBER", Kind::AfterSequenceNumber),
    ("LATEST", Kind::Latest),
    ("AT_SEQUENCE_NUMBER", Kind::AtSequenceNumber),
    ("TRIM_HORIZON", Kind::TrimHorizon),
    ("AT_TIMESTAMP", Kind::AtTimestamp),
];
const LISTED_KINDS: &str = "AFTER_SEQUENCE_NUMBER, LATEST, AT_SEQUENCE_NUMBER, TRIM_HORIZON, AT_TIMESTAMP";

/// Service model of 2026-11-20.
const SEQUENCE_NUMBER_DIGITS: std::ops::RangeInclusive<usize> = 21..=40;

pub fn validate(input: GetShardIteratorInput, _layer: Layer, now_millis: u64) -> Result<GetShardIterator, Violation> {
    let mut members = Members::new();
    members.require(&input.stream_arn, "streamArn");
    members.require(&input.shard_id, "shardId");
    check_shard_id(&mut members, input.shard_id.as_deref(), "shardId");
    members.require(&input.shard_iterator_type, "shardIteratorType");
    let kind = members.one_of(input.shard_iterator_type.as_deref(), "shardIteratorType", KINDS, LISTED_KINDS);
    check_sequence_number(&mut members, input.sequence_number.as_deref());
    members.finish()?;
    let stream = StreamArn::parse(input.stream_arn.unwrap_or_default())?;
    let number = input.sequence_number.as_deref();
    let start = match kind.unwrap_or(Kind::Latest) {
        Kind::TrimHorizon => without_number(number, "TRIM_HORIZON", IteratorStart::TrimHorizon)?,
        Kind::Latest => without_number(number, "LATEST", IteratorStart::Latest)?,
        Kind::AtSequenceNumber => IteratorStart::At(required_number(number, "AT_SEQUENCE_NUMBER")?),
        Kind::AfterSequenceNumber => IteratorStart::After(required_number(number, "AFTER_SEQUENCE_NUMBER")?),
        Kind::AtTimestamp => {
            let millis = timestamp(input.timestamp, now_millis)?;
            without_number(number, "AT_TIMESTAMP", IteratorStart::AtTimestamp(millis))?
        }
    };
    Ok(GetShardIterator { stream, shard_id: input.shard_id.unwrap_or_default(), start })
}

fn check_sequence_number(members: &mut Members, given: Option<&str>) {
    let Some(number) = given else { return };
    let constraint = match number.len() {
        digits if digits < *SEQUENCE_NUMBER_DIGITS.start() => Constraint::LengthMin(*SEQUENCE_NUMBER_DIGITS.start()),
        digits if digits > *SEQUENCE_NUMBER_DIGITS.end() => Constraint::LengthMax(*SEQUENCE_NUMBER_DIGITS.end()),
        _ => return,
    };
    members.add(Broken::echoed(number, "sequenceNumber", constraint));
}

fn without_number(given: Option<&str>, kind: &'static str, start: IteratorStart) -> Result<IteratorStart, Violation> {
    match given {
        None => Ok(start),
        Some(_) => Err(StreamViolation::SequenceNumberNotAllowed { kind }.into()),
    }
}

fn required_number(given: Option<&str>, kind: &'static str) -> Result<SequenceNumber, Violation> {
    let text = given.ok_or(StreamViolation::SequenceNumberRequired { kind })?;
    let number = SequenceNumber::parse(text);
    Ok(number.ok_or_else(|| StreamViolation::InvalidSequenceNumber { given: text.to_string() })?)
}

/// Seconds since 1970, with fractions, as milliseconds. What is before 1970 is older than any record.
fn timestamp(given: Option<f64>, now_millis: u64) -> Result<u64, Violation> {
    let seconds = given.ok_or(StreamViolation::TimestampRequired)?;
    let millis = seconds * 1000.0;
    // A client's clock shows parts of the millisecond that is now.
    if millis.floor() > now_millis as f64 {
        return Err(StreamViolation::TimestampInFuture.into());
    }
    Ok(millis.round().max(0.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_790_000_000_500;

    fn input(kind: &str) -> GetShardIteratorInput {
        GetShardIteratorInput {
            stream_arn: Some(
                "arn:aws:dynamodb:us-east-1:000000000000:table/Music/stream/2026-11-21T14:36:21.123".into(),
            ),
            shard_id: Some("shardId-00000000000000000001-00000001".into()),
            shard_iterator_type: Some(kind.into()),
            ..GetShardIteratorInput::default()
        }
    }

    fn start(input: GetShardIteratorInput) -> Result<IteratorStart, String> {
        validate(input, Layer::Older, NOW).map(|request| request.start).map_err(|violation| violation.to_string())
    }

    #[test]
    fn every_type_has_its_start() {
        let number = SequenceNumber { commit: 5, ordinal: 2 };
        let with_number = |kind| GetShardIteratorInput { sequence_number: Some(number.to_string()), ..input(kind) };
        assert_eq!(start(input("TRIM_HORIZON")), Ok(IteratorStart::TrimHorizon));
        assert_eq!(start(input("LATEST")), Ok(IteratorStart::Latest));
        assert_eq!(start(with_number("AT_SEQUENCE_NUMBER")), Ok(IteratorStart::At(number)));
        assert_eq!(start(with_number("AFTER_SEQUENCE_NUMBER")), Ok(IteratorStart::After(number)));
        let just_now = GetShardIteratorInput { timestamp: Some(1_790_000_000.500_7), ..input("AT_TIMESTAMP") };
        assert!(start(just_now).is_ok(), "the millisecond that is now");
        let at = GetShardIteratorInput { timestamp: Some(1_790_000_000.25), ..input("AT_TIMESTAMP") };
        assert_eq!(start(at), Ok(IteratorStart::AtTimestamp(1_790_000_000_250)));
    }

    #[test]
    fn sequence_numbers_and_timestamps_go_with_their_types_only() {
        let number = SequenceNumber::first_of(5).to_string();
        for kind in ["TRIM_HORIZON", "LATEST"] {
            let with_number = GetShardIteratorInput { sequence_number: Some(number.clone()), ..input(kind) };
            assert!(start(with_number).is_err_and(|text| text.contains("can not be specified")));
        }
        for kind in ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"] {
            assert!(start(input(kind)).is_err_and(|text| text.contains("is required")));
            let foreign = GetShardIteratorInput { sequence_number: Some("9".repeat(25)), ..input(kind) };
            assert!(start(foreign).is_err_and(|text| text.starts_with("Invalid SequenceNumber")));
        }
        assert!(start(input("AT_TIMESTAMP")).is_err());
        for seconds in [1_790_000_001.0, f64::INFINITY] {
            let future = GetShardIteratorInput { timestamp: Some(seconds), ..input("AT_TIMESTAMP") };
            assert!(start(future).is_err_and(|text| text.contains("future")), "{seconds}");
        }
    }

    #[test]
    fn lengths_are_those_of_the_service_model() {
        let short = GetShardIteratorInput {
            shard_id: Some("shard".into()),
            sequence_number: Some("1".into()),
            ..input("LATEST")
        };
        assert!(
            start(short)
                .is_err_and(|text| text.starts_with("2 validation errors detected: Value 'shard' at 'shardId'"))
        );
        assert!(start(input("NEWEST")).is_err_and(|text| text.contains("enum value set")));
    }
}
