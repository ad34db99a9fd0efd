//! A disk that fails on demand, and that can be looked at as a power cut would leave it.
//!
//! It works like a disk in memory and keeps the list of all calls that change something. From that list it makes, for any
//! moment of the past, the disks that a power cut at that moment could have left.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use super::{Disk, DiskFile, DiskLock, MemoryDisk};

/// How a call fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// With an error; nothing happened.
    Error(ErrorKind),
    /// With an error after half of the bytes were written; other calls just fail.
    ShortWrite,
    /// Once. If it is a sync, what it should have made durable never will be, although later syncs succeed: this is what
    /// Linux does after it reported an error.
    FailOnce,
}

/// What became of the changes that were not synced when the power was cut. Changes are counted from the oldest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Survivors {
    /// None is there.
    None,
    /// All are there.
    All,
    /// The first ones are there.
    First(usize),
    /// All but this one are there.
    AllBut(usize),
    /// The first ones are there, and of the next, a write, only the first half.
    TornAfter(usize),
    /// The first ones are there, and of the next, a write, only the second half: zeros come before.
    HoleAfter(usize),
}

/// A disk for tests of failures and power cuts.
#[derive(Debug, Default)]
pub struct FaultyDisk {
    live: MemoryDisk,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    call_count: u64,
    fault: Option<(u64, Fault)>,
    fired: bool,
    changes: Vec<Change>,
    inode_count: usize,
    names: BTreeMap<String, usize>,
    /// What was there when the disk was made.
    start: Image,
}

#[derive(Clone, Debug)]
enum Change {
    Create {
        name: String,
        inode: usize,
    },
    Remove {
        name: String,
    },
    SyncFolder,
    Write {
        inode: usize,
        offset: u64,
        bytes: Bytes,
    },
    Truncate {
        inode: usize,
        len: u64,
    },
    Sync {
        inode: usize,
    },
    /// Reported an error; what was not durable never will be.
    SyncLost {
        inode: usize,
    },
}

/// What is durable.
#[derive(Clone, Debug, Default)]
struct Image {
    names: BTreeMap<String, usize>,
    contents: BTreeMap<usize, Vec<u8>>,
}

impl FaultyDisk {
    /// An empty disk without faults.
    pub fn new() -> Self {
        FaultyDisk::default()
    }

    /// A disk with the content of another, all durable.
    pub fn with_content_of(disk: &MemoryDisk) -> Result<Self> {
        let faulty = FaultyDisk::new();
        {
            let mut state = faulty.state.lock();
            for name in disk.list()? {
                let file = disk.open(&name)?;
                let content = file.read_at(0, file.len_bytes()? as usize)?;
                let copy = faulty.live.create(&name)?;
                copy.write_at(0, &content)?;
                let inode = state.new_inode();
                state.names.insert(name.clone(), inode);
                state.start.names.insert(name, inode);
                state.start.contents.insert(inode, content.to_vec());
            }
        }
        Ok(faulty)
    }

    /// Makes the call with this number, counted from 1, fail in this way. Except for [`Fault::FailOnce`], later ones fail
    /// as well.
    pub fn fail_at(&self, call: u64, fault: Fault) {
        self.state.lock().fault = Some((call, fault));
    }

    /// Whether the fault came into effect.
    pub fn has_fired(&self) -> bool {
        self.state.lock().fired
    }

    /// Repairs the disk.
    pub fn clear_fault(&self) {
        self.state.lock().fault = None;
    }

    /// How many changes were made so far: the moments at which the power could have been cut.
    pub fn change_count(&self) -> usize {
        self.state.lock().changes.len()
    }

    /// The disk as programs see it now.
    pub fn live(&self) -> &MemoryDisk {
        &self.live
    }

    /// How many changes were not synced after so many changes.
    pub fn unsynced_count(&self, changes: usize) -> usize {
        let state = self.state.lock();
        Replayed::of(&state, changes).unsynced.len()
    }

    /// Whether an unsynced change is a write, which can be torn.
    pub fn is_write(&self, changes: usize, unsynced: usize) -> bool {
        let state = self.state.lock();
        matches!(Replayed::of(&state, changes).unsynced.get(unsynced), Some(Change::Write { .. }))
    }

    /// The disk after a power cut that came after so many changes.
    pub fn after_power_cut(&self, changes: usize, survivors: Survivors) -> Result<MemoryDisk> {
        let state = self.state.lock();
        let Replayed { mut durable, unsynced } = Replayed::of(&state, changes);
        for (index, change) in unsynced.into_iter().enumerate() {
            let survives = match survivors {
                Survivors::None => false,
                Survivors::All => true,
                Survivors::First(count) => index < count,
                Survivors::AllBut(lost) => index != lost,
                Survivors::TornAfter(count) | Survivors::HoleAfter(count) => index <= count,
            };
            let is_partial = match survivors {
                Survivors::TornAfter(count) | Survivors::HoleAfter(count) => index == count,
                _ => false,
            };
            if !survives {
                continue;
            }
            match change {
                Change::Write { inode, offset, bytes } if is_partial => {
                    let half = bytes.len() / 2;
                    let torn = survivors == Survivors::TornAfter(index);
                    let part = if torn { 0..half } else { half..bytes.len() };
                    durable.write(inode, offset + part.start as u64, &bytes[part]);
                }
                change => durable.apply(&change),
            }
        }
        durable.to_disk()
    }
}

/// The state of the disk after some changes.
struct Replayed {
    durable: Image,
    /// In the order in which they were made.
    unsynced: Vec<Change>,
}

impl Replayed {
    fn of(state: &State, changes: usize) -> Replayed {
        let mut durable = state.start.clone();
        let mut unsynced: Vec<Change> = Vec::new();
        for change in &state.changes[..changes] {
            let is_settled: &dyn Fn(&Change) -> bool = match change {
                Change::Sync { inode } => &|other| other.inode() == Some(*inode),
                Change::SyncFolder => &|other| matches!(other, Change::Create { .. } | Change::Remove { .. }),
                Change::SyncLost { inode } => {
                    unsynced.retain(|other| other.inode() != Some(*inode));
                    continue;
                }
                change => {
                    unsynced.push(change.clone());
                    continue;
                }
            };
            let (settled, left): (Vec<_>, Vec<_>) = unsynced.into_iter().partition(is_settled);
            settled.iter().for_each(|change| durable.apply(change));
            unsynced = left;
        }
        Replayed { durable, unsynced }
    }
}

impl Change {
    /// The file whose content it changes.
    fn inode(&self) -> Option<usize> {
        match self {
            Change::Write { inode, .. } | Change::Truncate { inode, .. } => Some(*inode),
            _ => None,
        }
    }
}

impl Image {
    fn apply(&mut self, change: &Change) {
        match change {
            Change::Create { name, inode } => {
                self.names.insert(name.clone(), *inode);
            }
            Change::Remove { name } => {
                self.names.remove(name);
            }
            Change::Write { inode, offset, bytes } => self.write(*inode, *offset, bytes),
            Change::Truncate { inode, len } => self.contents.entry(*inode).or_default().resize(*len as usize, 0),
            Change::SyncFolder | Change::Sync { .. } | Change::SyncLost { .. } => {}
        }
    }

    fn write(&mut self, inode: usize, offset: u64, bytes: &[u8]) {
        let content = self.contents.entry(inode).or_default();
        let end = offset as usize + bytes.len();
        content.resize(content.len().max(end), 0);
        content[offset as usize..end].copy_from_slice(bytes);
    }

    fn to_disk(&self) -> Result<MemoryDisk> {
        let disk = MemoryDisk::new();
        for (name, inode) in &self.names {
            let file = disk.create(name)?;
            if let Some(content) = self.contents.get(inode).filter(|content| !content.is_empty()) {
                file.write_at(0, content)?;
            }
        }
        Ok(disk)
    }
}

impl State {
    fn new_inode(&mut self) -> usize {
        self.inode_count += 1;
        self.inode_count
    }

    /// Counts a call; an error when it is to fail.
    fn call(&mut self) -> std::result::Result<(), Fault> {
        self.call_count += 1;
        match self.fault {
            Some((at, fault)) if self.call_count == at || (self.call_count > at && fault != Fault::FailOnce) => {
                self.fired = true;
                Err(fault)
            }
            _ => Ok(()),
        }
    }
}

fn error_of(fault: Fault) -> Error {
    match fault {
        Fault::Error(kind) => kind.into(),
        Fault::ShortWrite => ErrorKind::WriteZero.into(),
        Fault::FailOnce => Error::other("input/output error"),
    }
}

impl Disk for FaultyDisk {
    fn lock(&self) -> Result<Box<dyn DiskLock>> {
        self.state.lock().call().map_err(error_of)?;
        self.live.lock()
    }

    fn list(&self) -> Result<Vec<String>> {
        self.state.lock().call().map_err(error_of)?;
        self.live.list()
    }

    fn create(&self, name: &str) -> Result<Arc<dyn DiskFile>> {
        let mut state = self.state.lock();
        state.call().map_err(error_of)?;
        let file = self.live.create(name)?;
        let inode = state.new_inode();
        state.names.insert(name.to_owned(), inode);
        state.changes.push(Change::Create { name: name.to_owned(), inode });
        Ok(Arc::new(FaultyFile { file, inode, state: Arc::clone(&self.state) }))
    }

    fn open(&self, name: &str) -> Result<Arc<dyn DiskFile>> {
        let mut state = self.state.lock();
        state.call().map_err(error_of)?;
        let file = self.live.open(name)?;
        let inode = *state.names.get(name).ok_or(ErrorKind::NotFound)?;
        Ok(Arc::new(FaultyFile { file, inode, state: Arc::clone(&self.state) }))
    }

    fn remove(&self, name: &str) -> Result<()> {
        let mut state = self.state.lock();
        state.call().map_err(error_of)?;
        self.live.remove(name)?;
        state.names.remove(name);
        state.changes.push(Change::Remove { name: name.to_owned() });
        Ok(())
    }

    fn sync_folder(&self) -> Result<()> {
        let mut state = self.state.lock();
        state.call().map_err(error_of)?;
        state.changes.push(Change::SyncFolder);
        Ok(())
    }

    fn make_folder(&self, path: &Path) -> Result<Arc<dyn Disk>> {
        self.state.lock().call().map_err(error_of)?;
        self.live.make_folder(path)
    }

    fn link(&self, name: &str, folder: &Path) -> Result<()> {
        self.state.lock().call().map_err(error_of)?;
        self.live.link(name, folder)
    }

    fn describe(&self) -> String {
        "the faulty disk".to_owned()
    }
}

#[derive(Debug)]
struct FaultyFile {
    file: Arc<dyn DiskFile>,
    inode: usize,
    state: Arc<Mutex<State>>,
}

impl FaultyFile {
    fn record_write(&self, state: &mut State, offset: u64, bytes: &[u8]) -> Result<()> {
        self.file.write_at(offset, bytes)?;
        state.changes.push(Change::Write { inode: self.inode, offset, bytes: Bytes::copy_from_slice(bytes) });
        Ok(())
    }
}

impl DiskFile for FaultyFile {
    fn read_at(&self, offset: u64, len: usize) -> Result<Bytes> {
        self.state.lock().call().map_err(error_of)?;
        self.file.read_at(offset, len)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let mut state = self.state.lock();
        if let Err(fault) = state.call() {
            if fault == Fault::ShortWrite {
                self.record_write(&mut state, offset, &bytes[..bytes.len() / 2])?;
            }
            return Err(error_of(fault));
        }
        self.record_write(&mut state, offset, bytes)
    }

    fn sync(&self) -> Result<()> {
        let mut state = self.state.lock();
        if let Err(fault) = state.call() {
            state.changes.push(Change::SyncLost { inode: self.inode });
            return Err(error_of(fault));
        }
        state.changes.push(Change::Sync { inode: self.inode });
        Ok(())
    }

    fn len_bytes(&self) -> Result<u64> {
        self.state.lock().call().map_err(error_of)?;
        self.file.len_bytes()
    }

    fn truncate(&self, len: u64) -> Result<()> {
        let mut state = self.state.lock();
        state.call().map_err(error_of)?;
        self.file.truncate(len)?;
        state.changes.push(Change::Truncate { inode: self.inode, len });
        Ok(())
    }
}
