//! The official AWS SDK against a server process, by operation.
#![allow(clippy::unwrap_used)]
