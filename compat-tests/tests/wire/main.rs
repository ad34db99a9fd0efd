//! The bytes on the wire.
#![allow(clippy::unwrap_used)]

mod cases;
