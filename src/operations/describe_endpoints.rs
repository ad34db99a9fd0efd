//! DescribeEndpoints

use super::answer;
use super::database::Answer;
use crate::protocol::shapes::DescribeEndpointsRequest;
use crate::service::Request;

/// For how long AWS lets clients keep the address: a day.
const CACHE_MINUTES: u64 = 1440;

/// The address is the one that the client has used: an SDK that discovers endpoints goes on there, and AWS's own name for
/// itself would lead it, with everything it writes, to AWS. Only who cannot say how it came here is told that name.
pub(super) fn execute(request: &Request, DescribeEndpointsRequest {}: DescribeEndpointsRequest) -> Answer {
    let of_aws = || format!("dynamodb.{}.amazonaws.com", request.caller.region);
    let address = request.host.as_str().map_or_else(of_aws, str::to_string);
    Ok(answer::object(answer::SMALL_ANSWER_BYTES, |body| {
        body.member("Endpoints").array(|list| {
            list.element().object(|out| {
                out.member("Address").string(&address);
                out.member("CachePeriodInMinutes").number(CACHE_MINUTES);
            });
        });
    }))
}
