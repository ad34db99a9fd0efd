//! Pages in a browser may call any endpoint of DynamoDB.

use compat_tests::Server;
use compat_tests::raw::Request;

#[test]
fn a_preflight_is_granted_what_it_asks_for() {
    let server = Server::in_memory();
    let preflight = Request::bare("OPTIONS", "/").header("Origin", "whatever");
    let plain = preflight.send(server.address());
    assert_eq!((plain.status, plain.text()), (200, ""));
    assert_eq!(plain.header("access-control-allow-origin"), Some("*"));
    assert_eq!(plain.header("access-control-max-age"), Some("172800"));
    assert_eq!(plain.header("content-length"), Some("0"));
    assert_eq!(plain.header("access-control-allow-headers"), None);
    let asking =
        preflight.header("Access-Control-Request-Headers", "a, b, c").header("Access-Control-Request-Method", "d");
    let granted = asking.send(server.address());
    assert_eq!(granted.header("access-control-allow-headers"), Some("a, b, c"));
    assert_eq!(granted.header("access-control-allow-methods"), Some("d"));
}

#[test]
fn an_answer_to_a_page_lets_the_page_read_it() {
    let server = Server::in_memory();
    let answer = Request::call("ListTables", "{}").header("Origin", "http://example.com").send(server.address());
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("*")));
    let error = Request::bare("POST", "/").header("Origin", "http://example.com").send(server.address());
    assert_eq!((error.status, error.header("access-control-allow-origin")), (400, Some("*")));
    let to_no_page = Request::call("ListTables", "{}").send(server.address());
    assert_eq!(to_no_page.header("access-control-allow-origin"), None);
}
