//! A disk whose failures say what was attempted, on which file and where.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::{Disk, DiskFile, DiskLock};
use crate::Error;
use crate::planted::{Bug, is_planted};

/// The folder of a database.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    disk: Arc<dyn Disk>,
}

/// A file of the folder.
#[derive(Clone, Debug)]
pub(crate) struct File {
    name: Arc<str>,
    file: Arc<dyn DiskFile>,
}

fn failed(operation: &'static str, file: &str, offset: Option<u64>) -> impl FnOnce(std::io::Error) -> Error {
    let file = file.to_owned();
    move |source| Error::Io { operation, file, offset, source: Arc::new(source) }
}

impl Folder {
    pub(crate) fn new(disk: Arc<dyn Disk>) -> Self {
        Folder { disk }
    }

    pub(crate) fn open_files_max(&self) -> usize {
        self.disk.open_files_max()
    }

    pub(crate) fn lock(&self) -> Result<Box<dyn DiskLock>, Error> {
        self.disk.lock().map_err(|source| match source.kind() {
            ErrorKind::WouldBlock => Error::Locked { folder: self.disk.describe() },
            _ => failed("lock", &self.disk.describe(), None)(source),
        })
    }

    pub(crate) fn list(&self) -> Result<Vec<String>, Error> {
        self.disk.list().map_err(failed("list", &self.disk.describe(), None))
    }

    pub(crate) fn create(&self, name: &str) -> Result<File, Error> {
        let file = self.disk.create(name).map_err(failed("create", name, None))?;
        Ok(File { name: name.into(), file })
    }

    pub(crate) fn open(&self, name: &str) -> Result<File, Error> {
        let file = self.disk.open(name).map_err(failed("open", name, None))?;
        Ok(File { name: name.into(), file })
    }

    pub(crate) fn remove(&self, name: &str) -> Result<(), Error> {
        self.disk.remove(name).map_err(failed("remove", name, None))
    }

    pub(crate) fn sync(&self) -> Result<(), Error> {
        if is_planted(Bug::FolderNotSynced) {
            return Ok(());
        }
        self.disk.sync_folder().map_err(failed("sync folder", &self.disk.describe(), None))
    }

    pub(crate) fn make_folder(&self, path: &Path) -> Result<Folder, Error> {
        let made = self.disk.make_folder(path);
        made.map(Folder::new).map_err(failed("create folder", &path.display().to_string(), None))
    }

    pub(crate) fn remove_folder(&self, path: &Path) -> Result<(), Error> {
        self.disk.remove_folder(path).map_err(failed("remove folder", &path.display().to_string(), None))
    }

    pub(crate) fn link(&self, name: &str, folder: &Path) -> Result<(), Error> {
        self.disk.link(name, folder).map_err(failed("link", name, None))
    }
}

impl File {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Reads exactly `len` bytes; a file that ends before is corrupt.
    pub(crate) fn read_exact(&self, offset: u64, len: usize) -> Result<Bytes, Error> {
        let bytes = self.read(offset, len)?;
        if bytes.len() < len {
            let what = format!("the file ends at {} instead of {}", offset + bytes.len() as u64, offset + len as u64);
            return Err(self.corrupt(offset, what));
        }
        Ok(bytes)
    }

    /// Reads `len` bytes, or what there is before the end of the file.
    pub(crate) fn read(&self, offset: u64, len: usize) -> Result<Bytes, Error> {
        self.file.read_at(offset, len).map_err(failed("read", &self.name, Some(offset)))
    }

    pub(crate) fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_at(offset, bytes).map_err(failed("write", &self.name, Some(offset)))
    }

    pub(crate) fn sync(&self) -> Result<(), Error> {
        self.file.sync().map_err(failed("sync", &self.name, None))
    }

    pub(crate) fn len_bytes(&self) -> Result<u64, Error> {
        self.file.len_bytes().map_err(failed("stat", &self.name, None))
    }

    pub(crate) fn truncate(&self, len: u64) -> Result<(), Error> {
        self.file.truncate(len).map_err(failed("truncate", &self.name, Some(len)))
    }

    pub(crate) fn corrupt(&self, offset: u64, what: impl Into<String>) -> Error {
        Error::Corrupt { file: self.name.to_string(), offset, what: what.into() }
    }
}
