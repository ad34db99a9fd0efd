//! The write-ahead log: one record per commit, in files that are deleted when everything in them is in SSTs.

#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod record;
mod recovery;
mod writer;

pub(crate) use record::{file_name, parse_file_name};
pub(crate) use recovery::{ClosedFile, Record, Recovered, recover, verify};
pub(crate) use writer::{Lead, PendingRecord, Wal};
