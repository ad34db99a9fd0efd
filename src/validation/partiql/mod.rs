//! PartiQL statements against a request and a table: parameters and members, the key that a write fixes, what a SELECT reads.

mod bounds;
mod branches;
mod entry;
mod key;
mod lookups;
pub mod page_token;
mod parameters;
mod plan;
mod write;

pub use key::single_item;
pub use lookups::Reads;
pub use plan::{SelectPlan, index, plan};
pub use write::write;

pub(super) use parameters::{check_parameters_length, check_statement, sound_parameters};

use super::constraint::Members;
use super::table_name::{self, TableName};
use super::violation::Violation;
use crate::partiql::Statement;
use crate::value::AttributeValue;

/// Reads a statement whose parameters are sound.
pub(super) fn parse(text: &str, parameters: &[AttributeValue]) -> Result<Statement, Violation> {
    Ok(Statement::parse(text, parameters)?)
}

/// The table that a statement names.
pub fn table_name(statement: &Statement) -> Result<TableName, Violation> {
    let given = statement.table();
    let mut members = Members::new();
    if !table_name::is_arn(given) {
        table_name::check_characters(&mut members, given, "tableName");
    }
    members.finish()?;
    table_name::checked(Some(given.to_string()))
}

#[cfg(test)]
mod tests;
