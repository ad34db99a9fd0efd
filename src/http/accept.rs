//! The accept loop.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connection::{self, Server};
use super::limits::Limits;
use super::watch::Registry;
use crate::service::Handler;

/// How long to wait when the system refuses to accept, usually for want of file descriptors.
const REFUSED_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop` resolves, then lets the requests under way finish (within the limits) and closes every connection.
pub async fn serve<H: Handler>(listener: TcpListener, handler: Arc<H>, limits: Limits, stop: impl Future<Output = ()>) {
    let server = Arc::new(Server::new(handler, &limits));
    let slots = Arc::new(Semaphore::new(limits.connections_max));
    let registry = Registry::new(limits);
    let sweeper = tokio::spawn(registry.clone().sweep());
    tokio::select! {
        () = accept_all(&listener, &server, &slots, &registry) => {}
        () = stop => {}
    }
    drop(listener);
    server.stop();
    registry.drain().await;
    sweeper.abort();
}

async fn accept_all<H: Handler>(
    listener: &TcpListener,
    server: &Arc<Server<H>>,
    slots: &Arc<Semaphore>,
    registry: &Arc<Registry>,
) {
    loop {
        let stream = accept(listener, registry).await;
        // Answers are written whole: waiting for more bytes would only delay them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection was gone before it was served");
            continue;
        }
        let Some(slot) = slot(slots, registry).await else { return };
        registry.spawn(slot, |watch, registration| connection::run(stream, server.clone(), watch, registration));
    }
}

async fn accept(listener: &TcpListener, registry: &Registry) -> TcpStream {
    let mut is_told = false;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                if !std::mem::replace(&mut is_told, true) {
                    tracing::warn!(%error, "cannot accept connections");
                }
                registry.close_longest_idle();
                tokio::time::sleep(REFUSED_PAUSE).await;
            }
        }
    }
}

/// Whether an error of `accept` is about the connection that was to be accepted, and not about the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// A place among the connections: an idle one makes room, or the new one waits until another ends.
async fn slot(slots: &Arc<Semaphore>, registry: &Registry) -> Option<OwnedSemaphorePermit> {
    loop {
        match tokio::time::timeout(registry.tick(), slots.clone().acquire_owned()).await {
            Ok(slot) => return slot.ok(),
            Err(_) => registry.close_longest_idle(),
        }
    }
}
