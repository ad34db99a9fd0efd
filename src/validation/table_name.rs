//! The name of a table, given as itself or as the ARN of the table.

use std::fmt;
use std::sync::Arc;

use super::constraint::{Broken, Constraint, Members, NAME_PATTERN};
use super::layer::Layer;
use super::violation::{DefinitionViolation, Violation};

pub const NAME_BYTES_MIN: usize = 3;
pub const NAME_BYTES_MAX: usize = 255;

/// A well-formed table name, with the Region of the ARN if it was given as one. The account of an ARN is not kept: ours is
/// nobody's, so whatever a program was configured with means the caller's own tables, as in DynamoDB Local.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TableName {
    name: Arc<str>,
    region: Option<Box<str>>,
}

/// The Region in the ARNs of DynamoDB Local, whatever Region its caller is in (dynamodb-local-contract.md section 4.3).
const LOCAL_REGION: &str = "ddblocal";

impl TableName {
    /// From a name, or from `arn:aws:dynamodb:<region>:<account>:table/<name>`. None when it is neither.
    pub fn parse(text: &str) -> Option<TableName> {
        let (region, name) = region_and_name(text).map_or((None, text), |(region, name)| (Some(region), name));
        is_name(name).then(|| TableName { name: Arc::from(name), region: region.map(Box::from) })
    }

    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// Whether a caller in `region` can mean one of its own tables. By an ARN of another Region it cannot: the table of
    /// that name here is not the one that was asked for.
    pub fn may_be_in(&self, region: &str) -> bool {
        self.region.as_deref().is_none_or(|own| is_same_region(own, region))
    }
}

impl TryFrom<String> for TableName {
    type Error = String;

    fn try_from(text: String) -> Result<TableName, String> {
        TableName::parse(&text).ok_or_else(|| format!("not a table name: {text:?}"))
    }
}

impl From<TableName> for String {
    fn from(name: TableName) -> String {
        name.as_str().to_string()
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// `TableName` of an operation on items: what is wrong with it goes to `members`, in the older style even on the newer layer,
/// except for its length (us-east-1, 2026-10; names of one and two characters: an emulator's captures).
pub(super) fn check(members: &mut Members, given: Option<&str>, layer: Layer) {
    match given {
        None => members.add(Broken::null("tableName")),
        Some(name) if is_arn(name) => {}
        Some(name) if name.is_empty() => members.add(match layer.has_newer_members() {
            true => Broken::unechoed("TableName", Constraint::LengthMin(1)),
            false => Broken::echoed(name, "tableName", Constraint::LengthMin(1)),
        }),
        Some(name) => check_characters(members, name, "tableName"),
    }
}

/// Refuses an empty name alone, before any other member is looked at, as the newer layer does.
pub(super) fn check_not_empty(given: Option<&str>, layer: Layer) -> Result<(), Violation> {
    let mut members = Members::new();
    if layer.has_newer_members() && given == Some("") {
        check(&mut members, given, layer);
    }
    members.finish()
}

/// A name that [`check`] found nothing wrong with.
pub(super) fn checked(given: Option<String>) -> Result<TableName, Violation> {
    let given = given.unwrap_or_default();
    TableName::parse(&given).ok_or_else(|| DefinitionViolation::InvalidArn { arn: given }.into())
}

/// The name of an index, or of a table where no ARN will do: characters, then 3 to 255 of them.
pub(super) fn check_resource_name(members: &mut Members, name: &str, at: &str) {
    if !has_name_characters(name) {
        members.add(Broken::echoed(name, at, Constraint::Pattern(NAME_PATTERN)));
    }
    if name.len() < NAME_BYTES_MIN {
        members.add(Broken::echoed(name, at, Constraint::LengthMin(NAME_BYTES_MIN)));
    }
    if name.len() > NAME_BYTES_MAX {
        members.add(Broken::echoed(name, at, Constraint::LengthMax(NAME_BYTES_MAX)));
    }
}

/// A table's name among the members of an operation on items.
pub(super) fn check_characters(members: &mut Members, name: &str, at: &str) {
    if !has_name_characters(name) {
        members.add(Broken::echoed(name, at, Constraint::Pattern(NAME_PATTERN)));
    }
    if name.len() > NAME_BYTES_MAX {
        members.add(Broken::echoed(name, at, Constraint::LengthMax(NAME_BYTES_MAX)));
    }
}

/// Whether every character may stand in the name of a table or of an index.
pub(super) fn has_name_characters(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

/// Whether a `TableName` is meant as an ARN. The colon can't be part of a name.
pub(super) fn is_arn(text: &str) -> bool {
    text.starts_with("arn:")
}

/// Whether the Region of an ARN is the one of a caller.
pub(super) fn is_same_region(of_arn: &str, of_caller: &str) -> bool {
    of_arn == of_caller || of_arn == LOCAL_REGION
}

/// What stands in a table's ARN, whatever the partition (`aws`, `aws-cn`, ..) and account.
fn region_and_name(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
    let (_partition, service, region, _account) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let name = parts.next()?.strip_prefix("table/")?;
    (service == "dynamodb").then_some((region, name))
}

fn is_name(text: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&text.len()) && has_name_characters(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_the_arn_of_its_table_are_the_same_table() {
        let arn = |region: &str| format!("arn:aws-cn:dynamodb:{region}:123456789012:table/Music.v-2_x");
        for (text, is_here) in [
            ("Music.v-2_x".to_string(), true),
            (arn("cn-north-1"), true),
            (arn("ddblocal"), true),
            (arn("eu-west-1"), false),
        ] {
            let name = TableName::parse(&text).expect("a name");
            assert_eq!((name.as_str(), name.may_be_in("cn-north-1")), ("Music.v-2_x", is_here), "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in ["", "bad!name", "a b", "täble", "arn:aws:dynamodb:us-east-1:1:table/", "arn:aws:s3:r:1:table/abc"]
        {
            assert_eq!(TableName::parse(text), None, "{text}");
        }
        assert_eq!(TableName::parse(&"a".repeat(256)), None);
        assert!(TableName::parse(&"a".repeat(255)).is_some());
        assert_eq!(TableName::parse("arn:aws:dynamodb:us-east-1:1:table/abc/index/def"), None);
    }
}
