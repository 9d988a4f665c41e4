//! The results of statements.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::Counters;
use crate::error::CypherError;
use crate::graph::{Graph, GraphNode, GraphRelationship};
use crate::syntax::ExecutionMode;
use crate::value::Value;

/// The result of a statement: rows, counters, and the error that ended the rows.
///
/// Nodes and relationships in the rows are ids. Their labels, types and properties at the end of the
/// statement are in [`nodes`](Self::nodes) and [`relationships`](Self::relationships).
#[derive(Debug, Clone, Default)]
pub struct QueryResult {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows, each with one value per column.
    pub rows: Vec<Vec<Value>>,
    /// The changes that the statement made.
    pub counters: Counters,
    /// The nodes in the rows, by id.
    pub nodes: BTreeMap<u64, Arc<GraphNode>>,
    /// The relationships in the rows, by id.
    pub relationships: BTreeMap<u64, Arc<GraphRelationship>>,
    /// The labels of the database in the order in which they were first used. Neo4j returns the
    /// labels of a node in this order.
    pub label_order: Vec<String>,
    /// The UUID of the database, a part of every element id.
    pub uuid: String,
    /// Whether the statement was executed, explained or profiled.
    pub mode: ExecutionMode,
    /// The error that ended the rows. The changes of the statement were rolled back.
    pub error: Option<CypherError>,
}

impl QueryResult {
    /// Adds the labels, types and properties of all nodes and relationships in the rows.
    pub(crate) fn describe_entities(&mut self, graph: &Graph) {
        self.label_order.clone_from(&graph.known_labels);
        let rows = std::mem::take(&mut self.rows);
        for value in rows.iter().flatten() {
            self.describe(value, graph);
        }
        self.rows = rows;
    }

    fn describe(&mut self, value: &Value, graph: &Graph) {
        match value {
            Value::Node(id) => self.describe_node(*id, graph),
            Value::Relationship(id) => self.describe_relationship(*id, graph),
            Value::Path(path) => {
                for id in &path.nodes {
                    self.describe_node(*id, graph);
                }
                for id in &path.relationships {
                    self.describe_relationship(*id, graph);
                }
            }
            Value::List(items) => items.iter().for_each(|item| self.describe(item, graph)),
            Value::Map(map) => map.values().for_each(|item| self.describe(item, graph)),
            Value::Null
            | Value::Boolean(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::Date(_)
            | Value::LocalTime(_)
            | Value::Time(..)
            | Value::LocalDateTime(_)
            | Value::DateTime(_)
            | Value::Duration(_)
            | Value::Point(_) => {}
        }
    }

    fn describe_node(&mut self, id: u64, graph: &Graph) {
        if let Some(node) = graph.node(id) {
            self.nodes.entry(id).or_insert_with(|| node.clone());
        }
    }

    fn describe_relationship(&mut self, id: u64, graph: &Graph) {
        if let Some(relationship) = graph.relationship(id) {
            self.relationships
                .entry(id)
                .or_insert_with(|| relationship.clone());
        }
    }
}
