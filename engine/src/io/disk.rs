//! What the engine asks of a disk.

use std::fmt::Debug;
use std::io::Result;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

/// A folder with the files of one database. Names are plain file names.
///
/// What a crash may do to it: a write that no [`DiskFile::sync`] followed may be there wholly, in part, or not at all; a
/// file that was created or removed may be there or not until [`sync_folder`](Disk::sync_folder).
pub trait Disk: Debug + Send + Sync + 'static {
    /// Makes this the only user of the folder until the lock is dropped. `ErrorKind::WouldBlock` when there is one already.
    fn lock(&self) -> Result<Box<dyn DiskLock>>;
    /// The names of all files.
    fn list(&self) -> Result<Vec<String>>;
    /// Makes an empty file, for reading and writing; replaces one of the same name.
    fn create(&self, name: &str) -> Result<Arc<dyn DiskFile>>;
    /// Opens a file for reading and writing.
    fn open(&self, name: &str) -> Result<Arc<dyn DiskFile>>;
    /// Removes a file. Who has it open can go on reading.
    fn remove(&self, name: &str) -> Result<()>;
    /// Makes creations and removals durable.
    fn sync_folder(&self) -> Result<()>;
    /// Another, empty folder, on the same file system where links are to work.
    fn make_folder(&self, path: &Path) -> Result<Arc<dyn Disk>>;
    /// Removes a folder that [`make_folder`](Disk::make_folder) made and whose files were removed.
    fn remove_folder(&self, path: &Path) -> Result<()>;
    /// Lets a folder made by [`make_folder`](Disk::make_folder) have a file of this one under the same name, without a copy.
    fn link(&self, name: &str, folder: &Path) -> Result<()>;
    /// How many files may be open at a time, as far as the disk is concerned.
    fn open_files_max(&self) -> usize {
        usize::MAX
    }
    /// How messages call it.
    fn describe(&self) -> String;
}

/// An open file.
pub trait DiskFile: Debug + Send + Sync + 'static {
    /// Reads `len` bytes, fewer only at the end of the file.
    fn read_at(&self, offset: u64, len: usize) -> Result<Bytes>;
    /// Writes all the bytes.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()>;
    /// Makes everything that was written durable, with what is needed to read it.
    fn sync(&self) -> Result<()>;
    /// The size of the file.
    fn len_bytes(&self) -> Result<u64>;
    /// Cuts the file off.
    fn truncate(&self, len: u64) -> Result<()>;
}

/// Held by the only user of a folder.
pub trait DiskLock: Debug + Send + Sync {}
