//! Random updates, carried out by the server and by a model of a few lines.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;
use compat_tests::item;
use compat_tests::table::Table;
use compat_tests::value::{IntoValue, Item};
use proptest::collection::{hash_map, vec};
use proptest::prelude::*;

use super::Bench;

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// What happens to one attribute; the index is that of another one that is read.
#[derive(Clone, Debug)]
enum Change {
    Set(AttributeValue),
    Copy(usize),
    Plus(usize, i32),
    Minus(i32, usize),
    IfNotExists(usize, AttributeValue),
    Append(usize, Vec<AttributeValue>),
    Remove,
    Add(AttributeValue),
    Delete(AttributeValue),
}

/// The item cannot be updated like that.
struct Refused;

fn number() -> impl Strategy<Value = AttributeValue> {
    (-9i32..10).prop_map(IntoValue::into_value)
}

fn set() -> impl Strategy<Value = AttributeValue> {
    let members = proptest::sample::subsequence(vec!["x", "y", "z"], 1..=3);
    members.prop_map(|members| AttributeValue::Ss(members.into_iter().map(str::to_owned).collect()))
}

fn scalar() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![number(), "[xy]{0,2}".prop_map(AttributeValue::S)]
}

fn value() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![3 => number(), 1 => scalar(), 2 => set(), 2 => vec(scalar(), 0..3).prop_map(AttributeValue::L)]
}

fn stored() -> impl Strategy<Value = Item> {
    hash_map(proptest::sample::select(NAMES.to_vec()).prop_map(str::to_owned), value(), 0..5)
}

fn change() -> impl Strategy<Value = Change> {
    let other = || 0..NAMES.len();
    prop_oneof![
        value().prop_map(Change::Set),
        other().prop_map(Change::Copy),
        (other(), -9i32..10).prop_map(|(other, n)| Change::Plus(other, n)),
        (-9i32..10, other()).prop_map(|(n, other)| Change::Minus(n, other)),
        (other(), value()).prop_map(|(other, value)| Change::IfNotExists(other, value)),
        (other(), vec(scalar(), 0..3)).prop_map(|(other, elements)| Change::Append(other, elements)),
        Just(Change::Remove),
        prop_oneof![number(), set()].prop_map(Change::Add),
        set().prop_map(Change::Delete),
    ]
}

/// At most one change of each attribute: more would overlap.
fn changes() -> impl Strategy<Value = Vec<(usize, Change)>> {
    hash_map(0..NAMES.len(), change(), 1..4).prop_map(|changes| changes.into_iter().collect())
}

/// The expression; its operands become placeholders.
fn write(changes: &[(usize, Change)], values: &mut Item) -> String {
    let mut clauses: [(&str, Vec<String>); 4] =
        [("SET", vec![]), ("REMOVE", vec![]), ("ADD", vec![]), ("DELETE", vec![])];
    for (target, change) in changes {
        let target = NAMES[*target];
        let mut value = |value: AttributeValue| {
            let name = format!(":v{}", values.len());
            values.insert(name.clone(), value);
            name
        };
        let (clause, text) = match change {
            Change::Set(new) => (0, format!("{target} = {}", value(new.clone()))),
            Change::Copy(other) => (0, format!("{target} = {}", NAMES[*other])),
            Change::Plus(other, n) => (0, format!("{target} = {} + {}", NAMES[*other], value(n.into_value()))),
            Change::Minus(n, other) => (0, format!("{target} = {} - {}", value(n.into_value()), NAMES[*other])),
            Change::IfNotExists(other, new) => {
                (0, format!("{target} = if_not_exists({}, {})", NAMES[*other], value(new.clone())))
            }
            Change::Append(other, elements) => {
                let elements = value(AttributeValue::L(elements.clone()));
                (0, format!("{target} = list_append({}, {elements})", NAMES[*other]))
            }
            Change::Remove => (1, target.to_owned()),
            Change::Add(more) => (2, format!("{target} {}", value(more.clone()))),
            Change::Delete(members) => (3, format!("{target} {}", value(members.clone()))),
        };
        clauses[clause].1.push(text);
    }
    let written = clauses.iter().filter(|(_, texts)| !texts.is_empty());
    written.map(|(keyword, texts)| format!("{keyword} {}", texts.join(", "))).collect::<Vec<_>>().join(" ")
}

/// Every change reads the item as it was.
fn apply(before: &Item, changes: &[(usize, Change)]) -> Result<Item, Refused> {
    let mut after = before.clone();
    for (target, change) in changes {
        let (name, other) = (NAMES[*target], |other: &usize| before.get(NAMES[*other]));
        let new = match change {
            Change::Set(new) => Some(new.clone()),
            Change::Copy(from) => Some(other(from).ok_or(Refused)?.clone()),
            Change::Plus(from, n) => Some((integer(other(from))? + i64::from(*n)).into_value()),
            Change::Minus(n, from) => Some((i64::from(*n) - integer(other(from))?).into_value()),
            Change::IfNotExists(from, new) => Some(other(from).unwrap_or(new).clone()),
            Change::Append(from, more) => match other(from) {
                Some(AttributeValue::L(elements)) => Some(AttributeValue::L([&elements[..], more].concat())),
                _ => return Err(Refused),
            },
            Change::Remove => None,
            Change::Add(more) => Some(add(before.get(name), more)?),
            Change::Delete(members) => without(before.get(name), members)?,
        };
        match new {
            Some(new) => after.insert(name.to_owned(), new),
            None => after.remove(name),
        };
    }
    Ok(after)
}

fn integer(value: Option<&AttributeValue>) -> Result<i64, Refused> {
    match value {
        Some(AttributeValue::N(digits)) => Ok(digits.parse().unwrap()),
        _ => Err(Refused),
    }
}

fn add(before: Option<&AttributeValue>, more: &AttributeValue) -> Result<AttributeValue, Refused> {
    match (before, more) {
        (None, _) => Ok(more.clone()),
        (Some(AttributeValue::N(_)), AttributeValue::N(_)) => {
            Ok((integer(before)? + integer(Some(more))?).into_value())
        }
        (Some(AttributeValue::Ss(members)), AttributeValue::Ss(new)) => {
            let mut members = [&members[..], new].concat();
            members.sort();
            members.dedup();
            Ok(AttributeValue::Ss(members))
        }
        _ => Err(Refused),
    }
}

/// A set that has lost its last member is gone.
fn without(before: Option<&AttributeValue>, gone: &AttributeValue) -> Result<Option<AttributeValue>, Refused> {
    match (before, gone) {
        (None, _) => Ok(None),
        (Some(AttributeValue::Ss(members)), AttributeValue::Ss(gone)) => {
            let left: Vec<String> = members.iter().filter(|member| !gone.contains(member)).cloned().collect();
            Ok((!left.is_empty()).then_some(AttributeValue::Ss(left)))
        }
        _ => Err(Refused),
    }
}

#[test]
fn an_update_does_what_the_model_does() {
    let bench = Bench::new();
    bench.runtime.block_on(Table::new("pk:S").create(&bench.db, "items"));
    bench.check(600, &(stored(), changes()), |(mut before, changes)| {
        before.insert("pk".to_owned(), "k".into_value());
        let mut values = Item::new();
        let text = write(&changes, &mut values);
        let (accepted, after) = bench.runtime.block_on(update(&bench, &before, &text, values));
        let expected = apply(&before, &changes);
        prop_assert_eq!(accepted, expected.is_ok(), "{}", &text);
        prop_assert_eq!(after, expected.unwrap_or(before), "{}", &text);
        Ok(())
    });
}

/// Whether the update was done, and the item after it.
async fn update(bench: &Bench, before: &Item, text: &str, values: Item) -> (bool, Item) {
    let db = &bench.db;
    db.put_item().table_name("items").set_item(Some(before.clone())).send().await.unwrap();
    let key = || Some(item! { "pk" => "k" });
    let update = db.update_item().table_name("items").set_key(key()).update_expression(text);
    let done = update.set_expression_attribute_values((!values.is_empty()).then_some(values)).send().await;
    let after =
        db.get_item().table_name("items").set_key(key()).consistent_read(true).send().await.unwrap().item.unwrap();
    let refusal = done.as_ref().err().map(|error| error.code().unwrap_or_default().to_owned());
    assert!(matches!(refusal.as_deref(), None | Some("ValidationException")), "{text}: {done:?}");
    (done.is_ok(), after)
}
