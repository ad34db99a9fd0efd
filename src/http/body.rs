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

/// By how much a body's share grows as it arrives.
const STEP_BYTES: usize = 256 * 1024;

/// The memory that bodies over [`SMALL_BYTES_MAX`] share. A body has room for what has arrived of it, not for what it
/// announces, so that to hold memory a client has to send. Bodies that grow could all wait for each other; therefore one at a
/// time has the last part to itself, in which it surely ends.
pub(super) struct BodyMemory {
    /// One permit a KiB.
    shared: Arc<Semaphore>,
    /// One permit for [`REQUEST_BYTES_MAX`].
    last: Arc<Semaphore>,
}

impl BodyMemory {
    /// At least [`REQUEST_BYTES_MAX`] bytes.
    pub(super) fn new(bytes: usize) -> Self {
        let shared = Semaphore::new(bytes.saturating_sub(REQUEST_BYTES_MAX).div_ceil(1024));
        Self { shared: Arc::new(shared), last: Arc::new(Semaphore::new(1)) }
    }
}

/// A whole body, with its share of the memory for bodies.
pub(super) struct Received {
    pub(super) bytes: Bytes,
    /// Empty for a small body.
    pub(super) room: Room,
}

/// A body's share of the memory, until it is dropped.
#[derive(Default)]
pub(super) struct Room {
    bytes: usize,
    shared: Option<OwnedSemaphorePermit>,
    last: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// Makes room for a body of `length` bytes, which is not going to be larger than `length_max`.
    async fn grow(&mut self, length: usize, length_max: usize, memory: &BodyMemory) -> Result<(), BodyFault> {
        while self.bytes < length {
            let step = STEP_BYTES.min(length_max.saturating_sub(self.bytes)).max(length - self.bytes);
            let kib = u32::try_from(step.div_ceil(1024)).unwrap_or(u32::MAX);
            tokio::select! {
                biased;
                more = memory.shared.clone().acquire_many_owned(kib) => {
                    let more = more.map_err(|_| BodyFault::Broken)?;
                    match &mut self.shared {
                        Some(shared) => shared.merge(more),
                        None => self.shared = Some(more),
                    }
                    self.bytes += step;
                }
                last = memory.last.clone().acquire_owned() => {
                    self.last = Some(last.map_err(|_| BodyFault::Broken)?);
                    self.shared = None;
                    self.bytes = REQUEST_BYTES_MAX;
                }
            }
        }
        Ok(())
    }
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
    memory: &BodyMemory,
) -> Result<Received, BodyFault> {
    let declared = body.size_hint().exact().map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    if declared.is_some_and(|bytes| bytes > REQUEST_BYTES_MAX) {
        return Err(if client_waits { BodyFault::TooLarge } else { discard(body).await });
    }
    let first = next(&mut body).await?.unwrap_or_default();
    if body.is_end_stream() {
        return Ok(Received { bytes: first, room: Room::default() });
    }
    collect(first, body, declared, memory).await
}

async fn collect(
    first: Bytes,
    mut body: Incoming,
    declared: Option<usize>,
    memory: &BodyMemory,
) -> Result<Received, BodyFault> {
    let mut room = Room::default();
    // What a client declares is believed as far as it costs little. Of what is reserved beyond, the system gives no page
    // before it is written to.
    let mut bytes = BytesMut::with_capacity(declared.unwrap_or(0).min(SMALL_BYTES_MAX));
    bytes.extend_from_slice(&first);
    drop(first);
    while let Some(data) = next(&mut body).await? {
        let length = bytes.len() + data.len();
        if length > REQUEST_BYTES_MAX {
            drop((bytes, room));
            return Err(discard(body).await);
        }
        if length > SMALL_BYTES_MAX {
            room.grow(length, declared.unwrap_or(REQUEST_BYTES_MAX), memory).await?;
            bytes.reserve(declared.unwrap_or(length).saturating_sub(bytes.len()));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Received { bytes: bytes.freeze(), room })
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
