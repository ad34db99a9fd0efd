//! GetRecords: which changes make which records.

use std::collections::HashSet;
use std::time::SystemTime;

use aws_sdk_dynamodb::types::{ReturnValue, StreamViewType};
use aws_sdk_dynamodbstreams::types::{OperationType, ShardIteratorType};
use compat_tests::items::{delete, put, put_all};
use compat_tests::raw::Request;
use compat_tests::stream::{Change, change, disabled, sequence_number};
use compat_tests::value::{Item, integer, text};
use compat_tests::{Refused, Server, Stream, Table, b, bs, item, l, m, n, ns, null, s, ss};

fn key(pk: &str) -> Item {
    item! { "pk" => pk }
}

#[tokio::test]
async fn each_view_shows_its_images_of_a_new_a_changed_and_a_removed_item() {
    let server = Server::in_memory();
    let db = server.client();
    let (old, new) = (item! { "pk" => "a", "v" => 1, "kept" => "k" }, item! { "pk" => "a", "v" => 2, "kept" => "k" });
    for (view, shows_old, shows_new) in [
        (StreamViewType::KeysOnly, false, false),
        (StreamViewType::OldImage, true, false),
        (StreamViewType::NewImage, false, true),
        (StreamViewType::NewAndOldImages, true, true),
    ] {
        let name = view.as_str();
        let stream = Stream::create(&server, &Table::new("pk:S"), name, view.clone()).await;
        put(&db, name, old.clone()).await;
        let update = db.update_item().table_name(name).set_key(Some(key("a"))).update_expression("SET v = :v");
        update.set_expression_attribute_values(Some(item! { ":v" => 2 })).send().await.unwrap();
        delete(&db, name, key("a")).await;
        let of = |event, before: Option<&Item>, after: Option<&Item>| Change {
            event,
            keys: key("a"),
            old: before.filter(|_| shows_old).cloned(),
            new: after.filter(|_| shows_new).cloned(),
        };
        let expected = [
            of(OperationType::Insert, None, Some(&old)),
            of(OperationType::Modify, Some(&old), Some(&new)),
            of(OperationType::Remove, Some(&new), None),
        ];
        assert_eq!(stream.changes().await, expected, "{name}");
        for record in stream.records().await {
            assert_eq!(record.dynamodb().unwrap().stream_view_type().unwrap().as_str(), name);
        }
    }
}

/// The developer guide's example of three records, and the sizes that it gives for them.
#[tokio::test]
async fn a_record_says_what_it_is_where_it_comes_from_and_how_large_it_is() {
    let server = Server::in_memory();
    let db = server.client();
    let stream = Stream::create(&server, &Table::new("Id:N"), "Guide", StreamViewType::NewAndOldImages).await;
    let before = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() as i64;
    put(&db, "Guide", item! { "Id" => 101, "Message" => "New item!" }).await;
    put(&db, "Guide", item! { "Id" => 101, "Message" => "This item has changed" }).await;
    delete(&db, "Guide", item! { "Id" => 101 }).await;
    let records = stream.records().await;
    let sizes: Vec<_> = records.iter().map(|record| record.dynamodb().unwrap().size_bytes().unwrap()).collect();
    assert_eq!(sizes, [26, 59, 38]);
    let mut ids = HashSet::new();
    for record in &records {
        let id = record.event_id().unwrap();
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        assert!(ids.insert(id.to_owned()));
        assert_eq!(record.event_version(), Some("1.1"));
        assert_eq!(record.event_source(), Some("aws:dynamodb"));
        assert_eq!(record.aws_region(), Some("us-east-1"));
        assert!(record.user_identity().is_none());
        let created = record.dynamodb().unwrap().approximate_creation_date_time().unwrap();
        assert!((before..before + 60).contains(&created.secs()) && created.subsec_nanos() == 0, "{created:?}");
    }
    let numbers: Vec<_> = records.iter().map(sequence_number).collect();
    assert!(numbers.iter().all(|number| (21..=40).contains(&number.len())));
    assert!(numbers.is_sorted() && numbers[0] != numbers[1] && numbers[1] != numbers[2], "{numbers:?}");
}

#[tokio::test]
async fn every_operation_that_writes_makes_a_record_of_each_item_it_changed() {
    let server = Server::in_memory();
    let db = server.client();
    let stream = Stream::create(&server, &Table::new("pk:S"), "items", StreamViewType::NewAndOldImages).await;
    put(&db, "items", key("put")).await;
    let update = |pk: &str| db.update_item().table_name("items").set_key(Some(key(pk)));
    update("upsert").send().await.unwrap();
    update("put").update_expression("SET v = pk").send().await.unwrap();
    put_all(&db, "items", [key("batch 1"), key("batch 2")]).await;
    for statement in [
        "INSERT INTO items VALUE {'pk': 'partiql'}",
        "UPDATE items SET v = 1 WHERE pk = 'partiql'",
        "DELETE FROM items WHERE pk = 'partiql'",
    ] {
        db.execute_statement().statement(statement).send().await.unwrap();
    }
    let transact =
        |text: &str| aws_sdk_dynamodb::types::ParameterizedStatement::builder().statement(text).build().unwrap();
    let statements = ["INSERT INTO items VALUE {'pk': 'together 1'}", "DELETE FROM items WHERE pk = 'put'"];
    db.execute_transaction().set_transact_statements(Some(statements.map(transact).into())).send().await.unwrap();
    let told: Vec<_> = stream
        .changes()
        .await
        .iter()
        .map(|change| format!("{} {}", change.event.as_str(), text(&change.keys, "pk")))
        .collect();
    let (alone, together) = told.split_at(8);
    assert_eq!(
        alone,
        [
            "INSERT put",
            "INSERT upsert",
            "MODIFY put",
            "INSERT batch 1",
            "INSERT batch 2",
            "INSERT partiql",
            "MODIFY partiql",
            "REMOVE partiql"
        ]
    );
    assert_eq!(
        HashSet::from_iter(together.iter().map(String::as_str)),
        HashSet::from(["INSERT together 1", "REMOVE put"])
    );
}

#[tokio::test]
async fn a_write_that_changes_nothing_makes_no_record() {
    let server = Server::in_memory();
    let db = server.client();
    let stream = Stream::create(&server, &Table::new("pk:S"), "items", StreamViewType::KeysOnly).await;
    let stored =
        item! { "pk" => "a", "n" => n("1.50"), "set" => ss(["x", "y"]), "map" => m(item! { "p" => 1, "q" => 2 }) };
    put(&db, "items", stored).await;
    assert_eq!(stream.records().await.len(), 1);

    let same =
        item! { "pk" => "a", "n" => n("15e-1"), "set" => ss(["y", "x"]), "map" => m(item! { "q" => 2, "p" => 1 }) };
    put(&db, "items", same.clone()).await;
    put_all(&db, "items", [same]).await;
    delete(&db, "items", key("nobody")).await;
    let update = |expression: &str| {
        let update = db.update_item().table_name("items").set_key(Some(key("a"))).update_expression(expression);
        update.return_values(ReturnValue::AllNew)
    };
    update("SET n = n REMOVE absent").send().await.unwrap();
    let values = |value| Some(item! { ":v" => value });
    update("DELETE #s :v")
        .expression_attribute_names("#s", "set")
        .set_expression_attribute_values(values(ss(["z"])))
        .send()
        .await
        .unwrap();
    update("ADD n :v").set_expression_attribute_values(values(n("0"))).send().await.unwrap();
    db.update_item().table_name("items").set_key(Some(key("a"))).send().await.unwrap();
    let refused =
        db.put_item().table_name("items").set_item(Some(key("a"))).condition_expression("attribute_not_exists(pk)");
    assert_eq!(refused.send().await.refused().code, "ConditionalCheckFailedException");
    assert_eq!(stream.records().await.len(), 1);
}

#[tokio::test]
async fn values_of_every_type_are_in_the_images_as_they_are_in_the_item() {
    let server = Server::in_memory();
    let db = server.client();
    let stream = Stream::create(&server, &Table::new("pk:B sk:N"), "items", StreamViewType::NewImage).await;
    let every = item! {
        "pk" => b([0, 255]), "sk" => n("-1.5"), "s" => "", "n" => n("12345678901234567890123456789012345678"), "b" => b([]),
        "yes" => true, "null" => null(), "ss" => ss(["a", "b"]), "ns" => ns(["7"]), "bs" => bs([&[1], &[2]]),
        "l" => l([s("x"), l([]), m(item! {})]), "m" => m(item! { "deep" => m(item! { "er" => 1 }) }),
    };
    put(&db, "items", every.clone()).await;
    let changes = stream.changes().await;
    assert_eq!(changes[0].keys, item! { "pk" => b([0, 255]), "sk" => n("-1.5") });
    assert_eq!(changes[0].new.as_ref().unwrap(), &every);
}

#[tokio::test]
async fn limit_and_next_iterator_walk_a_shard_and_an_empty_answer_goes_on() {
    let server = Server::in_memory();
    let db = server.client();
    let stream = Stream::create(&server, &Table::new("pk:S"), "items", StreamViewType::NewImage).await;
    put_all(&db, "items", (0..25).map(|i| item! { "pk" => format!("{i:02}"), "v" => i })).await;
    let shard = stream.shards().await.remove(0).shard_id.unwrap();
    let mut iterator = stream.iterator(&shard, ShardIteratorType::TrimHorizon, None).await;
    let (mut counts, mut seen) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        let answer = stream.client.get_records().shard_iterator(&iterator).limit(10).send().await.unwrap();
        counts.push(answer.records().len());
        seen.extend(answer.records().iter().map(|record| integer(&change(record).new.unwrap(), "v")));
        iterator = answer.next_shard_iterator.unwrap();
    }
    assert_eq!(counts, [10, 10, 5, 0]);
    assert_eq!(HashSet::<i64>::from_iter(seen), (0..25).collect());
    put(&db, "items", item! { "pk" => "later", "v" => 99 }).await;
    let (records, next) = stream.read(&iterator).await;
    assert_eq!(integer(&change(&records[0]).new.unwrap(), "v"), 99);
    assert!(next.is_some());
    // An iterator can be used again and answers the same.
    assert_eq!(stream.read(&iterator).await.0, records);
    for limit in [0, 1001] {
        let wrong = stream.client.get_records().shard_iterator(&iterator).limit(limit).send().await.refused();
        assert!(wrong.is_validation("at 'limit' failed to satisfy constraint"), "{wrong:?}");
    }
}

#[tokio::test]
async fn an_answer_ends_before_a_megabyte() {
    let server = Server::in_memory();
    let db = server.client();
    let stream = Stream::create(&server, &Table::new("pk:S"), "items", StreamViewType::NewImage).await;
    for i in 0..8 {
        put(&db, "items", item! { "pk" => i.to_string(), "payload" => "x".repeat(300_000) }).await;
    }
    let shard = stream.shards().await.remove(0).shard_id.unwrap();
    let mut next = Some(stream.iterator(&shard, ShardIteratorType::TrimHorizon, None).await);
    let mut counts = Vec::new();
    while let Some(iterator) = next.filter(|_| counts.last() != Some(&0)) {
        let (records, following) = stream.read(&iterator).await;
        counts.push(records.len());
        next = following;
    }
    assert_eq!(counts, [3, 3, 2, 0]);
}

#[tokio::test]
async fn records_their_numbers_and_iterators_survive_a_kill() {
    let server = Server::on_disk();
    let db = server.client();
    let stream = Stream::create(&server, &Table::new("pk:S"), "items", StreamViewType::NewAndOldImages).await;
    for i in 0..20 {
        put(&db, "items", item! { "pk" => format!("{}", i % 5), "v" => i }).await;
    }
    let before = stream.records().await;
    assert_eq!(before.len(), 20);
    let shard = stream.shards().await.remove(0).shard_id.unwrap();
    let number = sequence_number(&before[9]);
    let iterator = stream.iterator(&shard, ShardIteratorType::AfterSequenceNumber, Some(number)).await;

    let server = server.kill().reopen();
    let stream = stream.at(&server);
    assert_eq!(stream.records().await, before);
    assert_eq!(stream.read(&iterator).await.0, before[10..]);
    put(&server.client(), "items", item! { "pk" => "0", "v" => 20 }).await;
    let after = stream.records().await;
    assert_eq!(after.len(), 21);
    assert!(sequence_number(&after[20]) > sequence_number(&after[19]));
    assert!(before.iter().all(|record| record.event_id() != after[20].event_id()));
    assert_eq!(integer(&change(&after[20]).old.unwrap(), "v"), 15);

    // And once more after a clean stop.
    let server = server.stop().reopen();
    assert_eq!(stream.at(&server).records().await, after);
}

#[tokio::test]
async fn a_stream_can_be_read_to_its_end_after_it_was_disabled_and_after_its_table_is_gone() {
    let server = Server::on_disk();
    let db = server.client();
    let stream = Stream::create(&server, &Table::new("pk:S"), "items", StreamViewType::KeysOnly).await;
    put(&db, "items", key("a")).await;
    let shard = stream.shards().await.remove(0).shard_id.unwrap();
    let iterator = stream.iterator(&shard, ShardIteratorType::TrimHorizon, None).await;
    db.update_table().table_name("items").stream_specification(disabled()).send().await.unwrap();
    put(&db, "items", key("b")).await;
    // Its shards close a moment later.
    while stream.shards().await[0].sequence_number_range().unwrap().ending_sequence_number().is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let (records, next) = stream.read(&iterator).await;
    assert_eq!(records.iter().map(|record| change(record).keys).collect::<Vec<_>>(), [key("a")]);
    assert_eq!(next, None, "a closed shard that is read to its end");
    let end = stream.shards().await[0].sequence_number_range().unwrap().ending_sequence_number().unwrap().to_owned();
    assert_eq!(sequence_number(&records[0]), end);

    db.delete_table().table_name("items").send().await.unwrap();
    let server = server.kill().reopen();
    assert_eq!(stream.at(&server).records().await, records);
}

#[tokio::test]
async fn an_iterator_that_the_server_did_not_make_is_refused() {
    let server = Server::in_memory();
    let stream = Stream::create(&server, &Table::new("pk:S"), "items", StreamViewType::KeysOnly).await;
    let shard = stream.shards().await.remove(0).shard_id.unwrap();
    let iterator = stream.iterator(&shard, ShardIteratorType::Latest, None).await;
    assert!(iterator.len() <= 2048);
    for wrong in ["x", &iterator[1..], &iterator[..iterator.len() - 1]] {
        let refusal = stream.client.get_records().shard_iterator(wrong).send().await.refused();
        assert!(refusal.is_validation("Invalid ShardIterator"), "{refusal:?}");
    }
    let long = stream.client.get_records().shard_iterator("x".repeat(2049)).send().await.refused();
    assert!(long.is_validation("Member must have length less than or equal to 2048"), "{long:?}");
    let none = Request::call("GetRecords", "{}").send(server.address());
    assert_eq!(none.error(), "ValidationException");
    assert!(none.message().contains("Value null at 'shardIterator'"), "{}", none.message());
}
