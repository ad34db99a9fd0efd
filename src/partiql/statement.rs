//! Statements as they are carried out: names and parameters put in, nothing known about the table yet.

use super::error::Position;
use crate::expression::{Condition, Update as Changes};
use crate::value::{Item, Path};

#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    Select(Select),
    Insert(Insert),
    Update(Update),
    Delete(Delete),
    /// `EXISTS(SELECT ..)`: a condition of a transaction.
    Exists(Select),
}

impl Statement {
    /// The table that it names, well-formed or not.
    pub fn table(&self) -> &str {
        match self {
            Statement::Select(select) | Statement::Exists(select) => &select.source.table,
            Statement::Insert(insert) => &insert.table,
            Statement::Update(update) => &update.table,
            Statement::Delete(delete) => &delete.table,
        }
    }

    pub fn is_read(&self) -> bool {
        matches!(self, Statement::Select(_))
    }

    pub fn returning(&self) -> Option<Returning> {
        match self {
            Statement::Update(update) => update.returning,
            Statement::Delete(delete) => delete.returning,
            Statement::Select(_) | Statement::Insert(_) | Statement::Exists(_) => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    pub source: Source,
    pub columns: Columns,
    pub filter: Option<Condition>,
    pub order: Vec<OrderTerm>,
}

/// What SELECT reads from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub table: String,
    pub index: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Columns {
    All,
    Paths(Vec<Column>),
    /// Something that is no path, which AWS refuses only after it has found the table and the index.
    Unexpected(Position),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What the answer calls it.
    pub name: String,
    pub path: Path,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderTerm {
    pub attribute: String,
    pub descending: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    pub table: String,
    pub item: Item,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    pub table: String,
    pub changes: Changes,
    pub filter: Option<Condition>,
    pub returning: Option<Returning>,
}

/// Returns the whole item if it returns anything.
#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    pub table: String,
    pub filter: Option<Condition>,
    pub returning: Option<Returning>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Returning {
    /// Only what was changed.
    pub modified: bool,
    pub image: Image,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Image {
    Old,
    New,
}

impl Returning {
    /// As AWS writes it in messages.
    pub fn clause(self) -> &'static str {
        match (self.modified, self.image) {
            (false, Image::Old) => "RETURNING ALL OLD *",
            (false, Image::New) => "RETURNING ALL NEW *",
            (true, Image::Old) => "RETURNING MODIFIED OLD *",
            (true, Image::New) => "RETURNING MODIFIED NEW *",
        }
    }
}
