//! `ExclusiveStartKey`, against what the request reads.

use super::key::{PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX, key_bytes, kind_of_empty};
use super::key_schema::{KeyAttribute, KeySchema};
use super::layer::Layer;
use super::read::{KeyRange, SortBound};
use super::table_definition::{Index, TableDefinition};
use super::violation::{ItemViolation, ReadViolation, Violation};
use crate::value::{AttributeValue, Encoded, Item, compare};

/// Where a page begins: after this entry.
#[derive(Clone, Debug, PartialEq)]
pub struct StartKey {
    /// The table's key: partition, and sort where the table has one.
    pub table_partition: AttributeValue,
    pub table_sort: Option<AttributeValue>,
    /// For an index: its partition and its sort attributes, in schema order. Empty for the table itself.
    pub index_partition: Vec<AttributeValue>,
    pub index_sort: Vec<AttributeValue>,
}

/// Which operation is asked to go on; they word some faults differently on the older layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resumed {
    Query,
    Scan,
}

/// A start key holds exactly the key of the table, and that of the index where one is read.
pub fn check(
    definition: &TableDefinition,
    index: Option<Index<'_>>,
    given: &Item,
    resumed: Resumed,
    layer: Layer,
) -> Result<StartKey, Violation> {
    let table = &definition.key_schema;
    let own = index.map(Index::key_schema);
    let added = own.map_or(0, |own| own.attributes().filter(|attribute| !table.contains(&attribute.name)).count());
    let misfits = Misfits { resumed, layer, in_index: index.is_some() };
    if given.len() != table.attribute_count() + added {
        return Err(misfits.count());
    }
    let (mut index_partition, mut index_sort) = (Vec::new(), Vec::new());
    if let Some(own) = own {
        index_partition = values(&own.partition, PARTITION_KEY_BYTES_MAX, given, |value| misfits.index_value(value))?;
        index_sort = values(&own.sort, SORT_KEY_BYTES_MAX, given, |value| misfits.index_value(value))?;
    }
    let partition = values(&table.partition, PARTITION_KEY_BYTES_MAX, given, |_| misfits.table_value())?;
    let sort = values(&table.sort, SORT_KEY_BYTES_MAX, given, |_| misfits.table_value())?;
    let table_partition = partition.into_iter().next().ok_or_else(|| misfits.table_value())?;
    Ok(StartKey { table_partition, table_sort: sort.into_iter().next(), index_partition, index_sort })
}

/// A Query goes on only inside what it reads. Order, on tables and on indexes: an earlier partition attribute, the sort
/// condition, the last partition attribute (an emulator's captures, 2026).
pub fn check_within(
    definition: &TableDefinition,
    index: Option<Index<'_>>,
    start: &StartKey,
    range: &KeyRange,
) -> Result<(), Violation> {
    let schema = index.map_or(&definition.key_schema, Index::key_schema);
    let table_partition = std::slice::from_ref(&start.table_partition);
    let (partition, sort) = match index {
        Some(_) => (start.index_partition.as_slice(), start.index_sort.as_slice()),
        None => (table_partition, start.table_sort.as_slice()),
    };
    let mut differs = partition.iter().zip(&range.partition).map(|(given, asked)| given != asked);
    let last_differs = differs.next_back().unwrap_or(false);
    if differs.any(|differs| differs) {
        return Err(ReadViolation::StartKeyOfOneRow.into());
    }
    if !is_within(sort, range) {
        return Err(ReadViolation::StartKeyOutsideSort.into());
    }
    if last_differs {
        return Err(outside_partition(schema, index).into());
    }
    Ok(())
}

fn outside_partition(schema: &KeySchema, index: Option<Index<'_>>) -> ReadViolation {
    if schema.sort.is_empty() && index.is_none() {
        ReadViolation::StartKeyOfLonePartition
    } else {
        ReadViolation::StartKeyOutsidePartition
    }
}

fn is_within(sort: &[AttributeValue], range: &KeyRange) -> bool {
    let equal = range.sort_equal.iter().zip(sort).all(|(asked, given)| asked == given);
    let bounded = sort.get(range.sort_equal.len());
    equal && range.sort_bound.as_ref().zip(bounded).is_none_or(|(bound, given)| bound.admits(given))
}

impl SortBound {
    /// Whether a sort attribute with this value is inside the bound.
    pub fn admits(&self, value: &AttributeValue) -> bool {
        let value_encoded = Encoded::value(value);
        let order = |bound: &AttributeValue| compare(value_encoded.view(), Encoded::value(bound).view());
        match self {
            SortBound::Less(bound) => order(bound).is_some_and(|order| order.is_lt()),
            SortBound::LessOrEqual(bound) => order(bound).is_some_and(|order| order.is_le()),
            SortBound::Greater(bound) => order(bound).is_some_and(|order| order.is_gt()),
            SortBound::GreaterOrEqual(bound) => order(bound).is_some_and(|order| order.is_ge()),
            SortBound::Between(low, high) => {
                order(low).is_some_and(|order| order.is_ge()) && order(high).is_some_and(|order| order.is_le())
            }
            SortBound::BeginsWith(prefix) => match (value, prefix) {
                (AttributeValue::S(value), AttributeValue::S(prefix)) => value.starts_with(prefix.as_str()),
                (AttributeValue::B(value), AttributeValue::B(prefix)) => value.starts_with(prefix),
                _ => false,
            },
        }
    }
}

fn values(
    attributes: &[KeyAttribute],
    bytes_max: usize,
    given: &Item,
    misfit: impl Fn(Option<&AttributeValue>) -> Violation,
) -> Result<Vec<AttributeValue>, Violation> {
    let sound = |attribute: &KeyAttribute, value: &AttributeValue| {
        attribute.kind.holds(value) && kind_of_empty(value).is_none() && key_bytes(value) <= bytes_max
    };
    let value = |attribute: &KeyAttribute| {
        let found = given.get(&attribute.name);
        found.filter(|value| sound(attribute, value)).cloned().ok_or_else(|| misfit(found))
    };
    attributes.iter().map(value).collect()
}

/// What is said about a start key that fits no entry. The newer layer says the same about all (us-east-1, 2026-10, Query);
/// what the older one says is us-east-1's for Scan of a table, and dynalite's captures otherwise.
struct Misfits {
    resumed: Resumed,
    layer: Layer,
    in_index: bool,
}

impl Misfits {
    fn is_plain(&self) -> bool {
        self.layer.has_newer_values()
    }

    fn count(&self) -> Violation {
        if self.is_plain() || self.in_index || self.resumed == Resumed::Query {
            ReadViolation::StartKeyInvalid.into()
        } else {
            ReadViolation::StartKeyMismatch.into()
        }
    }

    fn index_value(&self, found: Option<&AttributeValue>) -> Violation {
        if self.is_plain() || found.is_none() {
            ReadViolation::StartKeyInvalid.into()
        } else {
            ItemViolation::KeyMismatch.into()
        }
    }

    fn table_value(&self) -> Violation {
        if self.is_plain() { ReadViolation::StartKeyInvalid.into() } else { ReadViolation::StartKeyMismatch.into() }
    }
}
