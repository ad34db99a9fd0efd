//! The settings of tables and indexes: throughput, streams, encryption.

use super::table_definition::{
    BillingMode, IndexProjection, OnDemandThroughput, SseSpecification, SseType, StreamViewType, Throughput,
    WarmThroughput,
};
use super::violation::{DefinitionViolation, Violation};
use crate::protocol::shapes;

/// Capacity units beyond this are out of bounds.
pub(super) const UNITS_MAX: u64 = 1_000_000_000_000;
/// Attributes that the INCLUDE projections of a table's indexes may name together.
const PROJECTED_ATTRIBUTES_MAX: usize = 100;

/// A provisioned throughput whose members have been checked, within bounds.
pub(super) fn throughput(given: &shapes::ProvisionedThroughput) -> Result<Throughput, Violation> {
    let throughput = unbounded_throughput(given)?;
    for (value, member) in
        [(throughput.read_units, "ReadCapacityUnits"), (throughput.write_units, "WriteCapacityUnits")]
    {
        if value > UNITS_MAX {
            return Err(DefinitionViolation::UnitsOutOfBounds { member, value }.into());
        }
    }
    Ok(throughput)
}

/// The same without bounds: UpdateTable looks at those of an index only when it knows the table.
pub(super) fn unbounded_throughput(given: &shapes::ProvisionedThroughput) -> Result<Throughput, Violation> {
    let units = |units: Option<i64>| {
        let units = units.and_then(|units| u64::try_from(units).ok());
        units.ok_or(DefinitionViolation::UnitsRequired)
    };
    Ok(Throughput { read_units: units(given.read_capacity_units)?, write_units: units(given.write_capacity_units)? })
}

/// A new table's throughput: none on demand, both units otherwise.
pub(super) fn new_table_throughput(
    billing_mode: BillingMode,
    given: Option<&shapes::ProvisionedThroughput>,
) -> Result<Throughput, Violation> {
    match (billing_mode, given) {
        (BillingMode::PayPerRequest, None) => Ok(Throughput::default()),
        (BillingMode::PayPerRequest, Some(_)) => Err(DefinitionViolation::UnitsWithPayPerRequest.into()),
        (BillingMode::Provisioned, None) => Err(DefinitionViolation::UnitsRequired.into()),
        (BillingMode::Provisioned, Some(given)) => throughput(given),
    }
}

/// A new index's throughput, which follows the table's billing.
pub(super) fn new_index_throughput(
    billing_mode: BillingMode,
    index: &str,
    given: Option<&shapes::ProvisionedThroughput>,
) -> Result<Throughput, Violation> {
    match (billing_mode, given) {
        (BillingMode::PayPerRequest, None) => Ok(Throughput::default()),
        (BillingMode::PayPerRequest, Some(_)) => {
            Err(DefinitionViolation::IndexThroughputWithPayPerRequest { index: index.to_string() }.into())
        }
        (BillingMode::Provisioned, None) => {
            Err(DefinitionViolation::IndexThroughputRequired { indexes: vec![index.to_string()] }.into())
        }
        (BillingMode::Provisioned, Some(given)) => throughput(given),
    }
}

/// The on-demand limits of a new table or index.
pub(super) fn on_demand_throughput(
    billing_mode: BillingMode,
    given: Option<&shapes::OnDemandThroughput>,
) -> Result<Option<OnDemandThroughput>, Violation> {
    let Some(given) = given else { return Ok(None) };
    let members = [
        (given.max_read_request_units, "MaxReadRequestUnits"),
        (given.max_write_request_units, "MaxWriteRequestUnits"),
    ];
    if billing_mode == BillingMode::Provisioned
        && let Some((_, member)) = members.iter().find(|(units, _)| units.is_some())
    {
        return Err(DefinitionViolation::OnDemandThroughputOfNewProvisioned { member }.into());
    }
    let [read, write] = members.map(|(units, member)| on_demand_units(units, member));
    let limits = OnDemandThroughput { read_request_units_max: read?, write_request_units_max: write? };
    Ok((limits != OnDemandThroughput::default()).then_some(limits))
}

fn on_demand_units(given: Option<i64>, member: &'static str) -> Result<Option<u64>, Violation> {
    let too_small = || Violation::from(DefinitionViolation::OnDemandThroughputTooSmall { member });
    let units = |units| u64::try_from(units).ok().filter(|units| *units > 0).ok_or_else(too_small);
    given.map(units).transpose()
}

/// What UpdateTable says about one on-demand limit: -1 removes it (`Some(None)`), absent keeps it.
pub(super) fn on_demand_change(given: Option<i64>, member: &'static str) -> Result<Option<Option<u64>>, Violation> {
    match given {
        None => Ok(None),
        Some(-1) => Ok(Some(None)),
        Some(_) => on_demand_units(given, member).map(Some),
    }
}

/// Throughput that is kept and described only.
pub(super) fn warm_throughput(given: Option<&shapes::WarmThroughput>) -> Option<WarmThroughput> {
    let given = given?;
    let units = |units: Option<i64>| units.and_then(|units| u64::try_from(units).ok());
    Some(WarmThroughput {
        read_units_per_second: units(given.read_units_per_second),
        write_units_per_second: units(given.write_units_per_second),
    })
}

/// A stream is on with a view type, or off without one.
pub(super) fn stream(
    given: Option<&shapes::StreamSpecification>,
    view: Option<StreamViewType>,
) -> Result<Option<StreamViewType>, Violation> {
    match (given.and_then(|given| given.stream_enabled), view) {
        (Some(true), Some(view)) => Ok(Some(view)),
        (Some(true), None) => Err(DefinitionViolation::StreamEnabledWithoutView.into()),
        (Some(false) | None, None) => Ok(None),
        (Some(false) | None, Some(_)) => Err(DefinitionViolation::StreamDisabledWithView.into()),
    }
}

/// Encryption with a key of the account. Switched off it is the default, which is described nowhere.
pub(super) fn sse(
    given: Option<shapes::SSESpecification>,
    kind: Option<SseType>,
) -> Result<Option<SseSpecification>, Violation> {
    let Some(given) = given else { return Ok(None) };
    let kind = kind.unwrap_or(SseType::Kms);
    if given.kms_master_key_id.is_some() && (kind != SseType::Kms || given.enabled == Some(false)) {
        return Err(DefinitionViolation::KmsKeyWithoutKms.into());
    }
    let enabled = given.enabled.unwrap_or(false);
    Ok(Some(SseSpecification { enabled, kind, kms_key: given.kms_master_key_id }))
}

/// All attributes that a table's indexes include, counted each time.
pub(super) fn check_projected_count<'a>(
    projections: impl Iterator<Item = &'a IndexProjection>,
) -> Result<(), Violation> {
    let included = projections.map(|projection| match projection {
        IndexProjection::Include(names) => names.len(),
        IndexProjection::All | IndexProjection::KeysOnly => 0,
    });
    let given = included.sum();
    if given > PROJECTED_ATTRIBUTES_MAX {
        return Err(DefinitionViolation::ProjectedAttributeCount { given }.into());
    }
    Ok(())
}

/// Members of global tables, with whether the request has them.
pub(super) fn refuse_global_table_members(given: &[(&'static str, bool)]) -> Result<(), Violation> {
    match given.iter().find(|(_, given)| *given) {
        Some((member, _)) => Err(DefinitionViolation::GlobalTableMember { member }.into()),
        None => Ok(()),
    }
}
