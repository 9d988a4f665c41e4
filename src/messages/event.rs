//! Events: facts that have happened outside, as plain data. The only way in which the outside
//! reaches the state.

use super::{Effect, FleetEffect, LogsEffect, SecretsEffect, ToolsEffect};
use crate::{
    calls::{LoggedCall, TailFindings, TraceLine},
    client_secret::{
        board::ClientSecretBoard,
        plan::ClientSecretPlan,
        report::{ClientSecretEnd, ClientSecretQuestion, ClientSecretReport},
    },
    doctor,
    logs::{LogRecord, insights::InsightsOutput},
    model::{
        ArgumentCompletion, CallOutcome, Change, Claims, ClientSecretDetail, ConnectionInfo,
        ConsentRequest, Deployment, DeploymentName, Elicitation, Failure, HttpExchange, Kind,
        LogBatch, LogQueryRequest, LogScanEstimate, McpEndpoint, Moment, Offer, PastWrite,
        Progress, Resource, ResourceKey, SecretDetail, SecretUser, Tool, Traffic,
    },
    rotation::{
        plan::RotationPlan,
        report::{RotationEnd, RotationQuestion, RotationReport},
    },
    tools::{drafts::FormDraft, history::HistoryEntry, saved::Query},
};

/// The result of a connection: the server's information, the claims of the token if there is one,
/// and the tools.
pub type Welcome = (ConnectionInfo, Option<Claims>, Vec<Tool>);

/// A fact that has happened outside of the state.
#[derive(Clone, Debug)]
pub enum Event {
    /// What earlier runs wrote, the oldest first.
    PastWritesRead(Vec<PastWrite>),
    /// What could not be derived of deployments that were found, with how to set it.
    NotDerived(Vec<(DeploymentName, Vec<String>)>),
    /// Listings of the start failed while others worked: what is shown is not complete.
    Incomplete(Vec<Failure>),
    /// A person can sign in at this address in a browser.
    SignInOffered(String),
    /// A call waits for a person's consent.
    ConsentAsked(Box<ConsentRequest>),
    /// A person has consented; the call at this deployment goes on.
    ConsentGiven(DeploymentName),
    /// The services are ready: the deployments, and the faults that an embedded stack can inject.
    Started(Result<(Vec<Deployment>, Vec<String>), Failure>),
    /// A fact about resources.
    Fleet(FleetEvent),
    /// A fact about a log tail.
    Logs(LogsEvent),
    /// A fact about secrets and rotations.
    Secrets(SecretsEvent),
    /// A fact about an MCP endpoint.
    Tools(ToolsEvent),
    /// The doctor has examined a deployment.
    Examined(Box<doctor::DoctorReport>),
    /// A running examination has judged more hops.
    ExaminationAdvanced(Box<doctor::DoctorReport>),
    /// Text was copied to the clipboard; the text names what.
    Copied(String),
    /// An address was opened in the browser.
    AddressOpened(String),
    /// A file was written, or could not be.
    Exported {
        /// Its path.
        result: Result<String, Failure>,
        /// How much of what there is it holds, such as `1 of 10 rows`.
        amount: Option<String>,
        /// Its size, in bytes.
        bytes: usize,
        /// How long the writing took, in milliseconds.
        took_ms: i64,
    },
    /// A bundle for a ticket was written, or could not be.
    BundleWritten {
        /// The path of the file.
        result: Result<String, Failure>,
        /// Its size, in bytes.
        bytes: usize,
        /// How long reading and writing took, in milliseconds.
        took_ms: i64,
    },
    /// A file is there already, and nothing was written.
    FileExists {
        /// Its path, as it was typed.
        path: String,
        /// What was to be written.
        text: String,
        /// How much of what there is that is.
        amount: Option<String>,
    },
    /// A task failed that has no event of its own; the deployment that it examined, if it was an
    /// examination.
    Broke(Option<DeploymentName>, Failure),
}

/// Facts about resources.
#[derive(Clone, Debug)]
pub enum FleetEvent {
    /// A kind of resource was listed in a deployment.
    Listed(DeploymentName, Kind, Result<Vec<Resource>, Failure>),
    /// A resource was described.
    Described(ResourceKey, Box<Result<Resource, Failure>>),
    /// The calls of the last hour were counted at these gateways and runtimes.
    CallsCounted(
        Vec<ResourceKey>,
        Result<Vec<(ResourceKey, Traffic)>, Failure>,
    ),
    /// The changes since a time were read for deployments that share an account and region.
    ChangesRead(Vec<DeploymentName>, Moment, Result<Vec<Change>, Failure>),
    /// The calls since a time were read.
    CallsRead {
        /// The deployment.
        deployment: DeploymentName,
        /// From when on.
        since: Moment,
        /// The calls with their log records; the failure where no log group could be read.
        calls: Result<Vec<LoggedCall>, Failure>,
        /// What could not be read, and why.
        unread: Vec<(String, String)>,
    },
    /// An endpoint was asked to serve a version.
    EndpointMoved(ResourceKey, String, Result<(), Failure>),
    /// Sessions of a runtime were stopped: how many of how many.
    SessionsStopped(ResourceKey, usize, usize, Result<(), Failure>),
    /// A target's synchronisation was requested; the target and the request id.
    Synchronized(
        ResourceKey,
        Box<Result<(Resource, Option<String>), Failure>>,
    ),
}

/// Facts about a log tail.
#[derive(Clone, Debug)]
pub enum LogsEvent {
    /// Log lines or notices arrived.
    Arrived(LogBatch<LogRecord>),
    /// All stored lines of a window have been read, or the reading has failed.
    WindowRead(Result<(), Failure>),
    /// Calls and patterns were found in the lines so far.
    Found(Box<TailFindings>),
    /// The tail has ended with a failure.
    TailFailed(Failure),
    /// What a query may scan was estimated.
    QueryEstimated(LogQueryRequest, LogScanEstimate),
    /// A query has found these rows so far, in place of those before.
    QueryAdvanced(Box<InsightsOutput>),
    /// A query has ended.
    QueryEnded(Box<Result<InsightsOutput, Failure>>),
    /// The lines around a row of a query were read.
    AroundRead(Result<Vec<LogRecord>, Failure>),
}

/// Facts about secrets and rotations.
#[derive(Clone, Debug)]
pub enum SecretsEvent {
    /// The versions of a secret were read.
    SecretRead(DeploymentName, String, Box<Result<SecretDetail, Failure>>),
    /// The user of a secret was read.
    SecretUserRead(DeploymentName, String, Box<Result<SecretUser, Failure>>),
    /// A rotation has made its plan.
    Planned(Box<RotationPlan>),
    /// A rotation has finished or started a step.
    Reported(RotationReport),
    /// A running rotation reports a warning that is not the result of a step.
    Warned(String),
    /// A rotation waits for an answer of the user.
    Asked(RotationQuestion),
    /// A rotation has ended.
    Ended(Box<Result<RotationEnd, Failure>>),
    /// The secrets of an app client were read.
    ClientSecretRead(DeploymentName, Box<Result<ClientSecretDetail, Failure>>),
    /// A rotation of a client secret has made its plan.
    ClientSecretPlanned(Box<ClientSecretPlan>),
    /// It has finished or started a step.
    ClientSecretReported(ClientSecretReport),
    /// It has seen which value exists where.
    ClientSecretSeen(Box<ClientSecretBoard>),
    /// It waits for an answer of the user.
    ClientSecretAsked(ClientSecretQuestion),
    /// It has ended.
    ClientSecretEnded(Box<Result<ClientSecretEnd, Failure>>),
}

/// Facts about an MCP endpoint.
#[derive(Clone, Debug)]
pub enum ToolsEvent {
    /// An endpoint answered `initialize` and `tools/list`.
    Connected(McpEndpoint, Box<Result<Welcome, Failure>>),
    /// Resources, resource templates and prompts of a server.
    Offered(McpEndpoint, Vec<Offer>),
    /// The HTTP exchange of a call; its result follows.
    Exchanged(McpEndpoint, Box<HttpExchange>),
    /// A call was answered.
    Called(McpEndpoint, Box<Result<CallOutcome, Failure>>),
    /// The saved queries were read or changed.
    QueriesRead(Result<Vec<Query>, Failure>),
    /// The call history was read, or could not be kept.
    HistoryRead(Result<Vec<HistoryEntry>, Failure>),
    /// The file of a recording was created, or a call could not be recorded.
    RecordingBegun(Result<String, Failure>),
    /// What was typed into forms in earlier runs was read.
    DraftsRead(Result<Vec<FormDraft>, Failure>),
    /// The schema tool of that name was called.
    GraphSchemaRead(McpEndpoint, String, Box<Result<CallOutcome, Failure>>),
    /// The log lines of the call that began then were read.
    CallLinesRead(McpEndpoint, Moment, Result<Vec<TraceLine>, Failure>),
    /// The claims of the token of an endpoint's sign-in were read.
    ClaimsRead(McpEndpoint, Box<Result<Claims, Failure>>),
    /// The server proposes values for an argument of a prompt or resource template.
    ValuesProposed(McpEndpoint, ArgumentCompletion, Vec<String>),
    /// A log message of a server arrived.
    MessageLogged {
        /// The endpoint.
        endpoint: McpEndpoint,
        /// The level, such as `warning`.
        level: String,
        /// The message.
        text: String,
    },
    /// A progress notification of a running call arrived.
    Progressed(McpEndpoint, Progress),
    /// A server asks the user a question.
    Elicited(McpEndpoint, Elicitation),
    /// The server's list of tools has changed.
    ToolsChanged(McpEndpoint),
    /// The server says that its resources or prompts have changed.
    OffersChanged(McpEndpoint),
}

impl Event {
    /// Returns the event that reports `failure` for an effect whose task ended without an event of
    /// its own.
    pub fn of_failed_effect(effect: Effect, failure: Failure) -> Self {
        match effect {
            Effect::Start => Self::Started(Err(failure)),
            Effect::Fleet(effect) => Self::Fleet(FleetEvent::of_failed_effect(effect, failure)),
            Effect::Logs(effect) => Self::Logs(LogsEvent::of_failed_effect(&effect, failure)),
            Effect::Secrets(effect) => match effect {
                SecretsEffect::ReadSecret(deployment, id) => Self::Secrets(
                    SecretsEvent::SecretRead(deployment, id, Box::new(Err(failure))),
                ),
                SecretsEffect::Rotate { .. } => Self::Secrets(SecretsEvent::Ended(Box::new(Err(
                    failure.hint("`secrets resume` finishes what is half done"),
                )))),
                SecretsEffect::ReadSecretUser(deployment, id) => Self::Secrets(
                    SecretsEvent::SecretUserRead(deployment, id, Box::new(Err(failure))),
                ),
                SecretsEffect::ReadClientSecret(deployment) => Self::Secrets(
                    SecretsEvent::ClientSecretRead(deployment, Box::new(Err(failure))),
                ),
                SecretsEffect::RotateClientSecret { .. } => {
                    Self::Secrets(SecretsEvent::ClientSecretEnded(Box::new(Err(
                        failure.hint("`client-secret resume` finishes what is half done")
                    ))))
                }
                SecretsEffect::AnswerRotation(_) => Self::Broke(None, failure),
            },
            Effect::Tools(effect) => match ToolsEvent::of_failed_effect(effect, failure) {
                Ok(event) => Self::Tools(event),
                Err(failure) => Self::Broke(None, failure),
            },
            Effect::Examine(deployment) => Self::Broke(Some(deployment), failure),
            Effect::ExportTo { text, amount, .. } => Self::Exported {
                result: Err(failure),
                amount,
                bytes: text.len(),
                took_ms: 0,
            },
            Effect::WriteBundle(_) => Self::BundleWritten {
                result: Err(failure),
                bytes: 0,
                took_ms: 0,
            },
            Effect::Copy(_)
            | Effect::RaiseAlarm(..)
            | Effect::OpenAddress(_)
            | Effect::Stop(_)
            | Effect::PlayFault(_)
            | Effect::Suspend => Self::Broke(None, failure),
        }
    }
}

impl FleetEvent {
    fn of_failed_effect(effect: FleetEffect, failure: Failure) -> Self {
        match effect {
            FleetEffect::List(deployment, kind) => Self::Listed(deployment, kind, Err(failure)),
            FleetEffect::Describe(key) => Self::Described(key, Box::new(Err(failure))),
            FleetEffect::CountCalls(keys) => Self::CallsCounted(keys, Err(failure)),
            FleetEffect::Synchronize(key) => Self::Synchronized(key, Box::new(Err(failure))),
            FleetEffect::ReadChanges(names, since) => Self::ChangesRead(names, since, Err(failure)),
            FleetEffect::ReadCalls {
                deployment, since, ..
            } => Self::CallsRead {
                deployment,
                since,
                calls: Err(failure),
                unread: Vec::new(),
            },
            FleetEffect::MoveEndpoint(key, version) => {
                Self::EndpointMoved(key, version, Err(failure))
            }
            FleetEffect::StopSessions {
                runtime, sessions, ..
            } => Self::SessionsStopped(runtime, 0, sessions.len(), Err(failure)),
        }
    }
}

impl LogsEvent {
    fn of_failed_effect(effect: &LogsEffect, failure: Failure) -> Self {
        match effect {
            LogsEffect::Tail(_) => Self::TailFailed(failure),
            LogsEffect::ReadOlder(_) => Self::WindowRead(Err(failure)),
            LogsEffect::EstimateQuery(_) | LogsEffect::RunQuery(_) => {
                Self::QueryEnded(Box::new(Err(failure)))
            }
            LogsEffect::ReadAround(_) => Self::AroundRead(Err(failure)),
        }
    }
}

impl ToolsEvent {
    /// # Errors
    /// The failure itself, for an effect that has no event of its own.
    fn of_failed_effect(effect: ToolsEffect, failure: Failure) -> Result<Self, Failure> {
        Ok(match effect {
            ToolsEffect::Connect(endpoint) => Self::Connected(endpoint, Box::new(Err(failure))),
            ToolsEffect::Call { endpoint, .. } | ToolsEffect::Fetch(endpoint, ..) => {
                Self::Called(endpoint, Box::new(Err(failure)))
            }
            ToolsEffect::ListOffers(endpoint) => Self::Offered(endpoint, Vec::new()),
            ToolsEffect::ReadQueries | ToolsEffect::KeepQuery(_) | ToolsEffect::ForgetQuery(_) => {
                Self::QueriesRead(Err(failure))
            }
            ToolsEffect::ReadCallHistory
            | ToolsEffect::KeepCall(_)
            | ToolsEffect::ChangeCall(..) => Self::HistoryRead(Err(failure)),
            ToolsEffect::BeginRecording { .. } | ToolsEffect::AppendToRecording { .. } => {
                Self::RecordingBegun(Err(failure))
            }
            ToolsEffect::ReadDrafts | ToolsEffect::KeepDrafts(_) => Self::DraftsRead(Err(failure)),
            ToolsEffect::ReadGraphSchema(endpoint, tool) => {
                Self::GraphSchemaRead(endpoint, tool, Box::new(Err(failure)))
            }
            ToolsEffect::ReadCallLines {
                endpoint, began, ..
            } => Self::CallLinesRead(endpoint, began, Err(failure)),
            ToolsEffect::ReadClaims(endpoint) => Self::ClaimsRead(endpoint, Box::new(Err(failure))),
            ToolsEffect::AnswerElicitation(..) | ToolsEffect::CompleteArgument(..) => {
                return Err(failure);
            }
        })
    }
}
