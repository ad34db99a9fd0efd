//! What the tests of this module write down as JSON.

use crate::protocol::decode;
use crate::protocol::shapes::{PutItemInput, QueryInput};
use crate::value::{AttributeValue, Given, Item};

use super::Placeholders;

pub(super) fn item(json: &str) -> Item {
    let input: PutItemInput = decode(format!(r#"{{"Item":{json}}}"#).as_bytes()).unwrap();
    let given = input.item.unwrap();
    assert_eq!(given.fault, None);
    given.value
}

/// Placeholders of a request, kept where [`Placeholders`] can borrow them.
pub(super) struct PlaceholderMaps {
    names: Option<Vec<(String, String)>>,
    values: Option<Vec<(String, Given<AttributeValue>)>>,
}

/// `names` as in `#a=a #b=b.c`, `values` the inside of a JSON object.
pub(super) fn placeholders(names: &str, values: &str) -> PlaceholderMaps {
    let names: Vec<_> = names.split_whitespace().map(|pair| pair.split_once('=').unwrap()).collect();
    let names = names.into_iter().map(|(key, name)| (key.to_string(), name.to_string())).collect::<Vec<_>>();
    let body = format!(r#"{{"ExpressionAttributeValues":{{{values}}}}}"#);
    let input: QueryInput = decode(body.as_bytes()).unwrap();
    PlaceholderMaps {
        names: (!names.is_empty()).then_some(names),
        values: input.expression_attribute_values.filter(|v| !v.is_empty()),
    }
}

impl PlaceholderMaps {
    pub(super) fn borrow(&self) -> Placeholders<'_> {
        Placeholders::new(self.names.as_deref(), self.values.as_deref())
    }
}
