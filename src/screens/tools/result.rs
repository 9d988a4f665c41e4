//! How a result looks: its head, and the body in the view that is chosen.

use ratatui::layout::Rect;

use super::{
    CallResult, Modal, Pane, ResultView, Tools, graph_view::GraphPane, panes::has_side_pane,
    table_view::draw_table, text_view,
};
use crate::{
    keys::Layer,
    messages::{Action, ToolsAction},
    model::{Elapsed, FailureKind, Table, pluralize, with_separators},
    screens::ViewContext,
    theme::Role,
    widgets::{Painter, StyledLine, text_width},
};

/// Lines of a result that are laid out at most; all of it is written to a file by the key that exports it.
pub(super) const MOST: usize = 50_000;

/// Rows of a result that its log lines leave at least; half of them in a low pane.
const LEAST: u16 = 4;
/// Below this height a pane is low.
const NARROW: u16 = 14;

/// Draws the last result, or where it will be.
pub(super) fn draw_result(
    state: &Tools,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    if area.height == 0 {
        return;
    }
    let Some(result) = &state.result else {
        let room = area.width.saturating_sub(3);
        let text = "The result appears here.";
        painter.text(area.x + 2, area.y, room, text, Role::Faint);
        return;
    };
    draw_head(state, result, context, area, painter);
    let strip = strip_height(result, has_side_pane(painter.buffer.area), area.height);
    let body = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(1 + strip),
    };
    if strip > 0 {
        let place = Rect {
            y: area.bottom() - strip,
            height: strip,
            ..area
        };
        draw_strip(result, context, place, painter);
    }
    draw_body(state, result, context, body, painter);
}

/// Rows of the strip below a result. Log lines that were asked for leave a few rows to the result.
fn strip_height(result: &CallResult, is_wide: bool, height: u16) -> u16 {
    let wanted = result.log_lines_height();
    let least = if height < NARROW { LEAST / 2 } else { LEAST };
    let log_lines = wanted.min(height.saturating_sub(least + 3));
    let has_strip = log_lines > 0 || (is_wide && height > 8);
    if has_strip { 2 + log_lines } else { 0 }
}

fn draw_body(
    state: &Tools,
    result: &CallResult,
    context: &ViewContext<'_>,
    body: Rect,
    painter: &mut Painter<'_>,
) {
    let focused = state.pane == Pane::Result;
    let lines = |lines: &[StyledLine], painter: &mut Painter<'_>| {
        state.text.draw(lines, body, painter);
    };
    let rows = |rows: &[StyledLine], painter: &mut Painter<'_>| {
        state.text.draw_rows(rows, body, painter);
    };
    match (state.shown, &result.answer) {
        (ResultView::Changes, _) => draw_changes(state, result, context, body, painter),
        (ResultView::Raw | ResultView::Plan | ResultView::Messages, _) => {
            lines(&result.lines, painter);
        }
        (_, Err(failure)) if result.consent_address().is_some() => {
            let keys = consent_keys(state, context);
            rows(
                &text_view::consent_text(failure, &keys, body.width),
                painter,
            );
        }
        (_, Err(failure)) => rows(&text_view::failure_text(failure, body.width), painter),
        (_, Ok(call)) if call.is_error => {
            let text = call.text();
            let statement = result.statement.as_deref();
            let error = text_view::error_lines(&text, statement, body.width);
            rows(&error, painter);
        }
        (ResultView::Table, Ok(call)) => match &call.table {
            Some(table) => draw_table(&state.table, table, focused, body, painter),
            None => lines(&result.lines, painter),
        },
        (ResultView::Graph, Ok(_)) => {
            if let Some(graph) = &result.graph {
                graph.view(has_side_pane(painter.buffer.area), context, body, painter);
            }
        }
        (ResultView::Tree, Ok(_)) => match &result.tree {
            Some(tree) => tree.view(focused, body, painter),
            None => lines(&result.lines, painter),
        },
        (ResultView::Text, Ok(_)) => lines(&result.lines, painter),
    }
}

/// Draws which two calls are compared, and what is different.
fn draw_changes(
    state: &Tools,
    result: &CallResult,
    context: &ViewContext<'_>,
    body: Rect,
    painter: &mut Painter<'_>,
) {
    if let Some(calls) = result.compared_calls(context) {
        let pieces: Vec<(&str, Role)> = calls
            .iter()
            .map(|(text, role)| (text.as_str(), *role))
            .collect();
        painter.spans(body.x + 1, body.y, body.width.saturating_sub(1), &pieces);
    }
    let below = Rect {
        y: body.y + 1,
        height: body.height.saturating_sub(1),
        ..body
    };
    state.text.draw(&result.lines, below, painter);
}

/// Returns what can be done while a call waits for a person's consent, with the keys of the pane that is used.
fn consent_keys(state: &Tools, context: &ViewContext<'_>) -> StyledLine {
    let layers = match state.pane {
        Pane::Form => [Layer::Editor],
        Pane::List | Pane::Result => [Layer::Tools],
    };
    let actions = [
        (ToolsAction::OpenAddress, " opens it   "),
        (ToolsAction::CopyAddress, " copies it   "),
        (ToolsAction::Run, " then calls again"),
    ];
    let pieces = actions.into_iter().flat_map(|(action, words)| {
        let key = context.keymap.key_of(&layers, Action::Tools(action));
        let key = key.unwrap_or_default();
        [(key, Role::Accent), (words.to_owned(), Role::Dim)]
    });
    pieces.collect()
}

fn draw_head(
    state: &Tools,
    result: &CallResult,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let chosen = if state.pane == Pane::Result {
        Role::Accent
    } else {
        Role::Name
    };
    let views = result.views();
    let (words, role) = outcome_in_words(state, result);
    let hint = lost_temporals(result);
    let change = result.change_in_words();
    let edited = edited_in_words(state, result, context);
    let filter = filter_in_words(state);
    let is_filtering = matches!(state.modals.last(), Some(Modal::RowFilter));
    let mut pieces: Vec<(&str, Role)> = Vec::new();
    for view in &views {
        let role = if *view == state.shown {
            chosen
        } else {
            Role::Faint
        };
        pieces.extend([(view.as_str(), role), (" ", Role::Dim)]);
    }
    pieces.extend([
        ("  ", Role::Dim),
        (words.as_str(), role),
        ("  ", Role::Dim),
        (change.as_str(), Role::Dim),
        (filter.as_str(), Role::Name),
        (if is_filtering { "▏" } else { "" }, Role::Accent),
        (edited.as_str(), Role::Degraded),
        (hint.as_str(), Role::Degraded),
    ]);
    let wanted: usize = pieces.iter().map(|(text, _)| text_width(text)).sum();
    let time_width = draw_time(result, wanted, context, area, painter);
    let room = area.width.saturating_sub(time_width + 5);
    painter.spans(area.x + 2, area.y, room, &pieces);
}

/// Draws the time at every width, its parts if there is room for them beside the words of the line. Returns its width.
fn draw_time(
    result: &CallResult,
    words: usize,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) -> u16 {
    let long = result.answer.as_ref().ok().map(|call| {
        let clock = result.ended.clock(context.zone);
        format!("{}   {clock}", elapsed_in_words(call.elapsed))
    });
    let text = long
        .filter(|text| usize::from(area.width) > text_width(text) + words.max(55) + 5)
        .unwrap_or_else(|| time_in_words(result.total_ms()));
    let width = u16::try_from(text_width(&text)).unwrap_or(0);
    painter.text_right(
        area.right().saturating_sub(1),
        area.y,
        width,
        &text,
        Role::Dim,
    );
    width
}

/// That the result is older than the text above it.
fn edited_in_words(state: &Tools, result: &CallResult, context: &ViewContext<'_>) -> String {
    if state.is_edited_since(result) {
        format!("   {}, edited since", result.ended.clock(context.zone))
    } else {
        String::new()
    }
}

/// Returns the filter of the rows, while it is typed and while it holds.
fn filter_in_words(state: &Tools) -> String {
    let typed = state.table.filter.text();
    let is_filtering = matches!(state.modals.last(), Some(Modal::RowFilter));
    if is_filtering || !typed.is_empty() {
        format!("  /{typed}")
    } else {
        String::new()
    }
}

/// Draws where the time of the call went, and how to get to its log lines.
fn draw_strip(
    result: &CallResult,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    painter.hline(area);
    let (y, total) = (area.y + 1, time_in_words(result.total_ms()));
    let parts = result.answer.as_ref().map_or_else(
        |_| String::new(),
        |call| {
            let Elapsed {
                sign_in,
                connect,
                first_byte,
                ..
            } = call.elapsed;
            format!("   sign-in {sign_in}   connect {connect}   first byte {first_byte}")
        },
    );
    let lines = Rect {
        y: area.y + 2,
        height: area.height.saturating_sub(2),
        ..area
    };
    result.draw_log_lines(context, lines, painter);
    let key = |action| {
        let action = Action::Tools(action);
        let key = context.keymap.key_of(&[Layer::Tools], action);
        key.unwrap_or_default()
    };
    let words = match result.log_lines.value() {
        Some(lines) => format!(" {} in Logs", pluralize(lines.len(), "line")),
        None => " log lines of this call".to_owned(),
    };
    let (logs, call) = (key(ToolsAction::CallLogs), key(ToolsAction::CallWaterfall));
    let mut pieces = vec![
        (total.as_str(), Role::Text),
        (parts.as_str(), Role::Dim),
        ("     ", Role::Dim),
        (logs.as_str(), Role::Accent),
        (words.as_str(), Role::Dim),
        ("   ", Role::Dim),
        (call.as_str(), Role::Accent),
        (" waterfall", Role::Dim),
    ];
    // The clock stands at the right; the parts of the time give way to the keys.
    let room = area.width.saturating_sub(13);
    let wanted: usize = pieces.iter().map(|(text, _)| text_width(text)).sum();
    if wanted > usize::from(room) {
        pieces.remove(1);
    }
    painter.spans(area.x + 2, y, room, &pieces);
    let clock = result.ended.clock(context.zone);
    let right = area.right().saturating_sub(1);
    painter.text_right(right, y, 8, &clock, Role::Faint);
}

/// Returns how a call ended, in a word or two.
fn outcome_in_words(state: &Tools, result: &CallResult) -> (String, Role) {
    match &result.answer {
        Ok(call) if call.is_error => ("error".to_owned(), Role::Failed),
        Ok(_) if state.shown == ResultView::Graph => {
            let words = result.graph.as_ref().map(GraphPane::size_in_words);
            (words.unwrap_or_default(), Role::Text)
        }
        Ok(call) => match &call.table {
            Some(table) if state.table.len() < table.rows.len() => {
                let shown = with_separators(state.table.len() as u64);
                (format!("{shown} of {}", rows_in_words(table)), Role::Text)
            }
            Some(table) => (rows_in_words(table), Role::Text),
            None => ("ok".to_owned(), Role::Success),
        },
        Err(failure) if failure.kind == FailureKind::Cancelled => {
            ("cancelled".to_owned(), Role::Degraded)
        }
        Err(failure) if failure.consent_urls().next().is_some() => {
            ("waits for a person".to_owned(), Role::Person)
        }
        Err(_) => ("failed".to_owned(), Role::Failed),
    }
}

/// Returns what to do about temporal values that the server has lost; empty if there are none.
fn lost_temporals(result: &CallResult) -> String {
    let table = result
        .answer
        .as_ref()
        .ok()
        .and_then(|call| call.table.as_ref());
    table
        .filter(|table| !table.lost_temporals.is_empty())
        .map(|table| {
            let columns = table.lost_temporals.join("), toString(");
            format!("   {{}} is a lost temporal value: toString({columns})")
        })
        .unwrap_or_default()
}

/// Returns where the time of a call went.
pub(super) fn elapsed_in_words(elapsed: Elapsed) -> String {
    format!(
        "sign-in {} · connect {} · first byte {} · total {}",
        elapsed.sign_in,
        elapsed.connect,
        elapsed.first_byte,
        time_in_words(elapsed.total)
    )
}

/// Returns a time in milliseconds, or in seconds from ten seconds on.
fn time_in_words(millis: u64) -> String {
    match millis {
        ..10_000 => format!("{millis} ms"),
        _ => format!("{:.1} s", millis as f64 / 1_000.0),
    }
}

/// Returns the number of rows with its noun.
pub(super) fn rows_in_words(table: &Table) -> String {
    let count = with_separators(table.rows.len() as u64);
    format!(
        "{count} row{}",
        if table.rows.len() == 1 { "" } else { "s" }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_time_is_in_seconds() {
        let times = [46, 9_999, 26_167].map(time_in_words);
        assert_eq!(times, ["46 ms", "9999 ms", "26.2 s"]);
    }
}
