//! Scan's request, and its second half.

use std::ops::RangeInclusive;

use super::conditions;
use super::constraint::{Broken, Constraint, Members};
use super::layer::Layer;
use super::parameters::{Parameters, attributes_to_get};
use super::read::{self, ReadRequest, ReadTarget, SelectName};
use super::returns::{self, ReturnConsumedCapacity};
use super::start_key::{Candidate, Resumed, StartKey};
use super::table_definition::TableDefinition;
use super::table_name;
use super::values::{self, Reading, in_envelope};
use super::violation::{ReadViolation, Violation};
use crate::expression::{Condition, ExpressionKind, Projection};
use crate::protocol::shapes::ScanInput;
use crate::value::{Given, Item};

#[derive(Debug)]
pub struct Scan {
    pub read: ReadRequest,
    pub segment: Segment,
}

/// The part of the table that one worker of a parallel Scan reads: `index` of `total`, 0 of 1 being all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    pub index: u32,
    /// 1 to 1,000,000.
    pub total: u32,
}

const SEGMENT_MAX: i64 = 999_999;
const TOTAL_SEGMENTS_MAX: i64 = 1_000_000;

/// Order: members; `Select` against the projection; styles; legacy values; the start key's values; segments; the expressions.
/// [`resolve`] goes on when the table is known.
pub fn validate(mut input: ScanInput, layer: Layer) -> Result<Scan, Violation> {
    let layer = reading(&input).layer(layer);
    table_name::check_not_empty(input.table_name.as_deref(), layer)?;
    conditions::check_conditional_operator_alone(input.conditional_operator.as_deref(), layer)?;
    let (select, consumed_capacity) = members(&input, layer)?;
    let has_projection = input.projection_expression.is_some();
    let has_attributes = input.attributes_to_get.is_some();
    read::check_select(select, input.index_name.is_some(), has_projection, has_attributes, layer)?;
    let start_key = input.exclusive_start_key.take();
    let expressions = Expressions::parse(&input, start_key, layer)?;
    Ok(Scan {
        read: ReadRequest {
            table: table_name::checked(input.table_name)?,
            index: input.index_name,
            select: read::select(select, expressions.projection),
            filter: expressions.filter,
            filter_is_legacy: input.scan_filter.is_some(),
            limit: input.limit.and_then(|limit| u32::try_from(limit).ok()),
            consistent: input.consistent_read.unwrap_or(false),
            start_key: expressions.start_key,
            consumed_capacity,
            layer,
        },
        segment: expressions.segment,
    })
}

fn reading(input: &ScanInput) -> Reading {
    let values = input.expression_attribute_values.iter().flatten().map(|(_, value)| value);
    let reading = Reading::default().with_all(&input.exclusive_start_key).with_all(values);
    conditions::reading(reading, input.scan_filter.as_deref())
}

fn members(input: &ScanInput, layer: Layer) -> Result<(Option<SelectName>, ReturnConsumedCapacity), Violation> {
    let mut members = Members::new();
    let select = read::select_name(&mut members, input.select.as_deref());
    read::check_index_name(&mut members, input.index_name.as_deref());
    check_range(&mut members, input.total_segments, "TotalSegments", 1..=TOTAL_SEGMENTS_MAX, layer);
    let consumed_capacity = returns::consumed_capacity(&mut members, input.return_consumed_capacity.as_deref());
    table_name::check(&mut members, input.table_name.as_deref(), layer);
    conditions::check_conditional_operator(&mut members, input.conditional_operator.as_deref(), layer);
    conditions::check_operators(&mut members, input.scan_filter.as_deref(), "scanFilter");
    check_range(&mut members, input.segment, "Segment", 0..=SEGMENT_MAX, layer);
    read::check_limit(&mut members, input.limit, layer);
    read::check_attributes_to_get_length(&mut members, input.attributes_to_get.as_deref());
    members.finish()?;
    Ok((select, consumed_capacity))
}

fn check_range(members: &mut Members, given: Option<i64>, member: &str, range: RangeInclusive<i64>, layer: Layer) {
    let Some(value) = given.filter(|value| !range.contains(value)) else { return };
    let (min, max) = range.into_inner();
    let constraint = if value < min { Constraint::ValueMin(min) } else { Constraint::ValueMax(max) };
    members.add(Broken::number(value, member, layer, constraint));
}

struct Expressions {
    filter: Option<Condition>,
    projection: Option<Projection>,
    start_key: Option<Item>,
    segment: Segment,
}

impl Expressions {
    fn parse(input: &ScanInput, start_key: Option<Given<Item>>, layer: Layer) -> Result<Expressions, Violation> {
        let parameters = Parameters {
            legacy: &[
                ("AttributesToGet", input.attributes_to_get.is_some()),
                ("ScanFilter", input.scan_filter.is_some()),
                ("ConditionalOperator", input.conditional_operator.is_some()),
            ],
            expressions: &[
                ("ProjectionExpression", input.projection_expression.is_some()),
                ("FilterExpression", input.filter_expression.is_some()),
            ],
            with_values: &["FilterExpression"],
            names: input.expression_attribute_names.as_deref(),
            values: input.expression_attribute_values.as_deref(),
        };
        parameters.check_styles(layer)?;
        let legacy_projection = attributes_to_get(input.attributes_to_get.as_deref(), layer)?;
        let operator = input.conditional_operator.as_deref();
        let legacy_filter = conditions::filter(input.scan_filter.as_deref(), operator, layer)?;
        let start_key = start_key.map(|given| values::sound_start_key(given, layer)).transpose()?;
        let segment = segment(input.segment, input.total_segments, layer)?;

        let mut placeholders = parameters.placeholders(layer)?;
        let filter = input.filter_expression.as_deref();
        let parse = |text| Condition::parse(ExpressionKind::Filter, text, &mut placeholders);
        let filter = filter.map(parse).transpose().map_err(|error| in_envelope(error, layer))?;
        let projection = input.projection_expression.as_deref();
        let parse = |text| Projection::parse(text, &mut placeholders);
        let projection = projection.map(parse).transpose().map_err(|error| in_envelope(error, layer))?;
        placeholders.unused().map_err(|error| in_envelope(error, layer))?;
        Ok(Expressions {
            filter: filter.or(legacy_filter),
            projection: projection.or(legacy_projection),
            start_key,
            segment,
        })
    }
}

fn segment(segment: Option<i64>, total: Option<i64>, layer: Layer) -> Result<Segment, Violation> {
    let (segment, total) = match (segment, total) {
        (None, None) => return Ok(Segment { index: 0, total: 1 }),
        (Some(_), None) => return Err(ReadViolation::SegmentWithoutTotal.into()),
        (None, Some(_)) => return Err(ReadViolation::TotalWithoutSegment.into()),
        (Some(segment), Some(total)) => (segment, total),
    };
    let below = match layer.has_newer_members() {
        true => ReadViolation::SegmentNotBelowTotal,
        false => ReadViolation::SegmentNotBelow { segment, total },
    };
    match (u32::try_from(segment), u32::try_from(total)) {
        (Ok(index), Ok(total)) if index < total => Ok(Segment { index, total }),
        _ => Err(below.into()),
    }
}

/// Everything that a Scan's page needs to know. Whether the start key lies in the segment is known where keys are hashed;
/// [`ReadViolation::StartKeyOfOtherSegment`] is the answer if it does not.
#[derive(Debug)]
pub struct ResolvedScan<'a> {
    pub target: ReadTarget<'a>,
    pub start: Option<StartKey>,
}

/// Order (dynalite's captures): the index; how many attributes the start key has, and those of the index; what the index returns;
/// the rest of the start key; the projection; the filter.
pub fn resolve<'a>(definition: &'a TableDefinition, scan: &'a Scan) -> Result<ResolvedScan<'a>, Violation> {
    let read = &scan.read;
    let index = read::find_index(definition, read)?;
    let start = read.start_key.as_ref();
    let start = start.map(|key| Candidate::new(definition, index, key, Resumed::Scan, read.layer)).transpose()?;
    if let (Some(start), Some(index)) = (&start, index) {
        index.key_schema().attributes().try_for_each(|attribute| start.check(attribute))?;
    }
    let target = read::target(definition, index, read)?;
    let start = start.map(Candidate::into_start_key).transpose()?;
    read::check_projection_paths(definition, read)?;
    read::check_filter_paths(definition, read)?;
    Ok(ResolvedScan { target, start })
}

#[cfg(test)]
mod tests {
    use crate::protocol::Operation::Scan;
    use crate::validation::refused::{assert_answers, assert_answers_in, nested};

    #[test]
    fn each_layer_has_its_words_for_the_same_faults() {
        let segment = r#"{"TableName":"hash","Segment":5,"TotalSegments":5}"#;
        let limit = r#"{"TableName":"hash","Limit":0}"#;
        let start = r#"{"TableName":"hash","ExclusiveStartKey":{"bad":{"S":"p"}}}"#;
        let select = r#"{"TableName":"hash","Select":"SPECIFIC_ATTRIBUTES"}"#;
        let nothing =
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES";
        let enveloped = format!("1 validation error detected: {nothing}");
        assert_answers(
            Scan,
            &[
                (
                    segment,
                    "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 5 is not less than TotalSegments: 5",
                ),
                (
                    limit,
                    "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
                ),
                (start, "The provided starting key is invalid: The provided key element does not match the schema"),
                (select, nothing),
            ],
        );
        assert_answers_in(
            "eu-west-2",
            Scan,
            &[
                (segment, "The Segment parameter is zero-based and must be less than parameter TotalSegments"),
                (
                    limit,
                    "1 validation error detected: Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
                ),
                (start, "The provided starting key is invalid"),
                (select, &enveloped),
            ],
        );
    }

    #[test]
    fn values_are_judged_before_the_joining_of_conditions_on_the_older_layer_only() {
        let body = format!(
            r#"{{"TableName":"nosuch","ScanFilter":{{"a":{{"ComparisonOperator":"EQ","AttributeValueList":[{}]}}}},"ConditionalOperator":"AND"}}"#,
            nested(40)
        );
        let nesting = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit";
        assert_answers(Scan, &[(&body, nesting)]);
        let alone = "ConditionalOperator can only be used when Filter or Expected has two or more elements";
        assert_answers_in("eu-west-2", Scan, &[(&body, alone)]);
    }

    #[test]
    fn the_older_layer_names_the_placeholder_of_a_bad_value() {
        let body = |value: &str| {
            format!(
                r#"{{"TableName":"hash","FilterExpression":"n = :v","ExpressionAttributeValues":{{":v":{value}}}}}"#
            )
        };
        let wrapped = |text: &str| format!("ExpressionAttributeValues contains invalid value: {text} for key :v");
        assert_answers(
            Scan,
            &[
                (&body(r#"{"N":""}"#), &wrapped("The parameter cannot be converted to a numeric value")),
                (
                    &body(r#"{"N":"1e2147483647"}"#),
                    &wrapped(
                        "Number underflow. Attempting to store a number with magnitude smaller than supported range",
                    ),
                ),
                (&body(r#"{"NS":["2","1","2"]}"#), &wrapped("Input collection contains duplicates")),
            ],
        );
    }

    #[test]
    fn segments_come_in_pairs() {
        assert_answers(
            Scan,
            &[
                (
                    r#"{"TableName":"hash","Segment":0}"#,
                    "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
                ),
                (
                    r#"{"TableName":"hash","TotalSegments":4}"#,
                    "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
                ),
                (
                    r#"{"TableName":"hash","Segment":-1,"TotalSegments":1000001}"#,
                    "2 validation errors detected: Value '1000001' at 'totalSegments' failed to satisfy constraint: Member must have value less than or equal to 1000000; Value '-1' at 'segment' failed to satisfy constraint: Member must have value greater than or equal to 0",
                ),
                (r#"{"TableName":"hash","Segment":999999,"TotalSegments":1000000}"#, ""),
            ],
        );
    }
}
