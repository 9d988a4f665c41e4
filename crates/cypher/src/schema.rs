//! Indexes and constraints, and the descriptions of the schema that tools ask for.

use std::collections::{BTreeMap, BTreeSet};

use crate::codes::CONSTRAINT;
use crate::engine::Engine;
use crate::error::CypherError;
use crate::graph::{Graph, SchemaRule};
use crate::procedures::map;
use crate::syntax::{ConstraintKind, SchemaCommand, SchemaSubject};
use crate::value::{Map, Value, equals};

const INDEX_EXISTS: &str = "Neo.ClientError.Schema.IndexAlreadyExists";
const CONSTRAINT_EXISTS: &str = "Neo.ClientError.Schema.ConstraintAlreadyExists";
const EQUIVALENT: &str = "Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists";
const NAME_TAKEN: &str = "Neo.ClientError.Schema.IndexWithNameAlreadyExists";

impl Engine<'_> {
    pub(crate) fn schema(&self, command: &SchemaCommand) -> Result<(), CypherError> {
        match command {
            SchemaCommand::CreateIndex {
                name,
                unless_exists,
                kind,
                subject,
            } => self.create_index(name.as_deref(), *unless_exists, kind, subject),
            SchemaCommand::CreateConstraint {
                name,
                unless_exists,
                kind,
                subject,
            } => self.create_constraint(name.as_deref(), *unless_exists, *kind, subject),
            SchemaCommand::DropIndex { name, if_exists } => self.drop_rule(name, *if_exists, false),
            SchemaCommand::DropConstraint { name, if_exists } => {
                self.drop_rule(name, *if_exists, true)
            }
        }
    }

    fn create_index(
        &self,
        name: Option<&str>,
        unless_exists: bool,
        kind: &str,
        subject: &SchemaSubject,
    ) -> Result<(), CypherError> {
        let mut graph = self.graph.borrow_mut();
        let same = graph
            .rules
            .iter()
            .find(|rule| rule.index == kind && concerns(rule, subject));
        let named = graph
            .rules
            .iter()
            .find(|rule| Some(rule.name.as_str()) == name);
        if unless_exists && (same.is_some() || named.is_some()) {
            return Ok(());
        }
        if let Some(same) = same {
            let described = described(subject);
            return Err(if Some(same.name.as_str()) == name {
                let message = format!(
                    "An equivalent index already exists, 'Index( id={}, name='{}', type='{kind}', schema={described}, indexProvider='{}' )'.",
                    same.id,
                    same.name,
                    provider(kind)
                );
                CypherError::compile(EQUIVALENT, message)
            } else {
                CypherError::compile(
                    INDEX_EXISTS,
                    format!("There already exists an index {described}."),
                )
            });
        }
        if let Some(named) = named {
            return Err(CypherError::compile(
                NAME_TAKEN,
                format!("There already exists an index called '{}'.", named.name),
            ));
        }
        add_rule(&mut graph, name, kind, None, subject);
        self.counters.borrow_mut().indexes_added += 1;
        Ok(())
    }

    fn create_constraint(
        &self,
        name: Option<&str>,
        unless_exists: bool,
        kind: ConstraintKind,
        subject: &SchemaSubject,
    ) -> Result<(), CypherError> {
        let described = described(subject);
        if kind != ConstraintKind::Unique {
            let (kind, what) = match kind {
                ConstraintKind::Exists => ("NODE PROPERTY EXISTENCE", "Property existence"),
                ConstraintKind::Key => ("NODE KEY", "Node Key"),
                ConstraintKind::Typed | ConstraintKind::Unique => {
                    ("NODE PROPERTY TYPE", "Property type")
                }
            };
            let message = format!(
                "Unable to create Constraint( type='{kind}', schema={described} ):\n{what} constraint requires Neo4j Enterprise Edition. Note \
                 that only the first found violation is shown."
            );
            return Err(CypherError::compile(
                "Neo.DatabaseError.Schema.ConstraintCreationFailed",
                message,
            ));
        }
        let mut graph = self.graph.borrow_mut();
        let same = graph
            .rules
            .iter()
            .find(|rule| rule.constraint.is_some() && concerns(rule, subject));
        let named = graph
            .rules
            .iter()
            .any(|rule| Some(rule.name.as_str()) == name);
        if unless_exists && (same.is_some() || named) {
            return Ok(());
        }
        if let Some(same) = same {
            let message = format!(
                "Constraint already exists: Constraint( id={}, name='{}', type='UNIQUENESS', schema={described} )",
                same.id, same.name
            );
            return Err(CypherError::compile(CONSTRAINT_EXISTS, message));
        }
        if graph
            .rules
            .iter()
            .any(|rule| rule.index == "RANGE" && concerns(rule, subject))
        {
            let message = format!(
                "There already exists an index {described}. A constraint cannot be created until the index has been dropped."
            );
            return Err(CypherError::compile(INDEX_EXISTS, message));
        }
        if let Some((first, second, shown)) = duplicate(&graph, subject) {
            let label = subject.labels.first().map_or("", String::as_str);
            let key = subject.properties.first().map_or("", String::as_str);
            let message = format!(
                "Unable to create Constraint( type='UNIQUENESS', schema={described} ):\nBoth Node({first}) and Node({second}) have the label \
                 `{label}` and property `{key}` = {shown}. Note that only the first found violation is shown."
            );
            return Err(CypherError::compile(CONSTRAINT, message)
                .with_code("Neo.DatabaseError.Schema.ConstraintCreationFailed"));
        }
        add_rule(&mut graph, name, "RANGE", Some("UNIQUENESS"), subject);
        self.counters.borrow_mut().constraints_added += 1;
        Ok(())
    }

    fn drop_rule(&self, name: &str, if_exists: bool, constraint: bool) -> Result<(), CypherError> {
        let mut graph = self.graph.borrow_mut();
        let before = graph.rules.len();
        let owned = graph
            .rules
            .iter()
            .any(|rule| rule.name == name && rule.constraint.is_some());
        if !constraint && owned {
            let message = format!("Unable to drop index: Index belongs to constraint: `{name}`");
            return Err(CypherError::compile(
                "Neo.DatabaseError.Schema.IndexDropFailed",
                message,
            ));
        }
        graph
            .rules
            .retain(|rule| rule.name != name || (constraint && rule.constraint.is_none()));
        let mut counters = self.counters.borrow_mut();
        if graph.rules.len() < before {
            if constraint {
                counters.constraints_removed += 1;
            } else {
                counters.indexes_removed += 1;
            }
            return Ok(());
        }
        if if_exists {
            return Ok(());
        }
        Err(if constraint {
            let message = format!("Unable to drop constraint `{name}`: No such constraint {name}.");
            CypherError::compile("Neo.DatabaseError.Schema.ConstraintDropFailed", message)
        } else {
            let message = format!("Unable to drop index called `{name}`. There is no such index.");
            CypherError::compile("Neo.DatabaseError.Schema.IndexDropFailed", message)
        })
    }
}

impl CypherError {
    fn with_code(self, code: &'static str) -> Self {
        Self { code, ..self }
    }
}

fn concerns(rule: &SchemaRule, subject: &SchemaSubject) -> bool {
    rule.relationship == subject.relationship
        && rule.labels == subject.labels
        && rule.properties == subject.properties
}

fn described(subject: &SchemaSubject) -> String {
    let (labels, properties) = (subject.labels.join("|"), subject.properties.join(", "));
    if subject.relationship {
        format!("()-[:{labels} {{{properties}}}]-()")
    } else {
        format!("(:{labels} {{{properties}}})")
    }
}

fn provider(kind: &str) -> &'static str {
    match kind {
        "LOOKUP" => "token-lookup-1.0",
        "TEXT" => "text-2.0",
        "POINT" => "point-1.0",
        "FULLTEXT" => "fulltext-1.0",
        "VECTOR" => "vector-2.0",
        _ => "range-1.0",
    }
}

fn add_rule(
    graph: &mut Graph,
    name: Option<&str>,
    kind: &str,
    constraint: Option<&'static str>,
    subject: &SchemaSubject,
) {
    let id = graph.next_rule;
    graph.next_rule += if constraint.is_some() { 2 } else { 1 };
    let prefix = if constraint.is_some() {
        "constraint"
    } else {
        "index"
    };
    let name = name.map_or_else(
        || format!("{prefix}_{:08x}", fingerprint(&described(subject))),
        str::to_owned,
    );
    graph.rules.push(SchemaRule {
        id,
        name,
        index: kind.to_owned(),
        constraint,
        relationship: subject.relationship,
        labels: subject.labels.clone(),
        properties: subject.properties.clone(),
    });
}

/// The same name for the same subject each time.
fn fingerprint(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// Two nodes that a uniqueness constraint would forbid.
fn duplicate(graph: &Graph, subject: &SchemaSubject) -> Option<(u64, u64, String)> {
    let (label, key) = (subject.labels.first()?, subject.properties.first()?);
    let mut seen: Vec<(u64, Vec<Value>)> = Vec::new();
    for id in graph.labelled(label) {
        let node = graph.node(id)?;
        let values: Option<Vec<Value>> = subject
            .properties
            .iter()
            .map(|key| node.properties.get(key).cloned())
            .collect();
        let Some(values) = values else { continue };
        let same = |other: &&(u64, Vec<Value>)| {
            other
                .1
                .iter()
                .zip(&values)
                .all(|(a, b)| equals(a, b) == Some(true))
        };
        if let Some((first, _)) = seen.iter().find(same) {
            let shown = match node.properties.get(key) {
                Some(Value::String(text)) => format!("'{text}'"),
                Some(value) => value.text(),
                None => String::new(),
            };
            return Some((*first, id, shown));
        }
        seen.push((id, values));
    }
    None
}

/// Rows of SHOW INDEXES or SHOW CONSTRAINTS.
pub(crate) fn rules(graph: &Graph, constraints: bool) -> Vec<Vec<Value>> {
    let names = |names: &[String]| {
        if names.is_empty() {
            Value::Null
        } else {
            Value::List(
                names
                    .iter()
                    .map(|name| Value::from(name.as_str()))
                    .collect(),
            )
        }
    };
    let mut rules: Vec<&SchemaRule> = graph
        .rules
        .iter()
        .filter(|rule| !constraints || rule.constraint.is_some())
        .collect();
    rules.sort_by(|a, b| a.name.cmp(&b.name));
    let row = |rule: &SchemaRule| {
        let entity = Value::from(if rule.relationship {
            "RELATIONSHIP"
        } else {
            "NODE"
        });
        let (id, name) = (Value::Integer(rule.id), Value::from(rule.name.as_str()));
        let (labels, properties) = (names(&rule.labels), names(&rule.properties));
        if constraints {
            let id = Value::Integer(rule.id + 1);
            return vec![
                id,
                name.clone(),
                Value::from(rule.constraint.unwrap_or_default()),
                entity,
                labels,
                properties,
                name,
                Value::Null,
            ];
        }
        let owner = if rule.constraint.is_some() {
            name.clone()
        } else {
            Value::Null
        };
        vec![
            id,
            name,
            Value::from("ONLINE"),
            Value::Float(100.0),
            Value::from(rule.index.as_str()),
            entity,
            labels,
            properties,
            Value::from(provider(&rule.index)),
            owner,
            Value::Null,
            Value::Integer(0),
        ]
    };
    rules.into_iter().map(row).collect()
}

/// The type of a property as APOC names it.
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

/// The value of `apoc.meta.schema()`.
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

/// The type of a property as `db.schema.*` names it.
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
