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
            let steps = steps.iter().map(|written| step(tree, *written).ok_or_else(unexpected));
            Ok(Some(Path { root: name(root), steps: steps.collect::<Result<_, _>>()? }))
        }
        _ => Ok(None),
    }
}

/// What a column of SELECT is called: the last name of its path, or its place where that ends in an index.
pub(super) fn column_name(path: &Path, place: usize) -> String {
    match path.steps.last() {
        None => path.root.clone(),
        Some(Step::Attribute(name)) => name.clone(),
        Some(Step::Index(_)) => format!("_{}", place + 1),
    }
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

fn step(tree: &Tree<'_>, step: PathStep<'_>) -> Option<Step> {
    match step {
        PathStep::Name(text) => Some(Step::Attribute(name(text))),
        PathStep::Index(id) => match tree.node(id) {
            // Indexes are 31 bits wide, as in expressions.
            Node::Number { negative: false, text } => {
                text.parse::<i32>().ok().and_then(|index| u32::try_from(index).ok()).map(Step::Index)
            }
            Node::String(text) => Some(Step::Attribute(unquoted(text))),
            _ => None,
        },
        PathStep::Wildcard => None,
    }
}
