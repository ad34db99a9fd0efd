//! Query's request, and its second half: the partition and the bounds that it reads.

use super::conditions;
use super::constraint::Members;
use super::key::{self, PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX};
use super::key_schema::{KeyAttribute, KeySchema};
use super::layer::Layer;
use super::parameters::{Parameters, attributes_to_get};
use super::read::{self, KeyRange, ReadRequest, ReadTarget, SelectName, SortBound};
use super::returns::{self, ReturnConsumedCapacity};
use super::start_key::{self, Candidate, Resumed, StartKey};
use super::table_definition::{Index, TableDefinition};
use super::table_name;
use super::values::{self, Reading, in_envelope};
use super::violation::{ItemViolation, ReadViolation, Violation};
use crate::expression::{
    Condition, ExpressionError, ExpressionKind, KeyClause, KeyComparison, KeyCondition, Projection,
    key_conditions_to_key_condition,
};
use crate::protocol::shapes::QueryInput;
use crate::value::{AttributeValue, Given, Item};

#[derive(Debug)]
pub struct Query {
    pub read: ReadRequest,
    pub key_condition: KeyCondition,
    /// `ScanIndexForward`, true unless given.
    pub forward: bool,
}

/// Order (newer layer, us-east-1, 2026-10): `ConditionalOperator` alone; members; `Select` against the projection; styles;
/// legacy values; the start key's values; the expressions, that of the key first. [`resolve`] goes on when the table is known.
pub fn validate(mut input: QueryInput, layer: Layer) -> Result<Query, Violation> {
    let layer = reading(&input).layer(layer);
    table_name::check_not_empty(input.table_name.as_deref(), layer)?;
    conditions::check_conditional_operator_alone(input.conditional_operator.as_deref(), layer)?;
    let (select, consumed_capacity) = members(&input, layer)?;
    let has_projection = input.projection_expression.is_some();
    let has_attributes = input.attributes_to_get.is_some();
    read::check_select(select, input.index_name.is_some(), has_projection, has_attributes, layer)?;

    let start_key = input.exclusive_start_key.take();
    let expressions = Expressions::parse(&input, start_key, layer)?;
    Ok(Query {
        read: ReadRequest {
            table: table_name::checked(input.table_name)?,
            index: input.index_name,
            select: read::select(select, expressions.projection),
            filter: expressions.filter,
            filter_is_legacy: input.query_filter.is_some(),
            limit: input.limit.and_then(|limit| u32::try_from(limit).ok()),
            consistent: input.consistent_read.unwrap_or(false),
            start_key: expressions.start_key,
            consumed_capacity,
            layer,
        },
        key_condition: expressions.key_condition,
        forward: input.scan_index_forward.unwrap_or(true),
    })
}

fn reading(input: &QueryInput) -> Reading {
    let values = input.expression_attribute_values.iter().flatten().map(|(_, value)| value);
    let reading = Reading::default().with_all(&input.exclusive_start_key).with_all(values);
    let reading = conditions::reading(reading, input.query_filter.as_deref());
    conditions::reading(reading, input.key_conditions.as_deref())
}

fn members(input: &QueryInput, layer: Layer) -> Result<(Option<SelectName>, ReturnConsumedCapacity), Violation> {
    let mut members = Members::new();
    let select = read::select_name(&mut members, input.select.as_deref());
    read::check_index_name(&mut members, input.index_name.as_deref());
    let consumed_capacity = returns::consumed_capacity(&mut members, input.return_consumed_capacity.as_deref());
    conditions::check_operators(&mut members, input.query_filter.as_deref(), "queryFilter");
    table_name::check(&mut members, input.table_name.as_deref(), layer);
    conditions::check_conditional_operator(&mut members, input.conditional_operator.as_deref(), layer);
    read::check_attributes_to_get_length(&mut members, input.attributes_to_get.as_deref());
    read::check_limit(&mut members, input.limit, layer);
    conditions::check_operators(&mut members, input.key_conditions.as_deref(), "keyConditions");
    members.finish()?;
    Ok((select, consumed_capacity))
}

struct Expressions {
    key_condition: KeyCondition,
    filter: Option<Condition>,
    projection: Option<Projection>,
    start_key: Option<Item>,
}

impl Expressions {
    fn parse(input: &QueryInput, start_key: Option<Given<Item>>, layer: Layer) -> Result<Expressions, Violation> {
        let parameters = Parameters {
            legacy: &[
                ("AttributesToGet", input.attributes_to_get.is_some()),
                ("QueryFilter", input.query_filter.is_some()),
                ("ConditionalOperator", input.conditional_operator.is_some()),
                ("KeyConditions", input.key_conditions.is_some()),
            ],
            expressions: &[
                ("ProjectionExpression", input.projection_expression.is_some()),
                ("FilterExpression", input.filter_expression.is_some()),
                ("KeyConditionExpression", input.key_condition_expression.is_some()),
            ],
            with_values: &["FilterExpression", "KeyConditionExpression"],
            names: input.expression_attribute_names.as_deref(),
            values: input.expression_attribute_values.as_deref(),
        };
        parameters.check_styles(layer)?;
        let operator = input.conditional_operator.as_deref();
        let legacy_filter = conditions::filter(input.query_filter.as_deref(), operator, layer)?;
        let legacy_projection = attributes_to_get(input.attributes_to_get.as_deref(), layer)?;
        let start_key = start_key.map(|given| values::sound_start_key(given, layer)).transpose()?;
        if input.key_conditions.is_none() && input.key_condition_expression.is_none() {
            return Err(in_envelope(ReadViolation::NoKeyCondition, layer));
        }

        let mut placeholders = parameters.placeholders(layer)?;
        let mut condition = |kind, text| Condition::parse(kind, text, &mut placeholders);
        let key = input.key_condition_expression.as_deref();
        let key = key.map(|text| condition(ExpressionKind::KeyCondition, text)).transpose()?;
        let filter = input.filter_expression.as_deref();
        let filter = filter.map(|text| condition(ExpressionKind::Filter, text)).transpose()?;
        let projection = input.projection_expression.as_deref();
        let projection = projection.map(|text| Projection::parse(text, &mut placeholders)).transpose()?;
        placeholders.unused()?;
        let key_condition = match &key {
            Some(condition) => KeyCondition::from_condition(condition).map_err(ExpressionError::from)?,
            None => legacy_key_condition(input, layer)?,
        };
        Ok(Expressions {
            key_condition,
            filter: filter.or(legacy_filter),
            projection: projection.or(legacy_projection),
            start_key,
        })
    }
}

fn legacy_key_condition(input: &QueryInput, layer: Layer) -> Result<KeyCondition, Violation> {
    let conditions = input.key_conditions.as_deref().unwrap_or_default();
    conditions::check_values(Some(conditions), layer)?;
    key_conditions_to_key_condition(conditions).map_err(|fault| conditions::legacy(fault, layer))
}

/// Everything that a Query's page needs to know.
#[derive(Debug)]
pub struct ResolvedQuery<'a> {
    pub target: ReadTarget<'a>,
    pub range: KeyRange,
    pub start: Option<StartKey>,
}

/// Order (dynalite's captures): the index; how many attributes the start key has; for each attribute of the schema the start key
/// and the condition on it; where the start key lies; the projection; the filter.
pub fn resolve<'a>(definition: &'a TableDefinition, query: &'a Query) -> Result<ResolvedQuery<'a>, Violation> {
    let read = &query.read;
    let index = read::find_index(definition, read)?;
    let schema = index.map_or(&definition.key_schema, Index::key_schema);
    let start = read.start_key.as_ref();
    let start = start.map(|key| Candidate::new(definition, index, key, Resumed::Query, read.layer)).transpose()?;
    let in_start_key = |attribute: &KeyAttribute| start.as_ref().map_or(Ok(()), |start| start.check(attribute));
    let range = key_range_between(schema, &query.key_condition, in_start_key)?;
    let start = start.map(Candidate::into_start_key).transpose()?;
    if let Some(start) = &start {
        start_key::check_within(definition, index, start, &range)?;
    }
    read::check_projection_paths(definition, read)?;
    check_filter_keys(schema, read)?;
    let target = read::target(definition, index, read)?;
    check_filter_is_projected(definition, index, read)?;
    read::check_filter_paths(definition, read)?;
    Ok(ResolvedQuery { target, range, start })
}

/// The key condition against the schema of what is read.
pub fn key_range(schema: &KeySchema, condition: &KeyCondition) -> Result<KeyRange, Violation> {
    key_range_between(schema, condition, |_| Ok(()))
}

/// `before` is called with each attribute before the condition on it is looked at.
fn key_range_between(
    schema: &KeySchema,
    condition: &KeyCondition,
    before: impl Fn(&KeyAttribute) -> Result<(), Violation>,
) -> Result<KeyRange, Violation> {
    let (given, attributes) = (condition.clauses.len(), schema.attribute_count());
    if given > attributes {
        return Err(ReadViolation::KeyConditionCount { given, schema: attributes }.into());
    }
    let missed = |attribute: &KeyAttribute| ReadViolation::KeyConditionMissed { name: attribute.name.clone() };
    let mut partition = Vec::with_capacity(schema.partition.len());
    for attribute in &schema.partition {
        before(attribute)?;
        let clause = condition.clause(&attribute.name).ok_or_else(|| missed(attribute))?;
        check_operands(attribute, clause, PARTITION_KEY_BYTES_MAX, ItemViolation::PartitionKeyTooLong)?;
        let KeyComparison::Equal(value) = &clause.comparison else {
            return Err(ReadViolation::KeyConditionUnsupported.into());
        };
        partition.push(value.clone());
    }
    let sort: Vec<_> = schema.sort.iter().map(|attribute| (attribute, condition.clause(&attribute.name))).collect();
    let on_sort = sort.iter().filter(|(_, clause)| clause.is_some()).count();
    let has_stranger = given > partition.len() + on_sort;
    for (attribute, clause) in &sort {
        before(attribute)?;
        match clause {
            Some(clause) => check_operands(attribute, clause, SORT_KEY_BYTES_MAX, ItemViolation::SortKeyTooLong)?,
            None if has_stranger => return Err(missed(attribute).into()),
            None => {}
        }
    }
    let (sort_equal, sort_bound) = sort_bounds(&sort)?;
    Ok(KeyRange { partition, sort_equal, sort_bound })
}

fn check_operands(
    attribute: &KeyAttribute,
    clause: &KeyClause,
    bytes_max: usize,
    too_long: ItemViolation,
) -> Result<(), Violation> {
    if clause.comparison == KeyComparison::NotIndexable {
        return Err(ReadViolation::NotIndexable.into());
    }
    for value in clause.comparison.values() {
        if !attribute.kind.holds(value) {
            return Err(ReadViolation::KeyConditionType.into());
        }
        if let Some(kind) = key::kind_of_empty(value) {
            return Err(ItemViolation::KeyEmpty { name: attribute.name.clone(), kind }.into());
        }
        if key::key_bytes(value) > bytes_max {
            return Err(too_long.into());
        }
    }
    Ok(())
}

type SortClause<'a> = (&'a KeyAttribute, Option<&'a KeyClause>);

/// Equality on a leading run of the sort attributes, and on the one after it at most one bound.
fn sort_bounds(sort: &[SortClause<'_>]) -> Result<(Vec<AttributeValue>, Option<SortBound>), Violation> {
    let is_equal =
        |clause: &Option<&KeyClause>| clause.is_some_and(|clause| matches!(clause.comparison, KeyComparison::Equal(_)));
    let Some(last) = sort.iter().rposition(|(_, clause)| clause.is_some()) else {
        return Ok((Vec::new(), None));
    };
    let names = sort[..last].iter().filter(|(_, clause)| !is_equal(clause));
    let names: Vec<String> = names.map(|(attribute, _)| attribute.name.clone()).collect();
    if !names.is_empty() {
        let because_of = sort[last].0.name.clone();
        return Err(ReadViolation::SortKeysNotEqual { names, because_of }.into());
    }
    let mut equal = Vec::with_capacity(last + 1);
    let mut bound = None;
    for clause in sort.iter().filter_map(|(_, clause)| *clause) {
        match &clause.comparison {
            KeyComparison::Equal(value) => equal.push(value.clone()),
            KeyComparison::Less(value) => bound = Some(SortBound::Less(value.clone())),
            KeyComparison::LessOrEqual(value) => bound = Some(SortBound::LessOrEqual(value.clone())),
            KeyComparison::Greater(value) => bound = Some(SortBound::Greater(value.clone())),
            KeyComparison::GreaterOrEqual(value) => bound = Some(SortBound::GreaterOrEqual(value.clone())),
            KeyComparison::Between(low, high) => bound = Some(SortBound::Between(low.clone(), high.clone())),
            KeyComparison::BeginsWith(prefix) => bound = Some(SortBound::BeginsWith(prefix.clone())),
            KeyComparison::NotIndexable => return Err(ReadViolation::NotIndexable.into()),
        }
    }
    Ok((equal, bound))
}

/// A Query's filter may not name a key attribute of what is read.
fn check_filter_keys(schema: &KeySchema, read: &ReadRequest) -> Result<(), Violation> {
    let Some(filter) = &read.filter else { return Ok(()) };
    let in_filter = |attribute: &&KeyAttribute| filter.attribute_names().any(|name| name == attribute.name);
    let Some(attribute) = schema.attributes().find(in_filter) else { return Ok(()) };
    let parameter = if read.filter_is_legacy { "QueryFilter" } else { "Filter Expression" };
    Err(ReadViolation::FilterOnKey { parameter, name: attribute.name.clone() }.into())
}

/// Nor an attribute that the index does not hold.
fn check_filter_is_projected(
    definition: &TableDefinition,
    index: Option<Index<'_>>,
    read: &ReadRequest,
) -> Result<(), Violation> {
    let (Some(filter), Some(index)) = (&read.filter, index) else { return Ok(()) };
    let mut names: Vec<String> = Vec::new();
    for name in filter.attribute_names().filter(|name| !index.holds(&definition.key_schema, name)) {
        if !names.iter().any(|other| other == name) {
            names.push(name.to_string());
        }
    }
    if names.is_empty() {
        return Ok(());
    }
    Err(ReadViolation::FilterUnprojected { index: index.name().to_string(), names }.into())
}

#[cfg(test)]
mod tests {
    use crate::protocol::Operation::Query;
    use crate::validation::refused::assert_answers;

    fn on(table: &str, condition: &str, values: &str, more: &str) -> String {
        let more = if more.is_empty() { String::new() } else { format!(",{more}") };
        format!(
            r#"{{"TableName":"{table}","KeyConditionExpression":"{condition}","ExpressionAttributeValues":{{{values}}}{more}}}"#
        )
    }

    #[test]
    fn members_in_the_order_of_the_newer_layer() {
        let hash = |more: &str| on("hash", "pk = :p", r#"":p":{"S":"a"}"#, more);
        assert_answers(
            Query,
            &[
                (
                    r#"{"TableName":"nosuch","KeyConditions":{"pk":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"}]}},"QueryFilter":{"b":{"ComparisonOperator":"NULL"},"c":{"ComparisonOperator":"NULL"}},"ConditionalOperator":"XOR","Select":"BOGUS"}"#,
                    "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]",
                ),
                (
                    &hash(r#""Limit":0"#),
                    "1 validation error detected: Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
                ),
                (
                    &hash(r#""Select":"NONE""#),
                    "1 validation error detected: Value 'NONE' at 'select' failed to satisfy constraint: Member must satisfy enum value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]",
                ),
                (
                    &hash(r#""Select":"SPECIFIC_ATTRIBUTES""#),
                    "1 validation error detected: Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
                ),
                (
                    &hash(r#""Select":"ALL_PROJECTED_ATTRIBUTES","ProjectionExpression":"a""#),
                    "1 validation error detected: Cannot specify the ProjectionExpression when choosing to get ALL_PROJECTED_ATTRIBUTES",
                ),
                (
                    &hash(r#""Select":"ALL_PROJECTED_ATTRIBUTES""#),
                    "1 validation error detected: ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
                ),
                (
                    r#"{"TableName":"hash"}"#,
                    "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
                ),
            ],
        );
    }

    #[test]
    fn a_key_condition_is_walked_as_written_before_the_table_is_known() {
        assert_answers(
            Query,
            &[
                (
                    &on("nosuch", "pk = :p AND begins_with(sk, :n)", r#"":p":{"S":"a"},":n":{"N":"1"}"#, ""),
                    "Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
                ),
                (
                    &on("range", "pk = :missing AND begins_with(sk, :n)", r#"":n":{"N":"1"}"#, ""),
                    "Invalid KeyConditionExpression: An expression attribute value used in expression is not defined; attribute value: :missing",
                ),
                (
                    &on(
                        "range",
                        "pk = :p AND sk > :a AND sk < :b",
                        r#"":p":{"S":"p"},":a":{"S":"a"},":b":{"S":"b"}"#,
                        "",
                    ),
                    "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key",
                ),
            ],
        );
    }

    #[test]
    fn a_key_condition_fits_the_schema() {
        let type_mismatch =
            "One or more parameter values were invalid: Condition parameter type does not match schema type";
        assert_answers(
            Query,
            &[
                (&on("range", "sk = :v", r#"":v":{"S":"v"}"#, ""), "Query condition missed key schema element: pk"),
                (
                    &on("range", "pk = :v AND x = :v", r#"":v":{"S":"v"}"#, ""),
                    "Query condition missed key schema element: sk",
                ),
                (&on("num", "pk = :p AND sk = :v", r#"":p":{"S":"a"},":v":{"BOOL":true}"#, ""), type_mismatch),
                (
                    &on("num", "pk = :p AND sk > :v AND extra = :v", r#"":p":{"S":"a"},":v":{"N":"1"}"#, ""),
                    "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)",
                ),
                (&on("hash", "pk > :p", r#"":p":{"S":"p"}"#, ""), "Query key condition not supported"),
                (
                    &on("hash", "pk = :p", r#"":p":{"S":""}"#, ""),
                    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
                ),
            ],
        );
    }

    #[test]
    fn a_key_of_several_attributes_is_given_without_a_gap() {
        let values = r#"":a":{"S":"a"},":n":{"N":"1"}"#;
        let multi = |condition: &str| on("multi", condition, values, r#""IndexName":"multi""#);
        assert_answers(
            Query,
            &[
                (&multi("h1 = :a AND h2 = :a AND r1 = :a AND r2 > :n"), ""),
                (&multi("h1 = :a AND r1 = :a AND r2 > :n"), "Query condition missed key schema element: h2"),
                (
                    &multi("h1 = :a AND h2 = :a AND r2 = :n"),
                    "RANGE key attributes r1 must have equality conditions specified in the query because a condition is present on key attribute r2",
                ),
                (
                    &multi("h1 = :a AND h2 = :a AND r1 > :a AND r2 = :n"),
                    "RANGE key attributes r1 must have equality conditions specified in the query because a condition is present on key attribute r2",
                ),
            ],
        );
    }

    #[test]
    fn an_index_returns_and_filters_what_it_holds() {
        let index = |name: &str, more: &str| {
            on("indexed", "gpk = :p", r#"":p":{"S":"a"}"#, &format!(r#""IndexName":"{name}"{more}"#))
        };
        assert_answers(
            Query,
            &[
                (&index("nosuch", ""), "The table does not have the specified index: nosuch"),
                (
                    &index("gsik", r#","ConsistentRead":true"#),
                    "Consistent reads are not supported on global secondary indexes",
                ),
                (
                    &index("gsik", r#","ProjectionExpression":"b, a, pk""#),
                    "One or more parameter values were invalid: Global secondary index gsik does not project [b, a]",
                ),
                (
                    &index("gsik", r#","Select":"ALL_ATTRIBUTES""#),
                    "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index gsik because its projection type is not ALL",
                ),
                (
                    &index("gsik", r#","FilterExpression":"attribute_exists(a)""#),
                    "One or more parameter values were invalid: Secondary index gsik does not project one or more filter attributes: [a]",
                ),
                (
                    &index("gsi", r#","FilterExpression":"attribute_exists(gsk)""#),
                    "Filter Expression can only contain non-primary key attributes: Primary key attribute: gsk",
                ),
                (&index("gsi", r#","FilterExpression":"attribute_exists(a)""#), ""),
            ],
        );
    }

    #[test]
    fn a_start_key_lies_inside_what_is_read() {
        let start = |table: &str, condition: &str, key: &str| {
            on(table, condition, r#"":p":{"S":"p"}"#, &format!(r#""ExclusiveStartKey":{key}"#))
        };
        assert_answers(
            Query,
            &[
                (&start("range", "pk = :p", r#"{"bad":{"S":"p"}}"#), "The provided starting key is invalid"),
                (
                    &start("range", "pk = :p", r#"{"pk":{"S":"p"},"sk":{"N":"1"}}"#),
                    "The provided starting key is invalid",
                ),
                (
                    &start("range", "pk = :p AND sk > :p", r#"{"pk":{"S":"p"},"sk":{"S":"a"}}"#),
                    "The provided starting key does not match the range key predicate",
                ),
                (
                    &start("range", "pk = :p", r#"{"pk":{"S":"q"},"sk":{"S":"a"}}"#),
                    "The provided starting key is outside query boundaries based on provided conditions",
                ),
                (&start("hash", "pk = :p", r#"{"pk":{"S":"q"}}"#), "The provided exclusive start key is invalid"),
                (&start("range", "pk = :p", r#"{"sk":{"S":"a"},"pk":{"S":"p"}}"#), ""),
            ],
        );
    }
}
