//! JSON as a tree whose branches fold: what is open is laid out when it changes, not when it is drawn.

use std::collections::BTreeSet;

use ratatui::layout::Rect;
use serde_json::Value;

use crate::{
    messages::{Action, ListAction, ToolsViewport},
    theme::Role,
    widgets::{DrawnViewport, List, Painter},
};

/// Members of one branch that are shown; the rest is counted.
const MEMBERS: usize = 2_000;
/// Lines of a tree that are laid out at most.
const LINES: usize = 100_000;
/// A tree opens so far by itself that it stays within a window.
const FIRST_LINES: usize = 24;

/// A tree with its cursor.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    value: Value,
    open: BTreeSet<Vec<usize>>,
    lines: Vec<TreeLine>,
    list: List,
}

/// A line of what is open.
#[derive(Clone, Debug, PartialEq)]
struct TreeLine {
    path: Vec<usize>,
    /// Name of a member, place of an item; nothing for the root.
    name: String,
    text: String,
    role: Role,
    /// Whether it is open; `None`: there is nothing to open.
    open: Option<bool>,
}

impl Tree {
    pub(super) const fn record(&mut self, drawn: &DrawnViewport) {
        self.list.record(drawn);
    }

    /// Returns a tree of this value, open as far as it fits a window.
    pub(super) fn new(value: Value) -> Self {
        let mut tree = Self {
            value,
            ..Self::default()
        };
        tree.open.insert(Vec::new());
        tree.lay_out();
        // One level after the other, as long as all of it stays in view.
        loop {
            let closed: Vec<Vec<usize>> = tree
                .lines
                .iter()
                .filter(|line| line.open == Some(false))
                .map(|line| line.path.clone())
                .collect();
            let before = tree.open.clone();
            tree.open.extend(closed.iter().cloned());
            tree.lay_out_at_most(FIRST_LINES + 1);
            if closed.is_empty() || tree.lines.len() > FIRST_LINES {
                tree.open = before;
                tree.lay_out();
                return tree;
            }
        }
    }

    /// Moves, folds or unfolds; `false` where the action is none of these.
    pub(super) fn act(&mut self, action: Action) -> bool {
        let Some(line) = self.lines.get(self.list.cursor()).cloned() else {
            return false;
        };
        match (action, line.open) {
            (Action::List(ListAction::Open | ListAction::Right), Some(false)) => {
                self.open.insert(line.path);
            }
            (Action::List(ListAction::Open | ListAction::Left), Some(true)) => {
                self.open.remove(&line.path);
            }
            // What cannot be folded leads to what holds it.
            (Action::List(ListAction::Left), _) => {
                let parent = line.path.split_last().map(|(_, parent)| parent.to_vec());
                if let Some(at) =
                    parent.and_then(|parent| self.lines.iter().position(|line| line.path == parent))
                {
                    self.list.select(at);
                }
                return true;
            }
            (Action::List(ListAction::Open | ListAction::Right), _) => return true,
            _ => return self.list.act(action, self.lines.len()),
        }
        self.lay_out();
        self.list.clamp(self.lines.len());
        true
    }

    /// Returns the line under a place on the screen.
    pub(super) fn click(&mut self, column: u16, line: u16) -> bool {
        let Some(row) = self
            .list
            .row_at(column, line)
            .filter(|row| *row < self.lines.len())
        else {
            return false;
        };
        self.list.select(row);
        true
    }

    /// Draws the visible lines.
    pub(super) fn view(&self, focused: bool, area: Rect, painter: &mut Painter<'_>) {
        let window = self
            .list
            .window(ToolsViewport::Tree, area, self.lines.len(), painter);
        for (row, line) in self
            .lines
            .iter()
            .enumerate()
            .skip(window.start)
            .take(window.len())
        {
            let y = area.y + u16::try_from(row - window.start).unwrap_or(0);
            if focused && row == self.list.cursor() {
                painter.select_row(
                    Rect {
                        x: area.x.saturating_sub(1),
                        y,
                        width: area.width + 1,
                        height: 1,
                    },
                    true,
                );
            }
            let indent = u16::try_from(line.path.len() * 2)
                .unwrap_or(u16::MAX)
                .min(area.width / 2);
            let mark = match line.open {
                Some(true) => "▾ ",
                Some(false) => "▸ ",
                None => "  ",
            };
            let colon = if line.name.is_empty() { "" } else { "  " };
            painter.spans(
                area.x + 1 + indent,
                y,
                area.width.saturating_sub(indent + 1),
                &[
                    (mark, Role::Dim),
                    (line.name.as_str(), Role::Accent),
                    (colon, Role::Dim),
                    (line.text.as_str(), line.role),
                ],
            );
        }
    }

    /// Returns the value that it shows.
    pub(super) fn value(&self) -> &Value {
        &self.value
    }

    fn lay_out(&mut self) {
        self.lay_out_at_most(LINES);
    }

    fn lay_out_at_most(&mut self, most: usize) {
        let mut lines = Vec::new();
        write(
            &self.value,
            String::new(),
            &mut Vec::new(),
            &self.open,
            &mut lines,
            most,
        );
        self.lines = lines;
    }
}

fn write(
    value: &Value,
    name: String,
    path: &mut Vec<usize>,
    open: &BTreeSet<Vec<usize>>,
    lines: &mut Vec<TreeLine>,
    most: usize,
) {
    if lines.len() >= most {
        return;
    }
    let count = match value {
        Value::Object(members) => members.len(),
        Value::Array(items) => items.len(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    };
    let is_open = (count > 0).then(|| open.contains(path.as_slice()));
    let (text, role) = words(value, count, is_open == Some(true));
    lines.push(TreeLine {
        path: path.clone(),
        name,
        text,
        role,
        open: is_open,
    });
    if is_open != Some(true) {
        return;
    }
    for (at, (name, child)) in children(value).into_iter().enumerate() {
        path.push(at);
        write(child, name, path, open, lines, most);
        path.pop();
    }
    if count > MEMBERS {
        path.push(MEMBERS);
        let text = format!("… {} more: raw shows them", count - MEMBERS);
        lines.push(TreeLine {
            path: path.clone(),
            name: String::new(),
            text,
            role: Role::Dim,
            open: None,
        });
        path.pop();
    }
}

/// Returns the members of a branch that are shown, with their names or places.
fn children(value: &Value) -> Vec<(String, &Value)> {
    match value {
        Value::Object(members) => members
            .iter()
            .take(MEMBERS)
            .map(|(name, member)| (name.clone(), member))
            .collect(),
        Value::Array(items) => items
            .iter()
            .take(MEMBERS)
            .enumerate()
            .map(|(at, item)| (at.to_string(), item))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Returns what a line says of its value.
fn words(value: &Value, count: usize, is_open: bool) -> (String, Role) {
    match value {
        Value::String(text) => (text.replace('\n', " ⏎ "), Role::Text),
        Value::Number(_) | Value::Bool(_) => (value.to_string(), Role::Runtime),
        Value::Null => ("null".to_owned(), Role::Dim),
        Value::Array(_) if count == 0 => ("[]".to_owned(), Role::Dim),
        Value::Array(_) => (crate::model::pluralize(count, "item"), Role::Faint),
        Value::Object(_) if count == 0 => ("{}".to_owned(), Role::Dim),
        Value::Object(_) if is_open => (String::new(), Role::Faint),
        Value::Object(members) => {
            // What the members are called tells the branches of a list apart while they are closed.
            let names: Vec<&str> = members.keys().take(6).map(String::as_str).collect();
            (
                format!(
                    "{{{}{}}}",
                    names.join(", "),
                    if count > 6 { ", …" } else { "" }
                ),
                Role::Faint,
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::messages::ToolsAction;

    fn shown(tree: &Tree) -> Vec<String> {
        tree.lines
            .iter()
            .map(|line| format!("{}{}={}", " ".repeat(line.path.len()), line.name, line.text))
            .collect()
    }

    #[test]
    fn branches_open_and_close_and_left_leads_out() {
        let many: Vec<Value> = (0..30).map(|number| json!({"n": number})).collect();
        let mut tree = Tree::new(json!({"few": [1, 2], "many": many}));
        assert_eq!(
            shown(&tree),
            ["=", " few=2 items", " many=30 items"],
            "30 items do not fit"
        );
        assert!(
            tree.act(Action::List(ListAction::Down)) && tree.act(Action::List(ListAction::Right))
        );
        assert_eq!(shown(&tree).get(2).map(String::as_str), Some("  0=1"));
        assert!(
            tree.act(Action::List(ListAction::Down)) && tree.act(Action::List(ListAction::Left))
        );
        assert_eq!(tree.list.cursor(), 1, "left goes to what holds the item");
        assert!(tree.act(Action::List(ListAction::Open)));
        assert_eq!(tree.lines.len(), 3);
        assert!(!tree.act(Action::Tools(ToolsAction::NextView)));
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let mut tree = Tree::new(Value::from((0..MEMBERS + 7).collect::<Vec<_>>()));
        assert!(tree.act(Action::List(ListAction::Open)));
        if tree.lines.len() == 1 {
            assert!(tree.act(Action::List(ListAction::Open)));
        }
        assert_eq!(
            tree.lines.last().map(|line| line.text.clone()),
            Some("… 7 more: raw shows them".to_owned())
        );
        assert!(Tree::new(json!("text")).lines.len() == 1);
    }
}
