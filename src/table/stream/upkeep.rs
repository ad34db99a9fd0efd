//! What streams need from time to time: shards that took enough go on as others, closed ones get their end, and what is too
//! old is given back.

use std::sync::Arc;

use kstone_engine::WriteBatch;

use super::shard::{Phase, Rollover};
use super::{RETENTION_MILLIS, Shard, Stream, StreamState};
use crate::table::Store;
use crate::table::catalog::SpaceIds;
use crate::table::error::StoreError;

impl Store {
    /// Looks at every stream. Changes of streams and of tables run one at a time.
    pub(in crate::table) fn tend_streams(&self) -> Result<(), StoreError> {
        for stream in self.streams().all() {
            let state = stream.state();
            let now = self.clock().now_millis();
            if state.disabled_millis.is_some_and(|disabled| is_past_retention(disabled, now)) {
                self.forget_stream(&stream)?;
                continue;
            }
            stream.count_resumed(self.engine())?;
            if state
                .shards
                .iter()
                .any(|shard| is_trimmed(shard, now) || rollover(shard, now, state.open.len()).is_some())
            {
                self.change_stream(&stream, |state, spaces, batch| {
                    trim_and_roll(state, now, self.next_commit(), spaces, batch)
                })?;
            }
            if stream.state().is_closing() {
                self.finish_closing(&stream, now)?;
            }
        }
        Ok(())
    }

    /// A commit before which nothing can be written any more.
    pub(in crate::table) fn next_commit(&self) -> u64 {
        self.engine().published().0 + 1
    }

    /// Waits until no write can add to the shards that are closing, and notes where they end.
    fn finish_closing(&self, stream: &Arc<Stream>, now: u64) -> Result<(), StoreError> {
        self.engine().barrier().wait()?;
        self.change_stream(stream, |state, _, _| {
            let mut shards = state.shards.clone();
            for shard in shards.iter_mut().filter(|shard| shard.phase == Phase::Closing) {
                let end = stream.last_of(self.engine(), shard)?.unwrap_or(shard.start());
                shard.phase = Phase::Closed { end_commit: end.commit, end_ordinal: end.ordinal, closed_millis: now };
            }
            Ok(StreamState::new(state.disabled_millis, shards))
        })
    }

    fn change_stream(
        &self,
        stream: &Arc<Stream>,
        next: impl Fn(&StreamState, &mut SpaceIds, &mut WriteBatch) -> Result<StreamState, StoreError>,
    ) -> Result<(), StoreError> {
        let _changing = self.lock_changes();
        let current = stream.state();
        let (state, ticket) = self.with_spaces(|spaces, batch| {
            let state = next(&current, spaces, batch)?;
            stream.put_row(batch, &state)?;
            Ok(state)
        })?;
        stream.set_state(state);
        Ok(ticket.wait()?)
    }

    fn forget_stream(&self, stream: &Arc<Stream>) -> Result<(), StoreError> {
        let _changing = self.lock_changes();
        let ((), ticket) = self.with_spaces(|_, batch| {
            stream.delete_row(batch);
            stream.state().shards.iter().for_each(|shard| batch.drop_space(shard.space));
            Ok(())
        })?;
        self.streams().remove(stream);
        Ok(ticket.wait()?)
    }
}

fn trim_and_roll(
    current: &StreamState,
    now: u64,
    start_commit: u64,
    spaces: &mut SpaceIds,
    batch: &mut WriteBatch,
) -> Result<StreamState, StoreError> {
    let (mut shards, mut children) = (Vec::new(), Vec::new());
    let mut open_count = current.open.len();
    for shard in &current.shards {
        if is_trimmed(shard, now) {
            batch.drop_space(shard.space);
            continue;
        }
        let mut shard = shard.clone();
        if let Some(rollover) = rollover(&shard, now, open_count) {
            let of_shard = shard.children(rollover, now, start_commit, || spaces.take())?;
            open_count += of_shard.len() - 1;
            children.extend(of_shard);
            shard.phase = Phase::Closing;
        }
        shards.push(shard);
    }
    shards.extend(children);
    Ok(StreamState::new(current.disabled_millis, shards))
}

fn rollover(shard: &Shard, now: u64, open_count: usize) -> Option<Rollover> {
    (shard.phase == Phase::Open).then(|| shard.rollover(now, open_count)).flatten()
}

/// Whether every record of the shard is too old. A shard has none that is newer than its end.
fn is_trimmed(shard: &Shard, now: u64) -> bool {
    matches!(shard.phase, Phase::Closed { closed_millis, .. } if is_past_retention(closed_millis, now))
}

fn is_past_retention(millis: u64, now: u64) -> bool {
    now.saturating_sub(millis) > RETENTION_MILLIS
}
