//! A condition, ready to be evaluated: of ConditionExpression, FilterExpression, KeyConditionExpression or their legacy forms.

use crate::value::{Encoded, Path, TypeName};

use super::error::{ExpressionError, ExpressionKind};
use super::placeholders::Placeholders;
use super::{parse, resolve};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub(super) root: Test,
}

impl Condition {
    /// `kind` is Condition, Filter or KeyCondition; it shows in messages only.
    pub fn parse(
        kind: ExpressionKind,
        text: &str,
        placeholders: &mut Placeholders<'_>,
    ) -> Result<Condition, ExpressionError> {
        let syntax = parse::condition(text).map_err(|fault| kind.invalid(fault))?;
        let root = resolve::condition(&syntax, placeholders).map_err(|fault| kind.invalid(fault))?;
        Ok(Condition { root })
    }

    /// Of tests whose operands are known.
    pub fn of(root: Test) -> Condition {
        Condition { root }
    }

    pub fn root(&self) -> &Test {
        &self.root
    }

    /// Every document path it reads, in the order written.
    pub fn paths(&self) -> Vec<&Path> {
        let mut paths = Vec::new();
        self.root.collect_paths(&mut paths);
        paths
    }

    /// The top-level attributes it reads, in the order written, repeats included.
    pub fn attribute_names(&self) -> impl Iterator<Item = &str> {
        self.paths().into_iter().map(|path| path.root.as_str())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    /// Both hold, or neither does. Only PartiQL compares conditions.
    Alike(Box<Test>, Box<Test>),
    Compare {
        comparator: Comparator,
        left: Operand,
        right: Operand,
    },
    Between {
        value: Operand,
        low: Operand,
        high: Operand,
    },
    In {
        value: Operand,
        list: Vec<Operand>,
    },
    Exists(Path),
    NotExists(Path),
    HasType(Path, TypeName),
    BeginsWith {
        value: Operand,
        prefix: Operand,
    },
    Contains {
        container: Operand,
        element: Operand,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    Path(Path),
    Value(Encoded),
    Size(Box<Operand>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparator {
    pub fn as_str(self) -> &'static str {
        match self {
            Comparator::Equal => "=",
            Comparator::NotEqual => "<>",
            Comparator::Less => "<",
            Comparator::LessOrEqual => "<=",
            Comparator::Greater => ">",
            Comparator::GreaterOrEqual => ">=",
        }
    }

    /// The comparator for the operands the other way round.
    pub fn swapped(self) -> Comparator {
        match self {
            Comparator::Equal | Comparator::NotEqual => self,
            Comparator::Less => Comparator::Greater,
            Comparator::LessOrEqual => Comparator::GreaterOrEqual,
            Comparator::Greater => Comparator::Less,
            Comparator::GreaterOrEqual => Comparator::LessOrEqual,
        }
    }
}

impl Test {
    fn collect_paths<'a>(&'a self, paths: &mut Vec<&'a Path>) {
        match self {
            Test::All(tests) | Test::Any(tests) => tests.iter().for_each(|test| test.collect_paths(paths)),
            Test::Not(test) => test.collect_paths(paths),
            Test::Alike(one, two) => [one, two].into_iter().for_each(|test| test.collect_paths(paths)),
            Test::Exists(path) | Test::NotExists(path) | Test::HasType(path, _) => paths.push(path),
            Test::Compare { left, right, .. } => paths.extend([left, right].into_iter().filter_map(Operand::path)),
            Test::Between { value, low, high } => {
                paths.extend([value, low, high].into_iter().filter_map(Operand::path))
            }
            Test::In { value, list } => paths.extend(std::iter::once(value).chain(list).filter_map(Operand::path)),
            Test::BeginsWith { value, prefix } => paths.extend([value, prefix].into_iter().filter_map(Operand::path)),
            Test::Contains { container, element } => {
                paths.extend([container, element].into_iter().filter_map(Operand::path));
            }
        }
    }
}

impl Operand {
    /// The document path it reads, if it reads one.
    fn path(&self) -> Option<&Path> {
        match self {
            Operand::Path(path) => Some(path),
            Operand::Value(_) => None,
            Operand::Size(operand) => operand.path(),
        }
    }
}
