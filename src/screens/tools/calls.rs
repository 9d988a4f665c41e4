//! Calls from their arguments to their answers, and what servers ask on the way.

use serde_json::{Map, Value, json};

use super::{
    CallResult, Pane, Running, ServerMessages, Tools,
    endpoints::name_of,
    form::Form,
    further_calls::{no_plan, profile_failed},
    question::ServerQuestion,
    result,
};
use crate::{
    messages::{Effect, Effects, Slot, ToolsEffect},
    model::{
        CallOptions, CallOutcome, Claims, ConnectionInfo, Elicitation, ElicitationRequest, Failure,
        FailureKind, McpEndpoint, Moment, Tool, pluralize,
    },
    screens::{AppRequest, ScreenUpdate, UpdateContext, confirm::Confirm},
    state::ActivityEntry,
    tools::{cypher, permission, saved::masked},
};

/// Lines of a statement that are shown in the question before it runs.
const STATEMENT_LINES: usize = 12;
/// Bytes of a tool's error that are noted at most.
const NOTED: usize = 16 << 10;

impl Tools {
    pub(super) fn called(
        &mut self,
        endpoint: &McpEndpoint,
        result: Result<CallOutcome, Failure>,
        context: &mut UpdateContext<'_>,
    ) -> ScreenUpdate {
        let Some(call) = self
            .connections
            .get_mut(endpoint)
            .and_then(|connection| connection.call.take())
        else {
            return ScreenUpdate::done();
        };
        let words = outcome_in_words(&result);
        let noted = match &result {
            Ok(outcome) if outcome.is_error => Err(Box::new(refused(&call.tool, outcome))),
            Ok(_) => Ok(words),
            Err(failure) if failure.consent_urls().next().is_some() => {
                Ok("waits for a person's consent".to_owned())
            }
            Err(failure) => Err(Box::new(failure.clone())),
        };
        context.store.record(ActivityEntry {
            at: context.now,
            what: format!("call {} at {}", call.tool, name_of(endpoint, context.store)),
            write: call.is_write,
            is_declined: false,
            is_warning: false,
            is_pending: false,
            result: noted,
            request_id: result
                .as_ref()
                .ok()
                .and_then(|outcome| outcome.request_id.clone()),
            took_ms: Some(took_ms(&result, context.now.since(call.since))),
            arguments: Some(Value::Object(call.arguments.clone()).to_string()),
            again: Some(Box::new(Effect::Tools(ToolsEffect::Call {
                endpoint: endpoint.clone(),
                tool: call.tool.clone(),
                arguments: call.arguments.clone(),
                options: CallOptions::default(),
            }))),
        });
        let kept = self.record_call(endpoint, &call, &result, context.now);
        if self.is_schema_tool(&call.tool) && self.endpoint.as_ref() == Some(endpoint) {
            self.schema_answered(endpoint.clone(), call.tool.clone(), &result, context.now);
        }
        let mut update = if call.expands_graph {
            self.expanded(result)
        } else if self.is_failed_profile(endpoint, &call, &result) {
            profile_failed(result)
        } else {
            self.result_came(CallResult::new(endpoint.clone(), call, context.now, result))
        };
        let renewed = self.renewed(endpoint, context.now);
        update.effects = update.effects.and(kept).and(renewed.into_iter().collect());
        update
    }

    fn result_came(&mut self, result: CallResult) -> ScreenUpdate {
        let hint = result.lacks_plan().then(no_plan);
        self.keep_result(result);
        self.focus_result();
        hint.unwrap_or_else(ScreenUpdate::done)
    }

    pub(super) fn elicited(
        &mut self,
        endpoint: McpEndpoint,
        elicitation: Elicitation,
    ) -> ScreenUpdate {
        let tool = self
            .connections
            .get(&endpoint)
            .and_then(|connection| connection.call.as_ref())
            .map(|call| call.tool.clone());
        let schema = match &elicitation.request {
            ElicitationRequest::Form(schema) => schema.clone(),
            ElicitationRequest::Url(_) => json!({"type": "object", "properties": {}}),
        };
        self.ask(ServerQuestion {
            endpoint,
            tool,
            elicitation,
            form: Form::for_question(&schema),
            problems: Vec::new(),
        });
        ScreenUpdate::done()
    }

    fn is_calling(&self) -> bool {
        let connection = self.connection();
        connection.is_some_and(|connection| connection.call.is_some())
    }

    pub(super) fn run(&mut self, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        let (Some(endpoint), Some(tool)) = (self.endpoint.clone(), self.selected().cloned()) else {
            return ScreenUpdate::done();
        };
        if self.is_calling() {
            return a_call_is_on_its_way();
        }
        let read_only = Self::is_read_only(&endpoint, context);
        if let Some(why) = permission::read_only_refuses_tool(&tool).filter(|_| read_only) {
            return refused_in_read_only(&tool, why);
        }
        let arguments = match self.form_mut().map(|form| form.ready()) {
            Some(Ok(arguments)) => arguments,
            Some(Err(problems)) => {
                self.show_problems(problems);
                // What is wrong is mended there; in a narrow window it is not seen beside the list.
                self.pane = Pane::Form;
                return ScreenUpdate::done();
            }
            None => return ScreenUpdate::done(),
        };
        self.problems.clear();
        if self.pane == Pane::List && self.form().is_some_and(|form| form.rows().is_empty()) {
            // In a narrow window that is where the result is seen.
            self.pane = Pane::Result;
        }
        if let Some(why) = permission::read_only_refusal(&tool, &arguments).filter(|_| read_only) {
            return refused_in_read_only(&tool, why);
        }
        if let Some(offer) = self.offer().cloned() {
            let fetch = Effect::Tools(ToolsEffect::Fetch(endpoint, Box::new(offer), arguments));
            self.begun(&fetch, context.now);
            return ScreenUpdate::effect(fetch);
        }
        self.send(&endpoint, &tool, &arguments, context)
    }

    /// Returns whether writes are refused at an endpoint.
    fn is_read_only(endpoint: &McpEndpoint, context: &UpdateContext<'_>) -> bool {
        let deployment = context.store.deployment(&endpoint.deployment);
        context.read_only || deployment.is_some_and(|deployment| deployment.read_only)
    }

    /// Calls a tool with these arguments, after a question if it may write.
    pub(super) fn send(
        &mut self,
        endpoint: &McpEndpoint,
        tool: &Tool,
        arguments: &Map<String, Value>,
        context: &UpdateContext<'_>,
    ) -> ScreenUpdate {
        if self.is_calling() {
            return a_call_is_on_its_way();
        }
        let read_only = Self::is_read_only(endpoint, context);
        if let Some(why) = permission::read_only_refusal(tool, arguments).filter(|_| read_only) {
            return refused_in_read_only(tool, why);
        }
        let asks = permission::needs_confirmation(tool, arguments);
        let call = Effect::Tools(ToolsEffect::Call {
            endpoint: endpoint.clone(),
            tool: tool.name.clone(),
            arguments: arguments.clone(),
            options: CallOptions::default(),
        });
        if asks {
            let question = self.question_before_write(tool, arguments, call, endpoint, context);
            return ScreenUpdate::request(AppRequest::Ask(question));
        }
        self.begun(&call, context.now);
        ScreenUpdate::effect(call)
    }

    /// Returns what is asked before a call that may write: what runs, where, and by whose sign-in.
    fn question_before_write(
        &self,
        tool: &Tool,
        arguments: &Map<String, Value>,
        call: Effect,
        endpoint: &McpEndpoint,
        context: &UpdateContext<'_>,
    ) -> Confirm {
        let name = name_of(endpoint, context.store);
        let mut place = context.store.title(endpoint.deployment.as_str()).to_owned();
        if name != place {
            place = format!("{place} at {name}");
        }
        let account = context.store.account_and_region(&endpoint.deployment);
        if !account.is_empty() {
            place = format!("{place} ({account})");
        }
        let mut confirm = Confirm::ask(
            format!("Call {}?", tool.parts().1),
            format!("It may change or destroy data of {place}."),
            call,
        );
        confirm.text.extend(call_in_words(tool, arguments));
        if let Some((info, claims, _)) = self.connection().and_then(|known| known.state.value()) {
            let deployment = context.store.deployment(&endpoint.deployment);
            let profile = deployment.and_then(|deployment| deployment.profile.as_deref());
            let name = who(info, claims.as_ref(), profile);
            confirm.text.push(format!("Signed in by {name}."));
        }
        confirm
    }

    /// Notes a call that begins now: at once, or with the yes to the question before it.
    pub fn begun(&mut self, effect: &Effect, now: Moment) {
        let is_tool = matches!(effect, Effect::Tools(ToolsEffect::Call { .. }));
        let begun = if let Effect::Tools(ToolsEffect::Call {
            endpoint,
            tool,
            arguments,
            ..
        }) = effect
        {
            Some((endpoint, tool, arguments))
        } else if let Effect::Tools(ToolsEffect::Fetch(endpoint, offer, arguments)) = effect {
            Some((endpoint, &offer.tool.name, arguments))
        } else {
            None
        };
        let shown_at = begun.map_or_else(String::new, |(_, tool, arguments)| {
            self.shown_at(tool, arguments)
        });
        if let Some((endpoint, tool, arguments)) = begun
            && let Some(connection) = self.connections.get_mut(endpoint)
        {
            let known = connection.state.value();
            let is_write = known
                .and_then(|(_, _, tools)| tools.iter().find(|known| known.name == *tool))
                .is_some_and(|known| permission::is_write(known, arguments));
            connection.call = Some(Running {
                is_write,
                tool: tool.clone(),
                shown_at,
                arguments: arguments.clone(),
                since: now,
                progress: None,
                exchange: None,
                messages: ServerMessages::default(),
                expands_graph: false,
                is_tool,
            });
        }
    }

    /// Cancels the call on its way. Whether a write took place is then unknown.
    pub(super) fn cancel(&mut self, now: Moment) -> Option<ScreenUpdate> {
        let endpoint = self.endpoint.clone()?;
        let call = self.connections.get_mut(&endpoint)?.call.take()?;
        let seconds = now.since(call.since).max(0) as f64 / 1000.0;
        let cause = format!("cancelled after {seconds:.1} s");
        let failure = Failure::new(
            FailureKind::Cancelled,
            format!("calling {}", call.tool),
            cause,
        )
        .hint("whether a write took place is not known");
        let result = Err(failure);
        let kept = self.record_call(&endpoint, &call, &result, now);
        if !call.expands_graph {
            self.keep_result(CallResult::new(endpoint.clone(), call, now, result));
        }
        Some(
            ScreenUpdate::effects(Effects::one(Effect::Stop(Slot::Call(endpoint))).and(kept))
                .and_request(AppRequest::Say(
                    "cancelled; whether a write took place is not known".to_owned(),
                )),
        )
    }
}

fn a_call_is_on_its_way() -> ScreenUpdate {
    let text = "a call is on its way: cancel it first";
    ScreenUpdate::request(AppRequest::Say(text.to_owned()))
}

/// Returns how long a call took, in milliseconds, without the time of a person; by the clock where it was not measured.
fn took_ms(result: &Result<CallOutcome, Failure>, by_clock: i64) -> i64 {
    let total = result.as_ref().map_or(0, |outcome| outcome.elapsed.total);
    let measured = i64::try_from(total).ok().filter(|total| *total > 0);
    measured.unwrap_or(by_clock)
}

/// Returns how a call ended, in a word or two.
fn outcome_in_words(result: &Result<CallOutcome, Failure>) -> String {
    match result {
        Ok(outcome) if outcome.is_error => "error".to_owned(),
        Ok(outcome) => {
            let rows = outcome.table.as_ref().map(result::rows_in_words);
            rows.unwrap_or_else(|| "ok".to_owned())
        }
        Err(failure) => failure.code.clone().unwrap_or_else(|| "failed".to_owned()),
    }
}

/// Returns the statement of a call with its parameters, else its arguments; without secrets.
fn call_in_words(tool: &Tool, arguments: &Map<String, Value>) -> Vec<String> {
    let shown = masked(arguments);
    let Some(statement) = cypher::statement(&shown) else {
        let arguments = Value::Object(shown.clone());
        return vec![format!("  {} {arguments}", tool.parts().1)];
    };
    let lines = statement.lines().take(STATEMENT_LINES);
    let mut text: Vec<String> = lines.map(|line| format!("  {line}")).collect();
    let more = statement.lines().count().saturating_sub(STATEMENT_LINES);
    if more > 0 {
        text.push(format!("  … {}", pluralize(more, "more line")));
    }
    let parameters = shown.values().filter_map(Value::as_object).flatten();
    text.extend(parameters.map(|(name, value)| format!("  ${name} = {value}")));
    text
}

fn refused_in_read_only(tool: &Tool, why: &str) -> ScreenUpdate {
    ScreenUpdate::request(AppRequest::Say(format!(
        "read-only mode: {} is not called, since {why}",
        tool.name
    )))
}

/// Returns who the server takes the caller for: the token's client or subject, the AWS identity that signs, else what credentials
/// the sign-in is made with.
fn who(info: &ConnectionInfo, claims: Option<&Claims>, profile: Option<&str>) -> String {
    let claim = |name: &str| {
        claims
            .and_then(|claims| claims.claims.get(name))
            .and_then(Value::as_str)
    };
    let named = ["username", "cognito:username", "client_id", "sub"]
        .into_iter()
        .find_map(claim)
        .or(info.caller.as_deref());
    match (named, info.sign_in) {
        (Some(name), mode) => format!("{mode} as {name}"),
        (None, mode @ "sigv4") => {
            let credentials = profile.map_or_else(
                || "the AWS credentials of the environment or the default profile".to_owned(),
                |profile| format!("the AWS credentials of profile {profile}"),
            );
            format!("{mode} with {credentials}; AWS did not say whose they are")
        }
        (None, mode) => mode.to_owned(),
    }
}

/// Returns what a tool answered as its error, as it is noted.
fn refused(tool: &str, outcome: &CallOutcome) -> Failure {
    let text = outcome.text();
    let said = text
        .get(..text.floor_char_boundary(NOTED))
        .unwrap_or(&text)
        .trim();
    let said = if said.is_empty() {
        "the tool reports an error and does not say which"
    } else {
        said
    };
    let failure = Failure::new(FailureKind::Refused, format!("calling {tool}"), said);
    outcome.request_id.iter().fold(failure, Failure::request_id)
}
