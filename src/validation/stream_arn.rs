//! The ARN of a stream: `arn:aws:dynamodb:<region>:<account>:table/<table>/stream/<label>`.

use super::table_name::TableName;
use super::violation::{StreamViolation, Violation};

/// Which stream of which table. Region and account are not kept: the credentials decide for whom a request speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamArn {
    /// As the request gave it.
    pub text: String,
    pub table: TableName,
    pub label: String,
}

impl StreamArn {
    pub fn parse(text: String) -> Result<StreamArn, Violation> {
        match split(&text).and_then(|(table, label)| Some((TableName::parse(table)?, label.to_string()))) {
            Some((table, label)) => Ok(StreamArn { text, table, label }),
            None => Err(StreamViolation::InvalidArn.into()),
        }
    }
}

fn split(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
    let (_partition, service, _region, _account) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let (table, label) = parts.next()?.strip_prefix("table/")?.split_once("/stream/")?;
    (service == "dynamodb" && !label.is_empty() && !label.contains('/')).then_some((table, label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_and_label_are_found() {
        let arn = StreamArn::parse(
            "arn:aws:dynamodb:us-east-1:000000000000:table/Music/stream/2026-11-21T14:36:21.123".into(),
        );
        let arn = arn.expect("well-formed");
        assert_eq!((arn.table.as_str(), arn.label.as_str()), ("Music", "2026-11-21T14:36:21.123"));
    }

    #[test]
    fn other_arns_are_refused() {
        for text in [
            "fake-stream",
            "arn:aws:dynamodb:us-east-1:000000000000:table/Music",
            "arn:aws:dynamodb:us-east-1:000000000000:table/Music/stream/",
            "arn:aws:kinesis:us-east-1:000000000000:table/Music/stream/2026",
            "arn:aws:dynamodb:us-east-1:000000000000:table/arn:aws/stream/2026",
        ] {
            assert!(StreamArn::parse(text.into()).is_err(), "{text}");
        }
    }
}
