//! Streams and time to live through the database, with a clock that the test moves.

use std::time::Duration;

use serde_json::{Value, json};

use super::fixtures::Server;
use crate::protocol::Operation;

impl Server {
    /// A table with a stream; answers the stream's ARN.
    pub(super) fn create_table(&self, name: &str) -> String {
        let created = self.ok(
            Operation::CreateTable,
            &json!({
                "TableName": name, "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            }),
        );
        created["TableDescription"]["LatestStreamArn"].as_str().unwrap().to_string()
    }

    fn put(&self, table: &str, key: &str) {
        self.ok(Operation::PutItem, &json!({"TableName": table, "Item": {"pk": {"S": key}}}));
    }

    fn shard(&self, stream: &str) -> String {
        let described = self.ok(Operation::DescribeStream, &json!({"StreamArn": stream}));
        described["StreamDescription"]["Shards"][0]["ShardId"].as_str().unwrap().to_string()
    }

    fn iterator(&self, stream: &str) -> Value {
        let input = json!({"StreamArn": stream, "ShardId": self.shard(stream), "ShardIteratorType": "TRIM_HORIZON"});
        self.ok(Operation::GetShardIterator, &input)["ShardIterator"].clone()
    }
}

#[test]
fn an_iterator_lasts_for_fifteen_minutes_and_its_successor_as_long_again() {
    let server = Server::open();
    let stream = server.create_table("Music");
    let iterator = server.iterator(&stream);
    server.clock.advance(Duration::from_secs(900));
    let next = server.ok(Operation::GetRecords, &json!({"ShardIterator": iterator}))["NextShardIterator"].clone();
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(server.error(Operation::GetRecords, &json!({"ShardIterator": iterator})), "ExpiredIteratorException");
    server.ok(Operation::GetRecords, &json!({"ShardIterator": next}));
}

#[test]
fn what_was_trimmed_is_said_to_be() {
    let server = Server::open();
    let stream = server.create_table("Music");
    server.put("Music", "a");
    let records = server.ok(Operation::GetRecords, &json!({"ShardIterator": server.iterator(&stream)}));
    let number = records["Records"][0]["dynamodb"]["SequenceNumber"].clone();
    server.clock.advance(Duration::from_secs(24 * 3_600 - 60));
    let iterator = server.iterator(&stream);
    server.clock.advance(Duration::from_secs(120));
    assert_eq!(server.error(Operation::GetRecords, &json!({"ShardIterator": iterator})), "TrimmedDataAccessException");
    let at = json!({
        "StreamArn": stream, "ShardId": server.shard(&stream), "ShardIteratorType": "AT_SEQUENCE_NUMBER",
        "SequenceNumber": number,
    });
    assert_eq!(server.error(Operation::GetShardIterator, &at), "TrimmedDataAccessException");
    let records = server.ok(Operation::GetRecords, &json!({"ShardIterator": server.iterator(&stream)}));
    assert_eq!(records["Records"], json!([]));
}

#[test]
fn an_iterator_of_another_caller_or_stream_is_nobodys() {
    let server = Server::open();
    let (music, films) = (server.create_table("Music"), server.create_table("Films"));
    let text = server.iterator(&music);
    let moved = text.as_str().unwrap().replace(&music, &films);
    assert_eq!(server.error(Operation::GetRecords, &json!({"ShardIterator": moved})), "ValidationException");
    let unknown = music.replace("Music", "Books");
    assert_eq!(server.error(Operation::DescribeStream, &json!({"StreamArn": unknown})), "ResourceNotFoundException");
}

#[test]
fn children_are_found_by_their_parent() {
    let server = Server::open();
    let stream = server.create_table("Music");
    let parent = server.shard(&stream);
    server.put("Music", "a");
    server.clock.advance(Duration::from_secs(5 * 3_600));
    server.put("Music", "a");
    let filter = json!({"StreamArn": stream, "ShardFilter": {"Type": "CHILD_SHARDS", "ShardId": parent}});
    let children = || server.ok(Operation::DescribeStream, &filter)["StreamDescription"]["Shards"].clone();
    // Upkeep looks every second.
    for _ in 0..100 {
        if children() != json!([]) {
            break;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async { tokio::time::sleep(Duration::from_millis(100)).await });
    }
    assert_eq!(children()[0]["ParentShardId"], json!(parent));
    let limited = json!({"StreamArn": stream, "Limit": 1});
    let first = server.ok(Operation::DescribeStream, &limited)["StreamDescription"].clone();
    assert_eq!(first["LastEvaluatedShardId"], json!(parent));
    let rest = json!({"StreamArn": stream, "ExclusiveStartShardId": parent});
    assert_eq!(
        server.ok(Operation::DescribeStream, &rest)["StreamDescription"]["Shards"].as_array().map(Vec::len),
        Some(1)
    );
}

#[test]
fn time_to_live_can_be_changed_again_after_half_an_hour() {
    let server = Server::open();
    server.create_table("Music");
    let change = |enabled: bool, attribute: &str| {
        let specification = json!({"Enabled": enabled, "AttributeName": attribute});
        let input = json!({"TableName": "Music", "TimeToLiveSpecification": specification});
        server.call(Operation::UpdateTimeToLive, &input).1
    };
    assert_eq!(change(true, "exp")["TimeToLiveSpecification"]["AttributeName"], json!("exp"));
    assert_eq!(change(true, "exp")["message"], json!("TimeToLive is already enabled"));
    assert!(change(false, "exp")["message"].as_str().is_some_and(|text| text.contains("fixed interval")));
    server.clock.advance(Duration::from_secs(3_600));
    assert_eq!(change(false, "exp")["TimeToLiveSpecification"]["Enabled"], json!(false));
    let described = server.ok(Operation::DescribeTimeToLive, &json!({"TableName": "Music"}));
    assert_eq!(described, json!({"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}));
}
