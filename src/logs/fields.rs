//! Members of a JSON line by their names, for columns and comparisons.

use std::collections::HashMap;

use serde_json::Value;

/// Members deeper than this have no name of their own.
const MAX_DEPTH: usize = 4;
/// Names that are listed of one line at most.
const MAX_NAMES: usize = 200;
/// The places whose members are called by their own names alone: the attributes of a span or record, and those of its resource.
const PLACES: [&str; 2] = ["/attributes", "/resource/attributes"];

/// Finds a member at the top, in the attributes, or in those of the resource. Dots in the name may lead into an object or be a part of
/// a member's own name.
pub(crate) fn find_field<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    member(object, name).or_else(|| {
        let mut places = PLACES.iter();
        places.find_map(|place| member(object.pointer(place)?, name))
    })
}

/// Returns the member of that name; dots in the name may lead into an object or be a part of a member's own name.
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let object = value.as_object()?;
    if let Some(found) = object.get(name) {
        return Some(found);
    }
    name.match_indices('.').find_map(|(at, _)| {
        let (head, rest) = (name.get(..at)?, name.get(at + 1..)?);
        member(object.get(head)?, rest)
    })
}

/// The members of a JSON line.
#[derive(Clone, Debug, PartialEq)]
pub struct LineFields(Value);

impl LineFields {
    /// Parses a line. `None` if it is no JSON object.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.starts_with('{') {
            return None;
        }
        serde_json::from_str(text).ok().map(Self)
    }

    /// Returns the text of a field: of a text the text itself, of anything else its JSON.
    pub fn get(&self, name: &str) -> Option<String> {
        let value = find_field(&self.0, name)?;
        Some(match value {
            Value::String(text) => text.clone(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => value.to_string(),
        })
    }

    /// Returns the names of all fields that hold a single value, in their order.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        push_names(&self.0, "", 0, &mut names);
        names
    }
}

fn push_names(value: &Value, path: &str, depth: usize, names: &mut Vec<String>) {
    let Some(members) = value.as_object().filter(|_| depth < MAX_DEPTH) else {
        return;
    };
    for (name, member) in members {
        if names.len() >= MAX_NAMES {
            return;
        }
        let path = format!("{path}{name}");
        match member {
            Value::Object(_) if is_place(&path) => push_names(member, "", depth + 1, names),
            Value::Object(_) => push_names(member, &format!("{path}."), depth + 1, names),
            Value::String(_) | Value::Number(_) | Value::Bool(_) => names.push(path),
            Value::Null | Value::Array(_) => {}
        }
    }
}

fn is_place(path: &str) -> bool {
    PLACES
        .iter()
        .any(|place| place.trim_start_matches('/').replace('/', ".") == path)
}

/// Returns the names of the fields of these lines, those that most lines have first.
pub fn seen_fields<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for fields in lines.filter_map(LineFields::parse) {
        for name in fields.names() {
            *counts.entry(name).or_default() += 1;
        }
    }
    let mut names: Vec<(String, usize)> = counts.into_iter().collect();
    names.sort_by(|(one, of_one), (other, of_other)| of_other.cmp(of_one).then(one.cmp(other)));
    names.into_iter().map(|(name, _)| name).collect()
}

/// Returns the names that a list of fields holds, each once.
pub fn field_list(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in text.split([',', ' ']).filter(|name| !name.is_empty()) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: &str = r#"{"name":"x","durationNano":5,"attributes":{"http.status_code":502,"tool":{"name":"read"}},
        "resource":{"attributes":{"service.name":"rt"}},"events":[],"body":{"isError":true}}"#;

    #[test]
    fn fields_are_found_by_the_names_that_are_listed() {
        let fields = LineFields::parse(SPAN).unwrap();
        let names = fields.names();
        assert_eq!(
            names,
            [
                "name",
                "durationNano",
                "http.status_code",
                "tool.name",
                "service.name",
                "body.isError"
            ]
        );
        let values: Vec<Option<String>> = names.iter().map(|name| fields.get(name)).collect();
        assert_eq!(
            values,
            ["x", "5", "502", "read", "rt", "true"].map(|text| Some(text.to_owned()))
        );
        assert_eq!(fields.get("nothing"), None);
        assert_eq!(LineFields::parse("plain"), None);
    }

    #[test]
    fn the_fields_of_most_lines_come_first() {
        let seen =
            seen_fields([r#"{"b":1}"#, "plain", r#"{"b":1,"a":2}"#, r#"{"c":1}"#].into_iter());
        assert_eq!(seen, ["b", "a", "c"]);
        assert_eq!(field_list("a, b,a  c.d"), ["a", "b", "c.d"]);
    }
}
