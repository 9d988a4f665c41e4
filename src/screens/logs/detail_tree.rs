//! The tree of an opened line: a row for each member, and more for a value that is wider than the window.

use std::{borrow::Cow, collections::HashSet};

use serde_json::Value;

use crate::{logs::java_map, model::Moment, theme::Role, widgets::text_width};

/// Rows of a tree, or of a text, at most.
pub(super) const MAX_ROWS: usize = 5_000;
/// Nested objects deeper than this are folded at first.
const OPEN_DEPTH: usize = 3;
/// The same in a line that reports an error: its reason lies deep in the answer.
const OPEN_DEPTH_OF_ERROR: usize = 6;
/// Columns before the name of a member that lies at the top.
const MARGIN: usize = 3;
/// Columns that a value gets at least in the row of its name; with less room it begins in the next one.
const LEAST_VALUE: usize = 24;
/// The shortest text that is taken for an id, in bytes.
const SHORTEST_ID: usize = 6;

/// A row of the tree.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TreeRow {
    /// Where the member is, as names joined by line ends: unique within the tree.
    pub(super) path: String,
    pub(super) depth: usize,
    /// Name of the member; empty in the rows that go on with its value.
    pub(super) name: String,
    /// What of the value stands in this row.
    pub(super) shown: String,
    /// Columns between the name's place and that of `shown`, in a row that goes on with a value.
    pub(super) indent: usize,
    pub(super) role: Role,
    /// Number of members below it; `None` for a value.
    pub(super) members: Option<usize>,
    pub(super) is_folded: bool,
    /// The time that a number of milliseconds or nanoseconds since 1970 stands for.
    pub(super) time: Option<Moment>,
    /// The id that the member is.
    pub(super) id: Option<String>,
}

/// Lays a value out in rows.
pub(super) fn rows(value: &Value, folded: &HashSet<String>, width: u16) -> Vec<TreeRow> {
    let mut rows = Vec::new();
    push_members(value, ("", 0), folded, usize::from(width), &mut rows);
    rows
}

/// Returns the paths that are folded at first.
pub(super) fn folded_at_first(value: &Value, is_error: bool) -> HashSet<String> {
    let mut folded = HashSet::new();
    let open = if is_error {
        OPEN_DEPTH_OF_ERROR
    } else {
        OPEN_DEPTH
    };
    fold_deep(value, "", 0, open, &mut folded);
    folded
}

/// Folds what lies deep, and what an operator seldom wants.
fn fold_deep(value: &Value, path: &str, depth: usize, open: usize, folded: &mut HashSet<String>) {
    for (name, member) in members(value) {
        let path = format!("{path}\n{name}");
        if let Some(inner) = nested(member).as_deref() {
            // Of a span, its resource says the same in every line.
            let is_resource = depth == 0 && name == "resource";
            if is_resource || depth + 1 >= open {
                folded.insert(path.clone());
            }
            fold_deep(inner, &path, depth + 1, open, folded);
        }
    }
}

/// Returns the members of an object or the items of an array.
fn members(value: &Value) -> Vec<(String, &Value)> {
    match value {
        Value::Object(object) => object
            .iter()
            .map(|(name, member)| (name.clone(), member))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| (index.to_string(), item))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Returns the object or array that a value is, or that its text holds as JSON or as a Java map.
fn nested(value: &Value) -> Option<Cow<'_, Value>> {
    match value {
        Value::Object(object) if !object.is_empty() => Some(Cow::Borrowed(value)),
        Value::Array(items) if !items.is_empty() => Some(Cow::Borrowed(value)),
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            let inner = (serde_json::from_str::<Value>(text.trim()).ok())
                .or_else(|| java_map::parse(text))?;
            (!members(&inner).is_empty()).then_some(Cow::Owned(inner))
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Object(_)
        | Value::Array(_) => None,
    }
}

fn push_members(
    value: &Value,
    (path, depth): (&str, usize),
    folded: &HashSet<String>,
    width: usize,
    rows: &mut Vec<TreeRow>,
) {
    for (name, member) in members(value) {
        if rows.len() >= MAX_ROWS {
            return;
        }
        let path = format!("{path}\n{name}");
        let inner = nested(member);
        let is_folded = folded.contains(&path);
        let row = TreeRow {
            id: id_of(&name, member),
            time: time_of(&name, member),
            path: path.clone(),
            depth,
            name,
            shown: String::new(),
            indent: 0,
            role: Role::Text,
            members: inner.as_deref().map(|inner| members(inner).len()),
            is_folded,
        };
        push_value(row, inner.as_deref(), member, width, rows);
        if let Some(inner) = inner.as_deref().filter(|_| !is_folded) {
            push_members(inner, (&path, depth + 1), folded, width, rows);
        }
    }
}

/// Adds the row of a member with its value; a text that is too wide goes on in further rows.
fn push_value(
    row: TreeRow,
    inner: Option<&Value>,
    member: &Value,
    width: usize,
    rows: &mut Vec<TreeRow>,
) {
    let (shown, role) = match (inner, member) {
        (Some(_), Value::String(text)) => {
            let is_json = serde_json::from_str::<serde::de::IgnoredAny>(text.trim()).is_ok();
            let words = if is_json {
                "JSON in a string"
            } else {
                "a map in a string"
            };
            (words.to_owned(), Role::Faint)
        }
        (Some(_), _) => (String::new(), Role::Faint),
        (None, Value::String(text)) => {
            push_text(row, text, width, rows);
            return;
        }
        (None, Value::Number(_) | Value::Bool(_)) => (member.to_string(), Role::Runtime),
        (None, Value::Null | Value::Array(_) | Value::Object(_)) => (member.to_string(), Role::Dim),
    };
    rows.push(TreeRow { shown, role, ..row });
}

/// Adds a text: beside its name as far as it fits, otherwise in as many rows as it takes.
fn push_text(row: TreeRow, text: &str, width: usize, rows: &mut Vec<TreeRow>) {
    let begin = MARGIN + (row.depth * 2).min(width / 2) + 2;
    let beside = text_width(&row.name) + 2;
    let room = width.saturating_sub(begin + beside + 2);
    let (indent, room) = if room >= LEAST_VALUE {
        (beside, room)
    } else {
        (2, width.saturating_sub(begin + 4).max(LEAST_VALUE / 2))
    };
    let pieces = wrapped_text(text, room);
    let is_below = indent == 2 && (pieces.len() > 1 || text_width(text) > room);
    let next = TreeRow {
        name: String::new(),
        indent,
        time: None,
        id: None,
        ..row.clone()
    };
    let mut pieces = pieces.into_iter();
    let first = if is_below {
        String::new()
    } else {
        pieces.next().unwrap_or_default()
    };
    rows.push(TreeRow {
        shown: first,
        ..row
    });
    let left = MAX_ROWS.saturating_sub(rows.len());
    rows.extend(pieces.take(left).map(|shown| TreeRow {
        shown,
        ..next.clone()
    }));
}

/// Returns a text in lines of at most `room` columns, broken behind spaces where there are some. No character is left out.
fn wrapped_text(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines() {
        let (mut current, mut width) = (String::new(), 0);
        for word in line.split_inclusive(' ') {
            let own = text_width(word);
            if width > 0 && width + text_width(word.trim_end()) > room {
                lines.push(std::mem::take(&mut current));
                width = 0;
            }
            if own <= room {
                current.push_str(word);
                width += own;
                continue;
            }
            for letter in word.chars() {
                let own = text_width(letter.encode_utf8(&mut [0; 4]));
                if width + own > room {
                    lines.push(std::mem::take(&mut current));
                    width = 0;
                }
                current.push(letter);
                width += own;
            }
        }
        lines.push(current);
        if lines.len() > MAX_ROWS {
            break;
        }
    }
    lines
}

/// Returns the id that a member is: a text in one word in a member whose name says so.
fn id_of(name: &str, member: &Value) -> Option<String> {
    let text = member.as_str()?;
    let name = name.to_lowercase();
    let is_id = text.len() >= SHORTEST_ID
        && !text.contains(|letter: char| letter.is_whitespace() || letter == '"')
        && (name.ends_with("id") || name.ends_with("arn"));
    is_id.then(|| text.to_owned())
}

/// Returns the time that a member states in milliseconds or nanoseconds since 1970.
fn time_of(name: &str, value: &Value) -> Option<Moment> {
    /// 2001-09-09 and 2286-11-20 in milliseconds since 1970.
    const MILLIS: std::ops::Range<u64> = 1_000_000_000_000..10_000_000_000_000;
    let number = value.as_u64()?;
    if !name.to_lowercase().contains("time") {
        return None;
    }
    let millis = if MILLIS.contains(&number) {
        number
    } else {
        Some(number / 1_000_000).filter(|millis| MILLIS.contains(millis))?
    };
    i64::try_from(millis).ok().map(Moment::from_millis)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_wide_value_takes_more_rows_and_loses_nothing() {
        let text = "Neo.ClientError.Statement.SyntaxError: Invalid input 'MTCH': expected 'MATCH' or 'MERGE'\n\"MTCH (n)\"\n ^";
        for width in [30, 60, 80, 200] {
            let rows = rows(&json!({"text": text, "n": 1}), &HashSet::new(), width);
            let (last, of_text) = rows.split_last().unwrap();
            assert_eq!(last.name, "n");
            assert!(of_text.len() >= 3 && of_text[1..].iter().all(|row| row.name.is_empty()));
            let joined: String = of_text.iter().map(|row| row.shown.as_str()).collect();
            assert_eq!(joined, text.replace('\n', ""), "{width}");
            for row in of_text {
                let used = MARGIN + 2 + row.indent + text_width(&row.shown);
                assert!(used <= usize::from(width), "{width} {row:?}");
            }
        }
    }

    #[test]
    fn long_words_are_broken_and_the_number_of_rows_is_bounded() {
        assert_eq!(wrapped_text("abcdefgh ij", 4), ["abcd", "efgh", " ij"]);
        let value = json!({"text": "x\n".repeat(20_000), "more": 1});
        assert!(rows(&value, &HashSet::new(), 80).len() <= MAX_ROWS);
    }

    #[test]
    fn a_map_in_a_string_is_unfolded_down_to_the_reason_of_an_error() {
        let answer = "{jsonrpc=2.0, id=26, result={content=[{type=text, text=Neo.ClientError.X: no}], isError=true}}";
        let value = json!({"body": {"isError": true, "responseBody": answer}});
        let shown = |is_error: bool| {
            let folded = folded_at_first(&value, is_error);
            let rows = rows(&value, &folded, 100);
            rows.iter().any(|row| row.shown == "Neo.ClientError.X: no")
        };
        assert!(shown(true) && !shown(false));
        let rows = rows(&value, &HashSet::new(), 100);
        assert!(rows.iter().any(|row| row.shown == "a map in a string"));
    }
}
