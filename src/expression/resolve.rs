//! `ast` to what can be evaluated: paths without placeholders, operands as encoded values.
//!
//! Two walks, each over the whole expression in the order written. The first looks at words only: reserved ones, list
//! indexes, names of functions and where they stand. The second looks up placeholders and then judges operands, one operator
//! after the other, so that of an undefined value and a wrong operand the one further left is reported
//! (VO/queryKeyCondition, dynalite's scan tests).

use crate::value::{AttributeValue, Encoded, Path, Step, TypeName};

use super::ast::{ConditionSyntax, Keyword, Node, NodeId, PathPart, PathSyntax, Sign, Tree, UpdateSyntax};
use super::build::check_levels;
use super::condition::{Operand, Test};
use super::error::Fault;
use super::function::Function;
use super::overlap;
use super::placeholders::Placeholders;
use super::reserved_words::is_reserved;
use super::update::{Action, Clause, Source};

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
/// the first, names before values (dynalite's updateItem tests, which were run against AWS).
pub(super) fn update(syntax: &UpdateSyntax<'_>, placeholders: &mut Placeholders<'_>) -> Result<Vec<Clause>, Fault> {
    words_of_update(syntax)?;
    let tree = &syntax.tree;
    let actions: Vec<_> = syntax
        .sections
        .iter()
        .enumerate()
        .flat_map(|(section, written)| written.actions.iter().map(move |action| (section, written.keyword, action)))
        .collect();
    let targets =
        actions.iter().map(|(_, _, action)| path(&action.target, placeholders)).collect::<Result<Vec<_>, _>>()?;
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
        Node::And(conditions) | Node::Or(conditions) => {
            conditions.iter().try_for_each(|id| words_of_condition(tree, *id))
        }
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

impl Function {
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
                steps.push(Step::Index(
                    parse_index(digits).ok_or_else(|| Fault::ListIndex { index: digits.to_string() })?,
                ));
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
            Node::Compare { comparator, left, right } => {
                let (left, right) = (self.operand(*left)?, self.operand(*right)?);
                Test::compare(*comparator, left, right)
            }
            Node::Between { value, low, high } => {
                let (value, low, high) = (self.operand(*value)?, self.operand(*low)?, self.operand(*high)?);
                Test::between(value, low, high)
            }
            Node::In { value, list } => {
                let value = self.operand(*value)?;
                Test::within(value, self.operands(list)?)
            }
            Node::Call { name, operands } => {
                let (function, operands) = self.call(name, operands)?;
                Test::call(function, operands)
            }
            Node::Path(_) | Node::Value(_) | Node::Arithmetic { .. } => Err(ill_formed()),
        }
    }

    fn tests(&mut self, conditions: &[NodeId]) -> Result<Vec<Test>, Fault> {
        conditions.iter().map(|id| self.test(*id)).collect()
    }

    fn call(&mut self, name: &str, operands: &[NodeId]) -> Result<(Function, Vec<Operand>), Fault> {
        let function = Function::parse(name).ok_or_else(|| Fault::UnknownFunction { name: name.to_string() })?;
        Ok((function, self.operands(operands)?))
    }

    fn operands(&mut self, operands: &[NodeId]) -> Result<Vec<Operand>, Fault> {
        operands.iter().map(|id| self.operand(*id)).collect()
    }

    fn operand(&mut self, id: NodeId) -> Result<Operand, Fault> {
        let tree = self.tree;
        match tree.node(id) {
            Node::Path(path) => Ok(Operand::Path(full_path(path, self.placeholders)?)),
            Node::Value(placeholder) => Ok(Operand::Value(Encoded::value(self.placeholders.value(placeholder)?))),
            Node::Call { name, operands } => {
                let (function, operands) = self.call(name, operands)?;
                Operand::call(function, operands)
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
                let (left, right) = (self.source(*left)?, self.source(*right)?);
                match sign {
                    Sign::Plus => Source::sum(left, right),
                    Sign::Minus => Source::difference(left, right),
                }
            }
            Node::Call { name, operands } => self.source_function(name, operands),
            _ => Err(ill_formed()),
        }
    }

    fn source_function(&mut self, name: &str, operands: &[NodeId]) -> Result<Source, Fault> {
        let function = Function::parse(name).ok_or_else(|| Fault::UnknownFunction { name: name.to_string() })?;
        let operands = operands.iter().map(|id| self.source(*id)).collect::<Result<Vec<_>, _>>()?;
        function.check_count(operands.len())?;
        match (function, <[Source; 2]>::try_from(operands)) {
            (Function::IfNotExists, Ok([Source::Path(path), otherwise])) => {
                // AWS asks for two different operands here as in conditions.
                if matches!(&otherwise, Source::Path(other) if *other == path) {
                    return Err(Fault::RepeatedOperand { operator: function.as_str(), path });
                }
                Ok(Source::IfNotExists(path, Box::new(otherwise)))
            }
            (Function::IfNotExists, Ok(_)) => Err(Fault::PathRequired { function: function.as_str() }),
            (Function::ListAppend, Ok([first, second])) => Source::list_append(first, second),
            _ => Err(Fault::ConditionFunction { name: function.as_str() }),
        }
    }
}

/// The parser puts no node where this would be answered. If it did, the expression would have to be refused, not run.
fn ill_formed() -> Fault {
    Fault::Syntax { token: String::new(), near: String::new() }
}

fn check_action_operand(keyword: Keyword, value: &AttributeValue, allowed: &[TypeName]) -> Result<(), Fault> {
    let operand = value.type_name();
    if allowed.contains(&operand) {
        Ok(())
    } else {
        Err(Fault::ActionOperandType { keyword: keyword.as_str(), operand })
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::ExpressionKind;
    use super::super::fixtures::placeholders;
    use super::super::{Condition, Projection, Update};

    fn filter_refusal(text: &str, names: &str, values: &str) -> String {
        let maps = placeholders(names, values);
        let result = Condition::parse(ExpressionKind::Filter, text, &mut maps.borrow());
        result.err().map(|error| error.to_string()).unwrap_or_default()
    }

    fn update_refusal(text: &str, names: &str, values: &str) -> String {
        let maps = placeholders(names, values);
        Update::parse(text, &mut maps.borrow()).err().map(|error| error.to_string()).unwrap_or_default()
    }

    fn projection_refusal(text: &str, names: &str) -> String {
        let maps = placeholders(names, "");
        Projection::parse(text, &mut maps.borrow()).err().map(|error| error.to_string()).unwrap_or_default()
    }

    /// From dynalite's scan tests, which were run against AWS; what they leave open follows the same order.
    #[test]
    fn words_of_a_condition_come_first_in_the_order_written() {
        for (text, expected) in [
            ("a=a and whatever((:things)) > a", "Invalid function name; function: whatever"),
            ("attRIbute_exIsts((views), #a)", "Invalid function name; function: attRIbute_exIsts"),
            ("attribute_exists(views, #a)", "Attribute name is a reserved keyword; reserved keyword: views"),
            (":a < abOrT", "Attribute name is a reserved keyword; reserved keyword: abOrT"),
            ("a.status = :v", "Attribute name is a reserved keyword; reserved keyword: status"),
            ("status = :v AND foo(n) = :v", "Attribute name is a reserved keyword; reserved keyword: status"),
            ("foo(n) = :v AND status = :v", "Invalid function name; function: foo"),
            ("#x = :v AND foo(n)", "Invalid function name; function: foo"),
            ("l[2147483648] = :v", "List index is not within the allowable range; index: [2147483648]"),
            (
                "n = if_not_exists(n, :v)",
                "The function is not allowed in a condition expression; function: if_not_exists",
            ),
        ] {
            assert_eq!(filter_refusal(text, "", ""), format!("Invalid FilterExpression: {expected}"), "{text}");
        }
        for (text, function) in [
            ("a=a and attribute_exists((views), (#a)) > b", "attribute_exists"),
            ("attribute_not_exists(things) > b", "attribute_not_exists"),
            ("attribute_type(things, :a) > b", "attribute_type"),
            ("begins_with(things, a) > b", "begins_with"),
            ("contains(:things, c) > b", "contains"),
            ("size(contains(a, b)) > a", "contains"),
            ("size(things)", "size"),
            ("n = :m AND size(n)", "size"),
            ("a between b and attribute_exists(things)", "attribute_exists"),
            ("a in (b, attribute_exists(things))", "attribute_exists"),
        ] {
            let expected =
                format!("The function is not allowed to be used this way in an expression; function: {function}");
            assert_eq!(filter_refusal(text, "", ""), format!("Invalid FilterExpression: {expected}"), "{text}");
        }
    }

    #[test]
    fn placeholders_and_operands_come_second_in_the_order_written() {
        let undefined_name = "An expression attribute name used in the document path is not defined; attribute name: ";
        let undefined_value = "An expression attribute value used in expression is not defined; attribute value: ";
        let distinct =
            "The first operand must be distinct from the remaining operands for this operator or function; operator: ";
        let count = "Incorrect number of operands for operator or function; operator or function: ";
        for (text, expected) in [
            ("attribute_exists(#P.RearView, :x) and a=a", format!("{undefined_name}#P")),
            ("begins_with(Pictures.#R)", format!("{undefined_name}#R")),
            ("(#P between :lo and :hi) and (#PC in (:cat1, :cat2))", format!("{undefined_name}#P")),
            ("(a)between(b.c[45].#d)and(:x)", format!("{undefined_name}#d")),
            ("begins_with(:hello, #a, #b)", format!("{undefined_value}:hello")),
            (":x < :y", format!("{undefined_value}:x")),
            ("a = a AND #a = b AND :views > a", format!("{distinct}=, first operand: [a]")),
            ("#a <> a", format!("{distinct}<>, first operand: [a]")),
            ("((a=a) OR (a=a))", format!("{distinct}=, first operand: [a]")),
            ("contains(ab.bc[1].a, ab.bc[1].#a)", format!("{distinct}contains, first operand: [ab, bc, [1], a]")),
            ("attribute_type(ab.#a, ab.a)", format!("{distinct}attribute_type, first operand: [ab, a]")),
            ("n IN (n, :s)", format!("{distinct}IN, first operand: [n]")),
            ("n BETWEEN :s AND n", format!("{distinct}BETWEEN, first operand: [n]")),
            ("attribute_exists(things, a) and a=a", format!("{count}attribute_exists, number of operands: 2")),
            ("attribute_type(things)", format!("{count}attribute_type, number of operands: 1")),
            ("begins_with(things, size(a), b)", format!("{count}begins_with, number of operands: 3")),
            ("size(things, a) > b", format!("{count}size, number of operands: 2")),
            (
                "attribute_exists(:s) and a=a",
                "Operator or function requires a document path; operator or function: attribute_exists".to_string(),
            ),
            (
                "attribute_not_exists(size(:s))",
                "Operator or function requires a document path; operator or function: attribute_not_exists".to_string(),
            ),
        ] {
            let refusal = filter_refusal(text, "#a=a", r#"":s":{"S":"1"}"#);
            assert_eq!(refusal, format!("Invalid FilterExpression: {expected}"), "{text}");
        }
        for text in [":s = :s", "size(a) = size(a)", "a = #b", ":s BETWEEN a AND a"] {
            assert_eq!(filter_refusal(text, "#b=b", r#"":s":{"S":"1"}"#), "", "{text}");
        }
    }

    #[test]
    fn operands_have_to_have_a_type_that_the_operator_takes() {
        for (text, value, operator, operand) in [
            ("attribute_type(a, size(a)) and a=:a", r#"{"N":"1"}"#, "attribute_type", "N"),
            ("attribute_type(a, :a)", r#"{"SS":["1"]}"#, "attribute_type", "SS"),
            ("begins_with(a, size(a)) and a=:a", r#"{"N":"1"}"#, "begins_with", "N"),
            ("begins_with(:a, a)", r#"{"NULL":true}"#, "begins_with", "NULL"),
            ("size(size(a)) > :a", r#"{"N":"1"}"#, "size", "N"),
            ("attribute_not_exists(size(:a))", r#"{"N":"1"}"#, "size", "N"),
            ("size(:a) > a", r#"{"BOOL":true}"#, "size", "BOOL"),
            ("a < :a", r#"{"SS":["z"]}"#, "<", "SS"),
            (":a >= a", r#"{"BOOL":true}"#, ">=", "BOOL"),
            ("a BETWEEN :a AND :a", r#"{"L":[]}"#, "BETWEEN", "L"),
        ] {
            let expected = format!(
                "Invalid FilterExpression: Incorrect operand type for operator or function; \
                 operator or function: {operator}, operand type: {operand}"
            );
            assert_eq!(filter_refusal(text, "", &format!(r#"":a":{value}"#)), expected, "{text}");
        }
        assert!(filter_refusal("attribute_type(a, b)", "", "").ends_with("operand type: {S,SS,N,NS,B,BS,BOOL,NULL,L,M,HD,DOUBLE,FLOAT,HDS,FS,DOUBLESET,DICT,DECIMAL,INT,DECIMALSET,INTSET}"));
        assert_eq!(
            filter_refusal("attribute_type(a, :a)", "", r#"":a":{"S":"STRING"}"#),
            "Invalid FilterExpression: Invalid attribute type name found; type: STRING, valid types: {S,SS,N,NS,B,BS,BOOL,NULL,L,M}"
        );
        for value in [r#"{"BOOL":true}"#, r#"{"M":{}}"#, r#"{"NULL":true}"#] {
            assert_eq!(filter_refusal("a = :a OR contains(b, :a) OR c IN (:a)", "", &format!(r#"":a":{value}"#)), "");
        }
    }

    #[test]
    fn bounds_of_between_are_of_one_type_and_in_order() {
        let refusal =
            |low: &str, high: &str| filter_refusal("n BETWEEN :a AND (:b)", "", &format!(r#"":a":{low},":b":{high}"#));
        let reversed = "Invalid FilterExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ";
        assert_eq!(
            refusal(r#"{"N":"9"}"#, r#"{"N":"1.0"}"#),
            format!(
                "{reversed}lower bound operand: AttributeValue: {{N:9}}, upper bound operand: AttributeValue: {{N:1}}"
            )
        );
        assert_eq!(
            refusal(r#"{"B":"eg=="}"#, r#"{"B":"YQ=="}"#),
            format!(
                "{reversed}lower bound operand: AttributeValue: {{B:eg==}}, upper bound operand: AttributeValue: {{B:YQ==}}"
            )
        );
        assert_eq!(
            refusal(r#"{"S":"zz"}"#, r#"{"N":"1"}"#),
            "Invalid FilterExpression: The BETWEEN operator requires same data type for lower and upper bounds; \
             lower bound operand: AttributeValue: {S:zz}, upper bound operand: AttributeValue: {N:1}"
        );
        assert_eq!(refusal(r#"{"S":"a"}"#, r#"{"S":"a"}"#), "");
    }

    #[test]
    fn paths_and_lists_are_limited() {
        let path = |levels: usize| vec!["m"; levels].join(".");
        assert_eq!(filter_refusal(&format!("attribute_exists({})", path(32)), "", ""), "");
        assert_eq!(
            filter_refusal(&format!("attribute_exists({})", path(33)), "", ""),
            "Invalid FilterExpression: The document path has too many nesting levels; nesting levels: 33"
        );
        assert!(projection_refusal(&path(33), "").ends_with("nesting levels: 33"));
        assert!(update_refusal(&format!("REMOVE {}", path(33)), "", "").ends_with("nesting levels: 33"));
        let list = |count: usize| format!("n IN ({})", vec![":v"; count].join(","));
        assert_eq!(filter_refusal(&list(100), "", r#"":v":{"N":"1"}"#), "");
        assert_eq!(
            filter_refusal(&list(101), "", r#"":v":{"N":"1"}"#),
            "Invalid FilterExpression: The IN operator is provided with too many operands; number of operands: 101"
        );
    }

    #[test]
    fn paths_of_a_projection_do_not_overlap() {
        let names = "#a=a #b=[3]";
        for (text, relation, one, two) in [
            ("b[1], b.a, #a.b, a", "overlap", "[a, b]", "[a]"),
            ("a, #a[1]", "overlap", "[a]", "[a, [1]]"),
            ("a.b, #a[1], #b", "conflict", "[a, b]", "[a, [1]]"),
            ("a[3].b, #a.#b.b", "conflict", "[a, [3], b]", "[a, [3], b]"),
        ] {
            let expected = format!(
                "Invalid ProjectionExpression: Two document paths {relation} with each other; \
                 must remove or rewrite one of these paths; path one: {one}, path two: {two}"
            );
            assert_eq!(projection_refusal(text, names), expected, "{text}");
        }
        assert_eq!(
            projection_refusal("a.abORt, #x", ""),
            "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: abORt"
        );
        assert!(projection_refusal("a,b,a,#c", "").ends_with("is not defined; attribute name: #c"));
    }

    /// From dynalite's updateItem tests, but the type set and BOOL (eu-west-2, 2026-09-17).
    #[test]
    fn updates_are_checked_in_awss_order() {
        for (text, expected) in [
            (" set #c = :c set abOrt = true ", "Attribute name is a reserved keyword; reserved keyword: abOrt"),
            ("set #c = if_not_exist(:c) set c = d", "Invalid function name; function: if_not_exist"),
            ("set a = #c set c = :d", "The \"SET\" section can only be used once in an update expression;"),
            ("remove #d set a = b remove e", "The \"REMOVE\" section can only be used once in an update expression;"),
            (
                "SET #z = if_not_exists(:z)",
                "An expression attribute name used in the document path is not defined; attribute name: #z",
            ),
            (
                "SET #c = if_not_exists(:z)",
                "An expression attribute value used in expression is not defined; attribute value: :z",
            ),
            (
                "set d[1] = a, d.b = a, c[1].a = a, #c = if_not_exists(a)",
                "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [c, [1], a], path two: [c]",
            ),
            (
                "set #c[3].#d = a, #c[3] = a",
                "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [c, [3], [3]], path two: [c, [3]]",
            ),
            (
                "remove a.#c set a[1] = #d",
                "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, c], path two: [a, [1]]",
            ),
            (
                "set b = list_append(:s, a), c = if_not_exists(a) add a.b :s",
                "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND",
            ),
            (
                "delete a.b :t",
                "Incorrect operand type for operator or function; operator: DELETE, operand type: BOOL, typeSet: ALLOWED_FOR_ADD_OPERAND",
            ),
            (
                "delete a.b :n",
                "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_ADD_OPERAND",
            ),
            (
                "set a = if_not_exists(c)",
                "Incorrect number of operands for operator or function; operator or function: if_not_exists, number of operands: 1",
            ),
            (
                "set a = if_not_exists(:s, c)",
                "Operator or function requires a document path; operator or function: if_not_exists",
            ),
            (
                "set a = if_not_exists(if_not_exists(a, b), c)",
                "Operator or function requires a document path; operator or function: if_not_exists",
            ),
            (
                "set a = list_append(a, :n)",
                "Incorrect operand type for operator or function; operator or function: list_append, operand type: N",
            ),
            (
                "set a = :s + :t",
                "Incorrect operand type for operator or function; operator or function: +, operand type: S",
            ),
            (
                "set a = a - :t",
                "Incorrect operand type for operator or function; operator or function: -, operand type: BOOL",
            ),
            ("set a = size(b)", "The function is not allowed in an update expression; function: size"),
            (
                "set a = list_append(list_append(l, m), n)",
                "The function is not allowed to be used this way in an expression; function: list_append",
            ),
        ] {
            let refusal = update_refusal(text, "#c=c #d=[3]", r#"":s":{"S":"a"},":n":{"N":"1"},":t":{"BOOL":true}"#);
            assert_eq!(refusal, format!("Invalid UpdateExpression: {expected}"), "{text}");
        }
        for text in [
            "SET a = if_not_exists(a, b) + b",
            "SET a = if_not_exists(a, if_not_exists(b, c))",
            "set a[1] = b",
            "add a :n, b.c :n",
        ] {
            assert_eq!(update_refusal(text, "", r#"":n":{"N":"1"}"#), "", "{text}");
        }
    }

    /// What an expression holds is used although it may never be looked at, and names are used by being defined.
    #[test]
    fn unused_placeholders_are_reported_names_first() {
        let maps = placeholders("#a=a #b=b #c=c", r#"":v":{"N":"1"},":w":{"N":"2"}"#);
        let mut all = maps.borrow();
        Update::parse("SET #a = if_not_exists(b, :v)", &mut all).unwrap();
        Condition::parse(ExpressionKind::Condition, "a = :v", &mut all).unwrap();
        assert_eq!(
            all.unused().unwrap_err().to_string(),
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b, #c}"
        );
        Projection::parse("#b, #c", &mut all).unwrap();
        assert_eq!(
            all.unused().unwrap_err().to_string(),
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}"
        );
        Condition::parse(ExpressionKind::Filter, "a IN (:w)", &mut all).unwrap();
        assert_eq!(all.unused(), Ok(()));
    }
}
