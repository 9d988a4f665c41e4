//! The clauses of a query.

use super::{AFTER_CLAUSE, CypherParser, STATEMENT_START};
use crate::error::CypherError;
use crate::lexer::TokenKind;
use crate::syntax::{
    Clause, ClauseKind, Expr, ExprKind, Name, ProcedureCall, Projection, ProjectionItem, SortItem,
    UpdatingClause, Yield,
};
use crate::value::Value;

impl CypherParser<'_> {
    /// Clauses up to the end, a closing bracket or UNION.
    pub(crate) fn clauses(&mut self) -> Result<Vec<Clause>, CypherError> {
        if self.take_word("USE") {
            self.graph_name()?;
        }
        let mut clauses = Vec::new();
        loop {
            let at = self.at();
            if let Some(kind) = self.clause()? {
                clauses.push(Clause { at, kind });
                continue;
            }
            if clauses.is_empty() {
                return Err(self.unexpected(STATEMENT_START));
            }
            if self.at_end_of_clauses() {
                return Ok(clauses);
            }
            let after_match = matches!(
                clauses.last().map(|clause: &Clause| &clause.kind),
                Some(ClauseKind::Match { .. })
            );
            return Err(self.unexpected(&if after_match {
                format!(
                    "a graph pattern, {}",
                    AFTER_CLAUSE.replace("'USE', ", "'USE', 'USING', 'WHERE', ")
                )
            } else {
                AFTER_CLAUSE.to_owned()
            }));
        }
    }

    fn graph_name(&mut self) -> Result<(), CypherError> {
        self.name("a graph name")?;
        while self.take(".") {
            self.name("a graph name")?;
        }
        Ok(())
    }

    fn at_end_of_clauses(&self) -> bool {
        self.peek().kind == TokenKind::End
            || self.is("}")
            || self.is(")")
            || self.is(";")
            || self.is_word("UNION")
    }

    fn clause(&mut self) -> Result<Option<ClauseKind>, CypherError> {
        if self.take_words(&["OPTIONAL", "MATCH"]) {
            return self.matching(true).map(Some);
        }
        if self.take_words(&["OPTIONAL", "CALL"]) {
            return self.call(true).map(Some);
        }
        let TokenKind::Word(word) = &self.peek().kind else {
            return Ok(None);
        };
        let kind = match word.to_ascii_uppercase().as_str() {
            "MATCH" => {
                self.next();
                self.matching(false)?
            }
            "UNWIND" => self.unwind()?,
            "WITH" => {
                self.next();
                ClauseKind::With(self.projection(true)?)
            }
            "RETURN" => {
                self.next();
                ClauseKind::Return(self.projection(false)?)
            }
            "CREATE" | "INSERT" => {
                self.next();
                ClauseKind::Update(UpdatingClause::Create(self.patterns()?))
            }
            "MERGE" => ClauseKind::Update(self.merge()?),
            "SET" => {
                self.next();
                ClauseKind::Update(UpdatingClause::Set(self.set_items()?))
            }
            "REMOVE" => ClauseKind::Update(self.remove()?),
            "DELETE" | "DETACH" | "NODETACH" => ClauseKind::Update(self.delete()?),
            "FOREACH" => ClauseKind::Update(self.foreach()?),
            "CALL" => {
                self.next();
                self.call(false)?
            }
            "FINISH" => {
                self.next();
                ClauseKind::Finish
            }
            "LOAD" => {
                return Err(self.fail("LOAD CSV is not supported by this database", self.at()));
            }
            _ => return Ok(None),
        };
        Ok(Some(kind))
    }

    fn matching(&mut self, optional: bool) -> Result<ClauseKind, CypherError> {
        let patterns = self.patterns()?;
        while self.take_word("USING") {
            self.hint()?;
        }
        let predicate = self.predicate()?;
        Ok(ClauseKind::Match {
            optional,
            patterns,
            predicate,
        })
    }

    /// `USING INDEX n:Label(property)` and its like: read and forgotten.
    fn hint(&mut self) -> Result<(), CypherError> {
        while matches!(self.peek().kind, TokenKind::Word(_))
            && !self.is_word("WHERE")
            && !self.is_word("RETURN")
        {
            self.next();
        }
        if self.take(":") {
            self.name("a label")?;
        }
        if self.take("(") {
            while !self.take(")") {
                if self.peek().kind == TokenKind::End {
                    return Err(self.unexpected("')'"));
                }
                self.next();
            }
        }
        Ok(())
    }

    pub(crate) fn predicate(&mut self) -> Result<Option<Expr>, CypherError> {
        if self.take_word("WHERE") {
            self.expression().map(Some)
        } else {
            Ok(None)
        }
    }

    fn unwind(&mut self) -> Result<ClauseKind, CypherError> {
        self.next();
        let list = self.expression()?;
        self.expect_word("AS")?;
        let name = self.name("a variable name")?;
        Ok(ClauseKind::Unwind { list, name })
    }

    /// Returns what follows WITH, RETURN and (for SHOW) YIELD.
    pub(crate) fn projection(&mut self, with: bool) -> Result<Projection, CypherError> {
        let distinct = self.take_word("DISTINCT");
        let everything = self.take("*");
        let mut items = Vec::new();
        if !everything || self.take(",") {
            if self.peek().kind == TokenKind::End {
                return Err(self.unexpected("an expression, '*' or 'DISTINCT'"));
            }
            items.push(self.item()?);
            while self.take(",") {
                items.push(self.item()?);
            }
        }
        let mut projection = Projection {
            distinct,
            everything,
            items,
            order: Vec::new(),
            skip: None,
            limit: None,
            predicate: None,
        };
        self.order(&mut projection)?;
        if with {
            projection.predicate = self.predicate()?;
        }
        Ok(projection)
    }

    pub(crate) fn order(&mut self, projection: &mut Projection) -> Result<(), CypherError> {
        if self.take_words(&["ORDER", "BY"]) {
            loop {
                let expression = self.expression()?;
                let descending = self.take_word("DESC") || self.take_word("DESCENDING");
                if !descending {
                    let _ = self.take_word("ASC") || self.take_word("ASCENDING");
                }
                projection.order.push(SortItem {
                    expression,
                    descending,
                });
                if !self.take(",") {
                    break;
                }
            }
        }
        if self.take_word("SKIP") || self.take_word("OFFSET") {
            projection.skip = Some(self.amount()?);
        }
        if self.take_word("LIMIT") {
            projection.limit = Some(self.amount()?);
        }
        Ok(())
    }

    /// Returns the number behind SKIP and LIMIT: what can be seen to be wrong is refused here, as Neo4j does.
    fn amount(&mut self) -> Result<Expr, CypherError> {
        let from = self.position;
        let expression = self.expression()?;
        if is_invalid_amount(&expression.kind) {
            let written = self.written(from, self.position);
            let message = format!(
                "Invalid input. '{}' is not a valid value. Must be a non-negative integer.",
                written.trim_matches('\'')
            );
            return Err(self.fail(&message, expression.at));
        }
        Ok(expression)
    }

    fn item(&mut self) -> Result<ProjectionItem, CypherError> {
        let from = self.position;
        let expression = self.expression()?;
        let written = self.written(from, self.position);
        if self.take_word("AS") {
            let name = self.name("an identifier")?;
            return Ok(ProjectionItem {
                expression,
                name: name.text,
                aliased: true,
            });
        }
        let name = if let ExprKind::Variable(name) = &expression.kind {
            name.clone()
        } else {
            written
        };
        Ok(ProjectionItem {
            expression,
            name,
            aliased: false,
        })
    }

    fn call(&mut self, optional: bool) -> Result<ClauseKind, CypherError> {
        if self.is("{") {
            return self.subquery(optional, None);
        }
        if self.is("(") {
            self.next();
            let mut imports = Vec::new();
            if self.take("*") {
                self.expect(")")?;
                return self.subquery(optional, None);
            }
            while !self.is(")") {
                imports.push(self.name("a variable name")?);
                if !self.take(",") {
                    break;
                }
            }
            self.expect(")")?;
            return self.subquery(optional, Some(imports));
        }
        self.procedure_call().map(ClauseKind::Call)
    }

    fn subquery(
        &mut self,
        optional: bool,
        imports: Option<Vec<Name>>,
    ) -> Result<ClauseKind, CypherError> {
        self.expect("{")?;
        let query = self.nested(Self::query)?;
        self.expect("}")?;
        if self.is_words(&["IN", "TRANSACTIONS"]) || self.is_word("IN") {
            return Err(self.fail(
                "CALL { … } IN TRANSACTIONS is not supported by this database",
                self.at(),
            ));
        }
        Ok(ClauseKind::Subquery {
            optional,
            imports,
            query,
        })
    }

    fn procedure_call(&mut self) -> Result<ProcedureCall, CypherError> {
        let at = self.at();
        let mut name = self.name("a procedure name, '(' or '{'")?.text;
        while self.take(".") {
            name.push('.');
            name.push_str(&self.name("a procedure name")?.text);
        }
        let mut arguments = None;
        if self.take("(") {
            let mut list = Vec::new();
            while !self.is(")") {
                list.push(self.expression()?);
                if !self.take(",") {
                    break;
                }
            }
            self.expect(")")?;
            arguments = Some(list);
        }
        let yields = self.yields()?;
        let predicate = if yields.is_some() {
            self.predicate()?
        } else {
            None
        };
        Ok(ProcedureCall {
            name,
            at,
            arguments,
            yields,
            predicate,
        })
    }

    pub(crate) fn yields(&mut self) -> Result<Option<Vec<Yield>>, CypherError> {
        if !self.take_word("YIELD") {
            return Ok(None);
        }
        let mut yields = Vec::new();
        if self.take("*") {
            return Ok(Some(yields));
        }
        loop {
            let column = self.name("a column name")?;
            let name = if self.take_word("AS") {
                self.name("a variable name")?
            } else {
                column.clone()
            };
            yields.push(Yield {
                column: column.text,
                name,
            });
            if !self.take(",") {
                return Ok(Some(yields));
            }
        }
    }
}

/// Returns whether an expression is no number of rows, as far as its syntax shows it.
fn is_invalid_amount(expression: &ExprKind) -> bool {
    if let ExprKind::Literal(value) = expression {
        return !matches!(value, Value::Integer(0..));
    }
    matches!(expression, ExprKind::Negate(_))
}
