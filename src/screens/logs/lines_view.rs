//! How the lines are drawn.

use ratatui::layout::Rect;

use super::{
    Logs,
    field_columns::{FieldColumn, draw_fields, draw_titles, place_fields},
    head::draw_spans,
    level_look,
    line_cells::{ID_GAP, ID_WIDTH, LineColumns, inline_ids, source_cell, wrapped_height},
};
use crate::{
    logs::{
        Line,
        store::{Body, Entry},
        summary::summary,
    },
    messages::LogsViewport,
    model::Moment,
    screens::{ViewContext, detail::wrapped},
    theme::Role,
    widgets::{Painter, cut_middle, text_width},
};

/// A line of the list with where it is drawn.
struct DrawnLine<'a> {
    entry: &'a Entry,
    /// Time of the line above.
    above: Option<Moment>,
    is_selected: bool,
    columns: LineColumns,
    fields: &'a [FieldColumn],
    area: Rect,
}

impl Logs {
    pub(super) fn draw_lines_and_detail(
        &self,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let below = match &self.detail {
            Some(_) => (area.height / 2).max(4).min(area.height.saturating_sub(3)),
            None => 0,
        };
        let body = Rect {
            height: area.height.saturating_sub(below),
            ..area
        };
        if self.store.is_empty() {
            self.draw_empty(context, body, painter);
        } else {
            self.draw_lines(context, body, painter);
        }
        if let Some(detail) = self.detail.as_ref().filter(|_| below > 0) {
            let place = Rect {
                y: body.bottom(),
                height: below,
                ..area
            };
            self.draw_detail(detail, context, place, painter);
        }
    }

    /// Returns whether the lines of several deployments are shown.
    pub(super) fn is_merged(&self) -> bool {
        self.source
            .as_ref()
            .is_some_and(|source| source.parts.len() > 1)
    }

    /// The rows around the cursor; a wrapped line takes more than one, so the window is filled from its end.
    fn draw_lines(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        let begin = self.store.time_of_row(0).unwrap_or(context.now);
        let place = if begin.is_same_day(context.now, context.zone) {
            LineColumns::of
        } else {
            LineColumns::with_dates
        };
        let mut columns = place(area.x, area.width, self.is_merged());
        let fields = place_fields(&self.fields, &mut columns);
        let area = if self.fields.is_empty() {
            area
        } else {
            draw_titles(&fields, self.fields.len(), columns, area.y, painter);
            Rect {
                y: area.y + 1,
                height: area.height.saturating_sub(1),
                ..area
            }
        };
        let window = self
            .list
            .window(LogsViewport::Lines, area, self.store.len(), painter);
        let begin = if self.wrap {
            self.first_wrapped(window.clone(), area.height, columns.message_room())
        } else {
            window.start
        };
        let mut y = area.y;
        let mut above = begin
            .checked_sub(1)
            .and_then(|above| self.store.time_of_row(above));
        for (index, entry) in (begin..).zip(self.store.rows(begin..window.end)) {
            if y >= area.bottom() {
                break;
            }
            let line = DrawnLine {
                above: above.replace(entry.at),
                entry: &entry,
                is_selected: index == self.list.cursor(),
                columns,
                fields: &fields,
                area: Rect {
                    y,
                    height: area.bottom() - y,
                    ..area
                },
            };
            y += self.draw_entry(&line, context, painter);
        }
    }

    /// Returns the first row of the window from which everything up to the cursor still fits.
    fn first_wrapped(&self, window: std::ops::Range<usize>, height: u16, room: u16) -> usize {
        let mut left = height;
        let last = self.list.cursor().min(window.end.saturating_sub(1));
        let mut first = last;
        for index in (window.start..=last).rev() {
            let taken = self
                .store
                .row(index)
                .map_or(1, |entry| wrapped_height(&entry, room));
            if taken > left {
                break;
            }
            left -= taken;
            first = index;
        }
        first
    }

    /// Draws a line and returns the number of rows that it takes.
    fn draw_entry(
        &self,
        drawn: &DrawnLine<'_>,
        context: &ViewContext<'_>,
        painter: &mut Painter<'_>,
    ) -> u16 {
        let row = Rect {
            height: 1,
            ..drawn.area
        };
        if drawn.is_selected {
            painter.select_row(row, true);
        }
        match &drawn.entry.body {
            Body::Notice(notice) => {
                let time = drawn.entry.at.clock_millis(context.zone);
                draw_notice(&time, &notice.text, row, painter);
                1
            }
            Body::Event {
                group,
                text,
                line,
                late,
                ..
            } => {
                self.draw_head(drawn, group, text, line, context, painter);
                draw_fields(drawn.fields, text, Role::Text, drawn.area.y, painter);
                self.draw_message(drawn, text, line, *late, painter)
            }
        }
    }

    /// Time, deployment, source and level.
    fn draw_head(
        &self,
        drawn: &DrawnLine<'_>,
        group: &str,
        text: &str,
        line: &Line,
        context: &ViewContext<'_>,
        painter: &mut Painter<'_>,
    ) {
        let (columns, y) = (drawn.columns, drawn.area.y);
        // On a selected row faint becomes dim.
        let quiet = if drawn.is_selected {
            Role::Dim
        } else {
            Role::Faint
        };
        let time = self.time_cell(drawn.entry, drawn.above, columns.time_width, context);
        painter.text(columns.time, y, columns.time_width, &time, quiet);
        if let Some(x) = columns.deployment {
            let title = self.deployment_cell(group, text, context);
            painter.text(x, y, columns.deployment_width, title, Role::Text);
        }
        if self.marks.contains(drawn.entry) {
            painter.text(columns.time + columns.time_width, y, 1, "◆", Role::Accent);
        }
        let (source, hue) = source_cell(group, columns.source_width);
        painter.text(columns.source, y, columns.source_width, source, hue);
        let (word, role) = level_look(line.level);
        painter.text(columns.level, y, 5, word, role);
    }

    /// Returns the message with its ids; returns the number of rows that it takes.
    fn draw_message(
        &self,
        drawn: &DrawnLine<'_>,
        text: &str,
        line: &Line,
        late: bool,
        painter: &mut Painter<'_>,
    ) -> u16 {
        let (columns, y) = (drawn.columns, drawn.area.y);
        let shown = summary(text, line);
        let role = if drawn.entry.is_error() {
            Role::Name
        } else if shown.is_frame {
            Role::Faint
        } else {
            Role::Text
        };
        let room = columns.message_room();
        if self.wrap {
            let lines = wrapped(&shown.message, room, role);
            for (row, wrapped_line) in lines
                .iter()
                .take(usize::from(drawn.area.height))
                .enumerate()
            {
                let words: String = wrapped_line.iter().map(|(text, _)| text.as_str()).collect();
                let y = y + u16::try_from(row).unwrap_or(0);
                self.draw_text(&words, (columns.message, y), room, role, painter);
            }
            let taken = u16::try_from(lines.len()).unwrap_or(u16::MAX);
            return taken.clamp(1, drawn.area.height);
        }
        let x = self.draw_text(&shown.message, (columns.message, y), room, role, painter);
        if let Some(first) = columns.ids {
            draw_id_columns(first, y, line, late, painter);
        } else {
            let room = columns.message_end.saturating_sub(x + 2);
            let ids = inline_ids(line, late, room);
            painter.text(x + 2, y, room, &ids, Role::Faint);
        }
        1
    }

    /// Text with the search's hits marked.
    fn draw_text(
        &self,
        text: &str,
        (x, y): (u16, u16),
        room: u16,
        role: Role,
        painter: &mut Painter<'_>,
    ) -> u16 {
        if self.search.is_empty() {
            return painter.text(x, y, room, text, role);
        }
        let (lower, search) = (text.to_lowercase(), self.search.to_lowercase());
        let Some(at) = lower.find(&search) else {
            return painter.text(x, y, room, text, role);
        };
        // Lower-casing may change lengths outside of ASCII; then the hit is simply not marked.
        match (
            text.get(..at),
            text.get(at..at + search.len()),
            text.get(at + search.len()..),
        ) {
            (Some(before), Some(hit), Some(after)) => painter.spans(
                x,
                y,
                room,
                &[(before, role), (hit, Role::Hit), (after, role)],
            ),
            _ => painter.text(x, y, room, text, role),
        }
    }
}

/// Returns a notice about a log group in `room` columns: what it says is shown whole, the name gives way.
fn notice_in(text: &str, room: usize) -> String {
    let named = text.split_once(' ').filter(|_| text_width(text) > room);
    match named.filter(|(name, _)| name.starts_with('/')) {
        Some((name, words)) => {
            let left = room.saturating_sub(text_width(words) + 1).max(12);
            format!("{} {words}", cut_middle(name, left))
        }
        None => text.to_owned(),
    }
}

fn draw_notice(time: &str, text: &str, row: Rect, painter: &mut Painter<'_>) {
    let mark = format!("┈┈ {time}  ");
    let room = usize::from(row.width.saturating_sub(2)).saturating_sub(text_width(&mark) + 1);
    let words = format!("{mark}{} ", notice_in(text, room));
    let x = painter.text(
        row.x + 1,
        row.y,
        row.width.saturating_sub(2),
        &words,
        Role::Dim,
    );
    let rest = row.right().saturating_sub(x + 1);
    let fill = "┈".repeat(usize::from(rest));
    painter.text(x, row.y, rest, &fill, Role::Rule);
}

/// Trace, session and request in columns of their own.
fn draw_id_columns(first: u16, y: u16, line: &Line, late: bool, painter: &mut Painter<'_>) {
    let ids = [
        ("t ", &line.trace_id),
        ("s ", &line.session_id),
        ("r ", &line.request_id),
    ];
    let mut x = first;
    for (mark, id) in ids {
        if let Some(id) = id {
            let id = cut_middle(id, usize::from(ID_WIDTH) - 2);
            let spans = [(mark.to_owned(), Role::Faint), (id, Role::Dim)];
            draw_spans(&spans, x, y, ID_WIDTH, painter);
        }
        x += ID_WIDTH + ID_GAP;
    }
    if late {
        painter.text(first.saturating_sub(6), y, 5, "late", Role::Degraded);
    }
}
