//! The name of a table, given as itself or as the ARN of the table.

use std::fmt;
use std::sync::Arc;

pub const NAME_BYTES_MIN: usize = 3;
pub const NAME_BYTES_MAX: usize = 255;
/// A `TableName` member may hold a table's ARN (service model: 1 to 1,024 characters).
pub const ARN_BYTES_MAX: usize = 1024;

/// A well-formed table name. From an ARN only the name is kept: which account and Region a request speaks for is decided by
/// its credentials.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName(Arc<str>);

impl TableName {
    /// From a name, or from `arn:aws:dynamodb:<region>:<account>:table/<name>`. None when it is neither.
    pub fn parse(text: &str) -> Option<TableName> {
        let name = name_in_arn(text).unwrap_or(text);
        is_name(name).then(|| TableName(Arc::from(name)))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// Whether every character may stand in the name of a table or of an index: `[a-zA-Z0-9_.-]+`.
pub fn has_name_characters(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

/// The name inside a table's ARN, whatever the partition (`aws`, `aws-cn`, ..), Region and account.
pub fn name_in_arn(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("arn:")?;
    let mut parts = rest.splitn(5, ':');
    let (_partition, service, _region, _account) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let name = parts.next()?.strip_prefix("table/")?;
    (service == "dynamodb").then_some(name)
}

fn is_name(text: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&text.len()) && has_name_characters(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_the_arn_of_its_table_are_the_same_table() {
        let name = TableName::parse("Music.v-2_x");
        assert!(name.is_some());
        assert_eq!(name, TableName::parse("arn:aws:dynamodb:us-east-1:123456789012:table/Music.v-2_x"));
        assert_eq!(name, TableName::parse("arn:aws-cn:dynamodb:cn-north-1:000000000000:table/Music.v-2_x"));
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in ["", "bad!name", "a b", "täble", "arn:aws:dynamodb:us-east-1:1:table/", "arn:aws:s3:r:1:table/abc"] {
            assert_eq!(TableName::parse(text), None, "{text}");
        }
        assert_eq!(TableName::parse(&"a".repeat(256)), None);
        assert!(TableName::parse(&"a".repeat(255)).is_some());
        assert_eq!(TableName::parse("arn:aws:dynamodb:us-east-1:1:table/abc/index/def"), None);
    }
}
