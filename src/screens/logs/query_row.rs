//! The opened row of a query: the lines around it.

use ratatui::layout::Rect;

use super::{
    Logs, head::draw_spans, level_look, line_cells::LineColumns, line_cells::source_cell,
    query::OpenedQueryRow,
};
use crate::{
    logs::{LogRecord, insights::InsightsRow, summary::summary},
    messages::LogsViewport,
    screens::{ViewContext, detail::failure_block},
    theme::Role,
    widgets::{List, Painter},
};

impl Logs {
    /// The lines around a row, its own one marked; of a row that is no log line, its fields.
    pub(super) fn draw_opened_query_row(
        &self,
        opened: &OpenedQueryRow,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        painter.hline(area);
        let Some(row) = self.query.selected() else {
            return;
        };
        let room = area.width.saturating_sub(4);
        let body = Rect {
            y: area.y + 1,
            height: area.height.saturating_sub(1),
            ..area
        };
        match (&opened.lines, opened.at) {
            (Some(Ok(lines)), _) => {
                draw_lines_around(row, lines, &opened.list, context, body, painter);
            }
            (Some(Err(failure)), _) => {
                let lines = failure_block(failure, room);
                for (line, y) in lines.iter().zip(body.y..body.bottom()) {
                    draw_spans(line, area.x + 2, y, room, painter);
                }
            }
            (None, Some(_)) => {
                let words = format!("{} reading the lines around this one", context.spinner);
                painter.text(area.x + 2, body.y, room, &words, Role::Changing);
            }
            (None, None) => draw_fields(row, body, painter),
        }
    }
}

fn draw_lines_around(
    row: &InsightsRow,
    lines: &[LogRecord],
    list: &List,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let window = list.window(LogsViewport::QueryLines, area, lines.len(), painter);
    for (index, place) in window.zip(area.rows()) {
        let Some(line) = lines.get(index) else {
            continue;
        };
        if index == list.cursor() {
            painter.select_row(place, true);
        }
        draw_neighbour(line, is_line_of(row, line), place, context, painter);
    }
}

/// Returns whether a line is the one that the row was made of.
fn is_line_of(row: &InsightsRow, line: &LogRecord) -> bool {
    let message = row.cell("@message");
    row.at == Some(line.timestamp())
        && (message.is_empty() || message.trim_end() == line.text())
        && row
            .group
            .as_deref()
            .is_none_or(|group| group == &**line.group())
}

fn draw_neighbour(
    line: &LogRecord,
    is_own: bool,
    area: Rect,
    context: &ViewContext<'_>,
    painter: &mut Painter<'_>,
) {
    let columns = LineColumns::of(area.x, area.width, false);
    let (word, level_role) = level_look(line.line().level);
    let (source, hue) = source_cell(line.group(), columns.source_width);
    let shown = summary(line.text(), line.line());
    let (mark, role) = if is_own {
        ("▸", Role::Name)
    } else {
        (" ", Role::Text)
    };
    let at = line.timestamp();
    let time = if columns.time_width < 12 {
        at.clock(context.zone)
    } else {
        at.clock_millis(context.zone)
    };
    painter.text(columns.time, area.y, columns.time_width, &time, Role::Dim);
    painter.text(
        columns.time + columns.time_width,
        area.y,
        1,
        mark,
        Role::Accent,
    );
    painter.text(columns.source, area.y, columns.source_width, source, hue);
    painter.text(columns.level, area.y, 5, word, level_role);
    let room = area.right().saturating_sub(columns.message + 1);
    painter.text(columns.message, area.y, room, &shown.message, role);
}

/// The fields of a row, one a line.
fn draw_fields(row: &InsightsRow, area: Rect, painter: &mut Painter<'_>) {
    let room = area.width.saturating_sub(4);
    for ((name, value), y) in row.cells.iter().zip(area.y..area.bottom()) {
        painter.spans(
            area.x + 2,
            y,
            room,
            &[(name, Role::Accent), ("  ", Role::Dim), (value, Role::Text)],
        );
    }
}
