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

/// A start key that has as many attributes as it should. AWS looks at those of what is read one by one, a Query between the
/// conditions on them, and at those of the table's key at the end.
pub(super) struct Candidate<'a> {
    given: &'a Item,
    table: &'a KeySchema,
    index: Option<&'a KeySchema>,
    layer: Layer,
}

impl<'a> Candidate<'a> {
    /// A start key holds the key of the table, that of the index where one is read, and nothing else.
    pub(super) fn new(
        definition: &'a TableDefinition,
        index: Option<Index<'a>>,
        given: &'a Item,
        resumed: Resumed,
        layer: Layer,
    ) -> Result<Candidate<'a>, Violation> {
        let (table, index) = (&definition.key_schema, index.map(Index::key_schema));
        let own = index.into_iter().flat_map(KeySchema::attributes);
        let added = own.filter(|attribute| !table.contains(&attribute.name)).count();
        let candidate = Candidate { given, table, index, layer };
        if given.len() == table.attribute_count() + added {
            return Ok(candidate);
        }
        // The older layer says more where a Scan reads the table itself (us-east-1, 2026-10).
        if index.is_none() && resumed == Resumed::Scan { Err(candidate.misfit()) } else { Err(invalid()) }
    }

    /// One attribute of what is read.
    pub(super) fn check(&self, attribute: &KeyAttribute) -> Result<(), Violation> {
        let value = self.given.get(&attribute.name);
        if value.is_some_and(|value| self.is_sound(attribute, value)) {
            return Ok(());
        }
        // On the older layer: dynalite's captures.
        let has_wrong_value = value.is_some() && !self.layer.has_newer_values();
        Err(if has_wrong_value { ItemViolation::KeyMismatch.into() } else { invalid() })
    }

    /// The rest of the checks, and the key that they leave.
    pub(super) fn into_start_key(self) -> Result<StartKey, Violation> {
        let values = |attributes: &[KeyAttribute]| -> Result<Vec<AttributeValue>, Violation> {
            let value = |attribute: &KeyAttribute| {
                let value = self.given.get(&attribute.name).filter(|value| self.is_sound(attribute, value));
                value.cloned().ok_or_else(|| self.misfit())
            };
            attributes.iter().map(value).collect()
        };
        let own = |attributes: fn(&KeySchema) -> &[KeyAttribute]| {
            self.index.map_or(Ok(Vec::new()), |own| values(attributes(own)))
        };
        let table_partition = values(&self.table.partition)?.into_iter().next().ok_or_else(|| self.misfit())?;
        let table_sort = values(&self.table.sort)?.into_iter().next();
        let (index_partition, index_sort) = (own(|index| &index.partition)?, own(|index| &index.sort)?);
        Ok(StartKey { table_partition, table_sort, index_partition, index_sort })
    }

    fn is_sound(&self, attribute: &KeyAttribute, value: &AttributeValue) -> bool {
        let schema = self.index.filter(|index| index.contains(&attribute.name)).unwrap_or(self.table);
        let in_partition = schema.partition.iter().any(|other| other.name == attribute.name);
        let bytes_max = if in_partition { PARTITION_KEY_BYTES_MAX } else { SORT_KEY_BYTES_MAX };
        attribute.kind.holds(value) && kind_of_empty(value).is_none() && key_bytes(value) <= bytes_max
    }

    /// A key that cannot be one of the table's.
    fn misfit(&self) -> Violation {
        if self.layer.has_newer_values() { invalid() } else { ReadViolation::StartKeyMismatch.into() }
    }
}

fn invalid() -> Violation {
    ReadViolation::StartKeyInvalid.into()
}

/// A Query goes on only inside what it reads. Order, on tables and on indexes: an earlier partition attribute, the sort
/// condition, the last partition attribute (an emulator's captures, 2026).
pub(super) fn check_within(
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
