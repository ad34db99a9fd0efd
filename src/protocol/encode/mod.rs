//! Attribute values and items as JSON, from the stored bytes or from a tree, straight into the answer.

pub(crate) mod hash_order;

use super::json::{JsonWriter, separate, write_string};
use crate::value::{AttributeValue, Item, ItemView, MapView, Number, ValueView};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How the members of number sets are ordered in an answer. Strings and binaries are ordered by their bytes everywhere.
///
/// us-east-1, 2026-10 (aws-verified.md section 4): by value from GetItem, BatchGetItem, Query and ReturnValues; in the
/// order of a Java `HashSet<BigDecimal>` from Scan, TransactGetItems, PartiQL, streams and cancellation reasons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NumberSetOrder {
    #[default]
    ByValue,
    JavaHash,
}

impl JsonWriter<'_> {
    /// A stored item.
    pub fn item_view(self, item: ItemView<'_>, order: NumberSetOrder) {
        let out = self.into_out();
        // Names, quotes and type tags take about as much again as small values do.
        out.reserve(item.size_bytes() + 16 * item.len());
        write_map_view(out, item.as_map(), order);
    }

    /// A stored value with its type: `{"S":".."}`.
    pub fn value_view(self, value: ValueView<'_>, order: NumberSetOrder) {
        write_value_view(self.into_out(), value, order);
    }

    pub fn item(self, item: &Item, order: NumberSetOrder) {
        write_map(self.into_out(), item, order);
    }

    /// A value with its type: `{"S":".."}`.
    pub fn value(self, value: &AttributeValue, order: NumberSetOrder) {
        write_value(self.into_out(), value, order);
    }
}

fn write_map_view(out: &mut Vec<u8>, map: MapView<'_>, order: NumberSetOrder) {
    write_entries(out, map.iter(), |out, value| write_value_view(out, value, order));
}

fn write_value_view(out: &mut Vec<u8>, value: ValueView<'_>, order: NumberSetOrder) {
    match value {
        ValueView::S(text) => {
            open(out, r#"{"S":"#);
            write_string(out, text);
        }
        ValueView::N(number) => {
            open(out, r#"{"N":"#);
            write_quoted(out, |out| number.write(out));
        }
        ValueView::B(bytes) => {
            open(out, r#"{"B":"#);
            write_base64(out, bytes);
        }
        ValueView::Bool(boolean) => write_bool(out, boolean),
        ValueView::Null => open(out, r#"{"NULL":true"#),
        ValueView::M(map) => {
            open(out, r#"{"M":"#);
            write_map_view(out, map, order);
        }
        ValueView::L(list) => {
            open(out, r#"{"L":"#);
            write_list(out, list.iter(), |out, element| write_value_view(out, element, order));
        }
        ValueView::Ss(set) => {
            open(out, r#"{"SS":"#);
            write_list(out, set.iter(), write_string);
        }
        ValueView::Ns(set) => write_number_set(out, set.numbers().map(|number| number.to_number()), order),
        ValueView::Bs(set) => {
            open(out, r#"{"BS":"#);
            write_list(out, set.iter(), write_base64);
        }
    }
    out.push(b'}');
}

fn write_map(out: &mut Vec<u8>, map: &Item, order: NumberSetOrder) {
    write_entries(out, map.iter(), |out, value| write_value(out, value, order));
}

fn write_value(out: &mut Vec<u8>, value: &AttributeValue, order: NumberSetOrder) {
    match value {
        AttributeValue::S(text) => {
            open(out, r#"{"S":"#);
            write_string(out, text.as_bytes());
        }
        AttributeValue::N(number) => {
            open(out, r#"{"N":"#);
            write_quoted(out, |out| number.write(out));
        }
        AttributeValue::B(bytes) => {
            open(out, r#"{"B":"#);
            write_base64(out, bytes);
        }
        AttributeValue::Bool(boolean) => write_bool(out, *boolean),
        AttributeValue::Null => open(out, r#"{"NULL":true"#),
        AttributeValue::M(map) => {
            open(out, r#"{"M":"#);
            write_map(out, map, order);
        }
        AttributeValue::L(list) => {
            open(out, r#"{"L":"#);
            write_list(out, list.iter(), |out, element| write_value(out, element, order));
        }
        AttributeValue::Ss(members) => {
            open(out, r#"{"SS":"#);
            write_list(out, members.iter().map(String::as_bytes), write_string);
        }
        AttributeValue::Ns(members) => write_number_set(out, members.iter().copied(), order),
        AttributeValue::Bs(members) => {
            open(out, r#"{"BS":"#);
            write_list(out, members.iter().map(Vec::as_slice), write_base64);
        }
    }
    out.push(b'}');
}

fn open(out: &mut Vec<u8>, start: &str) {
    out.extend_from_slice(start.as_bytes());
}

fn write_entries<'a, V>(
    out: &mut Vec<u8>,
    entries: impl Iterator<Item = (&'a str, V)>,
    write: impl Fn(&mut Vec<u8>, V),
) {
    out.push(b'{');
    let mut first = true;
    for (name, value) in entries {
        separate(out, &mut first);
        write_string(out, name.as_bytes());
        out.push(b':');
        write(out, value);
    }
    out.push(b'}');
}

fn write_list<V>(out: &mut Vec<u8>, elements: impl Iterator<Item = V>, write: impl Fn(&mut Vec<u8>, V)) {
    out.push(b'[');
    let mut first = true;
    for element in elements {
        separate(out, &mut first);
        write(out, element);
    }
    out.push(b']');
}

fn write_number_set(out: &mut Vec<u8>, members: impl Iterator<Item = Number>, order: NumberSetOrder) {
    open(out, r#"{"NS":"#);
    let write_member = |out: &mut Vec<u8>, number: Number| write_quoted(out, |out| number.write(out));
    match order {
        NumberSetOrder::ByValue => write_list(out, members, write_member),
        NumberSetOrder::JavaHash => {
            let mut members: Vec<Number> = members.collect();
            hash_order::sort(&mut members);
            write_list(out, members.into_iter(), write_member);
        }
    }
}

fn write_bool(out: &mut Vec<u8>, boolean: bool) {
    open(out, if boolean { r#"{"BOOL":true"# } else { r#"{"BOOL":false"# });
}

fn write_quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    write(out);
    out.push(b'"');
}

fn write_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    write_quoted(out, |out| {
        let start = out.len();
        out.resize(start + bytes.len().div_ceil(3) * 4, 0);
        let encoded = out.get_mut(start..).and_then(|room| STANDARD.encode_slice(bytes, room).ok());
        out.truncate(start + encoded.unwrap_or(0));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::decode::tests::{any_item, any_value, decode_value};
    use crate::value::{Encoded, encode_item};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn written(write: impl FnOnce(JsonWriter<'_>)) -> String {
        let mut out = Vec::new();
        write(JsonWriter::new(&mut out));
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn a_value_decodes_as_it_was_encoded(value in any_value(), order in prop_oneof![Just(NumberSetOrder::ByValue), Just(NumberSetOrder::JavaHash)]) {
            let text = written(|place| place.value(&value, order));
            let given = decode_value(&text).unwrap();
            prop_assert_eq!(&given.fault, &None);
            prop_assert_eq!(&given.value, &value);
            prop_assert_eq!(given.depth, value.depth());
        }

        #[test]
        fn a_stored_item_is_written_like_the_tree(item in any_item(), order in prop_oneof![Just(NumberSetOrder::ByValue), Just(NumberSetOrder::JavaHash)]) {
            let stored = encode_item(&item);
            let view = ItemView::parse(&stored).unwrap();
            prop_assert_eq!(written(|place| place.item_view(view, order)), written(|place| place.item(&item, order)));
        }

        #[test]
        fn a_stored_value_is_written_like_the_tree(value in any_value()) {
            let stored = Encoded::value(&value);
            let order = NumberSetOrder::ByValue;
            prop_assert_eq!(written(|place| place.value_view(stored.view(), order)), written(|place| place.value(&value, order)));
        }
    }

    #[test]
    fn every_type_has_its_form() {
        let text = r#"{"M":{"b":{"B":"AP8="},"bs":{"BS":["","YQ=="]},"f":{"BOOL":false},"l":{"L":[{"S":"a\"b"},{"L":[]}]},"m":{"M":{}},"n":{"N":"-1.25"},"ns":{"NS":["1","2","10"]},"ss":{"SS":["","B","a"]},"t":{"BOOL":true},"z":{"NULL":true}}}"#;
        let value = decode_value(text).unwrap().value;
        assert_eq!(written(|place| place.value(&value, NumberSetOrder::ByValue)), text);
    }

    #[test]
    fn number_sets_take_the_order_asked_for() {
        let value = decode_value(r#"{"L":[{"NS":["3","1","5","2"]}]}"#).unwrap().value;
        let in_order = |order| serde_json::from_str::<Value>(&written(|place| place.value(&value, order))).unwrap();
        assert_eq!(in_order(NumberSetOrder::ByValue), json!({"L": [{"NS": ["1", "2", "3", "5"]}]}));
        assert_eq!(in_order(NumberSetOrder::JavaHash), json!({"L": [{"NS": ["5", "3", "2", "1"]}]}));
    }
}
