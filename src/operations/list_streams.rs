//! ListStreams

use super::answer;
use super::database::{Answer, Database};
use super::table_description::{stream_arn, stream_label};
use crate::protocol::Operation;
use crate::protocol::shapes::ListStreamsInput;
use crate::service::Caller;
use crate::table::stream::Stream;
use crate::validation::list_streams;

pub(super) fn execute(database: &Database, caller: &Caller, input: ListStreamsInput) -> Answer {
    let request = list_streams::validate(input, database.layer(Operation::ListStreams, caller))?;
    let (namespace, streams) = (database.namespace(caller), database.store().streams());
    let start_after = request.start_after.as_ref().map(|arn| (arn.table.as_str(), arn.label.as_str()));
    let mut listed = match (&request.table, start_after) {
        (Some(table), _) => streams.of_table(&namespace, table.as_str()),
        (None, Some((table, _))) => streams.list_from(&namespace, table),
        (None, None) => streams.list_from(&namespace, ""),
    };
    let is_after = |stream: &Stream| {
        start_after.is_none_or(|after| (stream.table.as_str(), stream_label(stream.created_millis).as_str()) > after)
    };
    listed.retain(|stream| is_after(stream));
    let more = listed.len() > request.limit;
    listed.truncate(request.limit);
    Ok(answer::object(answer::SMALL_ANSWER_BYTES, |body| {
        body.member("Streams").array(|list| {
            for stream in &listed {
                list.element().object(|out| {
                    out.member("StreamArn").string(&stream_arn(caller, stream.table.as_str(), stream.created_millis));
                    out.member("TableName").string(stream.table.as_str());
                    out.member("StreamLabel").string(&stream_label(stream.created_millis));
                });
            }
        });
        if let Some(last) = listed.last().filter(|_| more) {
            let arn = stream_arn(caller, last.table.as_str(), last.created_millis);
            body.member("LastEvaluatedStreamArn").string(&arn);
        }
    }))
}
