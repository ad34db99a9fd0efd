//! Which of several faults is told: the method and the content type, the JSON, the target, the authorization.
//!
//! Bodies and checksums are those that dynalite's tests recorded on AWS.

use compat_tests::Server;
use compat_tests::raw::{Answer, Request};

const SERIALIZATION: &str = r#"{"__type":"com.amazon.coral.service#SerializationException"}"#;
const UNKNOWN_OPERATION: &str = r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#;
const MISSING_TOKEN: &str = r#"{"__type":"com.amazon.coral.service#MissingAuthenticationTokenException","message":"Request is missing Authentication Token"}"#;

fn post() -> Request {
    Request::bare("POST", "/")
}

fn list_tables() -> Request {
    post().header("X-Amz-Target", "DynamoDB_20120810.ListTables")
}

fn assert_error(answer: &Answer, body: &str, checksum: &str, content_type: &str) {
    assert_eq!((answer.status, answer.text()), (400, body));
    assert_eq!(answer.header("x-amz-crc32"), Some(checksum));
    assert_eq!(answer.header("content-type"), Some(content_type));
}

fn incomplete(message: &str) -> String {
    format!(r#"{{"__type":"com.amazon.coral.service#IncompleteSignatureException","message":"{message}"}}"#)
}

#[test]
fn what_is_no_request_of_the_api_is_not_found() {
    let server = Server::in_memory();
    let strangers = [
        Request::bare("OPTIONS", "/"),
        Request::bare("PUT", "/"),
        Request::bare("DELETE", "/"),
        post().body("hi"),
        post().header("Content-Type", "whatever").body("hi"),
        post().header("Content-Type", "application/x-amz-json-1.1").body("hi"),
        post().header("Content-Type", "application/jsonasdf").body("hi"),
    ];
    for stranger in strangers {
        let answer = stranger.send(server.address());
        assert_eq!((answer.status, answer.text()), (404, "<UnknownOperationException/>\n"), "{stranger:?}");
        assert_eq!(answer.header("x-amz-crc32"), Some("3552371480"));
    }
}

#[test]
fn a_body_that_is_no_json_comes_before_a_wrong_target() {
    let server = Server::in_memory();
    let types = [
        ("application/json", "application/json"),
        ("application/json;", "application/json"),
        ("application/json  ;   asfd", "application/json"),
        ("application/json;blahblah", "application/json"),
        ("application/x-amz-json-1.0", "application/x-amz-json-1.0"),
        ("application/x-amz-json-1.0;blahblah", "application/x-amz-json-1.0"),
    ];
    for (sent, echoed) in types {
        let answer = post().header("Content-Type", sent).body("hi").send(server.address());
        assert_error(&answer, SERIALIZATION, "3948637019", echoed);
    }
}

#[test]
fn a_wrong_target_comes_before_a_missing_signature() {
    let server = Server::in_memory();
    let wrong = [
        post(),
        post().header("X-Amz-Target", "whatever"),
        post().header("X-Amz-Target", "DynamoDB_20120810.ListTable"),
        post().header("X-Amz-Target", "DynamoDBStreams_20120810.ListTables"),
        post().header("Content-Type", "application/json").body("{}"),
    ];
    for request in wrong {
        assert_error(&request.send(server.address()), UNKNOWN_OPERATION, "1368724161", "application/json");
    }
    let answer = post().header("Content-Type", "application/x-amz-json-1.0").body("{}").send(server.address());
    assert_error(&answer, UNKNOWN_OPERATION, "1368724161", "application/x-amz-json-1.0");
}

#[test]
fn a_request_without_a_signature_is_refused() {
    let server = Server::in_memory();
    let unsigned = [
        list_tables(),
        list_tables().header("Authorization", "AWS4"),
        Request { path: "/?X-Amz-Algorith".into(), ..list_tables().header("Authorization", "X") },
        Request {
            path: "/?X-Amz-Credential=a&X-Amz-Signature=b&X-Amz-SignedHeaders=c&X-Amz-Date=d".into(),
            ..list_tables()
        },
    ];
    for request in unsigned {
        assert_error(&request.send(server.address()), MISSING_TOKEN, "2088342776", "application/json");
    }
}

#[test]
fn an_authorization_header_says_which_of_its_parts_are_missing() {
    let server = Server::in_memory();
    let bare = list_tables().header("Authorization", "AWS4-").send(server.address());
    let message = "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
                   Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a \
                   'X-Amz-Date' or a 'Date' header. Authorization=AWS4-";
    assert_error(&bare, &incomplete(message), "1828866742", "application/json");
    let without_headers = [
        ("AWS4- Signature=b Credential=a", "15336762"),
        ("AWS4- Signature=b,Credential=a", "1159703774"),
        ("AWS4- Signature=b, Credential=a", "164353342"),
    ];
    for (header, checksum) in without_headers {
        let answer = list_tables().header("Authorization", header).header("Date", "a").send(server.address());
        let message = format!("Authorization header requires 'SignedHeaders' parameter. Authorization={header}");
        assert_error(&answer, &incomplete(&message), checksum, "application/json");
    }
}

#[test]
fn a_presigned_request_says_which_of_its_parts_are_missing() {
    let server = Server::in_memory();
    let empty = Request { path: "/?X-Amz-Algorithm".into(), ..list_tables() }.send(server.address());
    let message = "AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include \
                   'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must \
                   include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string \
                   parameters.";
    assert_error(&empty, &incomplete(message), "2900502663", "application/json");
    let path = "/?X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Signature=c&X-Amz-Date=d";
    let almost = Request { path: path.into(), ..list_tables() }.send(server.address());
    let message =
        "AWS query-string parameters must include 'X-Amz-SignedHeaders'. Re-examine the query-string parameters.";
    assert_error(&almost, &incomplete(message), "3712057481", "application/json");
    let both = Request { path: "/?X-Amz-Algorithm".into(), ..list_tables().header("Authorization", "X") }
        .send(server.address());
    let body = r#"{"__type":"com.amazon.coral.service#InvalidSignatureException","message":"Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."}"#;
    assert_error(&both, body, "2139606068", "application/json");
}

#[test]
fn both_target_prefixes_are_known() {
    let server = Server::in_memory();
    let tables = Request::call("ListTables", "{}").send(server.address());
    assert_eq!(tables.status, 200);
    let missing = Request::call("ListStreams", "{}").without("Authorization").send(server.address());
    assert_eq!(missing.error(), "MissingAuthenticationTokenException");
}
