//! What can go wrong, and where it did.

use std::sync::Arc;

/// What broke, and where. Cloning is cheap: one failure may be the answer to many commits.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A call to the operating system failed.
    #[error("{operation} {file}{}: {source}", offset.map(|at| format!(" at offset {at}")).unwrap_or_default())]
    Io {
        /// What was attempted.
        operation: &'static str,
        /// The file's name inside the database folder.
        file: String,
        /// Where in the file, when that makes sense.
        offset: Option<u64>,
        /// What the operating system said.
        source: Arc<std::io::Error>,
    },
    /// Bytes on disk are not what was written.
    #[error("{file} is corrupt at offset {offset}: {what}")]
    Corrupt {
        /// The file's name inside the database folder.
        file: String,
        /// Where in the file the damage was noticed.
        offset: u64,
        /// What is wrong there.
        what: String,
    },
    /// A file was written by a newer release.
    #[error("{file} has format version {found}; this release reads up to {supported}")]
    NewerFormat {
        /// The file's name inside the database folder.
        file: String,
        /// The version that it was written with.
        found: u32,
        /// The newest version that this release knows.
        supported: u32,
    },
    /// Another process has the database open.
    #[error("the database folder {folder} is in use by another process")]
    Locked {
        /// The folder.
        folder: String,
    },
    /// A write failed before; nothing can be written until the database is opened again.
    #[error("the engine stopped writing after a failure: {cause}")]
    Poisoned {
        /// The failure.
        cause: Arc<Error>,
    },
    /// The engine was closed.
    #[error("the engine is closed")]
    Closed,
    /// The versions that a read as of a past commit needs may be gone.
    #[error("commit {asked} is outside the retention window, which starts at commit {oldest}")]
    SnapshotTooOld {
        /// The commit that was asked for.
        asked: u64,
        /// The oldest commit that can still be read.
        oldest: u64,
    },
    /// A snapshot was asked for at a commit that is not published yet.
    #[error("commit {asked} is not published yet; the newest published one is {published}")]
    SnapshotInFuture {
        /// The commit that was asked for.
        asked: u64,
        /// The newest published commit.
        published: u64,
    },
    /// A batch is larger than a WAL record may be.
    #[error("a batch of {bytes} bytes exceeds the maximum of {max}")]
    BatchTooLarge {
        /// The size of the batch.
        bytes: u64,
        /// The largest possible size.
        max: u64,
    },
    /// A key is longer than an index can hold.
    #[error("a key of {bytes} bytes exceeds the maximum of {max}")]
    KeyTooLarge {
        /// The size of the key as it is stored.
        bytes: u32,
        /// The largest possible size.
        max: u32,
    },
    /// The disk or the durability that was chosen can't do this.
    #[error("{what} is not possible here")]
    Unsupported {
        /// What was asked for.
        what: &'static str,
    },
}
