//! Roll-outs: whether the endpoints serve the versions that they are meant to serve.

use serde_json::Value;

use super::{
    ChainStage, Evidence, Judgement,
    details::{HopDetail, asked, named_statuses},
    hop::{HopSpec, awaits_nothing, no_explanation, runtime_log, unread_runtime},
};
use crate::model::Moment;

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
    Judgement::of_reading(
        &evidence.endpoints,
        "GetAgentRuntimeEndpoint",
        |endpoints| {
            if endpoints.is_empty() {
                return Judgement::skipped("no runtime endpoint in this chain");
            }
            for endpoint in endpoints {
                let version = |name: &str| endpoint.raw.get(name).and_then(Value::as_str);
                if let (Some(live), Some(target)) =
                    (version("liveVersion"), version("targetVersion"))
                    && live != target
                {
                    let since = endpoint
                        .updated
                        .map_or_else(String::new, |at| format!(" for {}", at.age(evidence.now)));
                    return Judgement::warning(format!(
                        "{} serves version {live} while version {target} is wanted{since}",
                        endpoint.name
                    ));
                }
                if endpoint.status != "READY" {
                    let reason = endpoint.reason.as_deref().unwrap_or("no reason given");
                    return Judgement::warning(format!(
                        "{} is {}: {reason}",
                        endpoint.name, endpoint.status
                    ));
                }
            }
            let served: Vec<String> = endpoints
                .iter()
                .map(|endpoint| {
                    let live = endpoint.raw.get("liveVersion").and_then(Value::as_str);
                    format!("{} v{}", endpoint.name, live.unwrap_or("unknown"))
                })
                .collect();
            Judgement::ok(served.join(", "))
        },
    )
}
