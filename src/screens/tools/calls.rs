//! Calls from their arguments to their answers, and what servers ask on the way.

use serde_json::Value;

use super::{
    HistoryEntry, Item, Outcome, Running, Tools, endpoints::name_of, form::Form,
    question::ServerQuestion, result,
};
use crate::{
    messages::{Effect, Effects, Slot, ToolsEffect},
    model::{
        CallOptions, CallOutcome, Claims, ConnectionInfo, Elicitation, ElicitationAnswer,
        ElicitationRequest, Failure, FailureKind, McpEndpoint, Moment, Tool, pluralize,
    },
    screens::{AppRequest, ScreenUpdate, UpdateContext, confirm::Confirm},
    state::ActivityEntry,
    tools::{cypher, permission},
};

/// Calls remembered in a session.
const HISTORY: usize = 50;
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
        let (words, good) = match &result {
            Ok(outcome) if outcome.is_error => ("error".to_owned(), false),
            Ok(outcome) => (
                outcome
                    .table
                    .as_ref()
                    .map_or_else(|| "ok".to_owned(), result::rows_in_words),
                true,
            ),
            Err(failure) => (
                failure.code.clone().unwrap_or_else(|| "failed".to_owned()),
                false,
            ),
        };
        let write = call.is_write;
        let noted = match &result {
            Ok(outcome) if outcome.is_error => Err(Box::new(refused(&call.tool, outcome))),
            Ok(_) => Ok(words.clone()),
            Err(failure) => Err(Box::new(failure.clone())),
        };
        context.store.record(ActivityEntry {
            at: context.now,
            what: format!("call {} at {}", call.tool, name_of(endpoint, context.store)),
            write,
            result: noted,
            request_id: result
                .as_ref()
                .ok()
                .and_then(|outcome| outcome.request_id.clone()),
            took_ms: Some(context.now.since(call.since)),
            arguments: Some(Value::Object(call.arguments.clone()).to_string()),
            again: Some(Box::new(Effect::Tools(ToolsEffect::Call {
                endpoint: endpoint.clone(),
                tool: call.tool.clone(),
                arguments: call.arguments.clone(),
                options: CallOptions::default(),
            }))),
        });
        // The line of the history that is selected stays so.
        let is_shown = self.endpoint.as_ref() == Some(endpoint);
        if is_shown && matches!(self.current(), Some(Item::Past(_))) && self.history.len() < HISTORY
        {
            self.list.select(self.list.cursor() + 1);
        }
        self.history.insert(
            0,
            HistoryEntry {
                endpoint: endpoint.clone(),
                at: context.now,
                tool: call.tool.clone(),
                arguments: call.arguments.clone(),
                words,
                good,
            },
        );
        self.history.truncate(HISTORY);
        let statement = cypher::statement(&call.arguments).map(str::to_owned);
        let outcome = Outcome::new(
            (endpoint.clone(), call.tool),
            statement,
            (call.since, context.now),
            result,
            call.exchange,
        );
        self.keep_result(outcome);
        self.renewed(endpoint, context.now)
            .map_or_else(ScreenUpdate::done, ScreenUpdate::effect)
    }

    pub(super) fn elicited(
        &mut self,
        endpoint: McpEndpoint,
        elicitation: Elicitation,
    ) -> ScreenUpdate {
        match &elicitation.request {
            ElicitationRequest::Url(url) => {
                let answer = |answer| {
                    Effect::Tools(ToolsEffect::AnswerElicitation(
                        endpoint.clone(),
                        elicitation.id,
                        answer,
                    ))
                };
                let mut confirm = Confirm::ask(
                    "The server asks you to open an address".to_owned(),
                    elicitation.message.clone(),
                    answer(ElicitationAnswer::Accept(None)),
                );
                confirm.text.push(url.clone());
                confirm.text.push(
                    "Open it yourself if you trust it; it is not opened for you. Yes tells the server that you will.".to_owned(),
                );
                confirm.no = Effects::one(answer(ElicitationAnswer::Decline));
                ScreenUpdate::request(AppRequest::Ask(confirm))
            }
            ElicitationRequest::Form(schema) => {
                let tool = self
                    .connections
                    .get(&endpoint)
                    .and_then(|connection| connection.call.as_ref())
                    .map(|call| call.tool.clone());
                let form = Form::for_question(schema);
                self.questions.push_back(ServerQuestion {
                    endpoint,
                    tool,
                    elicitation,
                    form,
                    problems: Vec::new(),
                });
                ScreenUpdate::done()
            }
        }
    }

    /// Sends what was typed as the answer to the server's question; says what is wrong with it first.
    pub(super) fn send_answer(&mut self) -> ScreenUpdate {
        let Some(question) = self.questions.front_mut() else {
            return ScreenUpdate::ignored();
        };
        match question.form.answer() {
            Ok(content) => self.answer(ElicitationAnswer::Accept(Some(Value::Object(content)))),
            Err(problems) => {
                if let Some((first, _)) = problems.first() {
                    question.form.focus = *first;
                }
                question.problems = problems;
                ScreenUpdate::done()
            }
        }
    }

    /// Answers the server's question that is shown.
    pub(super) fn answer(&mut self, answer: ElicitationAnswer) -> ScreenUpdate {
        match self.questions.pop_front() {
            Some(question) => ScreenUpdate::effect(Effect::Tools(ToolsEffect::AnswerElicitation(
                question.endpoint,
                question.elicitation.id,
                answer,
            ))),
            None => ScreenUpdate::ignored(),
        }
    }

    pub(super) fn run(&mut self, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        let (Some(endpoint), Some(tool)) = (self.endpoint.clone(), self.selected().cloned()) else {
            return ScreenUpdate::done();
        };
        if self
            .connection()
            .is_some_and(|connection| connection.call.is_some())
        {
            return ScreenUpdate::request(AppRequest::Say(
                "a call is on its way: esc cancels it".to_owned(),
            ));
        }
        let read_only = context.read_only
            || context
                .store
                .deployment(&endpoint.deployment)
                .is_some_and(|each| each.read_only);
        if let Some(why) = permission::read_only_refuses_tool(&tool).filter(|_| read_only) {
            return refused_in_read_only(&tool, why);
        }
        let arguments = match self.form_mut().map(|form| form.ready()) {
            Some(Ok(arguments)) => arguments,
            Some(Err(problems)) => {
                self.problems = problems;
                return ScreenUpdate::done();
            }
            None => return ScreenUpdate::done(),
        };
        self.problems.clear();
        if let Some(why) = permission::read_only_refusal(&tool, &arguments).filter(|_| read_only) {
            return refused_in_read_only(&tool, why);
        }
        if let Some(offer) = self.offer().cloned() {
            let fetch = Effect::Tools(ToolsEffect::Fetch(endpoint, Box::new(offer), arguments));
            self.begun(&fetch, context.now);
            return ScreenUpdate::effect(fetch);
        }
        let asks = permission::needs_confirmation(&tool, &arguments);
        let statement = cypher::statement(&arguments).map(str::to_owned);
        let call = Effect::Tools(ToolsEffect::Call {
            endpoint: endpoint.clone(),
            tool: tool.name.clone(),
            arguments,
            options: CallOptions::default(),
        });
        if asks {
            return ScreenUpdate::request(AppRequest::Ask(self.question_before_write(
                &tool,
                statement.as_deref(),
                call,
                &endpoint,
                context,
            )));
        }
        self.begun(&call, context.now);
        ScreenUpdate::effect(call)
    }

    /// What is asked before a call that may write: what runs, where, and by whose sign-in.
    fn question_before_write(
        &self,
        tool: &Tool,
        statement: Option<&str>,
        call: Effect,
        endpoint: &McpEndpoint,
        context: &UpdateContext<'_>,
    ) -> Confirm {
        let place = name_of(endpoint, context.store);
        let mut confirm = Confirm::ask(
            format!("Call {}?", tool.parts().1),
            format!(
                "It may change or destroy data of {}.",
                if place == endpoint.deployment.as_str() {
                    place
                } else {
                    format!("{} at {place}", endpoint.deployment)
                }
            ),
            call,
        );
        if let Some(statement) = statement {
            confirm.text.extend(
                statement
                    .lines()
                    .take(STATEMENT_LINES)
                    .map(|line| format!("  {line}")),
            );
            let more = statement.lines().count().saturating_sub(STATEMENT_LINES);
            if more > 0 {
                confirm
                    .text
                    .push(format!("  … {}", pluralize(more, "more line")));
            }
        }
        if let Some((info, claims, _)) = self.connection().and_then(|known| known.state.get()) {
            confirm
                .text
                .push(format!("Signed in by {}.", who(info, claims.as_ref())));
        }
        confirm
    }

    /// Notes a call that begins now: at once, or with the yes to the question before it.
    pub fn begun(&mut self, effect: &Effect, now: Moment) {
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
        if let Some((endpoint, tool, arguments)) = begun
            && let Some(connection) = self.connections.get_mut(endpoint)
        {
            let known = connection.state.get();
            let is_write = known
                .and_then(|(_, _, tools)| tools.iter().find(|known| known.name == *tool))
                .is_some_and(|known| permission::is_write(known, arguments));
            connection.call = Some(Running {
                is_write,
                tool: tool.clone(),
                arguments: arguments.clone(),
                since: now,
                progress: None,
                exchange: None,
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
        let statement = cypher::statement(&call.arguments).map(str::to_owned);
        self.keep_result(Outcome::new(
            (endpoint.clone(), call.tool),
            statement,
            (call.since, now),
            Err(failure),
            call.exchange,
        ));
        Some(
            ScreenUpdate::effect(Effect::Stop(Slot::Call(endpoint))).and_request(AppRequest::Say(
                "cancelled; whether a write took place is not known".to_owned(),
            )),
        )
    }
}

fn refused_in_read_only(tool: &Tool, why: &str) -> ScreenUpdate {
    ScreenUpdate::request(AppRequest::Say(format!(
        "read-only mode: {} is not called, since {why}",
        tool.name
    )))
}

/// Who the server takes the caller for: the token's client or subject, else the mode of the sign-in.
fn who(info: &ConnectionInfo, claims: Option<&Claims>) -> String {
    let claim = |name: &str| {
        claims
            .and_then(|claims| claims.claims.get(name))
            .and_then(Value::as_str)
    };
    ["username", "cognito:username", "client_id", "sub"]
        .into_iter()
        .find_map(claim)
        .map_or_else(
            || info.sign_in.to_owned(),
            |name| format!("{} as {name}", info.sign_in),
        )
}

/// What a tool answered as its error, as it is noted.
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
