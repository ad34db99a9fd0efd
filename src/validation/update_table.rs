//! UpdateTable's request, and its second half: what the table becomes.

mod apply;

pub use apply::apply;

use super::constraint::Members;
use super::key_schema::KeySchema;
use super::layer::Layer;
use super::table_definition::{
    AttributeDefinition, BillingMode, GlobalIndex, IndexProjection, OnDemandThroughput, SseSpecification, SseType,
    StreamViewType, TableClass, TableDefinition, Throughput, VectorIndex, WarmThroughput,
};
use super::table_keys::{self, GivenKey};
use super::table_members;
use super::table_name::{self, TableName};
use super::table_settings;
use super::violation::{DefinitionViolation, Violation};
use crate::protocol::shapes::{self, UpdateTableInput};

#[derive(Debug)]
pub struct UpdateTable {
    pub table: TableName,
    /// A delta: the key attributes of an index that this request creates. What the table has defined keeps its type.
    pub attribute_definitions: Vec<AttributeDefinition>,
    pub billing_mode: Option<BillingMode>,
    pub throughput: Option<Throughput>,
    pub on_demand_throughput: Option<OnDemandChange>,
    pub warm_throughput: Option<WarmThroughput>,
    pub stream: Option<StreamChange>,
    pub sse: Option<SseSpecification>,
    pub table_class: Option<TableClass>,
    pub deletion_protection: Option<bool>,
    /// In the order of the request, global indexes before vector indexes; each index once.
    pub indexes: Vec<IndexChange>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamChange {
    Enable(StreamViewType),
    Disable,
}

/// Each limit: absent keeps what there is, -1 in the request removes it (`Some(None)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct OnDemandChange {
    pub read_request_units_max: Option<Option<u64>>,
    pub write_request_units_max: Option<Option<u64>>,
}

#[derive(Debug)]
pub enum IndexChange {
    Create(NewGlobalIndex),
    Update(GlobalIndexUpdate),
    Delete(String),
    CreateVector(VectorIndex),
    DeleteVector(String),
}

/// A global index whose key has the types of the request.
#[derive(Debug)]
pub struct NewGlobalIndex {
    pub name: String,
    pub key_schema: KeySchema,
    pub projection: IndexProjection,
    pub throughput: Option<Throughput>,
    pub on_demand_throughput: Option<OnDemandThroughput>,
    pub warm_throughput: Option<WarmThroughput>,
}

#[derive(Debug)]
pub struct GlobalIndexUpdate {
    pub name: String,
    pub throughput: Option<Throughput>,
    pub on_demand_throughput: Option<OnDemandChange>,
    pub warm_throughput: Option<WarmThroughput>,
}

/// What UpdateTable makes of a table. `definition` already holds a created index and no longer a deleted one.
#[derive(Debug, PartialEq)]
pub struct UpdatedTable {
    pub definition: TableDefinition,
    /// To be backfilled.
    pub created: Option<CreatedIndex>,
    /// Its entries are to be removed.
    pub deleted: Option<String>,
}

#[derive(Debug, PartialEq)]
pub enum CreatedIndex {
    Global(GlobalIndex),
    Vector(VectorIndex),
}

/// An index of the table that is still being created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangingIndex {
    pub name: String,
    /// Its entries are being written: only now can it be deleted again.
    pub backfilling: bool,
}

/// Order: the name's presence and length; members; that something is to be changed; throughput; the list of indexes; each new
/// index (dynalite's captures). [`apply`] goes on when the table is known.
pub fn validate(input: UpdateTableInput, _layer: Layer) -> Result<UpdateTable, Violation> {
    table_members::check_name_length(input.table_name.as_deref())?;
    let choices = members(&input)?;
    refuse_global_table_members(&input)?;
    if !has_change(&input) {
        return Err(DefinitionViolation::NothingToUpdate.into());
    }
    if choices.billing_mode == Some(BillingMode::Provisioned) && input.provisioned_throughput.is_none() {
        return Err(DefinitionViolation::ThroughputRequired.into());
    }
    let throughput = input.provisioned_throughput.as_ref().map(table_settings::throughput).transpose()?;
    let attribute_definitions = table_keys::attribute_definitions(input.attribute_definitions)?;
    let mut indexes = Vec::new();
    for update in input.global_secondary_index_updates.unwrap_or_default() {
        let change = global_index_change(update, &attribute_definitions)?;
        add_change(&mut indexes, change)?;
    }
    for update in input.vector_index_updates.unwrap_or_default() {
        let change = vector_index_change(update, &attribute_definitions)?;
        add_change(&mut indexes, change)?;
    }
    Ok(UpdateTable {
        table: table_name::checked(input.table_name)?,
        attribute_definitions,
        billing_mode: choices.billing_mode,
        throughput,
        on_demand_throughput: input.on_demand_throughput.as_ref().map(on_demand_change).transpose()?,
        warm_throughput: table_settings::warm_throughput(input.warm_throughput.as_ref()),
        stream: stream_change(input.stream_specification.as_ref(), choices.stream_view)?,
        sse: table_settings::sse(input.sse_specification, choices.sse_type)?,
        table_class: choices.table_class,
        deletion_protection: input.deletion_protection_enabled,
        indexes,
    })
}

struct Choices {
    billing_mode: Option<BillingMode>,
    table_class: Option<TableClass>,
    stream_view: Option<StreamViewType>,
    sse_type: Option<SseType>,
}

fn members(input: &UpdateTableInput) -> Result<Choices, Violation> {
    let mut members = Members::new();
    table_members::check_attribute_definitions(&mut members, input.attribute_definitions.as_deref());
    table_members::check_name(&mut members, input.table_name.as_deref());
    let billing_mode = table_members::billing_mode(&mut members, input.billing_mode.as_deref());
    let throughput = input.provisioned_throughput.as_ref();
    table_members::check_throughput(&mut members, throughput, "provisionedThroughput");
    for (place, update) in input.global_secondary_index_updates.iter().flatten().enumerate() {
        let at = format!("globalSecondaryIndexUpdates.{}.member", place + 1);
        check_global_members(&mut members, update, &at);
    }
    for (place, update) in input.vector_index_updates.iter().flatten().enumerate() {
        let at = format!("vectorIndexUpdates.{}.member", place + 1);
        if let Some(create) = &update.create {
            table_members::check_vector_index(&mut members, &as_vector_index(create.clone()), &format!("{at}.create"));
        }
        if let Some(delete) = &update.delete {
            let at = format!("{at}.delete.indexName");
            table_members::check_required_index_name(&mut members, delete.index_name.as_deref(), &at);
        }
    }
    let stream_view = table_members::stream_view(&mut members, input.stream_specification.as_ref());
    let sse_type = table_members::sse_type(&mut members, input.sse_specification.as_ref());
    let table_class = table_members::table_class(&mut members, input.table_class.as_deref());
    members.finish()?;
    Ok(Choices { billing_mode, table_class, stream_view, sse_type })
}

fn check_global_members(members: &mut Members, update: &shapes::GlobalSecondaryIndexUpdate, at: &str) {
    if let Some(update) = &update.update {
        let at = format!("{at}.update");
        let name = update.index_name.as_deref();
        table_members::check_required_index_name(members, name, &format!("{at}.indexName"));
        let throughput = update.provisioned_throughput.as_ref();
        let at = format!("{at}.provisionedThroughput");
        if update.on_demand_throughput.is_none() && update.warm_throughput.is_none() {
            members.require(&update.provisioned_throughput, &at);
        }
        table_members::check_throughput(members, throughput, &at);
    }
    if let Some(create) = &update.create {
        table_members::check_global_index(members, &as_global_index(create.clone()), &format!("{at}.create"));
    }
    if let Some(delete) = &update.delete {
        let at = format!("{at}.delete.indexName");
        table_members::check_required_index_name(members, delete.index_name.as_deref(), &at);
    }
}

fn refuse_global_table_members(input: &UpdateTableInput) -> Result<(), Violation> {
    table_settings::refuse_global_table_members(&[
        ("ReplicaUpdates", input.replica_updates.is_some()),
        ("MultiRegionConsistency", input.multi_region_consistency.is_some()),
        ("GlobalTableWitnessUpdates", input.global_table_witness_updates.is_some()),
        ("GlobalTableSettingsReplicationMode", input.global_table_settings_replication_mode.is_some()),
        ("DisassociationProtectionEnabled", input.disassociation_protection_enabled.is_some()),
    ])
}

/// Definitions alone change nothing, nor do empty lists.
fn has_change(input: &UpdateTableInput) -> bool {
    input.billing_mode.is_some()
        || input.provisioned_throughput.is_some()
        || input.on_demand_throughput.is_some()
        || input.warm_throughput.is_some()
        || input.stream_specification.is_some()
        || input.sse_specification.is_some()
        || input.table_class.is_some()
        || input.deletion_protection_enabled.is_some()
        || input.global_secondary_index_updates.as_ref().is_some_and(|updates| !updates.is_empty())
        || input.vector_index_updates.as_ref().is_some_and(|updates| !updates.is_empty())
}

fn on_demand_change(given: &shapes::OnDemandThroughput) -> Result<OnDemandChange, Violation> {
    Ok(OnDemandChange {
        read_request_units_max: table_settings::on_demand_change(given.max_read_request_units, "MaxReadRequestUnits")?,
        write_request_units_max: table_settings::on_demand_change(
            given.max_write_request_units,
            "MaxWriteRequestUnits",
        )?,
    })
}

fn stream_change(
    given: Option<&shapes::StreamSpecification>,
    view: Option<StreamViewType>,
) -> Result<Option<StreamChange>, Violation> {
    let Some(given) = given else { return Ok(None) };
    match (given.stream_enabled, view) {
        (Some(true), Some(view)) => Ok(Some(StreamChange::Enable(view))),
        (Some(true), None) => Err(DefinitionViolation::StreamUpdateWithoutView.into()),
        (Some(false) | None, None) => Ok(Some(StreamChange::Disable)),
        (Some(false) | None, Some(_)) => Err(DefinitionViolation::StreamUpdateWithView.into()),
    }
}

fn global_index_change(
    given: shapes::GlobalSecondaryIndexUpdate,
    definitions: &[AttributeDefinition],
) -> Result<IndexChange, Violation> {
    if let Some(update) = given.update {
        let throughput = update.provisioned_throughput.as_ref();
        return Ok(IndexChange::Update(GlobalIndexUpdate {
            name: update.index_name.unwrap_or_default(),
            throughput: throughput.map(table_settings::unbounded_throughput).transpose()?,
            on_demand_throughput: update.on_demand_throughput.as_ref().map(on_demand_change).transpose()?,
            warm_throughput: table_settings::warm_throughput(update.warm_throughput.as_ref()),
        }));
    }
    if let Some(create) = given.create {
        let name = create.index_name.unwrap_or_default();
        let limits = create.on_demand_throughput.as_ref();
        return Ok(IndexChange::Create(NewGlobalIndex {
            key_schema: GivenKey::new(create.key_schema).of_global_index(&name, definitions)?,
            projection: table_keys::projection(create.projection)?,
            throughput: create.provisioned_throughput.as_ref().map(table_settings::throughput).transpose()?,
            on_demand_throughput: table_settings::on_demand_throughput(BillingMode::PayPerRequest, limits)?,
            warm_throughput: table_settings::warm_throughput(create.warm_throughput.as_ref()),
            name,
        }));
    }
    match given.delete {
        Some(delete) => Ok(IndexChange::Delete(delete.index_name.unwrap_or_default())),
        None => Err(DefinitionViolation::IndexUpdateEmpty.into()),
    }
}

fn vector_index_change(
    given: shapes::VectorIndexUpdate,
    definitions: &[AttributeDefinition],
) -> Result<IndexChange, Violation> {
    match (given.create, given.delete) {
        (Some(create), _) => {
            let index = table_keys::vector_index(as_vector_index(create), definitions)?;
            Ok(IndexChange::CreateVector(index))
        }
        (None, Some(delete)) => Ok(IndexChange::DeleteVector(delete.index_name.unwrap_or_default())),
        (None, None) => Err(DefinitionViolation::IndexUpdateEmpty.into()),
    }
}

fn add_change(changes: &mut Vec<IndexChange>, change: IndexChange) -> Result<(), Violation> {
    if changes.iter().any(|other| other.name() == change.name()) {
        return Err(DefinitionViolation::IndexUpdatedTwice { index: change.name().to_string() }.into());
    }
    changes.push(change);
    Ok(())
}

impl IndexChange {
    pub fn name(&self) -> &str {
        match self {
            IndexChange::Create(index) => &index.name,
            IndexChange::Update(update) => &update.name,
            IndexChange::CreateVector(index) => &index.name,
            IndexChange::Delete(name) | IndexChange::DeleteVector(name) => name,
        }
    }
}

fn as_global_index(action: shapes::CreateGlobalSecondaryIndexAction) -> shapes::GlobalSecondaryIndex {
    shapes::GlobalSecondaryIndex {
        index_name: action.index_name,
        key_schema: action.key_schema,
        projection: action.projection,
        provisioned_throughput: action.provisioned_throughput,
        on_demand_throughput: action.on_demand_throughput,
        warm_throughput: action.warm_throughput,
    }
}

fn as_vector_index(action: shapes::CreateVectorIndexAction) -> shapes::VectorIndex {
    shapes::VectorIndex {
        index_name: action.index_name,
        vector_attribute: action.vector_attribute,
        search_schema: action.search_schema,
        projection: action.projection,
        dimensions: action.dimensions,
        distance_function: action.distance_function,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Operation, decode};
    use crate::validation::refused::{assert_answers, definition};
    use crate::validation::{ScalarType, TableName};

    const CREATE: &str = r#"{"TableName":"hash","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"N"},
        {"AttributeName":"pk","AttributeType":"N"},{"AttributeName":"zz","AttributeType":"S"}],
        "GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"ggg","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},
        {"AttributeName":"pk","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}}}]}"#;

    fn applied(body: &str, changing: &[ChangingIndex]) -> Result<UpdatedTable, Violation> {
        let input = decode(body.as_bytes()).expect("decodes");
        let request = validate(input, Layer::Older)?;
        apply(&request, &definition(&request.table)?, changing)
    }

    #[test]
    fn something_has_to_change() {
        assert_answers(
            Operation::UpdateTable,
            &[
                (
                    r#"{"TableName":"hash","GlobalSecondaryIndexUpdates":[]}"#,
                    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required",
                ),
                (
                    r#"{"TableName":"provisioned","ProvisionedThroughput":{"ReadCapacityUnits":3,"WriteCapacityUnits":4}}"#,
                    "The provisioned throughput for the table will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the table: 3. Requested ReadCapacityUnits: 3. Current WriteCapacityUnits provisioned for the table: 4. Requested WriteCapacityUnits: 4. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
                ),
                (r#"{"TableName":"hash","BillingMode":"PAY_PER_REQUEST"}"#, ""),
                (
                    r#"{"TableName":"hash","GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"nosuch"}}]}"#,
                    "Requested resource not found",
                ),
                (
                    r#"{"TableName":"indexed","BillingMode":"PROVISIONED","ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}}"#,
                    "One or more parameter values were invalid: ProvisionedThroughput must be specified for index: gsik,gsi",
                ),
            ],
        );
    }

    #[test]
    fn definitions_are_a_delta() {
        let updated = applied(CREATE, &[]).expect("a new index");
        let Some(CreatedIndex::Global(index)) = &updated.created else { panic!("no index created") };
        // What the table has defined keeps its type; what no key uses is dropped.
        assert_eq!(index.key_schema.get("pk").map(|attribute| attribute.kind), Some(ScalarType::S));
        let names: Vec<_> = updated.definition.attribute_definitions.iter().map(|each| each.name.as_str()).collect();
        assert_eq!(names, ["pk", "a"]);
    }

    #[test]
    fn deleting_an_index_drops_the_definitions_that_only_it_used() {
        let body = r#"{"TableName":"indexed","GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"gsi"}}]}"#;
        let updated = applied(body, &[]).expect("an index deleted");
        let names: Vec<_> = updated.definition.attribute_definitions.iter().map(|each| each.name.as_str()).collect();
        assert_eq!(names, ["pk", "sk", "ls", "gpk"]);
        assert_eq!(updated.deleted.as_deref(), Some("gsi"));
    }

    #[test]
    fn one_index_at_a_time() {
        let creating = |backfilling| [ChangingIndex { name: "gsi".to_string(), backfilling }];
        let refusal = |body, changing: &[ChangingIndex]| {
            applied(body, changing).map(drop).map_err(|violation| violation.kind().name())
        };
        let delete = r#"{"TableName":"indexed","GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"gsi"}}]}"#;
        assert_eq!(refusal(CREATE, &creating(true)), Err("LimitExceededException"));
        assert_eq!(refusal(delete, &creating(false)), Err("ResourceInUseException"));
        assert_eq!(refusal(delete, &creating(true)), Ok(()));
    }

    #[test]
    fn on_demand_limits_are_merged_and_removed_one_by_one() {
        let name = TableName::parse("hash").expect("a name");
        let mut current = definition(&name).expect("a table");
        let update = |current: &TableDefinition, limits: &str| {
            let body = format!(r#"{{"TableName":"hash","OnDemandThroughput":{limits}}}"#);
            let request = validate(decode(body.as_bytes()).expect("decodes"), Layer::Older).expect("valid");
            apply(&request, current, &[]).expect("applies").definition
        };
        current = update(&current, r#"{"MaxReadRequestUnits":10}"#);
        current = update(&current, r#"{"MaxWriteRequestUnits":20}"#);
        let limits = OnDemandThroughput { read_request_units_max: Some(10), write_request_units_max: Some(20) };
        assert_eq!(current.on_demand_throughput, Some(limits));
        current = update(&current, r#"{"MaxReadRequestUnits":-1,"MaxWriteRequestUnits":-1}"#);
        assert_eq!(current.on_demand_throughput, None);
    }
}
