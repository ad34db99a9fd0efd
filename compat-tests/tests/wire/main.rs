//! The bytes on the wire, by hand.
#![allow(clippy::unwrap_used)]

mod answers;
mod bad_input;
mod cases;
mod cross_origin;
mod nesting;
mod order_of_checks;
mod slow_clients;
