//! What can be wrong with a value as a client gave it.

use super::TypeName;

/// Why a text is not a DynamoDB number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFault {
    /// Not of the form `[+-] digits [. digits] [e [+-] digits]`, or an exponent past 64 bits.
    NotNumeric,
    /// A magnitude of 1E+126 or more.
    Overflow,
    /// A magnitude below 1E-130.
    Underflow,
    /// More than 38 significant digits.
    TooManyDigits,
}

/// What AWS refuses about a value, found once while it is decoded. `validation` renders it, because the text depends on
/// the operation and the Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueFault {
    Number {
        raw: String,
        fault: NumberFault,
    },
    EmptySet(TypeName),
    /// `members` as sent, in order: texts, or base64 for a binary set.
    DuplicateMembers {
        set: TypeName,
        members: Vec<String>,
    },
    NullFalse,
    /// `{}`: no type member at all.
    NoType,
    /// `{"S": .., "N": ..}`.
    SeveralTypes,
    EmptyAttributeName,
    /// Nested deeper than 32 levels, a scalar attribute being level 1.
    Nesting {
        levels: u32,
    },
}

/// A decoded value together with what AWS would refuse about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Given<T> {
    pub value: T,
    /// The first fault in document order.
    pub fault: Option<ValueFault>,
    /// The deepest level reached; a scalar attribute is 1.
    pub depth: u32,
    /// The value holds a BOOL or NULL spelled as a string, or a value with two types. AWS reads a request with such a
    /// value through its older validation layer (behaviours.md 8).
    pub older_layer: bool,
}

impl<T> Given<T> {
    /// A value without faults.
    pub fn sound(value: T, depth: u32) -> Self {
        Given { value, fault: None, depth, older_layer: false }
    }
}
