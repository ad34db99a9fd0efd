//! The conditions and updates of the API before expressions.

use super::Entries;
use crate::value::{AttributeValue, Given};

shapes! {
    /// An entry of `Expected`.
    ExpectedAttributeValue {
        Value value: Given<AttributeValue>,
        Exists exists: bool,
        ComparisonOperator comparison_operator: String,
        AttributeValueList attribute_value_list: Vec<Given<AttributeValue>>,
    }

    /// An entry of `KeyConditions`, `QueryFilter` and `ScanFilter`.
    Condition {
        AttributeValueList attribute_value_list: Vec<Given<AttributeValue>>,
        ComparisonOperator comparison_operator: String,
    }

    /// An entry of `AttributeUpdates`.
    AttributeValueUpdate {
        Value value: Given<AttributeValue>,
        Action action: String,
    }
}

/// `Expected`: attribute names and what is expected of them.
pub type ExpectedAttributeMap = Entries<ExpectedAttributeValue>;

/// `KeyConditions`, `QueryFilter`, `ScanFilter`: attribute names and their conditions.
pub type ConditionMap = Entries<Condition>;
