//! DescribeStream, and how shards become others.

use std::time::Duration;

use aws_sdk_dynamodb::types::{BillingMode, ProvisionedThroughput, StreamViewType};
use aws_sdk_dynamodbstreams::types::{KeyType, Shard, ShardFilter, ShardFilterType, StreamStatus};
use compat_tests::items::put_all;
use compat_tests::stream::{disabled, enabled};
use compat_tests::table::{describe, until_active};
use compat_tests::{Refused, Server, Stream, Table, item};

/// Enough changes for a shard to be split.
const SPLITTING: usize = 10_500;

fn id(shard: &Shard) -> &str {
    shard.shard_id().unwrap()
}

fn end(shard: &Shard) -> Option<&str> {
    shard.sequence_number_range().unwrap().ending_sequence_number()
}

/// Waits for the shards to be split and the parent to be closed.
async fn until_split(stream: &Stream) -> Vec<Shard> {
    for _ in 0..2_000 {
        let shards = stream.shards().await;
        if shards.len() > 1 && end(&shards[0]).is_some() {
            return shards;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("no shard was split");
}

#[tokio::test]
async fn a_new_stream_says_what_it_is_and_has_an_open_shard() {
    let server = Server::in_memory();
    let stream = Stream::create(&server, &Table::new("pk:S sk:N"), "items", StreamViewType::OldImage).await;
    let table = describe(&server.client(), "items").await;
    let described = stream.describe().await;
    assert_eq!(described.stream_arn(), table.latest_stream_arn());
    assert_eq!(described.stream_label(), table.latest_stream_label());
    assert!(stream.arn.ends_with(&format!(":table/items/stream/{}", described.stream_label().unwrap())));
    assert_eq!(described.stream_status(), Some(&StreamStatus::Enabled));
    assert_eq!(described.stream_view_type().unwrap().as_str(), "OLD_IMAGE");
    assert_eq!(described.table_name(), Some("items"));
    assert!(described.creation_request_date_time().is_some());
    let keys: Vec<_> = described.key_schema().iter().map(|key| (key.attribute_name(), key.key_type())).collect();
    assert_eq!(keys, [("pk", &KeyType::Hash), ("sk", &KeyType::Range)]);
    let [shard] = described.shards() else { panic!("{described:?}") };
    assert!((28..=65).contains(&id(shard).len()));
    assert!(shard.sequence_number_range().unwrap().starting_sequence_number().is_some());
    assert_eq!((end(shard), shard.parent_shard_id()), (None, None));
}

#[tokio::test]
async fn a_shard_that_took_many_changes_is_split_and_its_children_are_found_by_it() {
    let server = Server::in_memory();
    let db = server.client();
    let stream = Stream::create(&server, &Table::new("pk:S"), "items", StreamViewType::KeysOnly).await;
    put_all(&db, "items", (0..SPLITTING).map(|i| item! { "pk" => i.to_string() })).await;
    let shards = until_split(&stream).await;
    let [parent, first, second] = &shards[..] else { panic!("{shards:?}") };
    assert_eq!((first.parent_shard_id(), second.parent_shard_id()), (Some(id(parent)), Some(id(parent))));
    assert!(end(first).is_none() && end(second).is_none());
    let start = |shard: &Shard| shard.sequence_number_range().unwrap().starting_sequence_number().unwrap().to_owned();
    assert!(start(parent).as_str() < end(parent).unwrap());
    assert!(id(parent) < id(first) && id(first) < id(second));
    // Writes go to the children, by item.
    put_all(&db, "items", (0..100).map(|i| item! { "pk" => format!("later {i}") })).await;
    assert_eq!(stream.records().await.len(), SPLITTING + 100);

    let children = |of: &str| {
        let filter = ShardFilter::builder().r#type(ShardFilterType::ChildShards).shard_id(of).build();
        stream.client.describe_stream().stream_arn(&stream.arn).shard_filter(filter)
    };
    let found = children(id(parent)).send().await.unwrap().stream_description.unwrap();
    assert_eq!(found.shards().iter().map(id).collect::<Vec<_>>(), [id(first), id(second)]);
    let one = children(id(parent)).limit(1).send().await.unwrap().stream_description.unwrap();
    assert_eq!((one.shards().len(), one.last_evaluated_shard_id()), (1, Some(id(first))));
    assert!(children(id(first)).send().await.unwrap().stream_description.unwrap().shards().is_empty());
    let filter = ShardFilter::builder().r#type(ShardFilterType::ChildShards).build();
    let incomplete =
        stream.client.describe_stream().stream_arn(&stream.arn).shard_filter(filter).send().await.refused();
    assert!(incomplete.is_validation("ShardFilter"), "{incomplete:?}");

    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let page = stream.client.describe_stream().stream_arn(&stream.arn).limit(2).set_exclusive_start_shard_id(after);
        let page = page.send().await.unwrap().stream_description.unwrap();
        pages.push(page.shards().len());
        after = page.last_evaluated_shard_id;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(pages, [2, 1]);
}

#[tokio::test]
async fn lineage_and_records_of_split_shards_survive_a_kill() {
    let server = Server::on_disk_with(&["--durability", "relaxed"]);
    let db = server.client();
    let stream = Stream::create(&server, &Table::new("pk:S"), "items", StreamViewType::KeysOnly).await;
    put_all(&db, "items", (0..SPLITTING).map(|i| item! { "pk" => i.to_string() })).await;
    let shards = until_split(&stream).await;
    let records = stream.records().await;
    assert_eq!(records.len(), SPLITTING);
    let server = server.kill().reopen();
    let stream = stream.at(&server);
    assert_eq!(stream.shards().await, shards);
    assert!(stream.records().await == records, "other records were read after reopening");
}

#[tokio::test]
async fn a_table_of_high_throughput_starts_with_several_shards() {
    let server = Server::in_memory();
    let db = server.client();
    let throughput = ProvisionedThroughput::builder().read_capacity_units(5).write_capacity_units(3_000);
    Table::new("pk:S")
        .request(&db, "busy")
        .billing_mode(BillingMode::Provisioned)
        .provisioned_throughput(throughput.build().unwrap())
        .stream_specification(enabled(StreamViewType::KeysOnly))
        .send()
        .await
        .unwrap();
    until_active(&db, "busy").await;
    let stream = Stream::of_table(&server, "busy").await;
    let shards = stream.shards().await;
    assert!(shards.len() > 1 && shards.iter().all(|shard| shard.parent_shard_id().is_none()), "{shards:?}");
    put_all(&db, "busy", (0..200).map(|i| item! { "pk" => i.to_string() })).await;
    let mut total = 0;
    for shard in &shards {
        let kind = aws_sdk_dynamodbstreams::types::ShardIteratorType::TrimHorizon;
        let of_shard = stream.read_from(stream.iterator(id(shard), kind, None).await).await.len();
        assert!(of_shard > 0, "{} took nothing", id(shard));
        total += of_shard;
    }
    assert_eq!(total, 200);
}

#[tokio::test]
async fn a_disabled_stream_says_so_and_its_shards_are_closed() {
    let server = Server::in_memory();
    let db = server.client();
    let stream = Stream::create(&server, &Table::new("pk:S"), "items", StreamViewType::KeysOnly).await;
    db.update_table().table_name("items").stream_specification(disabled()).send().await.unwrap();
    loop {
        let described = stream.describe().await;
        match described.stream_status().unwrap() {
            StreamStatus::Disabling => tokio::time::sleep(Duration::from_millis(5)).await,
            status => {
                assert_eq!(status, &StreamStatus::Disabled);
                assert!(described.shards().iter().all(|shard| end(shard).is_some()));
                break;
            }
        }
    }
    let table = describe(&db, "items").await;
    assert_eq!(table.stream_specification(), None);
}

#[tokio::test]
async fn a_stream_that_is_not_there_is_said_to_be_missing() {
    let server = Server::in_memory();
    let stream = Stream::create(&server, &Table::new("pk:S"), "items", StreamViewType::KeysOnly).await;
    let ask = |arn: String| stream.client.describe_stream().stream_arn(arn).send();
    let other = stream.arn.replace("items", "nowhere");
    let missing = ask(other.clone()).await.refused();
    assert_eq!(missing.code, "ResourceNotFoundException");
    assert_eq!(missing.message, format!("Requested resource not found: Stream: {other} not found"));
    let malformed = ask("arn:aws:s3:::a-bucket-that-is-no-stream".to_owned()).await.refused();
    assert!(malformed.is_validation("Invalid StreamArn"), "{malformed:?}");
}
