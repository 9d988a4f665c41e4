//! How the list of patterns is drawn.

use ratatui::layout::Rect;

use super::{
    Logs,
    head::{Spans, counted, counted_noun, draw_spans, thousands},
    hop_role, level_look,
    row_list::RowList,
};
use crate::{
    keys::Layer,
    logs::{Level, pattern_book::PatternSummary, patterns::WILDCARD},
    messages::{Action, LogsAction, LogsViewport},
    model::Moment,
    screens::ViewContext,
    theme::Role,
    widgets::{Column, Layout, Painter, Size, lay_out},
};

/// The columns of the list.
const COLUMNS: [Column; 6] = [
    column("COUNT", Size::Fixed(8), true, 0),
    column("LEVEL", Size::Fixed(5), false, 0),
    column("OVER TIME", Size::Fixed(24), false, 110),
    column("LAST", Size::Fixed(4), true, 0),
    column("SOURCE", Size::Fixed(11), false, 0),
    column("PATTERN", Size::Share(20), false, 0),
];

const fn column(title: &'static str, size: Size, right: bool, from: u16) -> Column {
    Column {
        title,
        size,
        right,
        from,
    }
}

/// Levels of a bar, which leave a gap to the row above.
const BARS: [&str; 8] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇"];

impl Logs {
    pub(super) fn draw_patterns(
        &self,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let rows = self.patterns.rows();
        if rows.is_empty() {
            self.draw_no_patterns(area, painter);
            return;
        }
        let layout = lay_out(&COLUMNS, area.x + 3, area.width.saturating_sub(4));
        self.draw_pattern_titles(&layout, area.y, painter);
        let opened = self.opened_pattern(context);
        let list = RowList {
            list: &self.patterns.list,
            viewport: LogsViewport::Patterns,
            length: rows.len(),
            opened: &opened,
            indent: 13,
        };
        let window = list.draw(area, painter, |place, painter| {
            let Some(pattern) = rows.get(place.index) else {
                return;
            };
            if self.patterns.is_new(pattern) {
                painter.text(area.x + 1, place.y, 1, "+", Role::Accent);
            }
            self.draw_pattern(pattern, &layout, place.y, context, painter);
        });
        self.draw_pattern_foot(rows, window.end, area, painter);
    }

    fn draw_no_patterns(&self, area: Rect, painter: &mut Painter<'_>) {
        let words = if self.patterns.filter().is_empty() && self.range.window.is_none() {
            "No lines were read yet."
        } else {
            "No pattern passes the filter and the window. Esc takes them off."
        };
        painter.text(
            area.x + 3,
            area.y + 1,
            area.width.saturating_sub(4),
            words,
            Role::Dim,
        );
    }

    fn draw_pattern_titles(&self, layout: &Layout, y: u16, painter: &mut Painter<'_>) {
        let sorted = if self.patterns.is_sorted_by_last {
            "LAST"
        } else {
            "COUNT"
        };
        for (index, x, width) in layout {
            let Some(column) = COLUMNS.get(*index) else {
                continue;
            };
            if column.right {
                painter.text_right(x + width, y, *width, column.title, Role::Dim);
            } else {
                painter.text(*x, y, *width, column.title, Role::Dim);
            }
            if column.title == sorted {
                painter.text(x + width, y, 1, "▾", Role::Accent);
            }
        }
    }

    fn draw_pattern(
        &self,
        pattern: &PatternSummary,
        layout: &Layout,
        y: u16,
        context: &ViewContext<'_>,
        painter: &mut Painter<'_>,
    ) {
        let (word, level_role) = level_look(pattern.level);
        let bar_role = match pattern.level {
            Some(Level::Error | Level::Fatal) => Role::Failed,
            Some(Level::Warn) => Role::Degraded,
            Some(Level::Info | Level::Debug | Level::Trace) | None => Role::Bar,
        };
        for (index, x, width) in layout {
            match COLUMNS.get(*index).map_or("", |column| column.title) {
                "COUNT" => {
                    let count = thousands(pattern.count);
                    painter.text_right(x + width, y, *width, &count, Role::Text);
                }
                "LEVEL" => {
                    painter.text(*x, y, *width, word, level_role);
                }
                "OVER TIME" => {
                    let (begin, end) = self.range.axis(context.now);
                    draw_bars(pattern, (begin, end), (*x, y), *width, bar_role, painter);
                }
                "LAST" => {
                    let age = pattern.last_at.age(context.now);
                    painter.text_right(x + width, y, *width, &age, Role::Dim);
                }
                "SOURCE" => {
                    painter.text(*x, y, *width, pattern.source, hop_role(pattern.source));
                }
                _ => {
                    let role = if pattern.is_lambda_frame() {
                        Role::Dim
                    } else {
                        Role::Text
                    };
                    let spans = pattern_spans(&pattern.shown(), role);
                    draw_spans(&spans, *x, y, *width, painter);
                }
            }
        }
    }

    /// Returns what is shown below the selected pattern when it is opened: since when, and its latest lines.
    fn opened_pattern(&self, context: &ViewContext<'_>) -> Vec<Spans> {
        let Some(pattern) = self.patterns.selected().filter(|_| self.patterns.is_open) else {
            return Vec::new();
        };
        let first = pattern.first_at.clock(context.zone);
        let (words, role) = if self.patterns.is_new(pattern) {
            (format!("new since {first}"), Role::Accent)
        } else {
            (format!("first {first}"), Role::Dim)
        };
        let key = context
            .keymap
            .key_of(&[Layer::Logs], Action::Logs(LogsAction::ItsLines));
        let mut lines = vec![vec![
            (words, role),
            (
                format!("   last {}   ", pattern.last_at.clock(context.zone)),
                Role::Dim,
            ),
            (key.unwrap_or_default(), Role::Accent),
            (format!(" {} lines", thousands(pattern.count)), Role::Dim),
        ]];
        lines.extend(pattern.latest.iter().map(|(at, text)| {
            vec![
                (at.clock_millis(context.zone), Role::Dim),
                (format!("  {text}"), Role::Text),
            ]
        }));
        lines
    }

    /// How many patterns lie below the fold, and whether the counts add up to the lines that were read.
    fn draw_pattern_foot(
        &self,
        rows: &[PatternSummary],
        shown_until: usize,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let below = rows.len().saturating_sub(shown_until);
        let lines: usize = rows
            .iter()
            .skip(shown_until)
            .map(|pattern| pattern.count)
            .sum();
        let mut spans = Spans::new();
        if below > 0 {
            spans.extend([
                ("▼ ".to_owned(), Role::Accent),
                (
                    format!(
                        "{} below, {}   ",
                        counted(below, "pattern"),
                        counted(lines, "line")
                    ),
                    Role::Dim,
                ),
            ]);
        }
        spans.push((
            format!(
                "the counts add up to {} of {} lines",
                thousands(self.patterns.lines),
                thousands(self.findings.lines)
            ),
            Role::Faint,
        ));
        let y = area.bottom().saturating_sub(1);
        draw_spans(&spans, area.x + 3, y, area.width.saturating_sub(4), painter);
    }

    /// Returns how many patterns there are, and what makes one new.
    pub(super) fn pattern_words(&self, context: &ViewContext<'_>) -> Spans {
        let rows = self.patterns.rows();
        let mut spans: Spans = vec![
            (thousands(rows.len()), Role::Text),
            (
                format!(" {}", counted_noun(rows.len(), "pattern")),
                Role::Dim,
            ),
        ];
        if let Some(since) = self.patterns.new_since {
            let new = rows
                .iter()
                .filter(|pattern| self.patterns.is_new(pattern))
                .count();
            spans.extend([
                (format!("   +{}", thousands(new)), Role::Accent),
                (
                    format!(" new: not seen before {}", since.clock(context.zone)),
                    Role::Dim,
                ),
            ]);
        }
        spans
    }
}

/// The lines of a pattern over time; `·` is drawn nowhere, since all lines that were read are counted.
fn draw_bars(
    pattern: &PatternSummary,
    (begin, end): (Moment, Moment),
    (x, y): (u16, u16),
    width: u16,
    role: Role,
    painter: &mut Painter<'_>,
) {
    let columns = pattern.columns(begin, end, usize::from(width));
    let most = columns.iter().copied().max().unwrap_or(0).max(1);
    let bars: String = columns
        .iter()
        .map(|count| {
            let height = (count * 7).div_ceil(most);
            let index = usize::try_from(height).unwrap_or(7);
            BARS.get(index).copied().unwrap_or("▇")
        })
        .collect();
    painter.text(x, y, width, &bars, role);
}

/// Returns a pattern with its variable parts in their hue.
fn pattern_spans(text: &str, role: Role) -> Spans {
    let mut spans = Spans::new();
    for (index, part) in text.split(WILDCARD).enumerate() {
        if index > 0 {
            spans.push(("‹*›".to_owned(), Role::Database));
        }
        if !part.is_empty() {
            spans.push((part.to_owned(), role));
        }
    }
    spans
}
