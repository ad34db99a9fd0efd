//! Sequence numbers of streams: where a record stands among all commits, as text.

use std::fmt;

/// The commit that made a record, and the record's place in it. Ordered like its text, both as a string and as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SequenceNumber {
    pub commit: u64,
    pub ordinal: u32,
}

/// `1`, the commit in 20 digits, the ordinal in 10: always as many, as SDKs want between 21 and 40 (service model of
/// 2026-11-20), and never with a leading zero, so that nobody loses one who keeps it as a number.
const DIGITS: usize = 31;

impl SequenceNumber {
    /// The least one of a commit.
    pub const fn first_of(commit: u64) -> SequenceNumber {
        SequenceNumber { commit, ordinal: 0 }
    }

    /// `None` when it is nothing that a stream could have issued.
    pub fn parse(text: &str) -> Option<SequenceNumber> {
        let digits = text
            .strip_prefix('1')
            .filter(|_| text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()))?;
        let (commit, ordinal) = digits.split_at_checked(20)?;
        Some(SequenceNumber { commit: commit.parse().ok()?, ordinal: ordinal.parse().ok()? })
    }

    /// The one right after: nothing lies between the two.
    pub fn next(self) -> SequenceNumber {
        match self.ordinal.checked_add(1) {
            Some(ordinal) => SequenceNumber { commit: self.commit, ordinal },
            None => SequenceNumber::first_of(self.commit.saturating_add(1)),
        }
    }
}

impl fmt::Display for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1{:020}{:010}", self.commit, self.ordinal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_text_keeps_the_order_and_reads_back(a: (u64, u32), b: (u64, u32)) {
            let (a, b) = (SequenceNumber { commit: a.0, ordinal: a.1 }, SequenceNumber { commit: b.0, ordinal: b.1 });
            prop_assert_eq!(a.to_string().cmp(&b.to_string()), a.cmp(&b));
            prop_assert_eq!(SequenceNumber::parse(&a.to_string()), Some(a));
            prop_assert!((21..=40).contains(&a.to_string().len()));
        }
    }

    #[test]
    fn what_was_never_issued_is_refused() {
        let good = SequenceNumber { commit: 7, ordinal: 1 }.to_string();
        for text in ["", "1", &good[1..], &format!("{good}0"), &good.replacen('1', "2", 1), &good.replace('7', "x")] {
            assert_eq!(SequenceNumber::parse(text), None, "{text}");
        }
        assert_eq!(SequenceNumber::parse("1999999999999999999990000000000"), None, "the commit does not fit");
    }
}
