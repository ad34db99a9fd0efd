//! GetItem's request.

use super::constraint::{Members, required};
use super::key::{self, KeyRef};
use super::layer::Layer;
use super::parameters::{Parameters, attributes_to_get};
use super::read::check_attributes_to_get_length;
use super::returns::{self, ReturnConsumedCapacity};
use super::table_definition::TableDefinition;
use super::table_name::{self, TableName};
use super::values::{self, Reading, in_envelope};
use super::violation::Violation;
use crate::expression::Projection;
use crate::protocol::shapes::GetItemInput;
use crate::value::Item;

#[derive(Debug)]
pub struct GetItem {
    pub table: TableName,
    pub key: Item,
    /// From `ProjectionExpression` or `AttributesToGet`.
    pub projection: Option<Projection>,
    pub consistent: bool,
    pub consumed_capacity: ReturnConsumedCapacity,
}

/// Order: members; styles; the key's values; what is projected. [`check`] goes on when the table is known.
pub fn validate(input: GetItemInput, layer: Layer) -> Result<GetItem, Violation> {
    let layer = Reading::default().with_all(&input.key).layer(layer);
    table_name::check_not_empty(input.table_name.as_deref(), layer)?;
    let mut members = Members::new();
    let consumed_capacity = returns::consumed_capacity(&mut members, input.return_consumed_capacity.as_deref());
    check_attributes_to_get_length(&mut members, input.attributes_to_get.as_deref());
    table_name::check(&mut members, input.table_name.as_deref(), layer);
    members.require(&input.key, "key");
    members.finish()?;

    let parameters = Parameters {
        legacy: &[("AttributesToGet", input.attributes_to_get.is_some())],
        expressions: &[("ProjectionExpression", input.projection_expression.is_some())],
        with_values: &[],
        names: input.expression_attribute_names.as_deref(),
        values: None,
    };
    parameters.check_styles(layer)?;
    let key = values::sound(required(input.key, "key")?, layer)?;
    let attributes = input.attributes_to_get.as_deref();
    let projection = projection(&parameters, input.projection_expression.as_deref(), attributes, layer)?;
    Ok(GetItem {
        table: table_name::checked(input.table_name)?,
        key,
        projection,
        consistent: input.consistent_read.unwrap_or(false),
        consumed_capacity,
    })
}

/// The second half: the key, then that the projection goes into none.
pub fn check<'a>(definition: &TableDefinition, request: &'a GetItem) -> Result<KeyRef<'a>, Violation> {
    let key = key::check_key(&definition.key_schema, &request.key)?;
    key::check_paths(definition, request.projection.iter().flat_map(Projection::paths))?;
    Ok(key)
}

/// What to return, in whichever style it was given, where it is the only expression.
pub(super) fn projection(
    parameters: &Parameters<'_>,
    expression: Option<&str>,
    names: Option<&[String]>,
    layer: Layer,
) -> Result<Option<Projection>, Violation> {
    let legacy = attributes_to_get(names, layer)?;
    let mut placeholders = parameters.placeholders(layer)?;
    let parse = |text| Projection::parse(text, &mut placeholders);
    let projection = expression.map(parse).transpose().map_err(|error| in_envelope(error, layer))?;
    placeholders.unused().map_err(|error| in_envelope(error, layer))?;
    Ok(projection.or(legacy))
}

#[cfg(test)]
mod tests {
    use crate::protocol::Operation::GetItem;
    use crate::validation::refused::{assert_answers, assert_answers_in};

    #[test]
    fn everything_but_members_is_refused_without_an_envelope() {
        assert_answers(
            GetItem,
            &[
                (
                    r#"{"TableName":"hash","Key":{"pk":{"N":""}}}"#,
                    "The parameter cannot be converted to a numeric value: ",
                ),
                (
                    r#"{"TableName":"hash","Key":{"pk":{"S":"a"}},"ProjectionExpression":"a.b, a"}"#,
                    "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a]",
                ),
                (
                    r#"{"TableName":"hash","Key":{"pk":{"S":"a"}},"ReturnConsumedCapacity":"X"}"#,
                    "1 validation error detected: Value 'X' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]",
                ),
                (
                    r#"{"TableName":"hash","Key":{"pk":{"S":"k"}},"AttributesToGet":["a","b","a"]}"#,
                    "One or more parameter values were invalid: Duplicate value in attribute name: a",
                ),
                (
                    r#"{"TableName":"hash","Key":{"pk":{"S":"a"},"z":{"S":"z"}}}"#,
                    "The provided key element does not match the schema",
                ),
                (
                    r#"{"TableName":"arn:aws:dynamodb:us-east-1:000000000000:table/hash","Key":{"pk":{"S":""}}}"#,
                    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
                ),
                (
                    r#"{"TableName":"arn:aws:dynamodb:table","Key":{"pk":{"S":"a"}}}"#,
                    "Invalid TableArn: Invalid ResourceArn provided as input arn:aws:dynamodb:table",
                ),
            ],
        );
        let empty_number = r#"{"TableName":"hash","Key":{"pk":{"N":""}}}"#;
        assert_answers_in(
            "me-central-1",
            GetItem,
            &[(empty_number, "The parameter cannot be converted to a numeric value")],
        );
    }

    #[test]
    fn keys_have_lengths() {
        let body = |bytes: usize| format!(r#"{{"TableName":"hash","Key":{{"pk":{{"S":"{}"}}}}}}"#, "x".repeat(bytes));
        let sort = |bytes: usize| {
            format!(r#"{{"TableName":"range","Key":{{"pk":{{"S":"a"}},"sk":{{"S":"{}"}}}}}}"#, "x".repeat(bytes))
        };
        assert_answers(
            GetItem,
            &[
                (&body(2048), ""),
                (
                    &body(2049),
                    "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes",
                ),
                (&sort(1024), ""),
                (
                    &sort(1025),
                    "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
                ),
            ],
        );
    }
}
