//! Statements as written: names, parameters and numbers not yet looked at.
//!
//! Nodes lie in one list and name each other by their place in it, so that dropping a deeply nested statement does not
//! recurse.

use super::error::Position;
use crate::expression::Comparator;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId(usize);

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node<'t> {
    /// An identifier, or the text of a quoted one with its quotes.
    Name(&'t str),
    /// With its quotes.
    String(&'t str),
    /// Digits, and a sign if there was one.
    Number {
        negative: bool,
        text: &'t str,
    },
    Boolean(bool),
    Null,
    Missing,
    Ion,
    /// Its place among the parameters.
    Parameter(usize),
    List(Vec<NodeId>),
    Bag(Vec<NodeId>),
    Struct(Vec<(NodeId, NodeId)>),
    Call {
        name: &'t str,
        arguments: Vec<NodeId>,
        has_star: bool,
    },
    Path {
        root: NodeId,
        steps: Vec<PathStep<'t>>,
    },
    Signed {
        minus: bool,
        operand: NodeId,
    },
    Not(NodeId),
    And(NodeId, NodeId),
    Or(NodeId, NodeId),
    Compare {
        comparator: Comparator,
        left: NodeId,
        right: NodeId,
    },
    Arithmetic {
        operator: Arithmetic,
        left: NodeId,
        right: NodeId,
    },
    Between {
        negated: bool,
        value: NodeId,
        low: NodeId,
        high: NodeId,
    },
    In {
        negated: bool,
        value: NodeId,
        list: NodeId,
    },
    Is {
        negated: bool,
        value: NodeId,
        type_name: &'static str,
    },
    Like {
        value: NodeId,
    },
    Select(Box<SelectSyntax>),
    Insert(Box<InsertSyntax>),
    Update(Box<UpdateSyntax>),
    Delete(Box<DeleteSyntax>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Plus,
    Minus,
    Times,
    Divide,
    Modulo,
    Concatenate,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum PathStep<'t> {
    /// An identifier, or a quoted one with its quotes.
    Name(&'t str),
    /// What stands between brackets.
    Index(NodeId),
    /// `.*` or `[*]`
    Wildcard,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct SelectSyntax {
    /// None for `*`.
    pub(super) columns: Option<Vec<ColumnSyntax>>,
    pub(super) source: SourceSyntax,
    /// The first clause that DynamoDB does not have.
    pub(super) unsupported: Option<(&'static str, Position)>,
    pub(super) filter: Option<NodeId>,
    pub(super) order: Vec<OrderSyntax>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ColumnSyntax {
    pub(super) value: NodeId,
    pub(super) is_aliased: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SourceSyntax {
    pub(super) table: NodeId,
    pub(super) is_aliased: bool,
    /// Joined with more.
    pub(super) is_joined: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct OrderSyntax {
    pub(super) value: NodeId,
    pub(super) descending: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct InsertSyntax {
    pub(super) table: NodeId,
    pub(super) value: NodeId,
    /// Of `VALUE`, not of a query or a bag of items.
    pub(super) is_single: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct UpdateSyntax {
    pub(super) source: SourceSyntax,
    pub(super) actions: Vec<ActionSyntax>,
    pub(super) filter: Option<NodeId>,
    pub(super) returning: Vec<ReturningSyntax>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ActionSyntax {
    Set { target: NodeId, value: NodeId },
    Remove { target: NodeId },
    Insert,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct DeleteSyntax {
    pub(super) source: SourceSyntax,
    pub(super) filter: Option<NodeId>,
    pub(super) returning: Vec<ReturningSyntax>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReturningSyntax {
    /// MODIFIED, not ALL.
    pub(super) modified: bool,
    /// NEW, not OLD.
    pub(super) new: bool,
}

#[derive(Debug, Default)]
pub(super) struct Tree<'t> {
    nodes: Vec<(Node<'t>, Position)>,
}

impl<'t> Tree<'t> {
    pub(super) fn push(&mut self, node: Node<'t>, position: Position) -> NodeId {
        self.nodes.push((node, position));
        NodeId(self.nodes.len() - 1)
    }

    pub(super) fn node(&self, id: NodeId) -> &Node<'t> {
        &self.nodes[id.0].0
    }

    /// Where the node's first or naming token stands.
    pub(super) fn position(&self, id: NodeId) -> Position {
        self.nodes[id.0].1
    }
}

/// A whole statement, or an expression where one was asked for.
#[derive(Debug)]
pub(super) struct StatementSyntax<'t> {
    pub(super) tree: Tree<'t>,
    pub(super) root: NodeId,
    /// How many `?` there are.
    pub(super) parameter_count: usize,
    pub(super) operator_count: usize,
}
