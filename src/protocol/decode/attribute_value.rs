//! Attribute values: from JSON to [`Given`], together with what AWS will refuse about them.

use super::collection::not_a_collection;
use super::scalar::Blob;
use super::{Decode, Place, SerializationFault, fault, java_class, not_a_structure};
use crate::protocol::json::{Reader, Token};
use crate::value::{AttributeValue, Given, Item, Map, Number, TypeName, ValueFault};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The deepest level that AWS accepts: an attribute is level 1 (wording.md NEST: 31 wrappers around a scalar pass).
const LEVELS_MAX: u32 = 32;

/// Levels that are built. From the 63rd on AWS answers through its older layer, so callers have to see a little further
/// than that; what lies deeper is passed over and counts as one more level.
const LEVELS_BUILT_MAX: u32 = 64;

impl Decode for Given<AttributeValue> {
    type Value = Given<AttributeValue>;

    fn decode(token: Token<'_>, reader: &mut Reader<'_>, place: Place) -> Result<Self, SerializationFault> {
        let mut findings = Findings::default();
        let value = findings.value(token, reader, 1, place)?;
        Ok(findings.given(value))
    }

    fn java_type() -> String {
        java_class("AttributeValue")
    }

    /// A null is a value without a type.
    fn null_element() -> Option<Self> {
        Some(Given { fault: Some(ValueFault::NoType), ..Given::sound(AttributeValue::Null, 1) })
    }
}

impl Decode for Given<Item> {
    type Value = Given<Item>;

    fn decode(token: Token<'_>, reader: &mut Reader<'_>, place: Place) -> Result<Self, SerializationFault> {
        let mut findings = Findings::default();
        let item = findings.map(token, reader, 1, place)?;
        Ok(findings.given(item))
    }

    fn java_type() -> String {
        format!("java.util.Map<java.lang.String, {}>", java_class("AttributeValue"))
    }

    fn null_element() -> Option<Self> {
        Some(Given::sound(Item::new(), 0))
    }
}

/// What was noticed about a value so far.
#[derive(Default)]
struct Findings {
    fault: Option<ValueFault>,
    /// The fault is an empty name inside a map, not at the top of an item.
    fault_is_nested_name: bool,
    depth: u32,
    older_layer: bool,
}

impl Findings {
    fn given<T>(mut self, value: T) -> Given<T> {
        if let Some(ValueFault::Nesting { levels }) = &mut self.fault {
            *levels = self.depth;
        }
        Given { value, fault: self.fault, depth: self.depth, older_layer: self.older_layer }
    }

    /// Keeps the first fault, except that us-east-1 (2026-10, wording.md section 3, TransactWriteItems) prefers an
    /// empty name at the top of an item to depth, and depth to an empty name further down.
    fn note(&mut self, fault: ValueFault, level: u32) {
        let outranks = match (&self.fault, &fault) {
            (None, _) => true,
            (Some(ValueFault::Nesting { .. }), ValueFault::EmptyAttributeName) => level == 1,
            (Some(ValueFault::EmptyAttributeName), ValueFault::Nesting { .. }) => self.fault_is_nested_name,
            _ => false,
        };
        if outranks {
            self.fault_is_nested_name = fault == ValueFault::EmptyAttributeName && level > 1;
            self.fault = Some(fault);
        }
    }

    /// Whether the value may still be used. Some operations use values that are too deep; whatever else is wrong is
    /// refused everywhere, and a refused value is not worth the memory.
    fn keeps_building(&self) -> bool {
        matches!(self.fault, None | Some(ValueFault::Nesting { .. }))
    }

    fn reach(&mut self, level: u32) {
        self.depth = self.depth.max(level);
        if level > LEVELS_MAX {
            self.note(ValueFault::Nesting { levels: level }, level);
        }
    }

    /// The value at `level` of which `token` is the start. Of several types the first is kept.
    fn value(
        &mut self,
        token: Token<'_>,
        reader: &mut Reader<'_>,
        level: u32,
        place: Place,
    ) -> Result<AttributeValue, SerializationFault> {
        match &token {
            Token::Object => {}
            Token::Array => {
                return Err(SerializationFault::Collection { java_type: fault::class(&java_class("AttributeValue")) });
            }
            _ => return Err(not_a_structure(place)),
        }
        self.reach(level);
        if level > LEVELS_BUILT_MAX {
            reader.skip(&token)?;
            return Ok(AttributeValue::Null);
        }
        let mut first = None;
        while let Some(member) = reader.next_member()? {
            let token = reader.value()?;
            let Some(type_name) = TypeName::parse(&member) else {
                reader.skip(&token)?;
                continue;
            };
            if token == Token::Null {
                continue;
            }
            let typed = self.typed_value(type_name, token, reader, level)?;
            if first.is_none() {
                first = Some(typed);
            } else {
                self.older_layer = true;
                self.note(ValueFault::SeveralTypes, level);
            }
        }
        Ok(first.unwrap_or_else(|| {
            self.note(ValueFault::NoType, level);
            AttributeValue::Null
        }))
    }

    fn typed_value(
        &mut self,
        type_name: TypeName,
        token: Token<'_>,
        reader: &mut Reader<'_>,
        level: u32,
    ) -> Result<AttributeValue, SerializationFault> {
        Ok(match type_name {
            TypeName::S => AttributeValue::S(String::decode(token, reader, Place::Member)?),
            TypeName::N => {
                let raw = String::decode(token, reader, Place::Member)?;
                AttributeValue::N(self.number(&raw, level))
            }
            TypeName::B => AttributeValue::B(Blob::decode(token, reader, Place::Member)?),
            TypeName::Bool => AttributeValue::Bool(self.boolean(token, reader)?),
            TypeName::Null => {
                if !self.boolean(token, reader)? {
                    self.note(ValueFault::NullFalse, level);
                }
                AttributeValue::Null
            }
            TypeName::M => AttributeValue::M(self.map(token, reader, level + 1, Place::Member)?),
            TypeName::L => AttributeValue::L(self.list(token, reader, level + 1)?),
            TypeName::Ss => AttributeValue::Ss(self.string_set(token, reader, level)?),
            TypeName::Ns => AttributeValue::Ns(self.number_set(token, reader, level)?),
            TypeName::Bs => AttributeValue::Bs(self.binary_set(token, reader, level)?),
        })
    }

    fn boolean(&mut self, token: Token<'_>, reader: &mut Reader<'_>) -> Result<bool, SerializationFault> {
        self.older_layer |= matches!(token, Token::String(_));
        bool::decode(token, reader, Place::Member)
    }

    fn number(&mut self, raw: &str, level: u32) -> Number {
        Number::parse(raw).unwrap_or_else(|fault| {
            self.note(ValueFault::Number { raw: raw.to_owned(), fault }, level);
            Number::zero()
        })
    }

    /// A list whose elements are at `level`.
    fn list(
        &mut self,
        token: Token<'_>,
        reader: &mut Reader<'_>,
        level: u32,
    ) -> Result<Vec<AttributeValue>, SerializationFault> {
        match token {
            Token::Array => {}
            Token::Object => return Err(SerializationFault::Structure),
            _ => return Err(SerializationFault::FieldType),
        }
        let mut list = Vec::new();
        while reader.next_element()? {
            let value = self.element(reader, level)?;
            if self.keeps_building() {
                list.push(value);
            }
        }
        Ok(list)
    }

    /// A map, or an item, whose values are at `level`. Of several values for one name the last stays.
    fn map(
        &mut self,
        token: Token<'_>,
        reader: &mut Reader<'_>,
        level: u32,
        place: Place,
    ) -> Result<Map, SerializationFault> {
        match token {
            Token::Object => {}
            Token::Array => {
                return Err(SerializationFault::Collection { java_type: <Given<Item> as Decode>::java_type() });
            }
            _ => return Err(not_a_collection(place)),
        }
        let mut entries: Vec<(String, AttributeValue)> = Vec::new();
        let mut in_order = true;
        while let Some(name) = reader.next_member()? {
            if name.is_empty() {
                self.note(ValueFault::EmptyAttributeName, level);
            }
            let value = self.element(reader, level)?;
            if self.keeps_building() {
                in_order &= entries.last().is_none_or(|(last, _)| last.as_str() < name.as_ref());
                entries.push((name.into_owned(), value));
            }
        }
        // Sorting first keeps a large map that came unordered from being built by insertions.
        if !in_order {
            entries.sort_by(|(left, _), (right, _)| left.cmp(right));
        }
        Ok(entries.into_iter().collect())
    }

    fn element(&mut self, reader: &mut Reader<'_>, level: u32) -> Result<AttributeValue, SerializationFault> {
        match reader.value()? {
            Token::Null => {
                self.reach(level);
                self.note(ValueFault::NoType, level);
                Ok(AttributeValue::Null)
            }
            token => self.value(token, reader, level, Place::Element),
        }
    }

    fn string_set(
        &mut self,
        token: Token<'_>,
        reader: &mut Reader<'_>,
        level: u32,
    ) -> Result<Vec<String>, SerializationFault> {
        let mut members: Vec<String> = self.set_members::<String>(TypeName::Ss, token, reader, level)?;
        if has_repeats(&members) {
            self.note(ValueFault::DuplicateMembers { set: TypeName::Ss, members: std::mem::take(&mut members) }, level);
        }
        members.sort_unstable();
        Ok(members)
    }

    fn number_set(
        &mut self,
        token: Token<'_>,
        reader: &mut Reader<'_>,
        level: u32,
    ) -> Result<Vec<Number>, SerializationFault> {
        let raw: Vec<String> = self.set_members::<String>(TypeName::Ns, token, reader, level)?;
        let mut members: Vec<Number> = raw.iter().map(|raw| self.number(raw, level)).collect();
        members.sort_unstable();
        if repeats_in_sorted(&members) {
            self.note(ValueFault::DuplicateMembers { set: TypeName::Ns, members: raw }, level);
            members.dedup();
        }
        Ok(members)
    }

    fn binary_set(
        &mut self,
        token: Token<'_>,
        reader: &mut Reader<'_>,
        level: u32,
    ) -> Result<Vec<Vec<u8>>, SerializationFault> {
        let mut members: Vec<Vec<u8>> = self.set_members::<Blob>(TypeName::Bs, token, reader, level)?;
        if has_repeats(&members) {
            // Only canonical base64 is read, so that this is the text that was sent.
            let sent = members.iter().map(|member| STANDARD.encode(member)).collect();
            self.note(ValueFault::DuplicateMembers { set: TypeName::Bs, members: sent }, level);
            members.clear();
        }
        members.sort_unstable();
        Ok(members)
    }

    /// The members of a set as sent. A null among them is a value without a type.
    fn set_members<T: Decode>(
        &mut self,
        set: TypeName,
        token: Token<'_>,
        reader: &mut Reader<'_>,
        level: u32,
    ) -> Result<Vec<T::Value>, SerializationFault> {
        let members: Vec<Option<T::Value>> = Vec::<OrNull<T>>::decode(token, reader, Place::Member)?;
        if members.is_empty() {
            self.note(ValueFault::EmptySet(set), level);
        }
        if members.iter().any(Option::is_none) {
            self.note(ValueFault::NoType, level);
        }
        Ok(members.into_iter().flatten().collect())
    }
}

fn has_repeats<T: Ord>(members: &[T]) -> bool {
    let mut ordered: Vec<&T> = members.iter().collect();
    ordered.sort_unstable();
    repeats_in_sorted(&ordered)
}

fn repeats_in_sorted<T: PartialEq>(sorted: &[T]) -> bool {
    sorted.iter().zip(sorted.iter().skip(1)).any(|(member, next)| member == next)
}

/// An element that says so if it is null, instead of being left out.
struct OrNull<T>(std::marker::PhantomData<T>);

impl<T: Decode> Decode for OrNull<T> {
    type Value = Option<T::Value>;

    fn decode(token: Token<'_>, reader: &mut Reader<'_>, place: Place) -> Result<Self::Value, SerializationFault> {
        T::decode(token, reader, place).map(Some)
    }

    fn java_type() -> String {
        T::java_type()
    }

    fn null_element() -> Option<Self::Value> {
        Some(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::decode::decode;
    use crate::protocol::decode::tests::decode_value;
    use crate::protocol::shapes::PutItemInput;
    use crate::value::NumberFault;

    fn fault(text: &str) -> Option<ValueFault> {
        decode_value(text).unwrap().fault
    }

    fn item(text: &str) -> Given<Item> {
        let body = format!(r#"{{"Item":{text}}}"#);
        decode::<PutItemInput>(body.as_bytes()).unwrap().item.unwrap()
    }

    fn number_fault(raw: &str, fault: NumberFault) -> Option<ValueFault> {
        Some(ValueFault::Number { raw: raw.to_owned(), fault })
    }

    /// A string inside so many lists.
    fn nested(wrappers: usize) -> String {
        r#"{"L":["#.repeat(wrappers) + r#"{"S":"x"}"# + &"]}".repeat(wrappers)
    }

    #[test]
    fn each_fault_is_found() {
        let texts = |members: &[&str]| members.iter().map(|member| (*member).to_owned()).collect();
        let duplicates = |set, members: &[&str]| Some(ValueFault::DuplicateMembers { set, members: texts(members) });
        assert_eq!(fault(r#"{"N":" 1"}"#), number_fault(" 1", NumberFault::NotNumeric));
        assert_eq!(fault(r#"{"NS":["1","1e126"]}"#), number_fault("1e126", NumberFault::Overflow));
        assert_eq!(fault(r#"{"SS":[]}"#), Some(ValueFault::EmptySet(TypeName::Ss)));
        assert_eq!(fault(r#"{"NS":[]}"#), Some(ValueFault::EmptySet(TypeName::Ns)));
        assert_eq!(fault(r#"{"BS":[]}"#), Some(ValueFault::EmptySet(TypeName::Bs)));
        assert_eq!(fault(r#"{"SS":["b","a","b"]}"#), duplicates(TypeName::Ss, &["b", "a", "b"]));
        assert_eq!(fault(r#"{"NS":["2","1","2.0"]}"#), duplicates(TypeName::Ns, &["2", "1", "2.0"]));
        assert_eq!(fault(r#"{"BS":["/w==","AA==","/w=="]}"#), duplicates(TypeName::Bs, &["/w==", "AA==", "/w=="]));
        assert_eq!(fault(r#"{"NULL":false}"#), Some(ValueFault::NullFalse));
        assert_eq!(fault("{}"), Some(ValueFault::NoType));
        assert_eq!(fault(r#"{"S":null,"a":"b"}"#), Some(ValueFault::NoType));
        assert_eq!(fault(r#"{"L":[{"S":"a"},null]}"#), Some(ValueFault::NoType));
        assert_eq!(fault(r#"{"SS":["a",null]}"#), Some(ValueFault::NoType));
        assert_eq!(fault(r#"{"S":"a","BOOL":true}"#), Some(ValueFault::SeveralTypes));
        assert_eq!(fault(r#"{"M":{"":{"S":"a"}}}"#), Some(ValueFault::EmptyAttributeName));
        assert_eq!(fault(r#"{"M":{"a":{"SS":["",""]}}}"#), duplicates(TypeName::Ss, &["", ""]));
        assert_eq!(fault(r#"{"SS":["","a"]}"#), None);
    }

    #[test]
    fn the_first_fault_in_document_order_is_kept() {
        assert_eq!(fault(r#"{"L":[{"NULL":false},{}]}"#), Some(ValueFault::NullFalse));
        assert_eq!(fault(r#"{"L":[{},{"NULL":false}]}"#), Some(ValueFault::NoType));
        // dynalite's putItem tests: the number is refused before the number of types.
        assert_eq!(fault(r#"{"S":"a","N":"b"}"#), number_fault("b", NumberFault::NotNumeric));
    }

    #[test]
    fn sets_are_sorted() {
        let value = |text: &str| decode_value(text).unwrap().value;
        assert_eq!(
            value(r#"{"SS":["b","","a","B"]}"#),
            AttributeValue::Ss(["", "B", "a", "b"].map(String::from).to_vec())
        );
        let numbers = ["-1", "2", "10"].map(|text| Number::parse(text).unwrap()).to_vec();
        assert_eq!(value(r#"{"NS":["10","2","-1"]}"#), AttributeValue::Ns(numbers));
        assert_eq!(value(r#"{"BS":["/w==","AA==",""]}"#), AttributeValue::Bs(vec![vec![], vec![0], vec![255]]));
    }

    #[test]
    fn spelled_booleans_and_second_types_mark_the_older_layer() {
        for (spelled, expected) in [("T", true), ("yes", true), ("1", true), ("NO", false), ("f", false), ("0", false)]
        {
            let given = decode_value(&format!(r#"{{"BOOL":"{spelled}"}}"#)).unwrap();
            assert_eq!(given.value, AttributeValue::Bool(expected));
            assert!(given.older_layer);
        }
        assert!(decode_value(r#"{"L":[{"NULL":"true"}]}"#).unwrap().older_layer);
        assert_eq!(fault(r#"{"NULL":"false"}"#), Some(ValueFault::NullFalse));
        let two = decode_value(r#"{"S":"a","N":"1"}"#).unwrap();
        assert!(two.older_layer);
        assert_eq!(two.value, AttributeValue::S("a".into()));
        assert!(!decode_value(r#"{"S":"a","N":null,"BOOL":null}"#).unwrap().older_layer);
    }

    #[test]
    fn nesting_is_reported_from_the_33rd_level() {
        let at = |wrappers| decode_value(&nested(wrappers)).unwrap();
        assert_eq!((at(0).depth, at(0).fault), (1, None));
        assert_eq!((at(31).depth, at(31).fault), (32, None));
        assert_eq!((at(32).depth, at(32).fault), (33, Some(ValueFault::Nesting { levels: 33 })));
        assert_eq!(at(32).value.depth(), 33);
        assert_eq!((at(63).depth, at(63).fault), (64, Some(ValueFault::Nesting { levels: 64 })));
        // What lies deeper is not built, and counts as one more level.
        assert_eq!((at(64).depth, at(64).value.depth()), (65, 65));
        assert_eq!((at(1999).depth, at(1999).value.depth()), (65, 65));
        assert_eq!(decode_value(&nested(2500)), Err(SerializationFault::NotJson));
    }

    #[test]
    fn depth_ranks_between_empty_names_at_the_top_and_further_down() {
        let deep = nested(40);
        let nesting = Some(ValueFault::Nesting { levels: 41 });
        let empty = Some(ValueFault::EmptyAttributeName);
        assert_eq!(item(&format!(r#"{{"a":{deep},"":{{"S":"x"}}}}"#)).fault, empty);
        assert_eq!(item(&format!(r#"{{"":{{"S":"x"}},"a":{deep}}}"#)).fault, empty);
        assert_eq!(item(&format!(r#"{{"m":{{"M":{{"":{{"S":"x"}}}}}},"a":{deep}}}"#)).fault, nesting);
        assert_eq!(item(&format!(r#"{{"a":{deep},"m":{{"M":{{"":{{"S":"x"}}}}}}}}"#)).fault, nesting);
        assert_eq!(
            item(&format!(r#"{{"n":{{"N":"x"}},"a":{deep}}}"#)).fault,
            number_fault("x", NumberFault::NotNumeric)
        );
    }

    #[test]
    fn items_are_ordered_and_the_last_of_a_name_stays() {
        let given = item(r#"{"b":{"S":"1"},"a":{"S":"2"},"b":{"S":"3"}}"#);
        let entries: Vec<_> = given.value.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
        let expected = [("a", "2"), ("b", "3")].map(|(name, text)| (name.to_owned(), AttributeValue::S(text.into())));
        assert_eq!(entries, expected);
        assert_eq!((given.depth, given.fault), (1, None));
        assert_eq!(item("{}").depth, 0);
    }

    #[test]
    fn a_refused_list_is_not_built() {
        let elements = r#"{},"#.repeat(1_000);
        let given = decode_value(&format!(r#"{{"L":[{}]}}"#, elements.trim_end_matches(','))).unwrap();
        assert_eq!(given.fault, Some(ValueFault::NoType));
        assert_eq!(given.value, AttributeValue::L(vec![]));
    }
}
