//! Runs the effects of MCP endpoints.

use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::mpsc;

use crate::{
    messages::{Event, ToolsEffect, ToolsEvent, Welcome},
    model::{
        ArgumentCompletion, CallOptions, CallOutcome, Claims, ConnectionInfo, DeploymentName,
        ElicitationAnswer, Failure, FailureKind, McpEndpoint, McpNotice, Offer, Progress, SignIn,
    },
    net::browser,
    runtime::{saved_queries, tasks::Sender},
    services::{
        McpOptions, McpSession,
        mcp::{self, ConsentCall},
    },
    tools::{
        permission,
        saved::{Query, put},
    },
};

use super::RunnerState;

/// Time that STS has to say who signs the requests of a connection.
const IDENTITY_PATIENCE: Duration = Duration::from_secs(5);

impl RunnerState {
    pub(super) async fn run_tools(&self, effect: ToolsEffect, sender: Sender) -> Option<Event> {
        Some(Event::Tools(match effect {
            ToolsEffect::Connect(endpoint) => {
                let welcome = self.connect(&endpoint, sender).await;
                ToolsEvent::Connected(endpoint, Box::new(welcome))
            }
            ToolsEffect::Call {
                endpoint,
                tool,
                arguments,
                options,
            } => {
                let call = self.call(&endpoint, &tool, arguments, options, &sender);
                let outcome = Box::pin(call).await;
                ToolsEvent::Called(endpoint, Box::new(outcome))
            }
            ToolsEffect::Fetch(endpoint, offer, arguments) => {
                let outcome = self.fetch(&endpoint, &offer, arguments, &sender).await;
                ToolsEvent::Called(endpoint, Box::new(outcome))
            }
            ToolsEffect::CompleteArgument(endpoint, offer, completion) => {
                let values = self.values_of(&endpoint, &offer, &completion).await?;
                ToolsEvent::ValuesProposed(endpoint, completion, values)
            }
            ToolsEffect::ListOffers(endpoint) => {
                let offers = self.offers(&endpoint).await;
                ToolsEvent::Offered(endpoint, offers)
            }
            ToolsEffect::ReadClaims(endpoint) => {
                let claims = self.claims(&endpoint).await;
                ToolsEvent::ClaimsRead(endpoint, Box::new(claims))
            }
            ToolsEffect::ReadQueries => {
                ToolsEvent::QueriesRead(saved_queries::read(self.queries.as_deref()))
            }
            ToolsEffect::KeepQuery(query) => {
                ToolsEvent::QueriesRead(self.change_queries(|queries| put(queries, query)))
            }
            ToolsEffect::ForgetQuery(name) => ToolsEvent::QueriesRead(
                self.change_queries(|queries| queries.retain(|query| query.name != name)),
            ),
            ToolsEffect::ReadCallHistory
            | ToolsEffect::KeepCall(_)
            | ToolsEffect::ChangeCall(..)
            | ToolsEffect::BeginRecording { .. }
            | ToolsEffect::AppendToRecording { .. }
            | ToolsEffect::ReadDrafts
            | ToolsEffect::KeepDrafts(_) => return self.run_kept(effect),
            ToolsEffect::ReadGraphSchema(..) | ToolsEffect::ReadCallLines { .. } => {
                return Box::pin(self.run_reads(effect)).await;
            }
            ToolsEffect::AnswerElicitation(endpoint, id, answer) => {
                self.answer_elicitation(&endpoint, id, answer);
                return None;
            }
        }))
    }

    fn change_queries(&self, change: impl FnOnce(&mut Vec<Query>)) -> Result<Vec<Query>, Failure> {
        saved_queries::change(self.queries.as_deref(), change)
    }

    async fn connect(&self, endpoint: &McpEndpoint, sender: Sender) -> Result<Welcome, Failure> {
        let (services, deployment) = self.of(&endpoint.deployment)?;
        let (notices, mut arriving) = mcp::notices();
        let options = McpOptions {
            notices: Some(notices),
            subscribes: true,
            ..McpOptions::default()
        };
        let opening = async {
            let connecting = services.mcp.connect(deployment, &endpoint.target, options);
            let session = connecting.await?;
            let tools = session.tools().await?;
            Ok::<_, Failure>((session, tools))
        };
        let mut early = Vec::new();
        let opening = mcp::collect_notices(opening, &mut arriving, &mut early);
        let signing = self.signing_identity(&endpoint.deployment);
        let (opened, caller) = Box::pin(async { tokio::join!(opening, signing) }).await;
        let (session, tools) = opened?;
        self.tools.lock().insert(endpoint.clone(), tools.clone());
        let info = ConnectionInfo {
            caller,
            ..session.info()
        };
        let claims = session.claims().await;
        self.sessions.lock().insert(endpoint.clone(), session);
        tokio::spawn(pass_on(early, arriving, endpoint.clone(), sender));
        Ok((info, claims, tools))
    }

    /// Returns the ARN of the AWS identity that signs the requests of a deployment, where its sign-in is a signature; `None` also if
    /// STS does not answer in time.
    async fn signing_identity(&self, deployment: &DeploymentName) -> Option<String> {
        let (services, deployment) = self.of(deployment).ok()?;
        if !matches!(deployment.sign_in, SignIn::SigV4) {
            return None;
        }
        let asking = services.aws.client.identity(deployment);
        let answer = tokio::time::timeout(IDENTITY_PATIENCE, asking).await.ok()?;
        answer
            .inspect_err(|failure| tracing::info!(%failure, "the signing identity is not known"))
            .ok()
            .map(|identity| identity.arn)
            .filter(|arn| !arn.is_empty())
    }

    pub(super) fn session(&self, endpoint: &McpEndpoint) -> Option<McpSession> {
        self.sessions.lock().get(endpoint).cloned()
    }

    async fn offers(&self, endpoint: &McpEndpoint) -> Vec<Offer> {
        match self.session(endpoint) {
            Some(session) => session.offers().await,
            None => Vec::new(),
        }
    }

    /// Returns the values that a server proposes. That it proposes none is no failure of what the user does.
    async fn values_of(
        &self,
        endpoint: &McpEndpoint,
        offer: &Offer,
        completion: &ArgumentCompletion,
    ) -> Option<Vec<String>> {
        let values = self.session(endpoint)?.complete(offer, completion).await;
        values
            .inspect_err(|failure| tracing::info!(%failure, "no values are proposed"))
            .ok()
    }

    async fn fetch(
        &self,
        endpoint: &McpEndpoint,
        offer: &Offer,
        arguments: Map<String, Value>,
        sender: &Sender,
    ) -> Result<CallOutcome, Failure> {
        match self.session(endpoint) {
            Some(session) => {
                let (result, exchange) = session.fetch(offer, arguments).await;
                sender
                    .send(Event::Tools(ToolsEvent::Exchanged(
                        endpoint.clone(),
                        Box::new(exchange),
                    )))
                    .await;
                result
            }
            None => Err(Failure::new(
                FailureKind::Network,
                format!("reading {}", offer.address),
                "not connected",
            )
            .hint("connect again, then repeat the call")),
        }
    }

    async fn claims(&self, endpoint: &McpEndpoint) -> Result<Claims, Failure> {
        let (services, deployment) = self.of(&endpoint.deployment)?;
        services
            .sign_ins
            .token(deployment, None)
            .await
            .map(|(_, claims)| claims)
    }

    async fn call(
        &self,
        endpoint: &McpEndpoint,
        tool: &str,
        arguments: Map<String, Value>,
        options: CallOptions,
        sender: &Sender,
    ) -> Result<CallOutcome, Failure> {
        let session = self.session(endpoint);
        let session = session.ok_or_else(|| {
            Failure::new(
                FailureKind::Network,
                format!("calling {tool}"),
                "not connected",
            )
            .hint("connect again, then repeat the call")
        })?;
        let completed = self.complete_consents(endpoint).await;
        let arguments_again = arguments.clone();
        let is_write = self.is_write(endpoint, tool, &arguments);
        let call = Box::pin(async {
            let (result, exchange) = session.watched_call(tool, arguments, options).await;
            sender
                .send(Event::Tools(ToolsEvent::Exchanged(
                    endpoint.clone(),
                    Box::new(exchange),
                )))
                .await;
            result
        });
        let result = match self.of(&endpoint.deployment) {
            Ok((services, deployment)) if is_write => {
                let address = session.info().url;
                services
                    .audit
                    .audited_call(deployment, tool, &address, call)
                    .await
            }
            Ok(_) | Err(_) => call.await,
        };
        match result {
            Err(failure) if failure.consent_urls().next().is_some() => {
                let asking = CallAgain {
                    session: &session,
                    tool,
                    arguments: &arguments_again,
                    options,
                };
                self.ask_for_consent(endpoint, failure, completed, asking, sender)
                    .await
            }
            result => result,
        }
    }

    /// A call asked for a person's consent. With a browser at hand the consent is obtained and the call repeated; otherwise the
    /// address is shown, and the consent is completed before the call is repeated by hand.
    async fn ask_for_consent(
        &self,
        endpoint: &McpEndpoint,
        failure: Failure,
        completed: Result<(), Failure>,
        call: CallAgain<'_>,
        sender: &Sender,
    ) -> Result<CallOutcome, Failure> {
        if browser::is_available()
            && let Ok((services, deployment)) = self.of(&endpoint.deployment)
        {
            let waiting = Progress {
                progress: 0.0,
                total: None,
                message: Some("waiting for consent in the browser".to_owned()),
            };
            let event = Event::Tools(ToolsEvent::Progressed(endpoint.clone(), waiting));
            sender.send_aside(event).await;
            let asking = ConsentCall {
                session: call.session,
                deployment,
                tool: call.tool,
                arguments: call.arguments,
                options: call.options,
            };
            return Box::pin(services.mcp.call_with_consent(&asking)).await;
        }
        let asked: Vec<String> = failure.consent_urls().map(str::to_owned).collect();
        self.consents.lock().insert(endpoint.clone(), asked);
        Err(match completed {
            Ok(()) => failure,
            Err(problem) => failure.evidence(format!("the consent was not completed: {problem}")),
        })
    }

    /// Returns whether a call may write; a tool that was not listed may.
    fn is_write(&self, endpoint: &McpEndpoint, tool: &str, arguments: &Map<String, Value>) -> bool {
        let tools = self.tools.lock();
        let known = tools
            .get(endpoint)
            .and_then(|tools| tools.iter().find(|known| known.name == tool));
        known.is_none_or(|tool| permission::is_write(tool, arguments))
    }

    /// Tells AgentCore that the user has consented, before a call is repeated that had asked for consent.
    ///
    /// # Errors
    /// The first refusal: most often the user has not consented, and the call asks for consent again.
    async fn complete_consents(&self, endpoint: &McpEndpoint) -> Result<(), Failure> {
        let asked = self.consents.lock().remove(endpoint).unwrap_or_default();
        let (services, deployment) = self.of(&endpoint.deployment)?;
        let mut completed = Ok(());
        for address in asked {
            let outcome = services.mcp.complete_consent(deployment, &address).await;
            completed = completed.and(outcome);
        }
        completed
    }

    fn answer_elicitation(&self, endpoint: &McpEndpoint, id: u64, answer: ElicitationAnswer) {
        let session = self.session(endpoint);
        if let Some(session) = session {
            session.answer(id, answer);
        }
    }
}

/// A call that is repeated after a person's consent.
struct CallAgain<'a> {
    session: &'a McpSession,
    tool: &'a str,
    arguments: &'a Map<String, Value>,
    options: CallOptions,
}

/// Forwards the notifications of a connection as long as it lives, first those that arrived before
/// it was established.
async fn pass_on(
    early: Vec<McpNotice>,
    mut arriving: mpsc::Receiver<McpNotice>,
    endpoint: McpEndpoint,
    sender: Sender,
) {
    let mut early = early.into_iter();
    loop {
        let next = match early.next() {
            Some(notice) => Some(notice),
            None => arriving.recv().await,
        };
        let event = match next {
            Some(McpNotice::Elicitation(elicitation)) => {
                Event::Tools(ToolsEvent::Elicited(endpoint.clone(), elicitation))
            }
            Some(McpNotice::Progress(progress)) => {
                Event::Tools(ToolsEvent::Progressed(endpoint.clone(), progress))
            }
            Some(McpNotice::ToolsChanged) => {
                Event::Tools(ToolsEvent::ToolsChanged(endpoint.clone()))
            }
            Some(McpNotice::OffersChanged) => {
                Event::Tools(ToolsEvent::OffersChanged(endpoint.clone()))
            }
            Some(McpNotice::Message(level, data)) => Event::Tools(ToolsEvent::MessageLogged {
                endpoint: endpoint.clone(),
                level,
                text: data
                    .as_str()
                    .map_or_else(|| data.to_string(), str::to_owned),
            }),
            None => return,
        };
        if !sender.send_aside(event).await {
            return;
        }
    }
}
