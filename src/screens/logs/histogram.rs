//! The histogram above the rows: rate and failures over the whole time that is loaded, on one axis, with the window in it.

use ratatui::layout::Rect;

use super::{
    Logs, LogsView,
    act::SOURCE_TOGGLES,
    head::{Spans, draw_spans, thousands},
};
use crate::{
    calls::LoggedOutcome,
    keys::Layer,
    logs::{Level, histogram::LevelCounts},
    messages::{Action, LogsAction},
    model::Moment,
    screens::ViewContext,
    theme::Role,
    widgets::{Painter, text_width},
};

/// Columns of the labels at the left of the bars.
pub(super) const LABELS: u16 = 14;
/// From this width on the sources that can be hidden are named.
const SOURCES_FROM: u16 = 100;
/// Levels of a bar in one row.
const LEVELS: u64 = 7;
const BARS: [&str; 8] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇"];
/// One series of numbers over the time axis.
pub(super) struct HistogramSeries {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) value_role: Role,
    /// Numbers by column; `None` where nothing was read.
    pub(super) values: Vec<Option<u64>>,
    pub(super) role: Role,
    pub(super) rows: u16,
}

impl Logs {
    /// Draws the histogram and returns its height.
    pub(super) fn draw_histogram(
        &self,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) -> u16 {
        let bars = Rect {
            x: area.x + LABELS,
            width: area.width.saturating_sub(LABELS + 2),
            ..area
        };
        if bars.width < 20 {
            return 0;
        }
        let mut y = area.y;
        if self.view == LogsView::Lines {
            let line = Rect {
                y,
                height: 1,
                ..area
            };
            self.draw_toggles(context, line, painter);
            y += 1;
        }
        for series in self.series(context, usize::from(bars.width)) {
            let place = Rect {
                y,
                height: series.rows,
                ..bars
            };
            painter.spans(
                area.x + 1,
                y,
                LABELS,
                &[
                    (series.label.as_str(), Role::Dim),
                    (" ", Role::Dim),
                    (series.value.as_str(), series.value_role),
                ],
            );
            let window = self.window_columns(context, place.width);
            draw_series(&series, window.as_ref(), place, painter);
            y += series.rows;
        }
        self.draw_axis(
            context,
            Rect {
                y,
                height: 2,
                ..bars
            },
            painter,
        );
        y + 2 - area.y
    }

    fn series(&self, context: &ViewContext<'_>, columns: usize) -> Vec<HistogramSeries> {
        let (begin, end) = self.range.axis(context.now);
        match self.view {
            LogsView::Lines => self.line_series(begin, end, columns),
            LogsView::Calls => self.call_series(begin, end, columns),
            LogsView::Patterns => self.level_series(begin, end, columns),
            LogsView::Query => Vec::new(),
        }
    }

    /// Returns the numbers of columns, without those from before the first line that is kept.
    fn known(&self, begin: Moment, end: Moment, values: Vec<u64>) -> Vec<Option<u64>> {
        let first = self.store.level_histogram().span().map(|(first, _)| first);
        let columns = values.len() as i64;
        let is_whole = self.store.evicted == 0 && self.status.is_backfilled;
        values
            .into_iter()
            .enumerate()
            .map(|(column, value)| {
                let column_end =
                    begin.plus(end.since(begin) * (column as i64 + 1) / columns.max(1));
                let is_known = is_whole || first.is_some_and(|first| column_end > first);
                is_known.then_some(value)
            })
            .collect()
    }

    fn line_series(&self, begin: Moment, end: Moment, columns: usize) -> Vec<HistogramSeries> {
        let buckets = self.store.level_histogram().buckets(begin, end, columns);
        let total: u64 = buckets.iter().map(LevelCounts::all).sum();
        let errors: u64 = buckets.iter().map(LevelCounts::errors).sum();
        let values = |of: &dyn Fn(&LevelCounts) -> u64| {
            self.known(begin, end, buckets.iter().map(of).collect())
        };
        vec![
            HistogramSeries {
                label: "lines".to_owned(),
                value: per_minute(total, begin, end),
                value_role: Role::Text,
                values: values(&LevelCounts::all),
                role: Role::Bar,
                rows: 2,
            },
            failures("errors", errors, values(&LevelCounts::errors)),
        ]
    }

    fn call_series(&self, begin: Moment, end: Moment, columns: usize) -> Vec<HistogramSeries> {
        let (mut all, mut failed) = (vec![0; columns], vec![0; columns]);
        let span = end.since(begin).max(1);
        for call in &self.findings.calls {
            let offset = call.at.since(begin);
            if !(0..=span).contains(&offset) {
                continue;
            }
            let column = usize::try_from(offset * columns as i64 / span).unwrap_or(usize::MAX);
            let column = column.min(columns.saturating_sub(1));
            if let Some(count) = all.get_mut(column) {
                *count += 1;
            }
            if call.outcome != LoggedOutcome::Ok
                && let Some(count) = failed.get_mut(column)
            {
                *count += 1;
            }
        }
        let (total, bad) = (all.iter().sum(), failed.iter().sum());
        vec![
            HistogramSeries {
                label: "calls".to_owned(),
                value: per_minute(total, begin, end),
                value_role: Role::Text,
                values: self.known(begin, end, all),
                role: Role::Bar,
                rows: 2,
            },
            failures("failed", bad, self.known(begin, end, failed)),
        ]
    }

    fn level_series(&self, begin: Moment, end: Moment, columns: usize) -> Vec<HistogramSeries> {
        let buckets = self.store.level_histogram().buckets(begin, end, columns);
        let series = |label: &str, role: Role, of: &dyn Fn(&LevelCounts) -> u64| {
            let values: Vec<u64> = buckets.iter().map(of).collect();
            let total: u64 = values.iter().sum();
            HistogramSeries {
                label: label.to_owned(),
                value: thousands(usize::try_from(total).unwrap_or(usize::MAX)),
                value_role: if total > 0 { role } else { Role::Dim },
                values: self.known(begin, end, values),
                role,
                rows: 1,
            }
        };
        let warn = |counts: &LevelCounts| counts.of(Some(Level::Warn));
        vec![
            series("error", Role::Failed, &LevelCounts::errors),
            series("warn", Role::Degraded, &warn),
            series("rest", Role::Bar, &|counts| {
                counts.all() - counts.errors() - warn(counts)
            }),
        ]
    }

    /// Returns the columns of the window.
    fn window_columns(
        &self,
        context: &ViewContext<'_>,
        width: u16,
    ) -> Option<std::ops::RangeInclusive<usize>> {
        let (from, until) = self.range.window?;
        let (begin, end) = self.range.axis(context.now);
        let column = |at: Moment| {
            let offset = at.since(begin).max(0) * i64::from(width) / end.since(begin).max(1);
            usize::try_from(offset)
                .unwrap_or(0)
                .min(usize::from(width).saturating_sub(1))
        };
        Some(column(from)..=column(until))
    }

    /// The axis with its times; of a window, both handles carry theirs.
    fn draw_axis(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        painter.hline(Rect { height: 1, ..area });
        let (begin, end) = self.range.axis(context.now);
        let labels = area.y + 1;
        let label = |at: Moment| axis_label(at, (begin, end), context);
        let (left, right) = (label(begin), label(end));
        let Some((window, (from, until))) = self
            .window_columns(context, area.width)
            .zip(self.range.window)
        else {
            draw_axis_times((begin, end), context, area, painter);
            return;
        };
        let column = |index: usize| area.x + u16::try_from(index).unwrap_or(0);
        let (first, last) = (column(*window.start()), column(*window.end()));
        let line = "━".repeat(usize::from(last.saturating_sub(first)));
        painter.text(first, area.y, area.width, &line, Role::Accent);
        painter.text(first, area.y, 1, "┣", Role::Accent);
        painter.text(last, area.y, 1, "┫", Role::Accent);
        let inside = match self.view {
            LogsView::Lines => self.store.lines_shown(),
            LogsView::Calls => self.calls.rows().len(),
            LogsView::Patterns => self.patterns.lines,
            LogsView::Query => self.query.output.rows.len(),
        };
        let words = format!(
            "{}  {} in here  {}",
            label(from),
            thousands(inside),
            label(until)
        );
        let width = u16::try_from(text_width(&words)).unwrap_or(area.width);
        let middle = first + last.saturating_sub(first) / 2;
        let x = middle
            .saturating_sub(width / 2)
            .clamp(area.x, area.right().saturating_sub(width).max(area.x));
        let room = u16::try_from(text_width(&left)).unwrap_or(area.width);
        if x > area.x + room + 2 {
            painter.text(area.x, labels, room, &left, Role::Faint);
        }
        if x + width + room + 2 < area.right() {
            painter.text_right(area.right(), labels, room, &right, Role::Faint);
        }
        painter.text(x, labels, width, &words, Role::Accent);
    }

    /// Levels with their counts and sources, each with the key that shows or hides it.
    fn draw_toggles(&self, context: &ViewContext<'_>, line: Rect, painter: &mut Painter<'_>) {
        let (begin, end) = self.range.window.unwrap_or(self.range.axis(context.now));
        let counts = self.store.level_histogram().total(begin, end);
        // The keys of the toggles share their modifier, which is named once.
        let mut spans: Spans = vec![("alt  ".to_owned(), Role::Faint)];
        for (name, count, level, role, action) in level_toggles(&counts) {
            let is_hidden = self.hidden.hidden_levels.contains(&Some(level));
            let count_role = if is_hidden || count == 0 {
                Role::Faint
            } else {
                role
            };
            spans.extend(toggle(context, name, is_hidden, action));
            spans.push((
                format!(
                    " {}   ",
                    thousands(usize::try_from(count).unwrap_or(usize::MAX))
                ),
                count_role,
            ));
        }
        if line.width >= SOURCES_FROM {
            for (action, source) in SOURCE_TOGGLES {
                let is_hidden = self.hidden.hidden_sources.contains(&source);
                spans.extend(toggle(context, source, is_hidden, action));
                spans.push(("  ".to_owned(), Role::Dim));
            }
        }
        draw_spans(
            &spans,
            line.x + 1,
            line.y,
            line.width.saturating_sub(2),
            painter,
        );
    }
}

/// Draws the bars of a series; those outside of the window's columns are darker.
pub(super) fn draw_series(
    series: &HistogramSeries,
    window: Option<&std::ops::RangeInclusive<usize>>,
    place: Rect,
    painter: &mut Painter<'_>,
) {
    let most = series
        .values
        .iter()
        .flatten()
        .copied()
        .max()
        .unwrap_or(0)
        .max(1);
    let rows = u64::from(series.rows);
    for (column, value) in series.values.iter().enumerate() {
        let x = place.x + u16::try_from(column).unwrap_or(u16::MAX);
        let bottom = place.bottom().saturating_sub(1);
        let Some(value) = value else {
            painter.text(x, bottom, 1, "·", Role::Faint);
            continue;
        };
        let height = (value * rows * LEVELS).div_ceil(most);
        let is_inside = window.is_none_or(|window| window.contains(&column));
        let role = if is_inside { series.role } else { Role::Low };
        for row in 0..rows {
            let filled = height.saturating_sub(row * LEVELS).min(LEVELS);
            let y = bottom.saturating_sub(u16::try_from(row).unwrap_or(0));
            let is_full = filled == LEVELS && row + 1 < rows && height > (row + 1) * LEVELS;
            let bar = if is_full {
                "█"
            } else {
                BARS.get(usize::try_from(filled).unwrap_or(0))
                    .copied()
                    .unwrap_or(" ")
            };
            painter.text(x, y, 1, bar, role);
        }
    }
}

/// Beginning, middle and end of an axis below it.
pub(super) fn draw_axis_times(
    (begin, end): (Moment, Moment),
    context: &ViewContext<'_>,
    axis: Rect,
    painter: &mut Painter<'_>,
) {
    let y = axis.y + 1;
    let label = |at: Moment| axis_label(at, (begin, end), context);
    let (left, right) = (label(begin), label(end));
    let middle = label(begin.plus(end.since(begin) / 2));
    let room = u16::try_from(text_width(&left)).unwrap_or(axis.width);
    painter.text(axis.x, y, axis.width, &left, Role::Faint);
    if axis.width > 3 * room + 4 {
        let x = axis.x + axis.width / 2 - room / 2;
        painter.text(x, y, room, &middle, Role::Faint);
    }
    painter.text_right(axis.right(), y, room, &right, Role::Faint);
}

/// Returns a time on an axis: with its date where the axis is longer than a day or does not begin today.
fn axis_label(at: Moment, (begin, end): (Moment, Moment), context: &ViewContext<'_>) -> String {
    if begin.is_same_day(end, context.zone) && begin.is_same_day(context.now, context.zone) {
        at.clock(context.zone)
    } else {
        at.date_clock(context.zone)
    }
}

/// Returns the levels that can be hidden: name, number of lines, a level of them, colour, key.
fn level_toggles(counts: &LevelCounts) -> [(&'static str, u64, Level, Role, LogsAction); 4] {
    let of = |level| counts.of(Some(level));
    let other = of(Level::Debug) + of(Level::Trace) + counts.of(None);
    [
        (
            "error",
            counts.errors(),
            Level::Error,
            Role::Failed,
            LogsAction::ToggleErrors,
        ),
        (
            "warn",
            of(Level::Warn),
            Level::Warn,
            Role::Degraded,
            LogsAction::ToggleWarnings,
        ),
        (
            "info",
            of(Level::Info),
            Level::Info,
            Role::Text,
            LogsAction::ToggleInfo,
        ),
        (
            "other",
            other,
            Level::Debug,
            Role::Text,
            LogsAction::ToggleDebug,
        ),
    ]
}

/// Returns the key of a toggle and its name; what is hidden has a circle before it.
fn toggle(context: &ViewContext<'_>, name: &str, is_hidden: bool, action: LogsAction) -> Spans {
    let key = context
        .keymap
        .key_of(&[Layer::Logs], Action::Logs(action))
        .unwrap_or_default();
    let (mark, role) = if is_hidden {
        ("○", Role::Faint)
    } else if super::hop_role(name) == Role::Text {
        ("", Role::Dim)
    } else {
        ("", super::hop_role(name))
    };
    vec![
        (key.trim_start_matches("alt-").to_owned(), Role::Accent),
        (" ".to_owned(), Role::Dim),
        (format!("{mark}{name}"), role),
    ]
}

fn failures(label: &str, count: u64, values: Vec<Option<u64>>) -> HistogramSeries {
    HistogramSeries {
        label: label.to_owned(),
        value: thousands(usize::try_from(count).unwrap_or(usize::MAX)),
        value_role: if count > 0 { Role::Failed } else { Role::Dim },
        values,
        role: Role::Failed,
        rows: 1,
    }
}

/// Returns the rate in words: whole numbers, and one digit behind the point where they are small.
fn per_minute(count: u64, begin: Moment, end: Moment) -> String {
    let rate = count as f64 * 60_000.0 / end.since(begin).max(1) as f64;
    if rate >= 10.0 {
        format!("{rate:.0}/m")
    } else {
        format!("{rate:.1}/m")
    }
}
