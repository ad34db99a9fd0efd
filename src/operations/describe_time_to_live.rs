//! DescribeTimeToLive

use super::answer;
use super::database::{Answer, Database};
use crate::protocol::Operation;
use crate::protocol::shapes::DescribeTimeToLiveInput;
use crate::service::Caller;
use crate::validation::time_to_live;

/// A table whose time to live was never enabled looks like one where it was disabled; what is on its way is never shown
/// (us-west-2, 2026-10).
pub(super) fn execute(database: &Database, caller: &Caller, input: DescribeTimeToLiveInput) -> Answer {
    let name = time_to_live::validate_describe(input, database.layer(Operation::DescribeTimeToLive, caller))?;
    let table = database.named_table(caller, &name)?;
    let state = table.state();
    Ok(answer::object(answer::SMALL_ANSWER_BYTES, |body| {
        body.member("TimeToLiveDescription").object(|out| match &state.ttl {
            None => out.member("TimeToLiveStatus").string("DISABLED"),
            Some(ttl) => {
                out.member("TimeToLiveStatus").string("ENABLED");
                out.member("AttributeName").string(&ttl.attribute);
            }
        });
    }))
}
