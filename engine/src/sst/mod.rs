//! SSTs: sorted files that are written once.
//!
//! ```text
//! file header | frame | frame | … | footer
//! ```
//!
//! Data blocks come in key order. After every 128 of them (and after the last) comes a partition: the block index and
//! the bloom of these blocks. After the last partition comes the top index, which names the partitions. The top index
//! stays in memory while the file is open; partitions and data blocks go through the block cache. So a large database
//! needs little memory for what it does not touch, and a read of an absent key usually ends at a partition. Cursors read
//! ahead on their own: a compaction always, a scan when it has come far.

mod block;
mod bloom;
mod cursor;
mod footer;
mod frame;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod partition;
mod reader;
mod writer;

pub(crate) use cursor::{Purpose, SstCursor};
pub(crate) use reader::{Sst, SstShared, verify};
pub(crate) use writer::{SstWriter, WrittenSst};

use crate::file_header::FileKind;

/// How many data blocks a partition covers.
const BLOCKS_PER_PARTITION: usize = 128;

pub(crate) const SST_FILE: FileKind = FileKind { magic: u64::from_be_bytes(*b"KSTN-SST"), version: 1 };

pub(crate) fn file_name(stripe: usize, id: u64) -> String {
    format!("{stripe:03}-{id:010}.sst")
}

pub(crate) fn parse_file_name(name: &str) -> Option<(usize, u64)> {
    let (stripe, id) = name.strip_suffix(".sst")?.split_once('-')?;
    let (stripe, id) = (stripe.parse().ok()?, id.parse().ok()?);
    (file_name(stripe, id) == name).then_some((stripe, id))
}
