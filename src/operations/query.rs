//! Query

use super::database::{Answer, Database};
use super::page_answer::{self, Reader};
use crate::protocol::Operation;
use crate::protocol::encode::NumberSetOrder;
use crate::protocol::shapes::QueryInput;
use crate::service::Caller;
use crate::table::read::{PageRequest, Range};
use crate::validation::{query, read, start_key};

pub(super) fn execute(database: &Database, caller: &Caller, input: QueryInput) -> Answer {
    let layer = database.layer(Operation::Query, caller);
    let request = query::validate(input, layer)?;
    let table = database.table(caller, &request.read.table)?;
    let state = table.state();
    let target = read::resolve(&state.definition, &request.read)?;
    let index = page_answer::index_state(&state, target.index)?;
    let range = query::resolve_key_condition(&state.definition, target.index, &request)?;
    let start = start_key::check_query(&state.definition, target.index, &range, &request.read, layer)?;
    let page = PageRequest {
        table: &table,
        state: &state,
        index,
        range: Range::of_query(&range, index, request.forward),
        start_key: start.as_ref(),
        limit: request.read.limit,
        filter: request.read.filter.as_ref(),
        fetch_base: target.fetch_base,
    };
    let reader = Reader { page, returned: &target.returned, order: NumberSetOrder::ByValue };
    page_answer::read(database, &reader, &request.read)
}
