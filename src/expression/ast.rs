//! Expressions as written: names and placeholders not yet looked at.
//!
//! Nodes lie in one list and name each other by their place in it, so that neither building nor dropping a deeply nested
//! expression recurses.

use super::condition::Comparator;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId(usize);

#[derive(Debug)]
pub(super) enum Node<'t> {
    Path(PathSyntax<'t>),
    /// `:value`
    Value(&'t str),
    Call {
        name: &'t str,
        operands: Vec<NodeId>,
    },
    Compare {
        comparator: Comparator,
        left: NodeId,
        right: NodeId,
    },
    Between {
        value: NodeId,
        low: NodeId,
        high: NodeId,
    },
    In {
        value: NodeId,
        list: Vec<NodeId>,
    },
    Not(NodeId),
    And(Vec<NodeId>),
    Or(Vec<NodeId>),
    /// Only on the right side of SET.
    Arithmetic {
        sign: Sign,
        left: NodeId,
        right: NodeId,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
}

/// A document path: a name, then names and indexes.
pub(super) type PathSyntax<'t> = Vec<PathPart<'t>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathPart<'t> {
    Name(&'t str),
    /// `#name`
    Placeholder(&'t str),
    /// The digits between brackets.
    Index(&'t str),
}

#[derive(Debug, Default)]
pub(super) struct Tree<'t> {
    nodes: Vec<Node<'t>>,
    parenthesised: Vec<bool>,
}

impl<'t> Tree<'t> {
    pub(super) fn push(&mut self, node: Node<'t>) -> NodeId {
        self.nodes.push(node);
        self.parenthesised.push(false);
        NodeId(self.nodes.len() - 1)
    }

    pub(super) fn node(&self, id: NodeId) -> &Node<'t> {
        &self.nodes[id.0]
    }

    /// Notes a pair of parentheses around a node and says whether there was one already.
    pub(super) fn parenthesise(&mut self, id: NodeId) -> bool {
        std::mem::replace(&mut self.parenthesised[id.0], true)
    }
}

/// A condition, filter or key condition.
#[derive(Debug)]
pub(super) struct ConditionSyntax<'t> {
    pub(super) tree: Tree<'t>,
    pub(super) root: NodeId,
}

#[derive(Debug)]
pub(super) struct UpdateSyntax<'t> {
    pub(super) tree: Tree<'t>,
    /// As written: a keyword may occur twice here.
    pub(super) sections: Vec<SectionSyntax<'t>>,
}

#[derive(Debug)]
pub(super) struct SectionSyntax<'t> {
    pub(super) keyword: Keyword,
    pub(super) actions: Vec<ActionSyntax<'t>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Set,
    Remove,
    Add,
    Delete,
}

impl Keyword {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Keyword::Set => "SET",
            Keyword::Remove => "REMOVE",
            Keyword::Add => "ADD",
            Keyword::Delete => "DELETE",
        }
    }
}

#[derive(Debug)]
pub(super) struct ActionSyntax<'t> {
    pub(super) target: PathSyntax<'t>,
    /// What is set, added or deleted; nothing for REMOVE.
    pub(super) operand: Option<NodeId>,
}
