//! What AWS answers when a body does not fit the service model.

use crate::protocol::json;

/// Why a body cannot be read as the input of its operation: a `SerializationException`. The texts are those that the
/// dynalite suite recorded on AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SerializationFault {
    /// Not JSON, not an object, or past all bounds of depth and number. AWS gives no message.
    NotJson,
    /// A scalar of the wrong type.
    Scalar { found: FoundScalar, wanted: ScalarType },
    /// An array where something else was wanted.
    Collection { java_type: String },
    /// An object where something else was wanted.
    Structure,
    /// A scalar where a member of a structure is a list, a map or a structure.
    FieldType,
    /// A scalar where an element is a structure.
    ValueType,
    /// A scalar where an element is a list or a map.
    ParameterizedCast,
    /// A string that spells no boolean.
    BooleanSpelling,
    /// A scalar other than a string where bytes are wanted.
    NotBase64,
    /// A base64 text whose length is not a multiple of 4.
    Base64Length { length: usize },
    /// A text that is not canonical base64.
    Base64Text,
}

/// A scalar token of JSON, as AWS's messages name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundScalar {
    String,
    Integer,
    Decimal,
    True,
    False,
}

/// A scalar type of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarType {
    String,
    Boolean,
    Integer,
    Long,
    Date,
}

impl SerializationFault {
    /// `found` where a scalar of type `wanted` should be.
    pub(super) fn scalar(found: &json::Token<'_>, wanted: ScalarType) -> SerializationFault {
        let found = match found {
            json::Token::Object => return SerializationFault::Structure,
            json::Token::Array => return SerializationFault::Collection { java_type: class(wanted.java_class()) },
            json::Token::String(_) => FoundScalar::String,
            json::Token::Number(number) if number.integral => FoundScalar::Integer,
            json::Token::Number(_) => FoundScalar::Decimal,
            json::Token::True => FoundScalar::True,
            json::Token::False => FoundScalar::False,
            // Null counts as absent and no type gets to see it.
            json::Token::Null => return SerializationFault::ValueType,
        };
        SerializationFault::Scalar { found, wanted }
    }

    /// AWS's message; a few faults have none.
    pub fn message(&self) -> Option<String> {
        let text = match self {
            SerializationFault::NotJson => return None,
            SerializationFault::Scalar { found, wanted } => {
                return Some(format!("{} cannot be converted to {}", found.as_str(), wanted.as_str()));
            }
            SerializationFault::Collection { java_type } => {
                return Some(format!("Unrecognized collection type {java_type}"));
            }
            SerializationFault::Base64Length { length } => {
                return Some(format!("Base64 encoded length is expected a multiple of 4 bytes but found: {length}"));
            }
            SerializationFault::Structure => "Start of structure or map found where not expected",
            SerializationFault::FieldType => "Unexpected field type",
            SerializationFault::ValueType => "Unexpected value type in payload",
            SerializationFault::ParameterizedCast => PARAMETERIZED_CAST,
            SerializationFault::BooleanSpelling => "Unexpected token received from parser",
            SerializationFault::NotBase64 => "only base-64-encoded strings are convertible to bytes",
            // "dectected" is AWS's spelling.
            SerializationFault::Base64Text => "Invalid last non-pad Base64 character dectected",
        };
        Some(text.to_owned())
    }
}

const PARAMETERIZED_CAST: &str = "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to \
    class java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in module \
    java.base of loader 'bootstrap')";

/// How a class that is not a parameterised type is printed.
pub(super) fn class(name: &str) -> String {
    format!("class {name}")
}

impl From<json::NotJson> for SerializationFault {
    fn from(_: json::NotJson) -> SerializationFault {
        SerializationFault::NotJson
    }
}

impl FoundScalar {
    fn as_str(self) -> &'static str {
        match self {
            FoundScalar::String => "STRING_VALUE",
            FoundScalar::Integer => "NUMBER_VALUE",
            FoundScalar::Decimal => "DECIMAL_VALUE",
            FoundScalar::True => "TRUE_VALUE",
            FoundScalar::False => "FALSE_VALUE",
        }
    }
}

impl ScalarType {
    fn as_str(self) -> &'static str {
        match self {
            ScalarType::String => "String",
            ScalarType::Boolean => "Boolean",
            ScalarType::Integer => "Integer",
            ScalarType::Long => "Long",
            ScalarType::Date => "Date",
        }
    }

    pub(super) fn java_class(self) -> &'static str {
        match self {
            ScalarType::String => "java.lang.String",
            ScalarType::Boolean => "java.lang.Boolean",
            ScalarType::Integer => "java.lang.Integer",
            ScalarType::Long => "java.lang.Long",
            ScalarType::Date => "java.util.Date",
        }
    }
}
