//! A JSON value as a document of lines, in YAML or JSON, whose parts can be folded.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{StyledLine, json_lines};
use crate::theme::Role;

/// A line of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentLine {
    /// Depth of its indentation.
    pub depth: usize,
    /// The line with its indentation.
    pub line: StyledLine,
}

/// Formats a value as YAML. Texts that YAML would read as something else are quoted as in JSON.
pub fn yaml_lines(value: &Value) -> Vec<DocumentLine> {
    let mut lines = Vec::new();
    write(value, 0, Vec::new(), &mut lines);
    lines
}

/// Formats a value as JSON.
pub fn json_document(value: &Value) -> Vec<DocumentLine> {
    json_lines(value)
        .into_iter()
        .map(|line| {
            let spaces: usize = line
                .iter()
                .map(|(text, _)| text.as_str())
                .collect::<String>()
                .chars()
                .take_while(|letter| *letter == ' ')
                .count();
            DocumentLine {
                depth: spaces / 2,
                line,
            }
        })
        .collect()
}

/// Writes a value after the beginning of its line.
fn write(value: &Value, depth: usize, mut line: StyledLine, lines: &mut Vec<DocumentLine>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let is_item = line.last().is_some_and(|(text, _)| text == "- ");
            let mut first = is_item.then_some(line);
            for (name, member) in members {
                let mut begin = first.take().unwrap_or_else(|| indent(depth));
                begin.push((key(name), Role::Accent));
                begin.push((":".to_owned(), Role::Faint));
                member_of(member, depth, begin, lines);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                let mut begin = indent(depth);
                begin.push(("- ".to_owned(), Role::Faint));
                write(item, depth + 1, begin, lines);
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => {
            line.push(scalar(value));
            lines.push(DocumentLine {
                depth: depth.saturating_sub(1),
                line,
            });
        }
    }
}

/// Writes the value of a key: beside it, or below it.
fn member_of(member: &Value, depth: usize, mut begin: StyledLine, lines: &mut Vec<DocumentLine>) {
    let is_nested = match member {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    if is_nested {
        lines.push(DocumentLine { depth, line: begin });
        write(member, depth + 1, Vec::new(), lines);
    } else {
        begin.push((" ".to_owned(), Role::Faint));
        begin.push(scalar(member));
        lines.push(DocumentLine { depth, line: begin });
    }
}

fn indent(depth: usize) -> StyledLine {
    vec![("  ".repeat(depth), Role::Faint)]
}

fn key(name: &str) -> String {
    plain(name).unwrap_or_else(|| Value::from(name).to_string())
}

fn scalar(value: &Value) -> (String, Role) {
    match value {
        Value::String(text) => (plain(text).unwrap_or_else(|| value.to_string()), Role::Text),
        Value::Number(_) | Value::Bool(_) => (value.to_string(), Role::Runtime),
        Value::Null | Value::Array(_) | Value::Object(_) => (value.to_string(), Role::Dim),
    }
}

/// Returns the text as it stands, if YAML reads it as this text.
fn plain(text: &str) -> Option<String> {
    let is_word = |letter: char| letter.is_alphanumeric() || "_/.@+$*=()".contains(letter);
    let starts = text.chars().next().is_some_and(|letter| {
        letter.is_alphabetic() || letter == '/' || letter == '_' || letter == '$'
    });
    let holds = text
        .chars()
        .all(|letter| is_word(letter) || "-:, ?&%".contains(letter));
    let ends = !text.ends_with([' ', ':']);
    let is_reserved = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
    );
    (starts && holds && ends && !text.contains(": ") && !is_reserved).then(|| text.to_owned())
}

/// Which lines of a document are visible: those below a folded line are not.
pub fn visible_lines(lines: &[DocumentLine], folded: &BTreeSet<usize>) -> Vec<usize> {
    let mut visible = Vec::with_capacity(lines.len());
    let mut hidden_below: Option<usize> = None;
    for (index, line) in lines.iter().enumerate() {
        if hidden_below.is_some_and(|depth| line.depth > depth) {
            continue;
        }
        hidden_below = folded.contains(&index).then_some(line.depth);
        visible.push(index);
    }
    visible
}

/// Returns whether something lies below a line.
pub fn has_below(lines: &[DocumentLine], index: usize) -> bool {
    let pair = lines.get(index).zip(lines.get(index + 1));
    pair.is_some_and(|(line, next)| next.depth > line.depth)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn texts(lines: &[DocumentLine]) -> Vec<String> {
        lines
            .iter()
            .map(|line| line.line.iter().map(|(text, _)| text.as_str()).collect())
            .collect()
    }

    #[test]
    fn yaml_shows_nesting_and_quotes_what_it_must() {
        let value = json!({"name": "gw-1", "on": "true", "list": [1, {"a": "x: y", "b": null}], "map": {"k": []}});
        let lines = yaml_lines(&value);
        assert_eq!(
            texts(&lines),
            [
                "name: gw-1",
                "\"on\": \"true\"",
                "list:",
                "  - 1",
                "  - a: \"x: y\"",
                "    b: null",
                "map:",
                "  k: []",
            ]
        );
        let read: Value = serde_saphyr::from_str(&texts(&lines).join("\n")).unwrap();
        assert_eq!(read, value);
    }

    #[test]
    fn what_lies_below_a_folded_line_is_hidden() {
        let lines = yaml_lines(&json!({"a": {"b": 1, "c": 2}, "d": 3}));
        let folded = BTreeSet::from([0]);
        assert_eq!(visible_lines(&lines, &folded), [0, 3]);
        assert!(has_below(&lines, 0) && !has_below(&lines, 3));
    }
}
