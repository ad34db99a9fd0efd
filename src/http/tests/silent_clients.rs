//! No client may hold a connection by saying nothing, or next to nothing.

use std::time::Instant;

use super::*;

const HEAD: Duration = Duration::from_millis(200);
const BODY: Duration = Duration::from_millis(400);
const WRITE: Duration = Duration::from_millis(600);
const IDLE: Duration = Duration::from_millis(800);

/// How late the server may be: a tick of its sweep, and a busy machine.
const SLACK: Duration = Duration::from_millis(350);

fn server() -> TestServer {
    TestServer::start(Limits {
        head_time_max: HEAD,
        body_time_max: BODY,
        write_time_max: WRITE,
        idle_time_max: IDLE,
        ..Limits::default()
    })
}

/// Sends `first`, then `drip` again and again, and expects to be cut off after `time`.
fn assert_closed_after(time: Duration, first: &[u8], drip: &[u8]) {
    let server = server();
    let mut client = server.connect();
    client.send(first);
    let start = Instant::now();
    client.stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let mut byte = [0];
    while start.elapsed() < time + SLACK {
        let is_cut_off = client.stream.write_all(drip).is_err()
            || match client.stream.read(&mut byte) {
                Ok(length) => length == 0,
                Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
            };
        if is_cut_off {
            assert!(start.elapsed() >= time, "closed after {:?} instead of {time:?}", start.elapsed());
            return;
        }
    }
    panic!("still open after {:?}", start.elapsed());
}

#[test]
fn half_a_head_is_cut_off() {
    assert_closed_after(HEAD, b"POST / HTTP/1.1\r\nHo", b"");
}

#[test]
fn a_dripping_head_is_cut_off() {
    assert_closed_after(HEAD, b"POST / HTTP/1.1\r\nHo", b"o");
}

#[test]
fn half_a_body_is_cut_off() {
    assert_closed_after(BODY, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{", b"");
}

#[test]
fn a_dripping_body_is_cut_off() {
    assert_closed_after(BODY, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{", b"o");
}

#[test]
fn a_connection_that_never_asks_is_closed() {
    assert_closed_after(IDLE, b"", b"");
}

#[test]
fn a_connection_is_idle_again_after_an_answer() {
    let server = server();
    let mut client = server.connect();
    for _ in 0..3 {
        std::thread::sleep(IDLE / 2);
        client.send(&post(&call(Operation::ListTables), b"{}"));
        assert_eq!(client.answer().status, 200);
    }
    let start = Instant::now();
    assert!(client.is_closed());
    assert!(start.elapsed() >= IDLE && start.elapsed() < IDLE + SLACK, "{:?}", start.elapsed());
}

#[test]
fn an_answer_that_nobody_takes_is_given_up() {
    let server = server();
    let mut client = server.connect();
    client.send(&post(&call(Operation::Scan), b"{}"));
    std::thread::sleep(WRITE + SLACK);
    let mut received = 0;
    while client.receive() > 0 {
        received = client.received.len();
    }
    assert!(received < LARGE_BYTES, "all of it came");
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
