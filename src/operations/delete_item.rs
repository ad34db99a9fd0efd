//! DeleteItem

use super::database::{Answer, Database};
use super::write_answer::{self, check_condition};
use crate::protocol::Operation;
use crate::protocol::shapes::DeleteItemInput;
use crate::service::Caller;
use crate::table::RowKey;
use crate::table::write::{Change, Target};
use crate::validation::delete_item;

pub(super) async fn execute(database: &Database, caller: &Caller, input: DeleteItemInput) -> Answer {
    let request = delete_item::validate(input, database.layer(Operation::DeleteItem, caller))?;
    let table = database.table(caller, &request.table)?;
    let state = table.state();
    let key = delete_item::check(&state.definition, &request)?;
    let target = Target { table: &table, key: RowKey::of_table(key) };
    let written = database.store().write(std::slice::from_ref(&target), |rows| {
        let [row] = rows else { return Ok((Vec::new(), None)) };
        check_condition(request.condition.as_ref(), row, request.return_old_on_failure)?;
        let old = row.old.filter(|_| request.return_old).map(|old| old.to_item());
        Ok((vec![Change::Delete], old))
    })?;
    let (old, effects) = write_answer::settle(written).await?;
    write_answer::write(database.store(), &target, key.partition, old.as_ref(), &effects, &request.report)
}
