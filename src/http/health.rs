//! `GET /`: the answer, and the question as `kstone healthcheck` asks it.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;

use super::response::{Envelope, HttpResponse};

/// For each step of asking: connecting, sending, reading.
const PROBE_TIME_MAX: Duration = Duration::from_secs(3);

/// What us-east-1 answers a GET, its trailing space included.
const HEALTHY: &[u8] = b"healthy: dynamodb.us-east-1.amazonaws.com ";
const UNHEALTHY: &[u8] = b"unhealthy: every request fails, the log says why";

pub(super) fn answer(is_healthy: bool, envelope: &Envelope) -> HttpResponse {
    if is_healthy {
        envelope.checked(StatusCode::OK, Bytes::from_static(HEALTHY))
    } else {
        envelope.checked(StatusCode::SERVICE_UNAVAILABLE, Bytes::from_static(UNHEALTHY))
    }
}

/// Asks the server at `address` whether it is well.
pub fn probe(address: SocketAddr) -> Result<(), Unhealthy> {
    let answer = ask(address).map_err(Unhealthy::Unreachable)?;
    let line = answer.lines().next().unwrap_or_default();
    match line.split(' ').nth(1) {
        Some("200") => Ok(()),
        _ => Err(Unhealthy::Answered(line.to_owned())),
    }
}

/// Why a server is taken to be unwell.
#[derive(Debug)]
pub enum Unhealthy {
    Unreachable(io::Error),
    /// The status line of an answer that is not 200.
    Answered(String),
}

impl fmt::Display for Unhealthy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(error) => write!(f, "no answer: {error}"),
            Self::Answered(line) => write!(f, "it answers {line:?}"),
        }
    }
}

impl std::error::Error for Unhealthy {}

fn ask(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PROBE_TIME_MAX)?;
    stream.set_read_timeout(Some(PROBE_TIME_MAX))?;
    stream.set_write_timeout(Some(PROBE_TIME_MAX))?;
    stream.write_all(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    // The answer is a few hundred bytes; whatever sends more is no KeystoneDB.
    stream.take(4096).read_to_string(&mut answer)?;
    Ok(answer)
}
