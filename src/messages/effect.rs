//! Effects: what must be done outside, as plain data. `runtime/perform.rs` is the only place that does them.

use serde_json::{Map, Value};

use crate::{
    model::{
        CallOptions, DeploymentName, ElicitationAnswer, Kind, LogQuery, McpEndpoint, Offer,
        ResourceKey,
    },
    rotation::report::RotationKind,
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
    Connection(McpEndpoint),
    /// The call in flight on that connection.
    Call(McpEndpoint),
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
    Connect(McpEndpoint),
    /// Call a tool.
    Call {
        /// Where.
        endpoint: McpEndpoint,
        /// Whole name of the tool.
        tool: String,
        /// Arguments.
        arguments: Map<String, Value>,
        /// How long it may take.
        options: CallOptions,
    },
    /// Ask what a server offers beside tools.
    ListOffers(McpEndpoint),
    /// Read a resource or get a prompt; it is answered as a call is.
    Fetch(McpEndpoint, Box<Offer>, Map<String, Value>),
    /// Read the saved queries.
    ReadQueries,
    /// Keep a query under its name.
    KeepQuery(Query),
    /// Forget the saved query of that name.
    ForgetQuery(String),
    /// Ask for the token of an endpoint's sign-in, renewed where it has ended, and tell what it says of itself.
    ReadClaims(McpEndpoint),
    /// Answer an elicitation.
    AnswerElicitation(McpEndpoint, u64, ElicitationAnswer),
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
