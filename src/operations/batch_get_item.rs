//! BatchGetItem

use std::sync::Arc;

use super::answer::{self, write_returned};
use super::database::{Answer, Database};
use crate::expression::Projection;
use crate::protocol::Operation;
use crate::protocol::encode::NumberSetOrder;
use crate::protocol::json::{ArrayWriter, ObjectWriter};
use crate::protocol::shapes::BatchGetItemInput;
use crate::service::Caller;
use crate::table::capacity::{Consumed, Units};
use crate::table::{RowKey, StoreError, Table, TableState};
use crate::validation::batch_get_item::{self, TableKeys};
use crate::validation::key;
use crate::validation::read::Returned;
use crate::validation::returns::ReturnConsumedCapacity;
use crate::value::{Item, ItemView};

/// What one answer holds at most, by the size of the items (service model: "up to 16 MB of data").
const ANSWER_ITEM_BYTES_MAX: usize = 16 * 1024 * 1024;

struct TableRead<'a> {
    keys: &'a TableKeys,
    table: Arc<Table>,
    state: Arc<TableState>,
    rows: Vec<RowKey>,
    returned: Returned<'a>,
    /// How many of the keys have been read; the rest is unprocessed.
    read_count: usize,
    consumed: Units,
}

pub(super) async fn execute(database: &Database, caller: &Caller, input: BatchGetItemInput) -> Answer {
    let request = batch_get_item::validate(input, database.layer(Operation::BatchGetItem, caller))?;
    let mut reads = Vec::with_capacity(request.tables.len());
    for keys in &request.tables {
        let table = database.table(caller, &keys.table)?;
        let returned = keys.projection.as_ref().map_or(Returned::Whole, Returned::Projected);
        reads.push(TableRead {
            keys,
            state: table.state(),
            table,
            rows: Vec::new(),
            returned,
            read_count: 0,
            consumed: Units::ZERO,
        });
    }
    for read in &mut reads {
        let schema = &read.state.definition.key_schema;
        for key in &read.keys.keys {
            read.rows.push(RowKey::of_table(key::check_key(schema, key)?));
        }
        key::check_paths(&read.state.definition, read.keys.projection.iter().flat_map(Projection::paths))?;
        key::check_distinct(schema, &read.keys.keys.iter().collect::<Vec<_>>())?;
    }
    let mut result = Ok(());
    let body = answer::object(answer::SMALL_ANSWER_BYTES, |body| {
        body.member("Responses").object(|responses| {
            let mut bytes = 0;
            for read in &mut reads {
                responses.member(&read.keys.given_name).array(|items| {
                    if result.is_ok() {
                        result = read_table(database, read, &mut bytes, items);
                    }
                });
            }
        });
        body.member("UnprocessedKeys").object(|unprocessed| {
            reads
                .iter()
                .filter(|read| read.read_count < read.rows.len())
                .for_each(|read| write_unprocessed(unprocessed, read));
        });
        if request.consumed_capacity != ReturnConsumedCapacity::None {
            body.member("ConsumedCapacity").array(|tables| {
                for read in &reads {
                    let consumed = Consumed::of_table(read.consumed);
                    answer::write_consumed(
                        tables.element(),
                        request.consumed_capacity,
                        &read.keys.given_name,
                        &consumed,
                    );
                }
            });
        }
    });
    result?;
    Ok(body)
}

/// Reads keys until all are read or the answer is full.
fn read_table(
    database: &Database,
    read: &mut TableRead<'_>,
    answer_bytes: &mut usize,
    items: &mut ArrayWriter<'_>,
) -> Result<(), StoreError> {
    for row in &read.rows {
        if *answer_bytes >= ANSWER_ITEM_BYTES_MAX {
            break;
        }
        let stored = database.store().get(&read.state, row)?;
        let item = match &stored {
            Some(bytes) => Some(ItemView::parse(bytes).map_err(StoreError::corrupt_item(read.table.name.as_str()))?),
            None => None,
        };
        *answer_bytes += item.map_or(0, |item| item.size_bytes());
        let billed_bytes = item.map_or(0, |item| read.state.billed_bytes(item));
        read.consumed += Units::read(billed_bytes, read.keys.consistent);
        read.read_count += 1;
        if let Some(item) = item {
            write_returned(items.element(), item, &read.returned, NumberSetOrder::ByValue);
        }
    }
    Ok(())
}

/// The rest of a table's keys, in a form that can be sent again as it is.
fn write_unprocessed(unprocessed: &mut ObjectWriter<'_>, read: &TableRead<'_>) {
    let echo = &read.keys.echo;
    unprocessed.member(&read.keys.given_name).object(|table| {
        table.member("Keys").array(|keys| {
            let rest = read.keys.keys.iter().skip(read.read_count);
            rest.for_each(|key: &Item| keys.element().item(key, NumberSetOrder::ByValue));
        });
        if let Some(expression) = &echo.projection_expression {
            table.member("ProjectionExpression").string(expression);
        }
        if let Some(names) = &echo.expression_attribute_names {
            table.member("ExpressionAttributeNames").object(|out| {
                names.iter().for_each(|(placeholder, name)| out.member(placeholder).string(name));
            });
        }
        if let Some(names) = &echo.attributes_to_get {
            table.member("AttributesToGet").array(|out| names.iter().for_each(|name| out.element().string(name)));
        }
        if let Some(consistent) = echo.consistent_read {
            table.member("ConsistentRead").boolean(consistent);
        }
    });
}
