//! ExpressionAttributeNames and ExpressionAttributeValues of a request, and which of them its expressions have used.

use std::collections::HashMap;

use crate::value::{AttributeValue, Given};

use super::error::{ExpressionError, Fault, PlaceholderMap};

/// What a request's placeholders stand for. One value serves all expressions of a request, so that
/// [`Placeholders::unused`] knows at the end what none of them named. Use is judged by syntax: what a short circuit would
/// skip counts as used.
pub struct Placeholders<'a> {
    names: Table<'a, String>,
    values: Table<'a, Given<AttributeValue>>,
}

impl<'a> Placeholders<'a> {
    pub fn new(
        names: Option<&'a [(String, String)]>,
        values: Option<&'a [(String, Given<AttributeValue>)]>,
    ) -> Placeholders<'a> {
        Placeholders { names: Table::new(names), values: Table::new(values) }
    }

    /// The maps themselves, before any expression is looked at: neither may be given and empty, and keys have their form.
    /// Names come before values. What is wrong with a value is its [`Given::fault`] and is not looked at here.
    pub fn check(&self) -> Result<(), ExpressionError> {
        check_keys(PlaceholderMap::Names, &self.names, b'#')?;
        if let Some((placeholder, _)) = self.names.entries.iter().find(|(_, name)| name.is_empty()) {
            return Err(ExpressionError::EmptyAttributeName { placeholder: placeholder.clone() });
        }
        check_keys(PlaceholderMap::Values, &self.values, b':')
    }

    /// Refuses what no expression has named: names first, then values.
    pub fn unused(&self) -> Result<(), ExpressionError> {
        check_used(PlaceholderMap::Names, &self.names)?;
        check_used(PlaceholderMap::Values, &self.values)
    }

    pub(super) fn name(&mut self, placeholder: &str) -> Result<&'a str, Fault> {
        let name = self.names.take(placeholder).map(String::as_str);
        name.ok_or_else(|| Fault::UndefinedName { placeholder: placeholder.to_string() })
    }

    pub(super) fn value(&mut self, placeholder: &str) -> Result<&'a AttributeValue, Fault> {
        let given = self.values.take(placeholder);
        given.map(|given| &given.value).ok_or_else(|| Fault::UndefinedValue { placeholder: placeholder.to_string() })
    }
}

/// Longer than this a placeholder is refused.
const KEY_BYTES_MAX: usize = 255;

/// Up to this many entries are searched one by one.
const SEARCHED_MAX: usize = 16;

struct Table<'a, T> {
    entries: &'a [(String, T)],
    is_given: bool,
    used: Vec<bool>,
    /// Where each key is, when there are too many to search one by one.
    places: Option<HashMap<&'a str, usize>>,
}

impl<'a, T> Table<'a, T> {
    fn new(entries: Option<&'a [(String, T)]>) -> Table<'a, T> {
        let is_given = entries.is_some();
        let entries = entries.unwrap_or_default();
        let places = (entries.len() > SEARCHED_MAX)
            .then(|| entries.iter().enumerate().map(|(place, (key, _))| (key.as_str(), place)).collect());
        Table { entries, is_given, used: vec![false; entries.len()], places }
    }

    /// What a key stands for, noted as used.
    fn take(&mut self, key: &str) -> Option<&'a T> {
        let place = match &self.places {
            Some(places) => *places.get(key)?,
            None => self.entries.iter().position(|(other, _)| other == key)?,
        };
        self.used[place] = true;
        Some(&self.entries[place].1)
    }
}

fn check_keys<T>(map: PlaceholderMap, table: &Table<'_, T>, sign: u8) -> Result<(), ExpressionError> {
    if table.is_given && table.entries.is_empty() {
        return Err(ExpressionError::NoPlaceholders { map });
    }
    for (key, _) in table.entries {
        if key.len() > KEY_BYTES_MAX {
            return Err(ExpressionError::PlaceholderTooLong { map, size_bytes: key.len() });
        }
        let is_sound = match key.as_bytes() {
            [first, rest @ ..] => {
                *first == sign && !rest.is_empty() && rest.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
            }
            [] => false,
        };
        if !is_sound {
            return Err(ExpressionError::PlaceholderSyntax { map, key: key.clone() });
        }
    }
    Ok(())
}

fn check_used<T>(map: PlaceholderMap, table: &Table<'_, T>) -> Result<(), ExpressionError> {
    let keys: Vec<String> =
        table.entries.iter().zip(&table.used).filter(|(_, used)| !**used).map(|((key, _), _)| key.clone()).collect();
    if keys.is_empty() { Ok(()) } else { Err(ExpressionError::Unused { map, keys }) }
}
