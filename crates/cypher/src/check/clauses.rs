//! Checks of clauses: what each clause may follow, and the variables that it declares.

use std::collections::BTreeSet;

use super::{CheckResult, Checker, Scope, StaticType};
use crate::codes::PROCEDURE_NOT_FOUND;
use crate::error::CypherError;
use crate::procedures::{self, Procedure};
use crate::syntax::{
    Clause, ClauseKind, CypherQuery, Expr, Name, PathPattern, ProcedureCall, RemoveItem, SetItem,
    UpdatingClause, Yield,
};

impl Checker<'_> {
    /// Checks a query in which the variables of `outer` are visible, and returns its columns.
    pub(super) fn query(&mut self, query: &CypherQuery, outer: &Scope) -> CheckResult<Vec<String>> {
        let mut columns: Option<Vec<String>> = None;
        for (index, part) in query.parts.iter().enumerate() {
            let found = self.clauses(part, outer.clone(), false)?;
            let Some(first) = &columns else {
                columns = Some(found);
                continue;
            };
            let (mut left, mut right) = (first.clone(), found);
            left.sort();
            right.sort();
            if left != right {
                let at = index
                    .checked_sub(1)
                    .and_then(|union| query.unions.get(union))
                    .copied()
                    .unwrap_or_default();
                return self.fail(
                    "All sub queries in an UNION must have the same return column names",
                    at,
                );
            }
        }
        Ok(columns.unwrap_or_default())
    }

    /// Checks the clauses of a single query and returns the columns of its `RETURN`.
    ///
    /// `inner` says that the query is a subquery, which need not end with `RETURN`.
    pub(super) fn clauses(
        &mut self,
        clauses: &[Clause],
        mut scope: Scope,
        inner: bool,
    ) -> CheckResult<Vec<String>> {
        let mut columns = Vec::new();
        let mut updated: Option<&'static str> = None;
        let alone = clauses.len() == 1;
        for (index, clause) in clauses.iter().enumerate() {
            let last = index + 1 == clauses.len();
            if let (Some(update), Some(reading)) = (updated, reading_clause(&clause.kind)) {
                return self.fail(
                    &format!("WITH is required between {update} and {reading}"),
                    clause.at,
                );
            }
            match &clause.kind {
                ClauseKind::With(projection) => {
                    updated = None;
                    scope = self.projection(projection, &scope, clause.at, true)?;
                }
                ClauseKind::Return(_) if !last => {
                    return self.fail(
                        "RETURN can only be used at the end of the query.",
                        clause.at,
                    );
                }
                ClauseKind::Return(projection) => {
                    columns = self
                        .projection(projection, &scope, clause.at, false)?
                        .names();
                }
                ClauseKind::Call(call) => {
                    let found = self.procedure(call, clause.at, &mut scope, alone)?;
                    if alone {
                        columns = found;
                    }
                }
                other => updated = self.clause(other, &mut scope)?.or(updated),
            }
            if last && !inner {
                self.conclusion(clause, alone)?;
            }
        }
        Ok(columns)
    }

    /// Checks that a query may end with this clause.
    fn conclusion(&self, clause: &Clause, alone: bool) -> CheckResult {
        let name = match &clause.kind {
            ClauseKind::Match { .. } => "MATCH",
            ClauseKind::Unwind { .. } => "UNWIND",
            ClauseKind::With(_) => "WITH",
            ClauseKind::Call(call) if !alone && call.yields.is_some() => "CALL",
            ClauseKind::Call(_)
            | ClauseKind::Return(_)
            | ClauseKind::Update(_)
            | ClauseKind::Subquery { .. }
            | ClauseKind::Finish => return Ok(()),
        };
        let message = format!(
            "Query cannot conclude with {name} (must be a RETURN clause, a FINISH clause, an update clause, a unit subquery call, or a \
             procedure call with no YIELD)."
        );
        self.fail(&message, clause.at)
    }

    /// Checks one clause and declares its variables. Returns the name of an updating clause.
    fn clause(
        &mut self,
        clause: &ClauseKind,
        scope: &mut Scope,
    ) -> CheckResult<Option<&'static str>> {
        match clause {
            ClauseKind::Match {
                patterns,
                predicate,
                ..
            } => self.matching(patterns, predicate.as_ref(), scope)?,
            ClauseKind::Unwind { list, name } => {
                self.no_aggregates(list)?;
                self.expression(list, scope)?;
                self.declare_new(name, scope, StaticType::Any)?;
            }
            ClauseKind::Subquery { imports, query, .. } => {
                self.subquery(imports.as_deref(), query, scope)?;
            }
            ClauseKind::Update(update) => {
                self.update(update, scope)?;
                return Ok(Some(update.keyword()));
            }
            ClauseKind::With(_)
            | ClauseKind::Return(_)
            | ClauseKind::Call(_)
            | ClauseKind::Finish => {}
        }
        Ok(None)
    }

    fn update(&mut self, clause: &UpdatingClause, scope: &mut Scope) -> CheckResult {
        match clause {
            UpdatingClause::Create(patterns) => patterns
                .iter()
                .try_for_each(|pattern| self.created(pattern, scope, clause.keyword())),
            UpdatingClause::Merge {
                pattern,
                on_create,
                on_match,
            } => {
                self.created(pattern, scope, clause.keyword())?;
                let mut items = on_create.iter().chain(on_match);
                items.try_for_each(|item| self.set_item(item, scope))
            }
            UpdatingClause::Set(items) => {
                items.iter().try_for_each(|item| self.set_item(item, scope))
            }
            UpdatingClause::Remove(items) => items
                .iter()
                .try_for_each(|item| self.remove_item(item, scope)),
            UpdatingClause::Delete { expressions, .. } => expressions
                .iter()
                .try_for_each(|part| self.expression(part, scope)),
            UpdatingClause::Foreach {
                name,
                list,
                clauses,
            } => self.foreach(name, list, clauses, scope),
        }
    }

    fn matching(
        &mut self,
        patterns: &[PathPattern],
        predicate: Option<&Expr>,
        scope: &mut Scope,
    ) -> CheckResult {
        let mut fresh = BTreeSet::new();
        patterns
            .iter()
            .try_for_each(|pattern| self.pattern(pattern, scope, &mut fresh))?;
        patterns
            .iter()
            .try_for_each(|pattern| self.pattern_expressions(pattern, scope))?;
        predicate.map_or(Ok(()), |predicate| self.predicate(predicate, scope))
    }

    fn foreach(
        &mut self,
        name: &Name,
        list: &Expr,
        clauses: &[Clause],
        scope: &Scope,
    ) -> CheckResult {
        self.expression(list, scope)?;
        let mut inner = scope.with(&name.text, StaticType::Any);
        for clause in clauses {
            if let ClauseKind::Return(_) = clause.kind {
                return self.fail("Invalid use of RETURN inside FOREACH", clause.at);
            }
            self.clause(&clause.kind, &mut inner)?;
        }
        Ok(())
    }

    fn subquery(
        &mut self,
        imports: Option<&[Name]>,
        query: &CypherQuery,
        scope: &mut Scope,
    ) -> CheckResult {
        let inner = match imports {
            None => scope.clone(),
            Some(names) => {
                names.iter().try_for_each(|name| self.known(name, scope))?;
                let imported = |name: &Name| Some((name.text.clone(), scope.find(&name.text)?));
                names.iter().filter_map(imported).collect()
            }
        };
        let mut columns = Vec::new();
        for part in &query.parts {
            columns = self.clauses(part, inner.clone(), true)?;
        }
        for column in columns {
            if scope.find(&column).is_some() && imports.is_some() {
                return self.fail(
                    &format!("Variable `{column}` already declared in outer scope"),
                    query
                        .parts
                        .iter()
                        .flatten()
                        .last()
                        .map_or(0, |clause| clause.at),
                );
            }
            scope.declare(&column, StaticType::Any);
        }
        Ok(())
    }

    /// Checks a procedure call and returns its columns. `alone` says that it is the whole query.
    fn procedure(
        &mut self,
        call: &ProcedureCall,
        at: usize,
        scope: &mut Scope,
        alone: bool,
    ) -> CheckResult<Vec<String>> {
        let Some(procedure) = procedures::find(&call.name) else {
            let message = format!(
                "There is no procedure with the name `{}` registered for this database instance. Please ensure you've spelled the \
                 procedure name correctly and that the procedure is properly deployed.",
                call.name
            );
            return Err(CypherError::compile(PROCEDURE_NOT_FOUND, message));
        };
        self.argument_count(procedure, call, at)?;
        call.arguments
            .iter()
            .flatten()
            .try_for_each(|part| self.expression(part, scope))?;
        let columns: Vec<String> = procedure
            .columns
            .iter()
            .map(|column| (*column).to_owned())
            .collect();
        let Some(yields) = &call.yields else {
            if !alone && !columns.is_empty() {
                return self.fail(
                    "Procedure call inside a query does not support naming results implicitly (name explicitly using `YIELD` instead)",
                    at,
                );
            }
            return Ok(columns);
        };
        if yields.is_empty() {
            for column in &columns {
                scope.declare(column, StaticType::Any);
            }
            return Ok(columns);
        }
        self.yielded(yields, &columns, scope)?;
        if let Some(predicate) = &call.predicate {
            self.predicate(predicate, scope)?;
        }
        Ok(yields.iter().map(|item| item.name.text.clone()).collect())
    }

    fn argument_count(
        &self,
        procedure: &Procedure,
        call: &ProcedureCall,
        at: usize,
    ) -> CheckResult {
        let count = call.arguments.as_deref().unwrap_or_default().len();
        let (verb, bound, expected) = if count > procedure.most {
            (
                "provides too many arguments",
                "no more than",
                procedure.most,
            )
        } else if call.arguments.is_some() && count < procedure.least {
            let verb = "does not provide the required number of arguments";
            (verb, "at least", procedure.least)
        } else {
            return Ok(());
        };
        let expected = match expected {
            0 => "none".to_owned(),
            expected => format!("{bound} {expected}"),
        };
        self.fail(
            &format!("Procedure call {verb}: got {count} expected {expected}."),
            at,
        )
    }

    fn yielded(&mut self, yields: &[Yield], columns: &[String], scope: &mut Scope) -> CheckResult {
        for item in yields {
            if !columns.contains(&item.column) {
                return self.fail(
                    &format!("Unknown procedure output: `{}`", item.column),
                    item.name.at,
                );
            }
            self.declare_new(&item.name, scope, StaticType::Any)?;
        }
        Ok(())
    }

    /// Declares a variable that must not be declared yet.
    pub(super) fn declare_new(
        &mut self,
        name: &Name,
        scope: &mut Scope,
        kind: StaticType,
    ) -> CheckResult {
        if scope.find(&name.text).is_some() {
            return self.fail(
                &format!("Variable `{}` already declared", name.text),
                name.at,
            );
        }
        scope.declare(&name.text, kind);
        Ok(())
    }

    /// Checks that a variable is declared.
    fn known(&self, name: &Name, scope: &Scope) -> CheckResult {
        match scope.find(&name.text) {
            Some(_) => Ok(()),
            None => self.fail(&format!("Variable `{}` not defined", name.text), name.at),
        }
    }

    fn set_item(&mut self, item: &SetItem, scope: &Scope) -> CheckResult {
        match item {
            SetItem::Property { target, value, .. } => {
                self.expression(target, scope)?;
                self.no_aggregates(value)?;
                self.expression(value, scope)
            }
            SetItem::Dynamic { target, key, value } => [target, key, value]
                .into_iter()
                .try_for_each(|part| self.expression(part, scope)),
            SetItem::Replace { name, value } | SetItem::Merge { name, value } => {
                self.known(name, scope)?;
                self.expression(value, scope)
            }
            SetItem::Labels { name, .. } => self.known(name, scope),
        }
    }

    fn remove_item(&mut self, item: &RemoveItem, scope: &Scope) -> CheckResult {
        match item {
            RemoveItem::Property { target, .. } => self.expression(target, scope),
            RemoveItem::Labels { name, .. } => self.known(name, scope),
        }
    }
}

/// Returns the name of a clause that may not directly follow an updating clause.
fn reading_clause(clause: &ClauseKind) -> Option<&'static str> {
    match clause {
        ClauseKind::Match { .. } => Some("MATCH"),
        ClauseKind::Unwind { .. } => Some("UNWIND"),
        ClauseKind::Call(_) | ClauseKind::Subquery { .. } => Some("CALL"),
        ClauseKind::With(_)
        | ClauseKind::Return(_)
        | ClauseKind::Update(_)
        | ClauseKind::Finish => None,
    }
}
