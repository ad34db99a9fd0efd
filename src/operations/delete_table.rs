//! DeleteTable

use super::answer;
use super::database::{Answer, Database};
use super::table_description::{self, TableStatus};
use crate::protocol::Operation;
use crate::protocol::shapes::DeleteTableInput;
use crate::service::Caller;
use crate::table::StoreError;
use crate::validation::{Violation, delete_table};

pub(super) async fn execute(database: &Database, caller: &Caller, input: DeleteTableInput) -> Answer {
    let request = delete_table::validate(input, database.layer(Operation::DeleteTable, caller))?;
    let table =
        database.find_table(caller, &request.table).ok_or_else(|| Violation::no_such_named_table(&request.table))?;
    let (state, ticket) = database.store().delete_table(&table, |state| match () {
        _ if state.is_index_changing() => Err(Violation::TableHasChangingIndex { table: table.name.to_string() }),
        _ if state.definition.deletion_protection => Err(Violation::DeletionProtected),
        _ => Ok(()),
    })?;
    ticket.await.map_err(StoreError::from)?;
    Ok(answer::object(answer::SMALL_ANSWER_BYTES, |body| {
        table_description::write(body.member("TableDescription"), caller, &table, &state, TableStatus::Deleting);
    }))
}
