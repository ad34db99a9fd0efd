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
        Test::Alike(..) => return operator("="),
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
                [low, high] => Ok(KeyClause {
                    attribute: path.root.clone(),
                    comparison: KeyComparison::Between(own(low), own(high)),
                }),
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

#[cfg(test)]
mod tests {
    use super::super::fixtures::placeholders;
    use super::*;

    fn parse(text: &str) -> Result<Vec<(String, KeyComparison)>, String> {
        let maps = placeholders("#p=pk", r#"":a":{"S":"a"},":b":{"S":"b"}"#);
        let parsed = KeyCondition::parse(text, &mut maps.borrow()).map_err(|error| error.to_string())?;
        Ok(parsed.clauses.into_iter().map(|clause| (clause.attribute, clause.comparison)).collect())
    }

    #[test]
    fn clauses_come_in_any_order_and_values_on_either_side() {
        let (a, b) = (|| AttributeValue::S("a".into()), || AttributeValue::S("b".into()));
        for (text, expected) in [
            ("pk = :a", vec![("pk", KeyComparison::Equal(a()))]),
            (
                ":a <= sk AND :b = pk",
                vec![("sk", KeyComparison::GreaterOrEqual(a())), ("pk", KeyComparison::Equal(b()))],
            ),
            ("(#p = :a AND :b > sk)", vec![("pk", KeyComparison::Equal(a())), ("sk", KeyComparison::Less(b()))]),
            (
                "(pk = :a) AND (sk BETWEEN :a AND :b)",
                vec![("pk", KeyComparison::Equal(a())), ("sk", KeyComparison::Between(a(), b()))],
            ),
            (
                "a = :a AND (b = :b AND begins_with((c), :a)) AND d < :b",
                vec![
                    ("a", KeyComparison::Equal(a())),
                    ("b", KeyComparison::Equal(b())),
                    ("c", KeyComparison::BeginsWith(a())),
                    ("d", KeyComparison::Less(b())),
                ],
            ),
        ] {
            let expected = expected.into_iter().map(|(name, comparison)| (name.to_string(), comparison)).collect();
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    /// From dynalite's query tests, which were run against AWS.
    #[test]
    fn what_is_no_key_condition_is_refused() {
        let cases: [(&str, &[&str]); 14] = [
            ("Invalid operator used in KeyConditionExpression: OR", &["a > b and size(b) > c or a > c"]),
            ("Invalid operator used in KeyConditionExpression: IN", &["a in (b, size(c), d)"]),
            ("Invalid operator used in KeyConditionExpression: NOT", &["not a > b", "a = :a AND NOT b = :a"]),
            ("Invalid operator used in KeyConditionExpression: <>", &["a <> b"]),
            ("Invalid operator used in KeyConditionExpression: attribute_exists", &["attribute_exists(a)"]),
            ("Invalid operator used in KeyConditionExpression: contains", &["contains(a.d, b)"]),
            (
                "KeyConditionExpressions cannot contain nested operations",
                &["size(b) > a AND a.b > b AND b > c", "a > size(b.d)", "a between size(b) and size(a)"],
            ),
            (
                "Invalid condition in KeyConditionExpression: BETWEEN operator must have the key attribute as its first operand",
                &[":a between size(b) and size(a) and b > :b"],
            ),
            (
                "Invalid condition in KeyConditionExpression: begins_with operator must have the key attribute as its first operand",
                &["begins_with(:a, b) and a > :b"],
            ),
            (
                "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition",
                &["b > a.b", "b between c[1] and d", "a between b and size(a)", "begins_with(a, b)"],
            ),
            (
                "KeyConditionExpressions cannot have conditions on nested attributes",
                &["b.d > a AND c.d > e.f", "a.d > c", "b[0] > a"],
            ),
            ("Invalid condition in KeyConditionExpression: No key attribute specified", &[":b > :a AND a < :b"]),
            (
                "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key",
                &["b > :a AND b < :a and c = :a and d = :a", "(a > :a and b > :a) and (b > :a and c > :a)"],
            ),
            (
                "Invalid KeyConditionExpression: An expression attribute value used in expression is not defined; attribute value: :zz",
                &["pk = :zz AND sk < :a OR x = y"],
            ),
        ];
        for (expected, texts) in cases {
            for text in texts {
                assert_eq!(parse(text), Err(expected.to_string()), "{text}");
            }
        }
    }
}
