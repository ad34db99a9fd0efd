//! TagResource

use super::database::{Answer, Database};
use crate::protocol::Operation;
use crate::protocol::shapes::TagResourceInput;
use crate::service::Caller;
use crate::table::StoreError;
use crate::validation::violation::AccountViolation;
use crate::validation::{Violation, tags};

pub(super) async fn execute(database: &Database, caller: &Caller, input: TagResourceInput) -> Answer {
    let request = tags::validate_tag(input, database.layer(Operation::TagResource, caller))?;
    let table = database.tagged_table(caller, &request.resource);
    let table =
        table.ok_or_else(|| Violation::from(AccountViolation::NoResource { arn: request.resource.arn.clone() }))?;
    let ticket = database.store().update_tags(&table, |current| tags::add(current, &request.tags))?;
    ticket.await.map_err(StoreError::from)?;
    // AWS answers without a body.
    Ok(Vec::new())
}
