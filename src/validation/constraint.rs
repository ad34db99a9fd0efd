//! Constraints of single members (presence, length, pattern, enumeration, range), collected over a request and reported
//! together: `N validation errors detected: a; b`.

use std::fmt;

use super::layer::Layer;
use super::violation::Violation;

/// Lists of constraint errors end here (dynalite's captures of CreateTable and BatchGetItem: ten of nine empty indexes' 27).
const REPORTED_MAX: usize = 10;

/// The pattern of table and index names.
pub const NAME_PATTERN: &str = "[a-zA-Z0-9_.-]+";

/// One broken constraint of one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    subject: Subject,
    constraint: Constraint,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    /// `Value null at 'item'`
    Null { at: String },
    /// `Value '0' at 'limit'`: the older layer
    Echoed { value: String, at: String },
    /// `Value at 'Limit'`: the newer layer
    Unechoed { at: String },
    /// The newer layer's enumerations name no member and begin with a capital.
    Nameless,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Constraint {
    NotNull,
    LengthMin(usize),
    LengthMax(usize),
    Pattern(&'static str),
    /// The names as AWS lists them, in its order.
    OneOf(&'static str),
    ValueMin(i64),
    ValueMax(i64),
    /// Of the names of tables in a batch.
    TableNameKeys,
    /// Of the lists of writes in a batch.
    ListLengths {
        min: usize,
        max: usize,
    },
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constraint::NotNull => f.write_str("Member must not be null"),
            Constraint::LengthMin(min) => write!(f, "Member must have length greater than or equal to {min}"),
            Constraint::LengthMax(max) => write!(f, "Member must have length less than or equal to {max}"),
            Constraint::Pattern(pattern) => write!(f, "Member must satisfy regular expression pattern: {pattern}"),
            Constraint::OneOf(names) => write!(f, "Member must satisfy enum value set: [{names}]"),
            Constraint::ValueMin(min) => write!(f, "Member must have value greater than or equal to {min}"),
            Constraint::ValueMax(max) => write!(f, "Member must have value less than or equal to {max}"),
            Constraint::TableNameKeys => write!(
                f,
                "Map keys must satisfy constraint: [Member must have length less than or equal to 255, Member must have \
                 length greater than or equal to 3, Member must satisfy regular expression pattern: {NAME_PATTERN}]"
            ),
            Constraint::ListLengths { min, max } => write!(
                f,
                "Map value must satisfy constraint: [Member must have length less than or equal to {max}, Member must have \
                 length greater than or equal to {min}]"
            ),
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.subject {
            Subject::Null { at } => write!(f, "Value null at '{at}' failed to satisfy constraint: ")?,
            Subject::Echoed { value, at } => write!(f, "Value '{value}' at '{at}' failed to satisfy constraint: ")?,
            Subject::Unechoed { at } => write!(f, "Value at '{at}' failed to satisfy constraint: ")?,
            Subject::Nameless => f.write_str("Failed to satisfy constraint: ")?,
        }
        self.constraint.fmt(f)
    }
}

impl Broken {
    pub fn null(at: impl Into<String>) -> Broken {
        Broken { subject: Subject::Null { at: at.into() }, constraint: Constraint::NotNull }
    }

    /// In the older style, which the newer layer keeps for table names and most enumerations. `at` in camel case.
    pub fn echoed(value: impl Into<String>, at: impl Into<String>, constraint: Constraint) -> Broken {
        Broken { subject: Subject::Echoed { value: value.into(), at: at.into() }, constraint }
    }

    /// In the newer style. `at` in Pascal case.
    pub fn unechoed(at: impl Into<String>, constraint: Constraint) -> Broken {
        Broken { subject: Subject::Unechoed { at: at.into() }, constraint }
    }

    pub fn nameless(constraint: Constraint) -> Broken {
        Broken { subject: Subject::Nameless, constraint }
    }

    /// A number out of range, in the style of the layer: `Value '0' at 'limit'` or `Value at 'Limit'`.
    pub fn number(value: i64, member: &str, layer: Layer, constraint: Constraint) -> Broken {
        if layer.has_newer_members() {
            Broken::unechoed(member, constraint)
        } else {
            Broken::echoed(value.to_string(), lower_first(member), constraint)
        }
    }
}

/// The constraints broken so far, in the order in which AWS checks them.
#[derive(Debug, Default)]
pub struct Members(Vec<Broken>);

impl Members {
    pub fn new() -> Members {
        Members::default()
    }

    pub fn add(&mut self, broken: Broken) {
        if self.0.len() < REPORTED_MAX {
            self.0.push(broken);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn finish(self) -> Result<(), Violation> {
        if self.0.is_empty() { Ok(()) } else { Err(Violation::Members(self.0)) }
    }

    pub fn require<T>(&mut self, member: &Option<T>, at: &str) {
        if member.is_none() {
            self.add(Broken::null(at));
        }
    }

    /// The member's value among `names` (the texts, in AWS's order, are `listed`). Absent stays absent.
    pub fn one_of<T: Copy>(
        &mut self,
        given: Option<&str>,
        at: &str,
        names: &[(&'static str, T)],
        listed: &'static str,
    ) -> Option<T> {
        let given = given?;
        let found = names.iter().find(|(name, _)| *name == given).map(|(_, value)| *value);
        if found.is_none() {
            self.add(Broken::echoed(given, at, Constraint::OneOf(listed)));
        }
        found
    }

    /// A number within bounds, in the older style.
    pub fn range(&mut self, given: Option<i64>, at: &str, min: i64, max: Option<i64>) {
        match (given, max) {
            (Some(value), _) if value < min => {
                self.add(Broken::echoed(value.to_string(), at, Constraint::ValueMin(min)));
            }
            (Some(value), Some(max)) if value > max => {
                self.add(Broken::echoed(value.to_string(), at, Constraint::ValueMax(max)));
            }
            _ => {}
        }
    }
}

/// A member that must be there.
pub(super) fn required<T>(member: Option<T>, at: &str) -> Result<T, Violation> {
    member.ok_or_else(|| Violation::Members(vec![Broken::null(at)]))
}

/// `TableName` as `tableName`.
pub(super) fn lower_first(member: &str) -> String {
    let mut chars = member.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_are_joined_and_counted() {
        let mut members = Members::new();
        members.require(&None::<()>, "item");
        members.range(Some(0), "limit", 1, None);
        members.add(Broken::number(0, "Limit", Layer::NewerBare, Constraint::ValueMin(1)));
        let text = members.finish().expect_err("three are broken").to_string();
        assert_eq!(
            text,
            "3 validation errors detected: Value null at 'item' failed to satisfy constraint: Member must not be null; \
             Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1; \
             Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
        );
    }

    #[test]
    fn at_most_ten_are_reported() {
        let mut members = Members::new();
        (0..30).for_each(|_| members.require(&None::<()>, "item"));
        let text = members.finish().expect_err("all are broken").to_string();
        assert!(text.starts_with("10 validation errors detected: "), "{text}");
        assert_eq!(text.matches("; ").count(), 9);
    }

    #[test]
    fn nothing_broken_is_fine() {
        assert!(Members::new().finish().is_ok());
    }
}
