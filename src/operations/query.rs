//! Query

use super::database::{Answer, Database};
use super::page_answer::{self, Reader};
use crate::protocol::Operation;
use crate::protocol::encode::NumberSetOrder;
use crate::protocol::shapes::QueryInput;
use crate::service::Caller;
use crate::table::read::{PAGE_BYTES_MAX, PageRequest, Range};
use crate::validation::query;

pub(super) fn execute(database: &Database, caller: &Caller, input: QueryInput) -> Answer {
    let request = query::validate(input, database.layer(Operation::Query, caller))?;
    let table = database.table(caller, &request.read.table)?;
    let state = table.peek();
    let resolved = query::resolve(&state.definition, &request)?;
    let index = page_answer::index_state(&state, resolved.target.index)?;
    let page = PageRequest {
        table: &table,
        state: &state,
        index,
        range: Range::of_query(&resolved.range, index, request.forward),
        start_key: resolved.start.as_ref(),
        limit: request.read.limit,
        bytes_max: PAGE_BYTES_MAX,
        filter: request.read.filter.as_ref(),
        fetch_base: resolved.target.fetch_base,
    };
    let reader = Reader { page, returned: &resolved.target.returned, order: NumberSetOrder::ByValue };
    page_answer::read(database, &reader, &request.read)
}
