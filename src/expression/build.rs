//! Conditions and updates made of operands whose names and values are known, with what AWS refuses about those. Expressions
//! and the statements of PartiQL both end here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::value::{AttributeValue, Path, TypeName, ValueView, compare};

use super::condition::{Comparator, Operand, Test};
use super::error::{Bound, Fault, OperandType};
use super::function::Function;
use super::overlap;
use super::update::{Clause, Source, Update};

/// A path may name this many levels, the attribute being the first.
const PATH_LEVELS_MAX: usize = 32;

const IN_OPERANDS_MAX: usize = 100;

impl Test {
    pub fn compare(comparator: Comparator, left: Operand, right: Operand) -> Result<Test, Fault> {
        check_distinct(comparator.as_str(), &left, [&right])?;
        if !matches!(comparator, Comparator::Equal | Comparator::NotEqual) {
            check_types(comparator.as_str(), [&left, &right], ORDERED)?;
        }
        Ok(Test::Compare { comparator, left, right })
    }

    pub fn between(value: Operand, low: Operand, high: Operand) -> Result<Test, Fault> {
        check_distinct("BETWEEN", &value, [&low, &high])?;
        check_types("BETWEEN", [&value, &low, &high], ORDERED)?;
        check_bounds(&low, &high)?;
        Ok(Test::Between { value, low, high })
    }

    pub fn within(value: Operand, list: Vec<Operand>) -> Result<Test, Fault> {
        if list.len() > IN_OPERANDS_MAX {
            return Err(Fault::TooManyInOperands { count: list.len() });
        }
        check_distinct("IN", &value, &list)?;
        Ok(Test::In { value, list })
    }

    /// A function that is true or false.
    pub fn call(function: Function, operands: Vec<Operand>) -> Result<Test, Fault> {
        function.check_count(operands.len())?;
        let name = function.as_str();
        let mut operands = operands.into_iter();
        match (function, operands.next(), operands.next()) {
            (Function::AttributeExists, Some(Operand::Path(path)), None) => Ok(Test::Exists(path)),
            (Function::AttributeNotExists, Some(Operand::Path(path)), None) => Ok(Test::NotExists(path)),
            (Function::AttributeExists | Function::AttributeNotExists, _, _) => {
                Err(Fault::PathRequired { function: name })
            }
            (Function::AttributeType, Some(first), Some(second)) => attribute_type(first, second),
            (Function::BeginsWith, Some(value), Some(prefix)) => {
                check_distinct(name, &value, [&prefix])?;
                check_types(name, [&value, &prefix], &[TypeName::S, TypeName::B])?;
                Ok(Test::BeginsWith { value, prefix })
            }
            (Function::Contains, Some(container), Some(element)) => {
                check_distinct(name, &container, [&element])?;
                Ok(Test::Contains { container, element })
            }
            _ => Err(Fault::MisplacedFunction { name }),
        }
    }
}

impl Operand {
    /// A path of no more levels than AWS reads.
    pub fn of_path(path: Path) -> Result<Operand, Fault> {
        check_levels(&path)?;
        Ok(Operand::Path(path))
    }

    /// The function that is a value: size().
    pub fn call(function: Function, operands: Vec<Operand>) -> Result<Operand, Fault> {
        function.check_count(operands.len())?;
        match operands.into_iter().next() {
            Some(operand) if function == Function::Size => {
                check_types(function.as_str(), [&operand], SIZED)?;
                Ok(Operand::Size(Box::new(operand)))
            }
            _ => Err(Fault::MisplacedFunction { name: function.as_str() }),
        }
    }
}

impl Source {
    pub fn sum(left: Source, right: Source) -> Result<Source, Fault> {
        let [left, right] = source_pair("+", left, right, TypeName::N)?;
        Ok(Source::Sum(left, right))
    }

    pub fn difference(left: Source, right: Source) -> Result<Source, Fault> {
        let [left, right] = source_pair("-", left, right, TypeName::N)?;
        Ok(Source::Difference(left, right))
    }

    pub fn list_append(first: Source, second: Source) -> Result<Source, Fault> {
        let [first, second] = source_pair(Function::ListAppend.as_str(), first, second, TypeName::L)?;
        Ok(Source::ListAppend(first, second))
    }
}

impl Update {
    /// Of clauses whose targets must lie apart.
    pub fn of_clauses(clauses: Vec<Clause>) -> Result<Update, Fault> {
        let targets: Vec<Path> = clauses.iter().map(|clause| clause.target.clone()).collect();
        overlap::check(&targets)?;
        targets.iter().try_for_each(check_levels)?;
        Ok(Update::of_expression(clauses))
    }
}

pub fn check_levels(path: &Path) -> Result<(), Fault> {
    let levels = path.steps.len() + 1;
    if levels > PATH_LEVELS_MAX { Err(Fault::PathTooDeep { levels }) } else { Ok(()) }
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

fn source_pair(
    operator: &'static str,
    left: Source,
    right: Source,
    allowed: TypeName,
) -> Result<[Box<Source>; 2], Fault> {
    let operands = [left, right];
    let mut known = operands.iter().filter_map(|operand| match operand {
        Source::Value(value) => Some(value.type_name()),
        _ => None,
    });
    match known.find(|name| *name != allowed) {
        Some(name) => Err(Fault::OperandType { operator, operand: OperandType::Known(name) }),
        None => Ok(operands.map(Box::new)),
    }
}
