//! How the waterfall of a call is drawn: hops with their bars, their lines with a tick at their time on the same axis.

use ratatui::layout::Rect;

use super::{
    Logs,
    calls_view::outcome_look,
    head::{Spans, counted, counted_noun, draw_spans, thousands},
    hop_role, level_look,
    line_cells::title_of,
    waterfall::OpenWaterfall,
};
use crate::{
    calls::{LoggedOutcome, TraceLine, TraceSpan, WaterfallRow, arrival_gap, hop_of, is_error},
    logs::{Line, summary::summary},
    messages::LogsViewport,
    screens::{ViewContext, detail::wrapped},
    theme::Role,
    widgets::{Painter, text_width},
};

/// Columns of the hop and of a line's offset.
const HOP_WIDTH: u16 = 13;
/// Columns of a duration.
const MS_WIDTH: u16 = 8;
/// From this height on there are panels below the rows.
const PANELS_FROM: u16 = 26;
/// From this width on two panels stand beside each other.
const PANELS_WIDE_FROM: u16 = 100;
/// Lines that the facts of the call have at least below the rows of a low window.
const LEAST_FACTS: u16 = 7;
/// Below this height there is room for the rows alone.
const FACTS_FROM: u16 = 14;
/// Columns between two marks of the time axis.
const MARK_WIDTH: i64 = 12;

/// Where the parts of a row stand.
#[derive(Clone, Copy)]
struct RowColumns {
    hop: u16,
    text: u16,
    text_end: u16,
    ms_end: u16,
    axis: u16,
    axis_width: u16,
    whole_ms: i64,
}

impl RowColumns {
    fn of(area: Rect, whole_ms: i64) -> Self {
        let axis_width = (area.width * 2 / 5).saturating_sub(4).max(12);
        let axis = area.right().saturating_sub(axis_width + 2);
        let ms_end = axis.saturating_sub(2);
        Self {
            hop: area.x + 3,
            text: area.x + 3 + HOP_WIDTH,
            text_end: ms_end.saturating_sub(MS_WIDTH),
            ms_end,
            axis,
            axis_width,
            whole_ms,
        }
    }

    /// Returns the column of a time on the axis.
    fn column(&self, ms: i64) -> u16 {
        let width = i64::from(self.axis_width.saturating_sub(1));
        let offset = ms.clamp(0, self.whole_ms) * width / self.whole_ms.max(1);
        self.axis + u16::try_from(offset).unwrap_or(0)
    }
}

impl Logs {
    pub(super) fn draw_waterfall(
        &self,
        open: &OpenWaterfall,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let columns = RowColumns::of(area, open.layout.whole_ms);
        draw_scale(&columns, area, painter);
        let panels = panels_height(open, area);
        let rows = u16::try_from(open.shown.len()).unwrap_or(u16::MAX);
        // The gap is as old as the frame, so it is no row of the layout, which is as old as the last line.
        let arrival = arrival_lines(open, context, area.width);
        let arrival_height = u16::try_from(arrival.len()).unwrap_or(0);
        let room = (area.height.saturating_sub(3 + panels + arrival_height)).max(4);
        let body = Rect {
            y: area.y + 1,
            height: room.min(rows.max(1)),
            ..area
        };
        let end = draw_rows(open, &columns, body, painter);
        for (row, line) in (0..).zip(&arrival) {
            let width = area.width.saturating_sub(4);
            draw_spans(line, area.x + 3, body.bottom() + row, width, painter);
        }
        let below = open.shown.len().saturating_sub(end);
        let mut foot = where_time_went(open);
        if below > 0 {
            foot.push((
                format!("   ▼ {} below", counted(below, "row")),
                Role::Accent,
            ));
        }
        let y = body.bottom() + arrival_height + u16::from(panels > 0);
        draw_spans(&foot, area.x + 3, y, area.width.saturating_sub(4), painter);
        if panels > 0 {
            let place = Rect {
                y: y + 1,
                height: area.bottom().saturating_sub(y + 1),
                ..area
            };
            if has_panels(area) {
                self.draw_panels(open, context, place, painter);
            } else {
                self.draw_facts(open, context, place, painter);
            }
        }
    }
}

/// Returns whether there is room for two panels beside each other below the rows.
const fn has_panels(area: Rect) -> bool {
    area.height >= PANELS_FROM && area.width >= PANELS_WIDE_FROM
}

/// Returns the height of what stands below the rows: half of a large window, otherwise what the rows leave.
fn panels_height(open: &OpenWaterfall, area: Rect) -> u16 {
    if has_panels(area) {
        return (area.height / 2).min(18);
    }
    if area.height < FACTS_FROM {
        return 0;
    }
    let rows = u16::try_from(open.shown.len()).unwrap_or(u16::MAX);
    area.height
        .saturating_sub(rows.saturating_add(3))
        .max(LEAST_FACTS)
}

/// Returns what may still arrive of the open call, in lines.
fn arrival_lines(open: &OpenWaterfall, context: &ViewContext<'_>, width: u16) -> Vec<Spans> {
    let Some(gap) = arrival_gap(open.call(), context.now) else {
        return Vec::new();
    };
    let marks = std::iter::once("▲ ").chain(std::iter::repeat("  "));
    wrapped(&gap, width.saturating_sub(6), Role::Text)
        .into_iter()
        .zip(marks)
        .map(|(line, mark)| {
            let mark = (mark.to_owned(), Role::Degraded);
            std::iter::once(mark).chain(line).collect()
        })
        .collect()
}

/// Draws the visible rows; returns the index of the first one below them.
fn draw_rows(
    open: &OpenWaterfall,
    columns: &RowColumns,
    body: Rect,
    painter: &mut Painter<'_>,
) -> usize {
    let window = open
        .list
        .window(LogsViewport::Waterfall, body, open.shown.len(), painter);
    for (index, row) in window.clone().zip(body.rows()) {
        let Some(row_of_layout) = open
            .shown
            .get(index)
            .and_then(|at| open.layout.rows.get(*at))
        else {
            continue;
        };
        if index == open.list.cursor() {
            painter.select_row(row, true);
        }
        let is_folded = matches!(row_of_layout, WaterfallRow::Span { span, .. } if open.folded.contains(span.hop));
        draw_row(row_of_layout, is_folded, row.y, columns, painter);
    }
    window.end
}

/// Returns the call in one line.
pub(super) fn headline(open: &OpenWaterfall, context: &ViewContext<'_>) -> Spans {
    let call = open.call();
    let (glyph, role) = outcome_look(call.outcome);
    let words = match (call.outcome, call.hop) {
        (LoggedOutcome::Ok, _) | (_, None) => format!("{glyph} {}", call.outcome.as_str()),
        (outcome, Some(hop)) => format!("{glyph} {} at {hop}", outcome.as_str()),
    };
    let duration = call.duration_ms.map_or_else(
        || "duration unknown".to_owned(),
        |ms| format!("{} ms", thousands(usize::try_from(ms).unwrap_or(0))),
    );
    vec![
        (
            call.tool
                .clone()
                .unwrap_or_else(|| "tool unknown".to_owned()),
            Role::Name,
        ),
        (
            format!("   {}   ", title_of(&call.deployment, context)),
            Role::Text,
        ),
        (words, role),
        (format!("   {duration}"), Role::Text),
        (
            format!("   {}", call.at.clock_millis(context.zone)),
            Role::Dim,
        ),
    ]
}

/// The titles and the marks of the time axis.
fn draw_scale(columns: &RowColumns, area: Rect, painter: &mut Painter<'_>) {
    painter.text(columns.hop, area.y, HOP_WIDTH, "HOP", Role::Dim);
    painter.text(columns.text, area.y, 20, "WHAT IT DID", Role::Dim);
    painter.text_right(columns.ms_end, area.y, MS_WIDTH, "MS", Role::Dim);
    let step = mark_step(columns.whole_ms, i64::from(columns.axis_width) / MARK_WIDTH);
    let mut at = 0;
    while at <= columns.whole_ms {
        let words = thousands(usize::try_from(at).unwrap_or(0));
        let x = columns.column(at);
        let room = area.right().saturating_sub(x);
        if text_width(&words) <= usize::from(room) {
            painter.text(x, area.y, room, &words, Role::Faint);
        }
        at += step;
    }
}

/// Returns a round number of milliseconds between two marks.
fn mark_step(whole_ms: i64, marks: i64) -> i64 {
    let least = whole_ms / marks.max(1) + 1;
    let mut step = 1;
    loop {
        for factor in [1, 2, 5] {
            if step * factor >= least {
                return step * factor;
            }
        }
        step *= 10;
    }
}

fn draw_row(
    row: &WaterfallRow,
    is_folded: bool,
    y: u16,
    columns: &RowColumns,
    painter: &mut Painter<'_>,
) {
    match row {
        WaterfallRow::Span {
            span,
            is_first,
            is_cause,
        } => {
            let mark = match (is_first, is_folded) {
                (true, true) => "▸",
                (true, false) => "▾",
                (false, _) => " ",
            };
            painter.text(columns.hop.saturating_sub(2), y, 1, mark, Role::Faint);
            if *is_first {
                painter.text(columns.hop, y, HOP_WIDTH, span.hop, hop_role(span.hop));
            }
            draw_span(span, *is_cause, y, columns, painter);
        }
        WaterfallRow::Hop { hop, is_cause } => {
            painter.text(columns.hop, y, HOP_WIDTH, hop, hop_role(hop));
            let room = columns.text_end.saturating_sub(columns.text);
            let x = painter.text(columns.text, y, room, "log lines only", Role::Faint);
            if *is_cause {
                painter.text(x + 2, y, 14, "◂ the cause", Role::Failed);
            }
        }
        WaterfallRow::Line { line, offset_ms } => draw_line(line, *offset_ms, y, columns, painter),
        WaterfallRow::Unassigned(lines) => {
            let hop = lines.hop;
            painter.text(columns.hop.saturating_sub(2), y, 1, "▲", Role::Degraded);
            painter.text(columns.hop, y, HOP_WIDTH, hop, hop_role(hop));
            let room = columns.axis + columns.axis_width - columns.text;
            painter.text(columns.text, y, room, &lines.words_below_hop(), Role::Text);
        }
        WaterfallRow::Gap(text) => {
            let room = columns.axis + columns.axis_width - columns.hop;
            // Only the first line of a notice has its mark; those that it is folded into have none.
            let mark = if text.starts_with('▲') {
                '▲'.len_utf8()
            } else {
                0
            };
            let (mark, words) = text.split_at(mark);
            painter.spans(
                columns.hop,
                y,
                room,
                &[(mark, Role::Degraded), (words, Role::Text)],
            );
        }
    }
}

/// A span's name, duration and bar. One that was derived from log lines is dashed, its time approximate.
fn draw_span(
    span: &TraceSpan,
    is_cause: bool,
    y: u16,
    columns: &RowColumns,
    painter: &mut Painter<'_>,
) {
    let room = columns.text_end.saturating_sub(columns.text);
    let cause = if is_cause { "  ◂ the cause" } else { "" };
    let cause_room = u16::try_from(text_width(cause)).unwrap_or(0);
    let x = painter.text(
        columns.text,
        y,
        room.saturating_sub(cause_room),
        own_words(span),
        if span.is_derived {
            Role::Dim
        } else {
            Role::Text
        },
    );
    painter.text(x, y, cause_room, cause, Role::Failed);
    let number = thousands(usize::try_from(span.duration_ms).unwrap_or(0));
    let duration = if span.is_derived {
        format!("≈{number}")
    } else {
        number
    };
    painter.text_right(columns.ms_end, y, MS_WIDTH, &duration, Role::Text);
    let (from, until) = (
        columns.column(span.start_ms),
        columns.column(span.start_ms + span.duration_ms),
    );
    let width = until.saturating_sub(from).max(1);
    let mark = if span.is_derived { "┅" } else { "━" };
    let role = match hop_role(span.hop) {
        Role::Text => Role::Bar,
        hue => hue,
    };
    painter.text(from, y, width, &mark.repeat(usize::from(width)), role);
    if span.status == "error" {
        painter.text(from + width - 1, y, 1, "✖", Role::Failed);
    }
}

/// Returns the name of a span without that of its hop, which stands before it.
fn own_words(span: &TraceSpan) -> &str {
    span.name
        .strip_prefix(span.hop)
        .and_then(|rest| rest.strip_prefix(", "))
        .unwrap_or(&span.name)
}

/// A line with its offset, and a tick at its time on the axis.
fn draw_line(
    line: &TraceLine,
    offset_ms: i64,
    y: u16,
    columns: &RowColumns,
    painter: &mut Painter<'_>,
) {
    let offset = format!("{offset_ms:+}");
    painter.text_right(
        columns.hop + HOP_WIDTH - 3,
        y,
        HOP_WIDTH,
        &offset,
        Role::Faint,
    );
    let (word, role) = level_look(line.level);
    painter.text(columns.text, y, 5, word, role);
    let facts = Line {
        level: line.level,
        ..Line::default()
    };
    let shown = summary(&line.shown, &facts);
    let text_role = if is_error(line) {
        Role::Name
    } else {
        Role::Text
    };
    let text = columns.text + 6;
    let first = shown.message.lines().next().unwrap_or_default();
    let more = shown.message.lines().count().saturating_sub(1);
    let room = columns.ms_end.saturating_sub(text);
    let x = painter.text(text, y, room, first, text_role);
    if more > 0 {
        let words = format!("  {more} more {}", counted_noun(more, "line"));
        painter.text(x, y, columns.ms_end.saturating_sub(x), &words, Role::Faint);
    }
    let (tick, tick_role) = if is_error(line) || line.is_cause {
        ("✖", Role::Failed)
    } else {
        ("╷", hop_role(hop_of(line)))
    };
    painter.text(columns.column(offset_ms), y, 1, tick, tick_role);
}

/// Returns the time that each hop took itself.
fn where_time_went(open: &OpenWaterfall) -> Spans {
    let mut spans: Spans = vec![("where the time went   ".to_owned(), Role::Dim)];
    if open.layout.own_ms.is_empty() {
        spans.push(("no hop states a duration".to_owned(), Role::Faint));
    }
    for (hop, ms) in &open.layout.own_ms {
        let number = thousands(usize::try_from(*ms).unwrap_or(0));
        spans.push((format!("{hop} "), hop_role(hop)));
        spans.push((format!("{number}   "), Role::Text));
    }
    spans.push(("ms".to_owned(), Role::Dim));
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_the_axis_are_round_and_not_too_many() {
        for whole in [1, 9, 50, 213, 2_400, 61_000] {
            let step = mark_step(whole, 5);
            assert!(whole / step <= 5, "{whole} {step}");
        }
        assert_eq!(mark_step(213, 4), 100);
    }
}
