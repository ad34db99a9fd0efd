//! What Query and Scan have in common, and its second half: the index that is read and what is returned from it.

use super::returns::ReturnConsumedCapacity;
use super::table_definition::Index;
use super::table_name::TableName;
use crate::expression::{Condition, Projection};
use crate::value::{AttributeValue, Item};

#[derive(Debug)]
pub struct ReadRequest {
    pub table: TableName,
    pub index: Option<String>,
    /// As far as it is known without the table; [`super::read::resolve`] makes a [`Returned`] of it.
    pub select: Select,
    pub filter: Option<Condition>,
    /// At least 1.
    pub limit: Option<u32>,
    pub consistent: bool,
    pub start_key: Option<Item>,
    pub consumed_capacity: ReturnConsumedCapacity,
}

#[derive(Debug)]
pub enum Select {
    /// Nothing said: a table's or an LSI's ... see [`Returned`]; the index's own projection, or all of a table.
    Unsaid,
    AllAttributes,
    AllProjectedAttributes,
    Count,
    /// `SPECIFIC_ATTRIBUTES`, or a projection without `Select`.
    Specific(Projection),
}

/// What a page holds of each item that passes the filter.
#[derive(Debug)]
pub enum Returned {
    Count,
    /// Everything that the table's item or the index entry holds.
    Whole,
    Projected(Projection),
}

/// Where a Query or Scan reads and what it returns from there.
#[derive(Debug)]
pub struct ReadTarget<'a> {
    /// None: the table itself.
    pub index: Option<Index<'a>>,
    pub returned: Returned,
    /// Only for an LSI: the entry does not hold all that is returned or filtered on, so each one's base item is fetched.
    pub fetch_base: bool,
}

/// The entries that a Query reads: one partition, then a prefix of the sort attributes by equality, then at most one bound on
/// the attribute after that prefix.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyRange {
    /// One value for each partition attribute, in schema order.
    pub partition: Vec<AttributeValue>,
    pub sort_equal: Vec<AttributeValue>,
    pub sort_bound: Option<SortBound>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SortBound {
    Less(AttributeValue),
    LessOrEqual(AttributeValue),
    Greater(AttributeValue),
    GreaterOrEqual(AttributeValue),
    Between(AttributeValue, AttributeValue),
    BeginsWith(AttributeValue),
}
