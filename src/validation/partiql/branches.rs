//! WHERE as alternatives: each a set of conditions on the key, and perhaps others, that have to hold together.

use super::bounds::SortTest;
use super::key::{check_value, is_attribute, value};
use crate::expression::{Comparator, Operand, Test};
use crate::partiql::Select;
use crate::validation::KeySchema;
use crate::validation::read::SortBound;
use crate::validation::violation::Violation;
use crate::value::AttributeValue;

/// More alternatives than this are not told apart: the statement then reads everything and filters.
const BRANCHES_MAX: usize = 300;

/// One alternative.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Branch<'t> {
    /// The partitions that it is confined to, as often as they are listed.
    pub(super) partitions: Option<Vec<AttributeValue>>,
    /// What it says about the sort attribute.
    pub(super) sorts: Vec<SortTest>,
    /// All that has to hold, these included.
    pub(super) tests: Vec<&'t Test>,
}

/// The alternatives of a statement; without WHERE there is a single one that asks for nothing.
pub(super) fn alternatives<'s>(schema: &KeySchema, select: &'s Select) -> Result<Vec<Branch<'s>>, Violation> {
    match &select.filter {
        Some(filter) => branches(schema, filter.root()),
        None => Ok(vec![Branch::default()]),
    }
}

/// The alternatives of a condition. `schema` has one partition attribute, which is compared with nothing that it cannot be.
fn branches<'t>(schema: &KeySchema, test: &'t Test) -> Result<Vec<Branch<'t>>, Violation> {
    match test {
        Test::All(tests) => {
            let mut all = vec![Branch::default()];
            for test in tests {
                let mut more = branches(schema, test)?;
                if all.len().saturating_mul(more.len()) > BRANCHES_MAX {
                    // Less is known than could be, which is never wrong.
                    more = vec![Branch::filter(test)];
                }
                all = all.iter().flat_map(|one| more.iter().map(move |other| one.and(other))).collect();
            }
            Ok(all)
        }
        Test::Any(tests) => {
            let mut any = Vec::new();
            for test in tests {
                any.extend(branches(schema, test)?);
            }
            // Without key attributes under it an OR is a filter (us-east-1, 2026-10).
            let is_filter = any.iter().all(|branch| branch.partitions.is_none() && branch.sorts.is_empty());
            Ok(if is_filter || any.len() > BRANCHES_MAX { vec![Branch::filter(test)] } else { any })
        }
        leaf => Ok(vec![of_leaf(schema, leaf)?]),
    }
}

impl<'t> Branch<'t> {
    /// One that says nothing about the key.
    fn filter(test: &'t Test) -> Branch<'t> {
        Branch { tests: vec![test], ..Branch::default() }
    }

    fn and(&self, other: &Branch<'t>) -> Branch<'t> {
        let partitions = match (&self.partitions, &other.partitions) {
            (Some(one), Some(two)) => Some(one.iter().filter(|value| two.contains(value)).cloned().collect()),
            (one, two) => one.clone().or_else(|| two.clone()),
        };
        Branch {
            partitions,
            sorts: [&self.sorts[..], &other.sorts[..]].concat(),
            tests: [&self.tests[..], &other.tests[..]].concat(),
        }
    }
}

fn of_leaf<'t>(schema: &KeySchema, test: &'t Test) -> Result<Branch<'t>, Violation> {
    let mut branch = Branch::filter(test);
    if let Some(attribute) = schema.partition.first()
        && let Some(values) = listed(test, &attribute.name)
    {
        values.iter().try_for_each(|value| check_value(attribute, value, true))?;
        branch.partitions = Some(values);
    }
    if let Some(attribute) = schema.sort.first() {
        branch.sorts.extend(sort_test(&attribute.name, test));
    }
    Ok(branch)
}

/// The values that `=` or IN let an attribute have.
pub(super) fn listed(test: &Test, name: &str) -> Option<Vec<AttributeValue>> {
    match test {
        Test::Compare { comparator: Comparator::Equal, left, right } => {
            let (_, value) = compared(Comparator::Equal, left, right, name)?;
            Some(vec![value])
        }
        Test::In { value: operand, list } if is_attribute(operand, name) => list.iter().map(value).collect(),
        _ => None,
    }
}

/// What a test says about the sort attribute, if it is about that.
fn sort_test(name: &str, test: &Test) -> Option<SortTest> {
    if let Some(values) = listed(test, name) {
        return Some(SortTest::Values(values));
    }
    let bound = match test {
        Test::Not(negated) if mentions(negated, name) => return Some(SortTest::Loose),
        Test::Compare { comparator, left, right } => {
            let (comparator, value) = compared(*comparator, left, right, name)?;
            match comparator {
                Comparator::Less => SortBound::Less(value),
                Comparator::LessOrEqual => SortBound::LessOrEqual(value),
                Comparator::Greater => SortBound::Greater(value),
                Comparator::GreaterOrEqual => SortBound::GreaterOrEqual(value),
                Comparator::Equal | Comparator::NotEqual => return Some(SortTest::Loose),
            }
        }
        Test::Between { value: operand, low, high } if is_attribute(operand, name) => {
            SortBound::Between(value(low)?, value(high)?)
        }
        Test::BeginsWith { value: operand, prefix } if is_attribute(operand, name) => {
            SortBound::BeginsWith(value(prefix)?)
        }
        _ => return None,
    };
    Some(SortTest::Bound(bound))
}

/// The comparison of an attribute with a value, the attribute on the left.
fn compared(
    comparator: Comparator,
    left: &Operand,
    right: &Operand,
    name: &str,
) -> Option<(Comparator, AttributeValue)> {
    if is_attribute(left, name) {
        return Some((comparator, value(right)?));
    }
    Some((comparator.swapped(), value(Some(left).filter(|_| is_attribute(right, name))?)?))
}

fn mentions(test: &Test, name: &str) -> bool {
    crate::expression::Condition::of(test.clone()).attribute_names().any(|other| other == name)
}
