//! Attribute values: from JSON to [`Given`], together with what AWS will refuse about them.

use super::{Decode, Place, SerializationFault, fault, java_class, not_a_structure};
use crate::protocol::json::{Reader, Token};
use crate::value::{AttributeValue, Given, Item, Map, Number, TypeName, ValueFault};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The deepest level that AWS accepts: an attribute is level 1 (wording.md NEST: 31 wrappers around a scalar pass).
const LEVELS_MAX: u32 = 32;

/// Levels that are built. From the 63rd on AWS answers through its older layer, so callers have to see a little further than
/// that; what lies deeper is passed over and counts as one more level.
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

    /// Keeps the first fault, except that us-east-1 (2026-10, wording.md section 3, TransactWriteItems) prefers an empty name
    /// at the top of an item to depth, and depth to an empty name further down.
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

    /// Whether the value may still be used. Some operations use values that are too deep; whatever else is wrong is refused
    /// everywhere, and a refused value is not worth the memory.
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
            _ => return Err(super::not_a_collection(place)),
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

/// Bytes, which JSON carries as canonical base64.
struct Blob;

impl Decode for Blob {
    type Value = Vec<u8>;

    fn decode(token: Token<'_>, _: &mut Reader<'_>, _: Place) -> Result<Vec<u8>, SerializationFault> {
        match token {
            Token::String(text) => {
                // AWS counts a Java string: UTF-16 units.
                let length = text.encode_utf16().count();
                if length % 4 != 0 {
                    return Err(SerializationFault::Base64Length { length });
                }
                STANDARD.decode(text.as_bytes()).map_err(|_| SerializationFault::Base64Text)
            }
            Token::Object => Err(SerializationFault::Structure),
            Token::Array => Err(SerializationFault::Collection { java_type: fault::class(&Blob::java_type()) }),
            _ => Err(SerializationFault::NotBase64),
        }
    }

    fn java_type() -> String {
        "java.nio.ByteBuffer".to_owned()
    }
}
