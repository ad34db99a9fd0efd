//! A folder of the operating system.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Disk;
use crate::Error;

/// A folder that holds one database.
#[derive(Debug)]
pub struct FileDisk {
    _folder: PathBuf,
}

impl FileDisk {
    /// Uses a folder, and makes it if it isn't there.
    #[allow(clippy::disallowed_methods, reason = "this is the seam")]
    pub fn new(folder: impl AsRef<Path>) -> Result<FileDisk, Error> {
        let folder = folder.as_ref();
        std::fs::create_dir_all(folder).map_err(|source| Error::Io {
            operation: "create folder",
            file: folder.display().to_string(),
            offset: None,
            source: Arc::new(source),
        })?;
        Ok(FileDisk {
            _folder: folder.to_owned(),
        })
    }
}

impl Disk for FileDisk {}
