//! Which keys of Logs work in which of its views.

use super::{Logs, LogsView};
use crate::messages::{Action, ListAction, LogsAction};

impl Logs {
    /// Whether the keys that belong to lines, calls or patterns alone work now.
    pub(super) fn offers_now(&self, action: Action) -> bool {
        let is_lines = self.view == LogsView::Lines;
        let is_query = self.view == LogsView::Query;
        match action {
            Action::Logs(action) => self.offers_of_logs(action),
            Action::List(ListAction::Mark) => is_lines,
            Action::List(ListAction::Filter) => false,
            Action::List(ListAction::Sort) => !is_lines && !is_query,
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
            LogsAction::NextHit | LogsAction::PreviousHit => {
                !is_query && (!is_lines || !self.search.is_empty())
            }
            LogsAction::Follow
            | LogsAction::OnlyTrace
            | LogsAction::OnlySession
            | LogsAction::OnlyRequest
            | LogsAction::Wrap
            | LogsAction::Times => is_lines,
            LogsAction::NextMark | LogsAction::PreviousMark => is_lines && !self.marks.is_empty(),
            LogsAction::ItsLines => !is_lines,
            LogsAction::OnlyUrgentRows | LogsAction::CallInTools => !is_lines && !is_query,
            LogsAction::OpenCall => is_lines || is_calls,
            LogsAction::WindowBack
            | LogsAction::WindowForward
            | LogsAction::ZoomIn
            | LogsAction::ZoomOut => !shows_detail && !is_query,
            LogsAction::Search
            | LogsAction::FilterLogs
            | LogsAction::ExportLogs
            | LogsAction::NextSource
            | LogsAction::AddSource
            | LogsAction::AllSources
            | LogsAction::NextLogsView
            | LogsAction::Query => true,
            LogsAction::NextError
            | LogsAction::PreviousError
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
            | LogsAction::ToggleOther
            | LogsAction::NextCall
            | LogsAction::PreviousCall
            | LogsAction::CopyCallId => !is_query,
        }
    }
}
