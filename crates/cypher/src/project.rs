//! WITH and RETURN: projection, grouping, DISTINCT, ORDER BY, SKIP and LIMIT.

use std::collections::{HashMap, HashSet};

use super::evaluate::{Bindings, Engine, amount, arithmetic, by_keys};
use super::execute::Table;
use super::failure::{ARGUMENT, Failure, TYPE};
use super::syntax::{Expression, Item, Kind, Operator, Projection};
use crate::value::{Duration, Value, group_key, order};

/// A projected row and the row that it was made from (none behind an aggregation).
struct Projected {
    values: Vec<Value>,
    source: Option<Vec<Value>>,
    aggregates: HashMap<usize, Value>,
}

impl Engine<'_> {
    pub(super) fn project(&self, projection: &Projection, table: &Table) -> Result<Table, Failure> {
        let mut items: Vec<Item> = Vec::new();
        if projection.everything {
            let mut names = table.names.clone();
            names.sort();
            items.extend(names.into_iter().map(|name| Item {
                expression: Expression {
                    at: usize::MAX,
                    kind: Kind::Variable(name.clone()),
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
        let (mut rows, mut failure) = if aggregating {
            self.grouped(&items, table)?
        } else {
            self.each(&items, table, wanted)
        };
        if projection.distinct {
            let mut seen = HashSet::new();
            rows.retain(|row| seen.insert(group_key(&Value::List(row.values.clone()))));
        }
        if !projection.order.is_empty() {
            if let Some(failure) = failure {
                return Ok(Table {
                    names,
                    rows: Vec::new(),
                    failure: Some(failure),
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
            failure = None;
        }
        if let Some(predicate) = &projection.predicate {
            let mut passed = Vec::with_capacity(kept.len());
            for row in kept {
                let outer = row
                    .source
                    .as_ref()
                    .map(|source| Bindings::row(&table.names, source));
                let mut bindings = Bindings::row(&names, &row.values);
                bindings.outer = outer.as_ref();
                bindings.aggregates = Some(&row.aggregates);
                if self.holds(Some(predicate), &bindings)? {
                    passed.push(row);
                }
            }
            kept = passed;
        }
        Ok(Table {
            names,
            rows: kept.into_iter().map(|row| row.values).collect(),
            failure,
        })
    }

    fn bound(&self, expression: Option<&Expression>) -> Result<Option<usize>, Failure> {
        expression
            .map(|expression| amount(&self.evaluate(expression, &Bindings::row(&[], &[]))?))
            .transpose()
    }

    fn each(
        &self,
        items: &[Item],
        table: &Table,
        wanted: Option<usize>,
    ) -> (Vec<Projected>, Option<Failure>) {
        let mut rows = Vec::new();
        for source in &table.rows {
            if wanted.is_some_and(|wanted| rows.len() >= wanted) {
                return (rows, None);
            }
            let bindings = Bindings::row(&table.names, source);
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
                Err(failure) => return (rows, Some(failure)),
            }
        }
        (rows, table.failure.clone())
    }

    fn grouped(
        &self,
        items: &[Item],
        table: &Table,
    ) -> Result<(Vec<Projected>, Option<Failure>), Failure> {
        if table.failure.is_some() {
            return Ok((Vec::new(), table.failure.clone()));
        }
        let keys: Vec<&Item> = items
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
            let bindings = Bindings::row(&table.names, row);
            let key = keys
                .iter()
                .map(|item| self.evaluate(&item.expression, &bindings))
                .collect::<Result<Vec<_>, _>>();
            let key = match key {
                Ok(key) => key,
                Err(failure) => return Ok((Vec::new(), Some(failure))),
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
                if let Err(failure) = self.collect(call, one, &bindings) {
                    return Ok((Vec::new(), Some(failure)));
                }
            }
        }
        let mut rows = Vec::new();
        for (source, collected) in groups {
            let mut aggregates = HashMap::new();
            for (call, one) in calls.iter().zip(collected) {
                match finish(call, one) {
                    Ok(value) => drop(aggregates.insert(call.at, value)),
                    Err(failure) => return Ok((rows, Some(failure))),
                }
            }
            let mut bindings = Bindings::row(&table.names, &source);
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
                Err(failure) => return Ok((rows, Some(failure))),
            }
        }
        Ok((rows, None))
    }

    fn collect(
        &self,
        call: &Expression,
        into: &mut Collected,
        row: &Bindings<'_>,
    ) -> Result<(), Failure> {
        into.rows += 1;
        let Kind::Function {
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
        items: &[Item],
        names: &[String],
        old: &[String],
    ) -> Result<(), Failure> {
        let mut keyed = Vec::with_capacity(rows.len());
        let sorts: Vec<(Expression, bool)> = projection
            .order
            .iter()
            .map(|sort| (substituted(&sort.expression, items), sort.descending))
            .collect();
        for row in rows.drain(..) {
            let outer = row.source.as_ref().map(|source| Bindings::row(old, source));
            let mut bindings = Bindings::row(names, &row.values);
            bindings.outer = outer.as_ref();
            bindings.aggregates = Some(&row.aggregates);
            let keys = sorts.iter().map(|(expression, descending)| {
                Ok((self.evaluate(expression, &bindings)?, *descending))
            });
            let keys = keys.collect::<Result<Vec<_>, Failure>>()?;
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

fn collect_aggregates<'e>(expression: &'e Expression, into: &mut Vec<&'e Expression>) {
    if expression.is_aggregate() {
        into.push(expression);
        return;
    }
    expression.children(&mut |child| collect_aggregates(child, into));
}

/// A sort expression in which what was projected is named by its column.
fn substituted(expression: &Expression, items: &[Item]) -> Expression {
    if let Some(item) = items.iter().find(|item| item.expression == *expression) {
        return Expression {
            at: expression.at,
            kind: Kind::Variable(item.name.clone()),
        };
    }
    let inner = |part: &Expression| Box::new(substituted(part, items));
    let kind = match &expression.kind {
        Kind::Property(subject, key) => Kind::Property(inner(subject), key.clone()),
        Kind::Negate(part) => Kind::Negate(inner(part)),
        Kind::Not(part) => Kind::Not(inner(part)),
        Kind::Binary(operator, left, right) => Kind::Binary(*operator, inner(left), inner(right)),
        Kind::Index(left, right) => Kind::Index(inner(left), inner(right)),
        Kind::Function {
            name,
            distinct,
            arguments,
        } if !expression.is_aggregate() => Kind::Function {
            name: name.clone(),
            distinct: *distinct,
            arguments: arguments
                .iter()
                .map(|argument| substituted(argument, items))
                .collect(),
        },
        other => other.clone(),
    };
    Expression {
        at: expression.at,
        kind,
    }
}

fn finish(call: &Expression, collected: Collected) -> Result<Value, Failure> {
    let Kind::Function { name, .. } = &call.kind else {
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

fn total(name: &str, values: Vec<Value>) -> Result<Value, Failure> {
    let mut sum = match values.first() {
        Some(Value::Duration(_)) => Value::Duration(Duration::default()),
        _ => Value::Integer(0),
    };
    for value in values {
        if !matches!(
            value,
            Value::Integer(_) | Value::Float(_) | Value::Duration(_)
        ) {
            let message =
                format!("{name}(...) can only handle numerical values, duration, and null.");
            return Err(Failure::run(TYPE, message));
        }
        sum = arithmetic(Operator::Add, sum, value)?;
    }
    Ok(sum)
}

fn average(name: &str, values: Vec<Value>) -> Result<Value, Failure> {
    let count = values.len() as i64;
    if count == 0 {
        return Ok(Value::Null);
    }
    match total(name, values)? {
        Value::Duration(sum) => Ok(Value::Duration(Duration::new(
            sum.months / count,
            sum.days / count,
            sum.seconds / count,
            sum.nanos / count,
        ))),
        sum => arithmetic(Operator::Divide, sum, Value::Float(count as f64)),
    }
}

fn numbers(name: &str, values: &[Value]) -> Result<Vec<f64>, Failure> {
    let number = |value: &Value| match value {
        Value::Integer(number) => Ok(*number as f64),
        Value::Float(number) => Ok(*number),
        other => Err(Failure::run(
            TYPE,
            format!(
                "{name}(...) can only handle numerical values, got: {}",
                other.described()
            ),
        )),
    };
    values.iter().map(number).collect()
}

fn deviation(name: &str, values: &[Value], lost: f64) -> Result<Value, Failure> {
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
) -> Result<Value, Failure> {
    let fraction = numbers(name, std::slice::from_ref(at))?
        .first()
        .copied()
        .unwrap_or_default();
    if !(0.0..=1.0).contains(&fraction) {
        let message = format!(
            "Invalid input '{fraction}' is not a valid argument, must be a number in the range 0.0 to 1.0"
        );
        return Err(Failure::run(ARGUMENT, message));
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
