//! Streams through the store.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::*;
use crate::table::Store;
use crate::table::fixtures::{START_MILLIS, clock, delete, item, namespace, put, store, table};
use crate::table::state::Table;
use crate::validation::get_shard_iterator::IteratorStart;
use crate::value::{AttributeValue, ItemView};

/// What a test looks at in a record.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    id: String,
    event: &'static str,
    old: Option<u64>,
    new: Option<u64>,
    number: SequenceNumber,
}

fn both(store: &Store, name: &str) -> (Arc<Table>, Arc<Stream>) {
    let table = table(store, name, Some(StreamViewType::NewAndOldImages));
    let stream = table.state().stream.clone().expect("it was asked for");
    (table, stream)
}

/// Looks after streams only when the test says so.
fn quiet_store() -> (Store, crate::clock::Clock) {
    let clock = clock();
    let store = store(&clock);
    store.stop_upkeep();
    (store, clock)
}

fn read(
    store: &Store,
    stream: &Stream,
    shard: &Shard,
    from: SequenceNumber,
    limit: usize,
) -> (Vec<Seen>, Option<SequenceNumber>) {
    let mut seen = Vec::new();
    let now = store.clock().now_millis();
    let next = store.read_records(stream, shard, from, limit, now, |number, record| {
        let n = |image: Option<ItemView<'_>>| match image?.get("n")?.to_value() {
            AttributeValue::N(number) => number.to_string().parse().ok(),
            _ => None,
        };
        let Some(AttributeValue::S(id)) = record.keys.get("id").map(|id| id.to_value()) else { panic!("no key") };
        seen.push(Seen { id, event: record.event.as_str(), old: n(record.old), new: n(record.new), number });
    });
    (seen, next.expect("a healthy engine").expect("not trimmed"))
}

fn read_all(store: &Store, stream: &Stream) -> Vec<Seen> {
    let state = stream.state();
    state.shards.iter().flat_map(|shard| read(store, stream, shard, shard.start(), usize::MAX).0).collect()
}

fn position(store: &Store, stream: &Stream, start: IteratorStart) -> Result<SequenceNumber, PositionFault> {
    let state = stream.state();
    store.stream_position(stream, &state.shards[0], start, store.clock().now_millis()).expect("a healthy engine")
}

#[test]
fn a_record_for_each_change_and_none_for_no_change() {
    let (store, _) = quiet_store();
    let (table, stream) = both(&store, "Music");
    put(&store, &table, &item("a", 1));
    put(&store, &table, &item("a", 1));
    put(&store, &table, &item("a", 2));
    delete(&store, &table, "a");
    delete(&store, &table, "a");
    let seen: Vec<_> = read_all(&store, &stream).into_iter().map(|seen| (seen.event, seen.old, seen.new)).collect();
    assert_eq!(seen, [("INSERT", None, Some(1)), ("MODIFY", Some(1), Some(2)), ("REMOVE", Some(2), None)]);
}

#[test]
fn iterators_of_every_type() {
    let (store, clock) = quiet_store();
    let (table, stream) = both(&store, "Music");
    let mut times = Vec::new();
    for n in 1..=5 {
        times.push(clock.now_millis());
        put(&store, &table, &item("a", n));
        clock.advance(Duration::from_secs(10));
    }
    let state = stream.state();
    let news = |start| {
        let from = position(&store, &stream, start).expect("untrimmed");
        read(&store, &stream, &state.shards[0], from, 10).0.iter().filter_map(|seen| seen.new).collect::<Vec<_>>()
    };
    let third = read_all(&store, &stream)[2].number;
    assert_eq!(news(IteratorStart::TrimHorizon), [1, 2, 3, 4, 5]);
    assert_eq!(news(IteratorStart::At(third)), [3, 4, 5]);
    assert_eq!(news(IteratorStart::After(third)), [4, 5]);
    assert_eq!(news(IteratorStart::AtTimestamp(times[2])), [3, 4, 5]);
    assert_eq!(news(IteratorStart::AtTimestamp(times[2] + 1)), [4, 5]);
    assert_eq!(news(IteratorStart::AtTimestamp(0)), [1, 2, 3, 4, 5]);
    assert!(news(IteratorStart::AtTimestamp(clock.now_millis())).is_empty());
    let latest = position(&store, &stream, IteratorStart::Latest).expect("always");
    put(&store, &table, &item("a", 6));
    let (seen, next) = read(&store, &stream, &state.shards[0], latest, 10);
    assert_eq!((seen.len(), seen[0].new), (1, Some(6)));
    assert!(next.is_some(), "the shard is open");
    for foreign in [SequenceNumber::first_of(u64::MAX), SequenceNumber::first_of(0)] {
        assert_eq!(position(&store, &stream, IteratorStart::At(foreign)), Err(PositionFault::Foreign));
    }
}

#[test]
fn records_go_after_a_day() {
    let (store, clock) = quiet_store();
    let (table, stream) = both(&store, "Music");
    put(&store, &table, &item("a", 1));
    let first = read_all(&store, &stream)[0].number;
    clock.advance(Duration::from_secs(3_600));
    put(&store, &table, &item("a", 2));
    clock.advance(Duration::from_millis(RETENTION_MILLIS - 1_000_000));
    let (state, now) = (stream.state(), clock.now_millis());
    let old = store.read_records(&stream, &state.shards[0], first, 10, now, |_, _| {}).expect("a healthy engine");
    assert!(old.is_err(), "trimmed");
    assert_eq!(position(&store, &stream, IteratorStart::At(first)), Err(PositionFault::Trimmed));
    let horizon = position(&store, &stream, IteratorStart::TrimHorizon).expect("untrimmed");
    assert_eq!(read(&store, &stream, &state.shards[0], horizon, 10).0.len(), 1);
}

#[test]
fn a_shard_that_is_old_rolls_and_is_dropped_a_day_later() {
    let (store, clock) = quiet_store();
    let (table, stream) = both(&store, "Music");
    put(&store, &table, &item("a", 1));
    clock.advance(Duration::from_secs(5 * 3_600));
    store.tend_streams().expect("a healthy engine");
    let state = stream.state();
    assert_eq!(state.shards.len(), 2);
    assert_eq!(state.shards[1].parent_id.as_deref(), Some(&*state.shards[0].id()));
    put(&store, &table, &item("a", 2));
    let (seen, next) = read(&store, &stream, &state.shards[0], state.shards[0].start(), 10);
    assert_eq!((seen.len(), next), (1, None), "closed and drained");
    assert_eq!(state.shards[0].end(), Some(seen[0].number));
    assert_eq!(read(&store, &stream, &state.shards[1], state.shards[1].start(), 10).0[0].new, Some(2));
    clock.advance(Duration::from_millis(RETENTION_MILLIS + 1));
    store.tend_streams().expect("a healthy engine");
    assert!(stream.state().shards.iter().all(|shard| shard.space != state.shards[0].space));
}

#[test]
fn a_disabled_stream_can_be_read_for_a_day_and_a_new_one_has_another_name() {
    let (store, clock) = quiet_store();
    let (table, stream) = both(&store, "Music");
    put(&store, &table, &item("a", 1));
    set_stream(&store, &table, None);
    assert!(stream.state().is_disabled() && stream.state().is_closing());
    put(&store, &table, &item("a", 2));
    store.tend_streams().expect("a healthy engine");
    assert!(!stream.state().is_closing());
    let (seen, next) = read(&store, &stream, &stream.state().shards[0], SequenceNumber::first_of(0), 10);
    assert_eq!((seen.len(), next), (1, None));
    // The clock stands still, and still the second stream is another one.
    set_stream(&store, &table, Some(StreamViewType::KeysOnly));
    put(&store, &table, &item("a", 3));
    let second = table.state().stream.clone().expect("enabled again");
    assert_eq!(second.created_millis, START_MILLIS + 1);
    assert_eq!(read_all(&store, &second).len(), 1);
    assert_eq!(store.streams().of_table(&namespace(), "Music").len(), 2);
    clock.advance(Duration::from_millis(RETENTION_MILLIS + 1));
    store.tend_streams().expect("a healthy engine");
    assert_eq!(store.streams().of_table(&namespace(), "Music").len(), 1);
}

#[test]
fn the_stream_of_a_deleted_table_stays_for_a_day() {
    let (store, clock) = quiet_store();
    let (table, stream) = both(&store, "Music");
    put(&store, &table, &item("a", 1));
    assert!(store.delete_table(&table, |_| Ok::<(), ()>(())).is_ok());
    store.tend_streams().expect("a healthy engine");
    assert_eq!(read_all(&store, &stream).len(), 1);
    clock.advance(Duration::from_millis(RETENTION_MILLIS + 1));
    store.tend_streams().expect("a healthy engine");
    assert!(store.streams().is_empty());
}

/// Follows the shards as consumers of Kinesis do: a shard to its end, then its children.
struct Consumer<'a> {
    store: &'a Store,
    stream: &'a Stream,
    positions: HashMap<String, Option<SequenceNumber>>,
    seen: Vec<Seen>,
}

impl Consumer<'_> {
    /// One look at every shard that may be read now. Answers how many records it got.
    fn poll(&mut self) -> usize {
        let state = self.stream.state();
        let before = self.seen.len();
        for shard in &state.shards {
            let id = shard.id();
            let is_done = |id: &String| self.positions.get(id).is_none_or(|position| position.is_none());
            let is_known =
                |id: &String| self.positions.contains_key(id) || state.shards.iter().all(|shard| shard.id() != *id);
            if shard.parent_id.as_ref().is_some_and(|parent| !is_known(parent) || !is_done(parent)) {
                continue;
            }
            let position = *self.positions.entry(id.clone()).or_insert(Some(shard.start()));
            let Some(from) = position else { continue };
            let (seen, next) = read(self.store, self.stream, shard, from, 1_000);
            self.seen.extend(seen);
            self.positions.insert(id, next);
        }
        self.seen.len() - before
    }
}

/// `writes` writes to 1,000 items by four threads, each item by one thread, while a consumer follows and shards roll over.
fn follow(writes: u64) {
    const ITEMS: u64 = 1_000;
    let clock = clock();
    let store = store(&clock);
    let (table, stream) = both(&store, "Music");
    let mut consumer = Consumer { store: &store, stream: &stream, positions: HashMap::new(), seen: Vec::new() };
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4u64)
            .map(|writer| {
                let (store, table) = (&store, &table);
                scope.spawn(move || {
                    for n in (writer..writes).step_by(4) {
                        put(store, table, &item(&format!("{}", n % ITEMS), n + 1));
                    }
                })
            })
            .collect();
        while writers.iter().any(|writer| !writer.is_finished()) {
            consumer.poll();
        }
    });
    store.tend_streams().expect("a healthy engine");
    while consumer.poll() > 0 {}
    let seen = consumer.seen;
    assert_eq!(seen.len() as u64, writes);
    let mut last: HashMap<&str, u64> = HashMap::new();
    let mut numbers = HashSet::new();
    for record in &seen {
        let before = last.insert(&record.id, record.new.expect("only puts"));
        assert_eq!(record.old, before, "{record:?}");
        assert!(numbers.insert(record.number));
    }
    assert_eq!(last.len() as u64, ITEMS);
    let closed = stream.state().shards.iter().filter(|shard| shard.end().is_some()).count();
    assert!(closed > 0, "no shard rolled over");
    store.close().expect("a healthy engine");
}

#[test]
fn a_consumer_sees_each_change_once_and_each_items_in_order_while_shards_split() {
    follow(25_000);
}

#[test]
#[ignore = "100,000 writes: run it with --release"]
fn a_consumer_follows_many_rollovers() {
    follow(100_000);
}

#[test]
fn a_shard_splits_for_what_it_took_before_restarts() {
    let disk = Arc::new(kstone_engine::io::MemoryDisk::new());
    let clock = clock();
    let open = || {
        let engine = kstone_engine::Engine::open(Arc::clone(&disk) as _, kstone_engine::Options::default());
        let store = Store::open(engine.expect("a healthy disk"), clock.clone()).expect("a database");
        store.stop_upkeep();
        store
    };
    let first = open();
    both(&first, "Music");
    first.close().expect("a healthy engine");
    let runs = 4;
    for run in 0..runs {
        let store = open();
        let table = store.tables().pop().expect("it was created");
        let stream = table.state().stream.clone().expect("it has one");
        for n in 0..shard::SPLIT_RECORDS / runs {
            put(&store, &table, &item(&n.to_string(), run + 1));
        }
        store.tend_streams().expect("a healthy engine");
        let shards = stream.state().shards.len();
        assert_eq!(shards, if run + 1 < runs { 1 } else { 3 }, "run {run}");
        store.close().expect("a healthy engine");
    }
}

#[test]
fn ids_of_events_differ_between_records_and_streams() {
    let (store, _) = quiet_store();
    let (_, one) = both(&store, "Music");
    let (_, other) = both(&store, "Films");
    let mut ids = HashSet::new();
    for stream in [&one, &other] {
        for commit in 0..10 {
            for ordinal in 0..10 {
                let id = stream.event_id(&stream.state().shards[0], SequenceNumber { commit, ordinal });
                assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
                assert!(ids.insert(id));
            }
        }
    }
}

#[test]
fn one_batch_is_told_apart_by_ordinals() {
    let (store, _) = quiet_store();
    let (table, stream) = both(&store, "Music");
    let keys = ["a", "b", "c"];
    let targets =
        keys.map(|id| crate::table::write::Target { table: &table, key: crate::table::fixtures::row_key(id) });
    let written = store.write(&targets, |_| {
        let put = |id: &&str| crate::table::write::Change::Put(crate::value::encode_item(&item(id, 1)).into());
        Ok::<_, ()>((keys.iter().map(put).collect(), ()))
    });
    written.expect("a healthy engine").ticket.wait().expect("a healthy engine");
    let seen = read_all(&store, &stream);
    let numbers: Vec<_> = seen.iter().map(|seen| (seen.number.commit, seen.number.ordinal)).collect();
    assert_eq!(numbers, [0, 1, 2].map(|ordinal| (numbers[0].0, ordinal)));
}

fn set_stream(store: &Store, table: &Arc<Table>, view: Option<StreamViewType>) {
    let updated = store.update_table(table, |state| {
        let mut definition = state.definition.clone();
        definition.stream = view;
        Ok::<_, ()>(crate::validation::update_table::UpdatedTable { definition, created: None, deleted: None })
    });
    let updated = updated.map(|(_, ticket)| ticket.wait());
    assert!(matches!(updated, Ok(Ok(()))));
}
