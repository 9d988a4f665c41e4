//! What a cell of a result says. Nodes, relationships and paths of the official Neo4j server come as
//! objects of the Go driver and are read as Cypher writes them; copies and exports keep what the server sent.

use serde_json::{Map, Value};

/// Returns a value as it stands in a table.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) if holds_entity(value) => cypher(value),
        other => plain(other),
    }
}

/// Returns a value as it is exported.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "null".to_owned(),
        other => other.to_string(),
    }
}

fn holds_entity(value: &Value) -> bool {
    match value {
        Value::Object(members) => is_entity(members) || members.values().any(holds_entity),
        Value::Array(items) => items.iter().any(holds_entity),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn is_entity(members: &Map<String, Value>) -> bool {
    node(members)
        .or_else(|| relationship(members))
        .or_else(|| path(members))
        .is_some()
}

fn cypher(value: &Value) -> String {
    match value {
        Value::Object(members) => node(members)
            .or_else(|| relationship(members))
            .or_else(|| path(members))
            .unwrap_or_else(|| format!("{{{}}}", entries(members))),
        Value::Array(items) => format!(
            "[{}]",
            items.iter().map(cypher).collect::<Vec<_>>().join(", ")
        ),
        other => other.to_string(),
    }
}

/// `(:Movie {title: "The Matrix"})`.
fn node(members: &Map<String, Value>) -> Option<String> {
    let labels = members.get("Labels")?.as_array()?;
    members.get("ElementId")?;
    let labels = labels
        .iter()
        .filter_map(Value::as_str)
        .fold(String::new(), |all, label| all + ":" + &name(label));
    Some(format!("({})", joined(labels, &properties(members)?)))
}

/// `[:ACTED_IN {roles: ["Neo"]}]`.
fn relationship(members: &Map<String, Value>) -> Option<String> {
    let kind = members.get("Type")?.as_str()?;
    members.get("StartElementId")?;
    Some(format!(
        "[{}]",
        joined(format!(":{}", name(kind)), &properties(members)?)
    ))
}

/// `(:Person)-[:ACTED_IN]->(:Movie)`.
fn path(members: &Map<String, Value>) -> Option<String> {
    let (nodes, relationships) = (
        members.get("Nodes")?.as_array()?,
        members.get("Relationships")?.as_array()?,
    );
    let mut written = node(nodes.first()?.as_object()?)?;
    for ((from, to), step) in nodes.iter().zip(nodes.iter().skip(1)).zip(relationships) {
        let forwards = step.get("StartElementId") == from.get("ElementId");
        let (before, after) = if forwards { ("-", "->") } else { ("<-", "-") };
        let (step, to) = (relationship(step.as_object()?)?, node(to.as_object()?)?);
        written = format!("{written}{before}{step}{after}{to}");
    }
    Some(written)
}

fn properties(members: &Map<String, Value>) -> Option<String> {
    let properties = members.get("Props")?.as_object()?;
    Some(if properties.is_empty() {
        String::new()
    } else {
        format!("{{{}}}", entries(properties))
    })
}

fn joined(first: String, second: &str) -> String {
    if first.is_empty() || second.is_empty() {
        first + second
    } else {
        format!("{first} {second}")
    }
}

fn entries(members: &Map<String, Value>) -> String {
    members
        .iter()
        .map(|(key, value)| format!("{}: {}", name(key), cypher(value)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Returns a name as Cypher takes it: in backticks where it is no plain word.
fn name(word: &str) -> String {
    let is_plain = word
        .chars()
        .all(|letter| letter.is_alphanumeric() || letter == '_')
        && word.chars().next().is_some_and(|first| !first.is_numeric());
    if is_plain {
        word.to_owned()
    } else {
        format!("`{}`", word.replace('`', "``"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_driver_writes_as_objects_is_read_as_cypher() {
        let person = json!({"Id": 1, "ElementId": "4:x:1", "Labels": ["Person"], "Props": {"name": "Keanu \"Neo\" Reeves"}});
        let movie = json!({"Id": 0, "ElementId": "4:x:0", "Labels": ["Movie", "Of the year"],
            "Props": {"title": "The Matrix", "released": 1999}});
        let acted = json!({"Id": 7, "ElementId": "5:x:7", "StartId": 1, "StartElementId": "4:x:1", "EndId": 0,
            "EndElementId": "4:x:0", "Type": "ACTED_IN", "Props": {"roles": ["Neo"]}});
        assert_eq!(
            shown(&movie),
            "(:Movie:`Of the year` {title: \"The Matrix\", released: 1999})"
        );
        assert_eq!(shown(&acted), "[:ACTED_IN {roles: [\"Neo\"]}]");
        let bare = json!({"Id": 3, "ElementId": "4:x:3", "Labels": [], "Props": {}});
        assert_eq!(shown(&bare), "()");
        let whole = json!({"Nodes": [movie, person, bare], "Relationships": [acted,
            {"Type": "KNOWS", "StartElementId": "4:x:1", "EndElementId": "4:x:3", "Props": {}}]});
        assert_eq!(
            shown(&whole),
            "(:Movie:`Of the year` {title: \"The Matrix\", released: 1999})<-[:ACTED_IN {roles: [\"Neo\"]}]-\
             (:Person {name: \"Keanu \\\"Neo\\\" Reeves\"})-[:KNOWS]->()"
        );
        assert_eq!(shown(&json!([{"who": bare, "n": 1}])), "[{who: (), n: 1}]");
        assert_eq!(plain(&bare), bare.to_string(), "an export is raw");
    }

    #[test]
    fn other_objects_stay_json() {
        for other in [
            json!({"Type": "x", "Props": {}}),
            json!({"Labels": "x"}),
            json!([1, {"a": null}]),
        ] {
            assert_eq!(shown(&other), other.to_string());
        }
        assert_eq!(
            (shown(&json!("text")), shown(&Value::Null)),
            ("text".to_owned(), "null".to_owned())
        );
    }
}
