//! Recording the calls of an endpoint in a file, which `tools replay` compares with another deployment or another time.

use super::{Running, Tools};
use crate::{
    messages::{Effect, ToolsEffect},
    model::{CallOutcome, Failure, McpEndpoint, Moment, pluralize},
    screens::{AppRequest, ScreenUpdate},
    tools::{
        history::HistoryEntry,
        recording::{RecordedCall, RecordingHeader},
    },
};

/// A recording in progress.
#[derive(Clone, Debug)]
pub(super) struct ScreenRecording {
    /// The endpoint whose calls are recorded.
    endpoint: McpEndpoint,
    /// The file, once it exists.
    file: Option<String>,
    /// Calls that were recorded.
    calls: usize,
}

impl Tools {
    /// Begins to record the calls of the endpoint, or ends that.
    pub(super) fn toggle_recording(&mut self, now: Moment) -> ScreenUpdate {
        if let Some(recording) = self.recording.take() {
            return ScreenUpdate::request(AppRequest::Say(recording.ended()));
        }
        let (Some(endpoint), Some((info, _, tools))) = (
            self.endpoint.clone(),
            self.connection()
                .and_then(|connection| connection.state.value()),
        ) else {
            return ScreenUpdate::done();
        };
        let header = RecordingHeader::new(endpoint.clone(), info, tools, now);
        let begin = Effect::Tools(ToolsEffect::BeginRecording {
            stem: format!("recording-{}", endpoint.deployment),
            line: header.to_line(),
        });
        self.recording = Some(ScreenRecording {
            endpoint,
            file: None,
            calls: 0,
        });
        ScreenUpdate::effect(begin)
    }

    /// The file of the recording exists, or could not be made.
    pub(super) fn recording_begun(&mut self, result: Result<String, Failure>) -> ScreenUpdate {
        match (result, &mut self.recording) {
            (Ok(file), Some(recording)) => {
                let text = format!("the calls from here on are recorded in {file}");
                recording.file = Some(file);
                ScreenUpdate::request(AppRequest::Say(text))
            }
            (Ok(file), None) => {
                let text = format!("the recording in {file} holds no call");
                ScreenUpdate::request(AppRequest::Say(text))
            }
            (Err(failure), _) => {
                self.recording = None;
                ScreenUpdate::request(AppRequest::Complain(failure))
            }
        }
    }

    /// Records a call that has ended, if the calls of its endpoint are recorded. Reading resources and getting prompts are not
    /// tool calls and are left out.
    pub(super) fn record_result(
        &mut self,
        call: &Running,
        entry: &HistoryEntry,
        result: &Result<CallOutcome, Failure>,
    ) -> Option<Effect> {
        let recording = self.recording.as_mut()?;
        let path = recording.file.clone()?;
        if recording.endpoint != entry.endpoint || !call.is_tool {
            return None;
        }
        recording.calls += 1;
        let line = RecordedCall::new(entry.clone(), result).to_line();
        Some(Effect::Tools(ToolsEffect::AppendToRecording { path, line }))
    }

    /// Returns what is recorded of an endpoint, in a few words.
    pub(super) fn recording_in_words(&self, endpoint: &McpEndpoint) -> Option<String> {
        let recording = self.recording.as_ref()?;
        (recording.endpoint == *endpoint)
            .then(|| format!("recording {}", pluralize(recording.calls, "call")))
    }
}

impl ScreenRecording {
    fn ended(&self) -> String {
        match &self.file {
            Some(file) => format!(
                "{} recorded; compare with: agentcore-console tools replay {file}",
                pluralize(self.calls, "call")
            ),
            None => "recording ended".to_owned(),
        }
    }
}
