//! Operators and how close they bind, and the names of types.

use crate::expression::Comparator;
use crate::partiql::ast::Arithmetic;
use crate::partiql::token::TokenKind;

/// How close NOT binds, as [`Infix::precedence`].
pub(super) const PREFIX_NOT: u8 = 3;

/// An operator between two operands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Infix {
    Or,
    And,
    Compare(Comparator),
    Is { negated: bool },
    In { negated: bool },
    Between { negated: bool },
    Like,
    Arithmetic(Arithmetic),
}

impl Infix {
    /// The operator that begins with a token and perhaps goes on with the next.
    pub(super) fn of(kind: TokenKind, after: TokenKind) -> Option<Infix> {
        let arithmetic = |operator| Some(Infix::Arithmetic(operator));
        let compare = |comparator| Some(Infix::Compare(comparator));
        match (kind, after) {
            (TokenKind::Keyword("or"), _) => Some(Infix::Or),
            (TokenKind::Keyword("and"), _) => Some(Infix::And),
            (TokenKind::Keyword("is"), TokenKind::Keyword("not")) => Some(Infix::Is { negated: true }),
            (TokenKind::Keyword("is"), _) => Some(Infix::Is { negated: false }),
            (TokenKind::Keyword("in"), _) => Some(Infix::In { negated: false }),
            (TokenKind::Keyword("between"), _) => Some(Infix::Between { negated: false }),
            (TokenKind::Keyword("not"), TokenKind::Keyword("in")) => Some(Infix::In { negated: true }),
            (TokenKind::Keyword("not"), TokenKind::Keyword("between")) => Some(Infix::Between { negated: true }),
            (TokenKind::Keyword("like"), _) | (TokenKind::Keyword("not"), TokenKind::Keyword("like")) => {
                Some(Infix::Like)
            }
            (TokenKind::Equal, _) => compare(Comparator::Equal),
            (TokenKind::NotEqual, _) => compare(Comparator::NotEqual),
            (TokenKind::Less, _) => compare(Comparator::Less),
            (TokenKind::LessOrEqual, _) => compare(Comparator::LessOrEqual),
            (TokenKind::Greater, _) => compare(Comparator::Greater),
            (TokenKind::GreaterOrEqual, _) => compare(Comparator::GreaterOrEqual),
            (TokenKind::Plus, _) => arithmetic(Arithmetic::Plus),
            (TokenKind::Minus, _) => arithmetic(Arithmetic::Minus),
            (TokenKind::Concatenate, _) => arithmetic(Arithmetic::Concatenate),
            (TokenKind::Star, _) => arithmetic(Arithmetic::Times),
            (TokenKind::Slash, _) => arithmetic(Arithmetic::Divide),
            (TokenKind::Percent, _) => arithmetic(Arithmetic::Modulo),
            _ => None,
        }
    }

    pub(super) fn precedence(self) -> u8 {
        match self {
            Infix::Or => 1,
            Infix::And => 2,
            Infix::Compare(Comparator::Equal | Comparator::NotEqual) | Infix::Is { .. } | Infix::In { .. } => 4,
            Infix::Compare(_) | Infix::Between { .. } | Infix::Like => 5,
            Infix::Arithmetic(Arithmetic::Plus | Arithmetic::Minus | Arithmetic::Concatenate) => 6,
            Infix::Arithmetic(Arithmetic::Times | Arithmetic::Divide | Arithmetic::Modulo) => 7,
        }
    }

    pub(super) fn token_count(self) -> usize {
        match self {
            Infix::Is { negated: true } | Infix::In { negated: true } | Infix::Between { negated: true } => 2,
            _ => 1,
        }
    }
}

/// Whether the token is one of those that the reference parser calls operators; others that cannot start a term are just
/// unexpected.
pub(super) fn is_operator(kind: TokenKind) -> bool {
    kind == TokenKind::At || Infix::of(kind, TokenKind::End).is_some()
}

pub(super) fn is_keyword_operator(word: &str) -> bool {
    matches!(word, "or" | "and" | "is" | "in" | "between" | "like" | "not" | "union" | "except" | "intersect")
}

const TYPE_NAMES: &[&str] = &[
    "any",
    "bag",
    "blob",
    "bool",
    "boolean",
    "char",
    "character",
    "clob",
    "date",
    "decimal",
    "double",
    "float",
    "int",
    "int2",
    "int4",
    "int8",
    "integer",
    "integer2",
    "integer4",
    "integer8",
    "list",
    "missing",
    "null",
    "numeric",
    "real",
    "sexp",
    "smallint",
    "string",
    "struct",
    "symbol",
    "time",
    "timestamp",
    "tuple",
    "varchar",
];

/// The type that a word names after IS, in lower case.
pub(super) fn type_name(word: &str) -> Option<&'static str> {
    TYPE_NAMES.iter().find(|name| name.eq_ignore_ascii_case(word)).copied()
}
