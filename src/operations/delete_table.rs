//! DeleteTable

use super::answer;
use super::database::{Answer, Database};
use super::table_description::{self, TableStatus};
use crate::protocol::Operation;
use crate::protocol::shapes::DeleteTableInput;
use crate::service::Caller;
use crate::table::StoreError;
use crate::validation::violation::DefinitionViolation;
use crate::validation::{Violation, delete_table};

pub(super) async fn execute(database: &Database, caller: &Caller, input: DeleteTableInput) -> Answer {
    let request = delete_table::validate(input, database.layer(Operation::DeleteTable, caller))?;
    let table = database.named_table(caller, &request.table)?;
    let (state, ticket) = database.store().delete_table(&table, |state| match () {
        _ if state.is_index_changing() => Err(DefinitionViolation::IndexesBusy.into()),
        _ if state.definition.deletion_protection => Err(DefinitionViolation::DeletionProtected.into()),
        _ => Ok::<_, Violation>(()),
    })?;
    ticket.await.map_err(StoreError::from)?;
    Ok(answer::object(answer::SMALL_ANSWER_BYTES, |body| {
        table_description::write(body.member("TableDescription"), caller, &table, &state, TableStatus::Deleting);
    }))
}
