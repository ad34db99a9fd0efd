//! ExecuteStatement

use std::sync::Arc;

use super::answer;
use super::database::{Answer, Database};
use super::page_answer::{self, PAGE_ANSWER_BYTES};
use super::statement::{self, Wrote, write_columns};
use crate::partiql::{Columns, Select, Statement, StatementError};
use crate::protocol::JsonWriter;
use crate::protocol::encode::NumberSetOrder;
use crate::protocol::json::ArrayWriter;
use crate::protocol::shapes::ExecuteStatementInput;
use crate::service::Caller;
use crate::table::capacity::Consumed;
use crate::table::read::{PAGE_BYTES_MAX, PageRequest, Range};
use crate::table::{IndexState, Store, StoreError, Table, TableState};
use crate::validation::Violation;
use crate::validation::execute_statement::{self, ExecuteStatement};
use crate::validation::partiql::page_token::Resume;
use crate::validation::partiql::{Reads, SelectPlan, plan, table_name};
use crate::validation::start_key::StartKey;
use crate::validation::violation::StatementViolation;

pub(super) async fn execute(database: &Database, caller: &Caller, input: ExecuteStatementInput) -> Answer {
    let request = execute_statement::validate(input)?;
    let name = table_name(&request.statement)?;
    let table = match (database.table(caller, &name), &request.statement) {
        // Of a table that is not there columns are looked at all the same (eu-west-2, August 2026: `COUNT(*)`).
        (Err(_), Statement::Select(Select { columns: Columns::Unexpected(position), .. })) => {
            return Err(Violation::from(StatementError::UnexpectedPath { position: *position }).into());
        }
        (table, _) => table?,
    };
    match &request.statement {
        Statement::Select(select) => read(database, &table, &request, select),
        Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_) | Statement::Exists(_) => {
            write(database, &table, &request).await
        }
    }
}

/// Nothing but what RETURNING asks for is in `Items`, and without it nothing (us-east-1, 2026-10).
async fn write(database: &Database, table: &Arc<Table>, request: &ExecuteStatement) -> Answer {
    if request.next_token.is_some() {
        // No write ever gave one out.
        return Err(Violation::from(StatementViolation::NextTokenMismatch).into());
    }
    let action = statement::prepare(table, &request.statement, request.return_old_on_failure)?;
    let written = action.write(database.store())?;
    let Wrote { item, effect } = statement::settle(written).await?.map_err(|refused| refused.error)?;
    Ok(answer::object(answer::SMALL_ANSWER_BYTES, |body| {
        body.member("Items").array(|items| {
            if let Some(item) = &item {
                items.element().item(item, NumberSetOrder::JavaHash);
            }
        });
        let given_table = request.statement.table();
        answer::write_consumed_capacity(body, request.consumed_capacity, given_table, || Consumed::of_write(&effect));
    }))
}

fn read(database: &Database, table: &Arc<Table>, request: &ExecuteStatement, select: &Select) -> Answer {
    let state = table.state();
    let plan = plan(&state.definition, select, request.consistent)?;
    let index = page_answer::index_state(&state, plan.index)?;
    let resume = request.next_token.as_deref().map(|token| request.binding.decode(token)).transpose()?;
    let resume = resume.unwrap_or_default();
    let start = plan.start(&state.definition, &resume)?;
    let reader = Reader { store: database.store(), table, state: &state, index, plan: &plan, request, select };
    let mut outcome = Ok(Walked::default());
    let mut body = Vec::with_capacity(PAGE_ANSWER_BYTES);
    JsonWriter::new(&mut body).object(|body| {
        body.member("Items").array(|items| outcome = reader.read(resume.range, start.as_ref(), items));
        let Ok(walked) = &outcome else { return };
        if let Some(next) = &walked.next {
            body.member("NextToken").string(&request.binding.encode(next));
            if let Some(key) = &next.after {
                body.member("LastEvaluatedKey").item(key, NumberSetOrder::ByValue);
            }
        }
        answer::write_consumed_capacity(body, request.consumed_capacity, &select.source.table, || {
            walked.consumed.clone()
        });
    });
    outcome?;
    Ok(body)
}

/// One page of a SELECT, over as many ranges as fit into it.
struct Reader<'a> {
    store: &'a Store,
    table: &'a Arc<Table>,
    state: &'a TableState,
    index: Option<&'a IndexState>,
    plan: &'a SelectPlan<'a>,
    request: &'a ExecuteStatement,
    select: &'a Select,
}

#[derive(Default)]
struct Walked {
    consumed: Consumed,
    next: Option<Resume>,
}

impl Reader<'_> {
    fn read(&self, first: usize, start: Option<&StartKey>, items: &mut ArrayWriter<'_>) -> Result<Walked, StoreError> {
        let count = match &self.plan.reads {
            Reads::Everything => 1,
            Reads::Ranges(ranges) => ranges.len(),
        };
        let mut walked = Walked::default();
        let (mut rows, mut bytes) = (0, 0);
        for place in first..count {
            let limit = self.request.limit.map(|limit| limit.saturating_sub(rows));
            if limit == Some(0) || bytes >= PAGE_BYTES_MAX {
                walked.next = Some(Resume { range: place, after: None });
                break;
            }
            let page = PageRequest {
                table: self.table,
                state: self.state,
                index: self.index,
                range: self.range(place),
                start_key: start.filter(|_| place == first),
                limit,
                bytes_max: PAGE_BYTES_MAX - bytes,
                filter: self.plan.entry_filter.as_ref().or(self.select.filter.as_ref()),
                fetch_base: self.plan.fetch_base,
            };
            let page =
                self.store.read_page(&page, |item| write_columns(items.element(), item, &self.select.columns))?;
            walked.consumed.add(&page_answer::consumed(self.index, &page, self.request.consistent));
            rows = rows.saturating_add(u32::try_from(page.scanned_count).unwrap_or(u32::MAX));
            bytes += page.page_bytes;
            if let Some(key) = page.last_key {
                walked.next = Some(Resume { range: place, after: Some(key) });
                break;
            }
        }
        if walked.consumed == Consumed::default() {
            // Nothing to look up, as with an empty list after IN, costs as much as looking up nothing.
            walked.consumed.add(&page_answer::consumed(self.index, &Default::default(), self.request.consistent));
        }
        Ok(walked)
    }

    fn range(&self, place: usize) -> Range {
        match &self.plan.reads {
            Reads::Ranges(ranges) if place < ranges.len() => {
                Range::of_query(&ranges[place], self.index, self.plan.forward)
            }
            Reads::Ranges(_) | Reads::Everything => Range::of_segment(0, 1),
        }
    }
}
