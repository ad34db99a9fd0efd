//! DescribeEndpoints

use super::answer;
use super::database::Answer;
use crate::protocol::shapes::DescribeEndpointsRequest;
use crate::service::Caller;

/// For how long AWS lets clients keep the address: a day.
const CACHE_MINUTES: u64 = 1440;

pub(super) fn execute(caller: &Caller, DescribeEndpointsRequest {}: DescribeEndpointsRequest) -> Answer {
    Ok(answer::object(answer::SMALL_ANSWER_BYTES, |body| {
        body.member("Endpoints").array(|list| {
            list.element().object(|out| {
                out.member("Address").string(&format!("dynamodb.{}.amazonaws.com", caller.region));
                out.member("CachePeriodInMinutes").number(CACHE_MINUTES);
            });
        });
    }))
}
