//! Scan

use super::database::{Answer, Database};
use super::page_answer::{self, Reader};
use crate::protocol::Operation;
use crate::protocol::encode::NumberSetOrder;
use crate::protocol::shapes::ScanInput;
use crate::service::Caller;
use crate::table::read::{PAGE_BYTES_MAX, PageRequest, Range};
use crate::validation::scan;

pub(super) fn execute(database: &Database, caller: &Caller, input: ScanInput) -> Answer {
    let layer = database.layer(Operation::Scan, caller);
    let request = scan::validate(input, layer)?;
    let table = database.table(caller, &request.read.table)?;
    let state = table.peek();
    let resolved = scan::resolve(&state.definition, &request)?;
    let index = page_answer::index_state(&state, resolved.target.index)?;
    let page = PageRequest {
        table: &table,
        state: &state,
        index,
        range: Range::of_segment(request.segment.index, request.segment.total),
        start_key: resolved.start.as_ref(),
        limit: request.read.limit,
        bytes_max: PAGE_BYTES_MAX,
        filter: request.read.filter.as_ref(),
        fetch_base: resolved.target.fetch_base,
    };
    // us-east-1's Scan lists number sets in hash order; where the newer layer reads Scan, by value (aws-verified.md section 4).
    let order = if layer.has_newer_values() { NumberSetOrder::ByValue } else { NumberSetOrder::JavaHash };
    page_answer::read(database, &Reader { page, returned: &resolved.target.returned, order }, &request.read)
}
