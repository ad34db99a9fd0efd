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
                *first == sign
                    && !rest.is_empty()
                    && rest.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
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

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(names: Option<&[(&str, &str)]>, values: Option<&[&str]>) -> String {
        let names =
            names.map(|names| names.iter().map(|(key, name)| (key.to_string(), name.to_string())).collect::<Vec<_>>());
        let values = values.map(|keys| {
            keys.iter().map(|key| (key.to_string(), Given::sound(AttributeValue::Null, 1))).collect::<Vec<_>>()
        });
        let checked = Placeholders::new(names.as_deref(), values.as_deref()).check();
        checked.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn maps_are_checked_names_first() {
        assert_eq!(refusal(None, None), "");
        assert_eq!(refusal(Some(&[("#a", "x"), ("#1_b", "y")]), Some(&[":2", ":v"])), "");
        assert_eq!(refusal(Some(&[]), Some(&[])), "ExpressionAttributeNames must not be empty");
        assert_eq!(refusal(None, Some(&[])), "ExpressionAttributeValues must not be empty");
        for key in ["x", "#", "", "#a-b", ":a", "#é", "##"] {
            let expected = format!("ExpressionAttributeNames contains invalid key: Syntax error; key: \"{key}\"");
            assert_eq!(refusal(Some(&[(key, "x")]), Some(&[])), expected);
        }
        assert_eq!(
            refusal(None, Some(&[":v", "v"])),
            "ExpressionAttributeValues contains invalid key: Syntax error; key: \"v\""
        );
        assert_eq!(refusal(Some(&[("#a", "")]), None), "Empty attribute name");
        let long = format!("#{}", "a".repeat(300));
        assert_eq!(
            refusal(Some(&[(&long, "x")]), None),
            "ExpressionAttributeNames contains invalid key: The expression attribute map contains a key that is too long; size of key: 301"
        );
    }

    #[test]
    fn many_entries_are_found_as_few_are() {
        for count in [3, 300] {
            let names: Vec<_> = (0..count).map(|number| (format!("#n{number}"), format!("name{number}"))).collect();
            let mut placeholders = Placeholders::new(Some(&names), None);
            for number in 1..count {
                assert_eq!(placeholders.name(&format!("#n{number}")), Ok(format!("name{number}").as_str()));
            }
            assert!(placeholders.name("#m").is_err());
            let unused = placeholders.unused();
            assert_eq!(unused, Err(ExpressionError::Unused { map: PlaceholderMap::Names, keys: vec!["#n0".into()] }));
        }
    }
}
