//! The gateway's copy of tools against what the runtime lists itself. Only what a caller sees is compared: gateways leave other
//! members of a schema out.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Tool;

/// How a gateway's list of tools differs from that of the runtime behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListDrift {
    /// Tools that the runtime has in addition.
    pub missing: Vec<String>,
    /// Tools that the runtime does not have any more.
    pub stale: Vec<String>,
    /// Tools that both have and describe differently.
    pub changed: Vec<CopyDrift>,
}

/// How a gateway's copy of a tool differs from the runtime's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyDrift {
    /// The tool's own name.
    pub tool: String,
    /// What differs.
    pub members: Vec<MemberDrift>,
}

/// A description or an argument that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberDrift {
    /// Name of the argument; `None`: the description.
    pub argument: Option<String>,
    /// What the gateway says; `None`: nothing.
    pub gateway: Option<String>,
    /// What the runtime says; `None`: nothing.
    pub runtime: Option<String>,
}

impl ListDrift {
    /// Returns whether both lists are the same.
    pub const fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.stale.is_empty() && self.changed.is_empty()
    }
}

impl CopyDrift {
    /// Returns what differs, in a few words.
    pub fn words(&self) -> &'static str {
        let has_description = self.members.iter().any(|member| member.argument.is_none());
        let has_arguments = self.members.iter().any(|member| member.argument.is_some());
        match (has_description, has_arguments) {
            (true, true) => "description and arguments",
            (true, false) => "description",
            (false, _) => "arguments",
        }
    }
}

/// Compares the tools of a target, as its gateway lists them, with those that the runtime lists.
pub fn list_drift<'a>(
    gateway: impl IntoIterator<Item = &'a Tool>,
    runtime: impl IntoIterator<Item = &'a Tool>,
) -> ListDrift {
    let by_name = |tools: &mut dyn Iterator<Item = &'a Tool>| -> BTreeMap<&'a str, &'a Tool> {
        tools.map(|tool| (tool.parts().1, tool)).collect()
    };
    let ours = by_name(&mut gateway.into_iter());
    let theirs: BTreeMap<&str, &Tool> = runtime
        .into_iter()
        .map(|tool| (tool.name.as_str(), tool))
        .collect();
    let pairs = theirs
        .iter()
        .filter_map(|(name, tool)| Some((ours.get(name)?, tool)));
    ListDrift {
        missing: names_without(&theirs, &ours),
        stale: names_without(&ours, &theirs),
        changed: pairs
            .filter_map(|(ours, theirs)| copy_drift(ours, theirs))
            .collect(),
    }
}

fn names_without(tools: &BTreeMap<&str, &Tool>, others: &BTreeMap<&str, &Tool>) -> Vec<String> {
    let names = tools.keys().filter(|name| !others.contains_key(*name));
    names.map(|name| (*name).to_owned()).collect()
}

/// Compares the gateway's copy of a tool with the runtime's; `None` where a caller sees no difference.
pub fn copy_drift(gateway: &Tool, runtime: &Tool) -> Option<CopyDrift> {
    let description = |tool: &Tool| {
        tool.description
            .as_deref()
            .map(|text| text.trim().to_owned())
    };
    let mut members = Vec::new();
    let (ours, theirs) = (description(gateway), description(runtime));
    if ours != theirs {
        members.push(MemberDrift {
            argument: None,
            gateway: ours,
            runtime: theirs,
        });
    }
    let (ours, theirs) = (arguments(gateway), arguments(runtime));
    let added = theirs.keys().filter(|name| !ours.contains_key(*name));
    for name in ours.keys().chain(added) {
        let (gateway, runtime) = (ours.get(name), theirs.get(name));
        if gateway != runtime {
            members.push(MemberDrift {
                argument: Some((*name).to_owned()),
                gateway: gateway.cloned(),
                runtime: runtime.cloned(),
            });
        }
    }
    let tool = runtime.parts().1.to_owned();
    (!members.is_empty()).then_some(CopyDrift { tool, members })
}

/// Returns the arguments of a tool: by name its type, and whether it is required.
fn arguments(tool: &Tool) -> BTreeMap<&str, String> {
    let schema = &tool.input_schema;
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| {
        let mut names = required.into_iter().flatten();
        names.any(|required| required.as_str() == Some(name))
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    let in_words = |name: &str, property: &Value| {
        let kind = match property.get("type") {
            Some(Value::String(kind)) => kind.clone(),
            Some(kinds) => kinds.to_string(),
            None => "any".to_owned(),
        };
        let required = if is_required(name) { ", required" } else { "" };
        format!("{kind}{required}")
    };
    properties
        .into_iter()
        .flatten()
        .map(|(name, property)| (name.as_str(), in_words(name, property)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tool(name: &str, description: &str, input_schema: Value) -> Tool {
        Tool {
            name: name.into(),
            title: None,
            description: Some(description.into()),
            input_schema,
            annotations: crate::model::ToolAnnotations::default(),
            raw: Value::Null,
        }
    }

    #[test]
    fn names_descriptions_types_and_required_arguments_are_compared() {
        let schema = |limit: &str, required: &[&str]| {
            json!({"type": "object", "required": required,
                "properties": {"query": {"type": "string"}, "limit": {"type": limit, "default": 5}}})
        };
        let gateway = [
            tool("t___same", "x", schema("integer", &["query"])),
            tool("t___old", "x", json!({})),
            tool("t___search", "Finds", schema("integer", &[])),
        ];
        let without_default = json!({"required": ["query"],
            "properties": {"query": {"type": "string"}, "limit": {"type": "integer"}}});
        let runtime = [
            tool("same", " x\n", without_default),
            tool("new", "x", json!({})),
            tool("search", "Finds all", schema("string", &["query"])),
        ];
        let drift = list_drift(&gateway, &runtime);
        assert_eq!(
            (drift.missing, drift.stale),
            (vec!["new".to_owned()], vec!["old".to_owned()])
        );
        let [changed] = drift.changed.as_slice() else {
            panic!("one tool has changed: {:?}", drift.changed)
        };
        assert_eq!(
            (changed.tool.as_str(), changed.words()),
            ("search", "description and arguments")
        );
        let said: Vec<String> = changed
            .members
            .iter()
            .map(|member| {
                let name = member.argument.as_deref().unwrap_or("description");
                let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
                format!(
                    "{name}: {} / {}",
                    side(&member.gateway),
                    side(&member.runtime)
                )
            })
            .collect();
        assert_eq!(
            said,
            [
                "description: Finds / Finds all",
                "limit: integer / string",
                "query: string / string, required"
            ]
        );
        assert!(list_drift(&gateway[..1], &runtime[..1]).is_empty());
    }
}
