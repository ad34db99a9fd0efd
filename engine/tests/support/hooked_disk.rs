//! A disk that asks a test before each call that changes something, so that the call can be held up or fail, and counts
//! what is read.
#![allow(clippy::disallowed_types, reason = "what is not the engine's is not scheduled")]

use std::fmt::{self, Debug, Formatter};
use std::io::{ErrorKind, Result};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use kstone_engine::io::{Disk, DiskFile, DiskLock, MemoryDisk};

type Hook = Arc<dyn Fn(&'static str, &str) -> Result<()> + Send + Sync>;

/// The hook gets the operation and the name of the file; an error is the outcome of the call.
#[derive(Clone)]
pub struct HookedDisk {
    pub memory: Arc<MemoryDisk>,
    pub reads: Arc<Reads>,
    hook: Hook,
}

/// What was read so far.
#[derive(Default)]
pub struct Reads {
    count: AtomicUsize,
    bytes: AtomicUsize,
}

impl Reads {
    /// How often, and how many bytes.
    pub fn now(&self) -> (usize, usize) {
        (self.count.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }
}

impl HookedDisk {
    pub fn new(hook: impl Fn(&'static str, &str) -> Result<()> + Send + Sync + 'static) -> Self {
        HookedDisk { memory: Arc::new(MemoryDisk::new()), reads: Arc::default(), hook: Arc::new(hook) }
    }

    fn file(&self, name: &str, file: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        Arc::new(HookedFile {
            name: name.to_owned(),
            file,
            reads: Arc::clone(&self.reads),
            hook: Arc::clone(&self.hook),
        })
    }
}

impl Debug for HookedDisk {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("HookedDisk")
    }
}

impl Disk for HookedDisk {
    fn lock(&self) -> Result<Box<dyn DiskLock>> {
        self.memory.lock()
    }

    fn list(&self) -> Result<Vec<String>> {
        self.memory.list()
    }

    fn create(&self, name: &str) -> Result<Arc<dyn DiskFile>> {
        (self.hook)("create", name)?;
        Ok(self.file(name, self.memory.create(name)?))
    }

    fn open(&self, name: &str) -> Result<Arc<dyn DiskFile>> {
        Ok(self.file(name, self.memory.open(name)?))
    }

    fn remove(&self, name: &str) -> Result<()> {
        (self.hook)("remove", name)?;
        self.memory.remove(name)
    }

    fn sync_folder(&self) -> Result<()> {
        (self.hook)("sync folder", "")
    }

    fn make_folder(&self, path: &Path) -> Result<Arc<dyn Disk>> {
        self.memory.make_folder(path)?;
        let memory = self.memory.folder(path).ok_or(ErrorKind::NotFound)?;
        Ok(Arc::new(HookedDisk { memory, ..self.clone() }))
    }

    fn remove_folder(&self, path: &Path) -> Result<()> {
        self.memory.remove_folder(path)
    }

    fn link(&self, name: &str, folder: &Path) -> Result<()> {
        (self.hook)("link", name)?;
        self.memory.link(name, folder)
    }

    fn describe(&self) -> String {
        "the hooked disk".to_owned()
    }
}

struct HookedFile {
    name: String,
    file: Arc<dyn DiskFile>,
    reads: Arc<Reads>,
    hook: Hook,
}

impl Debug for HookedFile {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

impl DiskFile for HookedFile {
    fn read_at(&self, offset: u64, len: usize) -> Result<Bytes> {
        let bytes = self.file.read_at(offset, len)?;
        self.reads.count.fetch_add(1, Ordering::Relaxed);
        self.reads.bytes.fetch_add(bytes.len(), Ordering::Relaxed);
        Ok(bytes)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        (self.hook)("write", &self.name)?;
        self.file.write_at(offset, bytes)
    }

    fn sync(&self) -> Result<()> {
        (self.hook)("sync", &self.name)?;
        self.file.sync()
    }

    fn len_bytes(&self) -> Result<u64> {
        self.file.len_bytes()
    }

    fn truncate(&self, len: u64) -> Result<()> {
        (self.hook)("truncate", &self.name)?;
        self.file.truncate(len)
    }
}
