//! Members of AWS's JSON as texts, lists, times and facts.

use serde_json::{Map, Value};

use crate::model::{Fact, Kind, Link, Moment, Relation};

/// Returns a copy without values that may be secrets.
pub(super) fn masked(json: &Value) -> Value {
    match json {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let lower = name.to_ascii_lowercase();
                let value = match value {
                    Value::Object(variables) if name == "environmentVariables" => variables
                        .keys()
                        .map(|key| (key.clone(), Value::from("***")))
                        .collect::<Map<_, _>>()
                        .into(),
                    Value::String(_)
                        if lower.ends_with("secret")
                            || lower.contains("password")
                            || lower == "secretstring" =>
                    {
                        Value::from("***")
                    }
                    other => masked(other),
                };
                (name.clone(), value)
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(values) => values.iter().map(masked).collect(),
        other => other.clone(),
    }
}

/// Facts that are collected one after the other.
#[derive(Default)]
pub(in crate::services::aws) struct FactList(pub(in crate::services::aws) Vec<Fact>);

impl FactList {
    /// Adds a fact, if there is one.
    pub(in crate::services::aws) fn add(&mut self, label: &'static str, value: Option<String>) {
        self.0.extend(value.map(|value| Fact { label, value }));
    }
}

pub(in crate::services::aws) fn link(relation: Relation, kind: Kind, id: &str) -> Link {
    Link {
        relation,
        kind,
        id: id.to_owned(),
    }
}

pub(in crate::services::aws) fn items<'a>(json: &'a Value, path: &str) -> &'a [Value] {
    json.pointer(path)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Returns a scalar as text.
pub(in crate::services::aws) fn text(json: &Value, path: &str) -> Option<String> {
    match json.pointer(path)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

pub(in crate::services::aws) fn list(json: &Value, path: &str) -> Option<String> {
    let words: Vec<&str> = items(json, path).iter().filter_map(Value::as_str).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// Returns a time in either of AWS's encodings: ISO 8601 text, or seconds since 1970.
pub(crate) fn moment(json: &Value, name: &str) -> Option<Moment> {
    match json.get(name)? {
        Value::String(text) => text
            .parse::<jiff::Timestamp>()
            .ok()
            .map(|at| Moment::from_millis(at.as_millisecond())),
        Value::Number(number) => number.as_f64().map(Moment::from_seconds),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
