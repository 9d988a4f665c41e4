//! Functions of nodes, relationships and paths.

use super::invalid;
use crate::engine::{Engine, Evaluated};
use crate::graph::Graph;
use crate::value::{EntityId, PathValue, Value};

impl Engine<'_> {
    /// Calls a function of an entity. Returns `None` for other functions.
    pub(super) fn entity_function(
        &self,
        lower: &str,
        name: &str,
        values: &[Value],
    ) -> Option<Evaluated> {
        let expected = match lower {
            "labels" => "a Node",
            "type" | "startnode" | "endnode" => "a Relationship",
            "nodes" | "relationships" | "length" => "a Path",
            "id" | "elementid" => "a Node or Relationship",
            "properties" | "keys" => "a Node, a Relationship or a Map",
            _ => return None,
        };
        let first = values.first()?;
        if first.is_null() {
            return Some(Ok(Value::Null));
        }
        let graph = self.graph.borrow();
        let value = match first.entity() {
            Some(EntityId::Node(id)) => node_function(lower, id, &graph),
            Some(EntityId::Relationship(id)) => self.relationship_function(lower, id, &graph),
            None => part_function(lower, first),
        };
        Some(value.ok_or_else(|| invalid(name, expected, first)))
    }

    fn relationship_function(&self, lower: &str, id: u64, graph: &Graph) -> Option<Value> {
        let relationship = graph.relationship(id);
        Some(match lower {
            "type" => {
                let deleted = self.deleted_types.borrow().get(&id).cloned();
                relationship
                    .map(|found| found.kind.clone())
                    .or(deleted)
                    .map_or(Value::Null, Value::String)
            }
            "startnode" => relationship.map_or(Value::Null, |found| Value::Node(found.start)),
            "endnode" => relationship.map_or(Value::Null, |found| Value::Node(found.end)),
            _ => return common_function(lower, EntityId::Relationship(id), graph),
        })
    }
}

fn node_function(lower: &str, id: u64, graph: &Graph) -> Option<Value> {
    if lower != "labels" {
        return common_function(lower, EntityId::Node(id), graph);
    }
    let labels = graph.node(id).map(|node| graph.label_order(&node.labels));
    Some(text_list(labels.unwrap_or_default()))
}

/// Returns the functions of both nodes and relationships.
fn common_function(lower: &str, entity: EntityId, graph: &Graph) -> Option<Value> {
    let properties = || graph.properties(entity).cloned().unwrap_or_default();
    Some(match lower {
        "id" => {
            let (EntityId::Node(id) | EntityId::Relationship(id)) = entity;
            Value::Integer(id as i64)
        }
        "elementid" => Value::String(graph.element_id(entity)),
        "properties" => Value::Map(properties()),
        "keys" => text_list(properties().into_keys()),
        _ => return None,
    })
}

/// Calls a function of a path or of a map.
fn part_function(lower: &str, value: &Value) -> Option<Value> {
    if let Value::Path(path) = value {
        return path_function(lower, path);
    }
    let Value::Map(map) = value else {
        return None;
    };
    match lower {
        "properties" => Some(value.clone()),
        "keys" => Some(text_list(map.keys().cloned())),
        _ => None,
    }
}

fn path_function(lower: &str, path: &PathValue) -> Option<Value> {
    let list = |ids: &[u64], entity: fn(u64) -> Value| {
        Value::List(ids.iter().map(|id| entity(*id)).collect())
    };
    Some(match lower {
        "nodes" => list(&path.nodes, Value::Node),
        "relationships" => list(&path.relationships, Value::Relationship),
        "length" => Value::Integer(path.relationships.len() as i64),
        _ => return None,
    })
}

fn text_list(texts: impl IntoIterator<Item = String>) -> Value {
    Value::List(texts.into_iter().map(Value::String).collect())
}
