//! Random conditions, decided by the server and by a model of a few lines.

use std::cmp::Ordering;

use aws_sdk_dynamodb::types::AttributeValue;
use compat_tests::item;
use compat_tests::table::Table;
use compat_tests::value::{IntoValue, Item, s};
use proptest::collection::{hash_map, vec};
use proptest::prelude::*;

use super::Bench;

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

#[derive(Clone, Debug)]
enum Condition {
    Compare(usize, &'static str, AttributeValue),
    CompareNames(usize, &'static str, usize),
    Between(usize, AttributeValue, AttributeValue),
    In(usize, Vec<AttributeValue>),
    Exists(usize),
    Type(usize, &'static str),
    BeginsWith(usize, String),
    Contains(usize, AttributeValue),
    Size(usize, &'static str, i32),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
}

/// Small values, so that different ones often meet.
fn scalar() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        (-2i32..3).prop_map(IntoValue::into_value),
        "[xy]{0,2}".prop_map(AttributeValue::S),
        any::<bool>().prop_map(AttributeValue::Bool),
        Just(AttributeValue::Null(true)),
    ]
}

fn value() -> impl Strategy<Value = AttributeValue> {
    let set = proptest::sample::subsequence(vec!["x", "xy", "y"], 1..=3)
        .prop_map(|members| AttributeValue::Ss(members.into_iter().map(str::to_owned).collect()));
    prop_oneof![4 => scalar(), 1 => set, 1 => vec(scalar(), 0..3).prop_map(AttributeValue::L)]
}

fn item() -> impl Strategy<Value = Item> {
    hash_map(proptest::sample::select(NAMES.to_vec()).prop_map(str::to_owned), value(), 0..4)
}

fn comparison() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec!["=", "<>", "<", "<=", ">", ">="])
}

/// Operands of one ordered type: others are refused before anything is compared.
fn ordered() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![(-2i32..3).prop_map(IntoValue::into_value), "[xy]{0,2}".prop_map(AttributeValue::S)]
}

fn condition() -> impl Strategy<Value = Condition> {
    let name = || 0..NAMES.len();
    let bounds = prop_oneof![
        (-2i32..3, 0i32..3).prop_map(|(low, more)| (low.into_value(), (low + more).into_value())),
        ("[xy]{0,2}", "[xy]{0,2}").prop_map(|(a, b)| if a <= b { (s(&a), s(&b)) } else { (s(&b), s(&a)) }),
    ];
    let leaf = prop_oneof![
        (name(), comparison(), ordered()).prop_map(|(n, c, v)| Condition::Compare(n, c, v)),
        (name(), proptest::sample::select(vec!["=", "<>"]), value()).prop_map(|(n, c, v)| Condition::Compare(n, c, v)),
        (name(), comparison(), name())
            .prop_filter("operands differ", |(a, _, b)| a != b)
            .prop_map(|(a, c, b)| Condition::CompareNames(a, c, b)),
        (name(), bounds).prop_map(|(n, (low, high))| Condition::Between(n, low, high)),
        (name(), vec(scalar(), 1..4)).prop_map(|(n, values)| Condition::In(n, values)),
        name().prop_map(Condition::Exists),
        (name(), proptest::sample::select(vec!["S", "N", "BOOL", "NULL", "SS", "L", "M"]))
            .prop_map(|(n, t)| Condition::Type(n, t)),
        (name(), "[xy]{0,2}").prop_map(|(n, prefix)| Condition::BeginsWith(n, prefix)),
        (name(), scalar()).prop_map(|(n, v)| Condition::Contains(n, v)),
        (name(), comparison(), 0i32..4).prop_map(|(n, c, size)| Condition::Size(n, c, size)),
    ];
    leaf.prop_recursive(4, 16, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|c| Condition::Not(Box::new(c))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Condition::And(Box::new(a), Box::new(b))),
            (inner.clone(), inner).prop_map(|(a, b)| Condition::Or(Box::new(a), Box::new(b))),
        ]
    })
}

impl Condition {
    /// Its text; its operands become placeholders.
    fn write(&self, values: &mut Item) -> String {
        let name = |n: &usize| NAMES[*n];
        match self {
            Self::Compare(n, comparison, value) => format!("{} {comparison} {}", name(n), placeholder(values, value)),
            Self::CompareNames(a, comparison, b) => format!("{} {comparison} {}", name(a), name(b)),
            Self::Between(n, low, high) => {
                let (low, high) = (placeholder(values, low), placeholder(values, high));
                format!("{} BETWEEN {low} AND {high}", name(n))
            }
            Self::In(n, choices) => {
                let choices: Vec<String> = choices.iter().map(|choice| placeholder(values, choice)).collect();
                format!("{} IN ({})", name(n), choices.join(", "))
            }
            Self::Exists(n) => format!("attribute_exists({})", name(n)),
            Self::Type(n, of_type) => format!("attribute_type({}, {})", name(n), placeholder(values, &s(of_type))),
            Self::BeginsWith(n, prefix) => format!("begins_with({}, {})", name(n), placeholder(values, &s(prefix))),
            Self::Contains(n, value) => format!("contains({}, {})", name(n), placeholder(values, value)),
            Self::Size(n, comparison, size) => {
                format!("size({}) {comparison} {}", name(n), placeholder(values, &size.into_value()))
            }
            Self::Not(inner) => format!("NOT ({})", inner.write(values)),
            Self::And(a, b) => format!("{} AND {}", a.write_operand(values), b.write_operand(values)),
            Self::Or(a, b) => format!("{} OR {}", a.write(values), b.write(values)),
        }
    }

    /// In parentheses only where they are needed: redundant ones are refused.
    fn write_operand(&self, values: &mut Item) -> String {
        let text = self.write(values);
        if matches!(self, Self::Or(..)) { format!("({text})") } else { text }
    }

    fn holds(&self, item: &Item) -> bool {
        let attribute = |n: &usize| item.get(NAMES[*n]);
        match self {
            Self::Compare(n, comparison, value) => compares(attribute(n), comparison, Some(value)),
            Self::CompareNames(a, comparison, b) => compares(attribute(a), comparison, attribute(b)),
            Self::Between(n, low, high) => {
                compares(attribute(n), ">=", Some(low)) && compares(attribute(n), "<=", Some(high))
            }
            Self::In(n, choices) => choices.iter().any(|choice| compares(attribute(n), "=", Some(choice))),
            Self::Exists(n) => attribute(n).is_some(),
            Self::Type(n, of_type) => attribute(n).is_some_and(|value| type_of(value) == *of_type),
            Self::BeginsWith(n, prefix) => {
                matches!(attribute(n), Some(AttributeValue::S(text)) if text.starts_with(prefix.as_str()))
            }
            Self::Contains(n, value) => attribute(n).is_some_and(|whole| contains(whole, value)),
            Self::Size(n, comparison, size) => {
                compares(attribute(n).and_then(size_of).as_ref(), comparison, Some(&size.into_value()))
            }
            Self::Not(inner) => !inner.holds(item),
            Self::And(a, b) => a.holds(item) && b.holds(item),
            Self::Or(a, b) => a.holds(item) || b.holds(item),
        }
    }
}

fn placeholder(values: &mut Item, value: &AttributeValue) -> String {
    let name = format!(":v{}", values.len());
    values.insert(name.clone(), value.clone());
    name
}

fn compares(a: Option<&AttributeValue>, comparison: &str, b: Option<&AttributeValue>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return comparison == "<>" };
    match comparison {
        "=" => a == b,
        "<>" => a != b,
        _ => order(a, b).is_some_and(|order| match comparison {
            "<" => order.is_lt(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            _ => order.is_ge(),
        }),
    }
}

fn order(a: &AttributeValue, b: &AttributeValue) -> Option<Ordering> {
    match (a, b) {
        (AttributeValue::S(a), AttributeValue::S(b)) => Some(a.cmp(b)),
        (AttributeValue::N(a), AttributeValue::N(b)) => Some(a.parse::<i64>().unwrap().cmp(&b.parse().unwrap())),
        _ => None,
    }
}

fn contains(whole: &AttributeValue, part: &AttributeValue) -> bool {
    match (whole, part) {
        (AttributeValue::S(whole), AttributeValue::S(part)) => whole.contains(part.as_str()),
        (AttributeValue::Ss(members), AttributeValue::S(member)) => members.contains(member),
        (AttributeValue::L(elements), _) => elements.contains(part),
        _ => false,
    }
}

fn size_of(value: &AttributeValue) -> Option<AttributeValue> {
    match value {
        AttributeValue::S(text) => Some(text.len().into_value()),
        AttributeValue::Ss(members) => Some(members.len().into_value()),
        AttributeValue::L(elements) => Some(elements.len().into_value()),
        _ => None,
    }
}

fn type_of(value: &AttributeValue) -> &'static str {
    match value {
        AttributeValue::S(_) => "S",
        AttributeValue::N(_) => "N",
        AttributeValue::Bool(_) => "BOOL",
        AttributeValue::Null(_) => "NULL",
        AttributeValue::Ss(_) => "SS",
        AttributeValue::L(_) => "L",
        other => panic!("the generators make no {other:?}"),
    }
}

#[test]
fn a_filter_and_a_condition_decide_as_the_model_does() {
    let bench = Bench::new();
    bench.runtime.block_on(Table::new("pk:S").create(&bench.db, "items"));
    bench.check(600, &(item(), condition()), |(mut item, condition)| {
        item.insert("pk".to_owned(), "k".into_value());
        let mut values = Item::new();
        let text = condition.write(&mut values);
        let expected = condition.holds(&item);
        let (filtered, conditioned) = bench.runtime.block_on(decide(&bench, &item, &text, values));
        prop_assert_eq!(filtered, expected, "as a filter: {}", &text);
        prop_assert_eq!(conditioned, expected, "as a condition: {}", &text);
        Ok(())
    });
}

/// Whether a scan with that filter finds the item, and whether a write under that condition is done.
async fn decide(bench: &Bench, item: &Item, text: &str, values: Item) -> (bool, bool) {
    let values = (!values.is_empty()).then_some(values);
    let db = &bench.db;
    db.put_item().table_name("items").set_item(Some(item.clone())).send().await.unwrap();
    let scan = db.scan().table_name("items").filter_expression(text).set_expression_attribute_values(values.clone());
    let found = scan.send().await.unwrap_or_else(|error| panic!("{text}: {error:?}")).count() == 1;
    let delete = db.delete_item().table_name("items").set_key(Some(item! { "pk" => "k" })).condition_expression(text);
    let done =
        match delete.set_expression_attribute_values(values).send().await.map_err(|error| error.into_service_error()) {
            Ok(_) => true,
            Err(error) if error.is_conditional_check_failed_exception() => false,
            Err(error) => panic!("{text}: {error:?}"),
        };
    (found, done)
}
