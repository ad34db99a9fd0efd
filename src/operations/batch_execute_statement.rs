//! BatchExecuteStatement

use std::collections::HashSet;
use std::sync::Arc;

use super::answer;
use super::database::{Answer, Database};
use super::statement::{self, Prepared, Refused, Wrote, was_judged, write_columns};
use crate::partiql::{Columns, Select, Statement};
use crate::protocol::encode::NumberSetOrder;
use crate::protocol::error::ErrorDetail;
use crate::protocol::json::ObjectWriter;
use crate::protocol::shapes::BatchExecuteStatementInput;
use crate::protocol::{ApiError, ErrorKind};
use crate::service::Caller;
use crate::table::capacity::{Consumed, Units};
use crate::table::write::Written;
use crate::table::{RowKey, StoreError, Table};
use crate::validation::batch_execute_statement::{self, Member};
use crate::validation::key;
use crate::validation::partiql::{self, table_name};
use crate::validation::returns::ReturnConsumedCapacity;
use crate::validation::violation::{BatchViolation, StatementViolation};
use crate::validation::{TableDefinition, Violation};
use crate::value::{Item, ItemView};

/// What a statement is going to do.
enum Work<'a> {
    Read { table: &'a Arc<Table>, key: RowKey, columns: &'a Columns, consistent: bool },
    Write(Box<Prepared<'a>>),
}

/// What became of a statement.
enum Outcome {
    /// The item as JSON wants it is made from the stored bytes.
    Read {
        stored: Option<kstone_engine::Value>,
    },
    Wrote {
        item: Option<Item>,
    },
    Refused(ApiError),
}

struct Response<'a> {
    /// The name under which the statement has its table, if it was run.
    table: Option<&'a str>,
    columns: &'a Columns,
    outcome: Outcome,
}

pub(super) async fn execute(database: &Database, caller: &Caller, input: BatchExecuteStatementInput) -> Answer {
    let request = batch_execute_statement::validate(input)?;
    let tables: Vec<Result<Arc<Table>, ApiError>> =
        request.members.iter().map(|member| find_table(database, caller, member)).collect();
    let mut works: Vec<Result<Work<'_>, ApiError>> = Vec::with_capacity(tables.len());
    for (member, table) in request.members.iter().zip(&tables) {
        works.push(match (member, table) {
            (Ok(member), Ok(table)) => work(member, table).map_err(ApiError::from),
            (_, Err(error)) => Err(error.clone()),
            (Err(violation), _) => Err(violation.clone().into()),
        });
    }
    check_distinct(works.iter().flatten())?;
    let mut bill = Bill::default();
    let mut begun = Vec::with_capacity(works.len());
    let mut failure = None;
    for (member, work) in request.members.iter().zip(works) {
        let given_table = member.as_ref().map_or("", |member| member.statement.table());
        match begin(database, work, given_table, &mut bill) {
            Ok(member) => begun.push((given_table, member)),
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    // What was written is awaited even when the answer is a failure: whoever sees it may read what the others wrote.
    let mut responses = Vec::with_capacity(begun.len());
    for (given_table, begun) in begun {
        match begun {
            Begun::Done(response) => responses.push(response),
            Begun::Writing(written) => match statement::settle(*written).await {
                Ok(settled) => responses.push(finish(settled, given_table, &mut bill)),
                Err(error) => failure = failure.or(Some(error)),
            },
        }
    }
    if let Some(error) = failure {
        return Err(error);
    }
    Ok(answer::object(answer::SMALL_ANSWER_BYTES, |body| {
        body.member("Responses").array(|out| {
            responses.iter().for_each(|response| out.element().object(|slot| write_response(slot, response)));
        });
        bill.write(body, request.consumed_capacity);
    }))
}

fn find_table(
    database: &Database,
    caller: &Caller,
    member: &Result<Member, Violation>,
) -> Result<Arc<Table>, ApiError> {
    let member = member.as_ref().map_err(|violation| violation.clone())?;
    database.table(caller, &table_name(&member.statement)?)
}

fn work<'a>(member: &'a Member, table: &'a Arc<Table>) -> Result<Work<'a>, Violation> {
    match &member.statement {
        Statement::Select(select) => {
            let key = read_key(&table.peek().definition, select, member.consistent)?;
            Ok(Work::Read { table, key, columns: &select.columns, consistent: member.consistent })
        }
        statement => statement::prepare(table, statement, member.return_old_on_failure)
            .map(|prepared| Work::Write(Box::new(prepared))),
    }
}

/// A SELECT in a batch names one item and says nothing else.
fn read_key(definition: &TableDefinition, select: &Select, consistent: bool) -> Result<RowKey, Violation> {
    partiql::index(definition, select, consistent)?;
    if let Columns::Unexpected(position) = &select.columns {
        return Err(crate::partiql::StatementError::UnexpectedPath { position: *position }.into());
    }
    let key = partiql::single_item(definition, select)?;
    let key = key.ok_or(StatementViolation::SelectNeedsKey { operation: "BatchExecuteStatement" })?;
    Ok(RowKey::of_table(key::check_key(&definition.key_schema, &key)?))
}

/// No two statements may name one item, reads included.
fn check_distinct<'w>(works: impl Iterator<Item = &'w Work<'w>>) -> Result<(), ApiError> {
    let mut seen = HashSet::new();
    for work in works {
        let (table, key) = match work {
            Work::Read { table, key, .. } => (*table, key),
            Work::Write(prepared) => (prepared.table, &prepared.key),
        };
        if !seen.insert((Arc::as_ptr(table), &key.partition, &key.sort)) {
            return Err(Violation::from(BatchViolation::DuplicateKeys).into());
        }
    }
    Ok(())
}

/// A statement on its way: writes wait together for what makes them durable.
enum Begun<'a> {
    Done(Response<'a>),
    Writing(Box<Written<Option<Item>, Refused>>),
}

fn begin<'a>(
    database: &Database,
    work: Result<Work<'a>, ApiError>,
    given_table: &'a str,
    bill: &mut Bill<'a>,
) -> Result<Begun<'a>, ApiError> {
    let (table, key, columns, consistent) = match work {
        Err(error) => {
            return Ok(Begun::Done(Response { table: None, columns: &Columns::All, outcome: Outcome::Refused(error) }));
        }
        Ok(Work::Write(prepared)) => {
            return match prepared.write(database.store()) {
                Ok(written) => Ok(Begun::Writing(Box::new(written))),
                Err(error @ StoreError::CollectionTooLarge { .. }) => {
                    let (columns, outcome) = (&Columns::All, Outcome::Refused(error.into()));
                    Ok(Begun::Done(Response { table: Some(given_table), columns, outcome }))
                }
                Err(error) => Err(error.into()),
            };
        }
        Ok(Work::Read { table, key, columns, consistent }) => (table, key, columns, consistent),
    };
    let state = table.state();
    let stored = database.store().get(&state, &key)?;
    let bytes = match &stored {
        Some(bytes) => {
            let item = ItemView::parse(bytes).map_err(StoreError::corrupt_item(table.name.as_str()))?;
            state.billed_bytes(item)
        }
        None => 0,
    };
    bill.add(given_table, &Consumed::of_table(Units::read(bytes, consistent)), true);
    Ok(Begun::Done(Response { table: Some(given_table), columns, outcome: Outcome::Read { stored } }))
}

fn finish<'a>(settled: Result<Wrote, Refused>, given_table: &'a str, bill: &mut Bill<'a>) -> Response<'a> {
    let columns = &Columns::All;
    match settled {
        Ok(Wrote { item, effect }) => {
            bill.add(given_table, &Consumed::of_write(&effect), true);
            Response { table: Some(given_table), columns, outcome: Outcome::Wrote { item } }
        }
        Err(Refused { error, larger_bytes }) => {
            if was_judged(&error) {
                bill.add(given_table, &Consumed::of_failed(Units::write(larger_bytes)), false);
            }
            // It named a table and an item, so the table is echoed (eu-west-2, 2026-09-17: an update that nests too deep).
            Response { table: Some(given_table), columns, outcome: Outcome::Refused(error) }
        }
    }
}

/// What each table was charged. One of which every statement was refused is left out (aws-verified.md section 2).
#[derive(Default)]
struct Bill<'a> {
    tables: Vec<(&'a str, Consumed, bool)>,
}

impl<'a> Bill<'a> {
    fn add(&mut self, table: &'a str, consumed: &Consumed, succeeded: bool) {
        match self.tables.iter_mut().find(|(name, ..)| *name == table) {
            Some((_, sum, any_succeeded)) => {
                sum.add(consumed);
                *any_succeeded |= succeeded;
            }
            None => self.tables.push((table, consumed.clone(), succeeded)),
        }
    }

    fn write(&self, body: &mut ObjectWriter<'_>, wanted: ReturnConsumedCapacity) {
        let charged = || self.tables.iter().filter(|(_, _, succeeded)| *succeeded);
        if wanted == ReturnConsumedCapacity::None || charged().next().is_none() {
            return;
        }
        body.member("ConsumedCapacity").array(|out| {
            charged().for_each(|(table, consumed, _)| answer::write_consumed(out.element(), wanted, table, consumed));
        });
    }
}

fn write_response(slot: &mut ObjectWriter<'_>, response: &Response<'_>) {
    if let Some(table) = response.table {
        slot.member("TableName").string(table);
    }
    match &response.outcome {
        Outcome::Read { stored } => {
            // Parsed once already, when it was charged.
            if let Some(item) = stored.as_ref().and_then(|bytes| ItemView::parse(bytes).ok()) {
                write_columns(slot.member("Item"), item, response.columns);
            }
        }
        Outcome::Wrote { item } => {
            if let Some(item) = item {
                slot.member("Item").item(item, NumberSetOrder::JavaHash);
            }
        }
        Outcome::Refused(error) => slot.member("Error").object(|out| {
            out.member("Code").string(code(error.kind));
            if let Some(message) = &error.message {
                out.member("Message").string(message);
            }
            if let ErrorDetail::Item(item) = &error.detail {
                out.member("Item").item(item, NumberSetOrder::JavaHash);
            }
        }),
    }
}

/// BatchStatementErrorCodeEnum
fn code(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ConditionalCheckFailedException => "ConditionalCheckFailed",
        ErrorKind::DuplicateItemException => "DuplicateItem",
        ErrorKind::ItemCollectionSizeLimitExceededException => "ItemCollectionSizeLimitExceeded",
        ErrorKind::ResourceNotFoundException => "ResourceNotFound",
        ErrorKind::TransactionConflictException => "TransactionConflict",
        ErrorKind::ValidationException => "ValidationError",
        _ => "InternalServerError",
    }
}
