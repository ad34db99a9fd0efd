//! Statements that write as the actions of a transaction, which are the single-item requests that they amount to.

use super::key::{checked_key, written_key};
use super::table_name;
use crate::expression::{Condition, Test};
use crate::partiql::Statement;
use crate::partiql::{Image, Returning};
use crate::validation::TableDefinition;
use crate::validation::delete_item::DeleteItem;
use crate::validation::put_item::PutItem;
use crate::validation::returns::{ReturnValues, WriteReport};
use crate::validation::transact_write_items::{Action, ConditionCheck, Deed};
use crate::validation::update_item::{UpdateItem, UpdateSizeRule};
use crate::validation::violation::{StatementViolation, Violation};
use crate::value::Path;

/// INSERT only makes items, UPDATE only changes them, and DELETE is content with what is not there, whatever else its WHERE
/// says (us-east-1, 2026-10).
pub fn write(
    definition: &TableDefinition,
    statement: &Statement,
    return_old_on_failure: bool,
) -> Result<Action, Violation> {
    let table = table_name(statement)?;
    let report = WriteReport::default();
    let key = |filter| written_key(&definition.key_schema, filter);
    let exists = definition.key_schema.partition.first().map(|attribute| Path::top_level(attribute.name.as_str()));
    let exists = exists.ok_or(StatementViolation::KeyNotFixed)?;
    let deed = match statement {
        Statement::Insert(insert) => {
            let condition = Some(Condition::of(Test::NotExists(exists)));
            Deed::Put(PutItem {
                table,
                item: insert.item.clone(),
                condition,
                return_old: false,
                return_old_on_failure,
                report,
            })
        }
        Statement::Update(update) => Deed::Update(UpdateItem {
            table,
            key: key(update.filter.as_ref())?,
            update: Some(update.changes.clone()),
            condition: Some(Condition::of(with(Test::All, Test::Exists(exists), update.filter.as_ref()))),
            size_rule: UpdateSizeRule::Item,
            return_values: return_values(update.returning),
            return_old_on_failure,
            report,
        }),
        Statement::Delete(delete) => Deed::Delete(DeleteItem {
            table,
            key: key(delete.filter.as_ref())?,
            condition: Some(Condition::of(with(Test::Any, Test::NotExists(exists), delete.filter.as_ref()))),
            return_old: delete.returning.is_some(),
            return_old_on_failure,
            report,
        }),
        Statement::Exists(select) | Statement::Select(select) => {
            let condition = select.filter.clone().filter(|_| select.source.index.is_none());
            let condition = condition.ok_or(StatementViolation::ExistsNeedsCondition)?;
            let key = match checked_key(&definition.key_schema, &condition)? {
                Some((key, true)) => key,
                Some((_, false)) | None => return Err(StatementViolation::ExistsNeedsCondition.into()),
            };
            Deed::Check(ConditionCheck { table, key, condition, return_old_on_failure })
        }
    };
    Ok(Action { given_table: statement.table().to_string(), deed })
}

fn with(join: fn(Vec<Test>) -> Test, test: Test, filter: Option<&Condition>) -> Test {
    match filter {
        Some(filter) => join(vec![test, filter.root().clone()]),
        None => test,
    }
}

fn return_values(returning: Option<Returning>) -> ReturnValues {
    match returning {
        None => ReturnValues::None,
        Some(Returning { modified: false, image: Image::Old }) => ReturnValues::AllOld,
        Some(Returning { modified: false, image: Image::New }) => ReturnValues::AllNew,
        Some(Returning { modified: true, image: Image::Old }) => ReturnValues::UpdatedOld,
        Some(Returning { modified: true, image: Image::New }) => ReturnValues::UpdatedNew,
    }
}
