//! Tokens to `ast`.
//!
//! ```text
//! condition   operand comparator operand | operand BETWEEN operand AND operand | operand IN ( operand , .. )
//!             | function | ( condition ) | NOT condition | condition AND condition | condition OR condition
//! operand     path | :value | function | ( operand )
//! function    identifier ( operand , .. )
//! path        name { . name | [ index ] }                      name: identifier | #name
//! projection  path , ..
//! update      { SET path = source , .. | REMOVE path , .. | ADD path :value , .. | DELETE path :value , .. }
//! source      operand | arithmetic                              arithmetic: operand (+|-) operand | ( arithmetic )
//! ```
//!
//! An opening parenthesis does not say whether a condition, an operand or arithmetic follows, and thousands of them fit into
//! an expression. So what is still open lies on a stack of the parser's own: nothing is read twice, nothing recurses, and
//! the token that a syntax error names is the first that no expression could have there.

use super::ast::{
    ActionSyntax, ConditionSyntax, Keyword, Node, NodeId, PathPart, PathSyntax, SectionSyntax, Sign, Tree, UpdateSyntax,
};
use super::condition::Comparator;
use super::error::Fault;
use super::token::{TokenKind, Tokens};

/// A limit on the text as sent: placeholders count as written (LM/expressionSize).
const EXPRESSION_BYTES_MAX: usize = 4096;

/// AWS stops counting at one more than this (its message says 301, however many there are).
const OPERATORS_MAX: usize = 300;

pub(super) fn condition(text: &str) -> Result<ConditionSyntax<'_>, Fault> {
    let mut parser = Parser::new(text, Goal::Condition, Some(text.len()))?;
    let root = parser.expression()?;
    parser.end()?;
    Ok(ConditionSyntax { tree: parser.tree, root })
}

pub(super) fn projection(text: &str) -> Result<Vec<PathSyntax<'_>>, Fault> {
    let mut parser = Parser::new(text, Goal::Source, Some(text.len()))?;
    let mut paths = vec![parser.path()?];
    while parser.accepts(TokenKind::Comma) {
        paths.push(parser.path()?);
    }
    parser.end()?;
    Ok(paths)
}

pub(super) fn update(text: &str) -> Result<UpdateSyntax<'_>, Fault> {
    let mut parser = Parser::new(text, Goal::Source, None)?;
    let mut sections = vec![parser.section()?];
    while parser.tokens.kind() != TokenKind::End {
        sections.push(parser.section()?);
    }
    parser.end()?;
    Ok(UpdateSyntax { tree: parser.tree, sections })
}

/// What a whole expression, or what a parenthesis holds, may be beside an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    Condition,
    /// The right side of SET.
    Source,
}

/// Something begun that waits for an operand or a condition.
enum Open<'t> {
    Parenthesis { of_operand: bool },
    Call { name: &'t str, operands: Vec<NodeId> },
    Compare { comparator: Comparator, left: NodeId },
    Arithmetic { sign: Sign, left: NodeId },
    BetweenLow { value: NodeId },
    BetweenHigh { value: NodeId, low: NodeId },
    In { value: NodeId, list: Vec<NodeId> },
    Not,
    And(Vec<NodeId>),
    Or(Vec<NodeId>),
}

/// What to do after a node.
enum Next {
    /// Another operand has to be read.
    Read,
    /// The node has become a part of this one.
    Within(NodeId),
    Done(NodeId),
}

struct Parser<'t> {
    tokens: Tokens<'t>,
    tree: Tree<'t>,
    goal: Goal,
    open: Vec<Open<'t>>,
    operator_count: usize,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, goal: Goal, told_size_bytes: Option<usize>) -> Result<Parser<'t>, Fault> {
        if text.is_empty() {
            return Err(Fault::Empty);
        }
        if text.len() > EXPRESSION_BYTES_MAX {
            return Err(Fault::TooLong { size_bytes: told_size_bytes });
        }
        Ok(Parser { tokens: Tokens::new(text), tree: Tree::default(), goal, open: Vec::new(), operator_count: 0 })
    }

    fn end(&mut self) -> Result<(), Fault> {
        self.tokens.expect(TokenKind::End)?;
        if self.operator_count > OPERATORS_MAX {
            return Err(Fault::TooManyOperators { count: OPERATORS_MAX + 1 });
        }
        Ok(())
    }

    fn section(&mut self) -> Result<SectionSyntax<'t>, Fault> {
        let keyword = match self.tokens.kind() {
            TokenKind::Set => Keyword::Set,
            TokenKind::Remove => Keyword::Remove,
            TokenKind::Add => Keyword::Add,
            TokenKind::Delete => Keyword::Delete,
            _ => return Err(self.tokens.syntax_fault()),
        };
        self.tokens.next();
        let mut actions = vec![self.action(keyword)?];
        while self.accepts(TokenKind::Comma) {
            actions.push(self.action(keyword)?);
        }
        Ok(SectionSyntax { keyword, actions })
    }

    fn action(&mut self, keyword: Keyword) -> Result<ActionSyntax<'t>, Fault> {
        let target = self.path()?;
        let operand = match keyword {
            Keyword::Set => {
                self.tokens.expect(TokenKind::Equal)?;
                Some(self.expression()?)
            }
            Keyword::Remove => None,
            Keyword::Add | Keyword::Delete => {
                let value = self.tokens.expect(TokenKind::Value)?;
                Some(self.tree.push(Node::Value(value)))
            }
        };
        Ok(ActionSyntax { target, operand })
    }

    fn path(&mut self) -> Result<PathSyntax<'t>, Fault> {
        let mut parts = vec![self.path_name()?];
        loop {
            if self.accepts(TokenKind::Dot) {
                parts.push(self.path_name()?);
            } else if self.accepts(TokenKind::OpenBracket) {
                parts.push(PathPart::Index(self.tokens.expect(TokenKind::Index)?));
                self.tokens.expect(TokenKind::CloseBracket)?;
            } else {
                return Ok(parts);
            }
        }
    }

    fn path_name(&mut self) -> Result<PathPart<'t>, Fault> {
        match self.tokens.kind() {
            TokenKind::Identifier => Ok(PathPart::Name(self.tokens.next())),
            TokenKind::Name => Ok(PathPart::Placeholder(self.tokens.next())),
            _ => Err(self.tokens.syntax_fault()),
        }
    }

    /// Reads what the goal asks for, up to the first token that cannot belong to it.
    fn expression(&mut self) -> Result<NodeId, Fault> {
        loop {
            let mut next = Next::Within(self.operand_start()?);
            while let Next::Within(node) = next {
                next = if self.operand_is_due() { self.place_operand(node)? } else { self.place(node)? };
            }
            if let Next::Done(root) = next {
                return Ok(root);
            }
        }
    }

    /// Whether only an operand can stand here, neither a condition nor arithmetic.
    fn operand_is_due(&self) -> bool {
        match self.open.last() {
            None | Some(Open::Not | Open::And(_) | Open::Or(_)) => false,
            Some(Open::Parenthesis { of_operand }) => *of_operand,
            Some(_) => true,
        }
    }

    /// Reads opening parentheses, NOTs and function names up to a path or a value, and that.
    fn operand_start(&mut self) -> Result<NodeId, Fault> {
        loop {
            match self.tokens.kind() {
                TokenKind::Open => {
                    self.tokens.next();
                    let of_operand = self.operand_is_due();
                    self.open.push(Open::Parenthesis { of_operand });
                }
                TokenKind::Not if self.goal == Goal::Condition && !self.operand_is_due() => {
                    self.operator();
                    self.open.push(Open::Not);
                }
                TokenKind::Identifier if self.tokens.kind_after() == TokenKind::Open => {
                    let name = self.operator();
                    self.tokens.next();
                    self.open.push(Open::Call { name, operands: Vec::new() });
                }
                TokenKind::Value => {
                    let value = self.tokens.next();
                    return Ok(self.tree.push(Node::Value(value)));
                }
                _ => {
                    let path = self.path()?;
                    return Ok(self.tree.push(Node::Path(path)));
                }
            }
        }
    }

    /// An operand is complete where only an operand can stand.
    fn place_operand(&mut self, node: NodeId) -> Result<Next, Fault> {
        match self.open.pop() {
            Some(Open::Compare { comparator, left }) => self.within(Node::Compare { comparator, left, right: node }),
            Some(Open::Arithmetic { sign, left }) => self.within(Node::Arithmetic { sign, left, right: node }),
            Some(Open::BetweenLow { value }) => {
                self.tokens.expect(TokenKind::And)?;
                self.read(Open::BetweenHigh { value, low: node })
            }
            Some(Open::BetweenHigh { value, low }) => self.within(Node::Between { value, low, high: node }),
            Some(Open::Call { name, mut operands }) => {
                operands.push(node);
                if self.accepts(TokenKind::Comma) {
                    return self.read(Open::Call { name, operands });
                }
                self.tokens.expect(TokenKind::Close)?;
                self.within(Node::Call { name, operands })
            }
            Some(Open::In { value, mut list }) => {
                list.push(node);
                if self.accepts(TokenKind::Comma) {
                    return self.read(Open::In { value, list });
                }
                self.tokens.expect(TokenKind::Close)?;
                self.within(Node::In { value, list })
            }
            _ => self.close_parenthesis(node),
        }
    }

    /// Something is complete where a condition or arithmetic can stand as well: at the start, in a parenthesis there, and
    /// beside NOT, AND and OR.
    fn place(&mut self, node: NodeId) -> Result<Next, Fault> {
        let is_operand = matches!(self.tree.node(node), Node::Path(_) | Node::Value(_));
        let is_call = matches!(self.tree.node(node), Node::Call { .. });
        if let Some(next) = if is_operand || is_call { self.operator_after(node)? } else { None } {
            return Ok(next);
        }
        if self.goal == Goal::Condition && !is_operand {
            return self.place_condition(node);
        }
        match self.open.pop() {
            Some(Open::Parenthesis { .. }) => self.close_parenthesis(node),
            None if self.goal == Goal::Source => Ok(Next::Done(node)),
            // An operand alone is no condition.
            _ => Err(self.tokens.syntax_fault()),
        }
    }

    /// Reads the operator that makes `node` the first operand of something, if one follows.
    fn operator_after(&mut self, node: NodeId) -> Result<Option<Next>, Fault> {
        let comparator = match (self.goal, self.tokens.kind()) {
            (Goal::Source, TokenKind::Plus | TokenKind::Minus) => {
                let sign = if self.operator() == "+" { Sign::Plus } else { Sign::Minus };
                return self.read(Open::Arithmetic { sign, left: node }).map(Some);
            }
            (Goal::Source, _) => return Ok(None),
            (Goal::Condition, TokenKind::Between) => {
                self.operator();
                return self.read(Open::BetweenLow { value: node }).map(Some);
            }
            (Goal::Condition, TokenKind::In) => {
                self.operator();
                self.tokens.expect(TokenKind::Open)?;
                return self.read(Open::In { value: node, list: Vec::new() }).map(Some);
            }
            (Goal::Condition, TokenKind::Equal) => Comparator::Equal,
            (Goal::Condition, TokenKind::NotEqual) => Comparator::NotEqual,
            (Goal::Condition, TokenKind::Less) => Comparator::Less,
            (Goal::Condition, TokenKind::LessOrEqual) => Comparator::LessOrEqual,
            (Goal::Condition, TokenKind::Greater) => Comparator::Greater,
            (Goal::Condition, TokenKind::GreaterOrEqual) => Comparator::GreaterOrEqual,
            (Goal::Condition, _) => return Ok(None),
        };
        self.operator();
        self.read(Open::Compare { comparator, left: node }).map(Some)
    }

    /// NOT binds closer than AND, AND closer than OR.
    fn place_condition(&mut self, node: NodeId) -> Result<Next, Fault> {
        match (self.open.pop(), self.tokens.kind()) {
            (Some(Open::Not), _) => self.within(Node::Not(node)),
            (Some(Open::And(mut all)), after) => {
                all.push(node);
                if after != TokenKind::And {
                    return self.within(Node::And(all));
                }
                self.operator();
                self.read(Open::And(all))
            }
            (before, TokenKind::And) => {
                self.operator();
                self.open.extend(before);
                self.read(Open::And(vec![node]))
            }
            (Some(Open::Or(mut any)), after) => {
                any.push(node);
                if after != TokenKind::Or {
                    return self.within(Node::Or(any));
                }
                self.operator();
                self.read(Open::Or(any))
            }
            (before, TokenKind::Or) => {
                self.operator();
                self.open.extend(before);
                self.read(Open::Or(vec![node]))
            }
            (None, _) => Ok(Next::Done(node)),
            (Some(_), _) => self.close_parenthesis(node),
        }
    }

    /// The parenthesis that was opened last closes around `node`. AWS refuses a second pair as soon as it has read it,
    /// before a syntax error further on.
    fn close_parenthesis(&mut self, node: NodeId) -> Result<Next, Fault> {
        self.tokens.expect(TokenKind::Close)?;
        if self.tree.parenthesise(node) {
            return Err(Fault::RedundantParentheses);
        }
        Ok(Next::Within(node))
    }

    fn within(&mut self, node: Node<'t>) -> Result<Next, Fault> {
        Ok(Next::Within(self.tree.push(node)))
    }

    fn read(&mut self, open: Open<'t>) -> Result<Next, Fault> {
        self.open.push(open);
        Ok(Next::Read)
    }

    /// Steps over the current token, which counts as an operator.
    fn operator(&mut self) -> &'t str {
        self.operator_count += 1;
        self.tokens.next()
    }

    fn accepts(&mut self, kind: TokenKind) -> bool {
        let is_here = self.tokens.kind() == kind;
        if is_here {
            self.tokens.next();
        }
        is_here
    }
}
