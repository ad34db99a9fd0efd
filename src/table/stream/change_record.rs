//! A change of an item as its stream holds it.
//!
//! ```text
//! version u8 = 1 | event u8 | created u64, milliseconds since 1970 | keys u32 | old u32 | new u32 | keys, old, new
//! ```
//!
//! Integers are little-endian. `event` is 1 for INSERT, 2 for MODIFY, 3 for REMOVE, and 16 more when an expired item was
//! removed. The three `u32` are lengths; an image that the stream does not show has length 0. Keys and images are encoded
//! items (see `value`). The record's key is its sequence number: commit u64, ordinal u32, big-endian.

use crate::validation::KeySchema;
use crate::validation::sequence_number::SequenceNumber;
use crate::validation::table_definition::StreamViewType;
use crate::value::{ItemView, Map, encode_item};

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 22;
const BY_EXPIRY: u8 = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Insert,
    Modify,
    Remove,
}

impl Event {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Event::Insert => "INSERT",
            Event::Modify => "MODIFY",
            Event::Remove => "REMOVE",
        }
    }
}

/// A row before and after a write: views, and the bytes under them. Not both are absent.
#[derive(Clone, Copy)]
pub(crate) struct RowChange<'a> {
    pub(crate) old: Option<(ItemView<'a>, &'a [u8])>,
    pub(crate) new: Option<(ItemView<'a>, &'a [u8])>,
    /// The item was removed because it had expired.
    pub(crate) by_expiry: bool,
}

/// A record, read in place.
#[derive(Clone, Copy)]
pub(crate) struct ChangeRecord<'a> {
    pub(crate) event: Event,
    pub(crate) by_expiry: bool,
    pub(crate) created_millis: u64,
    pub(crate) keys: ItemView<'a>,
    pub(crate) old: Option<ItemView<'a>>,
    pub(crate) new: Option<ItemView<'a>>,
}

impl ChangeRecord<'_> {
    /// By DynamoDB's arithmetic: the keys, and the images that are there.
    pub(crate) fn size_bytes(&self) -> usize {
        let image = |image: Option<ItemView<'_>>| image.map_or(0, |item| item.size_bytes());
        self.keys.size_bytes() + image(self.old) + image(self.new)
    }
}

/// `None` when nothing changed: the encoding of an item is the only one it has.
pub(super) fn encode(change: &RowChange<'_>, table: &KeySchema, view: StreamViewType, now: u64) -> Option<Vec<u8>> {
    let event = match (change.old, change.new) {
        (None, None) => return None,
        (Some((_, old)), Some((_, new))) if old == new => return None,
        (None, Some(_)) => 1,
        (Some(_), Some(_)) => 2,
        (Some(_), None) => 3,
    };
    let (item, _) = change.new.or(change.old)?;
    let key = |name: &String| Some((name.clone(), item.get(name)?.to_value()));
    let keys: Map = table.attributes().filter_map(|attribute| key(&attribute.name)).collect();
    let keys = encode_item(&keys);
    let (shows_old, shows_new) = match view {
        StreamViewType::KeysOnly => (false, false),
        StreamViewType::NewImage => (false, true),
        StreamViewType::OldImage => (true, false),
        StreamViewType::NewAndOldImages => (true, true),
    };
    let old = change.old.filter(|_| shows_old).map_or(&[][..], |(_, bytes)| bytes);
    let new = change.new.filter(|_| shows_new).map_or(&[][..], |(_, bytes)| bytes);
    let mut out = Vec::with_capacity(HEADER_BYTES + keys.len() + old.len() + new.len());
    out.push(VERSION);
    out.push(if change.by_expiry { event | BY_EXPIRY } else { event });
    out.extend_from_slice(&now.to_le_bytes());
    for part in [&keys[..], old, new] {
        out.extend_from_slice(&u32::try_from(part.len()).ok()?.to_le_bytes());
    }
    [&keys[..], old, new].into_iter().for_each(|part| out.extend_from_slice(part));
    Some(out)
}

/// `None` when the bytes are not a record.
pub(super) fn decode(bytes: &[u8]) -> Option<ChangeRecord<'_>> {
    let (header, rest) = bytes.split_at_checked(HEADER_BYTES)?;
    let event = match header[1] & !BY_EXPIRY {
        1 => Event::Insert,
        2 => Event::Modify,
        3 => Event::Remove,
        _ => return None,
    };
    let length = |at: usize| Some(u32::from_le_bytes(*header.get(at..)?.first_chunk()?) as usize);
    let (keys, rest) = rest.split_at_checked(length(10)?)?;
    let (old, new) = rest.split_at_checked(length(14)?)?;
    if header[0] != VERSION || new.len() != length(18)? {
        return None;
    }
    Some(ChangeRecord {
        event,
        by_expiry: header[1] & BY_EXPIRY != 0,
        created_millis: created_millis(bytes)?,
        keys: ItemView::parse(keys).ok()?,
        old: image(old)?,
        new: image(new)?,
    })
}

/// The time alone, without a look at the rest.
pub(super) fn created_millis(record: &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(*record.get(2..)?.first_chunk()?))
}

fn image(bytes: &[u8]) -> Option<Option<ItemView<'_>>> {
    match bytes {
        [] => Some(None),
        bytes => ItemView::parse(bytes).ok().map(Some),
    }
}

pub(super) fn encode_key(number: SequenceNumber) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&number.commit.to_be_bytes());
    key[8..].copy_from_slice(&number.ordinal.to_be_bytes());
    key
}

pub(super) fn decode_key(key: &[u8]) -> Option<SequenceNumber> {
    let (commit, ordinal) = key.split_first_chunk()?;
    Some(SequenceNumber { commit: u64::from_be_bytes(*commit), ordinal: u32::from_be_bytes(ordinal.try_into().ok()?) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validation::{KeyAttribute, ScalarType};
    use crate::value::AttributeValue;

    fn table() -> KeySchema {
        let key = KeyAttribute { name: "Id".to_string(), kind: ScalarType::S };
        KeySchema { partition: vec![key], sort: Vec::new() }
    }

    fn item(message: &str) -> Vec<u8> {
        let attributes = [("Id", "101"), ("Message", message)];
        encode_item(
            &attributes.iter().map(|(name, text)| (name.to_string(), AttributeValue::S(text.to_string()))).collect(),
        )
    }

    fn both(bytes: &[u8]) -> Option<(ItemView<'_>, &[u8])> {
        Some((ItemView::parse(bytes).unwrap(), bytes))
    }

    fn change<'a>(old: Option<&'a [u8]>, new: Option<&'a [u8]>) -> RowChange<'a> {
        RowChange { old: old.and_then(both), new: new.and_then(both), by_expiry: false }
    }

    #[test]
    fn each_view_shows_its_images() {
        let (old, new) = (item("New item!"), item("This item has changed"));
        for (view, shows_old, shows_new) in [
            (StreamViewType::KeysOnly, false, false),
            (StreamViewType::NewImage, false, true),
            (StreamViewType::OldImage, true, false),
            (StreamViewType::NewAndOldImages, true, true),
        ] {
            let bytes = encode(&change(Some(&old), Some(&new)), &table(), view, 1_500).expect("a change");
            let record = decode(&bytes).expect("a record");
            assert_eq!((record.event, record.created_millis, record.by_expiry), (Event::Modify, 1_500, false));
            assert_eq!((record.old.is_some(), record.new.is_some()), (shows_old, shows_new), "{view:?}");
            assert_eq!(record.keys.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["Id"]);
            let shown = |item: &[u8], shown: bool| if shown { ItemView::parse(item).unwrap().size_bytes() } else { 0 };
            assert_eq!(record.size_bytes(), 5 + shown(&old, shows_old) + shown(&new, shows_new));
        }
    }

    #[test]
    fn events_are_told_apart_and_what_did_not_change_is_none() {
        let (old, new) = (item("a"), item("b"));
        let event = |old: Option<&[u8]>, new: Option<&[u8]>| {
            encode(&change(old, new), &table(), StreamViewType::NewImage, 0).map(|bytes| decode(&bytes).unwrap().event)
        };
        assert_eq!(event(None, Some(&new)), Some(Event::Insert));
        assert_eq!(event(Some(&old), Some(&new)), Some(Event::Modify));
        assert_eq!(event(Some(&old), None), Some(Event::Remove));
        assert_eq!(event(Some(&old), Some(&old)), None);
    }

    #[test]
    fn an_expired_item_is_marked() {
        let old = item("a");
        let expired = RowChange { by_expiry: true, ..change(Some(&old), None) };
        let bytes = encode(&expired, &table(), StreamViewType::KeysOnly, 0).expect("a change");
        assert!(decode(&bytes).is_some_and(|record| record.by_expiry && record.event == Event::Remove));
    }

    #[test]
    fn damaged_bytes_are_no_record() {
        let (old, new) = (item("a"), item("b"));
        let bytes =
            encode(&change(Some(&old), Some(&new)), &table(), StreamViewType::NewAndOldImages, 9).expect("a change");
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length]).is_none(), "{length}");
        }
        for (at, wrong) in [(0, 2), (1, 4), (1, 0), (10, 255), (18, 0)] {
            let mut damaged = bytes.clone();
            damaged[at] = wrong;
            assert!(decode(&damaged).is_none(), "{at}");
        }
    }

    /// Databases hold records of this form: changing it needs a new version.
    #[test]
    fn the_form_of_version_1() {
        let new = item("a");
        let bytes = encode(&change(None, Some(&new)), &table(), StreamViewType::NewImage, 0x0102).expect("a change");
        assert_eq!(bytes[..10], [1, 1, 2, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(bytes[14..18], [0, 0, 0, 0]);
        assert_eq!(bytes[18..22], (new.len() as u32).to_le_bytes());
        assert!(bytes.ends_with(&new));
        assert_eq!(encode_key(SequenceNumber { commit: 1, ordinal: 2 }), [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2]);
        assert_eq!(decode_key(&[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2]), Some(SequenceNumber { commit: 1, ordinal: 2 }));
    }
}
