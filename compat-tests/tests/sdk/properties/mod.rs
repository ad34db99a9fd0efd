//! What holds for everything that a generator can think of.

mod conditions;
mod key_order;
mod paging;
mod round_trip;
mod updates;
mod values;

use aws_sdk_dynamodb::Client;
use compat_tests::Server;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tokio::runtime::Runtime;

/// A server for all the cases of a property, and the way from its synchronous runner to the client.
struct Bench {
    runtime: Runtime,
    db: Client,
    _server: Server,
}

impl Bench {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let server = Server::in_memory();
        Self { runtime, db: server.client(), _server: server }
    }

    /// Checks the property for `cases` values of the strategy; the first that fails is made small and shown.
    fn check<S: proptest::strategy::Strategy>(
        &self,
        cases: u32,
        strategy: &S,
        property: impl Fn(S::Value) -> Result<(), TestCaseError>,
    ) {
        let config = Config { cases, failure_persistence: None, ..Config::default() };
        if let Err(failure) = TestRunner::new(config).run(strategy, property) {
            panic!("{failure}");
        }
    }
}
