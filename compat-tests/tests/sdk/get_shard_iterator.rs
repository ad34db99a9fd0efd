//! GetShardIterator.

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::types::StreamViewType;
use aws_sdk_dynamodbstreams::types::{Record, ShardIteratorType};
use compat_tests::items::put;
use compat_tests::raw::{Answer, Request};
use compat_tests::stream::{change, sequence_number};
use compat_tests::value::integer;
use compat_tests::{Refused, Server, Stream, Table, item};

async fn stream(server: &Server) -> (Stream, String) {
    let stream = Stream::create(server, &Table::new("pk:S"), "items", StreamViewType::NewImage).await;
    let shard = stream.shards().await.remove(0).shard_id.unwrap();
    (stream, shard)
}

fn values(records: &[Record]) -> Vec<i64> {
    records.iter().map(|record| integer(&change(record).new.unwrap(), "v")).collect()
}

/// The Rust SDK has no Timestamp yet.
fn at_timestamp(server: &Server, stream: &Stream, shard: &str, timestamp: &str) -> Answer {
    let body = format!(
        r#"{{"StreamArn": "{}", "ShardId": "{shard}", "ShardIteratorType": "AT_TIMESTAMP"{timestamp}}}"#,
        stream.arn
    );
    Request::call("GetShardIterator", body).send(server.address())
}

#[tokio::test]
async fn each_type_starts_where_it_says() {
    let server = Server::in_memory();
    let (stream, shard) = stream(&server).await;
    let db = server.client();
    for v in 0..5 {
        put(&db, "items", item! { "pk" => "a", "v" => v }).await;
    }
    let all = stream.records().await;
    let third = sequence_number(&all[2]);
    let from = async |kind, number: Option<&str>| {
        let iterator = stream.iterator(&shard, kind, number).await;
        values(&stream.read(&iterator).await.0)
    };
    assert_eq!(from(ShardIteratorType::TrimHorizon, None).await, [0, 1, 2, 3, 4]);
    assert_eq!(from(ShardIteratorType::AtSequenceNumber, Some(third)).await, [2, 3, 4]);
    assert_eq!(from(ShardIteratorType::AfterSequenceNumber, Some(third)).await, [3, 4]);
    let last = sequence_number(&all[4]);
    assert!(from(ShardIteratorType::AfterSequenceNumber, Some(last)).await.is_empty());
    let latest = stream.iterator(&shard, ShardIteratorType::Latest, None).await;
    assert!(stream.read(&latest).await.0.is_empty());
    put(&db, "items", item! { "pk" => "b", "v" => 5 }).await;
    assert_eq!(values(&stream.read(&latest).await.0), [5]);
}

#[tokio::test]
async fn at_timestamp_starts_with_the_first_record_that_is_not_older() {
    let server = Server::in_memory();
    let (stream, shard) = stream(&server).await;
    let db = server.client();
    put(&db, "items", item! { "pk" => "a", "v" => 0 }).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let between = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
    tokio::time::sleep(Duration::from_millis(20)).await;
    put(&db, "items", item! { "pk" => "a", "v" => 1 }).await;
    let from = async |timestamp: f64| {
        let answer = at_timestamp(&server, &stream, &shard, &format!(r#", "Timestamp": {timestamp}"#));
        let iterator = answer.json().get("ShardIterator").and_then(|value| value.as_str().map(str::to_owned));
        values(&stream.read(&iterator.unwrap_or_else(|| panic!("{}", answer.text()))).await.0)
    };
    assert_eq!(from(between).await, [1]);
    assert_eq!(from(between - 3_600.0).await, [0, 1]);
    assert_eq!(from(0.0).await, [0, 1]);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
    assert!(from(now).await.is_empty());
    for (timestamp, part) in [("", "Timestamp is required"), (r#", "Timestamp": 99999999999"#, "is in the future")] {
        let refused = at_timestamp(&server, &stream, &shard, timestamp);
        assert_eq!(refused.error(), "ValidationException");
        assert!(refused.message().contains(part), "{}", refused.message());
    }
}

#[tokio::test]
async fn a_sequence_number_goes_with_the_types_that_need_one_and_has_to_be_the_shards() {
    let server = Server::in_memory();
    let (stream, shard) = stream(&server).await;
    put(&server.client(), "items", item! { "pk" => "a", "v" => 0 }).await;
    let number = sequence_number(&stream.records().await[0]).to_owned();
    let refused = async |kind: ShardIteratorType, number: Option<&str>| {
        let request = stream.client.get_shard_iterator().stream_arn(&stream.arn).shard_id(&shard);
        let request = request.shard_iterator_type(kind).set_sequence_number(number.map(str::to_owned));
        request.send().await.refused()
    };
    for kind in [ShardIteratorType::TrimHorizon, ShardIteratorType::Latest] {
        let refusal = refused(kind, Some(&number)).await;
        assert!(refusal.is_validation("SequenceNumber"), "{refusal:?}");
    }
    for kind in [ShardIteratorType::AtSequenceNumber, ShardIteratorType::AfterSequenceNumber] {
        for wrong in [None, Some("9".repeat(31)), Some(number.replacen('1', "0", 1))] {
            let refusal = refused(kind.clone(), wrong.as_deref()).await;
            assert!(refusal.is_validation("SequenceNumber"), "{refusal:?}");
        }
        let short = refused(kind.clone(), Some("123")).await;
        assert!(short.is_validation("Member must have length greater than or equal to 21"), "{short:?}");
    }
}

#[tokio::test]
async fn a_stream_or_a_shard_that_is_not_there_is_said_to_be_missing() {
    let server = Server::in_memory();
    let (stream, shard) = stream(&server).await;
    let get = |arn: &str, shard: &str| {
        let request = stream.client.get_shard_iterator().stream_arn(arn).shard_id(shard);
        request.shard_iterator_type(ShardIteratorType::Latest).send()
    };
    let other_shard = shard.replace("shardId-0", "shardId-9");
    let missing = get(&stream.arn, &other_shard).await.unwrap_err().into_service_error();
    assert!(missing.is_resource_not_found_exception(), "{missing:?}");
    let other_stream = stream.arn.replace("items", "nowhere");
    let missing = get(&other_stream, &shard).await.unwrap_err().into_service_error();
    assert!(missing.is_resource_not_found_exception(), "{missing:?}");
    let other_region = server.client_as("AKIDEXAMPLE", "eu-west-1");
    assert!(other_region.list_tables().send().await.unwrap().table_names().is_empty());
    let malformed = get("not-an-arn-at-all-but-long-enough-to-be-one", &shard).await.refused();
    assert!(malformed.is_validation("Invalid StreamArn"), "{malformed:?}");
    let short = get(&stream.arn, "shard").await.refused();
    assert!(short.is_validation("'shardId' failed to satisfy constraint"), "{short:?}");
}
