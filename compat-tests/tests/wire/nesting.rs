//! Depth without end is refused; it never takes the server down.

use compat_tests::Server;
use compat_tests::json::Json;
use compat_tests::raw::{Connection, Request};

const DEPTHS: [usize; 6] = [33, 100, 1_000, 4_000, 100_000, 1_000_000];

const CREATE: &str = r#"{"TableName": "items", "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}"#;

fn with_table() -> (Server, Connection) {
    let server = Server::in_memory();
    let mut connection = Connection::open(server.address());
    assert_eq!(connection.ask(&Request::call("CreateTable", CREATE)).status, 200);
    (server, connection)
}

/// Sends it, sees it refused, and sees that the server is still there.
fn assert_refused(connection: &mut Connection, operation: &str, body: String, what: &str) {
    let answer = connection.ask(&Request::call(operation, body));
    assert_eq!(answer.status, 400, "{what}: {}", String::from_utf8_lossy(&answer.body[..answer.body.len().min(300)]));
    assert_eq!(connection.ask(&Request::call("ListTables", "{}")).status, 200, "after {what}");
}

#[test]
fn nested_values_are_refused_beyond_thirty_two_levels() {
    let (_server, mut connection) = with_table();
    let item = |open: &str, close: &str, depth: usize| {
        let value = format!("{}{{\"S\": \"x\"}}{}", open.repeat(depth), close.repeat(depth));
        format!(r#"{{"TableName": "items", "Item": {{"pk": {{"S": "a"}}, "v": {value}}}}}"#)
    };
    for (open, close) in [(r#"{"L": ["#, "]}"), (r#"{"M": {"m": "#, "}}")] {
        for depth in DEPTHS {
            assert_refused(&mut connection, "PutItem", item(open, close, depth), &format!("{open} {depth} deep"));
        }
        assert_eq!(connection.ask(&Request::call("PutItem", item(open, close, 31))).status, 200);
    }
}

#[test]
fn json_nested_where_nobody_looks_is_refused_or_skipped() {
    let (_server, mut connection) = with_table();
    for depth in DEPTHS {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let bodies = [
                format!("{}1{}", open.repeat(depth), close.repeat(depth)),
                open.repeat(depth),
                format!(r#"{{"Unknown": {}1{}}}"#, open.repeat(depth), close.repeat(depth)),
                format!(r#"{{"TableName": {}1{}}}"#, open.repeat(depth), close.repeat(depth)),
            ];
            for body in bodies {
                let answer = connection.ask(&Request::call("DescribeTable", body));
                assert_eq!(answer.status, 400);
            }
            let unknown = format!(r#"{{"Unknown": {}1{}}}"#, open.repeat(depth), close.repeat(depth));
            let answer = connection.ask(&Request::call("ListTables", unknown));
            assert!(answer.status == 200 || answer.error() == "SerializationException", "{depth}: {}", answer.text());
        }
    }
}

/// Expressions may have 4,096 characters; longer ones have to be refused too.
#[test]
fn parentheses_and_negations_of_any_depth_are_survived() {
    let (_server, mut connection) = with_table();
    for depth in [10, 100, 200, 1_000, 2_000, 4_000, 100_000] {
        let expressions = [
            format!("{}pk = :v{}", "(".repeat(depth), ")".repeat(depth)),
            "(".repeat(depth),
            format!("{}pk = :v", "NOT ".repeat(depth)),
            format!("{}(pk = :v){}", "NOT (".repeat(depth), ")".repeat(depth)),
            format!("{}pk{}= :v", "size(".repeat(depth), ")".repeat(depth)),
            vec!["pk = :v"; depth].join(" AND "),
            vec!["pk = :v"; depth].join(" OR "),
            format!("a{} = :v", ".a".repeat(depth)),
            format!("a{} = :v", "[0]".repeat(depth)),
        ];
        for expression in expressions {
            let what = format!("{} ... of {depth}", expression.chars().take(20).collect::<String>());
            for (operation, member) in [("Scan", "FilterExpression"), ("Query", "KeyConditionExpression")] {
                let body = format!(
                    r#"{{"TableName": "items", "{member}": "{expression}", "ExpressionAttributeValues": {{":v": {{"S": "x"}}}}}}"#
                );
                let answer = connection.ask(&Request::call(operation, body));
                assert!(answer.status == 200 || answer.error() == "ValidationException", "{what}: {}", answer.text());
            }
        }
        let updates = [
            format!("SET a = {}:v{}", "(".repeat(depth), ")".repeat(depth)),
            format!("SET a = {}:v{}", "if_not_exists(a, ".repeat(depth), ")".repeat(depth)),
            format!("SET a = {}:v, :v{}", "list_append(".repeat(depth), ")".repeat(depth)),
            format!("SET a = :v{}", " + :v".repeat(depth)),
            format!("REMOVE a{}", ".a".repeat(depth)),
        ];
        for update in updates {
            let body = format!(
                r#"{{"TableName": "items", "Key": {{"pk": {{"S": "a"}}}}, "UpdateExpression": "{update}", "ExpressionAttributeValues": {{":v": {{"S": "x"}}}}}}"#
            );
            let answer = connection.ask(&Request::call("UpdateItem", body));
            assert!(
                answer.status == 200 || answer.error() == "ValidationException",
                "{update:.20} ... of {depth}: {}",
                answer.text()
            );
        }
    }
}

#[test]
fn a_refusal_does_not_echo_more_than_was_sent() {
    let (_server, mut connection) = with_table();
    let name = "x".repeat(1 << 20);
    let bodies = [
        format!(r#"{{"TableName": "{name}"}}"#),
        format!(r#"{{"TableName": "items", "Key": {{"pk": {{"N": "{name}"}}}}}}"#),
        format!(r#"{{"TableName": "items", "ReturnConsumedCapacity": "{name}", "Key": {{"pk": {{"S": "a"}}}}}}"#),
    ];
    for body in bodies {
        let sent = body.len();
        let answer = connection.ask(&Request::call("GetItem", body));
        assert_eq!(answer.status, 400);
        assert!(answer.body.len() < sent + 4096, "{} bytes", answer.body.len());
        assert!(matches!(answer.json(), Json::Object(_)));
    }
}
