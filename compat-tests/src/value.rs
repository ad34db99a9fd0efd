//! Attribute values and items in few characters.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

pub type Item = HashMap<String, AttributeValue>;

/// An item: `item! { "pk" => "a", "count" => 1, "tags" => ss(["x"]) }`.
#[macro_export]
macro_rules! item {
    ($($name:expr => $value:expr),* $(,)?) => {{
        #[allow(unused_mut)]
        let mut item = $crate::value::Item::new();
        $(item.insert(String::from($name), $crate::value::IntoValue::into_value($value));)*
        item
    }};
}

/// What a Rust value is as an attribute.
pub trait IntoValue {
    fn into_value(self) -> AttributeValue;
}

impl IntoValue for AttributeValue {
    fn into_value(self) -> AttributeValue {
        self
    }
}

impl IntoValue for &AttributeValue {
    fn into_value(self) -> AttributeValue {
        self.clone()
    }
}

impl IntoValue for &str {
    fn into_value(self) -> AttributeValue {
        AttributeValue::S(self.to_owned())
    }
}

impl IntoValue for String {
    fn into_value(self) -> AttributeValue {
        AttributeValue::S(self)
    }
}

impl IntoValue for bool {
    fn into_value(self) -> AttributeValue {
        AttributeValue::Bool(self)
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl IntoValue for $integer {
            fn into_value(self) -> AttributeValue {
                AttributeValue::N(self.to_string())
            }
        }
    )*};
}

integers!(i32, i64, u32, u64, usize);

pub fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// A number with the digits as written.
pub fn n(digits: &str) -> AttributeValue {
    AttributeValue::N(digits.to_owned())
}

pub fn b(bytes: impl Into<Vec<u8>>) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

pub fn null() -> AttributeValue {
    AttributeValue::Null(true)
}

pub fn ss<const N: usize>(members: [&str; N]) -> AttributeValue {
    AttributeValue::Ss(members.map(str::to_owned).into())
}

pub fn ns<const N: usize>(members: [&str; N]) -> AttributeValue {
    AttributeValue::Ns(members.map(str::to_owned).into())
}

pub fn bs<const N: usize>(members: [&[u8]; N]) -> AttributeValue {
    AttributeValue::Bs(members.map(Blob::new).into())
}

pub fn l(elements: impl IntoIterator<Item = AttributeValue>) -> AttributeValue {
    AttributeValue::L(elements.into_iter().collect())
}

pub fn m(members: Item) -> AttributeValue {
    AttributeValue::M(members)
}

/// The number in an attribute that is known to hold a small one.
pub fn integer(item: &Item, name: &str) -> i64 {
    match item.get(name) {
        Some(AttributeValue::N(digits)) => digits.parse().unwrap_or_else(|_| panic!("{name} is {digits}")),
        other => panic!("{name} is {other:?}"),
    }
}

/// The text in an attribute that is known to hold one.
pub fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    match item.get(name) {
        Some(AttributeValue::S(text)) => text,
        other => panic!("{name} is {other:?}"),
    }
}
