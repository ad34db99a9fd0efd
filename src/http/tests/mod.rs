//! A server in this process, driven by raw sockets: what no HTTP client would send is what these tests send.
#![expect(clippy::disallowed_methods, reason = "a blocking client on threads of its own, and real time limits")]

mod order_of_checks;
mod overload;
mod silent_clients;
mod sizes;
mod stopping;
mod what_every_answer_has;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::{Limits, serve};
use crate::protocol::Operation;
use crate::service::{Handler, Request, Response};

/// Answers the length of the body that it was given. Four operations do something else.
struct Echo;

/// A body of this many bytes answers [`Operation::Scan`].
const LARGE_BYTES: usize = 16 * 1024 * 1024;

impl Handler for Echo {
    async fn handle(&self, request: Request) -> Response {
        let body = match request.operation {
            Operation::Scan => vec![b'x'; LARGE_BYTES],
            Operation::DeleteTable => panic!("as the test wants it"),
            Operation::CreateTable => {
                tokio::time::sleep(Duration::from_millis(300)).await;
                b"slow".to_vec()
            }
            Operation::DescribeEndpoints => request.host.as_str().unwrap_or_default().as_bytes().to_vec(),
            _ => request.body.len().to_string().into_bytes(),
        };
        Response { status: 200, body: Bytes::from(body), error_type: None }
    }
}

struct TestServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    fn start(limits: Limits) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (started, address) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                started.send(listener.local_addr().unwrap()).unwrap();
                serve(listener, Arc::new(Echo), limits, async { stopped.await.unwrap_or_default() }).await;
            });
        });
        Self { address: address.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Client { stream, received: Vec::new() }
    }

    /// Sends one request on a connection of its own.
    fn ask(&self, request: &[u8]) -> Answer {
        let mut client = self.connect();
        client.send(request);
        client.answer()
    }

    fn ask_to_stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    fn wait_until_stopped(&mut self) {
        self.thread.take().unwrap().join().unwrap();
    }
}

struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Client {
    fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    fn answer(&mut self) -> Answer {
        let head_end = loop {
            match self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                Some(at) => break at + 4,
                None => assert!(self.receive() > 0, "closed within an answer's headers"),
            }
        };
        let rest = self.received.split_off(head_end);
        let head = String::from_utf8(std::mem::replace(&mut self.received, rest)).unwrap();
        let mut answer = Answer { status: head[9..12].parse().unwrap(), head, body: Vec::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        while self.received.len() < length {
            assert!(self.receive() > 0, "closed within an answer's body");
        }
        let rest = self.received.split_off(length);
        answer.body = std::mem::replace(&mut self.received, rest);
        answer
    }

    /// True if the server closes the connection; false if it sends something first.
    fn is_closed(&mut self) -> bool {
        self.received.is_empty() && self.receive() == 0
    }

    /// Zero at the end of the connection, however it came about.
    fn receive(&mut self) -> usize {
        let mut part = vec![0; 64 * 1024];
        let length = match self.stream.read(&mut part) {
            Ok(length) => length,
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => 0,
            Err(error) => panic!("{error}"),
        };
        self.received.extend_from_slice(&part[..length]);
        length
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

const SIGNATURE: &str = "Authorization: AWS4-HMAC-SHA256 Credential=KEY/20261121/us-east-1/dynamodb/aws4_request, \
                         SignedHeaders=host, Signature=00\r\nX-Amz-Date: 20261121T000000Z\r\n";

/// A request with these header lines and this body.
fn post(headers: &str, body: &[u8]) -> Vec<u8> {
    let mut request =
        format!("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n{headers}\r\n", body.len()).into_bytes();
    request.extend_from_slice(body);
    request
}

/// The header lines of a good call.
fn call(operation: Operation) -> String {
    format!("Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: DynamoDB_20120810.{operation}\r\n{SIGNATURE}")
}
