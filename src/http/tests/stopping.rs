use std::time::Instant;

use super::*;

#[test]
fn what_is_under_way_is_finished_and_everything_else_is_closed() {
    let mut server = TestServer::start(Limits::default());
    let mut idle = server.connect();
    let mut half_sent = server.connect();
    half_sent.send(b"POST / HTTP/1.1\r\nHo");
    let mut busy = server.connect();
    busy.send(&post(&call(Operation::CreateTable), b"{}"));
    std::thread::sleep(Duration::from_millis(100));
    server.ask_to_stop();
    let answer = busy.answer();
    assert_eq!((answer.text(), answer.header("connection")), ("slow", Some("close")));
    assert!(idle.is_closed() && half_sent.is_closed() && busy.is_closed());
    server.wait_until_stopped();
    assert!(TcpStream::connect(server.address).is_err());
}

#[test]
fn a_client_cannot_hold_the_stop_up() {
    let limits = Limits { stop_time_max: Duration::from_millis(200), ..Limits::default() };
    let mut server = TestServer::start(limits);
    let mut half_sent = server.connect();
    half_sent.send(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{");
    std::thread::sleep(Duration::from_millis(50));
    let start = Instant::now();
    server.ask_to_stop();
    server.wait_until_stopped();
    assert!(half_sent.is_closed());
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}
