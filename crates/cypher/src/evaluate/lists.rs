//! Expressions that evaluate another expression for each element of a list.

use super::truth;
use crate::codes::TYPE;
use crate::engine::{Engine, Evaluated, RowBindings};
use crate::error::CypherError;
use crate::syntax::{Expr, ListComprehension, ListPredicate, Quantifier, ReduceExpr};
use crate::value::Value;

impl Engine<'_> {
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

    pub(super) fn comprehension(
        &self,
        comprehension: &ListComprehension,
        row: &RowBindings<'_>,
    ) -> Evaluated {
        let Some(items) = self.items(&comprehension.list, row)? else {
            return Ok(Value::Null);
        };
        let names = [comprehension.name.clone()];
        let mut results = Vec::new();
        for item in items {
            self.step()?;
            let values = [item];
            let inner = RowBindings::inside(&names, &values, row);
            if !self.holds(comprehension.predicate.as_ref(), &inner)? {
                continue;
            }
            let result = comprehension.result.as_ref();
            let value = result
                .map(|result| self.evaluate(result, &inner))
                .transpose()?;
            let [item] = values;
            results.push(value.unwrap_or(item));
        }
        Ok(Value::List(results))
    }

    pub(super) fn reduce(&self, reduce: &ReduceExpr, row: &RowBindings<'_>) -> Evaluated {
        let mut total = self.evaluate(&reduce.start, row)?;
        let names = [reduce.accumulator.clone(), reduce.name.clone()];
        for item in self.items(&reduce.list, row)?.unwrap_or_default() {
            self.step()?;
            let values = [total, item];
            total = self.evaluate(&reduce.step, &RowBindings::inside(&names, &values, row))?;
        }
        Ok(total)
    }

    pub(super) fn list_predicate(
        &self,
        predicate: &ListPredicate,
        row: &RowBindings<'_>,
    ) -> Evaluated {
        let Some(items) = self.items(&predicate.list, row)? else {
            return Ok(Value::Null);
        };
        let names = [predicate.name.clone()];
        let (mut yes, mut no, mut unknown) = (0, 0, 0);
        for item in items {
            self.step()?;
            let values = [item];
            let inner = RowBindings::inside(&names, &values, row);
            match self.truth(&predicate.predicate, &inner)? {
                Some(true) => yes += 1,
                Some(false) => no += 1,
                None => unknown += 1,
            }
        }
        let known = match predicate.quantifier {
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
