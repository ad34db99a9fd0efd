//! What the tests of this package share: a `kstone` process of their own, the official AWS SDK pointed at it, raw HTTP, and
//! the runner of the recorded cases.
//!
//! Nothing here knows more of the server than its command line, its readiness line and its port.
#![forbid(unsafe_code)]
// A fixture that can't go on ends the test that uses it.
#![allow(clippy::unwrap_used)]

pub mod cases;
pub mod client;
pub mod items;
pub mod json;
pub mod raw;
pub mod server;
pub mod statement;
pub mod stream;
pub mod table;
pub mod value;

pub use client::{Refusal, Refused};
pub use server::{Server, Stopped};
pub use stream::Stream;
pub use table::Table;
pub use value::{b, bs, l, m, n, ns, null, s, ss};
