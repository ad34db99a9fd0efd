//! The key attributes of a table or of an index, with their types.

use serde::{Deserialize, Serialize};

use crate::value::{AttributeValue, TypeName};

/// The types that a key attribute can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ScalarType {
    S,
    N,
    B,
}

impl ScalarType {
    pub fn parse(text: &str) -> Option<ScalarType> {
        match text {
            "S" => Some(ScalarType::S),
            "N" => Some(ScalarType::N),
            "B" => Some(ScalarType::B),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            ScalarType::S => "S",
            ScalarType::N => "N",
            ScalarType::B => "B",
        }
    }

    pub fn holds(self, value: &AttributeValue) -> bool {
        matches!(
            (self, value.type_name()),
            (ScalarType::S, TypeName::S) | (ScalarType::N, TypeName::N) | (ScalarType::B, TypeName::B)
        )
    }
}

impl std::fmt::Display for ScalarType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyAttribute {
    pub name: String,
    pub kind: ScalarType,
}

/// A table and an LSI have one partition attribute and at most one sort attribute; a GSI has up to four of each.
/// The partition attributes together name the partition, the sort attributes order the entries inside it, one after another.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KeySchema {
    pub partition: Vec<KeyAttribute>,
    pub sort: Vec<KeyAttribute>,
}

impl KeySchema {
    pub const ATTRIBUTES_OF_A_ROLE_MAX: usize = 4;

    /// Partition attributes first, both in the order of the schema.
    pub fn attributes(&self) -> impl Iterator<Item = &KeyAttribute> {
        self.partition.iter().chain(&self.sort)
    }

    pub fn attribute_count(&self) -> usize {
        self.partition.len() + self.sort.len()
    }

    pub fn get(&self, name: &str) -> Option<&KeyAttribute> {
        self.attributes().find(|attribute| attribute.name == name)
    }

    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}
