//! Expressions: text and placeholders in; conditions, projections, key conditions and updates out. Pure, no I/O.
//!
//! An expression goes through three stages, each with the refusals that AWS makes there, in AWS's order:
//!
//! | stage | from | to | refuses |
//! |---|---|---|---|
//! | `parse` | text | `ast`, names and placeholders as written | size, syntax, redundant parentheses, too many operators |
//! | `resolve` | `ast` | paths, operands as encoded values | reserved words, functions, placeholders, overlaps, operand types |
//! | `evaluate`, `project`, `update` | an item | a verdict, a part, a new item | what only the item can show |
//!
//! `legacy` makes the same conditions, key conditions and updates from the parameters that came before expressions.

mod ast;
mod build;
mod condition;
mod error;
mod evaluate;
#[cfg(test)]
mod fixtures;
mod function;
mod key_condition;
mod legacy;
mod overlap;
mod parse;
mod placeholders;
mod project;
mod reserved_words;
mod resolve;
mod token;
mod update;

pub use build::check_levels;
pub use condition::{Comparator, Condition, Operand, Test};
pub use error::{ExpressionError, ExpressionKind, Fault, KeyConditionFault, OperandType, PlaceholderMap};
pub use function::Function;
pub use key_condition::{KeyClause, KeyComparison, KeyCondition};
pub use legacy::{
    ComparisonOperator, ConditionalOperator, LegacyFault, attribute_updates_to_update, attributes_to_get_to_projection,
    expected_to_condition, filter_to_condition, key_conditions_to_key_condition,
};
pub use placeholders::Placeholders;
pub use project::Projection;
pub use update::{Action, Clause, Source, Update, UpdateFault, Updated};
