//! Plain data that every layer speaks: no IO, no clock, no types of an SDK.
//!
//! A value of the outside world becomes one of these in the file that calls the SDK, and stays one of these
//! until a screen or a command prints it.

pub mod address;
mod change;
pub mod client_secret;
pub mod database;
pub mod deployment;
pub mod duration;
pub mod failure;
mod identity;
pub mod log;
pub mod loose_json;
mod misconfigured_deployment;
pub mod moment;
pub mod past_write;
mod resource;
pub mod sanitize;
pub mod secret;
pub mod suggest;
pub mod text;
pub mod time_text;
mod token_storage;
pub mod tool;
pub mod tool_drift;
pub mod traffic;

pub use address::{
    ChannelSafety, Neo4jScheme, is_loopback, is_loopback_url, is_same_server,
    neo4j_address_with_scheme,
};
pub use change::{Change, RuntimeVersionInfo};
pub use client_secret::{
    ClientSecretDetail, ClientSecretEntry, ClientSecretProvider, JournalStatus,
};
pub use database::{
    AlterAnswer, LoginAnswer, Neo4jAddress, Neo4jConnection, Neo4jFailure, Neo4jUser, UserAnswer,
};
pub use deployment::{
    Deployment, DeploymentName, HeaderSpec, SecretSource, Shape, SignIn, SignInMode, SignInSpec,
    StaticCredentials,
};
pub use duration::{parse_duration, show_duration};
pub use failure::{Failure, FailureKind};
pub use identity::Identity;
pub use log::{
    IdentifiedEvent, LinesAroundRequest, LogBatch, LogEvent, LogNotice, LogQuery, LogQueryRequest,
    LogQueryResult, LogQueryStatistics, LogScanEstimate, NoticeKind, TailMode, TailPart,
    TailRequest, TailStatus,
};
pub use loose_json::loose_json;
pub use misconfigured_deployment::MisconfiguredDeployment;
pub use moment::Moment;
pub use past_write::PastWrite;
pub use resource::{Fact, Health, Kind, Link, Relation, Resource, ResourceKey, StackFacts};
pub use sanitize::sanitize;
pub use secret::{
    RotationState, SecretContent, SecretDetail, SecretStages, SecretText, SecretUser, SecretValue,
    SecretVersion, VersionRef,
};
pub use suggest::{did_you_mean, nearest};
pub use text::{pluralize, with_separators};
pub use time_text::parse_time;
pub use token_storage::TokenStorage;
pub use tool::{
    ArgumentCompletion, CallOptions, CallOutcome, Claims, ConnectionInfo, ConsentRequest, Elapsed,
    Elicitation, ElicitationAnswer, ElicitationRequest, HttpExchange, McpEndpoint, McpNotice,
    McpTarget, Offer, OfferKind, Progress, Table, Tool, ToolAnnotations,
};
pub use traffic::Traffic;
