//! What AWS refuses about a statement, as data. `validation::Violation` words it.

use crate::expression::Fault;
use crate::value::{NumberFault, TypeName};

/// Where a token stands: line and column in characters, from 1, and its length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
    pub length: usize,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.line, self.column, self.length)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementError {
    Malformed(Malformed),
    /// An expression that is no statement; named as the reference parser names the node.
    UnsupportedOperation {
        kind: &'static str,
    },
    UnsupportedClause {
        clause: &'static str,
        position: Position,
    },
    Aliasing,
    /// Joins, and anything in FROM that is no table.
    SeveralSources,
    TooManyPathComponents,
    EmptyPathComponent,
    IndexOfInsert {
        /// Of the table's name.
        position: Position,
    },
    IndexOfWrite,
    /// More `?` than parameters.
    ParameterCount,
    Number {
        raw: String,
        fault: NumberFault,
        at: String,
    },
    DuplicateMembers {
        set: TypeName,
        /// As written.
        members: Vec<String>,
        at: String,
    },
    EmptyBag,
    /// Other members than strings only or numbers only.
    MixedBag,
    /// What cannot be a value, or not here: a call, a path, MISSING, an Ion literal, a parameter inside a literal; `at` is
    /// the attribute that it is under.
    UnsupportedValue {
        what: String,
        at: String,
        position: Position,
    },
    EmptyAttributeName,
    RepeatedAttributeName {
        name: String,
    },
    TooDeep {
        at: String,
    },
    NotAnItem,
    UnrecognizedFunction {
        name: String,
        position: Position,
    },
    UnexpectedPath {
        position: Position,
    },
    /// Negative, or wider than 31 bits; `index` is as written, without blanks.
    ListIndex {
        index: String,
        position: Position,
    },
    /// A part of WHERE that is neither true nor false.
    NotACondition {
        position: Position,
    },
    /// The functions that change sets: `function` is SET_ADD or SET_DELETE.
    SetFunctionArguments {
        function: &'static str,
        position: Position,
    },
    SetFunctionTarget {
        function: &'static str,
        position: Position,
    },
    SetFunctionValue {
        function: &'static str,
        position: Position,
    },
    /// What `expression` says about operators, operands and paths.
    Operands(Fault),
    ReturningOfDelete {
        clause: &'static str,
    },
    SeveralReturning,
}

/// Why a text is no statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Not even tokens.
    Unreadable,
    /// Nested deeper than any statement has to be.
    TooDeep,
    TokenAfterExpression,
    TokenAfterSemicolon,
    Term,
    Keyword,
    Operator,
    MissingRightSide,
    EmptyGroup,
    TypeName,
    SimplePathIdentifier,
    SimplePathLiteral,
    DotComponent,
    DataManipulation,
    /// A token or keyword that has to come here.
    Expected(&'static str),
}

impl From<Malformed> for StatementError {
    fn from(malformed: Malformed) -> StatementError {
        StatementError::Malformed(malformed)
    }
}

impl From<Fault> for StatementError {
    fn from(fault: Fault) -> StatementError {
        StatementError::Operands(fault)
    }
}
