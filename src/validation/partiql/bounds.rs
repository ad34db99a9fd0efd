//! Conditions on the sort attribute as stretches of it.

use crate::validation::read::SortBound;
use crate::value::AttributeValue;

/// What one test says about the sort attribute.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum SortTest {
    /// `=` or IN
    Values(Vec<AttributeValue>),
    Bound(SortBound),
    /// Negated or `<>`: nothing that a stretch could be.
    Loose,
}

/// Stretches of the sort attribute, in byte order of keys: lower end, upper end (none: to the end).
#[derive(Clone, Debug, PartialEq)]
struct Stretch {
    lower: Vec<u8>,
    lower_open: bool,
    upper: Option<Vec<u8>>,
    upper_open: bool,
}

impl SortTest {
    /// Whether there is a sort value that both tests hold for.
    pub(super) fn overlaps(&self, other: &SortTest) -> bool {
        self.stretches().iter().any(|one| other.stretches().iter().any(|two| one.meets(two)))
    }

    pub(super) fn values(&self) -> Vec<&AttributeValue> {
        match self {
            SortTest::Values(values) => values.iter().collect(),
            SortTest::Bound(SortBound::Between(low, high)) => vec![low, high],
            SortTest::Bound(
                SortBound::Less(value)
                | SortBound::LessOrEqual(value)
                | SortBound::Greater(value)
                | SortBound::GreaterOrEqual(value)
                | SortBound::BeginsWith(value),
            ) => vec![value],
            SortTest::Loose => Vec::new(),
        }
    }

    /// Where it begins, to put disjoint ones in order.
    pub(super) fn start(&self) -> Vec<u8> {
        self.stretches().into_iter().map(|stretch| stretch.lower).min().unwrap_or_default()
    }

    fn stretches(&self) -> Vec<Stretch> {
        match self {
            SortTest::Values(values) => values.iter().map(|value| Stretch::closed(key(value), key(value))).collect(),
            SortTest::Bound(bound) => vec![Stretch::of(bound)],
            SortTest::Loose => vec![Stretch { lower: Vec::new(), lower_open: false, upper: None, upper_open: false }],
        }
    }
}

impl Stretch {
    fn closed(lower: Vec<u8>, upper: Vec<u8>) -> Stretch {
        Stretch { lower, lower_open: false, upper: Some(upper), upper_open: false }
    }

    fn of(bound: &SortBound) -> Stretch {
        match bound {
            SortBound::Less(value) => Stretch { upper_open: true, ..Stretch::closed(Vec::new(), key(value)) },
            SortBound::LessOrEqual(value) => Stretch::closed(Vec::new(), key(value)),
            SortBound::Greater(value) => {
                Stretch { lower_open: true, upper: None, ..Stretch::closed(key(value), Vec::new()) }
            }
            SortBound::GreaterOrEqual(value) => Stretch { upper: None, ..Stretch::closed(key(value), Vec::new()) },
            SortBound::Between(low, high) => Stretch::closed(key(low), key(high)),
            SortBound::BeginsWith(prefix) => {
                let lower = key(prefix);
                Stretch { upper: end_of(lower.clone()), lower, lower_open: false, upper_open: true }
            }
        }
    }

    fn meets(&self, other: &Stretch) -> bool {
        self.begins_before_end_of(other) && other.begins_before_end_of(self)
    }

    fn begins_before_end_of(&self, other: &Stretch) -> bool {
        match &other.upper {
            None => true,
            Some(upper) if self.lower_open || other.upper_open => self.lower < *upper,
            Some(upper) => self.lower <= *upper,
        }
    }
}

/// Bytes in the order of keys.
pub(super) fn key(value: &AttributeValue) -> Vec<u8> {
    match value {
        AttributeValue::S(text) => text.as_bytes().to_vec(),
        AttributeValue::N(number) => number.as_bytes().to_vec(),
        AttributeValue::B(bytes) => bytes.clone(),
        _ => Vec::new(),
    }
}

/// After everything that begins with `prefix`.
fn end_of(mut prefix: Vec<u8>) -> Option<Vec<u8>> {
    while let Some(last) = prefix.pop() {
        if last < 0xFF {
            prefix.push(last + 1);
            return Some(prefix);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(text: &str) -> AttributeValue {
        AttributeValue::S(text.to_string())
    }

    #[test]
    fn stretches_overlap_where_one_value_is_in_both() {
        let equal = |text| SortTest::Values(vec![s(text)]);
        let bound = SortTest::Bound;
        for (one, two, expected) in [
            (equal("1"), equal("1"), true),
            (equal("1"), equal("3"), false),
            (SortTest::Values(vec![s("1"), s("3")]), equal("3"), true),
            (bound(SortBound::Less(s("2"))), bound(SortBound::Greater(s("0"))), true),
            (bound(SortBound::Less(s("2"))), bound(SortBound::GreaterOrEqual(s("2"))), false),
            (bound(SortBound::LessOrEqual(s("2"))), bound(SortBound::GreaterOrEqual(s("2"))), true),
            (bound(SortBound::LessOrEqual(s("2"))), bound(SortBound::Greater(s("2"))), false),
            (bound(SortBound::BeginsWith(s("1"))), equal("12"), true),
            (bound(SortBound::BeginsWith(s("1"))), equal("2"), false),
            (bound(SortBound::Between(s("0"), s("2"))), bound(SortBound::GreaterOrEqual(s("2"))), true),
            (SortTest::Loose, equal("1"), true),
        ] {
            assert_eq!(one.overlaps(&two), expected, "{one:?} {two:?}");
            assert_eq!(two.overlaps(&one), expected, "{two:?} {one:?}");
        }
    }
}
