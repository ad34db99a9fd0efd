//! UpdateExpression and AttributeUpdates: a new item from an old one.

use std::cmp::Reverse;

use crate::value::{AttributeValue, Item, Number, NumberFault, Path, Step};

use super::error::{ExpressionError, ExpressionKind};
use super::placeholders::Placeholders;
use super::project::Projection;
use super::{parse, resolve};

/// Clauses of which no target overlaps another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    origin: Origin,
    clauses: Vec<Clause>,
    targets: Projection,
}

/// The two forms of an update have one fault that they word differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Expression,
    AttributeUpdates,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clause {
    /// Which of the expression's sections it stands in.
    pub(super) section: usize,
    pub(super) target: Path,
    pub(super) action: Action,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Set(Source),
    Remove,
    Add(AttributeValue),
    Delete(AttributeValue),
}

/// The right side of SET.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Value(AttributeValue),
    Path(Path),
    IfNotExists(Path, Box<Source>),
    ListAppend(Box<Source>, Box<Source>),
    Sum(Box<Source>, Box<Source>),
    Difference(Box<Source>, Box<Source>),
}

/// What an update made.
#[derive(Clone, Debug)]
pub struct Updated<'u> {
    pub item: Item,
    old: &'u Item,
    targets: &'u Projection,
}

impl Updated<'_> {
    /// For ReturnValues UPDATED_OLD: what the old item holds at the targets.
    pub fn updated_old(&self) -> Item {
        self.targets.project_item(self.old)
    }

    /// For ReturnValues UPDATED_NEW: what the new item holds at the targets as written. After `REMOVE l[0]` that is the
    /// element that has moved up; an element that was appended further down than its index says is not among them
    /// (dynalite's updateItem tests).
    pub fn updated_new(&self) -> Item {
        self.targets.project_item(&self.item)
    }
}

/// Why an item cannot be updated. The texts go without an envelope in every operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateFault {
    /// A target whose parent is missing, or not the map or list that the path takes it for.
    #[error("The document path provided in the update expression is invalid for update")]
    InvalidPath,
    #[error("An operand in the update expression has an incorrect data type")]
    OperandType,
    /// The same of AttributeUpdates.
    #[error("Type mismatch for attribute to update")]
    AttributeType,
    #[error("The provided expression refers to an attribute that does not exist in the item")]
    MissingAttribute,
    /// A result that is no DynamoDB number.
    #[error("{}", number_text(*.0))]
    Number(NumberFault),
}

fn number_text(fault: NumberFault) -> &'static str {
    match fault {
        NumberFault::Overflow => {
            "Number overflow. Attempting to store a number with magnitude larger than supported range"
        }
        NumberFault::Underflow => {
            "Number underflow. Attempting to store a number with magnitude smaller than supported range"
        }
        NumberFault::TooManyDigits => "Attempting to store more than 38 significant digits in a Number",
        NumberFault::NotNumeric => "The parameter cannot be converted to a numeric value",
    }
}

impl Update {
    pub fn parse(text: &str, placeholders: &mut Placeholders<'_>) -> Result<Update, ExpressionError> {
        let invalid = |fault| ExpressionKind::Update.invalid(fault);
        let syntax = parse::update(text).map_err(invalid)?;
        resolve::update(&syntax, placeholders).map(|clauses| Update::new(Origin::Expression, clauses)).map_err(invalid)
    }

    pub(super) fn of_attribute_updates(clauses: Vec<Clause>) -> Update {
        Update::new(Origin::AttributeUpdates, clauses)
    }

    fn new(origin: Origin, clauses: Vec<Clause>) -> Update {
        let targets = Projection::of_paths(clauses.iter().map(|clause| clause.target.clone()).collect());
        Update { origin, clauses, targets }
    }

    /// The top-level attributes it writes to or removes, in the order written, repeats included.
    pub fn written_roots(&self) -> impl Iterator<Item = &str> {
        self.clauses.iter().map(|clause| clause.target.root.as_str())
    }

    /// What UpdateItem holds against 409,600 bytes beside the finished item, whatever is stored (wording.md 2.11). Update
    /// expressions only: AttributeUpdates have no such charge.
    pub fn charge_bytes(&self) -> usize {
        3 + self.clauses.iter().map(Clause::charge_bytes).sum::<usize>()
    }

    /// Every clause reads the item as it was (T1/updateItem/basic). For an item that is not stored yet `old` holds its key.
    pub fn apply<'u>(&'u self, old: &'u Item) -> Result<Updated<'u>, UpdateFault> {
        let changes = self.changes(old)?;
        let mut item = old.clone();
        let mut later = Vec::new();
        for (clause, change) in self.clauses.iter().zip(changes) {
            write(&mut item, &clause.target, change, &mut later);
        }
        write_lists(&mut item, later);
        Ok(Updated { item, old, targets: &self.targets })
    }

    /// What each clause comes to, or the fault that AWS reports of those there are.
    fn changes(&self, old: &Item) -> Result<Vec<Change>, UpdateFault> {
        let results: Vec<_> = self.clauses.iter().map(|clause| clause.change(old)).collect();
        let problems = self.clauses.iter().zip(&results).filter_map(|(clause, result)| {
            let problem = result.as_ref().err()?;
            Some((problem.rank(clause.section), *problem))
        });
        match problems.min_by_key(|(rank, _)| *rank) {
            Some((_, problem)) => Err(problem.fault(self.origin)),
            None => Ok(results.into_iter().flatten().collect()),
        }
    }
}

/// What becomes of a target.
enum Change {
    Put(AttributeValue),
    Remove,
    Keep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    WrongParent,
    MissingParent,
    OperandType,
    MissingAttribute,
    Number(NumberFault),
}

impl Problem {
    /// The least is reported: a parent of the wrong type, then a wrong operand, then, from the last section to the first, a
    /// missing parent and a missing attribute, then a number (DynamoDB Local 3.3).
    fn rank(self, section: usize) -> (u8, Reverse<usize>, u8) {
        match self {
            Problem::WrongParent => (0, Reverse(0), 0),
            Problem::OperandType => (1, Reverse(0), 0),
            Problem::MissingParent => (2, Reverse(section), 0),
            Problem::MissingAttribute => (2, Reverse(section), 1),
            Problem::Number(_) => (3, Reverse(0), 0),
        }
    }

    fn fault(self, origin: Origin) -> UpdateFault {
        match (self, origin) {
            (Problem::WrongParent | Problem::MissingParent, _) => UpdateFault::InvalidPath,
            (Problem::OperandType, Origin::Expression) => UpdateFault::OperandType,
            (Problem::OperandType, Origin::AttributeUpdates) => UpdateFault::AttributeType,
            (Problem::MissingAttribute, _) => UpdateFault::MissingAttribute,
            (Problem::Number(fault), _) => UpdateFault::Number(fault),
        }
    }
}

impl Clause {
    fn change(&self, old: &Item) -> Result<Change, Problem> {
        let parent = check_parent(&self.target, old);
        if parent == Err(Problem::WrongParent) {
            return Err(Problem::WrongParent);
        }
        match self.action.change(&self.target, old) {
            Err(Problem::OperandType) => Err(Problem::OperandType),
            change => parent.and(change),
        }
    }

    fn charge_bytes(&self) -> usize {
        let steps = self.target.steps.iter().map(|step| 4 + step_bytes(step)).sum::<usize>();
        let target = self.target.root.len() + steps;
        match &self.action {
            Action::Set(source) => 19 + target + source.charge_bytes(),
            Action::Add(value) => 19 + target + value.size_bytes(),
            Action::Remove | Action::Delete(_) => 1 + target,
        }
    }
}

impl Action {
    fn change(&self, target: &Path, old: &Item) -> Result<Change, Problem> {
        match self {
            Action::Set(source) => source.value(old).map(Change::Put),
            Action::Remove => Ok(Change::Remove),
            Action::Add(value) => match target.find_in_item(old) {
                Some(stored) => add(stored, value).map(Change::Put),
                None => Ok(Change::Put(value.clone())),
            },
            Action::Delete(members) => match target.find_in_item(old) {
                Some(stored) => delete(stored, members),
                None => Ok(Change::Keep),
            },
        }
    }
}

impl Source {
    fn value(&self, old: &Item) -> Result<AttributeValue, Problem> {
        match self {
            Source::Value(value) => Ok(value.clone()),
            Source::Path(path) => path.find_in_item(old).cloned().ok_or(Problem::MissingAttribute),
            Source::IfNotExists(path, otherwise) => match path.find_in_item(old) {
                Some(stored) => Ok(stored.clone()),
                None => otherwise.value(old),
            },
            Source::ListAppend(first, second) => {
                let (mut list, tail) = (first.list(old)?, second.list(old)?);
                list.extend(tail);
                Ok(AttributeValue::L(list))
            }
            Source::Sum(left, right) => number_result(left.number(old)?.checked_add(right.number(old)?)),
            Source::Difference(left, right) => number_result(left.number(old)?.checked_sub(right.number(old)?)),
        }
    }

    fn list(&self, old: &Item) -> Result<Vec<AttributeValue>, Problem> {
        match self.value(old)? {
            AttributeValue::L(list) => Ok(list),
            _ => Err(Problem::OperandType),
        }
    }

    fn number(&self, old: &Item) -> Result<Number, Problem> {
        match self.value(old)? {
            AttributeValue::N(number) => Ok(number),
            _ => Err(Problem::OperandType),
        }
    }

    fn charge_bytes(&self) -> usize {
        let path_bytes = |path: &Path| {
            let steps = path.steps.iter().map(|step| 14 + step_bytes(step)).sum::<usize>();
            1 + 14 + path.root.len() + steps
        };
        match self {
            Source::Value(value) => value.size_bytes(),
            Source::Path(path) => path_bytes(path),
            Source::IfNotExists(path, otherwise) => 39 + path_bytes(path) + otherwise.charge_bytes(),
            Source::ListAppend(first, second) => 37 + first.charge_bytes() + second.charge_bytes(),
            Source::Sum(left, right) => 34 + left.charge_bytes() + right.charge_bytes(),
            Source::Difference(left, right) => 37 + left.charge_bytes() + right.charge_bytes(),
        }
    }
}

/// A name counts its bytes, an index its digits.
fn step_bytes(step: &Step) -> usize {
    match step {
        Step::Attribute(name) => name.len(),
        Step::Index(index) => index.checked_ilog10().map_or(1, |log| log as usize + 1),
    }
}

fn number_result(result: Result<Number, NumberFault>) -> Result<AttributeValue, Problem> {
    result.map(AttributeValue::N).map_err(Problem::Number)
}

/// Numbers add up, sets unite, and lists, which only AttributeUpdates can name, are joined.
fn add(stored: &AttributeValue, value: &AttributeValue) -> Result<AttributeValue, Problem> {
    match (stored, value) {
        (AttributeValue::N(stored), AttributeValue::N(value)) => number_result(stored.checked_add(*value)),
        (AttributeValue::Ss(stored), AttributeValue::Ss(members)) => Ok(AttributeValue::Ss(union(stored, members))),
        (AttributeValue::Ns(stored), AttributeValue::Ns(members)) => Ok(AttributeValue::Ns(union(stored, members))),
        (AttributeValue::Bs(stored), AttributeValue::Bs(members)) => Ok(AttributeValue::Bs(union(stored, members))),
        (AttributeValue::L(stored), AttributeValue::L(tail)) => Ok(AttributeValue::L([&stored[..], &tail[..]].concat())),
        _ => Err(Problem::OperandType),
    }
}

/// A set without its last member goes.
fn delete(stored: &AttributeValue, members: &AttributeValue) -> Result<Change, Problem> {
    fn left<M>(members: Vec<M>, set: fn(Vec<M>) -> AttributeValue) -> Change {
        if members.is_empty() { Change::Remove } else { Change::Put(set(members)) }
    }
    match (stored, members) {
        (AttributeValue::Ss(stored), AttributeValue::Ss(members)) => Ok(left(without(stored, members), AttributeValue::Ss)),
        (AttributeValue::Ns(stored), AttributeValue::Ns(members)) => Ok(left(without(stored, members), AttributeValue::Ns)),
        (AttributeValue::Bs(stored), AttributeValue::Bs(members)) => Ok(left(without(stored, members), AttributeValue::Bs)),
        _ => Err(Problem::OperandType),
    }
}

fn union<M: Ord + Clone>(one: &[M], two: &[M]) -> Vec<M> {
    let mut members = [one, two].concat();
    members.sort();
    members.dedup();
    members
}

fn without<M: Ord + Clone>(members: &[M], removed: &[M]) -> Vec<M> {
    members.iter().filter(|member| removed.binary_search(member).is_err()).cloned().collect()
}

/// Parents are never made: every step before the last has to be there and to be what the path takes it for.
fn check_parent(target: &Path, item: &Item) -> Result<(), Problem> {
    let Some((last, above)) = target.steps.split_last() else {
        return Ok(());
    };
    let Some(root) = item.get(&target.root) else {
        return Err(Problem::MissingParent);
    };
    let parent = above.iter().try_fold(root, |value, step| match (value, step) {
        (AttributeValue::M(map), Step::Attribute(name)) => map.get(name),
        (AttributeValue::L(list), Step::Index(index)) => list.get(*index as usize),
        _ => None,
    });
    match (parent, last) {
        (None, _) => Err(Problem::MissingParent),
        (Some(AttributeValue::M(_)), Step::Attribute(_)) | (Some(AttributeValue::L(_)), Step::Index(_)) => Ok(()),
        (Some(_), _) => Err(Problem::WrongParent),
    }
}

fn parent_mut<'i>(item: &'i mut Item, target: &Path) -> Option<&'i mut AttributeValue> {
    let (_, above) = target.steps.split_last()?;
    above.iter().try_fold(item.get_mut(&target.root)?, |value, step| match (value, step) {
        (AttributeValue::M(map), Step::Attribute(name)) => map.get_mut(name),
        (AttributeValue::L(list), Step::Index(index)) => list.get_mut(*index as usize),
        _ => None,
    })
}

/// A change that moves the elements of a list: one removed, or one put past the end.
struct ListChange<'u> {
    target: &'u Path,
    index: u32,
    /// Nothing for a removal.
    appended: Option<AttributeValue>,
}

/// Puts or removes one value, or notes for later what would move elements that other targets name by index.
fn write<'u>(item: &mut Item, target: &'u Path, change: Change, later: &mut Vec<ListChange<'u>>) {
    let Some(last) = target.steps.last() else {
        match change {
            Change::Put(value) => drop(item.insert(target.root.as_str(), value)),
            Change::Remove => drop(item.remove(&target.root)),
            Change::Keep => {}
        }
        return;
    };
    match (parent_mut(item, target), last, change) {
        (Some(AttributeValue::M(map)), Step::Attribute(name), Change::Put(value)) => drop(map.insert(name.as_str(), value)),
        (Some(AttributeValue::M(map)), Step::Attribute(name), Change::Remove) => drop(map.remove(name)),
        (Some(AttributeValue::L(list)), Step::Index(index), Change::Put(value)) => match list.get_mut(*index as usize) {
            Some(element) => *element = value,
            None => later.push(ListChange { target, index: *index, appended: Some(value) }),
        },
        (Some(AttributeValue::L(list)), Step::Index(index), Change::Remove) if (*index as usize) < list.len() => {
            later.push(ListChange { target, index: *index, appended: None });
        }
        _ => {}
    }
}

/// The deepest lists first, so that indexes further up still mean what they meant; in one list the highest removal first,
/// then what is appended, in the order of the indexes (T1/updateItem/paths).
fn write_lists(item: &mut Item, mut changes: Vec<ListChange<'_>>) {
    changes.sort_by_key(|change| {
        let index = i64::from(change.index);
        let is_append = change.appended.is_some();
        (Reverse(change.target.steps.len()), is_append, if is_append { index } else { -index })
    });
    for change in changes {
        if let Some(AttributeValue::L(list)) = parent_mut(item, change.target) {
            match change.appended {
                Some(element) => list.push(element),
                None => drop(list.remove(change.index as usize)),
            }
        }
    }
}
