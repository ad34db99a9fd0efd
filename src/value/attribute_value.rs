//! The ten types of DynamoDB as a tree.

use super::{Map, Number};

/// An attribute value. The members of a set are unique and sorted: strings and binaries by bytes, numbers by value
/// (aws-verified.md: "Sets come back ordered, not as sent").
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeValue {
    S(String),
    N(Number),
    B(Vec<u8>),
    Bool(bool),
    Null,
    M(Map),
    L(Vec<AttributeValue>),
    Ss(Vec<String>),
    Ns(Vec<Number>),
    Bs(Vec<Vec<u8>>),
}

impl AttributeValue {
    pub fn type_name(&self) -> TypeName {
        match self {
            AttributeValue::S(_) => TypeName::S,
            AttributeValue::N(_) => TypeName::N,
            AttributeValue::B(_) => TypeName::B,
            AttributeValue::Bool(_) => TypeName::Bool,
            AttributeValue::Null => TypeName::Null,
            AttributeValue::M(_) => TypeName::M,
            AttributeValue::L(_) => TypeName::L,
            AttributeValue::Ss(_) => TypeName::Ss,
            AttributeValue::Ns(_) => TypeName::Ns,
            AttributeValue::Bs(_) => TypeName::Bs,
        }
    }

    /// Levels of nesting, a scalar or a set being 1 and an empty list or map 1 as well.
    pub fn depth(&self) -> u32 {
        match self {
            AttributeValue::M(map) => 1 + map.iter().map(|(_, value)| value.depth()).max().unwrap_or(0),
            AttributeValue::L(list) => 1 + list.iter().map(AttributeValue::depth).max().unwrap_or(0),
            _ => 1,
        }
    }
}

/// The name of a type as requests and messages spell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TypeName {
    S,
    N,
    B,
    Bool,
    Null,
    M,
    L,
    Ss,
    Ns,
    Bs,
}

impl TypeName {
    pub const ALL: [TypeName; 10] = [
        TypeName::S,
        TypeName::N,
        TypeName::B,
        TypeName::Bool,
        TypeName::Null,
        TypeName::M,
        TypeName::L,
        TypeName::Ss,
        TypeName::Ns,
        TypeName::Bs,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            TypeName::S => "S",
            TypeName::N => "N",
            TypeName::B => "B",
            TypeName::Bool => "BOOL",
            TypeName::Null => "NULL",
            TypeName::M => "M",
            TypeName::L => "L",
            TypeName::Ss => "SS",
            TypeName::Ns => "NS",
            TypeName::Bs => "BS",
        }
    }

    pub fn parse(text: &str) -> Option<TypeName> {
        TypeName::ALL.into_iter().find(|name| name.as_str() == text)
    }
}

impl std::fmt::Display for TypeName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
