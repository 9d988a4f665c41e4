//! JSON as styled lines.

use serde_json::Value;

use crate::theme::Role;

/// A line as spans of text with their roles.
pub type StyledLine = Vec<(String, Role)>;

/// Formats a value over as many lines as it needs, indented by two spaces.
pub fn json_lines(value: &Value) -> Vec<StyledLine> {
    json_beginning(value, usize::MAX)
}

/// Formats the beginning of a value: at least `most` lines and a few more if the value is longer.
pub fn json_beginning(value: &Value, most: usize) -> Vec<StyledLine> {
    let mut lines = Vec::new();
    let mut line = StyledLine::new();
    write(value, 0, &mut line, &mut lines, most);
    lines.push(line);
    lines
}

fn write(
    value: &Value,
    depth: usize,
    line: &mut StyledLine,
    lines: &mut Vec<StyledLine>,
    most: usize,
) {
    if lines.len() > most {
        return;
    }
    match value {
        Value::Object(members) if !members.is_empty() => {
            line.push(("{".to_owned(), Role::Faint));
            for (index, (name, member)) in members.iter().enumerate() {
                if lines.len() > most {
                    return;
                }
                lines.push(std::mem::take(line));
                line.push((indent(depth + 1), Role::Faint));
                line.push((quoted(name), Role::Accent));
                line.push((": ".to_owned(), Role::Faint));
                write(member, depth + 1, line, lines, most);
                if index + 1 < members.len() {
                    line.push((",".to_owned(), Role::Faint));
                }
            }
            close("}", depth, line, lines);
        }
        Value::Array(items) if !items.is_empty() => {
            line.push(("[".to_owned(), Role::Faint));
            for (index, item) in items.iter().enumerate() {
                if lines.len() > most {
                    return;
                }
                lines.push(std::mem::take(line));
                line.push((indent(depth + 1), Role::Faint));
                write(item, depth + 1, line, lines, most);
                if index + 1 < items.len() {
                    line.push((",".to_owned(), Role::Faint));
                }
            }
            close("]", depth, line, lines);
        }
        Value::String(text) => line.push((quoted(text), Role::Text)),
        Value::Number(_) | Value::Bool(_) => line.push((value.to_string(), Role::Runtime)),
        Value::Null | Value::Object(_) | Value::Array(_) => {
            line.push((value.to_string(), Role::Dim));
        }
    }
}

fn close(bracket: &str, depth: usize, line: &mut StyledLine, lines: &mut Vec<StyledLine>) {
    lines.push(std::mem::take(line));
    line.push((format!("{}{bracket}", indent(depth)), Role::Faint));
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_ends_soon_after_its_limit() {
        let value = Value::from(vec![vec![1; 1_000]; 1_000]);
        let (all, beginning) = (json_lines(&value), json_beginning(&value, 50));
        assert!(
            (51..=53).contains(&beginning.len()) && all.len() > 1_000_000,
            "{} of {}",
            beginning.len(),
            all.len()
        );
        assert_eq!(beginning[..50], all[..50]);
    }

    #[test]
    fn the_lines_are_the_json() {
        let value = serde_json::json!({"name": "gw", "list": [1, {"a": null}], "empty": {}});
        let text: Vec<String> = json_lines(&value)
            .iter()
            .map(|line| line.iter().map(|(text, _)| text.as_str()).collect())
            .collect();
        assert_eq!(
            text.join("\n"),
            serde_json::to_string_pretty(&value).unwrap()
        );
    }
}
