//! UpdateTimeToLive

use super::answer;
use super::database::{Answer, Database};
use crate::protocol::Operation;
use crate::protocol::shapes::UpdateTimeToLiveInput;
use crate::service::Caller;
use crate::table::StoreError;
use crate::validation::time_to_live;

pub(super) async fn execute(database: &Database, caller: &Caller, input: UpdateTimeToLiveInput) -> Answer {
    let request = time_to_live::validate_update(input, database.layer(Operation::UpdateTimeToLive, caller))?;
    let table = database.named_table(caller, &request.table)?;
    let attribute = request.enabled.then_some(request.attribute.as_str());
    let ticket = database.store().update_ttl(&table, attribute, |current, changed, now| {
        time_to_live::check_change(&request, current, changed, now)
    })?;
    ticket.await.map_err(StoreError::from)?;
    Ok(answer::object(answer::SMALL_ANSWER_BYTES, |body| {
        body.member("TimeToLiveSpecification").object(|out| {
            out.member("Enabled").boolean(request.enabled);
            out.member("AttributeName").string(&request.attribute);
        });
    }))
}
