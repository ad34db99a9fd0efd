//! The requests of UpdateTimeToLive and DescribeTimeToLive.

use super::Layer;
use super::constraint::{Broken, Constraint, Members};
use super::table_members::{check_name, check_name_length, only_name};
use super::table_name::{self, TableName};
use super::violation::{AccountViolation, Violation};
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

pub fn validate_update(input: UpdateTimeToLiveInput, _layer: Layer) -> Result<UpdateTimeToLive, Violation> {
    check_name_length(input.table_name.as_deref())?;
    let mut members = Members::new();
    check_name(&mut members, input.table_name.as_deref());
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

pub fn validate_describe(input: DescribeTimeToLiveInput, _layer: Layer) -> Result<TableName, Violation> {
    only_name(input.table_name)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::shapes::TimeToLiveSpecification;

    const NOW: u64 = 1_790_000_000_000;

    fn request(enabled: bool, attribute: &str) -> UpdateTimeToLive {
        let specification = TimeToLiveSpecification { enabled: Some(enabled), attribute_name: Some(attribute.into()) };
        let input =
            UpdateTimeToLiveInput { table_name: Some("Music".into()), time_to_live_specification: Some(specification) };
        validate_update(input, Layer::Older).expect("well-formed")
    }

    fn refused(request: &UpdateTimeToLive, current: Option<&str>, changed_millis: Option<u64>) -> Option<String> {
        check_change(request, current, changed_millis, NOW).err().map(|violation| violation.to_string())
    }

    #[test]
    fn changes_that_change_nothing_are_refused() {
        let text = |text: &str| Some(text.to_string());
        assert_eq!(refused(&request(true, "a"), None, None), None);
        assert_eq!(refused(&request(false, "a"), Some("a"), None), None);
        assert_eq!(refused(&request(true, "a"), Some("a"), None), text("TimeToLive is already enabled"));
        assert_eq!(refused(&request(false, "a"), None, None), text("TimeToLive is already disabled"));
        for enabled in [true, false] {
            let other = refused(&request(enabled, "b"), Some("a"), None);
            assert_eq!(other, text("TimeToLive is active on a different AttributeName: current AttributeName is a"));
        }
    }

    #[test]
    fn a_second_change_has_to_wait() {
        let disable = request(false, "a");
        assert_eq!(
            refused(&disable, Some("a"), Some(NOW - 60_000)).as_deref(),
            Some("Time to live has been modified multiple times within a fixed interval"),
        );
        assert_eq!(refused(&disable, Some("a"), Some(NOW - 3_600_000)), None);
        let again = refused(&request(true, "a"), Some("a"), Some(NOW));
        assert_eq!(again.as_deref(), Some("TimeToLive is already enabled"), "before the interval");
    }

    #[test]
    fn every_member_is_required() {
        let input = UpdateTimeToLiveInput {
            table_name: Some("Music".into()),
            time_to_live_specification: Some(TimeToLiveSpecification::default()),
        };
        let text = validate_update(input, Layer::Older).expect_err("nothing given").to_string();
        assert_eq!(
            text,
            "2 validation errors detected: Value null at 'timeToLiveSpecification.enabled' failed to satisfy constraint: \
             Member must not be null; Value null at 'timeToLiveSpecification.attributeName' failed to satisfy constraint: \
             Member must not be null"
        );
    }
}
