//! Input that makes no sense gets an error of the API, whatever the operation: never a 500, never a broken connection.

use compat_tests::Server;
use compat_tests::json::Json;
use compat_tests::raw::{Answer, Connection, Request};

/// What a member is in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    String,
    Integer,
    Boolean,
    List,
    /// An object with fixed members.
    Structure,
    /// An object with any members.
    Map,
}

use Kind::{Boolean, Integer, List, Map, String as Text, Structure};

const READ: [(&str, Kind); 8] = [
    ("ConditionalOperator", Text),
    ("ReturnConsumedCapacity", Text),
    ("ProjectionExpression", Text),
    ("FilterExpression", Text),
    ("ExpressionAttributeNames", Map),
    ("ExpressionAttributeValues", Map),
    ("AttributesToGet", List),
    ("ExclusiveStartKey", Map),
];

const WRITE: [(&str, Kind); 9] = [
    ("Expected", Map),
    ("ConditionalOperator", Text),
    ("ConditionExpression", Text),
    ("ExpressionAttributeNames", Map),
    ("ExpressionAttributeValues", Map),
    ("ReturnValues", Text),
    ("ReturnConsumedCapacity", Text),
    ("ReturnItemCollectionMetrics", Text),
    ("ReturnValuesOnConditionCheckFailure", Text),
];

const OPERATIONS: [(&str, &[(&str, Kind)], &[(&str, Kind)]); 13] = [
    (
        "CreateTable",
        &[],
        &[
            ("TableName", Text),
            ("AttributeDefinitions", List),
            ("KeySchema", List),
            ("LocalSecondaryIndexes", List),
            ("GlobalSecondaryIndexes", List),
            ("BillingMode", Text),
            ("ProvisionedThroughput", Structure),
            ("StreamSpecification", Structure),
            ("SSESpecification", Structure),
            ("Tags", List),
            ("TableClass", Text),
            ("DeletionProtectionEnabled", Boolean),
            ("WarmThroughput", Structure),
            ("OnDemandThroughput", Structure),
        ],
    ),
    ("DescribeTable", &[], &[("TableName", Text)]),
    ("ListTables", &[], &[("ExclusiveStartTableName", Text), ("Limit", Integer)]),
    (
        "UpdateTable",
        &[],
        &[
            ("TableName", Text),
            ("AttributeDefinitions", List),
            ("BillingMode", Text),
            ("ProvisionedThroughput", Structure),
            ("GlobalSecondaryIndexUpdates", List),
            ("StreamSpecification", Structure),
            ("SSESpecification", Structure),
            ("TableClass", Text),
            ("DeletionProtectionEnabled", Boolean),
            ("OnDemandThroughput", Structure),
            ("WarmThroughput", Structure),
        ],
    ),
    ("DeleteTable", &[], &[("TableName", Text)]),
    ("PutItem", &WRITE, &[("TableName", Text), ("Item", Map)]),
    ("DeleteItem", &WRITE, &[("TableName", Text), ("Key", Map)]),
    ("UpdateItem", &WRITE, &[("TableName", Text), ("Key", Map), ("AttributeUpdates", Map), ("UpdateExpression", Text)]),
    (
        "GetItem",
        &[],
        &[
            ("TableName", Text),
            ("Key", Map),
            ("AttributesToGet", List),
            ("ConsistentRead", Boolean),
            ("ReturnConsumedCapacity", Text),
            ("ProjectionExpression", Text),
            ("ExpressionAttributeNames", Map),
        ],
    ),
    ("BatchGetItem", &[], &[("RequestItems", Map), ("ReturnConsumedCapacity", Text)]),
    (
        "BatchWriteItem",
        &[],
        &[("RequestItems", Map), ("ReturnConsumedCapacity", Text), ("ReturnItemCollectionMetrics", Text)],
    ),
    (
        "Query",
        &READ,
        &[
            ("TableName", Text),
            ("IndexName", Text),
            ("Select", Text),
            ("Limit", Integer),
            ("ConsistentRead", Boolean),
            ("KeyConditions", Map),
            ("QueryFilter", Map),
            ("ScanIndexForward", Boolean),
            ("KeyConditionExpression", Text),
        ],
    ),
    (
        "Scan",
        &READ,
        &[
            ("TableName", Text),
            ("IndexName", Text),
            ("Select", Text),
            ("Limit", Integer),
            ("ConsistentRead", Boolean),
            ("ScanFilter", Map),
            ("Segment", Integer),
            ("TotalSegments", Integer),
        ],
    ),
];

fn members() -> impl Iterator<Item = (&'static str, &'static str, Kind)> {
    OPERATIONS.iter().flat_map(|(operation, shared, own)| {
        shared.iter().chain(own.iter()).map(|&(member, kind)| (*operation, member, kind))
    })
}

/// Keeps one connection: a broken one would be noticed.
struct Asker(Connection);

impl Asker {
    fn new(server: &Server) -> Self {
        let mut asker = Self(Connection::open(server.address()));
        let created = asker.ask(
            "CreateTable",
            r#"{"TableName": "items", "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]}"#,
        );
        assert_eq!(created.status, 200);
        asker
    }

    fn ask(&mut self, operation: &str, body: &str) -> Answer {
        self.0.ask(&Request::call(operation, body))
    }

    /// The error's name; it has to be one.
    fn refused(&mut self, operation: &str, body: &str) -> String {
        let answer = self.ask(operation, body);
        let shown: String = body.chars().take(200).collect();
        assert_eq!(answer.status, 400, "{operation} {shown}: {}", answer.text());
        let json = answer.json();
        assert!(
            json.get("__type").and_then(Json::as_str).is_some_and(|name| name.contains('#')),
            "{operation} {shown}: {json}"
        );
        answer.error()
    }
}

#[test]
fn a_member_of_a_wrong_json_type_is_a_serialization_exception() {
    let server = Server::in_memory();
    let mut asker = Asker::new(&server);
    let samples = [("\"text\"", Text), ("1", Integer), ("true", Boolean), ("[]", List), ("{}", Map)];
    for (operation, member, kind) in members() {
        for (sample, of_kind) in samples {
            let fits = of_kind == kind || (of_kind == Map && kind == Structure);
            let body = format!(r#"{{"{member}": {sample}}}"#);
            if fits {
                continue;
            }
            assert_eq!(asker.refused(operation, &body), "SerializationException", "{operation} {body}");
        }
    }
}

#[test]
fn a_member_that_is_null_or_unknown_counts_as_absent() {
    let server = Server::in_memory();
    let mut asker = Asker::new(&server);
    for (operation, member, _) in members() {
        let without = asker.ask(operation, "{}");
        let null = asker.ask(operation, &format!(r#"{{"{member}": null}}"#));
        assert_eq!((null.status, null.text()), (without.status, without.text()), "{operation} {member}");
        let unknown = asker.ask(operation, &format!(r#"{{"{member}x": [{{"a": [1, "b", null, {{}}]}}]}}"#));
        assert_eq!((unknown.status, unknown.text()), (without.status, without.text()), "{operation} {member}x");
    }
}

#[test]
fn a_request_without_its_required_members_is_invalid() {
    let server = Server::in_memory();
    let mut asker = Asker::new(&server);
    for (operation, _, _) in OPERATIONS.iter().filter(|(operation, _, _)| *operation != "ListTables") {
        assert_eq!(asker.refused(operation, "{}"), "ValidationException", "{operation}");
    }
}

#[test]
fn a_member_without_meaning_is_invalid() {
    let server = Server::in_memory();
    let mut asker = Asker::new(&server);
    let nonsense = [
        (Text, vec![r#""""#, r#""\u0000""#, r#""BOGUS""#, r#""🦀""#, r#""(((((((""#, r#""a\nb""#]),
        (Integer, vec!["-1", "0", "99999999999999999999", "-99999999999999999999", "1e400", "0.5"]),
        (Boolean, vec!["\"maybe\""]),
        (List, vec!["[null]", "[{}]", "[{\"a\": 1}]", "[[]]", "[\"\"]"]),
        (Structure, vec![r#"{"a": 1}"#]),
        (
            Map,
            vec![
                r#"{"": {}}"#,
                r#"{"a": null}"#,
                r#"{"a": {}}"#,
                r#"{"a": {"S": 1}}"#,
                r#"{"a": {"X": "y"}}"#,
                r#"{"a": {"N": "x"}}"#,
                r#"{"a": {"S": "x", "N": "1"}}"#,
                r#"{"a": "b"}"#,
            ],
        ),
    ];
    for (operation, member, kind) in members() {
        let (_, values) = nonsense.iter().find(|(of_kind, _)| *of_kind == kind).unwrap();
        for value in values {
            for others in [
                "",
                r#", "TableName": "items""#,
                r#", "TableName": "items", "Key": {"pk": {"S": "a"}, "sk": {"N": "1"}}, "Item": {"pk": {"S": "a"}, "sk": {"N": "1"}}"#,
            ] {
                let answer = asker.ask(operation, &format!(r#"{{"{member}": {value}{others}}}"#));
                assert!(
                    matches!(answer.status, 200 | 400),
                    "{operation} {member} {value}{others}: {} {}",
                    answer.status,
                    answer.text()
                );
            }
        }
    }
}

#[test]
fn an_oversized_member_is_refused() {
    let server = Server::in_memory();
    let mut asker = Asker::new(&server);
    let long = "x".repeat(500_000);
    for (operation, member, _) in members().filter(|(_, _, kind)| *kind == Text) {
        asker.refused(operation, &format!(r#"{{"TableName": "nowhere", "{member}": "{long}"}}"#));
    }
    let item = format!(
        r#"{{"TableName": "items", "Item": {{"pk": {{"S": "a"}}, "sk": {{"N": "1"}}, "v": {{"S": "{long}"}}}}}}"#
    );
    assert_eq!(asker.refused("PutItem", &item), "ValidationException");
    let key = format!(r#"{{"TableName": "items", "Key": {{"pk": {{"S": "{long}"}}, "sk": {{"N": "1"}}}}}}"#);
    for operation in ["GetItem", "DeleteItem", "UpdateItem"] {
        assert_eq!(asker.refused(operation, &key), "ValidationException");
    }
}

#[test]
fn a_key_of_a_wrong_type_is_invalid_everywhere() {
    let server = Server::in_memory();
    let mut asker = Asker::new(&server);
    let wrong = [
        r#"{"pk": {"N": "1"}, "sk": {"N": "1"}}"#,
        r#"{"pk": {"S": "a"}}"#,
        r#"{"pk": {"S": "a"}, "sk": {"S": "1"}}"#,
        r#"{"pk": {"M": {}}, "sk": {"L": []}}"#,
        r#"{"pk": {"S": ""}, "sk": {"N": "1"}}"#,
        r#"{"pk": {"NULL": true}, "sk": {"BOOL": false}}"#,
    ];
    for key in wrong {
        let bodies = [
            ("GetItem", format!(r#"{{"TableName": "items", "Key": {key}}}"#)),
            ("DeleteItem", format!(r#"{{"TableName": "items", "Key": {key}}}"#)),
            ("UpdateItem", format!(r#"{{"TableName": "items", "Key": {key}}}"#)),
            ("PutItem", format!(r#"{{"TableName": "items", "Item": {key}}}"#)),
            ("BatchGetItem", format!(r#"{{"RequestItems": {{"items": {{"Keys": [{key}]}}}}}}"#)),
            ("BatchWriteItem", format!(r#"{{"RequestItems": {{"items": [{{"PutRequest": {{"Item": {key}}}}}]}}}}"#)),
            ("BatchWriteItem", format!(r#"{{"RequestItems": {{"items": [{{"DeleteRequest": {{"Key": {key}}}}}]}}}}"#)),
            ("Scan", format!(r#"{{"TableName": "items", "ExclusiveStartKey": {key}}}"#)),
        ];
        for (operation, body) in bodies {
            assert_eq!(asker.refused(operation, &body), "ValidationException", "{operation} {body}");
        }
    }
}

#[test]
fn a_body_cut_short_anywhere_is_a_serialization_exception() {
    let server = Server::in_memory();
    let mut asker = Asker::new(&server);
    let body = r#"{"TableName": "items", "Item": {"pk": {"S": "a\u00e9"}, "sk": {"N": "1"}, "l": {"L": [{"BOOL": true}, {"NS": ["1"]}]}}}"#;
    for end in 1..body.len() {
        assert_eq!(asker.refused("PutItem", &body[..end]), "SerializationException", "{}", &body[..end]);
    }
    assert_eq!(asker.ask("PutItem", body).status, 200);
}

#[test]
fn bytes_that_are_no_utf8_are_refused() {
    let server = Server::in_memory();
    let mut asker = Asker::new(&server);
    for bytes in [&b"\xff"[..], b"\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xc0\xaf"] {
        let mut body = br#"{"TableName": "items", "Item": {"sk": {"N": "1"}, "pk": {"S": ""#.to_vec();
        body.extend_from_slice(bytes);
        body.extend_from_slice(br#""}}}"#);
        let answer = asker.0.ask(&Request::call("PutItem", body));
        assert_ne!(answer.status / 100, 5, "{bytes:?}");
        let scanned = asker.ask("Scan", r#"{"TableName": "items"}"#);
        assert!(std::str::from_utf8(&scanned.body).is_ok());
    }
}
