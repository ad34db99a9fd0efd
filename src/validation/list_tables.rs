//! ListTables' request.

use super::constraint::Members;
use super::layer::Layer;
use super::table_name::check_resource_name;
use super::violation::Violation;
use crate::protocol::shapes::ListTablesInput;

#[derive(Debug, PartialEq, Eq)]
pub struct ListTables {
    /// Names after this one; it need not be a table.
    pub start_after: Option<String>,
    /// 1 to 100.
    pub limit: usize,
}

const LIMIT_MAX: i64 = 100;

pub fn validate(input: ListTablesInput, _layer: Layer) -> Result<ListTables, Violation> {
    let mut members = Members::new();
    if let Some(name) = &input.exclusive_start_table_name {
        check_resource_name(&mut members, name, "exclusiveStartTableName");
    }
    members.range(input.limit, "limit", 1, Some(LIMIT_MAX));
    members.finish()?;
    let limit = usize::try_from(input.limit.unwrap_or(LIMIT_MAX)).unwrap_or(LIMIT_MAX as usize);
    Ok(ListTables { start_after: input.exclusive_start_table_name, limit })
}
