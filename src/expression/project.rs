//! ProjectionExpression and AttributesToGet: the parts of an item that are returned.

use crate::value::{AttributeValue, Item, ItemView, ListView, Map, MapView, Path, Step, ValueView};

use super::error::{ExpressionError, ExpressionKind};
use super::placeholders::Placeholders;
use super::{parse, resolve};

/// Paths of which none overlaps another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    paths: Vec<Path>,
    top_level_names: Option<Vec<String>>,
    parts: Vec<(String, Part)>,
}

impl Projection {
    pub fn parse(text: &str, placeholders: &mut Placeholders<'_>) -> Result<Projection, ExpressionError> {
        let invalid = |fault| ExpressionKind::Projection.invalid(fault);
        let syntax = parse::projection(text).map_err(invalid)?;
        resolve::projection(&syntax, placeholders).map(Projection::of_paths).map_err(invalid)
    }

    /// Names as given: a dot in one is a part of it.
    pub fn from_attributes_to_get(names: &[String]) -> Projection {
        Projection::of_paths(names.iter().map(|name| Path::top_level(name.as_str())).collect())
    }

    pub(super) fn of_paths(paths: Vec<Path>) -> Projection {
        let top_level_names =
            paths.iter().all(Path::is_top_level).then(|| paths.iter().map(|path| path.root.clone()).collect());
        let mut parts = Vec::new();
        for path in &paths {
            let part = entry(&mut parts, path.root.as_str(), |root| root.to_string());
            path.steps.iter().fold(part, Part::below).make_whole();
        }
        Projection { paths, top_level_names, parts }
    }

    /// In the order given.
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// The names, in the order given, if every path is one: then the attributes can be written straight from the item.
    pub fn top_level_names(&self) -> Option<&[String]> {
        self.top_level_names.as_deref()
    }

    /// The parts of a stored item that the paths name. Elements of one list come in the order of the list and closed up,
    /// those that share an index as one element (T1/getItem/projection). Keys are not added.
    pub fn project(&self, item: ItemView<'_>) -> Item {
        project_map(item.as_map(), &self.parts)
    }

    /// The same of an item that is already a tree.
    pub fn project_item(&self, item: &Item) -> Item {
        pick_attributes(item, &self.parts)
    }
}

/// What is taken of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// Ordered by name.
    Attributes(Vec<(String, Part)>),
    /// Ordered by index.
    Elements(Vec<(u32, Part)>),
}

impl Part {
    /// The part that a step leads to. Paths of a projection neither overlap nor use one place in two ways; if these did,
    /// the later would win.
    fn below<'p>(&'p mut self, step: &Step) -> &'p mut Part {
        match step {
            Step::Attribute(name) => {
                if !matches!(self, Part::Attributes(_)) {
                    *self = Part::Attributes(Vec::new());
                }
                match self {
                    Part::Attributes(parts) => entry(parts, name.as_str(), |name| name.to_string()),
                    other => other,
                }
            }
            Step::Index(index) => {
                if !matches!(self, Part::Elements(_)) {
                    *self = Part::Elements(Vec::new());
                }
                match self {
                    Part::Elements(parts) => entry(parts, *index, |index| index),
                    other => other,
                }
            }
        }
    }

    fn make_whole(&mut self) {
        *self = Part::Whole;
    }
}

/// The part under a key, in order, made if it is not there.
fn entry<K: Ord, Q: Copy>(parts: &mut Vec<(K, Part)>, key: Q, own: impl Fn(Q) -> K) -> &mut Part {
    let key = own(key);
    let place = match parts.binary_search_by(|(other, _)| other.cmp(&key)) {
        Ok(place) => place,
        Err(place) => {
            parts.insert(place, (key, Part::Whole));
            place
        }
    };
    &mut parts[place].1
}

fn project_map(map: MapView<'_>, parts: &[(String, Part)]) -> Map {
    let found = parts.iter().filter_map(|(name, part)| Some((name.clone(), project_value(map.get(name)?, part)?)));
    found.collect()
}

fn project_list(list: ListView<'_>, parts: &[(u32, Part)]) -> Vec<AttributeValue> {
    parts.iter().filter_map(|(index, part)| project_value(list.get(*index as usize)?, part)).collect()
}

/// Nothing, rather than an empty list or map, if none of the parts is there.
fn project_value(value: ValueView<'_>, part: &Part) -> Option<AttributeValue> {
    match (part, value) {
        (Part::Whole, value) => Some(value.to_value()),
        (Part::Attributes(parts), ValueView::M(map)) => filled_map(project_map(map, parts)),
        (Part::Elements(parts), ValueView::L(list)) => filled_list(project_list(list, parts)),
        _ => None,
    }
}

fn pick_attributes(map: &Map, parts: &[(String, Part)]) -> Map {
    parts.iter().filter_map(|(name, part)| Some((name.clone(), pick(map.get(name)?, part)?))).collect()
}

fn pick(value: &AttributeValue, part: &Part) -> Option<AttributeValue> {
    match (part, value) {
        (Part::Whole, value) => Some(value.clone()),
        (Part::Attributes(parts), AttributeValue::M(map)) => filled_map(pick_attributes(map, parts)),
        (Part::Elements(parts), AttributeValue::L(list)) => {
            let found = parts.iter().filter_map(|(index, part)| pick(list.get(*index as usize)?, part));
            filled_list(found.collect())
        }
        _ => None,
    }
}

fn filled_map(map: Map) -> Option<AttributeValue> {
    (!map.is_empty()).then_some(AttributeValue::M(map))
}

fn filled_list(list: Vec<AttributeValue>) -> Option<AttributeValue> {
    (!list.is_empty()).then_some(AttributeValue::L(list))
}
