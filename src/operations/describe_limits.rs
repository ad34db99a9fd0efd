//! DescribeLimits

use super::answer;
use super::database::Answer;
use crate::protocol::shapes::DescribeLimitsInput;

/// The quotas of a new account (service quotas, 2026-11). They limit nothing here.
const ACCOUNT_UNITS_MAX: u64 = 80_000;
const TABLE_UNITS_MAX: u64 = 40_000;

pub(super) fn execute(DescribeLimitsInput {}: DescribeLimitsInput) -> Answer {
    Ok(answer::object(answer::SMALL_ANSWER_BYTES, |body| {
        body.member("AccountMaxReadCapacityUnits").number(ACCOUNT_UNITS_MAX);
        body.member("AccountMaxWriteCapacityUnits").number(ACCOUNT_UNITS_MAX);
        body.member("TableMaxReadCapacityUnits").number(TABLE_UNITS_MAX);
        body.member("TableMaxWriteCapacityUnits").number(TABLE_UNITS_MAX);
    }))
}
