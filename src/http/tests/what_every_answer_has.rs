use std::io::Write;

use flate2::write::GzDecoder;

use super::*;

#[test]
fn a_request_id_and_the_checksum_of_the_bytes_on_the_wire() {
    let server = TestServer::start(Limits::default());
    for request in [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        post("", b"hi"),
        post("", b""),
        post(&call(Operation::ListTables), b"{}"),
        post(&format!("{}Accept-Encoding: gzip\r\n", call(Operation::Scan)), b"{}"),
    ] {
        let answer = server.ask(&request);
        assert_eq!(answer.header("x-amzn-requestid").unwrap().len(), 52);
        assert_eq!(answer.header("x-amz-crc32").unwrap(), crc32fast::hash(&answer.body).to_string());
    }
}

#[test]
fn the_handler_learns_by_which_address_it_was_asked() {
    let server = TestServer::start(Limits::default());
    let answer = server.ask(&post(&call(Operation::DescribeEndpoints), b"{}"));
    assert_eq!(answer.text(), "localhost");
}

#[test]
fn gzip_comes_when_asked_for() {
    let server = TestServer::start(Limits::default());
    let answer = server.ask(&post(&format!("{}Accept-Encoding: gzip, deflate\r\n", call(Operation::Scan)), b"{}"));
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    let mut decoder = GzDecoder::new(Vec::new());
    decoder.write_all(&answer.body).unwrap();
    assert_eq!(decoder.finish().unwrap(), vec![b'x'; LARGE_BYTES]);
    let plain = server.ask(&post(&format!("{}Accept-Encoding: identity\r\n", call(Operation::Scan)), b"{}"));
    assert_eq!((plain.header("content-encoding"), plain.body.len()), (None, LARGE_BYTES));
}

#[test]
fn pages_of_any_origin_may_read_it() {
    let server = TestServer::start(Limits::default());
    let answer = server.ask(&post("Origin: https://example.com\r\n", b""));
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (400, Some("*")));
    let preflight = server.ask(
        b"OPTIONS / HTTP/1.1\r\nHost: localhost\r\nOrigin: x\r\nAccess-Control-Request-Headers: a, b, c\r\n\
          Access-Control-Request-Method: d\r\n\r\n",
    );
    assert_eq!((preflight.status, preflight.header("content-length")), (200, Some("0")));
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    assert_eq!(preflight.header("access-control-allow-headers"), Some("a, b, c"));
    assert_eq!(preflight.header("access-control-allow-methods"), Some("d"));
    assert_eq!(preflight.header("access-control-max-age"), Some("172800"));
}

#[test]
fn a_panic_is_answered_and_the_connection_lives_on() {
    let server = TestServer::start(Limits::default());
    let mut client = server.connect();
    client.send(&post(&call(Operation::DeleteTable), b"{}"));
    let answer = client.answer();
    assert_eq!((answer.status, answer.header("x-amzn-errortype")), (500, Some("InternalServerError")));
    assert!(!answer.text().contains("as the test wants it"));
    client.send(&post(&call(Operation::ListTables), b"{}"));
    assert_eq!(client.answer().status, 200);
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = TestServer::start(Limits::default());
    let mut client = server.connect();
    let requests: Vec<u8> = (0..50).flat_map(|length| post(&call(Operation::Query), &vec![b'1'; length + 1])).collect();
    client.send(&requests);
    for length in 0..50 {
        assert_eq!(client.answer().text(), (length + 1).to_string());
    }
}
