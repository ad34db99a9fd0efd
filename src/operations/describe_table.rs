//! DescribeTable

use super::answer;
use super::database::{Answer, Database};
use super::table_description::{self, TableStatus};
use crate::protocol::Operation;
use crate::protocol::shapes::DescribeTableInput;
use crate::service::Caller;
use crate::validation::describe_table;

pub(super) fn execute(database: &Database, caller: &Caller, input: DescribeTableInput) -> Answer {
    let request = describe_table::validate(input, database.layer(Operation::DescribeTable, caller))?;
    let table = database.named_table(caller, &request.table)?;
    let state = table.state();
    let status = TableStatus::of(&state);
    Ok(answer::object(2 * answer::SMALL_ANSWER_BYTES, |body| {
        table_description::write(body.member("Table"), caller, &table, &state, status);
    }))
}
