//! The bindings of a partial match.

use std::collections::HashSet;

use crate::value::Value;

/// The bindings of a partial match.
pub(super) struct MatchState<'n> {
    pub(super) names: &'n [String],
    pub(super) values: Vec<Value>,
    pub(super) bound: Vec<bool>,
    /// The nodes and relationships of each path pattern.
    pub(super) nodes: Vec<Vec<u64>>,
    pub(super) relationships: Vec<Vec<Vec<u64>>>,
    /// The relationships that are bound; each can be bound once.
    pub(super) used: HashSet<u64>,
}

impl MatchState<'_> {
    /// Returns the index of a variable.
    pub(super) fn slot(&self, name: &str) -> Option<usize> {
        self.names.iter().rposition(|known| known == name)
    }

    /// Returns the value of a bound variable.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        let slot = self.slot(name)?;
        if self.bound.get(slot) == Some(&true) {
            self.values.get(slot)
        } else {
            None
        }
    }

    /// Binds a variable.
    pub(super) fn bind(&mut self, name: &str, value: Value) {
        if let Some(slot) = self.slot(name)
            && let (Some(place), Some(bound)) =
                (self.values.get_mut(slot), self.bound.get_mut(slot))
        {
            *place = value;
            *bound = true;
        }
    }

    /// Unbinds a variable.
    pub(super) fn unbind(&mut self, name: &str) {
        if let Some(slot) = self.slot(name)
            && let (Some(place), Some(bound)) =
                (self.values.get_mut(slot), self.bound.get_mut(slot))
        {
            *place = Value::Null;
            *bound = false;
        }
    }

    /// Returns a node of a path pattern.
    pub(super) fn node(&self, part: usize, element: usize) -> u64 {
        self.nodes
            .get(part)
            .and_then(|nodes| nodes.get(element))
            .copied()
            .unwrap_or_default()
    }

    /// Sets a node of a path pattern.
    pub(super) fn set_node(&mut self, part: usize, element: usize, id: u64) {
        if let Some(place) = self
            .nodes
            .get_mut(part)
            .and_then(|nodes| nodes.get_mut(element))
        {
            *place = id;
        }
    }

    /// Sets the relationships between two nodes of a path pattern.
    pub(super) fn set_relationships(&mut self, part: usize, element: usize, ids: Vec<u64>) {
        if let Some(place) = self
            .relationships
            .get_mut(part)
            .and_then(|all| all.get_mut(element))
        {
            *place = ids;
        }
    }
}
