//! What a scan reads, as the caller says it, and as key ranges of stripes.

use std::ops::Bound;

use crate::SpaceId;
use crate::key::{self, KeyBuf};

/// What a scan reads.
#[derive(Clone, Copy, Debug)]
pub enum ScanRange<'a> {
    /// A range of one partition; the bounds are on the sort part.
    Partition {
        /// The space.
        space: SpaceId,
        /// The partition.
        partition: &'a [u8],
        /// Where the range starts.
        lower: Bound<&'a [u8]>,
        /// Where the range ends.
        upper: Bound<&'a [u8]>,
    },
    /// All partitions of a space at positions `first..=last`, in the order of their positions. Forward only.
    Positions {
        /// The space.
        space: SpaceId,
        /// The first position.
        first: u32,
        /// The last position, which belongs to the range.
        last: u32,
        /// Start strictly after this (partition, sort), which need not exist any more.
        after: Option<(&'a [u8], &'a [u8])>,
    },
}

/// Which way a scan goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// In key order.
    Forward,
    /// Against key order.
    Reverse,
}

/// A range of encoded keys in consecutive stripes. The bounds of the first and the last stripe differ from those between.
pub(crate) struct StripeRanges {
    pub(crate) space: SpaceId,
    pub(crate) stripe: usize,
    pub(crate) last_stripe: usize,
    /// Where to start in `stripe`, if not at the start of the space.
    lower: Option<KeyBuf>,
    /// Where to end in `last_stripe`, if not at the end of the space.
    upper: Option<KeyBuf>,
}

impl StripeRanges {
    pub(crate) fn new(range: ScanRange<'_>) -> Option<Self> {
        match range {
            ScanRange::Partition { space, partition, lower, upper } => {
                Some(Self::of_partition(space, partition, lower, upper))
            }
            ScanRange::Positions { space, first, last, after } => Self::of_positions(space, first, last, after),
        }
    }

    fn of_partition(space: SpaceId, partition: &[u8], lower: Bound<&[u8]>, upper: Bound<&[u8]>) -> Self {
        let mut start = KeyBuf::new();
        let stripe = key::encode_partition(space, partition, &mut start);
        let mut end = KeyBuf::new();
        match upper {
            Bound::Unbounded => key::encode_partition_beyond(space, partition, &mut end),
            Bound::Included(sort) | Bound::Excluded(sort) => {
                end.extend_from_slice(&start);
                end.extend_from_slice(sort);
            }
        }
        if let Bound::Included(_) = upper {
            append_successor(&mut end);
        }
        if let Bound::Included(sort) | Bound::Excluded(sort) = lower {
            start.extend_from_slice(sort);
        }
        if let Bound::Excluded(_) = lower {
            append_successor(&mut start);
        }
        StripeRanges { space, stripe, last_stripe: stripe, lower: Some(start), upper: Some(end) }
    }

    fn of_positions(space: SpaceId, first: u32, last: u32, after: Option<(&[u8], &[u8])>) -> Option<Self> {
        let mut first = first;
        let mut lower = KeyBuf::new();
        key::encode_position(space, first, &mut lower);
        if let Some((partition, sort)) = after {
            let resume = key::position_of(partition);
            if resume >= first {
                first = resume;
                lower.clear();
                key::encode(key::Key { space, partition, sort }, &mut lower);
                append_successor(&mut lower);
            }
        }
        let upper = last.checked_add(1).filter(|end| key::stripe_of(*end) == key::stripe_of(last)).map(|end| {
            let mut upper = KeyBuf::new();
            key::encode_position(space, end, &mut upper);
            upper
        });
        (first <= last).then(|| StripeRanges {
            space,
            stripe: key::stripe_of(first),
            last_stripe: key::stripe_of(last),
            lower: Some(lower),
            upper,
        })
    }

    /// The bounds in the present stripe.
    pub(crate) fn bounds(&mut self) -> (KeyBuf, Option<KeyBuf>) {
        let lower = self.lower.take().unwrap_or_else(|| KeyBuf::from_slice(&self.space.to_be_bytes()));
        let upper = if self.stripe == self.last_stripe { self.upper.take() } else { None };
        (lower, upper.or_else(|| self.space.checked_add(1).map(|next| KeyBuf::from_slice(&next.to_be_bytes()))))
    }
}

/// Makes a bound exclude the key that it names: no key lies between the two.
fn append_successor(bound: &mut KeyBuf) {
    bound.push(0);
}
