//! Tokens to `ast`.
//!
//! This follows the grammar and the refusals of the PartiQL reference parser, because AWS answers in its words: a statement is
//! a term of an expression like a literal or a path, an expression is read by operator precedence, and what is left over
//! after it is refused as such. `SLECT * FROM "t"` is therefore a product whose right side is an update without an action.

mod operator;
mod statement;

use super::ast::{Node, NodeId, PathStep, StatementSyntax, Tree};
use super::error::{Malformed, Position};
use super::keywords;
use super::token::{Token, TokenKind, tokens};
use operator::{Infix, PREFIX_NOT};

/// How deep expressions may lie in each other. A condition with as many operators as AWS allows can need 300 levels; what is
/// deeper than this is refused before it can use up a thread's stack; see the test, and what is kept out of line for it.
const DEPTH_MAX: u32 = 320;

pub(super) fn statement(text: &str) -> Result<StatementSyntax<'_>, Malformed> {
    let mut parser = Parser::new(tokens(text)?);
    let root = parser.expression()?;
    if parser.accepts(TokenKind::Semicolon) && parser.kind() != TokenKind::End {
        return Err(Malformed::TokenAfterSemicolon);
    }
    if parser.kind() != TokenKind::End {
        return Err(Malformed::TokenAfterExpression);
    }
    let Parser { tree, parameter_count, operator_count, .. } = parser;
    Ok(StatementSyntax { tree, root, parameter_count, operator_count })
}

/// A name may only be stepped into where a value is read; where one is written, the path must start with an identifier and
/// hold nothing but literals.
#[derive(Clone, Copy, PartialEq)]
enum PathMode {
    Full,
    Simple,
}

struct Parser<'t> {
    tokens: Vec<Token<'t>>,
    at: usize,
    tree: Tree<'t>,
    depth: u32,
    parameter_count: usize,
    operator_count: usize,
}

impl<'t> Parser<'t> {
    fn new(tokens: Vec<Token<'t>>) -> Parser<'t> {
        Parser { tokens, at: 0, tree: Tree::default(), depth: 0, parameter_count: 0, operator_count: 0 }
    }

    fn expression(&mut self) -> Result<NodeId, Malformed> {
        self.expression_above(0)
    }

    /// An expression up to the first operator that binds no closer than `precedence`.
    fn expression_above(&mut self, precedence: u8) -> Result<NodeId, Malformed> {
        if self.depth == DEPTH_MAX {
            return Err(Malformed::TooDeep);
        }
        self.depth += 1;
        let mut left = self.unary_term()?;
        while let Some(infix) = self.infix().filter(|infix| infix.precedence() > precedence) {
            left = self.infix_expression(left, infix)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// What follows an operator. At the end of the text AWS names the operator, not the term that is missing.
    fn right_side(&mut self, infix: Infix) -> Result<NodeId, Malformed> {
        if self.kind() == TokenKind::End {
            return Err(Malformed::MissingRightSide);
        }
        self.expression_above(infix.precedence())
    }

    #[inline(never)]
    fn infix_expression(&mut self, left: NodeId, infix: Infix) -> Result<NodeId, Malformed> {
        let position = self.position();
        self.at += infix.token_count();
        self.operator_count += 1;
        let node = match infix {
            Infix::And => Node::And(left, self.right_side(infix)?),
            Infix::Or => Node::Or(left, self.right_side(infix)?),
            Infix::Compare(comparator) => Node::Compare { comparator, left, right: self.right_side(infix)? },
            Infix::Arithmetic(operator) => Node::Arithmetic { operator, left, right: self.right_side(infix)? },
            Infix::Between { negated } => {
                let low = self.right_side(infix)?;
                self.expect_keyword("and", "AND")?;
                Node::Between { negated, value: left, low, high: self.right_side(infix)? }
            }
            Infix::In { negated } => Node::In { negated, value: left, list: self.in_list(infix)? },
            Infix::Is { negated } => Node::Is { negated, value: left, type_name: self.type_name()? },
            Infix::Like => {
                self.right_side(infix)?;
                Node::Like { value: left }
            }
        };
        Ok(self.tree.push(node, position))
    }

    /// `( a, b )` is a list here, also with one element.
    fn in_list(&mut self, infix: Infix) -> Result<NodeId, Malformed> {
        let position = self.position();
        if !self.accepts(TokenKind::Open) {
            return self.right_side(infix);
        }
        let elements = self.comma_list()?;
        self.expect(TokenKind::Close, "RIGHT_PAREN")?;
        Ok(self.tree.push(Node::List(elements), position))
    }

    fn type_name(&mut self) -> Result<&'static str, Malformed> {
        let name = operator::type_name(self.token().text).ok_or(Malformed::TypeName)?;
        self.at += 1;
        let second = match name {
            "double" => "precision",
            "character" => "varying",
            _ => return Ok(name),
        };
        if self.token().text.eq_ignore_ascii_case(second) {
            self.at += 1;
        }
        Ok(name)
    }

    fn unary_term(&mut self) -> Result<NodeId, Malformed> {
        let position = self.position();
        match self.kind() {
            TokenKind::Keyword("not") => {
                self.at += 1;
                self.operator_count += 1;
                let operand = self.expression_above(PREFIX_NOT)?;
                Ok(self.tree.push(Node::Not(operand), position))
            }
            TokenKind::Plus | TokenKind::Minus => self.signed_term(),
            _ => self.path_term(PathMode::Full),
        }
    }

    /// A sign becomes a part of the number that follows.
    fn signed_term(&mut self) -> Result<NodeId, Malformed> {
        let position = self.position();
        let mut minus = false;
        while matches!(self.kind(), TokenKind::Plus | TokenKind::Minus) {
            minus ^= self.kind() == TokenKind::Minus;
            self.at += 1;
        }
        let operand = self.path_term(PathMode::Full)?;
        Ok(match *self.tree.node(operand) {
            // It stands where its digits do (eu-west-2, 2026-09-17: `l[-1]`).
            Node::Number { negative, text } => {
                self.tree.push(Node::Number { negative: negative ^ minus, text }, self.tree.position(operand))
            }
            _ => self.tree.push(Node::Signed { minus, operand }, position),
        })
    }

    /// A term and the steps into it.
    fn path_term(&mut self, mode: PathMode) -> Result<NodeId, Malformed> {
        let position = self.position();
        let root = match (mode, self.kind()) {
            (PathMode::Full, _) => self.term()?,
            (PathMode::Simple, TokenKind::Identifier | TokenKind::Quoted) => self.leaf(Node::Name(self.token().text)),
            (PathMode::Simple, _) => return Err(Malformed::SimplePathIdentifier),
        };
        let mut steps = Vec::new();
        loop {
            if self.accepts(TokenKind::Dot) {
                steps.push(self.dot_step()?);
            } else if self.accepts(TokenKind::OpenBracket) {
                steps.push(self.bracket_step(mode)?);
            } else if steps.is_empty() {
                return Ok(root);
            } else {
                return Ok(self.tree.push(Node::Path { root, steps }, position));
            }
        }
    }

    /// Keywords are no names here either (us-east-1, 2026-10: `m.inner`).
    fn dot_step(&mut self) -> Result<PathStep<'t>, Malformed> {
        let step = match self.kind() {
            TokenKind::Identifier | TokenKind::Quoted => PathStep::Name(self.token().text),
            TokenKind::Star => PathStep::Wildcard,
            _ => return Err(Malformed::DotComponent),
        };
        self.at += 1;
        Ok(step)
    }

    #[inline(never)]
    fn bracket_step(&mut self, mode: PathMode) -> Result<PathStep<'t>, Malformed> {
        if self.accepts(TokenKind::Star) {
            self.expect(TokenKind::CloseBracket, "RIGHT_BRACKET")?;
            return Ok(PathStep::Wildcard);
        }
        let index = self.expression()?;
        let is_literal = matches!(self.tree.node(index), Node::Number { .. } | Node::String(_));
        if mode == PathMode::Simple && !is_literal {
            return Err(Malformed::SimplePathLiteral);
        }
        self.expect(TokenKind::CloseBracket, "RIGHT_BRACKET")?;
        Ok(PathStep::Index(index))
    }

    fn term(&mut self) -> Result<NodeId, Malformed> {
        let token = self.token();
        match token.kind {
            TokenKind::Identifier | TokenKind::Quoted if self.kind_after() == TokenKind::Open => self.call(),
            TokenKind::Identifier | TokenKind::Quoted => Ok(self.leaf(Node::Name(token.text))),
            TokenKind::String => Ok(self.leaf(Node::String(token.text))),
            TokenKind::Number => Ok(self.leaf(Node::Number { negative: false, text: token.text })),
            TokenKind::Ion => Ok(self.leaf(Node::Ion)),
            TokenKind::Parameter => {
                self.parameter_count += 1;
                Ok(self.leaf(Node::Parameter(self.parameter_count - 1)))
            }
            TokenKind::Open => self.group(),
            TokenKind::OpenBracket => {
                self.elements(TokenKind::OpenBracket, TokenKind::CloseBracket, "RIGHT_BRACKET", Node::List)
            }
            TokenKind::OpenBag => {
                self.elements(TokenKind::OpenBag, TokenKind::CloseBag, "RIGHT_DOUBLE_ANGLE_BRACKET", Node::Bag)
            }
            TokenKind::OpenBrace => self.structure(),
            TokenKind::Keyword(word) => self.keyword_term(word),
            kind if operator::is_operator(kind) => Err(Malformed::Operator),
            _ => Err(Malformed::Term),
        }
    }

    fn keyword_term(&mut self, word: &'static str) -> Result<NodeId, Malformed> {
        match word {
            "true" => Ok(self.leaf(Node::Boolean(true))),
            "false" => Ok(self.leaf(Node::Boolean(false))),
            "null" => Ok(self.leaf(Node::Null)),
            "missing" => Ok(self.leaf(Node::Missing)),
            "select" | "insert" | "update" | "delete" | "from" | "set" | "remove" => self.statement_term(word),
            word if operator::is_keyword_operator(word) => Err(Malformed::Operator),
            word if keywords::is_function(word) && self.kind_after() == TokenKind::Open => self.call(),
            _ => Err(Malformed::Keyword),
        }
    }

    /// Parentheses around one expression group it; several are a list.
    #[inline(never)]
    fn group(&mut self) -> Result<NodeId, Malformed> {
        let position = self.position();
        self.at += 1;
        if self.kind() == TokenKind::Close {
            return Err(Malformed::EmptyGroup);
        }
        let first = self.expression()?;
        if self.accepts(TokenKind::Close) {
            return Ok(first);
        }
        let mut elements = vec![first];
        while self.accepts(TokenKind::Comma) {
            elements.push(self.expression()?);
        }
        self.expect(TokenKind::Close, "RIGHT_PAREN")?;
        Ok(self.tree.push(Node::List(elements), position))
    }

    #[inline(never)]
    fn elements(
        &mut self,
        open: TokenKind,
        close: TokenKind,
        close_name: &'static str,
        node: fn(Vec<NodeId>) -> Node<'t>,
    ) -> Result<NodeId, Malformed> {
        let position = self.position();
        self.expect(open, close_name)?;
        let elements = if self.kind() == close { Vec::new() } else { self.comma_list()? };
        self.expect(close, close_name)?;
        Ok(self.tree.push(node(elements), position))
    }

    #[inline(never)]
    fn structure(&mut self) -> Result<NodeId, Malformed> {
        let position = self.position();
        self.at += 1;
        let mut members = Vec::new();
        if self.kind() != TokenKind::CloseBrace {
            loop {
                let name = self.expression()?;
                self.expect(TokenKind::Colon, "COLON")?;
                members.push((name, self.expression()?));
                if !self.accepts(TokenKind::Comma) {
                    break;
                }
            }
        }
        self.expect(TokenKind::CloseBrace, "RIGHT_CURLY")?;
        Ok(self.tree.push(Node::Struct(members), position))
    }

    #[inline(never)]
    fn call(&mut self) -> Result<NodeId, Malformed> {
        let name = self.token();
        self.at += 2;
        self.operator_count += 1;
        let has_star = self.kind() == TokenKind::Star && self.kind_after() == TokenKind::Close;
        if has_star {
            self.at += 1;
        }
        let is_empty = self.kind() == TokenKind::Close;
        let arguments = if is_empty { Vec::new() } else { self.comma_list()? };
        self.expect(TokenKind::Close, "RIGHT_PAREN")?;
        Ok(self.tree.push(Node::Call { name: name.text, arguments, has_star }, name.position))
    }

    fn comma_list(&mut self) -> Result<Vec<NodeId>, Malformed> {
        let mut elements = vec![self.expression()?];
        while self.accepts(TokenKind::Comma) {
            elements.push(self.expression()?);
        }
        Ok(elements)
    }

    /// A node of the current token alone.
    fn leaf(&mut self, node: Node<'t>) -> NodeId {
        let position = self.position();
        self.at += 1;
        self.tree.push(node, position)
    }

    /// The current token; there is always one, since nothing steps over the last.
    fn token(&self) -> Token<'t> {
        const END: Token<'_> =
            Token { kind: TokenKind::End, text: "", position: Position { line: 0, column: 0, length: 0 } };
        self.tokens.get(self.at).copied().unwrap_or(END)
    }

    fn kind(&self) -> TokenKind {
        self.token().kind
    }

    fn kind_after(&self) -> TokenKind {
        self.tokens.get(self.at + 1).map_or(TokenKind::End, |token| token.kind)
    }

    fn position(&self) -> Position {
        self.token().position
    }

    fn infix(&self) -> Option<Infix> {
        Infix::of(self.kind(), self.kind_after())
    }

    fn accepts(&mut self, kind: TokenKind) -> bool {
        let is_here = self.kind() == kind;
        self.at += usize::from(is_here);
        is_here
    }

    fn accepts_keyword(&mut self, word: &'static str) -> bool {
        self.accepts(TokenKind::Keyword(word))
    }

    /// Words that are no keywords elsewhere.
    fn accepts_word(&mut self, word: &str) -> bool {
        let is_name = matches!(self.kind(), TokenKind::Identifier | TokenKind::Keyword(_));
        let is_here = is_name && self.token().text.eq_ignore_ascii_case(word);
        self.at += usize::from(is_here);
        is_here
    }

    fn expect(&mut self, kind: TokenKind, name: &'static str) -> Result<(), Malformed> {
        if self.accepts(kind) { Ok(()) } else { Err(Malformed::Expected(name)) }
    }

    fn expect_keyword(&mut self, word: &'static str, name: &'static str) -> Result<(), Malformed> {
        self.expect(TokenKind::Keyword(word), name)
    }
}

#[cfg(test)]
mod tests;
