//! The opened line: its facts, and its text as a tree that folds. JSON in strings is unfolded too.

use std::collections::HashSet;

use ratatui::layout::Rect;
use serde_json::Value;

use super::{
    Logs,
    detail_tree::{self, MAX_ROWS, TreeRow},
};
use crate::{
    keys::Layer,
    logs::{
        failure_reason, java_map,
        store::{Body, Entry},
    },
    messages::{Action, ListAction, LogsViewport},
    model::pluralize,
    screens::{ScreenUpdate, ViewContext, detail::wrapped},
    theme::Role,
    widgets::{DrawnViewport, List, Painter, cut_middle},
};

/// Longest text that is parsed as JSON, in bytes. A longer one is shown as it is.
const LONGEST_JSON: usize = 256 << 10;

/// Columns of a window that was not drawn yet.
const USUAL_WIDTH: u16 = 120;
/// Rows of the reason of a failure at most.
const REASON_ROWS: usize = 4;

/// The opened line.
#[derive(Clone, Debug, Default)]
pub(super) struct LineDetail {
    value: Option<Value>,
    text: String,
    rows: Vec<TreeRow>,
    folded: HashSet<String>,
    list: List,
    /// Why the request of the line failed, if the line holds it.
    reason: Option<String>,
    /// Columns of the window that the rows are laid out for.
    width: u16,
    /// Whether keys move in the tree instead of the lines.
    has_focus: bool,
}

impl LineDetail {
    pub(super) fn record(&mut self, drawn: &DrawnViewport) {
        self.list.record(drawn);
        if self.width != drawn.area.width {
            self.width = drawn.area.width;
            self.refresh();
        }
    }

    /// Opens a line in a window so wide.
    pub(super) fn of(entry: &Entry, width: u16) -> Self {
        let text = match &entry.body {
            Body::Event { text, .. } => text.as_str(),
            Body::Notice(notice) => notice.text.as_str(),
        };
        let value = Some(text.trim())
            .filter(|text| text.len() <= LONGEST_JSON && text.starts_with('{'))
            .and_then(|text| {
                let json = serde_json::from_str::<Value>(text).ok();
                json.or_else(|| java_map::parse(text))
            });
        let mut detail = Self {
            folded: value.as_ref().map_or_else(HashSet::new, |value| {
                detail_tree::folded_at_first(value, entry.is_error())
            }),
            value,
            text: text.to_owned(),
            width: if width == 0 { USUAL_WIDTH } else { width },
            reason: failure_reason(text).filter(|_| entry.is_error()),
            ..Self::default()
        };
        detail.refresh();
        detail
    }

    fn refresh(&mut self) {
        self.rows = match &self.value {
            Some(value) => detail_tree::rows(value, &self.folded, self.width),
            None => Vec::new(),
        };
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
        row.id.clone()
    }

    /// Returns whether keys move in the tree.
    pub(super) const fn has_focus(&self) -> bool {
        self.has_focus
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
        let begin = draw_reason(detail, area, painter);
        let body = Rect {
            y: begin,
            height: area.bottom().saturating_sub(begin),
            ..area
        };
        if detail.rows.is_empty() {
            draw_text(detail, body, painter);
        } else {
            draw_tree(detail, context, body, painter);
        }
    }
}

/// Draws why the request failed, and returns the row below it.
fn draw_reason(detail: &LineDetail, area: Rect, painter: &mut Painter<'_>) -> u16 {
    let begin = area.y + 2;
    let Some(reason) = &detail.reason else {
        return begin;
    };
    let room = area.width.saturating_sub(6);
    // The tree keeps at least half of the rows.
    let most = usize::from(area.height / 2)
        .saturating_sub(1)
        .min(REASON_ROWS);
    let lines = wrapped(reason, room, Role::Name);
    let mut y = begin;
    for (index, line) in lines.iter().take(most).enumerate() {
        let mark = if index == 0 { "✖ " } else { "  " };
        let words = line.iter().map(|(text, role)| (text.as_str(), *role));
        // The tree has the rest.
        let more = if index + 1 == most && lines.len() > most {
            " …"
        } else {
            ""
        };
        let spans: Vec<(&str, Role)> = std::iter::once((mark, Role::Failed))
            .chain(words)
            .chain([(more, Role::Dim)])
            .collect();
        painter.spans(area.x + 3, y, room + 2, &spans);
        y += 1;
    }
    y
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
        let hint = if is_selected && node.id.is_some() {
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
    if node.name.is_empty() && node.indent > 0 {
        let x = x + 2 + u16::try_from(node.indent).unwrap_or(u16::MAX);
        painter.text(
            x,
            row.y,
            row.right().saturating_sub(x),
            &node.shown,
            node.role,
        );
        return;
    }
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
        let entry = Entry {
            at: crate::model::Moment::from_millis(0),
            body: Body::Event {
                group: "g".into(),
                stream: "s".into(),
                text: text.to_owned(),
                line: Line::read(text),
                late: false,
            },
        };
        LineDetail::of(&entry, 80)
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
            Some(crate::model::Moment::from_millis(1_795_224_324_652))
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
