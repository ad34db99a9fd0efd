//! `ast` and parameters to statements: what each part means, and what DynamoDB does not let it mean.

use super::ast::{
    ActionSyntax, Arithmetic, DeleteSyntax, InsertSyntax, Node, NodeId, ReturningSyntax, SelectSyntax, StatementSyntax,
    Tree, UpdateSyntax,
};
use super::error::StatementError;
use super::literal;
use super::path::{self, document_path};
use super::statement::{
    Column, Columns, Delete, Image, Insert, OrderTerm, Returning, Select, Source, Statement, Update,
};
use crate::expression::{self, Action, Clause, Condition, Fault, Update as Changes, check_levels};
use crate::value::{AttributeValue, Path};

mod condition;

/// As in expressions: AND, OR, NOT, comparisons, functions, IN, BETWEEN and IS each count once.
const OPERATORS_MAX: usize = 300;

pub(super) fn statement(
    syntax: &StatementSyntax<'_>,
    parameters: &[AttributeValue],
) -> Result<Statement, StatementError> {
    if syntax.operator_count > OPERATORS_MAX {
        return Err(Fault::TooManyOperators { count: OPERATORS_MAX + 1 }.into());
    }
    if syntax.parameter_count > parameters.len() {
        return Err(StatementError::ParameterCount);
    }
    let binder = Binder { tree: &syntax.tree, parameters };
    match syntax.tree.node(syntax.root) {
        Node::Select(select) => binder.select(select).map(Statement::Select),
        Node::Insert(insert) => binder.insert(insert).map(Statement::Insert),
        Node::Update(update) => binder.update(update).map(Statement::Update),
        Node::Delete(delete) => binder.delete(delete).map(Statement::Delete),
        Node::Call { name, arguments, .. } if name.eq_ignore_ascii_case("exists") => match arguments.as_slice() {
            [only] => match syntax.tree.node(*only) {
                Node::Select(select) => binder.select(select).map(Statement::Exists),
                other => Err(unsupported(other)),
            },
            _ => Err(StatementError::UnsupportedOperation { kind: "Call" }),
        },
        other => Err(unsupported(other)),
    }
}

/// Something that may not stand here, named as the reference parser names its nodes (us-east-1, 2026-10: `IsType`).
fn unsupported(node: &Node<'_>) -> StatementError {
    let kind = match node {
        Node::Name(_) => "Id",
        Node::String(_) | Node::Number { .. } | Node::Boolean(_) | Node::Null | Node::Ion => "Lit",
        Node::Missing => "Missing",
        Node::Parameter(_) => "Parameter",
        Node::List(_) => "List",
        Node::Bag(_) => "Bag",
        Node::Struct(_) => "Struct",
        Node::Call { .. } => "Call",
        Node::Path { .. } => "Path",
        Node::Signed { minus: true, .. } => "Neg",
        Node::Signed { minus: false, .. } => "Pos",
        Node::Not(_) => "Not",
        Node::And(..) => "And",
        Node::Or(..) => "Or",
        Node::Compare { comparator, .. } => match comparator {
            expression::Comparator::Equal => "Eq",
            expression::Comparator::NotEqual => "Ne",
            expression::Comparator::Less => "Lt",
            expression::Comparator::LessOrEqual => "Lte",
            expression::Comparator::Greater => "Gt",
            expression::Comparator::GreaterOrEqual => "Gte",
        },
        Node::Arithmetic { operator, .. } => match operator {
            Arithmetic::Plus => "Plus",
            Arithmetic::Minus => "Minus",
            Arithmetic::Times => "Times",
            Arithmetic::Divide => "Divide",
            Arithmetic::Modulo => "Modulo",
            Arithmetic::Concatenate => "Concat",
        },
        Node::Between { .. } => "Between",
        Node::In { .. } => "InCollection",
        Node::Is { .. } => "IsType",
        Node::Like { .. } => "Like",
        Node::Select(_) => "Select",
        Node::Insert(_) | Node::Update(_) | Node::Delete(_) => "Dml",
    };
    StatementError::UnsupportedOperation { kind }
}

/// What WHERE and SET are made of, with the parameters to put in.
struct Binder<'r, 't> {
    tree: &'r Tree<'t>,
    parameters: &'r [AttributeValue],
}

impl Binder<'_, '_> {
    fn select(&self, syntax: &SelectSyntax) -> Result<Select, StatementError> {
        let source = path::source(self.tree, syntax.source)?;
        if let Some((clause, position)) = syntax.unsupported {
            return Err(StatementError::UnsupportedClause { clause, position });
        }
        let filter = self.filter(syntax.filter)?;
        let columns = self.columns(syntax)?;
        let mut order = Vec::with_capacity(syntax.order.len());
        for term in &syntax.order {
            let unexpected = || StatementError::UnexpectedPath { position: self.tree.position(term.value) };
            let path = document_path(self.tree, term.value)?.filter(Path::is_top_level).ok_or_else(unexpected)?;
            order.push(OrderTerm { attribute: path.root, descending: term.descending });
        }
        Ok(Select { source, columns, filter, order })
    }

    fn columns(&self, syntax: &SelectSyntax) -> Result<Columns, StatementError> {
        let Some(written) = &syntax.columns else { return Ok(Columns::All) };
        if written.iter().any(|column| column.is_aliased) {
            return Err(StatementError::Aliasing);
        }
        let mut columns = Vec::with_capacity(written.len());
        for column in written {
            match document_path(self.tree, column.value) {
                Ok(Some(path)) => {
                    check_levels(&path)?;
                    columns.push(Column { name: path::column_name(&path), path });
                }
                Err(error @ StatementError::ListIndex { .. }) => return Err(error),
                Ok(None) | Err(_) => return Ok(Columns::Unexpected(self.tree.position(column.value))),
            }
        }
        Ok(Columns::Paths(columns))
    }

    fn insert(&self, syntax: &InsertSyntax) -> Result<Insert, StatementError> {
        if let Node::Path { .. } = self.tree.node(syntax.table) {
            return Err(StatementError::IndexOfInsert { position: self.tree.position(syntax.table) });
        }
        let Source { table, .. } = path::table(self.tree, syntax.table)?;
        if !syntax.is_single {
            return Err(StatementError::UnsupportedOperation { kind: "Insert" });
        }
        Ok(Insert { table, item: literal::item(self.tree, self.parameters, syntax.value)? })
    }

    /// WHERE is looked at before SET (us-east-1, 2026-10).
    fn update(&self, syntax: &UpdateSyntax) -> Result<Update, StatementError> {
        let source = path::source(self.tree, syntax.source)?;
        let filter = self.filter(syntax.filter)?;
        let changes = self.changes(&syntax.actions)?;
        let returning = returning(&syntax.returning)?;
        Ok(Update { table: only_table(source)?, changes, filter, returning })
    }

    fn delete(&self, syntax: &DeleteSyntax) -> Result<Delete, StatementError> {
        let source = path::source(self.tree, syntax.source)?;
        let filter = self.filter(syntax.filter)?;
        let returning = returning(&syntax.returning)?;
        if let Some(refused) = returning.filter(|returning| returning.modified || returning.image == Image::New) {
            return Err(StatementError::ReturningOfDelete { clause: refused.clause() });
        }
        Ok(Delete { table: only_table(source)?, filter, returning })
    }

    fn filter(&self, filter: Option<NodeId>) -> Result<Option<Condition>, StatementError> {
        filter.map(|id| self.condition(id)).transpose().map(|test| test.map(Condition::of))
    }

    fn changes(&self, actions: &[ActionSyntax]) -> Result<Changes, StatementError> {
        let mut clauses = Vec::with_capacity(actions.len());
        for (section, action) in actions.iter().enumerate() {
            let (target, action) = match action {
                ActionSyntax::Set { target, value } => {
                    let target = self.path(*target)?;
                    let action = self.assignment(&target, *value)?;
                    (target, action)
                }
                ActionSyntax::Remove { target } => (self.path(*target)?, Action::Remove),
                ActionSyntax::Insert => return Err(StatementError::UnsupportedOperation { kind: "Insert" }),
            };
            clauses.push(Clause { section, target, action });
        }
        Ok(Changes::of_clauses(clauses)?)
    }

    fn path(&self, id: NodeId) -> Result<Path, StatementError> {
        let unexpected = || StatementError::UnexpectedPath { position: self.tree.position(id) };
        document_path(self.tree, id)?.ok_or_else(unexpected)
    }

    fn assignment(&self, target: &Path, value: NodeId) -> Result<Action, StatementError> {
        if let Node::Call { name, arguments, .. } = self.tree.node(value) {
            for function in [SetFunction::Add, SetFunction::Delete] {
                if name.eq_ignore_ascii_case(function.as_str()) {
                    return self.set_function(function, target, value, arguments);
                }
            }
        }
        self.assigned(value).map(Action::Set)
    }

    /// `s = set_add(s, <<..>>)` is ADD, and `s = set_delete(s, <<..>>)` DELETE, of an update expression.
    fn set_function(
        &self,
        set_function: SetFunction,
        target: &Path,
        call: NodeId,
        arguments: &[NodeId],
    ) -> Result<Action, StatementError> {
        let (function, position) = (set_function.as_str(), self.tree.position(call));
        let [first, second] = arguments else {
            return Err(StatementError::SetFunctionArguments { function, position });
        };
        if document_path(self.tree, *first)?.as_ref() != Some(target) {
            return Err(StatementError::SetFunctionTarget { function, position });
        }
        // AWS gives the place of the first argument (us-east-1, 2026-10).
        let no_set = || StatementError::SetFunctionValue { function, position: self.tree.position(*first) };
        if !literal::is_value(self.tree.node(*second)) {
            return Err(no_set());
        }
        match literal::value(self.tree, self.parameters, *second)? {
            set @ (AttributeValue::Ss(_) | AttributeValue::Ns(_) | AttributeValue::Bs(_)) => {
                Ok(set_function.action(set))
            }
            _ => Err(no_set()),
        }
    }

    /// The right side of SET. Its recursion ends where operators do.
    fn assigned(&self, id: NodeId) -> Result<expression::Source, StatementError> {
        use expression::Source;
        match self.tree.node(id) {
            Node::Name(_) | Node::Path { .. } => self.path(id).map(Source::Path),
            Node::Arithmetic { operator: Arithmetic::Plus, left, right } => {
                Ok(Source::sum(self.assigned(*left)?, self.assigned(*right)?)?)
            }
            Node::Arithmetic { operator: Arithmetic::Minus, left, right } => {
                Ok(Source::difference(self.assigned(*left)?, self.assigned(*right)?)?)
            }
            Node::Call { name, arguments, .. } => match (name.to_lowercase().as_str(), arguments.as_slice()) {
                ("list_append", [first, second]) => {
                    Ok(Source::list_append(self.assigned(*first)?, self.assigned(*second)?)?)
                }
                ("list_append", _) => {
                    Err(Fault::OperandCount { function: "list_append", count: arguments.len() }.into())
                }
                (name, _) => Err(StatementError::UnrecognizedFunction {
                    name: name.to_string(),
                    position: self.tree.position(id),
                }),
            },
            node if literal::is_value(node) => literal::value(self.tree, self.parameters, id).map(Source::Value),
            other => Err(unsupported(other)),
        }
    }
}

#[derive(Clone, Copy)]
enum SetFunction {
    Add,
    Delete,
}

impl SetFunction {
    fn as_str(self) -> &'static str {
        match self {
            SetFunction::Add => "SET_ADD",
            SetFunction::Delete => "SET_DELETE",
        }
    }

    fn action(self, set: AttributeValue) -> Action {
        match self {
            SetFunction::Add => Action::Add(set),
            SetFunction::Delete => Action::Delete(set),
        }
    }
}

fn only_table(source: Source) -> Result<String, StatementError> {
    match source.index {
        None => Ok(source.table),
        Some(_) => Err(StatementError::IndexOfWrite),
    }
}

fn returning(clauses: &[ReturningSyntax]) -> Result<Option<Returning>, StatementError> {
    match clauses {
        [] => Ok(None),
        [only] => {
            let image = if only.new { Image::New } else { Image::Old };
            Ok(Some(Returning { modified: only.modified, image }))
        }
        _ => Err(StatementError::SeveralReturning),
    }
}

#[cfg(test)]
mod tests;
