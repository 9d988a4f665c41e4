//! Descriptions of the schema: `apoc.meta.schema` and `db.schema.*`.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::Graph;
use crate::procedures::map;
use crate::value::{Map, Value};

/// Returns the type of a property as APOC names it.
fn apoc_type(value: &Value) -> &'static str {
    match value {
        Value::Boolean(_) => "BOOLEAN",
        Value::Integer(_) => "INTEGER",
        Value::Float(_) => "FLOAT",
        Value::String(_) => "STRING",
        Value::List(_) => "LIST",
        Value::Date(_) => "DATE",
        Value::LocalTime(_) => "LOCAL_TIME",
        Value::Time(..) => "TIME",
        Value::LocalDateTime(_) => "LOCAL_DATE_TIME",
        Value::DateTime(_) => "DATE_TIME",
        Value::Duration(_) => "DURATION",
        Value::Point(_) => "POINT",
        Value::Map(_) => "MAP",
        Value::Node(_) => "NODE",
        Value::Relationship(_) => "RELATIONSHIP",
        Value::Path(_) => "PATH",
        Value::Null => "NULL",
    }
}

/// What relationships of one type a label has in one direction.
#[derive(Default)]
struct Attached {
    count: i64,
    labels: BTreeSet<String>,
    properties: Map,
}

/// Returns the value of `apoc.meta.schema()`.
pub(crate) fn describe(graph: &Graph) -> Value {
    let mut schema = Map::new();
    for label in graph
        .known_labels
        .iter()
        .filter(|label| graph.count_labelled(label) > 0)
    {
        schema.insert(label.clone(), describe_label(graph, label));
    }
    let mut types: BTreeMap<String, (i64, Map)> = BTreeMap::new();
    for id in graph.relationship_ids() {
        let Some(found) = graph.relationship(id) else {
            continue;
        };
        let (count, properties) = types.entry(found.kind.clone()).or_default();
        *count += 1;
        properties.extend(
            found
                .properties
                .iter()
                .map(|(key, value)| (key.clone(), describe_property(value, None))),
        );
    }
    for (kind, (count, properties)) in types {
        let entry = map([
            ("type", Value::from("relationship")),
            ("count", Value::Integer(count)),
            ("properties", Value::Map(properties)),
        ]);
        schema.insert(kind, entry);
    }
    Value::Map(schema)
}

fn describe_label(graph: &Graph, label: &str) -> Value {
    let mut properties = Map::new();
    let mut attached: BTreeMap<(String, bool), Attached> = BTreeMap::new();
    for id in graph.labelled(label) {
        let Some(node) = graph.node(id) else { continue };
        for (key, value) in &node.properties {
            let rules = graph.rules.iter().filter(|rule| {
                rule.labels.iter().any(|known| known == label) && rule.properties.contains(key)
            });
            let flags = rules.fold((false, false), |(_, unique), rule| {
                (true, unique || rule.constraint.is_some())
            });
            properties.insert(key.clone(), describe_property(value, Some(flags)));
        }
        for (ids, outgoing) in [(&node.outgoing, true), (&node.incoming, false)] {
            for found in ids.iter().filter_map(|id| graph.relationship(*id)) {
                let other = if outgoing { found.end } else { found.start };
                let one = attached.entry((found.kind.clone(), outgoing)).or_default();
                one.count += 1;
                one.labels.extend(
                    graph
                        .node(other)
                        .map(|node| node.labels.clone())
                        .unwrap_or_default(),
                );
                one.properties.extend(
                    found
                        .properties
                        .iter()
                        .map(|(key, value)| (key.clone(), describe_property(value, None))),
                );
            }
        }
    }
    let mut relationships = Map::new();
    for ((kind, outgoing), one) in attached {
        // A type that goes both ways is told once, as outgoing.
        if !outgoing && relationships.contains_key(&kind) {
            continue;
        }
        let labels = Value::List(one.labels.into_iter().map(Value::String).collect());
        let direction = Value::from(if outgoing { "out" } else { "in" });
        let entry = [
            ("direction", direction),
            ("count", Value::Integer(one.count)),
            ("labels", labels),
            ("properties", Value::Map(one.properties)),
        ];
        relationships.insert(kind, map(entry));
    }
    map([
        ("type", Value::from("node")),
        ("count", Value::Integer(graph.count_labelled(label) as i64)),
        ("labels", Value::List(Vec::new())),
        ("properties", Value::Map(properties)),
        ("relationships", Value::Map(relationships)),
    ])
}

fn describe_property(value: &Value, flags: Option<(bool, bool)>) -> Value {
    let mut entry = Map::from([
        ("type".to_owned(), Value::from(apoc_type(value))),
        ("existence".to_owned(), Value::Boolean(false)),
    ]);
    entry.insert(
        "indexed".to_owned(),
        Value::Boolean(flags.is_some_and(|(indexed, _)| indexed)),
    );
    match flags {
        Some((_, unique)) => drop(entry.insert("unique".to_owned(), Value::Boolean(unique))),
        None => drop(entry.insert(
            "array".to_owned(),
            Value::Boolean(matches!(value, Value::List(_))),
        )),
    }
    Value::Map(entry)
}

/// Returns the type of a property as `db.schema.*` names it.
fn schema_type(value: &Value) -> String {
    match value {
        Value::Integer(_) => "Long".to_owned(),
        Value::Float(_) => "Double".to_owned(),
        Value::List(items) => format!(
            "{}Array",
            items.first().map_or_else(|| "Any".to_owned(), schema_type)
        ),
        other => other.type_name().to_owned(),
    }
}

/// How often each property occurs and with which types, and how many entities there are.
#[derive(Default)]
struct Occurrence {
    total: usize,
    properties: BTreeMap<String, (usize, BTreeSet<String>)>,
}

impl Occurrence {
    fn count(&mut self, properties: &Map) {
        self.total += 1;
        for (key, value) in properties {
            let (count, types) = self.properties.entry(key.clone()).or_default();
            *count += 1;
            types.insert(schema_type(value));
        }
    }

    /// Property name, types and whether all have it.
    fn rows(&self) -> Vec<[Value; 3]> {
        let none = [Value::Null, Value::Null, Value::Boolean(false)];
        if self.properties.is_empty() {
            return vec![none];
        }
        let row = |(key, (count, types)): (&String, &(usize, BTreeSet<String>))| {
            let types = types
                .iter()
                .map(|name| Value::from(name.as_str()))
                .collect();
            [
                Value::from(key.as_str()),
                Value::List(types),
                Value::Boolean(*count == self.total),
            ]
        };
        self.properties.iter().map(row).collect()
    }
}

/// Returns the rows of `db.schema.nodeTypeProperties`.
pub(crate) fn node_properties(graph: &Graph) -> Vec<Vec<Value>> {
    let mut kinds: BTreeMap<Vec<String>, Occurrence> = BTreeMap::new();
    for node in graph.node_ids().into_iter().filter_map(|id| graph.node(id)) {
        kinds
            .entry(graph.label_order(&node.labels))
            .or_default()
            .count(&node.properties);
    }
    let mut rows = Vec::new();
    for (labels, occurrence) in kinds {
        let name = labels
            .iter()
            .fold(String::new(), |name, label| name + ":`" + label + "`");
        let labels = Value::List(labels.into_iter().map(Value::String).collect());
        rows.extend(occurrence.rows().into_iter().map(|[key, types, all]| {
            vec![Value::from(name.as_str()), labels.clone(), key, types, all]
        }));
    }
    rows
}

/// Returns the rows of `db.schema.relTypeProperties`.
pub(crate) fn relationship_properties(graph: &Graph) -> Vec<Vec<Value>> {
    let mut kinds: BTreeMap<String, Occurrence> = BTreeMap::new();
    for found in graph
        .relationship_ids()
        .into_iter()
        .filter_map(|id| graph.relationship(id))
    {
        kinds
            .entry(found.kind.clone())
            .or_default()
            .count(&found.properties);
    }
    let mut rows = Vec::new();
    for (kind, occurrence) in kinds {
        rows.extend(
            occurrence.rows().into_iter().map(|[key, types, all]| {
                vec![Value::String(format!(":`{kind}`")), key, types, all]
            }),
        );
    }
    rows
}
