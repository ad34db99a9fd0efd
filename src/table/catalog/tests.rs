use std::collections::BTreeSet;
use std::sync::Barrier;

use super::*;
use crate::table::fixtures::{self, clock, item, namespace, put, store};
use crate::validation::table_definition::{AttributeDefinition, GlobalIndex, IndexProjection, Throughput};
use crate::validation::{KeyAttribute, KeySchema, ScalarType};

/// The table with an index on its number.
fn with_index(state: &TableState) -> UpdatedTable {
    let n = KeyAttribute { name: "n".to_string(), kind: ScalarType::N };
    let index = GlobalIndex {
        name: "by-n".to_string(),
        key_schema: KeySchema { partition: vec![n], sort: Vec::new() },
        projection: IndexProjection::All,
        throughput: Throughput::default(),
        on_demand_throughput: None,
        warm_throughput: None,
    };
    let mut definition = state.definition.clone();
    definition.attribute_definitions.push(AttributeDefinition { name: "n".to_string(), kind: ScalarType::N });
    definition.global_indexes.push(index.clone());
    UpdatedTable { definition, created: Some(CreatedIndex::Global(index)), deleted: None }
}

fn is_gone<T>(changed: Result<T, CatalogError<()>>) -> bool {
    matches!(changed, Err(CatalogError::Gone { .. }))
}

/// What the catalog's rows say, which is what the next start will find.
fn stored_ids(store: &Store) -> BTreeSet<String> {
    let loaded = Catalog::load(store.engine(), store.streams()).unwrap_or_else(|error| panic!("{error}"));
    let namespaces = loaded.namespaces.load();
    namespaces.values().flat_map(|tables| tables.values().map(|table| table.id.clone())).collect()
}

#[test]
fn who_comes_after_a_deletion_changes_neither_the_old_table_nor_a_new_one() {
    for is_created_anew in [false, true] {
        let store = store(&clock());
        let table = fixtures::table(&store, "Music", None);
        let deleting = Barrier::new(2);
        std::thread::scope(|threads| {
            let deleted = threads.spawn(|| {
                let check = |_: &TableState| {
                    deleting.wait();
                    Ok::<_, ()>(())
                };
                store.delete_table(&table, check).is_ok()
            });
            deleting.wait();
            // All of these have found the table before it was gone.
            let changes = [
                threads.spawn(|| is_gone(store.update_table(&table, |state| Ok(with_index(state))))),
                threads.spawn(|| is_gone(store.update_tags(&table, |_| Ok(Vec::new())))),
                threads.spawn(|| is_gone(store.update_ttl(&table, Some("n"), |_, _, _| Ok(())))),
                threads.spawn(|| is_gone(store.delete_table(&table, |_| Ok(())))),
            ];
            assert!(deleted.join().expect("no panic"));
            let anew = is_created_anew.then(|| fixtures::table(&store, "Music", None));
            assert!(changes.map(|change| change.join().expect("no panic")).iter().all(|is_gone| *is_gone));
            let state = anew.as_ref().map(|table| table.state());
            assert!(state.is_none_or(|state| state.indexes.is_empty() && state.ttl.is_none()));
            assert_eq!(stored_ids(&store), anew.iter().map(|table| table.id.clone()).collect());
        });
    }
}

#[test]
fn a_deletion_takes_along_the_index_that_was_just_added() {
    let store = store(&clock());
    let table = fixtures::table(&store, "Music", None);
    for n in 0..50 {
        put(&store, &table, &item(&format!("id-{n}"), n));
    }
    let updating = Barrier::new(2);
    std::thread::scope(|threads| {
        let updated = threads.spawn(|| {
            let decide = |state: &TableState| {
                updating.wait();
                Ok::<_, ()>(with_index(state))
            };
            store.update_table(&table, decide).is_ok()
        });
        updating.wait();
        let deleted = store.delete_table(&table, |_| Ok::<_, ()>(()));
        // It waited for the update, so it knows the index.
        assert!(deleted.is_ok_and(|(state, ticket)| state.index("by-n").is_some() && ticket.wait().is_ok()));
        assert!(updated.join().expect("no panic"));
    });
    assert!(store.table(&namespace(), "Music").is_none());
    assert_eq!(stored_ids(&store), BTreeSet::new());
    let state = table.state();
    let index = state.index("by-n").map(|index| index.space);
    for space in [Some(state.space), index].into_iter().flatten() {
        let range = ScanRange::Positions { space, first: 0, last: u32::MAX, after: None };
        let snapshot = store.engine().snapshot();
        assert!(store.engine().scan(&snapshot, range, Direction::Forward).next().expect("a healthy engine").is_none());
    }
}
