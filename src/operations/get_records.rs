//! GetRecords

use super::answer;
use super::database::{Answer, Database};
use super::table_description::stream_view_name;
use crate::protocol::encode::NumberSetOrder;
use crate::protocol::json::ObjectWriter;
use crate::protocol::shapes::GetRecordsInput;
use crate::protocol::{JsonWriter, Operation};
use crate::service::Caller;
use crate::table::stream::{ChangeRecord, Shard, ShardIterator, Stream};
use crate::validation::sequence_number::SequenceNumber;
use crate::validation::stream_arn::StreamArn;
use crate::validation::violation::StreamViolation;
use crate::validation::{Violation, get_records};

/// us-east-1, 2026-10: sets of numbers come in hash order.
const ORDER: NumberSetOrder = NumberSetOrder::JavaHash;

pub(super) fn execute(database: &Database, caller: &Caller, input: GetRecordsInput) -> Answer {
    let request = get_records::validate(input, database.layer(Operation::GetRecords, caller))?;
    let (arn, iterator) =
        ShardIterator::decode(&request.iterator).ok_or(Violation::from(StreamViolation::InvalidIterator))?;
    let now = database.store().clock().now_millis();
    if iterator.is_expired(now) {
        return Err(Violation::from(StreamViolation::IteratorExpired).into());
    }
    let stream = database.stream(caller, &StreamArn::parse(arn.to_string())?)?;
    let state = stream.state();
    // A shard that is gone has been trimmed.
    let shard = state.shards.iter().find(|shard| shard.space == iterator.shard);
    let shard = shard.ok_or(Violation::from(StreamViolation::Trimmed))?;
    let mut read = Ok(Ok(None));
    let mut body = Vec::with_capacity(answer::SMALL_ANSWER_BYTES);
    JsonWriter::new(&mut body).object(|body| {
        body.member("Records").array(|records| {
            let emit = |number, record: &ChangeRecord<'_>| {
                records.element().object(|out| write_record(out, caller, &stream, shard, number, record));
            };
            read = database.store().read_records(&stream, shard, iterator.position, request.limit, now, emit);
        });
        if let Ok(Ok(Some(position))) = read {
            let next = ShardIterator { position, issued_millis: now, ..iterator };
            body.member("NextShardIterator").string(&next.encode(arn));
        }
    });
    read?.map_err(|_| Violation::from(StreamViolation::Trimmed))?;
    Ok(body)
}

fn write_record(
    out: &mut ObjectWriter<'_>,
    caller: &Caller,
    stream: &Stream,
    shard: &Shard,
    number: SequenceNumber,
    record: &ChangeRecord<'_>,
) {
    out.member("eventID").string(&stream.event_id(shard, number));
    out.member("eventName").string(record.event.as_str());
    out.member("eventVersion").string("1.1");
    out.member("eventSource").string("aws:dynamodb");
    out.member("awsRegion").string(&caller.region);
    out.member("dynamodb").object(|out| {
        // Rounded down to the second (API reference).
        out.member("ApproximateCreationDateTime").number(record.created_millis / 1000);
        out.member("Keys").item_view(record.keys, ORDER);
        if let Some(item) = record.new {
            out.member("NewImage").item_view(item, ORDER);
        }
        if let Some(item) = record.old {
            out.member("OldImage").item_view(item, ORDER);
        }
        out.member("SequenceNumber").string(&number.to_string());
        out.member("SizeBytes").number(record.size_bytes());
        out.member("StreamViewType").string(stream_view_name(stream.view));
    });
    if record.by_expiry {
        out.member("userIdentity").object(|out| {
            out.member("PrincipalId").string("dynamodb.amazonaws.com");
            out.member("Type").string("Service");
        });
    }
}
