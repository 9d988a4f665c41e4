//! The check of patterns: what MATCH binds, and what CREATE and MERGE may make.

use std::collections::BTreeSet;

use super::{Check, Checker, Scope, Type};
use crate::syntax::{
    Direction, Expression, LabelExpression, Name, NodePattern, Pattern, RelationshipPattern,
};

impl Checker<'_> {
    /// Declares the variables of a pattern that is matched.
    pub(super) fn pattern(
        &mut self,
        pattern: &Pattern,
        scope: &mut Scope,
        fresh: &mut BTreeSet<String>,
    ) -> Check {
        self.element(pattern.first.name.as_ref(), Type::Node, scope)?;
        for (relationship, node) in &pattern.rest {
            let kind = if relationship.hops.is_some() {
                Type::List
            } else {
                Type::Relationship
            };
            if let Some(name) = &relationship.name
                && !fresh.insert(name.text.clone())
            {
                let message = format!(
                    "Cannot use the same relationship variable '{}' for multiple relationships",
                    name.text
                );
                return self.fail(&message, name.at);
            }
            self.element(relationship.name.as_ref(), kind, scope)?;
            self.element(node.name.as_ref(), Type::Node, scope)?;
        }
        if let Some(path) = &pattern.path {
            self.declare_new(path, scope, Type::Path)?;
        }
        Ok(())
    }

    fn element(&self, name: Option<&Name>, kind: Type, scope: &mut Scope) -> Check {
        let Some(name) = name else { return Ok(()) };
        match scope.find(&name.text) {
            None => scope.declare(&name.text, kind),
            Some(known) if known == kind || known == Type::Any => {}
            Some(known) => {
                let message = format!(
                    "Type mismatch: {} defined with conflicting type {} (expected {})",
                    name.text,
                    known.name(),
                    kind.name()
                );
                return self.fail(&message, name.at);
            }
        }
        Ok(())
    }

    /// The property maps and inner predicates of a pattern.
    pub(super) fn pattern_expressions(&mut self, pattern: &Pattern, scope: &Scope) -> Check {
        let mut nodes: Vec<&NodePattern> = vec![&pattern.first];
        for (relationship, node) in &pattern.rest {
            nodes.push(node);
            self.inner(
                relationship.properties.as_deref(),
                relationship.predicate.as_deref(),
                scope,
            )?;
        }
        nodes.into_iter().try_for_each(|node| {
            self.inner(node.properties.as_deref(), node.predicate.as_deref(), scope)
        })
    }

    fn inner(
        &mut self,
        properties: Option<&Expression>,
        predicate: Option<&Expression>,
        scope: &Scope,
    ) -> Check {
        properties
            .iter()
            .try_for_each(|part| self.expression(part, scope))?;
        predicate
            .iter()
            .try_for_each(|part| self.predicate(part, scope))
    }

    /// A pattern of CREATE or MERGE.
    pub(super) fn created(&mut self, pattern: &Pattern, scope: &mut Scope, clause: &str) -> Check {
        let before = scope.clone();
        let mut nodes = vec![&pattern.first];
        for (relationship, node) in &pattern.rest {
            self.created_relationship(relationship, scope, clause)?;
            nodes.push(node);
        }
        for node in nodes {
            if node
                .labels
                .as_ref()
                .is_some_and(|labels| labels.conjunction().is_none())
            {
                return self.fail(
                    &format!("Label expressions in patterns are not allowed in a {clause} clause, but only in a MATCH clause"),
                    node.at,
                );
            }
            if let Some(name) = &node.name {
                let described =
                    node.labels.is_some() || node.properties.is_some() || pattern.rest.is_empty();
                if before.find(&name.text).is_some() && described {
                    return self.fail(
                        &format!("Variable `{}` already declared", name.text),
                        name.at,
                    );
                }
            }
            self.element(node.name.as_ref(), Type::Node, scope)?;
        }
        self.pattern_expressions(pattern, scope)?;
        if let Some(path) = &pattern.path {
            self.declare_new(path, scope, Type::Path)?;
        }
        Ok(())
    }

    fn created_relationship(
        &mut self,
        relationship: &RelationshipPattern,
        scope: &mut Scope,
        clause: &str,
    ) -> Check {
        if let Some(name) = &relationship.name {
            self.declare_new(name, scope, Type::Relationship)?;
        }
        if relationship.hops.is_some() {
            return self.fail(
                &format!("Variable length relationships cannot be used in {clause}"),
                relationship.at,
            );
        }
        let single = relationship
            .types
            .as_ref()
            .and_then(LabelExpression::conjunction);
        if single.is_none_or(|names| names.len() != 1) {
            return self.fail(
                &format!("A single relationship type must be specified for {clause}"),
                relationship.at,
            );
        }
        if relationship.direction == Direction::Both && clause == "CREATE" {
            return self.fail(
                "Only directed relationships are supported in CREATE",
                relationship.at,
            );
        }
        Ok(())
    }
}
