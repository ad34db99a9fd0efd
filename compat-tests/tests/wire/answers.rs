//! What every answer carries, and how connections are kept.

use std::io::Read;

use compat_tests::Server;
use compat_tests::raw::{Answer, Connection, Request};

const CREATE: &str = r#"{"TableName": "items", "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}"#;

fn assert_checked(answer: &Answer) {
    let id = answer.header("x-amzn-requestid").unwrap();
    assert!(id.len() == 52 && id.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()), "{id}");
    assert_eq!(answer.header("x-amz-crc32").unwrap(), crc32fast::hash(&answer.body).to_string());
    assert_eq!(answer.header("content-length").unwrap(), answer.body.len().to_string());
}

#[test]
fn answers_carry_checksum_request_id_type_and_length() {
    let server = Server::in_memory();
    let good = Request::call("ListTables", "{}").send(server.address());
    assert_eq!((good.status, good.text()), (200, r#"{"TableNames":[]}"#));
    assert_eq!(good.header("content-type"), Some("application/x-amz-json-1.0"));
    assert_checked(&good);
    let bad = Request::call("DescribeTable", r#"{"TableName": "nowhere"}"#).send(server.address());
    assert_eq!(bad.status, 400);
    assert_eq!(
        bad.text(),
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found: Table: nowhere not found"}"#
    );
    assert_eq!(bad.header("content-type"), Some("application/x-amz-json-1.0"));
    assert_checked(&bad);
}

#[test]
fn the_content_type_is_that_of_the_request() {
    let server = Server::in_memory();
    let answer = Request::call("ListTables", "{}")
        .with("Content-Type", "application/json; charset=utf-8")
        .send(server.address());
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
}

#[test]
fn an_item_comes_back_in_the_form_it_was_sent_in() {
    let server = Server::in_memory();
    let mut connection = Connection::open(server.address());
    assert_eq!(connection.ask(&Request::call("CreateTable", CREATE)).status, 200);
    let put = r#"{"TableName": "items", "Item": {"pk": {"S": "a\u0000\"\\\u2028é"}, "n": {"N": "1.50"}, "b": {"B": "AP8="}, "z": {"NULL": true}}}"#;
    assert_eq!(connection.ask(&Request::call("PutItem", put)).text(), "{}");
    let get = r#"{"TableName": "items", "Key": {"pk": {"S": "a\u0000\"\\\u2028é"}}}"#;
    let item = connection.ask(&Request::call("GetItem", get)).json();
    let item = item.get("Item").unwrap();
    assert_eq!(item.at("pk.S").unwrap().as_str(), Some("a\0\"\\\u{2028}é"));
    assert_eq!(item.at("n.N").unwrap().as_str(), Some("1.5"));
    assert_eq!(item.at("b.B").unwrap().as_str(), Some("AP8="));
    assert_eq!(item.at("z.NULL").unwrap().to_string(), "true");
    let absent = connection.ask(&Request::call("GetItem", r#"{"TableName": "items", "Key": {"pk": {"S": "none"}}}"#));
    assert_eq!(absent.text(), "{}");
}

#[test]
fn gzip_is_sent_to_those_who_ask_and_the_checksum_is_of_the_compressed_bytes() {
    let server = Server::in_memory();
    let mut connection = Connection::open(server.address());
    connection.ask(&Request::call("CreateTable", CREATE));
    let put =
        format!(r#"{{"TableName": "items", "Item": {{"pk": {{"S": "a"}}, "v": {{"S": "{}"}}}}}}"#, "abc".repeat(5_000));
    connection.ask(&Request::call("PutItem", put));
    let get = Request::call("GetItem", r#"{"TableName": "items", "Key": {"pk": {"S": "a"}}}"#);
    let plain = connection.ask(&get);
    assert_eq!(plain.header("content-encoding"), None);
    let zipped = connection.ask(&get.header("Accept-Encoding", "gzip"));
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
    assert!(zipped.body.len() < plain.body.len() / 10);
    assert_checked(&zipped);
    let mut unzipped = Vec::new();
    flate2::read::GzDecoder::new(&zipped.body[..]).read_to_end(&mut unzipped).unwrap();
    assert_eq!(unzipped, plain.body);
}

#[test]
fn a_connection_is_kept_for_many_requests_errors_included() {
    let server = Server::in_memory();
    let mut connection = Connection::open(server.address());
    for _ in 0..50 {
        assert_eq!(connection.ask(&Request::call("ListTables", "{}")).status, 200);
        assert_eq!(connection.ask(&Request::call("ListTables", "{")).status, 400);
        assert_eq!(connection.ask(&Request::bare("PUT", "/").body("x")).status, 404);
    }
}

#[test]
fn requests_sent_at_once_are_answered_in_order() {
    let server = Server::in_memory();
    let mut connection = Connection::open(server.address());
    let mut bytes = Vec::new();
    for name in ["first", "second", "third"] {
        bytes.extend(Request::call("DescribeTable", format!(r#"{{"TableName": "{name}"}}"#)).to_bytes());
    }
    connection.send(&bytes).unwrap();
    for name in ["first", "second", "third"] {
        assert!(connection.receive().unwrap().message().contains(name));
    }
}

#[test]
fn a_body_may_come_in_chunks_and_behind_an_expectation() {
    let server = Server::in_memory();
    let chunked =
        Request::call("ListTables", "b\r\n{\"Limit\":10\r\n1\r\n}\r\n0\r\n\r\n").header("Transfer-Encoding", "chunked");
    assert_eq!(chunked.send(server.address()).text(), r#"{"TableNames":[]}"#);
    let expecting = Request::call("ListTables", "{}").header("Expect", "100-continue");
    assert_eq!(expecting.send(server.address()).text(), r#"{"TableNames":[]}"#);
}

#[test]
fn a_get_says_that_the_server_is_healthy() {
    let server = Server::in_memory();
    let answer = Request::bare("GET", "/").send(server.address());
    assert_eq!((answer.status, answer.text()), (200, "healthy: dynamodb.us-east-1.amazonaws.com "));
    assert_checked(&answer);
}

#[test]
fn a_body_of_sixteen_megabytes_is_read_and_one_byte_more_is_not() {
    let server = Server::in_memory();
    let limit = 16 * 1024 * 1024;
    // A body of spaces and a request is well-formed, and its operation answers it.
    let mut body = vec![b' '; limit];
    body[..2].copy_from_slice(b"{}");
    let fits = Request::call("ListTables", body.clone()).send(server.address());
    assert_eq!((fits.status, fits.text()), (200, r#"{"TableNames":[]}"#));
    body.push(b' ');
    let over = Request::call("ListTables", body).send(server.address());
    assert_eq!(over.status, 413);
}
