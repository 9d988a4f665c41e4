//! Events: facts that have happened outside, as plain data. The only way in which the outside reaches the state.

use super::Effect;
use crate::{
    doctor,
    model::{
        CallOutcome, Claims, ConnectionInfo, Deployment, DeploymentName, Elicitation, Failure,
        HttpExchange, Kind, LogBatch, McpEndpoint, Offer, Progress, Resource, ResourceKey,
        SecretDetail, Tool, Traffic,
    },
    rotation::{
        plan::Plan,
        report::{Ending, Question, Report},
    },
    tools::saved::Query,
};

/// What an endpoint says when one connects: itself, the token's claims where there is a token, its tools.
pub type Welcome = (ConnectionInfo, Option<Claims>, Vec<Tool>);

/// A fact.
#[derive(Clone, Debug)]
pub enum Event {
    /// The console has what it works on: deployments, and the faults that its stack can play.
    Started(Result<(Vec<Deployment>, Vec<String>), Failure>),
    /// A kind was listed.
    Listed(DeploymentName, Kind, Result<Vec<Resource>, Failure>),
    /// A resource was described.
    Described(ResourceKey, Box<Result<Resource, Failure>>),
    /// The calls of the last hour were counted at these gateways and runtimes.
    CallsCounted(
        Vec<ResourceKey>,
        Result<Vec<(ResourceKey, Traffic)>, Failure>,
    ),
    /// A target's synchronisation was asked for; with the id of the request.
    Synchronized(
        ResourceKey,
        Box<Result<(Resource, Option<String>), Failure>>,
    ),
    /// A tail brought something.
    LogsArrived(LogBatch),
    /// A tail has ended.
    TailFailed(Failure),
    /// A secret's versions were read.
    SecretRead(DeploymentName, String, Box<Result<SecretDetail, Failure>>),
    /// A rotation made its plan.
    RotationPlanned(Box<Plan>),
    /// A rotation moved.
    RotationReported(Report),
    /// A rotation says something beside its steps.
    RotationWarned(String),
    /// A rotation asks.
    RotationAsked(Question),
    /// A rotation has ended.
    RotationEnded(Box<Result<Ending, Failure>>),
    /// An MCP endpoint answered, with its tools and the token's claims.
    Connected(McpEndpoint, Box<Result<Welcome, Failure>>),
    /// What a server offers beside tools.
    Offered(McpEndpoint, Vec<Offer>),
    /// A call went over the wire like this; its answer follows.
    Exchanged(McpEndpoint, Box<HttpExchange>),
    /// A call was answered.
    Called(McpEndpoint, Box<Result<CallOutcome, Failure>>),
    /// The saved queries are these; or they could not be read or changed.
    QueriesRead(Result<Vec<Query>, Failure>),
    /// The token of an endpoint's sign-in says this of itself.
    ClaimsRead(McpEndpoint, Box<Result<Claims, Failure>>),
    /// A call moves on.
    Progressed(McpEndpoint, Progress),
    /// A server asks the user.
    Elicited(McpEndpoint, Elicitation),
    /// The server's tools have changed.
    ToolsChanged(McpEndpoint),
    /// A deployment was examined.
    Examined(Box<doctor::Report>),
    /// Something was copied; what, in a word or two.
    Copied(String),
    /// Something was written to a file, or not.
    Exported(Result<String, Failure>),
    /// Work broke that has no other way to say so; the deployment that it examined, if it did that.
    Broke(Option<DeploymentName>, Failure),
}

impl Event {
    /// Returns the event that reports `failure` for an effect whose task ended without an event of its own.
    pub fn of_failed_effect(effect: Effect, failure: Failure) -> Self {
        match effect {
            Effect::Start => Self::Started(Err(failure)),
            Effect::List(deployment, kind) => Self::Listed(deployment, kind, Err(failure)),
            Effect::Describe(key) => Self::Described(key, Box::new(Err(failure))),
            Effect::CountCalls(keys) => Self::CallsCounted(keys, Err(failure)),
            Effect::Synchronize(key) => Self::Synchronized(key, Box::new(Err(failure))),
            Effect::Tail(..) => Self::TailFailed(failure),
            Effect::ReadSecret(deployment, id) => {
                Self::SecretRead(deployment, id, Box::new(Err(failure)))
            }
            Effect::Rotate { .. } => Self::RotationEnded(Box::new(Err(
                failure.hint("u brings to its end what is half done")
            ))),
            Effect::Connect(endpoint) => Self::Connected(endpoint, Box::new(Err(failure))),
            Effect::Call { endpoint, .. } | Effect::Fetch(endpoint, ..) => {
                Self::Called(endpoint, Box::new(Err(failure)))
            }
            Effect::Examine(deployment) => Self::Broke(Some(deployment), failure),
            Effect::ListOffers(endpoint) => Self::Offered(endpoint, Vec::new()),
            Effect::ReadQueries | Effect::KeepQuery(_) | Effect::ForgetQuery(_) => {
                Self::QueriesRead(Err(failure))
            }
            Effect::ReadClaims(endpoint) => Self::ClaimsRead(endpoint, Box::new(Err(failure))),
            Effect::Export { .. } => Self::Exported(Err(failure)),
            Effect::Copy(_)
            | Effect::Stop(_)
            | Effect::AnswerRotation(_)
            | Effect::AnswerElicitation(..)
            | Effect::PlayFault(_)
            | Effect::Suspend => Self::Broke(None, failure),
        }
    }
}
