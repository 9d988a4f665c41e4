//! The cells of the rows of a query: where their columns stand, and how each value is shown.

use ratatui::layout::Rect;

use super::{
    level_look,
    line_cells::source_cell,
    query_chart::{DAY_MS, number, time_cell},
};
use crate::{
    logs::insights::{InsightsColumn, InsightsRow, result_time},
    model::LogQueryRequest,
    screens::ViewContext,
    theme::Role,
    widgets::{Painter, cut, text_width},
};

/// Columns of a cell at most, apart from the last one.
const WIDEST_CELL: usize = 40;
/// Columns of the source of a log line.
const SOURCE_WIDTH: u16 = 11;
/// Columns between two columns.
const GAP: u16 = 2;
/// Columns of a time of day, and of one with its date.
const TIME_WIDTHS: (u16, u16) = (12, 19);
/// Columns of a level with the gap behind it.
const LEVEL_WIDTH: u16 = 6;
/// Fields that are not shown in a list of log lines: the lines around a row show where it stands.
const HIDDEN: [&str; 2] = ["@logStream", "@ingestionTime"];

/// A column with its place.
pub(super) struct PlacedColumn<'a> {
    pub(super) column: &'a InsightsColumn,
    pub(super) x: u16,
    pub(super) width: u16,
}

/// Places the columns from left to right. The message of a log line, or else the last column, takes what is left.
pub(super) fn place_columns<'a>(
    columns: &'a [InsightsColumn],
    request: &LogQueryRequest,
    area: Rect,
) -> Vec<PlacedColumn<'a>> {
    let is_long = request.window.1.since(request.window.0) > DAY_MS;
    let has_message = columns.iter().any(|column| column.name == "@message");
    let mut shown: Vec<&InsightsColumn> = columns
        .iter()
        .filter(|column| !has_message || !HIDDEN.contains(&column.name.as_str()))
        .collect();
    // The message stands last: it is the longest.
    shown.sort_by_key(|column| column.name == "@message");
    let mut x = area.x + 2;
    let mut placed = Vec::with_capacity(shown.len());
    let count = shown.len();
    for (index, column) in shown.into_iter().enumerate() {
        let left = area.right().saturating_sub(x + 1);
        let own = match column.name.as_str() {
            "@log" => SOURCE_WIDTH,
            name if name == "@timestamp" || name.starts_with("bin(") => {
                if is_long {
                    TIME_WIDTHS.1
                } else {
                    TIME_WIDTHS.0
                }
            }
            name => {
                let widest = column.width.max(text_width(name)).min(WIDEST_CELL);
                u16::try_from(widest).unwrap_or(u16::MAX)
            }
        };
        let takes_rest = index + 1 == count && !column.is_number;
        let width = if takes_rest { left } else { own.min(left) };
        if width == 0 {
            break;
        }
        placed.push(PlacedColumn { column, x, width });
        x += width + GAP;
    }
    placed
}

pub(super) fn draw_cell(
    row: &InsightsRow,
    placed: &PlacedColumn<'_>,
    y: u16,
    request: &LogQueryRequest,
    context: &ViewContext<'_>,
    painter: &mut Painter<'_>,
) {
    let (x, width) = (placed.x, placed.width);
    let value = row.cell(&placed.column.name);
    match (placed.column.name.as_str(), &row.summary, &row.group) {
        ("@message", Some(summary), _) => {
            let (word, role) = level_look(row.level);
            let room = width.saturating_sub(LEVEL_WIDTH);
            painter.text(x, y, width.min(LEVEL_WIDTH - 1), word, role);
            painter.text(x + LEVEL_WIDTH, y, room, summary, Role::Text);
        }
        ("@log", _, Some(group)) => {
            let (source, hue) = source_cell(group, SOURCE_WIDTH);
            painter.text(x, y, width, source, hue);
        }
        _ if placed.column.is_number => {
            let text = value.parse().map_or_else(|_| value.to_owned(), number);
            painter.text_right(x + width, y, width, &text, Role::Text);
        }
        _ => match result_time(value).filter(|_| value.contains(':')) {
            Some(at) => {
                let time = time_cell(at, request.window, context);
                painter.text(x, y, width, &time, Role::Dim);
            }
            None => {
                painter.text(x, y, width, &cut(value, usize::from(width)), Role::Text);
            }
        },
    }
}
