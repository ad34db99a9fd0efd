//! BatchGetItem's request.

use super::constraint::{Broken, Constraint, Members};
use super::get_item::projection;
use super::layer::Layer;
use super::parameters::Parameters;
use super::read::check_attributes_to_get_length;
use super::returns::{self, ReturnConsumedCapacity};
use super::table_name::{self, TableName};
use super::values::{self, Reading};
use super::violation::{BatchViolation, ParameterViolation, Violation};
use crate::expression::Projection;
use crate::protocol::shapes::{BatchGetItemInput, KeysAndAttributes};
use crate::protocol::{JsonWriter, NumberSetOrder};
use crate::value::Item;

#[derive(Debug)]
pub struct BatchGetItem {
    /// In the order of the request; at most 100 keys together.
    pub tables: Vec<TableKeys>,
    pub consumed_capacity: ReturnConsumedCapacity,
}

#[derive(Debug)]
pub struct TableKeys {
    pub table: TableName,
    /// The name or ARN under which the request lists the table, and the answer too.
    pub given_name: String,
    pub keys: Vec<Item>,
    pub projection: Option<Projection>,
    pub consistent: bool,
    pub echo: Echo,
}

/// What `UnprocessedKeys` repeats beside the keys, as sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Echo {
    pub projection_expression: Option<String>,
    pub expression_attribute_names: Option<Vec<(String, String)>>,
    pub attributes_to_get: Option<Vec<String>>,
    pub consistent_read: Option<bool>,
}

pub const KEYS_MAX: usize = 100;

/// Order: an empty map; members; for each table styles, what is projected and the keys' values; then the count. For every key
/// `key::check_key`, and for every table `key::check_distinct`, go on when the tables are known.
pub fn validate(input: BatchGetItemInput, layer: Layer) -> Result<BatchGetItem, Violation> {
    let keys = input.request_items.iter().flatten().flat_map(|(_, table)| table.keys.iter().flatten());
    let layer = Reading::default().with_all(keys).layer(layer);
    check_not_empty(input.request_items.as_ref().map(Vec::len), "BatchGetItem", layer)?;
    let mut members = Members::new();
    members.require(&input.request_items, "requestItems");
    let items = input.request_items.unwrap_or_default();
    check_items(&mut members, &items, layer);
    let consumed_capacity = returns::consumed_capacity(&mut members, input.return_consumed_capacity.as_deref());
    members.finish()?;
    check_one_style(&items, layer)?;

    let tables = items.into_iter().map(|(name, table)| table_keys(name, table, layer));
    let tables: Vec<TableKeys> = tables.collect::<Result<_, _>>()?;
    if tables.iter().map(|table| table.keys.len()).sum::<usize>() > KEYS_MAX {
        return Err(BatchViolation::TooManyKeys.into());
    }
    Ok(BatchGetItem { tables, consumed_capacity })
}

/// A batch without tables. The older layer has a sentence of its own (us-east-1, 2026-10, on
/// BatchWriteItem; me-central-1 on BatchGetItem).
pub(super) fn check_not_empty(
    table_count: Option<usize>,
    operation: &'static str,
    layer: Layer,
) -> Result<(), Violation> {
    match table_count {
        Some(0) if layer.has_newer_members() => {
            Err(Violation::Members(vec![Broken::unechoed("RequestItems", Constraint::LengthMin(1))]))
        }
        Some(0) => Err(BatchViolation::RequestItemsRequired { operation }.into()),
        None | Some(_) => Ok(()),
    }
}

/// Whether a key of a batch's map can be a table's name: unlike elsewhere it has at least 3 characters.
pub(super) fn is_table_name(name: &str) -> bool {
    table_name::is_arn(name) || (name.len() >= table_name::NAME_BYTES_MIN && TableName::parse(name).is_some())
}

type Entry = (String, KeysAndAttributes);

fn check_items(members: &mut Members, items: &[Entry], layer: Layer) {
    if items.iter().any(|(name, _)| !is_table_name(name)) {
        members.add(Broken::echoed(json_echo(items), "requestItems", Constraint::TableNameKeys));
    }
    for (name, table) in items {
        let at = match layer.has_newer_members() {
            true => format!("RequestItems.{name}.member.Keys"),
            false => format!("requestItems.{name}.member.keys"),
        };
        let constraint = match table.keys.as_deref() {
            None => {
                members.add(Broken::null(format!("requestItems.{name}.member.keys")));
                continue;
            }
            Some([]) => Constraint::LengthMin(1),
            Some(keys) if keys.len() > KEYS_MAX => Constraint::LengthMax(KEYS_MAX),
            Some(_) => continue,
        };
        members.add(match layer.has_newer_members() {
            true => Broken::unechoed(at, constraint),
            false => Broken::echoed(keys_echo(table), at, constraint),
        });
    }
    for (_, table) in items {
        check_attributes_to_get_length(members, table.attributes_to_get.as_deref());
    }
}

/// Expressions and `AttributesToGet` can't be mixed, even on different tables of one request (2026-10; the text is that of one
/// table).
fn check_one_style(items: &[Entry], layer: Layer) -> Result<(), Violation> {
    let legacy = items.iter().any(|(_, table)| table.attributes_to_get.is_some());
    let expressions = items.iter().any(|(_, table)| table.projection_expression.is_some());
    if !(legacy && expressions) {
        return Ok(());
    }
    let fault =
        ParameterViolation::Mixed { legacy: vec!["AttributesToGet"], expressions: vec!["ProjectionExpression"] };
    Err(values::in_envelope(fault, layer))
}

fn table_keys(given_name: String, table: KeysAndAttributes, layer: Layer) -> Result<TableKeys, Violation> {
    let parameters = Parameters {
        legacy: &[("AttributesToGet", table.attributes_to_get.is_some())],
        expressions: &[("ProjectionExpression", table.projection_expression.is_some())],
        with_values: &[],
        names: table.expression_attribute_names.as_deref(),
        values: None,
    };
    parameters.check_styles(layer)?;
    let attributes = table.attributes_to_get.as_deref();
    let projection = projection(&parameters, table.projection_expression.as_deref(), attributes, layer)?;
    let keys = table.keys.unwrap_or_default().into_iter().map(|key| values::sound(key, layer));
    Ok(TableKeys {
        table: table_name::checked(Some(given_name.clone()))?,
        given_name,
        keys: keys.collect::<Result<_, _>>()?,
        projection,
        consistent: table.consistent_read.unwrap_or(false),
        echo: Echo {
            projection_expression: table.projection_expression,
            expression_attribute_names: table.expression_attribute_names,
            attributes_to_get: table.attributes_to_get,
            consistent_read: table.consistent_read,
        },
    })
}

/// What a refused request is echoed up to: AWS has no limit, but its echoes are not stable either.
pub(super) const ECHO_BYTES_MAX: usize = 64 * 1024;

/// The map as JSON: `{"bad!name":{"Keys":[{"pk":{"S":"a"}}]}}` (us-east-1, 2026-10).
fn json_echo(items: &[Entry]) -> String {
    let mut out = Vec::new();
    JsonWriter::new(&mut out).object(|map| {
        for (name, table) in items {
            map.member(name).object(|members| {
                if let Some(keys) = &table.keys {
                    members.member("Keys").array(|list| {
                        keys.iter().for_each(|key| list.element().item(&key.value, NumberSetOrder::ByValue));
                    });
                }
                if let Some(names) = &table.attributes_to_get {
                    members.member("AttributesToGet").array(|list| {
                        names.iter().for_each(|name| list.element().string(name));
                    });
                }
                if let Some(consistent) = table.consistent_read {
                    members.member("ConsistentRead").boolean(consistent);
                }
                if let Some(expression) = &table.projection_expression {
                    members.member("ProjectionExpression").string(expression);
                }
            });
        }
    });
    shortened(String::from_utf8_lossy(&out).into_owned())
}

/// A list of keys as Java prints it, with the attribute values as objects.
fn keys_echo(table: &KeysAndAttributes) -> String {
    let keys = table.keys.iter().flatten().map(|key| super::batch_write_item::java_item(&key.value));
    shortened(format!("[{}]", keys.collect::<Vec<_>>().join(", ")))
}

pub(super) fn shortened(mut text: String) -> String {
    if text.len() > ECHO_BYTES_MAX {
        let end = (0..=ECHO_BYTES_MAX).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::protocol::Operation::BatchGetItem;
    use crate::validation::refused::{assert_answers, assert_answers_in};

    #[test]
    fn an_empty_map_is_worded_by_region() {
        let empty = r#"{"RequestItems":{}}"#;
        let newer = "1 validation error detected: Value at 'RequestItems' failed to satisfy constraint: Member must have length greater than or equal to 1";
        assert_answers(BatchGetItem, &[(empty, newer)]);
        assert_answers_in("eu-south-2", BatchGetItem, &[(empty, newer)]);
        let older = "The requestItems parameter is required for BatchGetItem";
        assert_answers_in("me-central-1", BatchGetItem, &[(empty, older)]);
    }

    #[test]
    fn names_come_before_the_enumeration_and_are_echoed_as_json() {
        assert_answers(
            BatchGetItem,
            &[(
                r#"{"RequestItems":{"bad!name":{"Keys":[{"pk":{"S":"a"}}]}},"ReturnConsumedCapacity":"X"}"#,
                r#"2 validation errors detected: Value '{"bad!name":{"Keys":[{"pk":{"S":"a"}}]}}' at 'requestItems' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 255, Member must have length greater than or equal to 3, Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]; Value 'X' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"#,
            )],
        );
    }

    #[test]
    fn a_hundred_different_keys() {
        let keys = |count: usize| {
            let keys: Vec<String> = (0..count).map(|key| format!(r#"{{"pk":{{"S":"{key}"}}}}"#)).collect();
            format!(r#"{{"RequestItems":{{"hash":{{"Keys":[{}]}}}}}}"#, keys.join(","))
        };
        assert_answers(
            BatchGetItem,
            &[
                (&keys(100), ""),
                (
                    &keys(101),
                    "1 validation error detected: Value at 'RequestItems.hash.member.Keys' failed to satisfy constraint: Member must have length less than or equal to 100",
                ),
                (
                    &keys(0),
                    "1 validation error detected: Value at 'RequestItems.hash.member.Keys' failed to satisfy constraint: Member must have length greater than or equal to 1",
                ),
                (
                    r#"{"RequestItems":{"num":{"Keys":[{"pk":{"S":"a"},"sk":{"N":"1"}},{"sk":{"N":"1.0"},"pk":{"S":"a"}}]}}}"#,
                    "Provided list of item keys contains duplicates",
                ),
            ],
        );
    }

    #[test]
    fn one_style_for_all_tables() {
        assert_answers(
            BatchGetItem,
            &[(
                r#"{"RequestItems":{"hash":{"Keys":[{"pk":{"S":"a"}}],"ProjectionExpression":"a"},"range":{"Keys":[{"pk":{"S":"a"},"sk":{"S":"b"}}],"AttributesToGet":["a"]}}}"#,
                "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}",
            )],
        );
    }
}
