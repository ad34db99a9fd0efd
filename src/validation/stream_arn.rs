//! The ARN of a stream: `arn:aws:dynamodb:<region>:<account>:table/<table>/stream/<label>`.

use super::table_name::{TableName, is_same_region};
use super::violation::{StreamViolation, Violation};

/// Which stream of which table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamArn {
    /// As the request gave it.
    pub text: String,
    pub table: TableName,
    pub label: String,
    region: String,
    account: String,
}

impl StreamArn {
    pub fn parse(text: String) -> Result<StreamArn, Violation> {
        split(&text).ok_or_else(|| StreamViolation::InvalidArn.into())
    }

    /// Whether a caller of this account and Region can own it.
    pub fn may_be_of(&self, account: &str, region: &str) -> bool {
        self.account == account && is_same_region(&self.region, region)
    }
}

fn split(text: &str) -> Option<StreamArn> {
    let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
    let (_partition, service, region, account) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let (table, label) = parts.next()?.strip_prefix("table/")?.split_once("/stream/")?;
    let is_label = !label.is_empty() && !label.contains('/');
    let table = Some(table).filter(|_| service == "dynamodb" && is_label).and_then(TableName::parse)?;
    let [text, label, region, account] = [text, label, region, account].map(str::to_string);
    Some(StreamArn { text, table, label, region, account })
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
