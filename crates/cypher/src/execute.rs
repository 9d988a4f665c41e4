//! Clauses to rows. A table goes from clause to clause; when a row cannot be made, the rows before it go on through what
//! is not a barrier, so that the client gets what Neo4j would have streamed before the failure.

use std::collections::HashSet;

use super::evaluate::{Bindings, Engine};
use super::failure::Failure;
use super::matching;
use super::procedures;
use super::syntax::{Clause, ClauseKind, Expression, Pattern, ProcedureCall, Query};
use crate::value::{Value, group_key};

/// Rows under names, and the failure that ended them early.
#[derive(Debug, Clone, Default)]
pub struct Table {
    pub names: Vec<String>,
    pub rows: Vec<Vec<Value>>,
    pub failure: Option<Failure>,
}

impl Table {
    /// All rows or none: for a clause whose rows Neo4j holds back until the last is made.
    pub(super) fn held_back(mut self) -> Self {
        if self.failure.is_some() {
            self.rows.clear();
        }
        self
    }

    /// Makes rows of rows, up to the first that cannot be made.
    pub(super) fn flat_map(
        self,
        names: Vec<String>,
        mut make: impl FnMut(Vec<Value>) -> Result<Vec<Vec<Value>>, Failure>,
    ) -> Self {
        let mut table = Self {
            names,
            rows: Vec::new(),
            failure: self.failure,
        };
        for row in self.rows {
            match make(row) {
                Ok(rows) => table.rows.extend(rows),
                Err(failure) => {
                    table.failure = Some(failure);
                    break;
                }
            }
        }
        table
    }
}

impl Engine<'_> {
    /// Runs a query for one row of the names around it. The table's columns are those of RETURN.
    pub(super) fn query(
        &self,
        query: &Query,
        names: &[String],
        values: &[Value],
    ) -> Result<Table, Failure> {
        let mut result: Option<Table> = None;
        for part in &query.parts {
            let start = Table {
                names: names.to_vec(),
                rows: vec![values.to_vec()],
                failure: None,
            };
            let mut table = self.clauses(part, start)?;
            if let Some(mut known) = result.take() {
                let order: Vec<_> = known
                    .names
                    .iter()
                    .map(|name| table.names.iter().position(|other| other == name))
                    .collect();
                let reorder = |row: Vec<Value>| {
                    order
                        .iter()
                        .map(|at| {
                            at.and_then(|at| row.get(at))
                                .cloned()
                                .unwrap_or(Value::Null)
                        })
                        .collect()
                };
                if known.failure.is_none() {
                    known.rows.extend(table.rows.into_iter().map(reorder));
                    known.failure = table.failure.take();
                }
                table = known;
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

    fn clauses(&self, clauses: &[Clause], mut table: Table) -> Result<Table, Failure> {
        let alone = clauses.len() == 1;
        let mut returned = false;
        for clause in clauses {
            returned = matches!(clause.kind, ClauseKind::Return(_))
                || (alone && matches!(clause.kind, ClauseKind::Call(_)));
            table = self.clause(&clause.kind, table)?;
            Self::room(table.rows.len())?;
        }
        if !returned {
            table.names.clear();
            // A unit subquery still keeps one empty row for each row that came through.
            table.rows.iter_mut().for_each(Vec::clear);
        }
        Ok(table)
    }

    pub(super) fn clause(&self, clause: &ClauseKind, table: Table) -> Result<Table, Failure> {
        match clause {
            ClauseKind::Match {
                optional,
                patterns,
                predicate,
            } => Ok(self.matching(*optional, patterns, predicate.as_ref(), table)),
            ClauseKind::Unwind { list, name } => {
                let names = with(&table.names, [name.text.clone()]);
                let old = table.names.clone();
                Ok(table.flat_map(names, |row| {
                    let items = match self.evaluate(list, &Bindings::row(&old, &row))? {
                        Value::Null => Vec::new(),
                        Value::List(items) => items,
                        single => vec![single],
                    };
                    Self::room(items.len())?;
                    Ok(items
                        .into_iter()
                        .map(|item| row.iter().cloned().chain([item]).collect())
                        .collect())
                }))
            }
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
            ClauseKind::Finish => Ok(Table {
                names: Vec::new(),
                rows: Vec::new(),
                failure: table.failure,
            }),
            ClauseKind::Create(_)
            | ClauseKind::Merge { .. }
            | ClauseKind::Set(_)
            | ClauseKind::Remove(_)
            | ClauseKind::Delete { .. }
            | ClauseKind::Foreach { .. } => self.update(clause, table),
        }
    }

    fn matching(
        &self,
        optional: bool,
        patterns: &[Pattern],
        predicate: Option<&Expression>,
        table: Table,
    ) -> Table {
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
        query: &Query,
        table: Table,
    ) -> Result<Table, Failure> {
        let old = table.names.clone();
        let mut columns: Option<Vec<String>> = None;
        let mut rows = Vec::new();
        let mut failure = table.failure;
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
            Self::room(rows.len())?;
            if inner.failure.is_some() {
                failure = inner.failure;
                break;
            }
        }
        let columns = columns.unwrap_or_else(|| returned_names(query));
        let names: Vec<String> = old.into_iter().chain(columns).collect();
        Ok(Table {
            names,
            rows,
            failure,
        })
    }

    fn call_procedure(&self, call: &ProcedureCall, table: Table) -> Result<Table, Failure> {
        let Some(procedure) = procedures::find(&call.name) else {
            return Err(Failure::compile(
                super::failure::PROCEDURE_NOT_FOUND,
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
            let bindings = Bindings::row(&old, &row);
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
                    &Bindings::row(&all_names, &extended),
                )? {
                    rows.push(extended);
                }
            }
            Ok(rows)
        }))
    }
}

fn with(names: &[String], fresh: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut all = names.to_vec();
    for name in fresh {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// The columns of a subquery that never ran.
fn returned_names(query: &Query) -> Vec<String> {
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
