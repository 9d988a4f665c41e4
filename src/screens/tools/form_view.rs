//! How the form of a tool looks: its title and description, what is wrong, the fields or the raw JSON.

use ratatui::layout::Rect;

use super::{
    Pane, Running, Tools,
    drift_view::copy_drift_in_words,
    field_view::{draw_row, row_height},
    form::{Form, FormProblem},
    form_rows::FormRow,
    panes::has_side_pane,
    result::draw_result,
    text,
};
use crate::{
    keys::Layer,
    messages::{Action, ToolsAction},
    model::{Progress, Tool},
    screens::{ViewContext, detail::wrapped},
    theme::Role,
    tools::{
        annotations,
        permission::{self, ToolEffect},
    },
    widgets::{Painter, text_width},
};

/// Lines of a tool's description that are shown.
const DESCRIPTION_LINES: usize = 2;

/// Draws the form of the selected tool, and its result below.
pub(super) fn draw_form_pane(
    state: &Tools,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let Some(tool) = state.selected() else {
        let text = "This endpoint offers no tool.";
        painter.text(area.x + 2, area.y + 1, area.width, text, Role::Dim);
        return;
    };
    let Some(form) = state.form() else { return };
    let of_form = problems_of_form(state).count();
    let wanted = form_height(state, form, tool, area.width)
        .saturating_add(u16::try_from(of_form).unwrap_or(u16::MAX));
    let height = wanted.min(area.height * 3 / 5).max(4).min(area.height);
    let place = Rect { height, ..area };
    let cursor = draw_form(state, tool, form, context, place, painter);
    if !has_side_pane(painter.buffer.area) && form.raw.is_none() {
        draw_mentioned_labels(state, form, place, painter);
    }
    let rule = Rect {
        y: area.y + height,
        height: 1.min(area.height.saturating_sub(height)),
        ..area
    };
    painter.hline(rule);
    let below = Rect {
        y: rule.bottom(),
        height: area.bottom().saturating_sub(rule.bottom()),
        ..area
    };
    draw_result(state, context, below, painter);
    if let Some(cursor) = cursor {
        state.draw_completion(cursor, context, area, painter);
    }
}

/// The properties of the labels that the statement mentions, in the last line of the form if that is free.
fn draw_mentioned_labels(state: &Tools, form: &Form, area: Rect, painter: &mut Painter<'_>) {
    let schema = state.graph_schema().and_then(|schema| schema.value());
    let (Some(schema), Some(statement)) = (schema, form.statement()) else {
        return;
    };
    let mentioned = schema.labels.iter().filter(|label| {
        let after = format!(":{}", label.name);
        statement.match_indices(&after).any(|(at, _)| {
            let next = statement.get(at + after.len()..).unwrap_or_default();
            !next.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_')
        })
    });
    let mut pieces: Vec<(String, Role)> = Vec::new();
    for label in mentioned.take(4) {
        let names = label
            .properties
            .iter()
            .map(|property| property.name.as_str());
        let names: Vec<&str> = names.take(8).collect();
        pieces.push((format!(":{} ", label.name), Role::Gateway));
        pieces.push((format!("{{{}}}   ", names.join(" ")), Role::Dim));
    }
    let shown: Vec<(&str, Role)> = pieces
        .iter()
        .map(|(text, role)| (text.as_str(), *role))
        .collect();
    let y = area.bottom().saturating_sub(1);
    painter.spans(area.x + 6, y, area.width.saturating_sub(7), &shown);
}

fn form_height(state: &Tools, form: &Form, tool: &Tool, room: u16) -> u16 {
    let fields: usize = match &form.raw {
        Some(raw) => text::rows_of(raw, room.saturating_sub(3)),
        None => form
            .rows()
            .iter()
            .enumerate()
            .map(|(at, row)| usize::from(row_height(row, at == form.focus, room)))
            .sum(),
    };
    let description = tool.description.as_ref().map_or(0, |text| {
        wrapped(text, room.saturating_sub(6), Role::Dim)
            .len()
            .min(DESCRIPTION_LINES)
    });
    let annotations = usize::from(state.offer().is_none());
    let drift = usize::from(state.tool_drift(tool).is_some());
    u16::try_from(fields + description + annotations + drift + 2).unwrap_or(u16::MAX)
}

/// Draws the title, the description, what is wrong, and the fields. Returns where the cursor of the statement is.
fn draw_form(
    state: &Tools,
    tool: &Tool,
    form: &Form,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) -> Option<(u16, u16)> {
    draw_title(state, tool, form, context, area, painter);
    let mut rows = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    }
    .rows();
    let room = area.width.saturating_sub(3);
    if let Some(description) = &tool.description {
        let lines = wrapped(description, area.width.saturating_sub(6), Role::Dim);
        let last = lines.len().min(DESCRIPTION_LINES) - 1;
        for ((at, line), row) in lines.iter().enumerate().take(last + 1).zip(rows.by_ref()) {
            let mut pieces: Vec<(&str, Role)> = line
                .iter()
                .map(|(text, role)| (text.as_str(), *role))
                .collect();
            if at == last && lines.len() > last + 1 {
                pieces.push((" …", Role::Dim));
            }
            painter.spans(area.x + 2, row.y, room, &pieces);
        }
    }
    if state.offer().is_none()
        && let Some(row) = rows.next()
    {
        draw_annotations(tool, row, painter);
    }
    if let Some(drift) = state.tool_drift(tool)
        && let Some(row) = rows.next()
    {
        let text = copy_drift_in_words(&drift);
        painter.text(area.x + 2, row.y, room, &text, Role::Degraded);
    }
    for (problem, row) in problems_of_form(state).zip(rows.by_ref()) {
        let text = format!("✖ {}", problem.sentence);
        painter.text(area.x + 2, row.y, room, &text, Role::Failed);
    }
    // What is left for the fields; nothing is drawn over what stands below.
    let y = rows.next()?.y;
    let place = Rect {
        y,
        height: area.bottom() - y,
        ..area
    };
    draw_arguments(state, form, place, painter)
}

/// Draws what the server says of the tool's effects, and which of these hints it leaves out.
fn draw_annotations(tool: &Tool, row: Rect, painter: &mut Painter<'_>) {
    let said = annotations::in_words(&tool.annotations).join(" · ");
    let missing = annotations::missing(&tool.annotations).join(", ");
    let missing = if missing.is_empty() {
        missing
    } else {
        format!("missing: {missing}")
    };
    let gap = if said.is_empty() { "" } else { "   " };
    let pieces = [
        (said.as_str(), Role::Dim),
        (gap, Role::Dim),
        (missing.as_str(), Role::Faint),
    ];
    painter.spans(row.x + 2, row.y, row.width.saturating_sub(3), &pieces);
}

/// Returns what is wrong with the form as a whole. What is wrong with a field stands beside it.
fn problems_of_form(state: &Tools) -> impl Iterator<Item = &FormProblem> {
    let is_raw = state.form().is_some_and(|form| form.raw.is_some());
    let problems = state.problems.iter();
    problems.filter(move |problem| is_raw || problem.row.is_none())
}

/// The title line: the tool, and the call on its way or the keys.
fn draw_title(
    state: &Tools,
    tool: &Tool,
    form: &Form,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let (target, own) = tool.parts();
    let target = target.map_or_else(String::new, |target| format!("{target} ▸ "));
    let is_raw = form.raw.is_some();
    let writes = permission::effect(tool) == ToolEffect::Writes;
    let pieces = [
        (target.as_str(), Role::Dim),
        (own, Role::Name),
        (if writes { "   ! writes" } else { "" }, Role::Failed),
        (if is_raw { "   raw JSON" } else { "" }, Role::Accent),
    ];
    painter.spans(area.x + 2, area.y, area.width.saturating_sub(24), &pieces);
    let right = area.right().saturating_sub(1);
    let running = state
        .connection()
        .and_then(|connection| connection.call.as_ref());
    if let Some(call) = running {
        let text = progress_in_words(call, context);
        painter.text_right(right, area.y, 40, &text, Role::Changing);
    } else {
        let key = |action| {
            let layers = [Layer::Editor];
            let action = Action::Tools(action);
            context.keymap.key_of(&layers, action).unwrap_or_default()
        };
        let (run, raw) = (key(ToolsAction::Run), key(ToolsAction::RawForm));
        let pieces = [
            (run.as_str(), Role::Accent),
            (" run   ", Role::Faint),
            (raw.as_str(), Role::Accent),
            (" JSON", Role::Faint),
        ];
        let width: usize = pieces.iter().map(|(text, _)| text_width(text)).sum();
        let width = u16::try_from(width).unwrap_or(0);
        painter.spans(right.saturating_sub(width), area.y, width, &pieces);
    }
}

/// Returns how long a call has been on its way, and how far it is.
fn progress_in_words(call: &Running, context: &ViewContext<'_>) -> String {
    let in_words = |progress: &Progress| match progress.total {
        Some(total) if total > 0.0 => format!(" {:.0}%", 100.0 * progress.progress / total),
        _ => format!(" {}", progress.message.as_deref().unwrap_or_default()),
    };
    let seconds = context.now.since(call.since).max(0) as f64 / 1000.0;
    let newest = || call.messages.newest().map(|text| format!(" {text}"));
    let progress = call.progress.as_ref().map(in_words);
    let progress = progress.or_else(newest).unwrap_or_default();
    format!("{} {seconds:.1} s{progress}  esc cancels", context.spinner)
}

/// Draws the raw JSON or the fields. Returns where the cursor of the statement is.
fn draw_arguments(
    state: &Tools,
    form: &Form,
    area: Rect,
    painter: &mut Painter<'_>,
) -> Option<(u16, u16)> {
    let focused = state.pane == Pane::Form;
    if let Some(raw) = &form.raw {
        let place = Rect {
            x: area.x + 2,
            width: area.width.saturating_sub(3),
            ..area
        };
        text::draw(raw, text::TextAreaStyle::Lines, focused, place, painter);
        return None;
    }
    let rows = form.rows();
    if rows.is_empty() {
        let text = "The tool takes no arguments.";
        painter.text(area.x + 2, area.y, area.width, text, Role::Dim);
        return None;
    }
    let typing = form.problems_while_typing();
    let problem = |at: usize| {
        let mut told = state.problems.iter().chain(&typing);
        told.find(|problem| problem.row == Some(at))
            .map(|problem| problem.text.as_str())
    };
    draw_rows(&rows, (form.focus, focused), problem, area, painter)
}

/// Draws rows from the first one with which the focused row is still seen. Returns where the cursor of the statement is.
fn draw_rows<'p>(
    rows: &[FormRow<'_>],
    (focus, focused): (usize, bool),
    problem: impl Fn(usize) -> Option<&'p str>,
    area: Rect,
    painter: &mut Painter<'_>,
) -> Option<(u16, u16)> {
    let mut cursor = None;
    let height = |at: usize, row: &FormRow<'_>| row_height(row, focused && at == focus, area.width);
    let heights: Vec<u16> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| height(at, row))
        .collect();
    let (mut first, mut used) = (focus, heights.get(focus).copied().unwrap_or(1));
    while let Some(above) = first.checked_sub(1).and_then(|at| heights.get(at))
        && used + above <= area.height
    {
        used += above;
        first -= 1;
    }
    let mut y = area.y;
    for (at, row) in rows.iter().enumerate().skip(first) {
        if y >= area.bottom() {
            break;
        }
        let place = Rect {
            y,
            height: area.bottom() - y,
            ..area
        };
        let drawn = draw_row(row, focused && at == focus, problem(at), place, painter);
        cursor = cursor.or(drawn.cursor);
        y += drawn.height;
    }
    cursor
}
