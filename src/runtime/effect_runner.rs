//! Runs effects: the only match over `Effect`. Each arm calls one service.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use futures::{FutureExt as _, StreamExt as _, future::BoxFuture};
use serde_json::{Map, Value};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{
    clipboard, export,
    run::{Faults, Start, now},
    tasks::{EffectRunner, Sender},
};
use crate::runtime::saved_queries;
use crate::{
    messages::{Effect, Event, FleetEvent, LogsEvent, SecretsEvent, Slot, ToolsEvent, Welcome},
    model::{
        CallOptions, CallOutcome, Claims, Deployment, DeploymentName, ElicitationAnswer, Failure,
        FailureKind, Kind, LogQuery, McpEndpoint, McpNotice, Offer, Resource, ResourceKey,
        SecretDetail, Tool, Traffic,
    },
    rotation::{
        plan::RotationPlan,
        report::{RotationKind, RotationQuestion, RotationReport},
    },
    services::{
        Announce, McpOptions, McpSession, Services, audit,
        aws::ConsentUser,
        mcp,
        rotation::{Operator, RotationOptions},
    },
    tools::{
        permission,
        saved::{Query, put},
    },
};

/// The start of the services, which runs when the first effect is performed.
type Starting = BoxFuture<'static, Result<Start, Failure>>;

/// Performs effects with the real services, and keeps their state between effects.
pub struct ServiceRunner {
    starting: Option<Starting>,
    world: RunnerState,
    once: u64,
}

/// State that the tasks of effects share.
#[derive(Clone)]
struct RunnerState {
    services: Arc<OnceLock<RunnerServices>>,
    sessions: Arc<Mutex<HashMap<McpEndpoint, McpSession>>>,
    /// Tools of each endpoint as last listed.
    tools: Arc<Mutex<HashMap<McpEndpoint, Vec<Tool>>>>,
    /// Addresses at which the last call of an endpoint asked for a person's consent.
    consents: Arc<Mutex<HashMap<McpEndpoint, Vec<String>>>>,
    /// Path of the file of saved queries.
    queries: Option<Arc<Path>>,
    answer: Arc<Mutex<Option<oneshot::Sender<bool>>>>,
    faults: Arc<Mutex<Option<Faults>>>,
}

/// The services and deployments that the start has created.
struct RunnerServices {
    deployments: HashMap<DeploymentName, Deployment>,
    services: Services,
}

impl ServiceRunner {
    /// Creates a runner that starts the services with the first effect, after the first frame.
    pub fn new(start: impl Future<Output = Result<Start, Failure>> + Send + 'static) -> Self {
        let world = RunnerState {
            services: Arc::default(),
            sessions: Arc::default(),
            tools: Arc::default(),
            consents: Arc::default(),
            queries: saved_queries::default_path().map(Into::into),
            answer: Arc::default(),
            faults: Arc::default(),
        };
        Self {
            starting: Some(start.boxed()),
            world,
            once: 0,
        }
    }
}

impl EffectRunner for ServiceRunner {
    fn slot(&mut self, effect: &Effect) -> Option<Slot> {
        self.once += 1;
        Some(match effect {
            Effect::List(deployment, kind) => Slot::List(deployment.clone(), *kind),
            Effect::Describe(_) => Slot::Detail,
            Effect::CountCalls(keys) => Slot::Counts(keys.first()?.deployment.clone()),
            Effect::Tail(..) => Slot::Tail,
            Effect::ReadSecret(..) => Slot::Secret,
            Effect::Rotate { .. } => Slot::Rotation,
            Effect::Connect(endpoint) => Slot::Connection(endpoint.clone()),
            Effect::Call { endpoint, .. } | Effect::Fetch(endpoint, ..) => {
                Slot::Call(endpoint.clone())
            }
            Effect::Examine(deployment) => Slot::Examination(deployment.clone()),
            Effect::ListOffers(_)
            | Effect::ReadQueries
            | Effect::KeepQuery(_)
            | Effect::ForgetQuery(_)
            | Effect::ReadClaims(_)
            | Effect::Start
            | Effect::Synchronize(_)
            | Effect::Copy(_)
            | Effect::Export { .. } => Slot::Once(self.once),
            Effect::Stop(_)
            | Effect::AnswerRotation(_)
            | Effect::AnswerElicitation(..)
            | Effect::PlayFault(_)
            | Effect::Suspend => return None,
        })
    }

    fn perform(
        &mut self,
        effect: Effect,
        sender: Sender,
        stop: CancellationToken,
    ) -> BoxFuture<'static, Option<Event>> {
        let world = self.world.clone();
        match effect {
            Effect::Start => world.start(self.starting.take(), sender),
            Effect::List(name, kind) => async move {
                Some(Event::Fleet(FleetEvent::Listed(
                    name.clone(),
                    kind,
                    world.list(&name, kind).await,
                )))
            }
            .boxed(),
            Effect::Describe(key) => async move {
                Some(Event::Fleet(FleetEvent::Described(
                    key.clone(),
                    Box::new(world.describe(&key).await),
                )))
            }
            .boxed(),
            Effect::CountCalls(keys) => async move {
                Some(Event::Fleet(FleetEvent::CallsCounted(
                    keys.clone(),
                    world.count_calls(&keys).await,
                )))
            }
            .boxed(),
            Effect::Synchronize(key) => async move {
                Some(Event::Fleet(FleetEvent::Synchronized(
                    key.clone(),
                    Box::new(world.synchronize(&key).await),
                )))
            }
            .boxed(),
            Effect::Tail(name, query) => {
                async move { world.tail(&name, query, &sender).await }.boxed()
            }
            Effect::ReadSecret(name, id) => async move {
                Some(Event::Secrets(SecretsEvent::SecretRead(
                    name.clone(),
                    id.clone(),
                    Box::new(world.read_secret(&name, &id).await),
                )))
            }
            .boxed(),
            Effect::Rotate {
                deployment,
                secret,
                kind,
            } => async move { Some(world.rotate(&deployment, &secret, kind, sender, stop).await) }
                .boxed(),
            Effect::Connect(endpoint) => async move {
                Some(Event::Tools(ToolsEvent::Connected(
                    endpoint.clone(),
                    Box::new(world.connect(&endpoint, sender).await),
                )))
            }
            .boxed(),
            Effect::Call {
                endpoint,
                tool,
                arguments,
                options,
            } => async move {
                Some(Event::Tools(ToolsEvent::Called(
                    endpoint.clone(),
                    Box::new(
                        Box::pin(world.call(&endpoint, &tool, arguments, options, &sender)).await,
                    ),
                )))
            }
            .boxed(),
            Effect::Examine(name) => {
                async move { Box::pin(world.examine(&name, sender)).await }.boxed()
            }
            Effect::Copy(text) => {
                async move { Some(Event::Copied(clipboard::copy(&text))) }.boxed()
            }
            Effect::Export {
                stem,
                extension,
                text,
            } => {
                async move { Some(Event::Exported(export::write(&stem, extension, &text))) }.boxed()
            }
            Effect::ListOffers(endpoint) => async move {
                Some(Event::Tools(ToolsEvent::Offered(
                    endpoint.clone(),
                    world.offers(&endpoint).await,
                )))
            }
            .boxed(),
            Effect::Fetch(endpoint, offer, arguments) => {
                async move { Some(world.fetch(&endpoint, &offer, arguments, &sender).await) }
                    .boxed()
            }
            Effect::ReadQueries => async move {
                Some(Event::Tools(ToolsEvent::QueriesRead(saved_queries::read(
                    world.queries.as_deref(),
                ))))
            }
            .boxed(),
            Effect::KeepQuery(query) => async move {
                Some(Event::Tools(ToolsEvent::QueriesRead(
                    saved_queries::change(world.queries.as_deref(), |queries| put(queries, query)),
                )))
            }
            .boxed(),
            Effect::ForgetQuery(name) => async move {
                let forget =
                    |queries: &mut Vec<_>| queries.retain(|each: &Query| each.name != name);
                Some(Event::Tools(ToolsEvent::QueriesRead(
                    saved_queries::change(world.queries.as_deref(), forget),
                )))
            }
            .boxed(),
            Effect::ReadClaims(endpoint) => async move {
                Some(Event::Tools(ToolsEvent::ClaimsRead(
                    endpoint.clone(),
                    Box::new(world.claims(&endpoint).await),
                )))
            }
            .boxed(),
            Effect::AnswerRotation(yes) => at_once(|| world.answer_rotation(yes)),
            Effect::AnswerElicitation(endpoint, id, answer) => {
                at_once(|| world.answer_elicitation(&endpoint, id, answer))
            }
            Effect::PlayFault(index) => at_once(|| world.play_fault(index)),
            Effect::Stop(_) | Effect::Suspend => at_once(|| ()),
        }
    }
}

/// Runs a function at once and returns a future that is ready.
fn at_once(act: impl FnOnce()) -> BoxFuture<'static, Option<Event>> {
    act();
    futures::future::ready(None).boxed()
}

/// Shows the address of a sign-in on the screen.
fn announce_on_screen(sender: Sender) -> Announce {
    Box::new(move |address| {
        let (sender, event) = (sender.clone(), Event::SignInOffered(address.to_owned()));
        tokio::spawn(async move { sender.send_aside(event).await });
    })
}

impl RunnerState {
    fn start(
        self,
        starting: Option<Starting>,
        sender: Sender,
    ) -> BoxFuture<'static, Option<Event>> {
        async move {
            let started = match starting?.await {
                Ok(started) => started,
                Err(failure) => return Some(Event::Started(Err(failure))),
            };
            if let Some(path) = audit::default_path() {
                let read = tokio::task::spawn_blocking(move || audit::past_writes(&path));
                let writes = read.await.unwrap_or_default();
                sender.send(Event::PastWritesRead(writes)).await;
            }
            if !started.problems.is_empty() {
                sender.send(Event::Incomplete(started.problems)).await;
            }
            started
                .services
                .sign_ins
                .set_announce(announce_on_screen(sender));
            let deployments = started.deployments.clone();
            let by_name = started
                .deployments
                .into_iter()
                .map(|each| (each.name.clone(), each))
                .collect();
            let _ = self.services.set(RunnerServices {
                deployments: by_name,
                services: started.services,
            });
            let names = started.faults.map_or_else(Vec::new, |(names, play)| {
                *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = Some(play);
                names
            });
            Some(Event::Started(Ok((deployments, names))))
        }
        .boxed()
    }

    fn play_fault(&self, index: usize) {
        if let Some(play) = self
            .faults
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_mut()
        {
            play(index);
        }
    }

    /// Returns the services and the deployment of that name.
    fn of(&self, name: &DeploymentName) -> Result<(&Services, &Deployment), Failure> {
        let started = self.services.get();
        let found =
            started.and_then(|started| Some((&started.services, started.deployments.get(name)?)));
        found.ok_or_else(|| {
            Failure::new(
                FailureKind::Usage,
                format!("looking {name} up"),
                "no deployment is called that",
            )
        })
    }

    async fn list(&self, name: &DeploymentName, kind: Kind) -> Result<Vec<Resource>, Failure> {
        let (services, deployment) = self.of(name)?;
        services.aws.resources.list(deployment, kind).await
    }

    async fn describe(&self, key: &ResourceKey) -> Result<Resource, Failure> {
        let (services, deployment) = self.of(&key.deployment)?;
        services.aws.resources.describe(deployment, key).await
    }

    async fn count_calls(
        &self,
        keys: &[ResourceKey],
    ) -> Result<Vec<(ResourceKey, Traffic)>, Failure> {
        let Some(first) = keys.first() else {
            return Ok(Vec::new());
        };
        let (services, deployment) = self.of(&first.deployment)?;
        services.aws.metrics.traffic(deployment, keys).await
    }

    async fn synchronize(&self, key: &ResourceKey) -> Result<(Resource, Option<String>), Failure> {
        let (services, deployment) = self.of(&key.deployment)?;
        services
            .aws
            .control_plane
            .synchronize_target(deployment, key.owner_id(), key.own_id())
            .await
    }

    async fn read_secret(&self, name: &DeploymentName, id: &str) -> Result<SecretDetail, Failure> {
        let (services, deployment) = self.of(name)?;
        services.aws.secrets.secret_detail(deployment, id).await
    }

    async fn tail(&self, name: &DeploymentName, query: LogQuery, sender: &Sender) -> Option<Event> {
        let (services, deployment) = match self.of(name) {
            Ok(found) => found,
            Err(failure) => return Some(Event::Logs(LogsEvent::TailFailed(failure))),
        };
        let mut tail = services.aws.logs.tail(deployment, query);
        while let Some(batch) = tail.next().await {
            match batch {
                Ok(batch) => {
                    if !sender.send(Event::Logs(LogsEvent::Arrived(batch))).await {
                        return None;
                    }
                }
                Err(failure) => return Some(Event::Logs(LogsEvent::TailFailed(failure))),
            }
        }
        None
    }

    async fn rotate(
        &self,
        name: &DeploymentName,
        secret: &str,
        kind: RotationKind,
        sender: Sender,
        stop: CancellationToken,
    ) -> Event {
        let (services, deployment) = match self.of(name) {
            Ok(found) => found,
            Err(failure) => return Event::Secrets(SecretsEvent::Ended(Box::new(Err(failure)))),
        };
        let mut options = RotationOptions::new(kind);
        options.neo4j_uri.clone_from(&deployment.neo4j_uri);
        let (told, heard) = mpsc::unbounded_channel();
        let mut operator = ScreenOperator {
            told,
            answer: Arc::clone(&self.answer),
            stop: stop.clone(),
        };
        let work = async move {
            services
                .rotations
                .rotate(deployment, secret, options, &mut operator, &stop)
                .await
        };
        // Every report is delivered before the end of the rotation, so that no step is left out.
        let (ending, ()) = futures::join!(work, tell(heard, &sender));
        Event::Secrets(SecretsEvent::Ended(Box::new(ending)))
    }

    fn answer_rotation(&self, yes: bool) {
        let waiting = self
            .answer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(waiting) = waiting {
            // The rotation may have ended meanwhile.
            let _ = waiting.send(yes);
        }
    }

    async fn connect(&self, endpoint: &McpEndpoint, sender: Sender) -> Result<Welcome, Failure> {
        let (services, deployment) = self.of(&endpoint.deployment)?;
        let (notices, mut arriving) = mcp::notices();
        let options = McpOptions {
            notices: Some(notices),
            ..McpOptions::default()
        };
        let session = services
            .mcp
            .connect(deployment, &endpoint.target, options)
            .await?;
        let tools = session.tools().await?;
        self.tools
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(endpoint.clone(), tools.clone());
        let info = session.info();
        let claims = match info.token_expires_at {
            Some(_) => services
                .sign_ins
                .token(deployment, None)
                .await
                .ok()
                .map(|(_, claims)| claims),
            None => None,
        };
        self.sessions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(endpoint.clone(), session);
        // Several changes during the listing lead to one new listing.
        let early: Vec<McpNotice> = std::iter::from_fn(|| arriving.try_recv().ok()).collect();
        let changed = early
            .contains(&McpNotice::ToolsChanged)
            .then_some(McpNotice::ToolsChanged);
        let early = early
            .into_iter()
            .filter(|notice| *notice != McpNotice::ToolsChanged)
            .chain(changed)
            .collect();
        tokio::spawn(pass_on(early, arriving, endpoint.clone(), sender));
        Ok((info, claims, tools))
    }

    fn session(&self, endpoint: &McpEndpoint) -> Option<McpSession> {
        self.sessions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(endpoint)
            .cloned()
    }

    async fn offers(&self, endpoint: &McpEndpoint) -> Vec<Offer> {
        match self.session(endpoint) {
            Some(session) => session.offers().await,
            None => Vec::new(),
        }
    }

    async fn fetch(
        &self,
        endpoint: &McpEndpoint,
        offer: &Offer,
        arguments: Map<String, Value>,
        sender: &Sender,
    ) -> Event {
        let result = match self.session(endpoint) {
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
        };
        Event::Tools(ToolsEvent::Called(endpoint.clone(), Box::new(result)))
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
        let session = self
            .sessions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(endpoint)
            .cloned();
        let session = session.ok_or_else(|| {
            Failure::new(
                FailureKind::Network,
                format!("calling {tool}"),
                "not connected",
            )
            .hint("connect again, then repeat the call")
        })?;
        self.complete_consents(endpoint).await;
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
        if let Err(failure) = &result {
            let asked: Vec<String> = failure.consent_urls().map(str::to_owned).collect();
            self.consents
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(endpoint.clone(), asked);
        }
        result
    }

    /// Whether a call may write; a tool that was not listed may.
    fn is_write(&self, endpoint: &McpEndpoint, tool: &str, arguments: &Map<String, Value>) -> bool {
        let tools = self.tools.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tools
            .get(endpoint)
            .and_then(|tools| tools.iter().find(|known| known.name == tool));
        known.is_none_or(|tool| permission::is_write(tool, arguments))
    }

    /// Tells AgentCore that the user has consented, before a call is repeated that had asked for
    /// consent. If the user has not
    /// consented, AgentCore refuses this, and the call asks for consent again.
    async fn complete_consents(&self, endpoint: &McpEndpoint) {
        let asked = self
            .consents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(endpoint)
            .unwrap_or_default();
        let Ok((services, deployment)) = self.of(&endpoint.deployment) else {
            return;
        };
        if asked.is_empty() {
            return;
        }
        let Ok((token, _)) = services.sign_ins.token(deployment, None).await else {
            return;
        };
        let user = ConsentUser::Token(&token);
        let plane = &services.aws.control_plane;
        for address in asked {
            let _ = plane.complete_consent(deployment, &address, user).await;
        }
    }

    fn answer_elicitation(&self, endpoint: &McpEndpoint, id: u64, answer: ElicitationAnswer) {
        let session = self
            .sessions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(endpoint)
            .cloned();
        if let Some(session) = session {
            session.answer(id, answer);
        }
    }

    async fn examine(&self, name: &DeploymentName, sender: Sender) -> Option<Event> {
        let (services, deployment) = self.of(name).ok()?;
        let examination = services.doctor.examine_with(deployment, now(), |report| {
            // The screen shows what is judged so far; a full queue only delays that.
            sender.offer(Event::ExaminationAdvanced(Box::new(report)));
        });
        Some(Event::Examined(Box::new(Box::pin(examination).await)))
    }
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
            Some(McpNotice::Message(..)) => continue,
            None => return,
        };
        if !sender.send_aside(event).await {
            return;
        }
    }
}

/// Forwards the events of a rotation in their order, until it has ended.
async fn tell(mut heard: mpsc::UnboundedReceiver<Event>, sender: &Sender) {
    while let Some(event) = heard.recv().await {
        // The console may be gone; the rotation goes on to its end.
        let _ = sender.send(event).await;
    }
}

/// The operator of a rotation that runs on the screen.
struct ScreenOperator {
    told: mpsc::UnboundedSender<Event>,
    answer: Arc<Mutex<Option<oneshot::Sender<bool>>>>,
    stop: CancellationToken,
}

impl Operator for ScreenOperator {
    fn on_report(&mut self, report: RotationReport) {
        let _ = self
            .told
            .send(Event::Secrets(SecretsEvent::Reported(report)));
    }

    fn warn(&mut self, sentence: String) {
        let _ = self
            .told
            .send(Event::Secrets(SecretsEvent::Warned(sentence)));
    }

    fn plan(&mut self, plan: RotationPlan) {
        let _ = self
            .told
            .send(Event::Secrets(SecretsEvent::Planned(Box::new(plan))));
    }

    async fn ask(&mut self, question: RotationQuestion) -> bool {
        let (asked, answered) = oneshot::channel();
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(asked);
        if self
            .told
            .send(Event::Secrets(SecretsEvent::Asked(question)))
            .is_err()
        {
            return false;
        }
        // Quitting declines the question.
        tokio::select! { () = self.stop.cancelled() => false, yes = answered => yes.unwrap_or(false) }
    }
}
