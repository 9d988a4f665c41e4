//! Indexes and constraints.

mod describe;

use crate::codes::CONSTRAINT;
use crate::engine::Engine;
use crate::error::CypherError;
use crate::graph::{Graph, SchemaRule};
use crate::syntax::{ConstraintKind, SchemaCommand, SchemaSubject};
use crate::value::{Value, equals};
pub(crate) use describe::{describe, node_properties, relationship_properties};

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
            return Err(needs_enterprise_edition(kind, &described));
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

/// Returns the error for a constraint that the community edition does not have.
fn needs_enterprise_edition(kind: ConstraintKind, described: &str) -> CypherError {
    let (kind, what) = match kind {
        ConstraintKind::Exists => ("NODE PROPERTY EXISTENCE", "Property existence"),
        ConstraintKind::Key => ("NODE KEY", "Node Key"),
        ConstraintKind::Typed | ConstraintKind::Unique => ("NODE PROPERTY TYPE", "Property type"),
    };
    let message = format!(
        "Unable to create Constraint( type='{kind}', schema={described} ):\n{what} constraint requires Neo4j Enterprise Edition. Note \
         that only the first found violation is shown."
    );
    CypherError::compile("Neo.DatabaseError.Schema.ConstraintCreationFailed", message)
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

/// A hash for generated names, the same for the same subject.
fn fingerprint(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// Finds two nodes that violate a uniqueness constraint, and the value that they share.
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

/// Returns the rows of `SHOW INDEXES` or `SHOW CONSTRAINTS`.
pub(crate) fn rules(graph: &Graph, constraints: bool) -> Vec<Vec<Value>> {
    let mut rules: Vec<&SchemaRule> = graph
        .rules
        .iter()
        .filter(|rule| !constraints || rule.constraint.is_some())
        .collect();
    rules.sort_by(|a, b| a.name.cmp(&b.name));
    let row = if constraints {
        constraint_row
    } else {
        index_row
    };
    rules.into_iter().map(row).collect()
}

fn constraint_row(rule: &SchemaRule) -> Vec<Value> {
    let name = Value::from(rule.name.as_str());
    vec![
        Value::Integer(rule.id + 1),
        name.clone(),
        Value::from(rule.constraint.unwrap_or_default()),
        entity_type(rule),
        names(&rule.labels),
        names(&rule.properties),
        name,
        Value::Null,
    ]
}

fn index_row(rule: &SchemaRule) -> Vec<Value> {
    let name = Value::from(rule.name.as_str());
    let owner = rule.constraint.map_or(Value::Null, |_| name.clone());
    vec![
        Value::Integer(rule.id),
        name,
        Value::from("ONLINE"),
        Value::Float(100.0),
        Value::from(rule.index.as_str()),
        entity_type(rule),
        names(&rule.labels),
        names(&rule.properties),
        Value::from(provider(&rule.index)),
        owner,
        Value::Null,
        Value::Integer(0),
    ]
}

fn entity_type(rule: &SchemaRule) -> Value {
    Value::from(if rule.relationship {
        "RELATIONSHIP"
    } else {
        "NODE"
    })
}

/// Returns a list of names, null if it is empty.
fn names(names: &[String]) -> Value {
    if names.is_empty() {
        return Value::Null;
    }
    Value::List(
        names
            .iter()
            .map(|name| Value::from(name.as_str()))
            .collect(),
    )
}
