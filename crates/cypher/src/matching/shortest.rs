//! Shortest paths between two bound nodes.

use std::collections::{HashMap, VecDeque};

use super::{MatchResult, MatchState, PlanStep};
use crate::codes::SEMANTIC;
use crate::engine::Engine;
use crate::error::CypherError;
use crate::syntax::{PathPattern, RelationshipPattern, Shortest};
use crate::value::{EntityId, Value};

impl Engine<'_> {
    pub(super) fn shortest_step(
        &self,
        plan: &[PlanStep<'_>],
        at: usize,
        part: usize,
        pattern: &PathPattern,
        state: &mut MatchState<'_>,
        emit: &mut dyn FnMut(&MatchState<'_>) -> MatchResult<bool>,
    ) -> MatchResult<bool> {
        let Some((relationship, _)) = pattern.rest.first() else {
            return Ok(true);
        };
        let (from, to) = (state.node(part, 0), state.node(part, 1));
        let found = self.shortest(
            from,
            to,
            relationship,
            pattern.shortest == Shortest::All,
            state,
        )?;
        for ids in found {
            if let Some(name) = &relationship.name {
                let value = if relationship.hops.is_some() {
                    Value::List(ids.iter().map(|id| Value::Relationship(*id)).collect())
                } else {
                    ids.first()
                        .map_or(Value::Null, |id| Value::Relationship(*id))
                };
                state.bind(&name.text, value);
            }
            state.set_relationships(part, 0, ids);
            let go_on = self.walk(plan, at + 1, state, emit)?;
            if let Some(name) = &relationship.name {
                state.unbind(&name.text);
            }
            if !go_on {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Breadth first from one end to the other.
    fn shortest(
        &self,
        from: u64,
        to: u64,
        pattern: &RelationshipPattern,
        all: bool,
        state: &MatchState<'_>,
    ) -> MatchResult<Vec<Vec<u64>>> {
        let (least, most) = pattern.hops.unwrap_or((1, Some(1)));
        if from == to {
            if least == 0 {
                return Ok(vec![Vec::new()]);
            }
            let message = "The shortest path algorithm does not work when the start and end nodes are the same. This can happen if you \
                           perform a shortestPath search after a cartesian product that might have the same start and end nodes for some of \
                           the rows passed to shortestPath. If you would rather not experience this exception, and can accept the \
                           possibility of missing results for those rows, disable this in the Neo4j configuration by setting \
                           `dbms.cypher.forbid_shortestpath_common_nodes` to false. If you cannot accept missing results, and really want \
                           the shortestPath between two common nodes, then re-write the query using a standard Cypher variable length \
                           pattern expression followed by ordering by path length and limiting to one result.";
            return Err(CypherError::run(crate::codes::EXECUTION_FAILED, message));
        }
        let mut depth: HashMap<u64, usize> = HashMap::from([(from, 0)]);
        let mut arrivals: HashMap<u64, Vec<(u64, u64)>> = HashMap::new();
        let mut queue = VecDeque::from([from]);
        while let Some(here) = queue.pop_front() {
            let hops = depth.get(&here).copied().unwrap_or_default();
            if most.is_some_and(|most| hops >= most)
                || depth.get(&to).is_some_and(|end| hops >= *end)
            {
                continue;
            }
            for (id, other) in self.leading(here, pattern, false) {
                self.step()?;
                if !self.properties_fit(
                    EntityId::Relationship(id),
                    pattern.properties.as_deref(),
                    state,
                )? {
                    continue;
                }
                let known = depth.get(&other).copied();
                if known.is_none() {
                    depth.insert(other, hops + 1);
                    queue.push_back(other);
                }
                if known.is_none_or(|known| known == hops + 1) {
                    arrivals.entry(other).or_default().push((id, here));
                }
            }
        }
        let mut found = Vec::new();
        trace(to, from, &arrivals, &mut Vec::new(), all, &mut found);
        if found.first().is_some_and(|ids| ids.len() < least) {
            let message =
                "shortestPath(...) does not support a minimal length different from 0 or 1";
            return Err(CypherError::run(SEMANTIC, message));
        }
        Ok(found)
    }
}

/// Goes back from the end of a search to its start.
fn trace(
    here: u64,
    from: u64,
    arrivals: &HashMap<u64, Vec<(u64, u64)>>,
    trail: &mut Vec<u64>,
    all: bool,
    found: &mut Vec<Vec<u64>>,
) {
    if here == from {
        found.push(trail.iter().rev().copied().collect());
        return;
    }
    for (id, previous) in arrivals.get(&here).into_iter().flatten() {
        if !all && !found.is_empty() {
            return;
        }
        trail.push(*id);
        trace(*previous, from, arrivals, trail, all, found);
        trail.pop();
    }
}
