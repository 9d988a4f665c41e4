//! `SHOW` commands: their columns and rows.

use super::{PROCEDURES, map};
use crate::engine::{Engine, RowBindings};
use crate::error::CypherError;
use crate::execute::BindingTable;
use crate::functions;
use crate::syntax::{ProjectionItem, ShowCommand, ShowTarget, is_aggregate_function};
use crate::value::Value;

/// Columns and whether each is shown without `YIELD`.
type ShowColumns = &'static [(&'static str, bool)];

const INDEXES_COLUMNS: ShowColumns = &[
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
];

const CONSTRAINTS_COLUMNS: ShowColumns = &[
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
];

const DATABASES_COLUMNS: ShowColumns = &[
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
];

const PROCEDURES_COLUMNS: ShowColumns = &[
    ("name", true),
    ("description", true),
    ("mode", true),
    ("worksOnSystem", true),
    ("signature", false),
];

const FUNCTIONS_COLUMNS: ShowColumns = &[
    ("name", true),
    ("category", true),
    ("description", true),
    ("isBuiltIn", false),
    ("aggregating", false),
];

const USERS_COLUMNS: ShowColumns = &[
    ("user", true),
    ("roles", true),
    ("passwordChangeRequired", true),
    ("suspended", true),
    ("home", true),
];

const USERS_WITH_AUTH_COLUMNS: ShowColumns = &[
    ("user", true),
    ("roles", true),
    ("passwordChangeRequired", true),
    ("suspended", true),
    ("home", true),
    ("provider", true),
    ("auth", true),
];

const TRANSACTIONS_COLUMNS: ShowColumns = &[
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
];

const SETTINGS_COLUMNS: ShowColumns = &[
    ("name", true),
    ("value", true),
    ("isDynamic", true),
    ("defaultValue", true),
    ("description", true),
];

/// Returns the columns of a `SHOW` command, and whether each is shown without `YIELD`.
pub(crate) fn shown_columns(what: ShowTarget) -> ShowColumns {
    match what {
        ShowTarget::Indexes => INDEXES_COLUMNS,
        ShowTarget::Constraints => CONSTRAINTS_COLUMNS,
        ShowTarget::Databases => DATABASES_COLUMNS,
        ShowTarget::Procedures => PROCEDURES_COLUMNS,
        ShowTarget::Functions => FUNCTIONS_COLUMNS,
        ShowTarget::Users | ShowTarget::CurrentUser => USERS_COLUMNS,
        ShowTarget::UsersWithAuth => USERS_WITH_AUTH_COLUMNS,
        ShowTarget::Transactions => TRANSACTIONS_COLUMNS,
        ShowTarget::Settings => SETTINGS_COLUMNS,
    }
}

impl Engine<'_> {
    /// Runs a `SHOW` command with its `YIELD`, `WHERE` and `RETURN`.
    pub(crate) fn show(&self, show: &ShowCommand) -> Result<BindingTable, CypherError> {
        let all: Vec<String> = shown_columns(show.what)
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect();
        let picked = picked_columns(show, &all);
        let names: Vec<String> = picked.iter().map(|(_, name)| name.clone()).collect();
        let mut table = BindingTable {
            names: names.clone(),
            rows: Vec::new(),
            error: None,
        };
        for mut row in self.shown(show.what) {
            row.resize(all.len(), Value::Null);
            let values: Vec<Value> = picked
                .iter()
                .map(|(index, _)| row.get(*index).cloned().unwrap_or_default())
                .collect();
            let outer = RowBindings::row(&all, &row);
            let bindings = RowBindings::inside(&names, &values, &outer);
            if self.holds(show.predicate.as_ref(), &bindings)? {
                table.rows.push(values);
            }
        }
        for projection in &show.projections {
            let mut projection = projection.clone();
            if projection.everything && projection.items.is_empty() {
                // Here `*` keeps the order of the columns.
                projection.everything = false;
                projection.items = table
                    .names
                    .iter()
                    .cloned()
                    .map(ProjectionItem::variable)
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

    /// Returns the rows of a `SHOW` command without `YIELD` and `WHERE`.
    fn shown(&self, what: ShowTarget) -> Vec<Vec<Value>> {
        match what {
            ShowTarget::Indexes | ShowTarget::Constraints => {
                crate::schema::rules(&self.graph.borrow(), what == ShowTarget::Constraints)
            }
            ShowTarget::Databases => self.databases(),
            ShowTarget::Procedures => procedures(),
            ShowTarget::Functions => all_functions(),
            ShowTarget::Users | ShowTarget::UsersWithAuth | ShowTarget::CurrentUser => {
                self.users(what)
            }
            ShowTarget::Transactions => vec![self.own_transaction()],
            ShowTarget::Settings => settings(),
        }
    }

    fn users(&self, what: ShowTarget) -> Vec<Vec<Value>> {
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
                ("password", Value::from("***")),
            ]);
            let more = (what == ShowTarget::UsersWithAuth).then(|| [Value::from("native"), auth]);
            row.into_iter().chain(more.into_iter().flatten()).collect()
        };
        self.host
            .users()
            .into_iter()
            .filter(|(name, _)| what != ShowTarget::CurrentUser || name == self.host.user())
            .map(row)
            .collect()
    }
}

/// Returns the index and the name of each column that a `SHOW` command returns.
fn picked_columns(show: &ShowCommand, all: &[String]) -> Vec<(usize, String)> {
    match show.yields.as_deref() {
        None => shown_columns(show.what)
            .iter()
            .enumerate()
            .filter(|(_, (_, shown))| *shown)
            .map(|(index, (name, _))| (index, (*name).to_owned()))
            .collect(),
        Some([]) => all.iter().cloned().enumerate().collect(),
        Some(yields) => yields
            .iter()
            .filter_map(|item| {
                let index = all.iter().position(|column| *column == item.column)?;
                Some((index, item.name.text.clone()))
            })
            .collect(),
    }
}

fn procedures() -> Vec<Vec<Value>> {
    let mut rows: Vec<Vec<Value>> = PROCEDURES
        .iter()
        .map(|procedure| {
            let name = procedure.name;
            let signature = format!("{name}() :: ({})", procedure.columns.join(", "));
            vec![
                Value::from(name),
                Value::from(""),
                Value::from("READ"),
                Value::Boolean(name.starts_with("dbms")),
                Value::String(signature),
            ]
        })
        .collect();
    rows.sort_by_key(|row| row.first().map(Value::text));
    rows
}

fn all_functions() -> Vec<Vec<Value>> {
    let mut names: Vec<_> = functions::names().collect();
    names.sort_unstable();
    names
        .into_iter()
        .map(|name| {
            vec![
                Value::from(name),
                Value::from(""),
                Value::from(""),
                Value::Boolean(!name.starts_with("apoc")),
                Value::Boolean(is_aggregate_function(name)),
            ]
        })
        .collect()
}

fn settings() -> Vec<Vec<Value>> {
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
                Value::from(name),
                Value::from(value),
                Value::Boolean(false),
                Value::from(value),
                Value::from(""),
            ]
        })
        .collect()
}
