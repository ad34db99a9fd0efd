//! Strings, booleans, numbers and bytes.

use super::{Decode, Place, ScalarType, SerializationFault, fault};
use crate::protocol::json::{NumberText, Reader, Token};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

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

/// Bytes, which JSON carries as canonical base64.
pub(super) struct Blob;

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
