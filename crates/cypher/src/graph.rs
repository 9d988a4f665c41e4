//! The graph of one database: nodes, relationships, indexes and constraints in memory.
//!
//! A clone is cheap, because large parts are shared until they change. A statement works on a clone,
//! which is dropped if the statement fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::value::{EntityId, Map, Value};

/// A node with the relationships that start and end at it.
#[derive(Debug, Clone, Default)]
pub struct GraphNode {
    /// The labels.
    pub labels: BTreeSet<String>,
    /// The properties.
    pub properties: Map,
    /// Ids of the relationships that start here.
    pub outgoing: Vec<u64>,
    /// Ids of the relationships that end here.
    pub incoming: Vec<u64>,
}

/// A relationship from one node to another.
#[derive(Debug, Clone)]
pub struct GraphRelationship {
    /// The type.
    pub kind: String,
    /// Id of the start node.
    pub start: u64,
    /// Id of the end node.
    pub end: u64,
    /// The properties.
    pub properties: Map,
}

/// An index or a constraint.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaRule {
    /// The id.
    pub id: i64,
    /// The name.
    pub name: String,
    /// The type of the index: `RANGE`, `LOOKUP`, ….
    pub index: String,
    /// The type of the constraint (`UNIQUENESS`) that owns the index, if any.
    pub constraint: Option<&'static str>,
    /// Whether it is about relationships rather than nodes.
    pub relationship: bool,
    /// The labels or types.
    pub labels: Vec<String>,
    /// The property keys.
    pub properties: Vec<String>,
}

/// The content of one database.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// The UUID of the database, a part of every element id.
    pub uuid: String,
    nodes: Vec<Option<Arc<GraphNode>>>,
    relationships: Vec<Option<Arc<GraphRelationship>>>,
    by_label: BTreeMap<String, Arc<BTreeSet<u64>>>,
    /// Labels in the order of their first use. They stay known when no node has them any more.
    pub(crate) known_labels: Vec<String>,
    /// Relationship types in the order of their first use.
    pub(crate) known_types: Vec<String>,
    /// Property keys in the order of their first use.
    pub(crate) known_keys: Vec<String>,
    /// Indexes and constraints.
    pub(crate) rules: Vec<SchemaRule>,
    /// Id of the next index or constraint.
    pub(crate) next_rule: i64,
}

impl Graph {
    /// Creates an empty graph with the two lookup indexes that every Neo4j database has.
    pub fn new(uuid: String) -> Self {
        let lookup = |id: i64, name: &str, relationship| SchemaRule {
            id,
            name: name.to_owned(),
            index: "LOOKUP".to_owned(),
            constraint: None,
            relationship,
            labels: Vec::new(),
            properties: Vec::new(),
        };
        let rules = vec![
            lookup(1, "index_343aff4e", false),
            lookup(2, "index_f7700477", true),
        ];
        Self {
            uuid,
            rules,
            next_rule: 3,
            ..Self::default()
        }
    }

    /// Returns the node with this id.
    pub fn node(&self, id: u64) -> Option<&Arc<GraphNode>> {
        self.nodes.get(usize::try_from(id).ok()?)?.as_ref()
    }

    /// Returns the relationship with this id.
    pub fn relationship(&self, id: u64) -> Option<&Arc<GraphRelationship>> {
        self.relationships.get(usize::try_from(id).ok()?)?.as_ref()
    }

    /// Returns the ids of all nodes in ascending order.
    pub fn node_ids(&self) -> Vec<u64> {
        (0..)
            .zip(&self.nodes)
            .filter(|(_, node)| node.is_some())
            .map(|(id, _)| id)
            .collect()
    }

    /// Returns the ids of all relationships in ascending order.
    pub fn relationship_ids(&self) -> Vec<u64> {
        (0..)
            .zip(&self.relationships)
            .filter(|(_, found)| found.is_some())
            .map(|(id, _)| id)
            .collect()
    }

    /// Returns the ids of the nodes with a label in ascending order.
    pub(crate) fn labelled(&self, label: &str) -> Vec<u64> {
        self.by_label
            .get(label)
            .map(|ids| ids.iter().copied().collect())
            .unwrap_or_default()
    }

    /// Returns the number of nodes with a label.
    pub(crate) fn count_labelled(&self, label: &str) -> usize {
        self.by_label.get(label).map_or(0, |ids| ids.len())
    }

    /// Sorts labels by their first use in the database, as Neo4j does.
    pub(crate) fn label_order(&self, labels: &BTreeSet<String>) -> Vec<String> {
        self.known_labels
            .iter()
            .filter(|label| labels.contains(*label))
            .cloned()
            .collect()
    }

    /// Returns the element id of a node (`4:uuid:7`) or relationship.
    pub(crate) fn element_id(&self, entity: EntityId) -> String {
        match entity {
            EntityId::Relationship(id) => format!("5:{}:{id}", self.uuid),
            EntityId::Node(id) => format!("4:{}:{id}", self.uuid),
        }
    }

    /// Creates a node and returns its id.
    pub(crate) fn create_node(&mut self) -> u64 {
        self.nodes.push(Some(Arc::new(GraphNode::default())));
        self.nodes.len() as u64 - 1
    }

    /// Creates a relationship and returns its id.
    pub(crate) fn create_relationship(&mut self, kind: &str, start: u64, end: u64) -> u64 {
        let id = self.relationships.len() as u64;
        remember(&mut self.known_types, kind);
        self.relationships.push(Some(Arc::new(GraphRelationship {
            kind: kind.to_owned(),
            start,
            end,
            properties: Map::new(),
        })));
        if let Some(node) = self.node_mut(start) {
            node.outgoing.push(id);
        }
        if let Some(node) = self.node_mut(end) {
            node.incoming.push(id);
        }
        id
    }

    /// Adds a label to a node. Returns whether the node did not have it.
    pub(crate) fn add_label(&mut self, id: u64, label: &str) -> bool {
        let Some(node) = self.node_mut(id) else {
            return false;
        };
        let added = node.labels.insert(label.to_owned());
        remember(&mut self.known_labels, label);
        Arc::make_mut(self.by_label.entry(label.to_owned()).or_default()).insert(id);
        added
    }

    /// Removes a label from a node. Returns whether the node had it.
    pub(crate) fn remove_label(&mut self, id: u64, label: &str) -> bool {
        let removed = self
            .node_mut(id)
            .is_some_and(|node| node.labels.remove(label));
        if let Some(ids) = self.by_label.get_mut(label) {
            Arc::make_mut(ids).remove(&id);
        }
        removed
    }

    /// Sets a property, or removes it if the value is null. Returns whether anything changed.
    pub(crate) fn set_property(&mut self, entity: EntityId, key: &str, value: Value) -> bool {
        let properties = match entity {
            EntityId::Node(id) => self.node_mut(id).map(|node| &mut node.properties),
            EntityId::Relationship(id) => {
                self.relationship_mut(id).map(|found| &mut found.properties)
            }
        };
        let Some(properties) = properties else {
            return false;
        };
        if value.is_null() {
            return properties.remove(key).is_some();
        }
        properties.insert(key.to_owned(), value);
        remember(&mut self.known_keys, key);
        true
    }

    /// Returns the properties of a node or relationship.
    pub(crate) fn properties(&self, entity: EntityId) -> Option<&Map> {
        match entity {
            EntityId::Node(id) => self.node(id).map(|node| &node.properties),
            EntityId::Relationship(id) => self.relationship(id).map(|found| &found.properties),
        }
    }

    /// Deletes a relationship. Returns whether it existed.
    pub(crate) fn delete_relationship(&mut self, id: u64) -> bool {
        let Some(found) = self.relationship(id).cloned() else {
            return false;
        };
        if let Some(node) = self.node_mut(found.start) {
            node.outgoing.retain(|other| *other != id);
        }
        if let Some(node) = self.node_mut(found.end) {
            node.incoming.retain(|other| *other != id);
        }
        if let Some(slot) = usize::try_from(id)
            .ok()
            .and_then(|index| self.relationships.get_mut(index))
        {
            *slot = None;
        }
        true
    }

    /// Deletes a node without relationships. Returns whether it existed.
    pub(crate) fn delete_node(&mut self, id: u64) -> bool {
        let Some(node) = self.node(id).cloned() else {
            return false;
        };
        for label in &node.labels {
            if let Some(ids) = self.by_label.get_mut(label) {
                Arc::make_mut(ids).remove(&id);
            }
        }
        if let Some(slot) = usize::try_from(id)
            .ok()
            .and_then(|index| self.nodes.get_mut(index))
        {
            *slot = None;
        }
        true
    }

    /// Returns the uniqueness constraint that a node violates: the label, the property key, the other
    /// node and the value.
    pub(crate) fn broken_uniqueness(&self, id: u64) -> Option<(String, String, u64, Value)> {
        let node = self.node(id)?;
        let unique = self
            .rules
            .iter()
            .filter(|rule| rule.constraint.is_some() && !rule.relationship);
        for rule in unique {
            let (Some(label), Some(key)) = (rule.labels.first(), rule.properties.first()) else {
                continue;
            };
            let Some(value) = node
                .properties
                .get(key)
                .filter(|_| node.labels.contains(label))
            else {
                continue;
            };
            let same = |other: &u64| {
                *other != id
                    && self.node(*other).is_some_and(|other| {
                        rule.properties.iter().all(|key| {
                            match (other.properties.get(key), node.properties.get(key)) {
                                (Some(theirs), Some(ours)) => {
                                    crate::value::equals(theirs, ours) == Some(true)
                                }
                                _ => false,
                            }
                        })
                    })
            };
            if let Some(other) = self.labelled(label).into_iter().find(same) {
                return Some((label.clone(), key.clone(), other, value.clone()));
            }
        }
        None
    }

    fn node_mut(&mut self, id: u64) -> Option<&mut GraphNode> {
        self.nodes
            .get_mut(usize::try_from(id).ok()?)?
            .as_mut()
            .map(Arc::make_mut)
    }

    fn relationship_mut(&mut self, id: u64) -> Option<&mut GraphRelationship> {
        self.relationships
            .get_mut(usize::try_from(id).ok()?)?
            .as_mut()
            .map(Arc::make_mut)
    }
}

fn remember(known: &mut Vec<String>, name: &str) {
    if !known.iter().any(|other| other == name) {
        known.push(name.to_owned());
    }
}
