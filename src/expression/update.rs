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
pub struct Clause {
    /// Which of the expression's sections it stands in.
    pub section: usize,
    pub target: Path,
    pub action: Action,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Set(Source),
    Remove,
    Add(AttributeValue),
    Delete(AttributeValue),
}

/// The right side of SET.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
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
    /// More than an item can hold.
    #[error("Item size to update has exceeded the maximum allowed size")]
    TooLarge,
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
        resolve::update(&syntax, placeholders).map(Update::of_expression).map_err(invalid)
    }

    pub(super) fn of_expression(clauses: Vec<Clause>) -> Update {
        Update::new(Origin::Expression, clauses)
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
        let mut item = old.clone();
        self.apply_to(&mut item)?;
        Ok(Updated { item, old, targets: &self.targets })
    }

    /// Like [`apply`](Self::apply), in place. An item that it fails on stays as it was.
    pub fn apply_to(&self, item: &mut Item) -> Result<(), UpdateFault> {
        let changes = self.changes(item)?;
        let mut later = Vec::new();
        for (clause, change) in self.clauses.iter().zip(changes) {
            write(item, &clause.target, change, &mut later);
        }
        write_lists(item, later);
        Ok(())
    }

    /// What UPDATED_OLD returns of the old item and UPDATED_NEW of the new one, see [`Updated`].
    pub fn targets(&self) -> &Projection {
        &self.targets
    }

    /// What each clause comes to, or the fault that AWS reports of those there are.
    fn changes(&self, old: &Item) -> Result<Vec<Change>, UpdateFault> {
        let mut built_bytes = 0;
        let results: Vec<_> = self.clauses.iter().map(|clause| clause.change_within(old, &mut built_bytes)).collect();
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

/// AWS's limit on an item.
const ITEM_BYTES_MAX: usize = 409_600;

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
    TooLarge,
}

impl Problem {
    /// The least is reported: a parent of the wrong type, then a wrong operand, then, from the last section to the first, a
    /// missing parent and a missing attribute, then a number. That each of them is refused is AWS's (aws-verified.md section 4);
    /// which one is named when there are several was seen nowhere, and is fixed here so that an answer does not change.
    fn rank(self, section: usize) -> (u8, Reverse<usize>, u8) {
        match self {
            Problem::WrongParent => (0, Reverse(0), 0),
            Problem::OperandType => (1, Reverse(0), 0),
            Problem::MissingParent => (2, Reverse(section), 0),
            Problem::MissingAttribute => (2, Reverse(section), 1),
            Problem::Number(_) => (3, Reverse(0), 0),
            Problem::TooLarge => (4, Reverse(0), 0),
        }
    }

    fn fault(self, origin: Origin) -> UpdateFault {
        match (self, origin) {
            (Problem::WrongParent | Problem::MissingParent, _) => UpdateFault::InvalidPath,
            (Problem::OperandType, Origin::Expression) => UpdateFault::OperandType,
            (Problem::OperandType, Origin::AttributeUpdates) => UpdateFault::AttributeType,
            (Problem::MissingAttribute, _) => UpdateFault::MissingAttribute,
            (Problem::Number(fault), _) => UpdateFault::Number(fault),
            (Problem::TooLarge, _) => UpdateFault::TooLarge,
        }
    }
}

impl Clause {
    /// What is built all goes into one item, so more than an item holds need not be built.
    fn change_within(&self, old: &Item, built_bytes: &mut usize) -> Result<Change, Problem> {
        if *built_bytes > ITEM_BYTES_MAX {
            return Err(Problem::TooLarge);
        }
        let change = self.change(old)?;
        if let Change::Put(value) = &change {
            *built_bytes += value.size_bytes();
        }
        if *built_bytes > ITEM_BYTES_MAX { Err(Problem::TooLarge) } else { Ok(change) }
    }

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
                // An element counts a byte at least. A short text can nest a long list into itself a hundred times.
                if list.len() > ITEM_BYTES_MAX { Err(Problem::TooLarge) } else { Ok(AttributeValue::L(list)) }
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
        (AttributeValue::L(stored), AttributeValue::L(tail)) => {
            Ok(AttributeValue::L([&stored[..], &tail[..]].concat()))
        }
        _ => Err(Problem::OperandType),
    }
}

/// A set without its last member goes.
fn delete(stored: &AttributeValue, members: &AttributeValue) -> Result<Change, Problem> {
    fn left<M>(members: Vec<M>, set: fn(Vec<M>) -> AttributeValue) -> Change {
        if members.is_empty() { Change::Remove } else { Change::Put(set(members)) }
    }
    match (stored, members) {
        (AttributeValue::Ss(stored), AttributeValue::Ss(members)) => {
            Ok(left(without(stored, members), AttributeValue::Ss))
        }
        (AttributeValue::Ns(stored), AttributeValue::Ns(members)) => {
            Ok(left(without(stored, members), AttributeValue::Ns))
        }
        (AttributeValue::Bs(stored), AttributeValue::Bs(members)) => {
            Ok(left(without(stored, members), AttributeValue::Bs))
        }
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
        (Some(AttributeValue::M(map)), Step::Attribute(name), Change::Put(value)) => {
            drop(map.insert(name.as_str(), value))
        }
        (Some(AttributeValue::M(map)), Step::Attribute(name), Change::Remove) => drop(map.remove(name)),
        (Some(AttributeValue::L(list)), Step::Index(index), Change::Put(value)) => {
            match list.get_mut(*index as usize) {
                Some(element) => *element = value,
                None => later.push(ListChange { target, index: *index, appended: Some(value) }),
            }
        }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fixtures::{PlaceholderMaps, item, placeholders};
    use super::*;

    fn parse(text: &str, maps: &PlaceholderMaps) -> Update {
        Update::parse(text, &mut maps.borrow()).unwrap()
    }

    fn updated(old: &str, text: &str, values: &str) -> Result<Item, String> {
        let maps = placeholders("#d=a.b", values);
        let update = parse(text, &maps);
        let old = item(old);
        update.apply(&old).map(|updated| updated.item).map_err(|fault| fault.to_string())
    }

    #[test]
    fn every_clause_reads_the_item_as_it_was() {
        for (old, text, new) in [
            (r#"{"a":{"N":"1"}}"#, "SET a=:n, b=a", r#"{"a":{"N":"2"},"b":{"N":"1"}}"#),
            (r#"{"a":{"N":"1"},"b":{"N":"3"}}"#, "SET a=b, b=a", r#"{"a":{"N":"3"},"b":{"N":"1"}}"#),
            (r#"{"a":{"N":"1"}}"#, "SET b=a REMOVE a", r#"{"b":{"N":"1"}}"#),
            (r#"{"a":{"N":"1"}}"#, "SET b=a ADD a :n", r#"{"a":{"N":"3"},"b":{"N":"1"}}"#),
            ("{}", "SET #d=:n", r#"{"a.b":{"N":"2"}}"#),
            (r#"{"m":{"M":{"x":{"N":"1"}}}}"#, "REMOVE m.zz, zz, m.x", r#"{"m":{"M":{}}}"#),
        ] {
            assert_eq!(updated(old, text, r#"":n":{"N":"2"}"#), Ok(item(new)), "{text}");
        }
    }

    #[test]
    fn elements_move_only_after_all_clauses_have_found_theirs() {
        let old = r#"{"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"}]},"n":{"L":[{"L":[{"N":"1"},{"N":"2"}]},{"L":[{"SS":["a"]}]}]}}"#;
        for (text, l, n) in [
            ("REMOVE l[0], l[1]", r#"[{"N":"2"}]"#, None),
            ("REMOVE l[2], l[0]", r#"[{"N":"1"}]"#, None),
            ("SET l[0]=:v REMOVE l[1]", r#"[{"N":"9"},{"N":"2"}]"#, None),
            ("SET l[5]=:v", r#"[{"N":"0"},{"N":"1"},{"N":"2"},{"N":"9"}]"#, None),
            ("SET l[9]=:v, l[4]=l[0]", r#"[{"N":"0"},{"N":"1"},{"N":"2"},{"N":"0"},{"N":"9"}]"#, None),
            ("SET l[5]=:v REMOVE l[3], l[0]", r#"[{"N":"1"},{"N":"2"},{"N":"9"}]"#, None),
            ("REMOVE n[0], n[1][0]", r#"[{"N":"0"},{"N":"1"},{"N":"2"}]"#, Some(r#"[{"L":[]}]"#)),
            (
                "DELETE n[1][0] :a REMOVE n[0][0]",
                r#"[{"N":"0"},{"N":"1"},{"N":"2"}]"#,
                Some(r#"[{"L":[{"N":"2"}]},{"L":[]}]"#),
            ),
            (
                "SET n[0][7]=:v REMOVE n[1]",
                r#"[{"N":"0"},{"N":"1"},{"N":"2"}]"#,
                Some(r#"[{"L":[{"N":"1"},{"N":"2"},{"N":"9"}]}]"#),
            ),
        ] {
            let n = n.unwrap_or(r#"[{"L":[{"N":"1"},{"N":"2"}]},{"L":[{"SS":["a"]}]}]"#);
            let expected = item(&format!(r#"{{"l":{{"L":{l}}},"n":{{"L":{n}}}}}"#));
            assert_eq!(updated(old, text, r#"":v":{"N":"9"},":a":{"SS":["a"]}"#), Ok(expected), "{text}");
        }
    }

    #[test]
    fn functions_sums_and_sets() {
        let old = r#"{"n":{"N":"0.1"},"l":{"L":[{"N":"1"}]},"s":{"SS":["b",""]},"m":{"M":{"n":{"N":"5"}}}}"#;
        for (text, at, expected) in [
            ("SET n=n+:n", "n", r#"{"N":"0.3"}"#),
            ("SET x=(if_not_exists(x,:n)-n)", "x", r#"{"N":"0.1"}"#),
            ("SET x=if_not_exists(x,if_not_exists(y,n))", "x", r#"{"N":"0.1"}"#),
            ("SET x=if_not_exists(n,:n)", "x", r#"{"N":"0.1"}"#),
            ("SET l=list_append(:l,l)", "l", r#"{"L":[{"S":"x"},{"N":"1"}]}"#),
            ("SET x=list_append(if_not_exists(x,:l),:l)", "x", r#"{"L":[{"S":"x"},{"S":"x"}]}"#),
            ("ADD x :n", "x", r#"{"N":"0.2"}"#),
            ("ADD m.n :n", "m", r#"{"M":{"n":{"N":"5.2"}}}"#),
            ("ADD s :s", "s", r#"{"SS":["","a","b"]}"#),
            ("ADD x :s", "x", r#"{"SS":["a","b"]}"#),
            ("DELETE s :s", "s", r#"{"SS":[""]}"#),
        ] {
            let new = updated(old, text, r#"":n":{"N":"0.2"},":l":{"L":[{"S":"x"}]},":s":{"SS":["a","b"]}"#).unwrap();
            assert_eq!(new.get(at), item(&format!(r#"{{"v":{expected}}}"#)).get("v"), "{text}");
        }
        assert_eq!(updated(r#"{"s":{"NS":["1"]}}"#, "DELETE s :s", r#"":s":{"NS":["1","2"]}"#), Ok(Item::new()));
        assert_eq!(updated("{}", "DELETE s :s", r#"":s":{"NS":["1"]}"#), Ok(Item::new()));
    }

    #[test]
    fn a_fault_leaves_nothing_half_done_and_the_first_in_awss_order_is_told() {
        let old =
            r#"{"a":{"N":"1"},"t":{"S":"x"},"l":{"L":[{"M":{}}]},"m":{"M":{}},"z":{"NULL":true},"big":{"N":"9e125"}}"#;
        let path = "The document path provided in the update expression is invalid for update";
        let operand = "An operand in the update expression has an incorrect data type";
        let missing = "The provided expression refers to an attribute that does not exist in the item";
        for (text, expected) in [
            ("SET q.x=:n", path),
            ("SET m.x.y=:n", path),
            ("REMOVE q.x", path),
            ("ADD q.x :n", path),
            ("DELETE q.x :s", path),
            ("SET q[0]=:n", path),
            ("SET a.x=:n", path),
            ("SET l.x=:n", path),
            ("SET m[0]=:n", path),
            ("SET z.x=:n", path),
            ("SET l[3].x=:n", path),
            ("SET x=t+:n", operand),
            ("SET x=list_append(t,:l)", operand),
            ("ADD t :n", operand),
            ("ADD a :s", operand),
            ("DELETE a :s", operand),
            ("SET x=q", missing),
            ("SET x=q+:n", missing),
            ("SET x=list_append(q,:l)", missing),
            ("SET x=q, y=t+:n", operand),
            ("SET x=q REMOVE q.x", path),
            (
                "SET big=big+big",
                "Number overflow. Attempting to store a number with magnitude larger than supported range",
            ),
            ("ADD big :b", "Number overflow. Attempting to store a number with magnitude larger than supported range"),
            ("SET a=:b-:n", "Attempting to store more than 38 significant digits in a Number"),
        ] {
            let values = r#"":n":{"N":"1"},":s":{"SS":["a"]},":l":{"L":[]},":b":{"N":"9e125"}"#;
            assert_eq!(updated(old, text, values), Err(expected.to_string()), "{text}");
        }
    }

    /// dynalite's "should update nested attributes", which was run against AWS.
    #[test]
    fn updated_attributes_are_the_targets_as_written() {
        let maps = placeholders("", r#"":a":{"N":"2"},":b":{"SS":["a"]}"#);
        let text = "set b.c=((c[1])+(b.a)),b.a = a,c[1] = a, c[4] = b.a - b.b, c[2] = b.c add c[8] :b, c[6] :a";
        let update = parse(text, &maps);
        let old = item(
            r#"{"a":{"S":"k"},"b":{"M":{"a":{"N":"1"},"b":{"N":"2"},"c":{"N":"3"}}},"c":{"L":[{"N":"1"},{"N":"3"}]}}"#,
        );
        let updated = update.apply(&old).unwrap();
        assert_eq!(
            updated.item,
            item(
                r#"{"a":{"S":"k"},"b":{"M":{"a":{"S":"k"},"b":{"N":"2"},"c":{"N":"4"}}},
                    "c":{"L":[{"N":"1"},{"S":"k"},{"N":"3"},{"N":"-1"},{"N":"2"},{"SS":["a"]}]}}"#
            )
        );
        assert_eq!(
            updated.updated_new(),
            item(r#"{"b":{"M":{"a":{"S":"k"},"c":{"N":"4"}}},"c":{"L":[{"S":"k"},{"N":"3"},{"N":"2"}]}}"#)
        );
        assert_eq!(updated.updated_old(), item(r#"{"b":{"M":{"a":{"N":"1"},"c":{"N":"3"}}},"c":{"L":[{"N":"3"}]}}"#));
        assert_eq!(update.written_roots().collect::<Vec<_>>(), ["b", "b", "c", "c", "c", "c", "c"]);
        let removal = parse("REMOVE a", &placeholders("", ""));
        assert_eq!(removal.apply(&old).unwrap().updated_new(), Item::new());
        assert_eq!(removal.apply(&old).unwrap().updated_old(), item(r#"{"a":{"S":"k"}}"#));
    }

    /// aws-verified.md section 1, the captures that the table was made from.
    #[test]
    fn statements_are_charged_to_the_byte() {
        let values = r#"":c":{"S":"abc"},":n":{"N":"123"},":l":{"L":[{"S":"ab"},{"N":"1"}]},":m":{"M":{"kk":{"S":"vvv"}}},":s":{"SS":["aa","bbb"]}"#;
        for (text, expected) in [
            ("SET p=:c", 3 + 19 + 1 + 3),
            ("SET p=:c, cc=:c", 3 + 20 + 3 + 21 + 3),
            ("SET p=:n", 3 + 20 + 3),
            ("SET p=:l", 3 + 20 + 3 + 2 + 2 + 2),
            ("SET p=:m", 3 + 20 + 3 + 1 + 2 + 3),
            ("SET p=:s", 3 + 20 + 5),
            ("SET m.zz=:c", 3 + 19 + 1 + 6 + 3),
            ("SET l[10]=:c", 3 + 19 + 1 + 6 + 3),
            ("SET l[0]=:c", 3 + 19 + 1 + 5 + 3),
            ("SET c=d", 3 + 20 + 1 + 15),
            ("SET c=m.z", 3 + 20 + 1 + 15 + 15),
            ("SET c=l[10]", 3 + 20 + 1 + 15 + 16),
            ("SET n=n+:n", 3 + 20 + 34 + 16 + 3),
            ("SET n=(n-:n)", 3 + 20 + 37 + 16 + 3),
            ("SET c=if_not_exists(d,:c)", 3 + 20 + 39 + 16 + 3),
            ("SET l=list_append(if_not_exists(l,:l),:l)", 3 + 20 + 37 + 39 + 16 + 9 + 9),
            ("ADD m.n :n", 3 + 19 + 1 + 5 + 3),
            ("ADD s :s", 3 + 20 + 5),
            ("REMOVE c, m.c, l[10]", 3 + 2 + 2 + 5 + 2 + 6),
            ("DELETE s :s", 3 + 2),
            ("SET #long=:c", 3 + 19 + 6 + 3),
        ] {
            let maps = placeholders("#long=€€", values);
            assert_eq!(parse(text, &maps).charge_bytes(), expected, "{text}");
        }
    }

    proptest! {
        /// The same list again, element by element.
        #[test]
        fn changes_of_a_list_agree_with_the_model(
            length in 0usize..8,
            changes in proptest::collection::btree_map(0u32..12, prop_oneof![Just("SET"), Just("REMOVE"), Just("ADD")], 1..8),
            reverse in any::<bool>(),
        ) {
            let number = |number: u64| AttributeValue::N(Number::from(number));
            let old: Item = [("l".to_string(), AttributeValue::L((0..length as u64).map(number).collect()))].into_iter().collect();
            let mut written: Vec<_> = changes.iter().collect();
            if reverse {
                written.reverse();
            }
            let section = |keyword: &str, clause: fn(u32) -> String| {
                let clauses: Vec<_> = written.iter().filter(|(_, kind)| **kind == keyword).map(|(index, _)| clause(**index)).collect();
                if clauses.is_empty() { String::new() } else { format!("{keyword} {} ", clauses.join(", ")) }
            };
            let text = [
                section("SET", |index| format!("l[{index}] = :v")),
                section("REMOVE", |index| format!("l[{index}]")),
                section("ADD", |index| format!("l[{index}] :v")),
            ].concat();
            let maps = placeholders("", r#"":v":{"N":"100"}"#);
            let update = parse(&text, &maps);
            let mut expected = Vec::new();
            for index in 0..12u32 {
                let stored = (u64::from(index) < length as u64).then(|| number(u64::from(index)));
                match (changes.get(&index), stored) {
                    (None, stored) => expected.extend(stored),
                    (Some(&"REMOVE"), _) => {}
                    (Some(&"ADD"), Some(_)) => expected.push(number(100 + u64::from(index))),
                    (Some(_), _) => expected.push(number(100)),
                }
            }
            let updated = update.apply(&old).unwrap();
            prop_assert_eq!(updated.item.get("l"), Some(&AttributeValue::L(expected)), "{}", text);
        }
    }
}
