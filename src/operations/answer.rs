//! Parts that the answers of several operations share.

use crate::protocol::JsonWriter;
use crate::protocol::encode::NumberSetOrder;
use crate::protocol::json::ObjectWriter;
use crate::table::capacity::{Consumed, Units};
use crate::validation::read::Returned;
use crate::validation::returns::ReturnConsumedCapacity;
use crate::value::ItemView;

/// Room for an answer without items.
pub(super) const SMALL_ANSWER_BYTES: usize = 512;

pub(super) fn object(capacity_bytes: usize, write: impl FnOnce(&mut ObjectWriter<'_>)) -> Vec<u8> {
    let mut body = Vec::with_capacity(capacity_bytes);
    JsonWriter::new(&mut body).object(write);
    body
}

/// `ConsumedCapacity` of an operation on one table, where the request asks for it.
pub(super) fn write_consumed_capacity(
    body: &mut ObjectWriter<'_>,
    wanted: ReturnConsumedCapacity,
    table: &str,
    consumed: impl FnOnce() -> Consumed,
) {
    if wanted != ReturnConsumedCapacity::None {
        write_consumed(body.member("ConsumedCapacity"), wanted, table, &consumed());
    }
}

/// One `ConsumedCapacity` structure. Only TableName and CapacityUnits with TOTAL; INDEXES adds the arms that are not zero.
pub(super) fn write_consumed(out: JsonWriter<'_>, wanted: ReturnConsumedCapacity, table: &str, consumed: &Consumed) {
    write_metered(out, wanted, table, consumed, None);
}

/// What a transaction's units are for. Only transactions say so (aws-verified.md section 2).
#[derive(Clone, Copy)]
pub(super) enum Meter {
    Reads,
    Writes,
}

/// The same of a transaction.
pub(super) fn write_transaction_consumed(
    out: JsonWriter<'_>,
    wanted: ReturnConsumedCapacity,
    table: &str,
    consumed: &Consumed,
    meter: Meter,
) {
    write_metered(out, wanted, table, consumed, Some(meter));
}

fn write_metered(
    out: JsonWriter<'_>,
    wanted: ReturnConsumedCapacity,
    table: &str,
    consumed: &Consumed,
    meter: Option<Meter>,
) {
    out.object(|capacity| {
        capacity.member("TableName").string(table);
        write_units(capacity, consumed.total(), meter);
        if wanted != ReturnConsumedCapacity::Indexes {
            return;
        }
        capacity.member("Table").object(|arm| write_units(arm, consumed.table, meter));
        write_arms(capacity, "LocalSecondaryIndexes", &consumed.local_indexes, meter);
        write_arms(capacity, "GlobalSecondaryIndexes", &consumed.global_indexes, meter);
        if !consumed.vector_indexes.is_empty() {
            capacity.member("VectorIndexes").object(|arms| {
                for (name, bytes) in &consumed.vector_indexes {
                    arms.member(name).object(|arm| arm.member("VectorWriteRequestBytes").number(*bytes));
                }
            });
        }
    });
}

fn write_arms(capacity: &mut ObjectWriter<'_>, member: &str, arms: &[(String, Units)], meter: Option<Meter>) {
    if arms.is_empty() {
        return;
    }
    capacity.member(member).object(|out| {
        for (name, units) in arms {
            out.member(name).object(|arm| write_units(arm, *units, meter));
        }
    });
}

fn write_units(arm: &mut ObjectWriter<'_>, units: Units, meter: Option<Meter>) {
    arm.member("CapacityUnits").double(units.as_f64());
    match meter {
        Some(Meter::Reads) => arm.member("ReadCapacityUnits").double(units.as_f64()),
        Some(Meter::Writes) => arm.member("WriteCapacityUnits").double(units.as_f64()),
        None => {}
    }
}

/// One item of a page as the request wants to see it.
pub(super) fn write_returned(out: JsonWriter<'_>, item: ItemView<'_>, returned: &Returned<'_>, order: NumberSetOrder) {
    let projection = match returned {
        Returned::Count | Returned::Whole => return out.item_view(item, order),
        Returned::Projected(projection) => projection,
    };
    match projection.top_level_names() {
        Some(names) => out.object(|attributes| {
            for (name, value) in item.iter().filter(|(name, _)| names.iter().any(|wanted| wanted == name)) {
                attributes.member(name).value_view(value, order);
            }
        }),
        None => out.item(&projection.project(item), order),
    }
}
