//! User administration: runs the commands against the users of a server, and words refusals as Neo4j
//! does. `login` holds the users and the rules for passwords.

use parking_lot::Mutex;

use super::login::{ChangeRefusal, Users};
use cypher::codes::{ARGUMENT, EXECUTION_FAILED, PARAMETER_MISSING, TYPE};
use cypher::{CypherError, Map, TextOrParameter, UserChanges, UserCommand, Value};

/// Runs a user administration command as the user `by`, and returns the number of system updates.
///
/// # Errors
///
/// A parameter without a suitable value, or a refusal in Neo4j's words.
pub(super) fn change_users(
    users: &Mutex<Users>,
    by: &str,
    command: &UserCommand,
    parameters: &Map,
) -> Result<i64, CypherError> {
    let name = |text| name(text, parameters);
    let password = |text| password(text, parameters);
    match command {
        UserCommand::AlterCurrent { old, new } => {
            let (old, new) = (password(old)?, password(new)?);
            done(users.lock().change_own(by, &old, &new))
        }
        UserCommand::Alter {
            name: named,
            if_exists,
            changes,
        } => {
            let named = name(named)?;
            let new = changes.password.as_ref().map(password).transpose()?;
            let mut users = users.lock();
            if *if_exists && !users.contains(&named) {
                return Ok(0);
            }
            refuse_unavailable(changes, "alter", &named, by)?;
            done(users.alter(&named, new.as_deref(), changes.change_required))
        }
        UserCommand::Create {
            name: named,
            unless_exists,
            replace,
            changes,
        } => {
            let named = name(named)?;
            let password = changes.password.as_ref().map(password).transpose()?;
            let mut users = users.lock();
            if *unless_exists && users.contains(&named) {
                return Ok(0);
            }
            refuse_unavailable(changes, "create", &named, by)?;
            create(&mut users, &named, password, changes, replace.then_some(by))
        }
        UserCommand::Drop { .. } | UserCommand::Rename { .. } => {
            drop_or_rename(users, by, command, parameters)
        }
    }
}

/// Runs `DROP USER` or `RENAME USER`.
fn drop_or_rename(
    users: &Mutex<Users>,
    by: &str,
    command: &UserCommand,
    parameters: &Map,
) -> Result<i64, CypherError> {
    let name = |text| name(text, parameters);
    match command {
        UserCommand::Drop {
            name: named,
            if_exists,
        } => {
            let named = name(named)?;
            let mut users = users.lock();
            if *if_exists && !users.contains(&named) {
                return Ok(0);
            }
            done(users.remove(&named, by))
        }
        UserCommand::Rename {
            from,
            if_exists,
            to,
        } => {
            let (from, to) = (name(from)?, name(to)?);
            let mut users = users.lock();
            if *if_exists && !users.contains(&from) {
                return Ok(0);
            }
            done(users.rename(&from, &to))
        }
        UserCommand::AlterCurrent { .. }
        | UserCommand::Alter { .. }
        | UserCommand::Create { .. } => Ok(0),
    }
}

/// Creates a user. `replaced_by` is the current user of `CREATE OR REPLACE`.
fn create(
    users: &mut Users,
    name: &str,
    password: Option<String>,
    changes: &UserChanges,
    replaced_by: Option<&str>,
) -> Result<i64, CypherError> {
    let password = password.unwrap_or_default();
    let change_required = changes.change_required.unwrap_or(true);
    let Some(by) = replaced_by else {
        return done(users.create(name, &password, change_required));
    };
    let replaced = users
        .replace(name, &password, change_required, by)
        .map_err(refused)?;
    Ok(1 + i64::from(replaced))
}

fn done(change: Result<(), ChangeRefusal>) -> Result<i64, CypherError> {
    change.map(|()| 1).map_err(refused)
}

fn refused(ChangeRefusal(message): ChangeRefusal) -> CypherError {
    CypherError::compile(ARGUMENT, message)
}

fn refuse_unavailable(
    changes: &UserChanges,
    verb: &str,
    name: &str,
    by: &str,
) -> Result<(), CypherError> {
    let Some(clause) = changes.unavailable else {
        return Ok(());
    };
    let prefix = format!("Failed to {verb} the specified user '{name}': ");
    if name == by && clause == cypher::SET_STATUS {
        return Err(CypherError::compile(
            ARGUMENT,
            prefix + "Changing your own activation status is not allowed.",
        ));
    }
    Err(CypherError::compile(
        EXECUTION_FAILED,
        format!("{prefix}{clause} is not available in community edition."),
    ))
}

/// Returns the name of a user, written in the statement or given by a parameter.
fn name(text: &TextOrParameter, parameters: &Map) -> Result<String, CypherError> {
    match text {
        TextOrParameter::Text(text) => Ok(text.clone()),
        TextOrParameter::Parameter(parameter) => match parameters.get(parameter) {
            Some(Value::String(text)) => Ok(text.clone()),
            value => {
                let shown = value.map_or_else(|| "NO_VALUE".to_owned(), java_value);
                Err(CypherError::compile(
                    TYPE,
                    format!("Expected parameter ${parameter} to have type String but was {shown}"),
                ))
            }
        },
    }
}

/// Returns a password, written in the statement or given by a parameter.
fn password(text: &TextOrParameter, parameters: &Map) -> Result<String, CypherError> {
    match text {
        TextOrParameter::Text(text) => Ok(text.clone()),
        TextOrParameter::Parameter(parameter) => match parameters.get(parameter) {
            Some(Value::String(text)) => Ok(text.clone()),
            None | Some(Value::Null) => Err(CypherError::compile(
                PARAMETER_MISSING,
                format!("Expected parameter(s): {parameter}"),
            )),
            Some(value) => {
                let kind = value.type_name();
                let message = format!(
                    "Expected password parameter ${parameter} to have type String but was {kind}"
                );
                Err(CypherError::compile(TYPE, message))
            }
        },
    }
}

/// Formats a value as Neo4j's Java classes do in `toString`.
fn java_value(value: &Value) -> String {
    match value {
        Value::Null => "NO_VALUE".to_owned(),
        Value::Boolean(truth) => format!("Boolean('{truth}')"),
        Value::Float(number) => format!("Double({})", scientific(*number)),
        Value::String(text) => format!("String(\"{text}\")"),
        Value::List(items) => format!(
            "List{{{}}}",
            items.iter().map(java_value).collect::<Vec<_>>().join(", ")
        ),
        Value::Map(map) => {
            let entries = map
                .iter()
                .map(|(key, value)| format!("{key} -> {}", java_value(value)));
            format!("Map{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        other => format!("{}({})", other.type_name(), other.text()),
    }
}

/// Java's `%e`: `1.500000e+00`.
fn scientific(number: f64) -> String {
    let text = format!("{number:.6e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent
        .strip_prefix('-')
        .map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}
