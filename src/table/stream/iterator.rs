//! Shard iterators: where a consumer stands, as text that only the server reads.
//!
//! ```text
//! <ARN of the stream>|1|base64( space u32 | commit u64 | ordinal u32 | issued u64 | crc32 of all before, ARN included, u32 )
//! ```
//!
//! Integers are big-endian. An iterator is checked, not signed: who changes one reads what he could have asked for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kstone_engine::SpaceId;

use crate::validation::sequence_number::SequenceNumber;

/// An iterator can be used for 15 minutes (API reference).
const LIFETIME_MILLIS: u64 = 15 * 60 * 1000;
const SEPARATOR: &str = "|1|";
const BODY_BYTES: usize = 28;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShardIterator {
    pub(crate) shard: SpaceId,
    /// The least sequence number that has not been read.
    pub(crate) position: SequenceNumber,
    pub(crate) issued_millis: u64,
}

impl ShardIterator {
    pub(crate) fn encode(&self, stream_arn: &str) -> String {
        let mut body = Vec::with_capacity(BODY_BYTES);
        body.extend_from_slice(&self.shard.to_be_bytes());
        body.extend_from_slice(&self.position.commit.to_be_bytes());
        body.extend_from_slice(&self.position.ordinal.to_be_bytes());
        body.extend_from_slice(&self.issued_millis.to_be_bytes());
        body.extend_from_slice(&checksum(stream_arn, &body).to_be_bytes());
        format!("{stream_arn}{SEPARATOR}{}", URL_SAFE_NO_PAD.encode(body))
    }

    /// The stream's ARN and the iterator; `None` when the server never made such a text.
    pub(crate) fn decode(text: &str) -> Option<(&str, ShardIterator)> {
        let (stream_arn, body) = text.split_once(SEPARATOR)?;
        let body = URL_SAFE_NO_PAD.decode(body).ok().filter(|body| body.len() == BODY_BYTES)?;
        let (fields, sum) = body.split_at_checked(BODY_BYTES - 4)?;
        if checksum(stream_arn, fields).to_be_bytes() != sum {
            return None;
        }
        let (shard, fields) = fields.split_first_chunk()?;
        let (commit, fields) = fields.split_first_chunk()?;
        let (ordinal, issued) = fields.split_first_chunk()?;
        let position = SequenceNumber { commit: u64::from_be_bytes(*commit), ordinal: u32::from_be_bytes(*ordinal) };
        let issued_millis = u64::from_be_bytes(issued.try_into().ok()?);
        Some((stream_arn, ShardIterator { shard: u32::from_be_bytes(*shard), position, issued_millis }))
    }

    pub(crate) fn is_expired(&self, now_millis: u64) -> bool {
        now_millis.saturating_sub(self.issued_millis) > LIFETIME_MILLIS
    }
}

fn checksum(stream_arn: &str, fields: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(stream_arn.as_bytes());
    sum.update(fields);
    sum.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/Music/stream/2026-11-21T14:36:21.123";

    fn iterator() -> ShardIterator {
        ShardIterator { shard: 9, position: SequenceNumber { commit: u64::MAX, ordinal: 3 }, issued_millis: 1_000 }
    }

    #[test]
    fn it_reads_back_and_fits_the_service_model() {
        let text = iterator().encode(ARN);
        assert_eq!(ShardIterator::decode(&text), Some((ARN, iterator())));
        assert!(text.len() < 2048);
    }

    #[test]
    fn what_was_changed_is_not_accepted() {
        let text = iterator().encode(ARN);
        let other_table = text.replace("Music", "Films");
        for wrong in ["", "x", ARN, &text[1..], &text[..text.len() - 1], &other_table, &text.replace('A', "B")] {
            assert_eq!(ShardIterator::decode(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn it_lives_for_fifteen_minutes() {
        assert!(!iterator().is_expired(1_000 + 900_000));
        assert!(iterator().is_expired(1_000 + 900_001));
        assert!(!iterator().is_expired(0), "the clock was set back");
    }
}
