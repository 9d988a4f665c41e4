//! What can be said about a statement before it runs: its columns, its parameters, whether it reads or writes, and every
//! mistake that Neo4j finds at compile time and that can be found without knowing the data.

mod expressions;
mod patterns;

use std::collections::BTreeSet;

use super::failure::{Failure, PARAMETER_MISSING, PROCEDURE_NOT_FOUND};
use super::procedures;
use super::syntax::{
    Body, Clause, ClauseKind, Expression, Kind, Mode, Name, ProcedureCall, Projection, Query,
    RemoveItem, SetItem, Shown, Statement,
};
use crate::value::Map;

/// What a statement does, as EXPLAIN tells it to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Read,
    Write,
    Schema,
    /// Administration: users, databases.
    System,
}

/// The result of the check.
#[derive(Debug, Clone)]
pub struct Checked {
    pub columns: Vec<String>,
    pub effect: Effect,
}

/// What a variable is known to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Node,
    Relationship,
    Path,
    Integer,
    Float,
    String,
    Boolean,
    List,
    Map,
    Any,
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Self::Node => "Node",
            Self::Relationship => "Relationship",
            Self::Path => "Path",
            Self::Integer => "Integer",
            Self::Float => "Float",
            Self::String => "String",
            Self::Boolean => "Boolean",
            Self::List => "List<T>",
            Self::Map => "Map",
            Self::Any => "Any",
        }
    }
}

/// Checks a statement that was read from `text`.
pub fn check(statement: &Statement, text: &str, parameters: &Map) -> Result<Checked, Failure> {
    let mut checker = Checker {
        text,
        used: BTreeSet::new(),
    };
    let (columns, effect) = match &statement.body {
        Body::Query(query) => {
            let columns = checker.query(query, &Scope::default())?;
            (
                columns,
                if writes(query) {
                    Effect::Write
                } else {
                    Effect::Read
                },
            )
        }
        Body::Schema(_) => (Vec::new(), Effect::Schema),
        Body::Show(show) => {
            let effect = match show.what {
                Shown::Databases | Shown::Users | Shown::UsersWithAuth | Shown::CurrentUser => {
                    Effect::System
                }
                _ => Effect::Read,
            };
            (checker.show(show)?, effect)
        }
        Body::Users(command) => {
            command
                .expressions()
                .into_iter()
                .try_for_each(|part| checker.expression(part, &Scope::default()))?;
            (Vec::new(), Effect::System)
        }
        Body::Unsupported(_) => (Vec::new(), Effect::System),
    };
    let missing: Vec<_> = checker
        .used
        .iter()
        .filter(|name| !parameters.contains_key(*name))
        .cloned()
        .collect();
    if !missing.is_empty() && statement.mode != Mode::Explain {
        return Err(Failure::compile(
            PARAMETER_MISSING,
            format!("Expected parameter(s): {}", missing.join(", ")),
        ));
    }
    Ok(Checked { columns, effect })
}

/// Whether anything in the query changes data.
pub fn writes(query: &Query) -> bool {
    query
        .parts
        .iter()
        .flatten()
        .any(|clause| match &clause.kind {
            ClauseKind::Create(_)
            | ClauseKind::Merge { .. }
            | ClauseKind::Set(_)
            | ClauseKind::Remove(_)
            | ClauseKind::Delete { .. }
            | ClauseKind::Foreach { .. } => true,
            ClauseKind::Subquery { query, .. } => writes(query),
            ClauseKind::Call(call) => {
                procedures::find(&call.name).is_some_and(|procedure| procedure.writes)
            }
            ClauseKind::Match { .. }
            | ClauseKind::Unwind { .. }
            | ClauseKind::With(_)
            | ClauseKind::Return(_)
            | ClauseKind::Finish => false,
        })
}

/// The variables that are known at one place.
#[derive(Debug, Clone, Default)]
struct Scope {
    names: Vec<(String, Type)>,
}

impl Scope {
    fn find(&self, name: &str) -> Option<Type> {
        self.names
            .iter()
            .rev()
            .find(|(known, _)| known == name)
            .map(|(_, kind)| *kind)
    }

    fn with(&self, name: &str, kind: Type) -> Self {
        let mut scope = self.clone();
        scope.names.push((name.to_owned(), kind));
        scope
    }

    fn declare(&mut self, name: &str, kind: Type) {
        if self.find(name).is_none() {
            self.names.push((name.to_owned(), kind));
        }
    }
}

struct Checker<'a> {
    text: &'a str,
    /// The parameters that the statement names.
    used: BTreeSet<String>,
}

type Check<T = ()> = Result<T, Failure>;

impl Checker<'_> {
    fn fail<T>(&self, message: &str, at: usize) -> Check<T> {
        Err(Failure::syntax(message, self.text, at))
    }

    fn query(&mut self, query: &Query, outer: &Scope) -> Check<Vec<String>> {
        let mut columns: Option<Vec<String>> = None;
        for (index, part) in query.parts.iter().enumerate() {
            let found = self.clauses(part, outer.clone(), false)?;
            if let Some(first) = &columns {
                let (mut left, mut right) = (first.clone(), found.clone());
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
            } else {
                columns = Some(found);
            }
        }
        Ok(columns.unwrap_or_default())
    }

    /// The columns of a RETURN at the end. `inner`: in a subquery that need not end with RETURN.
    fn clauses(&mut self, clauses: &[Clause], mut scope: Scope, inner: bool) -> Check<Vec<String>> {
        let mut columns = Vec::new();
        let mut updated: Option<&'static str> = None;
        let alone = clauses.len() == 1;
        for (index, clause) in clauses.iter().enumerate() {
            let last = index + 1 == clauses.len();
            let reading = match &clause.kind {
                ClauseKind::Match { .. } => Some("MATCH"),
                ClauseKind::Unwind { .. } => Some("UNWIND"),
                ClauseKind::Call(_) | ClauseKind::Subquery { .. } => Some("CALL"),
                _ => None,
            };
            if let (Some(update), Some(reading)) = (updated, reading)
                && update != "CALL"
            {
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
                ClauseKind::Return(projection) => {
                    if !last {
                        return self.fail(
                            "RETURN can only be used at the end of the query.",
                            clause.at,
                        );
                    }
                    let after = self.projection(projection, &scope, clause.at, false)?;
                    columns = after.names.into_iter().map(|(name, _)| name).collect();
                }
                ClauseKind::Call(call) => {
                    let found = self.procedure(call, clause.at, &mut scope, alone)?;
                    if alone {
                        columns = found;
                    }
                }
                other => self.clause(other, &mut scope, &mut updated)?,
            }
            if last && !inner {
                self.conclusion(clause, alone)?;
            }
        }
        if let Some(early) = clauses
            .iter()
            .rev()
            .skip(1)
            .find(|clause| matches!(clause.kind, ClauseKind::Return(_)))
        {
            return self.fail("RETURN can only be used at the end of the query.", early.at);
        }
        Ok(columns)
    }

    fn conclusion(&self, clause: &Clause, alone: bool) -> Check {
        let name = match &clause.kind {
            ClauseKind::Match { .. } => "MATCH",
            ClauseKind::Unwind { .. } => "UNWIND",
            ClauseKind::With(_) => "WITH",
            ClauseKind::Call(call) if !alone && call.yields.is_some() => "CALL",
            _ => return Ok(()),
        };
        let message = format!(
            "Query cannot conclude with {name} (must be a RETURN clause, a FINISH clause, an update clause, a unit subquery call, or a \
             procedure call with no YIELD)."
        );
        self.fail(&message, clause.at)
    }

    fn clause(
        &mut self,
        clause: &ClauseKind,
        scope: &mut Scope,
        updated: &mut Option<&'static str>,
    ) -> Check {
        match clause {
            ClauseKind::Match {
                patterns,
                predicate,
                ..
            } => {
                let mut fresh = BTreeSet::new();
                patterns
                    .iter()
                    .try_for_each(|pattern| self.pattern(pattern, scope, &mut fresh))?;
                patterns
                    .iter()
                    .try_for_each(|pattern| self.pattern_expressions(pattern, scope))?;
                predicate
                    .iter()
                    .try_for_each(|predicate| self.predicate(predicate, scope))?;
            }
            ClauseKind::Unwind { list, name } => {
                self.no_aggregates(list)?;
                self.expression(list, scope)?;
                self.declare_new(name, scope, Type::Any)?;
            }
            ClauseKind::Create(patterns) => {
                patterns
                    .iter()
                    .try_for_each(|pattern| self.created(pattern, scope, "CREATE"))?;
                *updated = Some("CREATE");
            }
            ClauseKind::Merge {
                pattern,
                on_create,
                on_match,
            } => {
                self.created(pattern, scope, "MERGE")?;
                on_create
                    .iter()
                    .chain(on_match)
                    .try_for_each(|item| self.set_item(item, scope))?;
                *updated = Some("MERGE");
            }
            ClauseKind::Set(items) => {
                items
                    .iter()
                    .try_for_each(|item| self.set_item(item, scope))?;
                *updated = Some("SET");
            }
            ClauseKind::Remove(items) => {
                for item in items {
                    match item {
                        RemoveItem::Property { target, .. } => self.expression(target, scope)?,
                        RemoveItem::Labels { name, .. } => self.known(name, scope)?,
                    }
                }
                *updated = Some("REMOVE");
            }
            ClauseKind::Delete { expressions, .. } => {
                expressions
                    .iter()
                    .try_for_each(|part| self.expression(part, scope))?;
                *updated = Some("DELETE");
            }
            ClauseKind::Foreach {
                name,
                list,
                clauses,
            } => {
                self.expression(list, scope)?;
                let mut inner = scope.with(&name.text, Type::Any);
                for clause in clauses {
                    if let ClauseKind::Return(_) = clause.kind {
                        return self.fail("Invalid use of RETURN inside FOREACH", clause.at);
                    }
                    self.clause(&clause.kind, &mut inner, &mut None)?;
                }
                *updated = Some("FOREACH");
            }
            ClauseKind::Subquery { imports, query, .. } => {
                self.subquery(imports.as_deref(), query, scope)?
            }
            ClauseKind::With(_)
            | ClauseKind::Return(_)
            | ClauseKind::Call(_)
            | ClauseKind::Finish => {}
        }
        Ok(())
    }

    fn subquery(&mut self, imports: Option<&[Name]>, query: &Query, scope: &mut Scope) -> Check {
        let inner = match imports {
            None => scope.clone(),
            Some(names) => {
                names.iter().try_for_each(|name| self.known(name, scope))?;
                Scope {
                    names: scope
                        .names
                        .iter()
                        .filter(|(known, _)| names.iter().any(|name| name.text == *known))
                        .cloned()
                        .collect(),
                }
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
            scope.declare(&column, Type::Any);
        }
        Ok(())
    }

    fn procedure(
        &mut self,
        call: &ProcedureCall,
        at: usize,
        scope: &mut Scope,
        alone: bool,
    ) -> Check<Vec<String>> {
        let Some(procedure) = procedures::find(&call.name) else {
            let message = format!(
                "There is no procedure with the name `{}` registered for this database instance. Please ensure you've spelled the \
                 procedure name correctly and that the procedure is properly deployed.",
                call.name
            );
            return Err(Failure::compile(PROCEDURE_NOT_FOUND, message));
        };
        let arguments = call.arguments.as_deref().unwrap_or_default();
        let too_many = arguments.len() > procedure.most;
        let too_few = call.arguments.is_some() && arguments.len() < procedure.least;
        if too_many || too_few {
            let (amount, expected) = if too_many {
                ("too many", procedure.most)
            } else {
                ("insufficient", procedure.least)
            };
            let verb = if too_many {
                "provides too many arguments"
            } else {
                "does not provide the required number of arguments"
            };
            let wanted = if expected == 0 {
                "none".to_owned()
            } else {
                format!(
                    "{} {expected}",
                    if too_many { "no more than" } else { "at least" }
                )
            };
            let _ = amount;
            return self.fail(
                &format!(
                    "Procedure call {verb}: got {} expected {wanted}.",
                    arguments.len()
                ),
                at,
            );
        }
        arguments
            .iter()
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
                scope.declare(column, Type::Any);
            }
            return Ok(columns);
        }
        for item in yields {
            if !columns.contains(&item.column) {
                return self.fail(
                    &format!("Unknown procedure output: `{}`", item.column),
                    item.name.at,
                );
            }
            self.declare_new(&item.name, scope, Type::Any)?;
        }
        call.predicate
            .iter()
            .try_for_each(|predicate| self.predicate(predicate, scope))?;
        Ok(yields.iter().map(|item| item.name.text.clone()).collect())
    }

    fn show(&mut self, show: &super::syntax::Show) -> Check<Vec<String>> {
        let all = procedures::shown_columns(show.what);
        let mut scope = Scope::default();
        let defaults = all
            .iter()
            .filter(|(_, shown)| *shown || show.yields.is_some())
            .map(|(name, _)| (*name).to_owned());
        let mut columns: Vec<String> = defaults.collect();
        if let Some(yields) = show.yields.as_deref().filter(|yields| !yields.is_empty()) {
            for item in yields {
                if !columns.contains(&item.column) {
                    return self.fail(
                        &format!("Variable `{}` not defined", item.column),
                        item.name.at,
                    );
                }
            }
            columns = yields.iter().map(|item| item.name.text.clone()).collect();
        }
        // Behind YIELD only what was yielded is known.
        let hidden = if show.yields.is_some() { &[][..] } else { all };
        for name in hidden
            .iter()
            .map(|(name, _)| *name)
            .chain(columns.iter().map(String::as_str))
        {
            scope.declare(name, Type::Any);
        }
        show.predicate
            .iter()
            .try_for_each(|predicate| self.predicate(predicate, &scope))?;
        let mut scope = Scope {
            names: columns
                .iter()
                .map(|name| (name.clone(), Type::Any))
                .collect(),
        };
        for projection in &show.projections {
            scope = self.projection(projection, &scope, show.at, false)?;
        }
        Ok(scope.names.into_iter().map(|(name, _)| name).collect())
    }

    /// The scope behind a WITH or RETURN.
    fn projection(
        &mut self,
        projection: &Projection,
        scope: &Scope,
        at: usize,
        with: bool,
    ) -> Check<Scope> {
        if projection.everything && projection.items.is_empty() && scope.names.is_empty() && !with {
            return self.fail(
                "RETURN * is not allowed when there are no variables in scope",
                at,
            );
        }
        let mut after = Scope::default();
        if projection.everything {
            after.names.clone_from(&scope.names);
            after.names.sort_by(|a, b| a.0.cmp(&b.0));
        }
        for item in &projection.items {
            self.expression(&item.expression, scope)?;
            self.aggregates(&item.expression)?;
            let variable = matches!(item.expression.kind, Kind::Variable(_));
            if with && !item.aliased && !variable {
                return self.fail(
                    "Expression in WITH must be aliased (use AS)",
                    item.expression.at,
                );
            }
            if after.names.iter().any(|(name, _)| *name == item.name) {
                let first = projection
                    .items
                    .first()
                    .map_or(at, |item| item.expression.at);
                return self.fail(
                    "Multiple result columns with the same name are not supported",
                    first,
                );
            }
            after
                .names
                .push((item.name.clone(), Self::type_of(&item.expression, scope)));
        }
        self.order(projection, scope, &after)?;
        for amount in projection.skip.iter().chain(&projection.limit) {
            self.expression(amount, &Scope::default())?;
        }
        if let Some(predicate) = &projection.predicate {
            let closed = projection.distinct
                || projection
                    .items
                    .iter()
                    .any(|item| item.expression.aggregates());
            let mut both = if closed {
                Scope::default()
            } else {
                scope.clone()
            };
            both.names.extend(after.names.iter().cloned());
            self.predicate(predicate, &both)?;
        }
        Ok(after)
    }

    fn order(&mut self, projection: &Projection, scope: &Scope, after: &Scope) -> Check {
        let closed = projection.distinct
            || projection
                .items
                .iter()
                .any(|item| item.expression.aggregates());
        for sort in &projection.order {
            if projection
                .items
                .iter()
                .any(|item| item.expression == sort.expression)
            {
                continue;
            }
            let mut both = scope.clone();
            both.names.extend(after.names.iter().cloned());
            self.expression(&sort.expression, &both)?;
            if closed
                && let Some((name, at)) = Self::unprojected(&sort.expression, projection, after)
            {
                let message = format!(
                    "In a WITH/RETURN with DISTINCT or an aggregation, it is not possible to access variables declared before the \
                         WITH/RETURN: {name}"
                );
                return self.fail(&message, at);
            }
        }
        Ok(())
    }

    /// A variable of a sort expression that is gone behind an aggregation.
    fn unprojected(
        expression: &Expression,
        projection: &Projection,
        after: &Scope,
    ) -> Option<(String, usize)> {
        if projection
            .items
            .iter()
            .any(|item| item.expression == *expression)
        {
            return None;
        }
        if let Kind::Variable(name) = &expression.kind {
            return after
                .find(name)
                .is_none()
                .then(|| (name.clone(), expression.at));
        }
        if expression.is_aggregate() {
            return None;
        }
        let mut found = None;
        expression.children(&mut |child| {
            if found.is_none() {
                found = Self::unprojected(child, projection, after);
            }
        });
        found
    }

    fn declare_new(&mut self, name: &Name, scope: &mut Scope, kind: Type) -> Check {
        if scope.find(&name.text).is_some() {
            return self.fail(
                &format!("Variable `{}` already declared", name.text),
                name.at,
            );
        }
        scope.declare(&name.text, kind);
        Ok(())
    }

    fn known(&self, name: &Name, scope: &Scope) -> Check {
        match scope.find(&name.text) {
            Some(_) => Ok(()),
            None => self.fail(&format!("Variable `{}` not defined", name.text), name.at),
        }
    }

    fn set_item(&mut self, item: &SetItem, scope: &Scope) -> Check {
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
}
