//! A disk that fails on demand, and that can be looked at as a power cut would leave it.
//!
//! It works like a disk in memory and keeps the list of all calls that change something. From that list it makes, for any
//! moment of the past, the disks that a power cut at that moment could have left.
#![allow(clippy::disallowed_types, reason = "the outside is not scheduled")]

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
    /// With an error; nothing happened. A sync that fails so loses what it should have made durable: it never will be,
    /// although later syncs succeed. That is what Linux does.
    Error(ErrorKind),
    /// With an error after half of the bytes were written; calls other than writes just fail.
    ShortWrite,
}

/// Which calls fail, counted from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failing {
    /// This one only.
    At(u64),
    /// This one and all after it.
    From(u64),
    /// This sync only, of a file or of the folder; only syncs are counted.
    AtSync(u64),
}

/// A call that failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailedCall {
    /// As errors of the engine call it.
    pub operation: &'static str,
    /// The file, or what the folder is called.
    pub file: String,
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

const NAME: &str = "the faulty disk";
const SYNC: &str = "sync";
const SYNC_FOLDER: &str = "sync folder";

/// A disk for tests of failures and power cuts.
#[derive(Debug, Default)]
pub struct FaultyDisk {
    live: MemoryDisk,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    call_count: u64,
    sync_count: u64,
    fault: Option<(Failing, Fault)>,
    failed: Vec<FailedCall>,
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
    contents: BTreeMap<usize, Arc<Vec<u8>>>,
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
                state.start.contents.insert(inode, Arc::new(content.to_vec()));
            }
        }
        Ok(faulty)
    }

    /// Makes calls fail.
    pub fn fail(&self, calls: Failing, fault: Fault) {
        self.state.lock().fault = Some((calls, fault));
    }

    /// Whether the fault came into effect.
    pub fn has_fired(&self) -> bool {
        !self.state.lock().failed.is_empty()
    }

    /// The calls that failed, in order.
    pub fn failed_calls(&self) -> Vec<FailedCall> {
        self.state.lock().failed.clone()
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

    /// Every moment at which the power could have been cut, in order.
    pub fn power_cuts(&self) -> PowerCuts {
        let state = self.state.lock();
        PowerCuts { changes: state.changes.clone(), next: Some(state.first_cut()) }
    }

    /// A power cut now.
    pub fn power_cut(&self) -> PowerCut {
        let state = self.state.lock();
        let mut cut = state.first_cut();
        state.changes.iter().for_each(|change| cut.add(change));
        cut
    }
}

/// The moments at which the power could have been cut: before the first change, and after each.
#[derive(Debug)]
pub struct PowerCuts {
    changes: Vec<Change>,
    next: Option<PowerCut>,
}

impl Iterator for PowerCuts {
    type Item = PowerCut;

    fn next(&mut self) -> Option<PowerCut> {
        let cut = self.next.take()?;
        if let Some(change) = self.changes.get(cut.change_count) {
            let mut following = cut.clone();
            following.add(change);
            self.next = Some(following);
        }
        Some(cut)
    }
}

/// A power cut at a certain moment.
#[derive(Clone, Debug)]
pub struct PowerCut {
    /// After so many changes.
    pub change_count: usize,
    durable: Image,
    /// In the order in which they were made.
    unsynced: Vec<Change>,
}

impl PowerCut {
    fn add(&mut self, change: &Change) {
        self.change_count += 1;
        let is_settled: &dyn Fn(&Change) -> bool = match change {
            Change::Sync { inode } => &|other| other.inode() == Some(*inode),
            Change::SyncFolder => &|other| matches!(other, Change::Create { .. } | Change::Remove { .. }),
            Change::SyncLost { inode } => {
                self.unsynced.retain(|other| other.inode() != Some(*inode));
                return;
            }
            change => {
                self.unsynced.push(change.clone());
                return;
            }
        };
        let (settled, left): (Vec<_>, Vec<_>) = std::mem::take(&mut self.unsynced).into_iter().partition(is_settled);
        settled.iter().for_each(|change| self.durable.apply(change));
        self.unsynced = left;
    }

    /// The disk as it is when not the power fails but the process is killed: everything is there, and what was not
    /// synced still is not.
    pub fn after_kill(&self) -> Result<FaultyDisk> {
        let mut all = self.durable.clone();
        self.unsynced.iter().for_each(|change| all.apply(change));
        let created = self.unsynced.iter().filter_map(Change::inode);
        let inode_count = all.names.values().chain(all.contents.keys()).copied().chain(created).max().unwrap_or(0);
        let state = State {
            changes: self.unsynced.clone(),
            inode_count,
            names: all.names.clone(),
            start: self.durable.clone(),
            ..State::default()
        };
        Ok(FaultyDisk { live: all.to_disk()?, state: Arc::new(Mutex::new(state)) })
    }

    /// All the ways in which it can end, without those that leave the same behind.
    pub fn endings(&self) -> Vec<Survivors> {
        let count = self.unsynced.len();
        let mut endings = vec![Survivors::None];
        if count > 0 {
            endings.push(Survivors::All);
        }
        for (at, change) in self.unsynced.iter().enumerate() {
            if at > 0 {
                endings.push(Survivors::First(at));
            }
            if at + 1 < count {
                endings.push(Survivors::AllBut(at));
            }
            if let Change::Write { .. } = change {
                endings.push(Survivors::TornAfter(at));
                endings.push(Survivors::HoleAfter(at));
            }
        }
        endings
    }

    /// The disk that is left.
    pub fn disk(&self, survivors: Survivors) -> Result<MemoryDisk> {
        let mut left = self.durable.clone();
        for (index, change) in self.unsynced.iter().enumerate() {
            let survives = match survivors {
                Survivors::None => false,
                Survivors::All => true,
                Survivors::First(count) => index < count,
                Survivors::AllBut(lost) => index != lost,
                Survivors::TornAfter(count) | Survivors::HoleAfter(count) => index <= count,
            };
            let half_of = |bytes: &Bytes| match survivors {
                Survivors::TornAfter(count) if count == index => 0..bytes.len() / 2,
                Survivors::HoleAfter(count) if count == index => bytes.len() / 2..bytes.len(),
                _ => 0..bytes.len(),
            };
            match change {
                Change::Write { inode, offset, bytes } if survives => {
                    let part = half_of(bytes);
                    left.write(*inode, offset + part.start as u64, &bytes[part]);
                }
                change if survives => left.apply(change),
                _ => {}
            }
        }
        left.to_disk()
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
            Change::Truncate { inode, len } => {
                Arc::make_mut(self.contents.entry(*inode).or_default()).resize(*len as usize, 0)
            }
            Change::SyncFolder | Change::Sync { .. } | Change::SyncLost { .. } => {}
        }
    }

    fn write(&mut self, inode: usize, offset: u64, bytes: &[u8]) {
        let content = Arc::make_mut(self.contents.entry(inode).or_default());
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

    fn first_cut(&self) -> PowerCut {
        PowerCut { change_count: 0, durable: self.start.clone(), unsynced: Vec::new() }
    }

    /// Counts a call; an error when it is to fail.
    fn call(&mut self, operation: &'static str, file: &str) -> std::result::Result<(), Fault> {
        let is_sync = matches!(operation, SYNC | SYNC_FOLDER);
        self.call_count += 1;
        self.sync_count += u64::from(is_sync);
        let is_due = |calls| match calls {
            Failing::At(call) => self.call_count == call,
            Failing::From(call) => self.call_count >= call,
            Failing::AtSync(sync) => is_sync && self.sync_count == sync,
        };
        match self.fault {
            Some((calls, fault)) if is_due(calls) => {
                self.failed.push(FailedCall { operation, file: file.to_owned() });
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
    }
}

impl Disk for FaultyDisk {
    fn lock(&self) -> Result<Box<dyn DiskLock>> {
        self.state.lock().call("lock", NAME).map_err(error_of)?;
        self.live.lock()
    }

    fn list(&self) -> Result<Vec<String>> {
        self.state.lock().call("list", NAME).map_err(error_of)?;
        self.live.list()
    }

    fn create(&self, name: &str) -> Result<Arc<dyn DiskFile>> {
        let mut state = self.state.lock();
        state.call("create", name).map_err(error_of)?;
        let file = self.live.create(name)?;
        let inode = state.new_inode();
        state.names.insert(name.to_owned(), inode);
        state.changes.push(Change::Create { name: name.to_owned(), inode });
        Ok(Arc::new(FaultyFile { name: name.to_owned(), file, inode, state: Arc::clone(&self.state) }))
    }

    fn open(&self, name: &str) -> Result<Arc<dyn DiskFile>> {
        let mut state = self.state.lock();
        state.call("open", name).map_err(error_of)?;
        let file = self.live.open(name)?;
        let inode = *state.names.get(name).ok_or(ErrorKind::NotFound)?;
        Ok(Arc::new(FaultyFile { name: name.to_owned(), file, inode, state: Arc::clone(&self.state) }))
    }

    fn remove(&self, name: &str) -> Result<()> {
        let mut state = self.state.lock();
        state.call("remove", name).map_err(error_of)?;
        self.live.remove(name)?;
        state.names.remove(name);
        state.changes.push(Change::Remove { name: name.to_owned() });
        Ok(())
    }

    fn sync_folder(&self) -> Result<()> {
        let mut state = self.state.lock();
        state.call(SYNC_FOLDER, NAME).map_err(error_of)?;
        state.changes.push(Change::SyncFolder);
        Ok(())
    }

    fn make_folder(&self, path: &Path) -> Result<Arc<dyn Disk>> {
        self.state.lock().call("create folder", &path.display().to_string()).map_err(error_of)?;
        self.live.make_folder(path)
    }

    fn remove_folder(&self, path: &Path) -> Result<()> {
        self.state.lock().call("remove folder", &path.display().to_string()).map_err(error_of)?;
        self.live.remove_folder(path)
    }

    fn link(&self, name: &str, folder: &Path) -> Result<()> {
        self.state.lock().call("link", name).map_err(error_of)?;
        self.live.link(name, folder)
    }

    fn describe(&self) -> String {
        NAME.to_owned()
    }
}

#[derive(Debug)]
struct FaultyFile {
    name: String,
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
        self.state.lock().call("read", &self.name).map_err(error_of)?;
        self.file.read_at(offset, len)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let mut state = self.state.lock();
        if let Err(fault) = state.call("write", &self.name) {
            if fault == Fault::ShortWrite {
                self.record_write(&mut state, offset, &bytes[..bytes.len() / 2])?;
            }
            return Err(error_of(fault));
        }
        self.record_write(&mut state, offset, bytes)
    }

    fn sync(&self) -> Result<()> {
        let mut state = self.state.lock();
        if let Err(fault) = state.call(SYNC, &self.name) {
            state.changes.push(Change::SyncLost { inode: self.inode });
            return Err(error_of(fault));
        }
        state.changes.push(Change::Sync { inode: self.inode });
        Ok(())
    }

    fn len_bytes(&self) -> Result<u64> {
        self.state.lock().call("stat", &self.name).map_err(error_of)?;
        self.file.len_bytes()
    }

    fn truncate(&self, len: u64) -> Result<()> {
        let mut state = self.state.lock();
        state.call("truncate", &self.name).map_err(error_of)?;
        self.file.truncate(len)?;
        state.changes.push(Change::Truncate { inode: self.inode, len });
        Ok(())
    }
}
