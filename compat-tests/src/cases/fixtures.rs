//! Tables that many cases use, by name.

use crate::json::Json;

/// The CreateTable input, without TableName.
pub(super) fn fixture(name: &str) -> Option<Json> {
    let (keys, more) = match name {
        "hash" => ("pk:S", ""),
        "nhash" => ("pk:N", ""),
        "bhash" => ("pk:B", ""),
        "range" => ("pk:S sk:S", ""),
        "num" => ("pk:S sk:N", ""),
        "bin" => ("pk:S sk:B", ""),
        "indexed" => ("pk:S sk:S ls:S ls2:S gpk:S gsk:N g2:S", INDEXED),
        "multi" => ("pk:S sk:S h1:S h2:S r1:S r2:N r3:S", MULTI),
        "stream" => {
            ("pk:S", r#", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"}"#)
        }
        _ => return None,
    };
    let typed: Vec<(&str, &str)> = keys.split(' ').filter_map(|key| key.split_once(':')).collect();
    let definitions = typed.iter().map(|(n, t)| format!(r#"{{"AttributeName": "{n}", "AttributeType": "{t}"}}"#));
    let keys = typed
        .iter()
        .zip(["HASH", "RANGE"])
        .map(|((n, _), kind)| format!(r#"{{"AttributeName": "{n}", "KeyType": "{kind}"}}"#));
    let input = format!(
        r#"{{"AttributeDefinitions": [{}], "KeySchema": [{}], "BillingMode": "PAY_PER_REQUEST"{more}}}"#,
        definitions.collect::<Vec<_>>().join(", "),
        keys.collect::<Vec<_>>().join(", "),
    );
    Json::parse(input.as_bytes()).ok()
}

const INDEXED: &str = r#",
    "LocalSecondaryIndexes": [
        {"IndexName": "lsi", "Projection": {"ProjectionType": "ALL"},
         "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "ls", "KeyType": "RANGE"}]},
        {"IndexName": "lsik", "Projection": {"ProjectionType": "KEYS_ONLY"},
         "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "ls2", "KeyType": "RANGE"}]}
    ],
    "GlobalSecondaryIndexes": [
        {"IndexName": "gsi", "Projection": {"ProjectionType": "ALL"},
         "KeySchema": [{"AttributeName": "gpk", "KeyType": "HASH"}, {"AttributeName": "gsk", "KeyType": "RANGE"}]},
        {"IndexName": "gsik", "Projection": {"ProjectionType": "KEYS_ONLY"},
         "KeySchema": [{"AttributeName": "gpk", "KeyType": "HASH"}]},
        {"IndexName": "gsii", "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["inc"]},
         "KeySchema": [{"AttributeName": "g2", "KeyType": "HASH"}]}
    ]"#;

const MULTI: &str = r#",
    "GlobalSecondaryIndexes": [
        {"IndexName": "multi", "Projection": {"ProjectionType": "ALL"},
         "KeySchema": [
            {"AttributeName": "h1", "KeyType": "HASH"}, {"AttributeName": "h2", "KeyType": "HASH"},
            {"AttributeName": "r1", "KeyType": "RANGE"}, {"AttributeName": "r2", "KeyType": "RANGE"},
            {"AttributeName": "r3", "KeyType": "RANGE"}]}
    ]"#;
