//! PartiQL statements. us-east-1 or eu-west-2, October 2026, unless said otherwise.

use std::fmt;

use super::{INVALID, ValueViolation};
use crate::partiql::{Malformed, StatementError};
use crate::protocol::ErrorKind;
use crate::value::{TypeName, ValueFault};

messages! {
    StatementViolation {
        // What the table's definition shows.
        UnknownIndex => "The table does not have the specified index";
        /// A vector index.
        UnreadableIndex => "Scan operation not supported on this index type";
        MultiAttributeKey =>
            "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute RANGE keys.";
        ConsistentReadOfGlobalIndex => "Strongly consistent read is not supported on Global Secondary Indexes";
        KeyNotFixed => "Where clause does not contain a mandatory equality on all key attributes";
        /// eu-west-2, 2026-09-17.
        KeyFixedTwice { name: String } =>
            "Multiple conditions on same key {name}. Only single item Update/Insert/Delete are supported";
        // Seen in parts: "Key value must be of type S, N, or B".
        KeyValueType { name: String } => "Key value must be of type S, N, or B. Key name: {name}";
        /// eu-west-2, 2026-09-17.
        KeyDataType { name: String } =>
            "Key attribute's data type should match its data type in table's schema: Key {name}";
        /// DuplicateItemException. As users of AWS quote it.
        DuplicateItem => "Duplicate primary key exists in table";
        /// eu-west-2, 2026-09-17.
        TooManyReads => "Too many decomposed read operations for a given query.";
        OverlappingBranches => "Overlapping conditions with range keys are not supported in where clause";

        // The refusals of ORDER BY: eu-west-2, 2026-09-17.
        OrderWithoutFilter => "Must have WHERE clause in the statement when using ORDER BY clause.";
        OrderWithoutPartition =>
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.";
        OrderOfPartitions =>
            "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.";
        OrderByNonKey { name: String } => "Attribute {name} in ORDER BY clause must be part of the primary key";

        // That such a token is refused was seen, not in which words; this is the service model's description.
        NextTokenMismatch => "NextToken does not match request";

        SelectNeedsKey { operation: &'static str } =>
            "Select statements within {operation} must specify the primary key in the where clause.";
        /// eu-west-2, 2026-09-17.
        ExistsOutsideTransaction => "EXISTS can only be used in ExecuteTransaction write requests.";
        ExistsNeedsCondition => "EXISTS() must contain a single item read with additional condition";
        IndexInTransaction => "Reads on indices are not supported within transactions.";
        ReturningInTransaction => "RETURNING clause is not supported in ExecuteTransaction.";
        /// eu-west-2, 2026-08-15.
        MixedBatch => "Read and write requests together in the same batch is not supported.";
        /// eu-west-2, 2026-09-17.
        MixedTransaction =>
            "ExecuteTransaction API does not support both read and write operations in the same request.";
    }
}

impl StatementViolation {
    pub fn kind(&self) -> ErrorKind {
        match self {
            StatementViolation::DuplicateItem => ErrorKind::DuplicateItemException,
            _ => ErrorKind::ValidationException,
        }
    }
}

/// The text for a statement that is refused by itself.
pub(super) fn write_error(f: &mut fmt::Formatter<'_>, error: &StatementError) -> fmt::Result {
    let older = |fault| ValueViolation { fault, newer: false };
    match error {
        StatementError::Malformed(malformed) => {
            f.write_str("Statement wasn't well formed, can't be processed: ")?;
            write_malformed(f, *malformed)
        }
        StatementError::UnsupportedOperation { kind } => write!(f, "Unsupported operation: {kind}"),
        // As users of AWS quote it.
        StatementError::UnsupportedClause { clause, position } => {
            write!(f, "Unsupported clause: {clause} at {position}")
        }
        StatementError::Aliasing => f.write_str("Aliasing is not supported"),
        // As users of AWS quote it.
        StatementError::SeveralSources => f.write_str("Only select from a single table or index is supported."),
        StatementError::TooManyPathComponents => {
            f.write_str("A path may contain at most 2 components in the FROM clause")
        }
        StatementError::EmptyPathComponent => f.write_str("Path component cannot be an empty string"),
        // The public conformance suite, 2026-09-29; positions: eu-west-2, 2026-08-15.
        StatementError::IndexOfInsert { position } => {
            write!(f, "FROM clause may only contain a single table name in data manipulation statements at {position}")
        }
        // The public conformance suite, 2026-09-29.
        StatementError::IndexOfWrite => f.write_str("This operation is not supported on an index"),
        // As users of AWS quote it.
        StatementError::ParameterCount => f.write_str("Number of parameters in request and statement don't match."),
        StatementError::Number { raw, fault, at } => {
            write!(f, "{} under {at}", older(ValueFault::Number { raw: raw.clone(), fault: *fault }))
        }
        // eu-west-2, 2026-09-17: `n = <<2, 2.0>>`.
        StatementError::DuplicateMembers { set: TypeName::Ns, members, at } => {
            write!(f, "{INVALID}Input collection [{}] contains duplicates! under {at}", members.join(", "))
        }
        StatementError::DuplicateMembers { set, members, .. } => {
            write!(f, "{}", older(ValueFault::DuplicateMembers { set: *set, members: members.clone() }))
        }
        StatementError::EmptyBag => f.write_str("Empty bags are not supported"),
        // eu-west-2, 2026-09-17.
        StatementError::MixedBag => {
            f.write_str("Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags")
        }
        StatementError::UnsupportedValue { what, at, position } => {
            write!(f, "Unsupported data type: {what} under key {at} at {position}")
        }
        StatementError::EmptyAttributeName => write!(f, "{}", older(ValueFault::EmptyAttributeName)),
        StatementError::RepeatedAttributeName { name } => {
            write!(f, "{INVALID}Attribute {name} is given more than once")
        }
        // eu-west-2, 2026-09-17.
        StatementError::TooDeep { at } => write!(f, "Nesting Levels have exceeded supported limits under {at}"),
        StatementError::NotAnItem => f.write_str("Inserted value must be a tuple"),
        StatementError::UnrecognizedFunction { name, position } => {
            write!(f, "Unrecognized function: {name} at {position}")
        }
        StatementError::UnexpectedPath { position } => write!(f, "Unexpected path component at {position}"),
        // eu-west-2, 2026-09-17.
        StatementError::ListIndex { index, position } => {
            write!(f, "List index is not within the allowable range; index: [{index}] at {position}")
        }
        // The refusal was seen, the text was not.
        StatementError::NotACondition { position } => write!(f, "Expected a condition at {position}"),
        StatementError::SetFunctionArguments { function, position } => {
            write!(f, "{function} must have exactly two arguments at {position}")
        }
        StatementError::SetFunctionTarget { function, position } => {
            write!(f, "The first argument to {function} must equal the assignment value at {position}")
        }
        StatementError::SetFunctionValue { function, position } => {
            write!(f, "The second argument to {function} must be a value with type SET at {position}")
        }
        StatementError::Operands(fault) => write!(f, "{fault}"),
        StatementError::ReturningOfDelete { clause } => {
            write!(f, "Invalid returning clause: {clause}. Only RETURNING ALL OLD * is allowed in DELETE statements.")
        }
        // Not seen on AWS.
        StatementError::SeveralReturning => {
            f.write_str("Invalid returning clause: only one RETURNING element is allowed.")
        }
    }
}

fn write_malformed(f: &mut fmt::Formatter<'_>, malformed: Malformed) -> fmt::Result {
    match malformed {
        Malformed::Unreadable | Malformed::TooDeep => Ok(()),
        Malformed::TokenAfterExpression => f.write_str("Unexpected token after expression"),
        // The reference parser's sentence, like those without a capture below.
        Malformed::TokenAfterSemicolon => f.write_str("Unexpected token after semicolon. (Only one query is allowed.)"),
        Malformed::Term => f.write_str("Unexpected term"),
        Malformed::Keyword => f.write_str("Unexpected keyword"),
        Malformed::Operator => f.write_str("Unexpected operator"),
        Malformed::MissingRightSide => f.write_str("Missing right-hand side expression of infix operator"),
        Malformed::EmptyGroup => f.write_str("Expression group cannot be empty"),
        Malformed::TypeName => f.write_str("Expected type name"),
        Malformed::SimplePathIdentifier => f.write_str("Expected identifier for simple path"),
        Malformed::SimplePathLiteral => f.write_str("Invalid path component for simple path"),
        Malformed::DotComponent => f.write_str("Invalid path dot component"),
        Malformed::DataManipulation => f.write_str("Expected data manipulation"),
        Malformed::Expected(what) => write!(f, "Expected {what}"),
    }
}
