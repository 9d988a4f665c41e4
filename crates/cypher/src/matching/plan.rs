//! The order in which the parts of a pattern are matched.

use std::collections::HashSet;

use crate::graph::Graph;
use crate::syntax::{
    BinaryOperator, Expr, ExprKind, LabelExpression, LogicalOperator, MapElement, Name,
    NodePattern, PathPattern, RelationshipPattern, Shortest,
};

/// One step of a plan.
///
/// The elements of a path pattern are counted: nodes 0, 1, 2, …; relationship `i` is between the
/// nodes `i` and `i + 1`.
pub(super) enum PlanStep<'p> {
    /// Bind a node to each candidate.
    Start(usize, usize, &'p NodePattern),
    /// Follow a relationship from a bound node.
    Expand {
        part: usize,
        from: usize,
        to: usize,
        relationship: usize,
        pattern: &'p RelationshipPattern,
        node: &'p NodePattern,
    },
    /// Search a shortest path between two bound nodes.
    Shortest(usize, &'p PathPattern),
    /// Bind the path variable.
    Path(usize, &'p str),
    /// Check a condition whose variables are all bound.
    Check(&'p Expr),
}

/// Builds a plan.
struct PatternPlanner<'p, 'g> {
    graph: &'g Graph,
    /// The variables of the match.
    names: HashSet<&'p str>,
    /// The variables that are bound after the steps so far.
    bound: HashSet<&'p str>,
    /// The conditions that are not in the plan yet.
    conditions: Vec<&'p Expr>,
    plan: Vec<PlanStep<'p>>,
}

/// Plans the match of patterns and a predicate. `names` are all variables, the first `bound` of which
/// have values.
pub(super) fn plan<'p>(
    graph: &Graph,
    patterns: &'p [PathPattern],
    predicate: Option<&'p Expr>,
    names: &'p [String],
    bound: usize,
) -> Vec<PlanStep<'p>> {
    let mut planner = PatternPlanner {
        graph,
        names: names.iter().map(String::as_str).collect(),
        bound: names.iter().take(bound).map(String::as_str).collect(),
        conditions: Vec::new(),
        plan: Vec::new(),
    };
    if let Some(predicate) = predicate {
        conjuncts(predicate, &mut planner.conditions);
    }
    for (part, pattern) in patterns.iter().enumerate() {
        planner.add(part, pattern);
    }
    let PatternPlanner {
        mut plan,
        conditions,
        ..
    } = planner;
    plan.extend(conditions.into_iter().map(PlanStep::Check));
    plan
}

impl<'p> PatternPlanner<'p, '_> {
    fn add(&mut self, part: usize, pattern: &'p PathPattern) {
        let nodes: Vec<&NodePattern> = std::iter::once(&pattern.first)
            .chain(pattern.rest.iter().map(|(_, node)| node))
            .collect();
        if pattern.shortest == Shortest::No {
            self.expand_from_start(part, pattern, &nodes);
        } else {
            for (element, node) in nodes.iter().enumerate() {
                self.push(PlanStep::Start(part, element, node), node.name.as_ref());
            }
            let relationship = pattern.rest.first().map(|(relationship, _)| relationship);
            let name = relationship.and_then(|relationship| relationship.name.as_ref());
            self.push(PlanStep::Shortest(part, pattern), name);
        }
        if let Some(path) = &pattern.path {
            self.push(PlanStep::Path(part, &path.text), Some(path));
        }
    }

    /// Binds one node and follows the relationships to its right, then those to its left.
    fn expand_from_start(
        &mut self,
        part: usize,
        pattern: &'p PathPattern,
        nodes: &[&'p NodePattern],
    ) {
        let start = self.start(nodes);
        if let Some(node) = nodes.get(start) {
            self.push(PlanStep::Start(part, start, node), node.name.as_ref());
        }
        let rightwards = (start..pattern.rest.len()).map(|index| (index, index, index + 1));
        let leftwards = (0..start).rev().map(|index| (index, index + 1, index));
        for (index, from, to) in rightwards.chain(leftwards) {
            let (Some((relationship, _)), Some(node)) = (pattern.rest.get(index), nodes.get(to))
            else {
                continue;
            };
            let step = PlanStep::Expand {
                part,
                from,
                to,
                relationship: index,
                pattern: relationship,
                node,
            };
            self.push(step, relationship.name.as_ref());
            self.bind(node.name.as_ref());
        }
    }

    /// Returns the node to start with: a bound one, or the one with the fewest candidates.
    fn start(&self, nodes: &[&NodePattern]) -> usize {
        let is_bound = |node: &&NodePattern| {
            node.name
                .as_ref()
                .is_some_and(|name| self.bound.contains(name.text.as_str()))
        };
        if let Some(index) = nodes.iter().position(is_bound) {
            return index;
        }
        let cost = |node: &NodePattern| {
            let labels = node
                .labels
                .as_ref()
                .and_then(LabelExpression::conjunction)
                .unwrap_or_default();
            let rarest = labels
                .iter()
                .map(|label| self.graph.count_labelled(label))
                .min()
                .unwrap_or(usize::MAX / 4);
            if node.properties.is_some() {
                rarest / 2
            } else {
                rarest
            }
        };
        nodes
            .iter()
            .enumerate()
            .min_by_key(|(index, node)| (cost(node), *index))
            .map_or(0, |(index, _)| index)
    }

    fn push(&mut self, step: PlanStep<'p>, binds: Option<&'p Name>) {
        self.plan.push(step);
        self.bind(binds);
    }

    /// Marks a variable as bound, and adds the conditions that can be checked now.
    fn bind(&mut self, name: Option<&'p Name>) {
        if let Some(name) = name {
            self.bound.insert(&name.text);
        }
        let mut index = 0;
        while let Some(condition) = self.conditions.get(index) {
            let ready = !contains_pattern(condition)
                && variables_of(condition)
                    .iter()
                    .all(|name| self.bound.contains(name) || !self.names.contains(name));
            if ready {
                self.plan
                    .push(PlanStep::Check(self.conditions.remove(index)));
            } else {
                index += 1;
            }
        }
    }
}

/// Splits a predicate at its `AND` operators.
fn conjuncts<'p>(predicate: &'p Expr, into: &mut Vec<&'p Expr>) {
    if let ExprKind::Binary(BinaryOperator::Logical(LogicalOperator::And), left, right) =
        &predicate.kind
    {
        conjuncts(left, into);
        conjuncts(right, into);
    } else {
        into.push(predicate);
    }
}

/// Returns whether an expression contains a pattern or a subquery, whose variables are not examined here.
fn contains_pattern(expression: &Expr) -> bool {
    if matches!(
        expression.kind,
        ExprKind::Pattern(_) | ExprKind::Subquery(..) | ExprKind::PatternComprehension(_)
    ) {
        return true;
    }
    let mut found = false;
    expression.children(&mut |child| found = found || contains_pattern(child));
    found
}

/// Returns the variables of an expression.
fn variables_of(expression: &Expr) -> Vec<&str> {
    let mut names = Vec::new();
    if let ExprKind::Variable(name) = &expression.kind {
        names.push(name.as_str());
    }
    if let ExprKind::MapProjection(_, elements) = &expression.kind {
        for element in elements {
            if let MapElement::Variable(name, _) = element {
                names.push(name.as_str());
            }
        }
    }
    expression.children(&mut |child| names.extend(variables_of(child)));
    names
}
