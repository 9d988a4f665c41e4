//! What is different between two resources or versions, by the path of each member.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Members that differ between any two versions and say nothing about them.
const NOISE: [&str; 5] = [
    "agentRuntimeVersion",
    "createdAt",
    "lastUpdatedAt",
    "updatedAt",
    "status",
];

/// The differences by path: the value on the one side and on the other.
pub type Differences = BTreeMap<String, (Option<Value>, Option<Value>)>;

/// Compares two resources or versions member by member. Members that always differ are left out.
pub fn differences(from: &Value, to: &Value) -> Differences {
    let mut found = all_differences(from, to);
    found.retain(|path, _| !NOISE.contains(&path.as_str()));
    found
}

/// Compares two values member by member.
pub fn all_differences(from: &Value, to: &Value) -> Differences {
    let (mut one, mut other) = (BTreeMap::new(), BTreeMap::new());
    flatten(from, String::new(), &mut one);
    flatten(to, String::new(), &mut other);
    let paths: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    paths
        .into_iter()
        .filter(|path| one.get(*path) != other.get(*path))
        .map(|path| {
            (
                path.clone(),
                (one.get(path).cloned(), other.get(path).cloned()),
            )
        })
        .collect()
}

fn flatten(value: &Value, path: String, into: &mut BTreeMap<String, Value>) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                flatten(member, below(name), into);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                flatten(item, below(&index.to_string()), into);
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => {
            into.insert(path, value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differences_are_named_by_path_and_leave_out_what_always_differs() {
        let from = json!({"agentRuntimeVersion": "2", "roleArn": "r", "network": {"mode": "PUBLIC"},
            "headers": ["A"], "environmentVariables": {"X": "***"}});
        let to = json!({"agentRuntimeVersion": "3", "roleArn": "r", "network": {"mode": "VPC"},
            "headers": ["A", "B"], "environmentVariables": {"X": "***", "Y": "***"}});
        let found = differences(&from, &to);
        let paths: Vec<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(
            paths,
            ["environmentVariables.Y", "headers.1", "network.mode"]
        );
        assert_eq!(
            found.get("network.mode"),
            Some(&(Some(json!("PUBLIC")), Some(json!("VPC"))))
        );
    }
}
