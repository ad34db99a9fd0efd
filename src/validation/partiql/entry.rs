//! A condition as it holds for entries of an index, whatever the items behind them hold.

use crate::expression::{Comparator, Condition, Operand, Test};

/// The condition with every attribute missing that `is_held` says no to.
pub(super) fn seen_in_entry(filter: &Condition, is_held: impl Fn(&str) -> bool) -> Condition {
    Condition::of(of_entry(filter.root(), &is_held))
}

/// Its recursion ends where operators do.
fn of_entry(test: &Test, is_held: &dyn Fn(&str) -> bool) -> Test {
    let below = |tests: &[Test]| tests.iter().map(|test| of_entry(test, is_held)).collect();
    let is_missing = |operand: &Operand| is_missing(operand, is_held);
    let holds = match test {
        Test::All(tests) => return Test::All(below(tests)),
        Test::Any(tests) => return Test::Any(below(tests)),
        Test::Not(test) => return Test::Not(Box::new(of_entry(test, is_held))),
        Test::Alike(one, two) => {
            return Test::Alike(Box::new(of_entry(one, is_held)), Box::new(of_entry(two, is_held)));
        }
        Test::In { value, list } if !is_missing(value) => {
            let list = list.iter().filter(|operand| !is_missing(operand)).cloned().collect();
            return Test::In { value: value.clone(), list };
        }
        Test::Compare { comparator, left, right } if is_missing(left) || is_missing(right) => {
            *comparator == Comparator::NotEqual
        }
        Test::Between { value, low, high } if is_missing(value) || is_missing(low) || is_missing(high) => false,
        Test::In { .. } => false,
        Test::NotExists(path) if !is_held(&path.root) => true,
        Test::Exists(path) | Test::HasType(path, _) if !is_held(&path.root) => false,
        Test::BeginsWith { value, prefix } if is_missing(value) || is_missing(prefix) => false,
        Test::Contains { container, element } if is_missing(container) || is_missing(element) => false,
        held => return held.clone(),
    };
    if holds { Test::All(Vec::new()) } else { Test::Any(Vec::new()) }
}

fn is_missing(operand: &Operand, is_held: &dyn Fn(&str) -> bool) -> bool {
    match operand {
        Operand::Path(path) => !is_held(&path.root),
        Operand::Value(_) => false,
        Operand::Size(operand) => is_missing(operand, is_held),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partiql::{Select, Statement};
    use crate::value::{AttributeValue, Item, ItemView, Number, encode_item};

    fn item(names: &[&str]) -> Item {
        let value = AttributeValue::N(Number::parse("1").expect("a number"));
        names.iter().map(|name| (name.to_string(), value.clone())).collect()
    }

    #[test]
    fn the_item_behind_an_entry_is_judged_like_the_entry() {
        let (whole, entry) = (encode_item(&item(&["a", "o"])), encode_item(&item(&["a"])));
        let view = |encoded| Some(ItemView::parse(encoded).expect("an item"));
        for condition in [
            "a = 1",
            "o = 1",
            "o <> 2",
            "NOT o = 1",
            "o IS MISSING",
            "o IS NOT MISSING",
            "o IS NUMERIC",
            "attribute_exists(o) = false",
            "(o = 1) <> attribute_exists(a)",
            "o BETWEEN 0 AND 2",
            "a BETWEEN 0 AND o",
            "a IN [o, 2]",
            "a IN [o, 1]",
            "o NOT IN [1]",
            "a = o",
            "size(o) <> 3",
            "begins_with(o, 'x')",
            "contains(o, 'x') OR a = 1",
            "NOT (o = 1 AND a = 1)",
        ] {
            let statement = Statement::parse(&format!("SELECT * FROM t WHERE {condition}"), &[]).expect(condition);
            let Statement::Select(Select { filter: Some(filter), .. }) = statement else { panic!("a filter") };
            let seen = seen_in_entry(&filter, |name| name == "a");
            assert_eq!(seen.evaluate(view(&whole)), filter.evaluate(view(&entry)), "{condition}");
        }
    }
}
