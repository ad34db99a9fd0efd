//! PartiQL: a statement's text and parameters in; a typed statement out, whose conditions and updates are those of
//! `expression`. Pure, no I/O, no table.
//!
//! | stage | from | to | refuses |
//! |---|---|---|---|
//! | `token` | text | tokens | what no statement can hold: an open quote, a stray character, a number past 32-bit exponents |
//! | `parse` | tokens | `ast` | syntax, in the words of the PartiQL reference parser, which DynamoDB uses |
//! | `bind` | `ast`, parameters | [`Statement`] | numbers, sets, functions, operand types, clauses that DynamoDB does not have |
//!
//! What depends on a table (its keys, its indexes) is checked by `validation::partiql`.

mod ast;
mod bind;
mod error;
mod keywords;
mod literal;
mod parse;
mod path;
mod statement;
mod token;

pub use error::{Malformed, Position, StatementError};
pub use statement::{Column, Columns, Delete, Image, Insert, OrderTerm, Returning, Select, Source, Statement, Update};

use crate::value::AttributeValue;

/// The longest statement that is read (service model; characters, not bytes).
pub const STATEMENT_CHARS_MAX: usize = 8192;

impl Statement {
    /// Reads a statement. Each `?` stands for one of `parameters`, in order; there may be more of these.
    pub fn parse(text: &str, parameters: &[AttributeValue]) -> Result<Statement, StatementError> {
        let syntax = parse::statement(text)?;
        bind::statement(&syntax, parameters)
    }
}
