//! WHERE as a condition.

use super::{Binder, unsupported};
use crate::expression::{Comparator, Fault, Function, Operand, OperandType, Test};
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
                let value = self.operand(*value)?;
                let (Node::List(members) | Node::Bag(members)) = self.tree.node(*list) else {
                    return Err(unsupported(self.tree.node(id)));
                };
                let members = members.iter().map(|id| self.operand(*id)).collect::<Result<Vec<_>, _>>()?;
                Ok(negate_if(*negated, Test::within(value, members)?))
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
        match (self.called_test(left)?, self.called_test(right)?) {
            (None, None) => Ok(Test::compare(comparator, self.operand(left)?, self.operand(right)?)?),
            (Some(test), None) => {
                truth_equals(test, &self.operand(right)?).and_then(|test| of_equality(comparator, test))
            }
            (None, Some(test)) => {
                truth_equals(test, &self.operand(left)?).and_then(|test| of_equality(comparator, test))
            }
            (Some(left), Some(right)) => {
                let both = Test::All(vec![left.clone(), right.clone()]);
                let neither = Test::All(vec![Test::Not(Box::new(left)), Test::Not(Box::new(right))]);
                of_equality(comparator, Test::Any(vec![both, neither]))
            }
        }
    }

    /// A function that is true or false, where a value is asked for: `attribute_exists(a) = false`.
    fn called_test(&self, id: NodeId) -> Result<Option<Test>, StatementError> {
        match self.tree.node(id) {
            Node::Call { name, arguments, .. } if !name.eq_ignore_ascii_case("size") => {
                self.function_test(id, name, arguments).map(Some)
            }
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
        Operand::Path(_) => {
            let is = |truth| {
                Test::compare(
                    Comparator::Equal,
                    other.clone(),
                    Operand::Value(Encoded::value(&AttributeValue::Bool(truth))),
                )
            };
            let both = Test::All(vec![test.clone(), is(true)?]);
            let neither = Test::All(vec![Test::Not(Box::new(test)), is(false)?]);
            Ok(Test::Any(vec![both, neither]))
        }
    }
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
