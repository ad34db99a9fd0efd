//! CreateTable's request: a [`TableDefinition`] that holds together.

use super::constraint::Members;
use super::key_schema::KeySchema;
use super::layer::Layer;
use super::table_definition::{
    AttributeDefinition, BillingMode, GlobalIndex, LocalIndex, SseType, StreamViewType, TableClass, TableDefinition,
    VectorIndex,
};
use super::table_keys::{self, GivenKey};
use super::table_members;
use super::table_name;
use super::table_settings;
use super::tags;
use super::violation::{DefinitionViolation, Violation};
use crate::protocol::shapes::{self, CreateTableInput};

pub const LOCAL_INDEXES_MAX: usize = 5;
pub const GLOBAL_INDEXES_MAX: usize = 20;

/// Order: the name's presence and length; members; throughput; the table's key; local, global and vector indexes; the other
/// settings (dynalite's captures, and those named at the messages).
pub fn validate(input: CreateTableInput, _layer: Layer) -> Result<TableDefinition, Violation> {
    table_members::check_name_length(input.table_name.as_deref())?;
    let choices = members(&input)?;
    table_settings::refuse_global_table_members(&[
        ("GlobalTableSourceArn", input.global_table_source_arn.is_some()),
        ("GlobalTableSettingsReplicationMode", input.global_table_settings_replication_mode.is_some()),
    ])?;
    let billing_mode = choices.billing_mode;
    let throughput = table_settings::new_table_throughput(billing_mode, input.provisioned_throughput.as_ref())?;
    let limits = input.on_demand_throughput.as_ref();
    let on_demand_throughput = table_settings::on_demand_throughput(billing_mode, limits)?;

    let attribute_definitions = table_keys::attribute_definitions(input.attribute_definitions)?;
    let key_schema = GivenKey::new(input.key_schema).of_table(&attribute_definitions)?;
    let names = &mut Vec::new();
    let has_indexes = input.local_secondary_indexes.is_some() || input.global_secondary_indexes.is_some();
    if !has_indexes && input.vector_indexes.is_none() {
        let used: Vec<&str> = key_schema.attributes().map(|attribute| attribute.name.as_str()).collect();
        table_keys::check_all_used(&attribute_definitions, &used, false)?;
    }
    let given = input.local_secondary_indexes;
    let local_indexes = local_indexes(given, &key_schema, &attribute_definitions, names)?;
    let given = input.global_secondary_indexes;
    let global_indexes = global_indexes(given, billing_mode, &attribute_definitions, names)?;
    let given = input.vector_indexes;
    let vector_indexes = vector_indexes(given, billing_mode, &attribute_definitions, names)?;
    let definition = TableDefinition {
        name: table_name::checked(input.table_name)?,
        attribute_definitions,
        key_schema,
        local_indexes,
        global_indexes,
        vector_indexes,
        billing_mode,
        throughput,
        on_demand_throughput,
        warm_throughput: table_settings::warm_throughput(input.warm_throughput.as_ref()),
        stream: table_settings::stream(input.stream_specification.as_ref(), choices.stream_view)?,
        sse: table_settings::sse(input.sse_specification, choices.sse_type)?,
        table_class: choices.table_class,
        deletion_protection: input.deletion_protection_enabled.unwrap_or(false),
        tags: tags::check(input.tags.unwrap_or_default())?,
        resource_policy: input.resource_policy,
    };
    table_keys::check_all_used(&definition.attribute_definitions, &definition.used_attributes(), true)?;
    table_settings::check_projected_count(definition.projections())?;
    Ok(definition)
}

struct Choices {
    billing_mode: BillingMode,
    table_class: TableClass,
    stream_view: Option<StreamViewType>,
    sse_type: Option<SseType>,
}

/// Global indexes come before local ones (us-east-1, 2026-10); what comes after them has not been seen together.
fn members(input: &CreateTableInput) -> Result<Choices, Violation> {
    let mut members = Members::new();
    members.require(&input.attribute_definitions, "attributeDefinitions");
    table_members::check_attribute_definitions(&mut members, input.attribute_definitions.as_deref());
    table_members::check_name(&mut members, input.table_name.as_deref());
    let billing_mode = table_members::billing_mode(&mut members, input.billing_mode.as_deref());
    let throughput = input.provisioned_throughput.as_ref();
    table_members::check_throughput(&mut members, throughput, "provisionedThroughput");
    let keys_max = table_members::KEY_ELEMENTS_MAX;
    table_members::check_key_schema(&mut members, input.key_schema.as_deref(), "keySchema", keys_max);
    for (place, index) in input.global_secondary_indexes.iter().flatten().enumerate() {
        let at = format!("globalSecondaryIndexes.{}.member", place + 1);
        table_members::check_global_index(&mut members, index, &at);
    }
    for (place, index) in input.local_secondary_indexes.iter().flatten().enumerate() {
        let at = format!("localSecondaryIndexes.{}.member", place + 1);
        table_members::check_local_index(&mut members, index, &at);
    }
    for (place, index) in input.vector_indexes.iter().flatten().enumerate() {
        let at = format!("vectorIndexes.{}.member", place + 1);
        table_members::check_vector_index(&mut members, index, &at);
    }
    let stream_view = table_members::stream_view(&mut members, input.stream_specification.as_ref());
    let sse_type = table_members::sse_type(&mut members, input.sse_specification.as_ref());
    let table_class = table_members::table_class(&mut members, input.table_class.as_deref());
    members.finish()?;
    Ok(Choices {
        billing_mode: billing_mode.unwrap_or(BillingMode::Provisioned),
        table_class: table_class.unwrap_or_default(),
        stream_view,
        sse_type,
    })
}

fn local_indexes(
    given: Option<Vec<shapes::LocalSecondaryIndex>>,
    table: &KeySchema,
    definitions: &[AttributeDefinition],
    names: &mut Vec<String>,
) -> Result<Vec<LocalIndex>, Violation> {
    let Some(given) = given else { return Ok(Vec::new()) };
    if given.is_empty() {
        return Err(DefinitionViolation::LocalIndexesEmpty.into());
    }
    if table.sort.is_empty() {
        return Err(DefinitionViolation::LocalIndexWithoutTableRange.into());
    }
    let mut indexes = Vec::with_capacity(given.len());
    for index in given {
        let name = index.index_name.unwrap_or_default();
        let key_schema = GivenKey::new(index.key_schema).of_local_index(definitions)?;
        if key_schema.sort.is_empty() {
            return Err(DefinitionViolation::LocalIndexWithoutRange { index: name }.into());
        }
        check_same_hash(&name, &key_schema, table)?;
        let projection = table_keys::projection(index.projection)?;
        take_name(names, &name)?;
        indexes.push(LocalIndex { name, key_schema, projection });
    }
    if indexes.len() > LOCAL_INDEXES_MAX {
        return Err(DefinitionViolation::LocalIndexCount.into());
    }
    Ok(indexes)
}

fn check_same_hash(index: &str, own: &KeySchema, table: &KeySchema) -> Result<(), Violation> {
    if own.partition == table.partition {
        return Ok(());
    }
    let first = |schema: &KeySchema| schema.partition.first().map(|hash| hash.name.clone()).unwrap_or_default();
    let (index, index_hash, table_hash) = (index.to_string(), first(own), first(table));
    Err(DefinitionViolation::LocalIndexOtherHash { index, index_hash, table_hash }.into())
}

fn global_indexes(
    given: Option<Vec<shapes::GlobalSecondaryIndex>>,
    billing_mode: BillingMode,
    definitions: &[AttributeDefinition],
    names: &mut Vec<String>,
) -> Result<Vec<GlobalIndex>, Violation> {
    let Some(given) = given else { return Ok(Vec::new()) };
    if given.is_empty() {
        return Err(DefinitionViolation::GlobalIndexesEmpty.into());
    }
    let mut indexes = Vec::with_capacity(given.len());
    for index in given {
        let index = global_index(index, billing_mode, definitions)?;
        take_name(names, &index.name)?;
        indexes.push(index);
    }
    if indexes.len() > GLOBAL_INDEXES_MAX {
        return Err(DefinitionViolation::GlobalIndexCount.into());
    }
    Ok(indexes)
}

/// A global index by itself; UpdateTable creates them too.
pub(super) fn global_index(
    given: shapes::GlobalSecondaryIndex,
    billing_mode: BillingMode,
    definitions: &[AttributeDefinition],
) -> Result<GlobalIndex, Violation> {
    let name = given.index_name.unwrap_or_default();
    let key_schema = GivenKey::new(given.key_schema).of_global_index(&name, definitions)?;
    let projection = table_keys::projection(given.projection)?;
    let throughput = table_settings::new_index_throughput(billing_mode, &name, given.provisioned_throughput.as_ref())?;
    let limits = given.on_demand_throughput.as_ref();
    let on_demand_throughput = table_settings::on_demand_throughput(billing_mode, limits)?;
    let warm_throughput = table_settings::warm_throughput(given.warm_throughput.as_ref());
    Ok(GlobalIndex { name, key_schema, projection, throughput, on_demand_throughput, warm_throughput })
}

fn vector_indexes(
    given: Option<Vec<shapes::VectorIndex>>,
    billing_mode: BillingMode,
    definitions: &[AttributeDefinition],
    names: &mut Vec<String>,
) -> Result<Vec<VectorIndex>, Violation> {
    let given = given.unwrap_or_default();
    if !given.is_empty() && billing_mode != BillingMode::PayPerRequest {
        return Err(DefinitionViolation::VectorIndexWithProvisioned.into());
    }
    let mut indexes = Vec::with_capacity(given.len());
    for index in given {
        let index = table_keys::vector_index(index, definitions)?;
        take_name(names, &index.name)?;
        indexes.push(index);
    }
    table_keys::check_vector_indexes(&indexes)?;
    Ok(indexes)
}

/// All indexes of a table, of whatever kind, have different names.
fn take_name(names: &mut Vec<String>, name: &str) -> Result<(), Violation> {
    if names.iter().any(|other| other == name) {
        return Err(DefinitionViolation::DuplicateIndexName { index: name.to_string() }.into());
    }
    names.push(name.to_string());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::protocol::Operation::CreateTable;
    use crate::validation::refused::assert_answers;

    const INVALID: &str = "One or more parameter values were invalid: ";

    fn table(attributes: &str, keys: &str, more: &str) -> String {
        let split = |given: &str, first: &str, second: &str| {
            let element = |pair: &str| {
                let (name, other) = pair.split_once(':').expect("a pair");
                format!(r#"{{"{first}":"{name}","{second}":"{other}"}}"#)
            };
            given.split_whitespace().map(element).collect::<Vec<_>>().join(",")
        };
        format!(
            r#"{{"TableName":"new","AttributeDefinitions":[{}],"KeySchema":[{}],"BillingMode":"PAY_PER_REQUEST"{more}}}"#,
            split(attributes, "AttributeName", "AttributeType"),
            split(keys, "AttributeName", "KeyType"),
        )
    }

    fn index(name: &str, keys: &str, projection: &str) -> String {
        let keys = table("", keys, "");
        let keys = keys.split_once(r#""KeySchema":"#).and_then(|(_, rest)| rest.split_once(r#","Billing"#));
        let keys = keys.map_or("[]", |(keys, _)| keys);
        format!(r#"{{"IndexName":"{name}","KeySchema":{keys},"Projection":{projection}}}"#)
    }

    fn assert_invalid(cases: &[(String, &str)]) {
        for (body, message) in cases {
            let message = format!("{INVALID}{message}");
            assert_answers(CreateTable, &[(body, &message)]);
        }
    }

    #[test]
    fn members_are_checked_first_and_the_name_before_them() {
        let indexes = format!(
            r#","LocalSecondaryIndexes":[{}],"GlobalSecondaryIndexes":[{}]"#,
            index("l1", "pk:HASH a:RANGE", r#"{"ProjectionType":"ALL"}"#),
            index("g1", "a:HASH", r#"{"ProjectionType":"ALL"}"#)
        );
        assert_answers(
            CreateTable,
            &[
                (r#"{}"#, "The parameter 'TableName' is required but was not present in the request"),
                (
                    r#"{"TableName":"ab","KeySchema":[]}"#,
                    "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3",
                ),
                (
                    r#"{"TableName":"abc;"}"#,
                    "3 validation errors detected: Value null at 'attributeDefinitions' failed to satisfy constraint: Member must not be null; Value 'abc;' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value null at 'keySchema' failed to satisfy constraint: Member must not be null",
                ),
                (
                    &table("pk:S", "pk:HASH sk:RANGE xk:RANGE", ""),
                    "1 validation error detected: Value '[KeySchemaElement(attributeName=pk, keyType=HASH), KeySchemaElement(attributeName=sk, keyType=RANGE), KeySchemaElement(attributeName=xk, keyType=RANGE)]' at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2",
                ),
                (
                    &table("pk:INVALID", "pk:HASH", ""),
                    "1 validation error detected: Value 'INVALID' at 'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]",
                ),
                (
                    &table("pk:S a:S", "pk:HASH", &indexes),
                    "2 validation errors detected: Value 'g1' at 'globalSecondaryIndexes.1.member.indexName' failed to satisfy constraint: Member must have length greater than or equal to 3; Value 'l1' at 'localSecondaryIndexes.1.member.indexName' failed to satisfy constraint: Member must have length greater than or equal to 3",
                ),
            ],
        );
    }

    #[test]
    fn keys_are_defined_and_definitions_are_used() {
        assert_answers(
            CreateTable,
            &[
                (
                    &table("pk:S", "pk:HASH pk:RANGE", ""),
                    "Invalid KeySchema: Some index key attribute have no definition",
                ),
                (
                    &table("pk:S sk:S", "pk:RANGE sk:RANGE", ""),
                    "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
                ),
                (
                    &table("pk:S sk:S", "pk:HASH sk:HASH", ""),
                    "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
                ),
                (
                    &table("pk:S sk:S", "pk:HASH pk:RANGE", ""),
                    "Both the Hash Key and the Range Key element in the KeySchema have the same name",
                ),
            ],
        );
        assert_invalid(&[
            (
                table("zz:S", "pk:HASH", ""),
                "Some index key attributes are not defined in AttributeDefinitions. Keys: [pk], AttributeDefinitions: [zz]",
            ),
            (
                table("pk:S zz:S", "pk:HASH", ""),
                "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
            ),
        ]);
    }

    #[test]
    fn indexes_hold_together() {
        let all = r#"{"ProjectionType":"ALL"}"#;
        let local = |name: &str, keys: &str| format!(r#","LocalSecondaryIndexes":[{}]"#, index(name, keys, all));
        let global =
            |keys: &str, projection: &str| format!(r#","GlobalSecondaryIndexes":[{}]"#, index("gsi", keys, projection));
        let same = index("same", "a:HASH", all);
        assert_invalid(&[
            (
                table("pk:S a:S", "pk:HASH", &local("lsi", "pk:HASH a:RANGE")),
                "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
            ),
            (
                table("pk:S sk:S a:S", "pk:HASH sk:RANGE", &local("lsi", "a:HASH sk:RANGE")),
                "Index KeySchema does not have the same leading hash key as table KeySchema for index: lsi. index hash key: a, table hash key: pk",
            ),
            (
                table("pk:S a:S", "pk:HASH", &format!(r#","GlobalSecondaryIndexes":[{same},{same}]"#)),
                "Duplicate index name: same",
            ),
            (
                table("pk:S a:S", "pk:HASH", &global("a:HASH", r#"{"ProjectionType":"INCLUDE"}"#)),
                "ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
            ),
            (
                table(
                    "pk:S a:S",
                    "pk:HASH",
                    &global("a:HASH", r#"{"ProjectionType":"KEYS_ONLY","NonKeyAttributes":["x"]}"#),
                ),
                "ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified",
            ),
            (table("pk:S a:S", "pk:HASH", &global("a:HASH", "{}")), "Unknown ProjectionType: null"),
        ]);
        let eight = "a:HASH b:HASH c:HASH d:HASH e:RANGE f:RANGE g:RANGE h:RANGE";
        let defined = "pk:S a:S b:S c:S d:S e:S f:S g:S h:S";
        assert_answers(
            CreateTable,
            &[
                (&table(defined, "pk:HASH", &global(eight, all)), ""),
                (
                    &table("pk:S a:S b:S", "pk:HASH", &global("a:HASH b:RANGE pk:HASH", all)),
                    "Invalid KeySchema: All HASH key attributes must precede the RANGE key attributes",
                ),
                (
                    &table("pk:S a:S b:S c:S d:S e:S", "pk:HASH", &global("a:HASH b:HASH c:HASH d:HASH e:HASH", all)),
                    "Invalid KeySchema: The number of HASH key attributes exceeds the limit of 4",
                ),
            ],
        );
    }

    #[test]
    fn settings_go_together() {
        assert_invalid(&[
            (
                table("pk:S", "pk:HASH", r#","ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":5}"#),
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
            ),
            (
                table(
                    "pk:S",
                    "pk:HASH",
                    r#","StreamSpecification":{"StreamEnabled":false,"StreamViewType":"NEW_IMAGE"}"#,
                ),
                "Table is being created with a stream disabled, UpdateViewType should not be specified",
            ),
            (
                table("pk:S", "pk:HASH", "").replace("PAY_PER_REQUEST", "PROVISIONED"),
                "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
            ),
            (
                table("pk:S", "pk:HASH", r#","OnDemandThroughput":{"MaxWriteRequestUnits":0}"#),
                "Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of valid range",
            ),
        ]);
    }

    #[test]
    fn vector_indexes_have_limits() {
        let vector = |name: &str, attribute: &str, dimensions: u32| {
            format!(
                r#"{{"IndexName":"{name}","VectorAttribute":{{"AttributeName":"{attribute}"}},"Dimensions":{dimensions},"DistanceFunction":"COSINE","Projection":{{"ProjectionType":"ALL"}}}}"#
            )
        };
        let with =
            |indexes: &[String]| table("pk:S", "pk:HASH", &format!(r#","VectorIndexes":[{}]"#, indexes.join(",")));
        let six: Vec<String> = (0..6).map(|place| vector(&format!("vix{place}"), "v", 3)).collect();
        assert_invalid(&[
            (with(&[vector("vix", "v", 4097)]), "Number of dimensions must be between 1 and 4096 inclusive."),
            (with(&six), "VectorIndex count exceeds the per-table limit of 5"),
            (
                with(&[vector("one", "v", 3), vector("two", "v", 4)]),
                "Conflicting attribute definition for 'v'. All VectorIndexes on the same vector attribute must use the same dimensions.",
            ),
        ]);
    }
}
