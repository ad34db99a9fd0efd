//! Random attribute values.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use compat_tests::value::Item;
use proptest::collection::{btree_set, hash_map, vec};
use proptest::prelude::*;

/// Numbers in the form in which they come back: up to 38 digits, no zeros at the ends, no exponent.
pub(super) fn number() -> impl Strategy<Value = String> {
    let digits = "[1-9][0-9]{0,18}([0-9]{0,18}[1-9])?";
    (digits, -40i32..40, any::<bool>()).prop_map(|(digits, point, negative)| {
        let plain = with_point(&digits, point);
        if negative { format!("-{plain}") } else { plain }
    })
}

/// The digits with a decimal point `point` places from their right end (to the left if positive), trimmed.
fn with_point(digits: &str, point: i32) -> String {
    let text = if point <= 0 {
        format!("{digits}{}", "0".repeat(point.unsigned_abs() as usize))
    } else {
        let padded = format!("{digits:0>width$}", width = point as usize + 1);
        let (whole, fraction) = padded.split_at(padded.len() - point as usize);
        format!("{whole}.{fraction}")
    };
    match text.split_once('.') {
        Some((whole, fraction)) => match fraction.trim_end_matches('0') {
            "" => whole.to_owned(),
            fraction => format!("{whole}.{fraction}"),
        },
        None => text,
    }
}

pub(super) fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..20)
}

/// Any text, including what has to be escaped in JSON.
pub(super) fn string() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a-z]{0,10}", Just("\0\u{1}\u{7f}\"\\/\u{2028}".to_owned())]
}

pub(super) fn scalar() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        string().prop_map(AttributeValue::S),
        number().prop_map(AttributeValue::N),
        bytes().prop_map(|bytes| AttributeValue::B(Blob::new(bytes))),
        any::<bool>().prop_map(AttributeValue::Bool),
        Just(AttributeValue::Null(true)),
    ]
}

/// Sets in the order in which they come back.
fn set() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        btree_set(string(), 1..6).prop_map(|members| AttributeValue::Ss(members.into_iter().collect())),
        btree_set(-1_000_000i64..1_000_000, 1..6)
            .prop_map(|members| AttributeValue::Ns(members.iter().map(i64::to_string).collect())),
        btree_set(bytes(), 1..6)
            .prop_map(|members: BTreeSet<_>| AttributeValue::Bs(members.into_iter().map(Blob::new).collect())),
    ]
}

pub(super) fn value() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![3 => scalar(), 1 => set()].prop_recursive(6, 40, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(AttributeValue::L),
            hash_map(name(), inner, 0..6).prop_map(AttributeValue::M),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    string().prop_filter("names are not empty", |name| !name.is_empty())
}

pub(super) fn item() -> impl Strategy<Value = Item> {
    hash_map(name(), value(), 0..8)
}
