//! The changes that the manifest records.
//!
//! An edit is a tag byte and its fields; numbers are varints, byte strings have a varint length in front:
//!
//! ```text
//! 1 SST added       id, stripe, rank, file bytes, entries, tombstones, seqno min, seqno max, first key, last key,
//!                   number of spaces, then per space: space, entries, bytes
//! 2 SST removed     id
//! 3 stripe flushed  stripe, seqno: every entry of the stripe up to it is in SSTs
//! 4 WAL checkpoint  seqno: everything up to it is in SSTs; id of the first WAL file that is needed
//! 5 space dropped   space, seqno
//! 6 next file id    id
//! 7 last commit     seqno: the log was durable up to it
//! 8 commit time     seqno, time: it and all before it were made by then
//! 9 history start   seqno: versions that a reader before it needs may be gone
//! 10 space forgotten  space: no SST holds anything of it any more
//! 11 timed through  seqno, time: the same, and commits behind it are in the log, with their times, or lost; its seqno and
//!                   those before it are not used again
//! ```

use std::sync::Arc;

use crate::encoding::{Decoder, put_bytes, put_varint};
use crate::key::{STRIPE_COUNT, SpaceId};

/// A change of the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    SstAdded(Arc<SstMeta>),
    SstRemoved { id: u64 },
    StripeFlushed { stripe: usize, through: u64 },
    WalCheckpoint { seqno: u64, first_file: u64 },
    SpaceDropped { space: SpaceId, seqno: u64 },
    NextFileId(u64),
    LastCommit(u64),
    CommitTime { seqno: u64, millis: u64 },
    HistoryStart(u64),
    SpaceForgotten(SpaceId),
    TimedThrough { seqno: u64, millis: u64 },
}

/// What is known of an SST without opening it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct SstMeta {
    pub(crate) id: u64,
    pub(crate) stripe: usize,
    /// Orders the SSTs of a stripe by age: of two, the one with the greater rank holds the newer versions of a key.
    pub(crate) rank: u64,
    pub(crate) file_bytes: u64,
    pub(crate) entry_count: u64,
    pub(crate) tombstone_count: u64,
    pub(crate) seqno_min: u64,
    pub(crate) seqno_max: u64,
    pub(crate) first_key: Vec<u8>,
    pub(crate) last_key: Vec<u8>,
    /// In ascending order of the space.
    pub(crate) spaces: Vec<SpaceShare>,
}

/// How much of an SST belongs to a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpaceShare {
    pub(crate) space: SpaceId,
    pub(crate) entry_count: u64,
    /// Keys and values, before compression.
    pub(crate) bytes: u64,
}

impl SstMeta {
    pub(crate) fn holds(&self, space: SpaceId) -> bool {
        self.spaces.binary_search_by_key(&space, |share| share.space).is_ok()
    }
}

impl Edit {
    /// What an encoded edit may start with.
    pub(super) const KINDS: std::ops::RangeInclusive<u8> = 1..=11;

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let numbers: (u8, &[u64]) = match self {
            Edit::SstAdded(meta) => {
                out.push(1);
                return encode_meta(meta, out);
            }
            Edit::SstRemoved { id } => (2, &[*id]),
            Edit::StripeFlushed { stripe, through } => (3, &[*stripe as u64, *through]),
            Edit::WalCheckpoint { seqno, first_file } => (4, &[*seqno, *first_file]),
            Edit::SpaceDropped { space, seqno } => (5, &[u64::from(*space), *seqno]),
            Edit::NextFileId(id) => (6, &[*id]),
            Edit::LastCommit(seqno) => (7, &[*seqno]),
            Edit::CommitTime { seqno, millis } => (8, &[*seqno, *millis]),
            Edit::HistoryStart(seqno) => (9, &[*seqno]),
            Edit::SpaceForgotten(space) => (10, &[u64::from(*space)]),
            Edit::TimedThrough { seqno, millis } => (11, &[*seqno, *millis]),
        };
        out.push(numbers.0);
        numbers.1.iter().for_each(|&number| put_varint(out, number));
    }

    pub(super) fn decode(from: &mut Decoder<'_>) -> Option<Edit> {
        Some(match from.u8()? {
            1 => Edit::SstAdded(Arc::new(decode_meta(from)?)),
            2 => Edit::SstRemoved { id: from.varint()? },
            3 => Edit::StripeFlushed { stripe: decode_stripe(from)?, through: from.varint()? },
            4 => Edit::WalCheckpoint { seqno: from.varint()?, first_file: from.varint()? },
            5 => Edit::SpaceDropped { space: decode_space(from)?, seqno: from.varint()? },
            6 => Edit::NextFileId(from.varint()?),
            7 => Edit::LastCommit(from.varint()?),
            8 => Edit::CommitTime { seqno: from.varint()?, millis: from.varint()? },
            9 => Edit::HistoryStart(from.varint()?),
            10 => Edit::SpaceForgotten(decode_space(from)?),
            11 => Edit::TimedThrough { seqno: from.varint()?, millis: from.varint()? },
            _ => return None,
        })
    }
}

fn encode_meta(meta: &SstMeta, out: &mut Vec<u8>) {
    let numbers = [
        meta.id,
        meta.stripe as u64,
        meta.rank,
        meta.file_bytes,
        meta.entry_count,
        meta.tombstone_count,
        meta.seqno_min,
        meta.seqno_max,
    ];
    numbers.into_iter().for_each(|number| put_varint(out, number));
    put_bytes(out, &meta.first_key);
    put_bytes(out, &meta.last_key);
    put_varint(out, meta.spaces.len() as u64);
    for share in &meta.spaces {
        put_varint(out, share.space.into());
        put_varint(out, share.entry_count);
        put_varint(out, share.bytes);
    }
}

fn decode_meta(from: &mut Decoder<'_>) -> Option<SstMeta> {
    let mut meta = SstMeta {
        id: from.varint()?,
        stripe: decode_stripe(from)?,
        rank: from.varint()?,
        file_bytes: from.varint()?,
        entry_count: from.varint()?,
        tombstone_count: from.varint()?,
        seqno_min: from.varint()?,
        seqno_max: from.varint()?,
        first_key: from.bytes()?.to_vec(),
        last_key: from.bytes()?.to_vec(),
        spaces: Vec::new(),
    };
    for _ in 0..from.varint()? {
        let share = SpaceShare { space: decode_space(from)?, entry_count: from.varint()?, bytes: from.varint()? };
        meta.spaces.push(share);
    }
    Some(meta)
}

fn decode_stripe(from: &mut Decoder<'_>) -> Option<usize> {
    from.varint_len().filter(|stripe| *stripe < STRIPE_COUNT)
}

fn decode_space(from: &mut Decoder<'_>) -> Option<SpaceId> {
    from.varint()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edit_reads_back() {
        let meta = SstMeta {
            id: 9,
            stripe: 255,
            rank: 4,
            file_bytes: 1 << 40,
            entry_count: 3,
            tombstone_count: 1,
            seqno_min: 5,
            seqno_max: u64::MAX,
            first_key: b"a".to_vec(),
            last_key: vec![0xff; 300],
            spaces: vec![
                SpaceShare { space: 1, entry_count: 2, bytes: 10 },
                SpaceShare { space: u32::MAX, entry_count: 1, bytes: 3 },
            ],
        };
        let edits = [
            Edit::SstAdded(Arc::new(meta)),
            Edit::SstRemoved { id: 1 },
            Edit::StripeFlushed { stripe: 7, through: 8 },
            Edit::WalCheckpoint { seqno: 9, first_file: 2 },
            Edit::SpaceDropped { space: 10, seqno: 11 },
            Edit::NextFileId(12),
            Edit::LastCommit(13),
            Edit::CommitTime { seqno: 14, millis: 15 },
            Edit::HistoryStart(16),
            Edit::SpaceForgotten(17),
            Edit::TimedThrough { seqno: 18, millis: 19 },
        ];
        let mut bytes = Vec::new();
        edits.iter().for_each(|edit| edit.encode(&mut bytes));
        let mut decoder = Decoder::new(&bytes);
        for edit in &edits {
            assert_eq!(Edit::decode(&mut decoder).as_ref(), Some(edit));
        }
        assert!(decoder.is_at_end());
    }
}
