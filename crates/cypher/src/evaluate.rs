//! Evaluation of expressions for one row, against the current state of the graph.

mod access;
mod constraints;
mod lists;
mod operators;

use std::cmp::Ordering;

use crate::codes::{SEMANTIC, TYPE};
use crate::engine::{Engine, Evaluated, RowBindings};
use crate::error::CypherError;
use crate::syntax::{BinaryOperator, CypherQuery, Expr, ExprKind, SubqueryKind};
use crate::value::{self, Map, Value, equals};

use constraints::is_type;
pub(crate) use constraints::{check_storable, row_count};
pub(crate) use operators::arithmetic;
use operators::{compared, contained, negate, texts};

impl Engine<'_> {
    /// Evaluates an expression. Missing variables and parameters are null; `check` refuses them.
    pub(crate) fn evaluate(&self, expression: &Expr, row: &RowBindings<'_>) -> Evaluated {
        match &expression.kind {
            ExprKind::Literal(value) => Ok(value.clone()),
            ExprKind::Variable(name) => Ok(row.find(name).cloned().unwrap_or(Value::Null)),
            ExprKind::Parameter(name) => {
                Ok(self.parameters.get(name).cloned().unwrap_or(Value::Null))
            }
            ExprKind::Property(..)
            | ExprKind::Index(..)
            | ExprKind::Slice(..)
            | ExprKind::MapProjection(..) => self.part(expression, row),
            ExprKind::List(items) => items
                .iter()
                .map(|item| self.evaluate(item, row))
                .collect::<Result<_, _>>()
                .map(Value::List),
            ExprKind::Map(entries) => entries
                .iter()
                .map(|(key, value)| Ok((key.clone(), self.evaluate(value, row)?)))
                .collect::<Result<Map, CypherError>>()
                .map(Value::Map),
            ExprKind::Negate(_)
            | ExprKind::Not(_)
            | ExprKind::Binary(..)
            | ExprKind::Comparison(..)
            | ExprKind::IsNull(..)
            | ExprKind::IsType(..)
            | ExprKind::HasLabels(..) => self.operation(expression, row),
            ExprKind::Function { .. } | ExprKind::CountStar if expression.is_aggregate() => {
                Ok(row.aggregate(expression.at).cloned().unwrap_or_default())
            }
            ExprKind::CountStar => Ok(Value::Null),
            ExprKind::Function {
                name, arguments, ..
            } => self.call(name, arguments, row),
            ExprKind::Case {
                subject,
                branches,
                otherwise,
            } => self.case(subject.as_deref(), branches, otherwise.as_deref(), row),
            ExprKind::Comprehension { .. }
            | ExprKind::Quantified { .. }
            | ExprKind::Reduce { .. } => self.iteration(expression, row),
            ExprKind::PatternComprehension {
                pattern,
                predicate,
                result,
            } => self
                .pattern_comprehension(pattern, predicate.as_deref(), result, row)
                .map(Value::List),
            ExprKind::Pattern(pattern) => self.pattern_value(pattern, row),
            ExprKind::Subquery(kind, query) => self.subquery_value(*kind, query, row),
        }
    }

    /// Evaluates an operator or a predicate.
    fn operation(&self, expression: &Expr, row: &RowBindings<'_>) -> Evaluated {
        match &expression.kind {
            ExprKind::Negate(inner) => negate(self.evaluate(inner, row)?),
            ExprKind::Not(inner) => Ok(truth(self.truth(inner, row)?.map(|value| !value))),
            ExprKind::Binary(operator, left, right) => self.binary(*operator, left, right, row),
            ExprKind::Comparison(first, rest) => self.comparison(first, rest, row),
            ExprKind::IsNull(inner, positive) => {
                let null = self.evaluate(inner, row)?.is_null();
                Ok(Value::Boolean(null == *positive))
            }
            ExprKind::IsType(inner, name, positive) => {
                let matches = is_type(&self.evaluate(inner, row)?, name);
                Ok(Value::Boolean(matches == *positive))
            }
            ExprKind::HasLabels(inner, labels) => {
                let subject = self.evaluate(inner, row)?;
                Ok(truth(self.has_labels(&subject, labels)))
            }
            _ => Ok(Value::Null),
        }
    }

    /// Evaluates a predicate. `None` is null.
    pub(crate) fn truth(
        &self,
        expression: &Expr,
        row: &RowBindings<'_>,
    ) -> Result<Option<bool>, CypherError> {
        match self.evaluate(expression, row)? {
            Value::Boolean(value) => Ok(Some(value)),
            Value::Null => Ok(None),
            Value::List(items) if matches!(expression.kind, ExprKind::Pattern(_)) => {
                Ok(Some(!items.is_empty()))
            }
            other => Err(CypherError::run(
                TYPE,
                format!(
                    "Don't know how to treat that as a predicate: {}",
                    other.described()
                ),
            )),
        }
    }

    /// Returns whether a predicate is true. A missing predicate is.
    pub(crate) fn holds(
        &self,
        predicate: Option<&Expr>,
        row: &RowBindings<'_>,
    ) -> Result<bool, CypherError> {
        predicate.map_or(Ok(true), |predicate| {
            Ok(self.truth(predicate, row)? == Some(true))
        })
    }

    fn binary(
        &self,
        operator: BinaryOperator,
        left: &Expr,
        right: &Expr,
        row: &RowBindings<'_>,
    ) -> Evaluated {
        match operator {
            BinaryOperator::And => {
                let left = self.truth(left, row)?;
                if left == Some(false) {
                    return Ok(Value::Boolean(false));
                }
                return Ok(match (left, self.truth(right, row)?) {
                    (_, Some(false)) => Value::Boolean(false),
                    (Some(true), Some(true)) => Value::Boolean(true),
                    _ => Value::Null,
                });
            }
            BinaryOperator::Or => {
                let left = self.truth(left, row)?;
                if left == Some(true) {
                    return Ok(Value::Boolean(true));
                }
                return Ok(match (left, self.truth(right, row)?) {
                    (_, Some(true)) => Value::Boolean(true),
                    (Some(false), Some(false)) => Value::Boolean(false),
                    _ => Value::Null,
                });
            }
            BinaryOperator::Xor => {
                let pair = (self.truth(left, row)?, self.truth(right, row)?);
                return Ok(match pair {
                    (Some(a), Some(b)) => Value::Boolean(a != b),
                    _ => Value::Null,
                });
            }
            _ => {}
        }
        let (left, right) = (self.evaluate(left, row)?, self.evaluate(right, row)?);
        match operator {
            BinaryOperator::In => contained(&left, right),
            BinaryOperator::StartsWith => {
                Ok(texts(&left, &right, |text, part| text.starts_with(part)))
            }
            BinaryOperator::EndsWith => Ok(texts(&left, &right, |text, part| text.ends_with(part))),
            BinaryOperator::Contains => Ok(texts(&left, &right, |text, part| text.contains(part))),
            BinaryOperator::Matches => self.matches(&left, &right),
            _ => arithmetic(operator, left, right),
        }
    }

    fn matches(&self, text: &Value, pattern: &Value) -> Evaluated {
        let (Value::String(text), Value::String(pattern)) = (text, pattern) else {
            return Ok(Value::Null);
        };
        let mut known = self.patterns.borrow_mut();
        if !known.contains_key(pattern) {
            let anchored = format!("^(?:{pattern})$");
            let compiled = regex::Regex::new(&anchored).map_err(|error| {
                CypherError::run(
                    SEMANTIC,
                    format!("Invalid Regex: {}", error.to_string().replace('\n', " ")),
                )
            })?;
            known.insert(pattern.clone(), compiled);
        }
        Ok(known
            .get(pattern)
            .map_or(Value::Null, |found| Value::Boolean(found.is_match(text))))
    }

    fn comparison(
        &self,
        first: &Expr,
        rest: &[(BinaryOperator, Expr)],
        row: &RowBindings<'_>,
    ) -> Evaluated {
        let mut left = self.evaluate(first, row)?;
        let mut known = Some(true);
        for (operator, expression) in rest {
            let right = self.evaluate(expression, row)?;
            match compared(*operator, &left, &right) {
                Some(false) => return Ok(Value::Boolean(false)),
                None => known = None,
                Some(true) => {}
            }
            left = right;
        }
        Ok(truth(known))
    }

    fn case(
        &self,
        subject: Option<&Expr>,
        branches: &[(Expr, Expr)],
        otherwise: Option<&Expr>,
        row: &RowBindings<'_>,
    ) -> Evaluated {
        let subject = subject
            .map(|subject| self.evaluate(subject, row))
            .transpose()?;
        for (condition, result) in branches {
            let taken = match &subject {
                Some(subject) => equals(subject, &self.evaluate(condition, row)?) == Some(true),
                None => self.truth(condition, row)? == Some(true),
            };
            if taken {
                return self.evaluate(result, row);
            }
        }
        otherwise.map_or(Ok(Value::Null), |otherwise| self.evaluate(otherwise, row))
    }

    fn subquery_value(
        &self,
        kind: SubqueryKind,
        query: &CypherQuery,
        row: &RowBindings<'_>,
    ) -> Evaluated {
        let (names, values) = row.flattened();
        let table = self.query(query, &names, &values)?;
        if let Some(error) = table.error {
            return Err(error);
        }
        Ok(match kind {
            SubqueryKind::Exists => Value::Boolean(!table.rows.is_empty()),
            SubqueryKind::Count => Value::Integer(table.rows.len() as i64),
            SubqueryKind::Collect => Value::List(
                table
                    .rows
                    .into_iter()
                    .filter_map(|row| row.into_iter().next())
                    .collect(),
            ),
        })
    }
}

/// Converts a truth value: `None` is null.
pub(crate) fn truth(known: Option<bool>) -> Value {
    known.map_or(Value::Null, Value::Boolean)
}

/// Compares two rows by their sort keys; `true` marks a descending key.
pub(crate) fn by_keys(left: &[(Value, bool)], right: &[(Value, bool)]) -> Ordering {
    left.iter()
        .zip(right)
        .map(|((a, descending), (b, _))| {
            if *descending {
                value::order(b, a)
            } else {
                value::order(a, b)
            }
        })
        .find(|found| found.is_ne())
        .unwrap_or(Ordering::Equal)
}
