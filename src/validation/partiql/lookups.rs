//! What the alternatives of WHERE come to: rows and stretches of partitions to look up, or a walk through everything.

use super::bounds::SortTest;
use super::branches::Branch;
use super::key::check_value;
use crate::validation::KeySchema;
use crate::validation::read::KeyRange;
use crate::validation::violation::{StatementViolation, Violation};
use crate::value::AttributeValue;

/// How many lookups a statement may come to (eu-west-2, 2026-09-17: 51 values of either key attribute, or 26 and 2 of both).
const LOOKUPS_MAX: usize = 50;

#[derive(Debug)]
pub enum Reads {
    Everything,
    /// Read one after the other, no more than AWS lets a statement look up; none has a row of another one.
    Ranges(Vec<KeyRange>),
}

/// Order: types of keys; how many lookups there are; whether they overlap.
pub(super) fn reads(schema: &KeySchema, alternatives: &[Branch<'_>]) -> Result<Reads, Violation> {
    if alternatives.iter().any(|alternative| alternative.partitions.is_none()) {
        return Ok(Reads::Everything);
    }
    if let Some(attribute) = schema.sort.first() {
        let values = alternatives.iter().flat_map(|alternative| &alternative.sorts).flat_map(SortTest::values);
        values.into_iter().try_for_each(|value| check_value(attribute, value, false))?;
    }
    if alternatives.iter().map(Branch::lookup_count).sum::<usize>() > LOOKUPS_MAX {
        return Err(StatementViolation::TooManyReads.into());
    }
    let lookups: Vec<Lookup<'_>> = alternatives.iter().flat_map(Branch::lookups).collect();
    let mut partitions: Vec<&AttributeValue> = Vec::new();
    for lookup in &lookups {
        if !partitions.contains(&lookup.partition) {
            partitions.push(lookup.partition);
        }
    }
    let is_checked = alternatives.iter().all(Branch::is_checked);
    let mut ranges = Vec::new();
    for partition in partitions {
        let mut inside: Vec<&Lookup<'_>> = lookups.iter().filter(|lookup| lookup.partition == partition).collect();
        inside.sort_by_key(|lookup| lookup.sort.as_ref().map(SortTest::start));
        let whole = Lookup { partition, sort: None };
        if is_any_overlapping(&inside) {
            if is_checked {
                return Err(StatementViolation::OverlappingBranches.into());
            }
            inside = vec![&whole];
        }
        ranges.extend(inside.into_iter().map(Lookup::range));
    }
    Ok(Reads::Ranges(ranges))
}

/// One row that is looked up, one stretch of a partition, or a whole one.
struct Lookup<'b> {
    partition: &'b AttributeValue,
    /// Of one value if it lists values.
    sort: Option<SortTest>,
}

impl Branch<'_> {
    fn lookup_count(&self) -> usize {
        let of_each = match self.narrowest() {
            Some(SortTest::Values(values)) => values.len(),
            Some(SortTest::Bound(_) | SortTest::Loose) | None => 1,
        };
        self.partitions.iter().flatten().count().saturating_mul(of_each)
    }

    fn lookups(&self) -> Vec<Lookup<'_>> {
        let sorts: Vec<Option<SortTest>> = match self.narrowest() {
            Some(SortTest::Values(values)) => {
                values.iter().map(|value| Some(SortTest::Values(vec![value.clone()]))).collect()
            }
            test => vec![test.cloned()],
        };
        let of_partition = |partition| sorts.iter().map(move |sort| Lookup { partition, sort: sort.clone() });
        self.partitions.iter().flatten().flat_map(of_partition).collect()
    }

    /// The test that rows are looked up by; the others only filter.
    fn narrowest(&self) -> Option<&SortTest> {
        let of = |wanted: fn(&SortTest) -> bool| self.sorts.iter().find(|test| wanted(test));
        of(|test| matches!(test, SortTest::Values(_))).or_else(|| of(|test| matches!(test, SortTest::Bound(_))))
    }

    /// Negated, `<>` or several conditions on the sort attribute switch off AWS's check that lookups lie apart.
    fn is_checked(&self) -> bool {
        self.sorts.len() <= 1 && !self.sorts.contains(&SortTest::Loose)
    }
}

/// Whether of the lookups in a partition two meet (us-east-1, 2026-10), as do two of one row, and also without a sort attribute
/// (eu-west-2, 2026-09-17).
fn is_any_overlapping(lookups: &[&Lookup<'_>]) -> bool {
    let meet = |one: &Lookup<'_>, two: &Lookup<'_>| match (&one.sort, &two.sort) {
        (Some(one), Some(two)) => one.overlaps(two),
        // A whole partition meets everything in it.
        _ => true,
    };
    let mut others = lookups;
    while let Some((one, rest)) = others.split_first() {
        if rest.iter().any(|two| meet(one, two)) {
            return true;
        }
        others = rest;
    }
    false
}

impl Lookup<'_> {
    fn range(&self) -> KeyRange {
        let (sort_equal, sort_bound) = match &self.sort {
            None | Some(SortTest::Loose) => (Vec::new(), None),
            Some(SortTest::Bound(bound)) => (Vec::new(), Some(bound.clone())),
            Some(SortTest::Values(values)) => (values.clone(), None),
        };
        KeyRange { partition: vec![self.partition.clone()], sort_equal, sort_bound }
    }
}
