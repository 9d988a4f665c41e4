//! The opened line: its facts, and its text as a tree that folds. JSON in strings is unfolded too.

use std::collections::HashSet;

use ratatui::layout::Rect;
use serde_json::Value;

use super::Logs;
use crate::{
    keys::Layer,
    logs::store::{Body, Entry},
    messages::{Action, ListAction, LogsViewport},
    model::{Moment, pluralize},
    screens::{ScreenUpdate, ViewContext, detail::wrapped},
    theme::Role,
    widgets::{DrawnViewport, List, Painter, cut_middle},
};

/// Longest text that is parsed as JSON, in bytes. A longer one is shown as it is.
const LONGEST_JSON: usize = 256 << 10;
/// Rows of a tree at most.
const MAX_ROWS: usize = 5_000;
/// Nested objects deeper than this are folded at first.
const OPEN_DEPTH: usize = 3;

/// The opened line.
#[derive(Clone, Debug, Default)]
pub(super) struct LineDetail {
    value: Option<Value>,
    text: String,
    rows: Vec<TreeRow>,
    folded: HashSet<String>,
    list: List,
    /// Whether keys move in the tree instead of the lines.
    has_focus: bool,
}

/// A row of the tree.
#[derive(Clone, Debug, PartialEq)]
struct TreeRow {
    /// Where the member is, as names joined by line ends: unique within the tree.
    path: String,
    depth: usize,
    name: String,
    shown: String,
    role: Role,
    /// Number of members below it; `None` for a value.
    members: Option<usize>,
    is_folded: bool,
    /// The time that a number of milliseconds or nanoseconds since 1970 stands for.
    time: Option<Moment>,
}

/// The shortest text that is taken for an id, in bytes.
const SHORTEST_ID: usize = 6;

impl TreeRow {
    /// Returns whether this is an id: a text in one word in a member whose name says so.
    fn is_id(&self) -> bool {
        let name = self.name.to_lowercase();
        self.members.is_none()
            && self.role == Role::Text
            && self.shown.len() >= SHORTEST_ID
            && !self
                .shown
                .contains(|letter: char| letter.is_whitespace() || letter == '"')
            && (name.ends_with("id") || name.ends_with("arn"))
    }
}

impl LineDetail {
    pub(super) const fn record(&mut self, drawn: &DrawnViewport) {
        self.list.record(drawn);
    }

    pub(super) fn of(entry: &Entry) -> Self {
        let text = match &entry.body {
            Body::Event { text, .. } => text.as_str(),
            Body::Notice(notice) => notice.text.as_str(),
        };
        let value = Some(text.trim())
            .filter(|text| text.len() <= LONGEST_JSON && text.starts_with('{'))
            .and_then(|text| serde_json::from_str::<Value>(text).ok());
        let mut detail = Self {
            value,
            text: text.to_owned(),
            ..Self::default()
        };
        if let Some(value) = &detail.value {
            let mut folded = HashSet::new();
            fold_deep(value, "", 0, &mut folded);
            detail.folded = folded;
        }
        detail.refresh();
        detail
    }

    fn refresh(&mut self) {
        self.rows.clear();
        if let Some(value) = &self.value {
            push_members(value, "", 0, &self.folded, &mut self.rows);
        }
        self.list.clamp(self.rows.len());
    }

    /// Returns the number of rows; of a text, about its number of lines on the screen.
    fn length(&self) -> usize {
        const ABOUT_A_LINE: usize = 60;
        if self.rows.is_empty() {
            self.text
                .lines()
                .count()
                .max(self.text.len() / ABOUT_A_LINE)
        } else {
            self.rows.len()
        }
    }

    /// Returns the id under the cursor, which other lines may hold too.
    pub(super) fn selected_id(&self) -> Option<String> {
        let row = self
            .rows
            .get(self.list.cursor())
            .filter(|_| self.has_focus)?;
        row.is_id().then(|| row.shown.clone())
    }

    /// Gives the focus back to the lines. Returns `false` if they have it.
    pub(super) fn leave(&mut self) -> bool {
        std::mem::take(&mut self.has_focus)
    }

    fn act(&mut self, action: ListAction) {
        if action == ListAction::Right && !self.has_focus {
            self.has_focus = true;
            return;
        }
        if self.list.act(Action::List(action), self.length()) {
            return;
        }
        let Some(row) = self.rows.get(self.list.cursor()).cloned() else {
            if action == ListAction::Left {
                self.has_focus = false;
            }
            return;
        };
        match action {
            ListAction::Right | ListAction::Open if row.members.is_some() && row.is_folded => {
                self.folded.remove(&row.path);
            }
            ListAction::Left | ListAction::Open if row.members.is_some() && !row.is_folded => {
                self.folded.insert(row.path);
            }
            ListAction::Left if row.depth > 0 => {
                let parent = self
                    .rows
                    .iter()
                    .take(self.list.cursor())
                    .rposition(|above| above.depth < row.depth);
                self.list.select(parent.unwrap_or(0));
            }
            ListAction::Left => self.has_focus = false,
            ListAction::Up
            | ListAction::Down
            | ListAction::PageUp
            | ListAction::PageDown
            | ListAction::Top
            | ListAction::Bottom
            | ListAction::Right
            | ListAction::Open
            | ListAction::Filter
            | ListAction::Sort
            | ListAction::Mark => {}
        }
        self.refresh();
    }
}

/// Folds what lies deep, and what an operator seldom wants.
fn fold_deep(value: &Value, path: &str, depth: usize, folded: &mut HashSet<String>) {
    for (name, member) in members(value) {
        let path = format!("{path}\n{name}");
        if let Some(inner) = nested(member).as_deref() {
            // Of a span, its resource says the same in every line.
            let is_resource = depth == 0 && name == "resource";
            if is_resource || depth + 1 >= OPEN_DEPTH {
                folded.insert(path.clone());
            }
            fold_deep(inner, &path, depth + 1, folded);
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

/// Returns the object or array that a value is, or that its text holds.
fn nested(value: &Value) -> Option<std::borrow::Cow<'_, Value>> {
    match value {
        Value::Object(object) if !object.is_empty() => Some(std::borrow::Cow::Borrowed(value)),
        Value::Array(items) if !items.is_empty() => Some(std::borrow::Cow::Borrowed(value)),
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            let inner: Value = serde_json::from_str(text.trim()).ok()?;
            (!members(&inner).is_empty()).then_some(std::borrow::Cow::Owned(inner))
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
    path: &str,
    depth: usize,
    folded: &HashSet<String>,
    rows: &mut Vec<TreeRow>,
) {
    for (name, member) in members(value) {
        if rows.len() >= MAX_ROWS {
            return;
        }
        let path = format!("{path}\n{name}");
        let inner = nested(member);
        let is_folded = folded.contains(&path);
        let count = inner.as_deref().map(|inner| members(inner).len());
        let (shown, role) = match (&inner, member) {
            (Some(_), Value::String(_)) => ("JSON in a string".to_owned(), Role::Faint),
            (Some(_), _) => (String::new(), Role::Faint),
            (None, Value::String(text)) => (text.clone(), Role::Text),
            (None, Value::Number(_) | Value::Bool(_)) => (member.to_string(), Role::Runtime),
            (None, Value::Null | Value::Array(_) | Value::Object(_)) => {
                (member.to_string(), Role::Dim)
            }
        };
        rows.push(TreeRow {
            time: time_of(&name, member),
            path: path.clone(),
            depth,
            name,
            shown,
            role,
            members: count,
            is_folded,
        });
        if let Some(inner) = inner.as_deref().filter(|_| !is_folded) {
            push_members(inner, &path, depth + 1, folded, rows);
        }
    }
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

impl Logs {
    /// Returns whether a key of lists goes to the opened line rather than to the lines.
    pub(super) fn acts_on_detail(&self, action: ListAction) -> bool {
        let has_focus = self.detail.as_ref().is_some_and(|detail| detail.has_focus);
        has_focus || matches!(action, ListAction::PageDown | ListAction::PageUp)
    }

    pub(super) fn act_on_detail(&mut self, action: ListAction) -> ScreenUpdate {
        if let Some(detail) = &mut self.detail {
            detail.act(action);
        }
        ScreenUpdate::done()
    }

    pub(super) fn draw_detail(
        &self,
        detail: &LineDetail,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        painter.hline(area);
        let Some(Entry { at, body }) = self.current() else {
            return;
        };
        let (group, stream) = match &body {
            Body::Event { group, stream, .. } => (&**group, &**stream),
            Body::Notice(_) => ("notice of the tail", ""),
        };
        let room = area.width.saturating_sub(4);
        let half = usize::from(room / 2).saturating_sub(12);
        painter.spans(
            area.x + 3,
            area.y + 1,
            room,
            &[
                (at.date_time(context.zone).as_str(), Role::Dim),
                ("   ", Role::Dim),
                (cut_middle(group, half).as_str(), Role::Text),
                ("   ", Role::Dim),
                (cut_middle(stream, half).as_str(), Role::Dim),
            ],
        );
        let body = Rect {
            y: area.y + 2,
            height: area.height.saturating_sub(2),
            ..area
        };
        if detail.rows.is_empty() {
            draw_text(detail, body, painter);
        } else {
            draw_tree(detail, context, body, painter);
        }
    }
}

fn draw_text(detail: &LineDetail, area: Rect, painter: &mut Painter<'_>) {
    let lines: Vec<String> = detail
        .text
        .lines()
        .take(MAX_ROWS)
        .flat_map(|part| wrapped(part, area.width.saturating_sub(4), Role::Text))
        .map(|line| line.into_iter().map(|(text, _)| text).collect())
        .collect();
    // The cursor is the first line that is shown; the window is recorded for paging.
    detail
        .list
        .window(LogsViewport::Detail, area, detail.length(), painter);
    let last = lines.len().saturating_sub(usize::from(area.height));
    for (row, line) in lines
        .iter()
        .skip(detail.list.cursor().min(last))
        .take(usize::from(area.height))
        .enumerate()
    {
        let y = area.y + u16::try_from(row).unwrap_or(u16::MAX);
        painter.text(
            area.x + 3,
            y,
            area.width.saturating_sub(4),
            line,
            Role::Text,
        );
    }
}

fn draw_tree(
    detail: &LineDetail,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let window = detail
        .list
        .window(LogsViewport::Detail, area, detail.rows.len(), painter);
    for (index, row) in window.zip(area.rows()) {
        let Some(node) = detail.rows.get(index) else {
            continue;
        };
        let is_selected = detail.has_focus && index == detail.list.cursor();
        if is_selected {
            painter.select_row(row, true);
        }
        let hint = if is_selected && node.is_id() {
            id_hint(context)
        } else {
            String::new()
        };
        draw_node(node, &hint, context, row, painter);
    }
}

/// Draws a row of the tree, with what its key does behind it.
fn draw_node(
    node: &TreeRow,
    hint: &str,
    context: &ViewContext<'_>,
    row: Rect,
    painter: &mut Painter<'_>,
) {
    let fold = match (node.members, node.is_folded) {
        (Some(_), true) => "▸ ",
        (Some(_), false) => "▾ ",
        (None, _) => "  ",
    };
    let count = match (node.members, node.is_folded) {
        (Some(count), true) => format!(" {}", pluralize(count, "member")),
        (Some(_) | None, _) => String::new(),
    };
    let time = node.time.map_or_else(String::new, |at| {
        format!("  {}", at.clock_millis(context.zone))
    });
    let indent = u16::try_from(node.depth * 2).unwrap_or(u16::MAX);
    let x = row.x + 3 + indent.min(row.width / 2);
    painter.spans(
        x,
        row.y,
        row.right().saturating_sub(x + 1),
        &[
            (fold, Role::Faint),
            (node.name.as_str(), Role::Accent),
            ("  ", Role::Faint),
            (node.shown.as_str(), node.role),
            (count.as_str(), Role::Faint),
            (time.as_str(), Role::Dim),
            (hint, Role::Accent),
        ],
    );
}

/// Returns what the key that opens does with an id.
fn id_hint(context: &ViewContext<'_>) -> String {
    let key = context
        .keymap
        .key_of(&[Layer::List], Action::List(ListAction::Open));
    format!("  {} only lines with this id", key.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::Line;

    fn detail(text: &str) -> LineDetail {
        LineDetail::of(&Entry {
            at: Moment::from_millis(0),
            body: Body::Event {
                group: "g".into(),
                stream: "s".into(),
                text: text.to_owned(),
                line: Line::read(text),
                late: false,
            },
        })
    }

    fn names(detail: &LineDetail) -> Vec<String> {
        detail
            .rows
            .iter()
            .map(|row| format!("{}{}", " ".repeat(row.depth), row.name))
            .collect()
    }

    #[test]
    fn json_in_a_string_is_a_part_of_the_tree_and_folds() {
        let mut opened = detail(
            r#"{"body":{"responseBody":"{\"error\":{\"code\":-32042}}"},"event_timestamp":1795224324652}"#,
        );
        assert_eq!(
            names(&opened),
            ["body", " responseBody", "  error", "event_timestamp"]
        );
        assert_eq!(
            opened.rows[3].time,
            Some(Moment::from_millis(1_795_224_324_652))
        );
        opened.act(ListAction::Right);
        for _ in 0..2 {
            opened.act(ListAction::Down);
        }
        opened.act(ListAction::Open);
        assert_eq!(names(&opened)[3], "   code", "the deep one is unfolded");
        opened.act(ListAction::Top);
        opened.act(ListAction::Left);
        assert_eq!(names(&opened), ["body", "event_timestamp"]);
        assert!(opened.leave() && !opened.leave());
    }

    #[test]
    fn an_id_under_the_cursor_leads_to_the_lines_that_hold_it() {
        let mut opened = detail(r#"{"message":"request done","requestId":"9603d3ef-0001"}"#);
        assert_eq!(opened.selected_id(), None, "the lines have the focus");
        opened.act(ListAction::Right);
        assert_eq!(opened.selected_id(), None, "a message is no id");
        opened.act(ListAction::Down);
        assert_eq!(opened.selected_id().as_deref(), Some("9603d3ef-0001"));
    }

    #[test]
    fn a_line_that_is_no_json_has_no_tree() {
        assert!(detail("INFO {not json").rows.is_empty());
        assert!(detail("{not json").rows.is_empty());
    }
}
