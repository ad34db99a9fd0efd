//! WHERE as a condition.

use super::{Binder, unsupported};
use crate::expression::{Comparator, Condition, Fault, Function, Operand, OperandType, Test};
use crate::partiql::ast::{Node, NodeId};
use crate::partiql::error::StatementError;
use crate::partiql::literal;
use crate::partiql::path::document_path;
use crate::value::{AttributeValue, Encoded, TypeName};

impl Binder<'_, '_> {
    /// Its recursion ends where operators do.
    pub(super) fn condition(&self, id: NodeId) -> Result<Test, StatementError> {
        match self.tree.node(id) {
            Node::And(..) => Ok(Test::All(self.conditions(id, conjuncts)?)),
            Node::Or(..) => Ok(Test::Any(self.conditions(id, disjuncts)?)),
            Node::Not(operand) => Ok(Test::Not(Box::new(self.condition(*operand)?))),
            Node::Compare { comparator, left, right } => self.comparison(*comparator, *left, *right),
            Node::Between { negated, value, low, high } => {
                let (value, low, high) = (self.operand(*value)?, self.operand(*low)?, self.operand(*high)?);
                Ok(negate_if(*negated, Test::between(value, low, high)?))
            }
            Node::In { negated, value, list } => {
                let (Node::List(members) | Node::Bag(members)) = self.tree.node(*list) else {
                    return Err(unsupported(self.tree.node(id)));
                };
                let test = match self.truth(*value)? {
                    Some(test) => {
                        truth_within(test, self.operands(members)?)?.ok_or_else(|| unsupported(self.tree.node(id)))?
                    }
                    None => Test::within(self.operand(*value)?, self.operands(members)?)?,
                };
                Ok(negate_if(*negated, test))
            }
            Node::Is { negated, value, type_name } => Ok(negate_if(*negated, self.type_test(*value, type_name, id)?)),
            Node::Call { name, arguments, .. } => self.function_test(id, name, arguments),
            Node::Name(_) | Node::Path { .. } => {
                Err(StatementError::NotACondition { position: self.tree.position(id) })
            }
            other if literal::is_value(other) => {
                Err(StatementError::NotACondition { position: self.tree.position(id) })
            }
            other => Err(unsupported(other)),
        }
    }

    /// The parts of a chain of one operator, in the order written.
    fn conditions(
        &self,
        id: NodeId,
        parts: for<'n> fn(&'n Node<'_>) -> Option<(NodeId, NodeId)>,
    ) -> Result<Vec<Test>, StatementError> {
        let mut operands = Vec::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            match parts(self.tree.node(id)) {
                Some((left, right)) => open.extend([right, left]),
                None => operands.push(id),
            }
        }
        operands.into_iter().map(|id| self.condition(id)).collect()
    }

    /// `IS` a type. Of the types of PartiQL those that DynamoDB has.
    fn type_test(&self, value: NodeId, type_name: &str, id: NodeId) -> Result<Test, StatementError> {
        let type_name = match type_name {
            "missing" => None,
            "null" => Some(TypeName::Null),
            "bool" | "boolean" => Some(TypeName::Bool),
            "string" => Some(TypeName::S),
            "numeric" => Some(TypeName::N),
            "blob" => Some(TypeName::B),
            "struct" | "tuple" => Some(TypeName::M),
            "list" => Some(TypeName::L),
            _ => return Err(unsupported(self.tree.node(id))),
        };
        let Operand::Path(path) = self.operand(value)? else {
            return Err(Fault::PathRequired { function: "IS" }.into());
        };
        Ok(type_name.map_or_else(|| Test::NotExists(path.clone()), |name| Test::HasType(path.clone(), name)))
    }

    fn comparison(&self, comparator: Comparator, left: NodeId, right: NodeId) -> Result<Test, StatementError> {
        match (self.truth(left)?, self.truth(right)?) {
            (None, None) => Ok(Test::compare(comparator, self.operand(left)?, self.operand(right)?)?),
            (Some(test), None) => {
                truth_equals(test, &self.operand(right)?).and_then(|test| of_equality(comparator, test))
            }
            (None, Some(test)) => {
                truth_equals(test, &self.operand(left)?).and_then(|test| of_equality(comparator, test))
            }
            (Some(left), Some(right)) => of_equality(comparator, Test::Alike(Box::new(left), Box::new(right))),
        }
    }

    /// A condition where a value is asked for (us-east-1, 2026-10: `attribute_exists(a) = false`; eu-west-2, 2026-09-17:
    /// `(n BETWEEN 0 AND 5) = true`).
    fn truth(&self, id: NodeId) -> Result<Option<Test>, StatementError> {
        match self.tree.node(id) {
            Node::Call { name, .. } if name.eq_ignore_ascii_case("size") => Ok(None),
            Node::Call { .. }
            | Node::And(..)
            | Node::Or(..)
            | Node::Not(_)
            | Node::Compare { .. }
            | Node::Between { .. }
            | Node::In { .. }
            | Node::Is { .. } => self.condition(id).map(Some),
            _ => Ok(None),
        }
    }

    fn function_test(&self, id: NodeId, name: &str, arguments: &[NodeId]) -> Result<Test, StatementError> {
        match self.function(id, name)? {
            Function::Size => Err(StatementError::NotACondition { position: self.tree.position(id) }),
            function => Ok(Test::call(function, self.operands(arguments)?)?),
        }
    }

    /// Names of functions have any case; of those of expressions, the ones that only update do not count.
    fn function(&self, id: NodeId, name: &str) -> Result<Function, StatementError> {
        let name = name.to_lowercase();
        match Function::parse(&name) {
            None | Some(Function::IfNotExists | Function::ListAppend) => {
                Err(StatementError::UnrecognizedFunction { name, position: self.tree.position(id) })
            }
            Some(function) => Ok(function),
        }
    }

    fn operands(&self, ids: &[NodeId]) -> Result<Vec<Operand>, StatementError> {
        ids.iter().map(|id| self.operand(*id)).collect()
    }

    fn operand(&self, id: NodeId) -> Result<Operand, StatementError> {
        match self.tree.node(id) {
            Node::Name(_) | Node::Path { .. } => {
                let unexpected = StatementError::UnexpectedPath { position: self.tree.position(id) };
                Ok(Operand::of_path(document_path(self.tree, id)?.ok_or(unexpected)?)?)
            }
            Node::Call { name, arguments, .. } => {
                let function = self.function(id, name)?;
                Ok(Operand::call(function, self.operands(arguments)?)?)
            }
            node if literal::is_value(node) => {
                Ok(Operand::Value(Encoded::value(&literal::value(self.tree, self.parameters, id)?)))
            }
            other => Err(unsupported(other)),
        }
    }
}

fn conjuncts(node: &Node<'_>) -> Option<(NodeId, NodeId)> {
    match node {
        Node::And(left, right) => Some((*left, *right)),
        _ => None,
    }
}

fn disjuncts(node: &Node<'_>) -> Option<(NodeId, NodeId)> {
    match node {
        Node::Or(left, right) => Some((*left, *right)),
        _ => None,
    }
}

fn negate_if(negated: bool, test: Test) -> Test {
    if negated { Test::Not(Box::new(test)) } else { test }
}

/// What a test comes to, compared with a value or with an attribute.
fn truth_equals(test: Test, other: &Operand) -> Result<Test, StatementError> {
    match other {
        Operand::Value(value) => match value.view().to_value() {
            AttributeValue::Bool(truth) => Ok(negate_if(!truth, test)),
            // Equal to nothing else.
            _ => Ok(Test::Any(Vec::new())),
        },
        Operand::Size(_) => Ok(Test::Any(Vec::new())),
        // The test stays in one place: copied at every level of a condition it would not fit into memory.
        Operand::Path(_) => {
            let is = |truth| Test::compare(Comparator::Equal, other.clone(), boolean(truth));
            let alike = Test::Alike(Box::new(test), Box::new(is(true)?));
            Ok(Test::All(vec![Test::Any(vec![is(true)?, is(false)?]), alike]))
        }
    }
}

/// Whether what a test comes to is in a list of values; none if the list holds something else.
fn truth_within(test: Test, list: Vec<Operand>) -> Result<Option<Test>, StatementError> {
    if !list.iter().all(|member| matches!(member, Operand::Value(_))) {
        return Ok(None);
    }
    let lists = |truth| Test::within(boolean(truth), list.clone()).map(|test| Condition::of(test).evaluate(None));
    Ok(Some(match (lists(true)?, lists(false)?) {
        (true, true) => Test::All(Vec::new()),
        (true, false) => test,
        (false, true) => Test::Not(Box::new(test)),
        (false, false) => Test::Any(Vec::new()),
    }))
}

fn boolean(truth: bool) -> Operand {
    Operand::Value(Encoded::value(&AttributeValue::Bool(truth)))
}

/// Truths are equal or not; they have no order.
fn of_equality(comparator: Comparator, equal: Test) -> Result<Test, StatementError> {
    match comparator {
        Comparator::Equal => Ok(equal),
        Comparator::NotEqual => Ok(Test::Not(Box::new(equal))),
        ordered => {
            let operand = OperandType::Known(TypeName::Bool);
            Err(Fault::OperandType { operator: ordered.as_str(), operand }.into())
        }
    }
}
