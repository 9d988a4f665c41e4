//! How the call history looks: the search, and the calls in the left pane.

use ratatui::layout::Rect;

use super::{Tools, history::HistorySearch};
use crate::{
    keys::Layer,
    messages::{Action, ToolsAction, ToolsViewport},
    screens::ViewContext,
    theme::Role,
    tools::history::{HistoryEntry, HistoryOutcome},
    widgets::{Painter, cut},
};

/// A call older than this is listed with its age instead of its time, in milliseconds.
const DAY_MS: i64 = 20 * 3_600_000;
/// Lines of the statement of the selected call that are shown.
const STATEMENT_LINES: u16 = 8;

impl Tools {
    /// Draws the search over the screen: the calls that it finds, and the statement of the selected one.
    pub(super) fn draw_history(
        &self,
        search: &HistorySearch,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        painter.clear(area);
        let found = self.found_calls(search, context.store);
        let own = self.endpoint.as_ref().filter(|_| !search.is_everywhere);
        let place = own.map(|own| context.store.title(own.deployment.as_str()));
        draw_input(
            search,
            (found.len(), self.history.len()),
            place,
            area,
            painter,
        );
        if found.is_empty() {
            draw_nothing_found(place, context, area, painter);
        }
        let below = (STATEMENT_LINES + 1).min(area.height / 3);
        let body = Rect {
            y: area.y + 2,
            height: area.height.saturating_sub(2 + below),
            ..area
        };
        let mut list = search.list.clone();
        list.clamp(found.len());
        let window = list.window(ToolsViewport::History, body, found.len(), painter);
        for (at, line) in window.zip(body.rows()) {
            let Some(entry) = found.get(at).and_then(|at| self.history.get(*at)) else {
                break;
            };
            if at == list.cursor() {
                painter.select_row(line, true);
            }
            draw_found(entry, self.marked_call.as_deref(), context, line, painter);
        }
        if let Some(entry) = found
            .get(list.cursor())
            .and_then(|at| self.history.get(*at))
        {
            let place = Rect {
                y: body.bottom(),
                height: below,
                ..area
            };
            draw_statement(entry, place, painter);
        }
    }
}

/// Says that no call is found, and how to search further.
fn draw_nothing_found(
    place: Option<&str>,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let action = Action::Tools(ToolsAction::AllDeployments);
    let key = context.keymap.key_of(&[Layer::History], action);
    let key = key.unwrap_or_default();
    let (words, further) = match place {
        Some(place) => (format!("no such call of {place}; "), " all deployments"),
        None => ("no such call".to_owned(), ""),
    };
    let pieces = [
        (words.as_str(), Role::Dim),
        (if further.is_empty() { "" } else { &key }, Role::Accent),
        (further, Role::Dim),
    ];
    painter.spans(
        area.x + 2,
        area.y + 2,
        area.width.saturating_sub(3),
        &pieces,
    );
}

fn draw_input(
    search: &HistorySearch,
    (found, all): (usize, usize),
    place: Option<&str>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let typed = search.input.text();
    let pieces = [("history ", Role::Accent), (typed, Role::Name)];
    let x = painter.spans(area.x + 1, area.y, area.width.saturating_sub(33), &pieces);
    let x = painter.text(x, area.y, 1, "▏", Role::Accent);
    if typed.is_empty() {
        let hint = "type to find: statement, name, tool, deployment, outcome";
        let room = area.right().saturating_sub(x + 33);
        painter.text(x + 1, area.y, room, hint, Role::Faint);
    }
    let count = if found == all {
        format!("{all} kept")
    } else {
        format!("{found} of {all}")
    };
    let place = place.unwrap_or("all deployments");
    let right = area.right().saturating_sub(1);
    painter.text_right(right, area.y, 30, &format!("{place}  {count}"), Role::Dim);
    let rule = Rect {
        y: area.y + 1,
        height: 1,
        ..area
    };
    painter.hline(rule);
}

fn draw_found(
    entry: &HistoryEntry,
    marked: Option<&str>,
    context: &ViewContext<'_>,
    line: Rect,
    painter: &mut Painter<'_>,
) {
    let (time, mark) = (when(entry, context), call_mark(entry, marked));
    let deployment = cut(context.store.title(entry.endpoint.deployment.as_str()), 16);
    let right_width = 32.min(line.width / 3);
    let title = entry.title();
    let name = if entry.name.is_some() {
        Role::Name
    } else {
        Role::Text
    };
    let pieces = [
        (mark, Role::Accent),
        (time.as_str(), Role::Faint),
        ("  ", Role::Dim),
        (deployment.as_str(), Role::Dim),
        ("  ", Role::Dim),
        (title.as_str(), name),
    ];
    let room = line.width.saturating_sub(right_width + 3);
    painter.spans(line.x + 1, line.y, room, &pieces);
    let (words, role) = outcome(entry);
    let size = format!(
        "  {}  {} ms",
        bytes_in_words(entry.bytes),
        entry.wire.elapsed.total
    );
    let right = line.right().saturating_sub(1);
    painter.text_right(right, line.y, right_width, &size, Role::Faint);
    let width = u16::try_from(size.len()).unwrap_or(u16::MAX);
    let room = right_width.saturating_sub(width);
    painter.text_right(right.saturating_sub(width), line.y, room, &words, role);
}

fn draw_statement(entry: &HistoryEntry, place: Rect, painter: &mut Painter<'_>) {
    painter.hline(place);
    let text = entry.statement().map_or_else(
        || serde_json::to_string_pretty(&entry.arguments).unwrap_or_default(),
        str::to_owned,
    );
    let room = place.width.saturating_sub(3);
    for (line, row) in text.lines().zip(place.rows().skip(1)) {
        painter.text(place.x + 2, row.y, room, line, Role::Text);
    }
    if entry.is_masked {
        let note = "a secret was left out";
        let right = place.right().saturating_sub(1);
        painter.text_right(right, place.y, 24, note, Role::Degraded);
    }
}

/// Draws a call as a line of the left pane.
pub(super) fn draw_listed(
    entry: &HistoryEntry,
    marked: Option<&str>,
    context: &ViewContext<'_>,
    line: Rect,
    painter: &mut Painter<'_>,
) {
    let time = when(entry, context);
    let (title, mark) = (entry.title(), call_mark(entry, marked));
    let (words, role) = match &entry.outcome {
        HistoryOutcome::Rows(rows) => (rows.to_string(), Role::Dim),
        HistoryOutcome::Answered => ("●".to_owned(), Role::Success),
        HistoryOutcome::Cancelled => ("◌".to_owned(), Role::Dim),
        outcome if outcome.waits_for_consent() => ("◆".to_owned(), Role::Person),
        HistoryOutcome::ToolError(_) | HistoryOutcome::Failed(_) => ("✖".to_owned(), Role::Failed),
    };
    let pieces = [
        (mark, Role::Accent),
        (time.as_str(), Role::Faint),
        (" ", Role::Dim),
        (title.as_str(), Role::Text),
    ];
    let width = u16::try_from(words.chars().count()).unwrap_or(1);
    let room = line.width.saturating_sub(width + 4);
    painter.spans(line.x + 1, line.y, room, &pieces);
    let right = line.right().saturating_sub(2);
    painter.text_right(right, line.y, width, &words, role);
}

/// Returns the mark before a call: that it is compared with, or pinned.
fn call_mark(entry: &HistoryEntry, marked: Option<&str>) -> &'static str {
    if marked == Some(entry.id.as_str()) {
        "="
    } else if entry.is_pinned {
        "▪"
    } else {
        " "
    }
}

/// Returns the time of a call of today, else its age; five columns.
fn when(entry: &HistoryEntry, context: &ViewContext<'_>) -> String {
    if context.now.since(entry.at) < DAY_MS {
        let time = entry.at.clock(context.zone);
        return time.get(..5).unwrap_or(&time).to_owned();
    }
    format!("{:>5}", entry.at.age(context.now))
}

fn outcome(entry: &HistoryEntry) -> (String, Role) {
    let role = match &entry.outcome {
        HistoryOutcome::Rows(_) | HistoryOutcome::Answered => Role::Text,
        HistoryOutcome::Cancelled => Role::Degraded,
        outcome if outcome.waits_for_consent() => Role::Person,
        HistoryOutcome::ToolError(_) | HistoryOutcome::Failed(_) => Role::Failed,
    };
    (entry.outcome.words(), role)
}

fn bytes_in_words(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}
