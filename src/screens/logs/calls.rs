//! The list of tool calls: order, filter, cursor, and the call that another screen asked for.

use std::sync::Arc;

use super::{AppRequest, Logs, LogsView, row_list::click_row, waterfall::OpenWaterfall};
use crate::{
    calls::{CallTrace, LoggedCall, LoggedOutcome, call_passes},
    logs::store::{Body, Entry},
    messages::{Action, ListAction, Route},
    model::{DeploymentName, McpEndpoint, McpTarget, Moment},
    screens::ScreenUpdate,
    widgets::List,
};

/// Lines of a call among which the first one that failed is looked for.
const CALL_ROWS: usize = 1_000;

/// A call that another screen asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallLookup {
    /// Trace, request or session ids of the call; none: the calls around a time.
    pub ids: Vec<String>,
    /// When it happened, more or less.
    pub at: Moment,
    /// What of it is shown.
    pub shows: LookupView,
}

/// What is shown of a call that another screen asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LookupView {
    /// Its waterfall.
    #[default]
    Waterfall,
    /// Its lines.
    Lines,
}

/// The column by which calls are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum CallOrder {
    /// The newest first.
    #[default]
    Time,
    /// The slowest first.
    Duration,
    /// By tool.
    Tool,
    /// What failed first.
    Outcome,
}

impl CallOrder {
    const fn next(self) -> Self {
        match self {
            Self::Time => Self::Duration,
            Self::Duration => Self::Tool,
            Self::Tool => Self::Outcome,
            Self::Outcome => Self::Time,
        }
    }
}

/// The list of tool calls.
#[derive(Clone, Debug, Default)]
pub(super) struct CallsList {
    rows: Vec<Arc<LoggedCall>>,
    pub(super) list: List,
    pub(super) order: CallOrder,
    filter: String,
    pub(super) failed_only: bool,
    /// Whether the selected call is opened in place.
    pub(super) is_open: bool,
    /// Whether the cursor was moved, so that it stays on its call instead of the first row.
    has_moved: bool,
    /// The call that another screen asked for and that was not found yet.
    pub(super) wanted: Option<CallLookup>,
}

impl CallsList {
    /// Returns the same list without calls.
    pub(super) fn emptied(&self) -> Self {
        Self {
            order: self.order,
            filter: self.filter.clone(),
            failed_only: self.failed_only,
            ..Self::default()
        }
    }

    pub(super) fn rows(&self) -> &[Arc<LoggedCall>] {
        &self.rows
    }

    pub(super) fn filter(&self) -> &str {
        &self.filter
    }

    pub(super) fn set_filter(&mut self, text: &str) {
        text.trim().clone_into(&mut self.filter);
    }

    pub(super) fn toggle_failed_only(&mut self) {
        self.failed_only = !self.failed_only;
    }

    pub(super) fn selected(&self) -> Option<&Arc<LoggedCall>> {
        self.rows.get(self.list.cursor())
    }

    /// Shows the calls that pass the filter and began within the window. The cursor stays on its call.
    pub(super) fn refresh(&mut self, calls: &[Arc<LoggedCall>], window: Option<(Moment, Moment)>) {
        let selected = self.selected().filter(|_| self.has_moved).cloned();
        self.rows = calls
            .iter()
            .filter(|call| window.is_none_or(|(from, until)| (from..=until).contains(&call.at)))
            .filter(|call| !self.failed_only || call.outcome != LoggedOutcome::Ok)
            .filter(|call| call_passes(call, &self.filter))
            .cloned()
            .collect();
        self.rows.reverse();
        match self.order {
            CallOrder::Time => {}
            CallOrder::Duration => self
                .rows
                .sort_by_key(|call| std::cmp::Reverse(call.duration_ms)),
            CallOrder::Tool => self.rows.sort_by(|one, other| one.tool.cmp(&other.tool)),
            CallOrder::Outcome => self.rows.sort_by_key(|call| rank(call.outcome)),
        }
        let place = selected.and_then(|selected| {
            self.rows
                .iter()
                .position(|call| call.at == selected.at && call.id() == selected.id())
        });
        match place {
            Some(row) => self.list.carry(row),
            None if self.has_moved => {}
            None => self.list.select(0),
        }
        self.list.clamp(self.rows.len());
    }

    fn select(&mut self, row: usize) {
        self.has_moved = true;
        self.list.select(row);
    }

    /// To the next call that is not ok. Returns whether there is one.
    pub(super) fn jump_to_failed(&mut self, backwards: bool) -> bool {
        let found = next_row(self.rows.len(), self.list.cursor(), backwards, |row| {
            self.rows
                .get(row)
                .is_some_and(|call| call.outcome != LoggedOutcome::Ok)
        });
        if let Some(row) = found {
            self.select(row);
        }
        found.is_some()
    }

    /// Returns whether a call is opened.
    pub(super) const fn is_open(&self) -> bool {
        self.is_open
    }

    /// Returns whether not all calls are shown.
    pub(super) const fn is_filtered(&self) -> bool {
        !self.filter.is_empty() || self.failed_only || self.wanted.is_some()
    }

    /// Returns whether one of the shown calls is not ok.
    pub(super) fn has_failed(&self) -> bool {
        self.rows
            .iter()
            .any(|call| call.outcome != LoggedOutcome::Ok)
    }

    /// Closes the opened call, or takes off the filter. Returns whether there was either.
    pub(super) fn close(&mut self) -> bool {
        if std::mem::take(&mut self.is_open) {
            return true;
        }
        let had_filter = !self.filter.is_empty() || self.failed_only;
        self.filter.clear();
        self.failed_only = false;
        self.wanted.take().is_some() || had_filter
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

/// Returns the order of outcomes: what needs a look first.
const fn rank(outcome: LoggedOutcome) -> u8 {
    match outcome {
        LoggedOutcome::Error => 0,
        LoggedOutcome::Denied => 1,
        LoggedOutcome::Throttled => 2,
        LoggedOutcome::Consent => 3,
        LoggedOutcome::Unknown => 4,
        LoggedOutcome::Ok => 5,
    }
}

/// Returns the next row after `from` (before it, backwards) that is wanted, going round the end once.
pub(super) fn next_row(
    length: usize,
    from: usize,
    backwards: bool,
    wanted: impl Fn(usize) -> bool,
) -> Option<usize> {
    (1..=length)
        .map(|step| {
            if backwards {
                (from + length - step % length.max(1)) % length
            } else {
                (from + step) % length
            }
        })
        .find(|row| wanted(*row))
}

impl Logs {
    pub(super) fn act_on_calls(&mut self, action: ListAction) -> ScreenUpdate {
        let length = self.calls.rows.len();
        if self.calls.list.act(Action::List(action), length) {
            self.calls.has_moved = self.calls.list.cursor() > 0;
            return ScreenUpdate::done();
        }
        match action {
            ListAction::Open if self.calls.is_open => self.open_call(),
            ListAction::Open => {
                self.calls.is_open = self.calls.selected().is_some();
                self.calls.has_moved = true;
                ScreenUpdate::done()
            }
            ListAction::Sort => {
                self.calls.order = self.calls.order.next();
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

    /// Opens the waterfall of the selected call, or of the call that the selected line belongs to.
    pub(super) fn open_call(&mut self) -> ScreenUpdate {
        let call = match self.view {
            LogsView::Lines => self.call_of_line(),
            LogsView::Calls => self.calls.selected().cloned(),
            LogsView::Patterns | LogsView::Query => None,
        };
        match call {
            Some(call) => {
                self.waterfall = Some(OpenWaterfall::of(
                    call,
                    &self.range.unavailable,
                    self.spans_read(),
                ));
                ScreenUpdate::done()
            }
            None => {
                ScreenUpdate::request(AppRequest::Say("no tool call holds this row".to_owned()))
            }
        }
    }

    fn call_of_line(&self) -> Option<Arc<LoggedCall>> {
        let entry = self.current()?;
        let Body::Event { group, .. } = entry.body else {
            return None;
        };
        self.findings
            .calls
            .iter()
            .find(|call| call.has_line(entry.at, &group))
            .cloned()
    }

    /// Shows a call as soon as its lines are here; without ids, the calls around a time. From a call that was asked for, the way back
    /// leads to the screen that asked.
    pub fn look_up(&mut self, lookup: CallLookup, from: Route) {
        self.asked_from = Some(from).filter(|from| *from != Route::Logs && !lookup.ids.is_empty());
        self.view = LogsView::Calls;
        self.waterfall = None;
        self.range.window = None;
        self.calls.filter.clear();
        self.calls.failed_only = false;
        self.calls.wanted = Some(lookup);
        self.refresh_rows();
        self.open_wanted_call();
    }

    /// Returns whether the tail already covers the calls of a deployment with these log groups at a time.
    pub fn covers(&self, deployment: &DeploymentName, groups: &[String], at: Moment) -> bool {
        let is_open = self.source.as_ref().is_some_and(|source| {
            source.parts.iter().any(|part| {
                part.deployment == *deployment
                    && groups.iter().all(|group| part.groups.contains(group))
            })
        });
        is_open && self.range.since <= at && self.range.until.is_none_or(|until| at <= until)
    }

    /// Opens the call that another screen asked for, if it was found by now.
    pub(super) fn open_wanted_call(&mut self) {
        let Some(lookup) = &self.calls.wanted else {
            return;
        };
        let rows = &self.calls.rows;
        if lookup.ids.is_empty() {
            let nearest = (0..rows.len()).min_by_key(|row| {
                rows.get(*row)
                    .map_or(i64::MAX, |call| call.at.since(lookup.at).abs())
            });
            if let Some(row) = nearest {
                self.calls.select(row);
                self.calls.is_open = true;
            }
            // A nearer one may be read yet.
            return;
        }
        let found = lookup
            .ids
            .iter()
            .find_map(|id| rows.iter().position(|call| call.has_id(id)));
        if let Some(row) = found {
            let shows = lookup.shows;
            self.calls.select(row);
            self.calls.wanted = None;
            match (shows, self.calls.selected().cloned()) {
                (LookupView::Lines, Some(call)) => {
                    self.show_lines_of_call(&call);
                }
                (LookupView::Lines, None) | (LookupView::Waterfall, _) => {
                    let _ = self.open_call();
                }
            }
        }
    }

    /// Shows the lines of a call, the cursor on the one that states why it failed. Returns whether it has an id to be found by.
    pub(super) fn show_lines_of_call(&mut self, call: &LoggedCall) -> bool {
        let Some(id) = call.id() else { return false };
        let trace = CallTrace::new(call.clone(), Vec::new(), self.spans_read());
        let mut lines = trace.lines.into_iter();
        self.cause_line = lines
            .find(|line| line.is_cause)
            .map(|line| (Moment::from_millis(line.timestamp), line.source));
        self.waterfall = None;
        self.view = LogsView::Lines;
        self.detail = None;
        self.stop_following();
        self.set_filter(&format!("call={id}"));
        (self.seeks_failed, self.seeks_from) = (true, None);
        self.select_failed_line();
        true
    }

    /// Puts the cursor on the first line that failed from a time on, while the lines come in and until a key is pressed.
    pub fn seek_failed_line(&mut self, from: Moment) {
        self.view = LogsView::Lines;
        self.stop_following();
        (self.seeks_failed, self.seeks_from) = (true, Some(from));
        self.cause_line = None;
        self.select_failed_line();
    }

    /// Puts the cursor on the line of the cause, else on the first line that failed, else on the first one, as long as the lines of a call
    /// that was asked for are only coming in.
    pub(super) fn select_failed_line(&mut self) {
        if !self.seeks_failed {
            return;
        }
        let from = self.seeks_from.map_or(0, |at| self.row_at(at));
        let end = self.store.len().min(from.saturating_add(CALL_ROWS));
        let rows = self.store.rows(from..end);
        let is_line = |entry: &Entry| matches!(entry.body, Body::Event { .. });
        let is_cause = |entry: &Entry| match (&entry.body, &self.cause_line) {
            (Body::Event { group, .. }, Some((at, of_group))) => {
                entry.at == *at && **group == **of_group
            }
            (Body::Event { .. } | Body::Notice(_), _) => false,
        };
        let causes = || rows.iter().enumerate().filter(|(_, entry)| is_cause(entry));
        // Several lines of a millisecond: the cause is an error.
        let cause = causes().find(|(_, entry)| entry.is_error());
        let cause = cause.or_else(|| causes().next()).map(|(row, _)| row);
        let failed = cause.or_else(|| rows.iter().position(Entry::is_error));
        let first = failed.or_else(|| rows.iter().position(is_line));
        // What failed at that time may not have been read yet: until then the cursor waits at the end.
        let last = self.store.len().saturating_sub(1);
        let otherwise = if from == 0 { 0 } else { last };
        self.list.select(first.map_or(otherwise, |row| from + row));
    }

    /// Ends the search for calls around a time: the user goes on from what was found.
    pub(super) fn settle_lookup(&mut self) {
        let is_around = |lookup: &mut CallLookup| lookup.ids.is_empty();
        let _ = self.calls.wanted.take_if(is_around);
    }

    /// Returns the screen to which the way back leads from the call that it asked for.
    pub(super) fn way_out(&self) -> Option<Route> {
        let shows_call = self.waterfall.is_some()
            || self.calls.wanted.is_some()
            || self.view == LogsView::Lines
                && self.filter.starts_with("call=")
                && self.detail.is_none();
        self.asked_from
            .filter(|_| shows_call && self.prompt.is_none())
    }

    /// Leaves the call that another screen asked for.
    pub(super) fn go_out(&mut self, route: Route) -> ScreenUpdate {
        self.asked_from = None;
        self.waterfall = None;
        self.calls.wanted = None;
        if self.filter.starts_with("call=") {
            self.set_filter("");
        }
        ScreenUpdate::request(AppRequest::Show(route))
    }

    /// Opens Tools with the deployment of the selected call.
    pub(super) fn call_in_tools(&mut self) -> ScreenUpdate {
        let call = match &self.waterfall {
            Some(open) => Some(open.call()),
            None => self.calls.selected(),
        };
        match call.filter(|call| !call.deployment.is_empty()) {
            Some(call) => ScreenUpdate::request(AppRequest::Tools(McpEndpoint {
                deployment: call.deployment.as_str().into(),
                target: McpTarget::Default,
            })),
            None => ScreenUpdate::request(AppRequest::Say(
                "the logs do not say which deployment this call went through".to_owned(),
            )),
        }
    }
}
