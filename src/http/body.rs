//! Receiving a request's body, within its size limit and within the memory that all bodies share.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::REQUEST_BYTES_MAX;

/// Bodies up to this size take no permit: connections_max of them are memory enough to allow for.
const SMALL_BYTES_MAX: usize = 64 * 1024;

/// How much of a body that is too large is read and thrown away. A client that is still sending when the connection closes may
/// never see the answer.
const DISCARDED_BYTES_MAX: usize = 4 * REQUEST_BYTES_MAX;

/// A whole body, with its share of the memory for bodies.
pub(super) struct Received {
    pub(super) bytes: Bytes,
    /// Nothing for a small body.
    pub(super) room: Option<OwnedSemaphorePermit>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyFault {
    TooLarge,
    /// The client went away, or sent something that is no HTTP.
    Broken,
}

/// Receives the whole body. `client_waits` says that the client sends none of it before it is told to go on.
pub(super) async fn receive(
    mut body: Incoming,
    client_waits: bool,
    memory: &Arc<Semaphore>,
) -> Result<Received, BodyFault> {
    let declared = body.size_hint().exact().map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    if declared.is_some_and(|bytes| bytes > REQUEST_BYTES_MAX) {
        return Err(if client_waits { BodyFault::TooLarge } else { discard(body).await });
    }
    let first = next(&mut body).await?.unwrap_or_default();
    if body.is_end_stream() {
        return Ok(Received { bytes: first, room: None });
    }
    collect(first, body, declared, memory).await
}

async fn collect(
    first: Bytes,
    mut body: Incoming,
    declared: Option<usize>,
    memory: &Arc<Semaphore>,
) -> Result<Received, BodyFault> {
    let mut room = None;
    // What a client declares is believed as far as it costs little; beyond, once there is room for it.
    let mut bytes = BytesMut::with_capacity(declared.unwrap_or(0).min(SMALL_BYTES_MAX));
    bytes.extend_from_slice(&first);
    drop(first);
    while let Some(data) = next(&mut body).await? {
        let length = bytes.len() + data.len();
        if length > REQUEST_BYTES_MAX {
            drop(bytes);
            return Err(discard(body).await);
        }
        if length > SMALL_BYTES_MAX && room.is_none() {
            // All of it at once: two bodies that each hold half of what they need would wait for each other.
            room = Some(reserve(declared.unwrap_or(REQUEST_BYTES_MAX), memory).await?);
            bytes.reserve(declared.unwrap_or(length).saturating_sub(bytes.len()));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Received { bytes: bytes.freeze(), room })
}

async fn reserve(bytes: usize, memory: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, BodyFault> {
    let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
    memory.clone().acquire_many_owned(kib).await.map_err(|_| BodyFault::Broken)
}

async fn discard(mut body: Incoming) -> BodyFault {
    let mut discarded = 0;
    while discarded < DISCARDED_BYTES_MAX {
        match next(&mut body).await {
            Ok(Some(data)) => discarded += data.len(),
            Ok(None) => break,
            Err(fault) => return fault,
        }
    }
    BodyFault::TooLarge
}

async fn next(body: &mut Incoming) -> Result<Option<Bytes>, BodyFault> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| BodyFault::Broken)?;
        // Trailers mean nothing here.
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}
