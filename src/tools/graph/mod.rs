//! Nodes and relationships in a result, as a graph.
//!
//! The shapes of entities, by server:
//! - official 1.6 (Go driver): node `{"ElementId","Labels","Props"}`, relationship `{"ElementId","StartElementId",
//!   "EndElementId","Type","Props"}`, path `{"Nodes","Relationships"}`;
//! - canary: the same members in camel case with `properties`;
//! - `mcp-neo4j-cypher`: a relationship is `[start properties, "TYPE", end properties]`; labels and ids are lost.

mod layout;

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value};

use crate::model::Table;

pub use layout::positions;

/// Nodes that are kept; more are only counted.
pub const MOST_NODES: usize = 150;
/// Relationships that are kept; more are only counted.
pub const MOST_RELATIONSHIPS: usize = 600;
/// Rows that are looked at to see whether a result holds nodes.
const PROBED: usize = 20;
/// Levels of lists and maps within a cell that are looked at.
const DEPTH: usize = 6;
/// Properties that name a node best, the best first.
const CAPTIONS: [&str; 6] = ["name", "title", "caption", "label", "id", "key"];

/// A node of a result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResultNode {
    /// Its element id; where the server loses ids, its properties as text.
    pub id: String,
    /// Labels.
    pub labels: Vec<String>,
    /// Properties.
    pub properties: Map<String, Value>,
    /// Whether the id is Neo4j's, so that the node can be queried.
    pub has_element_id: bool,
}

/// A relationship of a result, between two of its nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultRelationship {
    /// Its element id, or its ends and its type.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// Index of the node from which it goes out.
    pub from: usize,
    /// Index of the node to which it leads.
    pub to: usize,
    /// Properties.
    pub properties: Map<String, Value>,
}

/// The graph of a result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResultGraph {
    /// Nodes in the order in which they occur.
    pub nodes: Vec<ResultNode>,
    /// Relationships between them.
    pub relationships: Vec<ResultRelationship>,
    /// Number of different nodes, kept or not.
    pub total_nodes: usize,
    /// Number of different relationships, kept or not.
    pub total_relationships: usize,
    /// Indexes of nodes by id; `None` for a node that is only counted.
    known: HashMap<String, Option<usize>>,
    known_relationships: HashSet<String>,
}

impl ResultNode {
    /// Returns the text that names the node: a property that is made for it, else its first text, else its label.
    pub fn caption(&self) -> String {
        let by_name = CAPTIONS
            .iter()
            .find_map(|name| self.properties.get(*name))
            .filter(|value| value.is_string() || value.is_number());
        let by_text = || self.properties.values().find(|value| value.is_string());
        let text = by_name.or_else(by_text).map(super::cells::plain);
        text.or_else(|| self.labels.first().cloned())
            .unwrap_or_else(|| "node".to_owned())
    }

    /// Returns the statement that finds the neighbours of the node, if the node can be queried.
    pub fn neighbours_statement(&self, most: usize) -> Option<String> {
        self.has_element_id.then(|| {
            let id = self.id.replace('\\', "\\\\").replace('\'', "\\'");
            format!("MATCH (n)-[r]-(m) WHERE elementId(n) = '{id}' RETURN n, r, m LIMIT {most}")
        })
    }
}

impl ResultRelationship {
    /// Returns what the relationship says on its line: its properties, else its type.
    pub fn caption(&self) -> String {
        let values: Vec<String> = self.properties.values().map(value_in_words).collect();
        if values.is_empty() {
            self.kind.clone()
        } else {
            values.join(", ")
        }
    }
}

/// Returns a value without brackets around a list.
fn value_in_words(value: &Value) -> String {
    match value {
        Value::Array(items) => items
            .iter()
            .map(value_in_words)
            .collect::<Vec<_>>()
            .join(", "),
        other => super::cells::plain(other),
    }
}

/// Returns whether the first rows of a table hold nodes.
pub fn holds_graph(table: &Table) -> bool {
    let mut probed = ResultGraph::default();
    for cell in table.rows.iter().take(PROBED).flatten() {
        probed.read(cell, DEPTH);
    }
    !probed.nodes.is_empty()
}

impl ResultGraph {
    /// Reads the graph of a table. Returns `None` if it holds no node.
    pub fn of_table(table: &Table) -> Option<Self> {
        let mut graph = Self::default();
        graph.add_table(table);
        (!graph.nodes.is_empty()).then_some(graph)
    }

    /// Adds the nodes and relationships of a table.
    pub fn add_table(&mut self, table: &Table) {
        // Nodes first: a relationship may stand before its ends.
        for cell in table.rows.iter().flatten() {
            self.read(cell, DEPTH);
        }
        for cell in table.rows.iter().flatten() {
            self.read_relationships(cell, DEPTH);
        }
    }

    /// Returns the relationships of a node, with the other end.
    pub fn neighbours(&self, node: usize) -> Vec<(&ResultRelationship, usize)> {
        self.relationships
            .iter()
            .filter_map(|relationship| match relationship {
                ResultRelationship { from, to, .. } if *from == node => Some((relationship, *to)),
                ResultRelationship { from, to, .. } if *to == node => Some((relationship, *from)),
                ResultRelationship { .. } => None,
            })
            .collect()
    }

    /// Returns the first labels of the nodes with their numbers, the most frequent first.
    pub fn labels(&self) -> Vec<(String, usize)> {
        let first = |node: &ResultNode| node.labels.first().cloned().unwrap_or_default();
        counted(self.nodes.iter().map(first))
    }

    /// Returns the types of the relationships with their numbers, the most frequent first.
    pub fn kinds(&self) -> Vec<(String, usize)> {
        counted(self.relationships.iter().map(|found| found.kind.clone()))
    }

    fn read(&mut self, value: &Value, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        match value {
            Value::Object(members) => {
                if let Some(node) = node(members) {
                    self.add_node(node);
                } else {
                    for member in members.values() {
                        self.read(member, depth);
                    }
                }
            }
            Value::Array(items) => {
                if let Some((from, _, to)) = triple(items) {
                    self.add_node(node_without_id(from));
                    self.add_node(node_without_id(to));
                } else {
                    for item in items {
                        self.read(item, depth);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn add_node(&mut self, node: ResultNode) -> Option<usize> {
        if let Some(known) = self.known.get(&node.id) {
            // An end of a relationship that was read alone has no labels yet.
            if let Some(own) = known.and_then(|at| self.nodes.get_mut(at))
                && own.labels.is_empty()
                && own.properties.is_empty()
            {
                own.labels = node.labels;
                own.properties = node.properties;
            }
            return *known;
        }
        self.total_nodes += 1;
        let at = (self.nodes.len() < MOST_NODES).then_some(self.nodes.len());
        self.known.insert(node.id.clone(), at);
        if at.is_some() {
            self.nodes.push(node);
        }
        at
    }

    fn read_relationships(&mut self, value: &Value, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        match value {
            Value::Object(members) => {
                if let Some(found) = EntityEnds::of(members) {
                    self.add_relationship(found);
                } else if node(members).is_none() {
                    for member in members.values() {
                        self.read_relationships(member, depth);
                    }
                }
            }
            Value::Array(items) => {
                if let Some((from, kind, to)) = triple(items) {
                    self.add_relationship(EntityEnds {
                        id: Value::Array(items.clone()).to_string(),
                        kind: kind.to_owned(),
                        from: node_without_id(from).id,
                        to: node_without_id(to).id,
                        properties: Map::new(),
                    });
                } else {
                    for item in items {
                        self.read_relationships(item, depth);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn add_relationship(&mut self, found: EntityEnds) {
        if !self.known_relationships.insert(found.id.clone()) {
            return;
        }
        self.total_relationships += 1;
        let end = |graph: &mut Self, id: String| {
            graph.add_node(ResultNode {
                id,
                has_element_id: true,
                ..ResultNode::default()
            })
        };
        let (from, to) = (end(self, found.from), end(self, found.to));
        if let (Some(from), Some(to)) = (from, to)
            && self.relationships.len() < MOST_RELATIONSHIPS
        {
            self.relationships.push(ResultRelationship {
                id: found.id,
                kind: found.kind,
                from,
                to,
                properties: found.properties,
            });
        }
    }
}

/// A relationship as it is read, with the ids of its ends.
struct EntityEnds {
    id: String,
    kind: String,
    from: String,
    to: String,
    properties: Map<String, Value>,
}

impl EntityEnds {
    fn of(members: &Map<String, Value>) -> Option<Self> {
        let kind = text(members, &["Type", "type"])?;
        let from = text(
            members,
            &[
                "StartElementId",
                "startElementId",
                "startNodeElementId",
                "start",
            ],
        )?;
        let to = text(
            members,
            &["EndElementId", "endElementId", "endNodeElementId", "end"],
        )?;
        let id = text(members, &["ElementId", "elementId"]);
        Some(Self {
            id: id.unwrap_or_else(|| format!("{from} {kind} {to}")),
            kind,
            from,
            to,
            properties: properties(members).unwrap_or_default(),
        })
    }
}

fn node(members: &Map<String, Value>) -> Option<ResultNode> {
    let labels = get(members, &["Labels", "labels"])?.as_array()?;
    let id = text(members, &["ElementId", "elementId"])?;
    Some(ResultNode {
        id,
        labels: labels
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        properties: properties(members)?,
        has_element_id: true,
    })
}

fn node_without_id(properties: &Map<String, Value>) -> ResultNode {
    ResultNode {
        id: Value::Object(properties.clone()).to_string(),
        labels: Vec::new(),
        properties: properties.clone(),
        has_element_id: false,
    }
}

/// Start properties, type and end properties of a relationship whose ids the server has lost.
type BareRelationship<'a> = (&'a Map<String, Value>, &'a str, &'a Map<String, Value>);

/// `[start properties, "TYPE", end properties]`.
fn triple(items: &[Value]) -> Option<BareRelationship<'_>> {
    match items {
        [Value::Object(from), Value::String(kind), Value::Object(to)] => Some((from, kind, to)),
        _ => None,
    }
}

fn properties(members: &Map<String, Value>) -> Option<Map<String, Value>> {
    get(members, &["Props", "Properties", "properties"])?
        .as_object()
        .cloned()
}

fn get<'a>(members: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| members.get(*name))
}

fn text(members: &Map<String, Value>, names: &[&str]) -> Option<String> {
    get(members, names)?.as_str().map(str::to_owned)
}

fn counted(names: impl Iterator<Item = String>) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table(rows: Vec<Vec<Value>>) -> Table {
        Table {
            columns: Vec::new(),
            rows,
            lost_temporals: Vec::new(),
        }
    }

    fn person(at: usize) -> Value {
        json!({"ElementId": format!("4:x:{at}"), "Labels": ["Person"], "Props": {"born": 1960, "name": format!("P{at}")}})
    }

    fn acted(from: usize, to: usize) -> Value {
        json!({"ElementId": format!("5:x:{from}{to}"), "StartElementId": format!("4:x:{from}"), "EndElementId": format!("4:x:{to}"),
            "Type": "KNOWS", "Props": {"roles": ["Neo", "Bill"]}})
    }

    #[test]
    fn nodes_relationships_and_paths_become_one_graph() {
        let path = json!({"Nodes": [person(2), person(3)], "Relationships": [acted(3, 2)]});
        let rows = vec![
            vec![acted(1, 2), person(1), person(2)],
            vec![json!(null), person(1), path],
        ];
        let graph = ResultGraph::of_table(&table(rows)).unwrap();
        assert_eq!((graph.total_nodes, graph.total_relationships), (3, 2));
        let ends: Vec<(usize, usize)> = graph
            .relationships
            .iter()
            .map(|found| (found.from, found.to))
            .collect();
        assert_eq!(ends, [(0, 1), (2, 1)]);
        assert_eq!(graph.nodes[0].caption(), "P1");
        assert_eq!(graph.relationships[0].caption(), "Neo, Bill");
        assert_eq!(graph.neighbours(1).len(), 2);
        assert_eq!(graph.labels(), [("Person".to_owned(), 3)]);
        let kinds: Vec<usize> = graph.kinds().iter().map(|(_, count)| *count).collect();
        assert_eq!(kinds, [2], "{:?}", graph.kinds());
    }

    #[test]
    fn the_shapes_of_the_other_servers_are_read() {
        let canary = vec![vec![
            json!({"elementId": "4:x:1", "labels": ["Movie"], "properties": {"title": "The Matrix"}}),
        ]];
        let graph = ResultGraph::of_table(&table(canary)).unwrap();
        assert_eq!(graph.nodes[0].caption(), "The Matrix");
        let labs = vec![vec![
            json!([{"name": "Keanu"}, "ACTED_IN", {"title": "The Matrix"}]),
        ]];
        let graph = ResultGraph::of_table(&table(labs)).unwrap();
        assert_eq!((graph.nodes.len(), graph.relationships.len()), (2, 1));
        assert_eq!(graph.nodes[0].neighbours_statement(9), None);
    }

    #[test]
    fn an_end_that_is_not_in_the_rows_is_a_node_without_properties() {
        let graph = ResultGraph::of_table(&table(vec![vec![acted(1, 2), person(1)]])).unwrap();
        assert_eq!(graph.nodes.len(), 2);
        assert_eq!(graph.nodes[1].caption(), "node");
        let statement = graph.nodes[1].neighbours_statement(25).unwrap();
        assert!(statement.contains("elementId(n) = '4:x:2'"), "{statement}");
    }

    #[test]
    fn a_large_graph_is_cut_and_counted() {
        let rows = (0..1_000).map(|at| vec![person(at), acted(at, 0)]);
        let graph = ResultGraph::of_table(&table(rows.collect())).unwrap();
        assert_eq!((graph.nodes.len(), graph.total_nodes), (MOST_NODES, 1_000));
        assert_eq!(graph.total_relationships, 1_000);
        assert!(graph.relationships.len() <= MOST_NODES);
    }

    #[test]
    fn rows_without_nodes_are_no_graph() {
        let rows = vec![vec![json!("a"), json!({"Labels": "x"}), json!([1, 2, 3])]];
        assert!(!holds_graph(&table(rows.clone())));
        assert_eq!(ResultGraph::of_table(&table(rows)), None);
    }
}
