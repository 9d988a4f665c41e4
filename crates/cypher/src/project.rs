//! WITH and RETURN: projection, grouping, DISTINCT, ORDER BY, SKIP and LIMIT.

use std::collections::{HashMap, HashSet};

use crate::codes::{ARGUMENT, TYPE};
use crate::engine::{Engine, RowBindings};
use crate::error::CypherError;
use crate::evaluate::{arithmetic, by_keys, row_count};
use crate::execute::BindingTable;
use crate::syntax::{BinaryOperator, Expr, ExprKind, Projection, ProjectionItem};
use crate::value::{DurationValue, Value, group_key, order};

/// A projected row and the row that it was made from (none behind an aggregation).
struct Projected {
    values: Vec<Value>,
    source: Option<Vec<Value>>,
    aggregates: HashMap<usize, Value>,
}

impl Engine<'_> {
    pub(crate) fn project(
        &self,
        projection: &Projection,
        table: &BindingTable,
    ) -> Result<BindingTable, CypherError> {
        let mut items: Vec<ProjectionItem> = Vec::new();
        if projection.everything {
            let mut names = table.names.clone();
            names.sort();
            items.extend(names.into_iter().map(|name| ProjectionItem {
                expression: Expr {
                    at: usize::MAX,
                    kind: ExprKind::Variable(name.clone()),
                },
                name,
                aliased: true,
            }));
        }
        items.extend(projection.items.iter().cloned());
        let names: Vec<String> = items.iter().map(|item| item.name.clone()).collect();
        let aggregating = items.iter().any(|item| item.expression.aggregates());
        let skip = self.bound(projection.skip.as_ref())?.unwrap_or(0);
        let limit = self.bound(projection.limit.as_ref())?;
        // Where every row stands for itself, no more are made than are wanted: a failure behind them is never met.
        let plain = !aggregating
            && !projection.distinct
            && projection.order.is_empty()
            && projection.predicate.is_none();
        let wanted = limit
            .filter(|_| plain)
            .map(|limit| skip.saturating_add(limit));
        let (mut rows, mut error) = if aggregating {
            self.grouped(&items, table)?
        } else {
            self.each(&items, table, wanted)
        };
        if projection.distinct {
            let mut seen = HashSet::new();
            rows.retain(|row| seen.insert(group_key(&Value::List(row.values.clone()))));
        }
        if !projection.order.is_empty() {
            if let Some(error) = error {
                return Ok(BindingTable {
                    names,
                    rows: Vec::new(),
                    error: Some(error),
                });
            }
            self.sort(&mut rows, projection, &items, &names, &table.names)?;
        }
        let complete = limit.is_some_and(|limit| rows.len() >= skip.saturating_add(limit));
        let mut kept: Vec<Projected> = rows
            .into_iter()
            .skip(skip)
            .take(limit.unwrap_or(usize::MAX))
            .collect();
        if complete {
            error = None;
        }
        if let Some(predicate) = &projection.predicate {
            let mut passed = Vec::with_capacity(kept.len());
            for row in kept {
                let outer = row
                    .source
                    .as_ref()
                    .map(|source| RowBindings::row(&table.names, source));
                let mut bindings = RowBindings::row(&names, &row.values);
                bindings.outer = outer.as_ref();
                bindings.aggregates = Some(&row.aggregates);
                if self.holds(Some(predicate), &bindings)? {
                    passed.push(row);
                }
            }
            kept = passed;
        }
        Ok(BindingTable {
            names,
            rows: kept.into_iter().map(|row| row.values).collect(),
            error,
        })
    }

    fn bound(&self, expression: Option<&Expr>) -> Result<Option<usize>, CypherError> {
        expression
            .map(|expression| row_count(&self.evaluate(expression, &RowBindings::row(&[], &[]))?))
            .transpose()
    }

    fn each(
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

    fn grouped(
        &self,
        items: &[ProjectionItem],
        table: &BindingTable,
    ) -> Result<(Vec<Projected>, Option<CypherError>), CypherError> {
        if table.error.is_some() {
            return Ok((Vec::new(), table.error.clone()));
        }
        let keys: Vec<&ProjectionItem> = items
            .iter()
            .filter(|item| !item.expression.aggregates())
            .collect();
        let mut calls = Vec::new();
        for item in items {
            collect_aggregates(&item.expression, &mut calls);
        }
        let mut groups: Vec<(Vec<Value>, Vec<Collected>)> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        if keys.is_empty() {
            known.insert(group_key(&Value::List(Vec::new())), 0);
            groups.push((
                vec![Value::Null; table.names.len()],
                vec![Collected::default(); calls.len()],
            ));
        }
        for row in &table.rows {
            self.step()?;
            let bindings = RowBindings::row(&table.names, row);
            let key = keys
                .iter()
                .map(|item| self.evaluate(&item.expression, &bindings))
                .collect::<Result<Vec<_>, _>>();
            let key = match key {
                Ok(key) => key,
                Err(error) => return Ok((Vec::new(), Some(error))),
            };
            let index = *known
                .entry(group_key(&Value::List(key)))
                .or_insert_with(|| {
                    groups.push((row.clone(), vec![Collected::default(); calls.len()]));
                    groups.len() - 1
                });
            let Some((first, collected)) = groups.get_mut(index) else {
                continue;
            };
            if keys.is_empty() && collected.iter().all(|one| one.rows == 0) {
                first.clone_from(row);
            }
            for (call, one) in calls.iter().zip(collected) {
                if let Err(error) = self.collect(call, one, &bindings) {
                    return Ok((Vec::new(), Some(error)));
                }
            }
        }
        let mut rows = Vec::new();
        for (source, collected) in groups {
            let mut aggregates = HashMap::new();
            for (call, one) in calls.iter().zip(collected) {
                match finish(call, one) {
                    Ok(value) => drop(aggregates.insert(call.at, value)),
                    Err(error) => return Ok((rows, Some(error))),
                }
            }
            let mut bindings = RowBindings::row(&table.names, &source);
            bindings.aggregates = Some(&aggregates);
            let values = items
                .iter()
                .map(|item| self.evaluate(&item.expression, &bindings))
                .collect::<Result<_, _>>();
            match values {
                Ok(values) => rows.push(Projected {
                    values,
                    source: Some(source),
                    aggregates,
                }),
                Err(error) => return Ok((rows, Some(error))),
            }
        }
        Ok((rows, None))
    }

    fn collect(
        &self,
        call: &Expr,
        into: &mut Collected,
        row: &RowBindings<'_>,
    ) -> Result<(), CypherError> {
        into.rows += 1;
        let ExprKind::Function {
            distinct,
            arguments,
            ..
        } = &call.kind
        else {
            return Ok(());
        };
        let Some(argument) = arguments.first() else {
            return Ok(());
        };
        let value = self.evaluate(argument, row)?;
        if value.is_null() {
            return Ok(());
        }
        if *distinct && !into.seen.insert(group_key(&value)) {
            return Ok(());
        }
        into.values.push(value);
        if let Some(second) = arguments.get(1) {
            into.extra = self.evaluate(second, row)?;
        }
        Ok(())
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

/// What an aggregate function has seen.
#[derive(Debug, Clone, Default)]
struct Collected {
    rows: i64,
    values: Vec<Value>,
    seen: HashSet<String>,
    /// The second argument, for percentiles.
    extra: Value,
}

fn collect_aggregates<'e>(expression: &'e Expr, into: &mut Vec<&'e Expr>) {
    if expression.is_aggregate() {
        into.push(expression);
        return;
    }
    expression.children(&mut |child| collect_aggregates(child, into));
}

/// A sort expression in which what was projected is named by its column.
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

fn finish(call: &Expr, collected: Collected) -> Result<Value, CypherError> {
    let ExprKind::Function { name, .. } = &call.kind else {
        return Ok(Value::Integer(collected.rows));
    };
    let values = collected.values;
    match name.to_ascii_lowercase().as_str() {
        "count" => Ok(Value::Integer(values.len() as i64)),
        "collect" => Ok(Value::List(values)),
        "min" => Ok(values.into_iter().min_by(order).unwrap_or(Value::Null)),
        "max" => Ok(values.into_iter().max_by(order).unwrap_or(Value::Null)),
        "sum" => total(name, values),
        "avg" => average(name, values),
        "stdev" => deviation(name, &values, 1.0),
        "stdevp" => deviation(name, &values, 0.0),
        "percentiledisc" => percentile(name, &values, &collected.extra, false),
        _ => percentile(name, &values, &collected.extra, true),
    }
}

fn total(name: &str, values: Vec<Value>) -> Result<Value, CypherError> {
    let mut sum = match values.first() {
        Some(Value::Duration(_)) => Value::Duration(DurationValue::default()),
        _ => Value::Integer(0),
    };
    for value in values {
        if !matches!(
            value,
            Value::Integer(_) | Value::Float(_) | Value::Duration(_)
        ) {
            let message =
                format!("{name}(...) can only handle numerical values, duration, and null.");
            return Err(CypherError::run(TYPE, message));
        }
        sum = arithmetic(BinaryOperator::Add, sum, value)?;
    }
    Ok(sum)
}

fn average(name: &str, values: Vec<Value>) -> Result<Value, CypherError> {
    let count = values.len() as i64;
    if count == 0 {
        return Ok(Value::Null);
    }
    match total(name, values)? {
        Value::Duration(sum) => Ok(Value::Duration(DurationValue::new(
            sum.months / count,
            sum.days / count,
            sum.seconds / count,
            sum.nanos / count,
        ))),
        sum => arithmetic(BinaryOperator::Divide, sum, Value::Float(count as f64)),
    }
}

fn numbers(name: &str, values: &[Value]) -> Result<Vec<f64>, CypherError> {
    let number = |value: &Value| match value {
        Value::Integer(number) => Ok(*number as f64),
        Value::Float(number) => Ok(*number),
        other => Err(CypherError::run(
            TYPE,
            format!(
                "{name}(...) can only handle numerical values, got: {}",
                other.described()
            ),
        )),
    };
    values.iter().map(number).collect()
}

fn deviation(name: &str, values: &[Value], lost: f64) -> Result<Value, CypherError> {
    let numbers = numbers(name, values)?;
    let count = numbers.len() as f64;
    if count - lost <= 0.0 {
        return Ok(Value::Float(0.0));
    }
    let mean = numbers.iter().sum::<f64>() / count;
    let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
    Ok(Value::Float((squares / (count - lost)).sqrt()))
}

fn percentile(
    name: &str,
    values: &[Value],
    at: &Value,
    continuous: bool,
) -> Result<Value, CypherError> {
    let fraction = numbers(name, std::slice::from_ref(at))?
        .first()
        .copied()
        .unwrap_or_default();
    if !(0.0..=1.0).contains(&fraction) {
        let message = format!(
            "Invalid input '{fraction}' is not a valid argument, must be a number in the range 0.0 to 1.0"
        );
        return Err(CypherError::run(ARGUMENT, message));
    }
    let mut sorted = values.to_vec();
    numbers(name, &sorted)?;
    sorted.sort_by(order);
    let Some(last) = sorted.len().checked_sub(1) else {
        return Ok(Value::Null);
    };
    if !continuous {
        let index = ((fraction * sorted.len() as f64).ceil() as usize).saturating_sub(1);
        return Ok(sorted.get(index.min(last)).cloned().unwrap_or(Value::Null));
    }
    let place = fraction * last as f64;
    let (low, high) = (place.floor() as usize, place.ceil() as usize);
    let (Some(below), Some(above)) = (sorted.get(low), sorted.get(high)) else {
        return Ok(Value::Null);
    };
    if low == high {
        return Ok(below.clone());
    }
    let (below, above) = (
        numbers(name, std::slice::from_ref(below))?,
        numbers(name, std::slice::from_ref(above))?,
    );
    let (Some(below), Some(above)) = (below.first(), above.first()) else {
        return Ok(Value::Null);
    };
    Ok(Value::Float(below + (above - below) * place.fract()))
}
