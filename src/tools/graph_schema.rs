//! The schema of a graph as a server's schema tool describes it: labels, relationship types, properties, indexes.
//!
//! The shape of the answer decides, never the tool's name:
//! - the official Neo4j server 1.6: `[{"key","value":{"type","properties":{NAME:TYPE},"relationships"}}]`;
//! - `mcp-neo4j-cypher` 0.6 and `apoc.meta.schema`: `{KEY:{"type","count","properties":{NAME:{"type","indexed"}},…}}`;
//! - `neo4j-mcp-canary` 0.9: `{"nodes":[{"label","properties"}],"relationships":[{"type","from","to"}],"indexes":[…]}`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::permission::{self, ToolEffect};
use crate::model::Tool;

/// Names of schema tools, behind target and namespace.
const SCHEMA_TOOLS: [&str; 4] = [
    "get-schema",
    "get_neo4j_schema",
    "get_schema",
    "neo4j-schema",
];
/// Names that envelopes give to the schema within them.
const ENVELOPES: [&str; 6] = ["schema", "result", "value", "items", "data", "rows"];
/// Labels, relationship types, properties of one of them, and indexes that are read at most.
const MOST: usize = 2_000;

/// What is known of the contents of a graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphSchema {
    /// Labels of nodes, in the order of the answer.
    pub labels: Vec<LabelSchema>,
    /// Relationship types.
    pub relationships: Vec<RelationshipSchema>,
    /// Indexes and constraints, as far as the server lists them.
    pub indexes: Vec<IndexSchema>,
}

/// A label and the properties of its nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSchema {
    /// The label.
    pub name: String,
    /// Number of nodes that have it, if the server counts them.
    pub count: Option<u64>,
    /// Properties.
    pub properties: Vec<PropertySchema>,
}

/// A relationship type, its ends and its properties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelationshipSchema {
    /// The type.
    pub name: String,
    /// Number of relationships of the type, if the server counts them.
    pub count: Option<u64>,
    /// Labels of the nodes from which such relationships go out.
    pub from: Vec<String>,
    /// Labels of the nodes to which they lead.
    pub to: Vec<String>,
    /// Properties.
    pub properties: Vec<PropertySchema>,
}

/// A property of nodes or relationships.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropertySchema {
    /// Its name.
    pub name: String,
    /// Its type in the words of the server, such as `STRING`.
    pub kind: String,
    /// Whether it is known to be indexed.
    pub is_indexed: bool,
}

/// An index or a constraint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexSchema {
    /// Its name; empty if the server does not say it.
    pub name: String,
    /// `RANGE`, `FULLTEXT`, `VECTOR`, `UNIQUENESS`, …
    pub kind: String,
    /// Labels or relationship types.
    pub labels: Vec<String>,
    /// Properties.
    pub properties: Vec<String>,
    /// Dimensions of a vector index.
    pub dimensions: Option<u64>,
}

/// Returns the tool that describes the schema of the graph which `beside` queries: of the same target, known to read only,
/// without required arguments.
pub fn schema_tool<'a>(all: &'a [Tool], beside: &Tool) -> Option<&'a Tool> {
    all.iter().find(|tool| {
        let (target, own) = tool.parts();
        let is_named = SCHEMA_TOOLS.iter().any(|name| {
            own.strip_suffix(name)
                .is_some_and(|space| space.is_empty() || space.ends_with(['-', '_', '.', '/']))
        });
        let required = tool.input_schema.get("required").and_then(Value::as_array);
        is_named
            && target == beside.parts().0
            && permission::effect(tool) == ToolEffect::Reads
            && required.is_none_or(Vec::is_empty)
    })
}

impl GraphSchema {
    /// Reads the answer of a schema tool. Returns `None` if it describes no schema.
    pub fn parse(answer: &Value) -> Option<Self> {
        let mut schema = Self::default();
        match answer {
            Value::Array(entries) => schema.read_entries(entries),
            Value::Object(members) => schema.read_object(members),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        schema.mark_indexed();
        let is_empty = schema.labels.is_empty() && schema.relationships.is_empty();
        (!is_empty).then_some(schema)
    }

    /// Returns the label of that name.
    pub fn label(&self, name: &str) -> Option<&LabelSchema> {
        self.labels.iter().find(|label| label.name == name)
    }

    /// Returns the relationship type of that name.
    pub fn relationship(&self, name: &str) -> Option<&RelationshipSchema> {
        self.relationships
            .iter()
            .find(|relationship| relationship.name == name)
    }

    /// `[{"key":…,"value":…}]`, or rows of `apoc.meta.schema()`.
    fn read_entries(&mut self, entries: &[Value]) {
        for entry in entries.iter().take(MOST) {
            match (entry.get("key").and_then(Value::as_str), entry.get("value")) {
                (Some(key), Some(value)) => self.read_entry(key, value),
                (None, Some(Value::Object(members))) => self.read_object(members),
                _ => {}
            }
        }
    }

    fn read_object(&mut self, members: &Map<String, Value>) {
        if members.contains_key("nodes") || members.contains_key("relationships") {
            self.read_lists(members);
            return;
        }
        if let [only] = members.iter().collect::<Vec<_>>().as_slice()
            && ENVELOPES.contains(&only.0.as_str())
            && let Some(inner) = Self::parse(only.1)
        {
            *self = inner;
            return;
        }
        for (key, value) in members.iter().take(MOST) {
            self.read_entry(key, value);
        }
    }

    /// One label or relationship type with its description.
    fn read_entry(&mut self, key: &str, value: &Value) {
        let count = value.get("count").and_then(Value::as_u64);
        let properties = properties(value.get("properties"));
        match value.get("type").and_then(Value::as_str) {
            Some("node") => {
                self.read_ends(key, value.get("relationships"));
                self.labels.push(LabelSchema {
                    name: key.to_owned(),
                    count,
                    properties,
                });
            }
            Some("relationship") => {
                self.change_relationship(key, |relationship| {
                    relationship.count = count;
                    add_properties(&mut relationship.properties, properties);
                });
            }
            Some(_) | None => {}
        }
    }

    /// The relationships of a label: `{TYPE:{"direction":"out","labels":[…],"properties":{…}}}`.
    fn read_ends(&mut self, label: &str, relationships: Option<&Value>) {
        let described = relationships.and_then(Value::as_object);
        for (kind, end) in described.into_iter().flatten().take(MOST) {
            let is_incoming = end.get("direction").and_then(Value::as_str) == Some("in");
            self.change_relationship(kind, |relationship| {
                let (own, other) = if is_incoming {
                    (&mut relationship.to, &mut relationship.from)
                } else {
                    (&mut relationship.from, &mut relationship.to)
                };
                add(own, label.to_owned());
                for label in texts(end.get("labels")) {
                    add(other, label);
                }
                let more = properties(end.get("properties"));
                add_properties(&mut relationship.properties, more);
            });
        }
    }

    /// `{"nodes":[…],"relationships":[…],"indexes":[…]}`.
    fn read_lists(&mut self, members: &Map<String, Value>) {
        let list = |name: &str| {
            let items = members.get(name).and_then(Value::as_array);
            items.into_iter().flatten().take(MOST)
        };
        for node in list("nodes") {
            if let Some(name) = text(node, &["label", "name"]) {
                self.labels.push(LabelSchema {
                    name,
                    count: node.get("count").and_then(Value::as_u64),
                    properties: properties(node.get("properties")),
                });
            }
        }
        for found in list("relationships") {
            let Some(name) = text(found, &["type", "name"]) else {
                continue;
            };
            let count = found.get("count").and_then(Value::as_u64);
            let more = properties(found.get("properties"));
            self.change_relationship(&name, |relationship| {
                relationship.count = relationship.count.or(count);
                if let Some(label) = text(found, &["from", "startNode"]) {
                    add(&mut relationship.from, label);
                }
                if let Some(label) = text(found, &["to", "endNode"]) {
                    add(&mut relationship.to, label);
                }
                add_properties(&mut relationship.properties, more);
            });
        }
        self.indexes.extend(list("indexes").filter_map(index));
        self.indexes.extend(list("constraints").filter_map(index));
    }

    /// Changes the relationship type of that name, which is added if it is new.
    fn change_relationship(&mut self, name: &str, change: impl FnOnce(&mut RelationshipSchema)) {
        let known = self
            .relationships
            .iter_mut()
            .find(|relationship| relationship.name == name);
        if let Some(relationship) = known {
            change(relationship);
            return;
        }
        let mut relationship = RelationshipSchema {
            name: name.to_owned(),
            ..RelationshipSchema::default()
        };
        change(&mut relationship);
        self.relationships.push(relationship);
    }

    /// Properties that an index names are marked.
    fn mark_indexed(&mut self) {
        let mut indexed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for index in &self.indexes {
            for label in &index.labels {
                let properties = index.properties.iter().map(String::as_str);
                indexed.entry(label).or_default().extend(properties);
            }
        }
        for label in &mut self.labels {
            let names = indexed.get(label.name.as_str());
            for property in &mut label.properties {
                property.is_indexed |=
                    names.is_some_and(|names| names.contains(&property.name.as_str()));
            }
        }
    }
}

fn index(found: &Value) -> Option<IndexSchema> {
    let mut labels = texts(found.get("labelsOrTypes"));
    labels.extend(text(found, &["label"]));
    let properties = texts(found.get("properties"));
    (!labels.is_empty()).then(|| IndexSchema {
        name: text(found, &["name"]).unwrap_or_default(),
        kind: text(found, &["type"]).unwrap_or_default(),
        labels,
        properties,
        dimensions: found.get("dimensions").and_then(Value::as_u64),
    })
}

/// Properties as `{NAME:TYPE}`, `{NAME:{"type":TYPE}}` or `[{"name","type"}]`.
fn properties(described: Option<&Value>) -> Vec<PropertySchema> {
    let read = |name: &str, value: &Value| PropertySchema {
        name: name.to_owned(),
        kind: kind_of(value),
        is_indexed: value.get("indexed").and_then(Value::as_bool) == Some(true),
    };
    match described {
        Some(Value::Object(members)) => members
            .iter()
            .take(MOST)
            .map(|(name, value)| read(name, value))
            .collect(),
        Some(Value::Array(items)) => items
            .iter()
            .take(MOST)
            .filter_map(|item| Some(read(&text(item, &["name", "property"])?, item)))
            .collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {
            Vec::new()
        }
    }
}

fn kind_of(value: &Value) -> String {
    match value {
        Value::String(kind) => kind.clone(),
        Value::Object(_) => text(value, &["type"])
            .or_else(|| Some(texts(value.get("types")).join(" | ")))
            .unwrap_or_default(),
        Value::Array(_) => texts(Some(value)).join(" | "),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

fn add_properties(known: &mut Vec<PropertySchema>, more: Vec<PropertySchema>) {
    for property in more {
        if !known.iter().any(|own| own.name == property.name) {
            known.push(property);
        }
    }
}

fn add(known: &mut Vec<String>, name: String) {
    if !known.contains(&name) {
        known.push(name);
    }
}

fn text(value: &Value, names: &[&str]) -> Option<String> {
    let found = names
        .iter()
        .find_map(|name| value.get(*name).and_then(Value::as_str));
    found.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn described(schema: &GraphSchema) -> Vec<String> {
        let properties = |properties: &[PropertySchema]| {
            let words: Vec<String> = properties
                .iter()
                .map(|property| format!("{} {}", property.name, property.kind))
                .collect();
            words.join(", ")
        };
        let labels = schema.labels.iter().map(|label| {
            format!(
                ":{} {:?} {{{}}}",
                label.name,
                label.count,
                properties(&label.properties)
            )
        });
        let relationships = schema.relationships.iter().map(|relationship| {
            format!(
                "{} -{}-> {} {{{}}}",
                relationship.from.join("|"),
                relationship.name,
                relationship.to.join("|"),
                properties(&relationship.properties)
            )
        });
        labels.chain(relationships).collect()
    }

    #[test]
    fn the_schema_of_the_official_server_is_read() {
        let answer = json!([
            {"key": "Movie", "value": {"type": "node", "properties": {"title": "STRING", "released": "INTEGER"},
                "relationships": {"ACTED_IN": {"direction": "in", "labels": ["Person"], "properties": {"roles": "LIST"}}}}},
            {"key": "Person", "value": {"type": "node", "properties": {"name": "STRING"},
                "relationships": {"ACTED_IN": {"direction": "out", "labels": ["Movie"], "properties": {"roles": "LIST"}}}}},
            {"key": "ACTED_IN", "value": {"type": "relationship", "properties": {"roles": "LIST"}}},
        ]);
        assert_eq!(
            described(&GraphSchema::parse(&answer).unwrap()),
            [
                ":Movie None {title STRING, released INTEGER}",
                ":Person None {name STRING}",
                "Person -ACTED_IN-> Movie {roles LIST}",
            ]
        );
    }

    #[test]
    fn the_schema_of_mcp_neo4j_cypher_has_counts_and_indexes() {
        let answer = json!({
            "Movie": {"type": "node", "count": 38, "properties": {"title": {"type": "STRING", "indexed": true}},
                "relationships": {"DIRECTED": {"direction": "in", "labels": ["Person"]}}},
            "DIRECTED": {"type": "relationship", "count": 44, "properties": {}},
        });
        let schema = GraphSchema::parse(&answer).unwrap();
        assert_eq!(
            described(&schema),
            [
                ":Movie Some(38) {title STRING}",
                "Person -DIRECTED-> Movie {}"
            ]
        );
        assert!(schema.labels[0].properties[0].is_indexed);
        assert_eq!(schema.relationships[0].count, Some(44));
    }

    #[test]
    fn the_schema_of_the_canary_lists_patterns_and_vector_indexes() {
        let answer = json!({
            "nodes": [{"label": "Movie", "properties": {"title": "STRING", "embedding": "LIST"}}, {"label": "Genre"}],
            "relationships": [
                {"type": "IN", "from": "Movie", "to": "Genre"},
                {"type": "IN", "from": "Series", "to": "Genre", "properties": {"since": "INTEGER"}},
            ],
            "indexes": [{"name": "m", "type": "VECTOR", "entityType": "NODE", "labelsOrTypes": ["Movie"],
                "properties": ["embedding"], "dimensions": 1536}],
        });
        let schema = GraphSchema::parse(&answer).unwrap();
        assert_eq!(
            described(&schema),
            [
                ":Movie None {title STRING, embedding LIST}",
                ":Genre None {}",
                "Movie|Series -IN-> Genre {since INTEGER}"
            ]
        );
        assert!(schema.labels[0].properties[1].is_indexed);
        assert_eq!(schema.indexes[0].dimensions, Some(1536));
        assert_eq!(schema.indexes[0].name, "m");
        let wrapped = json!({"result": answer});
        assert_eq!(GraphSchema::parse(&wrapped), Some(schema));
    }

    #[test]
    fn what_describes_no_schema_is_none() {
        for answer in [
            json!("The get-schema tool executed successfully"),
            json!([]),
            json!([{"title": "The Matrix"}]),
            json!({"a": 1}),
            json!(null),
        ] {
            assert_eq!(GraphSchema::parse(&answer), None, "{answer}");
        }
    }

    #[test]
    fn the_schema_tool_is_the_one_of_the_same_target_that_needs_no_arguments() {
        let tool = |name: &str, schema: Value| Tool {
            name: name.into(),
            title: None,
            description: None,
            input_schema: schema,
            annotations: crate::model::ToolAnnotations::default(),
            raw: Value::Null,
        };
        let all = [
            tool("one___get-schema", json!({"required": ["database"]})),
            tool("two___get-schema", json!({})),
            tool("two___read-cypher", json!({})),
            tool("one___movies-get_neo4j_schema", json!({})),
            tool("one___read-cypher", json!({})),
        ];
        let found = |beside: usize| schema_tool(&all, &all[beside]).map(|tool| tool.name.as_str());
        assert_eq!(found(2), Some("two___get-schema"));
        assert_eq!(found(4), Some("one___movies-get_neo4j_schema"));
    }
}
