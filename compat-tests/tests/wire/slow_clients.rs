//! Clients that send half of a request, or nothing.

use std::time::Duration;

use compat_tests::Server;
use compat_tests::raw::{Connection, Request};

const SOON: Duration = Duration::from_secs(10);

fn impatient() -> Server {
    Server::in_memory_with(&[
        "--head-seconds",
        "0.3",
        "--body-seconds",
        "0.3",
        "--idle-seconds",
        "0.3",
        "--connections",
        "4",
    ])
}

#[test]
fn half_a_request_does_not_hold_a_connection() {
    let server = impatient();
    let whole = Request::call("ListTables", "{}").to_bytes();
    for sent in [1, 30, whole.len() - 2, whole.len() - 1] {
        let mut connection = Connection::open(server.address());
        connection.send(&whole[..sent]).unwrap();
        // An answer such as 408 may come first.
        let _answer = connection.receive();
        assert!(connection.is_closed_within(SOON), "after {sent} bytes");
    }
}

#[test]
fn an_idle_connection_is_closed() {
    let server = impatient();
    let mut connection = Connection::open(server.address());
    connection.ask(&Request::call("ListTables", "{}"));
    assert!(connection.is_closed_within(SOON));
}

#[test]
fn connections_that_send_nothing_do_not_keep_others_out() {
    let server = impatient();
    let _silent: Vec<Connection> = (0..20).map(|_| Connection::open(server.address())).collect();
    assert_eq!(Request::call("ListTables", "{}").send(server.address()).status, 200);
}

#[test]
fn what_is_no_http_is_refused_and_the_server_lives_on() {
    let server = Server::in_memory();
    let strange: [&[u8]; 6] = [
        b"\r\n\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ];
    for bytes in strange {
        let mut connection = Connection::open(server.address());
        connection.send(bytes).unwrap();
        drop(connection);
    }
    let huge = Request::call("ListTables", "{}").header("X-Padding", &"x".repeat(1 << 20));
    let mut connection = Connection::open(server.address());
    if connection.send(&huge.to_bytes()).is_ok()
        && let Ok(answer) = connection.receive()
    {
        assert!((400..500).contains(&answer.status), "{}", answer.status);
    }
    assert_eq!(Request::call("ListTables", "{}").send(server.address()).status, 200);
}

#[test]
fn a_client_that_leaves_in_the_middle_of_an_answer_harms_nobody() {
    let server = Server::in_memory();
    for _ in 0..50 {
        let mut connection = Connection::open(server.address());
        connection.send(&Request::call("ListTables", "{}").to_bytes()).unwrap();
    }
    assert_eq!(Request::call("ListTables", "{}").send(server.address()).status, 200);
}
