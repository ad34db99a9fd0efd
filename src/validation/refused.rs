//! For tests: a request's way through both halves, and what it is refused with. The tables are `hash`, `range`, `num`, `bin`,
//! `indexed`, `multi` (a GSI of two and three key attributes), `vectors` and `provisioned`.

use super::*;
use crate::protocol::shapes::*;
use crate::protocol::{Operation, Shape, decode};

/// Each body with the message that us-east-1 refuses it with, or with "" where it is let through.
pub(super) fn assert_answers(operation: Operation, expected: &[(&str, &str)]) {
    assert_answers_in("us-east-1", operation, expected);
}

pub(super) fn assert_answers_in(region: &str, operation: Operation, expected: &[(&str, &str)]) {
    for (body, message) in expected {
        let answer = answer(operation, Layer::of(operation, region), body);
        let got = answer.err().map(|violation| violation.to_string()).unwrap_or_default();
        assert_eq!(got, *message, "{operation} in {region}: {}", &body[..body.len().min(400)]);
    }
}

/// A value nested in so many lists: `{"L":[{"L":[{"S":"leaf"}]}]}` for 2.
pub(super) fn nested(lists: usize) -> String {
    format!("{}{{\"S\":\"leaf\"}}{}", "{\"L\":[".repeat(lists), "]}".repeat(lists))
}

const KEYED: &str = r#"{"ProjectionType":"ALL"}"#;

fn definition_body(name: &str) -> Option<String> {
    let definitions = |given: &str| {
        let definition = |pair: &str| {
            let (name, kind) = pair.split_once(':').expect("name and type");
            format!(r#"{{"AttributeName":"{name}","AttributeType":"{kind}"}}"#)
        };
        given.split(' ').map(definition).collect::<Vec<_>>().join(",")
    };
    let keys = |given: &str| {
        let element = |pair: &str| {
            let (name, role) = pair.split_once('/').unwrap_or((pair, "HASH"));
            format!(r#"{{"AttributeName":"{name}","KeyType":"{role}"}}"#)
        };
        given.split(' ').map(element).collect::<Vec<_>>().join(",")
    };
    let index = |name: &str, key: &str, projection: &str| {
        format!(r#"{{"IndexName":"{name}","KeySchema":[{}],"Projection":{projection}}}"#, keys(key))
    };
    let keys_only = r#"{"ProjectionType":"KEYS_ONLY"}"#;
    let vector = r#""VectorIndexes":[{"IndexName":"vix","VectorAttribute":{"AttributeName":"emb"},"Dimensions":3,
        "DistanceFunction":"COSINE","Projection":{"ProjectionType":"ALL"},
        "SearchSchema":[{"AttributeName":"cat","SearchSchemaElementType":"HASH"}]}]"#;
    let (attributes, key, more) = match name {
        "hash" => ("pk:S", "pk", String::new()),
        "range" => ("pk:S sk:S", "pk sk/RANGE", String::new()),
        "num" => ("pk:S sk:N", "pk sk/RANGE", String::new()),
        "bin" => ("pk:S sk:B", "pk sk/RANGE", String::new()),
        "indexed" => (
            "pk:S sk:S ls:S gpk:S gsk:N",
            "pk sk/RANGE",
            format!(
                r#""LocalSecondaryIndexes":[{}],"GlobalSecondaryIndexes":[{},{}]"#,
                index("lsik", "pk ls/RANGE", keys_only),
                index("gsik", "gpk", keys_only),
                index("gsi", "gpk gsk/RANGE", KEYED),
            ),
        ),
        "multi" => (
            "pk:S h1:S h2:S r1:S r2:N r3:S",
            "pk",
            format!(r#""GlobalSecondaryIndexes":[{}]"#, index("multi", "h1 h2 r1/RANGE r2/RANGE r3/RANGE", KEYED)),
        ),
        "vectors" => ("pk:S cat:S", "pk", vector.to_string()),
        "provisioned" => ("pk:S", "pk", String::new()),
        _ => return None,
    };
    let billing = match name {
        "provisioned" => r#""ProvisionedThroughput":{"ReadCapacityUnits":3,"WriteCapacityUnits":4}"#,
        _ => r#""BillingMode":"PAY_PER_REQUEST""#,
    };
    let more = if more.is_empty() { more } else { format!(",{more}") };
    let (definitions, keys) = (definitions(attributes), keys(key));
    Some(format!(
        r#"{{"TableName":"{name}","AttributeDefinitions":[{definitions}],"KeySchema":[{keys}],{billing}{more}}}"#
    ))
}

pub(super) fn definition(name: &TableName) -> Result<TableDefinition, Violation> {
    let body = definition_body(name.as_str()).ok_or(Violation::TableNotFound)?;
    create_table::validate(read(&body), Layer::Older)
}

fn read<T: Shape>(body: &str) -> T {
    decode(body.as_bytes()).expect("a body that decodes")
}

fn answer(operation: Operation, layer: Layer, body: &str) -> Result<(), Violation> {
    match operation {
        Operation::PutItem => {
            let request = put_item::validate(read::<PutItemInput>(body), layer)?;
            put_item::check(&definition(&request.table)?, &request).map(drop)
        }
        Operation::GetItem => {
            let request = get_item::validate(read::<GetItemInput>(body), layer)?;
            get_item::check(&definition(&request.table)?, &request).map(drop)
        }
        Operation::DeleteItem => {
            let request = delete_item::validate(read::<DeleteItemInput>(body), layer)?;
            delete_item::check(&definition(&request.table)?, &request).map(drop)
        }
        Operation::UpdateItem => {
            let request = update_item::validate(read::<UpdateItemInput>(body), layer)?;
            let definition = definition(&request.table)?;
            item::check_update(&definition, &request)?;
            let Some(update) = &request.update else { return Ok(()) };
            let updated = update.apply(&request.key)?;
            item::check_updated(&definition, &request, &updated.item)
        }
        Operation::Query => {
            let request = query::validate(read::<QueryInput>(body), layer)?;
            query::resolve(&definition(&request.read.table)?, &request).map(drop)
        }
        Operation::Scan => {
            let request = scan::validate(read::<ScanInput>(body), layer)?;
            scan::resolve(&definition(&request.read.table)?, &request).map(drop)
        }
        Operation::BatchGetItem => batch_get(batch_get_item::validate(read::<BatchGetItemInput>(body), layer)?),
        Operation::BatchWriteItem => batch_write(batch_write_item::validate(read::<BatchWriteItemInput>(body), layer)?),
        Operation::TransactGetItems => {
            let request = transact_get_items::validate(read::<TransactGetItemsInput>(body), layer)?;
            request.gets.iter().try_for_each(|get| get.check(&definition(&get.table)?).map(drop))
        }
        Operation::TransactWriteItems => {
            let request = transact_write_items::validate(read::<TransactWriteItemsInput>(body), layer)?;
            request.actions.iter().try_for_each(|action| action.check(&definition(action.table())?).map(drop))
        }
        Operation::CreateTable => create_table::validate(read::<CreateTableInput>(body), layer).map(drop),
        Operation::UpdateTable => {
            let request = update_table::validate(read::<UpdateTableInput>(body), layer)?;
            update_table::apply(&request, &definition(&request.table)?, &[]).map(drop)
        }
        Operation::DeleteTable => delete_table::validate(read::<DeleteTableInput>(body), layer).map(drop),
        Operation::DescribeTable => describe_table::validate(read::<DescribeTableInput>(body), layer).map(drop),
        Operation::ListTables => list_tables::validate(read::<ListTablesInput>(body), layer).map(drop),
        other => panic!("{other} has no checks here"),
    }
}

fn batch_get(request: batch_get_item::BatchGetItem) -> Result<(), Violation> {
    for of_table in &request.tables {
        let schema = definition(&of_table.table)?.key_schema;
        of_table.keys.iter().try_for_each(|key| key::check_key(&schema, key).map(drop))?;
        key::check_distinct(&schema, &of_table.keys.iter().collect::<Vec<_>>())?;
    }
    Ok(())
}

fn batch_write(request: batch_write_item::BatchWriteItem) -> Result<(), Violation> {
    for of_table in &request.tables {
        let definition = definition(&of_table.table)?;
        let mut keys = Vec::new();
        for write in &of_table.writes {
            keys.push(match write {
                batch_write_item::BatchWrite::Put(item) => item::check_batch_put(&definition, item).map(|_| item)?,
                batch_write_item::BatchWrite::Delete(key) => {
                    key::check_key(&definition.key_schema, key).map(|_| key)?
                }
            });
        }
        key::check_distinct(&definition.key_schema, &keys)?;
    }
    Ok(())
}
