//! `TableDescription`: what CreateTable, DescribeTable, UpdateTable and DeleteTable answer.

use crate::protocol::JsonWriter;
use crate::protocol::json::{ArrayWriter, ObjectWriter};
use crate::service::Caller;
use crate::table::{IndexKind, IndexState, IndexStatus, Table, TableState, VectorIndexState};
use crate::validation::KeySchema;
use crate::validation::table_definition::{
    BillingMode, DistanceFunction, GlobalIndex, IndexProjection, OnDemandThroughput, SearchRole, SseSpecification,
    SseType, StreamViewType, TableClass, Throughput, VectorIndex, WarmThroughput,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TableStatus {
    Creating,
    Active,
    Updating,
    Deleting,
}

/// What AWS keeps warm for an on-demand table for which nothing else is asked (developer guide, warm throughput).
const ON_DEMAND_WARM: (u64, u64) = (12_000, 4_000);

impl TableStatus {
    pub(super) fn of(state: &TableState) -> TableStatus {
        if state.is_updating() { TableStatus::Updating } else { TableStatus::Active }
    }

    fn as_str(self) -> &'static str {
        match self {
            TableStatus::Creating => "CREATING",
            TableStatus::Active => "ACTIVE",
            TableStatus::Updating => "UPDATING",
            TableStatus::Deleting => "DELETING",
        }
    }
}

/// The ARN of a table, in the Region of who asks.
pub(super) fn table_arn(caller: &Caller, table: &str) -> String {
    format!("arn:aws:dynamodb:{}:{}:table/{table}", caller.region, caller.account_id)
}

pub(super) fn write(out: JsonWriter<'_>, caller: &Caller, table: &Table, state: &TableState, status: TableStatus) {
    let arn = table_arn(caller, table.name.as_str());
    let definition = &state.definition;
    out.object(|description| {
        description.member("AttributeDefinitions").array(|list| {
            for attribute in &definition.attribute_definitions {
                list.element().object(|out| {
                    out.member("AttributeName").string(&attribute.name);
                    out.member("AttributeType").string(attribute.kind.as_str());
                });
            }
        });
        description.member("TableName").string(table.name.as_str());
        write_key_schema(description, &definition.key_schema);
        description.member("TableStatus").string(status.as_str());
        description.member("CreationDateTime").epoch_millis(table.created_at_millis);
        write_throughput(description, definition.throughput, Some(state));
        description.member("TableSizeBytes").number(table.statistics.size_bytes());
        description.member("ItemCount").number(table.statistics.item_count());
        description.member("TableArn").string(&arn);
        description.member("TableId").string(&table.id);
        write_billing(description, state);
        write_indexes(description, state, &arn, status);
        write_vector_indexes(description, state, &arn, status);
        write_stream(description, state, &arn);
        write_sse(description, definition.sse.as_ref(), caller);
        write_table_class(description, state);
        description.member("DeletionProtectionEnabled").boolean(definition.deletion_protection);
        write_on_demand(description, definition.on_demand_throughput);
        let warm = definition.warm_throughput.unwrap_or_default();
        write_warm(description, warm, definition.billing_mode, definition.throughput, status.as_str());
    });
}

pub(super) fn write_key_schema(out: &mut ObjectWriter<'_>, schema: &KeySchema) {
    out.member("KeySchema").array(|list| {
        let mut write = |name: &str, role: &str| {
            list.element().object(|element| {
                element.member("AttributeName").string(name);
                element.member("KeyType").string(role);
            });
        };
        schema.partition.iter().for_each(|attribute| write(&attribute.name, "HASH"));
        schema.sort.iter().for_each(|attribute| write(&attribute.name, "RANGE"));
    });
}

/// `times` only for the table itself: the dates of an index are not kept.
fn write_throughput(out: &mut ObjectWriter<'_>, throughput: Throughput, times: Option<&TableState>) {
    out.member("ProvisionedThroughput").object(|out| {
        if let Some(at) = times.and_then(|state| state.times.throughput_increased) {
            out.member("LastIncreaseDateTime").epoch_millis(at);
        }
        if let Some(at) = times.and_then(|state| state.times.throughput_decreased) {
            out.member("LastDecreaseDateTime").epoch_millis(at);
        }
        out.member("NumberOfDecreasesToday").number(0);
        out.member("ReadCapacityUnits").number(throughput.read_units);
        out.member("WriteCapacityUnits").number(throughput.write_units);
    });
}

/// A table that was never on-demand has no summary.
fn write_billing(out: &mut ObjectWriter<'_>, state: &TableState) {
    if let Some(since) = state.times.on_demand_since {
        out.member("BillingModeSummary").object(|out| {
            out.member("BillingMode").string(match state.definition.billing_mode {
                BillingMode::Provisioned => "PROVISIONED",
                BillingMode::PayPerRequest => "PAY_PER_REQUEST",
            });
            out.member("LastUpdateToPayPerRequestDateTime").epoch_millis(since);
        });
    }
}

fn write_indexes(out: &mut ObjectWriter<'_>, state: &TableState, arn: &str, table_status: TableStatus) {
    for (kind, member) in [(IndexKind::Local, "LocalSecondaryIndexes"), (IndexKind::Global, "GlobalSecondaryIndexes")] {
        if state.indexes.iter().any(|index| index.kind == kind) {
            out.member(member).array(|list| {
                for index in state.indexes.iter().filter(|index| index.kind == kind) {
                    write_index(list, state, index, arn, table_status);
                }
            });
        }
    }
}

fn write_index(
    list: &mut ArrayWriter<'_>,
    state: &TableState,
    index: &IndexState,
    arn: &str,
    table_status: TableStatus,
) {
    list.element().object(|out| {
        out.member("IndexName").string(&index.name);
        write_key_schema(out, &index.key_schema);
        write_projection(out, &index.projection);
        if index.kind == IndexKind::Global {
            let status = write_index_status(out, index.status, table_status);
            let definition: Option<&GlobalIndex> =
                state.definition.global_indexes.iter().find(|definition| definition.name == index.name);
            let throughput = definition.map(|definition| definition.throughput).unwrap_or_default();
            write_throughput(out, throughput, None);
            write_on_demand(out, definition.and_then(|definition| definition.on_demand_throughput));
            let warm = definition.and_then(|definition| definition.warm_throughput).unwrap_or_default();
            write_warm(out, warm, state.definition.billing_mode, throughput, status);
        }
        out.member("IndexSizeBytes").number(index.statistics.size_bytes());
        out.member("ItemCount").number(index.statistics.item_count());
        out.member("IndexArn").string(&format!("{arn}/index/{}", index.name));
    });
}

/// Indexes that come or go with their table share its status. `Backfilling` is there only while an index is added to a table
/// (aws-verified.md section 6).
fn write_index_status(out: &mut ObjectWriter<'_>, status: IndexStatus, table_status: TableStatus) -> &'static str {
    let text = match (table_status, status) {
        (TableStatus::Deleting, _) | (_, IndexStatus::Deleting) => "DELETING",
        (TableStatus::Creating, _) | (_, IndexStatus::Creating { .. }) => "CREATING",
        (_, IndexStatus::Active) => "ACTIVE",
    };
    out.member("IndexStatus").string(text);
    if let IndexStatus::Creating { backfilling } = status {
        out.member("Backfilling").boolean(backfilling);
    }
    text
}

fn write_projection(out: &mut ObjectWriter<'_>, projection: &IndexProjection) {
    out.member("Projection").object(|out| match projection {
        IndexProjection::All => out.member("ProjectionType").string("ALL"),
        IndexProjection::KeysOnly => out.member("ProjectionType").string("KEYS_ONLY"),
        IndexProjection::Include(names) => {
            out.member("ProjectionType").string("INCLUDE");
            out.member("NonKeyAttributes").array(|list| names.iter().for_each(|name| list.element().string(name)));
        }
    });
}

fn write_vector_indexes(out: &mut ObjectWriter<'_>, state: &TableState, arn: &str, table_status: TableStatus) {
    if state.vector_indexes.is_empty() {
        return;
    }
    out.member("VectorIndexes").array(|list| {
        for index in &state.vector_indexes {
            let definition = state.definition.vector_indexes.iter().find(|definition| definition.name == index.name);
            if let Some(definition) = definition {
                write_vector_index(list, definition, index, arn, table_status);
            }
        }
    });
}

fn write_vector_index(
    list: &mut ArrayWriter<'_>,
    definition: &VectorIndex,
    index: &VectorIndexState,
    arn: &str,
    table_status: TableStatus,
) {
    list.element().object(|out| {
        out.member("IndexName").string(&definition.name);
        if !definition.search_schema.is_empty() {
            out.member("SearchSchema").array(|elements| {
                for element in &definition.search_schema {
                    elements.element().object(|out| {
                        out.member("AttributeName").string(&element.name);
                        out.member("SearchSchemaElementType").string(match element.role {
                            SearchRole::Hash => "HASH",
                            SearchRole::InlineFilter => "INLINE_FILTER",
                        });
                    });
                }
            });
        }
        write_projection(out, &definition.projection);
        out.member("VectorAttribute").object(|out| out.member("AttributeName").string(&definition.attribute));
        out.member("Dimensions").number(definition.dimensions);
        out.member("DistanceFunction").string(match definition.distance {
            DistanceFunction::Cosine => "COSINE",
            DistanceFunction::Euclidean => "EUCLIDEAN",
            DistanceFunction::DotProduct => "DOT_PRODUCT",
        });
        write_index_status(out, index.status, table_status);
        out.member("IndexSizeBytes").number(0);
        out.member("ItemCount").number(0);
        out.member("IndexArn").string(&format!("{arn}/index/{}", definition.name));
    });
}

/// The name of the last stream stays when it is disabled (us-west-2, 2026-10).
fn write_stream(out: &mut ObjectWriter<'_>, state: &TableState, arn: &str) {
    let Some(since) = state.times.stream_enabled else { return };
    if let Some(view) = state.definition.stream {
        out.member("StreamSpecification").object(|out| {
            out.member("StreamEnabled").boolean(true);
            out.member("StreamViewType").string(stream_view_name(view));
        });
    }
    let label = stream_label(since);
    out.member("LatestStreamLabel").string(&label);
    out.member("LatestStreamArn").string(&format!("{arn}/stream/{label}"));
}

pub(super) fn stream_view_name(view: StreamViewType) -> &'static str {
    match view {
        StreamViewType::KeysOnly => "KEYS_ONLY",
        StreamViewType::NewImage => "NEW_IMAGE",
        StreamViewType::OldImage => "OLD_IMAGE",
        StreamViewType::NewAndOldImages => "NEW_AND_OLD_IMAGES",
    }
}

/// The ARN of a stream, in the Region of who asks.
pub(super) fn stream_arn(caller: &Caller, table: &str, created_millis: u64) -> String {
    format!("{}/stream/{}", table_arn(caller, table), stream_label(created_millis))
}

/// A stream is named by the moment in which it was enabled: `2026-11-21T14:36:21.123`.
pub(super) fn stream_label(millis: u64) -> String {
    let (days, of_day) = (millis / 86_400_000, millis % 86_400_000);
    let (year, month, day) = civil_date(days);
    let (seconds, millis) = (of_day / 1000, of_day % 1000);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{millis:03}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// Year, month and day of a day since 1970 in the Gregorian calendar, by its eras of 400 years (Hinnant, "chrono-compatible
/// low-level date algorithms").
fn civil_date(days_since_1970: u64) -> (u64, u64, u64) {
    let days = days_since_1970 + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

fn write_sse(out: &mut ObjectWriter<'_>, sse: Option<&SseSpecification>, caller: &Caller) {
    let Some(sse) = sse.filter(|sse| sse.enabled) else { return };
    out.member("SSEDescription").object(|out| {
        out.member("Status").string("ENABLED");
        match sse.kind {
            SseType::Aes256 => out.member("SSEType").string("AES256"),
            SseType::Kms => {
                out.member("SSEType").string("KMS");
                let key = sse.kms_key.as_deref().unwrap_or("alias/aws/dynamodb");
                let arn = match key.starts_with("arn:") {
                    true => key.to_string(),
                    false => format!("arn:aws:kms:{}:{}:{}", caller.region, caller.account_id, kms_resource(key)),
                };
                out.member("KMSMasterKeyArn").string(&arn);
            }
        }
    });
}

fn kms_resource(key: &str) -> String {
    if key.starts_with("alias/") { key.to_string() } else { format!("key/{key}") }
}

/// Absent for a standard table that never was anything else.
fn write_table_class(out: &mut ObjectWriter<'_>, state: &TableState) {
    let class = state.definition.table_class;
    if class == TableClass::Standard && state.times.table_class_changed.is_none() {
        return;
    }
    out.member("TableClassSummary").object(|out| {
        out.member("TableClass").string(match class {
            TableClass::Standard => "STANDARD",
            TableClass::StandardInfrequentAccess => "STANDARD_INFREQUENT_ACCESS",
        });
        if let Some(at) = state.times.table_class_changed {
            out.member("LastUpdateDateTime").epoch_millis(at);
        }
    });
}

fn write_on_demand(out: &mut ObjectWriter<'_>, throughput: Option<OnDemandThroughput>) {
    let Some(throughput) = throughput else { return };
    out.member("OnDemandThroughput").object(|out| {
        if let Some(units) = throughput.read_request_units_max {
            out.member("MaxReadRequestUnits").number(units);
        }
        if let Some(units) = throughput.write_request_units_max {
            out.member("MaxWriteRequestUnits").number(units);
        }
    });
}

fn write_warm(
    out: &mut ObjectWriter<'_>,
    warm: WarmThroughput,
    billing: BillingMode,
    throughput: Throughput,
    status: &str,
) {
    let (read, write) = match billing {
        BillingMode::PayPerRequest => ON_DEMAND_WARM,
        BillingMode::Provisioned => (throughput.read_units, throughput.write_units),
    };
    out.member("WarmThroughput").object(|out| {
        out.member("ReadUnitsPerSecond").number(warm.read_units_per_second.unwrap_or(read));
        out.member("WriteUnitsPerSecond").number(warm.write_units_per_second.unwrap_or(write));
        out.member("Status").string(status);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_named_by_its_moment() {
        for (millis, label) in [
            (0, "1970-01-01T00:00:00.000"),
            (951_782_400_000, "2000-02-29T00:00:00.000"),
            (1_431_379_293_291, "2015-05-11T21:21:33.291"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000"),
        ] {
            assert_eq!(stream_label(millis), label);
        }
    }
}
