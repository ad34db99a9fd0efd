//! BatchWriteItem's request.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::batch_get_item::{ECHO_BYTES_MAX, check_not_empty, is_table_name, shortened};
use super::constraint::{Broken, Constraint, Members};
use super::item;
use super::layer::Layer;
use super::returns::{self, WriteReport};
use super::table_name::{self, TableName};
use super::values::{self, Reading};
use super::violation::{BatchViolation, Violation};
use crate::protocol::shapes::{BatchWriteItemInput, WriteRequest};
use crate::value::{Given, Item, encode_item};

#[derive(Debug)]
pub struct BatchWriteItem {
    /// In the order of the request; at most 25 writes together.
    pub tables: Vec<TableWrites>,
    pub report: WriteReport,
}

#[derive(Debug)]
pub struct TableWrites {
    pub table: TableName,
    /// The name or ARN under which the request lists the table, and the answer too.
    pub given_name: String,
    pub writes: Vec<BatchWrite>,
}

#[derive(Debug)]
pub enum BatchWrite {
    Put(Item),
    Delete(Item),
}

pub const WRITES_MAX: usize = 25;

/// Order: an empty map; the enumerations; the lists' lengths and the names, alone; then each write's values, and the size of
/// what it puts. When the tables are known, `item::check_batch_put` and `key::check_key` go on, then
/// `key::check_distinct`.
pub fn validate(input: BatchWriteItemInput, layer: Layer) -> Result<BatchWriteItem, Violation> {
    let given = input.request_items.iter().flatten().flat_map(|(_, writes)| writes).filter_map(given_item);
    let layer = Reading::default().with_all(given).layer(layer);
    let mut members = Members::new();
    let report = WriteReport {
        consumed_capacity: returns::consumed_capacity(&mut members, input.return_consumed_capacity.as_deref()),
        item_collection_metrics: returns::item_collection_metrics(
            &mut members,
            input.return_item_collection_metrics.as_deref(),
        ),
    };
    members.require(&input.request_items, "requestItems");
    members.finish()?;
    check_not_empty(input.request_items.as_ref().map(Vec::len), "BatchWriteItem", layer)?;
    let items = input.request_items.unwrap_or_default();
    check_items(&items, layer)?;

    let tables = items.into_iter().map(|(given_name, writes)| {
        let table = table_name::checked(Some(given_name.clone()))?;
        let writes = writes.into_iter().map(|write| batch_write(write, layer)).collect::<Result<_, _>>()?;
        Ok(TableWrites { table, given_name, writes })
    });
    let tables: Vec<TableWrites> = tables.collect::<Result<_, Violation>>()?;
    if tables.iter().map(|table| table.writes.len()).sum::<usize>() > WRITES_MAX {
        return Err(BatchViolation::TooManyWrites.into());
    }
    Ok(BatchWriteItem { tables, report })
}

fn given_item(write: &WriteRequest) -> Option<&Given<Item>> {
    let put = write.put_request.as_ref().and_then(|put| put.item.as_ref());
    put.or_else(|| write.delete_request.as_ref().and_then(|delete| delete.key.as_ref()))
}

type Entry = (String, Vec<WriteRequest>);

fn check_items(items: &[Entry], layer: Layer) -> Result<(), Violation> {
    let mut members = Members::new();
    let misfits = |writes: &[WriteRequest]| writes.is_empty() || writes.len() > WRITES_MAX;
    if items.iter().any(|(name, _)| !is_table_name(name)) {
        members.add(Broken::echoed(java_echo(items), "requestItems", Constraint::TableNameKeys));
    }
    if layer.has_newer_members() {
        for (name, writes) in items.iter().filter(|(_, writes)| misfits(writes)) {
            let constraint =
                if writes.is_empty() { Constraint::LengthMin(1) } else { Constraint::LengthMax(WRITES_MAX) };
            members.add(Broken::unechoed(format!("RequestItems.{name}.member"), constraint));
        }
    } else if items.iter().any(|(_, writes)| misfits(writes)) {
        let lengths = Constraint::ListLengths { min: 1, max: WRITES_MAX };
        members.add(Broken::echoed(java_echo(items), "requestItems", lengths));
    }
    for (name, writes) in items {
        for (place, write) in writes.iter().enumerate() {
            let at = format!("requestItems.{name}.member.{}.member", place + 1);
            if write.put_request.as_ref().is_some_and(|put| put.item.is_none()) {
                members.add(Broken::null(format!("{at}.putRequest.item")));
            }
            if write.delete_request.as_ref().is_some_and(|delete| delete.key.is_none()) {
                members.add(Broken::null(format!("{at}.deleteRequest.key")));
            }
        }
    }
    members.finish()
}

fn batch_write(write: WriteRequest, layer: Layer) -> Result<BatchWrite, Violation> {
    let put = write.put_request.and_then(|put| put.item);
    let delete = write.delete_request.and_then(|delete| delete.key);
    match (put, delete) {
        (Some(given), None) => {
            let put = values::sound(given, layer)?;
            item::check_size(&put)?;
            Ok(BatchWrite::Put(put))
        }
        (None, Some(key)) => Ok(BatchWrite::Delete(values::sound(key, layer)?)),
        (None, None) | (Some(_), Some(_)) => Err(BatchViolation::NotOneWrite.into()),
    }
}

/// The map as Java prints it, in one of the two forms that AWS's hosts have (us-east-1, 2026-09-20): attribute values as
/// objects with a hash.
fn java_echo(items: &[Entry]) -> String {
    let mut out = String::from("{");
    for (place, (name, writes)) in items.iter().enumerate() {
        out.push_str(if place == 0 { "" } else { ", " });
        out.push_str(name);
        out.push_str("=[");
        for (place, write) in writes.iter().enumerate() {
            out.push_str(if place == 0 { "" } else { ", " });
            out.push_str(&java_write(write));
            if out.len() > ECHO_BYTES_MAX {
                break;
            }
        }
        out.push(']');
    }
    out.push('}');
    shortened(out)
}

fn java_write(write: &WriteRequest) -> String {
    let put = write.put_request.as_ref().and_then(|put| put.item.as_ref());
    let delete = write.delete_request.as_ref().and_then(|delete| delete.key.as_ref());
    let put = put.map(|item| format!("PutRequest(item={}, workloadProfileName=null)", java_item(&item.value)));
    let delete = delete.map(|key| format!("DeleteRequest(key={}, workloadProfileName=null)", java_item(&key.value)));
    let or_null = |text: Option<String>| text.unwrap_or_else(|| "null".to_string());
    format!("WriteRequest(putRequest={}, deleteRequest={})", or_null(put), or_null(delete))
}

/// `{pk=com.amazonaws.dynamodb.v20120810.AttributeValue@483470e1}`
pub(super) fn java_item(item: &Item) -> String {
    let mut out = String::from("{");
    for (place, (name, value)) in item.iter().enumerate() {
        if out.len() > ECHO_BYTES_MAX {
            break;
        }
        let separator = if place == 0 { "" } else { ", " };
        let mut hasher = DefaultHasher::new();
        encode_item(&Item::from_iter([(name.to_string(), value.clone())])).hash(&mut hasher);
        let hash = hasher.finish() as u32;
        out.push_str(&format!("{separator}{name}=com.amazonaws.dynamodb.v20120810.AttributeValue@{hash:x}"));
    }
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use crate::protocol::Operation::BatchWriteItem;
    use crate::validation::refused::{assert_answers, assert_answers_in};

    const LENGTHS: &str = "failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]";

    fn puts(count: usize) -> String {
        let puts: Vec<String> =
            (0..count).map(|key| format!(r#"{{"PutRequest":{{"Item":{{"pk":{{"S":"{key}"}}}}}}}}"#)).collect();
        format!(r#"{{"RequestItems":{{"hash":[{}]}}}}"#, puts.join(","))
    }

    #[test]
    fn twenty_five_writes() {
        let empty = format!("1 validation error detected: Value '{{hash=[]}}' at 'requestItems' {LENGTHS}");
        assert_answers(
            BatchWriteItem,
            &[
                (&puts(25), ""),
                (&puts(0), &empty),
                (r#"{"RequestItems":{}}"#, "The requestItems parameter is required for BatchWriteItem"),
            ],
        );
        assert_answers_in(
            "eu-north-1",
            BatchWriteItem,
            &[
                (
                    &puts(26),
                    "1 validation error detected: Value at 'RequestItems.hash.member' failed to satisfy constraint: Member must have length less than or equal to 25",
                ),
                (
                    r#"{"RequestItems":{}}"#,
                    "1 validation error detected: Value at 'RequestItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
                ),
                // Only the members have moved there: values are still the older layer's.
                (
                    r#"{"RequestItems":{"hash":[{"PutRequest":{"Item":{"pk":{"S":"a"},"n":{"N":""}}}}]}}"#,
                    "The parameter cannot be converted to a numeric value",
                ),
            ],
        );
    }

    #[test]
    fn enumerations_come_before_names() {
        assert_answers(
            BatchWriteItem,
            &[(
                r#"{"RequestItems":{"bad!name":[{"PutRequest":{"Item":{"pk":{"S":"a"}}}}]},"ReturnConsumedCapacity":"X","ReturnItemCollectionMetrics":"X"}"#,
                "2 validation errors detected: Value 'X' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; Value 'X' at 'returnItemCollectionMetrics' failed to satisfy constraint: Member must satisfy enum value set: [SIZE, NONE]",
            )],
        );
    }

    #[test]
    fn less_is_said_about_keys_than_by_put_item() {
        let put = |table: &str, item: &str| {
            format!(r#"{{"RequestItems":{{"{table}":[{{"PutRequest":{{"Item":{item}}}}}]}}}}"#)
        };
        assert_answers(
            BatchWriteItem,
            &[
                (&put("hash", r#"{"pk":{"N":"5"}}"#), "The provided key element does not match the schema"),
                (&put("range", r#"{"pk":{"S":"a"}}"#), "The provided key element does not match the schema"),
                (
                    &put("indexed", r#"{"pk":{"S":"a"},"sk":{"S":"b"},"gpk":{"N":"5"}}"#),
                    "One or more parameter values were invalid: Type mismatch for Index Key gpk Expected: S Actual: N IndexName: gsi",
                ),
                (
                    r#"{"RequestItems":{"hash":[{"PutRequest":{"Item":{"pk":{"S":"a"},"x":{"S":"x"}}}},{"DeleteRequest":{"Key":{"pk":{"S":"a"}}}}]}}"#,
                    "Provided list of item keys contains duplicates",
                ),
            ],
        );
    }

    #[test]
    fn an_echo_stays_small() {
        let many: Vec<String> = (0..20_000).map(|name| format!(r#""a{name}":{{"N":"1"}}"#)).collect();
        let body = format!(r#"{{"RequestItems":{{"b!":[{{"PutRequest":{{"Item":{{{}}}}}}}]}}}}"#, many.join(","));
        let input = crate::protocol::decode(body.as_bytes()).expect("decodes");
        let violation = super::validate(input, crate::validation::Layer::Older).expect_err("the name is refused");
        assert!(violation.to_string().len() < 2 * super::ECHO_BYTES_MAX);
    }
}
