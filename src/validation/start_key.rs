//! `ExclusiveStartKey`, against what the request reads.

use crate::value::AttributeValue;

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
