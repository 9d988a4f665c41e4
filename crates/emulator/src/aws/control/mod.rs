//! The control plane of Bedrock AgentCore and the signed operations of its data plane.

mod build;
mod build_listed;
pub(crate) mod changes;
mod endpoints;
pub(crate) mod handlers;
mod listed;
pub(crate) mod providers;
mod runtimes;
pub(crate) mod shapes;
mod state;

pub(crate) use self::build_listed::many_ids;
pub(crate) use self::state::{
    Authorization, Authorizer, ClaimRule, ControlResources, ControlState, Credential, Gateway,
    JwtAuthorizer, ListedKind, ListedResource, PolicyAttachment, Runtime, RuntimeEndpoint,
    RuntimeVersion, Target,
};
