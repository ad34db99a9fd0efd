//! No client may hold a connection by saying nothing, or next to nothing.

use std::time::Instant;

use super::*;

/// The limit under test; all others are far longer.
const SHORT: Duration = Duration::from_millis(300);

/// How late the server may be: a tick of its sweep, and a busy machine.
const SLACK: Duration = Duration::from_secs(5);

/// Sends `first`, then `drip` again and again, and expects to be cut off after [`SHORT`].
fn assert_cut_off(limits: Limits, first: &[u8], drip: &[u8]) {
    let server = TestServer::start(limits);
    let mut client = server.connect();
    client.stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let start = Instant::now();
    client.send(first);
    let mut byte = [0];
    while start.elapsed() < SHORT + SLACK {
        let is_cut_off = client.stream.write_all(drip).is_err()
            || match client.stream.read(&mut byte) {
                Ok(length) => length == 0,
                Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
            };
        if is_cut_off {
            assert!(start.elapsed() >= SHORT, "closed after {:?} already", start.elapsed());
            return;
        }
    }
    panic!("still open after {:?}", start.elapsed());
}

fn short_head() -> Limits {
    Limits { head_time_max: SHORT, ..Limits::default() }
}

fn short_body() -> Limits {
    Limits { body_time_max: SHORT, ..Limits::default() }
}

fn short_idle() -> Limits {
    Limits { idle_time_max: SHORT, ..Limits::default() }
}

#[test]
fn half_a_head_is_cut_off() {
    assert_cut_off(short_head(), b"POST / HTTP/1.1\r\nHo", b"");
}

#[test]
fn a_dripping_head_is_cut_off() {
    assert_cut_off(short_head(), b"POST / HTTP/1.1\r\nHo", b"o");
}

#[test]
fn half_a_body_is_cut_off() {
    assert_cut_off(short_body(), b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{", b"");
}

#[test]
fn a_dripping_body_is_cut_off() {
    assert_cut_off(short_body(), b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{", b"o");
}

#[test]
fn a_connection_that_never_asks_is_closed() {
    assert_cut_off(short_idle(), b"", b"");
}

#[test]
fn a_connection_is_idle_again_after_an_answer() {
    let idle = Duration::from_secs(1);
    let server = TestServer::start(Limits { idle_time_max: idle, ..Limits::default() });
    let mut client = server.connect();
    for _ in 0..4 {
        std::thread::sleep(idle / 3);
        client.send(&post(&call(Operation::ListTables), b"{}"));
        assert_eq!(client.answer().status, 200);
    }
    let start = Instant::now();
    assert!(client.is_closed());
    assert!(start.elapsed() < idle + SLACK, "{:?}", start.elapsed());
}

#[test]
fn an_answer_that_nobody_takes_is_given_up() {
    let server = TestServer::start(Limits { write_time_max: SHORT, ..Limits::default() });
    let mut client = server.connect();
    client.send(&post(&call(Operation::Scan), b"{}"));
    std::thread::sleep(10 * SHORT);
    while client.receive() > 0 {}
    assert!(client.received.len() < LARGE_BYTES, "all of it came");
}

#[test]
fn the_servers_own_time_is_not_the_clients() {
    let limits = Limits {
        head_time_max: Duration::from_millis(50),
        idle_time_max: Duration::from_millis(50),
        ..Limits::default()
    };
    let answer = TestServer::start(limits).ask(&post(&call(Operation::CreateTable), b"{}"));
    assert_eq!(answer.text(), "slow");
}
