//! The check of patterns: what MATCH binds, and what CREATE and MERGE may make.

use std::collections::BTreeSet;

use super::{CheckResult, Checker, Scope, StaticType};
use crate::syntax::{
    Direction, Expr, LabelExpression, Name, NodePattern, PathPattern, RelationshipPattern,
};

impl Checker<'_> {
    /// Declares the variables of a pattern that is matched.
    pub(crate) fn pattern(
        &mut self,
        pattern: &PathPattern,
        scope: &mut Scope,
        fresh: &mut BTreeSet<String>,
    ) -> CheckResult {
        self.element(pattern.first.name.as_ref(), StaticType::Node, scope)?;
        for (relationship, node) in &pattern.rest {
            let kind = if relationship.hops.is_some() {
                StaticType::List
            } else {
                StaticType::Relationship
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
            self.element(node.name.as_ref(), StaticType::Node, scope)?;
        }
        if let Some(path) = &pattern.path {
            self.declare_new(path, scope, StaticType::Path)?;
        }
        Ok(())
    }

    fn element(&self, name: Option<&Name>, kind: StaticType, scope: &mut Scope) -> CheckResult {
        let Some(name) = name else { return Ok(()) };
        match scope.find(&name.text) {
            None => scope.declare(&name.text, kind),
            Some(known) if known == kind || known == StaticType::Any => {}
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

    /// Returns the property maps and inner predicates of a pattern.
    pub(crate) fn pattern_expressions(
        &mut self,
        pattern: &PathPattern,
        scope: &Scope,
    ) -> CheckResult {
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
        properties: Option<&Expr>,
        predicate: Option<&Expr>,
        scope: &Scope,
    ) -> CheckResult {
        properties
            .iter()
            .try_for_each(|part| self.expression(part, scope))?;
        predicate
            .iter()
            .try_for_each(|part| self.predicate(part, scope))
    }

    /// Returns a pattern of CREATE or MERGE.
    pub(crate) fn created(
        &mut self,
        pattern: &PathPattern,
        scope: &mut Scope,
        clause: &str,
    ) -> CheckResult {
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
            self.element(node.name.as_ref(), StaticType::Node, scope)?;
        }
        self.pattern_expressions(pattern, scope)?;
        if let Some(path) = &pattern.path {
            self.declare_new(path, scope, StaticType::Path)?;
        }
        Ok(())
    }

    fn created_relationship(
        &mut self,
        relationship: &RelationshipPattern,
        scope: &mut Scope,
        clause: &str,
    ) -> CheckResult {
        if let Some(name) = &relationship.name {
            self.declare_new(name, scope, StaticType::Relationship)?;
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
