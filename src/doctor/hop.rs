//! The hops of the chain in its order, each with one specification.
//!
//! A new hop is a variant of [`Hop`], a file with its `SPEC` and, if it needs evidence of its own, a probe in
//! `services/doctor/`.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{
    Cause, ChainStage, Evidence, HopDetail, Judgement, authoriser, credentials, cypher, database,
    discovery, drift, gateway, initialize, interceptor, limits, metadata, permissions, policy,
    provider, rollout, runtime, secret, stack, symptom::Symptom, target, token, tools_list,
};
use crate::model::{Failure, Kind, Resource};

/// One link of the chain from AWS credentials to a Cypher answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hop {
    /// AWS credentials of this machine.
    Credentials,
    /// What this identity may read.
    Permissions,
    /// The CloudFormation stack and its outputs.
    Stack,
    /// The issuer's discovery document and keys.
    Discovery,
    /// An access token from the issuer.
    Token,
    /// The token's claims against what the gateway or runtime admits.
    Authoriser,
    /// The protected resource's metadata (RFC 9728).
    Metadata,
    /// The gateway's status and its own answers.
    Gateway,
    /// The gateway's policy engine.
    Policy,
    /// Rate limits set at the gateway.
    Limits,
    /// MCP `initialize` at the endpoint.
    Initialize,
    /// The gateway's interceptor function.
    Interceptor,
    /// MCP `tools/list`.
    ToolsList,
    /// The gateway's targets and their synchronisation.
    Target,
    /// The credential provider of a target.
    Provider,
    /// The gateway's copy of the tools against the runtime's.
    Drift,
    /// The runtime: status, start and answers.
    Runtime,
    /// The versions that the runtime's endpoints serve.
    Rollout,
    /// The Neo4j secret that the chain uses.
    Secret,
    /// A login at Neo4j with the secret's password.
    Neo4j,
    /// A Cypher statement through the whole chain.
    Cypher,
}

/// What is particular to a hop.
#[derive(Clone, Copy)]
pub struct HopSpec {
    /// Its name in JSON, on the screen and in the documentation.
    pub name: &'static str,
    /// The title of its column where the hops are columns: three letters.
    pub short: &'static str,
    /// What is examined, in a phrase.
    pub title: &'static str,
    /// The stages of the chain at which the hop is shown: the first of them that the deployment has.
    pub stages: &'static [ChainStage],
    /// Position in the search for the cause: the explanation with the lowest number is the verdict.
    pub(super) precedence: u8,
    /// Judges the hop by its own evidence.
    pub(super) judge: fn(&Evidence) -> Judgement,
    /// How long its probe took, in milliseconds.
    pub(super) elapsed_ms: fn(&Evidence) -> Option<u64>,
    /// Returns whether evidence is still to come on which its explanation rests.
    pub(super) awaits: fn(&Evidence) -> bool,
    /// Says why the hop causes the failure of the walk, if it does.
    pub(super) explain: fn(&Evidence, &Symptom<'_>) -> Option<Cause>,
    /// The log groups in which its failures are found, out of the deployment's resources.
    pub log_groups: fn(&[&Resource]) -> Vec<String>,
    /// What was asked at the hop, what came back, and what its log says.
    pub(super) details: fn(&Evidence) -> Vec<HopDetail>,
    /// The reading that says whether the chain has the hop at all, where that reading failed, and what was read.
    pub(super) unread: fn(&Evidence) -> Option<(&'static str, &Failure)>,
}

impl Hop {
    /// Every hop, in the order of the chain.
    pub const ALL: [Self; 21] = [
        Self::Credentials,
        Self::Permissions,
        Self::Stack,
        Self::Discovery,
        Self::Token,
        Self::Authoriser,
        Self::Metadata,
        Self::Gateway,
        Self::Policy,
        Self::Limits,
        Self::Initialize,
        Self::Interceptor,
        Self::ToolsList,
        Self::Target,
        Self::Provider,
        Self::Drift,
        Self::Runtime,
        Self::Rollout,
        Self::Secret,
        Self::Neo4j,
        Self::Cypher,
    ];

    /// Returns what is particular to the hop.
    pub const fn spec(self) -> &'static HopSpec {
        match self {
            Self::Credentials => &credentials::SPEC,
            Self::Permissions => &permissions::SPEC,
            Self::Stack => &stack::SPEC,
            Self::Discovery => &discovery::SPEC,
            Self::Token => &token::SPEC,
            Self::Authoriser => &authoriser::SPEC,
            Self::Metadata => &metadata::SPEC,
            Self::Gateway => &gateway::SPEC,
            Self::Policy => &policy::SPEC,
            Self::Limits => &limits::SPEC,
            Self::Initialize => &initialize::SPEC,
            Self::Interceptor => &interceptor::SPEC,
            Self::ToolsList => &tools_list::SPEC,
            Self::Target => &target::SPEC,
            Self::Provider => &provider::SPEC,
            Self::Drift => &drift::SPEC,
            Self::Runtime => &runtime::SPEC,
            Self::Rollout => &rollout::SPEC,
            Self::Secret => &secret::SPEC,
            Self::Neo4j => &database::SPEC,
            Self::Cypher => &cypher::SPEC,
        }
    }

    /// Returns the hop of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hop| hop.as_str() == name)
    }

    /// Its name, as JSON and the screen show it.
    pub const fn as_str(self) -> &'static str {
        self.spec().name
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl Serialize for Hop {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Debug for HopSpec {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("HopSpec")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// For hops that are never the cause: what they find is a hint, or another hop names it.
pub(super) fn no_explanation(_: &Evidence, _: &Symptom<'_>) -> Option<Cause> {
    None
}

/// For hops whose explanation rests on nothing but the failed step itself.
pub(super) fn awaits_nothing(_: &Evidence) -> bool {
    false
}

/// For hops whose evidence is that of others.
pub(super) fn no_details(_: &Evidence) -> Vec<HopDetail> {
    Vec::new()
}

/// For hops that every chain has.
pub(super) fn always_known(_: &Evidence) -> Option<(&'static str, &Failure)> {
    None
}

/// For hops that a gateway has or has not.
pub(super) fn unread_gateway(evidence: &Evidence) -> Option<(&'static str, &Failure)> {
    Some(("the gateway", evidence.gateways.failure()?))
}

/// For hops that a runtime has or has not.
pub(super) fn unread_runtime(evidence: &Evidence) -> Option<(&'static str, &Failure)> {
    Some(("the runtime", evidence.runtimes.failure()?))
}

/// For hops of a gateway or of a runtime that is called directly.
pub(super) fn unread_gateway_or_runtime(evidence: &Evidence) -> Option<(&'static str, &Failure)> {
    unread_gateway(evidence).or_else(|| unread_runtime(evidence))
}

/// For hops that the gateway's targets have or have not.
pub(super) fn unread_targets_or_gateway(evidence: &Evidence) -> Option<(&'static str, &Failure)> {
    unread_targets(evidence).or_else(|| unread_gateway(evidence))
}

/// For hops of a runtime that is known by the gateway's targets.
pub(super) fn unread_targets_or_runtime(evidence: &Evidence) -> Option<(&'static str, &Failure)> {
    unread_targets(evidence).or_else(|| unread_runtime(evidence))
}

fn unread_targets(evidence: &Evidence) -> Option<(&'static str, &Failure)> {
    Some(("the targets", evidence.targets.failure()?))
}

/// For hops that write no log in the deployment's account.
pub(super) fn no_log(_: &[&Resource]) -> Vec<String> {
    Vec::new()
}

/// Returns the gateway's own log.
pub(super) fn gateway_log(resources: &[&Resource]) -> Vec<String> {
    groups_of(resources, Kind::Gateway, |group| {
        !group.starts_with("/aws/lambda/")
    })
}

/// Returns the interceptor function's log.
pub(super) fn interceptor_log(resources: &[&Resource]) -> Vec<String> {
    groups_of(resources, Kind::Gateway, |group| {
        group.starts_with("/aws/lambda/")
    })
}

/// Returns the runtimes' logs.
pub(super) fn runtime_log(resources: &[&Resource]) -> Vec<String> {
    groups_of(resources, Kind::Runtime, |_| true)
}

/// Returns the logs of those that read the secret: the interceptor if there is one, otherwise the runtimes.
pub(super) fn secret_readers_log(resources: &[&Resource]) -> Vec<String> {
    let interceptor = interceptor_log(resources);
    if interceptor.is_empty() {
        runtime_log(resources)
    } else {
        interceptor
    }
}

fn groups_of(resources: &[&Resource], kind: Kind, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut groups: Vec<String> = resources
        .iter()
        .filter(|resource| resource.key.kind == kind)
        .flat_map(|resource| resource.log_groups.iter())
        .filter(|group| is_wanted(group) && group.as_str() != crate::logs::SPANS_GROUP)
        .cloned()
        .collect();
    groups.sort();
    groups.dedup();
    groups
}
