//! Requests, answers and checksums as dynalite's tests record them from us-east-1.

use super::*;

const NOT_JSON: &str = r#"{"__type":"com.amazon.coral.service#SerializationException"}"#;
const NO_OPERATION: &str = r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#;
const LIST_TABLES: &str = "X-Amz-Target: DynamoDB_20120810.ListTables\r\n";

#[test]
fn a_get_is_a_health_check() {
    let answer = TestServer::start(Limits::default()).ask(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!((answer.status, answer.text()), (200, "healthy: dynamodb.us-east-1.amazonaws.com "));
    assert_eq!(answer.header("x-amz-crc32"), Some("3128867991"));
    assert_eq!(answer.header("content-length"), Some("42"));
}

#[test]
fn another_method_or_content_type_is_not_found() {
    let server = TestServer::start(Limits::default());
    let methods = ["PUT", "DELETE", "OPTIONS"]
        .map(|method| format!("{method} / HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes());
    let types = ["", "whatever", "application/x-amz-json-1.1", "application/jsonasdf"]
        .map(|content_type| post(&format!("Content-Type: {content_type}\r\n"), b"hi"));
    for request in methods.into_iter().chain(types).chain([post("", b"hi")]) {
        let answer = server.ask(&request);
        assert_eq!((answer.status, answer.text()), (404, "<UnknownOperationException/>\n"), "{request:?}");
        assert_eq!(answer.header("x-amz-crc32"), Some("3552371480"));
    }
}

#[test]
fn a_body_that_is_not_json_is_refused_before_the_target_is_looked_at() {
    let server = TestServer::start(Limits::default());
    for (sent, echoed) in [
        ("application/json", "application/json"),
        ("application/json;", "application/json"),
        ("  application/json  ;   asfd", "application/json"),
        ("application/x-amz-json-1.0", "application/x-amz-json-1.0"),
        ("application/x-amz-json-1.0;blah", "application/x-amz-json-1.0"),
    ] {
        let answer = server.ask(&post(&format!("Content-Type: {sent}\r\n"), b"hi"));
        assert_eq!((answer.status, answer.text()), (400, NOT_JSON));
        assert_eq!(answer.header("content-type"), Some(echoed));
        assert_eq!(answer.header("x-amz-crc32"), Some("3948637019"));
        assert_eq!(answer.header("x-amzn-errortype"), Some("SerializationException"));
    }
}

#[test]
fn the_target_is_looked_at_before_the_signature() {
    let server = TestServer::start(Limits::default());
    for target in ["", "X-Amz-Target: whatever\r\n", "X-Amz-Target: DynamoDB_20120810.ListTable\r\n"] {
        let answer = server.ask(&post(&format!("Content-Type: application/json\r\n{target}"), b"{}"));
        assert_eq!((answer.status, answer.text()), (400, NO_OPERATION));
        assert_eq!(answer.header("x-amz-crc32"), Some("1368724161"));
    }
}

#[test]
fn a_signature_is_needed_and_looked_at_before_an_empty_body() {
    let server = TestServer::start(Limits::default());
    let unsigned = server.ask(&post(LIST_TABLES, b""));
    assert_eq!(unsigned.header("x-amz-crc32"), Some("2088342776"));
    assert_eq!(unsigned.header("x-amzn-errortype"), Some("MissingAuthenticationTokenException"));
    let half_signed = server.ask(&post(&format!("{LIST_TABLES}Authorization: AWS4-\r\n"), b""));
    assert_eq!(half_signed.header("x-amz-crc32"), Some("1828866742"));
    let signed = server.ask(&post(&format!("{LIST_TABLES}{SIGNATURE}"), b""));
    assert_eq!((signed.status, signed.text()), (400, NOT_JSON));
}

#[test]
fn a_presigned_request_is_signed_in_its_query() {
    let server = TestServer::start(Limits::default());
    let at = |path: &str| String::from_utf8(post(LIST_TABLES, b"")).unwrap().replacen('/', path, 1).into_bytes();
    assert_eq!(server.ask(&at("/?X-Amz-Algorithm")).header("x-amz-crc32"), Some("2900502663"));
    let partly = "/?X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Signature=c&X-Amz-Date=d";
    assert_eq!(server.ask(&at(partly)).header("x-amz-crc32"), Some("3712057481"));
}

#[test]
fn a_good_call_reaches_the_handler() {
    let answer = TestServer::start(Limits::default()).ask(&post(&call(Operation::ListTables), b"{}"));
    assert_eq!((answer.status, answer.text()), (200, "2"));
    assert_eq!(answer.header("content-type"), Some("application/x-amz-json-1.0"));
    assert_eq!(answer.header("x-amzn-errortype"), None);
}
