//! Logs: the lines of what was chosen, the tool calls in them, and their patterns, over any window of time.

mod act;
mod calls;
mod calls_view;
mod detail;
mod detail_tree;
mod export;
mod field_columns;
mod head;
mod histogram;
mod line_cells;
mod lines;
mod lines_view;
mod marks;
mod named;
mod offers;
mod patterns;
mod patterns_view;
mod prompt;
mod query;
mod query_bar;
mod query_cells;
mod query_chart;
mod query_row;
mod query_view;
mod range;
mod row_list;
mod source;
mod viewports;
mod waterfall;
mod waterfall_panels;
mod waterfall_view;

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::{AppRequest, ClickPlace, Screen, ScreenUpdate, UpdateContext, ViewContext};
use crate::{
    calls::TailFindings,
    keys::Layer,
    logs::{
        FilterScope, Level, LogRecord,
        store::{Entry, LogStore},
    },
    messages::{Action, Effect, Effects, LogsAction, Route, Slot},
    model::{Failure, LogBatch, Moment, NoticeKind, TailMode, TailStatus},
    state::{LogsMemory, NamedText},
    theme::Role,
    widgets::{List, Painter},
};

use calls::CallsList;
use detail::LineDetail;
use lines::TimeFormat;
use marks::LineMarks;
use patterns::PatternsList;
use prompt::LogsPrompt;
use query::QueryPanel;
use range::LogRange;
use waterfall::OpenWaterfall;

pub use calls::{CallLookup, LookupView};
pub use source::{LogWindow, SourcePart, TailSource, owner_ids};

/// The state of the Logs screen.
#[derive(Clone, Debug, Default)]
pub struct Logs {
    source: Option<TailSource>,
    store: LogStore,
    range: LogRange,
    status: TailStatus,
    /// When the last batch arrived.
    heard: Option<Moment>,
    /// Where a tail that was left goes on.
    left_at: Option<Moment>,
    failure: Option<Failure>,
    view: LogsView,
    /// What was found in the lines so far.
    findings: TailFindings,
    list: List,
    /// Whether the cursor stays on the newest line.
    follows: bool,
    unseen: usize,
    /// Lines later than this are new since the cursor left the newest line.
    unseen_since: Option<Moment>,
    wrap: bool,
    times: TimeFormat,
    search: String,
    /// The text of the filter of the lines.
    filter: String,
    wrong: Option<String>,
    /// Levels and sources that are left out.
    hidden: FilterScope,
    detail: Option<LineDetail>,
    marks: LineMarks,
    /// The line that was read before a filter let nothing through.
    filtered_away: Option<Entry>,
    calls: CallsList,
    patterns: PatternsList,
    query: QueryPanel,
    waterfall: Option<OpenWaterfall>,
    /// The screen that asked for the call that is shown.
    asked_from: Option<Route>,
    /// Whether the cursor goes to the line of the cause, or the first failed line, while the lines of a call come in.
    seeks_failed: bool,
    /// The time from which on that line counts.
    seeks_from: Option<Moment>,
    /// Time and log group of the line that states why the call failed whose lines are shown.
    cause_line: Option<(Moment, String)>,
    prompt: Option<LogsPrompt>,
    /// Filters that were used, the latest first.
    used_filters: Vec<String>,
    /// Filters that are kept under a name.
    named_filters: Vec<NamedText>,
    /// Fields of JSON lines that are shown as columns.
    fields: Vec<String>,
    /// Whether the histogram is shown; by the height of the window if the user has not chosen.
    histogram: Option<bool>,
}

/// What of the logs is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogsView {
    /// Lines.
    #[default]
    Lines,
    /// Tool calls.
    Calls,
    /// Patterns.
    Patterns,
    /// A query of Logs Insights and its rows.
    Query,
}

impl LogsView {
    const ALL: [Self; 4] = [Self::Lines, Self::Calls, Self::Patterns, Self::Query];

    const fn title(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Calls => "calls",
            Self::Patterns => "patterns",
            Self::Query => "query",
        }
    }

    fn next(self) -> Self {
        match self {
            Self::Lines => Self::Calls,
            Self::Calls => Self::Patterns,
            Self::Patterns => Self::Query,
            Self::Query => Self::Lines,
        }
    }
}

/// Lines of the window from which on the histogram is shown by itself.
const HISTOGRAM_FROM: u16 = 24;

impl Logs {
    /// Creates the screen as it was left in the last run.
    pub fn restored(memory: &LogsMemory) -> Self {
        let view = LogsView::ALL
            .into_iter()
            .find(|view| view.title() == memory.view)
            .unwrap_or_default();
        Self {
            view,
            used_filters: memory.filters.clone(),
            named_filters: memory.named_filters.clone(),
            fields: memory.fields.clone(),
            query: QueryPanel::restored(&memory.queries, &memory.named_queries),
            histogram: memory.histogram,
            wrap: memory.wrap,
            ..Self::default()
        }
    }

    /// Returns what is remembered for the next run.
    pub fn memory(&self) -> LogsMemory {
        LogsMemory {
            view: self.view.title().to_owned(),
            filters: self.used_filters.clone(),
            queries: self.query.used().to_vec(),
            histogram: self.histogram,
            wrap: self.wrap,
            fields: self.fields.clone(),
            named_filters: self.named_filters.clone(),
            named_queries: self.query.named.clone(),
        }
    }

    /// Returns whether a deployment or log group was chosen.
    pub const fn has_source(&self) -> bool {
        self.source.is_some()
    }

    /// Takes in a batch of lines.
    pub fn arrived(&mut self, mut batch: LogBatch<LogRecord>, now: Moment) {
        self.status = batch.status.unwrap_or(self.status);
        self.heard = Some(now);
        self.failure = None;
        self.range.unavailable.extend(
            batch
                .notices
                .iter()
                .filter(|notice| {
                    matches!(notice.kind, NoticeKind::Unavailable | NoticeKind::Missing)
                })
                .map(|notice| notice.text.clone()),
        );
        if batch.status.is_some() || self.range.older.is_some() {
            // The head counts the groups that a tail waits for: a line about each would stay after they have come. A reading of older lines
            // does not wait for them.
            batch
                .notices
                .retain(|notice| notice.kind != NoticeKind::Missing);
        }
        match (batch.complete_from, batch.status) {
            (Some(from), Some(_)) => self.range.since = self.range.since.max(from),
            (from, None) => self.range.cut = self.range.cut.max(from),
            (None, Some(_)) => {}
        }
        let before = self.store.len();
        let read = self.current();
        // What a back-fill brings is no news.
        let new = if self.follows {
            self.unseen_since = None;
            0
        } else {
            let since = *self
                .unseen_since
                .get_or_insert_with(|| self.store.newest().unwrap_or(now));
            let events = batch.events.iter();
            events.filter(|event| event.timestamp() > since).count()
        };
        self.store.push_batch(batch);
        self.stay(read.as_ref());
        self.select_failed_line();
        self.unseen += new.min(self.store.len().saturating_sub(before));
    }

    /// All stored lines of a window have been read.
    pub fn window_read(&mut self, result: Result<(), Failure>) -> ScreenUpdate {
        let older = self.range.older.take();
        let cut = self.range.cut.take();
        let wanted = self.range.wanted.take();
        self.store.forget_expected_older();
        match result {
            Ok(()) => {
                self.range.since = cut.or(older).unwrap_or(self.range.since);
                self.status.is_backfilled |= self.range.until.is_some();
                if let Some(at) = wanted {
                    self.select_time(at);
                }
                cut.map_or_else(ScreenUpdate::done, |_| {
                    ScreenUpdate::request(AppRequest::Say(format!(
                        "only the newest {} lines of that time were read",
                        head::thousands(source::WINDOW_LINES)
                    )))
                })
            }
            Err(failure) if older.is_some() => ScreenUpdate::request(AppRequest::Complain(failure)),
            Err(failure) => {
                self.failure = Some(failure);
                ScreenUpdate::done()
            }
        }
    }

    /// Calls and patterns were found.
    pub fn found(&mut self, findings: TailFindings) {
        self.findings = findings;
        self.refresh_rows();
        self.open_wanted_call();
        self.refresh_waterfall();
        self.resolve_call_filter();
    }

    /// The rows of calls and patterns, after a change of what was found or of what is shown.
    fn refresh_rows(&mut self) {
        let window = self.range.window;
        self.calls.refresh(&self.findings.calls, window);
        self.patterns.refresh(&self.findings.patterns, window);
    }

    /// The tail has ended.
    pub fn failed(&mut self, failure: Failure) {
        self.failure = Some(failure);
    }

    /// Returns whether its rates still move by themselves: something was written lately.
    pub fn is_lively(&self, now: Moment) -> bool {
        const LIVELY_MS: i64 = 70_000;
        self.source.is_some()
            && self
                .store
                .newest()
                .is_some_and(|newest| now.since(newest) < LIVELY_MS)
    }

    fn shows_histogram(&self, height: u16) -> bool {
        self.histogram.unwrap_or(height >= HISTOGRAM_FROM)
    }

    fn draw_body(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        if let Some(open) = &self.waterfall {
            self.draw_waterfall(open, context, area, painter);
            return;
        }
        self.draw_view_line(context, Rect { height: 1, ..area }, painter);
        let mut body = Rect {
            y: area.y + 1,
            height: area.height.saturating_sub(1),
            ..area
        };
        if self.view == LogsView::Query {
            self.draw_query(context, body, painter);
            return;
        }
        if self.shows_histogram(area.height) {
            let height = self.draw_histogram(context, body, painter).min(body.height);
            body.y += height;
            body.height -= height;
        }
        if self.failure.is_some() && self.store.is_empty() {
            self.draw_empty(context, body, painter);
            return;
        }
        match self.view {
            LogsView::Lines => self.draw_lines_and_detail(context, body, painter),
            LogsView::Calls => self.draw_calls(context, body, painter),
            LogsView::Patterns => self.draw_patterns(context, body, painter),
            LogsView::Query => {}
        }
    }
}

impl Screen for Logs {
    fn layers(&self) -> Vec<Layer> {
        if self.prompt.is_some() {
            vec![Layer::Prompt]
        } else if self.waterfall.is_some() {
            vec![Layer::Waterfall, Layer::List]
        } else if self.shows_unfocused_detail() {
            vec![Layer::OpenLine, Layer::Logs, Layer::List]
        } else {
            vec![Layer::Logs, Layer::List]
        }
    }

    fn is_typing(&self) -> bool {
        self.prompt.is_some()
    }

    fn press(&mut self, key: KeyEvent, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        match &mut self.prompt {
            Some(prompt) => {
                prompt.press(key);
                ScreenUpdate::done()
            }
            None => ScreenUpdate::ignored(),
        }
    }

    fn paste(&mut self, text: &str, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        if let Some(prompt) = &mut self.prompt {
            prompt.input.paste(text);
        }
        ScreenUpdate::done()
    }

    fn enter(&mut self, context: &mut UpdateContext<'_>) -> Effects {
        if self.source.is_some() {
            self.resume(context.now)
        } else {
            self.next_source(context).effects
        }
    }

    /// Ends the tail: a live session is billed by the minute. Entering the screen again fills in what was missed.
    fn leave(&mut self, context: &mut UpdateContext<'_>) -> Effects {
        if self.source.is_none() {
            return Effects::none();
        }
        self.left_at = Some(self.resume_from(context.now));
        self.asked_from = None;
        Effects::one(Effect::Stop(Slot::Tail))
    }

    fn act(&mut self, action: Action, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        self.perform(action, context)
    }

    fn click(&mut self, place: ClickPlace, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        self.clicked(place.column, place.line)
    }

    fn headline(&self, context: &ViewContext<'_>) -> Option<Vec<(String, Role)>> {
        match &self.waterfall {
            Some(open) => Some(waterfall_view::headline(open, context)),
            None => self.source_headline(context),
        }
    }

    fn way_back(&self, _look: &ViewContext<'_>) -> Option<&'static str> {
        self.leads_back()
    }

    fn offers(&self, action: Action, _look: &ViewContext<'_>) -> bool {
        self.offers_now(action)
    }

    fn view(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        if self.source.is_none() {
            draw_unchosen(context, area, painter);
            return;
        }
        self.draw_body(context, area, painter);
    }
}

/// What is shown before any logs were chosen.
fn draw_unchosen(context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
    let key = context
        .keymap
        .key_of(&[Layer::Logs], Action::Logs(LogsAction::NextSource))
        .unwrap_or_default();
    painter.text(
        area.x + 3,
        area.y + 1,
        area.width,
        "No logs are chosen yet.",
        Role::Name,
    );
    painter.spans(
        area.x + 3,
        area.y + 2,
        area.width,
        &[
            (key.as_str(), Role::Accent),
            (" opens the next deployment's logs.", Role::Dim),
        ],
    );
}

/// Returns the mode of the tail as glyph, word and colour.
fn mode_look(status: &TailStatus, follows: bool, spinner: &str) -> (String, Role) {
    match (status.mode, follows) {
        (TailMode::Starting, _) => (format!("{spinner} starting"), Role::Changing),
        (TailMode::Live, true) => ("● live".to_owned(), Role::Success),
        (TailMode::Live, false) => ("◐ paused".to_owned(), Role::Accent),
        (TailMode::Polling, _) => ("▲ polling".to_owned(), Role::Degraded),
        (TailMode::Reconnecting, _) => (format!("{spinner} reconnecting"), Role::Degraded),
        (TailMode::Paused, _) => ("◆ sign in again".to_owned(), Role::Failed),
    }
}

/// Returns the word and the colour of a level.
pub(super) const fn level_look(level: Option<Level>) -> (&'static str, Role) {
    match level {
        Some(Level::Trace) => ("TRACE", Role::Faint),
        Some(Level::Debug) => ("DEBUG", Role::Faint),
        Some(Level::Info) => ("INFO", Role::Dim),
        Some(Level::Warn) => ("WARN", Role::Degraded),
        Some(Level::Error) => ("ERROR", Role::Failed),
        Some(Level::Fatal) => ("FATAL", Role::Failed),
        None => ("", Role::Dim),
    }
}

/// Returns the hue of a hop or of what writes to a log group.
pub(super) fn hop_role(word: &str) -> Role {
    match word {
        "gateway" => Role::Gateway,
        "interceptor" => Role::Interceptor,
        "runtime" => Role::Runtime,
        "neo4j" => Role::Database,
        "spans" => Role::Dim,
        _ => Role::Text,
    }
}
