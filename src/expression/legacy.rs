//! The parameters from before expressions, made into the same conditions, key conditions, projections and updates.
//!
//! Names stand for top-level attributes, dots and all. Faults of values, unknown enumerators and missing members are
//! validation's: what is left here has texts of its own.

use crate::protocol::shapes::{AttributeValueUpdate, Condition as Comparison, ExpectedAttributeValue};
use crate::value::{AttributeValue, Encoded, Given, Path, TypeName, compare};

use super::condition::{Comparator, Condition, Operand, Test};
use super::key_condition::{KeyClause, KeyComparison, KeyCondition};
use super::project::Projection;
use super::update::{Action, Clause, Source, Update};

/// `ConditionalOperator`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConditionalOperator {
    #[default]
    And,
    Or,
}

impl ConditionalOperator {
    pub fn parse(name: &str) -> Option<ConditionalOperator> {
        match name {
            "AND" => Some(ConditionalOperator::And),
            "OR" => Some(ConditionalOperator::Or),
            _ => None,
        }
    }

    /// It needs two or more conditions to join. On the newer layer AWS looks at this before the conditions' values, on the
    /// older after them.
    pub fn check(operator: Option<ConditionalOperator>, condition_count: usize) -> Result<(), LegacyFault> {
        match (operator, condition_count) {
            (Some(_), 0) => Err(LegacyFault::OperatorWithoutConditions),
            (Some(_), 1) => Err(LegacyFault::OperatorWithOneCondition),
            _ => Ok(()),
        }
    }
}

/// What AWS refuses about legacy parameters. The texts with a capture from 2026 are in wording.md 2.4; the others are
/// dynalite's, taken from AWS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LegacyFault {
    #[error("ConditionalOperator cannot be used without Filter or Expected")]
    OperatorWithoutConditions,
    #[error("ConditionalOperator can only be used when Filter or Expected has two or more elements")]
    OperatorWithOneCondition,
    #[error(
        "One or more parameter values were invalid: Value and AttributeValueList cannot be used together for Attribute: {attribute}"
    )]
    ValueAndList { attribute: String },
    #[error(
        "One or more parameter values were invalid: Exists and ComparisonOperator cannot be used together for Attribute: {attribute}"
    )]
    ExistsAndOperator { attribute: String },
    #[error(
        "One or more parameter values were invalid: Value or AttributeValueList must be used with ComparisonOperator: {operator} for Attribute: {attribute}"
    )]
    OperatorWithoutValues { operator: ComparisonOperator, attribute: String },
    #[error(
        "One or more parameter values were invalid: AttributeValueList can only be used with a ComparisonOperator for Attribute: {attribute}"
    )]
    ListWithoutOperator { attribute: String },
    #[error("One or more parameter values were invalid: Value must be provided when Exists is {} for Attribute: {attribute}", if *.exists_is_given { "true" } else { "null" })]
    ExistsWithoutValue { exists_is_given: bool, attribute: String },
    #[error(
        "One or more parameter values were invalid: Value cannot be used when Exists is false for Attribute: {attribute}"
    )]
    AbsentWithValue { attribute: String },
    #[error(
        "One or more parameter values were invalid: Invalid number of argument(s) for the {operator} ComparisonOperator"
    )]
    ValueCount { operator: ComparisonOperator },
    #[error(
        "One or more parameter values were invalid: AttributeValues inside AttributeValueList must be of same type"
    )]
    MixedTypes,
    #[error(
        "One or more parameter values were invalid: ComparisonOperator {operator} is not valid for {type_name} AttributeValue type"
    )]
    ValueType { operator: ComparisonOperator, type_name: TypeName },
    #[error("The BETWEEN condition was provided a range where the lower bound is greater than the upper bound")]
    BetweenReversed,
    /// Absent, or none of the thirteen: a fault of the member.
    #[error(
        "Member must satisfy enum value set: [IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS]"
    )]
    ComparisonOperator { attribute: String },
    #[error("Member must satisfy enum value set: [ADD, DELETE, PUT]")]
    Action { attribute: String },
    #[error(
        "One or more parameter values were invalid: Only DELETE action is allowed when no attribute value is specified"
    )]
    ActionWithoutValue,
    #[error(
        "One or more parameter values were invalid: DELETE action with value is not supported for the type {type_name}"
    )]
    DeleteType { type_name: TypeName },
    #[error("One or more parameter values were invalid: ADD action is not supported for the type {type_name}")]
    AddType { type_name: TypeName },
    #[error("One or more parameter values were invalid: Duplicate value in attribute name: {name}")]
    DuplicateName { name: String },
}

/// `Expected`. Nothing expected is no condition.
pub fn expected_to_condition(
    expected: &[(String, ExpectedAttributeValue)],
    operator: Option<ConditionalOperator>,
) -> Result<Option<Condition>, LegacyFault> {
    ConditionalOperator::check(operator, expected.len())?;
    let tests = expected.iter().map(|(attribute, expected)| expected_test(attribute, expected));
    Ok(join(tests.collect::<Result<_, _>>()?, operator))
}

/// `QueryFilter` and `ScanFilter`
pub fn filter_to_condition(
    filter: &[(String, Comparison)],
    operator: Option<ConditionalOperator>,
) -> Result<Option<Condition>, LegacyFault> {
    ConditionalOperator::check(operator, filter.len())?;
    let tests = filter.iter().map(|(attribute, comparison)| {
        let (operator, values) = checked_comparison(attribute, comparison)?;
        test(attribute, operator, &values)
    });
    Ok(join(tests.collect::<Result<_, _>>()?, operator))
}

/// `KeyConditions`
pub fn key_conditions_to_key_condition(conditions: &[(String, Comparison)]) -> Result<KeyCondition, LegacyFault> {
    let clauses = conditions.iter().map(|(attribute, comparison)| {
        let (operator, values) = checked_comparison(attribute, comparison)?;
        Ok(KeyClause { attribute: attribute.clone(), comparison: key_comparison(operator, &values)? })
    });
    Ok(KeyCondition { clauses: clauses.collect::<Result<_, _>>()? })
}

/// `AttributeUpdates`
pub fn attribute_updates_to_update(updates: &[(String, AttributeValueUpdate)]) -> Result<Update, LegacyFault> {
    let clauses = updates.iter().enumerate().map(|(section, (attribute, update))| {
        Ok(Clause { section, target: Path::top_level(attribute.as_str()), action: action(attribute, update)? })
    });
    Ok(Update::of_attribute_updates(clauses.collect::<Result<_, _>>()?))
}

/// `AttributesToGet`
pub fn attributes_to_get_to_projection(names: &[String]) -> Result<Projection, LegacyFault> {
    let mut sorted: Vec<_> = names.iter().collect();
    sorted.sort();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(LegacyFault::DuplicateName { name: pair[0].clone() }),
        None => Ok(Projection::from_attributes_to_get(names)),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComparisonOperator {
    Eq,
    Ne,
    In,
    Le,
    Lt,
    Ge,
    Gt,
    Between,
    NotNull,
    Null,
    Contains,
    NotContains,
    BeginsWith,
}

impl ComparisonOperator {
    const ALL: [ComparisonOperator; 13] = [
        ComparisonOperator::Eq,
        ComparisonOperator::Ne,
        ComparisonOperator::In,
        ComparisonOperator::Le,
        ComparisonOperator::Lt,
        ComparisonOperator::Ge,
        ComparisonOperator::Gt,
        ComparisonOperator::Between,
        ComparisonOperator::NotNull,
        ComparisonOperator::Null,
        ComparisonOperator::Contains,
        ComparisonOperator::NotContains,
        ComparisonOperator::BeginsWith,
    ];

    /// In exact case: AWS refuses `eq`.
    pub fn parse(name: &str) -> Option<ComparisonOperator> {
        ComparisonOperator::ALL.into_iter().find(|operator| operator.as_str() == name)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            ComparisonOperator::Eq => "EQ",
            ComparisonOperator::Ne => "NE",
            ComparisonOperator::In => "IN",
            ComparisonOperator::Le => "LE",
            ComparisonOperator::Lt => "LT",
            ComparisonOperator::Ge => "GE",
            ComparisonOperator::Gt => "GT",
            ComparisonOperator::Between => "BETWEEN",
            ComparisonOperator::NotNull => "NOT_NULL",
            ComparisonOperator::Null => "NULL",
            ComparisonOperator::Contains => "CONTAINS",
            ComparisonOperator::NotContains => "NOT_CONTAINS",
            ComparisonOperator::BeginsWith => "BEGINS_WITH",
        }
    }

    fn takes_values(self) -> bool {
        !matches!(self, ComparisonOperator::Null | ComparisonOperator::NotNull)
    }

    fn takes_count(self, count: usize) -> bool {
        match self {
            ComparisonOperator::Null | ComparisonOperator::NotNull => count == 0,
            ComparisonOperator::Between => count == 2,
            ComparisonOperator::In => count > 0,
            _ => count == 1,
        }
    }

    fn takes_type(self, type_name: TypeName) -> bool {
        use TypeName::{B, Bool, N, Null, S};
        match self {
            ComparisonOperator::Eq | ComparisonOperator::Ne => true,
            ComparisonOperator::Null | ComparisonOperator::NotNull => true,
            ComparisonOperator::BeginsWith => matches!(type_name, S | B),
            ComparisonOperator::Contains | ComparisonOperator::NotContains => {
                matches!(type_name, S | N | B | Bool | Null)
            }
            ComparisonOperator::In
            | ComparisonOperator::Le
            | ComparisonOperator::Lt
            | ComparisonOperator::Ge
            | ComparisonOperator::Gt
            | ComparisonOperator::Between => matches!(type_name, S | N | B),
        }
    }

    fn comparator(self) -> Option<Comparator> {
        match self {
            ComparisonOperator::Eq => Some(Comparator::Equal),
            ComparisonOperator::Ne => Some(Comparator::NotEqual),
            ComparisonOperator::Le => Some(Comparator::LessOrEqual),
            ComparisonOperator::Lt => Some(Comparator::Less),
            ComparisonOperator::Ge => Some(Comparator::GreaterOrEqual),
            ComparisonOperator::Gt => Some(Comparator::Greater),
            _ => None,
        }
    }
}

impl std::fmt::Display for ComparisonOperator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One entry of Expected, its checks in AWS's order.
fn expected_test(attribute: &str, expected: &ExpectedAttributeValue) -> Result<Test, LegacyFault> {
    let attribute_name = || attribute.to_string();
    let list = expected.attribute_value_list.as_deref();
    if expected.value.is_some() && list.is_some() {
        return Err(LegacyFault::ValueAndList { attribute: attribute_name() });
    }
    if let Some(name) = &expected.comparison_operator {
        let operator = ComparisonOperator::parse(name)
            .ok_or_else(|| LegacyFault::ComparisonOperator { attribute: attribute_name() })?;
        if expected.exists.is_some() {
            return Err(LegacyFault::ExistsAndOperator { attribute: attribute_name() });
        }
        if operator.takes_values() && list.is_none() && expected.value.is_none() {
            return Err(LegacyFault::OperatorWithoutValues { operator, attribute: attribute_name() });
        }
        let values = match list {
            Some(list) => plain(list),
            None => expected.value.iter().map(|given| &given.value).collect(),
        };
        check_values(operator, &values)?;
        return test(attribute, operator, &values);
    }
    if list.is_some() {
        return Err(LegacyFault::ListWithoutOperator { attribute: attribute_name() });
    }
    match (expected.exists, &expected.value) {
        (Some(false), Some(_)) => Err(LegacyFault::AbsentWithValue { attribute: attribute_name() }),
        (Some(false), None) => Ok(Test::NotExists(Path::top_level(attribute))),
        (_, Some(given)) => test(attribute, ComparisonOperator::Eq, &[&given.value]),
        (exists, None) => {
            Err(LegacyFault::ExistsWithoutValue { exists_is_given: exists.is_some(), attribute: attribute_name() })
        }
    }
}

/// One entry of KeyConditions, QueryFilter or ScanFilter.
fn checked_comparison<'c>(
    attribute: &str,
    comparison: &'c Comparison,
) -> Result<(ComparisonOperator, Vec<&'c AttributeValue>), LegacyFault> {
    let operator = comparison.comparison_operator.as_deref().and_then(ComparisonOperator::parse);
    let operator = operator.ok_or_else(|| LegacyFault::ComparisonOperator { attribute: attribute.to_string() })?;
    let values = plain(comparison.attribute_value_list.as_deref().unwrap_or_default());
    check_values(operator, &values)?;
    Ok((operator, values))
}

fn plain(list: &[Given<AttributeValue>]) -> Vec<&AttributeValue> {
    list.iter().map(|given| &given.value).collect()
}

fn check_values(operator: ComparisonOperator, values: &[&AttributeValue]) -> Result<(), LegacyFault> {
    if !operator.takes_count(values.len()) {
        return Err(LegacyFault::ValueCount { operator });
    }
    if values.windows(2).any(|pair| pair[0].type_name() != pair[1].type_name()) {
        return Err(LegacyFault::MixedTypes);
    }
    match values.first().map(|value| value.type_name()) {
        Some(type_name) if !operator.takes_type(type_name) => Err(LegacyFault::ValueType { operator, type_name }),
        _ if operator == ComparisonOperator::Between => check_between(values),
        _ => Ok(()),
    }
}

fn check_between(bounds: &[&AttributeValue]) -> Result<(), LegacyFault> {
    let [low, high] = bounds else {
        return Err(LegacyFault::ValueCount { operator: ComparisonOperator::Between });
    };
    match compare(Encoded::value(low).view(), Encoded::value(high).view()) {
        Some(order) if order.is_gt() => Err(LegacyFault::BetweenReversed),
        _ => Ok(()),
    }
}

/// The condition on one attribute; `values` are as many as the operator takes.
fn test(attribute: &str, operator: ComparisonOperator, values: &[&AttributeValue]) -> Result<Test, LegacyFault> {
    let path = Path::top_level(attribute);
    let operand = |value: &&AttributeValue| Operand::Value(Encoded::value(value));
    match (operator, values) {
        (ComparisonOperator::NotNull, _) => Ok(Test::Exists(path)),
        (ComparisonOperator::Null, _) => Ok(Test::NotExists(path)),
        (ComparisonOperator::In, list) => {
            Ok(Test::In { value: Operand::Path(path), list: list.iter().map(operand).collect() })
        }
        (ComparisonOperator::Between, [low, high]) => {
            Ok(Test::Between { value: Operand::Path(path), low: operand(low), high: operand(high) })
        }
        (ComparisonOperator::BeginsWith, [prefix]) => {
            Ok(Test::BeginsWith { value: Operand::Path(path), prefix: operand(prefix) })
        }
        (ComparisonOperator::Contains, [element]) => {
            Ok(Test::Contains { container: Operand::Path(path), element: operand(element) })
        }
        (ComparisonOperator::NotContains, [element]) => {
            Ok(Test::Not(Box::new(Test::Contains { container: Operand::Path(path), element: operand(element) })))
        }
        (operator, [value]) => match operator.comparator() {
            Some(comparator) => Ok(Test::Compare { comparator, left: Operand::Path(path), right: operand(value) }),
            None => Err(LegacyFault::ValueCount { operator }),
        },
        (operator, _) => Err(LegacyFault::ValueCount { operator }),
    }
}

fn key_comparison(operator: ComparisonOperator, values: &[&AttributeValue]) -> Result<KeyComparison, LegacyFault> {
    match (operator, values) {
        (ComparisonOperator::Eq, [value]) => Ok(KeyComparison::Equal((*value).clone())),
        (ComparisonOperator::Lt, [value]) => Ok(KeyComparison::Less((*value).clone())),
        (ComparisonOperator::Le, [value]) => Ok(KeyComparison::LessOrEqual((*value).clone())),
        (ComparisonOperator::Gt, [value]) => Ok(KeyComparison::Greater((*value).clone())),
        (ComparisonOperator::Ge, [value]) => Ok(KeyComparison::GreaterOrEqual((*value).clone())),
        (ComparisonOperator::BeginsWith, [prefix]) => Ok(KeyComparison::BeginsWith((*prefix).clone())),
        (ComparisonOperator::Between, [low, high]) => Ok(KeyComparison::Between((*low).clone(), (*high).clone())),
        _ => Ok(KeyComparison::NotIndexable),
    }
}

fn join(tests: Vec<Test>, operator: Option<ConditionalOperator>) -> Option<Condition> {
    let root = match operator.unwrap_or_default() {
        _ if tests.is_empty() => return None,
        ConditionalOperator::And => Test::All(tests),
        ConditionalOperator::Or => Test::Any(tests),
    };
    Some(Condition { root })
}

fn action(attribute: &str, update: &AttributeValueUpdate) -> Result<Action, LegacyFault> {
    let value = update.value.as_ref().map(|given| &given.value);
    match (update.action.as_deref().unwrap_or("PUT"), value) {
        ("DELETE", None) => Ok(Action::Remove),
        ("DELETE", Some(value)) => match value.type_name() {
            TypeName::Ss | TypeName::Ns | TypeName::Bs => Ok(Action::Delete(value.clone())),
            type_name => Err(LegacyFault::DeleteType { type_name }),
        },
        ("PUT" | "ADD", None) => Err(LegacyFault::ActionWithoutValue),
        ("PUT", Some(value)) => Ok(Action::Set(Source::Value(value.clone()))),
        ("ADD", Some(value)) => match value.type_name() {
            TypeName::N | TypeName::L | TypeName::Ss | TypeName::Ns | TypeName::Bs => Ok(Action::Add(value.clone())),
            type_name => Err(LegacyFault::AddType { type_name }),
        },
        _ => Err(LegacyFault::Action { attribute: attribute.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::item;
    use super::*;
    use crate::protocol::decode;
    use crate::protocol::shapes::{QueryInput, UpdateItemInput};
    use crate::value::{ItemView, encode_item};

    fn update_input(json: &str) -> UpdateItemInput {
        decode(format!("{{{json}}}").as_bytes()).unwrap()
    }

    fn expected_holds(stored: &str, expected: &str, operator: Option<ConditionalOperator>) -> Result<bool, String> {
        let expected = update_input(&format!(r#""Expected":{expected}"#)).expected.unwrap();
        let condition = expected_to_condition(&expected, operator).map_err(|fault| fault.to_string())?.unwrap();
        let bytes = encode_item(&item(stored));
        Ok(condition.evaluate(Some(ItemView::parse(&bytes).unwrap())))
    }

    fn comparison(operator: &str, list: &str) -> String {
        format!(r#"{{"ComparisonOperator":"{operator}","AttributeValueList":{list}}}"#)
    }

    #[test]
    fn expected_means_what_its_operators_say() {
        let stored = r#"{"a":{"N":"1"},"s":{"S":"hello"},"c.d":{"BOOL":true}}"#;
        for (attribute, expected, holds) in [
            ("a", r#"{"Value":{"N":"1"}}"#.to_string(), true),
            ("a", r#"{"Exists":true,"Value":{"N":"2"}}"#.to_string(), false),
            ("a", r#"{"Exists":false}"#.to_string(), false),
            ("q", r#"{"Exists":false}"#.to_string(), true),
            ("a", r#"{"ComparisonOperator":"GE","Value":{"N":"1"}}"#.to_string(), true),
            ("a", comparison("NE", r#"[{"N":"1"}]"#), false),
            ("q", comparison("NE", r#"[{"N":"1"}]"#), true),
            ("a", comparison("LT", r#"[{"N":"2"}]"#), true),
            ("a", comparison("GT", r#"[{"N":"1"}]"#), false),
            ("a", comparison("BETWEEN", r#"[{"N":"0"},{"N":"5"}]"#), true),
            ("a", comparison("IN", r#"[{"N":"3"},{"N":"1"}]"#), true),
            ("a", r#"{"ComparisonOperator":"NOT_NULL"}"#.to_string(), true),
            ("a", comparison("NULL", "[]"), false),
            ("s", comparison("CONTAINS", r#"[{"S":"ell"}]"#), true),
            ("s", comparison("NOT_CONTAINS", r#"[{"S":"ell"}]"#), false),
            ("q", comparison("NOT_CONTAINS", r#"[{"S":"ell"}]"#), true),
            ("s", comparison("BEGINS_WITH", r#"[{"S":"he"}]"#), true),
            ("c.d", comparison("EQ", r#"[{"BOOL":true}]"#), true),
        ] {
            assert_eq!(
                expected_holds(stored, &format!(r#"{{"{attribute}":{expected}}}"#), None),
                Ok(holds),
                "{attribute} {expected}"
            );
        }
        let two = r#"{"a":{"Value":{"N":"1"}},"s":{"Value":{"S":"no"}}}"#;
        assert_eq!(expected_holds(stored, two, None), Ok(false));
        assert_eq!(expected_holds(stored, two, Some(ConditionalOperator::Or)), Ok(true));
        assert_eq!(expected_to_condition(&[], None), Ok(None));
    }

    #[test]
    fn expected_is_refused_with_awss_words() {
        for (expected, text) in [
            (
                r#"{"Exists":true}"#,
                "One or more parameter values were invalid: Value must be provided when Exists is true for Attribute: a",
            ),
            (
                "{}",
                "One or more parameter values were invalid: Value must be provided when Exists is null for Attribute: a",
            ),
            (
                r#"{"Exists":false,"Value":{"S":"x"}}"#,
                "One or more parameter values were invalid: Value cannot be used when Exists is false for Attribute: a",
            ),
            (
                r#"{"Value":{"S":"x"},"ComparisonOperator":"EQ","AttributeValueList":[{"S":"x"}]}"#,
                "One or more parameter values were invalid: Value and AttributeValueList cannot be used together for Attribute: a",
            ),
            (
                r#"{"Exists":true,"ComparisonOperator":"LT"}"#,
                "One or more parameter values were invalid: Exists and ComparisonOperator cannot be used together for Attribute: a",
            ),
            (
                r#"{"ComparisonOperator":"EQ"}"#,
                "One or more parameter values were invalid: Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: a",
            ),
            (
                r#"{"AttributeValueList":[]}"#,
                "One or more parameter values were invalid: AttributeValueList can only be used with a ComparisonOperator for Attribute: a",
            ),
            (
                r#"{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"S":"x"}]}"#,
                "One or more parameter values were invalid: Invalid number of argument(s) for the BETWEEN ComparisonOperator",
            ),
            (
                r#"{"ComparisonOperator":"NULL","Value":{"S":"x"}}"#,
                "One or more parameter values were invalid: Invalid number of argument(s) for the NULL ComparisonOperator",
            ),
            (
                r#"{"ComparisonOperator":"IN","AttributeValueList":[{"S":"b"},{"N":"1"}]}"#,
                "One or more parameter values were invalid: AttributeValues inside AttributeValueList must be of same type",
            ),
            (
                r#"{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"S":"b"},{"S":"a"}]}"#,
                "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
            ),
        ] {
            assert_eq!(
                expected_holds("{}", &format!(r#"{{"a":{expected}}}"#), None),
                Err(text.to_string()),
                "{expected}"
            );
        }
        let one = r#"{"a":{"Exists":false}}"#;
        assert_eq!(
            expected_holds("{}", one, Some(ConditionalOperator::And)),
            Err("ConditionalOperator can only be used when Filter or Expected has two or more elements".to_string())
        );
    }

    #[test]
    fn operators_take_their_own_types() {
        for (operators, list, type_name) in [
            (&["LT", "LE", "GT", "GE", "IN"][..], r#"[{"BOOL":true}]"#, "BOOL"),
            (&["LT", "IN", "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH"][..], r#"[{"SS":["a"]}]"#, "SS"),
            (&["BEGINS_WITH"][..], r#"[{"N":"1"}]"#, "N"),
            (&["BETWEEN"][..], r#"[{"L":[]},{"L":[]}]"#, "L"),
        ] {
            for operator in operators {
                let json = format!(r#"{{"KeyConditions":{{"a":{}}}}}"#, comparison(operator, list));
                let input: QueryInput = decode(json.as_bytes()).unwrap();
                let fault = key_conditions_to_key_condition(&input.key_conditions.unwrap()).unwrap_err();
                assert_eq!(
                    fault.to_string(),
                    format!(
                        "One or more parameter values were invalid: ComparisonOperator {operator} is not valid for {type_name} AttributeValue type"
                    )
                );
            }
        }
    }

    #[test]
    fn key_conditions_keep_what_no_index_can_answer_for_later() {
        let json = format!(
            r#"{{"KeyConditions":{{"pk":{},"sk":{},"x":{}}}}}"#,
            comparison("EQ", r#"[{"S":"p"}]"#),
            comparison("BETWEEN", r#"[{"N":"1"},{"N":"2"}]"#),
            comparison("NULL", "[]"),
        );
        let input: QueryInput = decode(json.as_bytes()).unwrap();
        let condition = key_conditions_to_key_condition(&input.key_conditions.unwrap()).unwrap();
        let number = |number: u64| AttributeValue::N(crate::value::Number::from(number));
        assert_eq!(
            condition.clause("pk").map(|clause| &clause.comparison),
            Some(&KeyComparison::Equal(AttributeValue::S("p".into())))
        );
        assert_eq!(condition.clauses[1].comparison, KeyComparison::Between(number(1), number(2)));
        assert_eq!(condition.clauses[2].comparison, KeyComparison::NotIndexable);
    }

    #[test]
    fn attribute_updates_put_add_and_delete() {
        let updates = update_input(
            r#""AttributeUpdates":{"a":{"Value":{"S":"v"}},"n":{"Action":"ADD","Value":{"N":"4"}},"s":{"Action":"DELETE","Value":{"SS":["a"]}},
               "x":{"Action":"DELETE"},"l":{"Action":"ADD","Value":{"L":[{"N":"2"}]}},"c.d":{"Action":"PUT","Value":{"NULL":true}},"k":{"Action":"ADD","Value":{"L":[]}}}"#,
        );
        let update = attribute_updates_to_update(&updates.attribute_updates.unwrap()).unwrap();
        let old = item(r#"{"n":{"N":"1"},"s":{"SS":["a","b"]},"x":{"N":"1"},"l":{"L":[{"N":"1"}]}}"#);
        let new = item(
            r#"{"a":{"S":"v"},"n":{"N":"5"},"s":{"SS":["b"]},"l":{"L":[{"N":"1"},{"N":"2"}]},"c.d":{"NULL":true},"k":{"L":[]}}"#,
        );
        assert_eq!(update.apply(&old).unwrap().item, new);
        let other = item(r#"{"n":{"S":"1"}}"#);
        assert_eq!(update.apply(&other).unwrap_err().to_string(), "Type mismatch for attribute to update");
    }

    #[test]
    fn attribute_updates_are_refused_with_awss_words() {
        for (update, text) in [
            (r#"{"Action":"ADD"}"#, "Only DELETE action is allowed when no attribute value is specified"),
            ("{}", "Only DELETE action is allowed when no attribute value is specified"),
            (r#"{"Action":"DELETE","Value":{"N":"1"}}"#, "DELETE action with value is not supported for the type N"),
            (r#"{"Action":"ADD","Value":{"B":"AA=="}}"#, "ADD action is not supported for the type B"),
        ] {
            let updates = update_input(&format!(r#""AttributeUpdates":{{"a":{update}}}"#)).attribute_updates.unwrap();
            let fault = attribute_updates_to_update(&updates).unwrap_err();
            assert_eq!(fault.to_string(), format!("One or more parameter values were invalid: {text}"));
        }
        let updates =
            update_input(r#""AttributeUpdates":{"a":{"Action":"put","Value":{"N":"1"}}}"#).attribute_updates.unwrap();
        assert_eq!(attribute_updates_to_update(&updates), Err(LegacyFault::Action { attribute: "a".into() }));
    }

    #[test]
    fn names_to_get_are_different() {
        let names = |names: [&str; 3]| names.map(String::from);
        assert!(attributes_to_get_to_projection(&names(["c", "a", "b"])).is_ok());
        assert_eq!(
            attributes_to_get_to_projection(&names(["b", "a", "b"])),
            Err(LegacyFault::DuplicateName { name: "b".into() })
        );
    }
}
