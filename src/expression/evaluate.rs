//! Conditions on stored items, read in place: nothing is built, operands are compared as views.

use std::cmp::Ordering;

use crate::value::{ItemView, Number, Path, ValueView, compare, utf16_units};

use super::condition::{Comparator, Condition, Operand, Test};

impl Condition {
    /// Whether the condition holds; without an item every attribute is missing.
    pub fn evaluate(&self, item: Option<ItemView<'_>>) -> bool {
        self.root.holds(item)
    }
}

impl Test {
    fn holds(&self, item: Option<ItemView<'_>>) -> bool {
        match self {
            Test::All(tests) => tests.iter().all(|test| test.holds(item)),
            Test::Any(tests) => tests.iter().any(|test| test.holds(item)),
            Test::Not(test) => !test.holds(item),
            Test::Alike(one, two) => one.holds(item) == two.holds(item),
            Test::Compare { comparator, left, right } => {
                comparator_holds(*comparator, left.read(item), right.read(item))
            }
            Test::Between { value, low, high } => {
                let value = value.read(item);
                comparator_holds(Comparator::GreaterOrEqual, value, low.read(item))
                    && comparator_holds(Comparator::LessOrEqual, value, high.read(item))
            }
            Test::In { value, list } => {
                let value = value.read(item);
                list.iter().any(|other| comparator_holds(Comparator::Equal, value, other.read(item)))
            }
            Test::Exists(path) => find(path, item).is_some(),
            Test::NotExists(path) => find(path, item).is_none(),
            Test::HasType(path, type_name) => find(path, item).is_some_and(|value| value.type_name() == *type_name),
            Test::BeginsWith { value, prefix } => match (value.read(item), prefix.read(item)) {
                (Some(Read::Value(value)), Some(Read::Value(prefix))) => begins_with(value, prefix),
                _ => false,
            },
            Test::Contains { container, element } => match (container.read(item), element.read(item)) {
                (Some(Read::Value(container)), Some(element)) => contains(container, element),
                _ => false,
            },
        }
    }
}

impl Operand {
    /// The operand's value for an item; `None` when the attribute is missing or has no size.
    fn read<'a>(&'a self, item: Option<ItemView<'a>>) -> Option<Read<'a>> {
        match self {
            Operand::Path(path) => find(path, item).map(Read::Value),
            Operand::Value(value) => Some(Read::Value(value.view())),
            Operand::Size(operand) => match operand.read(item)? {
                Read::Value(value) => size(value).map(Read::Size),
                Read::Size(_) => None,
            },
        }
    }
}

#[derive(Clone, Copy)]
enum Read<'a> {
    Value(ValueView<'a>),
    /// What size() gave: a number that no item holds.
    Size(u64),
}

fn find<'a>(path: &Path, item: Option<ItemView<'a>>) -> Option<ValueView<'a>> {
    path.find(item?)
}

/// A missing operand is equal to nothing and has no order, so that only `<>` holds (T1/putItem/conditions).
fn comparator_holds(comparator: Comparator, left: Option<Read<'_>>, right: Option<Read<'_>>) -> bool {
    let (Some(left), Some(right)) = (left, right) else {
        return comparator == Comparator::NotEqual;
    };
    match comparator {
        Comparator::Equal => left.is_equal(right),
        Comparator::NotEqual => !left.is_equal(right),
        Comparator::Less => left.order(right).is_some_and(Ordering::is_lt),
        Comparator::LessOrEqual => left.order(right).is_some_and(Ordering::is_le),
        Comparator::Greater => left.order(right).is_some_and(Ordering::is_gt),
        Comparator::GreaterOrEqual => left.order(right).is_some_and(Ordering::is_ge),
    }
}

impl Read<'_> {
    fn is_equal(self, other: Read<'_>) -> bool {
        match (self, other) {
            (Read::Value(a), Read::Value(b)) => a == b,
            (a, b) => a.order(b) == Some(Ordering::Equal),
        }
    }

    fn order(self, other: Read<'_>) -> Option<Ordering> {
        match (self, other) {
            (Read::Value(a), Read::Value(b)) => compare(a, b),
            (Read::Size(a), Read::Size(b)) => Some(a.cmp(&b)),
            (Read::Size(size), Read::Value(ValueView::N(number))) => {
                Some(Number::from(size).as_bytes().cmp(number.as_bytes()))
            }
            (value, Read::Size(_)) => other.order(value).map(Ordering::reverse),
            (Read::Size(_), Read::Value(_)) => None,
        }
    }
}

/// What size() counts: UTF-16 units of a string, bytes of a binary, members and elements. Other types have none, so that
/// nothing but `<>` holds for them.
fn size(value: ValueView<'_>) -> Option<u64> {
    let size = match value {
        ValueView::S(text) => utf16_units(text),
        ValueView::B(bytes) => bytes.len(),
        ValueView::M(map) => map.len(),
        ValueView::L(list) => list.len(),
        ValueView::Ss(set) | ValueView::Ns(set) | ValueView::Bs(set) => set.len(),
        ValueView::N(_) | ValueView::Bool(_) | ValueView::Null => return None,
    };
    Some(size as u64)
}

fn begins_with(value: ValueView<'_>, prefix: ValueView<'_>) -> bool {
    match (value, prefix) {
        (ValueView::S(value), ValueView::S(prefix)) | (ValueView::B(value), ValueView::B(prefix)) => {
            value.starts_with(prefix)
        }
        _ => false,
    }
}

/// A part of a string or a binary, a member of a set, an element of a list.
fn contains(container: ValueView<'_>, element: Read<'_>) -> bool {
    match (container, element) {
        (ValueView::S(text), Read::Value(ValueView::S(part)))
        | (ValueView::B(text), Read::Value(ValueView::B(part))) => memchr::memmem::find(text, part).is_some(),
        (ValueView::Ss(set), Read::Value(ValueView::S(member)))
        | (ValueView::Bs(set), Read::Value(ValueView::B(member))) => set.contains(member),
        (ValueView::Ns(set), Read::Value(ValueView::N(member))) => set.contains(member.as_bytes()),
        (ValueView::Ns(set), Read::Size(size)) => set.contains(Number::from(size).as_bytes()),
        (ValueView::L(list), element) => list.iter().any(|other| Read::Value(other).is_equal(element)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::error::ExpressionKind;
    use super::super::fixtures::{item, placeholders};
    use super::*;
    use crate::value::{AttributeValue, Encoded, Item, Step, encode_item};

    fn holds(stored: &Item, text: &str, values: &str) -> bool {
        let maps = placeholders("", values);
        let condition = Condition::parse(ExpressionKind::Condition, text, &mut maps.borrow()).unwrap();
        let bytes = encode_item(stored);
        condition.evaluate(Some(ItemView::parse(&bytes).unwrap()))
    }

    #[test]
    fn a_missing_attribute_is_different_from_everything() {
        let stored = item(r#"{"pk":{"S":"k"}}"#);
        for (text, expected) in [
            ("a <> :v", true),
            ("a = :v", false),
            ("a < :v", false),
            ("a >= :v", false),
            ("a <> b", true),
            ("NOT a = :v", true),
            ("a BETWEEN :v AND :v", false),
            ("a IN (:v)", false),
            ("size(a) = :v", false),
            ("size(a) <> :v", true),
            ("contains(a, :v)", false),
            ("attribute_not_exists(a)", true),
            ("attribute_exists(pk.a)", false),
        ] {
            assert_eq!(holds(&stored, text, r#"":v":{"N":"1"}"#), expected, "{text}");
        }
    }

    #[test]
    fn without_an_item_every_attribute_is_missing() {
        let maps = placeholders("", r#"":v":{"S":"abc"},":n":{"N":"3"}"#);
        for (text, expected) in [
            ("attribute_exists(pk)", false),
            ("attribute_not_exists(pk) AND size(:v) = :n", true),
            ("pk = :v OR pk <> :v", true),
        ] {
            let condition = Condition::parse(ExpressionKind::Condition, text, &mut maps.borrow()).unwrap();
            assert_eq!(condition.evaluate(None), expected, "{text}");
        }
    }

    #[test]
    fn sizes_count_what_aws_counts() {
        let stored = item(
            r#"{"s":{"S":"a😀"},"b":{"B":"AAEC"},"l":{"L":[{"N":"1"},{"N":"2"}]},"m":{"M":{"x":{"N":"1"}}},
                "ns":{"NS":["1","2","3"]},"n":{"N":"12"},"t":{"BOOL":true}}"#,
        );
        for (text, expected) in [
            ("size(s) = :v", true),
            ("size(b) = :v", true),
            ("size(ns) = :v", true),
            ("size(l) < :v AND size(m) < size(l)", true),
            ("size(n) = :v OR size(t) = :v", false),
            (":v IN (size(l), size(ns))", true),
            ("size(s) BETWEEN size(l) AND :v", true),
            ("contains(ns, size(l))", true),
            ("contains(l, size(m))", true),
        ] {
            assert_eq!(holds(&stored, text, r#"":v":{"N":"3.0"}"#), expected, "{text}");
        }
    }

    #[test]
    fn values_are_equal_by_what_they_mean() {
        let stored = item(
            r#"{"m":{"M":{"x":{"N":"1"},"y":{"N":"2"}}},"l":{"L":[{"N":"1"},{"S":"x"},{"M":{"y":{"N":"1"}}}]},
                "ns":{"NS":["11111111111111111111111111111111111111","1.0"]},"s":{"S":"hello"},"b":{"B":"AQI="}}"#,
        );
        for (text, value, expected) in [
            ("m = :v", r#"{"M":{"y":{"N":"2.0"},"x":{"N":"1e0"}}}"#, true),
            ("l = :v", r#"{"L":[{"S":"x"},{"N":"1"},{"M":{"y":{"N":"1"}}}]}"#, false),
            ("ns = :v", r#"{"NS":["1","11111111111111111111111111111111111111"]}"#, true),
            ("ns = :v", r#"{"NS":["1","11111111111111111111111111111111111112"]}"#, false),
            ("contains(ns, :v)", r#"{"N":"1"}"#, true),
            ("contains(l, :v)", r#"{"M":{"y":{"N":"1"}}}"#, true),
            ("contains(s, :v)", r#"{"S":"ell"}"#, true),
            ("contains(s, :v)", r#"{"N":"1"}"#, false),
            ("contains(b, :v)", r#"{"B":"Ag=="}"#, true),
            ("begins_with(b, :v)", r#"{"B":"AQ=="}"#, true),
            ("begins_with(s, :v)", r#"{"S":"hello, world"}"#, false),
            ("begins_with(m, :v)", r#"{"S":"h"}"#, false),
            ("l[2].y = :v AND m.x = l[0]", r#"{"N":"1"}"#, true),
            ("s < :v", r#"{"N":"1"}"#, false),
            ("s BETWEEN :v AND s.x", r#"{"S":"a"}"#, false),
            ("attribute_type(m, :v)", r#"{"S":"M"}"#, true),
            ("attribute_type(m.x, :v)", r#"{"S":"NULL"}"#, false),
            ("attribute_exists(s) OR attribute_exists(q) AND s = :v", r#"{"S":"x"}"#, true),
            ("NOT s = :v AND s = m", r#"{"S":"x"}"#, false),
        ] {
            assert_eq!(holds(&stored, text, &format!(r#"":v":{value}"#)), expected, "{text} {value}");
        }
    }

    #[test]
    fn the_deepest_conditions_fit_a_small_stack() {
        let test = std::thread::Builder::new().stack_size(512 * 1024).spawn(|| {
            let stored = item(r#"{"a":{"N":"1"}}"#);
            let negated = format!("{}a = :v{}", "NOT (".repeat(298), ")".repeat(298));
            assert!(holds(&stored, &negated, r#"":v":{"N":"1"}"#));
            let left = format!("{}a=:v{}", "(".repeat(149), ") AND a=:v".repeat(149));
            assert!(holds(&stored, &left, r#"":v":{"N":"1"}"#));
        });
        test.unwrap().join().unwrap();
    }

    /// What a condition means, said once more on trees and without any regard to speed.
    mod model {
        use super::*;

        fn find(path: &Path, item: &Item) -> Option<AttributeValue> {
            let mut value = item.iter().find(|(name, _)| *name == path.root).map(|(_, value)| value.clone())?;
            for step in &path.steps {
                value = match (value, step) {
                    (AttributeValue::M(map), Step::Attribute(name)) => map.get(name).cloned()?,
                    (AttributeValue::L(list), Step::Index(index)) => list.into_iter().nth(*index as usize)?,
                    _ => return None,
                };
            }
            Some(value)
        }

        fn read(operand: &Operand, item: &Item) -> Option<AttributeValue> {
            match operand {
                Operand::Path(path) => find(path, item),
                Operand::Value(value) => Some(value.view().to_value()),
                Operand::Size(operand) => {
                    let count = match read(operand, item)? {
                        AttributeValue::S(text) => text.encode_utf16().count(),
                        AttributeValue::B(bytes) => bytes.len(),
                        AttributeValue::M(map) => map.len(),
                        AttributeValue::L(list) => list.len(),
                        AttributeValue::Ss(set) => set.len(),
                        AttributeValue::Ns(set) => set.len(),
                        AttributeValue::Bs(set) => set.len(),
                        _ => return None,
                    };
                    Some(AttributeValue::N(Number::from(count as u64)))
                }
            }
        }

        fn order(a: &AttributeValue, b: &AttributeValue) -> Option<Ordering> {
            match (a, b) {
                (AttributeValue::S(a), AttributeValue::S(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
                (AttributeValue::B(a), AttributeValue::B(b)) => Some(a.cmp(b)),
                (AttributeValue::N(a), AttributeValue::N(b)) => Some(a.cmp(b)),
                _ => None,
            }
        }

        pub(super) fn holds(test: &Test, item: &Item) -> bool {
            match test {
                Test::All(tests) => !tests.iter().any(|test| !holds(test, item)),
                Test::Any(tests) => tests.iter().any(|test| holds(test, item)),
                Test::Not(test) => !holds(test, item),
                Test::Alike(one, two) => holds(one, item) == holds(two, item),
                Test::Compare { comparator, left, right } => {
                    let (left, right) = (read(left, item), read(right, item));
                    let ordered = left.as_ref().zip(right.as_ref()).and_then(|(a, b)| order(a, b));
                    match comparator {
                        Comparator::Equal => left.is_some() && left == right,
                        Comparator::NotEqual => left.is_none() || left != right,
                        Comparator::Less => ordered == Some(Ordering::Less),
                        Comparator::Greater => ordered == Some(Ordering::Greater),
                        Comparator::LessOrEqual => ordered.is_some_and(|order| order != Ordering::Greater),
                        Comparator::GreaterOrEqual => ordered.is_some_and(|order| order != Ordering::Less),
                    }
                }
                Test::In { value, list } => {
                    let value = read(value, item);
                    value.is_some() && list.iter().any(|other| read(other, item) == value)
                }
                Test::Contains { container, element } => match (read(container, item), read(element, item)) {
                    (Some(AttributeValue::S(a)), Some(AttributeValue::S(b))) => a.contains(&b),
                    (Some(AttributeValue::Ss(a)), Some(AttributeValue::S(b))) => a.contains(&b),
                    (Some(AttributeValue::Ns(a)), Some(AttributeValue::N(b))) => a.contains(&b),
                    (Some(AttributeValue::L(a)), Some(b)) => a.contains(&b),
                    _ => false,
                },
                Test::BeginsWith { value, prefix } => match (read(value, item), read(prefix, item)) {
                    (Some(AttributeValue::S(a)), Some(AttributeValue::S(b))) => a.starts_with(&b),
                    _ => false,
                },
                Test::Between { value, low, high } => {
                    let (value, low, high) = (read(value, item), read(low, item), read(high, item));
                    let (Some(value), Some(low), Some(high)) = (value, low, high) else { return false };
                    order(&low, &value).is_some_and(|order| order != Ordering::Greater)
                        && order(&value, &high).is_some_and(|order| order != Ordering::Greater)
                }
                Test::Exists(path) => find(path, item).is_some(),
                Test::NotExists(path) => find(path, item).is_none(),
                Test::HasType(path, name) => find(path, item).map(|value| value.type_name()) == Some(*name),
            }
        }
    }

    fn any_value() -> impl Strategy<Value = AttributeValue> {
        let leaf = prop_oneof![
            "[ab]{0,2}".prop_map(AttributeValue::S),
            (0u64..4).prop_map(|number| AttributeValue::N(Number::from(number))),
            any::<bool>().prop_map(AttributeValue::Bool),
            proptest::collection::btree_set("[ab]{0,1}", 1..3)
                .prop_map(|set| AttributeValue::Ss(set.into_iter().collect())),
            proptest::collection::btree_set(0u64..4, 1..3)
                .prop_map(|set| AttributeValue::Ns(set.into_iter().map(Number::from).collect())),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(AttributeValue::L),
                proptest::collection::vec(("[ab]", inner), 0..3)
                    .prop_map(|map| AttributeValue::M(map.into_iter().collect())),
            ]
        })
    }

    fn any_path() -> impl Strategy<Value = Path> {
        let step = prop_oneof!["[ab]".prop_map(Step::Attribute), (0u32..3).prop_map(Step::Index)];
        ("[abc]", proptest::collection::vec(step, 0..3)).prop_map(|(root, steps)| Path { root, steps })
    }

    fn any_operand() -> impl Strategy<Value = Operand> {
        let plain = prop_oneof![
            any_path().prop_map(Operand::Path),
            any_value().prop_map(|value| Operand::Value(Encoded::value(&value))),
        ];
        prop_oneof![3 => plain.clone(), 1 => plain.prop_map(|operand| Operand::Size(Box::new(operand)))]
    }

    fn any_test() -> impl Strategy<Value = Test> {
        let comparator = prop_oneof![
            Just(Comparator::Equal),
            Just(Comparator::NotEqual),
            Just(Comparator::Less),
            Just(Comparator::LessOrEqual),
            Just(Comparator::Greater),
            Just(Comparator::GreaterOrEqual),
        ];
        let leaf = prop_oneof![
            (comparator, any_operand(), any_operand()).prop_map(|(comparator, left, right)| Test::Compare {
                comparator,
                left,
                right
            }),
            (any_operand(), any_operand(), any_operand()).prop_map(|(value, low, high)| Test::Between {
                value,
                low,
                high
            }),
            (any_operand(), proptest::collection::vec(any_operand(), 1..3))
                .prop_map(|(value, list)| Test::In { value, list }),
            (any_operand(), any_operand()).prop_map(|(container, element)| Test::Contains { container, element }),
            (any_operand(), any_operand()).prop_map(|(value, prefix)| Test::BeginsWith { value, prefix }),
            any_path().prop_map(Test::Exists),
            any_path().prop_map(Test::NotExists),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 1..4).prop_map(Test::All),
                proptest::collection::vec(inner.clone(), 1..4).prop_map(Test::Any),
                inner.prop_map(|test| Test::Not(Box::new(test))),
            ]
        })
    }

    proptest! {
        #[test]
        fn conditions_in_place_agree_with_the_model(
            item in proptest::collection::vec(("[abc]", any_value()), 0..4).prop_map(|entries| entries.into_iter().collect::<Item>()),
            test in any_test(),
        ) {
            // size() of a size() never gets past resolve, and the model has no binary.
            let bytes = encode_item(&item);
            let view = ItemView::parse(&bytes).unwrap();
            prop_assert_eq!(test.holds(Some(view)), model::holds(&test, &item));
            prop_assert_eq!(test.holds(None), model::holds(&test, &Item::new()));
        }
    }
}
