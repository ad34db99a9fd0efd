//! Literals and parameters as attribute values.

use super::ast::{Node, NodeId, Tree};
use super::error::StatementError;
use super::token::unquoted;
use crate::value::{AttributeValue, Item, Map, Number, TypeName};

/// How deep an attribute may be, itself included.
const LEVELS_MAX: u32 = 32;

/// Where a literal is inside the value that it belongs to; AWS calls the value `root`.
struct At<'a> {
    place: Option<(&'a At<'a>, Place<'a>)>,
    level: u32,
}

enum Place<'a> {
    Attribute(&'a str),
    Element(usize),
}

const ROOT: At<'static> = At { place: None, level: 1 };

impl<'a> At<'a> {
    fn below(&'a self, place: Place<'a>) -> At<'a> {
        At { place: Some((self, place)), level: self.level + 1 }
    }
}

impl std::fmt::Display for At<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.place {
            None => f.write_str("root"),
            Some((above, Place::Attribute(name))) => write!(f, "{above}.{name}"),
            Some((above, Place::Element(index))) => write!(f, "{above}[{index}]"),
        }
    }
}

/// Whether a node is a value by itself, so that [`value`] reads it.
pub(super) fn is_value(node: &Node<'_>) -> bool {
    matches!(
        node,
        Node::String(_)
            | Node::Number { .. }
            | Node::Boolean(_)
            | Node::Null
            | Node::Missing
            | Node::Ion
            | Node::Parameter(_)
            | Node::List(_)
            | Node::Bag(_)
            | Node::Struct(_)
    )
}

pub(super) fn value(
    tree: &Tree<'_>,
    parameters: &[AttributeValue],
    id: NodeId,
) -> Result<AttributeValue, StatementError> {
    Literals { tree, parameters }.value(id, &ROOT)
}

/// The item of an INSERT; each of its attributes is a value by itself.
pub(super) fn item(tree: &Tree<'_>, parameters: &[AttributeValue], id: NodeId) -> Result<Item, StatementError> {
    let literals = Literals { tree, parameters };
    match tree.node(id) {
        Node::Struct(members) => {
            let mut item = Item::new();
            for (name, value) in members {
                let name = literals.attribute_name(*name)?;
                let value = literals.value(*value, &ROOT)?;
                insert(&mut item, name, value)?;
            }
            Ok(item)
        }
        Node::Parameter(place) => match parameters.get(*place) {
            Some(AttributeValue::M(item)) => Ok(item.clone()),
            _ => Err(StatementError::NotAnItem),
        },
        _ => Err(StatementError::NotAnItem),
    }
}

struct Literals<'r, 't> {
    tree: &'r Tree<'t>,
    parameters: &'r [AttributeValue],
}

impl Literals<'_, '_> {
    /// Its recursion ends at the level that an attribute may have.
    fn value(&self, id: NodeId, at: &At<'_>) -> Result<AttributeValue, StatementError> {
        if at.level > LEVELS_MAX {
            return Err(StatementError::TooDeep { at: at.to_string() });
        }
        match self.tree.node(id) {
            Node::String(text) => Ok(AttributeValue::S(unquoted(text))),
            Node::Number { negative, text } => number(*negative, text, at).map(AttributeValue::N),
            Node::Boolean(boolean) => Ok(AttributeValue::Bool(*boolean)),
            Node::Null => Ok(AttributeValue::Null),
            Node::List(elements) => {
                let element = |(index, id): (usize, &NodeId)| self.value(*id, &at.below(Place::Element(index)));
                elements.iter().enumerate().map(element).collect::<Result<_, _>>().map(AttributeValue::L)
            }
            Node::Struct(members) => self.map(members, at).map(AttributeValue::M),
            Node::Bag(members) => self.set(members, at),
            // Inside a literal there are none (eu-west-2, 2026-09-17).
            Node::Parameter(place) if at.place.is_none() => {
                self.parameters.get(*place).cloned().ok_or(StatementError::ParameterCount)
            }
            other => {
                let (what, position) = (described(other), self.tree.position(id));
                Err(StatementError::UnsupportedValue { what, at: at.to_string(), position })
            }
        }
    }

    fn map(&self, members: &[(NodeId, NodeId)], at: &At<'_>) -> Result<Map, StatementError> {
        let mut map = Map::with_capacity(members.len());
        for (name, value) in members {
            let name = self.attribute_name(*name)?;
            let value = self.value(*value, &at.below(Place::Attribute(&name)))?;
            insert(&mut map, name, value)?;
        }
        Ok(map)
    }

    fn attribute_name(&self, id: NodeId) -> Result<String, StatementError> {
        match self.tree.node(id) {
            Node::String(text) => match unquoted(text) {
                name if name.is_empty() => Err(StatementError::EmptyAttributeName),
                name => Ok(name),
            },
            other => {
                let (what, position) = (described(other), self.tree.position(id));
                Err(StatementError::UnsupportedValue { what, at: ROOT.to_string(), position })
            }
        }
    }

    /// Bags are sets, of strings or of numbers.
    fn set(&self, members: &[NodeId], at: &At<'_>) -> Result<AttributeValue, StatementError> {
        let (mut strings, mut numbers) = (Vec::new(), Vec::new());
        let mut as_written = Vec::with_capacity(members.len());
        for (index, member) in members.iter().enumerate() {
            match self.tree.node(*member) {
                Node::String(text) => {
                    strings.push(unquoted(text));
                    as_written.push(unquoted(text));
                }
                Node::Number { negative, text } => {
                    numbers.push(number(*negative, text, &at.below(Place::Element(index)))?);
                    as_written.push(signed(*negative, text));
                }
                _ => return Err(StatementError::MixedBag),
            }
        }
        let duplicate = |set| StatementError::DuplicateMembers { set, members: as_written.clone(), at: at.to_string() };
        match (strings.is_empty(), numbers.is_empty()) {
            (true, true) => Err(StatementError::EmptyBag),
            (false, false) => Err(StatementError::MixedBag),
            (false, true) => sorted(strings).map(AttributeValue::Ss).ok_or_else(|| duplicate(TypeName::Ss)),
            (true, false) => sorted(numbers).map(AttributeValue::Ns).ok_or_else(|| duplicate(TypeName::Ns)),
        }
    }
}

fn insert(map: &mut Map, name: String, value: AttributeValue) -> Result<(), StatementError> {
    if map.contains_key(&name) {
        return Err(StatementError::RepeatedAttributeName { name });
    }
    map.insert(name, value);
    Ok(())
}

fn number(negative: bool, text: &str, at: &At<'_>) -> Result<Number, StatementError> {
    let raw = signed(negative, text);
    Number::parse(&raw).map_err(|fault| StatementError::Number { raw, fault, at: at.to_string() })
}

fn signed(negative: bool, text: &str) -> String {
    if negative { format!("-{text}") } else { text.to_string() }
}

/// The members in order; none if there are two of one.
fn sorted<M: Ord>(mut members: Vec<M>) -> Option<Vec<M>> {
    members.sort();
    let is_repeated = members.windows(2).any(|pair| pair.first() == pair.last());
    (!is_repeated).then_some(members)
}

/// What stands where a value should; a function by its name in lower case (us-east-1, 2026-10: `set_add`).
fn described(node: &Node<'_>) -> String {
    match node {
        Node::Call { name, .. } | Node::Name(name) => name.to_lowercase(),
        Node::Missing => "missing".to_string(),
        Node::Ion => "ion".to_string(),
        Node::Parameter(_) => "Parameter".to_string(),
        _ => "expression".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use crate::value::NumberFault;

    fn read(text: &str) -> Result<AttributeValue, StatementError> {
        let syntax = parse::statement(text).expect(text);
        value(&syntax.tree, &[AttributeValue::Bool(true)], syntax.root)
    }

    #[test]
    fn literals_of_every_type_are_read() {
        let number = |text| AttributeValue::N(Number::parse(text).expect(text));
        assert_eq!(read("'it''s é'"), Ok(AttributeValue::S("it's é".into())));
        assert_eq!(read("-.73e1"), Ok(number("-7.3")));
        assert_eq!(read("- - +5"), Ok(number("5")));
        assert_eq!(read("5."), Ok(number("5")));
        assert_eq!(read("[null]"), Ok(AttributeValue::L(vec![AttributeValue::Null])));
        assert_eq!(read("?"), Ok(AttributeValue::Bool(true)));
        assert_eq!(
            read("<<2, 1.0>>"),
            Ok(AttributeValue::Ns(vec![Number::parse("1").expect("1"), Number::parse("2").expect("2"),]))
        );
        assert_eq!(read("<<'b','a',''>>"), Ok(AttributeValue::Ss(vec!["".into(), "a".into(), "b".into()])));
        let Ok(AttributeValue::M(map)) = read("{'x': {'y': 1}}") else { panic!("a map") };
        assert!(matches!(map.get("x"), Some(AttributeValue::M(_))));
    }

    #[test]
    fn a_number_out_of_range_is_reported_with_its_place() {
        for (text, expected) in [
            ("1e126", "root"),
            ("{'x': 1e126}", "root.x"),
            ("[0, 1e126]", "root[1]"),
            ("{'x': [{'y': 1e126}]}", "root.x[0].y"),
        ] {
            let refusal = read(text).expect_err(text);
            let StatementError::Number { raw, fault, at } = refusal else { panic!("{refusal:?}") };
            assert_eq!((raw.as_str(), fault, at.as_str()), ("1e126", NumberFault::Overflow, expected));
        }
    }

    #[test]
    fn what_is_no_value_is_refused() {
        assert_eq!(read("<<>>"), Err(StatementError::EmptyBag));
        assert_eq!(read("<<'a', 1>>"), Err(StatementError::MixedBag));
        assert_eq!(read("<<?>>"), Err(StatementError::MixedBag));
        let members = vec!["-2".into(), "-2.0".into()];
        let at = "root[0]".into();
        assert_eq!(read("[<<-2, -2.0>>]"), Err(StatementError::DuplicateMembers { set: TypeName::Ns, members, at }));
        assert!(matches!(read("[`1`]"), Err(StatementError::UnsupportedValue { .. })));
        assert!(matches!(read("[MISSING]"), Err(StatementError::UnsupportedValue { .. })));
        assert_eq!(read("{'': 1}"), Err(StatementError::EmptyAttributeName));
        assert_eq!(read("{'a': 1, 'a': 2}"), Err(StatementError::RepeatedAttributeName { name: "a".into() }));
        let nested = |levels: usize| read(&format!("{}1{}", "[".repeat(levels), "]".repeat(levels)));
        let too_deep = StatementError::TooDeep { at: format!("root{}", "[0]".repeat(32)) };
        assert!(nested(31).is_ok());
        assert_eq!(nested(32), Err(too_deep.clone()));
        assert_eq!(nested(300), Err(too_deep));
    }

    #[test]
    fn a_parameter_is_no_part_of_a_literal() {
        for (text, expected, column) in [("[1, ?]", "root[1]", 5), ("{'m': {'k': ?}}", "root.m.k", 13)] {
            let position = crate::partiql::Position { line: 1, column, length: 1 };
            let refusal = StatementError::UnsupportedValue { what: "Parameter".into(), at: expected.into(), position };
            assert_eq!(read(text), Err(refusal), "{text}");
        }
    }
}
