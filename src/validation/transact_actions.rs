//! The entries of a transaction as they came, whichever of the five actions each is: what they share is checked here
//! once.

use super::batch_get_item::{ECHO_BYTES_MAX, shortened};
use super::batch_write_item::java_item;
use super::constraint::{Broken, Constraint, Members};
use super::layer::Layer;
use super::table_name::{NAME_BYTES_MIN, check_characters, is_arn};
use super::values::Reading;
use super::violation::{TransactionViolation, Violation};
use crate::protocol::shapes::{Entries, TransactGetItem, TransactWriteItem};
use crate::value::{AttributeValue, Given, Item};

pub(super) const ACTIONS_MAX: usize = 100;

/// What the items of a transaction may come to together (aws-verified.md section 8: 3.5 MB pass, 4.2 MB do not).
pub const TRANSACTION_BYTES_MAX: usize = 4 * 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Put,
    Update,
    Delete,
    ConditionCheck,
    Get,
}

impl Kind {
    /// The member that holds the action.
    pub(super) fn member(self) -> &'static str {
        match self {
            Kind::Put => "put",
            Kind::Update => "update",
            Kind::Delete => "delete",
            Kind::ConditionCheck => "conditionCheck",
            Kind::Get => "get",
        }
    }

    fn item_member(self) -> &'static str {
        if self == Kind::Put { "item" } else { "key" }
    }
}

/// One action, all of its members still as sent.
#[derive(Debug)]
pub(super) struct GivenAction {
    pub(super) kind: Kind,
    pub(super) table_name: Option<String>,
    /// `Item` of a put, `Key` of every other action.
    pub(super) item: Option<Given<Item>>,
    pub(super) update: Option<String>,
    pub(super) condition: Option<String>,
    pub(super) projection: Option<String>,
    pub(super) names: Option<Entries<String>>,
    pub(super) values: Option<Entries<Given<AttributeValue>>>,
    pub(super) on_failure: Option<String>,
}

macro_rules! given {
    ($kind:ident, $action:expr, $item:ident $(, $field:ident: $member:ident)*) => {{
        let action = $action;
        GivenAction {
            kind: Kind::$kind,
            table_name: action.table_name,
            item: action.$item,
            names: action.expression_attribute_names,
            $($field: action.$member,)*
            ..GivenAction::empty(Kind::$kind)
        }
    }};
}

/// All actions of one entry of TransactWriteItems, which should be one.
pub(super) fn of_write(entry: TransactWriteItem) -> Vec<GivenAction> {
    let check = entry.condition_check.map(|action| {
        given!(
            ConditionCheck, action, key, condition: condition_expression, values: expression_attribute_values,
            on_failure: return_values_on_condition_check_failure
        )
    });
    let put = entry.put.map(|action| {
        given!(
            Put, action, item, condition: condition_expression, values: expression_attribute_values,
            on_failure: return_values_on_condition_check_failure
        )
    });
    let delete = entry.delete.map(|action| {
        given!(
            Delete, action, key, condition: condition_expression, values: expression_attribute_values,
            on_failure: return_values_on_condition_check_failure
        )
    });
    let update = entry.update.map(|action| {
        given!(
            Update, action, key, update: update_expression, condition: condition_expression,
            values: expression_attribute_values, on_failure: return_values_on_condition_check_failure
        )
    });
    [check, put, delete, update].into_iter().flatten().collect()
}

pub(super) fn of_get(entry: TransactGetItem) -> Option<GivenAction> {
    entry.get.map(|action| given!(Get, action, key, projection: projection_expression))
}

/// How deep the values of the actions are; see [`Layer::for_values`].
pub(super) fn reading<'a>(actions: impl IntoIterator<Item = &'a GivenAction>) -> Reading {
    actions.into_iter().fold(Reading::default(), |reading, action| {
        let values = action.values.iter().flatten().map(|(_, value)| value);
        reading.with_all(&action.item).with_all(values)
    })
}

/// How many entries there are. The older layer echoes all of them.
pub(super) fn check_count(members: &mut Members, count: Option<usize>, layer: Layer, echo: impl FnOnce() -> String) {
    let constraint = match count {
        None => return members.add(Broken::null("transactItems")),
        Some(0) => Constraint::LengthMin(1),
        Some(count) if count > ACTIONS_MAX => Constraint::LengthMax(ACTIONS_MAX),
        Some(_) => return,
    };
    members.add(match layer.has_newer_members() {
        true => Broken::unechoed("TransactItems", constraint),
        false => Broken::echoed(echo(), "transactItems", constraint),
    });
}

/// The members that one action must have, and its table's name; `position` counts from 1.
pub(super) fn check_members(members: &mut Members, action: &GivenAction, position: usize) {
    let at = |member: &str| format!("transactItems.{position}.member.{}.{member}", action.kind.member());
    match action.table_name.as_deref() {
        None => members.add(Broken::null(at("tableName"))),
        Some(name) if is_arn(name) => {}
        Some(name) => {
            if !name.is_empty() {
                check_characters(members, name, &at("tableName"));
            }
            if name.len() < NAME_BYTES_MIN {
                members.add(Broken::echoed(name, at("tableName"), Constraint::LengthMin(NAME_BYTES_MIN)));
            }
        }
    }
    members.require(&action.item, &at(action.kind.item_member()));
    if action.kind == Kind::Update {
        members.require(&action.update, &at("updateExpression"));
    }
    if action.kind == Kind::ConditionCheck {
        members.require(&action.condition, &at("conditionExpression"));
    }
}

/// Whether `ReturnValuesOnConditionCheckFailure` of one action is ALL_OLD; `position` counts from 1.
pub(super) fn returns_old_on_failure(members: &mut Members, action: &GivenAction, position: usize) -> bool {
    let names = &[("ALL_OLD", true), ("NONE", false)];
    let at = || format!("transactItems.{position}.member.{}.returnValuesOnConditionCheckFailure", action.kind.member());
    match action.on_failure.as_deref() {
        None => false,
        given => members.one_of(given, &at(), names, "ALL_OLD, NONE").unwrap_or_default(),
    }
}

/// The items that a request itself brings must leave room for the rest of the transaction.
pub(super) fn check_size<'a>(items: impl IntoIterator<Item = &'a Item>) -> Result<(), Violation> {
    let bytes: usize = items.into_iter().map(Item::size_bytes).sum();
    if bytes > TRANSACTION_BYTES_MAX { Err(TransactionViolation::TooLarge.into()) } else { Ok(()) }
}

/// The list as Java prints it, attribute values as objects with a hash (one of the two forms that AWS's hosts have).
pub(super) fn java_echo<'a>(entry: &str, entries: impl IntoIterator<Item = &'a [GivenAction]>) -> String {
    let mut out = String::from("[");
    for (place, actions) in entries.into_iter().enumerate() {
        out.push_str(if place == 0 { "" } else { ", " });
        out.push_str(&format!("{entry}({})", java_actions(entry, actions)));
        if out.len() > ECHO_BYTES_MAX {
            break;
        }
    }
    out.push(']');
    shortened(out)
}

fn java_actions(entry: &str, actions: &[GivenAction]) -> String {
    let kinds: &[(&str, Kind)] = match entry {
        "TransactGetItem" => &[("Get", Kind::Get)],
        _ => &[
            ("ConditionCheck", Kind::ConditionCheck),
            ("Put", Kind::Put),
            ("Delete", Kind::Delete),
            ("Update", Kind::Update),
        ],
    };
    let action = |&(class, kind): &(&str, Kind)| {
        let found = actions.iter().find(|action| action.kind == kind);
        let text = found.map_or_else(|| "null".to_string(), |action| java_action(class, action));
        format!("{}={text}", kind.member())
    };
    kinds.iter().map(action).collect::<Vec<_>>().join(", ")
}

fn java_action(class: &str, action: &GivenAction) -> String {
    let or_null = |text: &Option<String>| text.clone().unwrap_or_else(|| "null".to_string());
    let item = action.item.as_ref().map_or_else(|| "null".to_string(), |item| java_item(&item.value));
    let mut out = format!("{class}({}={item}", action.kind.item_member());
    if action.kind == Kind::Update {
        out.push_str(&format!(", updateExpression={}", or_null(&action.update)));
    }
    out.push_str(&format!(", tableName={}", or_null(&action.table_name)));
    match action.kind {
        Kind::Get => out.push_str(&format!(", projectionExpression={}", or_null(&action.projection))),
        Kind::Put | Kind::Update | Kind::Delete | Kind::ConditionCheck => {
            out.push_str(&format!(", conditionExpression={}", or_null(&action.condition)));
        }
    }
    out.push(')');
    out
}

impl GivenAction {
    fn empty(kind: Kind) -> GivenAction {
        GivenAction {
            kind,
            table_name: None,
            item: None,
            update: None,
            condition: None,
            projection: None,
            names: None,
            values: None,
            on_failure: None,
        }
    }
}
