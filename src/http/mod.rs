//! HTTP/1.1 transport: a thin shell around [`Handler`], which knows nothing of sockets.
//!
//! One connection is one task. [`watch`] knows what each connection is waiting for and closes the ones that wait too long, so
//! that neither a half-sent request nor a silent client holds a connection for ever. [`exchange`] takes one request through AWS's
//! order of checks; [`response`] puts on the headers that every answer has.

mod accept;
mod body;
mod connection;
mod cors;
mod exchange;
mod health;
mod limits;
mod request_id;
mod response;
mod socket;
mod target;
mod watch;

pub use accept::serve;
pub use health::probe;
pub use limits::Limits;

#[cfg(test)]
mod tests;
