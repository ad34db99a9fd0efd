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

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal<T>(result: Result<T, Fault>) -> String {
        result.err().map(|fault| fault.to_string()).unwrap_or_default()
    }

    fn assert_syntax<T>(parse: fn(&'static str) -> Result<T, Fault>, cases: &[(&'static str, &str, &str)]) {
        for (text, token, near) in cases {
            let expected = format!("Syntax error; token: \"{token}\", near: \"{near}\"");
            assert_eq!(refusal(parse(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_syntax_error_names_the_token_and_its_neighbours() {
        assert_syntax(
            condition,
            &[
                ("a = = b", "=", "= = b"),
                ("attribute_not_exists(", "<EOF>", "("),
                ("foo", "<EOF>", "foo"),
                ("attribute_type()", ")", "()"),
                ("1abc = :v", "1", "1abc"),
                ("  1abc = :v", "1", "  1abc"),
                ("a-b = :v", "-", "a-b"),
                ("pk = :p AND __typename = :t", "_", "AND __"),
                ("aé = :v", "é", "aé ="),
                ("n\u{a0}= :v", "\u{a0}", "n\u{a0}="),
                ("n\u{c}= :v", "\u{c}", "n\u{c}="),
                ("n = :v AND  ", "<EOF>", "AND  "),
                ("n = :v)", ")", ":v)"),
                ("(n = :v", "<EOF>", ":v"),
                ("n IN ()", ")", "()"),
                ("n != :v", "!", "n !="),
                ("n => :v", ">", "=> :v"),
                ("(n)", "<EOF>", ")"),
                ("NOT (#n)", "<EOF>", ")"),
                ("(n AND m = :v)", "AND", "n AND m"),
                ("n = :v = ((n = :v))", "=", ":v = ("),
                ("l[01] = :v", "1", "01]"),
                ("l[-1] = :v", "-", "[-1"),
                ("   ", "<EOF>", "   "),
            ],
        );
        assert_syntax(
            projection,
            &[("!!! INVALID !!!", "!", "!!"), ("l[a]", "a", "[a]"), ("l[]", "]", "[]"), ("v,", "<EOF>", ",")],
        );
        assert_syntax(
            update,
            &[
                ("INVALID SYNTAX HERE", "INVALID", "INVALID SYNTAX"),
                ("ADD hits : incr", ":", "hits : incr"),
                ("SET a = if_not_exists(a, 0)", "0", ", 0)"),
                ("SET #, a = :v", "#", "SET #,"),
                ("SET n = n - :one - :one", "-", ":one - :one"),
                ("SET n = :v,", "<EOF>", ","),
                ("ADD n #x", "#x", "n #x"),
                ("SET numx = numx * :v", "*", "numx * :v"),
            ],
        );
    }

    /// From dynalite's scan, getItem and updateItem tests, which were run against AWS.
    #[test]
    fn what_is_no_expression_is_refused() {
        for text in [
            "things are not gonna be ok",
            "a > 4",
            "attribute_exists(Pictures-RearView)",
            "attribute_exists(\"Pictures.RearView\")",
            "attribute_exists(Pictures..RearView)",
            "attribute_exists(Pi#ctures.RearView)",
            "attribute_exists(asdf[a])",
            "a in b, c",
            "a > between",
            "a in b",
            "a in (b,c,)",
            "(a)between(b.(c.d))and(c)",
            "(a)between(b.c.d)and((c)",
            "#$.b > a",
            "a > :things.stuff",
            "b[:a] > a",
            "b[#_] > a",
            "ü > a",
            "(a)between(b.c[4.5].#d)and(:a)",
            "size(a).b > a",
            "(size(a)).b > a",
            "size(a)[0] > a",
            "(size(a))[0] > a",
            "(b.c).d > a",
        ] {
            assert!(refusal(condition(text)).starts_with("Syntax error; "), "{text}");
        }
        for text in ["whatever(stuff)", ":a", "a,,b", "a..b", "a[b]", "(a.b).c", "(a)", "(a),(b)", "(a,b)", "a-b"] {
            assert!(refusal(projection(text)).starts_with("Syntax error; "), "{text}");
        }
        for text in [
            "whatever",
            "set a",
            "add a",
            "set a=set",
            "remove a = b",
            "add a = b",
            "delete a b",
            "delete a if_not_exist(b)",
            "add a if_not_exist(b)",
            "remove a b",
            "set a b",
            "set :a = b",
            "remove :a",
            "set a = b / c",
            "set a[1] = \"eight\"",
            "set a[1] = 1",
            "SET if_not_exist(a, b) = a",
            "set (a = (b + c))",
            "set a = (b.c).d + e",
            "set a = (b.c)[0] + e",
            "set a = b + c + d",
            "set a = (b + c) + d",
            "set a = f(b + c)",
        ] {
            assert!(refusal(update(text)).starts_with("Syntax error; "), "{text}");
        }
    }

    #[test]
    fn a_second_pair_of_parentheses_is_refused_where_it_closes() {
        for text in [
            "((a = :v))",
            "((a = :v)) =",
            "b = :v AND ((a = :v))",
            "a=a and a > ((views))",
            "(a)between(((b.c)).d)and(c)",
            "a > whatever((:things), ((a)))",
            "a=a OR ((a=a OR (a=a OR a=a)))",
            "((contains(a, b)))",
            "NOT ((a = b))",
        ] {
            assert_eq!(refusal(condition(text)), "The expression has redundant parentheses;", "{text}");
        }
        assert_eq!(refusal(update("SET a = ((b + c))")), "The expression has redundant parentheses;");
        for text in [
            "(a = :v)",
            "(a = :v) AND (b = :w)",
            "((a = :v) AND b = :w)",
            "(a = :v OR b = :v) AND NOT (b = :v)",
            "((size(b)) = :b) AND c = :c",
            "(contains(a, b)) = c",
            "((((a = b) AND c = d) AND e = f) AND g = h)",
            "NOT NOT a = b",
        ] {
            assert!(condition(text).is_ok(), "{text}");
        }
        for text in ["SET a = (b + c)", "SET a = ((b)+(e))", "SET a = (b)", "set a = ((b.c.d)+(e)), b = (c)-(d)"] {
            assert!(update(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn size_and_operators_are_limited() {
        let padded = |text: &str, length: usize| format!("{text}{}", " ".repeat(length - text.len()));
        assert!(condition(&padded("a = :v", 4096)).is_ok());
        assert_eq!(
            refusal(condition(&padded("a = :v", 4097))),
            "Expression size has exceeded the maximum allowed size; expression size: 4097"
        );
        assert_eq!(
            refusal(update(&padded("SET a = :v", 4097))),
            "Expression size has exceeded the maximum allowed size;"
        );
        let joined = |count: usize| vec!["a=:v"; count].join(" OR ");
        assert!(condition(&joined(150)).is_ok());
        assert_eq!(refusal(condition(&joined(151))), "The expression contains too many operators; operator count: 301");
    }

    #[test]
    fn depth_costs_no_stack() {
        let thread = std::thread::Builder::new().stack_size(64 * 1024);
        let test = thread.spawn(|| {
            for start in ["(", "NOT ", "NOT(", "f(", "a=(", "a IN (", "size(", "(a=b AND "] {
                let text = start.repeat(4096 / start.len());
                assert!(condition(&text).is_err());
            }
            for start in ["(", "f(", "(b+"] {
                assert!(update(&format!("SET a = {}", start.repeat(4000 / start.len()))).is_err());
            }
            let nested = format!("{}a = b{}", "NOT(".repeat(300), ")".repeat(300));
            assert!(matches!(condition(&nested), Err(Fault::TooManyOperators { count: 301 })));
        });
        test.unwrap().join().unwrap();
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(words in proptest::collection::vec(
            proptest::sample::select(vec![
                "a", "#b", ":v", "(", ")", ",", ".", "[", "]", "0", "12", "=", "<>", "<", ">=", "+", "-", "AND", "or", "Not",
                "between", "IN", "SET", "remove", "ADD", "delete", "size", "contains", "list_append", "é", "\u{1F600}", "!", "_", "#", ":",
            ]), 1..40)) {
            let text = words.join(" ");
            let _ = (condition(&text), update(&text), projection(&text));
            let text = words.concat();
            let _ = (condition(&text), update(&text), projection(&text));
        }
    }
}
