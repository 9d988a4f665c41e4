//! Which keys of Logs work in which of its views.

use super::{Logs, LogsView, detail::LineDetail};
use crate::{
    logs::{Level, Line, store::Body},
    messages::{Action, ListAction, LogsAction},
};

impl Logs {
    /// Returns whether the keys that belong to lines, calls or patterns alone work now.
    pub(super) fn offers_now(&self, action: Action) -> bool {
        let is_lines = self.view == LogsView::Lines;
        let is_query = self.view == LogsView::Query;
        match action {
            Action::Logs(action) => self.offers_of_logs(action),
            Action::List(ListAction::Open) => self.has_row(),
            Action::List(ListAction::Mark) => is_lines,
            Action::List(ListAction::Filter) => false,
            Action::List(ListAction::Sort) => !is_lines && !is_query && self.waterfall.is_none(),
            Action::List(_)
            | Action::App(_)
            | Action::Start(_)
            | Action::Fleet(_)
            | Action::Secrets(_)
            | Action::Tools(_)
            | Action::Doctor(_)
            | Action::Activity(_)
            | Action::Prompt(_) => true,
        }
    }

    fn offers_of_logs(&self, action: LogsAction) -> bool {
        let (is_lines, is_calls) = (self.view == LogsView::Lines, self.view == LogsView::Calls);
        let is_query = self.view == LogsView::Query;
        let shows_detail = self.detail.is_some() && is_lines;
        match action {
            LogsAction::NextHit | LogsAction::PreviousHit => self.has_hits(),
            LogsAction::NextError | LogsAction::PreviousError => self.has_errors(),
            LogsAction::NextCall | LogsAction::PreviousCall => self.calls.has_failed(),
            LogsAction::OnlyTrace => is_lines && self.line().is_some(),
            LogsAction::OnlySession => self.line().is_some_and(|line| line.session_id.is_some()),
            LogsAction::OnlyRequest => self.line().is_some_and(|line| line.request_id.is_some()),
            LogsAction::CopyCallId => self.has_id(),
            LogsAction::Follow | LogsAction::Wrap | LogsAction::Times | LogsAction::LogFields => {
                is_lines
            }
            LogsAction::NextMark | LogsAction::PreviousMark => is_lines && !self.marks.is_empty(),
            LogsAction::ItsLines => self.has_own_lines(),
            LogsAction::CallInTools => !is_lines && !is_query,
            LogsAction::OpenCall => {
                is_lines && self.line().is_some() || is_calls && self.calls.selected().is_some()
            }
            LogsAction::WindowBack
            | LogsAction::WindowForward
            | LogsAction::ZoomIn
            | LogsAction::ZoomOut => !shows_detail && !is_query,
            LogsAction::FocusTree => self.shows_unfocused_detail(),
            LogsAction::ExportLogs
            | LogsAction::NextSource
            | LogsAction::AddSource
            | LogsAction::AllSources
            | LogsAction::NextLogsView
            | LogsAction::Query => true,
            // In the view of the query some of them open its bar, as the key of the query does.
            LogsAction::OnlyUrgentRows
            | LogsAction::Search
            | LogsAction::FilterLogs
            | LogsAction::Histogram
            | LogsAction::Older
            | LogsAction::JumpToTime
            | LogsAction::ToggleErrors
            | LogsAction::ToggleWarnings
            | LogsAction::ToggleInfo
            | LogsAction::ToggleDebug
            | LogsAction::ToggleGateway
            | LogsAction::ToggleInterceptor
            | LogsAction::ToggleRuntime
            | LogsAction::ToggleSpans
            | LogsAction::ToggleOther => !is_query,
        }
    }

    /// Returns what the key that leads back closes or takes off.
    pub(super) fn leads_back(&self) -> Option<&'static str> {
        let has_row_filter = match self.view {
            LogsView::Lines | LogsView::Query => false,
            LogsView::Calls => self.calls.is_filtered(),
            LogsView::Patterns => self.patterns.is_filtered(),
        };
        let is_filtered = !self.filter.is_empty() || self.wrong.is_some() || has_row_filter;
        if self.prompt.is_some() {
            None
        } else if let Some(route) = self.way_out() {
            Some(route.title())
        } else if self.waterfall.is_some() {
            Some("calls")
        } else if self.view == LogsView::Lines
            && self.detail.as_ref().is_some_and(LineDetail::has_focus)
        {
            Some("lines")
        } else if self.detail.is_some() || self.has_open_row() {
            Some("close")
        } else if self.view == LogsView::Query {
            Some(if self.query.is_busy() {
                "cancel"
            } else {
                "lines"
            })
        } else if is_filtered {
            Some("no filter")
        } else if self.range.window.is_some() {
            Some("whole time")
        } else if !self.hidden.is_empty() {
            Some("show all")
        } else if !self.search.is_empty() {
            Some("end search")
        } else {
            None
        }
    }

    /// Returns whether a line is opened and the keys still move in the lines.
    pub(super) fn shows_unfocused_detail(&self) -> bool {
        let detail = self
            .detail
            .as_ref()
            .filter(|_| self.view == LogsView::Lines);
        detail.is_some_and(|detail| !detail.has_focus())
    }

    const fn has_open_row(&self) -> bool {
        match self.view {
            LogsView::Lines => false,
            LogsView::Calls => self.calls.is_open(),
            LogsView::Patterns => self.patterns.is_open(),
            LogsView::Query => self.query.opened.is_some(),
        }
    }

    /// Returns the line under the cursor, if it is not a notice.
    fn line(&self) -> Option<Line> {
        match self.current()?.body {
            Body::Event { line, .. } if self.view == LogsView::Lines => Some(line),
            Body::Event { .. } | Body::Notice(_) => None,
        }
    }

    fn has_row(&self) -> bool {
        if self.waterfall.is_some() {
            return true;
        }
        match self.view {
            LogsView::Lines => !self.store.is_empty(),
            LogsView::Calls => self.calls.selected().is_some(),
            LogsView::Patterns => self.patterns.selected().is_some(),
            LogsView::Query => self.query.selected().is_some(),
        }
    }

    fn has_hits(&self) -> bool {
        match self.view {
            LogsView::Lines => !self.search.is_empty(),
            LogsView::Patterns => self.patterns.has_new(),
            // The failed calls are those of the next error.
            LogsView::Calls | LogsView::Query => false,
        }
    }

    fn has_errors(&self) -> bool {
        match self.view {
            LogsView::Lines => {
                let counts = self.store.level_counts();
                let levels = Level::ALL.iter().zip(counts);
                levels
                    .into_iter()
                    .any(|(level, count)| *level >= Level::Error && count > 0)
            }
            LogsView::Calls => self.calls.has_failed(),
            LogsView::Patterns => self.patterns.has_errors(),
            LogsView::Query => false,
        }
    }

    /// Returns whether the selected row has lines that can be shown alone.
    fn has_own_lines(&self) -> bool {
        match (&self.waterfall, self.view) {
            (Some(open), _) => open.call().id().is_some(),
            (None, LogsView::Lines) => false,
            (None, LogsView::Calls) => self
                .calls
                .selected()
                .is_some_and(|call| call.id().is_some()),
            (None, LogsView::Patterns) => self.patterns.selected().is_some(),
            (None, LogsView::Query) => self.query.selected().is_some(),
        }
    }

    /// Returns whether the selected row has an id that can be copied.
    fn has_id(&self) -> bool {
        let has_any = |line: Line| {
            line.trace_id.is_some() || line.request_id.is_some() || line.session_id.is_some()
        };
        match (&self.waterfall, self.view) {
            (Some(open), _) => open.call().id().is_some(),
            (None, LogsView::Lines) => self.line().is_some_and(has_any),
            (None, LogsView::Calls) => self
                .calls
                .selected()
                .is_some_and(|call| call.id().is_some()),
            (None, LogsView::Patterns | LogsView::Query) => false,
        }
    }
}
