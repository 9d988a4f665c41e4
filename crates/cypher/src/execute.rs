//! Execution of queries: a table of bindings passes from clause to clause.
//!
//! When a row cannot be produced, the rows before it pass on through all clauses that do not have to
//! see every row, so that a client receives the rows that Neo4j would have streamed before the error.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use crate::check::StatementEffect;
use crate::engine::{Engine, RowBindings};
use crate::error::CypherError;
use crate::graph::Graph;
use crate::host::DatabaseHost;
use crate::result::QueryResult;
use crate::statement::PreparedStatement;
use crate::syntax::{
    Clause, ClauseKind, CypherQuery, ExecutionMode, Expr, Name, PathPattern, ProcedureCall,
    StatementBody,
};
use crate::value::{Map, Value, group_key};
use crate::{matching, procedures};

/// Runs a prepared statement. If it fails, the graph stays as it was.
///
/// `now` is the time of the statement: the clock of `datetime()` and of the other temporal
/// functions, and the seed of `rand()`.
pub fn run(
    prepared: &PreparedStatement,
    parameters: &Map,
    graph: &mut Graph,
    host: &dyn DatabaseHost,
    now: jiff::Zoned,
) -> QueryResult {
    let mut result = QueryResult {
        columns: prepared.columns.clone(),
        uuid: graph.uuid.clone(),
        mode: prepared.mode(),
        ..QueryResult::default()
    };
    if prepared.mode() == ExecutionMode::Explain {
        return result;
    }
    let seed = now.timestamp().as_nanosecond() as u64;
    let engine = Engine {
        graph: RefCell::new(graph.clone()),
        parameters,
        now,
        host,
        counters: RefCell::default(),
        steps: Cell::new(0),
        random: Cell::new(seed | 1),
        patterns: RefCell::default(),
        pending_deletions: RefCell::default(),
        deleted_types: RefCell::default(),
    };
    match engine.statement(&prepared.statement.body) {
        Ok(table) => {
            result.error = table.error;
            if !prepared.columns.is_empty() {
                result.rows = table.rows;
            }
            if !table.names.is_empty() {
                result.columns = table.names;
            }
        }
        Err(error) => result.error = Some(error),
    }
    if result.error.is_none() {
        result.error = engine.finish_deletions().err();
    }
    let after = engine.graph.into_inner();
    if result.error.is_none() {
        result.counters = engine.counters.into_inner();
        if prepared.effect != StatementEffect::Read {
            *graph = after.clone();
        }
    }
    result.describe_entities(&after);
    result
}

/// Rows of variable bindings, and the error that ended them early.
#[derive(Debug, Clone, Default)]
pub(crate) struct BindingTable {
    pub(crate) names: Vec<String>,
    pub(crate) rows: Vec<Vec<Value>>,
    pub(crate) error: Option<CypherError>,
}

impl BindingTable {
    /// Drops all rows if there is an error, for clauses that Neo4j completes before it passes on
    /// the first row.
    pub(crate) fn all_or_none(mut self) -> Self {
        if self.error.is_some() {
            self.rows.clear();
        }
        self
    }

    /// Replaces each row by any number of rows, up to the first error.
    pub(crate) fn flat_map(
        self,
        names: Vec<String>,
        mut make: impl FnMut(Vec<Value>) -> Result<Vec<Vec<Value>>, CypherError>,
    ) -> Self {
        let mut table = Self {
            names,
            rows: Vec::new(),
            error: self.error,
        };
        for row in self.rows {
            match make(row) {
                Ok(rows) => table.rows.extend(rows),
                Err(error) => {
                    table.error = Some(error);
                    break;
                }
            }
        }
        table
    }
}

impl BindingTable {
    /// Appends the rows of another table with the same columns in any order.
    fn union(mut self, mut other: Self) -> Self {
        if self.error.is_some() {
            return self;
        }
        let order: Vec<_> = self
            .names
            .iter()
            .map(|name| other.names.iter().position(|known| known == name))
            .collect();
        let reorder = |row: Vec<Value>| {
            order
                .iter()
                .map(|index| {
                    index
                        .and_then(|index| row.get(index))
                        .cloned()
                        .unwrap_or_default()
                })
                .collect()
        };
        self.rows.extend(other.rows.into_iter().map(reorder));
        self.error = other.error.take();
        self
    }
}

impl Engine<'_> {
    fn statement(&self, body: &StatementBody) -> Result<BindingTable, CypherError> {
        match body {
            StatementBody::Query(query) => self.query(query, &[], &[]),
            StatementBody::Schema(command) => {
                self.schema(command).map(|()| BindingTable::default())
            }
            StatementBody::Show(show) => self.show(show),
            StatementBody::Users(_) | StatementBody::Unsupported(_) => Ok(BindingTable::default()),
        }
    }

    /// Runs a query with the variables of the enclosing scope. The columns are those of `RETURN`.
    pub(crate) fn query(
        &self,
        query: &CypherQuery,
        names: &[String],
        values: &[Value],
    ) -> Result<BindingTable, CypherError> {
        let mut result: Option<BindingTable> = None;
        for part in &query.parts {
            let start = BindingTable {
                names: names.to_vec(),
                rows: vec![values.to_vec()],
                error: None,
            };
            let mut table = self.clauses(part, start)?;
            if let Some(first) = result.take() {
                table = first.union(table);
            }
            result = Some(table);
        }
        let mut table = result.unwrap_or_default();
        if query.parts.len() > 1 && !query.all {
            let mut seen = HashSet::new();
            table
                .rows
                .retain(|row| seen.insert(group_key(&Value::List(row.clone()))));
        }
        Ok(table)
    }

    fn clauses(
        &self,
        clauses: &[Clause],
        mut table: BindingTable,
    ) -> Result<BindingTable, CypherError> {
        let alone = clauses.len() == 1;
        let mut returned = false;
        for clause in clauses {
            returned = matches!(clause.kind, ClauseKind::Return(_))
                || (alone && matches!(clause.kind, ClauseKind::Call(_)));
            table = self.clause(&clause.kind, table)?;
            Self::check_row_count(table.rows.len())?;
        }
        if !returned {
            table.names.clear();
            // A unit subquery still keeps one empty row for each row that came through.
            table.rows.iter_mut().for_each(Vec::clear);
        }
        Ok(table)
    }

    pub(crate) fn clause(
        &self,
        clause: &ClauseKind,
        table: BindingTable,
    ) -> Result<BindingTable, CypherError> {
        match clause {
            ClauseKind::Match {
                optional,
                patterns,
                predicate,
            } => Ok(self.matching(*optional, patterns, predicate.as_ref(), table)),
            ClauseKind::Unwind { list, name } => Ok(self.unwind(list, name, table)),
            ClauseKind::With(projection) | ClauseKind::Return(projection) => {
                self.project(projection, &table)
            }
            ClauseKind::Call(call) => self.call_procedure(call, table),
            ClauseKind::Subquery {
                optional,
                imports,
                query,
            } => {
                let imports: Option<Vec<String>> = imports
                    .as_ref()
                    .map(|names| names.iter().map(|name| name.text.clone()).collect());
                self.subquery(*optional, imports.as_deref(), query, table)
            }
            ClauseKind::Finish => Ok(BindingTable {
                names: Vec::new(),
                rows: Vec::new(),
                error: table.error,
            }),
            ClauseKind::Update(update) => self.update(update, table),
        }
    }

    fn unwind(&self, list: &Expr, name: &Name, table: BindingTable) -> BindingTable {
        let names = with(&table.names, [name.text.clone()]);
        let old = table.names.clone();
        table.flat_map(names, |row| {
            let items = match self.evaluate(list, &RowBindings::row(&old, &row))? {
                Value::Null => Vec::new(),
                Value::List(items) => items,
                single => vec![single],
            };
            Self::check_row_count(items.len())?;
            Ok(items
                .into_iter()
                .map(|item| row.iter().cloned().chain([item]).collect())
                .collect())
        })
    }

    fn matching(
        &self,
        optional: bool,
        patterns: &[PathPattern],
        predicate: Option<&Expr>,
        table: BindingTable,
    ) -> BindingTable {
        let old = table.names.len();
        let fresh = matching::variables(patterns);
        let names = with(&table.names, fresh);
        let all = names.clone();
        table.flat_map(names, |row| {
            debug_assert_eq!(row.len(), old);
            let mut rows = self.matches_of(patterns, predicate, &all, &row, None)?;
            if rows.is_empty() && optional {
                let mut padded = row;
                padded.resize(all.len(), Value::Null);
                rows.push(padded);
            }
            Ok(rows)
        })
    }

    fn subquery(
        &self,
        optional: bool,
        imports: Option<&[String]>,
        query: &CypherQuery,
        table: BindingTable,
    ) -> Result<BindingTable, CypherError> {
        let old = table.names.clone();
        let mut columns: Option<Vec<String>> = None;
        let mut rows = Vec::new();
        let mut error = table.error;
        for row in table.rows {
            let (names, values): (Vec<String>, Vec<Value>) = match imports {
                None => (old.clone(), row.clone()),
                Some(imports) => old
                    .iter()
                    .zip(&row)
                    .filter(|(name, _)| imports.contains(name))
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .unzip(),
            };
            let inner = self.query(query, &names, &values)?;
            let columns = columns.get_or_insert_with(|| inner.names.clone());
            if inner.names.is_empty() {
                rows.push(row);
            } else if inner.rows.is_empty() && optional {
                rows.push(
                    row.iter()
                        .cloned()
                        .chain(columns.iter().map(|_| Value::Null))
                        .collect(),
                );
            } else {
                rows.extend(
                    inner
                        .rows
                        .into_iter()
                        .map(|found| row.iter().cloned().chain(found).collect()),
                );
            }
            Self::check_row_count(rows.len())?;
            if inner.error.is_some() {
                error = inner.error;
                break;
            }
        }
        let columns = columns.unwrap_or_else(|| returned_names(query));
        let names: Vec<String> = old.into_iter().chain(columns).collect();
        Ok(BindingTable { names, rows, error })
    }

    fn call_procedure(
        &self,
        call: &ProcedureCall,
        table: BindingTable,
    ) -> Result<BindingTable, CypherError> {
        let Some(procedure) = procedures::find(&call.name) else {
            return Err(CypherError::compile(
                crate::codes::PROCEDURE_NOT_FOUND,
                call.name.clone(),
            ));
        };
        let all: Vec<String> = procedure
            .columns
            .iter()
            .map(|column| (*column).to_owned())
            .collect();
        let picked: Vec<(usize, String)> = match call.yields.as_deref() {
            None | Some([]) => all.iter().cloned().enumerate().collect(),
            Some(yields) => yields
                .iter()
                .filter_map(|item| {
                    Some((
                        all.iter().position(|column| *column == item.column)?,
                        item.name.text.clone(),
                    ))
                })
                .collect(),
        };
        let old = table.names.clone();
        let names = with(&old, picked.iter().map(|(_, name)| name.clone()));
        let all_names = names.clone();
        Ok(table.flat_map(names, |row| {
            let bindings = RowBindings::row(&old, &row);
            let arguments = call.arguments.as_deref().unwrap_or_default();
            let arguments = arguments
                .iter()
                .map(|argument| self.evaluate(argument, &bindings))
                .collect::<Result<Vec<_>, _>>()?;
            let mut rows = Vec::new();
            for found in self.procedure(procedure.name, &arguments) {
                let columns = picked
                    .iter()
                    .map(|(at, _)| found.get(*at).cloned().unwrap_or(Value::Null));
                let extended: Vec<Value> = row.iter().cloned().chain(columns).collect();
                if self.holds(
                    call.predicate.as_ref(),
                    &RowBindings::row(&all_names, &extended),
                )? {
                    rows.push(extended);
                }
            }
            Ok(rows)
        }))
    }
}

/// Appends names that are not in the list yet.
fn with(names: &[String], fresh: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut all = names.to_vec();
    for name in fresh {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// Returns the columns of a subquery that was not executed for any row.
fn returned_names(query: &CypherQuery) -> Vec<String> {
    let last = query.parts.first().and_then(|part| part.last());
    match last.map(|clause| &clause.kind) {
        Some(ClauseKind::Return(projection)) => projection
            .items
            .iter()
            .map(|item| item.name.clone())
            .collect(),
        _ => Vec::new(),
    }
}
