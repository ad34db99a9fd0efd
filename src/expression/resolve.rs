//! `ast` to what can be evaluated: paths without placeholders, operands as encoded values.
//!
//! Two walks, each over the whole expression in the order written. The first looks at words only: reserved ones, list
//! indexes, names of functions and where they stand. The second looks up placeholders and then judges operands, one operator
//! after the other, so that of an undefined value and a wrong operand the one further left is reported
//! (VO/queryKeyCondition, dynalite's scan tests).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::value::{AttributeValue, Encoded, Path, Step, TypeName, ValueView, compare};

use super::ast::{ConditionSyntax, Keyword, Node, NodeId, PathPart, PathSyntax, Sign, Tree, UpdateSyntax};
use super::condition::{Comparator, Operand, Test};
use super::error::{Bound, Fault, OperandType};
use super::overlap;
use super::placeholders::Placeholders;
use super::reserved_words::is_reserved;
use super::update::{Action, Clause, Source};

/// A path may name this many levels, the attribute being the first.
const PATH_LEVELS_MAX: usize = 32;

const IN_OPERANDS_MAX: usize = 100;

pub(super) fn condition(syntax: &ConditionSyntax<'_>, placeholders: &mut Placeholders<'_>) -> Result<Test, Fault> {
    words_of_condition(&syntax.tree, syntax.root)?;
    Resolver { tree: &syntax.tree, placeholders }.test(syntax.root)
}

pub(super) fn projection(paths: &[PathSyntax<'_>], placeholders: &mut Placeholders<'_>) -> Result<Vec<Path>, Fault> {
    paths.iter().try_for_each(words_of_path)?;
    let paths = paths.iter().map(|path| full_path(path, placeholders)).collect::<Result<Vec<_>, _>>()?;
    overlap::check(&paths)?;
    Ok(paths)
}

/// An update's targets are looked up and compared before anything else; then AWS goes through its actions from the last to
/// the first, names before values (dynalite's updateItem tests, DynamoDB Local 3.3).
pub(super) fn update(syntax: &UpdateSyntax<'_>, placeholders: &mut Placeholders<'_>) -> Result<Vec<Clause>, Fault> {
    words_of_update(syntax)?;
    let tree = &syntax.tree;
    let actions: Vec<_> = syntax
        .sections
        .iter()
        .enumerate()
        .flat_map(|(section, written)| written.actions.iter().map(move |action| (section, written.keyword, action)))
        .collect();
    let targets = actions.iter().map(|(_, _, action)| path(&action.target, placeholders)).collect::<Result<Vec<_>, _>>()?;
    overlap::check(&targets)?;
    let mut resolver = Resolver { tree, placeholders };
    for (_, _, action) in actions.iter().rev() {
        action.operand.map_or(Ok(()), |operand| resolver.names(operand))?;
    }
    let mut clauses = Vec::with_capacity(actions.len());
    for ((section, keyword, action), target) in actions.iter().zip(targets).rev() {
        check_levels(&target)?;
        let action = resolver.action(*keyword, action.operand)?;
        clauses.push(Clause { section: *section, target, action });
    }
    clauses.reverse();
    Ok(clauses)
}

fn words_of_condition(tree: &Tree<'_>, id: NodeId) -> Result<(), Fault> {
    match tree.node(id) {
        Node::And(conditions) | Node::Or(conditions) => conditions.iter().try_for_each(|id| words_of_condition(tree, *id)),
        Node::Not(condition) => words_of_condition(tree, *condition),
        Node::Compare { left, right, .. } => words_of_operands(tree, &[*left, *right], Place::Operand),
        Node::Between { value, low, high } => words_of_operands(tree, &[*value, *low, *high], Place::Operand),
        Node::In { value, list } => {
            words_of_operand(tree, *value, Place::Operand)?;
            words_of_operands(tree, list, Place::Operand)
        }
        Node::Call { .. } | Node::Path(_) | Node::Value(_) | Node::Arithmetic { .. } => {
            words_of_operand(tree, id, Place::Condition)
        }
    }
}

/// A section's actions are read before a second section of its kind is noticed.
fn words_of_update(syntax: &UpdateSyntax<'_>) -> Result<(), Fault> {
    for (at, section) in syntax.sections.iter().enumerate() {
        let same = || syntax.sections.iter().filter(|other| other.keyword == section.keyword);
        if syntax.sections[..at].iter().any(|earlier| earlier.keyword == section.keyword) {
            continue;
        }
        for action in same().flat_map(|section| &section.actions) {
            words_of_path(&action.target)?;
            action.operand.map_or(Ok(()), |operand| words_of_operand(&syntax.tree, operand, Place::Source))?;
        }
        if same().count() > 1 {
            return Err(Fault::RepeatedSection { keyword: section.keyword.as_str() });
        }
    }
    Ok(())
}

fn words_of_operands(tree: &Tree<'_>, operands: &[NodeId], place: Place) -> Result<(), Fault> {
    operands.iter().try_for_each(|id| words_of_operand(tree, *id, place))
}

fn words_of_operand(tree: &Tree<'_>, id: NodeId, place: Place) -> Result<(), Fault> {
    match tree.node(id) {
        Node::Path(path) => words_of_path(path),
        Node::Call { name, operands } => {
            let function = Function::parse(name).ok_or_else(|| Fault::UnknownFunction { name: name.to_string() })?;
            function.check_place(place)?;
            words_of_operands(tree, operands, place.of_operands())
        }
        Node::Arithmetic { left, right, .. } => words_of_operands(tree, &[*left, *right], place),
        _ => Ok(()),
    }
}

fn words_of_path(path: &PathSyntax<'_>) -> Result<(), Fault> {
    path.iter().try_for_each(|part| match part {
        PathPart::Name(name) if is_reserved(name) => Err(Fault::ReservedWord { word: name.to_string() }),
        PathPart::Index(index) if parse_index(index).is_none() => Err(Fault::ListIndex { index: index.to_string() }),
        _ => Ok(()),
    })
}

/// Indexes are 31 bits wide.
fn parse_index(digits: &str) -> Option<u32> {
    digits.parse::<i32>().ok().and_then(|index| u32::try_from(index).ok())
}

/// Where a function stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Condition,
    Operand,
    /// The right side of SET.
    Source,
    /// The operand of a function there.
    SourceOperand,
}

impl Place {
    fn of_operands(self) -> Place {
        match self {
            Place::Condition | Place::Operand => Place::Operand,
            Place::Source | Place::SourceOperand => Place::SourceOperand,
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Function {
    AttributeExists,
    AttributeNotExists,
    AttributeType,
    BeginsWith,
    Contains,
    Size,
    IfNotExists,
    ListAppend,
}

impl Function {
    const ALL: [Function; 8] = [
        Function::AttributeExists,
        Function::AttributeNotExists,
        Function::AttributeType,
        Function::BeginsWith,
        Function::Contains,
        Function::Size,
        Function::IfNotExists,
        Function::ListAppend,
    ];

    /// Unlike keywords, names of functions have one case.
    fn parse(name: &str) -> Option<Function> {
        Function::ALL.into_iter().find(|function| function.as_str() == name)
    }

    fn as_str(self) -> &'static str {
        match self {
            Function::AttributeExists => "attribute_exists",
            Function::AttributeNotExists => "attribute_not_exists",
            Function::AttributeType => "attribute_type",
            Function::BeginsWith => "begins_with",
            Function::Contains => "contains",
            Function::Size => "size",
            Function::IfNotExists => "if_not_exists",
            Function::ListAppend => "list_append",
        }
    }

    fn operand_count(self) -> usize {
        match self {
            Function::AttributeExists | Function::AttributeNotExists | Function::Size => 1,
            _ => 2,
        }
    }

    fn check_place(self, place: Place) -> Result<(), Fault> {
        let name = self.as_str();
        let is_of_update = matches!(self, Function::IfNotExists | Function::ListAppend);
        match place {
            Place::Condition | Place::Operand if is_of_update => Err(Fault::UpdateFunction { name }),
            Place::Source | Place::SourceOperand if !is_of_update => Err(Fault::ConditionFunction { name }),
            // size() is a number, the others are conditions.
            Place::Condition if self == Function::Size => Err(Fault::MisplacedFunction { name }),
            Place::Operand if self != Function::Size => Err(Fault::MisplacedFunction { name }),
            Place::SourceOperand if self == Function::ListAppend => Err(Fault::MisplacedFunction { name }),
            _ => Ok(()),
        }
    }
}

/// A path with its names looked up.
fn path(syntax: &PathSyntax<'_>, placeholders: &mut Placeholders<'_>) -> Result<Path, Fault> {
    let mut root = String::new();
    let mut steps = Vec::with_capacity(syntax.len().saturating_sub(1));
    for (at, part) in syntax.iter().enumerate() {
        let name = match part {
            PathPart::Index(digits) => {
                steps.push(Step::Index(parse_index(digits).ok_or_else(|| Fault::ListIndex { index: digits.to_string() })?));
                continue;
            }
            PathPart::Name(name) => name,
            PathPart::Placeholder(placeholder) => placeholders.name(placeholder)?,
        };
        match at {
            0 => root.push_str(name),
            _ => steps.push(Step::Attribute(name.to_string())),
        }
    }
    Ok(Path { root, steps })
}

fn full_path(syntax: &PathSyntax<'_>, placeholders: &mut Placeholders<'_>) -> Result<Path, Fault> {
    let path = path(syntax, placeholders)?;
    check_levels(&path)?;
    Ok(path)
}

fn check_levels(path: &Path) -> Result<(), Fault> {
    let levels = path.steps.len() + 1;
    if levels > PATH_LEVELS_MAX { Err(Fault::PathTooDeep { levels }) } else { Ok(()) }
}

/// The second walk. Its recursion ends where operators do, of which the parser lets through 300.
struct Resolver<'r, 't, 'a> {
    tree: &'r Tree<'t>,
    placeholders: &'r mut Placeholders<'a>,
}

impl Resolver<'_, '_, '_> {
    fn test(&mut self, id: NodeId) -> Result<Test, Fault> {
        let tree = self.tree;
        match tree.node(id) {
            Node::And(conditions) => Ok(Test::All(self.tests(conditions)?)),
            Node::Or(conditions) => Ok(Test::Any(self.tests(conditions)?)),
            Node::Not(condition) => Ok(Test::Not(Box::new(self.test(*condition)?))),
            Node::Compare { comparator, left, right } => self.compare(*comparator, *left, *right),
            Node::Between { value, low, high } => self.between(*value, *low, *high),
            Node::In { value, list } => self.within(*value, list),
            Node::Call { name, operands } => self.function_test(name, operands),
            Node::Path(_) | Node::Value(_) | Node::Arithmetic { .. } => Err(ill_formed()),
        }
    }

    fn tests(&mut self, conditions: &[NodeId]) -> Result<Vec<Test>, Fault> {
        conditions.iter().map(|id| self.test(*id)).collect()
    }

    fn compare(&mut self, comparator: Comparator, left: NodeId, right: NodeId) -> Result<Test, Fault> {
        let (left, right) = (self.operand(left)?, self.operand(right)?);
        check_distinct(comparator.as_str(), &left, [&right])?;
        if !matches!(comparator, Comparator::Equal | Comparator::NotEqual) {
            check_types(comparator.as_str(), [&left, &right], ORDERED)?;
        }
        Ok(Test::Compare { comparator, left, right })
    }

    fn between(&mut self, value: NodeId, low: NodeId, high: NodeId) -> Result<Test, Fault> {
        let (value, low, high) = (self.operand(value)?, self.operand(low)?, self.operand(high)?);
        check_distinct("BETWEEN", &value, [&low, &high])?;
        check_types("BETWEEN", [&value, &low, &high], ORDERED)?;
        check_bounds(&low, &high)?;
        Ok(Test::Between { value, low, high })
    }

    fn within(&mut self, value: NodeId, list: &[NodeId]) -> Result<Test, Fault> {
        let value = self.operand(value)?;
        let list = list.iter().map(|id| self.operand(*id)).collect::<Result<Vec<_>, _>>()?;
        if list.len() > IN_OPERANDS_MAX {
            return Err(Fault::TooManyInOperands { count: list.len() });
        }
        check_distinct("IN", &value, &list)?;
        Ok(Test::In { value, list })
    }

    fn function_test(&mut self, name: &str, operands: &[NodeId]) -> Result<Test, Fault> {
        let (function, operands) = self.call(name, operands)?;
        let function_name = function.as_str();
        match (function, <[Operand; 2]>::try_from(operands)) {
            (Function::AttributeType, Ok([first, second])) => attribute_type(first, second),
            (Function::BeginsWith, Ok([value, prefix])) => {
                check_distinct(function_name, &value, [&prefix])?;
                check_types(function_name, [&value, &prefix], &[TypeName::S, TypeName::B])?;
                Ok(Test::BeginsWith { value, prefix })
            }
            (Function::Contains, Ok([container, element])) => {
                check_distinct(function_name, &container, [&element])?;
                Ok(Test::Contains { container, element })
            }
            (function, Err(operands)) => match operands.into_iter().next() {
                Some(Operand::Path(path)) if function == Function::AttributeExists => Ok(Test::Exists(path)),
                Some(Operand::Path(path)) => Ok(Test::NotExists(path)),
                _ => Err(Fault::PathRequired { function: function_name }),
            },
            (_, Ok(_)) => Err(Fault::MisplacedFunction { name: function_name }),
        }
    }

    /// A function's operands, as many as it takes.
    fn call(&mut self, name: &str, operands: &[NodeId]) -> Result<(Function, Vec<Operand>), Fault> {
        let function = Function::parse(name).ok_or_else(|| Fault::UnknownFunction { name: name.to_string() })?;
        let operands = operands.iter().map(|id| self.operand(*id)).collect::<Result<Vec<_>, _>>()?;
        check_count(function, operands.len())?;
        Ok((function, operands))
    }

    fn operand(&mut self, id: NodeId) -> Result<Operand, Fault> {
        let tree = self.tree;
        match tree.node(id) {
            Node::Path(path) => Ok(Operand::Path(full_path(path, self.placeholders)?)),
            Node::Value(placeholder) => Ok(Operand::Value(Encoded::value(self.placeholders.value(placeholder)?))),
            Node::Call { name, operands } => {
                let (function, operands) = self.call(name, operands)?;
                match operands.into_iter().next() {
                    Some(operand) if function == Function::Size => {
                        check_types(function.as_str(), [&operand], SIZED)?;
                        Ok(Operand::Size(Box::new(operand)))
                    }
                    _ => Err(Fault::MisplacedFunction { name: function.as_str() }),
                }
            }
            _ => Err(ill_formed()),
        }
    }

    /// Every name below an operand of an update has to be defined before any of its values is looked at.
    fn names(&mut self, id: NodeId) -> Result<(), Fault> {
        let tree = self.tree;
        match tree.node(id) {
            Node::Path(syntax) => path(syntax, self.placeholders).map(drop),
            Node::Call { operands, .. } => operands.iter().try_for_each(|id| self.names(*id)),
            Node::Arithmetic { left, right, .. } => [left, right].into_iter().try_for_each(|id| self.names(*id)),
            _ => Ok(()),
        }
    }

    fn action(&mut self, keyword: Keyword, operand: Option<NodeId>) -> Result<Action, Fault> {
        let Some(operand) = operand else {
            return Ok(Action::Remove);
        };
        let source = self.source(operand)?;
        match (keyword, source) {
            (Keyword::Set, source) => Ok(Action::Set(source)),
            (Keyword::Add, Source::Value(value)) => {
                let allowed = [TypeName::N, TypeName::Ss, TypeName::Ns, TypeName::Bs];
                check_action_operand(keyword, &value, &allowed)?;
                Ok(Action::Add(value))
            }
            (_, Source::Value(value)) => {
                check_action_operand(keyword, &value, &[TypeName::Ss, TypeName::Ns, TypeName::Bs])?;
                Ok(Action::Delete(value))
            }
            _ => Err(ill_formed()),
        }
    }

    fn source(&mut self, id: NodeId) -> Result<Source, Fault> {
        let tree = self.tree;
        match tree.node(id) {
            Node::Path(path) => Ok(Source::Path(full_path(path, self.placeholders)?)),
            Node::Value(placeholder) => Ok(Source::Value(self.placeholders.value(placeholder)?.clone())),
            Node::Arithmetic { sign, left, right } => {
                let operands = [self.source(*left)?, self.source(*right)?];
                check_source_types(sign.as_str(), &operands, TypeName::N)?;
                let [left, right] = operands.map(Box::new);
                Ok(match sign {
                    Sign::Plus => Source::Sum(left, right),
                    Sign::Minus => Source::Difference(left, right),
                })
            }
            Node::Call { name, operands } => self.source_function(name, operands),
            _ => Err(ill_formed()),
        }
    }

    fn source_function(&mut self, name: &str, operands: &[NodeId]) -> Result<Source, Fault> {
        let function = Function::parse(name).ok_or_else(|| Fault::UnknownFunction { name: name.to_string() })?;
        let operands = operands.iter().map(|id| self.source(*id)).collect::<Result<Vec<_>, _>>()?;
        check_count(function, operands.len())?;
        match (function, <[Source; 2]>::try_from(operands)) {
            (Function::IfNotExists, Ok([Source::Path(path), otherwise])) => {
                // AWS asks for two different operands here as in conditions.
                if matches!(&otherwise, Source::Path(other) if *other == path) {
                    return Err(Fault::RepeatedOperand { operator: function.as_str(), path });
                }
                Ok(Source::IfNotExists(path, Box::new(otherwise)))
            }
            (Function::IfNotExists, Ok(_)) => Err(Fault::PathRequired { function: function.as_str() }),
            (Function::ListAppend, Ok(operands)) => {
                check_source_types(function.as_str(), &operands, TypeName::L)?;
                let [first, second] = operands.map(Box::new);
                Ok(Source::ListAppend(first, second))
            }
            _ => Err(Fault::ConditionFunction { name: function.as_str() }),
        }
    }
}

/// The parser puts no node where this would be answered. If it did, the expression would have to be refused, not run.
fn ill_formed() -> Fault {
    Fault::Syntax { token: String::new(), near: String::new() }
}

const ORDERED: &[TypeName] = &[TypeName::S, TypeName::N, TypeName::B];

const SIZED: &[TypeName] =
    &[TypeName::S, TypeName::B, TypeName::Ss, TypeName::Ns, TypeName::Bs, TypeName::L, TypeName::M];

/// What type an operand has whatever the item.
fn known_type(operand: &Operand) -> Option<TypeName> {
    match operand {
        Operand::Path(_) => None,
        Operand::Value(value) => Some(value.view().type_name()),
        Operand::Size(_) => Some(TypeName::N),
    }
}

fn check_types<'o>(
    operator: &'static str,
    operands: impl IntoIterator<Item = &'o Operand>,
    allowed: &[TypeName],
) -> Result<(), Fault> {
    match operands.into_iter().filter_map(known_type).find(|name| !allowed.contains(name)) {
        Some(name) => Err(Fault::OperandType { operator, operand: OperandType::Known(name) }),
        None => Ok(()),
    }
}

/// A path may not be compared with itself; `:v = :v` and `size(a) = size(a)` may.
fn check_distinct<'o>(
    operator: &'static str,
    first: &Operand,
    rest: impl IntoIterator<Item = &'o Operand>,
) -> Result<(), Fault> {
    match first {
        Operand::Path(path) if rest.into_iter().any(|other| other == first) => {
            Err(Fault::RepeatedOperand { operator, path: path.clone() })
        }
        _ => Ok(()),
    }
}

fn check_count(function: Function, count: usize) -> Result<(), Fault> {
    if count == function.operand_count() { Ok(()) } else { Err(Fault::OperandCount { function: function.as_str(), count }) }
}

fn check_bounds(low: &Operand, high: &Operand) -> Result<(), Fault> {
    let (Operand::Value(low), Operand::Value(high)) = (low, high) else {
        return Ok(());
    };
    let (low, high) = (low.view(), high.view());
    if low.type_name() != high.type_name() {
        return Err(Fault::BetweenTypes { low: bound(low), high: bound(high) });
    }
    if compare(low, high).is_some_and(|order| order.is_gt()) {
        return Err(Fault::BetweenReversed { low: bound(low), high: bound(high) });
    }
    Ok(())
}

/// A string, number or binary as a message shows it.
fn bound(value: ValueView<'_>) -> Bound {
    let text = match value.to_value() {
        AttributeValue::S(text) => text,
        AttributeValue::N(number) => number.to_string(),
        AttributeValue::B(bytes) => BASE64.encode(bytes),
        _ => String::new(),
    };
    Bound { type_name: value.type_name(), text }
}

fn attribute_type(first: Operand, second: Operand) -> Result<Test, Fault> {
    let function = Function::AttributeType.as_str();
    let Operand::Path(path) = &first else {
        return Err(Fault::PathRequired { function });
    };
    check_distinct(function, &first, [&second])?;
    let given = match &second {
        Operand::Value(value) => value.view(),
        other => {
            let operand = known_type(other).map_or(OperandType::Any, OperandType::Known);
            return Err(Fault::OperandType { operator: function, operand });
        }
    };
    let AttributeValue::S(name) = given.to_value() else {
        return Err(Fault::OperandType { operator: function, operand: OperandType::Known(given.type_name()) });
    };
    match TypeName::parse(&name) {
        Some(type_name) => Ok(Test::HasType(path.clone(), type_name)),
        None => Err(Fault::AttributeTypeName { name }),
    }
}

fn check_source_types(operator: &'static str, operands: &[Source], allowed: TypeName) -> Result<(), Fault> {
    let mut known = operands.iter().filter_map(|operand| match operand {
        Source::Value(value) => Some(value.type_name()),
        _ => None,
    });
    match known.find(|name| *name != allowed) {
        Some(name) => Err(Fault::OperandType { operator, operand: OperandType::Known(name) }),
        None => Ok(()),
    }
}

fn check_action_operand(keyword: Keyword, value: &AttributeValue, allowed: &[TypeName]) -> Result<(), Fault> {
    let operand = value.type_name();
    if allowed.contains(&operand) { Ok(()) } else { Err(Fault::ActionOperandType { keyword: keyword.as_str(), operand }) }
}
