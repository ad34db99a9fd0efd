//! Nodes that name something: document paths, and tables with their indexes.

use super::ast::{Node, NodeId, PathStep, SourceSyntax, Tree};
use super::error::StatementError;
use super::statement::Source;
use super::token::unquoted;
use crate::value::{Path, Step};

/// The document path that a node is, if it is one. A quoted name is one name whatever it holds.
pub(super) fn document_path(tree: &Tree<'_>, id: NodeId) -> Result<Option<Path>, StatementError> {
    match tree.node(id) {
        Node::Name(text) => Ok(Some(Path::top_level(name(text)))),
        Node::Path { root, steps } => {
            let unexpected = || StatementError::UnexpectedPath { position: tree.position(id) };
            let Node::Name(root) = tree.node(*root) else { return Err(unexpected()) };
            let steps = steps.iter().map(|written| step(tree, *written).and_then(|step| step.ok_or_else(unexpected)));
            Ok(Some(Path { root: name(root), steps: steps.collect::<Result<_, _>>()? }))
        }
        _ => Ok(None),
    }
}

/// What a column of SELECT is called: the last name of its path with the indexes after it (eu-west-2, 2026-09-17: `m.k[0]` is
/// `k[0]`).
pub(super) fn column_name(path: &Path) -> String {
    let last_name = path.steps.iter().rposition(|step| matches!(step, Step::Attribute(_)));
    let (first_index, mut column) = match last_name.and_then(|place| Some((place, path.steps.get(place)?))) {
        Some((place, Step::Attribute(name))) => (place + 1, name.clone()),
        _ => (0, path.root.clone()),
    };
    for step in path.steps.iter().skip(first_index) {
        if let Step::Index(index) = step {
            column.push_str(&format!("[{index}]"));
        }
    }
    column
}

pub(super) fn source(tree: &Tree<'_>, syntax: SourceSyntax) -> Result<Source, StatementError> {
    if syntax.is_aliased {
        return Err(StatementError::Aliasing);
    }
    if syntax.is_joined {
        return Err(StatementError::SeveralSources);
    }
    table(tree, syntax.table)
}

/// `"table"` or `"table"."index"`.
pub(super) fn table(tree: &Tree<'_>, id: NodeId) -> Result<Source, StatementError> {
    let (root, steps) = match tree.node(id) {
        Node::Name(table) => (*table, &[][..]),
        Node::Path { root, steps } => match tree.node(*root) {
            Node::Name(table) => (*table, steps.as_slice()),
            _ => return Err(StatementError::SeveralSources),
        },
        _ => return Err(StatementError::SeveralSources),
    };
    let index = match steps {
        [] => None,
        [PathStep::Name(index)] => Some(name(index)),
        [PathStep::Index(_) | PathStep::Wildcard] => return Err(StatementError::SeveralSources),
        _ => return Err(StatementError::TooManyPathComponents),
    };
    let table = name(root);
    if table.is_empty() || index.as_deref() == Some("") {
        return Err(StatementError::EmptyPathComponent);
    }
    Ok(Source { table, index })
}

/// An identifier, or what stands between the quotes.
pub(super) fn name(text: &str) -> String {
    if text.starts_with('"') { unquoted(text) } else { text.to_string() }
}

/// A step that a document can be taken, if it is one.
fn step(tree: &Tree<'_>, step: PathStep<'_>) -> Result<Option<Step>, StatementError> {
    match step {
        PathStep::Name(text) => Ok(Some(Step::Attribute(name(text)))),
        PathStep::Index(id) => match tree.node(id) {
            Node::Number { negative, text } if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                let index = format!("{}{text}", if *negative { "-" } else { "" });
                // Indexes are 31 bits wide, as in expressions; `[-0]` is the first (eu-west-2, 2026-09-17).
                match index.parse::<i32>().ok().and_then(|index| u32::try_from(index).ok()) {
                    Some(index) => Ok(Some(Step::Index(index))),
                    None => Err(StatementError::ListIndex { index, position: tree.position(id) }),
                }
            }
            Node::String(text) => Ok(Some(Step::Attribute(unquoted(text)))),
            _ => Ok(None),
        },
        PathStep::Wildcard => Ok(None),
    }
}
