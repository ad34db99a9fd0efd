//! A disk in memory.
#![allow(clippy::disallowed_types, reason = "the outside is not scheduled")]

use std::collections::BTreeMap;
use std::io::{ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::{Bytes, BytesMut};
use parking_lot::{Mutex, RwLock};

use super::{Disk, DiskFile, DiskLock};

/// A disk whose files live in memory and vanish with it. Reads of what one write wrote share its memory.
#[derive(Debug, Default)]
pub struct MemoryDisk {
    files: Mutex<BTreeMap<String, Arc<MemoryFile>>>,
    locked: Arc<AtomicBool>,
    folders: Mutex<BTreeMap<PathBuf, Arc<MemoryDisk>>>,
}

impl MemoryDisk {
    /// An empty disk.
    pub fn new() -> Self {
        MemoryDisk::default()
    }

    /// Takes the lock from whoever has it, as the end of a process does.
    pub fn break_lock(&self) {
        self.locked.store(false, Ordering::SeqCst);
    }

    /// A folder that a checkpoint made.
    pub fn folder(&self, path: &Path) -> Option<Arc<MemoryDisk>> {
        self.folders.lock().get(path).cloned()
    }

    fn file(&self, name: &str) -> Result<Arc<MemoryFile>> {
        self.files.lock().get(name).cloned().ok_or_else(|| ErrorKind::NotFound.into())
    }
}

impl Disk for MemoryDisk {
    fn lock(&self) -> Result<Box<dyn DiskLock>> {
        if self.locked.swap(true, Ordering::SeqCst) {
            return Err(ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(MemoryLock(Arc::clone(&self.locked))))
    }

    fn list(&self) -> Result<Vec<String>> {
        Ok(self.files.lock().keys().cloned().collect())
    }

    fn create(&self, name: &str) -> Result<Arc<dyn DiskFile>> {
        let file = Arc::new(MemoryFile::default());
        self.files.lock().insert(name.to_owned(), Arc::clone(&file));
        Ok(file)
    }

    fn open(&self, name: &str) -> Result<Arc<dyn DiskFile>> {
        Ok(self.file(name)?)
    }

    fn remove(&self, name: &str) -> Result<()> {
        self.files.lock().remove(name).map(drop).ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn sync_folder(&self) -> Result<()> {
        Ok(())
    }

    fn make_folder(&self, path: &Path) -> Result<Arc<dyn Disk>> {
        let mut folders = self.folders.lock();
        if folders.contains_key(path) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let folder = Arc::new(MemoryDisk::new());
        folders.insert(path.to_owned(), Arc::clone(&folder));
        Ok(folder)
    }

    fn remove_folder(&self, path: &Path) -> Result<()> {
        self.folders.lock().remove(path).map(drop).ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn link(&self, name: &str, folder: &Path) -> Result<()> {
        let file = self.file(name)?;
        let folder = self.folder(folder).ok_or(ErrorKind::NotFound)?;
        folder.files.lock().insert(name.to_owned(), file);
        Ok(())
    }

    fn describe(&self) -> String {
        "the disk in memory".to_owned()
    }
}

#[derive(Debug)]
struct MemoryLock(Arc<AtomicBool>);

impl DiskLock for MemoryLock {}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

/// The content of a file: what each write wrote, with the offset where it ends.
#[derive(Debug, Default)]
struct MemoryFile {
    parts: RwLock<Vec<(u64, Bytes)>>,
}

fn len_of(parts: &[(u64, Bytes)]) -> u64 {
    parts.last().map_or(0, |(end, _)| *end)
}

fn copy_out(parts: &[(u64, Bytes)], offset: u64, len: usize) -> Bytes {
    let mut index = parts.partition_point(|(end, _)| *end <= offset);
    let mut copied = BytesMut::new();
    let mut at = offset;
    let mut left = len;
    while let (Some((end, part)), true) = (parts.get(index), left > 0) {
        let from = part.len() - (*end - at) as usize;
        let take = left.min(part.len() - from);
        let piece = part.slice(from..from + take);
        if take == len {
            return piece;
        }
        copied.extend_from_slice(&piece);
        (at, left, index) = (at + take as u64, left - take, index + 1);
    }
    copied.freeze()
}

impl DiskFile for MemoryFile {
    fn read_at(&self, offset: u64, len: usize) -> Result<Bytes> {
        Ok(copy_out(&self.parts.read(), offset, len))
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let mut parts = self.parts.write();
        let len = len_of(&parts);
        if bytes.is_empty() {
            return Ok(());
        }
        if offset > len {
            parts.push((offset, vec![0; (offset - len) as usize].into()));
        }
        let end = offset + bytes.len() as u64;
        let first = parts.partition_point(|(part_end, _)| *part_end <= offset);
        let last = parts.partition_point(|(part_end, _)| *part_end < end);
        let mut replacement = Vec::with_capacity(3);
        if let Some((part_end, part)) = parts.get(first) {
            let before = part.len().saturating_sub((*part_end - offset) as usize);
            (before > 0).then(|| replacement.push((offset, part.slice(..before))));
        }
        replacement.push((end, Bytes::copy_from_slice(bytes)));
        if let Some((part_end, part)) = parts.get(last).filter(|(part_end, _)| *part_end > end) {
            replacement.push((*part_end, part.slice(part.len() - (*part_end - end) as usize..)));
        }
        let touched = first..(last + 1).min(parts.len());
        parts.splice(touched, replacement);
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn len_bytes(&self) -> Result<u64> {
        Ok(len_of(&self.parts.read()))
    }

    fn truncate(&self, len: u64) -> Result<()> {
        let mut parts = self.parts.write();
        let mut whole = copy_out(&parts, 0, len_of(&parts).min(len) as usize).to_vec();
        whole.resize(len as usize, 0);
        *parts = vec![(len, whole.into())];
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_what_was_written_in_any_order() {
        let file = MemoryFile::default();
        for (offset, bytes) in [(0, &b"abc"[..]), (3, b"defg"), (7, b"h"), (2, b"XY"), (10, b"z")] {
            file.write_at(offset, bytes).unwrap();
        }
        assert_eq!(file.read_at(0, 100).unwrap(), &b"abXYefgh\0\0z"[..]);
        file.write_at(11, b"123").unwrap();
        assert_eq!(file.read_at(9, 4).unwrap(), &b"\0z12"[..]);
        assert_eq!(file.read_at(14, 4).unwrap(), &b""[..]);
        file.truncate(3).unwrap();
        assert_eq!(file.read_at(0, 100).unwrap(), &b"abX"[..]);
        assert_eq!(file.len_bytes().unwrap(), 3);
    }

    proptest::proptest! {
        #[test]
        fn a_file_is_like_a_vector(writes in proptest::collection::vec((0..60u64, 0..30usize), 1..20)) {
            let (file, mut model) = (MemoryFile::default(), Vec::new());
            for (number, (offset, len)) in writes.into_iter().enumerate() {
                let bytes = vec![number as u8 + 1; len];
                file.write_at(offset, &bytes).unwrap();
                let (start, end) = (offset as usize, offset as usize + len);
                if len > 0 {
                    model.resize(model.len().max(end), 0);
                    model[start..end].copy_from_slice(&bytes);
                }
                proptest::prop_assert_eq!(&file.read_at(0, 1000).unwrap(), &model);
                proptest::prop_assert_eq!(file.len_bytes().unwrap(), model.len() as u64);
            }
        }
    }

    #[test]
    fn a_read_inside_one_write_shares_its_memory() {
        let file = MemoryFile::default();
        file.write_at(0, b"abc").unwrap();
        file.write_at(3, b"defg").unwrap();
        let (first, second) = (file.read_at(4, 2).unwrap(), file.read_at(4, 2).unwrap());
        assert_eq!(first.as_ptr(), second.as_ptr());
    }

    #[test]
    fn a_lock_excludes_others_until_it_is_dropped() {
        let disk = MemoryDisk::new();
        let lock = disk.lock().unwrap();
        assert_eq!(disk.lock().unwrap_err().kind(), ErrorKind::WouldBlock);
        drop(lock);
        disk.lock().unwrap();
    }
}
