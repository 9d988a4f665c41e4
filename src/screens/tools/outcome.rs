//! What is done with a result: moving in it, copying it, writing it to a file, finding the log lines around its call.

use serde_json::{Map, Value};

use super::{
    ResultView, Running, ServerMessages, ToolKey, Tools, compare::ResultComparison, exchange,
    graph_view::GraphPane, result::MOST, table_state::TableState, text_view, tree::Tree,
};
use crate::{
    calls::TraceLine,
    messages::{Action, ListAction, ToolsAction},
    model::{CallOutcome, Failure, HttpExchange, McpEndpoint, Moment, Table},
    screens::ScreenUpdate,
    state::Loadable,
    theme::Role,
    tools::{
        cypher::{self, PlanRequest},
        graph::holds_graph,
        plan::{self, PlanOperator},
    },
    widgets::StyledLine,
};

/// The result of a call, with what is laid out of it.
#[derive(Clone, Debug)]
pub(super) struct CallResult {
    pub(super) endpoint: McpEndpoint,
    pub(super) tool: String,
    /// The tool below whose form it is shown.
    shown_at: String,
    pub(super) statement: Option<String>,
    pub(super) began: Moment,
    pub(super) ended: Moment,
    pub(super) answer: Result<CallOutcome, Failure>,
    /// How it went over the wire.
    pub(super) exchange: Option<Box<HttpExchange>>,
    /// What the server has logged of the call.
    pub(super) messages: ServerMessages,
    /// The arguments of the call.
    pub(super) arguments: Map<String, Value>,
    /// The result as a tree, where it is JSON.
    pub(super) tree: Option<Tree>,
    /// Whether its rows hold nodes.
    has_graph: bool,
    /// The graph of its rows, once it was shown.
    pub(super) graph: Option<GraphPane>,
    /// The plan of a statement, if the tool explains one.
    plan: Option<Vec<PlanOperator>>,
    /// The log lines of the call, once they were asked for.
    pub(super) log_lines: Loadable<Vec<TraceLine>>,
    /// An earlier result, or the chosen one, with what is different.
    pub(super) comparison: Option<ResultComparison>,
    /// Whether rows of other calls of its tool are kept, from which one can be chosen.
    pub(super) has_others: bool,
    /// The lines of the view that is shown, if it is one of text. A result of many megabytes is laid out once.
    pub(super) lines: Vec<StyledLine>,
}

impl CallResult {
    /// Returns a result that has just come. What it is as JSON is found out once.
    pub(super) fn new(
        endpoint: McpEndpoint,
        call: Running,
        ended: Moment,
        mut answer: Result<CallOutcome, Failure>,
    ) -> Self {
        let json = answer.as_mut().ok().and_then(|call| call.json.take());
        let table = answer.as_ref().ok().and_then(|call| call.table.as_ref());
        Self {
            endpoint,
            tool: call.tool,
            shown_at: call.shown_at,
            statement: cypher::statement(&call.arguments).map(str::to_owned),
            began: call.since,
            ended,
            exchange: call.exchange,
            messages: call.messages,
            arguments: call.arguments,
            has_graph: table.is_some_and(holds_graph),
            graph: None,
            plan: json.as_ref().and_then(plan::parse),
            log_lines: Loadable::default(),
            comparison: None,
            has_others: false,
            tree: json.map(Tree::new),
            lines: Vec::new(),
            answer,
        }
    }

    /// Returns the address at which a person must consent first, if the call waits for that.
    pub(super) fn consent_address(&self) -> Option<&str> {
        self.answer.as_ref().err()?.consent_urls().next()
    }

    /// Returns the rows of the result, if it has any.
    pub(super) fn table(&self) -> Option<&Table> {
        self.answer.as_ref().ok()?.table.as_ref()
    }

    /// Lays out the lines of a view of text.
    pub(super) fn lay_out(&mut self, view: ResultView) {
        let lines = match (view, &self.answer) {
            (ResultView::Raw, _) => exchange::lines(self, MOST),
            (ResultView::Messages, _) => self.messages.lines(self.began),
            (ResultView::Plan, _) => {
                text_view::plan_lines(self.plan.as_deref().unwrap_or_default())
            }
            (ResultView::Changes, _) => self.change_lines(),
            (ResultView::Text, Ok(call)) if !call.is_error => {
                text_view::text_lines(&call.text(), self.tree.as_ref().map(Tree::value))
            }
            (ResultView::Table | ResultView::Graph | ResultView::Tree | ResultView::Text, _) => {
                Vec::new()
            }
        };
        self.lines = bounded(lines);
        if view == ResultView::Graph && self.graph.is_none() {
            self.graph = self.table().and_then(GraphPane::of_table);
        }
    }

    /// Returns whether it is the answer to a profile, and holds no plan.
    pub(super) fn lacks_plan(&self) -> bool {
        let request = self.statement.as_deref().and_then(PlanRequest::of);
        let is_profile = request.is_some_and(|(request, _)| request == PlanRequest::Profile);
        let is_answered = self.answer.as_ref().is_ok_and(|call| !call.is_error);
        is_profile && is_answered && self.plan.is_none()
    }

    /// Returns how long the call took, in milliseconds.
    pub(super) fn total_ms(&self) -> u64 {
        if let Ok(call) = &self.answer {
            return call.elapsed.total;
        }
        let exchange = self.exchange.as_ref();
        let exchange = exchange.map(|exchange| exchange.elapsed.total);
        let clock = u64::try_from(self.ended.since(self.began)).unwrap_or(0);
        exchange.filter(|total| *total > 0).unwrap_or(clock)
    }

    /// Returns what it is filed under.
    fn key(&self) -> ToolKey {
        (self.endpoint.clone(), self.shown_at.clone())
    }

    pub(super) fn is_of(&self, key: &ToolKey) -> bool {
        self.endpoint == key.0 && self.shown_at == key.1
    }

    /// Returns the views that fit it, the first of them first.
    pub(super) fn views(&self) -> Vec<ResultView> {
        let mut views = Vec::new();
        if let Ok(outcome) = &self.answer {
            if self.plan.is_some() {
                views.push(ResultView::Plan);
            }
            if outcome.table.is_some() {
                views.push(ResultView::Table);
            }
            if self.has_graph {
                views.push(ResultView::Graph);
            }
            if self.tree.is_some() && !outcome.is_error {
                views.push(ResultView::Tree);
            }
        }
        if views.is_empty() {
            views.push(ResultView::Text);
        }
        if self.has_comparison() || self.has_others {
            views.push(ResultView::Changes);
        }
        if !self.messages.is_empty() {
            views.push(ResultView::Messages);
        }
        if self.answer.is_ok() || self.exchange.is_some() {
            views.push(ResultView::Raw);
        }
        views
    }
}

impl Tools {
    pub(super) fn table(&self) -> Option<&Table> {
        self.result.as_ref()?.table()
    }

    pub(super) fn tree_mut(&mut self) -> Option<&mut Tree> {
        self.result
            .as_mut()
            .and_then(|outcome| outcome.tree.as_mut())
    }

    /// A result belongs to its endpoint and tool: with another tool its own last result is shown, or none.
    pub(super) fn settle(&mut self) {
        // The form is made here, once, and not each time that it is drawn.
        let _ = self.form_mut();
        let Some(key) = self.selected_key() else {
            return;
        };
        if self
            .result
            .as_ref()
            .is_some_and(|outcome| outcome.is_of(&key))
        {
            return;
        }
        let own = self.results.remove(&key);
        if self.result.is_some() || own.is_some() {
            self.show_result(own);
        }
    }

    fn selected_key(&self) -> Option<ToolKey> {
        Some((self.endpoint.clone()?, self.selected()?.name.clone()))
    }

    /// A result that has come: shown if its tool is selected at its endpoint, kept otherwise.
    pub(super) fn keep_result(&mut self, mut result: CallResult) {
        let key = result.key();
        self.keep_past(&key);
        result.comparison = self.past.comparison(&result);
        result.has_others = self.past.has_others(&result);
        let is_shown = match self.selected_key() {
            Some(key) => result.is_of(&key),
            None => self.endpoint.as_ref() == Some(&result.endpoint),
        };
        if is_shown {
            self.show_result(Some(result));
        } else {
            self.results.insert(result.key(), result);
        }
    }

    pub(super) fn show_result(&mut self, result: Option<CallResult>) {
        let first = result
            .as_ref()
            .and_then(|result| result.views().first().copied());
        if let Some(old) = std::mem::replace(&mut self.result, result)
            && self
                .result
                .as_ref()
                .is_none_or(|new| new.key() != old.key())
        {
            self.results.insert(old.key(), old);
        }
        self.table = self
            .result
            .as_ref()
            .and_then(CallResult::table)
            .map_or_else(TableState::default, TableState::new);
        self.show_view(first.unwrap_or_default());
    }

    /// The next of the views that fit the result.
    fn next_view(&mut self) {
        let views = self
            .result
            .as_ref()
            .map(CallResult::views)
            .unwrap_or_default();
        let at = views
            .iter()
            .position(|view| *view == self.shown)
            .map_or(0, |at| at + 1);
        let next = views.iter().cycle().nth(at).copied();
        self.show_view(next.unwrap_or_default());
    }

    pub(super) fn show_view(&mut self, view: ResultView) {
        self.shown = view;
        if let Some(result) = &mut self.result {
            result.lay_out(view);
        }
        self.text.reset();
        self.table.is_open = false;
    }

    /// Returns whether the result is shown as lines of text, which may be wider than the window.
    pub(super) fn shows_text(&self) -> bool {
        let Some(result) = &self.result else {
            return false;
        };
        match self.shown {
            ResultView::Raw
            | ResultView::Plan
            | ResultView::Changes
            | ResultView::Messages
            | ResultView::Text => !result.lines.is_empty(),
            ResultView::Table | ResultView::Graph | ResultView::Tree => false,
        }
    }

    pub(super) fn act_on_result(&mut self, action: Action) -> ScreenUpdate {
        if self.shown == ResultView::Tree
            && let Some(tree) = self.tree_mut()
        {
            return if tree.act(action) {
                ScreenUpdate::done()
            } else {
                ScreenUpdate::ignored()
            };
        }
        if self.shown == ResultView::Graph
            && let Some(graph) = self.graph_mut()
        {
            return if graph.act(action) {
                ScreenUpdate::done()
            } else {
                ScreenUpdate::ignored()
            };
        }
        let moved = if self.shown == ResultView::Table
            && let Some(table) = self.result.as_ref().and_then(CallResult::table)
        {
            if action == Action::List(ListAction::Sort) {
                self.table.sort_by_column(table);
                true
            } else {
                self.table.act(action, table.columns.len())
            }
        } else {
            let lines = self.result.as_ref().map(|result| result.lines.as_slice());
            self.text.act(action, lines.unwrap_or_default())
        };
        if moved {
            ScreenUpdate::done()
        } else {
            ScreenUpdate::ignored()
        }
    }

    pub(super) fn graph_mut(&mut self) -> Option<&mut GraphPane> {
        self.result.as_mut()?.graph.as_mut()
    }

    /// Changes how the result is shown.
    pub(super) fn act_on_view(&mut self, action: ToolsAction) {
        if action == ToolsAction::NextView {
            self.next_view();
        } else if action == ToolsAction::WrapResult {
            if self.shows_text() {
                self.text.toggle_wrap();
            }
        } else {
            self.resize(action == ToolsAction::Larger);
        }
    }

    /// Makes the column of the cursor wider or narrower, or zooms the graph.
    fn resize(&mut self, larger: bool) {
        if self.shown == ResultView::Table {
            self.table.resize(larger);
        } else if self.shown == ResultView::Graph
            && let Some(graph) = self.graph_mut()
        {
            graph.zoom(larger);
        }
    }

    /// The rows pass another filter.
    pub(super) fn filter_rows(&mut self) {
        if let Some(table) = self.result.as_ref().and_then(CallResult::table) {
            self.table.arrange(table);
        }
    }

    /// Returns whether the form has changed since the call whose result is shown.
    pub(super) fn is_edited_since(&self, result: &CallResult) -> bool {
        let form = self.form().filter(|_| {
            let selected = self.selected().map(|tool| tool.name.as_str());
            selected == Some(result.tool.as_str())
        });
        form.is_some_and(|form| match form.arguments() {
            Ok(mut arguments) => {
                arguments != result.arguments && {
                    // A profile of the same statement is not an edit.
                    let tool = self.selected();
                    let profile = PlanRequest::Profile;
                    tool.is_none_or(|tool| {
                        !super::further_calls::put_before(&mut arguments, profile, tool)
                    }) || arguments != result.arguments
                }
            }
            Err(_) => true,
        })
    }

    pub(super) fn result_text(&self) -> Option<String> {
        let outcome = self.result.as_ref()?;
        if self.shown == ResultView::Raw {
            return Some(exchange::text(outcome));
        }
        if matches!(
            self.shown,
            ResultView::Plan | ResultView::Changes | ResultView::Messages
        ) {
            return Some(text_view::text_of(&outcome.lines));
        }
        match &outcome.answer {
            Ok(call) => {
                let content = call.structured_content.as_ref();
                match content.filter(|_| self.shown == ResultView::Tree) {
                    Some(content) => serde_json::to_string_pretty(content).ok(),
                    None => Some(call.text()),
                }
            }
            Err(failure) => Some(
                failure
                    .consent_urls()
                    .next()
                    .map_or_else(|| failure.to_string(), str::to_owned),
            ),
        }
    }
}

/// No more lines than are laid out; that there are more is said in the last.
fn bounded(mut lines: Vec<StyledLine>) -> Vec<StyledLine> {
    if lines.len() > MOST {
        lines.truncate(MOST);
        lines.push(vec![(
            "… more than is shown here: x writes all of it to a file".to_owned(),
            Role::Dim,
        )]);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_not_laid_out_are_announced() {
        let lines = bounded(vec![Vec::new(); MOST + 7]);
        assert_eq!(lines.len(), MOST + 1);
        assert!(
            lines
                .last()
                .is_some_and(|line| line[0].0.contains("x writes all"))
        );
        assert_eq!(bounded(vec![Vec::new(); 3]).len(), 3);
    }
}
