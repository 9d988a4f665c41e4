//! Matching of patterns: all bindings of the variables, with each relationship at most once per
//! `MATCH`.

mod paths;
mod plan;
mod shortest;
mod state;

use std::collections::HashSet;

use crate::engine::{Engine, RowBindings};
use crate::error::CypherError;
use crate::syntax::{
    Direction, Expr, LabelExpression, Name, NodePattern, PathPattern, RelationshipPattern,
};
use crate::value::{EntityId, Value, equals};
use plan::PlanStep;
use state::MatchState;

type MatchResult<T = ()> = Result<T, CypherError>;

/// Returns the variables of patterns in the order of their appearance.
pub(crate) fn variables(patterns: &[PathPattern]) -> Vec<String> {
    let mut names = Vec::new();
    let mut add = |name: Option<&Name>| {
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
    /// Returns all rows that extend `values`, which belong to the first of `names`, by the variables of
    /// the patterns. The search ends after `enough` rows.
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
        let plan = {
            let graph = self.graph.borrow();
            plan::plan(&graph, patterns, predicate, names, values.len())
        };
        let mut rows = Vec::new();
        self.walk(&plan, 0, &mut state, &mut |state| {
            rows.push(state.values.clone());
            Self::check_row_count(rows.len())?;
            Ok(enough.is_none_or(|enough| rows.len() < enough))
        })?;
        Ok(rows)
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
                let holds = self.inner_holds(Some(condition), state)?;
                Ok(!holds || self.walk(plan, at + 1, state, emit)?)
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
                let reach = Reach {
                    part: *part,
                    to: *to,
                    index: *relationship,
                    against: to < from,
                };
                let element = (*pattern, *node);
                if pattern.hops.is_some() {
                    let mut trail = Vec::new();
                    self.expand_far(plan, at, &reach, origin, element, &mut trail, state, emit)
                } else {
                    self.expand(plan, at, &reach, origin, element, state, emit)
                }
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
        self.properties_fit(EntityId::Node(id), node.properties.as_deref(), state)
    }

    fn properties_fit(
        &self,
        entity: EntityId,
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
        reach: &Reach,
        origin: u64,
        (pattern, node): (&RelationshipPattern, &NodePattern),
        state: &mut MatchState<'_>,
        emit: &mut dyn FnMut(&MatchState<'_>) -> MatchResult<bool>,
    ) -> MatchResult<bool> {
        let name = pattern.name.as_ref().map(|name| name.text.as_str());
        let known = name.and_then(|name| state.get(name)).cloned();
        for (id, other) in self.leading(origin, pattern, reach.against) {
            self.step()?;
            let relationship = Value::Relationship(id);
            if state.used.contains(&id)
                || known.as_ref().is_some_and(|known| *known != relationship)
            {
                continue;
            }
            let wanted = pattern.properties.as_deref();
            if !self.properties_fit(EntityId::Relationship(id), wanted, state)? {
                continue;
            }
            state.used.insert(id);
            state.set_relationships(reach.part, reach.index, vec![id]);
            if let (Some(name), None) = (name, &known) {
                state.bind(name, relationship);
            }
            let fits = self.inner_holds(pattern.predicate.as_deref(), state)?;
            let go_on =
                !fits || self.arrive(plan, at, (reach.part, reach.to), other, node, state, emit)?;
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
        let (least, most) = pattern.hops.unwrap_or((1, Some(1)));
        if trail.len() >= least {
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
        if most.is_some_and(|most| trail.len() >= most) {
            return Ok(true);
        }
        for (id, other) in self.leading(here, pattern, reach.against) {
            if state.used.contains(&id)
                || !self.properties_fit(
                    EntityId::Relationship(id),
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
}

/// The place of a relationship in a pattern: its index, the node that it leads to, and whether it is
/// followed against the direction in which the pattern is written.
struct Reach {
    part: usize,
    to: usize,
    index: usize,
    against: bool,
}
