//! The headline and the line under the tabs: what is read, how it arrives, what was kept and what is missing.

use ratatui::layout::Rect;

use super::{
    Logs, LogsView,
    act::LevelStep,
    mode_look,
    prompt::{LogsPrompt, PromptKind},
};
use crate::{
    keys::Layer,
    messages::{Action, LogsAction},
    model::{Moment, pluralize, with_separators},
    screens::{ViewContext, detail::failure_block, frame::whole_groups},
    theme::Role,
    widgets::{Painter, cut, text_width},
};

/// From this width it is said that there is no filter.
const NO_FILTER_FROM: u16 = 100;

/// Spans of text with their roles.
pub(super) type Spans = Vec<(String, Role)>;

/// Draws spans and returns the column after the last one.
pub(super) fn draw_spans(
    spans: &[(String, Role)],
    x: u16,
    y: u16,
    room: u16,
    painter: &mut Painter<'_>,
) -> u16 {
    let shown: Vec<(&str, Role)> = spans
        .iter()
        .map(|(text, role)| (text.as_str(), *role))
        .collect();
    painter.spans(x, y, room, &shown)
}

/// Returns the number of columns that spans take.
pub(super) fn spans_width(spans: &[(String, Role)]) -> u16 {
    let width: usize = spans.iter().map(|(text, _)| text_width(text)).sum();
    u16::try_from(width).unwrap_or(u16::MAX)
}

impl Logs {
    /// Returns what is read and how it arrives, the counts right behind it, so that they are cut last.
    pub(super) fn source_headline(&self, context: &ViewContext<'_>) -> Option<Spans> {
        let source = self.source.as_ref()?;
        let (mode, role) = if self.failure.is_some() {
            ("✖ ended".to_owned(), Role::Failed)
        } else if self.range.until.is_some() && self.status.is_backfilled {
            ("○ stored".to_owned(), Role::Dim)
        } else if self.range.until.is_some() {
            (format!("{} reading", context.spinner), Role::Changing)
        } else {
            mode_look(&self.status, self.follows, context.spinner)
        };
        let mut spans = vec![
            (cut(&source.title, 24), Role::Name),
            ("   ".to_owned(), Role::Dim),
            (mode, role),
            ("   ".to_owned(), Role::Dim),
        ];
        spans.extend(self.counts());
        spans.push((
            format!("   {}", pluralize(source.group_count(), "group")),
            Role::Dim,
        ));
        if self.status.missing > 0 {
            let words = format!(", {} not created yet", thousands(self.status.missing));
            spans.push((words, Role::Dim));
        }
        let (begin, end) = self.range.axis(context.now);
        spans.push((
            format!("   {}", span_words(begin, end, self.range.until, context)),
            Role::Dim,
        ));
        if self.range.older.is_some() {
            spans.push((
                format!("   {} reading older lines", context.spinner),
                Role::Changing,
            ));
        }
        Some(spans)
    }

    /// Returns what was kept, what is missing, what came late.
    fn counts(&self) -> Spans {
        let status = &self.status;
        let (missing, role) = match status.open_gaps {
            0 if status.is_backfilled => ("0 lost".to_owned(), Role::Dim),
            0 => ("reading the window".to_owned(), Role::Dim),
            1 => ("▲ 1 gap open".to_owned(), Role::Degraded),
            gaps => (format!("▲ {gaps} gaps open"), Role::Degraded),
        };
        let mut spans = vec![
            (thousands(self.store.kept()), Role::Text),
            (" kept · ".to_owned(), Role::Dim),
            (missing, role),
            (format!(" · {} late", thousands(self.store.late)), Role::Dim),
        ];
        if status.unknown > 0 {
            let words = format!(" · ▲ {} not understood", thousands(status.unknown));
            spans.push((words, Role::Degraded));
        }
        if status.is_sampled {
            spans.push((" · ▲ sampled by AWS".to_owned(), Role::Degraded));
        }
        if self.store.evicted > 0 {
            spans.push((
                format!(" · {} oldest let go", thousands(self.store.evicted)),
                Role::Dim,
            ));
        }
        spans
    }

    /// The line under the tabs: the views, the filter, and what there is to say about what is shown.
    pub(super) fn draw_view_line(
        &self,
        context: &ViewContext<'_>,
        line: Rect,
        painter: &mut Painter<'_>,
    ) {
        let prompt = self.prompt.as_ref();
        if let Some(prompt) = prompt.filter(|prompt| prompt.kind != PromptKind::Query) {
            draw_prompt(prompt, &self.prompt_hint(prompt), line, painter);
            return;
        }
        if let Some(wrong) = self.wrong.as_ref().filter(|_| self.view != LogsView::Query) {
            let words = format!("the filter cannot be read: {wrong}");
            painter.text(
                line.x + 1,
                line.y,
                line.width.saturating_sub(1),
                &words,
                Role::Failed,
            );
            return;
        }
        let mut spans: Spans = Vec::new();
        for view in LogsView::ALL {
            let role = if view == self.view {
                Role::Name
            } else {
                Role::Dim
            };
            spans.push((view.title().to_owned(), role));
            spans.push(("  ".to_owned(), Role::Dim));
        }
        let key = context
            .keymap
            .key_of(&[Layer::Logs], Action::Logs(LogsAction::NextLogsView));
        spans.push((key.unwrap_or_default(), Role::Accent));
        spans.push(("   ".to_owned(), Role::Dim));
        if self.view != LogsView::Query {
            spans.extend(self.filter_words(line.width));
        }
        let end = draw_spans(
            &spans,
            line.x + 1,
            line.y,
            line.width.saturating_sub(2),
            painter,
        );
        self.underline_view(line, painter);
        let right = self.view_words(context);
        let width = spans_width(&right);
        let begin = line.right().saturating_sub(width + 1);
        if begin > end {
            draw_spans(&right, begin, line.y, width, painter);
        } else {
            let room = line.right().saturating_sub(end + 2);
            draw_spans(&whole_groups(right, room), end + 2, line.y, room, painter);
        }
    }

    /// The shown view is underlined: bold alone is lost in some terminals.
    fn underline_view(&self, line: Rect, painter: &mut Painter<'_>) {
        let mut x = line.x + 1;
        for view in LogsView::ALL {
            let width = u16::try_from(text_width(view.title())).unwrap_or(0);
            if view == self.view {
                let style = painter
                    .theme
                    .style(Role::Name)
                    .add_modifier(ratatui::style::Modifier::UNDERLINED);
                painter.styled_text(x, line.y, width, view.title(), style);
            }
            x += width + 2;
        }
    }

    fn filter_words(&self, width: u16) -> Spans {
        let label = |text: &str| (text.to_owned(), Role::Dim);
        let mut spans = Vec::new();
        let (filter, only) = match self.view {
            LogsView::Lines => (self.filter.as_str(), self.hidden_words()),
            LogsView::Calls => (
                self.calls.filter(),
                Some("failed only").filter(|_| self.calls.failed_only),
            ),
            LogsView::Patterns => (
                self.patterns.filter(),
                Some("new or bad only").filter(|_| self.patterns.urgent_only),
            ),
            LogsView::Query => return spans,
        };
        if filter.is_empty() && only.is_none() && width < NO_FILTER_FROM {
            // What is shown needs the room.
        } else if filter.is_empty() && only.is_none() {
            spans.extend([label("filter "), ("none".to_owned(), Role::Faint)]);
        } else {
            let room = usize::from(width / 3).max(16);
            spans.extend([label("filter "), (cut(filter, room), Role::Accent)]);
            if let Some(only) = only {
                let gap = if filter.is_empty() { "" } else { " " };
                spans.push((format!("{gap}{only}"), Role::Accent));
            }
        }
        if self.view == LogsView::Lines && !self.store.filter().is_empty() {
            spans.push((
                format!(
                    "  {} of {}",
                    thousands(self.store.lines_shown()),
                    thousands(self.store.kept())
                ),
                Role::Dim,
            ));
        }
        spans
    }

    /// Returns what the toggles leave out, where they leave something out.
    fn hidden_words(&self) -> Option<&'static str> {
        let hidden = &self.hidden;
        LevelStep::of(&hidden.hidden_levels)
            .words()
            .or_else(|| (!hidden.is_empty()).then_some("without what is switched off"))
    }

    /// Returns what is said at the right of the line: hits and what is new, the slowest call, the call that is looked for.
    fn view_words(&self, context: &ViewContext<'_>) -> Spans {
        match self.view {
            LogsView::Lines => self.line_words(context),
            LogsView::Calls => self.call_words(context),
            LogsView::Patterns => self.pattern_words(context),
            LogsView::Query => self.query_words(context),
        }
    }

    fn line_words(&self, context: &ViewContext<'_>) -> Spans {
        let mut spans = Spans::new();
        if self.store.is_scanning() {
            // The counts are those of the newer lines as long as older ones are searched.
            spans.push(("searching older lines   ".to_owned(), Role::Dim));
        }
        if !self.marks.is_empty() {
            let words = format!("◆ {} marked   ", thousands(self.marks.len()));
            spans.push((words, Role::Accent));
        }
        if !self.search.is_empty() {
            spans.push(("find ".to_owned(), Role::Dim));
            spans.push((cut(&self.search, 20), Role::Hit));
            let words = match self.store.hits(self.list.cursor()) {
                (_, 0) => "  no hit".to_owned(),
                (Some(this), all) => format!("  hit {} of {}", thousands(this), thousands(all)),
                (None, all) => format!("  {}", counted(all, "hit")),
            };
            spans.push((words, Role::Dim));
        }
        if self.unseen > 0 {
            let gap = if spans.is_empty() { "" } else { "   " };
            spans.push((
                format!("{gap}▼ {} new since you paused", thousands(self.unseen)),
                Role::Accent,
            ));
            let key = context
                .keymap
                .key_of(&[Layer::Logs], Action::Logs(LogsAction::Follow));
            if let Some(key) = key {
                spans.push((format!("  {key}"), Role::Accent));
            }
        }
        spans
    }

    pub(super) fn draw_empty(
        &self,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let room = area.width.saturating_sub(4);
        if let Some(failure) = &self.failure {
            for (row, line) in failure_block(failure, room)
                .iter()
                .take(usize::from(area.height))
                .enumerate()
            {
                let y = area.y + u16::try_from(row).unwrap_or(0);
                draw_spans(line, area.x + 3, y, room, painter);
            }
            return;
        }
        let (begin, end) = self.range.axis(context.now);
        let span = span_words(begin, end, self.range.until, context);
        let words = match (self.status.is_backfilled, self.store.filter().is_empty()) {
            (_, false) => "No line passes the filter. Esc takes it off.".to_owned(),
            (false, true) => format!("{} asking for the {span}", context.spinner),
            (true, true) if self.range.until.is_some() => {
                format!("Nothing was written from {span}.")
            }
            (true, true) => {
                format!(
                    "Quiet: nothing was written in the {span}. New lines appear here by themselves."
                )
            }
        };
        painter.text(area.x + 3, area.y + 1, room, &words, Role::Dim);
        let parts = self.source.iter().flat_map(|source| &source.parts);
        let groups = parts.flat_map(|part| &part.groups);
        for (row, group) in groups
            .enumerate()
            .take(usize::from(area.height.saturating_sub(3)))
        {
            let y = area.y + 3 + u16::try_from(row).unwrap_or(0);
            let is_missing = self.status.missing > 0
                && self
                    .range
                    .unavailable
                    .iter()
                    .any(|text| text.starts_with(&format!("{group} does not exist")));
            let words = if is_missing {
                format!("{group}   not created yet")
            } else {
                group.clone()
            };
            painter.text(area.x + 3, y, room, &words, Role::Faint);
        }
    }
}

/// Returns the time that is loaded in words: `last 15 min`, `last 2 h`, or both ends.
fn span_words(
    begin: Moment,
    end: Moment,
    until: Option<Moment>,
    context: &ViewContext<'_>,
) -> String {
    let minutes = (end.since(begin) + 30_000) / 60_000;
    match (until, minutes) {
        (Some(until), _) => format!(
            "{} to {}",
            begin.date_time(context.zone),
            until.clock(context.zone)
        ),
        (None, ..1) => "last minute".to_owned(),
        (None, 1..120) => format!("last {minutes} min"),
        (None, 120..2_880) => format!("last {} h", (minutes + 30) / 60),
        (None, _) => format!("last {} days", (minutes + 720) / 1_440),
    }
}

fn draw_prompt(prompt: &LogsPrompt, hint: &str, line: Rect, painter: &mut Painter<'_>) {
    let (label, _) = prompt.kind.words();
    let x = painter.spans(
        line.x + 1,
        line.y,
        line.width.saturating_sub(2),
        &[(label, Role::Accent), (prompt.input.text(), Role::Name)],
    );
    let x = painter.text(x, line.y, 1, "▏", Role::Accent);
    painter.text(
        x + 3,
        line.y,
        line.right().saturating_sub(x + 4),
        hint,
        Role::Faint,
    );
}

/// Returns a count with its noun.
pub(super) fn counted(count: usize, thing: &str) -> String {
    format!("{} {}", thousands(count), counted_noun(count, thing))
}

/// Returns the noun alone, where the count has a colour of its own.
pub(super) fn counted_noun(count: usize, thing: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{thing}{ending}")
}

pub(super) fn thousands(count: usize) -> String {
    with_separators(count as u64)
}
