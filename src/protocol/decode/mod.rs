//! From a request body to the struct of its operation, in one pass.
//!
//! Every type that a member can have implements [`Decode`]; the structs in [`super::shapes`] are made of those. What
//! AWS says about a value of the wrong JSON type depends on the type wanted and on where the value stands ([`Place`]).

mod attribute_value;
mod collection;
mod fault;
mod parameter;
mod scalar;

pub use fault::{FoundScalar, ScalarType, SerializationFault};
pub use parameter::Parameter;
pub use scalar::Integer;

use super::json::{self, Reader, Token};

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
    match reader.value()? {
        Token::Null => Ok(None),
        token => T::decode(token, reader, Place::Member).map(Some),
    }
}

/// Reads an element of a list or a value in a map; `None` leaves it out.
fn decode_element<T: Decode>(reader: &mut Reader<'_>) -> Result<Option<T::Value>, SerializationFault> {
    match reader.value()? {
        Token::Null => {
            reader.count_structure()?;
            Ok(T::null_element())
        }
        token => T::decode(token, reader, Place::Element).map(Some),
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
    reader.count_structure()?;
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

/// The class of a structure of the service model.
pub(super) fn java_class(shape: &str) -> String {
    format!("com.amazonaws.dynamodb.v20120810.{shape}")
}

#[cfg(test)]
pub(super) mod tests;
