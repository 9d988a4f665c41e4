//! How a tabular result looks: only the visible rows are laid out.

use ratatui::layout::Rect;
use serde_json::{Map, Value};

use super::{column_widths, table_state::TableState, text_view::draw_beginning};
use crate::{
    messages::ToolsViewport,
    model::Table,
    screens::detail::wrapped,
    theme::Role,
    tools::cells,
    widgets::{Painter, StyledLine, indentation, json_lines, text_width, wrap_line},
};

/// Columns between two columns of a result.
const GAP: u16 = 2;

/// A column that is drawn: its place in the table, its width, and whether it stands at the right.
struct VisibleColumn {
    place: usize,
    width: u16,
    is_numeric: bool,
    kind: &'static str,
}

/// Draws the visible rows. Widths come from them, so that a hundred thousand rows cost no more than a page.
pub(super) fn draw_table(
    state: &TableState,
    table: &Table,
    focused: bool,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let half = (area.height / 2).max(3).min(area.height);
    let below = if state.is_open { half } else { 0 };
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1 + below),
        ..area
    };
    let window = state
        .rows
        .window(ToolsViewport::Rows, body, state.len(), painter);
    let visible: Vec<&Vec<Value>> = state.rows(table, window.clone()).collect();
    let texts: Vec<Vec<String>> = visible
        .iter()
        .map(|row| row.iter().map(cells::shown).collect())
        .collect();
    let columns = visible_columns(state, table, (&visible, &texts), area.width);
    let (mut x, mut titles) = (area.x + 1, area.x + 1);
    for column in &columns {
        titles = draw_title(state, table, column, focused, x, area.y, painter);
        for ((row, texts), line) in visible.iter().zip(&texts).zip(body.rows()) {
            let is_null = row.get(column.place).is_none_or(Value::is_null);
            let role = if is_null { Role::Faint } else { Role::Text };
            let text = texts.get(column.place).map_or("", String::as_str);
            if column.is_numeric {
                painter.text_right(x + column.width, line.y, column.width, text, role);
            } else {
                painter.text(x, line.y, column.width, text, role);
            }
        }
        x = x.saturating_add(column.width + GAP);
    }
    draw_hidden(&columns, table.columns.len(), titles, area, painter);
    let cursor = state.rows.cursor();
    if focused && window.contains(&cursor) {
        let row = Rect {
            x: area.x.saturating_sub(1),
            y: body.y + u16::try_from(cursor - window.start).unwrap_or(0),
            width: area.width + 1,
            height: 1,
        };
        painter.select_row(row, true);
    }
    if below > 0
        && let Some(row) = state.current(table)
    {
        let place = Rect {
            y: body.bottom(),
            height: below,
            ..area
        };
        draw_row_detail(state.column, table, row, place, painter);
    }
}

/// Says beside the titles, which end at a column, that there are more columns at the left or right.
fn draw_hidden(
    columns: &[VisibleColumn],
    count: usize,
    titles: u16,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    if columns.first().is_some_and(|column| column.place > 0) {
        painter.text(area.x, area.y, 1, "◂", Role::Accent);
    }
    let shown = columns.last().map_or(0, |column| column.place + 1);
    let more = format!("+{} ▸", count.saturating_sub(shown));
    let width = u16::try_from(text_width(&more)).unwrap_or(u16::MAX);
    // One column is free behind the table.
    let right = area.right() + 1;
    if shown < count && titles + width < right {
        painter.text_right(right, area.y, width, &more, Role::Accent);
    } else if shown < count {
        painter.text_right(right, area.y, 1, "▸", Role::Accent);
    }
}

/// Returns the columns that have room, from the first one with which the column of the cursor is seen.
fn visible_columns(
    state: &TableState,
    table: &Table,
    (rows, texts): (&[&Vec<Value>], &[Vec<String>]),
    room: u16,
) -> Vec<VisibleColumn> {
    let room = usize::from(room.saturating_sub(1));
    let gap = usize::from(GAP);
    let wanted: Vec<usize> = table
        .columns
        .iter()
        .enumerate()
        .map(|(column, title)| {
            let cells = texts
                .iter()
                .map(|row| row.get(column).map_or("", String::as_str));
            column_widths::wanted(title, cells)
        })
        .collect();
    let wanted = with_types(wanted, table, rows, room);
    let resized = |from: usize| -> Vec<usize> {
        let rest = wanted.get(from..).unwrap_or_default();
        let widths = column_widths::widths(rest, room, gap);
        let extra = |at: usize| i64::from(state.extra_width(from + at));
        widths
            .iter()
            .enumerate()
            .map(|(at, width)| {
                usize::try_from(i64::try_from(*width).unwrap_or(0) + extra(at))
                    .unwrap_or(1)
                    .max(2)
            })
            .collect()
    };
    let reaches = |from: usize| {
        let widths = resized(from);
        let count = state.column.saturating_sub(from) + 1;
        widths.iter().take(count).sum::<usize>() + gap * (count - 1) <= room
    };
    let first = (0..state.column).find(|from| reaches(*from));
    let first = first.unwrap_or(state.column);
    let mut left = room;
    let mut columns = Vec::new();
    for (at, width) in resized(first).into_iter().enumerate() {
        let width = width.min(left);
        if width == 0 {
            break;
        }
        let place = first + at;
        let values = || rows.iter().filter_map(|row| row.get(place));
        columns.push(VisibleColumn {
            place,
            width: u16::try_from(width).unwrap_or(u16::MAX),
            is_numeric: values().all(|value| value.is_number() || value.is_null()),
            kind: kind_of(values()),
        });
        left = left.saturating_sub(width + gap);
    }
    columns
}

/// Returns the widths that columns want with their types beside their names, if all of them have room for that.
fn with_types(wanted: Vec<usize>, table: &Table, rows: &[&Vec<Value>], room: usize) -> Vec<usize> {
    let typed: Vec<usize> = wanted
        .iter()
        .zip(&table.columns)
        .enumerate()
        .map(|(column, (width, title))| {
            let kind = kind_of(rows.iter().filter_map(|row| row.get(column)));
            // The arrow of the order takes two columns more.
            (*width).max(text_width(title) + 1 + text_width(kind) + 2)
        })
        .collect();
    let gaps = usize::from(GAP) * typed.len().saturating_sub(1);
    let shares = typed.iter().map(|width| (*width).min(column_widths::SHARE));
    if shares.sum::<usize>() + gaps <= room {
        typed
    } else {
        wanted
    }
}

/// Returns the type of the values of a column, where it is one.
fn kind_of<'a>(values: impl Iterator<Item = &'a Value>) -> &'static str {
    let mut kinds = values.filter(|value| !value.is_null()).map(|value| {
        let shown = cells::shown(value);
        match value {
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "float",
            Value::Number(_) => "integer",
            Value::String(_) => "text",
            Value::Array(_) => "list",
            Value::Object(_) if shown.starts_with('(') && shown.contains(")-[") => "path",
            Value::Object(_) if shown.starts_with('(') => "node",
            Value::Object(_) if shown.starts_with('[') => "relationship",
            Value::Object(_) | Value::Null => "map",
        }
    });
    let first = kinds.next().unwrap_or_default();
    if kinds.all(|kind| kind == first) {
        first
    } else {
        "mixed"
    }
}

/// Draws the title of a column and returns the column behind it.
fn draw_title(
    state: &TableState,
    table: &Table,
    column: &VisibleColumn,
    focused: bool,
    x: u16,
    y: u16,
    painter: &mut Painter<'_>,
) -> u16 {
    let title = table.columns.get(column.place).map_or("", String::as_str);
    let mark = match state.sort {
        Some((sorted, downwards)) if sorted == column.place => {
            if downwards {
                " ▾"
            } else {
                " ▴"
            }
        }
        Some(_) | None => "",
    };
    let is_current = focused && state.column == column.place;
    let role = if is_current { Role::Name } else { Role::Dim };
    let kind = format!(" {}", column.kind);
    let width = text_width(title) + text_width(mark);
    let has_room = usize::from(column.width) >= width + text_width(&kind);
    let kind = if has_room { kind.as_str() } else { "" };
    let x = if column.is_numeric {
        let width = u16::try_from(width + text_width(kind)).unwrap_or(u16::MAX);
        x + column.width.saturating_sub(width)
    } else {
        x
    };
    let pieces = [(title, role), (mark, Role::Accent), (kind, Role::Faint)];
    painter.spans(x, y, column.width, &pieces)
}

/// Draws the cell of the cursor whole, and below it the row.
fn draw_row_detail(
    column: usize,
    table: &Table,
    row: &[Value],
    place: Rect,
    painter: &mut Painter<'_>,
) {
    painter.hline(place);
    let body = Rect {
        y: place.y + 1,
        height: place.height - 1,
        ..place
    };
    let title = table.columns.get(column).cloned().unwrap_or_default();
    let mut lines: Vec<StyledLine> = vec![vec![(title, Role::Accent)]];
    match row.get(column) {
        Some(Value::String(text)) => {
            let wrap = |line: &str| wrapped(line, body.width.saturating_sub(2), Role::Text);
            lines.extend(text.lines().flat_map(wrap));
        }
        Some(value) => lines.extend(json_lines(value)),
        None => {}
    }
    lines.push(Vec::new());
    let members = table.columns.iter().cloned().zip(row.iter().cloned());
    let object: Map<String, Value> = members.collect();
    lines.extend(json_lines(&Value::Object(object)));
    let room = usize::from(body.width.saturating_sub(1));
    let rows: Vec<StyledLine> = lines
        .iter()
        .flat_map(|line| wrap_line(line, room, indentation(line)))
        .collect();
    draw_beginning(&rows, body, painter);
}
