//! What AWS says about a request that it refuses: one variant per message, with its text, in the tables below and nowhere
//! else. A text without a source is us-east-1's of October 2026.

use std::fmt;

use super::constraint::Broken;
use super::table_name::TableName;
use crate::expression::{ExpressionError, UpdateFault};
use crate::partiql::StatementError;
use crate::protocol::{ApiError, ErrorKind};

/// Messages and their texts as one table. A text may name the fields of its variant and [`INVALID`].
macro_rules! messages {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$variant_doc:meta])* $variant:ident $({ $($field:ident: $type:ty),+ })? => $text:literal $(, $argument:expr)* ;)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant $({ $($field: $type),+ })?,)+
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $($name::$variant $({ $($field),+ })? => write!(f, $text $(, $argument)*),)+
                }
            }
        }
    };
}

mod account;
mod batch;
mod definition;
mod item;
mod parameter;
mod read;
mod statement;
mod stream;
mod transaction;
mod value;

pub use account::AccountViolation;
pub use batch::BatchViolation;
pub use definition::DefinitionViolation;
pub use item::ItemViolation;
pub use parameter::ParameterViolation;
pub use read::ReadViolation;
pub use statement::StatementViolation;
pub use stream::StreamViolation;
pub use transaction::TransactionViolation;
pub use value::ValueViolation;

/// How many of AWS's messages begin.
const INVALID: &str = "One or more parameter values were invalid: ";

#[derive(Clone, Debug, PartialEq)]
pub enum Violation {
    /// `N validation errors detected: ..`; not empty.
    Members(Vec<Broken>),
    /// A constraint without that envelope: Query's `ConditionalOperator`.
    Member(Broken),
    Value(ValueViolation),
    /// A value of `ExpressionAttributeValues`, as the older layer reports it.
    PlaceholderValue {
        placeholder: String,
        violation: ValueViolation,
    },
    /// A value of `ExclusiveStartKey`, as the older layer reports some faults.
    StartKeyValue(ValueViolation),
    Parameter(ParameterViolation),
    Expression(ExpressionError),
    Update(UpdateFault),
    Item(ItemViolation),
    Read(ReadViolation),
    Batch(BatchViolation),
    Definition(DefinitionViolation),
    Stream(StreamViolation),
    Account(AccountViolation),
    Transaction(TransactionViolation),
    /// A PartiQL statement that is refused by itself.
    StatementText(StatementError),
    Statement(StatementViolation),
    /// In ExecuteTransaction: the statement at this place, from 0.
    InTransactStatement {
        place: usize,
        violation: Box<Violation>,
    },
    /// As every operation on items words it. ResourceNotFoundException.
    TableNotFound,
    /// `1 validation error detected: ..`
    Enveloped(Box<Violation>),
}

impl Violation {
    pub fn enveloped(self) -> Violation {
        Violation::Enveloped(Box::new(self))
    }

    /// As the operations on tables word it.
    pub fn no_such_named_table(name: &TableName) -> Violation {
        DefinitionViolation::TableNotFound { name: name.to_string() }.into()
    }

    pub fn in_transact_statement(self, place: usize) -> Violation {
        Violation::InTransactStatement { place, violation: Box::new(self) }
    }

    pub fn kind(&self) -> ErrorKind {
        match self {
            Violation::TableNotFound => ErrorKind::ResourceNotFoundException,
            Violation::Definition(violation) => violation.kind(),
            Violation::Stream(violation) => violation.kind(),
            Violation::Account(violation) => violation.kind(),
            Violation::Transaction(violation) => violation.kind(),
            Violation::Statement(violation) => violation.kind(),
            Violation::Enveloped(violation) | Violation::InTransactStatement { violation, .. } => violation.kind(),
            Violation::Members(_)
            | Violation::Member(_)
            | Violation::Value(_)
            | Violation::PlaceholderValue { .. }
            | Violation::StartKeyValue(_)
            | Violation::Parameter(_)
            | Violation::Expression(_)
            | Violation::Update(_)
            | Violation::Item(_)
            | Violation::Read(_)
            | Violation::Batch(_)
            | Violation::StatementText(_) => ErrorKind::ValidationException,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Violation::Members(broken) => members(f, broken),
            Violation::Member(broken) => broken.fmt(f),
            Violation::Value(violation) => violation.fmt(f),
            Violation::PlaceholderValue { placeholder, violation } => {
                write!(f, "ExpressionAttributeValues contains invalid value: {violation} for key {placeholder}")
            }
            Violation::StartKeyValue(violation) => write!(f, "The provided starting key is invalid: {violation}"),
            Violation::Parameter(violation) => violation.fmt(f),
            Violation::Expression(error) => error.fmt(f),
            Violation::Update(fault) => fault.fmt(f),
            Violation::Item(violation) => violation.fmt(f),
            Violation::Read(violation) => violation.fmt(f),
            Violation::Batch(violation) => violation.fmt(f),
            Violation::Definition(violation) => violation.fmt(f),
            Violation::Stream(violation) => violation.fmt(f),
            Violation::Account(violation) => violation.fmt(f),
            Violation::Transaction(violation) => violation.fmt(f),
            Violation::StatementText(error) => statement::write_error(f, error),
            Violation::Statement(violation) => violation.fmt(f),
            Violation::InTransactStatement { place, violation } => {
                write!(f, "Validation failed in TransactStatements[{place}]: {violation}")
            }
            Violation::TableNotFound => f.write_str("Requested resource not found"),
            Violation::Enveloped(violation) => write!(f, "1 validation error detected: {violation}"),
        }
    }
}

fn members(f: &mut fmt::Formatter<'_>, broken: &[Broken]) -> fmt::Result {
    let plural = if broken.len() == 1 { "" } else { "s" };
    write!(f, "{} validation error{plural} detected: ", broken.len())?;
    for (place, broken) in broken.iter().enumerate() {
        f.write_str(if place == 0 { "" } else { "; " })?;
        write!(f, "{broken}")?;
    }
    Ok(())
}

impl std::error::Error for Violation {}

impl From<Violation> for ApiError {
    fn from(violation: Violation) -> ApiError {
        ApiError::new(violation.kind(), violation.to_string())
    }
}

macro_rules! from {
    ($($inner:ident => $variant:ident),+ $(,)?) => {$(
        impl From<$inner> for Violation {
            fn from(inner: $inner) -> Violation {
                Violation::$variant(inner)
            }
        }
    )+};
}

from! {
    ValueViolation => Value,
    ParameterViolation => Parameter,
    ExpressionError => Expression,
    UpdateFault => Update,
    ItemViolation => Item,
    ReadViolation => Read,
    BatchViolation => Batch,
    DefinitionViolation => Definition,
    StreamViolation => Stream,
    AccountViolation => Account,
    TransactionViolation => Transaction,
    StatementError => StatementText,
    StatementViolation => Statement,
}
