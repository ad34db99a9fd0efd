use super::super::limits::REQUEST_BYTES_MAX;
use super::*;

const CHUNK_BYTES: usize = 64 * 1024;

fn chunked(bytes: usize) -> Vec<u8> {
    let mut request =
        format!("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n{}\r\n", call(Operation::Query))
            .into_bytes();
    for from in (0..bytes).step_by(CHUNK_BYTES) {
        let length = CHUNK_BYTES.min(bytes - from);
        request.extend_from_slice(format!("{length:x}\r\n").as_bytes());
        request.extend_from_slice(&vec![b'a'; length]);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    request
}

#[test]
fn sixteen_mebibytes_are_taken_and_one_byte_more_is_not() {
    let server = TestServer::start(Limits::default());
    let largest = server.ask(&post(&call(Operation::Query), &vec![b'a'; REQUEST_BYTES_MAX]));
    assert_eq!((largest.status, largest.text()), (200, "16777216"));
    let larger = server.ask(&post(&call(Operation::Query), &vec![b'a'; REQUEST_BYTES_MAX + 1]));
    assert_eq!((larger.status, larger.header("transfer-encoding")), (413, Some("chunked")));
}

#[test]
fn a_head_of_32_kibibytes_is_the_largest() {
    let server = TestServer::start(Limits::default());
    let request = |filler_bytes: usize| {
        let filler = format!("X-Filler: {}\r\n", "f".repeat(filler_bytes));
        post(&format!("{}{filler}", call(Operation::ListTables)), b"{}")
    };
    assert_eq!(server.ask(&request(31 * 1024)).status, 200);
    for kib in [32, 40, 100, 1000] {
        let mut client = server.connect();
        // The server may have closed before all of it is sent; then the answer is lost on the way.
        let _ = client.stream.write_all(&request(kib * 1024));
        while client.receive() > 0 {}
        let answer = String::from_utf8_lossy(&client.received).into_owned();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{kib} KiB: {answer}");
    }
}

#[test]
fn a_body_in_chunks_has_the_same_limit() {
    let server = TestServer::start(Limits::default());
    for bytes in [1, CHUNK_BYTES + 1, REQUEST_BYTES_MAX] {
        let answer = server.ask(&chunked(bytes));
        assert_eq!((answer.status, answer.text()), (200, bytes.to_string().as_str()));
    }
    assert_eq!(server.ask(&chunked(REQUEST_BYTES_MAX + 1)).status, 413);
}

#[test]
fn a_client_that_asks_first_is_told_to_go_on_or_not_to() {
    let server = TestServer::start(Limits::default());
    let mut client = server.connect();
    let head = format!("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n{}", call(Operation::Query));
    client.send(format!("{head}Content-Length: 2\r\n\r\n").as_bytes());
    assert_eq!(client.answer().status, 100);
    client.send(b"{}");
    assert_eq!(client.answer().status, 200);
    client.send(format!("{head}Content-Length: {}\r\n\r\n", REQUEST_BYTES_MAX + 1).as_bytes());
    assert_eq!(client.answer().status, 413);
}
