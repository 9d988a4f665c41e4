//! What is copied of a call: its result, its arguments, commands that repeat it elsewhere.

use serde_json::Value;

use super::Tools;
use crate::{
    messages::{Action, Effect, ToolsAction},
    screens::{AppRequest, ScreenUpdate, UpdateContext},
    tools::{
        commands::{self, CallSite},
        saved::masked,
    },
};

impl Tools {
    /// Copies what the action names.
    pub(super) fn copy(&mut self, action: Action, context: &UpdateContext<'_>) -> ScreenUpdate {
        let text = match action {
            Action::Tools(ToolsAction::CopyResult) => Ok(self.result_text()),
            Action::Tools(
                ToolsAction::CopyArguments | ToolsAction::CopyCurl | ToolsAction::CopyCall,
            ) => self.copied_call(action, context),
            _ => Ok(None),
        };
        match text {
            Ok(Some(text)) => ScreenUpdate::effect(Effect::Copy(text)),
            Ok(None) => ScreenUpdate::done(),
            Err(problem) => ScreenUpdate::request(AppRequest::Say(problem)),
        }
    }

    /// The call that the form stands for, in the wanted words.
    fn copied_call(
        &mut self,
        action: Action,
        context: &UpdateContext<'_>,
    ) -> Result<Option<String>, String> {
        let Some(tool) = self.selected().map(|tool| tool.name.clone()) else {
            return Ok(None);
        };
        let Some(arguments) = self.form_mut().map(|form| form.arguments()) else {
            return Ok(None);
        };
        let arguments = arguments
            .map_err(|problems| format!("nothing to copy yet: {}", problems.join(", ")))?;
        // The clipboard is read by every program of the desktop.
        let arguments = masked(&arguments);
        if self.offer().is_some() && action != Action::Tools(ToolsAction::CopyArguments) {
            return Err("only calls of tools are copied as commands".to_owned());
        }
        if action == Action::Tools(ToolsAction::CopyArguments) {
            return Ok(serde_json::to_string_pretty(&Value::Object(arguments)).ok());
        }
        let (Some(endpoint), Some((info, ..))) = (
            &self.endpoint,
            self.connection()
                .and_then(|connection| connection.state.get()),
        ) else {
            return Ok(None);
        };
        let Some(deployment) = context.store.deployment(&endpoint.deployment) else {
            return Ok(None);
        };
        let site = CallSite {
            deployment,
            target: &endpoint.target,
            url: &info.url,
            protocol: &info.protocol,
        };
        Ok(Some(match action {
            Action::Tools(ToolsAction::CopyCurl) => commands::curl(site, &tool, &arguments),
            _ => commands::own(site, &tool, &arguments),
        }))
    }
}
