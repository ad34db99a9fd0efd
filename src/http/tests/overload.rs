use super::super::limits::REQUEST_BYTES_MAX;
use super::*;

#[test]
fn beyond_the_limit_the_longest_idle_connection_makes_room() {
    let server = TestServer::start(Limits { connections_max: 2, ..Limits::default() });
    let mut first = server.connect();
    first.send(&post(&call(Operation::ListTables), b"{}"));
    assert_eq!(first.answer().status, 200);
    std::thread::sleep(Duration::from_millis(1_200));
    let mut second = server.connect();
    second.send(&post(&call(Operation::ListTables), b"{}"));
    assert_eq!(second.answer().status, 200);
    assert_eq!(server.ask(&post(&call(Operation::ListTables), b"{}")).status, 200);
    assert!(first.is_closed());
    second.send(&post(&call(Operation::ListTables), b"{}"));
    assert_eq!(second.answer().status, 200, "the other connection was kept");
}

#[test]
fn beyond_the_limit_a_new_connection_waits_for_busy_ones() {
    let server = TestServer::start(Limits { connections_max: 1, ..Limits::default() });
    let mut busy = server.connect();
    busy.send(&post(&format!("{}Connection: close\r\n", call(Operation::CreateTable)), b"{}"));
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(server.ask(&post(&call(Operation::ListTables), b"{}")).status, 200);
    assert_eq!(busy.answer().text(), "slow");
}

#[test]
fn a_slow_upload_holds_the_memory_of_what_it_has_sent() {
    let server = TestServer::start(Limits { bodies_bytes_max: 2 * Limits::BODIES_BYTES_MIN, ..Limits::default() });
    let request = post(&call(Operation::Query), &vec![b'a'; REQUEST_BYTES_MAX]);
    let (begun, rest) = request.split_at(200 * 1024);
    let mut slow: Vec<_> = (0..8).map(|_| server.connect()).collect();
    for client in &mut slow {
        client.send(begun);
    }
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(server.ask(&request).status, 200);
    // All of them go on at once, with more than there is room for.
    std::thread::scope(|scope| {
        for mut client in slow {
            scope.spawn(move || {
                client.send(rest);
                assert_eq!(client.answer().status, 200);
            });
        }
    });
}

#[test]
fn large_bodies_take_turns_in_the_memory_for_bodies() {
    let server = TestServer::start(Limits { bodies_bytes_max: Limits::BODIES_BYTES_MIN, ..Limits::default() });
    let request = post(&call(Operation::Query), &vec![b'a'; REQUEST_BYTES_MAX]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(server.ask(&request).status, 200));
        }
    });
}
