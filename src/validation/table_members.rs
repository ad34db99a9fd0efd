//! Constraints of the members that define tables and indexes, all in the older style: no operation on tables has been seen on
//! the newer layer.

use super::constraint::{Broken, Constraint, Members, NAME_PATTERN};
use super::table_definition::{BillingMode, DistanceFunction, SearchRole, SseType, StreamViewType, TableClass};
use super::table_name::{self, NAME_BYTES_MAX, NAME_BYTES_MIN, TableName, check_resource_name};
use super::violation::{DefinitionViolation, Violation};
use crate::protocol::shapes::{
    AttributeDefinition, GlobalSecondaryIndex, KeySchemaElement, LocalSecondaryIndex, Projection,
    ProvisionedThroughput, SSESpecification, StreamSpecification, VectorIndex,
};

const ATTRIBUTE_NAME_BYTES_MAX: usize = 255;
const NON_KEY_ATTRIBUTES_MAX: usize = 20;
/// A table's key, and that of a local index.
pub(super) const KEY_ELEMENTS_MAX: usize = 2;
/// A global index's key (model of 2025-11: four of each role).
pub(super) const INDEX_KEY_ELEMENTS_MAX: usize = 8;

/// `TableName` must be there and have 3 to 255 characters, before anything else is looked at.
pub(super) fn check_name_length(given: Option<&str>) -> Result<(), Violation> {
    let Some(name) = given else { return Err(DefinitionViolation::TableNameRequired.into()) };
    let mut members = Members::new();
    if name.len() < NAME_BYTES_MIN {
        members.add(Broken::echoed(name, "tableName", Constraint::LengthMin(NAME_BYTES_MIN)));
    } else if name.len() > NAME_BYTES_MAX && !table_name::is_arn(name) {
        members.add(Broken::echoed(name, "tableName", Constraint::LengthMax(NAME_BYTES_MAX)));
    }
    members.finish()
}

/// The characters of a `TableName` that [`check_name_length`] has let pass.
pub(super) fn check_name(members: &mut Members, given: Option<&str>) {
    let wrong = |name: &&str| !table_name::is_arn(name) && !table_name::has_name_characters(name);
    if let Some(name) = given.filter(wrong) {
        members.add(Broken::echoed(name, "tableName", Constraint::Pattern(NAME_PATTERN)));
    }
}

/// A request that has nothing but the name of a table.
pub(super) fn only_name(given: Option<String>) -> Result<TableName, Violation> {
    check_name_length(given.as_deref())?;
    let mut members = Members::new();
    check_name(&mut members, given.as_deref());
    members.finish()?;
    table_name::checked(given)
}

pub(super) fn check_attribute_definitions(members: &mut Members, given: Option<&[AttributeDefinition]>) {
    for (place, definition) in given.unwrap_or_default().iter().enumerate() {
        let at = format!("attributeDefinitions.{}.member", place + 1);
        check_attribute_name(members, definition.attribute_name.as_deref(), &at);
        let at = format!("{at}.attributeType");
        members.require(&definition.attribute_type, &at);
        let kinds = &[("B", ()), ("N", ()), ("S", ())];
        members.one_of(definition.attribute_type.as_deref(), &at, kinds, "B, N, S");
    }
}

fn check_attribute_name(members: &mut Members, given: Option<&str>, at: &str) {
    let at = format!("{at}.attributeName");
    match given {
        None => members.add(Broken::null(at)),
        Some("") => members.add(Broken::echoed("", at, Constraint::LengthMin(1))),
        Some(name) if name.len() > ATTRIBUTE_NAME_BYTES_MAX => {
            members.add(Broken::echoed(name, at, Constraint::LengthMax(ATTRIBUTE_NAME_BYTES_MAX)));
        }
        Some(_) => {}
    }
}

pub(super) fn check_key_schema(
    members: &mut Members,
    given: Option<&[KeySchemaElement]>,
    at: &str,
    elements_max: usize,
) {
    let Some(elements) = given else { return members.add(Broken::null(at)) };
    if elements.is_empty() {
        members.add(Broken::echoed("[]", at, Constraint::LengthMin(1)));
    }
    if elements.len() > elements_max {
        members.add(Broken::echoed(key_schema_echo(elements), at, Constraint::LengthMax(elements_max)));
    }
    for (place, element) in elements.iter().enumerate() {
        let at = format!("{at}.{}.member", place + 1);
        check_attribute_name(members, element.attribute_name.as_deref(), &at);
        let at = format!("{at}.keyType");
        members.require(&element.key_type, &at);
        members.one_of(element.key_type.as_deref(), &at, &[("HASH", ()), ("RANGE", ())], "HASH, RANGE");
    }
}

/// One of the two forms that AWS's hosts have; the other prints objects with a hash.
fn key_schema_echo(elements: &[KeySchemaElement]) -> String {
    let or_null = |text: &Option<String>| text.clone().unwrap_or_else(|| "null".to_string());
    let element = |element: &KeySchemaElement| {
        let (name, kind) = (or_null(&element.attribute_name), or_null(&element.key_type));
        format!("KeySchemaElement(attributeName={name}, keyType={kind})")
    };
    super::batch_get_item::shortened(format!("[{}]", elements.iter().map(element).collect::<Vec<_>>().join(", ")))
}

fn check_projection(members: &mut Members, given: Option<&Projection>, at: &str) {
    let Some(projection) = given else { return members.add(Broken::null(at)) };
    let kinds = &[("ALL", ()), ("INCLUDE", ()), ("KEYS_ONLY", ())];
    let kind = projection.projection_type.as_deref();
    members.one_of(kind, &format!("{at}.projectionType"), kinds, "ALL, INCLUDE, KEYS_ONLY");
    let at = format!("{at}.nonKeyAttributes");
    match projection.non_key_attributes.as_deref() {
        Some([]) => members.add(Broken::echoed("[]", at, Constraint::LengthMin(1))),
        Some(names) if names.len() > NON_KEY_ATTRIBUTES_MAX => {
            let echo = format!("[{}]", names.join(", "));
            members.add(Broken::echoed(echo, at, Constraint::LengthMax(NON_KEY_ATTRIBUTES_MAX)));
        }
        _ => {}
    }
}

pub(super) fn check_required_index_name(members: &mut Members, given: Option<&str>, at: &str) {
    match given {
        None => members.add(Broken::null(at)),
        Some(name) => check_resource_name(members, name, at),
    }
}

pub(super) fn check_local_index(members: &mut Members, index: &LocalSecondaryIndex, at: &str) {
    check_required_index_name(members, index.index_name.as_deref(), &format!("{at}.indexName"));
    check_key_schema(members, index.key_schema.as_deref(), &format!("{at}.keySchema"), KEY_ELEMENTS_MAX);
    check_projection(members, index.projection.as_ref(), &format!("{at}.projection"));
}

pub(super) fn check_global_index(members: &mut Members, index: &GlobalSecondaryIndex, at: &str) {
    check_required_index_name(members, index.index_name.as_deref(), &format!("{at}.indexName"));
    check_throughput(members, index.provisioned_throughput.as_ref(), &format!("{at}.provisionedThroughput"));
    check_key_schema(members, index.key_schema.as_deref(), &format!("{at}.keySchema"), INDEX_KEY_ELEMENTS_MAX);
    check_projection(members, index.projection.as_ref(), &format!("{at}.projection"));
}

pub(super) const DISTANCES: &[(&str, DistanceFunction)] = &[
    ("COSINE", DistanceFunction::Cosine),
    ("DOT_PRODUCT", DistanceFunction::DotProduct),
    ("EUCLIDEAN", DistanceFunction::Euclidean),
];

pub(super) const SEARCH_ROLES: &[(&str, SearchRole)] =
    &[("HASH", SearchRole::Hash), ("INLINE_FILTER", SearchRole::InlineFilter)];

pub(super) fn check_vector_index(members: &mut Members, index: &VectorIndex, at: &str) {
    check_required_index_name(members, index.index_name.as_deref(), &format!("{at}.indexName"));
    match &index.vector_attribute {
        None => members.add(Broken::null(format!("{at}.vectorAttribute"))),
        Some(vector) => {
            check_attribute_name(members, vector.attribute_name.as_deref(), &format!("{at}.vectorAttribute"));
        }
    }
    let dimensions = format!("{at}.dimensions");
    members.require(&index.dimensions, &dimensions);
    members.range(index.dimensions, &dimensions, 1, None);
    let distance = format!("{at}.distanceFunction");
    members.require(&index.distance_function, &distance);
    members.one_of(index.distance_function.as_deref(), &distance, DISTANCES, "COSINE, DOT_PRODUCT, EUCLIDEAN");
    check_projection(members, index.projection.as_ref(), &format!("{at}.projection"));
    if index.search_schema.as_ref().is_some_and(Vec::is_empty) {
        members.add(Broken::echoed("[]", format!("{at}.searchSchema"), Constraint::LengthMin(1)));
    }
    for (place, element) in index.search_schema.iter().flatten().enumerate() {
        let at = format!("{at}.searchSchema.{}.member", place + 1);
        members.require(&element.attribute_name, &format!("{at}.attributeName"));
        let at = format!("{at}.searchSchemaElementType");
        members.require(&element.search_schema_element_type, &at);
        let role = element.search_schema_element_type.as_deref();
        members.one_of(role, &at, SEARCH_ROLES, "HASH, INLINE_FILTER");
    }
}

pub(super) fn check_throughput(members: &mut Members, given: Option<&ProvisionedThroughput>, at: &str) {
    let Some(throughput) = given else { return };
    for (units, member) in
        [(throughput.write_capacity_units, "writeCapacityUnits"), (throughput.read_capacity_units, "readCapacityUnits")]
    {
        let at = format!("{at}.{member}");
        members.require(&units, &at);
        members.range(units, &at, 1, None);
    }
}

pub(super) fn billing_mode(members: &mut Members, given: Option<&str>) -> Option<BillingMode> {
    let names = &[("PROVISIONED", BillingMode::Provisioned), ("PAY_PER_REQUEST", BillingMode::PayPerRequest)];
    members.one_of(given, "billingMode", names, "PROVISIONED, PAY_PER_REQUEST")
}

pub(super) fn table_class(members: &mut Members, given: Option<&str>) -> Option<TableClass> {
    let names =
        &[("STANDARD", TableClass::Standard), ("STANDARD_INFREQUENT_ACCESS", TableClass::StandardInfrequentAccess)];
    members.one_of(given, "tableClass", names, "STANDARD, STANDARD_INFREQUENT_ACCESS")
}

pub(super) fn stream_view(members: &mut Members, given: Option<&StreamSpecification>) -> Option<StreamViewType> {
    let stream = given?;
    members.require(&stream.stream_enabled, "streamSpecification.streamEnabled");
    let names = &[
        ("NEW_IMAGE", StreamViewType::NewImage),
        ("OLD_IMAGE", StreamViewType::OldImage),
        ("NEW_AND_OLD_IMAGES", StreamViewType::NewAndOldImages),
        ("KEYS_ONLY", StreamViewType::KeysOnly),
    ];
    let listed = "NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES, KEYS_ONLY";
    members.one_of(stream.stream_view_type.as_deref(), "streamSpecification.streamViewType", names, listed)
}

pub(super) fn sse_type(members: &mut Members, given: Option<&SSESpecification>) -> Option<SseType> {
    let names = &[("AES256", SseType::Aes256), ("KMS", SseType::Kms)];
    members.one_of(given?.sse_type.as_deref(), "sSESpecification.sSEType", names, "AES256, KMS")
}
