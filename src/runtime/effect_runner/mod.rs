//! Runs effects: the only match over `Effect`, a file a group. Each arm calls one service.

mod explorer;
mod fleet;
mod logs;
mod secrets;
mod tools;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use futures::{
    FutureExt as _,
    future::{BoxFuture, ready},
};
use parking_lot::Mutex;
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::{
    call_history, clipboard, export, form_drafts,
    log_tasks::LogTasks,
    run::{Faults, Start},
    saved_queries,
    tasks::{EffectRunner, Sender},
    terminal,
};
use crate::{
    config::TerminalAlarm,
    doctor::BundleDraft,
    messages::{Effect, Event, FleetEffect, LogsEffect, SecretsEffect, Slot, ToolsEffect},
    model::{Deployment, DeploymentName, Failure, FailureKind, McpEndpoint, Tool},
    net::{browser, clock::now},
    services::{Announce, McpSession, Services, SignInNotice, audit},
};

/// The start of the services, which runs when the first effect is performed.
type ServicesStart = BoxFuture<'static, Result<Start, Failure>>;

/// Performs effects with the real services, and keeps their state between effects.
pub struct ServiceRunner {
    starting: Option<ServicesStart>,
    world: RunnerState,
    once: u64,
}

/// State that the tasks of effects share.
#[derive(Clone)]
struct RunnerState {
    services: Arc<OnceLock<RunnerServices>>,
    /// Whether the start has ended, well or not: what needs the services waits for it.
    start_ended: watch::Sender<bool>,
    sessions: Arc<Mutex<HashMap<McpEndpoint, McpSession>>>,
    /// Tools of each endpoint as last listed.
    tools: Arc<Mutex<HashMap<McpEndpoint, Vec<Tool>>>>,
    /// Addresses at which the last call of an endpoint asked for a person's consent.
    consents: Arc<Mutex<HashMap<McpEndpoint, Vec<String>>>>,
    /// Path of the file of saved queries.
    queries: Option<Arc<Path>>,
    /// Path of the file of the call history.
    history: Option<Arc<Path>>,
    /// Path of the file of what is typed into forms.
    drafts: Option<Arc<Path>>,
    answer: Arc<Mutex<Option<oneshot::Sender<bool>>>>,
    faults: Arc<Mutex<Option<Faults>>>,
    logs: LogTasks,
}

/// The services and deployments that the start has created.
struct RunnerServices {
    deployments: HashMap<DeploymentName, Deployment>,
    /// The configuration file, where there is one.
    configuration: Option<PathBuf>,
    services: Services,
}

impl ServiceRunner {
    /// Creates a runner that starts the services with the first effect, after the first frame.
    pub fn new(start: impl Future<Output = Result<Start, Failure>> + Send + 'static) -> Self {
        let world = RunnerState {
            services: Arc::default(),
            start_ended: watch::Sender::new(false),
            sessions: Arc::default(),
            tools: Arc::default(),
            consents: Arc::default(),
            queries: saved_queries::default_path().map(Into::into),
            history: call_history::default_path().map(Into::into),
            drafts: form_drafts::default_path().map(Into::into),
            answer: Arc::default(),
            faults: Arc::default(),
            logs: LogTasks::default(),
        };
        Self {
            starting: Some(start.boxed()),
            world,
            once: 0,
        }
    }
}

/// Writes a file at a path of the user, unless one is there that is not to be replaced.
fn exported_to(path: String, text: String, amount: Option<String>, replaces: bool) -> Event {
    if !replaces && export::exists(&path) {
        return Event::FileExists { path, text, amount };
    }
    let write = || export::write_to(&path, &text, replaces);
    exported(text.len(), amount, write)
}

/// Writes a file, and says how long that took.
fn exported(
    bytes: usize,
    amount: Option<String>,
    write: impl FnOnce() -> Result<String, Failure>,
) -> Event {
    let began = std::time::Instant::now();
    let result = write();
    Event::Exported {
        result,
        amount,
        bytes,
        took_ms: i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX),
    }
}

/// Returns the slot of a task about secrets; none where it is no task.
fn secrets_slot(effect: &SecretsEffect) -> Option<Slot> {
    Some(match effect {
        SecretsEffect::ReadSecret(..) => Slot::Secret,
        SecretsEffect::Rotate { .. } | SecretsEffect::RotateClientSecret { .. } => Slot::Rotation,
        SecretsEffect::ReadSecretUser(name, id) => Slot::SecretUser(name.clone(), id.clone()),
        SecretsEffect::ReadClientSecret(name) => Slot::ClientSecret(name.clone()),
        SecretsEffect::AnswerRotation(_) => return None,
    })
}

impl EffectRunner for ServiceRunner {
    fn slot(&mut self, effect: &Effect) -> Option<Slot> {
        self.once += 1;
        let once = Slot::Once(self.once);
        Some(match effect {
            Effect::Fleet(effect) => match effect {
                FleetEffect::List(deployment, kind) => Slot::List(deployment.clone(), *kind),
                FleetEffect::Describe(key) => Slot::Detail(key.clone()),
                FleetEffect::CountCalls(keys) => Slot::Counts(keys.first()?.deployment.clone()),
                FleetEffect::ReadChanges(names, _) => Slot::Changes(names.first()?.clone()),
                FleetEffect::ReadCalls { deployment, .. } => Slot::Calls(deployment.clone()),
                FleetEffect::Synchronize(_)
                | FleetEffect::MoveEndpoint(..)
                | FleetEffect::StopSessions { .. } => once,
            },
            Effect::Logs(LogsEffect::Tail(_)) => Slot::Tail,
            Effect::Logs(LogsEffect::ReadOlder(_)) => Slot::OlderLogs,
            Effect::Logs(LogsEffect::EstimateQuery(_) | LogsEffect::RunQuery(_)) => Slot::LogQuery,
            Effect::Logs(LogsEffect::ReadAround(_)) => Slot::LinesAround,
            Effect::Secrets(effect) => return secrets_slot(effect),
            Effect::Tools(effect) => match effect {
                ToolsEffect::Connect(endpoint) => Slot::Connection(endpoint.clone()),
                ToolsEffect::Call { endpoint, .. } | ToolsEffect::Fetch(endpoint, ..) => {
                    Slot::Call(endpoint.clone())
                }
                ToolsEffect::CompleteArgument(endpoint, ..) => {
                    Slot::ArgumentValues(endpoint.clone())
                }
                ToolsEffect::ListOffers(_)
                | ToolsEffect::ReadQueries
                | ToolsEffect::KeepQuery(_)
                | ToolsEffect::ForgetQuery(_)
                | ToolsEffect::ReadCallHistory
                | ToolsEffect::KeepCall(_)
                | ToolsEffect::ChangeCall(..)
                | ToolsEffect::BeginRecording { .. }
                | ToolsEffect::AppendToRecording { .. }
                | ToolsEffect::ReadDrafts
                | ToolsEffect::KeepDrafts(_)
                | ToolsEffect::ReadGraphSchema(..)
                | ToolsEffect::ReadCallLines { .. }
                | ToolsEffect::ReadClaims(_) => once,
                ToolsEffect::AnswerElicitation(..) => return None,
            },
            Effect::Examine(deployment) => Slot::Examination(deployment.clone()),
            Effect::Start
            | Effect::Copy(_)
            | Effect::OpenAddress(_)
            | Effect::RaiseAlarm(..)
            | Effect::WriteBundle(_)
            | Effect::ExportTo { .. } => once,
            Effect::Stop(_) | Effect::PlayFault(_) | Effect::Suspend => return None,
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
            Effect::Fleet(effect) => async move {
                world.wait_for_start().await;
                Some(world.run_fleet(effect).await)
            }
            .boxed(),
            Effect::Logs(effect) => async move {
                world.wait_for_start().await;
                world.run_logs(effect, &sender).await
            }
            .boxed(),
            Effect::Secrets(effect) => async move {
                world.wait_for_start().await;
                world.run_secrets(effect, sender, stop).await
            }
            .boxed(),
            Effect::Tools(effect) => async move {
                world.wait_for_start().await;
                world.run_tools(effect, sender).await
            }
            .boxed(),
            Effect::Examine(name) => async move {
                world.wait_for_start().await;
                world.examine(&name, sender).await
            }
            .boxed(),
            Effect::Copy(text) => {
                async move { Some(Event::Copied(clipboard::copy(&text))) }.boxed()
            }
            Effect::OpenAddress(address) => async move { Some(open_address(address)) }.boxed(),
            Effect::RaiseAlarm(alarm, text) => async move { raise_alarm(alarm, &text) }.boxed(),
            Effect::WriteBundle(draft) => async move { world.write_bundle(*draft).await }.boxed(),
            Effect::ExportTo {
                path,
                text,
                amount,
                replaces,
            } => async move { Some(exported_to(path, text, amount, replaces)) }.boxed(),
            Effect::PlayFault(index) => async move { world.play_fault(index) }.boxed(),
            Effect::Stop(_) | Effect::Suspend => ready(None).boxed(),
        }
    }
}

/// Raises the alarm of the terminal. Only a failure is an event.
fn raise_alarm(alarm: TerminalAlarm, text: &str) -> Option<Event> {
    let error = terminal::raise_alarm(alarm, text).err()?;
    let failure = Failure::new(
        FailureKind::Server,
        "raising the alarm of the terminal",
        error.to_string(),
    );
    Some(Event::Broke(None, failure))
}

/// Opens an address in the browser; where there is none, it is copied.
fn open_address(address: String) -> Event {
    if browser::start(&address) {
        Event::AddressOpened(address)
    } else {
        Event::Copied(clipboard::copy(&address))
    }
}

/// Shows on the screen what a sign-in needs or says.
fn announce_on_screen(sender: Sender) -> Announce {
    Box::new(move |notice| {
        let event = match notice {
            SignInNotice::Address(address) => Event::SignInOffered(address.to_owned()),
            SignInNotice::ConsentAsked(request) => Event::ConsentAsked(Box::new(request.clone())),
            SignInNotice::ConsentGiven(deployment) => Event::ConsentGiven(deployment.clone()),
            SignInNotice::NotKept(failure) => Event::Broke(None, failure.clone()),
        };
        let sender = sender.clone();
        tokio::spawn(async move { sender.send_aside(event).await });
    })
}

impl RunnerState {
    fn start(
        self,
        starting: Option<ServicesStart>,
        sender: Sender,
    ) -> BoxFuture<'static, Option<Event>> {
        async move {
            let started = match starting?.await {
                Ok(started) => started,
                Err(failure) => {
                    self.start_ended.send_replace(true);
                    return Some(Event::Started(Err(failure)));
                }
            };
            if let Some(path) = audit::default_path() {
                let read = tokio::task::spawn_blocking(move || audit::past_writes(&path));
                let writes = read.await.unwrap_or_default();
                sender.send(Event::PastWritesRead(writes)).await;
            }
            if !started.not_derived.is_empty() {
                sender.send(Event::NotDerived(started.not_derived)).await;
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
                .map(|deployment| (deployment.name.clone(), deployment))
                .collect();
            let _ = self.services.set(RunnerServices {
                deployments: by_name,
                configuration: started.configuration,
                services: started.services,
            });
            self.start_ended.send_replace(true);
            let names = started.faults.map_or_else(Vec::new, |(names, play)| {
                *self.faults.lock() = Some(play);
                names
            });
            Some(Event::Started(Ok((deployments, names))))
        }
        .boxed()
    }

    fn play_fault(&self, index: usize) -> Option<Event> {
        if let Some(play) = self.faults.lock().as_mut() {
            play(index);
        }
        None
    }

    /// Waits until the start has ended: a key may ask for something before that.
    async fn wait_for_start(&self) {
        let mut ended = self.start_ended.subscribe();
        // It can only fail when the sender is gone, and that is a part of this.
        let _ = ended.wait_for(|ended| *ended).await;
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

    /// Reads the rest of a bundle and writes it. The deployments are those of the draft.
    async fn write_bundle(&self, draft: BundleDraft) -> Option<Event> {
        let began = std::time::Instant::now();
        let started = self.services.get()?;
        let mut deployments: Vec<Deployment> = started.deployments.values().cloned().collect();
        deployments.sort_by(|one, other| one.name.cmp(&other.name));
        let text = started.services.doctor.bundle(draft, &deployments).await;
        Some(Event::BundleWritten {
            result: export::write("doctor-bundle", "json", &text),
            bytes: text.len(),
            took_ms: i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX),
        })
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
