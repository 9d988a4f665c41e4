//! The XML that the query services write, and the forms that they read.

use serde_json::{Map, Value};

use crate::cbor::TIME;

/// Returns a text for the inside of an element.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Returns a JSON value as the inside of an element: members become elements, entries become `member`.
pub(crate) fn inside(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => escape(text),
        Value::Array(entries) => entries
            .iter()
            .map(|entry| element("member", entry))
            .collect::<Vec<_>>()
            .concat(),
        Value::Object(members) => match (members.len(), members.get(TIME)) {
            (1, Some(seconds)) => time(seconds),
            _ => members
                .iter()
                .map(|(name, member)| element(name, member))
                .collect::<Vec<_>>()
                .concat(),
        },
    }
}

fn element(name: &str, value: &Value) -> String {
    format!("<{name}>{}</{name}>", inside(value))
}

fn time(seconds: &Value) -> String {
    let seconds = seconds.as_f64().unwrap_or_default() as i64;
    jiff::Timestamp::from_second(seconds)
        .map(|time| time.to_string())
        .unwrap_or_default()
}

/// Reads a query form: `A.member.1.B=x` becomes `{"A": [{"B": "x"}]}`.
pub(crate) fn read_form(body: &[u8]) -> Value {
    let mut form = Value::Object(Map::new());
    for (name, value) in url::form_urlencoded::parse(body) {
        let steps: Vec<&str> = name.split('.').filter(|step| *step != "member").collect();
        put(&mut form, &steps, value.into_owned());
    }
    form
}

fn put(place: &mut Value, steps: &[&str], value: String) {
    let Some((step, rest)) = steps.split_first() else {
        *place = Value::String(value);
        return;
    };
    if let Some(index) = step
        .parse::<usize>()
        .ok()
        .filter(|index| (1..=1000).contains(index))
    {
        if !place.is_array() {
            *place = Value::Array(Vec::new());
        }
        let Some(entries) = place.as_array_mut() else {
            return;
        };
        if entries.len() < index {
            entries.resize(index, Value::Null);
        }
        if let Some(entry) = entries.get_mut(index - 1) {
            put(entry, rest, value);
        }
    } else {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        if let Some(members) = place.as_object_mut() {
            put(members.entry(*step).or_insert(Value::Null), rest, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn forms_become_values_and_values_elements() {
        let form = read_form(b"Action=X&Q.member.2.Id=b&Q.member.1.Id=a&Q.member.1.M.N=%26");
        assert_eq!(
            form,
            json!({"Action": "X", "Q": [{"Id": "a", "M": {"N": "&"}}, {"Id": "b"}]})
        );
        assert_eq!(
            inside(&json!({"A": [1, "<"], "T": {TIME: 0}})),
            "<A><member>1</member><member>&lt;</member></A><T>1970-01-01T00:00:00Z</T>"
        );
    }
}
