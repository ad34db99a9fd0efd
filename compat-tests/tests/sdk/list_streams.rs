//! ListStreams.

use aws_sdk_dynamodb::types::StreamViewType;
use compat_tests::stream::{disabled, enabled};
use compat_tests::{Refused, Server, Stream, Table};

#[tokio::test]
async fn streams_are_listed_page_by_page_and_by_table() {
    let server = Server::in_memory();
    let mut arns = Vec::new();
    for name in ["alpha", "beta", "gamma"] {
        arns.push(Stream::create(&server, &Table::new("pk:S"), name, StreamViewType::KeysOnly).await.arn);
    }
    Table::new("pk:S").create(&server.client(), "without").await;
    let client = server.streams();
    let all = client.list_streams().send().await.unwrap();
    let of_all = |member: fn(&aws_sdk_dynamodbstreams::types::Stream) -> Option<&str>| -> Vec<String> {
        all.streams().iter().map(|stream| member(stream).unwrap().to_owned()).collect()
    };
    assert_eq!(of_all(|stream| stream.table_name()), ["alpha", "beta", "gamma"]);
    assert_eq!(of_all(|stream| stream.stream_arn()), arns);
    assert!(all.streams().iter().all(|stream| stream.stream_arn().unwrap().ends_with(stream.stream_label().unwrap())));
    assert_eq!(all.last_evaluated_stream_arn(), None);

    let mut pages: Vec<Vec<String>> = Vec::new();
    let mut after = None;
    loop {
        let page = client.list_streams().limit(2).set_exclusive_start_stream_arn(after).send().await.unwrap();
        pages.push(page.streams().iter().map(|stream| stream.table_name().unwrap().to_owned()).collect());
        after = page.last_evaluated_stream_arn;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(pages, [vec!["alpha", "beta"], vec!["gamma"]]);

    let of = async |table: &str| client.list_streams().table_name(table).send().await.unwrap().streams.unwrap().len();
    assert_eq!((of("beta").await, of("without").await, of("nowhere").await), (1, 0, 0));
    let wrong = client.list_streams().limit(101).send().await.refused();
    assert!(wrong.is_validation("Member must have value less than or equal to 100"), "{wrong:?}");
}

#[tokio::test]
async fn streams_of_another_account_or_region_are_not_seen() {
    let server = Server::in_memory();
    Stream::create(&server, &Table::new("pk:S"), "mine", StreamViewType::KeysOnly).await;
    for (access_key, region) in [("OTHER", "us-east-1"), ("AKIDEXAMPLE", "eu-west-1")] {
        let other = compat_tests::client::connect_streams(&server.url(), access_key, region);
        assert!(other.list_streams().send().await.unwrap().streams().is_empty());
    }
}

#[tokio::test]
async fn a_table_that_had_two_streams_lists_both() {
    let server = Server::in_memory();
    let db = server.client();
    let first = Stream::create(&server, &Table::new("pk:S"), "items", StreamViewType::KeysOnly).await;
    let update = |specification| db.update_table().table_name("items").stream_specification(specification).send();
    update(disabled()).await.unwrap();
    compat_tests::table::until_active(&db, "items").await;
    update(enabled(StreamViewType::NewImage)).await.unwrap();
    let second = Stream::of_table(&server, "items").await;
    assert_ne!(first.arn, second.arn);
    let listed = first.client.list_streams().table_name("items").send().await.unwrap();
    let arns: Vec<_> = listed.streams().iter().map(|stream| stream.stream_arn().unwrap()).collect();
    assert_eq!(arns, [&first.arn, &second.arn]);
}
