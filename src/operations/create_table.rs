//! CreateTable

use super::answer;
use super::database::{Answer, Database};
use super::table_description::{self, TableStatus};
use crate::protocol::Operation;
use crate::protocol::shapes::CreateTableInput;
use crate::service::Caller;
use crate::table::{CreateOutcome, StoreError};
use crate::validation::violation::DefinitionViolation;
use crate::validation::{Violation, create_table};

pub(super) async fn execute(database: &Database, caller: &Caller, input: CreateTableInput) -> Answer {
    let definition = create_table::validate(input, database.layer(Operation::CreateTable, caller))?;
    let name = definition.name.clone();
    match database.store().create_table(database.namespace(caller), definition)? {
        CreateOutcome::Exists => {
            Err(Violation::from(DefinitionViolation::TableExists { name: name.to_string() }).into())
        }
        CreateOutcome::Created { table, ticket } => {
            ticket.await.map_err(StoreError::from)?;
            let state = table.state();
            Ok(answer::object(2 * answer::SMALL_ANSWER_BYTES, |body| {
                table_description::write(
                    body.member("TableDescription"),
                    caller,
                    &table,
                    &state,
                    TableStatus::Creating,
                );
            }))
        }
    }
}
