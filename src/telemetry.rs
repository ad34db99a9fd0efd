//! The log: lines on stderr, so that stdout holds nothing but the readiness line.

use std::io::{self, IsTerminal};

use tracing_subscriber::filter::LevelFilter;

/// Starts the log. A second call in the same process changes nothing.
pub fn start(level: LevelFilter) {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .finish();
    // Refused only when a log is already there: a test process starts one server after another.
    let _already_started = tracing::subscriber::set_global_default(subscriber);
}
