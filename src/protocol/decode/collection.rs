//! Lists and maps.

use super::{Decode, Place, SerializationFault, decode_element};
use crate::protocol::json::{Reader, Token};

/// A list.
impl<T: Decode> Decode for Vec<T> {
    type Value = Vec<T::Value>;

    fn decode(token: Token<'_>, reader: &mut Reader<'_>, place: Place) -> Result<Self::Value, SerializationFault> {
        match token {
            Token::Array => {}
            Token::Object => return Err(SerializationFault::Structure),
            _ => return Err(not_a_collection(place)),
        }
        let mut list = Vec::new();
        while reader.next_element()? {
            list.extend(decode_element::<T>(reader)?);
        }
        Ok(list)
    }

    fn java_type() -> String {
        format!("java.util.List<{}>", T::java_type())
    }
}

/// A map, in document order. Of several entries with one name the last stays.
impl<T: Decode> Decode for Vec<(String, T)> {
    type Value = Vec<(String, T::Value)>;

    fn decode(token: Token<'_>, reader: &mut Reader<'_>, place: Place) -> Result<Self::Value, SerializationFault> {
        match token {
            Token::Object => {}
            Token::Array => return Err(SerializationFault::Collection { java_type: Self::java_type() }),
            _ => return Err(not_a_collection(place)),
        }
        let mut entries = Vec::new();
        while let Some(name) = reader.next_member()? {
            if let Some(value) = decode_element::<T>(reader)? {
                entries.push((name.into_owned(), value));
            }
        }
        keep_last_of_each_name(&mut entries);
        Ok(entries)
    }

    fn java_type() -> String {
        format!("java.util.Map<java.lang.String, {}>", T::java_type())
    }
}

pub(super) fn not_a_collection(place: Place) -> SerializationFault {
    match place {
        Place::Member => SerializationFault::FieldType,
        Place::Element => SerializationFault::ParameterizedCast,
    }
}

fn keep_last_of_each_name<T>(entries: &mut Vec<(String, T)>) {
    /// Up to here comparing all pairs is cheaper than sorting.
    const PAIRWISE_MAX: usize = 8;
    let has_repeats = if entries.len() <= PAIRWISE_MAX {
        entries.iter().enumerate().any(|(at, (name, _))| entries.iter().skip(at + 1).any(|(other, _)| other == name))
    } else {
        let mut names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair.first() == pair.last())
    };
    if !has_repeats {
        return;
    }
    let mut seen = std::collections::HashSet::new();
    let mut is_last: Vec<bool> = entries.iter().rev().map(|(name, _)| seen.insert(name.as_str())).collect();
    drop(seen);
    entries.retain(|_| is_last.pop().unwrap_or(true));
}
