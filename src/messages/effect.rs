//! Effects: what must be done outside, as plain data, grouped as the events are. `runtime/effect_runner/` is the only
//! place that performs them.

use serde_json::{Map, Value};

use crate::{
    client_secret::report::ClientSecretKind,
    config::TerminalAlarm,
    doctor::BundleDraft,
    model::{
        ArgumentCompletion, CallOptions, DeploymentName, ElicitationAnswer, Kind,
        LinesAroundRequest, LogQueryRequest, McpEndpoint, Moment, Offer, ResourceKey, TailRequest,
    },
    rotation::report::RotationKind,
    tools::{
        drafts::FormDraft,
        history::{HistoryChange, HistoryEntry},
        saved::Query,
    },
};

/// The identity of a running task: "the current one of these". A newer effect in the same slot
/// replaces the older task, whose
/// late answer is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The list of a kind in a deployment.
    List(DeploymentName, Kind),
    /// The detail of a resource. Two of them are read at a time to be compared.
    Detail(ResourceKey),
    /// The tail that is shown.
    Tail,
    /// The reading of log lines from before the tail that is shown.
    OlderLogs,
    /// The query of Logs Insights, and its estimate.
    LogQuery,
    /// The reading of the lines around a row of that query.
    LinesAround,
    /// The versions of the selected secret.
    Secret,
    /// Whose password a secret holds.
    SecretUser(DeploymentName, String),
    /// The secrets of an app client.
    ClientSecret(DeploymentName),
    /// The rotation: one at a time, never replaced, and quitting waits for it.
    Rotation,
    /// The MCP connection to an endpoint.
    Connection(McpEndpoint),
    /// The call in flight on that connection.
    Call(McpEndpoint),
    /// The values that are proposed for an argument.
    ArgumentValues(McpEndpoint),
    /// The examination of a deployment.
    Examination(DeploymentName),
    /// The count of calls in the account and region of a deployment.
    Counts(DeploymentName),
    /// The changes of an account and region, by the first of its deployments.
    Changes(DeploymentName),
    /// The calls in the logs of a deployment.
    Calls(DeploymentName),
    /// A task that replaces no other: a copy, an export, a synchronisation.
    Once(u64),
}

impl Slot {
    /// Returns whether a running task in this slot may finish when a newer one starts or the console quits.
    /// Tasks in other slots are
    /// aborted.
    pub const fn must_finish(&self) -> bool {
        matches!(self, Self::Rotation)
    }
}

/// A task to perform outside of the state.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Start the services, and the embedded stack of the demo.
    Start,
    /// A task about resources.
    Fleet(FleetEffect),
    /// A task about a log tail.
    Logs(LogsEffect),
    /// A task about secrets and rotations.
    Secrets(SecretsEffect),
    /// A task about an MCP endpoint.
    Tools(ToolsEffect),
    /// Examine a deployment.
    Examine(DeploymentName),
    /// Copy a text to the clipboard. The text must hold no secret.
    Copy(String),
    /// Open an address in the browser; without one it is copied.
    OpenAddress(String),
    /// Raise the alarm of the terminal, with a text where it shows one.
    RaiseAlarm(TerminalAlarm, String),
    /// Read logs, calls and changes of all deployments, and write a bundle for a ticket to a new file with mode 0600.
    WriteBundle(Box<BundleDraft>),
    /// Write a text to a file at a path that the user has chosen, with mode 0600.
    ExportTo {
        /// The path. A star in its name stands for the first number that is free.
        path: String,
        /// The text.
        text: String,
        /// How much of what there is the text holds, such as `1 of 10 rows`; `None` if it is no count of rows.
        amount: Option<String>,
        /// Whether a file that is there already is replaced; otherwise the user is asked.
        replaces: bool,
    },
    /// Inject a fault of the embedded stack, by its index in the list of the start.
    PlayFault(usize),
    /// Stop the task in a slot.
    Stop(Slot),
    /// Suspend to the shell.
    Suspend,
}

/// Tasks about resources.
#[derive(Clone, Debug, PartialEq)]
pub enum FleetEffect {
    /// List the resources of a kind in a deployment.
    List(DeploymentName, Kind),
    /// Describe one resource.
    Describe(ResourceKey),
    /// Count the calls of the last hour at these gateways and runtimes, which share an account and
    /// region.
    CountCalls(Vec<ResourceKey>),
    /// Synchronise a target: its gateway lists the target's tools again.
    Synchronize(ResourceKey),
    /// Read who changed what since a time in the account and region that these deployments share.
    ReadChanges(Vec<DeploymentName>, Moment),
    /// Read the tool calls that a deployment's logs show since a time.
    ReadCalls {
        /// The deployment.
        deployment: DeploymentName,
        /// Its log groups.
        groups: Vec<String>,
        /// The ids of its gateways and runtimes: lines of others in a shared group are not its own.
        owner_ids: Vec<String>,
        /// From when on.
        since: Moment,
    },
    /// Let an endpoint of a runtime serve another version.
    MoveEndpoint(ResourceKey, String),
    /// Stop sessions of a runtime's endpoint.
    StopSessions {
        /// The runtime.
        runtime: ResourceKey,
        /// Its endpoint.
        endpoint: String,
        /// Ids of the sessions.
        sessions: Vec<String>,
    },
}

/// Tasks about a log tail.
#[derive(Clone, Debug, PartialEq)]
pub enum LogsEffect {
    /// Tail log groups, or read a window of them.
    Tail(TailRequest),
    /// Read log lines from before the tail that is shown.
    ReadOlder(TailRequest),
    /// Estimate what a query of Logs Insights may scan.
    EstimateQuery(LogQueryRequest),
    /// Run a query of Logs Insights. Partial rows arrive as events.
    RunQuery(LogQueryRequest),
    /// Read the lines around a row of a query.
    ReadAround(LinesAroundRequest),
}

/// Tasks about secrets and rotations.
#[derive(Clone, Debug, PartialEq)]
pub enum SecretsEffect {
    /// Read the versions of a secret.
    ReadSecret(DeploymentName, String),
    /// Read whose password a secret holds.
    ReadSecretUser(DeploymentName, String),
    /// Rotate, resume or roll back a secret. Questions arrive as events.
    Rotate {
        /// The deployment of the secret.
        deployment: DeploymentName,
        /// The id of the secret.
        secret: String,
        /// The operation.
        kind: RotationKind,
    },
    /// Read the secrets of the app client of a deployment's machine sign-in.
    ReadClientSecret(DeploymentName),
    /// Rotate, resume or roll back the client secret of a deployment's machine sign-in. Questions arrive as events.
    RotateClientSecret {
        /// The deployment.
        deployment: DeploymentName,
        /// The operation.
        kind: ClientSecretKind,
    },
    /// Answer the question that a rotation asked.
    AnswerRotation(bool),
}

/// Tasks about an MCP endpoint.
#[derive(Clone, Debug, PartialEq)]
pub enum ToolsEffect {
    /// Connect to an MCP endpoint and list its tools.
    Connect(McpEndpoint),
    /// Call a tool.
    Call {
        /// The endpoint.
        endpoint: McpEndpoint,
        /// The name of the tool, with the target's prefix.
        tool: String,
        /// Arguments.
        arguments: Map<String, Value>,
        /// Time limits and headers of the call.
        options: CallOptions,
    },
    /// List the resources, resource templates and prompts of a server.
    ListOffers(McpEndpoint),
    /// Read a resource or get a prompt. The answer is that of a call.
    Fetch(McpEndpoint, Box<Offer>, Map<String, Value>),
    /// Ask the server for values of an argument of a prompt or resource template.
    CompleteArgument(McpEndpoint, Box<Offer>, ArgumentCompletion),
    /// Read the saved queries.
    ReadQueries,
    /// Save a query under its name.
    KeepQuery(Query),
    /// Delete the saved query with that name.
    ForgetQuery(String),
    /// Read the call history.
    ReadCallHistory,
    /// Add a call to the history.
    KeepCall(Box<HistoryEntry>),
    /// Change the call with that id in the history.
    ChangeCall(String, HistoryChange),
    /// Create the file of a recording with its first line.
    BeginRecording {
        /// The beginning of the file's name.
        stem: String,
        /// The line.
        line: String,
    },
    /// Append a call to the file of a recording.
    AppendToRecording {
        /// The file.
        path: String,
        /// The line of the call.
        line: String,
    },
    /// Read what was typed into forms in earlier runs.
    ReadDrafts,
    /// Keep what is typed into forms.
    KeepDrafts(Vec<FormDraft>),
    /// Read the schema of the graph behind an endpoint with that tool, which only reads and needs no arguments.
    ReadGraphSchema(McpEndpoint, String),
    /// Read the log lines of a call.
    ReadCallLines {
        /// The endpoint that was called.
        endpoint: McpEndpoint,
        /// The log groups of its deployment.
        groups: Vec<String>,
        /// Ids of the deployment's gateways and runtimes.
        owner_ids: Vec<String>,
        /// When the call began, which identifies it.
        began: Moment,
        /// Beginning and end of the window that is read.
        window: (Moment, Moment),
        /// Trace and request ids of the call.
        ids: Vec<String>,
    },
    /// Read the claims of the token of an endpoint's sign-in; an expired token is renewed first.
    ReadClaims(McpEndpoint),
    /// Answer an elicitation.
    AnswerElicitation(McpEndpoint, u64, ElicitationAnswer),
}

/// The effects of a change of state, in order.
#[must_use]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effects(pub Vec<Effect>);

impl Effects {
    /// No effects.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Returns one effect.
    pub fn one(effect: Effect) -> Self {
        Self(vec![effect])
    }

    /// Appends other effects.
    pub fn and(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }
}

impl From<Effect> for Effects {
    fn from(effect: Effect) -> Self {
        Self::one(effect)
    }
}

impl FromIterator<Effect> for Effects {
    fn from_iter<I: IntoIterator<Item = Effect>>(effects: I) -> Self {
        Self(effects.into_iter().collect())
    }
}
