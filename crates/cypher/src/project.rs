//! `WITH` and `RETURN`: projection, `DISTINCT`, `ORDER BY`, `SKIP` and `LIMIT`.

mod aggregate;

use std::collections::{HashMap, HashSet};

use crate::engine::{Engine, RowBindings};
use crate::error::CypherError;
use crate::evaluate::{by_keys, row_count};
use crate::execute::BindingTable;
use crate::syntax::{Expr, ExprKind, Projection, ProjectionItem};
use crate::value::{Value, group_key};

/// A projected row and the row from which it was made.
struct Projected {
    values: Vec<Value>,
    source: Option<Vec<Value>>,
    /// Values of the aggregate functions, by offset.
    aggregates: HashMap<usize, Value>,
}

impl Engine<'_> {
    /// Projects the rows of a table.
    pub(crate) fn project(
        &self,
        projection: &Projection,
        table: &BindingTable,
    ) -> Result<BindingTable, CypherError> {
        let items = all_items(projection, table);
        let names: Vec<String> = items.iter().map(|item| item.name.clone()).collect();
        let aggregating = items.iter().any(|item| item.expression.aggregates());
        let skip = self.bound(projection.skip.as_ref())?.unwrap_or(0);
        let limit = self.bound(projection.limit.as_ref())?;
        let last = limit.map(|limit| skip.saturating_add(limit));
        // If rows do not depend on each other, no more are made than are returned, so that an error
        // after the last of them does not occur.
        let independent = !aggregating
            && !projection.distinct
            && projection.order.is_empty()
            && projection.predicate.is_none();
        let (mut rows, mut error) = if aggregating {
            self.grouped(&items, table)
        } else {
            self.each_row(&items, table, last.filter(|_| independent))
        };
        if projection.distinct {
            let mut seen = HashSet::new();
            rows.retain(|row| seen.insert(group_key(&Value::List(row.values.clone()))));
        }
        if !projection.order.is_empty() {
            if error.is_some() {
                return Ok(BindingTable {
                    names,
                    rows: Vec::new(),
                    error,
                });
            }
            self.sort(&mut rows, projection, &items, &names, &table.names)?;
        }
        if last.is_some_and(|last| rows.len() >= last) {
            error = None;
        }
        let mut kept = Vec::new();
        for row in rows
            .into_iter()
            .skip(skip)
            .take(limit.unwrap_or(usize::MAX))
        {
            if self.passes(projection.predicate.as_ref(), &row, &names, &table.names)? {
                kept.push(row.values);
            }
        }
        Ok(BindingTable {
            names,
            rows: kept,
            error,
        })
    }

    /// Returns whether a projected row passes the `WHERE` of `WITH`.
    fn passes(
        &self,
        predicate: Option<&Expr>,
        row: &Projected,
        names: &[String],
        old: &[String],
    ) -> Result<bool, CypherError> {
        let outer = row
            .source
            .as_ref()
            .map(|source| RowBindings::row(old, source));
        let mut bindings = RowBindings::row(names, &row.values);
        bindings.outer = outer.as_ref();
        bindings.aggregates = Some(&row.aggregates);
        self.holds(predicate, &bindings)
    }

    /// Evaluates `SKIP` or `LIMIT`.
    fn bound(&self, expression: Option<&Expr>) -> Result<Option<usize>, CypherError> {
        expression
            .map(|expression| row_count(&self.evaluate(expression, &RowBindings::row(&[], &[]))?))
            .transpose()
    }

    /// Projects each row, up to `wanted` rows or the first error.
    fn each_row(
        &self,
        items: &[ProjectionItem],
        table: &BindingTable,
        wanted: Option<usize>,
    ) -> (Vec<Projected>, Option<CypherError>) {
        let mut rows = Vec::new();
        for source in &table.rows {
            if wanted.is_some_and(|wanted| rows.len() >= wanted) {
                return (rows, None);
            }
            let bindings = RowBindings::row(&table.names, source);
            match items
                .iter()
                .map(|item| self.evaluate(&item.expression, &bindings))
                .collect()
            {
                Ok(values) => rows.push(Projected {
                    values,
                    source: Some(source.clone()),
                    aggregates: HashMap::new(),
                }),
                Err(error) => return (rows, Some(error)),
            }
        }
        (rows, table.error.clone())
    }

    fn sort(
        &self,
        rows: &mut Vec<Projected>,
        projection: &Projection,
        items: &[ProjectionItem],
        names: &[String],
        old: &[String],
    ) -> Result<(), CypherError> {
        let mut keyed = Vec::with_capacity(rows.len());
        let sorts: Vec<(Expr, bool)> = projection
            .order
            .iter()
            .map(|sort| (substituted(&sort.expression, items), sort.descending))
            .collect();
        for row in rows.drain(..) {
            let outer = row
                .source
                .as_ref()
                .map(|source| RowBindings::row(old, source));
            let mut bindings = RowBindings::row(names, &row.values);
            bindings.outer = outer.as_ref();
            bindings.aggregates = Some(&row.aggregates);
            let keys = sorts.iter().map(|(expression, descending)| {
                Ok((self.evaluate(expression, &bindings)?, *descending))
            });
            let keys = keys.collect::<Result<Vec<_>, CypherError>>()?;
            keyed.push((keys, row));
        }
        keyed.sort_by(|(left, _), (right, _)| by_keys(left, right));
        rows.extend(keyed.into_iter().map(|(_, row)| row));
        Ok(())
    }
}

/// Returns the items of a projection, with `*` expanded to all variables in alphabetical order.
fn all_items(projection: &Projection, table: &BindingTable) -> Vec<ProjectionItem> {
    let mut names = if projection.everything {
        table.names.clone()
    } else {
        Vec::new()
    };
    names.sort();
    names
        .into_iter()
        .map(ProjectionItem::variable)
        .chain(projection.items.iter().cloned())
        .collect()
}

/// Replaces projected expressions in a sort expression by the names of their columns.
fn substituted(expression: &Expr, items: &[ProjectionItem]) -> Expr {
    if let Some(item) = items.iter().find(|item| item.expression == *expression) {
        return Expr {
            at: expression.at,
            kind: ExprKind::Variable(item.name.clone()),
        };
    }
    let inner = |part: &Expr| Box::new(substituted(part, items));
    let kind = match &expression.kind {
        ExprKind::Property(subject, key) => ExprKind::Property(inner(subject), key.clone()),
        ExprKind::Negate(part) => ExprKind::Negate(inner(part)),
        ExprKind::Not(part) => ExprKind::Not(inner(part)),
        ExprKind::Binary(operator, left, right) => {
            ExprKind::Binary(*operator, inner(left), inner(right))
        }
        ExprKind::Index(left, right) => ExprKind::Index(inner(left), inner(right)),
        ExprKind::Function {
            name,
            distinct,
            arguments,
        } if !expression.is_aggregate() => ExprKind::Function {
            name: name.clone(),
            distinct: *distinct,
            arguments: arguments
                .iter()
                .map(|argument| substituted(argument, items))
                .collect(),
        },
        other => other.clone(),
    };
    Expr {
        at: expression.at,
        kind,
    }
}
