//! The wire: operations, the JSON of requests and answers, the shapes of inputs, and the errors that AWS has names for.
//!
//! A body is decoded once, straight into the struct of its operation ([`decode`]), and an answer is written once,
//! straight into one buffer ([`encode`]). Nothing in here judges a request: it says what was sent.

pub mod decode;
pub mod encode;
pub mod error;
pub mod json;
pub mod operation;
pub mod shapes;

pub use decode::{SerializationFault, Shape, decode};
pub use encode::NumberSetOrder;
pub use error::{ApiError, ErrorKind};
pub use json::JsonWriter;
pub use operation::{Access, Operation, Service};
