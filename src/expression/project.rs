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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fixtures::{item, placeholders};
    use super::*;
    use crate::value::encode_item;

    fn project(stored: &Item, text: &str) -> Item {
        let maps = placeholders("#d=m.w", "");
        let projection = Projection::parse(text, &mut maps.borrow()).unwrap();
        let bytes = encode_item(stored);
        let projected = projection.project(ItemView::parse(&bytes).unwrap());
        assert_eq!(projection.project_item(stored), projected);
        projected
    }

    #[test]
    fn lists_are_closed_up_and_paths_through_one_element_meet() {
        let stored = item(
            r#"{"pk":{"S":"k"},"l":{"L":[{"S":"l0"},{"S":"l1"},{"S":"l2"}]},
                "o":{"L":[{"M":{"a":{"N":"1"},"b":{"N":"2"},"c":{"N":"3"}}},{"M":{"a":{"N":"4"},"b":{"N":"5"}}}]},
                "m":{"M":{"x":{"M":{"y":{"N":"1"},"z":{"N":"2"}}},"w":{"N":"3"},"in":{"L":[{"L":[{"N":"1"},{"N":"2"}]},{"L":[{"N":"3"}]}]}}},
                "m.w":{"S":"flat"},"q":{"S":"r"}}"#,
        );
        for (text, expected) in [
            ("l[2], l[0]", r#"{"l":{"L":[{"S":"l0"},{"S":"l2"}]}}"#),
            ("l[7], q", r#"{"q":{"S":"r"}}"#),
            ("o[0].a, o[0].b", r#"{"o":{"L":[{"M":{"a":{"N":"1"},"b":{"N":"2"}}}]}}"#),
            ("o[1].a, o[0].b", r#"{"o":{"L":[{"M":{"b":{"N":"2"}}},{"M":{"a":{"N":"4"}}}]}}"#),
            ("m.x.y, m.w", r#"{"m":{"M":{"x":{"M":{"y":{"N":"1"}}},"w":{"N":"3"}}}}"#),
            ("m.#d, #d", r#"{"m.w":{"S":"flat"}}"#),
            ("m.zz, q.x, l.x, o[0].zz, zz", "{}"),
            ("m[0], q[1]", "{}"),
        ] {
            assert_eq!(project(&stored, text), item(expected), "{text}");
        }
    }

    #[test]
    fn only_whole_attributes_can_be_written_straight_from_an_item() {
        let maps = placeholders("#d=m.w", "");
        let names = |text: &str| {
            let projection = Projection::parse(text, &mut maps.borrow()).unwrap();
            projection.top_level_names().map(<[String]>::to_vec)
        };
        assert_eq!(names("b, #d, a"), Some(vec!["b".to_string(), "m.w".to_string(), "a".to_string()]));
        assert_eq!(names("a, b[0]"), None);
        let dotted = Projection::from_attributes_to_get(&["m.w".to_string()]);
        assert_eq!(dotted.paths(), [Path::top_level("m.w")]);
    }

    /// Keeps the leaves at or below the paths, and of lists and maps what is left around them.
    fn model(value: &AttributeValue, at: &mut Vec<Step>, paths: &[Vec<Step>]) -> Option<AttributeValue> {
        if paths.iter().any(|path| at.starts_with(path)) {
            return Some(value.clone());
        }
        let mut below = |step: Step, value: &AttributeValue| {
            at.push(step);
            let kept = model(value, at, paths);
            at.pop();
            kept
        };
        match value {
            AttributeValue::M(map) => {
                let kept = map.iter().filter_map(|(name, value)| {
                    Some((name.to_string(), below(Step::Attribute(name.to_string()), value)?))
                });
                filled_map(kept.collect())
            }
            AttributeValue::L(list) => {
                let kept = list.iter().enumerate().filter_map(|(index, value)| below(Step::Index(index as u32), value));
                filled_list(kept.collect())
            }
            _ => None,
        }
    }

    fn any_value() -> impl Strategy<Value = AttributeValue> {
        let leaf = any::<bool>().prop_map(AttributeValue::Bool);
        leaf.prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(AttributeValue::L),
                proptest::collection::vec(("[abc]", inner), 0..4)
                    .prop_map(|map| AttributeValue::M(map.into_iter().collect())),
            ]
        })
    }

    fn any_text() -> impl Strategy<Value = String> {
        let step = prop_oneof!["\\.[abc]", "\\[[012]\\]"];
        let path = ("[abc]", proptest::collection::vec(step, 0..4)).prop_map(|(root, steps)| root + &steps.concat());
        proptest::collection::vec(path, 1..5).prop_map(|paths| paths.join(", "))
    }

    proptest! {
        #[test]
        fn projections_agree_with_the_model(
            entries in proptest::collection::vec(("[abc]", any_value()), 0..4),
            text in any_text(),
        ) {
            let stored: Item = entries.into_iter().collect();
            let maps = placeholders("", "");
            // Overlapping paths are refused.
            if let Ok(projection) = Projection::parse(&text, &mut maps.borrow()) {
                let whole = |path: &Path| [&[Step::Attribute(path.root.clone())], &path.steps[..]].concat();
                let paths: Vec<_> = projection.paths().iter().map(whole).collect();
                let expected = match model(&AttributeValue::M(stored.clone()), &mut Vec::new(), &paths) {
                    Some(AttributeValue::M(map)) => map,
                    _ => Item::new(),
                };
                prop_assert_eq!(project(&stored, &text), expected);
            }
        }
    }
}
