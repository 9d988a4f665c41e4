//! Queries that are kept under a name: what of them is kept, and the text of their file. Values that look like secrets never are.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{logs::redact, model::sanitize};

/// The version of the file that this program writes.
const VERSION: u64 = 1;
/// A name that is proposed is no longer than this.
const NAME: usize = 48;
/// Parts of names whose values are not kept.
const SECRET: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "credential",
    "apikey",
    "privatekey",
];

/// A call that is kept under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// Its name.
    pub name: String,
    /// The tool's own name, without its target: it is found again behind another gateway.
    pub tool: String,
    /// The arguments without what looks like a secret.
    pub arguments: Map<String, Value>,
}

/// Why a file of queries cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SavedQueriesError {
    /// It is no such file, or damaged.
    #[error("the file of saved queries is damaged")]
    Damaged,
    /// A later version of this program wrote it.
    #[error("the file of saved queries was written by a newer version of this program")]
    Newer,
}

impl Query {
    /// Returns a query to be kept under a name.
    ///
    /// # Errors
    /// A sentence: a credential stands in the statement itself.
    pub fn new(tool: &str, arguments: &Map<String, Value>) -> Result<Self, String> {
        let kept = without_secrets(arguments);
        let texts = kept.values().filter_map(Value::as_str);
        for text in texts {
            if redact(text) != text {
                return Err(
                    "it holds a credential and is not saved: make that a parameter, like $password"
                        .to_owned(),
                );
            }
        }
        let tool = tool.split_once("___").map_or(tool, |(_, own)| own);
        let mut query = Self {
            name: String::new(),
            tool: tool.to_owned(),
            arguments: kept,
        };
        query.name = query.proposal();
        Ok(query)
    }

    /// Returns the statement, where it has one.
    pub fn statement(&self) -> Option<&str> {
        super::cypher::statement(&self.arguments)
    }

    /// Returns a name for it: its comment, else its first words, else its tool.
    fn proposal(&self) -> String {
        let line = self
            .statement()
            .and_then(|text| text.lines().map(str::trim).find(|line| !line.is_empty()));
        let Some(line) = line else {
            return self.tool.clone();
        };
        let words = line
            .split_once("//")
            .map(|(_, comment)| comment.trim())
            .filter(|comment| !comment.is_empty())
            .unwrap_or(line);
        sanitize(words)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(NAME)
            .collect::<String>()
            .trim()
            .to_owned()
    }
}

/// Puts a query among the others, in the place of one of the same name.
pub fn put(queries: &mut Vec<Query>, query: Query) {
    match queries.iter_mut().find(|saved| saved.name == query.name) {
        Some(old) => *old = query,
        None => queries.push(query),
    }
}

/// Queries from the text of their file. One that cannot be read spoils the file: nothing is dropped unseen.
///
/// # Errors
/// [`SavedQueriesError`].
pub fn read(text: &str) -> Result<Vec<Query>, SavedQueriesError> {
    let file: Value = serde_json::from_str(text).map_err(|_| SavedQueriesError::Damaged)?;
    match file.get("version").and_then(Value::as_u64) {
        Some(VERSION) => {}
        Some(newer) if newer > VERSION => return Err(SavedQueriesError::Newer),
        _ => return Err(SavedQueriesError::Damaged),
    }
    let queries = file.get("queries").cloned().unwrap_or_default();
    serde_json::from_value(queries).map_err(|_| SavedQueriesError::Damaged)
}

/// Returns the text of the file of these queries.
pub fn text(queries: &[Query]) -> String {
    let file = json!({"version": VERSION, "queries": queries});
    serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
}

/// Arguments in which the value of every name that looks like a secret's is `***`.
pub fn masked(members: &Map<String, Value>) -> Map<String, Value> {
    fn mask(value: &Value) -> Value {
        match value {
            Value::Object(members) => Value::Object(masked(members)),
            Value::Array(items) => Value::Array(items.iter().map(mask).collect()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }
    members
        .iter()
        .map(|(name, value)| {
            let shown = if is_secret(name) {
                Value::from("***")
            } else {
                mask(value)
            };
            (name.clone(), shown)
        })
        .collect()
}

/// Returns a value in which credentials in texts are masked, and the value of every name that looks like a secret's is `***`.
pub fn masked_value(value: &Value) -> Value {
    match value {
        Value::Object(members) => masked(members)
            .into_iter()
            .map(|(name, value)| (name, masked_value(&value)))
            .collect(),
        Value::Array(items) => items.iter().map(masked_value).collect(),
        Value::String(text) => Value::String(redact(text).into_owned()),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

pub(crate) fn without_secrets(members: &Map<String, Value>) -> Map<String, Value> {
    let kept = members.iter().filter(|(name, _)| !is_secret(name));
    kept.map(|(name, value)| (name.clone(), cleaned(value)))
        .collect()
}

fn cleaned(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(without_secrets(members)),
        Value::Array(items) => Value::Array(items.iter().map(cleaned).collect()),
        other => other.clone(),
    }
}

/// Returns whether a text holds a credential, by the forms that log lines are masked by.
pub(crate) fn has_secret(text: &str) -> bool {
    redact(text).as_ref() != text
}

pub(crate) fn is_secret(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|word| word.to_ascii_lowercase())
        .collect();
    SECRET.iter().any(|part| plain.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(arguments: &Value) -> Result<Query, String> {
        Query::new("neo4j-mcp___read-cypher", arguments.as_object().unwrap())
    }

    #[test]
    fn values_of_secret_names_are_not_kept_at_any_depth() {
        let kept = query(&json!({"query": "RETURN $year", "params": {
            "year": 1990, "newPassword": "canary", "api_key": "canary", "rows": [{"accessToken": "canary", "n": 1}]}}))
        .unwrap();
        assert_eq!(
            kept.arguments["params"],
            json!({"year": 1990, "rows": [{"n": 1}]})
        );
        assert_eq!(
            (kept.tool.as_str(), kept.statement()),
            ("read-cypher", Some("RETURN $year"))
        );
        let refused =
            query(&json!({"query": "ALTER CURRENT USER SET PASSWORD FROM 'canary' TO 'canary2'"}))
                .unwrap_err();
        assert!(
            refused.contains("parameter") && !refused.contains("canary"),
            "{refused}"
        );
    }

    #[test]
    fn a_name_is_proposed() {
        let proposed = |text: &str| query(&json!({"query": text})).unwrap().name;
        assert_eq!(
            proposed("\n MATCH (n)  // who acted with whom\nRETURN n"),
            "who acted with whom"
        );
        assert_eq!(proposed("MATCH  (n)\nRETURN n"), "MATCH (n)");
        assert!(proposed(&"x".repeat(100)).len() <= NAME);
        assert_eq!(query(&json!({})).unwrap().name, "read-cypher");
    }

    #[test]
    fn what_is_written_is_read_and_what_is_damaged_is_said() {
        let mut queries = vec![query(&json!({"query": "RETURN 1"})).unwrap()];
        let changed = Query {
            arguments: Map::new(),
            ..queries[0].clone()
        };
        put(&mut queries, changed);
        assert_eq!(queries.len(), 1, "the same name is the same query");
        assert_eq!(read(&text(&queries)), Ok(queries));
        for damaged in [
            "",
            "[]",
            "{\"version\":1,\"queries\":[{\"name\":7}]}",
            "{\"queries\":[]}",
            "\u{0}",
        ] {
            assert_eq!(read(damaged), Err(SavedQueriesError::Damaged), "{damaged}");
        }
        assert_eq!(
            read("{\"version\":2,\"queries\":[]}"),
            Err(SavedQueriesError::Newer)
        );
    }
}
