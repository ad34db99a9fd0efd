//! BatchExecuteStatement's request.

use super::constraint::{Broken, Constraint, Members, required};
use super::partiql::{check_parameters_length, check_statement, parse, sound_parameters};
use super::returns::{self, ReturnConsumedCapacity};
use super::violation::{StatementViolation, Violation};
use crate::partiql::Statement;
use crate::protocol::shapes::{BatchExecuteStatementInput, BatchStatementRequest};

const STATEMENTS_MAX: usize = 25;

#[derive(Debug)]
pub struct BatchExecuteStatement {
    /// In the order of the request, 1 to 25: a statement, or why it cannot be carried out.
    pub members: Vec<Result<Member, Violation>>,
    pub consumed_capacity: ReturnConsumedCapacity,
}

#[derive(Debug)]
pub struct Member {
    pub statement: Statement,
    pub consistent: bool,
    /// `ReturnValuesOnConditionCheckFailure: ALL_OLD`
    pub return_old_on_failure: bool,
}

/// Order: members of the request; each statement by itself; reads and writes together. A statement that is refused by itself
/// takes no part in the last.
pub fn validate(input: BatchExecuteStatementInput) -> Result<BatchExecuteStatement, Violation> {
    let mut members = Members::new();
    let consumed_capacity = returns::consumed_capacity(&mut members, input.return_consumed_capacity.as_deref());
    let given = input.statements.as_deref();
    members.require(&given, "statements");
    let count = given.map_or(0, <[_]>::len);
    if given.is_some() && count == 0 {
        members.add(Broken::echoed("[]", "statements", Constraint::LengthMin(1)));
    }
    if count > STATEMENTS_MAX {
        members.add(Broken::echoed(
            format!("[{count} statements]"),
            "statements",
            Constraint::LengthMax(STATEMENTS_MAX),
        ));
    }
    let mut return_old_on_failure = Vec::with_capacity(count);
    for (place, statement) in given.unwrap_or_default().iter().enumerate() {
        let at = |member: &str| format!("statements.{}.member.{member}", place + 1);
        check_statement(&mut members, statement.statement.as_deref(), &at("statement"));
        check_parameters_length(&mut members, statement.parameters.as_deref(), &at("parameters"));
        let on_failure = statement.return_values_on_condition_check_failure.as_deref();
        return_old_on_failure.push(returns::on_condition_check_failure(&mut members, on_failure));
    }
    members.finish()?;

    let given = required(input.statements, "statements")?.into_iter().zip(return_old_on_failure);
    let members: Vec<_> = given.map(|(given, on_failure)| member(given, on_failure)).collect();
    let mut sound = members.iter().flatten().map(|member| member.statement.is_read());
    if let Some(first) = sound.next()
        && sound.any(|other| other != first)
    {
        return Err(StatementViolation::MixedBatch.into());
    }
    Ok(BatchExecuteStatement { members, consumed_capacity })
}

fn member(given: BatchStatementRequest, return_old_on_failure: bool) -> Result<Member, Violation> {
    let parameters = sound_parameters(given.parameters.as_deref())?;
    let statement = parse(&given.statement.unwrap_or_default(), &parameters)?;
    if let Statement::Exists(_) = statement {
        return Err(StatementViolation::ExistsOutsideTransaction.into());
    }
    Ok(Member { statement, consistent: given.consistent_read.unwrap_or(false), return_old_on_failure })
}
