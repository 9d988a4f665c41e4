//! The list of patterns: filter, cursor, what is new.

use super::{Logs, LogsView, calls::next_row, row_list::click_row};
use crate::{
    logs::{Level, pattern_book::PatternSummary},
    messages::{Action, ListAction},
    model::Moment,
    screens::ScreenUpdate,
    widgets::List,
};

/// A pattern is new if its first line came in the last part of the time that is loaded: one of this many.
const NEW_PART: i64 = 5;

/// The list of patterns.
#[derive(Clone, Debug, Default)]
pub(super) struct PatternsList {
    rows: Vec<PatternSummary>,
    /// Number of lines of the rows that are shown, within the window.
    pub(super) lines: usize,
    pub(super) list: List,
    filter: String,
    pub(super) urgent_only: bool,
    pub(super) is_sorted_by_last: bool,
    /// Whether the selected pattern is opened in place.
    pub(super) is_open: bool,
    /// From then on a first line makes a pattern new; `None`: too little is loaded to tell.
    pub(super) new_since: Option<Moment>,
    has_moved: bool,
}

impl PatternsList {
    /// Returns the same list without patterns.
    pub(super) fn emptied(&self) -> Self {
        Self {
            filter: self.filter.clone(),
            urgent_only: self.urgent_only,
            is_sorted_by_last: self.is_sorted_by_last,
            ..Self::default()
        }
    }

    pub(super) fn rows(&self) -> &[PatternSummary] {
        &self.rows
    }

    pub(super) fn filter(&self) -> &str {
        &self.filter
    }

    pub(super) fn set_filter(&mut self, text: &str) {
        text.trim().clone_into(&mut self.filter);
    }

    pub(super) fn toggle_urgent_only(&mut self) {
        self.urgent_only = !self.urgent_only;
    }

    pub(super) fn selected(&self) -> Option<&PatternSummary> {
        self.rows.get(self.list.cursor())
    }

    /// Returns whether the first line of a pattern came in the last part of the time that is loaded.
    pub(super) fn is_new(&self, pattern: &PatternSummary) -> bool {
        self.new_since
            .is_some_and(|since| pattern.first_at >= since)
    }

    /// Shows the patterns that pass the filter and have lines within the window. The cursor stays on its pattern.
    pub(super) fn refresh(
        &mut self,
        patterns: &[PatternSummary],
        window: Option<(Moment, Moment)>,
    ) {
        let selected = self.selected().filter(|_| self.has_moved).cloned();
        self.new_since = new_since(patterns);
        self.rows = patterns
            .iter()
            .filter(|pattern| passes(pattern, &self.filter))
            .filter(|pattern| !self.urgent_only || self.is_new(pattern) || is_bad(pattern))
            .filter_map(|pattern| match window {
                None => Some(pattern.clone()),
                Some((from, until)) => {
                    let count = pattern.count_within(from, until);
                    (count > 0).then(|| PatternSummary {
                        count,
                        ..pattern.clone()
                    })
                }
            })
            .collect();
        if self.is_sorted_by_last {
            self.rows
                .sort_by_key(|pattern| std::cmp::Reverse(pattern.last_at));
        } else {
            self.rows
                .sort_by_key(|pattern| std::cmp::Reverse(pattern.count));
        }
        self.lines = self.rows.iter().map(|pattern| pattern.count).sum();
        let place = selected.and_then(|selected| {
            self.rows.iter().position(|pattern| {
                pattern.source == selected.source
                    && pattern.first_at == selected.first_at
                    && pattern.level == selected.level
            })
        });
        match place {
            Some(row) => self.list.carry(row),
            None if self.has_moved => {}
            None => self.list.select(0),
        }
        self.list.clamp(self.rows.len());
    }

    pub(super) fn jump_to_new(&mut self, backwards: bool) -> bool {
        self.jump(backwards, Self::is_new)
    }

    pub(super) fn jump_to_error(&mut self, backwards: bool) -> bool {
        self.jump(backwards, |_, pattern| pattern.level >= Some(Level::Error))
    }

    fn jump(&mut self, backwards: bool, wanted: impl Fn(&Self, &PatternSummary) -> bool) -> bool {
        let found = next_row(self.rows.len(), self.list.cursor(), backwards, |row| {
            self.rows
                .get(row)
                .is_some_and(|pattern| wanted(self, pattern))
        });
        if let Some(row) = found {
            self.has_moved = true;
            self.list.select(row);
        }
        found.is_some()
    }

    /// Returns whether a pattern is opened.
    pub(super) const fn is_open(&self) -> bool {
        self.is_open
    }

    /// Returns whether not all patterns are shown.
    pub(super) const fn is_filtered(&self) -> bool {
        !self.filter.is_empty() || self.urgent_only
    }

    /// Returns whether one of the shown patterns is new.
    pub(super) fn has_new(&self) -> bool {
        self.rows.iter().any(|pattern| self.is_new(pattern))
    }

    /// Returns whether one of the shown patterns is of errors.
    pub(super) fn has_errors(&self) -> bool {
        let mut levels = self.rows.iter().map(|pattern| pattern.level);
        levels.any(|level| level >= Some(Level::Error))
    }

    /// Closes the opened pattern, or takes off the filter. Returns whether there was either.
    pub(super) fn close(&mut self) -> bool {
        if std::mem::take(&mut self.is_open) {
            return true;
        }
        let had_filter = !self.filter.is_empty() || self.urgent_only;
        self.filter.clear();
        self.urgent_only = false;
        had_filter
    }

    /// Handles a click into the list; a click on the selected row opens it.
    pub(super) fn clicked(&mut self, column: u16, line: u16) -> ScreenUpdate {
        let update = click_row(
            &mut self.list,
            self.rows.len(),
            &mut self.is_open,
            (column, line),
        );
        self.has_moved |= update.handled;
        update
    }
}

/// Returns the beginning of the last part of the time that the lines of all patterns cover.
fn new_since(patterns: &[PatternSummary]) -> Option<Moment> {
    let first = patterns.iter().map(|pattern| pattern.first_at).min()?;
    let last = patterns.iter().map(|pattern| pattern.last_at).max()?;
    let span = last.since(first);
    (span >= NEW_PART * 1_000).then(|| last.plus(-span / NEW_PART))
}

fn is_bad(pattern: &PatternSummary) -> bool {
    pattern.level >= Some(Level::Warn)
}

fn passes(pattern: &PatternSummary, filter: &str) -> bool {
    let holds = |part: &str| {
        crate::logs::contains(&pattern.text, part)
            || pattern.source == part
            || pattern.level.is_some_and(|level| level.as_str() == part)
    };
    filter.split_whitespace().all(|word| {
        match word
            .strip_prefix(['-', '!'])
            .filter(|rest| !rest.is_empty())
        {
            Some(rest) => !holds(&rest.to_lowercase()),
            None => holds(&word.to_lowercase()),
        }
    })
}

impl Logs {
    pub(super) fn act_on_patterns(&mut self, action: ListAction) -> ScreenUpdate {
        let length = self.patterns.rows.len();
        if self.patterns.list.act(Action::List(action), length) {
            self.patterns.has_moved = self.patterns.list.cursor() > 0;
            return ScreenUpdate::done();
        }
        match action {
            ListAction::Open if self.patterns.is_open => {
                let lines = self.patterns.selected().map(|pattern| {
                    format!("source={} pattern=\"{}\"", pattern.source, pattern.text)
                });
                if let Some(filter) = lines {
                    self.view = LogsView::Lines;
                    self.set_filter(&filter);
                }
                ScreenUpdate::done()
            }
            ListAction::Open => {
                self.patterns.is_open = self.patterns.selected().is_some();
                self.patterns.has_moved = true;
                ScreenUpdate::done()
            }
            ListAction::Sort => {
                self.patterns.is_sorted_by_last = !self.patterns.is_sorted_by_last;
                self.refresh_rows();
                ScreenUpdate::done()
            }
            ListAction::Up
            | ListAction::Down
            | ListAction::PageUp
            | ListAction::PageDown
            | ListAction::Top
            | ListAction::Bottom
            | ListAction::Left
            | ListAction::Right
            | ListAction::Filter
            | ListAction::Mark => ScreenUpdate::ignored(),
        }
    }
}
