//! UntagResource

use super::database::{Answer, Database};
use crate::protocol::Operation;
use crate::protocol::shapes::UntagResourceInput;
use crate::service::Caller;
use crate::table::StoreError;
use crate::validation::violation::AccountViolation;
use crate::validation::{Violation, tags};

pub(super) async fn execute(database: &Database, caller: &Caller, input: UntagResourceInput) -> Answer {
    let request = tags::validate_untag(input, database.layer(Operation::UntagResource, caller))?;
    let table = database.tagged_table(caller, &request.resource);
    let table = table.ok_or(Violation::from(AccountViolation::NoResourceToUntag))?;
    let ticket =
        database.store().update_tags(&table, |current| Ok::<_, Violation>(tags::remove(current, &request.keys)))?;
    ticket.await.map_err(StoreError::from)?;
    // AWS answers without a body.
    Ok(Vec::new())
}
