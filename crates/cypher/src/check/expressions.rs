//! Checks of expressions: variables, function calls and aggregates.

use super::{CheckResult, Checker, Scope, StaticType};
use crate::functions;
use crate::syntax::{Expr, ExprKind, MapElement, Shortest};
use std::collections::BTreeSet;

impl Checker<'_> {
    pub(crate) fn predicate(&mut self, predicate: &Expr, scope: &Scope) -> CheckResult {
        self.no_aggregates(predicate)?;
        self.expression(predicate, scope)?;
        let kind = Self::type_of(predicate, scope);
        if matches!(
            kind,
            StaticType::Integer | StaticType::Float | StaticType::String | StaticType::Map
        ) {
            return self.mismatch("Boolean", kind, predicate.at);
        }
        Ok(())
    }

    pub(crate) fn expression(&mut self, expression: &Expr, scope: &Scope) -> CheckResult {
        match &expression.kind {
            ExprKind::Variable(name) => match scope.find(name) {
                Some(_) => Ok(()),
                None => self.fail(&format!("Variable `{name}` not defined"), expression.at),
            },
            ExprKind::Parameter(name) => {
                self.used.insert(name.clone());
                Ok(())
            }
            ExprKind::Function {
                name, arguments, ..
            } => self.function(name, arguments, expression.at, scope),
            ExprKind::Literal(_)
            | ExprKind::Property(..)
            | ExprKind::Index(..)
            | ExprKind::Slice(..)
            | ExprKind::List(_)
            | ExprKind::Map(_)
            | ExprKind::Negate(_)
            | ExprKind::Not(_)
            | ExprKind::Binary(..)
            | ExprKind::Comparison(..)
            | ExprKind::IsNull(..)
            | ExprKind::IsType(..)
            | ExprKind::HasLabels(..)
            | ExprKind::CountStar
            | ExprKind::Case { .. } => {
                self.children(expression, scope)?;
                self.operand_types(expression, scope)
            }
            ExprKind::Comprehension { .. }
            | ExprKind::Quantified { .. }
            | ExprKind::Reduce { .. } => self.iteration(expression, scope),
            ExprKind::Pattern(_) | ExprKind::PatternComprehension { .. } => {
                self.pattern_value(expression, scope)
            }
            ExprKind::Subquery(_, query) => query
                .parts
                .iter()
                .try_for_each(|part| self.clauses(part, scope.clone(), true).map(drop)),
            ExprKind::MapProjection(subject, elements) => {
                self.expression(subject, scope)?;
                elements
                    .iter()
                    .try_for_each(|element| self.map_element(element, scope))
            }
        }
    }

    fn children(&mut self, expression: &Expr, scope: &Scope) -> CheckResult {
        let mut parts = Vec::new();
        expression.children(&mut |child| parts.push(child));
        parts
            .into_iter()
            .try_for_each(|part| self.expression(part, scope))
    }

    fn map_element(&mut self, element: &MapElement, scope: &Scope) -> CheckResult {
        match element {
            MapElement::Entry(_, value) => self.expression(value, scope),
            MapElement::Variable(name, at) if scope.find(name).is_none() => {
                self.fail(&format!("Variable `{name}` not defined"), *at)
            }
            MapElement::Variable(..) | MapElement::Property(_) | MapElement::Everything => Ok(()),
        }
    }

    /// Checks an expression that evaluates another one for each element of a list.
    fn iteration(&mut self, expression: &Expr, scope: &Scope) -> CheckResult {
        if let ExprKind::Comprehension {
            name,
            list,
            predicate,
            result,
        } = &expression.kind
        {
            self.list(list, scope)?;
            let inner = scope.with(name, StaticType::Any);
            return predicate
                .iter()
                .chain(result)
                .try_for_each(|part| self.expression(part, &inner));
        }
        if let ExprKind::Quantified {
            name,
            list,
            predicate,
            ..
        } = &expression.kind
        {
            self.list(list, scope)?;
            return self.expression(predicate, &scope.with(name, StaticType::Any));
        }
        if let ExprKind::Reduce {
            accumulator,
            start,
            name,
            list,
            step,
        } = &expression.kind
        {
            self.expression(start, scope)?;
            self.list(list, scope)?;
            let inner = scope.with(accumulator, StaticType::Any);
            return self.expression(step, &inner.with(name, StaticType::Any));
        }
        Ok(())
    }

    fn pattern_value(&mut self, expression: &Expr, scope: &Scope) -> CheckResult {
        let (pattern, predicate, result) = match &expression.kind {
            ExprKind::PatternComprehension {
                pattern,
                predicate,
                result,
            } => (pattern, predicate.as_deref(), Some(result.as_ref())),
            ExprKind::Pattern(pattern) => (pattern, None, None),
            _ => return Ok(()),
        };
        let predicate_only = result.is_none() && pattern.shortest == Shortest::No;
        if let Some(name) = pattern
            .names()
            .find(|name| predicate_only && scope.find(&name.text).is_none())
        {
            let message = format!(
                "PatternExpressions are not allowed to introduce new variables: '{}'.",
                name.text
            );
            return self.fail(&message, name.at);
        }
        let mut inner = scope.clone();
        self.pattern(pattern, &mut inner, &mut BTreeSet::new())?;
        self.pattern_expressions(pattern, &inner)?;
        predicate
            .into_iter()
            .chain(result)
            .try_for_each(|part| self.expression(part, &inner))
    }

    fn list(&mut self, list: &Expr, scope: &Scope) -> CheckResult {
        self.expression(list, scope)?;
        let kind = Self::type_of(list, scope);
        if matches!(kind, StaticType::Any | StaticType::List) {
            return Ok(());
        }
        self.mismatch("List<T>", kind, list.at)
    }

    fn function(
        &mut self,
        name: &str,
        arguments: &[Expr],
        at: usize,
        scope: &Scope,
    ) -> CheckResult {
        let Some((least, most)) = functions::arity(name) else {
            return self.fail(&format!("Unknown function '{name}'"), at);
        };
        if arguments.len() < least {
            return self.fail(
                &format!("Insufficient parameters for function '{name}'"),
                at,
            );
        }
        if arguments.len() > most {
            return self.fail(&format!("Too many parameters for function '{name}'"), at);
        }
        arguments
            .iter()
            .try_for_each(|argument| self.expression(argument, scope))?;
        let Some(first) = arguments.first() else {
            return Ok(());
        };
        let kind = Self::type_of(first, scope);
        let (expected, allowed): (&str, &[StaticType]) = match name.to_ascii_lowercase().as_str() {
            "size" => ("String or List<T>", &[StaticType::String, StaticType::List]),
            "labels" => ("Node", &[StaticType::Node]),
            "type" | "startnode" | "endnode" => ("Relationship", &[StaticType::Relationship]),
            "id" | "elementid" => (
                "Node or Relationship",
                &[StaticType::Node, StaticType::Relationship],
            ),
            "nodes" | "relationships" | "length" => ("Path", &[StaticType::Path]),
            "toupper" | "tolower" | "trim" | "ltrim" | "rtrim" | "split" | "substring"
            | "replace" => ("String", &[StaticType::String]),
            "sum" | "avg" => (
                "Float, Integer or Duration",
                &[StaticType::Float, StaticType::Integer, StaticType::Map],
            ),
            "keys" | "properties" => (
                "Map, Node or Relationship",
                &[StaticType::Map, StaticType::Node, StaticType::Relationship],
            ),
            "exists"
                if !matches!(
                    first.kind,
                    ExprKind::Pattern(_) | ExprKind::Property(..) | ExprKind::Index(..)
                ) =>
            {
                return self.fail("Argument to exists(...) is not a pattern", first.at);
            }
            _ => return Ok(()),
        };
        if kind == StaticType::Any || allowed.contains(&kind) {
            return Ok(());
        }
        self.mismatch(expected, kind, first.at)
    }

    pub(crate) fn no_aggregates(&self, expression: &Expr) -> CheckResult {
        match first_aggregate(expression) {
            None => Ok(()),
            Some(found) => {
                let name = function_name(found);
                self.fail(
                    &format!("Invalid use of aggregating function {name}(...) in this context"),
                    found.at,
                )
            }
        }
    }

    /// No aggregate inside another.
    pub(crate) fn aggregates(&self, expression: &Expr) -> CheckResult {
        if expression.is_aggregate() {
            let mut inner = None;
            expression.children(&mut |child| inner = inner.or_else(|| first_aggregate(child)));
            return match inner {
                None => Ok(()),
                Some(found) => self.fail(
                    "Can't use aggregate functions inside of aggregate functions.",
                    found.at,
                ),
            };
        }
        let mut parts = Vec::new();
        expression.children(&mut |child| parts.push(child));
        parts.into_iter().try_for_each(|part| self.aggregates(part))
    }
}

fn function_name(expression: &Expr) -> &str {
    match &expression.kind {
        ExprKind::Function { name, .. } => name,
        _ => "count",
    }
}

fn first_aggregate(expression: &Expr) -> Option<&Expr> {
    if expression.is_aggregate() {
        return Some(expression);
    }
    let mut found = None;
    expression.children(&mut |child| found = found.or_else(|| first_aggregate(child)));
    found
}
