//! Expressions that evaluate another expression for each element of a list.

use super::truth;
use crate::codes::TYPE;
use crate::engine::{Engine, Evaluated, RowBindings};
use crate::error::CypherError;
use crate::syntax::{Expr, ExprKind, Quantifier};
use crate::value::Value;

impl Engine<'_> {
    /// Evaluates a comprehension, a list predicate or `reduce`.
    pub(super) fn iteration(&self, expression: &Expr, row: &RowBindings<'_>) -> Evaluated {
        match &expression.kind {
            ExprKind::Comprehension {
                name,
                list,
                predicate,
                result,
            } => self.comprehension(name, list, predicate.as_deref(), result.as_deref(), row),
            ExprKind::Quantified {
                quantifier,
                name,
                list,
                predicate,
            } => self.quantified(*quantifier, name, list, predicate, row),
            ExprKind::Reduce {
                accumulator,
                start,
                name,
                list,
                step,
            } => {
                let mut total = self.evaluate(start, row)?;
                let names = [accumulator.clone(), name.clone()];
                for item in self.items(list, row)?.unwrap_or_default() {
                    self.step()?;
                    let values = [total, item];
                    total = self.evaluate(step, &RowBindings::inside(&names, &values, row))?;
                }
                Ok(total)
            }
            _ => Ok(Value::Null),
        }
    }

    /// Evaluates an expression that must be a list. `None` is null.
    pub(crate) fn items(
        &self,
        list: &Expr,
        row: &RowBindings<'_>,
    ) -> Result<Option<Vec<Value>>, CypherError> {
        match self.evaluate(list, row)? {
            Value::Null => Ok(None),
            Value::List(items) => Ok(Some(items)),
            other => Err(CypherError::run(
                TYPE,
                format!("Expected a List, got: {}", other.described()),
            )),
        }
    }

    fn comprehension(
        &self,
        name: &str,
        list: &Expr,
        predicate: Option<&Expr>,
        result: Option<&Expr>,
        row: &RowBindings<'_>,
    ) -> Evaluated {
        let Some(items) = self.items(list, row)? else {
            return Ok(Value::Null);
        };
        let names = [name.to_owned()];
        let mut results = Vec::new();
        for item in items {
            self.step()?;
            let values = [item];
            let inner = RowBindings::inside(&names, &values, row);
            if !self.holds(predicate, &inner)? {
                continue;
            }
            let value = result
                .map(|result| self.evaluate(result, &inner))
                .transpose()?;
            let [item] = values;
            results.push(value.unwrap_or(item));
        }
        Ok(Value::List(results))
    }

    fn quantified(
        &self,
        quantifier: Quantifier,
        name: &str,
        list: &Expr,
        predicate: &Expr,
        row: &RowBindings<'_>,
    ) -> Evaluated {
        let Some(items) = self.items(list, row)? else {
            return Ok(Value::Null);
        };
        let names = [name.to_owned()];
        let (mut yes, mut no, mut unknown) = (0, 0, 0);
        for item in items {
            self.step()?;
            let values = [item];
            match self.truth(predicate, &RowBindings::inside(&names, &values, row))? {
                Some(true) => yes += 1,
                Some(false) => no += 1,
                None => unknown += 1,
            }
        }
        let known = match quantifier {
            Quantifier::All if no > 0 => Some(false),
            Quantifier::Any if yes > 0 => Some(true),
            Quantifier::None if yes > 0 => Some(false),
            Quantifier::Single if yes > 1 => Some(false),
            _ if unknown > 0 => None,
            Quantifier::All | Quantifier::None => Some(true),
            Quantifier::Any => Some(false),
            Quantifier::Single => Some(yes == 1),
        };
        Ok(truth(known))
    }
}
