//! Grouping and aggregate functions.

use std::collections::{HashMap, HashSet};

use super::Projected;
use crate::codes::{ARGUMENT, TYPE};
use crate::engine::{Engine, RowBindings};
use crate::error::CypherError;
use crate::evaluate::arithmetic;
use crate::execute::BindingTable;
use crate::syntax::{ArithmeticOperator, Expr, ExprKind, ProjectionItem};
use crate::value::{DurationValue, Value, group_key, order};

/// The rows that agree in the grouping keys.
struct AggregateGroup {
    /// The first row of the group.
    source: Vec<Value>,
    /// The arguments of each aggregate function.
    collected: Vec<Collected>,
}

/// The arguments of an aggregate function.
#[derive(Debug, Clone, Default)]
struct Collected {
    rows: i64,
    values: Vec<Value>,
    seen: HashSet<String>,
    /// The second argument of a percentile.
    extra: Value,
}

impl Engine<'_> {
    /// Groups the rows of a table by the items without aggregate functions, and projects each group.
    pub(super) fn grouped(
        &self,
        items: &[ProjectionItem],
        table: &BindingTable,
    ) -> (Vec<Projected>, Option<CypherError>) {
        if table.error.is_some() {
            return (Vec::new(), table.error.clone());
        }
        let mut calls = Vec::new();
        for item in items {
            collect_aggregates(&item.expression, &mut calls);
        }
        let groups = match self.groups(items, &calls, table) {
            Ok(groups) => groups,
            Err(error) => return (Vec::new(), Some(error)),
        };
        let mut rows = Vec::new();
        for group in groups {
            match self.project_group(items, &calls, table, group) {
                Ok(row) => rows.push(row),
                Err(error) => return (rows, Some(error)),
            }
        }
        (rows, None)
    }

    /// Collects the arguments of the aggregate functions for each group, in the order in which the
    /// groups appear.
    fn groups(
        &self,
        items: &[ProjectionItem],
        calls: &[&Expr],
        table: &BindingTable,
    ) -> Result<Vec<AggregateGroup>, CypherError> {
        let keys: Vec<&ProjectionItem> = items
            .iter()
            .filter(|item| !item.expression.aggregates())
            .collect();
        let group = |source: Vec<Value>| AggregateGroup {
            source,
            collected: vec![Collected::default(); calls.len()],
        };
        let mut groups = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        if keys.is_empty() {
            // Without keys there is one group, also if there are no rows.
            let source = table.rows.first().cloned();
            groups.push(group(
                source.unwrap_or_else(|| vec![Value::Null; table.names.len()]),
            ));
            known.insert(group_key(&Value::List(Vec::new())), 0);
        }
        for row in &table.rows {
            self.step()?;
            let bindings = RowBindings::row(&table.names, row);
            let key = keys
                .iter()
                .map(|item| self.evaluate(&item.expression, &bindings))
                .collect::<Result<Vec<_>, _>>()?;
            let index = *known
                .entry(group_key(&Value::List(key)))
                .or_insert_with(|| {
                    groups.push(group(row.clone()));
                    groups.len() - 1
                });
            let collected = groups.get_mut(index).map(|group| &mut group.collected);
            for (call, collected) in calls.iter().zip(collected.into_iter().flatten()) {
                self.collect(call, collected, &bindings)?;
            }
        }
        Ok(groups)
    }

    fn project_group(
        &self,
        items: &[ProjectionItem],
        calls: &[&Expr],
        table: &BindingTable,
        group: AggregateGroup,
    ) -> Result<Projected, CypherError> {
        let mut aggregates = HashMap::new();
        for (call, collected) in calls.iter().zip(group.collected) {
            aggregates.insert(call.at, finish(call, collected)?);
        }
        let mut bindings = RowBindings::row(&table.names, &group.source);
        bindings.aggregates = Some(&aggregates);
        let values = items
            .iter()
            .map(|item| self.evaluate(&item.expression, &bindings))
            .collect::<Result<_, _>>()?;
        Ok(Projected {
            values,
            source: Some(group.source),
            aggregates,
        })
    }

    /// Adds the argument of an aggregate function for one row.
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
}

/// Appends the outermost calls of aggregate functions.
fn collect_aggregates<'e>(expression: &'e Expr, into: &mut Vec<&'e Expr>) {
    if expression.is_aggregate() {
        into.push(expression);
        return;
    }
    expression.children(&mut |child| collect_aggregates(child, into));
}

/// Computes the value of an aggregate function.
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
        sum = arithmetic(ArithmeticOperator::Add, sum, value)?;
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
        sum => arithmetic(ArithmeticOperator::Divide, sum, Value::Float(count as f64)),
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
