//! `X-Amz-Target`: which operation a request asks for.

use hyper::header::{HeaderMap, HeaderName};

use crate::protocol::operation::Operation;

const X_AMZ_TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// The operation, if the header names one that exists, under the prefix of its own service.
pub(super) fn operation(headers: &HeaderMap) -> Option<Operation> {
    parse(headers.get(X_AMZ_TARGET)?.to_str().ok()?)
}

fn parse(target: &str) -> Option<Operation> {
    let (prefix, name) = target.split_once('.')?;
    let operation = Operation::parse(name)?;
    (operation.service().target_prefix() == prefix).then_some(operation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::operation::Service;

    #[test]
    fn every_operation_is_found_under_its_own_services_prefix_only() {
        for &operation in Operation::ALL {
            for service in Service::ALL {
                let target = format!("{}.{operation}", service.target_prefix());
                assert_eq!(parse(&target), (service == operation.service()).then_some(operation), "{target}");
            }
        }
    }

    #[test]
    fn anything_else_names_no_operation() {
        for target in [
            "",
            "whatever",
            "GetItem",
            "DynamoDB_20120810.ListTable",
            "DynamoDB_20120810.",
            "DynamoDB_20111205.GetItem",
        ] {
            assert_eq!(parse(target), None, "{target}");
        }
    }
}
