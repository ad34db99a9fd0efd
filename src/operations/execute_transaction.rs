//! ExecuteTransaction

use std::sync::Arc;

use super::answer;
use super::database::{Answer, Database};
use super::statement::write_columns;
use super::transact_get_items::{check_conflicts, write_read_consumed};
use super::transact_write_items::{self, ByTable};
use super::transaction::{self, Refusal, Transaction, cancelled};
use crate::partiql::{Columns, Select, Statement, StatementError};
use crate::protocol::error::{CancellationCode, CancellationReason, ErrorDetail};
use crate::protocol::shapes::ExecuteTransactionInput;
use crate::protocol::{ApiError, Operation};
use crate::service::Caller;
use crate::table::write::{Change, Row, Target};
use crate::table::{RowKey, StoreError, Table};
use crate::validation::execute_transaction::{self, ExecuteTransaction, Member};
use crate::validation::partiql::{single_item, table_name, write};
use crate::validation::transact_write_items::{Action, Deed, TRANSACTION_BYTES_MAX, is_up_front};
use crate::validation::violation::{ItemViolation, StatementViolation, TransactionViolation};
use crate::validation::{TableDefinition, Violation, key};
use crate::value::ItemView;

pub(super) async fn execute(database: &Database, caller: &Caller, input: ExecuteTransactionInput) -> Answer {
    let request = execute_transaction::validate(input)?;
    let mut tables = Vec::with_capacity(request.members.len());
    for (place, member) in request.members.iter().enumerate() {
        let name = table_name(&member.statement).map_err(|violation| violation.in_transact_statement(place))?;
        let table = database.find_table(caller, &name);
        if table.is_some() {
            // Of a table that is there only (eu-west-2, 2026-09-17).
            execute_transaction::check_clauses(&member.statement)
                .map_err(|violation| violation.in_transact_statement(place))?;
        }
        tables.push(table);
    }
    if tables.iter().any(Option::is_none) {
        // Unlike in TransactWriteItems a missing table is a reason (us-east-1, 2026-10).
        return Err(cancelled(tables.iter().map(|table| table.is_none().then(not_found))));
    }
    let tables: Vec<Arc<Table>> = tables.into_iter().flatten().collect();
    match request.is_read {
        true => read_all(database, &request, &tables),
        false => write_all(database, caller, &request, &tables).await,
    }
}

fn not_found() -> CancellationReason {
    CancellationReason::new(CancellationCode::ResourceNotFound, Violation::TableNotFound.to_string())
}

async fn write_all(
    database: &Database,
    caller: &Caller,
    request: &ExecuteTransaction,
    tables: &[Arc<Table>],
) -> Answer {
    let (mut actions, mut reasons) = (Vec::with_capacity(tables.len()), Vec::with_capacity(tables.len()));
    for (place, (member, table)) in request.members.iter().zip(tables).enumerate() {
        match action(&table.peek().definition, member) {
            Ok(action) => {
                actions.push(action);
                reasons.push(None);
            }
            Err(violation) => reasons.push(Some(reason(violation, place)?)),
        }
    }
    // A key of the wrong type is reported alone (an emulator's captures, 2026).
    if reasons.iter().any(Option::is_some) {
        return Err(cancelled(reasons));
    }
    let mut targets = Vec::with_capacity(actions.len());
    for (action, table) in actions.iter().zip(tables) {
        let key = action.check(&table.peek().definition)?;
        targets.push(Ok(Target { table, key: RowKey::of_table(key) }));
    }
    transaction::check_distinct(&targets)?;
    let token = request.token.as_ref();
    let token = token.map(|token| transaction::token_use(database, caller, Operation::ExecuteTransaction, token));
    let mut missing = vec![false; actions.len()];
    let decide = |place: usize, row: &Row<'_>| {
        let action = actions.get(place).ok_or_else(|| Refusal::Request(ApiError::internal()))?;
        if let (Deed::Delete(_), Some(missing)) = (&action.deed, missing.get_mut(place)) {
            *missing = row.old.is_none() && has_more_conditions(request.members.get(place), action);
        }
        decide(action, row)
    };
    let outcome = transaction::run(database.store(), Transaction { targets, token }, decide).await;
    let outcome = outcome.map_err(|error| with_missing(error, &missing))?;
    let of_tables = ByTable::of(&actions, tables);
    Ok(answer::object(answer::SMALL_ANSWER_BYTES, |body| {
        body.member("Responses").array(|_| {});
        transact_write_items::write_consumed(body, request.consumed_capacity, &of_tables, &outcome);
    }))
}

fn action(definition: &TableDefinition, member: &Member) -> Result<Action, Violation> {
    let action = write(definition, &member.statement, member.return_old_on_failure)?;
    action.check(definition)?;
    Ok(action)
}

/// What is wrong about a key, or what only an item shows, cancels; everything else refuses the request.
fn reason(violation: Violation, place: usize) -> Result<CancellationReason, ApiError> {
    let cancels =
        |violation: Violation| Ok(CancellationReason::new(CancellationCode::ValidationError, violation.to_string()));
    match violation {
        // Whatever it is, and unlike elsewhere (eu-west-2, 2026-09-17).
        Violation::Statement(
            StatementViolation::KeyNotFixed
            | StatementViolation::KeyFixedTwice { .. }
            | StatementViolation::KeyDataType { .. }
            | StatementViolation::KeyValueType { .. },
        ) => cancels(ItemViolation::KeyMismatch.into()),
        Violation::Statement(_) | Violation::StatementText(_) | Violation::Item(ItemViolation::KeyUpdated { .. }) => {
            Err(violation.in_transact_statement(place).into())
        }
        violation if is_up_front(&violation) => Err(violation.in_transact_statement(place).into()),
        violation => cancels(violation),
    }
}

fn decide<'a>(action: &'a Action, row: &Row<'_>) -> Result<Change<'a>, Refusal> {
    if let (Deed::Put(_), Some(_)) = (&action.deed, row.old) {
        let message = StatementViolation::DuplicateItem.to_string();
        return Err(Refusal::Cancels(CancellationReason::new(CancellationCode::DuplicateItem, message)));
    }
    transact_write_items::decide(action, row)
}

fn has_more_conditions(member: Option<&Member>, action: &Action) -> bool {
    let Deed::Delete(delete) = &action.deed else { return false };
    match member.map(|member| &member.statement) {
        Some(Statement::Delete(written)) => written
            .filter
            .as_ref()
            .is_some_and(|filter| filter.attribute_names().any(|name| !delete.key.contains_key(name))),
        _ => false,
    }
}

/// A DELETE with a condition on an item that is not there does not cancel by itself, but is listed as failed when something
/// else does (an emulator's captures, 2026).
fn with_missing(error: ApiError, missing: &[bool]) -> ApiError {
    let ErrorDetail::CancellationReasons(mut reasons) = error.detail else { return error };
    for (reason, missing) in reasons.iter_mut().zip(missing) {
        if *missing && reason.code == CancellationCode::None {
            let message = crate::protocol::error::CONDITION_FAILED;
            *reason = CancellationReason::new(CancellationCode::ConditionalCheckFailed, message);
        }
    }
    ApiError::transaction_cancelled(reasons)
}

fn read_all(database: &Database, request: &ExecuteTransaction, tables: &[Arc<Table>]) -> Answer {
    let selects: Vec<&Select> = request.members.iter().filter_map(|member| select(&member.statement)).collect();
    let (mut targets, mut reasons) = (Vec::with_capacity(tables.len()), Vec::with_capacity(tables.len()));
    for (place, (select, table)) in selects.iter().zip(tables).enumerate() {
        match read_key(&table.peek().definition, select) {
            Ok(key) => {
                targets.push(Target { table, key });
                reasons.push(None);
            }
            Err(violation) => reasons.push(Some(reason(violation, place)?)),
        }
    }
    if reasons.iter().any(Option::is_some) {
        return Err(cancelled(reasons));
    }
    let targets: Vec<_> = targets.into_iter().map(Ok).collect();
    transaction::check_distinct(&targets)?;
    let targets: Vec<Target<'_>> = targets.into_iter().flatten().collect();
    check_conflicts(database, &targets)?;
    let stored = database.store().get_together(&targets)?;
    check_conflicts(database, &targets)?;
    let mut items = Vec::with_capacity(stored.len());
    for (value, table) in stored.iter().zip(tables) {
        let parse = |bytes| ItemView::parse(bytes).map_err(StoreError::corrupt_item(table.name.as_str()));
        items.push(value.as_deref().map(parse).transpose()?);
    }
    let bytes_sum: usize = items.iter().flatten().map(|item| item.size_bytes()).sum();
    if bytes_sum > TRANSACTION_BYTES_MAX {
        return Err(Violation::from(TransactionViolation::TooLarge).into());
    }
    Ok(answer::object(answer::SMALL_ANSWER_BYTES + 2 * bytes_sum, |body| {
        body.member("Responses").array(|responses| {
            for (select, item) in selects.iter().zip(&items) {
                responses.element().object(|response| {
                    if let Some(item) = item {
                        write_columns(response.member("Item"), *item, &select.columns);
                    }
                });
            }
        });
        let given = selects.iter().map(|select| &*select.source.table);
        write_read_consumed(body, request.consumed_capacity, given, tables, &items);
    }))
}

fn select(statement: &Statement) -> Option<&Select> {
    match statement {
        Statement::Select(select) => Some(select),
        Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_) | Statement::Exists(_) => None,
    }
}

/// A SELECT in a transaction names one item and says nothing else.
fn read_key(definition: &TableDefinition, select: &Select) -> Result<RowKey, Violation> {
    if let Columns::Unexpected(position) = &select.columns {
        return Err(StatementError::UnexpectedPath { position: *position }.into());
    }
    let key = single_item(definition, select)?;
    let key = key.ok_or(StatementViolation::SelectNeedsKey { operation: "ExecuteTransaction" })?;
    Ok(RowKey::of_table(key::check_key(&definition.key_schema, &key)?))
}
