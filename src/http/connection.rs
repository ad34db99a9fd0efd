//! One connection, from its first byte to its last.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::TcpStream;

use super::body::BodyMemory;
use super::exchange::Session;
use super::limits::HEAD_BYTES_MAX;
use super::limits::Limits;
use super::socket::WatchedSocket;
use super::watch::{Registration, Watch};
use crate::service::Handler;

/// What all connections share.
pub(super) struct Server<H> {
    pub(super) handler: Arc<H>,
    pub(super) bodies: BodyMemory,
    stopping: AtomicBool,
}

impl<H> Server<H> {
    pub(super) fn new(handler: Arc<H>, limits: &Limits) -> Self {
        Self { handler, bodies: BodyMemory::new(limits.bodies_bytes_max), stopping: AtomicBool::new(false) }
    }

    /// From now on an answer is the last of its connection.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

pub(super) async fn run<H: Handler>(
    stream: TcpStream,
    server: Arc<Server<H>>,
    watch: Arc<Watch>,
    _registration: Registration,
) {
    let socket = WatchedSocket::new(stream, watch.clone());
    let session = Session::new(server, watch);
    let served = http1::Builder::new()
        // The watch has a limit for it.
        .header_read_timeout(None)
        // What is buffered without being a whole head is refused beyond it.
        .max_buf_size(HEAD_BYTES_MAX)
        // A client may close its side once it has asked; it still gets its answer (RFC 9112, 9.6).
        .half_close(true)
        .serve_connection(socket, service_fn(move |request| session.answer(request)))
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}
