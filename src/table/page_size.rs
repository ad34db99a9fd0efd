//! How much of a page an item takes: not its size, but that of the form AWS keeps it in, where names are short and each block of
//! 3 KB repeats the sort key.
//!
//! dynalite found the formula and tested it against AWS to the byte: pages end where the sum reaches 1 MiB. Capacity counts
//! the items' own sizes.

use crate::value::{ItemView, ValueView};

/// Bytes of an item that share one copy of its key.
const BLOCK_BYTES: usize = 3072;
/// What a block has beside the sort key.
const BLOCK_OVERHEAD_BYTES: usize = 18;
const ITEM_OVERHEAD_BYTES: usize = 2;

/// `sort` is the sort attribute of the table, also when an index is read.
pub(crate) fn page_bytes(item: ItemView<'_>, sort: Option<&str>) -> usize {
    // From the item's own size, which its header has, so that no value need be looked into.
    let (mut size, mut sort_bytes) = (signed(item.size_bytes()), 0);
    for (name, value) in item.as_map().iter_bytes() {
        if sort.is_some_and(|sort| sort.as_bytes() == name) {
            sort_bytes = value.size_bytes();
            size -= signed(name.len() + sort_bytes);
        } else {
            size += 1 - signed(name.len()) + surplus(value);
        }
    }
    let size = usize::try_from(size).unwrap_or(0);
    let blocks = 1 + (1 + size) / BLOCK_BYTES;
    ITEM_OVERHEAD_BYTES + size + blocks * (BLOCK_OVERHEAD_BYTES + sort_bytes)
}

/// What a value takes beyond its own size: the length in front of it, less the names inside of it, each of which counts one.
fn surplus(value: ValueView<'_>) -> isize {
    match value {
        ValueView::S(text) => match text.len() {
            ..128 => 1,
            128..16_384 => 2,
            _ => 3,
        },
        ValueView::N(_) | ValueView::B(_) => 1,
        ValueView::Ss(set) | ValueView::Ns(set) | ValueView::Bs(set) => signed(set.len()) + 1,
        ValueView::Null => -1,
        ValueView::Bool(_) => 0,
        ValueView::L(list) => list.iter().map(surplus).sum(),
        ValueView::M(map) => map.iter_bytes().map(|(name, value)| 1 - signed(name.len()) + surplus(value)).sum(),
    }
}

/// No item is larger.
fn signed(bytes: usize) -> isize {
    isize::try_from(bytes).unwrap_or(isize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{AttributeValue, Item, encode_item};

    fn text(length: usize) -> AttributeValue {
        AttributeValue::S("e".repeat(length))
    }

    fn bytes_of(attributes: &[(&str, AttributeValue)], sort: Option<&str>) -> usize {
        let item: Item = attributes.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        page_bytes(ItemView::parse(&encode_item(&item)).expect("an item"), sort)
    }

    /// dynalite's tests against AWS: so many rows of this length and one of that just fill a page, or leave a byte.
    #[test]
    fn pages_are_full_where_they_were_on_aws() {
        let query = |length| bytes_of(&[("a", text(10)), ("b", text(2)), ("e", text(length))], Some("b"));
        let long_name = "e".repeat(255);
        let named = |length| bytes_of(&[("a", text(10)), ("b", text(2)), (&long_name, text(length))], Some("b"));
        let scan =
            |length| bytes_of(&[("a", text(10)), ("b", text(5)), ("c", text(5)), ("e", text(length))], Some("b"));
        for (full, bytes) in [
            (false, 25 * named(41_645)),
            (true, 24 * query(41_645) + query(41_646)),
            (false, 23 * named(43_372) + named(43_387)),
            (true, 23 * query(43_372) + query(43_388)),
            (true, 24 * scan(41_596) + scan(41_597)),
        ] {
            assert_eq!(bytes, (1 << 20) - usize::from(!full));
        }
    }

    #[test]
    fn every_type_has_its_length_in_front() {
        let hash = text(2);
        let number = |text: &str| crate::value::Number::parse(text).expect("a number");
        let attributes = [
            ("a", hash.clone()),
            ("b", text(43_367)),
            ("c", AttributeValue::N(number("12.3456"))),
            ("d", AttributeValue::B(vec![1, 2])),
            ("e", AttributeValue::Ss(vec!["a".into(), "bc".into()])),
            ("f", AttributeValue::Ns(vec![number("1.23"), number("12.3")])),
            ("g", AttributeValue::Bs(vec![vec![1], vec![1, 2], vec![2]])),
        ];
        let row = |length| bytes_of(&[("a", hash.clone()), ("b", text(length))], None);
        assert_eq!(23 * row(43_411) + bytes_of(&attributes, None), 1 << 20);
    }

    /// By dynalite's formula; its tests have none of these.
    #[test]
    fn lists_and_maps_count_three_and_their_elements() {
        let list = AttributeValue::L(vec![text(2), AttributeValue::Null]);
        let number = crate::value::Number::parse("5").expect("a number");
        let inner: Item = [("x", AttributeValue::Bool(true)), ("long", AttributeValue::N(number))]
            .map(|(name, value)| (name.to_string(), value))
            .into_iter()
            .collect();
        let attributes = [
            ("pk", text(1)),
            ("list", list),
            ("map", AttributeValue::M(inner)),
            ("null", AttributeValue::Null),
            ("bool", AttributeValue::Bool(false)),
        ];
        let (list, map) = (3 + (1 + 3) + 1, 3 + (2 + 1) + (2 + 2 + 1));
        assert_eq!(bytes_of(&attributes, None), 2 + (1 + 2) + (1 + list) + (1 + map) + 1 + (1 + 1) + 18);
    }
}
