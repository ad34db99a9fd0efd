//! A database in this process, for tests.

use std::ffi::OsString;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use serde_json::{Value, json};

use super::Database;
use crate::clock::Clock;
use crate::config::{self, Command};
use crate::protocol::Operation;
use crate::service::{Caller, Handler, Host, Request, RequestId};

pub(super) struct Server {
    pub(super) database: Database,
    /// Moved by the test.
    pub(super) clock: Clock,
}

impl Server {
    pub(super) fn open() -> Server {
        Server::open_with(&[])
    }

    pub(super) fn open_with(arguments: &[&str]) -> Server {
        let clock = Clock::movable(UNIX_EPOCH + Duration::from_secs(1_790_000_000));
        let arguments = ["kstone", "--in-memory"].iter().chain(arguments).map(OsString::from);
        let database = match config::parse(arguments) {
            Ok(Command::Serve(config)) => Database::open(&config, clock.clone()).unwrap(),
            other => panic!("{other:?}"),
        };
        Server { database, clock }
    }

    /// From us-east-1.
    pub(super) fn call(&self, operation: Operation, input: &Value) -> (u16, Value) {
        self.call_at(Host::default(), operation, input)
    }

    pub(super) fn call_at(&self, host: Host, operation: Operation, input: &Value) -> (u16, Value) {
        let request = Request {
            operation,
            body: Bytes::from(input.to_string()),
            caller: Caller::new("key", "us-east-1"),
            request_id: RequestId::default(),
            host,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let response = runtime.block_on(self.database.handle(request));
        let body = if response.body.is_empty() { Value::Null } else { serde_json::from_slice(&response.body).unwrap() };
        (response.status, body)
    }

    pub(super) fn ok(&self, operation: Operation, input: &Value) -> Value {
        let (status, answer) = self.call(operation, input);
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    /// The bare name of the error.
    pub(super) fn error(&self, operation: Operation, input: &Value) -> String {
        let (_, answer) = self.call(operation, input);
        answer["__type"].as_str().and_then(|name| name.split('#').next_back()).unwrap_or("none").to_string()
    }

    /// A table whose items have a string `pk` for a key, and a string `sk` if `sort` says so.
    pub(super) fn create_plain_table(&self, name: &str, sort: bool) {
        let (mut attributes, mut schema) = (
            vec![json!({"AttributeName": "pk", "AttributeType": "S"})],
            vec![json!({"AttributeName": "pk", "KeyType": "HASH"})],
        );
        if sort {
            attributes.push(json!({"AttributeName": "sk", "AttributeType": "S"}));
            schema.push(json!({"AttributeName": "sk", "KeyType": "RANGE"}));
        }
        self.ok(
            Operation::CreateTable,
            &json!({"TableName": name, "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": attributes, "KeySchema": schema}),
        );
    }
}
