//! Key arguments and the keys of items, against the schema of a table or of an index.

use crate::value::AttributeValue;

/// A primary key inside an item or a `Key` argument, of the right types and sizes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeyRef<'a> {
    pub partition: &'a AttributeValue,
    pub sort: Option<&'a AttributeValue>,
}
