//! PartiQL statements in few characters.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::execute_statement::builders::ExecuteStatementFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, BatchStatementRequest, ParameterizedStatement};

use crate::value::Item;

/// A statement whose parameters are `given`, for tests that want to say more.
pub fn statement(db: &Client, text: &str, given: &[AttributeValue]) -> ExecuteStatementFluentBuilder {
    db.execute_statement().statement(text).set_parameters(parameters(given))
}

/// Its items; a refusal ends the test.
pub async fn run(db: &Client, text: &str) -> Vec<Item> {
    run_with(db, text, &[]).await
}

pub async fn run_with(db: &Client, text: &str, given: &[AttributeValue]) -> Vec<Item> {
    let answer = statement(db, text, given).send().await;
    answer.unwrap_or_else(|error| panic!("{text}: {error:?}")).items.unwrap_or_default()
}

/// For BatchExecuteStatement.
pub fn member(text: &str, given: &[AttributeValue]) -> BatchStatementRequest {
    BatchStatementRequest::builder().statement(text).set_parameters(parameters(given)).build().unwrap()
}

/// For ExecuteTransaction.
pub fn action(text: &str, given: &[AttributeValue]) -> ParameterizedStatement {
    ParameterizedStatement::builder().statement(text).set_parameters(parameters(given)).build().unwrap()
}

/// An empty list of parameters is refused, as on AWS.
fn parameters(given: &[AttributeValue]) -> Option<Vec<AttributeValue>> {
    (!given.is_empty()).then(|| given.to_vec())
}
