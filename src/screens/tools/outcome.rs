//! What is done with a result: moving in it, copying it, writing it to a file, finding the log lines around its call.

use super::{Shown, Tools, draw};
use crate::{
    app::{Action, Effect},
    screens::{Context, Reply, Wish, fleet::deployment_groups},
};

impl Tools {
    pub(super) fn table(&self) -> Option<&crate::model::Table> {
        self.result.as_ref().and_then(|outcome| outcome.result.as_ref().ok()).and_then(|outcome| outcome.table.as_ref())
    }

    pub(super) fn act_on_result(&mut self, action: Action) -> Reply {
        let table = self.table().filter(|_| self.shown == Shown::Table).map(|table| (table.columns.len(), table.rows.len()));
        let Some((columns, length)) = table else {
            return if self.text.act(action) { Reply::done() } else { Reply::ignored() };
        };
        match action {
            Action::Left => self.first_column = self.first_column.saturating_sub(1),
            Action::Right => self.first_column = (self.first_column + 1).min(columns.saturating_sub(1)),
            _ => {
                if !self.rows.act(action, length) {
                    return Reply::ignored();
                }
            }
        }
        Reply::done()
    }

    pub(super) fn result_text(&self) -> Option<String> {
        let outcome = self.result.as_ref()?;
        match &outcome.result {
            Ok(call) => match self.shown {
                Shown::Raw => serde_json::to_string_pretty(&call.raw).ok(),
                Shown::Table | Shown::Text => Some(call.text()),
            },
            Err(failure) => Some(failure.consent_urls().next().map_or_else(|| failure.to_string(), str::to_owned)),
        }
    }

    pub(super) fn export(&self) -> Reply {
        let Some(outcome) = &self.result else { return Reply::done() };
        let stem = outcome.tool.replace("___", "-");
        let text = match self.table() {
            Some(table) if self.shown == Shown::Table => {
                return Reply::effect(Effect::Export { stem, extension: "csv", text: draw::csv(table) });
            }
            _ => self.result_text().unwrap_or_default(),
        };
        Reply::effect(Effect::Export { stem, extension: "json", text })
    }

    /// The log lines around the last call.
    pub(super) fn call_logs(&self, context: &Context<'_>) -> Reply {
        let (Some(endpoint), Some(outcome)) = (&self.endpoint, &self.result) else { return Reply::done() };
        let groups = deployment_groups(context.store, &endpoint.deployment);
        Reply::wish(Wish::Logs {
            deployment: endpoint.deployment.clone(),
            title: format!("{} around this call", endpoint.deployment),
            groups,
            since: Some(outcome.began.plus(-2_000)),
        })
    }
}
