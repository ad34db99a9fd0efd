//! A stream as consumers see it, with its images as items.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, StreamSpecification, StreamViewType};
use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::types as streams;
use aws_sdk_dynamodbstreams::types::{OperationType, Record, Shard, ShardIteratorType, StreamDescription};

use crate::table::describe;
use crate::value::Item;
use crate::{Server, Table};

/// One stream and the client that reads it.
#[derive(Clone, Debug)]
pub struct Stream {
    pub client: Client,
    pub arn: String,
}

/// What a record tells of a change.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub event: OperationType,
    pub keys: Item,
    pub old: Option<Item>,
    pub new: Option<Item>,
}

/// An enabled stream, for CreateTable and UpdateTable.
pub fn enabled(view: StreamViewType) -> StreamSpecification {
    StreamSpecification::builder().stream_enabled(true).stream_view_type(view).build().unwrap()
}

pub fn disabled() -> StreamSpecification {
    StreamSpecification::builder().stream_enabled(false).build().unwrap()
}

impl Stream {
    /// Creates a table with a stream.
    pub async fn create(server: &Server, table: &Table, name: &str, view: StreamViewType) -> Self {
        let db = server.client();
        table.request(&db, name).stream_specification(enabled(view)).send().await.unwrap();
        crate::table::until_active(&db, name).await;
        Self::of_table(server, name).await
    }

    /// The newest stream of a table.
    pub async fn of_table(server: &Server, name: &str) -> Self {
        let table = describe(&server.client(), name).await;
        Self { client: server.streams(), arn: table.latest_stream_arn.expect("a stream") }
    }

    /// The same stream after the server was started again.
    pub fn at(&self, server: &Server) -> Self {
        Self { client: server.streams(), arn: self.arn.clone() }
    }

    /// With all shards, however many answers they take.
    pub async fn describe(&self) -> StreamDescription {
        let mut shards = Vec::new();
        loop {
            let last = shards.last().and_then(|shard: &Shard| shard.shard_id.clone());
            let page = self.client.describe_stream().stream_arn(&self.arn).set_exclusive_start_shard_id(last);
            let mut page = page.send().await.unwrap().stream_description.unwrap();
            shards.extend(page.shards.take().unwrap_or_default());
            if page.last_evaluated_shard_id.is_none() {
                page.shards = Some(shards);
                return page;
            }
        }
    }

    /// Parents before their children.
    pub async fn shards(&self) -> Vec<Shard> {
        self.describe().await.shards.unwrap_or_default()
    }

    pub async fn iterator(&self, shard_id: &str, kind: ShardIteratorType, number: Option<&str>) -> String {
        let request = self.client.get_shard_iterator().stream_arn(&self.arn).shard_id(shard_id);
        let request = request.shard_iterator_type(kind).set_sequence_number(number.map(str::to_owned));
        request.send().await.unwrap().shard_iterator.unwrap()
    }

    /// One answer: its records and the next iterator.
    pub async fn read(&self, iterator: &str) -> (Vec<Record>, Option<String>) {
        let answer = self.client.get_records().shard_iterator(iterator).send().await.unwrap();
        (answer.records.unwrap_or_default(), answer.next_shard_iterator)
    }

    /// What a shard holds from an iterator on: to its end, or up to now.
    pub async fn read_from(&self, iterator: String) -> Vec<Record> {
        let (mut all, mut next) = (Vec::new(), Some(iterator));
        while let Some(iterator) = next.take() {
            let (records, following) = self.read(&iterator).await;
            if !records.is_empty() {
                next = following;
            }
            all.extend(records);
        }
        all
    }

    /// Everything that is there, shard after shard.
    pub async fn records(&self) -> Vec<Record> {
        let mut all = Vec::new();
        for shard in self.shards().await {
            let iterator = self.iterator(shard.shard_id().unwrap(), ShardIteratorType::TrimHorizon, None).await;
            all.extend(self.read_from(iterator).await);
        }
        all
    }

    pub async fn changes(&self) -> Vec<Change> {
        self.records().await.iter().map(change).collect()
    }
}

pub fn change(record: &Record) -> Change {
    let data = record.dynamodb().unwrap();
    Change {
        event: record.event_name().unwrap().clone(),
        keys: item(data.keys().expect("keys")),
        old: data.old_image().map(item),
        new: data.new_image().map(item),
    }
}

pub fn sequence_number(record: &Record) -> &str {
    record.dynamodb().unwrap().sequence_number().unwrap()
}

/// Its attributes as the other client has them.
fn item(image: &HashMap<String, streams::AttributeValue>) -> Item {
    image.iter().map(|(name, attribute)| (name.clone(), value(attribute))).collect()
}

fn value(given: &streams::AttributeValue) -> AttributeValue {
    use streams::AttributeValue as V;
    match given.clone() {
        V::S(text) => AttributeValue::S(text),
        V::N(digits) => AttributeValue::N(digits),
        V::B(bytes) => AttributeValue::B(bytes),
        V::Bool(truth) => AttributeValue::Bool(truth),
        V::Null(null) => AttributeValue::Null(null),
        V::Ss(members) => AttributeValue::Ss(members),
        V::Ns(members) => AttributeValue::Ns(members),
        V::Bs(members) => AttributeValue::Bs(members),
        V::L(elements) => AttributeValue::L(elements.iter().map(value).collect()),
        V::M(members) => AttributeValue::M(item(&members)),
        other => panic!("{other:?}"),
    }
}
