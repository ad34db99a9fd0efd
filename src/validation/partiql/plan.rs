//! What a SELECT reads: which partitions and stretches of the table or of an index, or all of it.

use super::bounds::key;
use super::branches::{Branch, alternatives};
use super::entry::seen_in_entry;
use super::lookups::{Reads, reads};
use super::page_token::Resume;
use crate::expression::Condition;
use crate::partiql::{Columns, OrderTerm, Select, StatementError};
use crate::protocol::encode::hash_order::sort_texts;
use crate::validation::read::KeyRange;
use crate::validation::start_key::{Candidate, Resumed, StartKey, check_within};
use crate::validation::table_definition::{Index, TableDefinition};
use crate::validation::violation::{ReadViolation, StatementViolation, Violation};
use crate::validation::{KeySchema, Layer};
use crate::value::Item;

#[derive(Debug)]
pub struct SelectPlan<'a> {
    /// None: the table itself.
    pub index: Option<Index<'a>>,
    pub reads: Reads,
    pub forward: bool,
    /// Only for an LSI: its entries do not hold all columns, so each one's base item is fetched.
    pub fetch_base: bool,
    /// With `fetch_base`, instead of WHERE: what an entry does not hold is missing, although the item is at hand.
    pub entry_filter: Option<Condition>,
}

/// Order: the index; keys of several attributes; columns that are no paths; values of keys; alternatives that overlap; ORDER
/// BY; what the index does not hold.
pub fn plan<'a>(
    definition: &'a TableDefinition,
    select: &Select,
    consistent: bool,
) -> Result<SelectPlan<'a>, Violation> {
    let index = index(definition, select, consistent)?;
    if let Columns::Unexpected(position) = &select.columns {
        return Err(StatementError::UnexpectedPath { position: *position }.into());
    }
    let schema = index.map_or(&definition.key_schema, Index::key_schema);
    let alternatives = alternatives(schema, select)?;
    let mut reads = reads(schema, &alternatives)?;
    let forward = order(schema, select, &mut reads)?;
    let (mut fetch_base, mut entry_filter) = (false, None);
    if let Some(index) = index {
        if matches!(reads, Reads::Ranges(_)) {
            check_filter_is_projected(definition, index, &alternatives)?;
        }
        fetch_base = needs_base(definition, index, &select.columns)?;
        let is_held = |name: &str| index.holds(&definition.key_schema, name);
        entry_filter = select.filter.as_ref().filter(|_| fetch_base).map(|filter| seen_in_entry(filter, is_held));
    }
    Ok(SelectPlan { index, reads, forward, fetch_base, entry_filter })
}

impl SelectPlan<'_> {
    /// The row after which a page begins that goes on inside one of the plan's ranges.
    pub fn start(&self, definition: &TableDefinition, resume: &Resume) -> Result<Option<StartKey>, Violation> {
        let Some(key) = &resume.after else { return Ok(None) };
        self.checked_start(definition, resume.range, key)
            .map(Some)
            .map_err(|_| StatementViolation::NextTokenMismatch.into())
    }

    fn checked_start(&self, definition: &TableDefinition, range: usize, key: &Item) -> Result<StartKey, Violation> {
        let start = Candidate::new(definition, self.index, key, Resumed::Query, Layer::Older)?.into_start_key()?;
        match &self.reads {
            Reads::Everything => {}
            Reads::Ranges(ranges) => {
                let range = ranges.get(range).ok_or(StatementViolation::NextTokenMismatch)?;
                check_within(definition, self.index, &start, range)?;
            }
        }
        Ok(start)
    }
}

/// The index that FROM names. Which is unknown is said before anything else about it.
pub fn index<'a>(
    definition: &'a TableDefinition,
    select: &Select,
    consistent: bool,
) -> Result<Option<Index<'a>>, Violation> {
    let Some(name) = &select.source.index else { return Ok(None) };
    if definition.vector_indexes.iter().any(|index| index.name == *name) {
        return Err(StatementViolation::UnreadableIndex.into());
    }
    let index = definition.index(name).ok_or(StatementViolation::UnknownIndex)?;
    let schema = index.key_schema();
    if schema.partition.len() > 1 || schema.sort.len() > 1 {
        return Err(StatementViolation::MultiAttributeKey.into());
    }
    if consistent && matches!(index, Index::Global(_)) {
        return Err(StatementViolation::ConsistentReadOfGlobalIndex.into());
    }
    Ok(Some(index))
}

/// Puts the ranges in order and says whether each is read forwards. ORDER BY is for key attributes of pinned partitions only.
fn order(schema: &KeySchema, select: &Select, reads: &mut Reads) -> Result<bool, Violation> {
    let terms = &select.order;
    if terms.is_empty() {
        return Ok(true);
    }
    if select.filter.is_none() {
        return Err(StatementViolation::OrderWithoutFilter.into());
    }
    let Reads::Ranges(ranges) = reads else { return Err(StatementViolation::OrderWithoutPartition.into()) };
    if let Some(term) = terms.iter().find(|term| !schema.contains(&term.attribute)) {
        return Err(StatementViolation::OrderByNonKey { name: term.attribute.clone() }.into());
    }
    let term_of = |attributes: &[crate::validation::KeyAttribute]| -> Option<&OrderTerm> {
        let attribute = attributes.first()?;
        terms.iter().find(|term| term.attribute == attribute.name)
    };
    let (of_partition, of_sort) = (term_of(&schema.partition), term_of(&schema.sort));
    let is_one_partition = ranges.windows(2).all(|pair| pair[0].partition == pair[1].partition);
    if of_partition.is_none() && !is_one_partition {
        return Err(StatementViolation::OrderOfPartitions.into());
    }
    // Without a term for it the sort attribute descends, whatever the partition attribute does (eu-west-2, 2026-09-17).
    let forward = of_sort.is_some_and(|term| !term.descending);
    if !forward {
        // Ranges of a partition lie in the order of its rows.
        ranges.reverse();
    }
    let partition_key = |range: &KeyRange| range.partition.first().map(key);
    match of_partition {
        Some(term) if term.descending => ranges.sort_by_key(|range| std::cmp::Reverse(partition_key(range))),
        _ => ranges.sort_by_key(partition_key),
    }
    Ok(forward)
}

/// Where the index's partition is fixed, WHERE may only read what the index holds (us-east-1, 2026-10). Of several alternatives
/// AWS looks at one, and which does not show, so here all of them have to offend (eu-west-2, 2026-09-17).
fn check_filter_is_projected(
    definition: &TableDefinition,
    index: Index<'_>,
    alternatives: &[Branch<'_>],
) -> Result<(), Violation> {
    let outside = |alternative: &Branch<'_>| {
        let mut names: Vec<String> = Vec::new();
        for test in &alternative.tests {
            for name in Condition::of((*test).clone()).attribute_names() {
                if !index.holds(&definition.key_schema, name) && !names.iter().any(|other| other == name) {
                    names.push(name.to_string());
                }
            }
        }
        names
    };
    let mut names = alternatives.iter().map(outside);
    match names.next() {
        Some(mut first) if !first.is_empty() && names.all(|names| !names.is_empty()) => {
            // eu-west-2, 2026-09-17: `b`, then `a`, are `[a, b]`, and `[zz, aa, mm]` stays.
            sort_texts(&mut first);
            Err(ReadViolation::FilterUnprojected { index: index.name().to_string(), names: first }.into())
        }
        _ => Ok(()),
    }
}

/// Whether columns lie outside the index: an LSI then reads the items too, a GSI cannot.
fn needs_base(definition: &TableDefinition, index: Index<'_>, columns: &Columns) -> Result<bool, Violation> {
    let Columns::Paths(columns) = columns else { return Ok(false) };
    let mut names: Vec<String> = Vec::new();
    for root in columns.iter().map(|column| &column.path.root) {
        if !index.holds(&definition.key_schema, root) && !names.contains(root) {
            names.push(root.clone());
        }
    }
    match index {
        _ if names.is_empty() => Ok(false),
        Index::Local(_) => Ok(true),
        Index::Global(_) => Err(ReadViolation::Unprojected { index: index.name().to_string(), names }.into()),
    }
}
