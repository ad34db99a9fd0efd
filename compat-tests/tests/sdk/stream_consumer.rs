//! A stream followed in the way of the Kinesis Client Library over its adapter for DynamoDB: a lease for each shard, kept in a
//! table; a worker takes leases and renews them; what it has read it notes in the lease; the children of a shard come when the
//! shard is read to its end; a worker that is gone leaves its leases to the others.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{DeleteRequest, PutRequest, StreamViewType, WriteRequest};
use aws_sdk_dynamodbstreams::types::{OperationType, ShardFilter, ShardFilterType, ShardIteratorType};
use compat_tests::items::scan;
use compat_tests::stream::{Change, change, sequence_number};
use compat_tests::value::{Item, integer, text};
use compat_tests::{Server, Stream, Table, item};

const TRIM_HORIZON: &str = "TRIM_HORIZON";
const SHARD_END: &str = "SHARD_END";
/// A lease that nobody renewed for so long is free to be taken.
const LEASE_TIME: Duration = Duration::from_secs(1);

/// Without a change for so long there will be none.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// What the workers have handed to the application, in the order in which it got it.
#[derive(Default)]
struct Application {
    changes: Mutex<Vec<(String, Change)>>,
    count: AtomicUsize,
}

struct Worker {
    name: String,
    db: Client,
    stream: Stream,
    application: Arc<Application>,
    /// Counters of others' leases, and when each was last seen to move.
    seen_counters: HashMap<String, (i64, Instant)>,
}

impl Worker {
    fn new(server: &Server, stream: &Stream, name: &str, application: &Arc<Application>) -> Self {
        let (name, application) = (name.to_owned(), application.clone());
        Self { name, db: server.client(), stream: stream.at(server), application, seen_counters: HashMap::new() }
    }

    /// Works until it has nothing more to expect, or until the application has got so many changes; then it vanishes.
    async fn run(mut self, until_count: usize) {
        self.note_new_shards().await;
        let (mut count, mut last_progress) = (0, Instant::now());
        while self.application.count.load(Ordering::SeqCst) < until_count {
            let now = self.application.count.load(Ordering::SeqCst);
            if now != count {
                (count, last_progress) = (now, Instant::now());
            }
            assert!(last_progress.elapsed() < SILENCE_MAX, "{count} changes, and no more of {until_count}");
            let leases = scan(&self.db, "leases", None).await;
            let mut had_records = false;
            for lease in &leases {
                if may_be_read(lease, &leases) && self.take(lease).await {
                    had_records |= self.process(text(lease, "pk")).await;
                }
            }
            if !had_records {
                // From time to time all shards are looked at, whatever was found by way of their parents.
                self.note_new_shards().await;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }

    async fn note_new_shards(&self) {
        for shard in self.stream.shards().await {
            self.make_lease(shard.shard_id().unwrap(), shard.parent_shard_id()).await;
        }
    }

    async fn make_lease(&self, shard: &str, parent: Option<&str>) {
        let mut lease = item! { "pk" => shard, "checkpoint" => TRIM_HORIZON, "counter" => 0, "owner" => "nobody" };
        lease.extend(parent.map(|parent| item! { "parent" => parent }).into_iter().flatten());
        let put = self.db.put_item().table_name("leases").set_item(Some(lease));
        if let Err(error) = put.condition_expression("attribute_not_exists(pk)").send().await {
            assert!(error.into_service_error().is_conditional_check_failed_exception());
        }
    }

    /// Renews its own lease, or takes one that nobody has or renews.
    async fn take(&mut self, lease: &Item) -> bool {
        let (shard, owner, counter) = (text(lease, "pk"), text(lease, "owner"), integer(lease, "counter"));
        if owner != self.name && owner != "nobody" {
            let seen = self.seen_counters.entry(shard.to_owned()).or_insert((counter, Instant::now()));
            if seen.0 != counter {
                *seen = (counter, Instant::now());
            }
            if seen.1.elapsed() < LEASE_TIME {
                return false;
            }
        }
        let update = self.db.update_item().table_name("leases").set_key(Some(item! { "pk" => shard }));
        let update = update
            .update_expression("SET #o = :me, #c = #c + :one")
            .condition_expression("#o = :owner AND #c = :counter");
        let update = update.expression_attribute_names("#o", "owner").expression_attribute_names("#c", "counter");
        let values = item! { ":me" => self.name.as_str(), ":one" => 1, ":owner" => owner, ":counter" => counter };
        held(
            update
                .set_expression_attribute_values(Some(values))
                .send()
                .await
                .map_err(|error| error.into_service_error()),
        )
    }

    /// One answer of a shard whose lease is held. Says whether it had records.
    async fn process(&self, shard: &str) -> bool {
        let lease =
            self.db.get_item().table_name("leases").set_key(Some(item! { "pk" => shard })).consistent_read(true);
        let lease = lease.send().await.unwrap().item.unwrap();
        let iterator = match text(&lease, "checkpoint") {
            SHARD_END => return false,
            TRIM_HORIZON => self.stream.iterator(shard, ShardIteratorType::TrimHorizon, None).await,
            number => self.stream.iterator(shard, ShardIteratorType::AfterSequenceNumber, Some(number)).await,
        };
        let (records, next) = self.stream.read(&iterator).await;
        if let Some(last) = records.last() {
            // Noted first: who has lost the lease meanwhile must not hand on what its new owner will.
            if !self.checkpoint(shard, sequence_number(last)).await {
                return false;
            }
            let mut changes = self.application.changes.lock().unwrap();
            changes.extend(records.iter().map(|record| (sequence_number(record).to_owned(), change(record))));
            self.application.count.store(changes.len(), Ordering::SeqCst);
        }
        if next.is_none() {
            let filter = ShardFilter::builder().r#type(ShardFilterType::ChildShards).shard_id(shard).build();
            let children = self.stream.client.describe_stream().stream_arn(&self.stream.arn).shard_filter(filter);
            for child in children.send().await.unwrap().stream_description.unwrap().shards() {
                self.make_lease(child.shard_id().unwrap(), child.parent_shard_id()).await;
            }
            self.checkpoint(shard, SHARD_END).await;
        }
        !records.is_empty()
    }

    /// False if the lease is another worker's by now.
    async fn checkpoint(&self, shard: &str, at: &str) -> bool {
        let update = self.db.update_item().table_name("leases").set_key(Some(item! { "pk" => shard }));
        let update = update.update_expression("SET checkpoint = :at").condition_expression("#o = :me");
        let update = update.expression_attribute_names("#o", "owner");
        let values = item! { ":at" => at, ":me" => self.name.as_str() };
        held(
            update
                .set_expression_attribute_values(Some(values))
                .send()
                .await
                .map_err(|error| error.into_service_error()),
        )
    }
}

/// Whether a condition on a lease was met.
fn held<T>(outcome: Result<T, UpdateItemError>) -> bool {
    outcome.map_err(|error| assert!(error.is_conditional_check_failed_exception(), "{error:?}")).is_ok()
}

/// A shard is not read before its parent is finished, nor when it is finished itself.
fn may_be_read(lease: &Item, leases: &[Item]) -> bool {
    let is_finished = |shard: &str| {
        let of_shard = leases.iter().find(|other| text(other, "pk") == shard);
        of_shard.is_none_or(|lease| text(lease, "checkpoint") == SHARD_END)
    };
    text(lease, "checkpoint") != SHARD_END && (!lease.contains_key("parent") || is_finished(text(lease, "parent")))
}

/// So many changes, in batches: an item is put with a version that goes up, and deleted after every tenth.
async fn write(db: Client, writer: usize, changes: usize) {
    const ITEMS: usize = 200;
    for batch in 0..changes / 25 {
        let mut requests = Vec::new();
        for i in batch * 25..(batch + 1) * 25 {
            let (pk, version) = (format!("{writer}-{}", i % ITEMS), i / ITEMS);
            requests.push(if version % 10 == 9 {
                let delete = DeleteRequest::builder().set_key(Some(item! { "pk" => pk })).build().unwrap();
                WriteRequest::builder().delete_request(delete).build()
            } else {
                let put =
                    PutRequest::builder().set_item(Some(item! { "pk" => pk, "version" => version })).build().unwrap();
                WriteRequest::builder().put_request(put).build()
            });
        }
        let answer = db.batch_write_item().request_items("items", requests).send().await.unwrap();
        assert!(answer.unprocessed_items.unwrap_or_default().is_empty());
    }
}

/// `changes` changes by four writers, while one worker is gone after a third of them, another takes over, and a third one helps.
async fn follow(server: Server, changes: usize) {
    let stream = Stream::create(&server, &Table::new("pk:S"), "items", StreamViewType::NewAndOldImages).await;
    Table::new("pk:S").create(&server.client(), "leases").await;
    let application = Arc::new(Application::default());
    let writers: Vec<_> = (0..4).map(|writer| tokio::spawn(write(server.client(), writer, changes / 4))).collect();
    let worker = |name: &str, until| tokio::spawn(Worker::new(&server, &stream, name, &application).run(until));
    let first = worker("first", changes / 3);
    let second = worker("second", changes);
    first.await.unwrap();
    let third = worker("third", changes);
    for task in writers.into_iter().chain([second, third]) {
        task.await.unwrap();
    }

    let seen = std::mem::take(&mut *application.changes.lock().unwrap());
    let numbers: HashSet<_> = seen.iter().map(|(number, _)| number).collect();
    assert_eq!((seen.len(), numbers.len()), (changes, changes), "changes, and different ones");
    let mut current: HashMap<String, Item> = HashMap::new();
    for (number, change) in &seen {
        let pk = text(&change.keys, "pk");
        assert_eq!(change.old.as_ref(), current.get(pk), "{pk} before {number}");
        match (&change.new, &change.event) {
            (Some(new), OperationType::Insert | OperationType::Modify) => {
                drop(current.insert(pk.to_owned(), new.clone()))
            }
            (None, OperationType::Remove) => drop(current.remove(pk)),
            _ => panic!("{change:?}"),
        }
    }
    let stored = scan(&server.client(), "items", None).await;
    let stored: HashMap<_, _> = stored.into_iter().map(|item| (text(&item, "pk").to_owned(), item)).collect();
    assert_eq!(current, stored, "what the changes come to, and what is stored");
    let shards = stream.shards().await;
    assert!(shards.iter().any(|shard| shard.parent_shard_id().is_some()), "no shard rolled over");
    let finished = scan(&server.client(), "leases", None).await;
    assert_eq!(finished.len(), shards.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_that_come_and_go_see_each_change_once_and_each_items_in_order_while_shards_split() {
    follow(Server::in_memory(), 32_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "100,000 changes, durable: run it with --release"]
async fn workers_follow_many_splits_of_a_durable_stream() {
    follow(Server::on_disk(), 100_000).await;
}
