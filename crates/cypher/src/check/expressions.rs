//! The check of expressions: names, functions, aggregates, and the types that are plain to see.

use super::{Check, Checker, Scope, Type};
use crate::functions;
use crate::syntax::{Expression, Kind, MapElement, Operator, UserCommand};
use crate::value::Value;
use std::collections::BTreeSet;

impl Checker<'_> {
    pub(super) fn predicate(&mut self, predicate: &Expression, scope: &Scope) -> Check {
        self.no_aggregates(predicate)?;
        self.expression(predicate, scope)?;
        let kind = Self::type_of(predicate, scope);
        if matches!(kind, Type::Integer | Type::Float | Type::String | Type::Map) {
            return self.fail(
                &format!("Type mismatch: expected Boolean but was {}", kind.name()),
                predicate.at,
            );
        }
        Ok(())
    }

    pub(super) fn expression(&mut self, expression: &Expression, scope: &Scope) -> Check {
        match &expression.kind {
            Kind::Variable(name) => match scope.find(name) {
                Some(_) => Ok(()),
                None => self.fail(&format!("Variable `{name}` not defined"), expression.at),
            },
            Kind::Parameter(name) => {
                self.used.insert(name.clone());
                Ok(())
            }
            Kind::Function {
                name, arguments, ..
            } => self.function(name, arguments, expression.at, scope),
            Kind::Comprehension {
                name,
                list,
                predicate,
                result,
            } => {
                self.list(list, scope)?;
                let inner = scope.with(name, Type::Any);
                predicate
                    .iter()
                    .chain(result)
                    .try_for_each(|part| self.expression(part, &inner))
            }
            Kind::Quantified {
                name,
                list,
                predicate,
                ..
            } => {
                self.list(list, scope)?;
                self.expression(predicate, &scope.with(name, Type::Any))
            }
            Kind::Reduce {
                accumulator,
                start,
                name,
                list,
                step,
            } => {
                self.expression(start, scope)?;
                self.list(list, scope)?;
                self.expression(
                    step,
                    &scope.with(accumulator, Type::Any).with(name, Type::Any),
                )
            }
            Kind::Pattern(pattern) => {
                let mut inner = scope.clone();
                self.pattern(pattern, &mut inner, &mut BTreeSet::new())?;
                self.pattern_expressions(pattern, &inner)
            }
            Kind::PatternComprehension {
                pattern,
                predicate,
                result,
            } => {
                let mut inner = scope.clone();
                self.pattern(pattern, &mut inner, &mut BTreeSet::new())?;
                self.pattern_expressions(pattern, &inner)?;
                predicate
                    .iter()
                    .try_for_each(|part| self.expression(part, &inner))?;
                self.expression(result, &inner)
            }
            Kind::Subquery(_, query) => query
                .parts
                .iter()
                .try_for_each(|part| self.clauses(part, scope.clone(), true).map(drop)),
            Kind::MapProjection(subject, elements) => {
                self.expression(subject, scope)?;
                for element in elements {
                    match element {
                        MapElement::Entry(_, value) => self.expression(value, scope)?,
                        MapElement::Variable(name, at) if scope.find(name).is_none() => {
                            return self.fail(&format!("Variable `{name}` not defined"), *at);
                        }
                        MapElement::Variable(..)
                        | MapElement::Property(_)
                        | MapElement::Everything => {}
                    }
                }
                Ok(())
            }
            _ => {
                let mut parts = Vec::new();
                expression.children(&mut |child| parts.push(child));
                parts
                    .into_iter()
                    .try_for_each(|part| self.expression(part, scope))?;
                self.plain_types(expression, scope)
            }
        }
    }

    fn list(&mut self, list: &Expression, scope: &Scope) -> Check {
        self.expression(list, scope)?;
        let kind = Self::type_of(list, scope);
        if matches!(kind, Type::Any | Type::List) {
            return Ok(());
        }
        self.fail(
            &format!("Type mismatch: expected List<T> but was {}", kind.name()),
            list.at,
        )
    }

    fn function(
        &mut self,
        name: &str,
        arguments: &[Expression],
        at: usize,
        scope: &Scope,
    ) -> Check {
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
        let (expected, allowed): (&str, &[Type]) = match name.to_ascii_lowercase().as_str() {
            "size" => ("String or List<T>", &[Type::String, Type::List]),
            "labels" => ("Node", &[Type::Node]),
            "type" | "startnode" | "endnode" => ("Relationship", &[Type::Relationship]),
            "id" | "elementid" => ("Node or Relationship", &[Type::Node, Type::Relationship]),
            "nodes" | "relationships" | "length" => ("Path", &[Type::Path]),
            "toupper" | "tolower" | "trim" | "ltrim" | "rtrim" | "split" | "substring"
            | "replace" => ("String", &[Type::String]),
            "sum" | "avg" => (
                "Float, Integer or Duration",
                &[Type::Float, Type::Integer, Type::Map],
            ),
            "keys" | "properties" => (
                "Map, Node or Relationship",
                &[Type::Map, Type::Node, Type::Relationship],
            ),
            "exists"
                if !matches!(
                    first.kind,
                    Kind::Pattern(_) | Kind::Property(..) | Kind::Index(..)
                ) =>
            {
                return self.fail("Argument to exists(...) is not a pattern", first.at);
            }
            _ => return Ok(()),
        };
        if kind == Type::Any || allowed.contains(&kind) {
            return Ok(());
        }
        self.fail(
            &format!("Type mismatch: expected {expected} but was {}", kind.name()),
            first.at,
        )
    }

    /// What Neo4j refuses because the types are plain to see.
    fn plain_types(&mut self, expression: &Expression, scope: &Scope) -> Check {
        match &expression.kind {
            Kind::Property(subject, _) => {
                let kind = Self::type_of(subject, scope);
                if matches!(
                    kind,
                    Type::Integer | Type::Float | Type::String | Type::Boolean | Type::List
                ) {
                    let message = format!(
                        "Type mismatch: expected Map, Node, Relationship, Point, Duration, Date, Time, LocalTime, LocalDateTime or \
                         DateTime but was {}",
                        kind.name()
                    );
                    return self.fail(&message, subject.at);
                }
            }
            Kind::Binary(Operator::In, _, right) => {
                let kind = Self::type_of(right, scope);
                if !matches!(kind, Type::List | Type::Any) {
                    return self.fail(
                        &format!("Type mismatch: expected List<T> but was {}", kind.name()),
                        right.at,
                    );
                }
            }
            Kind::Binary(operator, left, right) => {
                let (left_kind, right_kind) =
                    (Self::type_of(left, scope), Self::type_of(right, scope));
                let message = match operator {
                    Operator::Add => match (left_kind, right_kind) {
                        (
                            Type::Integer | Type::Float,
                            Type::Boolean | Type::Map | Type::Node | Type::Relationship,
                        ) => Some(("Float, Integer, String or List<T>", right_kind, right.at)),
                        (
                            Type::Node | Type::Relationship,
                            Type::Integer | Type::Float | Type::Boolean,
                        ) => Some(("List<T>", right_kind, right.at)),
                        _ => None,
                    },
                    Operator::Subtract => match (left_kind, right_kind) {
                        (Type::String, _) => Some((
                            "Float, Integer, Duration, Date, Time, LocalTime, LocalDateTime or DateTime",
                            left_kind,
                            left.at,
                        )),
                        (
                            Type::Integer | Type::Float,
                            Type::String | Type::Boolean | Type::List,
                        ) => Some(("Float or Integer", right_kind, right.at)),
                        _ => None,
                    },
                    Operator::Multiply | Operator::Divide => match (left_kind, right_kind) {
                        (Type::String | Type::Boolean | Type::List, _) => {
                            Some(("Float, Integer or Duration", left_kind, left.at))
                        }
                        (
                            Type::Integer | Type::Float,
                            Type::String | Type::Boolean | Type::List,
                        ) => Some(("Float, Integer or Duration", right_kind, right.at)),
                        _ => None,
                    },
                    Operator::And | Operator::Or | Operator::Xor => {
                        [(left_kind, left.at), (right_kind, right.at)]
                            .into_iter()
                            .find(|(kind, _)| {
                                matches!(kind, Type::Integer | Type::Float | Type::String)
                            })
                            .map(|(kind, at)| ("Boolean", kind, at))
                    }
                    _ => None,
                };
                if let Some((expected, found, at)) = message {
                    return self.fail(
                        &format!(
                            "Type mismatch: expected {expected} but was {}",
                            found.name()
                        ),
                        at,
                    );
                }
            }
            Kind::Index(subject, index) => {
                let kind = Self::type_of(subject, scope);
                if matches!(
                    kind,
                    Type::String | Type::Integer | Type::Float | Type::Boolean
                ) {
                    return self.fail(
                        &format!("Type mismatch: expected List<T> but was {}", kind.name()),
                        subject.at,
                    );
                }
                if kind == Type::List && Self::type_of(index, scope) == Type::String {
                    return self.fail(
                        "Type mismatch: list index must be given as Integer, but was String",
                        index.at,
                    );
                }
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn type_of(expression: &Expression, scope: &Scope) -> Type {
        match &expression.kind {
            Kind::Literal(Value::Integer(_)) | Kind::CountStar => Type::Integer,
            Kind::Literal(Value::Float(_)) => Type::Float,
            Kind::Literal(Value::String(_)) => Type::String,
            Kind::Literal(Value::Boolean(_))
            | Kind::Not(_)
            | Kind::Comparison(..)
            | Kind::IsNull(..)
            | Kind::IsType(..)
            | Kind::HasLabels(..)
            | Kind::Quantified { .. } => Type::Boolean,
            Kind::List(_)
            | Kind::Comprehension { .. }
            | Kind::PatternComprehension { .. }
            | Kind::Slice(..) => Type::List,
            Kind::Map(_) | Kind::MapProjection(..) => Type::Map,
            Kind::Variable(name) => scope.find(name).unwrap_or(Type::Any),
            Kind::Function { name, .. } => match name.to_ascii_lowercase().as_str() {
                "count" | "size" | "length" | "id" => Type::Integer,
                "collect" | "labels" | "keys" | "nodes" | "relationships" | "range" | "split" => {
                    Type::List
                }
                "toupper" | "tolower" | "tostring" | "type" | "elementid" | "trim"
                | "substring" | "replace" => Type::String,
                "startnode" | "endnode" => Type::Node,
                _ => Type::Any,
            },
            _ => Type::Any,
        }
    }

    pub(super) fn no_aggregates(&self, expression: &Expression) -> Check {
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
    pub(super) fn aggregates(&self, expression: &Expression) -> Check {
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

fn function_name(expression: &Expression) -> &str {
    match &expression.kind {
        Kind::Function { name, .. } => name,
        _ => "count",
    }
}

fn first_aggregate(expression: &Expression) -> Option<&Expression> {
    if expression.is_aggregate() {
        return Some(expression);
    }
    let mut found = None;
    expression.children(&mut |child| found = found.or_else(|| first_aggregate(child)));
    found
}

impl UserCommand {
    /// The names and passwords in it.
    pub fn expressions(&self) -> Vec<&Expression> {
        match self {
            Self::AlterCurrent { old, new } => vec![old, new],
            Self::Alter { name, changes, .. } | Self::Create { name, changes, .. } => {
                std::iter::once(name).chain(&changes.password).collect()
            }
            Self::Drop { name, .. } => vec![name],
            Self::Rename { from, to, .. } => vec![from, to],
        }
    }
}
