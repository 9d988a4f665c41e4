//! Roll-outs: whether the endpoints serve the versions that they are meant to serve.

use serde_json::Value;

use super::{
    ChainStage, Evidence, HopFix, Judgement,
    details::{HopDetail, asked, named_statuses},
    hop::{HopSpec, awaits_nothing, no_explanation, runtime_log, unread_runtime},
};
use crate::model::{Moment, Resource};

const SOURCE: &str = "GetAgentRuntimeEndpoint";

pub(super) const SPEC: HopSpec = HopSpec {
    name: "rollout",
    short: "ROL",
    title: "the versions that the runtime's endpoints serve",
    stages: &[ChainStage::Runtime],
    precedence: 235,
    judge,
    elapsed_ms: |evidence| evidence.endpoints.elapsed_ms(),
    awaits: awaits_nothing,
    explain: no_explanation,
    log_groups: runtime_log,
    details,
    unread: unread_runtime,
};

/// Returns what was asked, and what came back.
fn details(evidence: &Evidence) -> Vec<HopDetail> {
    let mut read = asked("ListAgentRuntimeEndpoints", &evidence.endpoints, |all| {
        named_statuses(all)
    });
    read.extend(pushed_later(evidence).map(|text| HopDetail {
        label: "image",
        text,
    }));
    read
}

/// A version keeps the address of its image: what is pushed under the same tag later is not served until another version is made. The
/// registry, which the doctor does not read, says when the tag was pushed.
fn pushed_later(evidence: &Evidence) -> Option<String> {
    let runtime = evidence.called_runtime()?;
    let image = runtime
        .raw
        .pointer("/agentRuntimeArtifact/containerConfiguration/containerUri")?
        .as_str()?;
    let (repository, tag) = super::runtime::image_parts(image)?;
    let made = runtime
        .updated
        .map_or_else(|| "its time".to_owned(), Moment::iso);
    Some(format!(
        "by tag: what was pushed after {made} is not in this version: aws ecr describe-images --repository-name {repository} \
         --image-ids imageTag={tag} --query 'imageDetails[0].imagePushedAt'"
    ))
}

fn judge(evidence: &Evidence) -> Judgement {
    Judgement::of_reading(&evidence.endpoints, SOURCE, |endpoints| {
        if endpoints.is_empty() {
            return Judgement::skipped("no runtime endpoint in this chain");
        }
        if let Some(judgement) = endpoints
            .iter()
            .find_map(|endpoint| unsettled(evidence, endpoint))
        {
            return judgement;
        }
        Judgement::ok(served(evidence, endpoints))
    })
}

/// Returns an endpoint that does not serve what it is meant to serve. One that AWS is updating needs nothing but time.
fn unsettled(evidence: &Evidence, endpoint: &Resource) -> Option<Judgement> {
    let version = |name: &str| endpoint.raw.get(name).and_then(Value::as_str);
    let name = named(evidence, endpoint);
    let waiting = match (version("liveVersion"), version("targetVersion")) {
        (Some(live), Some(target)) if live != target => Some((live, target)),
        (Some(_) | None, Some(_) | None) => None,
    };
    let words = match waiting {
        Some((live, target)) => {
            let since = endpoint
                .updated
                .map_or_else(String::new, |at| format!(" for {}", at.age(evidence.now)));
            format!("{name} serves version {live} while version {target} is wanted{since}")
        }
        None if endpoint.status == "READY" => return None,
        None => {
            let reason = endpoint.reason.as_deref().unwrap_or("no reason given");
            format!("{name} is {}: {reason}", endpoint.status)
        }
    };
    if endpoint.status.ends_with("ING") {
        return Some(Judgement::warning(words));
    }
    let fix = HopFix::run(
        "see whether the wanted version exists and is READY; versions roll-back puts the endpoint back to the one that it serves",
        format!(
            "agentcore-console versions {} -d {}",
            runtime_name(evidence, endpoint),
            evidence.deployment
        ),
    );
    Some(Judgement::advice(words, fix, SOURCE))
}

/// Returns which versions are served, by runtime.
fn served(evidence: &Evidence, endpoints: &[Resource]) -> String {
    let texts: Vec<String> = endpoints
        .iter()
        .map(|endpoint| {
            let live = endpoint.raw.get("liveVersion").and_then(Value::as_str);
            format!(
                "{} v{}",
                named(evidence, endpoint),
                live.unwrap_or("unknown")
            )
        })
        .collect();
    texts.join(", ")
}

/// Returns the name of an endpoint, with that of its runtime where the chain has several.
fn named(evidence: &Evidence, endpoint: &Resource) -> String {
    let runtimes = evidence.runtimes.value().map_or(0, Vec::len);
    if runtimes > 1 {
        format!("{} {}", runtime_name(evidence, endpoint), endpoint.name)
    } else {
        endpoint.name.clone()
    }
}

/// Returns the name of the runtime that an endpoint belongs to, or its id where it was not listed.
fn runtime_name<'a>(evidence: &'a Evidence, endpoint: &'a Resource) -> &'a str {
    let owner = endpoint.key.owner_id();
    let mut runtimes = evidence.runtimes.value().into_iter().flatten();
    runtimes
        .find(|runtime| runtime.key.id == owner)
        .map_or(owner, |runtime| runtime.name.as_str())
}
