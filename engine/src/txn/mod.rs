//! Transactions: latches, the order of commits, and when commits become visible.

mod commit;
mod dropped_spaces;
mod latch;
mod lead_queue;
mod publication;
mod snapshot;
mod ticket;
mod transaction;

pub(crate) use commit::{CommitOrder, commit};
pub(crate) use dropped_spaces::DroppedSpaces;
pub(crate) use latch::{LatchSet, Latches};
pub(crate) use lead_queue::LeadQueue;
pub(crate) use publication::Publication;
pub use snapshot::Snapshot;
pub(crate) use snapshot::SnapshotRegistry;
pub use ticket::Ticket;
pub(crate) use transaction::{transact, write};
