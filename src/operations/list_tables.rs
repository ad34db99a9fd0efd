//! ListTables

use super::answer;
use super::database::{Answer, Database};
use crate::protocol::Operation;
use crate::protocol::shapes::ListTablesInput;
use crate::service::Caller;
use crate::validation::list_tables;

pub(super) fn execute(database: &Database, caller: &Caller, input: ListTablesInput) -> Answer {
    let request = list_tables::validate(input, database.layer(Operation::ListTables, caller))?;
    let namespace = database.namespace(caller);
    let (names, more) = database.store().table_names(&namespace, request.start_after.as_deref(), request.limit);
    Ok(answer::object(answer::SMALL_ANSWER_BYTES, |body| {
        body.member("TableNames").array(|list| names.iter().for_each(|name| list.element().string(name)));
        if let Some(last) = names.last().filter(|_| more) {
            body.member("LastEvaluatedTableName").string(last);
        }
    }))
}
