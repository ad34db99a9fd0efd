//! How much of a page an item takes: not its size, but that of the form AWS keeps it in, where names are short and each block of
//! 3 KB repeats the sort key.
//!
//! dynalite found the formula and tested it against AWS to the byte: pages end where the sum reaches 1 MiB. Capacity counts
//! the items' own sizes.

use crate::value::{ItemView, LIST_OVERHEAD_BYTES, ValueView};

/// Bytes of an item that share one copy of its key.
const BLOCK_BYTES: usize = 3072;
/// What a block has beside the sort key.
const BLOCK_OVERHEAD_BYTES: usize = 18;
const ITEM_OVERHEAD_BYTES: usize = 2;

/// `sort` is the sort attribute of the table, also when an index is read.
pub(crate) fn page_bytes(item: ItemView<'_>, sort: Option<&str>) -> usize {
    let (mut size, mut sort_bytes) = (0, 0);
    for (name, value) in item.iter() {
        match sort == Some(name) {
            true => sort_bytes = value.size_bytes(),
            false => size += 1 + kept_bytes(value),
        }
    }
    let blocks = 1 + (1 + size) / BLOCK_BYTES;
    ITEM_OVERHEAD_BYTES + size + blocks * (BLOCK_OVERHEAD_BYTES + sort_bytes)
}

/// A value with its length in front.
fn kept_bytes(value: ValueView<'_>) -> usize {
    match value {
        ValueView::S(text) => {
            let length_bytes = match text.len() {
                ..128 => 1,
                128..16_384 => 2,
                _ => 3,
            };
            text.len() + length_bytes
        }
        ValueView::N(_) | ValueView::B(_) => value.size_bytes() + 1,
        ValueView::Ss(set) | ValueView::Ns(set) | ValueView::Bs(set) => value.size_bytes() + set.len() + 1,
        ValueView::Null => 0,
        ValueView::Bool(_) => 1,
        ValueView::L(list) => LIST_OVERHEAD_BYTES + list.iter().map(|element| 1 + kept_bytes(element)).sum::<usize>(),
        ValueView::M(map) => {
            // A name counts one, and so does an entry.
            LIST_OVERHEAD_BYTES + map.iter().map(|(_, value)| 2 + kept_bytes(value)).sum::<usize>()
        }
    }
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
}
