//! ExecuteTransaction's request.

use super::constraint::{Broken, Constraint, Members, required};
use super::layer::Layer;
use super::partiql::{check_parameters_length, check_statement, parse, sound_parameters};
use super::request_digest::Digester;
use super::returns::{self, ReturnConsumedCapacity};
use super::transact_write_items::{Token, check_token};
use super::violation::{StatementViolation, Violation};
use crate::partiql::Statement;
use crate::protocol::shapes::{ExecuteTransactionInput, ParameterizedStatement};
use crate::value::{AttributeValue, Item};

const STATEMENTS_MAX: usize = 100;

#[derive(Debug)]
pub struct ExecuteTransaction {
    /// In the order of the request, 1 to 100, all of them reads or none.
    pub members: Vec<Member>,
    pub is_read: bool,
    pub token: Option<Token>,
    pub consumed_capacity: ReturnConsumedCapacity,
}

#[derive(Debug)]
pub struct Member {
    pub statement: Statement,
    /// `ReturnValuesOnConditionCheckFailure: ALL_OLD`
    pub return_old_on_failure: bool,
}

/// Order: members of the request; all parameters; the statements one after the other; reads and writes together. When it is
/// known which tables there are, [`check_clauses`] goes on.
pub fn validate(input: ExecuteTransactionInput) -> Result<ExecuteTransaction, Violation> {
    let mut members = Members::new();
    check_token(&mut members, input.client_request_token.as_deref(), Layer::Older);
    let consumed_capacity = returns::consumed_capacity(&mut members, input.return_consumed_capacity.as_deref());
    let given = input.transact_statements.as_deref();
    members.require(&given, "transactStatements");
    let count = given.map_or(0, <[_]>::len);
    if given.is_some() && count == 0 {
        members.add(Broken::echoed("[]", "transactStatements", Constraint::LengthMin(1)));
    }
    if count > STATEMENTS_MAX {
        let echo = format!("[{count} statements]");
        members.add(Broken::echoed(echo, "transactStatements", Constraint::LengthMax(STATEMENTS_MAX)));
    }
    let mut return_old_on_failure = Vec::with_capacity(count);
    for (place, statement) in given.unwrap_or_default().iter().enumerate() {
        let at = |member: &str| format!("transactStatements.{}.member.{member}", place + 1);
        check_statement(&mut members, statement.statement.as_deref(), &at("statement"));
        check_parameters_length(&mut members, statement.parameters.as_deref(), &at("parameters"));
        let on_failure = statement.return_values_on_condition_check_failure.as_deref();
        return_old_on_failure.push(returns::on_condition_check_failure(&mut members, on_failure));
    }
    members.finish()?;

    let given = required(input.transact_statements, "transactStatements")?;
    let parameters: Vec<_> =
        given.iter().map(|statement| sound_parameters(statement.parameters.as_deref())).collect::<Result<_, _>>()?;
    let mut members = Vec::with_capacity(count);
    for (place, ((statement, parameters), return_old_on_failure)) in
        given.iter().zip(&parameters).zip(&return_old_on_failure).enumerate()
    {
        let text = statement.statement.as_deref().unwrap_or_default();
        let statement = parse(text, parameters).map_err(|violation| violation.in_transact_statement(place))?;
        members.push(Member { statement, return_old_on_failure: *return_old_on_failure });
    }
    let is_read = members.first().is_some_and(|member| member.statement.is_read());
    if members.iter().any(|member| member.statement.is_read() != is_read) {
        return Err(StatementViolation::MixedTransaction.into());
    }
    let digest = || digest(&given, &parameters, &return_old_on_failure);
    let token = input.client_request_token.map(|text| Token { text, digest: digest() });
    Ok(ExecuteTransaction { members, is_read, token, consumed_capacity })
}

/// What a statement may not say in a transaction, whichever its table is.
pub fn check_clauses(statement: &Statement) -> Result<(), Violation> {
    if statement.returning().is_some() {
        return Err(StatementViolation::ReturningInTransaction.into());
    }
    match statement {
        Statement::Select(select) | Statement::Exists(select) if select.source.index.is_some() => {
            Err(StatementViolation::IndexInTransaction.into())
        }
        _ => Ok(()),
    }
}

/// What is returned on failure takes part, absent being NONE (aws-verified.md section 8).
fn digest(
    given: &[ParameterizedStatement],
    parameters: &[Vec<AttributeValue>],
    return_old_on_failure: &[bool],
) -> super::request_digest::RequestDigest {
    let mut digest = Digester::default();
    digest.count(given.len());
    for ((statement, parameters), flag) in given.iter().zip(parameters).zip(return_old_on_failure) {
        digest.text(statement.statement.as_deref().unwrap_or_default());
        digest.count(parameters.len());
        for parameter in parameters {
            digest.item(&[(String::new(), parameter.clone())].into_iter().collect::<Item>());
        }
        digest.flag(*flag);
    }
    digest.finish()
}
