use std::collections::BTreeSet;

use compat_tests::item;
use compat_tests::table::{Table, all};
use compat_tests::value::{IntoValue, Item, integer};
use proptest::collection::vec;
use proptest::prelude::*;

use super::Bench;

/// Rows of a few partitions, as (partition, index partition, size).
fn rows() -> impl Strategy<Value = Vec<(u8, u8, usize)>> {
    vec((0u8..4, 0u8..3, prop_oneof![4 => 0usize..50, 1 => 60_000usize..120_000]), 1..60)
}

#[derive(Debug, Clone)]
struct Way {
    limit: Option<i32>,
    forward: bool,
    segments: i32,
}

fn way() -> impl Strategy<Value = Way> {
    (proptest::option::of(1i32..20), any::<bool>(), 1i32..9).prop_map(|(limit, forward, segments)| Way {
        limit,
        forward,
        segments,
    })
}

#[test]
fn pages_of_every_kind_give_everything_once() {
    let bench = Bench::new();
    let table = std::cell::Cell::new(0);
    bench.check(25, &(rows(), way()), |(rows, way)| {
        table.set(table.get() + 1);
        let name = format!("rows-{}", table.get());
        bench.runtime.block_on(write(&bench, &name, &rows));
        let all: BTreeSet<i64> = (0..rows.len() as i64).collect();
        for index in [None, Some("by-g"), Some("by-size")] {
            prop_assert_eq!(&once(bench.runtime.block_on(scan(&bench, &name, index, &way)))?, &all);
        }
        for partition in 0..4 {
            let expected = ids(&rows, |&(pk, _, _)| pk == partition);
            for index in [None, Some("by-size")] {
                let got = bench.runtime.block_on(query(&bench, &name, index, "pk", partition, &way));
                prop_assert_eq!(&once(got)?, &expected);
            }
            let expected = ids(&rows, |&(_, g, _)| g == partition);
            prop_assert_eq!(
                &once(bench.runtime.block_on(query(&bench, &name, Some("by-g"), "g", partition, &way)))?,
                &expected
            );
        }
        bench.runtime.block_on(bench.db.delete_table().table_name(&name).send()).unwrap();
        Ok(())
    });
}

fn ids(rows: &[(u8, u8, usize)], of: impl Fn(&(u8, u8, usize)) -> bool) -> BTreeSet<i64> {
    rows.iter().enumerate().filter(|(_, row)| of(row)).map(|(i, _)| i as i64).collect()
}

fn once(items: Vec<Item>) -> Result<BTreeSet<i64>, TestCaseError> {
    let ids: BTreeSet<i64> = items.iter().map(|item| integer(item, "sk")).collect();
    prop_assert_eq!(ids.len(), items.len(), "some came twice");
    Ok(ids)
}

async fn write(bench: &Bench, table: &str, rows: &[(u8, u8, usize)]) {
    // The index's sort key has ties.
    Table::new("pk:S sk:N")
        .gsi("by-g", "g:S tie:N", all())
        .lsi("by-size", "size:N", all())
        .create(&bench.db, table)
        .await;
    for (i, (pk, g, size)) in rows.iter().enumerate() {
        let row = item! {
            "pk" => pk.to_string(), "sk" => i, "g" => g.to_string(), "tie" => i % 2, "size" => *size, "v" => "x".repeat(*size),
        };
        bench.db.put_item().table_name(table).set_item(Some(row)).send().await.unwrap();
    }
}

async fn scan(bench: &Bench, table: &str, index: Option<&str>, way: &Way) -> Vec<Item> {
    let mut items = Vec::new();
    for segment in 0..way.segments {
        let scan = bench.db.scan().table_name(table).set_index_name(index.map(str::to_owned)).set_limit(way.limit);
        let scan = scan.segment(segment).total_segments(way.segments);
        items.extend(scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.unwrap());
    }
    items
}

async fn query(bench: &Bench, table: &str, index: Option<&str>, key: &str, partition: u8, way: &Way) -> Vec<Item> {
    let query = bench.db.query().table_name(table).set_index_name(index.map(str::to_owned)).set_limit(way.limit);
    let query = query
        .key_condition_expression(format!("{key} = :p"))
        .expression_attribute_values(":p", partition.to_string().into_value());
    query.scan_index_forward(way.forward).into_paginator().items().send().collect::<Result<_, _>>().await.unwrap()
}
