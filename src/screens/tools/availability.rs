//! Which actions of Tools are available now.

use super::{Item, ResultView, Tools, panes::Pane};
use crate::{
    messages::{Action, AppAction, ListAction, PromptAction, ToolsAction},
    tools::cypher::PlanRequest,
};

/// Actions of a result, the most important first.
const OF_RESULT: [Action; 10] = [
    Action::Tools(ToolsAction::OpenAddress),
    Action::Tools(ToolsAction::NextView),
    Action::Tools(ToolsAction::WrapResult),
    Action::Tools(ToolsAction::ExportResult),
    Action::Tools(ToolsAction::CopyResult),
    Action::List(ListAction::Filter),
    Action::List(ListAction::Sort),
    Action::Tools(ToolsAction::CallLogs),
    Action::Tools(ToolsAction::CallWaterfall),
    Action::Tools(ToolsAction::CompareCalls),
];

impl Tools {
    /// Returns the place of an action among those of the result, while that has the focus.
    pub(super) fn own_rank(&self, action: Action) -> Option<usize> {
        let has_focus = self.modals.is_empty() && self.pane == Pane::Result;
        let mut own = OF_RESULT.iter();
        own.position(|first| *first == action)
            .filter(|_| has_focus && self.result.is_some())
    }

    /// Returns what the key that leads back closes, cancels or takes off.
    pub(super) fn leads_back(&self) -> Option<&'static str> {
        let connection = self.connection();
        let is_loading = connection.is_some_and(|connection| connection.state.is_loading());
        let has_row_filter = self.pane == Pane::Result && !self.table.filter.text().is_empty();
        if let Some(modal) = self.modals.last() {
            modal.way_back()
        } else if is_loading || connection.is_some_and(|connection| connection.call.is_some()) {
            Some("cancel")
        } else if self.completion.is_some() || self.table.is_open {
            Some("close")
        } else if has_row_filter {
            Some("no filter")
        } else if self.pane == Pane::Result && self.returns_to_editor {
            Some("editor")
        } else if self.pane != Pane::List {
            Some("list")
        } else if !self.filter.text().is_empty() {
            Some("no filter")
        } else {
            None
        }
    }

    /// Returns whether an action is available now.
    pub(super) fn is_available(&self, action: Action) -> bool {
        if let Some(modal) = self.modals.last() {
            return modal.offers(action);
        }
        let is_connected = self
            .connection()
            .is_some_and(|connection| connection.state.value().is_some());
        match action {
            Action::Tools(ToolsAction::ChooseEndpoint | ToolsAction::Connect)
            | Action::App(AppAction::Help | AppAction::Palette | AppAction::Back)
            | Action::Prompt(PromptAction::Accept) => true,
            Action::Tools(
                ToolsAction::NextView
                | ToolsAction::CopyResult
                | ToolsAction::ExportResult
                | ToolsAction::CallLogs
                | ToolsAction::CallWaterfall,
            ) => self.result.is_some(),
            Action::Tools(ToolsAction::OpenAddress | ToolsAction::CopyAddress) => self
                .result
                .as_ref()
                .is_some_and(|result| result.consent_address().is_some()),
            Action::Tools(ToolsAction::ForgetQuery) => {
                let current = self.current();
                matches!(current, Some(Item::Saved(_) | Item::Past(_))) && self.pane == Pane::List
            }
            Action::Tools(ToolsAction::PinCall) | Action::List(ListAction::Mark) => {
                matches!(self.current(), Some(Item::Past(_))) && self.pane == Pane::List
            }
            Action::Tools(ToolsAction::Explain) => self.plan_tool(PlanRequest::Explain).is_some(),
            Action::Tools(ToolsAction::Profile) => is_connected && self.can_profile(),
            Action::List(ListAction::Sort) => {
                self.pane == Pane::Result && self.shown == ResultView::Table
            }
            Action::Tools(ToolsAction::WrapResult) => {
                self.pane == Pane::Result && self.shows_text()
            }
            Action::List(ListAction::Open) => is_connected && self.can_open(),
            Action::Tools(ToolsAction::CompareCalls) => self.can_compare(),
            Action::App(_)
            | Action::Start(_)
            | Action::List(_)
            | Action::Fleet(_)
            | Action::Logs(_)
            | Action::Secrets(_)
            | Action::Tools(_)
            | Action::Doctor(_)
            | Action::Activity(_)
            | Action::Prompt(_) => is_connected,
        }
    }
}
