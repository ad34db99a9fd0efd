//! The process: its flags, its readiness line, its end.

use std::net::TcpListener;

use compat_tests::{Server, Table, item, server};

#[tokio::test]
async fn a_server_that_says_it_is_ready_is() {
    for _ in 0..5 {
        let server = Server::in_memory();
        server.client().list_tables().send().await.unwrap();
    }
}

#[tokio::test]
async fn sigterm_and_ctrl_c_end_it_cleanly() {
    for stop in [Server::stop, Server::interrupt] {
        let server = Server::on_disk();
        Table::new("pk:S").create(&server.client(), "items").await;
        let stopped = stop(server);
        assert!(stopped.status.success(), "{}: {}", stopped.status, stopped.log);
    }
}

#[tokio::test]
async fn a_stop_waits_for_nobody_who_says_nothing() {
    let server = Server::in_memory();
    let _idle = compat_tests::raw::Connection::open(server.address());
    server.client().list_tables().send().await.unwrap();
    assert!(server.stop().status.success());
}

#[test]
fn healthcheck_tells_a_running_server_from_none() {
    let server = Server::in_memory();
    let port = server.address().port().to_string();
    assert!(server::run(&["healthcheck", "--port", &port]).status.success());
    server.kill();
    assert!(!server::run(&["healthcheck", "--port", &port]).status.success());
}

#[test]
fn a_wrong_flag_a_busy_port_and_an_unusable_folder_are_told_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let inside = file.join("db").display().to_string();
    for arguments in [
        vec!["--no-such-flag"],
        vec!["--port", "x"],
        vec!["--in-memory", "--port", &port],
        vec!["--port", "0", "--db-path", &inside],
    ] {
        let ended = server::run(&arguments);
        assert!(!ended.status.success());
        assert!(ended.log.lines().any(|line| line.starts_with("kstone: ")), "{arguments:?}: {}", ended.log);
    }
}

#[tokio::test]
async fn a_folder_is_served_by_one_process_at_a_time() {
    let server = Server::on_disk();
    let folder = server.folder().display().to_string();
    let second = server::run(&["--port", "0", "--db-path", &folder]);
    assert!(!second.status.success());
    assert!(second.log.contains("kstone: ") && second.log.contains(&folder), "{}", second.log);
    Table::new("pk:S").create(&server.client(), "still-there").await;
}

#[tokio::test]
async fn memory_is_forgotten_and_a_folder_is_not() {
    let server = Server::in_memory();
    Table::new("pk:S").create(&server.client(), "items").await;
    let server = server.stop().reopen();
    assert!(server.client().list_tables().send().await.unwrap().table_names().is_empty());
    let server = Server::on_disk();
    Table::new("pk:S").create(&server.client(), "items").await;
    server.client().put_item().table_name("items").set_item(Some(item! { "pk" => "a" })).send().await.unwrap();
    let server = server.stop().reopen();
    assert_eq!(server.client().scan().table_name("items").send().await.unwrap().count(), 1);
}
