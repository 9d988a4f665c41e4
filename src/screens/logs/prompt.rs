//! The prompts of Logs: a text to find, a filter, a query, a time, a file.

use crossterm::event::KeyEvent;

use super::{
    AppRequest, Logs, LogsView,
    field_columns::split_last,
    named::{self, TypedText},
};
use crate::{
    screens::{ScreenUpdate, UpdateContext},
    state::NamedText,
    widgets::LineInput,
};

/// Number of filters that are remembered.
const USED_FILTERS: usize = 30;

/// An open prompt.
#[derive(Clone, Debug)]
pub(super) struct LogsPrompt {
    pub(super) kind: PromptKind,
    pub(super) input: LineInput,
    /// Which of the used filters, suggested queries or proposed fields is shown.
    recalled: Option<usize>,
    /// What was typed before one of them was shown.
    stem: String,
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
    /// Fields that are shown as columns.
    Fields,
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
                "level>=warn  text  -text  /regex/  trace=  source=  field>5   @name=… keeps it",
            ),
            Self::RowFilter => (
                "filter ",
                "words, -words, >500 for calls slower than 500 ms",
            ),
            Self::Query => (
                "query ",
                "up and down: queries to begin with; @name=… keeps one",
            ),
            Self::Fields => (
                "fields ",
                "a,b,c   down: fields of these lines; none: no columns",
            ),
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
            stem: String::new(),
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

    /// Handles a key of a text. Fields that are typed on are proposed anew.
    pub(super) fn press(&mut self, key: KeyEvent) {
        if self.input.press(key) && self.kind == PromptKind::Fields {
            self.recalled = None;
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

    pub(super) fn fields(logs: &Logs) -> Self {
        Self::new(PromptKind::Fields, &logs.fields.join(","))
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
            PromptKind::Filter => self.accept_filter(text),
            PromptKind::Fields => {
                self.set_fields(text);
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
            PromptKind::Query => self.accept_query(text, context),
            PromptKind::Time => ScreenUpdate::request(AppRequest::LogsAt(text.to_owned())),
            PromptKind::Export => self.export(text.trim(), false),
            PromptKind::ExportMarked => self.export(text.trim(), true),
        }
    }

    /// Sets a filter, or keeps, takes or forgets one that has a name.
    fn accept_filter(&mut self, typed: &str) -> ScreenUpdate {
        match TypedText::read(typed, &self.named_filters) {
            TypedText::Text(text) => {
                self.set_filter(&text);
                ScreenUpdate::done()
            }
            TypedText::Keep { name, text } => {
                self.set_filter(&text);
                if self.wrong.is_some() {
                    return ScreenUpdate::done();
                }
                let words = format!("the filter is kept as @{name}");
                named::keep(&mut self.named_filters, name, text);
                ScreenUpdate::request(AppRequest::Say(words))
            }
            TypedText::Forget(name) => forgotten(&mut self.named_filters, &name),
            TypedText::Unknown(name) => {
                let words = NamedText::unknown(&name, &self.named_filters);
                ScreenUpdate::request(AppRequest::Say(words))
            }
        }
    }

    /// Asks a query, or keeps, takes or forgets one that has a name.
    fn accept_query(&mut self, typed: &str, context: &UpdateContext<'_>) -> ScreenUpdate {
        match TypedText::read(typed, &self.query.named) {
            TypedText::Text(text) => self.ask_query(&text, context),
            TypedText::Keep { name, text } => {
                named::keep(&mut self.query.named, name, text.clone());
                self.ask_query(&text, context)
            }
            TypedText::Forget(name) => forgotten(&mut self.query.named, &name),
            TypedText::Unknown(name) => {
                let words = NamedText::unknown(&name, &self.query.named);
                ScreenUpdate::request(AppRequest::Say(words))
            }
        }
    }

    /// Returns what is said behind the open prompt: the names or fields that go with what is typed, otherwise its usual words.
    pub(super) fn prompt_hint(&self, prompt: &LogsPrompt) -> String {
        const SHOWN: usize = 8;
        let typed = prompt.input.text();
        let (begun, proposals) = match prompt.kind {
            PromptKind::Filter if typed.is_empty() || typed.starts_with('@') => {
                (typed, self.filter_names(typed))
            }
            PromptKind::Fields => (typed, self.field_proposals(typed)),
            PromptKind::Filter
            | PromptKind::Search
            | PromptKind::RowFilter
            | PromptKind::Query
            | PromptKind::Time
            | PromptKind::Export
            | PromptKind::ExportMarked => (typed, Vec::new()),
        };
        let usual = prompt.kind.words().1;
        let shown: Vec<&str> = proposals.iter().take(SHOWN).map(String::as_str).collect();
        match (shown.is_empty(), begun.is_empty()) {
            (true, _) => usual.to_owned(),
            (false, true) => format!("{}   {usual}", shown.join(" ")),
            (false, false) => shown.join(" "),
        }
    }

    /// Returns the names of kept filters that begin with what is typed.
    fn filter_names(&self, typed: &str) -> Vec<String> {
        let names = self.named_filters.iter();
        names
            .map(|named| format!("@{}", named.name))
            .filter(|name| name.starts_with(typed))
            .collect()
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
        let Some(prompt) = &mut self.prompt else {
            return;
        };
        if prompt.recalled.is_none() {
            prompt.input.text().clone_into(&mut prompt.stem);
        }
        let (kind, stem) = (prompt.kind, prompt.stem.clone());
        let texts: Vec<String> = match kind {
            PromptKind::Filter if stem.starts_with('@') => self.filter_names(&stem),
            PromptKind::Filter => {
                let used = self.used_filters.iter().cloned();
                used.chain(self.filter_names("")).collect()
            }
            PromptKind::Fields => {
                let (chosen, _) = split_last(&stem);
                let proposals = self.field_proposals(&stem).into_iter();
                proposals.map(|name| format!("{chosen}{name}")).collect()
            }
            PromptKind::Query => {
                let suggested = self.suggested_queries().into_iter();
                suggested.map(|(_, text)| text).collect()
            }
            PromptKind::Export | PromptKind::ExportMarked => {
                self.switch_export();
                return;
            }
            PromptKind::Search | PromptKind::RowFilter | PromptKind::Time => return,
        };
        let Some(prompt) = &mut self.prompt else {
            return;
        };
        // Used filters lie above the prompt, the latest next to it; queries and names are listed below it.
        let is_name = prompt.kind == PromptKind::Filter && prompt.stem.starts_with('@');
        let is_above = prompt.kind == PromptKind::Filter && !is_name;
        let is_away = is_previous == is_above;
        let next = match (prompt.recalled, is_away) {
            (None, is_away) if is_away || is_name => Some(0),
            (Some(at), true) => Some((at + 1).min(texts.len().saturating_sub(1))),
            (Some(at), false) => at.checked_sub(1),
            (None, _) => None,
        };
        prompt.recalled = next;
        let text = next.and_then(|at| texts.get(at)).cloned();
        prompt.input = LineInput::new(text.unwrap_or_else(|| prompt.stem.clone()));
    }

    /// Switches an export between the marked lines and all that are shown.
    fn switch_export(&mut self) {
        if self.marks.is_empty() {
            return;
        }
        if let Some(prompt) = &mut self.prompt {
            let (kind, from, to) = if prompt.kind == PromptKind::Export {
                (PromptKind::ExportMarked, "-lines.", "-marked.")
            } else {
                (PromptKind::Export, "-marked.", "-lines.")
            };
            prompt.kind = kind;
            // The proposed name says what is written; one that was typed stays.
            if prompt.input.text().contains(from) {
                prompt.input = LineInput::new(prompt.input.text().replacen(from, to, 1));
            }
        }
    }
}

/// Forgets a name, and says so.
fn forgotten(kept: &mut Vec<NamedText>, name: &str) -> ScreenUpdate {
    let words = if named::forget(kept, name) {
        format!("@{name} is forgotten")
    } else {
        format!("nothing is kept as @{name}")
    };
    ScreenUpdate::request(AppRequest::Say(words))
}
