//! The rules by which a deployment is judged, from the worst word to the best.

use super::{DeploymentHealth, EVIDENCE_MS, HealthInput, HealthVerdict};
use crate::{
    doctor::{ChainStage, Hop, HopState},
    kinds::StageStatus,
    model::{Health, Moment},
};

/// So many errors of the last minutes matter from [`FAILING_PERCENT`] of the calls; fewer matter from half of the calls.
const FAILING_ERRORS: u64 = 3;
/// Share of the calls, in percent.
const FAILING_PERCENT: u64 = 10;

fn verdict(
    health: DeploymentHealth,
    hop: Option<&'static str>,
    evidence: impl Into<String>,
    at: Option<Moment>,
) -> HealthVerdict {
    HealthVerdict {
        health,
        hop,
        evidence: evidence.into(),
        at,
    }
}

fn stage_with<'a>(
    input: &'a HealthInput<'_>,
    is_wanted: impl Fn(Health) -> bool,
) -> Option<&'a StageStatus> {
    let stages = input.chain.stages.iter();
    stages
        .filter(|stage| stage.by_status.is_some_and(&is_wanted))
        .max_by_key(|stage| stage.by_status)
}

/// The stage whose status by AWS is bad.
fn bad_stage<'a>(input: &'a HealthInput<'_>) -> Option<&'a StageStatus> {
    // A list that could not be read says nothing about what it would have shown.
    stage_with(input, |health| health >= Health::Degraded).filter(|stage| !stage.is_unlisted)
}

/// Whether the doctor saw that status and its call went through all the same: a target that could not be synchronised
/// answers calls with the tools that the gateway has of it.
fn was_passed(input: &HealthInput<'_>, stage: ChainStage, now: Moment) -> bool {
    let examined = input.examined.filter(|(at, _)| is_recent(*at, now));
    examined.is_some_and(|(_, report)| {
        let mut warnings = report
            .hops
            .iter()
            .filter(|finding| finding.state == HopState::Warning);
        report.healthy && warnings.any(|finding| finding.hop.spec().stages.contains(&stage))
    })
}

pub(super) fn broken_by_status(input: &HealthInput<'_>, now: Moment) -> Option<HealthVerdict> {
    let stage = bad_stage(input).filter(|stage| !was_passed(input, stage.stage, now))?;
    Some(verdict(
        DeploymentHealth::Broken,
        Some(hop_of(stage.stage)),
        stage.words.clone().unwrap_or_default(),
        input.listed_at,
    ))
}

/// Name of the hop that stands for a stage.
const fn hop_of(stage: ChainStage) -> &'static str {
    match stage {
        ChainStage::SignIn => Hop::Credentials.as_str(),
        ChainStage::Gateway => Hop::Gateway.as_str(),
        ChainStage::Interceptor => Hop::Interceptor.as_str(),
        ChainStage::Target => Hop::Target.as_str(),
        ChainStage::Consent => Hop::Provider.as_str(),
        ChainStage::Runtime => Hop::Runtime.as_str(),
        ChainStage::Secret => Hop::Secret.as_str(),
        ChainStage::Neo4j => Hop::Neo4j.as_str(),
    }
}

/// When a call last went through the whole chain, by the doctor or by this console.
fn last_proof(input: &HealthInput<'_>) -> Option<(Moment, &'static str)> {
    let examined = input
        .examined
        .filter(|(_, report)| report.healthy)
        .map(|(at, _)| (at, "the doctor's call went through the whole chain"));
    let called = input
        .called
        .filter(|call| call.failure.is_none())
        .map(|call| {
            (
                call.at,
                "a call of this console went through the whole chain",
            )
        });
    examined.into_iter().chain(called).max_by_key(|(at, _)| *at)
}

fn is_recent(at: Moment, now: Moment) -> bool {
    now.since(at) <= EVIDENCE_MS
}

pub(super) fn broken_by_doctor(input: &HealthInput<'_>, now: Moment) -> Option<HealthVerdict> {
    let (at, report) = input.examined?;
    let found = report.verdict.as_ref()?;
    let is_newest = last_proof(input).is_none_or(|(proof, _)| proof < at);
    (is_recent(at, now) && is_newest && !was_corrected(input, found.hop, &found.source)).then(
        || {
            verdict(
                DeploymentHealth::Broken,
                Some(found.hop.as_str()),
                found.evidence.clone(),
                Some(at),
            )
        },
    )
}

/// Whether the doctor judged by a status of AWS that is good by now.
fn was_corrected(input: &HealthInput<'_>, hop: Hop, source: &str) -> bool {
    source.starts_with("Get")
        && hop
            .spec()
            .stages
            .iter()
            .filter_map(|stage| input.chain.stage(*stage))
            .any(|stage| stage.by_status == Some(Health::Healthy))
}

pub(super) fn failing(input: &HealthInput<'_>, now: Moment) -> Option<HealthVerdict> {
    let proof = last_proof(input);
    if let Some(call) = input.called
        && let Some(failure) = &call.failure
        && is_recent(call.at, now)
        && proof.is_none_or(|(at, _)| at < call.at)
    {
        return Some(verdict(
            DeploymentHealth::Failing,
            None,
            format!("the last call of this console failed: {failure}"),
            Some(call.at),
        ));
    }
    let traffic = input.traffic.filter(|traffic| is_recent(traffic.at, now))?;
    let (errors, calls) = (traffic.recent_errors, traffic.recent_calls());
    let is_much = (errors > 0 && errors * 2 >= calls)
        || (errors >= FAILING_ERRORS && errors * 100 >= calls * FAILING_PERCENT);
    let is_newer = proof.is_none_or(|(at, _)| at <= traffic.at);
    (is_much && is_newer).then(|| {
        verdict(
            DeploymentHealth::Failing,
            None,
            format!(
                "{errors} of {} calls failed in the last minutes",
                calls.max(errors)
            ),
            Some(traffic.at),
        )
    })
}

pub(super) fn waiting(input: &HealthInput<'_>) -> Option<HealthVerdict> {
    let (health, stage) = [
        (DeploymentHealth::NeedsPerson, Health::NeedsPerson),
        (DeploymentHealth::Changing, Health::Changing),
    ]
    .into_iter()
    .find_map(|(word, wanted)| Some((word, stage_with(input, |health| health == wanted)?)))?;
    Some(verdict(
        health,
        None,
        format!(
            "{}: {}",
            stage.stage.as_str(),
            stage.words.as_deref().unwrap_or_default()
        ),
        input.listed_at,
    ))
}

pub(super) fn unlisted(input: &HealthInput<'_>) -> Option<HealthVerdict> {
    let (at, why) = input.unlisted.as_ref()?;
    Some(verdict(
        DeploymentHealth::Unknown,
        None,
        format!("not everything could be listed: {why}"),
        Some(*at),
    ))
}

pub(super) fn proven(input: &HealthInput<'_>, now: Moment) -> Option<HealthVerdict> {
    let (at, words) = last_proof(input).filter(|(at, _)| is_recent(*at, now))?;
    let evidence = match bad_stage(input) {
        Some(stage) => {
            let status = stage.words.as_deref().unwrap_or_default();
            format!("{words}, although {}: {status}", stage.stage.as_str())
        }
        None => words.to_owned(),
    };
    Some(verdict(DeploymentHealth::Proven, None, evidence, Some(at)))
}

/// A bad verdict that is too old to count: it does not become a good one.
pub(super) fn outdated(input: &HealthInput<'_>, now: Moment) -> Option<HealthVerdict> {
    let (at, report) = input.examined?;
    let found = report.verdict.as_ref()?;
    let is_newest = last_proof(input).is_none_or(|(proof, _)| proof < at);
    let counts = is_recent(at, now) && !was_corrected(input, found.hop, &found.source);
    (is_newest && !counts).then(|| {
        let clock = at.iso();
        let clock = clock.get(11..16).unwrap_or(&clock);
        verdict(
            DeploymentHealth::Unknown,
            Some(found.hop.as_str()),
            format!("not known since {clock} UTC, was broken at {}", found.hop),
            Some(at),
        )
    })
}

pub(super) fn by_status(input: &HealthInput<'_>) -> HealthVerdict {
    let (health, words) = if !input.has_resources {
        (DeploymentHealth::Unknown, "nothing is listed".to_owned())
    } else if let Some(stage) = stage_with(input, |health| health == Health::Unknown) {
        let words = stage
            .words
            .as_deref()
            .unwrap_or("a status that is not known");
        (
            DeploymentHealth::Unknown,
            format!("{}: {words}", stage.stage.as_str()),
        )
    } else {
        (
            DeploymentHealth::Ready,
            "every status is good; no call was seen to go through".to_owned(),
        )
    };
    verdict(health, None, words, input.listed_at)
}
