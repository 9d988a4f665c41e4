//! The lines: cursor, following, search, filter.

use super::{AppRequest, Logs, LogsView, detail::LineDetail};
use crate::{
    logs::{
        Filter, FilterScope, Level,
        store::{Body, Entry},
    },
    messages::{Action, ListAction, LogsAction},
    screens::ScreenUpdate,
};

/// How the times of lines are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum TimeFormat {
    /// The time of day.
    #[default]
    Absolute,
    /// The age.
    Age,
    /// The time since the line above.
    Delta,
}

impl TimeFormat {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Absolute => Self::Age,
            Self::Age => Self::Delta,
            Self::Delta => Self::Absolute,
        }
    }
}

impl Logs {
    pub(super) fn current(&self) -> Option<Entry> {
        self.store.row(self.list.cursor())
    }

    /// The cursor stays on its line whatever came before it; or on the newest, where that is followed.
    pub(super) fn stay(&mut self, read: Option<&Entry>) {
        match read.filter(|_| !self.follows) {
            Some(line) => self.list.carry(self.store.position(line)),
            None if self.follows => self.list.select(self.store.len().saturating_sub(1)),
            None => {}
        }
        self.list.clamp(self.store.len());
    }

    pub(super) fn stop_following(&mut self) {
        self.follows = false;
    }

    pub(super) fn follow(&mut self) -> ScreenUpdate {
        self.follows = !self.follows;
        if self.follows {
            if self.range.window.take().is_some() {
                self.apply_filter();
                self.refresh_rows();
            }
            self.unseen = 0;
            self.list.select(self.store.len().saturating_sub(1));
            self.refresh_detail();
        }
        ScreenUpdate::done()
    }

    pub(super) fn act_on_lines(&mut self, action: ListAction) -> ScreenUpdate {
        if self.detail.is_some() && self.acts_on_detail(action) {
            let id = (self.detail.as_ref())
                .filter(|_| action == ListAction::Open)
                .and_then(LineDetail::selected_id);
            if let Some(id) = id {
                self.set_filter(&format!("id={id}"));
                return ScreenUpdate::done();
            }
            return self.act_on_detail(action);
        }
        if self.list.page_along(Action::List(action), self.store.len()) {
            let at_end = self.list.cursor() + 1 >= self.store.len();
            self.follows = at_end && action == ListAction::Bottom && self.range.window.is_none();
            if self.follows {
                self.unseen = 0;
            }
            self.refresh_detail();
            return ScreenUpdate::done();
        }
        if action == ListAction::Open {
            self.detail = match self.detail.take() {
                Some(_) => None,
                None => self.opened_line(),
            };
            self.stop_following();
            return ScreenUpdate::done();
        }
        if action == ListAction::Mark {
            return self.mark();
        }
        ScreenUpdate::ignored()
    }

    /// The detail follows the cursor.
    pub(super) fn refresh_detail(&mut self) {
        if self.detail.is_some() {
            self.detail = self.opened_line();
        }
    }

    fn opened_line(&self) -> Option<LineDetail> {
        let entry = self.current()?;
        Some(LineDetail::of(&entry, self.list.width()))
    }

    pub(super) fn jump_to_error(&mut self, backwards: bool) -> ScreenUpdate {
        let cursor = self.list.cursor();
        let found = self.store.next_of_level(cursor, backwards, Level::Error);
        self.jump_to(found)
    }

    /// Returns whether a filter or a search has not gone through all lines yet.
    pub const fn is_scanning(&self) -> bool {
        self.store.is_scanning()
    }

    /// Filters and searches some more lines. The cursor stays on its line.
    pub fn scan_more(&mut self) {
        let was_empty = self.store.is_empty();
        let added = self.store.scan_more();
        let cursor = self.list.cursor() + added;
        if self.follows || was_empty {
            self.list.select(self.store.len().saturating_sub(1));
        } else {
            self.list.carry(cursor);
        }
        self.list.clamp(self.store.len());
        self.select_failed_line();
    }

    pub(super) fn jump_to(&mut self, found: Option<usize>) -> ScreenUpdate {
        match found {
            Some(row) => {
                self.stop_following();
                self.list.select(row);
                self.refresh_detail();
                ScreenUpdate::done()
            }
            None => ScreenUpdate::request(AppRequest::Say("nothing more is found".to_owned())),
        }
    }

    pub(super) fn jump_to_hit(&mut self, backwards: bool) -> ScreenUpdate {
        if self.search.is_empty() {
            return ScreenUpdate::request(AppRequest::Say(
                "nothing is searched for: / finds a text".to_owned(),
            ));
        }
        let found = self.store.next_hit(self.list.cursor(), backwards);
        self.jump_to(found)
    }

    pub(super) fn set_search(&mut self, text: &str) {
        text.clone_into(&mut self.search);
        self.store.set_search(text);
    }

    pub(super) fn set_filter(&mut self, text: &str) {
        match Filter::parse(text) {
            Ok(filter) => {
                self.wrong = None;
                filter.text().clone_into(&mut self.filter);
                self.remember_filter();
                self.apply_filter();
            }
            Err(wrong) => self.wrong = Some(wrong),
        }
    }

    /// Shows the lines that pass the filter, the toggles and the window.
    pub(super) fn apply_filter(&mut self) {
        let Ok(filter) = Filter::parse(&self.filter) else {
            return;
        };
        let scope = FilterScope {
            window: self.range.window,
            ..self.hidden.clone()
        };
        let filter = self.with_call_lines(filter.within(scope));
        if filter == *self.store.filter() {
            return;
        }
        let read = self.current().or_else(|| self.filtered_away.take());
        self.store.set_filter(filter);
        self.filtered_away = read.clone().filter(|_| self.store.is_empty());
        self.stay(read.as_ref());
        self.refresh_detail();
    }

    /// Returns the filter with the lines of the call that it asks for, if that call is known.
    fn with_call_lines(&self, filter: Filter) -> Filter {
        let call = filter
            .call_id()
            .and_then(|id| self.findings.calls.iter().find(|call| call.has_id(id)));
        match call {
            Some(call) => filter.with_call(&call.lines()),
            None => filter,
        }
    }

    /// Finds the lines of the call of the filter again, which may have become more.
    pub(super) fn resolve_call_filter(&mut self) {
        if self.filter.contains("call=") {
            self.apply_filter();
            self.select_failed_line();
        }
    }

    /// Only lines that belong to the same trace, session or request as this one. A trace is the whole call: the lines of every
    /// hop, whichever of its ids they carry.
    pub(super) fn only(&mut self, action: LogsAction) -> ScreenUpdate {
        let Some(Entry {
            at,
            body: Body::Event { line, group, .. },
        }) = self.current()
        else {
            return ScreenUpdate::done();
        };
        let (name, id) = if action == LogsAction::OnlySession {
            ("session", &line.session_id)
        } else if action == LogsAction::OnlyRequest {
            ("request", &line.request_id)
        } else {
            ("trace", &line.trace_id)
        };
        let (at, group) = (&at, &group);
        let call = self
            .findings
            .calls
            .iter()
            .filter(|_| action == LogsAction::OnlyTrace)
            .find(|call| call.has_line(*at, group));
        let filter = match (call.and_then(|call| call.id()), id) {
            (Some(id), _) => format!("call={id}"),
            (None, Some(id)) => format!("{name}={id}"),
            (None, None) => {
                return ScreenUpdate::request(AppRequest::Say(format!(
                    "this line names no {name}, and no call holds it"
                )));
            }
        };
        self.view = LogsView::Lines;
        self.set_filter(&filter);
        ScreenUpdate::done()
    }
}
