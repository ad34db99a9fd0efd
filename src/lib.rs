//! KeystoneDB: an endpoint that speaks DynamoDB's wire protocol, on an embedded storage engine.
#![forbid(unsafe_code)]

pub mod auth;
pub mod clock;
pub mod config;
pub mod expression;
pub mod http;
pub mod open_files;
pub mod operations;
pub mod partiql;
pub mod protocol;
pub mod service;
pub mod table;
pub mod telemetry;
pub mod validation;
pub mod value;

pub use operations::{Database, OpenError};
pub use table::StoreError as CloseError;
