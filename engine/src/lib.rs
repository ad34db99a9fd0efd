//! An embedded, transactional storage engine: ordered bytes in, ordered bytes out.
//!
//! Entries live in 256 independent *stripes*, chosen by the hash of the partition part of their [`Key`]. Writers go through
//! [`Engine::transact`], which latches the stripes of the keys it is given, shows their newest versions to a closure and
//! commits what the closure decided as one batch with one [`SeqNo`]. Readers see published batches only: durable, whole,
//! in order.
//!
//! ```
//! use std::sync::Arc;
//! use kstone_engine::{Engine, Key, Options, io::MemoryDisk};
//!
//! # fn main() -> Result<(), kstone_engine::Error> {
//! let engine = Engine::open(Arc::new(MemoryDisk::new()), Options::in_memory())?;
//! let key = Key { space: 1, partition: b"user-1", sort: b"" };
//! let ((), ticket) = engine.transact(&[key], |old, batch| {
//!     assert!(old[0].is_none());
//!     batch.put(key, b"hello");
//! })?;
//! ticket.wait()?;
//! assert_eq!(engine.get(key)?.as_deref(), Some(&b"hello"[..]));
//! # Ok(())
//! # }
//! ```
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod background;
mod batch;
mod cache;
mod checkpoint;
mod compaction;
mod core;
mod encoding;
mod engine;
mod error;
mod file_header;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod io;
mod iter;
mod key;
mod manifest;
mod memtable;
mod metrics;
mod options;
#[cfg(feature = "planted-bugs")]
pub mod planted;
#[cfg(not(feature = "planted-bugs"))]
#[allow(dead_code, unreachable_pub, reason = "a constant no")]
mod planted;
mod recovery;
mod seqno;
mod sst;
mod stripe;
mod sync;
mod txn;
mod value;
mod verify;
mod visits;
mod wal;

pub use batch::WriteBatch;
pub use engine::Engine;
pub use error::Error;
pub use iter::{Direction, Row, Scan, ScanRange};
pub use key::{Key, SpaceId, position_of};
pub use metrics::{Health, Metrics};
pub use options::{Compression, Durability, Options};
pub use seqno::SeqNo;
pub use txn::{Snapshot, Ticket};
pub use value::Value;
