//! What the keys of Logs do.

use std::sync::Arc;

use super::{AppRequest, Logs, LogsView, prompt::LogsPrompt, range::WindowMove};
use crate::{
    logs::Level,
    messages::{Action, AppAction, Effect, ListAction, LogsAction, PromptAction},
    model::Moment,
    screens::{ScreenUpdate, UpdateContext},
};

/// The levels that an action shows or hides.
const LEVEL_TOGGLES: [(LogsAction, &[Option<Level>]); 4] = [
    (
        LogsAction::ToggleErrors,
        &[Some(Level::Error), Some(Level::Fatal)],
    ),
    (LogsAction::ToggleWarnings, &[Some(Level::Warn)]),
    (LogsAction::ToggleInfo, &[Some(Level::Info)]),
    (
        LogsAction::ToggleDebug,
        &[Some(Level::Debug), Some(Level::Trace), None],
    ),
];

/// The levels that the key for what is bad shows: all, then warnings and errors, then errors alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LevelStep {
    /// All.
    All,
    /// Warnings and what is worse.
    Warnings,
    /// Errors and what is worse.
    Errors,
    /// Others, which were chosen one by one.
    Chosen,
}

impl LevelStep {
    /// Returns the step that hides these levels.
    pub(super) fn of(hidden: &[Option<Level>]) -> Self {
        let is_same = |step: Self| {
            let levels = step.hides();
            levels.len() == hidden.len() && levels.iter().all(|level| hidden.contains(level))
        };
        [Self::All, Self::Warnings, Self::Errors]
            .into_iter()
            .find(|step| is_same(*step))
            .unwrap_or(Self::Chosen)
    }

    const fn next(self) -> Self {
        match self {
            Self::All | Self::Chosen => Self::Warnings,
            Self::Warnings => Self::Errors,
            Self::Errors => Self::All,
        }
    }

    fn hides(self) -> Vec<Option<Level>> {
        let lower = [
            Some(Level::Info),
            Some(Level::Debug),
            Some(Level::Trace),
            None,
        ];
        match self {
            Self::All | Self::Chosen => Vec::new(),
            Self::Warnings => lower.to_vec(),
            Self::Errors => lower.into_iter().chain([Some(Level::Warn)]).collect(),
        }
    }

    /// Returns what is shown, where that is not all.
    pub(super) const fn words(self) -> Option<&'static str> {
        match self {
            Self::All | Self::Chosen => None,
            Self::Warnings => Some("warnings and errors"),
            Self::Errors => Some("errors only"),
        }
    }
}

/// The sources that an action shows or hides, in the order of their keys.
pub(super) const SOURCE_TOGGLES: [(LogsAction, &str); 5] = [
    (LogsAction::ToggleGateway, "gateway"),
    (LogsAction::ToggleInterceptor, "interceptor"),
    (LogsAction::ToggleRuntime, "runtime"),
    (LogsAction::ToggleSpans, "spans"),
    (LogsAction::ToggleOther, "log"),
];

impl Logs {
    pub(super) fn perform(
        &mut self,
        action: Action,
        context: &mut UpdateContext<'_>,
    ) -> ScreenUpdate {
        self.seeks_failed = false;
        self.settle_lookup();
        match action {
            Action::Prompt(action) => self.act_on_prompt(action, context),
            Action::App(AppAction::Back) => self.back(),
            Action::App(AppAction::Refresh) => ScreenUpdate::effects(self.resume(context.now)),
            Action::List(action) => self.act_on_list(action),
            Action::Logs(action) => self.act_on_logs(action, context),
            Action::App(_)
            | Action::Start(_)
            | Action::Fleet(_)
            | Action::Secrets(_)
            | Action::Tools(_)
            | Action::Doctor(_)
            | Action::Activity(_) => ScreenUpdate::ignored(),
        }
    }

    fn act_on_logs(&mut self, action: LogsAction, context: &UpdateContext<'_>) -> ScreenUpdate {
        match action {
            LogsAction::NextLogsView => self.show_view(self.view.next()),
            LogsAction::Follow => self.follow(),
            LogsAction::Search => self.open_prompt(LogsPrompt::search(self)),
            LogsAction::FilterLogs => self.open_prompt(LogsPrompt::filter(self)),
            LogsAction::JumpToTime => self.open_prompt(LogsPrompt::time()),
            LogsAction::LogFields => self.open_prompt(LogsPrompt::fields(self)),
            LogsAction::ExportLogs => self.open_prompt(LogsPrompt::export(self)),
            LogsAction::NextHit => self.next_hit(false),
            LogsAction::PreviousHit => self.next_hit(true),
            LogsAction::NextError => self.next_error(false),
            LogsAction::PreviousError => self.next_error(true),
            LogsAction::NextMark => self.jump_to_mark(false),
            LogsAction::PreviousMark => self.jump_to_mark(true),
            LogsAction::OnlyTrace | LogsAction::OnlySession | LogsAction::OnlyRequest => {
                self.only(action)
            }
            LogsAction::Wrap => {
                self.wrap = !self.wrap;
                ScreenUpdate::done()
            }
            LogsAction::Times => {
                self.times = self.times.next();
                ScreenUpdate::done()
            }
            LogsAction::OnlyUrgentRows => self.toggle_urgent_rows(),
            LogsAction::OpenCall => self.open_call(),
            LogsAction::ItsLines => self.show_lines_of_row(context.now),
            LogsAction::Query => self.open_query_bar(),
            LogsAction::CallInTools => self.call_in_tools(),
            LogsAction::CopyCallId => self.copy_call_id(),
            LogsAction::NextCall => self.next_failed_call(false),
            LogsAction::PreviousCall => self.next_failed_call(true),
            LogsAction::NextSource => self.next_source(context),
            LogsAction::AddSource => self.add_sources(false, context),
            LogsAction::AllSources => self.add_sources(true, context),
            LogsAction::FocusTree => self.act_on_detail(ListAction::Right),
            LogsAction::Histogram => self.toggle_histogram(),
            LogsAction::WindowBack
            | LogsAction::WindowForward
            | LogsAction::ZoomIn
            | LogsAction::ZoomOut
            | LogsAction::Older => self.act_on_window(action, context),
            LogsAction::ToggleErrors
            | LogsAction::ToggleWarnings
            | LogsAction::ToggleInfo
            | LogsAction::ToggleDebug
            | LogsAction::ToggleGateway
            | LogsAction::ToggleInterceptor
            | LogsAction::ToggleRuntime
            | LogsAction::ToggleSpans
            | LogsAction::ToggleOther => self.toggle(action),
        }
    }

    /// Shows lines, calls, patterns or the query.
    pub fn show_view(&mut self, view: LogsView) -> ScreenUpdate {
        self.view = view;
        self.refresh_rows();
        ScreenUpdate::done()
    }

    fn act_on_window(&mut self, action: LogsAction, context: &UpdateContext<'_>) -> ScreenUpdate {
        let now = context.now;
        let is_forward = action == LogsAction::WindowForward;
        if action == LogsAction::Older {
            return self.read_older(None, now);
        }
        if is_forward || action == LogsAction::WindowBack {
            if self.detail.is_some() && self.view == LogsView::Lines {
                return self.act_on_detail(if is_forward {
                    ListAction::Right
                } else {
                    ListAction::Left
                });
            }
            if self.range.shift(is_forward, now) == WindowMove::AtBeginning {
                return self.read_older(None, now);
            }
        } else {
            let is_closer = action == LogsAction::ZoomIn;
            if !is_closer && self.range.window.is_none() {
                // All that was read is shown already: wider is what lies before it.
                return self.read_older(None, now);
            }
            let focus = self.focus_time().filter(|_| is_closer);
            self.range.zoom(is_closer, focus, now);
        }
        if self.range.window.is_some() {
            self.stop_following();
        }
        self.apply_filter();
        self.refresh_rows();
        ScreenUpdate::done()
    }

    fn toggle_histogram(&mut self) -> ScreenUpdate {
        self.histogram = Some(!self.histogram.unwrap_or(true));
        ScreenUpdate::done()
    }

    /// Returns the time of the row under the cursor, unless the newest line is followed.
    fn focus_time(&self) -> Option<Moment> {
        match self.view {
            LogsView::Lines if self.follows => None,
            LogsView::Lines => self.current().map(|entry| entry.at),
            LogsView::Calls => self.calls.selected().map(|call| call.at),
            LogsView::Patterns => self.patterns.selected().map(|pattern| pattern.last_at),
            LogsView::Query => self.query.selected().and_then(|row| row.at),
        }
    }

    /// Shows or hides the lines of a level or a source.
    fn toggle(&mut self, action: LogsAction) -> ScreenUpdate {
        for (_, levels) in LEVEL_TOGGLES.iter().filter(|(key, _)| *key == action) {
            for level in *levels {
                flip(&mut self.hidden.hidden_levels, *level);
            }
        }
        for (_, source) in SOURCE_TOGGLES.iter().filter(|(key, _)| *key == action) {
            flip(&mut self.hidden.hidden_sources, *source);
        }
        self.apply_filter();
        ScreenUpdate::done()
    }

    fn act_on_list(&mut self, action: ListAction) -> ScreenUpdate {
        if let Some(open) = &mut self.waterfall {
            if open.act(action) {
                return ScreenUpdate::done();
            }
            return ScreenUpdate::ignored();
        }
        match self.view {
            LogsView::Lines => self.act_on_lines(action),
            LogsView::Calls => self.act_on_calls(action),
            LogsView::Patterns => self.act_on_patterns(action),
            LogsView::Query => self.act_on_query(action),
        }
    }

    fn act_on_prompt(&mut self, action: PromptAction, context: &UpdateContext<'_>) -> ScreenUpdate {
        match action {
            PromptAction::Accept => self.accept_prompt(context),
            PromptAction::PromptPrevious | PromptAction::PromptNext => {
                self.recall(action == PromptAction::PromptPrevious);
                ScreenUpdate::done()
            }
            PromptAction::Yes | PromptAction::No => ScreenUpdate::ignored(),
        }
    }

    /// Closes or takes off what was opened or set last.
    fn back(&mut self) -> ScreenUpdate {
        if let Some(route) = self.way_out() {
            return self.go_out(route);
        }
        if self.prompt.take().is_some() || self.waterfall.take().is_some() {
            return ScreenUpdate::done();
        }
        if let Some(detail) = &mut self.detail {
            if !detail.leave() {
                self.detail = None;
            }
            return ScreenUpdate::done();
        }
        if self.view == LogsView::Query {
            return self.leave_query();
        }
        if self.view != LogsView::Lines && self.close_rows() {
            return ScreenUpdate::done();
        }
        if !self.filter.is_empty() || self.wrong.is_some() || self.range.window.is_some() {
            self.range.window = None;
            self.set_filter("");
            self.refresh_rows();
            return ScreenUpdate::done();
        }
        if !self.hidden.is_empty() {
            self.hidden = crate::logs::FilterScope::default();
            self.apply_filter();
            return ScreenUpdate::done();
        }
        if !self.search.is_empty() {
            self.set_search("");
            return ScreenUpdate::done();
        }
        ScreenUpdate::ignored()
    }

    /// Closes the opened row of calls or patterns, or takes off their filter.
    fn close_rows(&mut self) -> bool {
        let closed = match self.view {
            LogsView::Lines | LogsView::Query => false,
            LogsView::Calls => self.calls.close(),
            LogsView::Patterns => self.patterns.close(),
        };
        if closed {
            self.refresh_rows();
        }
        closed
    }

    fn next_hit(&mut self, backwards: bool) -> ScreenUpdate {
        match self.view {
            LogsView::Lines => self.jump_to_hit(backwards),
            LogsView::Calls => self.next_error(backwards),
            LogsView::Patterns => found(self.patterns.jump_to_new(backwards)),
            LogsView::Query => ScreenUpdate::ignored(),
        }
    }

    fn next_error(&mut self, backwards: bool) -> ScreenUpdate {
        match self.view {
            LogsView::Lines => self.jump_to_error(backwards),
            LogsView::Calls => found(self.calls.jump_to_failed(backwards)),
            LogsView::Patterns => found(self.patterns.jump_to_error(backwards)),
            LogsView::Query => ScreenUpdate::ignored(),
        }
    }

    fn toggle_urgent_rows(&mut self) -> ScreenUpdate {
        match self.view {
            LogsView::Lines => {
                self.hidden.hidden_levels =
                    LevelStep::of(&self.hidden.hidden_levels).next().hides();
                self.apply_filter();
                return ScreenUpdate::done();
            }
            LogsView::Query => return ScreenUpdate::ignored(),
            LogsView::Calls => self.calls.toggle_failed_only(),
            LogsView::Patterns => self.patterns.toggle_urgent_only(),
        }
        self.refresh_rows();
        ScreenUpdate::done()
    }

    /// Opens the lines of the selected call or pattern.
    fn show_lines_of_row(&mut self, now: Moment) -> ScreenUpdate {
        let call = match (&self.waterfall, self.view) {
            (Some(open), _) => Some(Arc::clone(open.call())),
            (None, LogsView::Calls) => self.calls.selected().cloned(),
            (None, LogsView::Query) => return self.show_lines_of_query_row(now),
            (None, LogsView::Patterns | LogsView::Lines) => None,
        };
        let pattern = self
            .patterns
            .selected()
            .filter(|_| call.is_none() && self.view == LogsView::Patterns)
            .map(|pattern| format!("source={} pattern=\"{}\"", pattern.source, pattern.text));
        let is_shown = match (call, pattern) {
            (Some(call), _) => self.show_lines_of_call(&call),
            (None, Some(filter)) => {
                self.view = LogsView::Lines;
                self.set_filter(&filter);
                true
            }
            (None, None) => false,
        };
        if is_shown {
            ScreenUpdate::done()
        } else {
            ScreenUpdate::request(AppRequest::Say(
                "this row carries no id that its lines could be found by".to_owned(),
            ))
        }
    }

    fn copy_call_id(&self) -> ScreenUpdate {
        let call = match (&self.waterfall, self.view) {
            (Some(open), _) => Some(open.call()),
            (None, LogsView::Calls) => self.calls.selected(),
            (None, LogsView::Lines | LogsView::Patterns | LogsView::Query) => None,
        };
        let of_line = || match self.current()?.body {
            crate::logs::store::Body::Event { line, .. } => {
                line.trace_id.or(line.request_id).or(line.session_id)
            }
            crate::logs::store::Body::Notice(_) => None,
        };
        match call
            .and_then(|call| call.id().map(str::to_owned))
            .or_else(of_line)
        {
            Some(id) => ScreenUpdate::effect(Effect::Copy(id)),
            None => {
                ScreenUpdate::request(AppRequest::Say("there is no id to be copied".to_owned()))
            }
        }
    }

    pub(super) fn clicked(&mut self, column: u16, line: u16) -> ScreenUpdate {
        if self.waterfall.is_some() {
            return ScreenUpdate::ignored();
        }
        self.settle_lookup();
        match self.view {
            LogsView::Lines => match self.list.row_at(column, line) {
                Some(row) => {
                    self.stop_following();
                    self.list
                        .select(row.min(self.store.len().saturating_sub(1)));
                    self.refresh_detail();
                    ScreenUpdate::done()
                }
                None => ScreenUpdate::ignored(),
            },
            LogsView::Calls => self.calls.clicked(column, line),
            LogsView::Patterns => self.patterns.clicked(column, line),
            LogsView::Query => self.click_query_row(column, line),
        }
    }
}

/// Puts a value into a list, or takes it out.
fn flip<T: PartialEq>(values: &mut Vec<T>, value: T) {
    match values.iter().position(|known| *known == value) {
        Some(at) => {
            values.remove(at);
        }
        None => values.push(value),
    }
}

fn found(is_found: bool) -> ScreenUpdate {
    if is_found {
        ScreenUpdate::done()
    } else {
        ScreenUpdate::request(AppRequest::Say("nothing more is found".to_owned()))
    }
}
