//! AWS's arithmetic of sizes (aws-verified.md section 1): names and strings count their UTF-8 bytes, BOOL and NULL 1, sets
//! the sum of their members, lists and maps 3 plus 1 for each element.

use super::{AttributeValue, Map};

/// What a list or a map costs beside its elements.
pub const LIST_OVERHEAD_BYTES: usize = 3;

impl AttributeValue {
    pub fn size_bytes(&self) -> usize {
        match self {
            AttributeValue::S(text) => text.len(),
            AttributeValue::N(number) => number.size_bytes(),
            AttributeValue::B(bytes) => bytes.len(),
            AttributeValue::Bool(_) | AttributeValue::Null => 1,
            AttributeValue::M(map) => LIST_OVERHEAD_BYTES + map.len() + map.size_bytes(),
            AttributeValue::L(list) => {
                LIST_OVERHEAD_BYTES + list.len() + list.iter().map(AttributeValue::size_bytes).sum::<usize>()
            }
            AttributeValue::Ss(members) => members.iter().map(String::len).sum(),
            AttributeValue::Ns(members) => members.iter().map(|number| number.size_bytes()).sum(),
            AttributeValue::Bs(members) => members.iter().map(Vec::len).sum(),
        }
    }
}

impl Map {
    /// Names and values; of an item, its size.
    pub fn size_bytes(&self) -> usize {
        self.iter().map(|(name, value)| name.len() + value.size_bytes()).sum()
    }
}

/// UTF-16 code units of UTF-8 bytes, which is what `size()` of a string counts.
pub fn utf16_units(utf8: &[u8]) -> usize {
    utf8.iter().map(|&byte| usize::from(byte & 0xC0 != 0x80) + usize::from(byte >= 0xF0)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_units_agree_with_the_standard_library() {
        for text in ["", "abc", "é", "€uro", "a😀b", "\u{10FFFF}"] {
            assert_eq!(utf16_units(text.as_bytes()), text.encode_utf16().count(), "{text}");
        }
    }

    #[test]
    fn lists_and_maps_cost_three_and_one_an_element() {
        let text = |length: usize| AttributeValue::S("x".repeat(length));
        let map: Map = [("a".to_string(), text(4)), ("bc".to_string(), text(1))].into_iter().collect();
        assert_eq!(map.size_bytes(), 1 + 4 + 2 + 1);
        assert_eq!(AttributeValue::M(map).size_bytes(), 3 + 2 + 8);
        assert_eq!(AttributeValue::L(vec![text(2), AttributeValue::Null]).size_bytes(), 3 + 2 + 2 + 1);
        assert_eq!(AttributeValue::L(vec![]).size_bytes(), 3);
        assert_eq!(AttributeValue::Ss(vec!["ab".into(), "c".into()]).size_bytes(), 3);
    }
}
