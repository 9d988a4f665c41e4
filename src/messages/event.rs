//! Events: facts that have happened outside, as plain data. The only way in which the outside reaches the state.

use super::effect::Endpoint;
use crate::{
    doctor,
    model::{
        CallOutcome, Claims, ConnectionInfo, Deployment, DeploymentName, Elicitation, Failure,
        HttpExchange, Kind, LogBatch, Offer, Progress, Resource, ResourceKey, SecretDetail, Tool,
        Traffic,
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
    Connected(Endpoint, Box<Result<Welcome, Failure>>),
    /// What a server offers beside tools.
    Offered(Endpoint, Vec<Offer>),
    /// A call went over the wire like this; its answer follows.
    Exchanged(Endpoint, Box<HttpExchange>),
    /// A call was answered.
    Called(Endpoint, Box<Result<CallOutcome, Failure>>),
    /// The saved queries are these; or they could not be read or changed.
    QueriesRead(Result<Vec<Query>, Failure>),
    /// The token of an endpoint's sign-in says this of itself.
    ClaimsRead(Endpoint, Box<Result<Claims, Failure>>),
    /// A call moves on.
    Progressed(Endpoint, Progress),
    /// A server asks the user.
    Elicited(Endpoint, Elicitation),
    /// The server's tools have changed.
    ToolsChanged(Endpoint),
    /// A deployment was examined.
    Examined(Box<doctor::Report>),
    /// Something was copied; what, in a word or two.
    Copied(String),
    /// Something was written to a file, or not.
    Exported(Result<String, Failure>),
    /// Work broke that has no other way to say so; the deployment that it examined, if it did that.
    Broke(Option<DeploymentName>, Failure),
}
