//! Group commit: one writer takes what has queued, writes it, syncs once, and publishes.
//!
//! Nobody is the writer by office. A thread that waits for its commit takes the lead when nobody else has it, so a lone
//! writer pays no thread switch; tickets that are awaited are served by a background thread. Who leaves the lead while
//! commits are queued wakes a waiting thread to take it over.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::record::{self, RecordHeader, WAL_FILE};
use super::{ClosedFile, Recovered};
use crate::file_header::HEADER_BYTES;
use crate::io::{Clock, File, Folder};
use crate::planted::{Bug, is_planted};
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{Mutex, MutexGuard};
use crate::{Durability, Error};

/// A buffer that grew beyond this for one large group is given back.
const BUFFER_BYTES_KEPT: usize = 1 << 20;

/// A group that reaches the end of the file brings so many zeros along, for the next groups to write over: a sync of bytes
/// that lie inside the file need not wait for the file system to note its new size.
const ROOM_BYTES: u64 = 256 << 10;
/// A larger group pays more for the zeros than it gets from them.
const GROUP_WITH_ROOM_BYTES_MAX: usize = 32 << 10;

/// A commit that waits for being written.
pub(crate) struct PendingRecord {
    pub(crate) seqno: u64,
    pub(crate) millis: u64,
    pub(crate) payload: Bytes,
}

/// The log that is being written.
pub(crate) struct Wal {
    folder: Folder,
    clock: Arc<dyn Clock>,
    durability: Durability,
    file_bytes_max: u64,
    lead: Mutex<()>,
    writer: Mutex<Writer>,
    deletion: Mutex<()>,
    /// How many bytes all files had when somebody asked and nothing was being written.
    known_bytes: AtomicU64,
}

/// The right to take the commits that are queued and write them.
pub(crate) type Lead<'a> = MutexGuard<'a, ()>;

/// What is known of the files.
pub(crate) struct Writer {
    /// The file that takes records; made with the first one.
    active: Option<ActiveFile>,
    /// Files that take no more records, oldest first.
    closed: VecDeque<ClosedFile>,
    /// While files are being recovered, the first of them.
    unread_from: Option<u64>,
    last_file_id: u64,
    buffer: Vec<u8>,
    /// What ended all writing to the log.
    failure: Option<Error>,
    last_sync: Duration,
    /// How long syncing took lately.
    sync_cost: Duration,
}

struct ActiveFile {
    id: u64,
    file: File,
    /// Where the next record goes.
    len: u64,
    /// How far the file reaches; zeros lie behind `len`.
    len_with_room: u64,
    durable_len: u64,
    /// It was cut off at its end and not synced since.
    was_cut: bool,
    last_seqno: u64,
}

impl ActiveFile {
    fn is_durable(&self) -> bool {
        self.durable_len == self.len && !self.was_cut
    }
}

impl Writer {
    fn check(&self) -> Result<(), Error> {
        match &self.failure {
            Some(failure) => Err(Error::Poisoned { cause: Arc::new(failure.clone()) }),
            None => Ok(()),
        }
    }

    /// Takes a failed group out of the file, but not what relaxed mode published before it.
    fn cut_off(&self, start: u64) {
        if let Some(active) = &self.active
            && !is_planted(Bug::FailedWriteNotCutOff)
            && active.file.truncate(start).is_ok()
        {
            // Best effort; the next start finds a torn end at worst.
            let _ = active.file.sync();
        }
    }
}

impl Wal {
    /// A log whose files were not looked at yet, from the first one that may be needed on.
    pub(crate) fn new(
        folder: Folder,
        clock: Arc<dyn Clock>,
        durability: Durability,
        file_bytes_max: u64,
        first_file_id: u64,
    ) -> Self {
        let writer = Writer {
            active: None,
            closed: VecDeque::new(),
            unread_from: Some(first_file_id),
            last_file_id: first_file_id - 1,
            buffer: Vec::new(),
            failure: None,
            last_sync: clock.monotonic(),
            sync_cost: Duration::ZERO,
        };
        Wal {
            folder,
            clock,
            durability,
            file_bytes_max,
            lead: Mutex::new(()),
            writer: Mutex::new(writer),
            deletion: Mutex::new(()),
            known_bytes: AtomicU64::new(0),
        }
    }

    /// Continues after the recovered files; a new file is made for the first record. There may be one before them that was
    /// kept as the newest, and holds nothing after `checkpoint`.
    pub(crate) fn adopt(&self, recovered: &Recovered, kept: Option<u64>, checkpoint: u64) -> Result<(), Error> {
        let kept = kept.map(|id| -> Result<ClosedFile, Error> {
            let len = self.folder.open(&record::file_name(id))?.len_bytes()?;
            Ok(ClosedFile { id, last_seqno: checkpoint, len })
        });
        let kept = kept.transpose()?;
        let mut writer = self.writer.lock();
        writer.closed = kept.into_iter().chain(recovered.files.iter().copied()).collect();
        // Ids have no gaps, so the id of a file whose creation was interrupted is used again.
        writer.last_file_id = recovered.files.last().map_or(writer.last_file_id, |last| last.id);
        writer.unread_from = None;
        Ok(())
    }

    /// Takes the lead if nobody has it.
    pub(crate) fn try_lead(&self) -> Option<Lead<'_>> {
        self.lead.try_lock()
    }

    /// Takes the lead when it is free.
    pub(crate) fn lead(&self) -> Lead<'_> {
        self.lead.lock()
    }

    /// The state of the log, for a moment. Who holds this does not lead, so nobody waits to be handed the lead for it.
    pub(crate) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock()
    }

    /// Writes the records and makes them as durable as the setting asks. Returns the last seqno that counts as durable.
    ///
    /// After a failure nothing is tried again. What the failed group left in the file is cut off, so that commits that
    /// were answered with the error do not come back with the next start.
    pub(crate) fn write_group(&self, writer: &mut Writer, group: &[PendingRecord]) -> Result<Option<u64>, Error> {
        writer.check()?;
        let Some(last) = group.last() else { return Ok(None) };
        let outcome = self.prepare_file(writer).and_then(|()| {
            let start = writer.active.as_ref().map_or(0, |active| active.len);
            self.write_and_sync(writer, group, last.seqno).inspect_err(|_| writer.cut_off(start))
        });
        if let Err(error) = &outcome {
            writer.failure.get_or_insert(error.clone());
        }
        outcome
    }

    /// Has a file that takes records.
    fn prepare_file(&self, writer: &mut Writer) -> Result<(), Error> {
        if is_planted(Bug::AcknowledgedBeforeSync) {
            self.sync(writer)?;
        }
        if writer.active.as_ref().is_some_and(|active| active.len >= self.file_bytes_max) {
            self.close_active(writer)?;
        }
        if writer.active.is_none() {
            self.open_next(writer)?;
        }
        Ok(())
    }

    fn write_and_sync(
        &self,
        writer: &mut Writer,
        group: &[PendingRecord],
        last_seqno: u64,
    ) -> Result<Option<u64>, Error> {
        let Writer { active: Some(active), buffer, .. } = writer else { return Ok(None) };
        buffer.clear();
        for pending in group {
            let offset = active.len + buffer.len() as u64;
            let header =
                RecordHeader { seqno: pending.seqno, millis: pending.millis, durable_offset: active.durable_len };
            record::encode(buffer, active.id, offset, header, &pending.payload);
        }
        let end = active.len + buffer.len() as u64;
        if end > active.len_with_room {
            buffer.resize(buffer.len() + self.room_behind(end, buffer.len()), 0);
            active.len_with_room = active.len + buffer.len() as u64;
        }
        active.file.write(active.len, buffer)?;
        active.len = end;
        active.last_seqno = last_seqno;
        if buffer.capacity() > BUFFER_BYTES_KEPT {
            *buffer = Vec::new();
        }
        if self.is_sync_due(writer) {
            self.sync(writer)?;
        }
        Ok(Some(last_seqno))
    }

    /// How many zeros a group of so many bytes brings along that reaches the end of the file.
    fn room_behind(&self, end: u64, group_bytes: usize) -> usize {
        match self.durability {
            Durability::Sync if group_bytes <= GROUP_WITH_ROOM_BYTES_MAX => {
                self.file_bytes_max.saturating_sub(end).min(ROOM_BYTES) as usize
            }
            _ => 0,
        }
    }

    fn is_sync_due(&self, writer: &Writer) -> bool {
        match self.durability {
            Durability::Relaxed { interval } => self.clock.monotonic().saturating_sub(writer.last_sync) >= interval,
            Durability::Sync | Durability::None => !is_planted(Bug::AcknowledgedBeforeSync),
        }
    }

    /// Makes everything durable that was written.
    pub(crate) fn sync(&self, writer: &mut Writer) -> Result<(), Error> {
        writer.check()?;
        let start = self.clock.monotonic();
        if let Some(active) = &mut writer.active
            && !active.is_durable()
        {
            let synced = if is_planted(Bug::LogNotSynced) { Ok(()) } else { active.file.sync() };
            if let Err(error) = synced
                && !is_planted(Bug::FailedSyncIgnored)
            {
                writer.failure = Some(error.clone());
                return Err(error);
            }
            active.durable_len = active.len;
            active.was_cut = false;
        }
        writer.last_sync = self.clock.monotonic();
        let cost = writer.last_sync.saturating_sub(start);
        writer.sync_cost = (writer.sync_cost * 7 + cost) / 8;
        Ok(())
    }

    /// How long syncing a group took lately.
    pub(crate) fn group_sync_cost(&self) -> Duration {
        match self.durability {
            Durability::Sync => self.writer().sync_cost,
            Durability::Relaxed { .. } | Durability::None => Duration::ZERO,
        }
    }

    /// Whether there are records that a power cut would take.
    pub(crate) fn is_durable(&self, writer: &Writer) -> bool {
        writer.active.as_ref().is_none_or(ActiveFile::is_durable)
    }

    /// The file that is written takes no more records. It becomes durable before the next one exists, so only the newest
    /// file can ever have a torn end.
    pub(crate) fn close_active(&self, writer: &mut Writer) -> Result<(), Error> {
        writer.check()?;
        if let Some(active) = &mut writer.active
            && active.len_with_room > active.len
        {
            active.file.truncate(active.len).inspect_err(|error| writer.failure = Some(error.clone()))?;
            active.len_with_room = active.len;
            active.was_cut = true;
        }
        self.sync(writer)?;
        if let Some(active) = writer.active.take() {
            writer.closed.push_back(ClosedFile { id: active.id, last_seqno: active.last_seqno, len: active.len });
        }
        Ok(())
    }

    /// The header is durable, and the file is in the folder for good, before the first record is written.
    fn open_next(&self, writer: &mut Writer) -> Result<(), Error> {
        let id = writer.last_file_id + 1;
        let file = self.folder.create(&record::file_name(id))?;
        file.write(0, &WAL_FILE.encode_header(id))?;
        file.sync()?;
        self.folder.sync()?;
        let len = HEADER_BYTES as u64;
        writer.last_file_id = id;
        writer.active =
            Some(ActiveFile { id, file, len, len_with_room: len, durable_len: len, was_cut: false, last_seqno: 0 });
        Ok(())
    }

    /// How many bytes the files have that take no more records.
    pub(crate) fn closed_bytes(&self, writer: &Writer) -> u64 {
        writer.closed.iter().map(|closed| closed.len).sum()
    }

    /// How many bytes all files have, or had lately while a group is being written: asking does not wait for the disk.
    pub(crate) fn bytes(&self) -> u64 {
        if let Some(writer) = self.writer.try_lock() {
            let active = writer.active.as_ref().map_or(0, |active| active.len);
            self.known_bytes.store(self.closed_bytes(&writer) + active, Ordering::Relaxed);
        }
        self.known_bytes.load(Ordering::Relaxed)
    }

    /// The closed files and the durable part of the active one: id and length.
    pub(crate) fn durable_files(&self, writer: &Writer) -> Vec<(u64, u64)> {
        let active = writer.active.iter().map(|active| (active.id, active.durable_len));
        writer.closed.iter().map(|closed| (closed.id, closed.len)).chain(active).collect()
    }

    /// The seqno that ends the oldest closed files, once they take more than so many bytes.
    pub(crate) fn seqno_to_flush(&self, writer: &Writer, bytes_max: u64) -> Option<u64> {
        let mut excess = self.closed_bytes(writer).checked_sub(bytes_max).filter(|excess| *excess > 0)?;
        let mut seqno = None;
        for closed in &writer.closed {
            seqno = Some(closed.last_seqno);
            match excess.checked_sub(closed.len) {
                Some(left) if left > 0 => excess = left,
                _ => break,
            }
        }
        seqno
    }

    /// Keeps files from being deleted.
    pub(crate) fn pause_deletion(&self) -> MutexGuard<'_, ()> {
        self.deletion.lock()
    }

    /// The files that take no more records, oldest first.
    pub(crate) fn closed_files(&self, writer: &Writer) -> Vec<ClosedFile> {
        writer.closed.iter().copied().collect()
    }

    /// The first file that holds a commit after `checkpoint`, or may come to hold one.
    pub(crate) fn first_needed(&self, checkpoint: u64) -> u64 {
        let writer = self.writer.lock();
        if let Some(first) = writer.unread_from {
            return first;
        }
        let needed = writer.closed.iter().find(|closed| closed.last_seqno > checkpoint).map(|closed| closed.id);
        needed.or(writer.active.as_ref().map(|active| active.id)).unwrap_or(writer.last_file_id + 1)
    }

    /// Deletes the files before `first`, which the manifest says are not needed, but not the newest one. If the manifest's
    /// last edit, on whose account they are deleted, should be damaged later, the file shows that others are missing.
    pub(crate) fn truncate(&self, first: u64) -> Result<(), Error> {
        let _deletion = self.deletion.lock();
        loop {
            let obsolete = {
                let mut writer = self.writer.lock();
                let is_newest = writer.closed.len() == 1 && writer.active.is_none();
                match writer.closed.front() {
                    Some(oldest) if oldest.id < first && !is_newest => writer.closed.pop_front(),
                    _ => None,
                }
            };
            match obsolete {
                Some(closed) => self.folder.remove(&record::file_name(closed.id))?,
                None => return Ok(()),
            }
        }
    }
}
