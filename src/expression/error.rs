//! What AWS refuses about an expression, as data; `Display` is AWS's text without the envelope that some operations add.

use crate::value::{Path, TypeName};

use super::LegacyFault;

/// Which of a request's expressions something is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExpressionKind {
    Condition,
    Filter,
    KeyCondition,
    Projection,
    Update,
}

impl ExpressionKind {
    /// The request member that holds the expression.
    pub fn as_str(self) -> &'static str {
        match self {
            ExpressionKind::Condition => "ConditionExpression",
            ExpressionKind::Filter => "FilterExpression",
            ExpressionKind::KeyCondition => "KeyConditionExpression",
            ExpressionKind::Projection => "ProjectionExpression",
            ExpressionKind::Update => "UpdateExpression",
        }
    }

    pub(super) fn invalid(self, fault: Fault) -> ExpressionError {
        ExpressionError::Invalid { expression: self, fault }
    }
}

impl std::fmt::Display for ExpressionKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The two maps that give placeholders their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlaceholderMap {
    Names,
    Values,
}

impl PlaceholderMap {
    pub fn as_str(self) -> &'static str {
        match self {
            PlaceholderMap::Names => "ExpressionAttributeNames",
            PlaceholderMap::Values => "ExpressionAttributeValues",
        }
    }
}

impl std::fmt::Display for PlaceholderMap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a request's expressions, placeholders or legacy conditions are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    #[error("Invalid {expression}: {fault}")]
    Invalid { expression: ExpressionKind, fault: Fault },
    #[error(transparent)]
    KeyCondition(#[from] KeyConditionFault),
    #[error(transparent)]
    Legacy(#[from] LegacyFault),
    #[error("{map} must not be empty")]
    NoPlaceholders { map: PlaceholderMap },
    #[error("{map} contains invalid key: Syntax error; key: \"{key}\"")]
    PlaceholderSyntax { map: PlaceholderMap, key: String },
    #[error("{}", placeholder_too_long(*.map, *.size_bytes))]
    PlaceholderTooLong { map: PlaceholderMap, size_bytes: usize },
    /// A placeholder that stands for the empty name.
    #[error("Empty attribute name")]
    EmptyAttributeName { placeholder: String },
    #[error("Value provided in {map} unused in expressions: keys: {{{}}}", .keys.join(", "))]
    Unused { map: PlaceholderMap, keys: Vec<String> },
}

/// The two maps do not say the same about a key over 255 bytes.
fn placeholder_too_long(map: PlaceholderMap, size_bytes: usize) -> String {
    let sentence = format!("{map} contains invalid key: The expression attribute map contains a key that is too long;");
    match map {
        PlaceholderMap::Names => format!("{sentence} size of key: {size_bytes}"),
        PlaceholderMap::Values => sentence,
    }
}

/// What is wrong inside one expression. The texts are us-east-1's of 2026 where a capture shows them (wording.md 2.1), and
/// otherwise those that dynalite's tests took from AWS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("The expression can not be empty;")]
    Empty,
    #[error("Expression size has exceeded the maximum allowed size;{}", .size_bytes.map(|n| format!(" expression size: {n}")).unwrap_or_default())]
    TooLong {
        /// An update does not say.
        size_bytes: Option<usize>,
    },
    /// `near` reaches from the token before to the token after.
    #[error("Syntax error; token: \"{token}\", near: \"{near}\"")]
    Syntax { token: String, near: String },
    #[error("The expression has redundant parentheses;")]
    RedundantParentheses,
    #[error("The expression contains too many operators; operator count: {count}")]
    TooManyOperators { count: usize },
    #[error("Attribute name is a reserved keyword; reserved keyword: {word}")]
    ReservedWord { word: String },
    #[error("List index is not within the allowable range; index: [{index}]")]
    ListIndex { index: String },
    #[error("Invalid function name; function: {name}")]
    UnknownFunction { name: String },
    #[error("The function is not allowed in a condition expression; function: {name}")]
    UpdateFunction { name: &'static str },
    #[error("The function is not allowed in an update expression; function: {name}")]
    ConditionFunction { name: &'static str },
    #[error("The function is not allowed to be used this way in an expression; function: {name}")]
    MisplacedFunction { name: &'static str },
    #[error("The \"{keyword}\" section can only be used once in an update expression;")]
    RepeatedSection { keyword: &'static str },
    #[error("An expression attribute name used in the document path is not defined; attribute name: {placeholder}")]
    UndefinedName { placeholder: String },
    #[error("An expression attribute value used in expression is not defined; attribute value: {placeholder}")]
    UndefinedValue { placeholder: String },
    #[error("The document path has too many nesting levels; nesting levels: {levels}")]
    PathTooDeep { levels: usize },
    #[error(
        "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
    )]
    Overlap { one: Path, two: Path },
    #[error(
        "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
    )]
    Conflict { one: Path, two: Path },
    #[error(
        "Incorrect number of operands for operator or function; operator or function: {function}, number of operands: {count}"
    )]
    OperandCount { function: &'static str, count: usize },
    #[error("Operator or function requires a document path; operator or function: {function}")]
    PathRequired { function: &'static str },
    #[error(
        "The first operand must be distinct from the remaining operands for this operator or function; operator: {operator}, first operand: {path}"
    )]
    RepeatedOperand { operator: &'static str, path: Path },
    #[error(
        "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {operand}"
    )]
    OperandType { operator: &'static str, operand: OperandType },
    /// The operand of ADD or DELETE. AWS names ADD's types for DELETE too (eu-west-2, 2026-09-17).
    #[error("Incorrect operand type for operator or function; operator: {keyword}, operand type: {}, typeSet: ALLOWED_FOR_ADD_OPERAND", long_type_name(*.operand))]
    ActionOperandType { keyword: &'static str, operand: TypeName },
    #[error("Invalid attribute type name found; type: {name}, valid types: {{S,SS,N,NS,B,BS,BOOL,NULL,L,M}}")]
    AttributeTypeName { name: String },
    #[error("The IN operator is provided with too many operands; number of operands: {count}")]
    TooManyInOperands { count: usize },
    #[error(
        "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: {low}, upper bound operand: {high}"
    )]
    BetweenTypes { low: Bound, high: Bound },
    #[error(
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: {low}, upper bound operand: {high}"
    )]
    BetweenReversed { low: Bound, high: Bound },
}

/// The type of an operand as far as it is known without an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperandType {
    Known(TypeName),
    /// A document path where a value is asked for: AWS lists every type that it has inside.
    Any,
}

impl std::fmt::Display for OperandType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            OperandType::Known(name) => name.fmt(f),
            OperandType::Any => f.write_str(
                "{S,SS,N,NS,B,BS,BOOL,NULL,L,M,HD,DOUBLE,FLOAT,HDS,FS,DOUBLESET,DICT,DECIMAL,INT,DECIMALSET,INTSET}",
            ),
        }
    }
}

/// A bound of BETWEEN as a message shows it: type and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    pub type_name: TypeName,
    pub text: String,
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AttributeValue: {{{}:{}}}", self.type_name, self.text)
    }
}

/// ADD and DELETE spell most types out, but not BOOL (eu-west-2, 2026-09-17).
fn long_type_name(name: TypeName) -> &'static str {
    match name {
        TypeName::S => "STRING",
        TypeName::N => "NUMBER",
        TypeName::B => "BINARY",
        TypeName::Bool => "BOOL",
        TypeName::Null => "NULL",
        TypeName::M => "MAP",
        TypeName::L => "LIST",
        TypeName::Ss => "STRING_SET",
        TypeName::Ns => "NUMBER_SET",
        TypeName::Bs => "BINARY_SET",
    }
}

/// Why a sound condition is no key condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyConditionFault {
    #[error("Invalid operator used in KeyConditionExpression: {operator}")]
    Operator { operator: &'static str },
    #[error("KeyConditionExpressions cannot contain nested operations")]
    NestedOperation,
    #[error("KeyConditionExpressions cannot have conditions on nested attributes")]
    NestedAttribute,
    #[error(
        "Invalid condition in KeyConditionExpression: {operator} operator must have the key attribute as its first operand"
    )]
    FirstOperand { operator: &'static str },
    #[error("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")]
    SeveralAttributes,
    #[error("Invalid condition in KeyConditionExpression: No key attribute specified")]
    NoAttribute,
    /// The only one of these texts that a 2026 capture shows, and there it has the prefix.
    #[error("Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key")]
    SeveralConditions,
}
