//! Procedures: their columns, their arguments and their rows.

mod show;

use std::collections::BTreeSet;

use crate::engine::Engine;
use crate::value::{Map, Value};
pub(crate) use show::shown_columns;

/// A procedure that can be called.
pub(crate) struct Procedure {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [&'static str],
    /// Smallest number of arguments.
    pub(crate) least: usize,
    /// Largest number of arguments.
    pub(crate) most: usize,
    pub(crate) writes: bool,
}

const fn procedure(
    name: &'static str,
    columns: &'static [&'static str],
    least: usize,
    most: usize,
) -> Procedure {
    Procedure {
        name,
        columns,
        least,
        most,
        writes: false,
    }
}

static PROCEDURES: [Procedure; 17] = [
    procedure("db.labels", &["label"], 0, 0),
    procedure("db.relationshipTypes", &["relationshipType"], 0, 0),
    procedure("db.propertyKeys", &["propertyKey"], 0, 0),
    procedure("db.info", &["id", "name", "creationDate"], 0, 0),
    procedure("db.ping", &["success"], 0, 0),
    procedure("db.awaitIndexes", &[], 0, 1),
    procedure("db.awaitIndex", &[], 1, 2),
    procedure("db.resampleIndex", &[], 1, 1),
    procedure(
        "db.schema.nodeTypeProperties",
        &[
            "nodeType",
            "nodeLabels",
            "propertyName",
            "propertyTypes",
            "mandatory",
        ],
        0,
        0,
    ),
    procedure(
        "db.schema.relTypeProperties",
        &["relType", "propertyName", "propertyTypes", "mandatory"],
        0,
        0,
    ),
    procedure("dbms.components", &["name", "versions", "edition"], 0, 0),
    procedure("dbms.info", &["id", "name", "creationDate"], 0, 0),
    procedure(
        "dbms.showCurrentUser",
        &["username", "roles", "flags"],
        0,
        0,
    ),
    procedure(
        "dbms.listConnections",
        &[
            "connectionId",
            "connectTime",
            "connector",
            "username",
            "userAgent",
            "serverAddress",
            "clientAddress",
        ],
        0,
        0,
    ),
    procedure(
        "dbms.killConnection",
        &["connectionId", "username", "message"],
        1,
        1,
    ),
    procedure(
        "dbms.killConnections",
        &["connectionId", "username", "message"],
        1,
        1,
    ),
    procedure("apoc.meta.schema", &["value"], 0, 1),
];

/// Finds a procedure. Names are case-insensitive.
pub(crate) fn find(name: &str) -> Option<&'static Procedure> {
    PROCEDURES
        .iter()
        .find(|procedure| procedure.name.eq_ignore_ascii_case(name))
}

impl Engine<'_> {
    /// Calls a procedure and returns its rows.
    pub(crate) fn procedure(&self, name: &str, arguments: &[Value]) -> Vec<Vec<Value>> {
        let graph = self.graph.borrow();
        match name {
            "db.labels" => single_column(
                graph
                    .known_labels
                    .iter()
                    .filter(|label| graph.count_labelled(label) > 0),
            ),
            "db.relationshipTypes" => {
                let used: BTreeSet<&String> = graph
                    .relationship_ids()
                    .into_iter()
                    .filter_map(|id| graph.relationship(id))
                    .map(|relationship| &relationship.kind)
                    .collect();
                single_column(graph.known_types.iter().filter(|kind| used.contains(kind)))
            }
            "db.propertyKeys" => single_column(graph.known_keys.iter()),
            "db.info" => vec![self.database_info(&graph.uuid, self.host.database())],
            "dbms.info" => vec![self.database_info(&graph.uuid, "system")],
            "db.ping" => vec![vec![Value::Boolean(true)]],
            "dbms.components" => vec![vec![
                Value::from("Neo4j Kernel"),
                Value::List(vec![Value::from(self.host.version())]),
                Value::from("community"),
            ]],
            "dbms.showCurrentUser" => vec![vec![
                Value::from(self.host.user()),
                Value::List(Vec::new()),
                Value::List(Vec::new()),
            ]],
            "dbms.listConnections" => self.host.connections(),
            "dbms.killConnection" | "dbms.killConnections" => {
                let ids: Vec<String> = match arguments.first() {
                    Some(Value::List(ids)) => ids.iter().map(Value::text).collect(),
                    Some(id) => vec![id.text()],
                    None => Vec::new(),
                };
                self.host.kill_connections(&ids)
            }
            "apoc.meta.schema" => vec![vec![crate::schema::describe(&graph)]],
            "db.schema.nodeTypeProperties" => crate::schema::node_properties(&graph),
            "db.schema.relTypeProperties" => crate::schema::relationship_properties(&graph),
            _ => Vec::new(),
        }
    }

    /// Returns a row of `db.info` or `dbms.info`.
    fn database_info(&self, uuid: &str, name: &str) -> Vec<Value> {
        vec![
            Value::String(uuid.replace('-', "").to_uppercase()),
            Value::from(name),
            Value::String(self.now.timestamp().to_string()),
        ]
    }
}

fn single_column<'a>(names: impl Iterator<Item = &'a String>) -> Vec<Vec<Value>> {
    names.map(|name| vec![Value::from(name.as_str())]).collect()
}

/// Creates a map value.
pub(crate) fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(
        entries
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect::<Map>(),
    )
}
