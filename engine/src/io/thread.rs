//! Thread starts.

use crate::sync::thread::{Builder, JoinHandle};

/// Starts a thread.
#[allow(clippy::disallowed_methods, reason = "this is the seam")]
pub(crate) fn start_thread(name: &str, body: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).spawn(body)
}
