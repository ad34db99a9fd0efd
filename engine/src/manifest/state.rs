//! What the manifest's edits add up to.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Edit, SstMeta};
use crate::key::{STRIPE_COUNT, SpaceId};

/// What the manifest says.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) ssts: BTreeMap<u64, Arc<SstMeta>>,
    pub(crate) flushed_through: Box<[u64; STRIPE_COUNT]>,
    /// Everything up to this commit is in SSTs.
    pub(crate) wal_checkpoint: u64,
    /// WAL files before this one are not needed.
    pub(crate) wal_first_file: u64,
    pub(crate) dropped_spaces: BTreeMap<SpaceId, u64>,
    pub(crate) next_file_id: u64,
    /// The log was durable up to this commit.
    pub(crate) last_seqno: u64,
    /// Of some commits, a time by which they and all before them were made; ascending in both.
    pub(crate) commit_times: BTreeMap<u64, u64>,
    /// The last one of which the manifest knows when it was made; commits behind it are in the log or lost.
    pub(crate) timed_through: u64,
    /// It and all before it were made by then.
    pub(crate) timed_millis: u64,
    /// A reader at an earlier commit may miss versions.
    pub(crate) history_start: u64,
}

impl Default for State {
    fn default() -> Self {
        State {
            ssts: BTreeMap::new(),
            flushed_through: Box::new([0; STRIPE_COUNT]),
            wal_checkpoint: 0,
            wal_first_file: 1,
            dropped_spaces: BTreeMap::new(),
            next_file_id: 1,
            last_seqno: 0,
            commit_times: BTreeMap::new(),
            timed_through: 0,
            timed_millis: 0,
            history_start: 0,
        }
    }
}

impl State {
    pub(super) fn apply(&mut self, edit: &Edit) {
        match edit {
            Edit::SstAdded(meta) => {
                self.ssts.insert(meta.id, Arc::clone(meta));
            }
            Edit::SstRemoved { id } => {
                self.ssts.remove(id);
            }
            Edit::StripeFlushed { stripe, through } => {
                let known = &mut self.flushed_through[*stripe];
                *known = (*known).max(*through);
            }
            Edit::WalCheckpoint { seqno, first_file } => {
                self.wal_checkpoint = self.wal_checkpoint.max(*seqno);
                self.wal_first_file = self.wal_first_file.max(*first_file);
            }
            Edit::SpaceDropped { space, seqno } => {
                self.dropped_spaces.insert(*space, *seqno);
            }
            Edit::NextFileId(id) => self.next_file_id = self.next_file_id.max(*id),
            Edit::LastCommit(seqno) => self.last_seqno = self.last_seqno.max(*seqno),
            Edit::CommitTime { seqno, millis } => {
                self.commit_times.insert(*seqno, *millis);
            }
            Edit::HistoryStart(seqno) => {
                self.history_start = self.history_start.max(*seqno);
                self.forget_times();
            }
            Edit::SpaceForgotten(space) => {
                self.dropped_spaces.remove(space);
            }
            // Two flushes may say it in any order.
            Edit::TimedThrough { seqno, millis } if *seqno > self.timed_through => {
                (self.timed_through, self.timed_millis) = (*seqno, *millis);
            }
            Edit::TimedThrough { .. } => {}
        }
    }

    /// Only the last commit time at or before the start of the history is of use.
    fn forget_times(&mut self) {
        if let Some((&kept, _)) = self.commit_times.range(..=self.history_start).next_back() {
            self.commit_times = self.commit_times.split_off(&kept);
        }
    }

    /// Edits that make this state out of an empty one.
    pub(super) fn to_edits(&self) -> Vec<Edit> {
        let mut edits = vec![
            Edit::NextFileId(self.next_file_id),
            Edit::WalCheckpoint { seqno: self.wal_checkpoint, first_file: self.wal_first_file },
            Edit::LastCommit(self.last_seqno),
            Edit::TimedThrough { seqno: self.timed_through, millis: self.timed_millis },
        ];
        edits.extend(self.ssts.values().cloned().map(Edit::SstAdded));
        let flushed = self.flushed_through.iter().enumerate().filter(|(_, through)| **through > 0);
        edits.extend(flushed.map(|(stripe, &through)| Edit::StripeFlushed { stripe, through }));
        edits.extend(self.dropped_spaces.iter().map(|(&space, &seqno)| Edit::SpaceDropped { space, seqno }));
        edits.extend(self.commit_times.iter().map(|(&seqno, &millis)| Edit::CommitTime { seqno, millis }));
        edits.push(Edit::HistoryStart(self.history_start));
        edits
    }
}
