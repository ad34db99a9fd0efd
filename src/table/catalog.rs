//! Which tables there are: rows in the engine's space 0, and the same in memory for every request to look up.
//!
//! ```text
//! partition "table"  sort access key 00 Region 00 name     a record (see `record`)
//! partition "space"  sort empty                            the next unused space, u32 little-endian
//! ```
//!
//! Changes of tables run one at a time, through a transaction on these rows; look-ups take no lock.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Bound;
use std::sync::Arc;

use arc_swap::ArcSwap;
use kstone_engine::{Direction, Engine, Key, ScanRange, SpaceId, Ticket, WriteBatch};
use parking_lot::Mutex;

use super::error::StoreError;
use super::state::{IndexState, IndexStatus, Namespace, SettingTimes, Table, TableState, VectorIndexState};
use super::stream::{Stream, Streams};
use super::ttl::Ttl;
use super::{Store, record};
use crate::validation::TableName;
use crate::validation::table_definition::{BillingMode, Index, TableDefinition, Tag};
use crate::validation::update_table::{CreatedIndex, UpdatedTable};

pub(super) const CATALOG_SPACE: SpaceId = 0;
const TABLES: &[u8] = b"table";
const NEXT_SPACE: Key<'static> = Key { space: CATALOG_SPACE, partition: b"space", sort: b"" };

type Tables = BTreeMap<String, Arc<Table>>;
type Namespaces = HashMap<Namespace, Arc<Tables>>;

pub(super) struct Catalog {
    namespaces: ArcSwap<Namespaces>,
    /// Held while a table is created, changed or deleted.
    changes: Mutex<()>,
}

/// A change of a table that was refused, or that failed.
pub(crate) enum CatalogError<E> {
    Refused(E),
    /// Another call has deleted the table meanwhile.
    Gone {
        name: TableName,
    },
    Store(StoreError),
}

impl<E> From<StoreError> for CatalogError<E> {
    fn from(error: StoreError) -> Self {
        CatalogError::Store(error)
    }
}

impl<E> From<kstone_engine::Error> for CatalogError<E> {
    fn from(error: kstone_engine::Error) -> Self {
        CatalogError::Store(error.into())
    }
}

pub(crate) enum CreateOutcome {
    Created { table: Arc<Table>, ticket: Ticket },
    Exists,
}

impl Catalog {
    pub(super) fn load(engine: &Engine, streams: &Streams) -> Result<Catalog, StoreError> {
        let snapshot = engine.snapshot();
        let range = ScanRange::Partition {
            space: CATALOG_SPACE,
            partition: TABLES,
            lower: Bound::Unbounded,
            upper: Bound::Unbounded,
        };
        let mut rows = engine.scan(&snapshot, range, Direction::Forward);
        let mut namespaces: HashMap<Namespace, Tables> = HashMap::new();
        let mut unreadable = Vec::new();
        let mut taken = HashSet::from([CATALOG_SPACE]);
        while let Some(row) = rows.next()? {
            let decoded = record::decode(row.value, streams);
            let checked =
                decoded.and_then(|table| check_row(row.sort, table)).and_then(|table| take_spaces(&mut taken, table));
            let table = match checked {
                Ok(table) => table,
                Err(StoreError::CorruptCatalog { what }) => {
                    unreadable.push(format!("{}: {what}", shown_row(row.sort)));
                    continue;
                }
                Err(error) => return Err(error),
            };
            namespaces
                .entry(table.namespace.clone())
                .or_default()
                .insert(table.name.as_str().to_string(), Arc::new(table));
        }
        // Going on without a table would have its stream trimmed and its name given away: whoever mends the record, or
        // takes a copy from elsewhere, must find the rest as it was. All of them are named, not one a start.
        if !unreadable.is_empty() {
            return Err(StoreError::CorruptCatalog { what: unreadable.join("; ") });
        }
        let namespaces = namespaces.into_iter().map(|(namespace, tables)| (namespace, Arc::new(tables))).collect();
        Ok(Catalog { namespaces: ArcSwap::from_pointee(namespaces), changes: Mutex::new(()) })
    }

    fn insert(&self, table: Arc<Table>) {
        let mut namespaces = Namespaces::clone(&self.namespaces.load());
        let tables = Arc::make_mut(namespaces.entry(table.namespace.clone()).or_default());
        tables.insert(table.name.as_str().to_string(), table);
        self.namespaces.store(Arc::new(namespaces));
    }

    fn remove(&self, table: &Table) {
        let mut namespaces = Namespaces::clone(&self.namespaces.load());
        if let Some(tables) = namespaces.get_mut(&table.namespace) {
            Arc::make_mut(tables).remove(table.name.as_str());
            if tables.is_empty() {
                namespaces.remove(&table.namespace);
            }
        }
        self.namespaces.store(Arc::new(namespaces));
    }
}

impl Store {
    pub(crate) fn table(&self, namespace: &Namespace, name: &str) -> Option<Arc<Table>> {
        self.catalog().namespaces.load().get(namespace)?.get(name).cloned()
    }

    /// Another namespace that has a table of this name: what somebody with mixed-up credentials or Regions wants to know.
    pub(crate) fn namespace_with(&self, name: &str) -> Option<Namespace> {
        let namespaces = self.catalog().namespaces.load();
        namespaces.iter().find(|(_, tables)| tables.contains_key(name)).map(|(namespace, _)| namespace.clone())
    }

    pub(crate) fn tables(&self) -> Vec<Arc<Table>> {
        self.catalog().namespaces.load().values().flat_map(|tables| tables.values().cloned()).collect()
    }

    /// Names in order after `start_after`, at most `limit`, and whether there are more.
    pub(crate) fn table_names(
        &self,
        namespace: &Namespace,
        start_after: Option<&str>,
        limit: usize,
    ) -> (Vec<String>, bool) {
        let namespaces = self.catalog().namespaces.load();
        let Some(tables) = namespaces.get(namespace) else { return (Vec::new(), false) };
        let lower = start_after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut names: Vec<String> =
            tables.range::<str, _>((lower, Bound::Unbounded)).take(limit + 1).map(|(name, _)| name.clone()).collect();
        let more = names.len() > limit;
        names.truncate(limit);
        (names, more)
    }

    pub(crate) fn create_table(
        &self,
        namespace: Namespace,
        definition: TableDefinition,
    ) -> Result<CreateOutcome, StoreError> {
        let _changing = self.catalog().changes.lock();
        let sort = row_sort(&namespace, definition.name.as_str());
        let row = Key { space: CATALOG_SPACE, partition: TABLES, sort: &sort };
        let now = self.clock().now_millis();
        let birth = self.stream_birth(&namespace, definition.name.as_str(), now);
        let id = uuid::Uuid::new_v4().to_string();
        let (table, ticket) = self.engine().transact(&[row, NEXT_SPACE], |stored, batch| {
            if stored[0].is_some() {
                return Ok(None);
            }
            let mut spaces = SpaceIds::after(stored[1].as_deref())?;
            let state = new_state(definition.clone(), &birth, &mut spaces, batch, now)?;
            let table = Table::new(namespace.clone(), id.clone(), now, state);
            batch.put(row, &record::encode(&table, &table.peek())?);
            spaces.put(batch);
            Ok::<_, StoreError>(Some(table))
        })?;
        let Some(table) = table?.map(Arc::new) else { return Ok(CreateOutcome::Exists) };
        self.catalog().insert(Arc::clone(&table));
        self.take_over_stream(None, table.peek().stream.as_ref(), now);
        Ok(CreateOutcome::Created { table, ticket })
    }

    /// Lets `decide` see the current state and say what becomes of it. Answers the state to be shown: the new one, and an index
    /// that goes as DELETING although it is gone at once.
    pub(crate) fn update_table<E>(
        &self,
        table: &Arc<Table>,
        decide: impl FnOnce(&TableState) -> Result<UpdatedTable, E>,
    ) -> Result<(Arc<TableState>, Ticket), CatalogError<E>> {
        let changing = self.lock_current(table)?;
        let current = table.state();
        let updated = decide(&current).map_err(CatalogError::Refused)?;
        let now = self.clock().now_millis();
        let birth = self.stream_birth(&table.namespace, table.name.as_str(), now);
        let ticket =
            self.replace_state(table, |spaces, batch| next_state(&current, &updated, &birth, now, spaces, batch))?;
        self.take_over_stream(current.stream.as_ref(), table.peek().stream.as_ref(), now);
        drop(changing);
        let mut shown = TableState::clone(&table.peek());
        if let Some(name) = &updated.deleted {
            show_deleting(&mut shown, &current, name);
        }
        if updated.created.is_some() {
            self.start_index_work(table)?;
        }
        Ok((Arc::new(shown), ticket))
    }

    /// Removes the table and, in the same batch, all its rows. Answers its last state.
    pub(crate) fn delete_table<E>(
        &self,
        table: &Arc<Table>,
        check: impl FnOnce(&TableState) -> Result<(), E>,
    ) -> Result<(Arc<TableState>, Ticket), CatalogError<E>> {
        let _changing = self.lock_current(table)?;
        let state = table.state();
        check(&state).map_err(CatalogError::Refused)?;
        let sort = row_sort(&table.namespace, table.name.as_str());
        let row = Key { space: CATALOG_SPACE, partition: TABLES, sort: &sort };
        let now = self.clock().now_millis();
        let (deleted, ticket) = self.engine().transact(&[row, NEXT_SPACE], |_, batch| {
            // Its stream can be read for another day.
            state.stream.iter().try_for_each(|stream| stream.put_row(batch, &stream.state().disabled(now)))?;
            batch.delete(row);
            batch.drop_space(state.space);
            state.collections.iter().for_each(|&space| batch.drop_space(space));
            state.indexes.iter().for_each(|index| batch.drop_space(index.space));
            state.ttl.iter().for_each(|ttl| batch.drop_space(ttl.space));
            Ok::<_, StoreError>(())
        })?;
        deleted?;
        self.catalog().remove(table);
        self.take_over_stream(state.stream.as_ref(), None, now);
        Ok((state, ticket))
    }

    /// Moves an index on to another status. False when the index, or the table, is gone or was replaced meanwhile.
    pub(super) fn set_index_status(
        &self,
        table: &Arc<Table>,
        index: &str,
        status: IndexStatus,
    ) -> Result<bool, StoreError> {
        let _changing = self.catalog().changes.lock();
        let current = table.state();
        let known = current.index(index).is_some() || current.vector_indexes.iter().any(|other| other.name == index);
        if !self.is_current(table) || !known {
            return Ok(false);
        }
        let ticket = self.replace_state(table, |_, _| {
            let mut state = TableState::clone(&current);
            state.indexes.iter_mut().filter(|other| other.name == index).for_each(|other| other.status = status);
            state.vector_indexes.iter_mut().filter(|other| other.name == index).for_each(|other| other.status = status);
            Ok(state)
        })?;
        ticket.wait()?;
        Ok(true)
    }

    /// Enables time to live on an attribute, or disables it, if `check` agrees with what it is told: the present attribute,
    /// when that was last changed, and the time now.
    pub(crate) fn update_ttl<E>(
        &self,
        table: &Arc<Table>,
        attribute: Option<&str>,
        check: impl FnOnce(Option<&str>, Option<u64>, u64) -> Result<(), E>,
    ) -> Result<Ticket, CatalogError<E>> {
        let _changing = self.lock_current(table)?;
        let current = table.state();
        let now = self.clock().now_millis();
        let current_attribute = current.ttl.as_ref().map(|ttl| ttl.attribute.as_str());
        check(current_attribute, current.times.ttl_changed, now).map_err(CatalogError::Refused)?;
        let ticket = self.replace_state(table, |spaces, batch| {
            let mut state = TableState::clone(&current);
            state.ttl.take().into_iter().for_each(|ttl| batch.drop_space(ttl.space));
            if let Some(attribute) = attribute {
                state.ttl = Some(Ttl::new(attribute.to_string(), spaces.take()?, false));
            }
            state.times.ttl_changed = Some(now);
            Ok(state)
        })?;
        self.start_upkeep();
        self.poke_upkeep();
        Ok(ticket)
    }

    /// Notes that the expiry index in `space` is complete, if it still is the table's.
    pub(super) fn set_ttl_filled(&self, table: &Arc<Table>, space: SpaceId) -> Result<(), StoreError> {
        let _changing = self.catalog().changes.lock();
        let current = table.state();
        if !self.is_current(table) || current.ttl.as_ref().is_none_or(|ttl| ttl.space != space) {
            return Ok(());
        }
        let ticket = self.replace_state(table, |_, _| {
            let mut state = TableState::clone(&current);
            state.ttl.iter_mut().for_each(|ttl| ttl.is_filled = true);
            Ok(state)
        })?;
        Ok(ticket.wait()?)
    }

    pub(crate) fn update_tags<E>(
        &self,
        table: &Arc<Table>,
        decide: impl FnOnce(&[Tag]) -> Result<Vec<Tag>, E>,
    ) -> Result<Ticket, CatalogError<E>> {
        let _changing = self.lock_current(table)?;
        let current = table.state();
        let tags = decide(&current.definition.tags).map_err(CatalogError::Refused)?;
        Ok(self.replace_state(table, |_, _| {
            let mut state = TableState::clone(&current);
            state.definition.tags.clone_from(&tags);
            Ok(state)
        })?)
    }

    /// Keeps tables from changing, and makes sure that this one has not been deleted, and created anew, since it was looked up.
    fn lock_current<E>(&self, table: &Arc<Table>) -> Result<parking_lot::MutexGuard<'_, ()>, CatalogError<E>> {
        let changing = self.catalog().changes.lock();
        match self.is_current(table) {
            true => Ok(changing),
            false => Err(CatalogError::Gone { name: table.name.clone() }),
        }
    }

    fn is_current(&self, table: &Arc<Table>) -> bool {
        self.table(&table.namespace, table.name.as_str()).is_some_and(|current| Arc::ptr_eq(&current, table))
    }

    /// Held while streams change, as while tables do.
    pub(super) fn lock_changes(&self) -> parking_lot::MutexGuard<'_, ()> {
        self.catalog().changes.lock()
    }

    /// One transaction that may take new spaces.
    pub(super) fn with_spaces<R>(
        &self,
        change: impl Fn(&mut SpaceIds, &mut WriteBatch) -> Result<R, StoreError>,
    ) -> Result<(R, Ticket), StoreError> {
        let (result, ticket) = self.engine().transact(&[NEXT_SPACE], |stored, batch| {
            let mut spaces = SpaceIds::after(stored[0].as_deref())?;
            let result = change(&mut spaces, batch);
            match result {
                Ok(_) => spaces.put(batch),
                // What failed half way must not be committed half way.
                Err(_) => *batch = WriteBatch::default(),
            }
            result
        })?;
        Ok((result?, ticket))
    }

    /// What a stream that is enabled now is called and begins with.
    fn stream_birth(&self, namespace: &Namespace, table: &str, now: u64) -> StreamBirth {
        StreamBirth {
            namespace: namespace.clone(),
            millis: self.streams().free_millis(namespace, table, now),
            start_commit: self.next_commit(),
        }
    }

    /// Shows in memory what has been written about a table's stream.
    fn take_over_stream(&self, before: Option<&Arc<Stream>>, after: Option<&Arc<Stream>>, now: u64) {
        if let Some(stream) = before.filter(|before| after.is_none_or(|after| !Arc::ptr_eq(before, after))) {
            stream.set_state(stream.state().disabled(now));
            self.poke_upkeep();
        }
        if let Some(stream) = after {
            self.streams().insert(stream);
            self.start_upkeep();
        }
    }

    /// Shows an index as being filled. This is not kept: an index that is found unfinished is filled from the beginning.
    pub(super) fn show_backfilling(&self, table: &Arc<Table>, index: &str) {
        let _changing = self.catalog().changes.lock();
        let mut state = TableState::clone(&table.peek());
        let filled = state.indexes.iter_mut().filter(|other| other.name == index);
        filled.for_each(|other| other.status = IndexStatus::Creating { backfilling: true });
        table.set_state(state);
    }

    fn replace_state(
        &self,
        table: &Arc<Table>,
        next: impl Fn(&mut SpaceIds, &mut WriteBatch) -> Result<TableState, StoreError>,
    ) -> Result<Ticket, StoreError> {
        let sort = row_sort(&table.namespace, table.name.as_str());
        let row = Key { space: CATALOG_SPACE, partition: TABLES, sort: &sort };
        let (state, ticket) = self.engine().transact(&[row, NEXT_SPACE], |stored, batch| {
            let mut spaces = SpaceIds::after(stored[1].as_deref())?;
            let state = next(&mut spaces, batch)?;
            batch.put(row, &record::encode(table, &state)?);
            spaces.put(batch);
            Ok::<_, StoreError>(state)
        })?;
        table.set_state(state?);
        Ok(ticket)
    }
}

/// What is known of a stream before it is made.
struct StreamBirth {
    namespace: Namespace,
    millis: u64,
    start_commit: u64,
}

impl StreamBirth {
    /// The stream that the definition asks for, and its row.
    fn create(
        &self,
        definition: &TableDefinition,
        spaces: &mut SpaceIds,
        batch: &mut WriteBatch,
    ) -> Result<Option<Arc<Stream>>, StoreError> {
        let Some(view) = definition.stream else { return Ok(None) };
        let StreamBirth { namespace, millis, start_commit } = self;
        let stream = Stream::create(namespace, definition, view, *millis, *start_commit, || spaces.take())?;
        stream.put_row(batch, &stream.state())?;
        Ok(Some(Arc::new(stream)))
    }
}

fn new_state(
    definition: TableDefinition,
    birth: &StreamBirth,
    spaces: &mut SpaceIds,
    batch: &mut WriteBatch,
    now: u64,
) -> Result<TableState, StoreError> {
    let space = spaces.take()?;
    let has_local_indexes = !definition.local_indexes.is_empty();
    let collections = if has_local_indexes { Some(spaces.take()?) } else { None };
    let mut indexes = Vec::new();
    for index in definition.indexes() {
        indexes.push(record::index_state(index, spaces.take()?, IndexStatus::Active));
    }
    let vector_indexes = definition
        .vector_indexes
        .iter()
        .map(|index| VectorIndexState { name: index.name.clone(), status: IndexStatus::Active })
        .collect();
    let times = SettingTimes {
        on_demand_since: (definition.billing_mode == BillingMode::PayPerRequest).then_some(now),
        stream_enabled: definition.stream.map(|_| birth.millis),
        ..SettingTimes::default()
    };
    let stream = birth.create(&definition, spaces, batch)?;
    Ok(TableState { collections, definition, space, indexes, vector_indexes, stream, ttl: None, times })
}

fn next_state(
    current: &TableState,
    updated: &UpdatedTable,
    birth: &StreamBirth,
    now: u64,
    spaces: &mut SpaceIds,
    batch: &mut WriteBatch,
) -> Result<TableState, StoreError> {
    let mut state = current.clone();
    state.definition = updated.definition.clone();
    if let Some(name) = &updated.deleted {
        current.index(name).into_iter().for_each(|index| batch.drop_space(index.space));
        state.indexes.retain(|index| index.name != *name);
        state.vector_indexes.retain(|index| index.name != *name);
    }
    let creating = IndexStatus::Creating { backfilling: false };
    match &updated.created {
        Some(CreatedIndex::Global(index)) => {
            state.indexes.push(record::index_state(Index::Global(index), spaces.take()?, creating));
        }
        Some(CreatedIndex::Vector(index)) => {
            state.vector_indexes.push(VectorIndexState { name: index.name.clone(), status: creating });
        }
        None => {}
    }
    note_times(&mut state.times, &current.definition, &state.definition, now);
    if state.definition.stream != current.definition.stream {
        if let Some(stream) = &current.stream {
            stream.put_row(batch, &stream.state().disabled(now))?;
        }
        state.stream = birth.create(&state.definition, spaces, batch)?;
        // The name of a disabled stream stays (us-west-2, 2026-10).
        state.times.stream_enabled = state.stream.as_ref().map_or(state.times.stream_enabled, |_| Some(birth.millis));
    }
    Ok(state)
}

fn note_times(times: &mut SettingTimes, before: &TableDefinition, after: &TableDefinition, now: u64) {
    let increased = after.throughput.read_units > before.throughput.read_units
        || after.throughput.write_units > before.throughput.write_units;
    let decreased = after.throughput.read_units < before.throughput.read_units
        || after.throughput.write_units < before.throughput.write_units;
    if after.billing_mode != before.billing_mode && after.billing_mode == BillingMode::PayPerRequest {
        times.on_demand_since = Some(now);
    }
    if after.billing_mode == BillingMode::Provisioned && increased {
        times.throughput_increased = Some(now);
    }
    if after.billing_mode == BillingMode::Provisioned && decreased {
        times.throughput_decreased = Some(now);
    }
    if after.table_class != before.table_class {
        times.table_class_changed = Some(now);
    }
}

fn show_deleting(shown: &mut TableState, before: &TableState, name: &str) {
    if let Some(index) = before.index(name) {
        shown.indexes.push(IndexState { status: IndexStatus::Deleting, ..index.clone() });
    }
    if before.vector_indexes.iter().any(|index| index.name == name) {
        shown.vector_indexes.push(VectorIndexState { name: name.to_string(), status: IndexStatus::Deleting });
        shown
            .definition
            .vector_indexes
            .extend(before.definition.vector_indexes.iter().filter(|index| index.name == name).cloned());
    }
}

/// A record in the row of another table would be found by one name and changed under another.
fn check_row(sort: &[u8], table: Table) -> Result<Table, StoreError> {
    match row_sort(&table.namespace, table.name.as_str()) == sort {
        true => Ok(table),
        false => {
            let Namespace { access_key, region } = &table.namespace;
            let what = format!("it is the record of table {} of access key {access_key:?} in {region:?}", table.name);
            Err(StoreError::CorruptCatalog { what })
        }
    }
}

/// No two tables or indexes may lie in one space.
fn take_spaces(taken: &mut HashSet<SpaceId>, table: Table) -> Result<Table, StoreError> {
    let state = table.peek();
    let of_indexes = state.indexes.iter().map(|index| index.space);
    let of_others = state.collections.into_iter().chain(state.ttl.as_ref().map(|ttl| ttl.space));
    let twice = [state.space].into_iter().chain(of_indexes).chain(of_others).find(|&space| !taken.insert(space));
    drop(state);
    match twice {
        None => Ok(table),
        Some(space) => Err(StoreError::CorruptCatalog { what: format!("space {space} is given out twice") }),
    }
}

/// Whose record a row is, for a person to read.
fn shown_row(sort: &[u8]) -> String {
    let text = String::from_utf8_lossy(sort);
    match text.split('\0').collect::<Vec<_>>()[..] {
        [access_key, region, name] => format!("table {name} of access key {access_key:?} in {region:?}"),
        _ => format!("the row {}", sort.escape_ascii()),
    }
}

fn row_sort(namespace: &Namespace, name: &str) -> Vec<u8> {
    [namespace.access_key.as_bytes(), b"\0", namespace.region.as_bytes(), b"\0", name.as_bytes()].concat()
}

/// Hands out spaces, whose ids are never used twice.
pub(super) struct SpaceIds {
    next: SpaceId,
}

impl SpaceIds {
    fn after(stored: Option<&[u8]>) -> Result<SpaceIds, StoreError> {
        let corrupt = || StoreError::CorruptCatalog { what: "the counter of spaces is not four bytes".to_string() };
        let next = match stored {
            None => CATALOG_SPACE + 1,
            Some(bytes) => SpaceId::from_le_bytes(bytes.try_into().map_err(|_| corrupt())?),
        };
        Ok(SpaceIds { next })
    }

    pub(super) fn take(&mut self) -> Result<SpaceId, StoreError> {
        let exhausted =
            || StoreError::CorruptCatalog { what: "no space is left to be given to a table or an index".to_string() };
        let id = self.next;
        self.next = id.checked_add(1).ok_or_else(exhausted)?;
        Ok(id)
    }

    fn put(&self, batch: &mut WriteBatch) {
        batch.put(NEXT_SPACE, &self.next.to_le_bytes());
    }
}

#[cfg(test)]
mod tests;
