//! Expiry through the store.

use std::time::Duration;

use super::*;
use crate::table::fixtures::{START_MILLIS, clock, delete, item, put, row_key, store, table};
use crate::table::state::Table;
use crate::table::{CatalogError, Store};

const NOW: u64 = START_MILLIS / 1000;

fn enable(store: &Store, table: &Arc<Table>) {
    let enabled = store.update_ttl(table, Some("n"), |_, _, _| Ok::<(), ()>(()));
    assert!(enabled.is_ok_and(|ticket| ticket.wait().is_ok()));
}

fn sweep(store: &Store) -> (u64, u64) {
    let swept = store.sweep_expired(&|| true).expect("a healthy engine");
    (swept.entries_read, swept.items_deleted)
}

fn exists(store: &Store, table: &Arc<Table>, id: &str) -> bool {
    store.get(&table.state(), &row_key(id)).expect("a healthy engine").is_some()
}

/// Sweeps only when the test says so.
fn quiet_store() -> (Store, crate::clock::Clock) {
    let clock = clock();
    let store = store(&clock);
    store.stop_upkeep();
    (store, clock)
}

#[test]
fn what_has_expired_goes_and_nothing_else() {
    let (store, clock) = quiet_store();
    let table = table(&store, "Music", None);
    enable(&store, &table);
    put(&store, &table, &item("past", NOW - 1));
    put(&store, &table, &item("soon", NOW + 10));
    put(&store, &table, &item("later", NOW + 1_000));
    put(&store, &table, &item("long ago", NOW - OLDEST_SECONDS - 1));
    put(&store, &table, &[("id".to_string(), crate::value::AttributeValue::S("never".into()))].into_iter().collect());
    assert_eq!(sweep(&store).1, 1);
    assert!(!exists(&store, &table, "past"));
    clock.advance(Duration::from_secs(11));
    assert_eq!(sweep(&store).1, 1);
    assert!(!exists(&store, &table, "soon"));
    for id in ["later", "long ago", "never"] {
        assert!(exists(&store, &table, id), "{id}");
    }
}

#[test]
fn an_item_that_got_more_time_is_spared_and_one_that_got_less_is_not() {
    let (store, clock) = quiet_store();
    let table = table(&store, "Music", None);
    enable(&store, &table);
    for id in ["longer", "shorter", "deleted"] {
        put(&store, &table, &item(id, NOW + 100));
    }
    put(&store, &table, &item("longer", NOW + 500));
    put(&store, &table, &item("shorter", NOW + 10));
    delete(&store, &table, "deleted");
    clock.advance(Duration::from_secs(20));
    assert_eq!(sweep(&store).1, 1);
    clock.advance(Duration::from_secs(200));
    assert_eq!(sweep(&store).1, 0);
    assert!(exists(&store, &table, "longer"));
    assert!(!exists(&store, &table, "shorter"));
    // An item that comes with a time long past is found although the sweep has been there.
    put(&store, &table, &item("late", NOW - 5));
    assert_eq!(sweep(&store), (1 + 1, 1), "itself, and the one that is next");
}

#[test]
fn items_that_were_there_before_are_found() {
    let (store, _) = quiet_store();
    let table = table(&store, "Music", None);
    for i in 0..100 {
        put(&store, &table, &item(&format!("{i}"), NOW - 50 + i));
    }
    enable(&store, &table);
    assert_eq!(sweep(&store).1, 0);
    store.fill_expiry(&|| true).expect("a healthy engine");
    assert!(table.peek().ttl.as_ref().is_some_and(|ttl| ttl.is_filled));
    assert_eq!(sweep(&store).1, 50);
}

#[test]
fn nothing_is_read_while_nothing_is_due() {
    let (store, clock) = quiet_store();
    let table = table(&store, "Music", None);
    enable(&store, &table);
    for i in 0..1_000 {
        put(&store, &table, &item(&format!("{i}"), NOW + 3_600 + i));
    }
    sweep(&store);
    assert_eq!(sweep(&store), (0, 0));
    clock.advance(Duration::from_secs(3_600));
    assert_eq!(sweep(&store), (0, 0));
    clock.advance(Duration::from_secs(10));
    let (read, deleted) = sweep(&store);
    assert_eq!(deleted, 10);
    assert!(read <= 10 + u64::from(BUCKET_COUNT), "{read}");
    assert_eq!(sweep(&store), (0, 0));
}

#[test]
fn disabling_ends_it() {
    let (store, _) = quiet_store();
    let table = table(&store, "Music", None);
    enable(&store, &table);
    put(&store, &table, &item("a", NOW - 1));
    let refused = store.update_ttl(&table, None, |current, changed, now| {
        assert_eq!((current, changed, now), (Some("n"), Some(START_MILLIS), START_MILLIS));
        Err("refused")
    });
    assert!(matches!(refused, Err(CatalogError::Refused("refused"))));
    let disabled = store.update_ttl(&table, None, |_, _, _| Ok::<(), ()>(()));
    assert!(disabled.is_ok_and(|ticket| ticket.wait().is_ok()));
    assert_eq!(sweep(&store), (0, 0));
    assert!(exists(&store, &table, "a"));
}

#[test]
#[ignore = "a million items: run it with --release"]
fn a_sweep_costs_what_expires() {
    let (store, clock) = quiet_store();
    let table = table(&store, "Music", None);
    enable(&store, &table);
    for i in 0..1_000_000u64 {
        let expiry = if i % 1_000 == 0 { NOW + 60 } else { NOW + 1_000_000 + i };
        put(&store, &table, &item(&format!("{i}"), expiry));
    }
    sweep(&store);
    clock.advance(Duration::from_secs(61));
    let (read, deleted) = sweep(&store);
    assert_eq!(deleted, 1_000);
    assert!(read <= 1_000 + u64::from(BUCKET_COUNT), "{read}");
}
