//! Tables on the storage engine: which tables there are, how items and index entries lie in it, the one path that changes them
//! and the ones that read them.

mod backfill;
mod blocking;
pub(crate) mod capacity;
mod catalog;
mod collection;
mod error;
#[cfg(test)]
mod fixtures;
pub(crate) mod idempotency;
pub(crate) mod in_flight;
mod index_entry;
mod key_codec;
mod page_size;
pub(crate) mod read;
mod record;
mod state;
mod statistics;
pub(crate) mod stream;
mod ttl;
mod upkeep;
pub(crate) mod write;

pub(crate) use catalog::{CatalogError, CreateOutcome};
pub use error::StoreError;
pub(crate) use key_codec::RowKey;
pub use state::{IndexKind, IndexState, IndexStatus, Namespace, Statistics, Table, TableState, VectorIndexState};

use std::sync::Arc;

use kstone_engine::Engine;
use parking_lot::Mutex;

use crate::clock::Clock;
use catalog::Catalog;
use idempotency::ExpiredTokens;
use in_flight::InFlight;
use stream::Streams;
use upkeep::Upkeep;

/// The tables of one database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    clock: Clock,
    catalog: Catalog,
    streams: Streams,
    in_flight: Arc<InFlight>,
    expired_tokens: Mutex<ExpiredTokens>,
    /// Threads that fill or remove indexes, joined when the store closes.
    background: Mutex<backfill::Background>,
    upkeep: Upkeep,
}

impl Store {
    /// Opens the tables that `engine` holds and takes up index work that a crash or a stop interrupted.
    pub fn open(engine: Engine, clock: Clock) -> Result<Store, StoreError> {
        let streams = Streams::load(&engine)?;
        let catalog = Catalog::load(&engine, &streams)?;
        let shared = Shared {
            engine,
            clock,
            catalog,
            streams,
            in_flight: Arc::default(),
            expired_tokens: Mutex::default(),
            background: Mutex::default(),
            upkeep: Upkeep::default(),
        };
        let store = Store { shared: Arc::new(shared) };
        store.restore_statistics()?;
        store.resume_index_work();
        store.start_upkeep();
        Ok(store)
    }

    /// Stops background work, keeps the statistics for the next start and closes the engine.
    pub fn close(&self) -> Result<(), StoreError> {
        self.stop_upkeep();
        self.stop_index_work();
        self.save_statistics()?;
        Ok(self.engine().close()?)
    }

    /// False once a failed write or sync has stopped the engine.
    pub(crate) fn is_healthy(&self) -> bool {
        !matches!(self.engine().metrics().health, kstone_engine::Health::Poisoned(_))
    }

    /// Whether an item that a transaction holds is refused to others, as on AWS.
    pub(crate) fn enable_transaction_conflicts(&self, is_enabled: bool) {
        self.shared.in_flight.enable(is_enabled);
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.shared.engine
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    pub(crate) fn streams(&self) -> &Streams {
        &self.shared.streams
    }

    pub(crate) fn in_flight(&self) -> &Arc<InFlight> {
        &self.shared.in_flight
    }

    fn catalog(&self) -> &Catalog {
        &self.shared.catalog
    }
}
