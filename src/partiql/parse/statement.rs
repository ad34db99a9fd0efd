//! SELECT, INSERT, UPDATE (also written FROM .. SET ..) and DELETE.

use super::{Malformed, Parser, PathMode};
use crate::partiql::ast::{
    ActionSyntax, ColumnSyntax, DeleteSyntax, InsertSyntax, Node, NodeId, OrderSyntax, ReturningSyntax, SelectSyntax,
    SourceSyntax, UpdateSyntax,
};
use crate::partiql::error::Position;
use crate::partiql::token::TokenKind;

impl Parser<'_> {
    /// A statement whose first word, still to be stepped over, is `word`. Kept out of line, because its room on the stack
    /// would otherwise be taken at every level of an expression.
    #[inline(never)]
    pub(super) fn statement_term(&mut self, word: &str) -> Result<NodeId, Malformed> {
        let position = self.position();
        let node = match word {
            "select" => Node::Select(Box::new(self.select()?)),
            "insert" => Node::Insert(Box::new(self.insert()?)),
            "update" => {
                self.at += 1;
                let source = self.written_source()?;
                Node::Update(Box::new(self.update_of(source, UpdateForm::Update)?))
            }
            "from" => {
                self.at += 1;
                let source = self.read_source()?;
                Node::Update(Box::new(self.update_of(source, UpdateForm::FromFirst)?))
            }
            "delete" => Node::Delete(Box::new(self.delete()?)),
            // SET and REMOVE begin a statement only after what they change.
            _ => return Err(Malformed::Keyword),
        };
        Ok(self.tree.push(node, position))
    }

    fn select(&mut self) -> Result<SelectSyntax, Malformed> {
        self.at += 1;
        let mut unsupported = None;
        self.unsupported_word("distinct", "DISTINCT", &mut unsupported);
        self.accepts_keyword("all");
        self.unsupported_word("value", "SELECT VALUE", &mut unsupported);
        let columns = match self.accepts(TokenKind::Star) {
            true => None,
            false => Some(self.columns()?),
        };
        if !self.accepts_keyword("from") {
            return Err(Malformed::Expected("FROM"));
        }
        let source = self.read_source()?;
        let filter = self.filter()?;
        if self.unsupported_word("group", "GROUP BY", &mut unsupported) {
            self.expect_keyword("by", "BY")?;
            self.comma_list()?;
        }
        if self.unsupported_word("having", "HAVING", &mut unsupported) {
            self.expression()?;
        }
        let order = self.order()?;
        if self.unsupported_word("limit", "LIMIT", &mut unsupported) {
            self.expression()?;
        }
        if self.unsupported_word("offset", "OFFSET", &mut unsupported) {
            self.expression()?;
        }
        Ok(SelectSyntax { columns, source, unsupported, filter, order })
    }

    /// Notes the first word of a clause that can be read but that DynamoDB refuses.
    fn unsupported_word(
        &mut self,
        word: &str,
        clause: &'static str,
        first: &mut Option<(&'static str, Position)>,
    ) -> bool {
        let position = self.position();
        let is_here = self.accepts_word(word);
        if is_here && first.is_none() {
            *first = Some((clause, position));
        }
        is_here
    }

    fn columns(&mut self) -> Result<Vec<ColumnSyntax>, Malformed> {
        let mut columns = Vec::new();
        loop {
            let value = self.expression()?;
            let is_aliased = self.alias()?;
            columns.push(ColumnSyntax { value, is_aliased });
            if !self.accepts(TokenKind::Comma) {
                return Ok(columns);
            }
        }
    }

    /// The table of SELECT or FROM, which the grammar would let be any expression and any join.
    fn read_source(&mut self) -> Result<SourceSyntax, Malformed> {
        let table = self.expression()?;
        let is_aliased = self.alias()?;
        let mut is_joined = false;
        while self.accepts(TokenKind::Comma) || self.accepts_join()? {
            is_joined = true;
            self.expression()?;
            self.alias()?;
        }
        Ok(SourceSyntax { table, is_aliased, is_joined })
    }

    fn accepts_join(&mut self) -> Result<bool, Malformed> {
        let TokenKind::Keyword(word) = self.kind() else { return Ok(false) };
        if !matches!(word, "join" | "inner" | "cross" | "left" | "right" | "full" | "outer") {
            return Ok(false);
        }
        while ["inner", "cross", "left", "right", "full", "outer"].into_iter().any(|word| self.accepts_keyword(word)) {}
        self.expect_keyword("join", "JOIN")?;
        Ok(true)
    }

    /// The table of UPDATE or DELETE.
    fn written_source(&mut self) -> Result<SourceSyntax, Malformed> {
        let table = self.path_term(PathMode::Simple)?;
        let is_aliased = self.alias()?;
        Ok(SourceSyntax { table, is_aliased, is_joined: false })
    }

    fn alias(&mut self) -> Result<bool, Malformed> {
        let mut is_aliased = false;
        for word in ["as", "at", "by"] {
            if self.accepts_keyword(word) {
                self.alias_name()?;
                is_aliased = true;
            } else if word == "as" && matches!(self.kind(), TokenKind::Identifier | TokenKind::Quoted) {
                // OFFSET is a clause, not a name, though not a keyword of the lexer.
                if self.token().text.eq_ignore_ascii_case("offset") {
                    return Ok(is_aliased);
                }
                self.at += 1;
                is_aliased = true;
            }
        }
        Ok(is_aliased)
    }

    fn alias_name(&mut self) -> Result<(), Malformed> {
        if self.accepts(TokenKind::Identifier) || self.accepts(TokenKind::Quoted) {
            Ok(())
        } else {
            Err(Malformed::Expected("identifier for alias"))
        }
    }

    fn filter(&mut self) -> Result<Option<NodeId>, Malformed> {
        if self.accepts_keyword("where") { self.expression().map(Some) } else { Ok(None) }
    }

    fn order(&mut self) -> Result<Vec<OrderSyntax>, Malformed> {
        let mut terms = Vec::new();
        if !self.accepts_keyword("order") {
            return Ok(terms);
        }
        self.expect_keyword("by", "BY")?;
        loop {
            let value = self.expression()?;
            let descending = self.accepts_keyword("desc");
            if !descending {
                self.accepts_keyword("asc");
            }
            if self.accepts_word("nulls") && !self.accepts_word("first") && !self.accepts_word("last") {
                return Err(Malformed::Expected("FIRST or LAST"));
            }
            terms.push(OrderSyntax { value, descending });
            if !self.accepts(TokenKind::Comma) {
                return Ok(terms);
            }
        }
    }

    /// Without VALUE an expression follows, whose value would be the items.
    fn insert(&mut self) -> Result<InsertSyntax, Malformed> {
        self.at += 1;
        if !self.accepts_keyword("into") {
            return Err(Malformed::Keyword);
        }
        let table = self.path_term(PathMode::Simple)?;
        let is_single = self.accepts_keyword("value");
        let value = self.expression()?;
        Ok(InsertSyntax { table, value, is_single })
    }

    fn update_of(&mut self, source: SourceSyntax, form: UpdateForm) -> Result<UpdateSyntax, Malformed> {
        let mut filter = None;
        if form == UpdateForm::FromFirst {
            filter = self.filter()?;
        }
        let mut actions = Vec::new();
        while self.actions(&mut actions)? {}
        if actions.is_empty() {
            return Err(Malformed::DataManipulation);
        }
        if form == UpdateForm::Update {
            filter = self.filter()?;
        }
        let returning = self.returning()?;
        Ok(UpdateSyntax { source, actions, filter, returning })
    }

    /// One SET, which may assign several times, one REMOVE of one path, or an INSERT, which only reads.
    fn actions(&mut self, actions: &mut Vec<ActionSyntax>) -> Result<bool, Malformed> {
        if self.accepts_keyword("set") {
            loop {
                let target = self.path_term(PathMode::Simple)?;
                self.expect(TokenKind::Equal, "=")?;
                actions.push(ActionSyntax::Set { target, value: self.expression()? });
                if !self.accepts(TokenKind::Comma) {
                    return Ok(true);
                }
            }
        }
        if self.accepts_keyword("remove") {
            actions.push(ActionSyntax::Remove { target: self.path_term(PathMode::Simple)? });
            return Ok(true);
        }
        if self.kind() == TokenKind::Keyword("insert") {
            self.insert()?;
            actions.push(ActionSyntax::Insert);
            return Ok(true);
        }
        Ok(false)
    }

    fn delete(&mut self) -> Result<DeleteSyntax, Malformed> {
        self.at += 1;
        if !self.accepts_keyword("from") {
            return Err(Malformed::Expected("FROM"));
        }
        let source = self.written_source()?;
        let filter = self.filter()?;
        let returning = self.returning()?;
        Ok(DeleteSyntax { source, filter, returning })
    }

    fn returning(&mut self) -> Result<Vec<ReturningSyntax>, Malformed> {
        let mut clauses = Vec::new();
        if !self.accepts_keyword("returning") {
            return Ok(clauses);
        }
        loop {
            let modified = self.accepts_word("modified");
            if !modified && !self.accepts_word("all") {
                return Err(Malformed::Expected("ALL or MODIFIED"));
            }
            let new = self.accepts_word("new");
            if !new && !self.accepts_word("old") {
                return Err(Malformed::Expected("NEW or OLD"));
            }
            self.expect(TokenKind::Star, "*")?;
            clauses.push(ReturningSyntax { modified, new });
            if !self.accepts(TokenKind::Comma) {
                return Ok(clauses);
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum UpdateForm {
    /// UPDATE: WHERE follows what is set.
    Update,
    /// FROM: WHERE comes first, and what is left after the last SET is left over.
    FromFirst,
}
