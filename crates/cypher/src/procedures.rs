//! The procedures and the SHOW commands: what they are called, their columns, and the rows that they give.

use crate::engine::{Engine, RowBindings};
use crate::error::CypherError;
use crate::execute::BindingTable;
use crate::functions;
use crate::syntax::{ShowCommand, ShowTarget};
use crate::value::{Map, Value};

/// A procedure that can be called.
pub(crate) struct Procedure {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [&'static str],
    /// Least and most arguments.
    pub(crate) least: usize,
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

/// A procedure by name; names are compared without case.
pub(crate) fn find(name: &str) -> Option<&'static Procedure> {
    PROCEDURES
        .iter()
        .find(|procedure| procedure.name.eq_ignore_ascii_case(name))
}

/// The columns of a SHOW command, and whether each is shown without YIELD.
pub(crate) fn shown_columns(what: ShowTarget) -> &'static [(&'static str, bool)] {
    match what {
        ShowTarget::Indexes => &[
            ("id", true),
            ("name", true),
            ("state", true),
            ("populationPercent", true),
            ("type", true),
            ("entityType", true),
            ("labelsOrTypes", true),
            ("properties", true),
            ("indexProvider", true),
            ("owningConstraint", true),
            ("lastRead", true),
            ("readCount", true),
            ("trackedSince", false),
            ("options", false),
            ("failureMessage", false),
            ("createStatement", false),
        ],
        ShowTarget::Constraints => &[
            ("id", true),
            ("name", true),
            ("type", true),
            ("entityType", true),
            ("labelsOrTypes", true),
            ("properties", true),
            ("ownedIndex", true),
            ("propertyType", true),
            ("options", false),
            ("createStatement", false),
        ],
        ShowTarget::Databases => &[
            ("name", true),
            ("type", true),
            ("aliases", true),
            ("access", true),
            ("address", true),
            ("role", true),
            ("writer", true),
            ("requestedStatus", true),
            ("currentStatus", true),
            ("statusMessage", true),
            ("default", true),
            ("home", true),
            ("constituents", true),
        ],
        ShowTarget::Procedures => &[
            ("name", true),
            ("description", true),
            ("mode", true),
            ("worksOnSystem", true),
            ("signature", false),
        ],
        ShowTarget::Functions => &[
            ("name", true),
            ("category", true),
            ("description", true),
            ("isBuiltIn", false),
            ("aggregating", false),
        ],
        ShowTarget::Users | ShowTarget::CurrentUser => &[
            ("user", true),
            ("roles", true),
            ("passwordChangeRequired", true),
            ("suspended", true),
            ("home", true),
        ],
        ShowTarget::UsersWithAuth => &[
            ("user", true),
            ("roles", true),
            ("passwordChangeRequired", true),
            ("suspended", true),
            ("home", true),
            ("provider", true),
            ("auth", true),
        ],
        ShowTarget::Transactions => &[
            ("database", true),
            ("transactionId", true),
            ("currentQueryId", true),
            ("connectionId", true),
            ("clientAddress", true),
            ("username", true),
            ("currentQuery", true),
            ("startTime", true),
            ("status", true),
            ("elapsedTime", true),
        ],
        ShowTarget::Settings => &[
            ("name", true),
            ("value", true),
            ("isDynamic", true),
            ("defaultValue", true),
            ("description", true),
        ],
    }
}

impl Engine<'_> {
    pub(crate) fn procedure(&self, name: &str, arguments: &[Value]) -> Vec<Vec<Value>> {
        let graph = self.graph.borrow();
        let single = |names: &[String]| {
            names
                .iter()
                .map(|name| vec![Value::from(name.as_str())])
                .collect()
        };
        match name {
            "db.labels" => {
                let used: Vec<String> = graph
                    .known_labels
                    .iter()
                    .filter(|label| graph.count_labelled(label) > 0)
                    .cloned()
                    .collect();
                single(&used)
            }
            "db.relationshipTypes" => {
                let ids = graph.relationship_ids();
                let used = |kind: &String| {
                    ids.iter().any(|id| {
                        graph
                            .relationship(*id)
                            .is_some_and(|found| found.kind == *kind)
                    })
                };
                let types: Vec<String> = graph
                    .known_types
                    .iter()
                    .filter(|kind| used(kind))
                    .cloned()
                    .collect();
                single(&types)
            }
            "db.propertyKeys" => single(&graph.known_keys),
            "db.info" => vec![vec![
                Value::String(graph.uuid.replace('-', "").to_uppercase()),
                Value::from(self.host.database()),
                Value::String(self.now.timestamp().to_string()),
            ]],
            "dbms.info" => vec![vec![
                Value::String(graph.uuid.replace('-', "").to_uppercase()),
                Value::from("system"),
                Value::String(self.now.timestamp().to_string()),
            ]],
            "db.ping" => vec![vec![Value::Boolean(true)]],
            "dbms.components" => {
                vec![vec![
                    Value::from("Neo4j Kernel"),
                    Value::List(vec![Value::from(self.host.version())]),
                    Value::from("community"),
                ]]
            }
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

    /// The rows of a SHOW command, with its YIELD, WHERE and RETURN applied.
    pub(crate) fn show(&self, show: &ShowCommand) -> Result<BindingTable, CypherError> {
        let columns = shown_columns(show.what);
        let all: Vec<String> = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        let mut rows = self.shown(show.what);
        for row in &mut rows {
            row.resize(all.len(), Value::Null);
        }
        let renamed: Vec<(usize, String)> = match show.yields.as_deref() {
            None => columns
                .iter()
                .enumerate()
                .filter(|(_, (_, shown))| *shown)
                .map(|(at, (name, _))| (at, (*name).to_owned()))
                .collect(),
            Some([]) => all.iter().cloned().enumerate().collect(),
            Some(yields) => yields
                .iter()
                .filter_map(|item| {
                    Some((
                        all.iter().position(|column| *column == item.column)?,
                        item.name.text.clone(),
                    ))
                })
                .collect(),
        };
        let names: Vec<String> = renamed.iter().map(|(_, name)| name.clone()).collect();
        let mut table = BindingTable {
            names: names.clone(),
            rows: Vec::new(),
            error: None,
        };
        for row in rows {
            let picked: Vec<Value> = renamed
                .iter()
                .map(|(at, _)| row.get(*at).cloned().unwrap_or(Value::Null))
                .collect();
            let outer = RowBindings::row(&all, &row);
            if self.holds(
                show.predicate.as_ref(),
                &RowBindings::inside(&names, &picked, &outer),
            )? {
                table.rows.push(picked);
            }
        }
        for projection in &show.projections {
            let mut projection = projection.clone();
            if projection.everything && projection.items.is_empty() {
                // `*` keeps the order of the columns here.
                projection.everything = false;
                projection.items = table
                    .names
                    .iter()
                    .map(|name| crate::syntax::ProjectionItem {
                        expression: crate::syntax::Expr {
                            at: usize::MAX,
                            kind: crate::syntax::ExprKind::Variable(name.clone()),
                        },
                        name: name.clone(),
                        aliased: true,
                    })
                    .collect();
            }
            table = self.project(&projection, &table)?;
        }
        Ok(table)
    }

    fn databases(&self) -> Vec<Vec<Value>> {
        let database = |name: &'static str| {
            let kind = if name == "system" {
                "system"
            } else {
                "standard"
            };
            let own = Value::Boolean(name == "neo4j");
            let (none, yes, online) = (
                Value::List(Vec::new()),
                Value::Boolean(true),
                Value::from("online"),
            );
            let (access, address, role) = (
                Value::from("read-write"),
                Value::from(self.host.address()),
                Value::from("primary"),
            );
            let place = [
                Value::from(name),
                Value::from(kind),
                none.clone(),
                access,
                address,
                role,
                yes,
            ];
            let status = [
                online.clone(),
                online,
                Value::from(""),
                own.clone(),
                own,
                none,
            ];
            place.into_iter().chain(status).collect()
        };
        vec![database("neo4j"), database("system")]
    }

    fn own_transaction(&self) -> Vec<Value> {
        let text = Value::from;
        vec![
            text(self.host.database()),
            text("neo4j-transaction-1"),
            text("query-1"),
            text("http-1"),
            text(self.host.address()),
            text(self.host.user()),
            text("SHOW TRANSACTIONS"),
            Value::String(self.now.timestamp().to_string()),
            text("Running"),
            text("PT0S"),
        ]
    }

    fn shown(&self, what: ShowTarget) -> Vec<Vec<Value>> {
        let text = Value::from;
        match what {
            ShowTarget::Indexes | ShowTarget::Constraints => {
                crate::schema::rules(&self.graph.borrow(), what == ShowTarget::Constraints)
            }
            ShowTarget::Databases => self.databases(),
            ShowTarget::Procedures => {
                let mut rows: Vec<_> = PROCEDURES
                    .iter()
                    .map(|one| {
                        let signature = format!("{}() :: ({})", one.name, one.columns.join(", "));
                        vec![
                            text(one.name),
                            text(""),
                            text("READ"),
                            Value::Boolean(one.name.starts_with("dbms")),
                            Value::String(signature),
                        ]
                    })
                    .collect();
                rows.sort_by_key(|row: &Vec<Value>| row.first().map(Value::text));
                rows
            }
            ShowTarget::Functions => {
                let mut names: Vec<_> = functions::names().collect();
                names.sort_unstable();
                let aggregating = crate::syntax::is_aggregate_function;
                names
                    .into_iter()
                    .map(|name| {
                        vec![
                            text(name),
                            text(""),
                            text(""),
                            Value::Boolean(!name.starts_with("apoc")),
                            Value::Boolean(aggregating(name)),
                        ]
                    })
                    .collect()
            }
            ShowTarget::Users | ShowTarget::UsersWithAuth | ShowTarget::CurrentUser => {
                let shown =
                    |name: &str| what != ShowTarget::CurrentUser || name == self.host.user();
                let row = |(name, change): (String, bool)| {
                    let row = [
                        Value::String(name),
                        Value::Null,
                        Value::Boolean(change),
                        Value::Null,
                        Value::Null,
                    ];
                    let auth = map([
                        ("changeRequired", Value::Boolean(change)),
                        ("password", text("***")),
                    ]);
                    let more = (what == ShowTarget::UsersWithAuth).then(|| [text("native"), auth]);
                    row.into_iter().chain(more.into_iter().flatten()).collect()
                };
                self.host
                    .users()
                    .into_iter()
                    .filter(|(name, _)| shown(name))
                    .map(row)
                    .collect()
            }
            ShowTarget::Transactions => vec![self.own_transaction()],
            ShowTarget::Settings => {
                let settings = [
                    ("dbms.security.auth_enabled", "true"),
                    ("dbms.security.auth_max_failed_attempts", "3"),
                    ("dbms.security.auth_lock_time", "5s"),
                    ("dbms.security.auth_minimum_password_length", "8"),
                ];
                settings
                    .into_iter()
                    .map(|(name, value)| {
                        vec![
                            text(name),
                            text(value),
                            Value::Boolean(false),
                            text(value),
                            text(""),
                        ]
                    })
                    .collect()
            }
        }
    }
}

/// A map from pairs.
pub(crate) fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(
        entries
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect::<Map>(),
    )
}
