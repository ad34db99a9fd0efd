//! A folder of the operating system.
#![allow(clippy::disallowed_methods, reason = "this is the seam")]

use std::fs;
use std::io::{ErrorKind, Result};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::{Disk, DiskFile, DiskLock};
use crate::Error;

const LOCK_NAME: &str = "LOCK";

/// A folder that holds one database.
#[derive(Debug)]
pub struct FileDisk {
    folder: PathBuf,
    /// Of the folder, to sync it with: a commit must not fail because no further file can be opened.
    handle: fs::File,
}

impl FileDisk {
    /// Uses a folder, and makes it if it isn't there.
    pub fn new(folder: impl AsRef<Path>) -> std::result::Result<FileDisk, Error> {
        let folder = folder.as_ref();
        make_durable_folder(folder).map_err(|source| Error::Io {
            operation: "create folder",
            file: folder.display().to_string(),
            offset: None,
            source: Arc::new(source),
        })?;
        let handle = fs::File::open(folder).map_err(|source| Error::Io {
            operation: "open folder",
            file: folder.display().to_string(),
            offset: None,
            source: Arc::new(source),
        })?;
        Ok(FileDisk { folder: folder.to_owned(), handle })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// For reading and writing. Where a link leads may be another database, or the backup of one.
fn not_following_links() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32);
    options
}

/// Makes the folder and those above it; each is durable only when the one above it is synced.
fn make_durable_folder(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = match folder.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        _ => Path::new("."),
    };
    make_durable_folder(above)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => {}
        made => made?,
    }
    fs::File::open(above)?.sync_all()
}

impl Disk for FileDisk {
    fn lock(&self) -> Result<Box<dyn DiskLock>> {
        let file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(self.path(LOCK_NAME))?;
        rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive)?;
        Ok(Box::new(FolderLock { _file: file }))
    }

    fn list(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            // A name that is not text is none of ours. A link is listed so that it is not overlooked; it can't be opened.
            if let (true, Ok(name)) = (kind.is_file() || kind.is_symlink(), entry.file_name().into_string()) {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn create(&self, name: &str) -> Result<Arc<dyn DiskFile>> {
        let file = not_following_links().create(true).truncate(true).open(self.path(name))?;
        Ok(Arc::new(OpenFile { file }))
    }

    fn open(&self, name: &str) -> Result<Arc<dyn DiskFile>> {
        let file = not_following_links().open(self.path(name))?;
        // Blocks are read here and there; what is read from end to end is asked for in large pieces. Only advice, so it
        // does not matter whether the file system takes it.
        let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::Random);
        Ok(Arc::new(OpenFile { file }))
    }

    fn remove(&self, name: &str) -> Result<()> {
        fs::remove_file(self.path(name))
    }

    fn sync_folder(&self) -> Result<()> {
        self.handle.sync_all()
    }

    fn make_folder(&self, path: &Path) -> Result<Arc<dyn Disk>> {
        if path.exists() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        if let Err(error) = make_durable_folder(path) {
            // It may be there although that is not durable; only an empty one is removed, if at all.
            let _ = fs::remove_dir(path);
            return Err(error);
        }
        Ok(Arc::new(FileDisk { folder: path.to_owned(), handle: fs::File::open(path)? }))
    }

    fn remove_folder(&self, path: &Path) -> Result<()> {
        fs::remove_dir(path)
    }

    fn link(&self, name: &str, folder: &Path) -> Result<()> {
        fs::hard_link(self.path(name), folder.join(name))
    }

    /// Raises the soft limit of the process to the hard one, and leaves half of it to others.
    fn open_files_max(&self) -> usize {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        let raised = rustix::process::Rlimit { current: limit.maximum, maximum: limit.maximum };
        let current = match rustix::process::setrlimit(rustix::process::Resource::Nofile, raised) {
            Ok(()) => limit.maximum,
            Err(_) => limit.current,
        };
        current.map_or(usize::MAX, |current| (current / 2) as usize)
    }

    fn describe(&self) -> String {
        self.folder.display().to_string()
    }
}

/// The operating system releases the lock with the file, also when the process is killed.
#[derive(Debug)]
struct FolderLock {
    _file: fs::File,
}

impl DiskLock for FolderLock {}

#[derive(Debug)]
struct OpenFile {
    file: fs::File,
}

impl DiskFile for OpenFile {
    fn read_at(&self, offset: u64, len: usize) -> Result<Bytes> {
        // Read into fresh memory, which need not be zeroed first: blocks are read all the time.
        let mut bytes = Vec::with_capacity(len);
        while bytes.len() < len {
            let left = len - bytes.len();
            let at = offset + bytes.len() as u64;
            match rustix::io::pread(&self.file, rustix::buffer::spare_capacity(&mut bytes), at) {
                Ok(0) => break,
                Ok(count) if count > left => bytes.truncate(len),
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(bytes.into())
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn sync(&self) -> Result<()> {
        self.file.sync_data()
    }

    fn len_bytes(&self) -> Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn truncate(&self, len: u64) -> Result<()> {
        self.file.set_len(len)
    }
}
