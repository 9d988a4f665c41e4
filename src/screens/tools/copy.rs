//! What is copied of a call: its result, its arguments, commands that repeat it elsewhere.

use serde_json::{Map, Value};

use super::{CallResult, Tools};
use crate::{
    messages::{Effect, ToolsAction},
    screens::{AppRequest, ScreenUpdate, UpdateContext},
    tools::{
        commands::{self, CallSite},
        saved::masked,
    },
};

/// A tool and the arguments of a call.
type CallToCopy = (String, Map<String, Value>);

impl Tools {
    /// Copies what the action names.
    pub(super) fn copy(
        &mut self,
        action: ToolsAction,
        context: &UpdateContext<'_>,
    ) -> ScreenUpdate {
        let text = if action == ToolsAction::CopyResult {
            Ok(self.result_text())
        } else {
            self.copied_call(action, context)
        };
        match text {
            Ok(Some(text)) => ScreenUpdate::effect(Effect::Copy(text)),
            Ok(None) => ScreenUpdate::done(),
            Err(problem) => ScreenUpdate::request(AppRequest::Say(problem)),
        }
    }

    /// Opens or copies the address at which a person must consent before the call of the result can succeed.
    pub(super) fn consent_address(&self, action: ToolsAction) -> ScreenUpdate {
        let address = self.result.as_ref().and_then(CallResult::consent_address);
        let Some(address) = address.map(str::to_owned) else {
            return ScreenUpdate::request(AppRequest::Say(
                "the result waits for no consent".to_owned(),
            ));
        };
        ScreenUpdate::effect(if action == ToolsAction::OpenAddress {
            Effect::OpenAddress(address)
        } else {
            Effect::Copy(address)
        })
    }

    /// Returns the tool and the arguments of the call that the form stands for; while the form cannot be sent, those of the result that
    /// is shown.
    fn call_to_copy(&mut self, tool: String) -> Option<Result<CallToCopy, String>> {
        let problems = match self.form_mut()?.arguments() {
            Ok(arguments) => return Some(Ok((tool, arguments))),
            Err(problems) => problems,
        };
        let key = (self.endpoint.clone()?, tool);
        let shown = self.result.as_ref().filter(|result| result.is_of(&key));
        Some(shown.map_or_else(
            || Err(format!("nothing to copy yet: {}", problems.join(", "))),
            |result| Ok((result.tool.clone(), result.arguments.clone())),
        ))
    }

    /// Returns the call that the form stands for, or that of the result, in the wanted words.
    fn copied_call(
        &mut self,
        action: ToolsAction,
        context: &UpdateContext<'_>,
    ) -> Result<Option<String>, String> {
        let Some(tool) = self.selected().map(|tool| tool.name.clone()) else {
            return Ok(None);
        };
        let (tool, arguments) = if action == ToolsAction::CopyMcpJson {
            (tool, Map::new())
        } else {
            let Some(call) = self.call_to_copy(tool) else {
                return Ok(None);
            };
            let (tool, arguments) = call?;
            // The clipboard is read by every program of the desktop.
            (tool, masked(&arguments))
        };
        let is_command = matches!(action, ToolsAction::CopyCurl | ToolsAction::CopyCall);
        if self.offer().is_some() && is_command {
            return Err("only calls of tools are copied as commands".to_owned());
        }
        if action == ToolsAction::CopyArguments {
            return Ok(serde_json::to_string_pretty(&Value::Object(arguments)).ok());
        }
        let (Some(endpoint), Some((info, ..))) = (
            &self.endpoint,
            self.connection()
                .and_then(|connection| connection.state.value()),
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
        Ok(Some(if action == ToolsAction::CopyCurl {
            commands::curl(site, &tool, &arguments)
        } else if action == ToolsAction::CopyMcpJson {
            commands::mcp_json(site)
        } else {
            commands::own(site, &tool, &arguments)
        }))
    }
}
