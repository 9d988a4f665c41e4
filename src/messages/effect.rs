//! Effects: what must be done outside, as plain data. `runtime/perform.rs` is the only place that does them.

use serde_json::{Map, Value};

use super::Event;
use crate::{
    model::{
        CallOptions, DeploymentName, ElicitationAnswer, Failure, Kind, LogQuery, McpTarget, Offer,
        ResourceKey,
    },
    tools::saved::Query,
};

/// The current one of these. A newer effect in the same slot replaces the older; its late answer is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The list of a kind in a deployment.
    List(DeploymentName, Kind),
    /// The detail that is open.
    Detail,
    /// The tail that is shown.
    Tail,
    /// The versions of the selected secret.
    Secret,
    /// The rotation: one at a time, never replaced, and quitting waits for it.
    Rotation,
    /// The MCP connection to an endpoint.
    Connection(Endpoint),
    /// The call in flight on that connection.
    Call(Endpoint),
    /// The examination of a deployment.
    Examination(DeploymentName),
    /// The count of calls in the account and region of a deployment.
    Counts(DeploymentName),
    /// A small thing of its own: a copy, an export, a synchronisation.
    Once(u64),
}

impl Slot {
    /// Whether its work is finished rather than cut short: by a newer one, and by quitting.
    pub const fn must_finish(&self) -> bool {
        matches!(self, Self::Rotation)
    }
}

/// An MCP endpoint of the fleet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Whose sign-in is used.
    pub deployment: DeploymentName,
    /// Which one.
    pub target: McpTarget,
}

/// What is to be done to a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RotationKind {
    /// A new password.
    Rotate,
    /// Bring a stopped rotation to its end.
    Resume,
    /// Back to the previous password.
    Rollback,
}

impl RotationKind {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rotate => "rotate",
            Self::Resume => "resume",
            Self::Rollback => "roll back",
        }
    }
}

/// Something to be done outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Get what the console works on: the services, and with them the deployments of a stack that starts first.
    Start,
    /// List a kind.
    List(DeploymentName, Kind),
    /// Describe one resource.
    Describe(ResourceKey),
    /// Count the calls of the last hour at these gateways and runtimes, all of one account and region.
    CountCalls(Vec<ResourceKey>),
    /// Make a gateway read a target's tools again.
    Synchronize(ResourceKey),
    /// Follow log groups.
    Tail(DeploymentName, LogQuery),
    /// End what runs in the slot.
    Stop(Slot),
    /// Read the versions of a secret.
    ReadSecret(DeploymentName, String),
    /// Rotate, resume or roll back; asks its questions by events.
    Rotate {
        /// Whose secret.
        deployment: DeploymentName,
        /// Id of the secret.
        secret: String,
        /// What.
        kind: RotationKind,
    },
    /// Answer the question that a rotation asked.
    AnswerRotation(bool),
    /// Connect to an MCP endpoint and list its tools.
    Connect(Endpoint),
    /// Call a tool.
    Call {
        /// Where.
        endpoint: Endpoint,
        /// Whole name of the tool.
        tool: String,
        /// Arguments.
        arguments: Map<String, Value>,
        /// How long it may take.
        options: CallOptions,
    },
    /// Ask what a server offers beside tools.
    ListOffers(Endpoint),
    /// Read a resource or get a prompt; it is answered as a call is.
    Fetch(Endpoint, Box<Offer>, Map<String, Value>),
    /// Read the saved queries.
    ReadQueries,
    /// Keep a query under its name.
    KeepQuery(Query),
    /// Forget the saved query of that name.
    ForgetQuery(String),
    /// Ask for the token of an endpoint's sign-in, renewed where it has ended, and tell what it says of itself.
    ReadClaims(Endpoint),
    /// Answer an elicitation.
    AnswerElicitation(Endpoint, u64, ElicitationAnswer),
    /// Examine a deployment.
    Examine(DeploymentName),
    /// Put a text on the clipboard (OSC 52); never a secret.
    Copy(String),
    /// Write a text to a new file of that kind, `logs.txt`, readable by its owner alone.
    Export {
        /// Beginning of the file's name.
        stem: String,
        /// Its extension.
        extension: &'static str,
        /// What to write.
        text: String,
    },
    /// Play a fault of the embedded stack, by its number in the list that the demo gave.
    PlayFault(usize),
    /// Suspend to the shell.
    Suspend,
}

impl Effect {
    /// What is to be told where the work of this effect broke before it could answer.
    pub fn broke(self, failure: Failure) -> Event {
        match self {
            Self::Start => Event::Started(Err(failure)),
            Self::List(deployment, kind) => Event::Listed(deployment, kind, Err(failure)),
            Self::Describe(key) => Event::Described(key, Box::new(Err(failure))),
            Self::CountCalls(keys) => Event::CallsCounted(keys, Err(failure)),
            Self::Synchronize(key) => Event::Synchronized(key, Box::new(Err(failure))),
            Self::Tail(..) => Event::TailFailed(failure),
            Self::ReadSecret(deployment, id) => {
                Event::SecretRead(deployment, id, Box::new(Err(failure)))
            }
            Self::Rotate { .. } => Event::RotationEnded(Box::new(Err(
                failure.hint("u brings to its end what is half done")
            ))),
            Self::Connect(endpoint) => Event::Connected(endpoint, Box::new(Err(failure))),
            Self::Call { endpoint, .. } | Self::Fetch(endpoint, ..) => {
                Event::Called(endpoint, Box::new(Err(failure)))
            }
            Self::Examine(deployment) => Event::Broke(Some(deployment), failure),
            Self::ListOffers(endpoint) => Event::Offered(endpoint, Vec::new()),
            Self::ReadQueries | Self::KeepQuery(_) | Self::ForgetQuery(_) => {
                Event::QueriesRead(Err(failure))
            }
            Self::ReadClaims(endpoint) => Event::ClaimsRead(endpoint, Box::new(Err(failure))),
            Self::Export { .. } => Event::Exported(Err(failure)),
            Self::Copy(_)
            | Self::Stop(_)
            | Self::AnswerRotation(_)
            | Self::AnswerElicitation(..)
            | Self::PlayFault(_)
            | Self::Suspend => Event::Broke(None, failure),
        }
    }
}

/// What a change of state asks for.
#[must_use]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effects(pub Vec<Effect>);

impl Effects {
    /// Nothing to do.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// One thing to do.
    pub fn one(effect: Effect) -> Self {
        Self(vec![effect])
    }

    /// These, then those.
    pub fn and(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }
}

impl FromIterator<Effect> for Effects {
    fn from_iter<I: IntoIterator<Item = Effect>>(effects: I) -> Self {
        Self(effects.into_iter().collect())
    }
}
