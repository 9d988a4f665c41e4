//! Runs the effects of the explorer: the call history, drafts of forms, the schema of a graph, the log lines of a call.

use serde_json::Map;

use super::RunnerState;
use crate::{
    calls::{CallTrace, TraceLine, join},
    messages::{Event, ToolsEffect, ToolsEvent},
    model::{CallOptions, CallOutcome, DeploymentName, Failure, FailureKind, McpEndpoint, Moment},
    runtime::{call_history, export, form_drafts},
    services::calls::CallSource,
};

impl RunnerState {
    /// Reads or writes the files of the explorer. A write is an event only if it fails.
    pub(super) fn run_kept(&self, effect: ToolsEffect) -> Option<Event> {
        let history = self.history.as_deref();
        let drafts = self.drafts.as_deref();
        let event = if let ToolsEffect::KeepCall(entry) = effect {
            let kept = call_history::append(history, &entry.to_line());
            ToolsEvent::HistoryRead(Err(kept.err()?))
        } else if let ToolsEffect::ChangeCall(id, change) = effect {
            let kept = call_history::append(history, &change.to_line(&id));
            ToolsEvent::HistoryRead(Err(kept.err()?))
        } else if let ToolsEffect::BeginRecording { stem, line } = effect {
            ToolsEvent::RecordingBegun(export::write(&stem, "jsonl", &format!("{line}\n")))
        } else if let ToolsEffect::AppendToRecording { path, line } = effect {
            let appended = export::append(&path, &line);
            ToolsEvent::RecordingBegun(Err(appended.err()?))
        } else if let ToolsEffect::KeepDrafts(newer) = effect {
            let kept = form_drafts::keep(drafts, newer);
            ToolsEvent::DraftsRead(Err(kept.err()?))
        } else if effect == ToolsEffect::ReadDrafts {
            ToolsEvent::DraftsRead(form_drafts::read(drafts))
        } else {
            ToolsEvent::HistoryRead(call_history::read(history))
        };
        Some(Event::Tools(event))
    }

    /// Reads the schema of a graph, or the log lines of a call.
    pub(super) async fn run_reads(&self, effect: ToolsEffect) -> Option<Event> {
        if let ToolsEffect::ReadGraphSchema(endpoint, tool) = effect {
            let outcome = self.read_graph_schema(&endpoint, &tool).await;
            let event = ToolsEvent::GraphSchemaRead(endpoint, tool, Box::new(outcome));
            return Some(Event::Tools(event));
        }
        let ToolsEffect::ReadCallLines {
            endpoint,
            groups,
            owner_ids,
            began,
            window,
            ids,
        } = effect
        else {
            return None;
        };
        let sources = (groups, owner_ids);
        let lines = self
            .read_call_lines(&endpoint.deployment, sources, window, &ids)
            .await;
        Some(Event::Tools(ToolsEvent::CallLinesRead(
            endpoint, began, lines,
        )))
    }

    /// Calls a schema tool without arguments.
    async fn read_graph_schema(
        &self,
        endpoint: &McpEndpoint,
        tool: &str,
    ) -> Result<CallOutcome, Failure> {
        let session = self.session(endpoint).ok_or_else(|| {
            let doing = format!("calling {tool}");
            Failure::new(FailureKind::Network, doing, "not connected")
        })?;
        let call = session.watched_call(tool, Map::new(), CallOptions::default());
        call.await.0
    }

    /// Reads the log lines of the call that has one of the ids.
    async fn read_call_lines(
        &self,
        name: &DeploymentName,
        (groups, owner_ids): (Vec<String>, Vec<String>),
        (since, until): (Moment, Moment),
        ids: &[String],
    ) -> Result<Vec<TraceLine>, Failure> {
        let (services, deployment) = self.of(name)?;
        let source = CallSource {
            deployment: deployment.clone(),
            groups,
            owner_ids,
        };
        let logs = services.calls.call_logs(&[source], since, until).await;
        let unread = logs.unread.into_iter().next();
        let has_id = |id: &String, call: &crate::calls::LoggedCall| call.has_id(id);
        let mut calls = join(logs.records).into_iter();
        let call = calls.find(|call| ids.iter().any(|id| has_id(id, call)));
        match (call, unread) {
            (Some(call), _) => {
                Ok(CallTrace::new(call, Vec::new(), crate::calls::SpansRead::Yes).lines)
            }
            (None, Some(unread)) => Err(unread.failure),
            (None, None) => Ok(Vec::new()),
        }
    }
}
