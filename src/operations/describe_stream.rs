//! DescribeStream

use super::answer;
use super::database::{Answer, Database};
use super::table_description::{stream_arn, stream_label, stream_view_name, write_key_schema};
use crate::protocol::Operation;
use crate::protocol::json::ObjectWriter;
use crate::protocol::shapes::DescribeStreamInput;
use crate::service::Caller;
use crate::table::stream::{Shard, StreamState};
use crate::validation::describe_stream::{self, DescribeStream};

pub(super) fn execute(database: &Database, caller: &Caller, input: DescribeStreamInput) -> Answer {
    let request = describe_stream::validate(input, database.layer(Operation::DescribeStream, caller))?;
    let stream = database.stream(caller, &request.stream)?;
    let state = stream.state();
    let (shards, more) = select(&request, &state);
    let table = stream.table.as_str();
    Ok(answer::object(2 * answer::SMALL_ANSWER_BYTES, |body| {
        body.member("StreamDescription").object(|out| {
            out.member("StreamArn").string(&stream_arn(caller, table, stream.created_millis));
            out.member("StreamLabel").string(&stream_label(stream.created_millis));
            out.member("StreamStatus").string(status(&state));
            out.member("StreamViewType").string(stream_view_name(stream.view));
            out.member("CreationRequestDateTime").epoch_millis(stream.created_millis);
            out.member("TableName").string(table);
            write_key_schema(out, &stream.key_schema);
            out.member("Shards").array(|list| {
                for shard in &shards {
                    list.element().object(|out| write_shard(out, shard));
                }
            });
            if let Some(last) = shards.last().filter(|_| more) {
                out.member("LastEvaluatedShardId").string(&last.id());
            }
        });
    }))
}

/// A page of shards, parents before their children, and whether there are more.
fn select<'s>(request: &DescribeStream, state: &'s StreamState) -> (Vec<&'s Shard>, bool) {
    let is_wanted = |shard: &&Shard| {
        request.children_of.as_ref().is_none_or(|parent| shard.parent_id.as_ref() == Some(parent))
            && request.start_after.as_ref().is_none_or(|after| shard.id() > *after)
    };
    let mut shards: Vec<&Shard> = state.shards.iter().filter(is_wanted).collect();
    shards.sort_by_cached_key(|shard| shard.id());
    let more = shards.len() > request.limit;
    shards.truncate(request.limit);
    (shards, more)
}

fn status(state: &StreamState) -> &'static str {
    match (state.is_disabled(), state.is_closing()) {
        (false, _) => "ENABLED",
        (true, true) => "DISABLING",
        (true, false) => "DISABLED",
    }
}

/// An open shard has no end.
fn write_shard(out: &mut ObjectWriter<'_>, shard: &Shard) {
    out.member("ShardId").string(&shard.id());
    out.member("SequenceNumberRange").object(|range| {
        range.member("StartingSequenceNumber").string(&shard.start().to_string());
        if let Some(end) = shard.end() {
            range.member("EndingSequenceNumber").string(&end.to_string());
        }
    });
    if let Some(parent) = &shard.parent_id {
        out.member("ParentShardId").string(parent);
    }
}
