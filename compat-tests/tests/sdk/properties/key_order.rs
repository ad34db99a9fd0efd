use std::cmp::Ordering;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use compat_tests::item;
use compat_tests::table::Table;
use compat_tests::value::{IntoValue, Item};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Bench, values};

/// Writes rows with these sort keys into a partition of their own, and reads them back in the order of the table.
fn in_table_order(bench: &Bench, table: &str, partition: &str, keys: &[AttributeValue]) -> Vec<AttributeValue> {
    bench.runtime.block_on(async {
        for key in keys {
            let row = item! { "pk" => partition, "sk" => key };
            bench.db.put_item().table_name(table).set_item(Some(row)).send().await.unwrap();
        }
        let query = bench.db.query().table_name(table).key_condition_expression("pk = :p");
        let query = query.expression_attribute_values(":p", partition.into_value()).limit(7);
        let rows: Vec<Item> = query.into_paginator().items().send().collect::<Result<_, _>>().await.unwrap();
        rows.into_iter().map(|mut row| row.remove("sk").unwrap()).collect()
    })
}

fn check(
    type_name: &str,
    keys: impl Strategy<Value = AttributeValue>,
    order: fn(&AttributeValue, &AttributeValue) -> Ordering,
) {
    let bench = Bench::new();
    bench.runtime.block_on(Table::new(&format!("pk:S sk:{type_name}")).create(&bench.db, "rows"));
    let partition = std::cell::Cell::new(0);
    bench.check(40, &vec(keys, 1..25), |keys| {
        partition.set(partition.get() + 1);
        let read = in_table_order(&bench, "rows", &format!("p{}", partition.get()), &keys);
        let mut expected = keys;
        expected.sort_by(order);
        expected.dedup();
        prop_assert_eq!(read, expected);
        Ok(())
    });
}

#[test]
fn strings_are_in_the_order_of_their_bytes() {
    let keys =
        prop_oneof![any::<String>(), "[ab\0\u{1}é]{1,6}"].prop_filter("no key is empty", |text| !text.is_empty());
    check("S", keys.prop_map(AttributeValue::S), |a, b| a.as_s().unwrap().as_bytes().cmp(b.as_s().unwrap().as_bytes()));
}

#[test]
fn binaries_are_in_the_order_of_unsigned_bytes() {
    let keys = prop_oneof![vec(any::<u8>(), 1..8), vec(prop_oneof![Just(0u8), Just(1), Just(254), Just(255)], 1..6)];
    let keys = keys.prop_map(|bytes| AttributeValue::B(Blob::new(bytes)));
    check("B", keys, |a, b| a.as_b().unwrap().as_ref().cmp(b.as_b().unwrap().as_ref()));
}

#[test]
fn numbers_are_in_the_order_of_their_values() {
    let keys = prop_oneof![values::number(), (-100i32..100).prop_map(|n| n.to_string())];
    check("N", keys.prop_map(AttributeValue::N), |a, b| compare_decimals(a.as_n().unwrap(), b.as_n().unwrap()));
}

/// Plain decimals, compared digit by digit.
fn compare_decimals(a: &str, b: &str) -> Ordering {
    match (a.strip_prefix('-'), b.strip_prefix('-')) {
        (None, None) => compare_magnitudes(a, b),
        (Some(a), Some(b)) => compare_magnitudes(b, a),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
    }
}

fn compare_magnitudes(a: &str, b: &str) -> Ordering {
    let parts = |text: &str| {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        (whole.trim_start_matches('0').to_owned(), fraction.to_owned())
    };
    let ((a_whole, a_fraction), (b_whole, b_fraction)) = (parts(a), parts(b));
    let whole = a_whole.len().cmp(&b_whole.len()).then_with(|| a_whole.cmp(&b_whole));
    whole.then_with(|| a_fraction.cmp(&b_fraction))
}
