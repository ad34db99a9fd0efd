//! BatchWriteItem

use std::sync::Arc;

use super::answer;
use super::database::{Answer, Database};
use super::write_answer::{has_local_index, settle, write_collection};
use crate::protocol::shapes::BatchWriteItemInput;
use crate::protocol::{ApiError, Operation};
use crate::service::Caller;
use crate::table::capacity::Consumed;
use crate::table::write::{Change, Effect, Target};
use crate::table::{RowKey, Table};
use crate::validation::batch_write_item::{self, BatchWrite};
use crate::validation::returns::ReturnConsumedCapacity;
use crate::validation::{item, key};
use crate::value::{AttributeValue, Item, encode_item};

/// One put or delete of the batch.
struct Write<'a> {
    /// Position of its table in the request.
    table: usize,
    partition: &'a AttributeValue,
    /// The item to put, encoded; `None` deletes.
    encoded: Option<Vec<u8>>,
}

pub(super) async fn execute(database: &Database, caller: &Caller, input: BatchWriteItemInput) -> Answer {
    let request = batch_write_item::validate(input, database.layer(Operation::BatchWriteItem, caller))?;
    let mut tables: Vec<Arc<Table>> = Vec::with_capacity(request.tables.len());
    for writes in &request.tables {
        tables.push(database.table(caller, &writes.table)?);
    }
    let (mut writes, mut targets) = (Vec::new(), Vec::new());
    for (position, (of_table, table)) in request.tables.iter().zip(&tables).enumerate() {
        let state = table.state();
        let definition = &state.definition;
        let mut keys: Vec<&Item> = Vec::with_capacity(of_table.writes.len());
        for write in &of_table.writes {
            let (given, key, encoded) = match write {
                BatchWrite::Put(item) => (item, item::check_batch_put(definition, item)?, Some(encode_item(item))),
                BatchWrite::Delete(key) => (key, key::check_key(&definition.key_schema, key)?, None),
            };
            keys.push(given);
            targets.push(Target { table, key: RowKey::of_table(key) });
            writes.push(Write { table: position, partition: key.partition, encoded });
        }
        key::check_distinct(&definition.key_schema, &keys)?;
    }
    // AWS promises each write by itself; here the batch is one transaction, which is cheaper and no less.
    let written = database.store().write(&targets, |_| {
        let changes = writes.iter().map(|write| match &write.encoded {
            Some(encoded) => Change::Put(encoded.into()),
            None => Change::Delete,
        });
        Ok::<_, ApiError>((changes.collect(), ()))
    })?;
    let ((), effects) = settle(written).await?;
    let mut collections = Vec::new();
    if request.report.item_collection_metrics {
        for (write, (target, effect)) in writes.iter().zip(targets.iter().zip(&effects)) {
            if has_local_index(&effect.state) {
                collections.push((write, effect, database.store().item_collection_bytes(&effect.state, &target.key)?));
            }
        }
    }
    Ok(answer::object(answer::SMALL_ANSWER_BYTES, |body| {
        body.member("UnprocessedItems").object(|_| {});
        if !collections.is_empty() {
            body.member("ItemCollectionMetrics").object(|out| {
                for (position, of_table) in request.tables.iter().enumerate() {
                    let mut of_table_collections =
                        collections.iter().filter(|(write, ..)| write.table == position).peekable();
                    if of_table_collections.peek().is_some() {
                        out.member(&of_table.given_name).array(|list| {
                            of_table_collections.for_each(|(write, effect, bytes)| {
                                write_collection(list.element(), &effect.state, write.partition, *bytes);
                            });
                        });
                    }
                }
            });
        }
        if request.report.consumed_capacity != ReturnConsumedCapacity::None {
            body.member("ConsumedCapacity").array(|out| {
                for (position, of_table) in request.tables.iter().enumerate() {
                    let consumed = consumed_by(position, &writes, &effects);
                    answer::write_consumed(
                        out.element(),
                        request.report.consumed_capacity,
                        &of_table.given_name,
                        &consumed,
                    );
                }
            });
        }
    }))
}

fn consumed_by(table: usize, writes: &[Write<'_>], effects: &[Effect]) -> Consumed {
    let mut consumed = Consumed::default();
    for (_, effect) in writes.iter().zip(effects).filter(|(write, _)| write.table == table) {
        consumed.add(&Consumed::of_write(effect));
    }
    consumed
}
