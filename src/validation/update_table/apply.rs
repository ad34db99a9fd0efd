//! An UpdateTable request on the table as it is.

use super::{
    ChangingIndex, CreatedIndex, IndexChange, NewGlobalIndex, OnDemandChange, StreamChange, UpdateTable, UpdatedTable,
};
use crate::validation::create_table::GLOBAL_INDEXES_MAX;
use crate::validation::key_schema::KeyAttribute;
use crate::validation::table_definition::{
    AttributeDefinition, BillingMode, GlobalIndex, Index, OnDemandThroughput, TableDefinition, Throughput, VectorIndex,
};
use crate::validation::table_keys::check_vector_indexes;
use crate::validation::table_settings::{UNITS_MAX, check_projected_count};
use crate::validation::violation::{DefinitionViolation, Violation};

/// Order: billing and throughput; what is being created already; each index; the stream.
pub fn apply(
    request: &UpdateTable,
    current: &TableDefinition,
    changing: &[ChangingIndex],
) -> Result<UpdatedTable, Violation> {
    let mut updated = UpdatedTable { definition: current.clone(), created: None, deleted: None };
    change_billing(request, &mut updated.definition)?;
    check_bounds(&request.indexes)?;
    check_one_at_a_time(&request.indexes, changing)?;
    for change in &request.indexes {
        change_index(request, change, &mut updated)?;
    }
    let definition = &mut updated.definition;
    if let Some(change) = request.stream {
        definition.stream = match (definition.stream, change) {
            (None, StreamChange::Enable(view)) => Some(view),
            (Some(_), StreamChange::Disable) => None,
            (Some(_), StreamChange::Enable(_)) => {
                return Err(DefinitionViolation::StreamAlreadyEnabled { table: definition.name.to_string() }.into());
            }
            (None, StreamChange::Disable) => {
                return Err(DefinitionViolation::StreamNotEnabled { table: definition.name.to_string() }.into());
            }
        };
    }
    if let Some(sse) = &request.sse {
        definition.sse = Some(sse.clone());
    }
    if let Some(class) = request.table_class {
        definition.table_class = class;
    }
    if let Some(protected) = request.deletion_protection {
        definition.deletion_protection = protected;
    }
    if request.warm_throughput.is_some() {
        definition.warm_throughput = request.warm_throughput;
    }
    merge_definitions(definition, &request.attribute_definitions);
    check_projected_count(definition.projections())?;
    Ok(updated)
}

fn change_billing(request: &UpdateTable, definition: &mut TableDefinition) -> Result<(), Violation> {
    let before = definition.billing_mode;
    let after = request.billing_mode.unwrap_or(before);
    if after == BillingMode::PayPerRequest && request.throughput.is_some() {
        return Err(DefinitionViolation::UnitsWithPayPerRequest.into());
    }
    if after == BillingMode::Provisioned && before == BillingMode::PayPerRequest {
        check_index_throughputs(request, definition)?;
    }
    if before != after {
        let zero = Throughput::default();
        definition.throughput = zero;
        definition.on_demand_throughput = None;
        for index in &mut definition.global_indexes {
            (index.throughput, index.on_demand_throughput) = (zero, None);
        }
    }
    definition.billing_mode = after;
    if let Some(change) = request.on_demand_throughput {
        change_on_demand(&mut definition.on_demand_throughput, change, after)?;
    }
    match request.throughput {
        Some(throughput) => change_throughput(&mut definition.throughput, throughput),
        None => Ok(()),
    }
}

/// A table that leaves on-demand billing says what each of its global indexes gets.
fn check_index_throughputs(request: &UpdateTable, definition: &TableDefinition) -> Result<(), Violation> {
    let is_given = |name: &str| {
        request.indexes.iter().any(|change| match change {
            IndexChange::Update(update) => update.name == name && update.throughput.is_some(),
            IndexChange::Delete(deleted) => deleted == name,
            _ => false,
        })
    };
    let rest = definition.global_indexes.iter().map(|index| &index.name).filter(|name| !is_given(name));
    let indexes: Vec<String> = rest.cloned().collect();
    if indexes.is_empty() { Ok(()) } else { Err(DefinitionViolation::IndexThroughputRequired { indexes }.into()) }
}

fn change_throughput(current: &mut Throughput, asked: Throughput) -> Result<(), Violation> {
    if *current == asked {
        let Throughput { read_units, write_units } = asked;
        return Err(DefinitionViolation::ThroughputUnchanged { read_units, write_units }.into());
    }
    *current = asked;
    Ok(())
}

/// Limits are merged member by member (eu-west-2, 2026-07-24).
fn change_on_demand(
    current: &mut Option<OnDemandThroughput>,
    change: OnDemandChange,
    billing_mode: BillingMode,
) -> Result<(), Violation> {
    let (read, write) = (change.read_request_units_max, change.write_request_units_max);
    if billing_mode == BillingMode::Provisioned {
        let members = [(read, "MaxReadRequestUnits"), (write, "MaxWriteRequestUnits")];
        return match members.iter().find(|(units, _)| units.is_some()) {
            Some((_, member)) => Err(DefinitionViolation::OnDemandThroughputOfProvisioned { member }.into()),
            None => Ok(()),
        };
    }
    let before = current.unwrap_or_default();
    let limits = OnDemandThroughput {
        read_request_units_max: read.unwrap_or(before.read_request_units_max),
        write_request_units_max: write.unwrap_or(before.write_request_units_max),
    };
    *current = (limits != OnDemandThroughput::default()).then_some(limits);
    Ok(())
}

/// Out of bounds, an index has another message than a table.
fn check_bounds(changes: &[IndexChange]) -> Result<(), Violation> {
    let out_of_bounds = changes.iter().any(|change| match change {
        IndexChange::Update(update) => {
            update.throughput.is_some_and(|units| units.read_units.max(units.write_units) > UNITS_MAX)
        }
        _ => false,
    });
    if out_of_bounds { Err(DefinitionViolation::IndexUpdateBlocked.into()) } else { Ok(()) }
}

/// One index is created or deleted at a time. Of an index that is being created the deletion gets through, once it is being
/// backfilled (eu-west-2, 2026-08, on vector indexes).
fn check_one_at_a_time(changes: &[IndexChange], changing: &[ChangingIndex]) -> Result<(), Violation> {
    let mut online = changes.iter().filter(|change| !matches!(change, IndexChange::Update(_)));
    let Some(first) = online.next() else { return Ok(()) };
    if online.next().is_some() {
        return Err(DefinitionViolation::OneIndexAtATime.into());
    }
    let deletes = matches!(first, IndexChange::Delete(_) | IndexChange::DeleteVector(_));
    match changing.iter().find(|index| deletes && index.name == first.name()) {
        Some(index) if index.backfilling => Ok(()),
        Some(index) => Err(DefinitionViolation::IndexAllocating { index: index.name.clone() }.into()),
        None if changing.is_empty() => Ok(()),
        None => Err(DefinitionViolation::OneIndexAtATime.into()),
    }
}

fn change_index(request: &UpdateTable, change: &IndexChange, updated: &mut UpdatedTable) -> Result<(), Violation> {
    let definition = &mut updated.definition;
    match change {
        IndexChange::Create(index) => {
            check_name_free(definition, &index.name)?;
            let index = new_index(index, definition)?;
            definition.global_indexes.push(index.clone());
            if definition.global_indexes.len() > GLOBAL_INDEXES_MAX {
                return Err(DefinitionViolation::GlobalIndexCount.into());
            }
            updated.created = Some(CreatedIndex::Global(index));
        }
        IndexChange::CreateVector(index) => {
            check_name_free(definition, &index.name)?;
            let index = new_vector_index(index, definition, &request.attribute_definitions)?;
            definition.vector_indexes.push(index.clone());
            check_vector_indexes(&definition.vector_indexes)?;
            updated.created = Some(CreatedIndex::Vector(index));
        }
        IndexChange::Delete(name) => {
            let place = definition.global_indexes.iter().position(|index| index.name == *name);
            definition.global_indexes.remove(place.ok_or(DefinitionViolation::IndexNotFound)?);
            updated.deleted = Some(name.clone());
        }
        IndexChange::DeleteVector(name) => {
            let place = definition.vector_indexes.iter().position(|index| index.name == *name);
            definition.vector_indexes.remove(place.ok_or(DefinitionViolation::IndexNotFound)?);
            updated.deleted = Some(name.clone());
        }
        IndexChange::Update(update) => {
            let billing_mode = definition.billing_mode;
            let index = definition.global_indexes.iter_mut().find(|index| index.name == update.name);
            let index = index.ok_or(DefinitionViolation::IndexNotFound)?;
            if let Some(throughput) = update.throughput {
                check_billed(&index.name, billing_mode)?;
                change_throughput(&mut index.throughput, throughput)?;
            }
            if let Some(change) = update.on_demand_throughput {
                change_on_demand(&mut index.on_demand_throughput, change, billing_mode)?;
            }
            index.warm_throughput = update.warm_throughput.or(index.warm_throughput);
        }
    }
    Ok(())
}

fn check_billed(index: &str, billing_mode: BillingMode) -> Result<(), Violation> {
    match billing_mode {
        BillingMode::Provisioned => Ok(()),
        BillingMode::PayPerRequest => {
            Err(DefinitionViolation::IndexThroughputWithPayPerRequest { index: index.to_string() }.into())
        }
    }
}

fn check_name_free(definition: &TableDefinition, name: &str) -> Result<(), Violation> {
    let mut names = definition.indexes().map(Index::name);
    let taken = names.any(|other| other == name) || definition.vector_indexes.iter().any(|index| index.name == name);
    if taken { Err(DefinitionViolation::IndexNameTaken.into()) } else { Ok(()) }
}

fn new_index(given: &NewGlobalIndex, definition: &TableDefinition) -> Result<GlobalIndex, Violation> {
    let throughput = match (definition.billing_mode, given.throughput) {
        (BillingMode::Provisioned, None) => {
            return Err(DefinitionViolation::IndexThroughputRequired { indexes: vec![given.name.clone()] }.into());
        }
        (BillingMode::PayPerRequest, Some(_)) => {
            check_billed(&given.name, BillingMode::PayPerRequest)?;
            Throughput::default()
        }
        (_, given) => given.unwrap_or_default(),
    };
    if definition.billing_mode == BillingMode::Provisioned && given.on_demand_throughput.is_some() {
        return Err(DefinitionViolation::OnDemandThroughputOfProvisioned { member: "MaxReadRequestUnits" }.into());
    }
    let mut key_schema = given.key_schema.clone();
    let attributes = key_schema.partition.iter_mut().chain(&mut key_schema.sort);
    attributes.for_each(|attribute| keep_stored_kind(attribute, definition));
    Ok(GlobalIndex {
        name: given.name.clone(),
        key_schema,
        projection: given.projection.clone(),
        throughput,
        on_demand_throughput: given.on_demand_throughput,
        warm_throughput: given.warm_throughput,
    })
}

/// An attribute that the table has defined keeps its type, whatever the request says.
fn keep_stored_kind(attribute: &mut KeyAttribute, definition: &TableDefinition) {
    let stored = definition.attribute_definitions.iter().find(|stored| stored.name == attribute.name);
    attribute.kind = stored.map_or(attribute.kind, |stored| stored.kind);
}

fn new_vector_index(
    given: &VectorIndex,
    definition: &TableDefinition,
    added: &[AttributeDefinition],
) -> Result<VectorIndex, Violation> {
    if definition.billing_mode != BillingMode::PayPerRequest {
        return Err(DefinitionViolation::VectorIndexWithProvisioned.into());
    }
    let mut index = given.clone();
    let mut definitions = definition.attribute_definitions.iter().chain(added);
    if definitions.any(|definition| definition.name == index.attribute) {
        return Err(DefinitionViolation::VectorAttributeDefined { attribute: index.attribute }.into());
    }
    for element in &mut index.search_schema {
        let stored = definition.attribute_definitions.iter().find(|stored| stored.name == element.name);
        element.kind = stored.map_or(element.kind, |stored| stored.kind);
    }
    Ok(index)
}

/// The request's definitions join the table's, and what no key uses goes (us-east-1, 2026).
fn merge_definitions(definition: &mut TableDefinition, added: &[AttributeDefinition]) {
    let mut merged = definition.attribute_definitions.clone();
    for added in added {
        if !merged.iter().any(|stored| stored.name == added.name) {
            merged.push(added.clone());
        }
    }
    let used = definition.used_attributes();
    merged.retain(|merged| used.contains(&merged.name.as_str()));
    definition.attribute_definitions = merged;
}
