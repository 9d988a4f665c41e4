//! Patterns against the graph: every way to bind the variables, each relationship at most once in one MATCH.

mod shortest;

use std::collections::HashSet;

use crate::engine::{Engine, Evaluated, RowBindings};
use crate::error::CypherError;
use crate::syntax::{
    BinaryOperator, Direction, Expr, ExprKind, LabelExpression, NodePattern, PathPattern,
    RelationshipPattern, Shortest,
};
use crate::value::{PathValue, Value, equals};

type MatchResult<T = ()> = Result<T, CypherError>;

/// One step of a plan. Elements of a part are counted: nodes 0, 1, 2, …; relationship i lies between nodes i and i + 1.
enum PlanStep<'p> {
    /// Bind a node by looking at candidates.
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
    /// Search a shortest path; both ends are bound before.
    Shortest(usize, &'p PathPattern),
    /// Bind the path variable.
    Path(usize, &'p str),
    /// Check a condition all of whose variables are bound.
    Check(&'p Expr),
}

/// What is bound so far.
struct MatchState<'n> {
    names: &'n [String],
    values: Vec<Value>,
    bound: Vec<bool>,
    /// Node and relationship bindings of every part.
    nodes: Vec<Vec<u64>>,
    relationships: Vec<Vec<Vec<u64>>>,
    used: HashSet<u64>,
}

impl MatchState<'_> {
    fn slot(&self, name: &str) -> Option<usize> {
        self.names.iter().rposition(|known| known == name)
    }

    fn get(&self, name: &str) -> Option<&Value> {
        let slot = self.slot(name)?;
        if self.bound.get(slot) == Some(&true) {
            self.values.get(slot)
        } else {
            None
        }
    }

    fn bind(&mut self, name: &str, value: Value) {
        if let Some(slot) = self.slot(name)
            && let (Some(place), Some(bound)) =
                (self.values.get_mut(slot), self.bound.get_mut(slot))
        {
            *place = value;
            *bound = true;
        }
    }

    fn unbind(&mut self, name: &str) {
        if let Some(slot) = self.slot(name)
            && let (Some(place), Some(bound)) =
                (self.values.get_mut(slot), self.bound.get_mut(slot))
        {
            *place = Value::Null;
            *bound = false;
        }
    }

    fn node(&self, part: usize, element: usize) -> u64 {
        self.nodes
            .get(part)
            .and_then(|nodes| nodes.get(element))
            .copied()
            .unwrap_or_default()
    }

    fn set_node(&mut self, part: usize, element: usize, id: u64) {
        if let Some(place) = self
            .nodes
            .get_mut(part)
            .and_then(|nodes| nodes.get_mut(element))
        {
            *place = id;
        }
    }

    fn set_relationships(&mut self, part: usize, element: usize, ids: Vec<u64>) {
        if let Some(place) = self
            .relationships
            .get_mut(part)
            .and_then(|all| all.get_mut(element))
        {
            *place = ids;
        }
    }
}

/// The variables of patterns, in order of appearance.
pub(crate) fn variables(patterns: &[PathPattern]) -> Vec<String> {
    let mut names = Vec::new();
    let mut add = |name: Option<&crate::syntax::Name>| {
        if let Some(name) = name.filter(|name| !names.contains(&name.text)) {
            names.push(name.text.clone());
        }
    };
    for pattern in patterns {
        add(pattern.path.as_ref());
        add(pattern.first.name.as_ref());
        for (relationship, node) in &pattern.rest {
            add(relationship.name.as_ref());
            add(node.name.as_ref());
        }
    }
    names
}

impl Engine<'_> {
    /// All rows that extend `values` (the first of `names`) by the variables of the patterns. `enough` ends the search early.
    pub(crate) fn matches_of(
        &self,
        patterns: &[PathPattern],
        predicate: Option<&Expr>,
        names: &[String],
        values: &[Value],
        enough: Option<usize>,
    ) -> MatchResult<Vec<Vec<Value>>> {
        let mut state = MatchState {
            names,
            values: values.to_vec(),
            bound: vec![true; values.len()],
            nodes: patterns
                .iter()
                .map(|pattern| vec![0; pattern.rest.len() + 1])
                .collect(),
            relationships: patterns
                .iter()
                .map(|pattern| vec![Vec::new(); pattern.rest.len()])
                .collect(),
            used: HashSet::new(),
        };
        state.values.resize(names.len(), Value::Null);
        state.bound.resize(names.len(), false);
        let plan = self.plan(patterns, predicate, &state);
        let mut rows = Vec::new();
        self.walk(&plan, 0, &mut state, &mut |state| {
            rows.push(state.values.clone());
            Self::check_row_count(rows.len())?;
            Ok(enough.is_none_or(|enough| rows.len() < enough))
        })?;
        Ok(rows)
    }

    fn plan<'p>(
        &self,
        patterns: &'p [PathPattern],
        predicate: Option<&'p Expr>,
        state: &MatchState<'_>,
    ) -> Vec<PlanStep<'p>> {
        let mut plan = Vec::new();
        let mut bound: HashSet<&str> = state
            .names
            .iter()
            .zip(&state.bound)
            .filter(|(_, bound)| **bound)
            .map(|(name, _)| name.as_str())
            .collect();
        let mut conditions = Vec::new();
        if let Some(predicate) = predicate {
            conjuncts(predicate, &mut conditions);
        }
        let own: HashSet<&str> = state.names.iter().map(String::as_str).collect();
        for (part, pattern) in patterns.iter().enumerate() {
            let nodes: Vec<&NodePattern> = std::iter::once(&pattern.first)
                .chain(pattern.rest.iter().map(|(_, node)| node))
                .collect();
            if pattern.shortest == Shortest::No {
                let start = self.start(&nodes, &bound);
                if let Some(node) = nodes.get(start) {
                    plan.push(PlanStep::Start(part, start, node));
                    settle(
                        node.name.as_ref(),
                        &mut bound,
                        &own,
                        &mut conditions,
                        &mut plan,
                    );
                }
                let rightwards = (start..pattern.rest.len()).map(|index| (index, index, index + 1));
                let leftwards = (0..start).rev().map(|index| (index, index + 1, index));
                for (index, from, to) in rightwards.chain(leftwards) {
                    let (Some((relationship, _)), Some(node)) =
                        (pattern.rest.get(index), nodes.get(to))
                    else {
                        continue;
                    };
                    plan.push(PlanStep::Expand {
                        part,
                        from,
                        to,
                        relationship: index,
                        pattern: relationship,
                        node,
                    });
                    settle(
                        relationship.name.as_ref(),
                        &mut bound,
                        &own,
                        &mut conditions,
                        &mut plan,
                    );
                    settle(
                        node.name.as_ref(),
                        &mut bound,
                        &own,
                        &mut conditions,
                        &mut plan,
                    );
                }
            } else {
                for (element, node) in nodes.iter().enumerate() {
                    plan.push(PlanStep::Start(part, element, node));
                    settle(
                        node.name.as_ref(),
                        &mut bound,
                        &own,
                        &mut conditions,
                        &mut plan,
                    );
                }
                plan.push(PlanStep::Shortest(part, pattern));
                let name = pattern
                    .rest
                    .first()
                    .and_then(|(relationship, _)| relationship.name.as_ref());
                settle(name, &mut bound, &own, &mut conditions, &mut plan);
            }
            if let Some(path) = &pattern.path {
                plan.push(PlanStep::Path(part, &path.text));
                settle(Some(path), &mut bound, &own, &mut conditions, &mut plan);
            }
        }
        plan.extend(conditions.into_iter().map(PlanStep::Check));
        plan
    }

    /// The node to begin with: one that is bound, else the one with the rarest label.
    fn start(&self, nodes: &[&NodePattern], bound: &HashSet<&str>) -> usize {
        let known = |node: &&NodePattern| {
            node.name
                .as_ref()
                .is_some_and(|name| bound.contains(name.text.as_str()))
        };
        if let Some(index) = nodes.iter().position(known) {
            return index;
        }
        let graph = self.graph.borrow();
        let cost = |node: &NodePattern| {
            let labels = node
                .labels
                .as_ref()
                .and_then(LabelExpression::conjunction)
                .unwrap_or_default();
            let rarest = labels
                .iter()
                .map(|label| graph.count_labelled(label))
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

    fn walk(
        &self,
        plan: &[PlanStep<'_>],
        at: usize,
        state: &mut MatchState<'_>,
        emit: &mut dyn FnMut(&MatchState<'_>) -> MatchResult<bool>,
    ) -> MatchResult<bool> {
        let Some(step) = plan.get(at) else {
            return emit(state);
        };
        self.step()?;
        match step {
            PlanStep::Check(condition) => {
                let holds = self.holds(
                    Some(condition),
                    &RowBindings::row(state.names, &state.values),
                )?;
                if holds {
                    self.walk(plan, at + 1, state, emit)
                } else {
                    Ok(true)
                }
            }
            PlanStep::Path(part, name) => {
                let path = self.path(*part, state);
                state.bind(name, path);
                let go_on = self.walk(plan, at + 1, state, emit)?;
                state.unbind(name);
                Ok(go_on)
            }
            PlanStep::Start(part, element, node) => {
                self.start_step(plan, at, (*part, *element), node, state, emit)
            }
            PlanStep::Expand {
                part,
                from,
                to,
                relationship,
                pattern,
                node,
            } => {
                let origin = state.node(*part, *from);
                let against = to < from;
                self.expand(
                    plan,
                    at,
                    (*part, *to, *relationship),
                    origin,
                    (pattern, node),
                    against,
                    state,
                    emit,
                )
            }
            PlanStep::Shortest(part, pattern) => {
                self.shortest_step(plan, at, *part, pattern, state, emit)
            }
        }
    }

    fn start_step(
        &self,
        plan: &[PlanStep<'_>],
        at: usize,
        (part, element): (usize, usize),
        node: &NodePattern,
        state: &mut MatchState<'_>,
        emit: &mut dyn FnMut(&MatchState<'_>) -> MatchResult<bool>,
    ) -> MatchResult<bool> {
        let name = node.name.as_ref().map(|name| name.text.as_str());
        let known = name.and_then(|name| state.get(name)).cloned();
        let candidates = match &known {
            Some(Value::Node(id)) => vec![*id],
            Some(_) => return Ok(true),
            None => self.candidates(node),
        };
        for id in candidates {
            self.step()?;
            if !self.node_fits(id, node, state)? {
                continue;
            }
            state.set_node(part, element, id);
            if let (Some(name), None) = (name, &known) {
                state.bind(name, Value::Node(id));
            }
            let fits = self.inner_holds(node.predicate.as_deref(), state)?;
            let go_on = !fits || self.walk(plan, at + 1, state, emit)?;
            if let (Some(name), None) = (name, &known) {
                state.unbind(name);
            }
            if !go_on {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn candidates(&self, node: &NodePattern) -> Vec<u64> {
        let graph = self.graph.borrow();
        let labels = node
            .labels
            .as_ref()
            .and_then(LabelExpression::conjunction)
            .unwrap_or_default();
        match labels
            .iter()
            .min_by_key(|label| graph.count_labelled(label))
        {
            Some(label) => graph.labelled(label),
            None => graph.node_ids(),
        }
    }

    fn node_fits(&self, id: u64, node: &NodePattern, state: &MatchState<'_>) -> MatchResult<bool> {
        if let Some(labels) = &node.labels
            && self.has_labels(&Value::Node(id), labels) != Some(true)
        {
            return Ok(false);
        }
        self.properties_fit(&Value::Node(id), node.properties.as_deref(), state)
    }

    fn properties_fit(
        &self,
        entity: &Value,
        wanted: Option<&Expr>,
        state: &MatchState<'_>,
    ) -> MatchResult<bool> {
        let Some(wanted) = wanted else {
            return Ok(true);
        };
        let Value::Map(wanted) =
            self.evaluate(wanted, &RowBindings::row(state.names, &state.values))?
        else {
            return Ok(false);
        };
        let graph = self.graph.borrow();
        let Some(properties) = graph.properties(entity) else {
            return Ok(false);
        };
        Ok(wanted.iter().all(|(key, value)| {
            properties.get(key).and_then(|own| equals(own, value)) == Some(true)
        }))
    }

    fn inner_holds(&self, predicate: Option<&Expr>, state: &MatchState<'_>) -> MatchResult<bool> {
        self.holds(predicate, &RowBindings::row(state.names, &state.values))
    }

    /// Relationships that lead away from a node in the direction of the pattern, with the node at the other end.
    fn leading(&self, from: u64, pattern: &RelationshipPattern, against: bool) -> Vec<(u64, u64)> {
        let graph = self.graph.borrow();
        let Some(node) = graph.node(from) else {
            return Vec::new();
        };
        let direction = match (pattern.direction, against) {
            (Direction::Outgoing, true) => Direction::Incoming,
            (Direction::Incoming, true) => Direction::Outgoing,
            (direction, _) => direction,
        };
        let mut leading = Vec::new();
        let fits = |kind: &str| {
            pattern
                .types
                .as_ref()
                .is_none_or(|types| types.matches(&|name| name == kind, true))
        };
        if direction != Direction::Incoming {
            for id in &node.outgoing {
                if let Some(found) = graph.relationship(*id).filter(|found| fits(&found.kind)) {
                    leading.push((*id, found.end));
                }
            }
        }
        if direction != Direction::Outgoing {
            for id in &node.incoming {
                if let Some(found) = graph.relationship(*id).filter(|found| fits(&found.kind))
                    && (direction == Direction::Incoming || found.start != found.end)
                {
                    leading.push((*id, found.start));
                }
            }
        }
        leading
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one step of the walk; a struct for these would only move the names"
    )]
    fn expand(
        &self,
        plan: &[PlanStep<'_>],
        at: usize,
        (part, to, index): (usize, usize, usize),
        origin: u64,
        (pattern, node): (&RelationshipPattern, &NodePattern),
        against: bool,
        state: &mut MatchState<'_>,
        emit: &mut dyn FnMut(&MatchState<'_>) -> MatchResult<bool>,
    ) -> MatchResult<bool> {
        if let Some((least, most)) = pattern.hops {
            let mut trail = Vec::new();
            let reach = Reach {
                part,
                to,
                index,
                least,
                most,
                against,
            };
            return self.expand_far(
                plan,
                at,
                &reach,
                origin,
                (pattern, node),
                &mut trail,
                state,
                emit,
            );
        }
        let name = pattern.name.as_ref().map(|name| name.text.as_str());
        let known = name.and_then(|name| state.get(name)).cloned();
        for (id, other) in self.leading(origin, pattern, against) {
            self.step()?;
            let relationship = Value::Relationship(id);
            if state.used.contains(&id)
                || known.as_ref().is_some_and(|known| *known != relationship)
            {
                continue;
            }
            if !self.properties_fit(&relationship, pattern.properties.as_deref(), state)? {
                continue;
            }
            state.used.insert(id);
            state.set_relationships(part, index, vec![id]);
            if let (Some(name), None) = (name, &known) {
                state.bind(name, relationship);
            }
            let fits = self.inner_holds(pattern.predicate.as_deref(), state)?;
            let go_on = !fits || self.arrive(plan, at, (part, to), other, node, state, emit)?;
            if let (Some(name), None) = (name, &known) {
                state.unbind(name);
            }
            state.used.remove(&id);
            if !go_on {
                return Ok(false);
            }
        }
        Ok(true)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one step of the walk; a struct for these would only move the names"
    )]
    fn expand_far(
        &self,
        plan: &[PlanStep<'_>],
        at: usize,
        reach: &Reach,
        here: u64,
        (pattern, node): (&RelationshipPattern, &NodePattern),
        trail: &mut Vec<u64>,
        state: &mut MatchState<'_>,
        emit: &mut dyn FnMut(&MatchState<'_>) -> MatchResult<bool>,
    ) -> MatchResult<bool> {
        self.step()?;
        if trail.len() >= reach.least {
            let name = pattern.name.as_ref().map(|name| name.text.as_str());
            let mut ids = trail.clone();
            if reach.against {
                ids.reverse();
            }
            if let Some(name) = name {
                state.bind(
                    name,
                    Value::List(ids.iter().map(|id| Value::Relationship(*id)).collect()),
                );
            }
            state.set_relationships(reach.part, reach.index, ids);
            let go_on = self.arrive(plan, at, (reach.part, reach.to), here, node, state, emit)?;
            if let Some(name) = name {
                state.unbind(name);
            }
            if !go_on {
                return Ok(false);
            }
        }
        if reach.most.is_some_and(|most| trail.len() >= most) {
            return Ok(true);
        }
        for (id, other) in self.leading(here, pattern, reach.against) {
            if state.used.contains(&id)
                || !self.properties_fit(
                    &Value::Relationship(id),
                    pattern.properties.as_deref(),
                    state,
                )?
            {
                continue;
            }
            state.used.insert(id);
            trail.push(id);
            let go_on =
                self.expand_far(plan, at, reach, other, (pattern, node), trail, state, emit)?;
            trail.pop();
            state.used.remove(&id);
            if !go_on {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The node at the far end of a relationship.
    #[expect(
        clippy::too_many_arguments,
        reason = "one step of the walk; a struct for these would only move the names"
    )]
    fn arrive(
        &self,
        plan: &[PlanStep<'_>],
        at: usize,
        (part, element): (usize, usize),
        id: u64,
        node: &NodePattern,
        state: &mut MatchState<'_>,
        emit: &mut dyn FnMut(&MatchState<'_>) -> MatchResult<bool>,
    ) -> MatchResult<bool> {
        let name = node.name.as_ref().map(|name| name.text.as_str());
        let known = name.and_then(|name| state.get(name)).cloned();
        if known
            .as_ref()
            .is_some_and(|known| *known != Value::Node(id))
            || !self.node_fits(id, node, state)?
        {
            return Ok(true);
        }
        state.set_node(part, element, id);
        if let (Some(name), None) = (name, &known) {
            state.bind(name, Value::Node(id));
        }
        let fits = self.inner_holds(node.predicate.as_deref(), state)?;
        let go_on = !fits || self.walk(plan, at + 1, state, emit)?;
        if let (Some(name), None) = (name, &known) {
            state.unbind(name);
        }
        Ok(go_on)
    }

    fn path(&self, part: usize, state: &MatchState<'_>) -> Value {
        let nodes = state.nodes.get(part).cloned().unwrap_or_default();
        let relationships = state.relationships.get(part).cloned().unwrap_or_default();
        let graph = self.graph.borrow();
        let mut path = PathValue {
            nodes: nodes.first().copied().into_iter().collect(),
            relationships: Vec::new(),
        };
        for id in relationships.into_iter().flatten() {
            let here = path.nodes.last().copied().unwrap_or_default();
            let other = graph.relationship(id).map_or(here, |found| {
                if found.start == here {
                    found.end
                } else {
                    found.start
                }
            });
            path.relationships.push(id);
            path.nodes.push(other);
        }
        Value::Path(Box::new(path))
    }

    /// A pattern as a value: the paths that match, of which a predicate asks only whether there are any.
    pub(crate) fn pattern_value(&self, pattern: &PathPattern, row: &RowBindings<'_>) -> Evaluated {
        let (mut names, values) = row.flattened();
        let mut pattern = pattern.clone();
        let path = "  path".to_owned();
        pattern.path = Some(crate::syntax::Name {
            text: path.clone(),
            at: pattern.at,
        });
        let patterns = [pattern];
        names.extend(
            variables(&patterns)
                .into_iter()
                .filter(|name| !names.contains(name))
                .collect::<Vec<_>>(),
        );
        let [pattern] = &patterns;
        let single = pattern.shortest == Shortest::One;
        let enough = if pattern.shortest == Shortest::All {
            None
        } else {
            Some(1)
        };
        let slot = names
            .iter()
            .position(|name| *name == path)
            .unwrap_or_default();
        let rows = self.matches_of(&patterns, None, &names, &values, enough)?;
        let mut paths = rows.into_iter().filter_map(|row| row.into_iter().nth(slot));
        if single {
            return Ok(paths.next().unwrap_or(Value::Null));
        }
        Ok(Value::List(paths.collect()))
    }

    pub(crate) fn pattern_comprehension(
        &self,
        pattern: &PathPattern,
        predicate: Option<&Expr>,
        result: &Expr,
        row: &RowBindings<'_>,
    ) -> MatchResult<Vec<Value>> {
        let (mut names, values) = row.flattened();
        let patterns = std::slice::from_ref(pattern);
        names.extend(
            variables(patterns)
                .into_iter()
                .filter(|name| !names.contains(name))
                .collect::<Vec<_>>(),
        );
        let rows = self.matches_of(patterns, predicate, &names, &values, None)?;
        rows.iter()
            .map(|values| self.evaluate(result, &RowBindings::row(&names, values)))
            .collect()
    }
}

/// Where a variable-length relationship leads and how far.
struct Reach {
    part: usize,
    to: usize,
    index: usize,
    least: usize,
    most: Option<usize>,
    against: bool,
}

fn conjuncts<'p>(predicate: &'p Expr, into: &mut Vec<&'p Expr>) {
    if let ExprKind::Binary(BinaryOperator::And, left, right) = &predicate.kind {
        conjuncts(left, into);
        conjuncts(right, into);
    } else {
        into.push(predicate);
    }
}

/// Marks a variable as bound and puts the conditions that can be checked now into the plan.
fn settle<'p: 'b, 'b>(
    name: Option<&'p crate::syntax::Name>,
    bound: &mut HashSet<&'b str>,
    own: &HashSet<&str>,
    conditions: &mut Vec<&'p Expr>,
    plan: &mut Vec<PlanStep<'p>>,
) {
    if let Some(name) = name {
        bound.insert(&name.text);
    }
    let ready = |condition: &&Expr| {
        simple(condition)
            && free(condition)
                .iter()
                .all(|name| bound.contains(name) || !own.contains(name))
    };
    let mut index = 0;
    while let Some(condition) = conditions.get(index) {
        if ready(condition) {
            plan.push(PlanStep::Check(conditions.remove(index)));
        } else {
            index += 1;
        }
    }
}

/// Whether an expression holds no pattern or subquery, whose variables are not looked at here.
fn simple(expression: &Expr) -> bool {
    if matches!(
        expression.kind,
        ExprKind::Pattern(_) | ExprKind::Subquery(..) | ExprKind::PatternComprehension { .. }
    ) {
        return false;
    }
    let mut all = true;
    expression.children(&mut |child| all = all && simple(child));
    all
}

fn free(expression: &Expr) -> Vec<&str> {
    let mut names = Vec::new();
    if let ExprKind::Variable(name) = &expression.kind {
        names.push(name.as_str());
    }
    if let ExprKind::MapProjection(_, elements) = &expression.kind {
        for element in elements {
            if let crate::syntax::MapElement::Variable(name, _) = element {
                names.push(name.as_str());
            }
        }
    }
    expression.children(&mut |child| names.extend(free(child)));
    names
}
