//! The requests of UpdateTimeToLive and DescribeTimeToLive.

use super::Layer;
use super::constraint::{Broken, Constraint, Members};
use super::table_name::{self, TableName};
use super::violation::{AccountViolation, DefinitionViolation, Violation};
use crate::protocol::shapes::{DescribeTimeToLiveInput, UpdateTimeToLiveInput};

const ATTRIBUTE_BYTES_MAX: usize = 255;

#[derive(Debug, PartialEq, Eq)]
pub struct UpdateTimeToLive {
    pub table: TableName,
    pub enabled: bool,
    pub attribute: String,
}

/// us-west-2, 2026-10: refused 1,812 s after the last change, accepted 1,872 s after it. The API reference says an hour.
const CHANGE_INTERVAL_MILLIS: u64 = 31 * 60 * 1000;

pub fn validate_update(input: UpdateTimeToLiveInput, layer: Layer) -> Result<UpdateTimeToLive, Violation> {
    let mut members = Members::new();
    table_name::check(&mut members, input.table_name.as_deref(), layer);
    members.require(&input.time_to_live_specification, "timeToLiveSpecification");
    let specification = match &input.time_to_live_specification {
        Some(specification) => {
            members.require(&specification.enabled, "timeToLiveSpecification.enabled");
            check_attribute(&mut members, specification.attribute_name.as_deref());
            specification.clone()
        }
        None => Default::default(),
    };
    members.finish()?;
    Ok(UpdateTimeToLive {
        table: table_name::checked(input.table_name)?,
        enabled: specification.enabled.unwrap_or_default(),
        attribute: specification.attribute_name.unwrap_or_default(),
    })
}

/// Whether the table may be changed so, given its attribute and when that was last changed. What the change would be is
/// looked at before how long ago the last one was (us-west-2, 2026-10).
pub fn check_change(
    request: &UpdateTimeToLive,
    current: Option<&str>,
    changed_millis: Option<u64>,
    now_millis: u64,
) -> Result<(), Violation> {
    let violation = match (request.enabled, current) {
        (_, Some(current)) if current != request.attribute => {
            AccountViolation::TtlOnOtherAttribute { current: current.to_string() }
        }
        (true, Some(_)) => AccountViolation::TtlAlreadyEnabled,
        (false, None) => AccountViolation::TtlAlreadyDisabled,
        _ if changed_millis.is_some_and(|changed| now_millis.saturating_sub(changed) < CHANGE_INTERVAL_MILLIS) => {
            AccountViolation::TtlChangedTooOften
        }
        _ => return Ok(()),
    };
    Err(violation.into())
}

/// DescribeTimeToLive checks the name in its own words (dynalite's captures).
pub fn validate_describe(input: DescribeTimeToLiveInput, layer: Layer) -> Result<TableName, Violation> {
    let name = input.table_name.as_deref().ok_or(DefinitionViolation::TableNameRequired)?;
    let mut members = Members::new();
    table_name::check_named_table(&mut members, name, layer)?;
    members.finish()?;
    table_name::checked(input.table_name)
}

fn check_attribute(members: &mut Members, given: Option<&str>) {
    let at = "timeToLiveSpecification.attributeName";
    match given {
        None => members.add(Broken::null(at)),
        Some("") => members.add(Broken::echoed("", at, Constraint::LengthMin(1))),
        Some(name) if name.len() > ATTRIBUTE_BYTES_MAX => {
            members.add(Broken::echoed(name, at, Constraint::LengthMax(ATTRIBUTE_BYTES_MAX)));
        }
        Some(_) => {}
    }
}
