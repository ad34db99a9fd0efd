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

#[cfg(test)]
mod tests {
    use crate::protocol::Operation::{DeleteTable, DescribeTable, ListTables};
    use crate::validation::refused::assert_answers;

    #[test]
    fn names_and_limits_have_bounds() {
        assert_answers(
            ListTables,
            &[
                ("{}", ""),
                (
                    r#"{"ExclusiveStartTableName":"a;","Limit":101}"#,
                    "3 validation errors detected: Value 'a;' at 'exclusiveStartTableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value 'a;' at 'exclusiveStartTableName' failed to satisfy constraint: Member must have length greater than or equal to 3; Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100",
                ),
                (
                    r#"{"Limit":0}"#,
                    "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
                ),
            ],
        );
    }

    #[test]
    fn a_table_is_named() {
        for operation in [DeleteTable, DescribeTable] {
            assert_answers(
                operation,
                &[
                    ("{}", "The parameter 'TableName' is required but was not present in the request"),
                    (r#"{"TableName":"abc"}"#, ""),
                    (
                        r#"{"TableName":"abc;"}"#,
                        "1 validation error detected: Value 'abc;' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
                    ),
                ],
            );
        }
    }
}
