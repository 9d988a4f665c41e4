//! The graph of one database: nodes, relationships, indexes and constraints in memory. A copy is cheap (everything big is
//! shared until it changes), so a statement that fails is undone by going back to the copy made before it.
//! What statements mean is not decided here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::value::{Map, Value};

/// A node with its neighbourhood.
#[derive(Debug, Clone, Default)]
pub struct Node {
    pub labels: BTreeSet<String>,
    pub properties: Map,
    pub outgoing: Vec<u64>,
    pub incoming: Vec<u64>,
}

/// A relationship from one node to another.
#[derive(Debug, Clone)]
pub struct Relationship {
    pub kind: String,
    pub start: u64,
    pub end: u64,
    pub properties: Map,
}

/// An index or a constraint.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub id: i64,
    pub name: String,
    /// `RANGE`, `LOOKUP`, … for an index.
    pub index: String,
    /// `UNIQUENESS` and its like for a constraint.
    pub constraint: Option<&'static str>,
    pub relationship: bool,
    pub labels: Vec<String>,
    pub properties: Vec<String>,
}

/// One database's content.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// Part of every element id.
    pub uuid: String,
    nodes: Vec<Option<Arc<Node>>>,
    relationships: Vec<Option<Arc<Relationship>>>,
    by_label: BTreeMap<String, Arc<BTreeSet<u64>>>,
    /// Labels, types and property keys once used stay known, as in Neo4j.
    pub known_labels: Vec<String>,
    pub known_types: Vec<String>,
    pub known_keys: Vec<String>,
    pub rules: Vec<Rule>,
    pub next_rule: i64,
}

impl Graph {
    /// An empty graph with the two lookup indexes that every Neo4j database has.
    pub fn new(uuid: String) -> Self {
        let lookup = |id: i64, name: &str, relationship| Rule {
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

    pub fn node(&self, id: u64) -> Option<&Arc<Node>> {
        self.nodes.get(usize::try_from(id).ok()?)?.as_ref()
    }

    pub fn relationship(&self, id: u64) -> Option<&Arc<Relationship>> {
        self.relationships.get(usize::try_from(id).ok()?)?.as_ref()
    }

    pub fn node_ids(&self) -> Vec<u64> {
        (0..)
            .zip(&self.nodes)
            .filter(|(_, node)| node.is_some())
            .map(|(id, _)| id)
            .collect()
    }

    pub fn relationship_ids(&self) -> Vec<u64> {
        (0..)
            .zip(&self.relationships)
            .filter(|(_, found)| found.is_some())
            .map(|(id, _)| id)
            .collect()
    }

    pub fn labelled(&self, label: &str) -> Vec<u64> {
        self.by_label
            .get(label)
            .map(|ids| ids.iter().copied().collect())
            .unwrap_or_default()
    }

    pub fn count_labelled(&self, label: &str) -> usize {
        self.by_label.get(label).map_or(0, |ids| ids.len())
    }

    /// Labels in the order in which the database came to know them, as Neo4j gives them.
    pub fn label_order(&self, labels: &BTreeSet<String>) -> Vec<String> {
        self.known_labels
            .iter()
            .filter(|label| labels.contains(*label))
            .cloned()
            .collect()
    }

    /// `4:uuid:7`.
    pub fn element_id(&self, value: &Value) -> String {
        match value {
            Value::Relationship(id) => format!("5:{}:{id}", self.uuid),
            Value::Node(id) => format!("4:{}:{id}", self.uuid),
            _ => String::new(),
        }
    }

    pub fn create_node(&mut self) -> u64 {
        self.nodes.push(Some(Arc::new(Node::default())));
        self.nodes.len() as u64 - 1
    }

    pub fn create_relationship(&mut self, kind: &str, start: u64, end: u64) -> u64 {
        let id = self.relationships.len() as u64;
        remember(&mut self.known_types, kind);
        self.relationships.push(Some(Arc::new(Relationship {
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

    /// Whether the label is new on the node.
    pub fn add_label(&mut self, id: u64, label: &str) -> bool {
        let Some(node) = self.node_mut(id) else {
            return false;
        };
        let added = node.labels.insert(label.to_owned());
        remember(&mut self.known_labels, label);
        Arc::make_mut(self.by_label.entry(label.to_owned()).or_default()).insert(id);
        added
    }

    /// Whether the label was on the node.
    pub fn remove_label(&mut self, id: u64, label: &str) -> bool {
        let removed = self
            .node_mut(id)
            .is_some_and(|node| node.labels.remove(label));
        if let Some(ids) = self.by_label.get_mut(label) {
            Arc::make_mut(ids).remove(&id);
        }
        removed
    }

    /// Sets a property, or removes it when the value is null. Whether anything was written.
    pub fn set_property(&mut self, entity: &Value, key: &str, value: Value) -> bool {
        let properties = match entity {
            Value::Node(id) => self.node_mut(*id).map(|node| &mut node.properties),
            Value::Relationship(id) => self
                .relationship_mut(*id)
                .map(|found| &mut found.properties),
            _ => None,
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

    pub fn properties(&self, entity: &Value) -> Option<&Map> {
        match entity {
            Value::Node(id) => self.node(*id).map(|node| &node.properties),
            Value::Relationship(id) => self.relationship(*id).map(|found| &found.properties),
            _ => None,
        }
    }

    pub fn delete_relationship(&mut self, id: u64) -> bool {
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

    /// Takes the node away; its relationships must be gone already.
    pub fn delete_node(&mut self, id: u64) -> bool {
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

    /// The uniqueness constraint that a node breaks, if any: the label, the property, the other node and the value.
    pub fn broken_uniqueness(&self, id: u64) -> Option<(String, String, u64, Value)> {
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
                                    super::value::equals(theirs, ours) == Some(true)
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

    fn node_mut(&mut self, id: u64) -> Option<&mut Node> {
        self.nodes
            .get_mut(usize::try_from(id).ok()?)?
            .as_mut()
            .map(Arc::make_mut)
    }

    fn relationship_mut(&mut self, id: u64) -> Option<&mut Relationship> {
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
