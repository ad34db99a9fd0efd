//! ExecuteStatement's request.

use super::constraint::{Broken, Constraint, Members};
use super::layer::Layer;
use super::partiql::page_token::Binding;
use super::partiql::{check_parameters_length, check_statement, parse, sound_parameters};
use super::read;
use super::returns::{self, ReturnConsumedCapacity};
use super::violation::{StatementViolation, Violation};
use crate::partiql::Statement;
use crate::protocol::shapes::ExecuteStatementInput;

#[derive(Debug)]
pub struct ExecuteStatement {
    pub statement: Statement,
    pub consistent: bool,
    /// At least 1.
    pub limit: Option<u32>,
    pub next_token: Option<String>,
    /// What a `NextToken` of this request has to be made for.
    pub binding: Binding,
    pub consumed_capacity: ReturnConsumedCapacity,
    /// `ReturnValuesOnConditionCheckFailure: ALL_OLD`
    pub return_old_on_failure: bool,
}

/// Order: members; parameters; the statement. `partiql::plan` and `partiql::write` go on when the table is known.
pub fn validate(input: ExecuteStatementInput) -> Result<ExecuteStatement, Violation> {
    let mut members = Members::new();
    let consumed_capacity = returns::consumed_capacity(&mut members, input.return_consumed_capacity.as_deref());
    check_statement(&mut members, input.statement.as_deref(), "statement");
    check_parameters_length(&mut members, input.parameters.as_deref(), "parameters");
    if input.next_token.as_deref() == Some("") {
        members.add(Broken::echoed("", "nextToken", Constraint::LengthMin(1)));
    }
    read::check_limit(&mut members, input.limit, Layer::Older);
    let on_failure = input.return_values_on_condition_check_failure.as_deref();
    let return_old_on_failure = returns::on_condition_check_failure(&mut members, on_failure);
    members.finish()?;

    let text = input.statement.unwrap_or_default();
    let parameters = sound_parameters(input.parameters.as_deref())?;
    let statement = parse(&text, &parameters)?;
    if let Statement::Exists(_) = statement {
        return Err(StatementViolation::ExistsOutsideTransaction.into());
    }
    Ok(ExecuteStatement {
        statement,
        consistent: input.consistent_read.unwrap_or(false),
        limit: input.limit.and_then(|limit| u32::try_from(limit).ok()),
        next_token: input.next_token,
        binding: Binding::new(&text, input.parameters.as_deref().unwrap_or_default()),
        consumed_capacity,
        return_old_on_failure,
    })
}
