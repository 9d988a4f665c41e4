//! Patterns as values: paths, pattern predicates and pattern comprehensions.

use super::state::MatchState;
use super::variables;
use crate::engine::{Engine, Evaluated, RowBindings};
use crate::syntax::{Name, PathPattern, PatternComprehension, Shortest};
use crate::value::{PathValue, Value};

impl Engine<'_> {
    /// Returns the path that is bound to a path pattern.
    pub(super) fn path(&self, part: usize, state: &MatchState<'_>) -> Value {
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

    /// Returns a pattern as a value: the paths that match, of which a predicate asks only whether there are any.
    pub(crate) fn pattern_value(&self, pattern: &PathPattern, row: &RowBindings<'_>) -> Evaluated {
        let (mut names, values) = row.flattened();
        let mut pattern = pattern.clone();
        let path = "  path".to_owned();
        pattern.path = Some(Name {
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
        comprehension: &PatternComprehension,
        row: &RowBindings<'_>,
    ) -> Evaluated {
        let (mut names, values) = row.flattened();
        let patterns = std::slice::from_ref(&comprehension.pattern);
        names.extend(
            variables(patterns)
                .into_iter()
                .filter(|name| !names.contains(name))
                .collect::<Vec<_>>(),
        );
        let predicate = comprehension.predicate.as_ref();
        let rows = self.matches_of(patterns, predicate, &names, &values, None)?;
        let result = |values: &Vec<Value>| {
            self.evaluate(&comprehension.result, &RowBindings::row(&names, values))
        };
        rows.iter()
            .map(result)
            .collect::<Result<_, _>>()
            .map(Value::List)
    }
}
