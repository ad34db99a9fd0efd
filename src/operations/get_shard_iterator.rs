//! GetShardIterator

use super::answer;
use super::database::{Answer, Database};
use super::table_description::stream_arn;
use crate::protocol::Operation;
use crate::protocol::shapes::GetShardIteratorInput;
use crate::service::Caller;
use crate::table::stream::{PositionFault, ShardIterator};
use crate::validation::Violation;
use crate::validation::get_shard_iterator::{self, IteratorStart};
use crate::validation::violation::StreamViolation;

pub(super) fn execute(database: &Database, caller: &Caller, input: GetShardIteratorInput) -> Answer {
    let now = database.store().clock().now_millis();
    let request = get_shard_iterator::validate(input, database.layer(Operation::GetShardIterator, caller), now)?;
    let stream = database.stream(caller, &request.stream)?;
    let state = stream.state();
    let shard = state.shards.iter().find(|shard| shard.id() == request.shard_id);
    let shard = shard.ok_or(Violation::from(StreamViolation::NoShard))?;
    let position = database.store().stream_position(&stream, shard, request.start, now)?;
    let position = position.map_err(|fault| Violation::from(refusal(fault, request.start)))?;
    let iterator = ShardIterator { shard: shard.space, position, issued_millis: now };
    let arn = stream_arn(caller, stream.table.as_str(), stream.created_millis);
    Ok(answer::object(answer::SMALL_ANSWER_BYTES, |body| {
        body.member("ShardIterator").string(&iterator.encode(&arn));
    }))
}

fn refusal(fault: PositionFault, start: IteratorStart) -> StreamViolation {
    match (fault, start) {
        (PositionFault::Foreign, IteratorStart::At(number) | IteratorStart::After(number)) => {
            StreamViolation::InvalidSequenceNumber { given: number.to_string() }
        }
        (PositionFault::Trimmed | PositionFault::Foreign, _) => StreamViolation::Trimmed,
    }
}
