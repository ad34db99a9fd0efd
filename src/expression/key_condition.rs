//! KeyConditionExpression and KeyConditions: comparisons of attributes with values, joined by AND. Whether they fit a table
//! or an index is not known here.

use crate::value::{AttributeValue, Encoded, Path};

use super::condition::{Comparator, Condition, Operand, Test};
use super::error::{ExpressionError, ExpressionKind, KeyConditionFault};
use super::placeholders::Placeholders;

/// Clauses in the order written, each on another attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyCondition {
    pub clauses: Vec<KeyClause>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct KeyClause {
    pub attribute: String,
    pub comparison: KeyComparison,
}

#[derive(Clone, Debug, PartialEq)]
pub enum KeyComparison {
    Equal(AttributeValue),
    Less(AttributeValue),
    LessOrEqual(AttributeValue),
    Greater(AttributeValue),
    GreaterOrEqual(AttributeValue),
    /// Low bound, high bound.
    Between(AttributeValue, AttributeValue),
    BeginsWith(AttributeValue),
    /// KeyConditions accepts every ComparisonOperator until the table has been found; then AWS answers `Attempted
    /// conditional constraint is not an indexable operation` (dynalite's query tests).
    NotIndexable,
}

impl KeyComparison {
    /// The operands, in the order written.
    pub fn values(&self) -> Vec<&AttributeValue> {
        match self {
            KeyComparison::Equal(value)
            | KeyComparison::Less(value)
            | KeyComparison::LessOrEqual(value)
            | KeyComparison::Greater(value)
            | KeyComparison::GreaterOrEqual(value)
            | KeyComparison::BeginsWith(value) => vec![value],
            KeyComparison::Between(low, high) => vec![low, high],
            KeyComparison::NotIndexable => vec![],
        }
    }
}

impl KeyCondition {
    pub fn parse(text: &str, placeholders: &mut Placeholders<'_>) -> Result<KeyCondition, ExpressionError> {
        let condition = Condition::parse(ExpressionKind::KeyCondition, text, placeholders)?;
        Ok(KeyCondition::from_condition(&condition)?)
    }

    /// The second half of [`KeyCondition::parse`], for callers that look at a request's other expressions in between, as
    /// AWS does.
    pub fn from_condition(condition: &Condition) -> Result<KeyCondition, KeyConditionFault> {
        let mut clauses = Vec::new();
        add_clauses(&condition.root, &mut clauses)?;
        Ok(KeyCondition { clauses })
    }

    pub fn clause(&self, attribute: &str) -> Option<&KeyClause> {
        self.clauses.iter().find(|clause| clause.attribute == attribute)
    }
}

fn add_clauses(test: &Test, clauses: &mut Vec<KeyClause>) -> Result<(), KeyConditionFault> {
    let operator = |operator| Err(KeyConditionFault::Operator { operator });
    match test {
        Test::All(tests) => return tests.iter().try_for_each(|test| add_clauses(test, clauses)),
        Test::Any(_) => return operator("OR"),
        Test::Not(_) => return operator("NOT"),
        Test::In { .. } => return operator("IN"),
        Test::Exists(_) => return operator("attribute_exists"),
        Test::NotExists(_) => return operator("attribute_not_exists"),
        Test::HasType(..) => return operator("attribute_type"),
        Test::Contains { .. } => return operator("contains"),
        Test::Compare { comparator: Comparator::NotEqual, .. } => return operator("<>"),
        Test::Compare { .. } | Test::Between { .. } | Test::BeginsWith { .. } => {}
    }
    let clause = clause(test)?;
    if clauses.iter().any(|other| other.attribute == clause.attribute) {
        return Err(KeyConditionFault::SeveralConditions);
    }
    clauses.push(clause);
    Ok(())
}

/// One comparison, BETWEEN or begins_with.
fn clause(test: &Test) -> Result<KeyClause, KeyConditionFault> {
    match test {
        Test::Compare { comparator, left, right } => {
            let (path, values) = split(&[left, right])?;
            let comparator = if matches!(left, Operand::Path(_)) { *comparator } else { comparator.swapped() };
            single(path, values, |value| match comparator {
                Comparator::Less => KeyComparison::Less(value),
                Comparator::LessOrEqual => KeyComparison::LessOrEqual(value),
                Comparator::Greater => KeyComparison::Greater(value),
                Comparator::GreaterOrEqual => KeyComparison::GreaterOrEqual(value),
                Comparator::Equal | Comparator::NotEqual => KeyComparison::Equal(value),
            })
        }
        Test::Between { value, low, high } => {
            check_first_operand("BETWEEN", value)?;
            let (path, values) = split(&[value, low, high])?;
            match values.as_slice() {
                [low, high] => {
                    Ok(KeyClause { attribute: path.root.clone(), comparison: KeyComparison::Between(own(low), own(high)) })
                }
                _ => Err(KeyConditionFault::SeveralAttributes),
            }
        }
        Test::BeginsWith { value, prefix } => {
            check_first_operand("begins_with", value)?;
            let (path, values) = split(&[value, prefix])?;
            single(path, values, KeyComparison::BeginsWith)
        }
        _ => Err(KeyConditionFault::NestedOperation),
    }
}

fn single(
    path: &Path,
    values: Vec<&Encoded>,
    comparison: impl FnOnce(AttributeValue) -> KeyComparison,
) -> Result<KeyClause, KeyConditionFault> {
    match values.as_slice() {
        [value] => Ok(KeyClause { attribute: path.root.clone(), comparison: comparison(own(value)) }),
        _ => Err(KeyConditionFault::SeveralAttributes),
    }
}

fn check_first_operand(operator: &'static str, operand: &Operand) -> Result<(), KeyConditionFault> {
    match operand {
        Operand::Path(_) => Ok(()),
        _ => Err(KeyConditionFault::FirstOperand { operator }),
    }
}

/// The one path among the operands, which has to be a top-level attribute, and the values beside it. The operands are judged
/// in the order written (dynalite's query tests).
fn split<'o>(operands: &[&'o Operand]) -> Result<(&'o Path, Vec<&'o Encoded>), KeyConditionFault> {
    let mut found = None;
    let mut values = Vec::with_capacity(operands.len());
    for operand in operands {
        match operand {
            Operand::Path(_) if found.is_some() => return Err(KeyConditionFault::SeveralAttributes),
            Operand::Path(path) if !path.is_top_level() => return Err(KeyConditionFault::NestedAttribute),
            Operand::Path(path) => found = Some(path),
            Operand::Value(value) => values.push(value),
            Operand::Size(_) => return Err(KeyConditionFault::NestedOperation),
        }
    }
    Ok((found.ok_or(KeyConditionFault::NoAttribute)?, values))
}

fn own(value: &Encoded) -> AttributeValue {
    value.view().to_value()
}
