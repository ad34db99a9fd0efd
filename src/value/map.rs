//! A map of attribute names to values, ordered by name.

use super::AttributeValue;

/// An item is the map at the top.
pub type Item = Map;

/// Attributes ordered by the bytes of their names, each name once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Map {
    entries: Vec<(String, AttributeValue)>,
}

impl Map {
    pub fn new() -> Map {
        Map::default()
    }

    pub fn with_capacity(count: usize) -> Map {
        Map { entries: Vec::with_capacity(count) }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn get(&self, name: &str) -> Option<&AttributeValue> {
        self.find(name).ok().map(|at| &self.entries[at].1)
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut AttributeValue> {
        self.find(name).ok().map(|at| &mut self.entries[at].1)
    }

    pub fn contains_key(&self, name: &str) -> bool {
        self.find(name).is_ok()
    }

    /// Puts `value` under `name` and returns what was there.
    pub fn insert(&mut self, name: impl Into<String>, value: AttributeValue) -> Option<AttributeValue> {
        let name = name.into();
        // Requests, stored items and copies come in order nearly always: appending saves the search and the shift.
        if self.entries.last().is_none_or(|(last, _)| last.as_bytes() < name.as_bytes()) {
            self.entries.push((name, value));
            return None;
        }
        match self.find(&name) {
            Ok(at) => Some(std::mem::replace(&mut self.entries[at].1, value)),
            Err(at) => {
                self.entries.insert(at, (name, value));
                None
            }
        }
    }

    pub fn remove(&mut self, name: &str) -> Option<AttributeValue> {
        self.find(name).ok().map(|at| self.entries.remove(at).1)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &AttributeValue)> + Clone {
        self.entries.iter().map(|(name, value)| (name.as_str(), value))
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.entries.binary_search_by(|(other, _)| other.as_str().cmp(name))
    }
}

impl FromIterator<(String, AttributeValue)> for Map {
    /// Of several values for one name the last stays.
    fn from_iter<I: IntoIterator<Item = (String, AttributeValue)>>(entries: I) -> Map {
        let mut map = Map::new();
        for (name, value) in entries {
            map.insert(name, value);
        }
        map
    }
}

impl IntoIterator for Map {
    type Item = (String, AttributeValue);
    type IntoIter = std::vec::IntoIter<(String, AttributeValue)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ordered_and_unique() {
        let mut map = Map::new();
        for name in ["b", "a", "c", "a"] {
            map.insert(name, AttributeValue::S(name.to_uppercase()));
        }
        assert_eq!(map.insert("b", AttributeValue::Null), Some(AttributeValue::S("B".into())));
        let names: Vec<_> = map.iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(map.remove("a"), Some(AttributeValue::S("A".into())));
        assert_eq!(map.get("a"), None);
        assert_eq!(map.len(), 2);
    }
}
