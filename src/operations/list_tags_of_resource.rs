//! ListTagsOfResource

use super::answer;
use super::database::{Answer, Database};
use crate::protocol::Operation;
use crate::protocol::shapes::ListTagsOfResourceInput;
use crate::service::Caller;
use crate::validation::violation::AccountViolation;
use crate::validation::{Violation, tags};

pub(super) fn execute(database: &Database, caller: &Caller, input: ListTagsOfResourceInput) -> Answer {
    let request = tags::validate_list(input, database.layer(Operation::ListTagsOfResource, caller))?;
    let table = database.tagged_table(caller, &request.resource).ok_or_else(|| access_denied(caller, &request))?;
    let state = table.state();
    // All tags that a resource can have fit into one answer, so none has a NextToken; one that is given is the key before
    // the rest.
    let all = &state.definition.tags;
    let first = match &request.start_after {
        None => 0,
        Some(key) => {
            let at = all.iter().position(|tag| tag.key == *key);
            at.ok_or(Violation::from(AccountViolation::InvalidTagToken))? + 1
        }
    };
    Ok(answer::object(answer::SMALL_ANSWER_BYTES, |body| {
        body.member("Tags").array(|list| {
            for tag in all.iter().skip(first) {
                list.element().object(|out| {
                    out.member("Key").string(&tag.key);
                    out.member("Value").string(&tag.value);
                });
            }
        });
    }))
}

/// us-east-1, 2026-10: the account in our ARNs is nobody's on AWS, so its tables are foreign there.
fn access_denied(caller: &Caller, request: &tags::ListTagsOfResource) -> Violation {
    let (account, arn) = (caller.account_id.to_string(), request.resource.arn.clone());
    AccountViolation::AccessDenied { account, operation: "ListTagsOfResource", arn }.into()
}
