//! The prompts of Logs: a text to find, a filter, a query, a time, a file.

use super::{AppRequest, Logs, LogsView};
use crate::{
    screens::{ScreenUpdate, UpdateContext},
    widgets::LineInput,
};

/// Number of filters that are remembered.
const USED_FILTERS: usize = 30;

/// An open prompt.
#[derive(Clone, Debug)]
pub(super) struct LogsPrompt {
    pub(super) kind: PromptKind,
    pub(super) input: LineInput,
    /// Which of the used filters or suggested queries is shown.
    recalled: Option<usize>,
}

/// What a prompt asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PromptKind {
    /// A text in lines.
    Search,
    /// A filter of lines.
    Filter,
    /// A filter of calls or patterns.
    RowFilter,
    /// A query of Logs Insights.
    Query,
    /// A time to go to.
    Time,
    /// A file to write to.
    Export,
    /// A file to write the marked lines to.
    ExportMarked,
}

impl PromptKind {
    /// Returns the word before the input, and what is said behind it.
    pub(super) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Search => ("/", ""),
            Self::Filter => (
                "filter ",
                "level>=warn  text  -text  /regex/  trace=  source=  field>5",
            ),
            Self::RowFilter => (
                "filter ",
                "words, -words, >500 for calls slower than 500 ms",
            ),
            Self::Query => ("query ", "up and down: queries to begin with"),
            Self::Time => ("go to ", "17:20   20m   2026-11-28T17:20   2 hours ago"),
            Self::Export => ("write to ", "a name that ends in .jsonl gets JSON lines"),
            Self::ExportMarked => (
                "write the marked lines to ",
                "up: all lines that are shown; .jsonl: as JSON lines",
            ),
        }
    }
}

impl LogsPrompt {
    fn new(kind: PromptKind, text: &str) -> Self {
        Self {
            kind,
            input: LineInput::new(text),
            recalled: None,
        }
    }

    /// Returns the prompt of the key that finds a text: in lines a search, in calls and patterns a filter.
    pub(super) fn search(logs: &Logs) -> Self {
        match logs.view {
            LogsView::Lines => Self::new(PromptKind::Search, ""),
            LogsView::Calls => Self::new(PromptKind::RowFilter, logs.calls.filter()),
            LogsView::Patterns => Self::new(PromptKind::RowFilter, logs.patterns.filter()),
            LogsView::Query => Self::query(&logs.query_to_edit()),
        }
    }

    pub(super) fn query(text: &str) -> Self {
        Self::new(PromptKind::Query, text)
    }

    /// Which of the suggestions is shown.
    pub(super) const fn recalled(&self) -> Option<usize> {
        self.recalled
    }

    pub(super) fn filter(logs: &Logs) -> Self {
        match logs.view {
            LogsView::Lines => Self::new(PromptKind::Filter, &logs.filter),
            LogsView::Calls | LogsView::Patterns | LogsView::Query => Self::search(logs),
        }
    }

    pub(super) fn time() -> Self {
        Self::new(PromptKind::Time, "")
    }

    pub(super) fn export(logs: &Logs) -> Self {
        let stem: String = logs
            .source
            .as_ref()
            .map_or("logs", |source| source.title.as_str())
            .chars()
            .map(|letter| {
                if letter.is_alphanumeric() {
                    letter
                } else {
                    '-'
                }
            })
            .collect();
        let ending = match logs.view {
            LogsView::Lines => "log",
            LogsView::Calls | LogsView::Patterns | LogsView::Query => "jsonl",
        };
        let (kind, what) = if logs.view == LogsView::Lines && !logs.marks.is_empty() {
            (PromptKind::ExportMarked, "marked")
        } else {
            (PromptKind::Export, logs.view.title())
        };
        Self::new(kind, &format!("{stem}-{what}.{ending}"))
    }
}

impl Logs {
    pub(super) fn open_prompt(&mut self, prompt: LogsPrompt) -> ScreenUpdate {
        self.prompt = Some(prompt);
        ScreenUpdate::done()
    }

    pub(super) fn accept_prompt(&mut self, context: &UpdateContext<'_>) -> ScreenUpdate {
        let Some(prompt) = self.prompt.take() else {
            return ScreenUpdate::ignored();
        };
        let text = prompt.input.text();
        match prompt.kind {
            PromptKind::Search => {
                self.set_search(text);
                if self.search.is_empty() {
                    ScreenUpdate::done()
                } else {
                    self.jump_to_hit(true)
                }
            }
            PromptKind::Filter => {
                self.set_filter(text);
                ScreenUpdate::done()
            }
            PromptKind::RowFilter => {
                match self.view {
                    LogsView::Lines | LogsView::Query => {}
                    LogsView::Calls => self.calls.set_filter(text),
                    LogsView::Patterns => self.patterns.set_filter(text),
                }
                self.refresh_rows();
                ScreenUpdate::done()
            }
            PromptKind::Query
            | PromptKind::Time
            | PromptKind::Export
            | PromptKind::ExportMarked
                if text.trim().is_empty() =>
            {
                ScreenUpdate::done()
            }
            PromptKind::Query => self.ask_query(text, context),
            PromptKind::Time => ScreenUpdate::request(AppRequest::LogsAt(text.to_owned())),
            PromptKind::Export => self.export(text.trim(), false),
            PromptKind::ExportMarked => self.export(text.trim(), true),
        }
    }

    /// Puts a filter in front of those that were used.
    pub(super) fn remember_filter(&mut self) {
        if self.filter.is_empty()
            || self.filter.starts_with("call=")
            || self.filter.contains("pattern=")
        {
            return;
        }
        let filter = self.filter.clone();
        self.used_filters.retain(|used| *used != filter);
        self.used_filters.insert(0, filter);
        self.used_filters.truncate(USED_FILTERS);
    }

    /// Shows the next older or newer one of the used filters in the prompt, or the one above or below of the suggested queries.
    pub(super) fn recall(&mut self, is_previous: bool) {
        let kind = self.prompt.as_ref().map(|prompt| prompt.kind);
        let texts: Vec<String> = match kind {
            Some(PromptKind::Filter) => self.used_filters.clone(),
            Some(PromptKind::Query) => {
                let suggested = self.suggested_queries().into_iter();
                suggested.map(|(_, text)| text).collect()
            }
            Some(PromptKind::Export | PromptKind::ExportMarked) => {
                self.switch_export();
                return;
            }
            Some(PromptKind::Search | PromptKind::RowFilter | PromptKind::Time) | None => return,
        };
        let Some(prompt) = &mut self.prompt else {
            return;
        };
        // Filters lie above the prompt, the latest next to it; queries are listed below it.
        let is_away = is_previous == (prompt.kind == PromptKind::Filter);
        let next = match (prompt.recalled, is_away) {
            (None, true) => Some(0),
            (Some(at), true) => Some((at + 1).min(texts.len().saturating_sub(1))),
            (Some(at), false) => at.checked_sub(1),
            (None, false) => None,
        };
        prompt.recalled = next;
        let text = next.and_then(|at| texts.get(at));
        prompt.input = LineInput::new(text.cloned().unwrap_or_default());
    }

    /// Switches an export between the marked lines and all that are shown.
    fn switch_export(&mut self) {
        if self.marks.is_empty() {
            return;
        }
        if let Some(prompt) = &mut self.prompt {
            prompt.kind = if prompt.kind == PromptKind::Export {
                PromptKind::ExportMarked
            } else {
                PromptKind::Export
            };
        }
    }
}
