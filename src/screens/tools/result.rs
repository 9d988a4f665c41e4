//! How a result looks: its head, the table, the tree, text and what went over the wire.

use ratatui::layout::Rect;
use serde_json::Value;

use super::{
    Outcome, Pane, ResultView, Tools, column_widths, exchange, line_cache::MOST, tree::Tree,
};
use crate::{
    model::{Elapsed, Failure, FailureKind, Table},
    screens::{
        ViewContext,
        detail::{failure_block, wrapped},
    },
    theme::Role,
    tools::{cells, cypher::syntax_error},
    widgets::{Painter, Scroll, StyledLine, json_beginning, json_lines, text_width},
};

/// Bytes of one line of text that are laid out.
const LINE: usize = 16 << 10;
/// Bytes of an error that are laid out.
const ERROR: usize = 64 << 10;
/// Columns between two columns of a result.
const GAP: u16 = 2;

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
    let Some(outcome) = &state.result else {
        painter.text(
            area.x + 2,
            area.y,
            area.width.saturating_sub(3),
            "The result appears here.",
            Role::Faint,
        );
        return;
    };
    let focused = state.pane == Pane::Result;
    draw_result_head(
        state,
        outcome,
        context,
        Rect { height: 1, ..area },
        focused,
        painter,
    );
    let body = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(1),
    };
    match (&outcome.result, state.shown) {
        (_, ResultView::Raw) => {
            let lines = outcome
                .line_cache
                .lines(state.shown, body.width, || exchange::lines(outcome, MOST));
            draw_lines(&lines, &state.text, body, painter);
        }
        (Err(failure), _) => draw_lines(
            &failure_text(failure, body.width),
            &state.text,
            body,
            painter,
        ),
        (Ok(_), ResultView::Tree) if outcome.tree.is_some() => {
            if let Some(tree) = &outcome.tree {
                tree.view(focused, body, painter);
            }
        }
        (Ok(call), ResultView::Table) if call.table.is_some() => {
            if let Some(table) = &call.table {
                draw_table(state, table, focused, body, painter);
            }
        }
        (Ok(call), ResultView::Table | ResultView::Tree | ResultView::Text) => {
            let lines = outcome.line_cache.lines(state.shown, body.width, || {
                let text = call.text();
                if call.is_error {
                    error_lines(&text, outcome.statement.as_deref(), body.width)
                } else {
                    text_lines(&text, outcome.tree.as_ref().map(Tree::value))
                }
            });
            draw_lines(&lines, &state.text, body, painter);
        }
    }
}

fn draw_result_head(
    state: &Tools,
    outcome: &Outcome,
    context: &ViewContext<'_>,
    line: Rect,
    focused: bool,
    painter: &mut Painter<'_>,
) {
    let role = if focused { Role::Accent } else { Role::Name };
    let views = outcome.views();
    let what = match &outcome.result {
        Ok(call) if call.is_error => ("error".to_owned(), Role::Failed),
        Ok(call) => (
            call.table
                .as_ref()
                .map_or_else(|| "ok".to_owned(), rows_in_words),
            Role::Success,
        ),
        Err(failure) if failure.kind == FailureKind::Cancelled => {
            ("cancelled".to_owned(), Role::Degraded)
        }
        Err(_) => ("failed".to_owned(), Role::Failed),
    };
    let hint = match &outcome.result {
        Ok(call) => call
            .table
            .as_ref()
            .filter(|table| !table.lost_temporals.is_empty())
            .map(|table| {
                format!(
                    "   {{}} is a lost temporal value: toString({})",
                    table.lost_temporals.join("), toString(")
                )
            }),
        Err(_) => None,
    };
    let mut pieces: Vec<(&str, Role)> = Vec::new();
    for view in &views {
        pieces.push((
            view.as_str(),
            if *view == state.shown {
                role
            } else {
                Role::Faint
            },
        ));
        pieces.push((" ", Role::Dim));
    }
    pieces.extend([
        ("  ", Role::Dim),
        (what.0.as_str(), what.1),
        (hint.as_deref().unwrap_or_default(), Role::Degraded),
    ]);
    // The last columns are the time's.
    painter.spans(line.x + 2, line.y, line.width.saturating_sub(14), &pieces);
    // The time is shown at every width, its parts where there is room.
    let total = match &outcome.result {
        Ok(call) => call.elapsed.total,
        Err(_) => u64::try_from(outcome.ended.since(outcome.began)).unwrap_or(0),
    };
    let clock = outcome.ended.clock(context.zone);
    let parts = outcome
        .result
        .as_ref()
        .ok()
        .map(|call| elapsed(call.elapsed));
    let long = parts.map(|parts| format!("{parts}   {clock}"));
    let fits = |text: &String| usize::from(line.width) > text_width(text) + 60;
    let right = long.filter(fits).unwrap_or_else(|| format!("{total} ms"));
    let width = u16::try_from(text_width(&right)).unwrap_or(0);
    painter.text_right(
        line.right().saturating_sub(1),
        line.y,
        width,
        &right,
        Role::Dim,
    );
}

/// Where the time went, in words.
pub(super) fn elapsed(elapsed: Elapsed) -> String {
    format!(
        "sign-in {} · connect {} · first byte {} · total {} ms",
        elapsed.sign_in, elapsed.connect, elapsed.first_byte, elapsed.total
    )
}

/// Only the visible rows are laid out; the widths come from them, so that a hundred thousand rows cost no more than a page.
fn draw_table(state: &Tools, table: &Table, focused: bool, area: Rect, painter: &mut Painter<'_>) {
    let below = if state.open_row {
        (area.height / 2).max(3).min(area.height)
    } else {
        0
    };
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1 + below),
        ..area
    };
    let window = state.rows.window(body, table.rows.len());
    let visible: Vec<Vec<String>> = table
        .rows
        .iter()
        .skip(window.start)
        .take(window.len())
        .map(|row| row.iter().map(cells::shown).collect())
        .collect();
    let texts = |column: usize| {
        visible
            .iter()
            .map(move |row| row.get(column).map_or("", String::as_str))
    };
    let titles = || table.columns.iter().enumerate().skip(state.first_column);
    let wanted: Vec<usize> = titles()
        .map(|(column, title)| column_widths::wanted(title, texts(column)))
        .collect();
    let widths = column_widths::widths(
        &wanted,
        usize::from(area.width.saturating_sub(1)),
        usize::from(GAP),
    );
    let mut x = area.x + 1;
    for ((column, title), width) in titles().zip(widths) {
        let width = u16::try_from(width)
            .unwrap_or(1)
            .min(area.right().saturating_sub(x));
        if width == 0 {
            break;
        }
        let numeric = table
            .rows
            .iter()
            .skip(window.start)
            .take(window.len())
            .all(|row| {
                row.get(column)
                    .is_some_and(|value| value.is_number() || value.is_null())
            });
        if numeric {
            painter.text_right(x + width, area.y, width, title, Role::Dim);
        } else {
            painter.text(x, area.y, width, title, Role::Dim);
        }
        for (row, text) in texts(column).enumerate() {
            let y = body.y + u16::try_from(row).unwrap_or(0);
            let role = if column == 0 { Role::Name } else { Role::Text };
            if numeric {
                painter.text_right(x + width, y, width, text, Role::Changing);
            } else {
                painter.text(x, y, width, text, role);
            }
        }
        x = x.saturating_add(width + GAP);
    }
    let cursor = state.rows.cursor();
    if focused && window.contains(&cursor) {
        let y = body.y + u16::try_from(cursor - window.start).unwrap_or(0);
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
    if below > 0
        && let Some(row) = table.rows.get(cursor)
    {
        let object: serde_json::Map<String, Value> = table
            .columns
            .iter()
            .cloned()
            .zip(row.iter().cloned())
            .collect();
        let place = Rect {
            y: body.bottom(),
            height: below,
            ..area
        };
        painter.hline(place);
        draw_lines(
            &json_lines(&Value::Object(object)),
            &Scroll::default(),
            Rect {
                y: place.y + 1,
                height: below - 1,
                ..place
            },
            painter,
        );
    }
}

/// The visible part of these lines.
pub(super) fn draw_lines(
    lines: &[StyledLine],
    scroll: &Scroll,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let window = scroll.window(usize::from(area.height), lines.len());
    for (row, line) in lines
        .iter()
        .skip(window.start)
        .take(window.len())
        .enumerate()
    {
        let pieces: Vec<(&str, Role)> = line
            .iter()
            .map(|(text, role)| (text.as_str(), *role))
            .collect();
        painter.spans(
            area.x + 1,
            area.y + u16::try_from(row).unwrap_or(0),
            area.width.saturating_sub(1),
            &pieces,
        );
    }
}

/// A failure, and below it what its answer is worth keeping for: first of all the address at which a person must consent.
pub(super) fn failure_text(failure: &Failure, room: u16) -> Vec<StyledLine> {
    let mut lines = failure_block(failure, room);
    let mut addresses = failure.consent_urls().peekable();
    let waits = addresses.peek().is_some();
    if waits {
        lines.push(vec![
            ("◆ ".to_owned(), Role::Person),
            (
                "A person must consent first, at this address:".to_owned(),
                Role::Person,
            ),
        ]);
        lines.extend(addresses.flat_map(|address| wrapped(address, room, Role::Accent)));
        lines.push(vec![(
            "c c copies it (esc first, in a field). Then f5 calls again.".to_owned(),
            Role::Dim,
        )]);
    }
    let others = failure.evidence.iter().filter(|fact| {
        !failure
            .consent_urls()
            .any(|address| fact.ends_with(address))
    });
    lines.extend(others.flat_map(|fact| wrapped(fact, room, Role::Dim)));
    lines
}

/// A result as lines: JSON indented, text as it is. Lines are cut, since no window shows a million columns.
fn text_lines(text: &str, json: Option<&Value>) -> Vec<StyledLine> {
    if let Some(value) = json {
        return json_beginning(value, MOST);
    }
    if text.trim().is_empty() {
        return vec![vec![("The result is empty.".to_owned(), Role::Dim)]];
    }
    text.lines()
        .take(MOST + 1)
        .map(|line| {
            let shown = line.get(..line.floor_char_boundary(LINE)).unwrap_or(line);
            vec![(shown.to_owned(), Role::Text)]
        })
        .collect()
}

/// An error of the tool; a syntax error with a caret under the token of the user's own statement.
fn error_lines(text: &str, statement: Option<&str>, room: u16) -> Vec<StyledLine> {
    let text = text.get(..text.floor_char_boundary(ERROR)).unwrap_or(text);
    match statement.and_then(|statement| syntax_error(text, statement)) {
        Some(error) => {
            let mut lines = wrapped(&error.message, room, Role::Failed);
            lines.push(Vec::new());
            lines.push(vec![
                (format!("{:>3} ", error.line), Role::Faint),
                (error.source.clone(), Role::Text),
            ]);
            lines.push(vec![(
                format!("{}^", " ".repeat(4 + error.indent)),
                Role::Failed,
            )]);
            lines
        }
        None => text
            .lines()
            .flat_map(|line| wrapped(line, room, Role::Failed))
            .collect(),
    }
}

/// How many rows, in words.
pub(super) fn rows_in_words(table: &Table) -> String {
    format!(
        "{} row{}",
        table.rows.len(),
        if table.rows.len() == 1 { "" } else { "s" }
    )
}
