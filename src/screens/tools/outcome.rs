//! What is done with a result: moving in it, copying it, writing it to a file, finding the log lines around its call.

use super::{Outcome, ResultView, ToolKey, Tools, exchange, tree::Tree};
use crate::{
    messages::{Action, Effect, ListAction},
    model::{CallOutcome, Failure, HttpExchange, Moment},
    screens::{
        AppRequest, ScreenUpdate, UpdateContext, fleet::deployment_groups, logs::CallLookup,
    },
    tools::csv,
    widgets::List,
};

impl Outcome {
    /// A result that has just come. What it is as JSON is found out once.
    pub(super) fn new(
        (endpoint, tool): ToolKey,
        statement: Option<String>,
        (began, ended): (Moment, Moment),
        mut result: Result<CallOutcome, Failure>,
        exchange: Option<Box<HttpExchange>>,
    ) -> Self {
        let json = result.as_mut().ok().and_then(|call| call.json.take());
        let tree = json.map(Tree::new);
        Self {
            endpoint,
            tool,
            statement,
            began,
            ended,
            result,
            exchange,
            tree,
            line_cache: super::line_cache::LineCache::default(),
        }
    }

    /// What it is filed under.
    fn key(&self) -> ToolKey {
        (self.endpoint.clone(), self.tool.clone())
    }

    fn is_of(&self, key: &ToolKey) -> bool {
        self.endpoint == key.0 && self.tool == key.1
    }

    /// The views that fit it, the first of them first.
    pub(super) fn views(&self) -> Vec<ResultView> {
        let mut views = Vec::new();
        if let Ok(outcome) = &self.result {
            if outcome.table.is_some() {
                views.push(ResultView::Table);
            }
            if self.tree.is_some() && !outcome.is_error {
                views.push(ResultView::Tree);
            }
        }
        if views.is_empty() {
            views.push(ResultView::Text);
        }
        if self.result.is_ok() || self.exchange.is_some() {
            views.push(ResultView::Raw);
        }
        views
    }
}

impl Tools {
    pub(super) fn table(&self) -> Option<&crate::model::Table> {
        self.result
            .as_ref()
            .and_then(|outcome| outcome.result.as_ref().ok())
            .and_then(|outcome| outcome.table.as_ref())
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
    pub(super) fn keep_result(&mut self, outcome: Outcome) {
        let is_shown = match self.selected_key() {
            Some(key) => outcome.is_of(&key),
            None => self.endpoint.as_ref() == Some(&outcome.endpoint),
        };
        if is_shown {
            self.show_result(Some(outcome));
        } else {
            self.results.insert(outcome.key(), outcome);
        }
    }

    pub(super) fn show_result(&mut self, outcome: Option<Outcome>) {
        self.shown = outcome
            .as_ref()
            .and_then(|outcome| outcome.views().first().copied())
            .unwrap_or_default();
        if let Some(old) = std::mem::replace(&mut self.result, outcome)
            && self
                .result
                .as_ref()
                .is_none_or(|new| new.key() != old.key())
        {
            self.results.insert(old.key(), old);
        }
        self.rows = List::default();
        self.text.reset();
        self.first_column = 0;
        self.open_row = false;
    }

    /// The next of the views that fit the result.
    pub(super) fn next_view(&mut self) {
        let views = self.result.as_ref().map(Outcome::views).unwrap_or_default();
        let at = views
            .iter()
            .position(|each| *each == self.shown)
            .map_or(0, |at| at + 1);
        self.shown = views.iter().cycle().nth(at).copied().unwrap_or_default();
        self.rows = List::default();
        self.text.reset();
        self.open_row = false;
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
        let table = self
            .table()
            .filter(|_| self.shown == ResultView::Table)
            .map(|table| (table.columns.len(), table.rows.len()));
        let Some((columns, length)) = table else {
            return if self.text.act(action) {
                ScreenUpdate::done()
            } else {
                ScreenUpdate::ignored()
            };
        };
        match action {
            Action::List(ListAction::Left) => {
                self.first_column = self.first_column.saturating_sub(1);
            }
            Action::List(ListAction::Right) => {
                self.first_column = (self.first_column + 1).min(columns.saturating_sub(1));
            }
            _ => {
                if !self.rows.act(action, length) {
                    return ScreenUpdate::ignored();
                }
            }
        }
        ScreenUpdate::done()
    }

    pub(super) fn result_text(&self) -> Option<String> {
        let outcome = self.result.as_ref()?;
        if self.shown == ResultView::Raw {
            return Some(exchange::text(outcome));
        }
        match &outcome.result {
            Ok(call) => match (self.shown, &call.structured_content) {
                (ResultView::Tree, Some(content)) => serde_json::to_string_pretty(content).ok(),
                (ResultView::Table | ResultView::Tree | ResultView::Text | ResultView::Raw, _) => {
                    Some(call.text())
                }
            },
            Err(failure) => Some(
                failure
                    .consent_urls()
                    .next()
                    .map_or_else(|| failure.to_string(), str::to_owned),
            ),
        }
    }

    pub(super) fn export(&self) -> ScreenUpdate {
        let Some(outcome) = &self.result else {
            return ScreenUpdate::done();
        };
        let stem = format!(
            "{}-{}",
            outcome.endpoint.deployment,
            outcome.tool.replace("___", "-")
        );
        let text = match self.table() {
            Some(table) if self.shown == ResultView::Table => {
                return ScreenUpdate::effect(Effect::Export {
                    stem,
                    extension: "csv",
                    text: csv::table(table),
                });
            }
            _ => self.result_text().unwrap_or_default(),
        };
        let is_json = self.shown == ResultView::Tree;
        ScreenUpdate::effect(Effect::Export {
            stem,
            extension: if is_json { "json" } else { "txt" },
            text,
        })
    }

    /// The last call over every hop, in Logs.
    pub(super) fn call_waterfall(&self) -> ScreenUpdate {
        let Some(outcome) = &self.result else {
            return ScreenUpdate::done();
        };
        let (request, trace) = match &outcome.result {
            Ok(answer) => (answer.request_id.clone(), answer.trace_id.clone()),
            Err(failure) => (failure.request_id.clone(), None),
        };
        let lookup = CallLookup {
            ids: trace.into_iter().chain(request).collect(),
            at: outcome.began,
        };
        ScreenUpdate::request(AppRequest::Call(
            outcome.endpoint.deployment.clone(),
            lookup,
        ))
    }

    /// The log lines around the last call.
    pub(super) fn call_logs(&self, context: &UpdateContext<'_>) -> ScreenUpdate {
        let Some(outcome) = &self.result else {
            return ScreenUpdate::done();
        };
        let endpoint = &outcome.endpoint;
        let groups = deployment_groups(context.store, &endpoint.deployment);
        ScreenUpdate::request(AppRequest::Logs {
            deployment: endpoint.deployment.clone(),
            title: format!("{} around this call", endpoint.deployment),
            groups,
            since: Some(outcome.began.plus(-2_000)),
        })
    }
}
