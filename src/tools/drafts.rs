//! What is typed into the forms of tools, kept over runs by endpoint and tool.

use serde_json::{Map, Value, json};

use super::history::{endpoint_of, target_members};
use crate::model::McpEndpoint;

/// Drafts that are kept at most; the oldest are dropped.
const MOST: usize = 300;

/// What is typed into the form of a tool of an endpoint; secrets are left out before.
#[derive(Clone, Debug, PartialEq)]
pub struct FormDraft {
    /// The endpoint.
    pub endpoint: McpEndpoint,
    /// The whole name of the tool.
    pub tool: String,
    /// The texts of the fields, as the form writes them; `null` if nothing is typed.
    pub form: Value,
}

/// Puts drafts into the place of older ones of the same endpoint and tool. Empty ones remove the older.
pub fn merge(all: &mut Vec<FormDraft>, newer: Vec<FormDraft>) {
    for draft in newer {
        all.retain(|known| (&known.endpoint, &known.tool) != (&draft.endpoint, &draft.tool));
        if !draft.form.is_null() {
            all.push(draft);
        }
    }
    let over = all.len().saturating_sub(MOST);
    all.drain(..over);
}

/// Returns the text of the file of these drafts.
pub fn text(drafts: &[FormDraft]) -> String {
    let drafts: Vec<Value> = drafts
        .iter()
        .map(|draft| {
            let mut members: Map<String, Value> = target_members(&draft.endpoint.target);
            let deployment = draft.endpoint.deployment.as_str();
            members.insert("deployment".to_owned(), Value::from(deployment));
            members.insert("tool".to_owned(), Value::from(draft.tool.as_str()));
            members.insert("form".to_owned(), draft.form.clone());
            Value::Object(members)
        })
        .collect();
    json!({"version": 1, "drafts": drafts}).to_string() + "\n"
}

/// Reads the text of the file. What cannot be read is left out: a draft is a convenience.
pub fn read(text: &str) -> Vec<FormDraft> {
    let file: Value = serde_json::from_str(text).unwrap_or_default();
    let drafts = file.get("drafts").and_then(Value::as_array);
    drafts
        .into_iter()
        .flatten()
        .filter_map(|draft| {
            Some(FormDraft {
                endpoint: endpoint_of(draft)?,
                tool: draft.get("tool")?.as_str()?.to_owned(),
                form: draft.get("form")?.clone(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::McpTarget;

    #[test]
    fn the_oldest_drafts_are_dropped_and_empty_ones_remove_theirs() {
        let draft = |tool: usize, form: Value| FormDraft {
            endpoint: McpEndpoint {
                deployment: "prod".into(),
                target: McpTarget::Url("https://gw.example/mcp".into()),
            },
            tool: tool.to_string(),
            form,
        };
        let mut all = Vec::new();
        merge(
            &mut all,
            (0..MOST + 2).map(|tool| draft(tool, json!({}))).collect(),
        );
        assert_eq!((all.len(), all[0].tool.as_str()), (MOST, "2"));
        assert_eq!(read(&text(&all)), all);
        merge(&mut all, vec![draft(2, Value::Null)]);
        assert_eq!((all.len(), all[0].tool.as_str()), (MOST - 1, "3"));
    }
}
