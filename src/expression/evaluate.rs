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
        (ValueView::S(value), ValueView::S(prefix)) | (ValueView::B(value), ValueView::B(prefix)) => value.starts_with(prefix),
        _ => false,
    }
}

/// A part of a string or a binary, a member of a set, an element of a list.
fn contains(container: ValueView<'_>, element: Read<'_>) -> bool {
    match (container, element) {
        (ValueView::S(text), Read::Value(ValueView::S(part))) | (ValueView::B(text), Read::Value(ValueView::B(part))) => {
            memchr::memmem::find(text, part).is_some()
        }
        (ValueView::Ss(set), Read::Value(ValueView::S(member))) | (ValueView::Bs(set), Read::Value(ValueView::B(member))) => {
            set.contains(member)
        }
        (ValueView::Ns(set), Read::Value(ValueView::N(member))) => set.contains(member.as_bytes()),
        (ValueView::Ns(set), Read::Size(size)) => set.contains(Number::from(size).as_bytes()),
        (ValueView::L(list), element) => list.iter().any(|other| Read::Value(other).is_equal(element)),
        _ => false,
    }
}
