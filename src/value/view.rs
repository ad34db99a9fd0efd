//! Reading encoded items and values in place.
//!
//! [`ItemView::parse`] checks the whole structure once; the accessors below it then walk without checking again and build
//! nothing. An iterator over bytes that passed the check ends only at their end.

use super::encoded::{ITEM_HEADER_BYTES, VERSION, tag};
use super::{AttributeValue, LIST_OVERHEAD_BYTES, Map, Number, TypeName};

/// Deeper than any item AWS accepts (32 levels), shallow enough for every recursive walk.
const DEPTH_MAX: u32 = 100;

/// Bytes that are not an encoded item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CorruptItem {
    /// How much of the bytes was sound.
    pub offset: usize,
}

impl std::fmt::Display for CorruptItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "stored item is not readable at byte {}", self.offset)
    }
}

impl std::error::Error for CorruptItem {}

/// A stored item.
#[derive(Clone, Copy, Debug)]
pub struct ItemView<'a> {
    size_bytes: u32,
    map: MapView<'a>,
}

impl<'a> ItemView<'a> {
    pub fn parse(bytes: &'a [u8]) -> Result<ItemView<'a>, CorruptItem> {
        let header =
            bytes.get(..ITEM_HEADER_BYTES).filter(|header| header[0] == VERSION).ok_or(CorruptItem { offset: 0 })?;
        let body = &bytes[ITEM_HEADER_BYTES..];
        let mut cursor = Cursor { rest: body };
        let sound = cursor.check_map(1).filter(|()| cursor.rest.is_empty());
        sound.ok_or(CorruptItem { offset: bytes.len() - cursor.rest.len() })?;
        let size_bytes = u32::from_le_bytes([header[1], header[2], header[3], header[4]]);
        Ok(ItemView { size_bytes, map: MapView::over(body) })
    }

    pub fn get(&self, name: &str) -> Option<ValueView<'a>> {
        self.map.get(name)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'a str, ValueView<'a>)> + use<'a> {
        self.map.iter()
    }

    pub fn len(&self) -> usize {
        self.map.len()
    }

    pub fn is_empty(&self) -> bool {
        self.map.len() == 0
    }

    /// The item's size by AWS's arithmetic, from the header.
    pub fn size_bytes(&self) -> usize {
        self.size_bytes as usize
    }

    pub fn as_map(&self) -> MapView<'a> {
        self.map
    }

    pub fn to_item(&self) -> Map {
        self.map.to_map()
    }
}

/// One value in place.
#[derive(Clone, Copy, Debug)]
pub enum ValueView<'a> {
    /// UTF-8.
    S(&'a [u8]),
    N(NumberView<'a>),
    B(&'a [u8]),
    Bool(bool),
    Null,
    M(MapView<'a>),
    L(ListView<'a>),
    Ss(SetView<'a>),
    Ns(SetView<'a>),
    Bs(SetView<'a>),
}

impl ValueView<'_> {
    pub fn type_name(&self) -> TypeName {
        match self {
            ValueView::S(_) => TypeName::S,
            ValueView::N(_) => TypeName::N,
            ValueView::B(_) => TypeName::B,
            ValueView::Bool(_) => TypeName::Bool,
            ValueView::Null => TypeName::Null,
            ValueView::M(_) => TypeName::M,
            ValueView::L(_) => TypeName::L,
            ValueView::Ss(_) => TypeName::Ss,
            ValueView::Ns(_) => TypeName::Ns,
            ValueView::Bs(_) => TypeName::Bs,
        }
    }

    pub fn to_value(&self) -> AttributeValue {
        match *self {
            ValueView::S(text) => AttributeValue::S(text_of(text).to_string()),
            ValueView::N(number) => AttributeValue::N(number.to_number()),
            ValueView::B(bytes) => AttributeValue::B(bytes.to_vec()),
            ValueView::Bool(value) => AttributeValue::Bool(value),
            ValueView::Null => AttributeValue::Null,
            ValueView::M(map) => AttributeValue::M(map.to_map()),
            ValueView::L(list) => AttributeValue::L(list.iter().map(|element| element.to_value()).collect()),
            ValueView::Ss(set) => AttributeValue::Ss(set.iter().map(|member| text_of(member).to_string()).collect()),
            ValueView::Ns(set) => AttributeValue::Ns(set.numbers().map(|member| member.to_number()).collect()),
            ValueView::Bs(set) => AttributeValue::Bs(set.iter().map(<[u8]>::to_vec).collect()),
        }
    }

    /// AWS's arithmetic, as [`AttributeValue::size_bytes`].
    pub fn size_bytes(&self) -> usize {
        match *self {
            ValueView::S(bytes) | ValueView::B(bytes) => bytes.len(),
            ValueView::N(number) => number.to_number().size_bytes(),
            ValueView::Bool(_) | ValueView::Null => 1,
            ValueView::M(map) => {
                let entries = map.iter().map(|(name, value)| name.len() + value.size_bytes());
                LIST_OVERHEAD_BYTES + map.len() + entries.sum::<usize>()
            }
            ValueView::L(list) => {
                LIST_OVERHEAD_BYTES + list.len() + list.iter().map(|element| element.size_bytes()).sum::<usize>()
            }
            ValueView::Ss(set) | ValueView::Bs(set) => set.iter().map(<[u8]>::len).sum(),
            ValueView::Ns(set) => set.numbers().map(|member| member.to_number().size_bytes()).sum(),
        }
    }
}

/// The order-preserving bytes of a number: `Ord` and `Eq` are numeric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NumberView<'a>(&'a [u8]);

impl<'a> NumberView<'a> {
    pub fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    pub fn to_number(&self) -> Number {
        // The structure check refuses bytes that are no number.
        Number::from_bytes(self.0).unwrap_or_else(Number::zero)
    }

    /// Appends the text AWS returns.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.to_number().write(out);
    }
}

/// Attributes in place, ordered by name.
#[derive(Clone, Copy, Debug)]
pub struct MapView<'a> {
    count: usize,
    entries: &'a [u8],
}

impl<'a> MapView<'a> {
    fn over(body: &'a [u8]) -> MapView<'a> {
        let mut cursor = Cursor { rest: body };
        let count = cursor.varint().unwrap_or(0);
        MapView { count, entries: cursor.rest }
    }

    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub fn get(&self, name: &str) -> Option<ValueView<'a>> {
        let mut cursor = Cursor { rest: self.entries };
        loop {
            match cursor.text()?.cmp(name.as_bytes()) {
                std::cmp::Ordering::Less => cursor.skip_value()?,
                std::cmp::Ordering::Equal => return cursor.value(),
                std::cmp::Ordering::Greater => return None,
            }
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'a str, ValueView<'a>)> + use<'a> {
        self.iter_bytes().map(|(name, value)| (text_of(name), value))
    }

    /// The same for whoever only compares or counts the names.
    pub fn iter_bytes(&self) -> impl Iterator<Item = (&'a [u8], ValueView<'a>)> + use<'a> {
        let mut cursor = Cursor { rest: self.entries };
        std::iter::from_fn(move || Some((cursor.text()?, cursor.value()?)))
    }

    pub fn to_map(&self) -> Map {
        let mut map = Map::with_capacity(self.count);
        for (name, value) in self.iter() {
            map.insert(name, value.to_value());
        }
        map
    }
}

/// A list in place.
#[derive(Clone, Copy, Debug)]
pub struct ListView<'a> {
    count: usize,
    elements: &'a [u8],
}

impl<'a> ListView<'a> {
    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub fn get(&self, index: usize) -> Option<ValueView<'a>> {
        let mut cursor = Cursor { rest: self.elements };
        (index < self.count).then_some(())?;
        (0..index).try_for_each(|_| cursor.skip_value())?;
        cursor.value()
    }

    pub fn iter(&self) -> impl Iterator<Item = ValueView<'a>> + use<'a> {
        let mut cursor = Cursor { rest: self.elements };
        std::iter::from_fn(move || cursor.value())
    }
}

/// A set in place: members ordered, numbers as their order-preserving bytes.
#[derive(Clone, Copy, Debug)]
pub struct SetView<'a> {
    count: usize,
    members: &'a [u8],
}

impl<'a> SetView<'a> {
    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut cursor = Cursor { rest: self.members };
        std::iter::from_fn(move || cursor.text())
    }

    /// The members of a number set.
    pub fn numbers(&self) -> impl Iterator<Item = NumberView<'a>> + use<'a> {
        self.iter().map(NumberView)
    }

    /// Whether a member has these bytes: text, number bytes or binary, by the kind of the set.
    pub fn contains(&self, member: &[u8]) -> bool {
        self.iter().any(|other| other == member)
    }
}

/// The view of a value that this process has encoded itself.
pub(super) fn own_value(bytes: &[u8]) -> ValueView<'_> {
    Cursor { rest: bytes }.value().unwrap_or(ValueView::Null)
}

fn text_of(bytes: &[u8]) -> &str {
    // The structure check refuses names and strings that are not UTF-8.
    std::str::from_utf8(bytes).unwrap_or_default()
}

#[derive(Clone)]
struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn varint(&mut self) -> Option<usize> {
        let first = self.byte()?;
        if first < 0x80 {
            return Some(usize::from(first));
        }
        let mut value = usize::from(first & 0x7F);
        for shift in [7, 14, 21, 28] {
            let byte = self.byte()?;
            value |= usize::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.varint()?;
        self.take(length)
    }

    fn body(&mut self) -> Option<&'a [u8]> {
        let length = self.take(4)?;
        self.take(u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize)
    }

    /// The count at the front of a body, and the rest of the body.
    fn counted_body(&mut self) -> Option<(usize, &'a [u8])> {
        let mut body = Cursor { rest: self.body()? };
        Some((body.varint()?, body.rest))
    }

    fn value(&mut self) -> Option<ValueView<'a>> {
        Some(match self.byte()? {
            tag::S => ValueView::S(self.text()?),
            tag::N => ValueView::N(NumberView(self.text()?)),
            tag::B => ValueView::B(self.text()?),
            tag::FALSE => ValueView::Bool(false),
            tag::TRUE => ValueView::Bool(true),
            tag::NULL => ValueView::Null,
            tag::M => ValueView::M(MapView::over(self.body()?)),
            tag::L => {
                let (count, elements) = self.counted_body()?;
                ValueView::L(ListView { count, elements })
            }
            tag @ (tag::SS | tag::NS | tag::BS) => {
                let (count, members) = self.counted_body()?;
                let set = SetView { count, members };
                match tag {
                    tag::SS => ValueView::Ss(set),
                    tag::NS => ValueView::Ns(set),
                    _ => ValueView::Bs(set),
                }
            }
            _ => return None,
        })
    }

    fn skip_value(&mut self) -> Option<()> {
        match self.byte()? {
            tag::S | tag::N | tag::B => self.text().map(drop),
            tag::FALSE | tag::TRUE | tag::NULL => Some(()),
            _ => self.body().map(drop),
        }
    }

    /// Steps over attributes, checking every byte of their structure.
    fn check_map(&mut self, depth: u32) -> Option<()> {
        let mut last: Option<&[u8]> = None;
        for _ in 0..self.varint()? {
            let name = self.text()?;
            std::str::from_utf8(name).ok()?;
            if last.is_some_and(|last| last >= name) {
                return None;
            }
            last = Some(name);
            self.check_value(depth)?;
        }
        Some(())
    }

    fn check_value(&mut self, depth: u32) -> Option<()> {
        if depth > DEPTH_MAX {
            return None;
        }
        match self.byte()? {
            tag::S => std::str::from_utf8(self.text()?).ok().map(drop),
            tag::N => Number::from_bytes(self.text()?).map(drop),
            tag::B => self.text().map(drop),
            tag::FALSE | tag::TRUE | tag::NULL => Some(()),
            tag::M => self.check_body(|body| body.check_map(depth + 1)),
            tag::L => self.check_body(|body| (0..body.varint()?).try_for_each(|_| body.check_value(depth + 1))),
            tag::SS => self.check_set(|member| std::str::from_utf8(member).is_ok()),
            tag::NS => self.check_set(|member| Number::from_bytes(member).is_some()),
            tag::BS => self.check_set(|_| true),
            _ => None,
        }
    }

    fn check_set(&mut self, sound: impl Fn(&[u8]) -> bool) -> Option<()> {
        self.check_body(|body| {
            let mut last: Option<&[u8]> = None;
            for _ in 0..body.varint()? {
                let member = body.text()?;
                if !sound(member) || last.is_some_and(|last| last >= member) {
                    return None;
                }
                last = Some(member);
            }
            Some(())
        })
    }

    fn check_body(&mut self, check: impl FnOnce(&mut Cursor<'a>) -> Option<()>) -> Option<()> {
        let mut body = Cursor { rest: self.body()? };
        check(&mut body)?;
        body.rest.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Encoded, encode_item};
    use super::*;
    use proptest::prelude::*;

    fn any_number() -> impl Strategy<Value = Number> {
        (any::<i64>(), -20i32..20)
            .prop_map(|(digits, exponent)| Number::parse(&format!("{digits}e{exponent}")).unwrap())
    }

    fn sorted<T: Ord>(mut members: Vec<T>) -> Vec<T> {
        members.sort();
        members.dedup();
        members
    }

    fn any_value() -> impl Strategy<Value = AttributeValue> {
        let leaf = prop_oneof![
            any::<String>().prop_map(AttributeValue::S),
            any_number().prop_map(AttributeValue::N),
            any::<Vec<u8>>().prop_map(AttributeValue::B),
            any::<bool>().prop_map(AttributeValue::Bool),
            Just(AttributeValue::Null),
            proptest::collection::vec(any::<String>(), 1..4).prop_map(|members| AttributeValue::Ss(sorted(members))),
            proptest::collection::vec(any_number(), 1..4).prop_map(|members| AttributeValue::Ns(sorted(members))),
            proptest::collection::vec(any::<Vec<u8>>(), 1..4).prop_map(|members| AttributeValue::Bs(sorted(members))),
        ];
        leaf.prop_recursive(5, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(AttributeValue::L),
                proptest::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|entries| AttributeValue::M(entries.into_iter().collect())),
            ]
        })
    }

    fn any_item() -> impl Strategy<Value = Map> {
        proptest::collection::vec((".{1,6}", any_value()), 0..6).prop_map(|entries| entries.into_iter().collect())
    }

    proptest! {
        #[test]
        fn an_item_reads_back_as_it_was(item in any_item()) {
            let bytes = encode_item(&item);
            let view = ItemView::parse(&bytes).unwrap();
            prop_assert_eq!(view.to_item(), item.clone());
            prop_assert_eq!(view.size_bytes(), item.size_bytes());
            prop_assert_eq!(view.len(), item.len());
            for (name, value) in item.iter() {
                let found = view.get(name).unwrap();
                prop_assert_eq!(found.size_bytes(), value.size_bytes());
                prop_assert_eq!(found.type_name(), value.type_name());
                prop_assert!(found == Encoded::value(value).view());
            }
            prop_assert!(view.get("no such name").is_none());
        }

        #[test]
        fn views_are_equal_exactly_when_trees_are(a in any_value(), b in any_value()) {
            let (x, y) = (Encoded::value(&a), Encoded::value(&b));
            prop_assert_eq!(x.view() == y.view(), a == b);
        }

        #[test]
        fn damaged_bytes_are_refused_or_read_never_a_panic(item in any_item(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = encode_item(&item);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(view) = ItemView::parse(&bytes) {
                view.to_item();
            }
            prop_assert!(ItemView::parse(&bytes[..at]).is_err());
        }
    }

    #[test]
    fn the_form_is_version_1() {
        let item: Map = [
            ("a".to_string(), AttributeValue::N(Number::from(7u64))),
            ("b".to_string(), AttributeValue::L(vec![AttributeValue::Bool(true), AttributeValue::S("é".into())])),
        ]
        .into_iter()
        .collect();
        let expected = [1, 12, 0, 0, 0, 2, 1, b'a', 2, 3, 3, 130, 71, 1, b'b', 8, 6, 0, 0, 0, 2, 5, 1, 2, 0xC3, 0xA9];
        assert_eq!(encode_item(&item), expected);
    }
}
