//! From a request body to the struct of its operation, in one pass.
//!
//! Every type that a member can have implements [`Decode`]; the structs in [`super::shapes`] are made of those. What AWS says
//! about a value of the wrong JSON type depends on the type wanted and on where the value stands ([`Place`]).

mod attribute_value;
mod fault;

pub use fault::{FoundScalar, ScalarType, SerializationFault};

use super::json::{self, NumberText, Reader, Token};

/// Decodes a request body.
pub fn decode<T: Shape>(body: &[u8]) -> Result<T, SerializationFault> {
    // A call without input may come without a body.
    if body.is_empty() {
        return Ok(T::default());
    }
    match decode_body(body) {
        // AWS reads the JSON first: a body that breaks off after a wrong type is still not JSON.
        Err(fault) if fault != SerializationFault::NotJson && !json::is_well_formed(body) => {
            Err(SerializationFault::NotJson)
        }
        decoded => decoded,
    }
}

fn decode_body<T: Shape>(body: &[u8]) -> Result<T, SerializationFault> {
    let mut reader = Reader::new(body)?;
    if reader.value()? != Token::Object {
        return Err(SerializationFault::NotJson);
    }
    let input = decode_members(&mut reader)?;
    reader.end()?;
    Ok(input)
}

/// A structure of the service model.
pub trait Shape: Default {
    /// AWS's name for it.
    const NAME: &'static str;

    /// Reads the value of `member` and keeps it; false, with nothing read, if the structure has no such member.
    fn decode_member(&mut self, member: &str, reader: &mut Reader<'_>) -> Result<bool, SerializationFault>;
}

/// Where a value stands: AWS words the same mistake differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A member of a structure.
    Member,
    /// An element of a list or a value in a map.
    Element,
}

/// A type that a member of an input can have.
pub trait Decode {
    type Value;

    /// Reads a value of which `token`, never null, is the start.
    fn decode(token: Token<'_>, reader: &mut Reader<'_>, place: Place) -> Result<Self::Value, SerializationFault>;

    /// AWS's class for the type, as its messages print it.
    fn java_type() -> String;

    /// What a null stands for inside a list or a map; `None` leaves the element out.
    fn null_element() -> Option<Self::Value> {
        None
    }
}

/// Reads the value of a member. A null is as good as no member (behaviours.md 31).
pub(super) fn decode_member<T: Decode>(reader: &mut Reader<'_>) -> Result<Option<T::Value>, SerializationFault> {
    decode_unless_null::<T>(reader, Place::Member)
}

/// Reads an element of a list or a value in a map; `None` leaves it out.
fn decode_element<T: Decode>(reader: &mut Reader<'_>) -> Result<Option<T::Value>, SerializationFault> {
    Ok(decode_unless_null::<T>(reader, Place::Element)?.or_else(T::null_element))
}

fn decode_unless_null<T: Decode>(
    reader: &mut Reader<'_>,
    place: Place,
) -> Result<Option<T::Value>, SerializationFault> {
    match reader.value()? {
        Token::Null => Ok(None),
        token => T::decode(token, reader, place).map(Some),
    }
}

/// Reads a structure of which `token` is the start.
pub(super) fn decode_shape<T: Shape>(
    token: Token<'_>,
    reader: &mut Reader<'_>,
    place: Place,
) -> Result<T, SerializationFault> {
    match token {
        Token::Object => decode_members(reader),
        Token::Array => Err(SerializationFault::Collection { java_type: fault::class(&java_class(T::NAME)) }),
        _ => Err(not_a_structure(place)),
    }
}

fn decode_members<T: Shape>(reader: &mut Reader<'_>) -> Result<T, SerializationFault> {
    let mut shape = T::default();
    while let Some(member) = reader.next_member()? {
        if !shape.decode_member(&member, reader)? {
            let unknown = reader.value()?;
            reader.skip(&unknown)?;
        }
    }
    Ok(shape)
}

fn not_a_structure(place: Place) -> SerializationFault {
    match place {
        Place::Member => SerializationFault::FieldType,
        Place::Element => SerializationFault::ValueType,
    }
}

fn not_a_collection(place: Place) -> SerializationFault {
    match place {
        Place::Member => SerializationFault::FieldType,
        Place::Element => SerializationFault::ParameterizedCast,
    }
}

/// The class of a structure of the service model.
pub(super) fn java_class(shape: &str) -> String {
    format!("com.amazonaws.dynamodb.v20120810.{shape}")
}

impl Decode for String {
    type Value = String;

    fn decode(token: Token<'_>, _: &mut Reader<'_>, _: Place) -> Result<String, SerializationFault> {
        match token {
            Token::String(text) => Ok(text.into_owned()),
            token => Err(SerializationFault::scalar(&token, ScalarType::String)),
        }
    }

    fn java_type() -> String {
        ScalarType::String.java_class().to_owned()
    }
}

impl Decode for bool {
    type Value = bool;

    fn decode(token: Token<'_>, _: &mut Reader<'_>, _: Place) -> Result<bool, SerializationFault> {
        match token {
            Token::True => Ok(true),
            Token::False => Ok(false),
            Token::String(text) => boolean_spelled(&text).ok_or(SerializationFault::BooleanSpelling),
            token => Err(SerializationFault::scalar(&token, ScalarType::Boolean)),
        }
    }

    fn java_type() -> String {
        ScalarType::Boolean.java_class().to_owned()
    }
}

/// The spellings of a boolean as a string that AWS reads, in any case (behaviours.md 30).
fn boolean_spelled(text: &str) -> Option<bool> {
    let is_one_of = |spellings: &[&str]| spellings.iter().any(|spelling| text.eq_ignore_ascii_case(spelling));
    if is_one_of(&["true", "t", "yes", "y", "1"]) {
        Some(true)
    } else if is_one_of(&["false", "f", "no", "n", "0"]) {
        Some(false)
    } else {
        None
    }
}

/// The model's `Long`.
impl Decode for i64 {
    type Value = i64;

    fn decode(token: Token<'_>, _: &mut Reader<'_>, _: Place) -> Result<i64, SerializationFault> {
        numeric(&token, ScalarType::Long).map(NumberText::to_i64)
    }

    fn java_type() -> String {
        ScalarType::Long.java_class().to_owned()
    }
}

/// The model's `Integer`: it saturates at 32 bits and drops a fraction (behaviours.md 12).
pub struct Integer;

impl Decode for Integer {
    type Value = i64;

    fn decode(token: Token<'_>, _: &mut Reader<'_>, _: Place) -> Result<i64, SerializationFault> {
        let number = numeric(&token, ScalarType::Integer)?;
        Ok(number.to_i64().clamp(i64::from(i32::MIN), i64::from(i32::MAX)))
    }

    fn java_type() -> String {
        ScalarType::Integer.java_class().to_owned()
    }
}

/// Seconds since 1970 with a fraction: the model's `Date`.
impl Decode for f64 {
    type Value = f64;

    fn decode(token: Token<'_>, _: &mut Reader<'_>, _: Place) -> Result<f64, SerializationFault> {
        numeric(&token, ScalarType::Date).map(NumberText::to_f64)
    }

    fn java_type() -> String {
        ScalarType::Date.java_class().to_owned()
    }
}

fn numeric<'a>(token: &Token<'a>, wanted: ScalarType) -> Result<NumberText<'a>, SerializationFault> {
    match token {
        Token::Number(number) => Ok(*number),
        token => Err(SerializationFault::scalar(token, wanted)),
    }
}

/// A list.
impl<T: Decode> Decode for Vec<T> {
    type Value = Vec<T::Value>;

    fn decode(token: Token<'_>, reader: &mut Reader<'_>, place: Place) -> Result<Self::Value, SerializationFault> {
        match token {
            Token::Array => {}
            Token::Object => return Err(SerializationFault::Structure),
            _ => return Err(not_a_collection(place)),
        }
        let mut list = Vec::new();
        while reader.next_element()? {
            list.extend(decode_element::<T>(reader)?);
        }
        Ok(list)
    }

    fn java_type() -> String {
        format!("java.util.List<{}>", T::java_type())
    }
}

/// A map, in document order. Of several entries with one name the last stays.
impl<T: Decode> Decode for Vec<(String, T)> {
    type Value = Vec<(String, T::Value)>;

    fn decode(token: Token<'_>, reader: &mut Reader<'_>, place: Place) -> Result<Self::Value, SerializationFault> {
        match token {
            Token::Object => {}
            Token::Array => return Err(SerializationFault::Collection { java_type: Self::java_type() }),
            _ => return Err(not_a_collection(place)),
        }
        let mut entries = Vec::new();
        while let Some(name) = reader.next_member()? {
            if let Some(value) = decode_element::<T>(reader)? {
                entries.push((name.into_owned(), value));
            }
        }
        keep_last_of_each_name(&mut entries);
        Ok(entries)
    }

    fn java_type() -> String {
        format!("java.util.Map<java.lang.String, {}>", T::java_type())
    }
}

fn keep_last_of_each_name<T>(entries: &mut Vec<(String, T)>) {
    /// Up to here comparing all pairs is cheaper than sorting.
    const PAIRWISE_MAX: usize = 8;
    let has_repeats = if entries.len() <= PAIRWISE_MAX {
        entries.iter().enumerate().any(|(at, (name, _))| entries.iter().skip(at + 1).any(|(other, _)| other == name))
    } else {
        let mut names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair.first() == pair.last())
    };
    if !has_repeats {
        return;
    }
    let mut seen = std::collections::HashSet::new();
    let mut is_last: Vec<bool> = entries.iter().rev().map(|(name, _)| seen.insert(name.as_str())).collect();
    drop(seen);
    entries.retain(|_| is_last.pop().unwrap_or(true));
}
