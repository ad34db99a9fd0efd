//! The encoded form of items and values: what is stored, and what expressions compare in place.
//!
//! ```text
//! item       version u8 = 1 | DynamoDB size in bytes u32 | attributes
//! attributes count varint | count x (name text | value)           ordered by the bytes of the names
//! text       length varint | bytes
//! value      tag u8 and
//!            01 S  text    02 N  text of Number::as_bytes    03 B  text    04 false    05 true    06 null
//!            07 M  body length u32 | attributes
//!            08 L  body length u32 | count varint | values
//!            09 SS  0A NS  0B BS   body length u32 | count varint | texts, ordered
//! ```
//!
//! Fixed-width integers are little-endian; a varint is LEB128 of at most 32 bits. The size at the front lets a page of a
//! Query or a Scan be measured without walking its items; the body lengths let a reader step over what it does not need.

use super::{AttributeValue, Item, Map, Number, ValueView, view};

pub(super) const VERSION: u8 = 1;
pub(super) const ITEM_HEADER_BYTES: usize = 5;

pub(super) mod tag {
    pub(in crate::value) const S: u8 = 1;
    pub(in crate::value) const N: u8 = 2;
    pub(in crate::value) const B: u8 = 3;
    pub(in crate::value) const FALSE: u8 = 4;
    pub(in crate::value) const TRUE: u8 = 5;
    pub(in crate::value) const NULL: u8 = 6;
    pub(in crate::value) const M: u8 = 7;
    pub(in crate::value) const L: u8 = 8;
    pub(in crate::value) const SS: u8 = 9;
    pub(in crate::value) const NS: u8 = 10;
    pub(in crate::value) const BS: u8 = 11;
}

/// One value in encoded form: an operand of an expression.
#[derive(Clone, PartialEq, Eq)]
pub struct Encoded(Vec<u8>);

impl Encoded {
    pub fn value(value: &AttributeValue) -> Encoded {
        let mut out = Vec::with_capacity(16);
        put_value(&mut out, value);
        Encoded(out)
    }

    pub fn view(&self) -> ValueView<'_> {
        view::own_value(&self.0)
    }
}

impl std::fmt::Debug for Encoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.view().to_value().fmt(f)
    }
}

/// The stored form of an item; [`super::ItemView::parse`] reads it.
pub fn encode_item(item: &Item) -> Vec<u8> {
    let size_bytes = item.size_bytes();
    let mut out = Vec::with_capacity(ITEM_HEADER_BYTES + size_bytes + 8 * item.len() + 8);
    out.push(VERSION);
    out.extend_from_slice(&(size_bytes as u32).to_le_bytes());
    put_map(&mut out, item);
    out
}

fn put_map(out: &mut Vec<u8>, map: &Map) {
    put_varint(out, map.len());
    for (name, value) in map.iter() {
        put_text(out, name.as_bytes());
        put_value(out, value);
    }
}

fn put_value(out: &mut Vec<u8>, value: &AttributeValue) {
    match value {
        AttributeValue::S(text) => put_tagged_text(out, tag::S, text.as_bytes()),
        AttributeValue::N(number) => put_tagged_text(out, tag::N, number.as_bytes()),
        AttributeValue::B(bytes) => put_tagged_text(out, tag::B, bytes),
        AttributeValue::Bool(false) => out.push(tag::FALSE),
        AttributeValue::Bool(true) => out.push(tag::TRUE),
        AttributeValue::Null => out.push(tag::NULL),
        AttributeValue::M(map) => put_body(out, tag::M, |out| put_map(out, map)),
        AttributeValue::L(list) => put_body(out, tag::L, |out| {
            put_varint(out, list.len());
            list.iter().for_each(|element| put_value(out, element));
        }),
        AttributeValue::Ss(members) => put_set(out, tag::SS, members.iter().map(String::as_bytes)),
        AttributeValue::Ns(members) => put_set(out, tag::NS, members.iter().map(Number::as_bytes)),
        AttributeValue::Bs(members) => put_set(out, tag::BS, members.iter().map(Vec::as_slice)),
    }
}

fn put_set<'a>(out: &mut Vec<u8>, tag: u8, members: impl ExactSizeIterator<Item = &'a [u8]>) {
    put_body(out, tag, |out| {
        put_varint(out, members.len());
        members.for_each(|member| put_text(out, member));
    });
}

fn put_body(out: &mut Vec<u8>, tag: u8, body: impl FnOnce(&mut Vec<u8>)) {
    out.push(tag);
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    body(out);
    let length = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

fn put_tagged_text(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    put_text(out, bytes);
}

fn put_text(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn put_varint(out: &mut Vec<u8>, value: usize) {
    let mut rest = value;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}
