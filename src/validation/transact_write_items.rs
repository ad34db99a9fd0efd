//! TransactWriteItems' request: each action is the single-item request that it is named after.

use super::constraint::{Broken, Constraint, Members, required};
use super::delete_item::{self, DeleteItem};
use super::item::{self, ITEM_BYTES_MAX};
use super::key::{self, KeyRef};
use super::layer::Layer;
use super::parameters::Parameters;
use super::put_item::{self, PutItem};
use super::request_digest::{Digester, RequestDigest};
use super::returns::{self, ReturnValues, WriteReport};
use super::table_definition::TableDefinition;
use super::table_name::{self, TableName};
pub use super::transact_actions::TRANSACTION_BYTES_MAX;
use super::transact_actions::{self as actions, GivenAction, Kind};
use super::update_item::{UpdateItem, UpdateSizeRule};
use super::values;
use super::violation::{ItemViolation, TransactionViolation, Violation};
use crate::expression::{Condition, ExpressionError, ExpressionKind, Fault, Update};
use crate::protocol::shapes::TransactWriteItemsInput;
use crate::value::{Given, Item, ValueFault};

#[derive(Debug)]
pub struct TransactWriteItems {
    /// In the order of the request; 1 to 100.
    pub actions: Vec<Action>,
    pub token: Option<Token>,
    pub report: WriteReport,
}

/// One action. What it would report by itself, its transaction reports.
#[derive(Debug)]
pub struct Action {
    /// The name or ARN under which the request has the table, and the answer too.
    pub given_table: String,
    pub deed: Deed,
}

#[derive(Debug)]
pub enum Deed {
    Put(PutItem),
    Update(UpdateItem),
    Delete(DeleteItem),
    Check(ConditionCheck),
}

#[derive(Debug)]
pub struct ConditionCheck {
    pub table: TableName,
    pub key: Item,
    pub condition: Condition,
    /// `ReturnValuesOnConditionCheckFailure: ALL_OLD`
    pub return_old_on_failure: bool,
}

/// `ClientRequestToken`, and the request that it was given to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub digest: RequestDigest,
}

impl Action {
    pub fn table(&self) -> &TableName {
        match &self.deed {
            Deed::Put(put) => &put.table,
            Deed::Update(update) => &update.table,
            Deed::Delete(delete) => &delete.table,
            Deed::Check(check) => &check.table,
        }
    }

    pub fn condition(&self) -> Option<&Condition> {
        match &self.deed {
            Deed::Put(put) => put.condition.as_ref(),
            Deed::Update(update) => update.condition.as_ref(),
            Deed::Delete(delete) => delete.condition.as_ref(),
            Deed::Check(check) => Some(&check.condition),
        }
    }

    pub fn return_old_on_failure(&self) -> bool {
        match &self.deed {
            Deed::Put(put) => put.return_old_on_failure,
            Deed::Update(update) => update.return_old_on_failure,
            Deed::Delete(delete) => delete.return_old_on_failure,
            Deed::Check(check) => check.return_old_on_failure,
        }
    }

    /// The action's key, and what can be said about it with the table's definition but without the stored item.
    pub fn check(&self, definition: &TableDefinition) -> Result<KeyRef<'_>, Violation> {
        match &self.deed {
            Deed::Put(put) => put_item::check(definition, put),
            Deed::Update(update) => item::check_update(definition, update),
            Deed::Delete(delete) => delete_item::check(definition, delete),
            Deed::Check(check) => {
                let key = key::check_key(&definition.key_schema, &check.key)?;
                key::check_paths(definition, check.condition.paths())?;
                Ok(key)
            }
        }
    }
}

/// Whether an action's fault refuses the request as a whole. Any other one cancels the transaction, with the fault as
/// that action's reason (us-east-1, 2026-10: wrong types cancel, empty key values and a put's size do not).
pub fn is_up_front(violation: &Violation) -> bool {
    matches!(
        violation,
        Violation::Item(
            ItemViolation::KeyEmpty { .. }
                | ItemViolation::IndexKeyEmpty { .. }
                | ItemViolation::UpdatedIndexKeyEmpty { .. }
                | ItemViolation::TooLarge
        )
    )
}

/// Order: members; what each entry is; names of tables; the actions one after the other, each from its request alone;
/// the size of all puts. When the tables are known, [`Action::check`] goes on.
pub fn validate(input: TransactWriteItemsInput, layer: Layer) -> Result<TransactWriteItems, Violation> {
    let count = input.transact_items.as_ref().map(Vec::len);
    let entries: Vec<Vec<GivenAction>> =
        input.transact_items.unwrap_or_default().into_iter().map(actions::of_write).collect();
    let layer = actions::reading(entries.iter().flatten()).layer(layer);
    if layer.has_newer_members() {
        let mut token = Members::new();
        check_token(&mut token, input.client_request_token.as_deref(), layer);
        token.finish()?;
    }
    let mut members = Members::new();
    let positions =
        || entries.iter().enumerate().flat_map(|(place, actions)| actions.iter().map(move |one| (place + 1, one)));
    let on_failure: Vec<bool> =
        positions().map(|(position, one)| actions::returns_old_on_failure(&mut members, one, position)).collect();
    check_token(&mut members, input.client_request_token.as_deref(), layer);
    let report = WriteReport {
        consumed_capacity: returns::consumed_capacity(&mut members, input.return_consumed_capacity.as_deref()),
        item_collection_metrics: returns::item_collection_metrics(
            &mut members,
            input.return_item_collection_metrics.as_deref(),
        ),
    };
    let echo = || actions::java_echo("TransactWriteItem", entries.iter().map(Vec::as_slice));
    actions::check_count(&mut members, count, layer, echo);
    if !layer.has_newer_members() {
        std::mem::take(&mut members).finish()?;
        check_one_action(&entries, layer)?;
    }
    positions().for_each(|(position, one)| actions::check_members(&mut members, one, position));
    members.finish()?;
    check_one_action(&entries, layer)?;

    let given: Vec<GivenAction> = entries.into_iter().flatten().collect();
    let digest = input.client_request_token.as_ref().map(|_| digest(&given));
    let checked = given.into_iter().zip(on_failure).map(|(given, on_failure)| action(given, on_failure, layer));
    let checked: Vec<Action> = checked.collect::<Result<_, _>>()?;
    actions::check_size(checked.iter().filter_map(|action| match &action.deed {
        Deed::Put(put) => Some(&put.item),
        Deed::Update(_) | Deed::Delete(_) | Deed::Check(_) => None,
    }))?;
    let token = input.client_request_token.zip(digest).map(|(text, digest)| Token { text, digest });
    Ok(TransactWriteItems { actions: checked, token, report })
}

const TOKEN_LENGTH_MAX: usize = 36;

/// `ClientRequestToken`, which the newer layer checks by itself.
pub(super) fn check_token(members: &mut Members, given: Option<&str>, layer: Layer) {
    let Some(token) = given else { return };
    let constraint = match token.chars().count() {
        0 => Constraint::LengthMin(1),
        length if length > TOKEN_LENGTH_MAX => Constraint::LengthMax(TOKEN_LENGTH_MAX),
        _ => return,
    };
    members.add(match layer.has_newer_members() {
        true => Broken::unechoed("ClientRequestToken", constraint),
        false => Broken::echoed(token, "clientRequestToken", constraint),
    });
}

fn check_one_action(entries: &[Vec<GivenAction>], layer: Layer) -> Result<(), Violation> {
    for actions in entries {
        match (actions.len(), layer.has_newer_members()) {
            (1, _) => {}
            (0, true) => return Err(TransactionViolation::NoActionNewer.into()),
            (0, false) => return Err(TransactionViolation::NoAction.into()),
            _ => return Err(TransactionViolation::SeveralActions.into()),
        }
    }
    Ok(())
}

fn digest(actions: &[GivenAction]) -> RequestDigest {
    let mut digest = Digester::default();
    digest.count(actions.len());
    for action in actions {
        digest.text(action.kind.member());
        digest.optional_text(action.table_name.as_deref());
        digest.item(action.item.as_ref().map_or(&Item::new(), |item| &item.value));
        digest.optional_text(action.update.as_deref());
        digest.optional_text(action.condition.as_deref());
        digest.names(action.names.as_deref());
        digest.values(action.values.as_deref());
        // Absent is NONE (an emulator's captures of ExecuteTransaction, 2026).
        digest.flag(action.on_failure.as_deref() == Some("ALL_OLD"));
    }
    digest.finish()
}

/// One action from its request alone. Order: an empty name at the top of the item; the values that expressions refer
/// to; a put's item; the expressions; what they left unused; a key (us-east-1, 2026-10-09: a condition is refused
/// before the depth of a `Key`, and a put's size between the size of its condition and its syntax).
fn action(given: GivenAction, return_old_on_failure: bool, layer: Layer) -> Result<Action, Violation> {
    let GivenAction { kind, table_name, item, update, condition, names, values, .. } = given;
    let mut item = required(item, "item")?;
    check_top_level_names(&item, layer)?;
    let parameters = Parameters {
        legacy: &[],
        expressions: &[("UpdateExpression", update.is_some()), ("ConditionExpression", condition.is_some())],
        with_values: &["UpdateExpression", "ConditionExpression"],
        names: names.as_deref(),
        values: values.as_deref(),
    };
    if layer.has_newer_values() {
        // us-east-1 accepts names and values without an expression (2026-10).
        parameters.check_styles(layer)?;
    }
    let mut placeholders = parameters.placeholders(layer)?;
    if kind == Kind::Put {
        item = Given { value: values::sound(item, layer)?, fault: None, depth: 0, older_layer: false };
    }
    let update = update.map(|text| Update::parse(&text, &mut placeholders)).transpose()?;
    let condition = condition.map(|text| Condition::parse(ExpressionKind::Condition, &text, &mut placeholders));
    if kind == Kind::Put && !matches!(&condition, Some(Err(error)) if is_too_long(error)) {
        item::check_size(&item.value)?;
    }
    let condition = condition.transpose()?;
    if update.is_some() || condition.is_some() {
        placeholders.unused()?;
    }
    let is_charged = layer.has_newer_values();
    if is_charged && update.as_ref().is_some_and(|update| update.charge_bytes() > ITEM_BYTES_MAX) {
        return Err(ItemViolation::UpdateTooLarge.into());
    }
    let item = values::sound(item, layer)?;
    let given_table = table_name.clone().unwrap_or_default();
    let table = table_name::checked(table_name)?;
    let report = WriteReport::default();
    let deed = match kind {
        Kind::Put => Deed::Put(PutItem { table, item, condition, return_old: false, return_old_on_failure, report }),
        Kind::Update => Deed::Update(UpdateItem {
            table,
            key: item,
            update,
            condition,
            size_rule: UpdateSizeRule::Item,
            return_values: ReturnValues::None,
            return_old_on_failure,
            report,
        }),
        Kind::Delete => {
            Deed::Delete(DeleteItem { table, key: item, condition, return_old: false, return_old_on_failure, report })
        }
        Kind::ConditionCheck | Kind::Get => {
            let condition = required(condition, "conditionExpression")?;
            Deed::Check(ConditionCheck { table, key: item, condition, return_old_on_failure })
        }
    };
    Ok(Action { given_table, deed })
}

fn check_top_level_names(item: &Given<Item>, layer: Layer) -> Result<(), Violation> {
    match &item.fault {
        Some(ValueFault::EmptyAttributeName) => Err(values::violation(ValueFault::EmptyAttributeName, layer)),
        _ => Ok(()),
    }
}

fn is_too_long(error: &ExpressionError) -> bool {
    matches!(error, ExpressionError::Invalid { fault: Fault::TooLong { .. }, .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Operation::TransactWriteItems as Transact;
    use crate::protocol::decode;
    use crate::validation::refused::{assert_answers, assert_answers_in, nested};

    fn request(actions: &str, more: &str) -> String {
        format!(r#"{{"TransactItems":[{actions}]{more}}}"#)
    }

    fn put(item: &str) -> String {
        format!(r#"{{"Put":{{"TableName":"hash","Item":{{{item}}}}}}}"#)
    }

    #[test]
    fn members_are_reported_together_and_before_what_actions_say() {
        let enums = "Value 'A' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value \
                     set: [INDEXES, TOTAL, NONE]; Value 'B' at 'returnItemCollectionMetrics' failed to satisfy \
                     constraint: Member must satisfy enum value set: [SIZE, NONE]";
        let token = "x".repeat(37);
        let too_long = format!(
            "Value '{token}' at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or equal to 36"
        );
        let bad = format!(
            r#","ReturnConsumedCapacity":"A","ReturnItemCollectionMetrics":"B","ClientRequestToken":"{token}""#
        );
        assert_answers(
            Transact,
            &[
                (&request("{}", &bad), &format!("3 validation errors detected: {too_long}; {enums}")),
                (
                    r#"{"TransactItems":[{"Update":{"TableName":"a","Key":{}}},{"ConditionCheck":{}}]}"#,
                    "5 validation errors detected: Value 'a' at 'transactItems.1.member.update.tableName' failed to satisfy \
                     constraint: Member must have length greater than or equal to 3; Value null at \
                     'transactItems.1.member.update.updateExpression' failed to satisfy constraint: Member must not be \
                     null; Value null at 'transactItems.2.member.conditionCheck.tableName' failed to satisfy constraint: \
                     Member must not be null; Value null at 'transactItems.2.member.conditionCheck.key' failed to satisfy \
                     constraint: Member must not be null; Value null at \
                     'transactItems.2.member.conditionCheck.conditionExpression' failed to satisfy constraint: Member \
                     must not be null",
                ),
                (
                    "{}",
                    "1 validation error detected: Value null at 'transactItems' failed to satisfy constraint: Member must not be null",
                ),
            ],
        );
        let alone = "1 validation error detected: Value at 'ClientRequestToken' failed to satisfy constraint: Member must have length less than or equal to 36";
        assert_answers_in("eu-west-2", Transact, &[(&request("{}", &bad), alone)]);
    }

    #[test]
    fn the_first_action_with_a_problem_wins_whatever_the_problem() {
        let deep = put(&format!(r#""pk":{{"S":"a"}},"d":{}"#, nested(32)));
        let unfinished =
            r#"{"Delete":{"TableName":"hash","Key":{"pk":{"S":"b"}},"ConditionExpression":"attribute_exists("}}"#;
        let syntax = r#"Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "(""#;
        let nesting = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit";
        assert_answers(
            Transact,
            &[
                (&request(&format!("{deep},{unfinished}"), ""), nesting),
                (&request(&format!("{unfinished},{deep}"), ""), syntax),
                (
                    &request(&format!("{},{{}}", put("")), ""),
                    "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request",
                ),
                (
                    &request(r#"{"Put":{"TableName":"hash","Item":{}},"Delete":{"TableName":"hash","Key":{}}}"#, ""),
                    "TransactItems can only contain one of Check, Put, Update or Delete",
                ),
            ],
        );
    }

    #[test]
    fn values_without_an_expression_are_let_through_by_the_older_layer_only() {
        let body = request(
            r#"{"Put":{"TableName":"hash","Item":{"pk":{"S":"a"}},"ExpressionAttributeValues":{":v":{"N":"1"}}}}"#,
            "",
        );
        assert_answers(Transact, &[(&body, "")]);
        let refusal = "ExpressionAttributeValues can only be specified when using expressions";
        assert_answers_in("eu-west-2", Transact, &[(&body, refusal)]);
    }

    #[test]
    fn a_long_list_is_echoed_within_bounds() {
        let actions = vec![put(&format!(r#""pk":{{"S":"{}"}}"#, "x".repeat(100_000))); 101].join(",");
        let input = decode(request(&actions, "").as_bytes()).unwrap();
        let text = validate(input, Layer::Older).unwrap_err().to_string();
        assert!(text.starts_with(
            "1 validation error detected: Value '[TransactWriteItem(conditionCheck=null, put=Put(item={pk="
        ));
        assert!(text.ends_with(
            "' at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100"
        ));
        assert!(text.len() < 70_000, "{}", text.len());
    }

    #[test]
    fn a_digest_tells_requests_apart_and_not_their_spellings() {
        let digest = |actions: &str| {
            let body = request(actions, r#","ClientRequestToken":"t""#);
            validate(decode(body.as_bytes()).unwrap(), Layer::Older).unwrap().token.unwrap().digest
        };
        let update = |values: &str, more: &str| {
            format!(
                r#"{{"Update":{{"TableName":"hash","Key":{{"pk":{{"S":"a"}}}},"UpdateExpression":"SET a = :a, b = :b",
                "ExpressionAttributeValues":{{{values}}}{more}}}}}"#
            )
        };
        let plain = digest(&update(r#"":a":{"SS":["x","y"]},":b":{"N":"10"}"#, ""));
        assert_eq!(plain, digest(&update(r#"":b":{"N":"1e1"},":a":{"SS":["y","x"]}"#, "")));
        assert_eq!(
            plain,
            digest(&update(
                r#"":a":{"SS":["x","y"]},":b":{"N":"10"}"#,
                r#","ReturnValuesOnConditionCheckFailure":"NONE""#
            ))
        );
        for other in [
            update(r#"":a":{"SS":["x","z"]},":b":{"N":"10"}"#, ""),
            update(r#"":a":{"SS":["x","y"]},":b":{"S":"10"}"#, ""),
            update(r#"":a":{"SS":["x","y"]},":b":{"N":"10"}"#, r#","ReturnValuesOnConditionCheckFailure":"ALL_OLD""#),
            put(r#""pk":{"S":"a"}"#),
        ] {
            assert_ne!(plain, digest(&other));
        }
    }
}
