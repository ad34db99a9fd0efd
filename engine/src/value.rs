//! What a read returns.

use std::ops::Deref;

use bytes::Bytes;

use crate::SeqNo;

/// The bytes of an entry and the commit that wrote them. Cloning is cheap, and nothing was copied to make it: it shares the
/// memory of the memtable entry or of the cached block, so one that is kept keeps that memory.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    bytes: Bytes,
    seqno: SeqNo,
}

impl Value {
    pub(crate) fn new(bytes: Bytes, seqno: SeqNo) -> Self {
        Value { bytes, seqno }
    }

    /// The commit that wrote this version.
    pub fn seqno(&self) -> SeqNo {
        self.seqno
    }

    /// The bytes, still without a copy.
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }
}

impl Deref for Value {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl AsRef<[u8]> for Value {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:?}@{}", self.bytes, self.seqno)
    }
}
