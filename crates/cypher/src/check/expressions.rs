//! Checks of expressions: variables, function calls and aggregates.

use super::{CheckResult, Checker, Scope, StaticType};
use crate::functions;
use crate::syntax::{
    Expr, ExprKind, ListComprehension, ListPredicate, MapElement, PathPattern, ReduceExpr, Shortest,
};
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
            | ExprKind::Case(_) => {
                self.children(expression, scope)?;
                self.operand_types(expression, scope)
            }
            ExprKind::Comprehension(comprehension) => self.comprehension(comprehension, scope),
            ExprKind::Quantified(predicate) => self.list_predicate(predicate, scope),
            ExprKind::Reduce(reduce) => self.reduce(reduce, scope),
            ExprKind::Pattern(pattern) => self.pattern_predicate(pattern, scope),
            ExprKind::PatternComprehension(comprehension) => {
                let parts = comprehension.predicate.iter();
                let parts = parts.chain([&comprehension.result]);
                self.pattern_value(&comprehension.pattern, parts, scope)
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

    fn comprehension(&mut self, comprehension: &ListComprehension, scope: &Scope) -> CheckResult {
        self.list(&comprehension.list, scope)?;
        let inner = scope.with(&comprehension.name, StaticType::Any);
        let mut parts = comprehension.predicate.iter().chain(&comprehension.result);
        parts.try_for_each(|part| self.expression(part, &inner))
    }

    fn list_predicate(&mut self, predicate: &ListPredicate, scope: &Scope) -> CheckResult {
        self.list(&predicate.list, scope)?;
        let inner = scope.with(&predicate.name, StaticType::Any);
        self.expression(&predicate.predicate, &inner)
    }

    fn reduce(&mut self, reduce: &ReduceExpr, scope: &Scope) -> CheckResult {
        self.expression(&reduce.start, scope)?;
        self.list(&reduce.list, scope)?;
        let inner = scope.with(&reduce.accumulator, StaticType::Any);
        self.expression(&reduce.step, &inner.with(&reduce.name, StaticType::Any))
    }

    /// Checks a pattern that is an expression of its own. Only a shortest path may declare variables.
    fn pattern_predicate(&mut self, pattern: &PathPattern, scope: &Scope) -> CheckResult {
        let new_name = pattern
            .names()
            .find(|name| scope.find(&name.text).is_none());
        if let Some(name) = new_name
            && pattern.shortest == Shortest::No
        {
            let message = format!(
                "PatternExpressions are not allowed to introduce new variables: '{}'.",
                name.text
            );
            return self.fail(&message, name.at);
        }
        self.pattern_value(pattern, [], scope)
    }

    /// Checks a pattern, and the expressions that see its variables.
    fn pattern_value<'e>(
        &mut self,
        pattern: &PathPattern,
        parts: impl IntoIterator<Item = &'e Expr>,
        scope: &Scope,
    ) -> CheckResult {
        let mut inner = scope.clone();
        self.pattern(pattern, &mut inner, &mut BTreeSet::new())?;
        self.pattern_expressions(pattern, &inner)?;
        parts
            .into_iter()
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
        let Some((found, name)) = first_aggregate(expression) else {
            return Ok(());
        };
        self.fail(
            &format!("Invalid use of aggregating function {name}(...) in this context"),
            found.at,
        )
    }

    /// No aggregate inside another.
    pub(crate) fn aggregates(&self, expression: &Expr) -> CheckResult {
        if expression.is_aggregate() {
            let mut inner = None;
            expression.children(&mut |child| inner = inner.or_else(|| first_aggregate(child)));
            return match inner {
                None => Ok(()),
                Some((found, _)) => self.fail(
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

/// Returns the first call of an aggregate function in the expression, and the name of the function.
fn first_aggregate(expression: &Expr) -> Option<(&Expr, &str)> {
    if let Some(name) = expression.aggregate_name() {
        return Some((expression, name));
    }
    let mut found = None;
    expression.children(&mut |child| found = found.or_else(|| first_aggregate(child)));
    found
}
