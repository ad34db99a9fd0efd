//! UpdateTable

use super::answer;
use super::database::{Answer, Database};
use super::table_description::{self, TableStatus};
use crate::protocol::Operation;
use crate::protocol::shapes::UpdateTableInput;
use crate::service::Caller;
use crate::table::StoreError;
use crate::validation::update_table;

pub(super) async fn execute(database: &Database, caller: &Caller, input: UpdateTableInput) -> Answer {
    let request = update_table::validate(input, database.layer(Operation::UpdateTable, caller))?;
    let table = database.named_table(caller, &request.table)?;
    let (state, ticket) = database
        .store()
        .update_table(&table, |state| update_table::apply(&request, &state.definition, &state.changing_indexes()))?;
    ticket.await.map_err(StoreError::from)?;
    Ok(answer::object(2 * answer::SMALL_ANSWER_BYTES, |body| {
        // AWS answers UPDATING whatever is changed; the next DescribeTable shows what has settled.
        table_description::write(body.member("TableDescription"), caller, &table, &state, TableStatus::Updating);
    }))
}
