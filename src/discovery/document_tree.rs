//! A document as texts with the keys that lead to them, split into the parts that describe one deployment each. Pure.

use serde_json::Value;

/// A text of a document with the keys that lead to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    /// Keys, from the outermost.
    pub(super) path: Vec<String>,
    /// The text.
    pub(super) text: String,
}

/// A part of a document that describes one deployment.
pub(super) struct DocumentSection {
    /// Name, if the document has one for it.
    pub(super) name: Option<String>,
    /// Whether it holds the outputs of a stack of that name.
    pub(super) is_stack: bool,
    /// Its texts.
    pub(super) leaves: Vec<Leaf>,
}

/// Splits a document: MCP clients list servers, the starter toolkit lists agents, the CDK lists stacks.
pub(super) fn sections(document: &Value) -> Vec<DocumentSection> {
    for list in ["mcpServers", "servers", "agents"] {
        if let Some(Value::Object(entries)) = document.get(list) {
            return entries
                .iter()
                .map(|(name, entry)| {
                    let mut leaves = leaves(entry);
                    for leaf in &mut leaves {
                        leaf.path.splice(0..0, [list.to_owned(), name.clone()]);
                    }
                    DocumentSection {
                        name: Some(name.clone()),
                        is_stack: false,
                        leaves,
                    }
                })
                .collect();
        }
    }
    let stacks = stacks_of(document);
    if !stacks.is_empty() {
        return stacks;
    }
    vec![DocumentSection {
        name: None,
        is_stack: false,
        leaves: leaves(document),
    }]
}

/// Returns the stacks of `cdk-outputs.json`: an object of objects of texts, with nothing beside them.
fn stacks_of(document: &Value) -> Vec<DocumentSection> {
    let Value::Object(entries) = document else {
        return Vec::new();
    };
    let is_stack = |entry: &Value| {
        entry.as_object().is_some_and(|outputs| {
            !outputs.is_empty()
                && outputs.values().all(Value::is_string)
                && !outputs.contains_key("value")
        })
    };
    if entries.is_empty() || !entries.values().all(is_stack) {
        return Vec::new();
    }
    entries
        .iter()
        .map(|(name, outputs)| DocumentSection {
            name: Some(name.clone()),
            is_stack: true,
            leaves: leaves(outputs),
        })
        .collect()
}

/// Returns all texts of a document; numbers and flags say nothing here. Terraform's `{"value": …}` counts as its value.
pub(super) fn leaves(document: &Value) -> Vec<Leaf> {
    fn walk(value: &Value, path: &mut Vec<String>, found: &mut Vec<Leaf>) {
        match value {
            Value::String(text) => found.push(Leaf {
                path: path.clone(),
                text: text.clone(),
            }),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    path.push(index.to_string());
                    walk(item, path, found);
                    path.pop();
                }
            }
            Value::Object(entries) => {
                for (key, entry) in entries {
                    let is_terraform = entries.contains_key("value");
                    if is_terraform && key != "value" {
                        continue;
                    }
                    path.push(key.clone());
                    walk(entry, path, found);
                    path.pop();
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut found = Vec::new();
    walk(document, &mut Vec::new(), &mut found);
    found
}

impl Leaf {
    /// Returns the keys, joined by dots, as `{ file, key }` of the configuration reads them.
    pub(super) fn key(&self) -> String {
        self.path.join(".")
    }

    /// Returns the last key that is a word, in lower case without separators.
    pub(super) fn word(&self) -> String {
        let is_word = |key: &&String| **key != "value" && key.parse::<usize>().is_err();
        let key = self.path.iter().rfind(is_word);
        key.map_or_else(String::new, |key| {
            key.chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|letter| letter.to_ascii_lowercase())
                .collect()
        })
    }
}
