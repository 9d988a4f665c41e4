//! Evaluation of expressions for one row, against the current state of the graph.

mod access;
mod constraints;
mod lists;
mod operators;

use std::cmp::Ordering;

use crate::codes::{SEMANTIC, TYPE};
use crate::engine::{Engine, Evaluated, RowBindings};
use crate::error::CypherError;
use crate::syntax::{
    BinaryOperator, CaseExpr, CypherComparison, CypherQuery, Expr, ExprKind, LogicalOperator,
    SubqueryKind, TextOperator,
};
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
            ExprKind::Property(subject, key) => self.property(&self.evaluate(subject, row)?, key),
            ExprKind::Index(subject, index) => {
                let (subject, index) = (self.evaluate(subject, row)?, self.evaluate(index, row)?);
                self.index(&subject, &index)
            }
            ExprKind::Slice(list, from, to) => {
                self.slice(list, from.as_deref(), to.as_deref(), row)
            }
            ExprKind::MapProjection(subject, elements) => {
                self.map_projection(subject, elements, row)
            }
            ExprKind::List(items) => self.list(items, row),
            ExprKind::Map(entries) => self.map(entries, row),
            ExprKind::Negate(inner) => negate(self.evaluate(inner, row)?),
            ExprKind::Not(inner) => Ok(truth(self.truth(inner, row)?.map(|value| !value))),
            ExprKind::Binary(operator, left, right) => self.binary(*operator, left, right, row),
            ExprKind::Comparison(first, rest) => self.comparison(first, rest, row),
            ExprKind::IsNull(inner, positive) => {
                let is_null = self.evaluate(inner, row)?.is_null();
                Ok(Value::Boolean(is_null == *positive))
            }
            ExprKind::IsType(inner, name, positive) => {
                let matches = is_type(&self.evaluate(inner, row)?, name);
                Ok(Value::Boolean(matches == *positive))
            }
            ExprKind::HasLabels(inner, labels) => {
                let subject = self.evaluate(inner, row)?;
                Ok(truth(self.has_labels(&subject, labels)))
            }
            ExprKind::Function { .. } | ExprKind::CountStar if expression.is_aggregate() => {
                Ok(row.aggregate(expression.at).cloned().unwrap_or_default())
            }
            ExprKind::CountStar => Ok(Value::Null),
            ExprKind::Function {
                name, arguments, ..
            } => self.call(name, arguments, row),
            ExprKind::Case(case) => self.case(case, row),
            ExprKind::Comprehension(comprehension) => self.comprehension(comprehension, row),
            ExprKind::Quantified(predicate) => self.list_predicate(predicate, row),
            ExprKind::Reduce(reduce) => self.reduce(reduce, row),
            ExprKind::PatternComprehension(comprehension) => {
                self.pattern_comprehension(comprehension, row)
            }
            ExprKind::Pattern(pattern) => self.pattern_value(pattern, row),
            ExprKind::Subquery(kind, query) => self.subquery_value(*kind, query, row),
        }
    }

    fn list(&self, items: &[Expr], row: &RowBindings<'_>) -> Evaluated {
        let values = items.iter().map(|item| self.evaluate(item, row));
        values.collect::<Result<_, _>>().map(Value::List)
    }

    fn map(&self, entries: &[(String, Expr)], row: &RowBindings<'_>) -> Evaluated {
        let evaluated = |(key, value): &(String, Expr)| {
            Ok::<_, CypherError>((key.clone(), self.evaluate(value, row)?))
        };
        let values = entries.iter().map(evaluated);
        values.collect::<Result<Map, _>>().map(Value::Map)
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
            BinaryOperator::Logical(operator) => self.logical(operator, left, right, row),
            BinaryOperator::Arithmetic(operator) => arithmetic(
                operator,
                self.evaluate(left, row)?,
                self.evaluate(right, row)?,
            ),
            BinaryOperator::Text(operator) => self.text_predicate(
                operator,
                &self.evaluate(left, row)?,
                &self.evaluate(right, row)?,
            ),
            BinaryOperator::In => contained(&self.evaluate(left, row)?, self.evaluate(right, row)?),
        }
    }

    fn logical(
        &self,
        operator: LogicalOperator,
        left: &Expr,
        right: &Expr,
        row: &RowBindings<'_>,
    ) -> Evaluated {
        let left = self.truth(left, row)?;
        // The value of the left operand that decides without the right one.
        let decisive = match operator {
            LogicalOperator::And => Some(false),
            LogicalOperator::Or => Some(true),
            LogicalOperator::Xor => None,
        };
        if decisive.is_some() && left == decisive {
            return Ok(truth(left));
        }
        let right = self.truth(right, row)?;
        Ok(truth(match operator {
            LogicalOperator::And | LogicalOperator::Or if right == decisive => right,
            LogicalOperator::And | LogicalOperator::Or => left.and(right),
            LogicalOperator::Xor => left.zip(right).map(|(left, right)| left != right),
        }))
    }

    fn text_predicate(&self, operator: TextOperator, text: &Value, part: &Value) -> Evaluated {
        let holds: fn(&str, &str) -> bool = match operator {
            TextOperator::StartsWith => |text, part| text.starts_with(part),
            TextOperator::EndsWith => |text, part| text.ends_with(part),
            TextOperator::Contains => |text, part| text.contains(part),
            TextOperator::Matches => return self.matches(text, part),
        };
        Ok(texts(text, part, holds))
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
        rest: &[(CypherComparison, Expr)],
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

    fn case(&self, case: &CaseExpr, row: &RowBindings<'_>) -> Evaluated {
        let subject = case.subject.as_ref();
        let subject = subject
            .map(|subject| self.evaluate(subject, row))
            .transpose()?;
        for (condition, result) in &case.branches {
            let taken = match &subject {
                Some(subject) => equals(subject, &self.evaluate(condition, row)?) == Some(true),
                None => self.truth(condition, row)? == Some(true),
            };
            if taken {
                return self.evaluate(result, row);
            }
        }
        let otherwise = case.otherwise.as_ref();
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
