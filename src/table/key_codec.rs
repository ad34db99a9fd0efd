//! DynamoDB keys as engine keys.
//!
//! ```text
//! row of the table     partition = value of the partition attribute      sort = value of the sort attribute, or empty
//! entry of an LSI      partition = the table's                           sort = part(LSI sort) part(table sort)
//! entry of a GSI       partition = value of its partition attribute,     sort = part(each sort attribute of the index)
//!                      or part(each) of several                                 part(table partition) part(table sort)
//! ```
//!
//! The value of a key attribute is the string's UTF-8, the binary's bytes or the number's order-preserving bytes, so that
//! byte order is DynamoDB's order. `part` makes a value self-delimiting and keeps that order: a zero byte becomes `00 FF`
//! and `00 00` ends it. The table's key at the end of an index entry tells apart entries that share an index key.

use std::ops::Bound;

use crate::validation::key::KeyRef;
use crate::validation::read::{KeyRange, SortBound};
use crate::validation::start_key::StartKey;
use crate::validation::{KeySchema, ScalarType};
use crate::value::{AttributeValue, ItemView, ValueView};

/// AWS's limits on key values, in bytes.
const PARTITION_VALUE_BYTES_MAX: usize = 2048;
const SORT_VALUE_BYTES_MAX: usize = 1024;

/// Where a row lies inside its space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowKey {
    pub(crate) partition: Vec<u8>,
    pub(crate) sort: Vec<u8>,
}

impl RowKey {
    pub(crate) fn of_table(key: KeyRef<'_>) -> RowKey {
        RowKey {
            partition: scalar_bytes(key.partition).to_vec(),
            sort: key.sort.map(|value| scalar_bytes(value).to_vec()).unwrap_or_default(),
        }
    }

    /// The first key that a partition can have.
    pub(crate) fn of_partition(partition: &AttributeValue) -> RowKey {
        RowKey { partition: scalar_bytes(partition).to_vec(), sort: Vec::new() }
    }

    /// The key of the row that holds `item`; `None` when it lacks a key attribute, which no stored item does.
    pub(crate) fn of_item(table: &KeySchema, item: ItemView<'_>) -> Option<RowKey> {
        let value = |name: &str| view_bytes(item.get(name)?);
        let mut key = RowKey { partition: value(&table.partition.first()?.name)?.to_vec(), sort: Vec::new() };
        if let Some(sort) = table.sort.first() {
            key.sort = value(&sort.name)?.to_vec();
        }
        Some(key)
    }

    /// The key of the item's entry in a local index, or `None` when the item is not in the index.
    pub(crate) fn of_local_entry(index: &KeySchema, table: &KeySchema, item: ItemView<'_>) -> Option<RowKey> {
        let mut key = RowKey { partition: Vec::new(), sort: Vec::new() };
        key.partition.extend_from_slice(view_bytes(item.get(&table.partition.first()?.name)?)?);
        for attribute in index.sort.iter() {
            put_part(&mut key.sort, index_key_bytes(item, &attribute.name, attribute.kind, SORT_VALUE_BYTES_MAX)?);
        }
        for attribute in &table.sort {
            put_part(&mut key.sort, view_bytes(item.get(&attribute.name)?)?);
        }
        Some(key)
    }

    /// The key of the item's entry in a global index, or `None` when the item lacks one of the key attributes of the index or
    /// holds something there that cannot be a key: such items are simply not in the index (aws-verified.md section 6).
    pub(crate) fn of_global_entry(index: &KeySchema, table: &KeySchema, item: ItemView<'_>) -> Option<RowKey> {
        let mut key = RowKey { partition: Vec::new(), sort: Vec::new() };
        for attribute in &index.partition {
            let value = index_key_bytes(item, &attribute.name, attribute.kind, PARTITION_VALUE_BYTES_MAX)?;
            put_partition_value(&mut key.partition, value, index.partition.len());
        }
        for attribute in &index.sort {
            put_part(&mut key.sort, index_key_bytes(item, &attribute.name, attribute.kind, SORT_VALUE_BYTES_MAX)?);
        }
        for attribute in table.attributes() {
            put_part(&mut key.sort, view_bytes(item.get(&attribute.name)?)?);
        }
        Some(key)
    }

    /// The entry after which a page begins. `local` says whether the index, if any, is a local one.
    pub(crate) fn of_start_key(start: &StartKey, local: bool) -> RowKey {
        if start.index_partition.is_empty() {
            return RowKey::of_table(KeyRef { partition: &start.table_partition, sort: start.table_sort.as_ref() });
        }
        let mut key = RowKey { partition: partition_of(&start.index_partition), sort: Vec::new() };
        start.index_sort.iter().for_each(|value| put_part(&mut key.sort, scalar_bytes(value)));
        if !local {
            put_part(&mut key.sort, scalar_bytes(&start.table_partition));
        }
        if let Some(value) = &start.table_sort {
            put_part(&mut key.sort, scalar_bytes(value));
        }
        key
    }
}

/// The sort bounds, lower and upper, of the entries that a Query reads.
pub(crate) type SortBounds = (Bound<Vec<u8>>, Bound<Vec<u8>>);

/// The partition and the sort bounds of a Query of the table itself.
pub(crate) fn table_range(range: &KeyRange) -> (Vec<u8>, SortBounds) {
    let exact = |value: &AttributeValue| scalar_bytes(value).to_vec();
    let bounds = match (range.sort_equal.first(), &range.sort_bound) {
        (Some(value), _) => (Bound::Included(exact(value)), Bound::Included(exact(value))),
        (None, None) => (Bound::Unbounded, Bound::Unbounded),
        (None, Some(bound)) => match bound {
            SortBound::Less(value) => (Bound::Unbounded, Bound::Excluded(exact(value))),
            SortBound::LessOrEqual(value) => (Bound::Unbounded, Bound::Included(exact(value))),
            SortBound::Greater(value) => (Bound::Excluded(exact(value)), Bound::Unbounded),
            SortBound::GreaterOrEqual(value) => (Bound::Included(exact(value)), Bound::Unbounded),
            SortBound::Between(low, high) => (Bound::Included(exact(low)), Bound::Included(exact(high))),
            SortBound::BeginsWith(prefix) => (Bound::Included(exact(prefix)), before_end_of(exact(prefix))),
        },
    };
    (partition_of(&range.partition), bounds)
}

/// The partition and the sort bounds of a Query of an index.
pub(crate) fn index_range(range: &KeyRange) -> (Vec<u8>, SortBounds) {
    let mut prefix = Vec::new();
    range.sort_equal.iter().for_each(|value| put_part(&mut prefix, scalar_bytes(value)));
    let with = |value: &AttributeValue| {
        let mut bytes = prefix.clone();
        put_part(&mut bytes, scalar_bytes(value));
        bytes
    };
    let from_prefix = || Bound::Included(prefix.clone());
    let to_prefix_end = || before_end_of(prefix.clone());
    let bounds = match &range.sort_bound {
        None => (from_prefix(), to_prefix_end()),
        Some(SortBound::Less(value)) => (from_prefix(), Bound::Excluded(with(value))),
        Some(SortBound::LessOrEqual(value)) => (from_prefix(), before_end_of(with(value))),
        Some(SortBound::Greater(value)) => (from_end_of(with(value)), to_prefix_end()),
        Some(SortBound::GreaterOrEqual(value)) => (Bound::Included(with(value)), to_prefix_end()),
        Some(SortBound::Between(low, high)) => (Bound::Included(with(low)), before_end_of(with(high))),
        Some(SortBound::BeginsWith(value)) => {
            let mut bytes = prefix.clone();
            put_escaped(&mut bytes, scalar_bytes(value));
            (Bound::Included(bytes.clone()), before_end_of(bytes))
        }
    };
    (partition_of(&range.partition), bounds)
}

/// The positions, first and last, of one segment of a parallel Scan.
pub(crate) fn segment_positions(index: u32, total: u32) -> (u32, u32) {
    let boundary = |segment: u32| ((u64::from(segment) << 32) / u64::from(total.max(1))) as u32;
    let last = if index + 1 >= total { u32::MAX } else { boundary(index + 1) - 1 };
    (boundary(index), last)
}

/// The bytes of a key value. What cannot be a key has been refused before.
fn scalar_bytes(value: &AttributeValue) -> &[u8] {
    match value {
        AttributeValue::S(text) => text.as_bytes(),
        AttributeValue::N(number) => number.as_bytes(),
        AttributeValue::B(bytes) => bytes,
        _ => &[],
    }
}

fn view_bytes(value: ValueView<'_>) -> Option<&[u8]> {
    match value {
        ValueView::S(bytes) | ValueView::B(bytes) => Some(bytes),
        ValueView::N(number) => Some(number.as_bytes()),
        _ => None,
    }
}

fn index_key_bytes<'a>(item: ItemView<'a>, name: &str, kind: ScalarType, bytes_max: usize) -> Option<&'a [u8]> {
    let value = item.get(name)?;
    let bytes = match (kind, value) {
        (ScalarType::S, ValueView::S(bytes)) | (ScalarType::B, ValueView::B(bytes)) => bytes,
        (ScalarType::N, ValueView::N(number)) => number.as_bytes(),
        _ => return None,
    };
    (!bytes.is_empty() && bytes.len() <= bytes_max).then_some(bytes)
}

fn partition_of(values: &[AttributeValue]) -> Vec<u8> {
    let mut partition = Vec::new();
    values.iter().for_each(|value| put_partition_value(&mut partition, scalar_bytes(value), values.len()));
    partition
}

/// A lone value needs no delimiter: nothing follows it.
fn put_partition_value(out: &mut Vec<u8>, value: &[u8], count: usize) {
    match count {
        1 => out.extend_from_slice(value),
        _ => put_part(out, value),
    }
}

fn put_part(out: &mut Vec<u8>, value: &[u8]) {
    put_escaped(out, value);
    out.extend_from_slice(&[0, 0]);
}

fn put_escaped(out: &mut Vec<u8>, value: &[u8]) {
    for &byte in value {
        out.push(byte);
        if byte == 0 {
            out.push(0xFF);
        }
    }
}

/// The upper bound of everything that begins with `prefix`.
fn before_end_of(prefix: Vec<u8>) -> Bound<Vec<u8>> {
    end_of(prefix).map_or(Bound::Unbounded, Bound::Excluded)
}

/// The lower bound of everything after what begins with `prefix`. A part ends in `00 00`, so it has an end.
fn from_end_of(prefix: Vec<u8>) -> Bound<Vec<u8>> {
    end_of(prefix).map_or(Bound::Unbounded, Bound::Included)
}

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
    use proptest::prelude::*;

    fn part(value: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        put_part(&mut out, value);
        out
    }

    fn text(value: &str) -> AttributeValue {
        AttributeValue::S(value.into())
    }

    fn holds(bounds: &SortBounds, sort: &[u8]) -> bool {
        let lower = match &bounds.0 {
            Bound::Included(low) => sort >= low.as_slice(),
            Bound::Excluded(low) => sort > low.as_slice(),
            Bound::Unbounded => true,
        };
        let upper = match &bounds.1 {
            Bound::Included(high) => sort <= high.as_slice(),
            Bound::Excluded(high) => sort < high.as_slice(),
            Bound::Unbounded => true,
        };
        lower && upper
    }

    proptest! {
        #[test]
        fn parts_keep_the_order_of_their_values(a: Vec<u8>, b: Vec<u8>, tail_a: Vec<u8>, tail_b: Vec<u8>) {
            let (mut x, mut y) = (part(&a), part(&b));
            x.extend(&tail_a);
            y.extend(&tail_b);
            if a != b {
                prop_assert_eq!(x.cmp(&y), a.cmp(&b));
            }
        }

        #[test]
        fn index_bounds_hold_exactly_the_matching_entries(
            value in "[\u{0}a-c]{0,3}", low in "[\u{0}a-c]{0,3}", high in "[\u{0}a-c]{0,3}", base: Vec<u8>, first in "[ab]",
        ) {
            let mut entry = part(b"a");
            entry.extend(part(value.as_bytes()));
            entry.extend(part(&base));
            let matches = |bound: Option<SortBound>, expected: bool| {
                let range = KeyRange { partition: vec![text("p")], sort_equal: vec![text(&first)], sort_bound: bound };
                let (_, bounds) = index_range(&range);
                prop_assert_eq!(holds(&bounds, &entry), expected && first == "a");
                Ok(())
            };
            matches(None, true)?;
            matches(Some(SortBound::Less(text(&low))), value < low)?;
            matches(Some(SortBound::LessOrEqual(text(&low))), value <= low)?;
            matches(Some(SortBound::Greater(text(&low))), value > low)?;
            matches(Some(SortBound::GreaterOrEqual(text(&low))), value >= low)?;
            matches(Some(SortBound::Between(text(&low), text(&high))), low <= value && value <= high)?;
            matches(Some(SortBound::BeginsWith(text(&low))), value.starts_with(&low))?;
        }

        #[test]
        fn table_bounds_hold_exactly_the_matching_rows(sort: Vec<u8>, low: Vec<u8>, high: Vec<u8>) {
            let value = |bytes: &Vec<u8>| AttributeValue::B(bytes.clone());
            let matches = |bound: SortBound, expected: bool| {
                let range = KeyRange { partition: vec![text("p")], sort_equal: vec![], sort_bound: Some(bound) };
                prop_assert_eq!(holds(&table_range(&range).1, &sort), expected);
                Ok(())
            };
            matches(SortBound::Less(value(&low)), sort < low)?;
            matches(SortBound::LessOrEqual(value(&low)), sort <= low)?;
            matches(SortBound::Greater(value(&low)), sort > low)?;
            matches(SortBound::GreaterOrEqual(value(&low)), sort >= low)?;
            matches(SortBound::Between(value(&low), value(&high)), low <= sort && sort <= high)?;
            matches(SortBound::BeginsWith(value(&low)), sort.starts_with(&low))?;
        }

        #[test]
        fn segments_are_disjoint_and_cover_every_position(total in 1u32..=1_000_000, index in any::<prop::sample::Index>()) {
            let index = index.index(total as usize) as u32;
            let (first, last) = segment_positions(index, total);
            prop_assert!(first <= last);
            match index {
                0 => prop_assert_eq!(first, 0),
                _ => prop_assert_eq!(segment_positions(index - 1, total).1.wrapping_add(1), first),
            }
            if index + 1 == total {
                prop_assert_eq!(last, u32::MAX);
            }
        }
    }
}
