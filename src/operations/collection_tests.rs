//! Tables with local indexes through the database: the bounds of pages that fetch items, and of item collections.

use kstone_engine::{Key, WriteBatch};
use serde_json::{Value, json};

use super::fixtures::Server;
use crate::protocol::Operation;
use crate::service::Caller;
use crate::table::RowKey;
use crate::validation::TableName;
use crate::validation::key::KeyRef;
use crate::value::AttributeValue;

/// Keys `pk` and `sk`, and a local index of keys on `lk`.
fn server() -> Server {
    let server = Server::open();
    let attribute = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
    let keys =
        |sort: &str| json!([{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]);
    server.ok(
        Operation::CreateTable,
        &json!({
            "TableName": "items", "BillingMode": "PAY_PER_REQUEST", "KeySchema": keys("sk"),
            "AttributeDefinitions": [attribute("pk"), attribute("sk"), attribute("lk")],
            "LocalSecondaryIndexes": [
                {"IndexName": "local", "KeySchema": keys("lk"), "Projection": {"ProjectionType": "KEYS_ONLY"}},
            ],
        }),
    );
    server
}

const ITEMS: usize = 12;

/// Items of 300 KB, four of which fill a page, in two partitions.
fn fill(server: &Server) {
    for n in 0..ITEMS {
        let item = json!({
            "pk": {"S": format!("p{}", n % 2)}, "sk": {"S": format!("{n:02}")}, "lk": {"S": format!("{n:02}")},
            "v": {"S": "x".repeat(300 * 1024)},
        });
        server.ok(Operation::PutItem, &json!({"TableName": "items", "Item": item}));
    }
}

/// Reads page after page and answers how many items each had.
fn page_lengths(server: &Server, operation: Operation, input: &Value, token: (&str, &str)) -> Vec<usize> {
    let (mut input, mut lengths) = (input.clone(), Vec::new());
    loop {
        let answer = server.ok(operation, &input);
        lengths.push(answer["Items"].as_array().unwrap().len());
        match &answer[token.1] {
            Value::Null => return lengths,
            next => input[token.0] = next.clone(),
        }
        assert!(lengths.len() <= ITEMS, "{lengths:?}");
    }
}

#[test]
fn what_is_fetched_for_a_local_index_fills_the_page() {
    let server = server();
    fill(&server);
    let keys = ("ExclusiveStartKey", "LastEvaluatedKey");
    let query = json!({
        "TableName": "items", "IndexName": "local", "Select": "ALL_ATTRIBUTES",
        "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "p1"}},
    });
    assert_eq!(page_lengths(&server, Operation::Query, &query, keys), [4, 2]);
    let mut filtered = query.clone();
    filtered["FilterExpression"] = json!("attribute_not_exists(sk)");
    assert_eq!(page_lengths(&server, Operation::Query, &filtered, keys), [0, 0]);
    let scan = json!({"TableName": "items", "IndexName": "local", "Select": "ALL_ATTRIBUTES"});
    assert_eq!(page_lengths(&server, Operation::Scan, &scan, keys), [4, 4, 4, 0]);
    let tokens = ("NextToken", "NextToken");
    let select = json!({"Statement": "SELECT v FROM \"items\".\"local\" WHERE pk IN ['p0', 'p1']"});
    let lengths = page_lengths(&server, Operation::ExecuteStatement, &select, tokens);
    assert!(lengths.iter().sum::<usize>() == ITEMS && lengths.iter().all(|length| *length <= 4), "{lengths:?}");
}

/// Has the kept size of an item collection say 10 GB.
fn make_full(server: &Server, partition: &str) {
    let name = TableName::parse("items").unwrap();
    let table = server.database.table(&Caller::new("key", "us-east-1"), &name).unwrap();
    let partition = AttributeValue::S(partition.to_string());
    let key = RowKey::of_table(KeyRef { partition: &partition, sort: None });
    let space = table.state().collections.unwrap();
    let key = Key { space, partition: &key.partition, sort: &[] };
    let written = server.database.store().engine().transact(&[key], |_, batch: &mut WriteBatch| {
        batch.put(key, &(10u64 << 30).to_le_bytes());
    });
    written.unwrap().1.wait().unwrap();
}

#[test]
fn a_full_collection_refuses_its_member_of_a_batch_alone() {
    let server = server();
    make_full(&server, "full");
    let insert =
        |partition: &str| json!({"Statement": format!("INSERT INTO items VALUE {{'pk': '{partition}', 'sk': 'a'}}")});
    let answer = server.ok(
        Operation::BatchExecuteStatement,
        &json!({"Statements": [insert("one"), insert("full"), insert("two")], "ReturnConsumedCapacity": "TOTAL"}),
    );
    let error = json!({"Code": "ItemCollectionSizeLimitExceeded", "Message": "Collection size exceeded."});
    let done = json!({"TableName": "items"});
    assert_eq!(answer["Responses"], json!([done, {"TableName": "items", "Error": error}, done]));
    assert_eq!(answer["ConsumedCapacity"], json!([{"TableName": "items", "CapacityUnits": 2.0}]));
    let count = server.ok(Operation::Scan, &json!({"TableName": "items", "Select": "COUNT"}))["Count"].clone();
    assert_eq!(count, 2);
}
