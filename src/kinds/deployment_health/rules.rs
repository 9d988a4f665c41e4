//! The rules by which a deployment is judged, from the worst word to the best.

use super::{
    DeploymentHealth, EVIDENCE_MS, EarlierBreak, HealthInput, HealthVerdict, count::FailingCount,
    short_clock,
};
use crate::{
    doctor::{ChainStage, Hop, HopState},
    kinds::{LoggedCalls, LoggedProof, StageStatus, logged_calls::OUTAGE},
    model::{Health, Moment, pluralize},
};

pub(super) fn verdict(
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
        was_broken: None,
        passed: Vec::new(),
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

/// Returns the stage whose status by AWS is bad.
fn bad_stage<'a>(input: &'a HealthInput<'_>) -> Option<&'a StageStatus> {
    // A list that could not be read says nothing about what it would have shown.
    stage_with(input, |health| health >= Health::Degraded).filter(|stage| !stage.is_unlisted)
}

/// Returns whether calls go past that status: a target that could not be synchronised answers calls with the tools that the gateway
/// has of it, and a failed update leaves the version before in place, so any recent proof counts. A stage that failed
/// altogether is passed only if the doctor saw its status and its call went through all the same.
fn was_passed(input: &HealthInput<'_>, stage: &StageStatus, now: Moment) -> bool {
    if stage.by_status == Some(Health::Degraded) {
        let is_proven = last_proof(input).is_some_and(|(at, _)| is_recent(at, now));
        return is_proven && failing(input, now).is_none();
    }
    let examined = input.examined.filter(|(at, _)| is_recent(*at, now));
    examined.is_some_and(|(_, report)| {
        let mut warnings = report
            .hops
            .iter()
            .filter(|finding| finding.state == HopState::Warning);
        report.was_answered()
            && warnings.any(|finding| finding.hop.spec().stages.contains(&stage.stage))
    })
}

/// A stage that failed altogether breaks the chain. One that is degraded goes on serving what it has: it breaks the chain only
/// where the logs show a call that failed there.
pub(super) fn broken_by_status(input: &HealthInput<'_>, now: Moment) -> Option<HealthVerdict> {
    let stage =
        bad_stage(input).filter(|stage| input.is_one_chain && !was_passed(input, stage, now))?;
    if stage.by_status == Some(Health::Degraded) && !has_failed_call(input, stage.stage, now) {
        return None;
    }
    Some(verdict(
        DeploymentHealth::Broken,
        Some(hop_of(stage.stage)),
        stage.words.clone().unwrap_or_default(),
        input.listed_at,
    ))
}

/// Returns whether the newest call of the logs failed at a stage in the last minutes.
fn has_failed_call(input: &HealthInput<'_>, stage: ChainStage, now: Moment) -> bool {
    let failure = input.logged.and_then(|logged| logged.last_failure.as_ref());
    let is_newest = |at: Moment| last_proof(input).is_none_or(|(proof, _)| proof < at);
    failure.is_some_and(|(at, hop, _)| {
        is_recent(*at, now)
            && is_newest(*at)
            && hop.is_some_and(|hop| ChainStage::of_hop(hop).contains(&stage))
    })
}

/// A status that is not good, although no call is known to have failed for it: an error of the last minutes all the same.
pub(super) fn degraded(input: &HealthInput<'_>, now: Moment) -> Option<HealthVerdict> {
    let stage = bad_stage(input).filter(|stage| {
        let is_degraded = stage.by_status == Some(Health::Degraded);
        input.is_one_chain && is_degraded && !was_passed(input, stage, now)
    })?;
    let words = stage.words.as_deref().unwrap_or_default();
    Some(verdict(
        DeploymentHealth::Failing,
        Some(hop_of(stage.stage)),
        format!("{words}; no call is known to have failed there"),
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

/// Returns when a call last went through the whole chain: the doctor's, one of this console, or one that the logs show.
pub(super) fn last_proof(input: &HealthInput<'_>) -> Option<(Moment, String)> {
    let examined = input
        .examined
        .filter(|(_, report)| report.was_answered())
        .map(|(at, _)| {
            (
                at,
                "the doctor's call went through the whole chain".to_owned(),
            )
        });
    let called = input
        .called
        .filter(|call| call.failure.is_none())
        .map(|call| {
            let words = "a call of this console went through the whole chain";
            (call.at, words.to_owned())
        });
    let logged = input.logged.and_then(LoggedCalls::last_answered).map(|at| {
        (
            at,
            format!("a call went through at {}, by the logs", clock(at)),
        )
    });
    let proofs = examined.into_iter().chain(called).chain(logged);
    proofs.max_by_key(|(at, _)| *at)
}

/// Returns a time of day for evidence, which is printed by commands too: hours, minutes and seconds in UTC.
pub(super) fn clock(at: Moment) -> String {
    let iso = at.iso();
    format!("{} UTC", iso.get(11..19).unwrap_or(&iso))
}

pub(super) fn is_recent(at: Moment, now: Moment) -> bool {
    now.since(at) <= EVIDENCE_MS
}

pub(super) fn broken_by_doctor(input: &HealthInput<'_>, now: Moment) -> Option<HealthVerdict> {
    let (at, report) = input.examined?;
    let found = report.break_cause()?;
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

/// Returns whether the doctor judged by a status of AWS that is good by now.
fn was_corrected(input: &HealthInput<'_>, hop: Hop, source: &str) -> bool {
    source.starts_with("Get")
        && hop
            .spec()
            .stages
            .iter()
            .filter_map(|stage| input.chain.stage(*stage))
            .any(|stage| stage.by_status == Some(Health::Healthy))
}

/// Calls failed. The logs say at which hop, where they were read and show most of the calls that failed.
pub(super) fn failing(input: &HealthInput<'_>, now: Moment) -> Option<HealthVerdict> {
    let by_logs = failing_by_call(input, now).or_else(|| failing_in_logs(input, now));
    let (found, counted) = if let Some(found) = by_logs {
        (found, None)
    } else {
        let failing = FailingCount::of(input, now)?;
        (failing.verdict(), Some(failing))
    };
    let logged_hop = failed_hop(input, counted.as_ref(), now);
    let is_vague = is_gateway_or_interceptor(input, found.hop.or(logged_hop));
    let (hop, place) = match (found.hop, logged_hop) {
        _ if is_vague => (None, String::new()),
        (Some(hop), _) => (Some(hop), String::new()),
        (None, Some(hop)) => (Some(hop), format!("; the logs show failures at {hop}")),
        (None, None) if input.logged.is_some() => {
            (None, "; the logs do not show at which hop".to_owned())
        }
        (None, None) => (
            None,
            "; the hop is not known (the logs were not read)".to_owned(),
        ),
    };
    let status = bad_stage(input)
        .filter(|stage| input.is_one_chain && Some(hop_of(stage.stage)) != hop)
        .map_or_else(String::new, |stage| {
            let words = stage.words.as_deref().unwrap_or_default();
            format!("; {}: {words}", stage.stage.as_str())
        });
    let between = if is_vague {
        "gateway or interceptor, which wrote no line: "
    } else {
        ""
    };
    Some(HealthVerdict {
        hop,
        evidence: format!("{between}{}{place}{status}", found.evidence),
        ..found
    })
}

/// Returns whether the logs cannot tell the gateway from its interceptor: only the gateway has lines of the call that failed, and there is
/// an interceptor that it calls first.
fn is_gateway_or_interceptor(input: &HealthInput<'_>, hop: Option<&str>) -> bool {
    let is_gateway = hop == Some(Hop::Gateway.as_str());
    let is_alone = input.logged.is_some_and(|logged| logged.is_gateway_alone);
    is_gateway && is_alone && input.chain.stage(ChainStage::Interceptor).is_some()
}

/// Returns the hop at which most calls of the last minutes failed, by the logs.
fn failed_hop(
    input: &HealthInput<'_>,
    counted: Option<&FailingCount>,
    now: Moment,
) -> Option<&'static str> {
    let since = now.plus(-EVIDENCE_MS);
    let since = counted.map_or(since, |failing| failing.since.max(since));
    input
        .logged?
        .worst_hop(since, counted.map(|failing| failing.errors))
}

/// The last call of this console failed.
fn failing_by_call(input: &HealthInput<'_>, now: Moment) -> Option<HealthVerdict> {
    let proof = last_proof(input).map(|(at, _)| at);
    let is_newer = |at: Moment| proof.is_none_or(|proof| proof < at);
    if let Some(call) = input.called
        && let Some(failure) = &call.failure
        && is_recent(call.at, now)
        && is_newer(call.at)
    {
        return Some(verdict(
            DeploymentHealth::Failing,
            None,
            format!("the last call of this console failed: {failure}"),
            Some(call.at),
        ));
    }
    None
}

/// Returns the last calls in the logs failed, one after the other.
fn failing_in_logs(input: &HealthInput<'_>, now: Moment) -> Option<HealthVerdict> {
    let logged = input.logged?;
    let (at, hop, words) = logged.last_failure.as_ref()?;
    let is_newest = last_proof(input).is_none_or(|(proof, _)| proof < *at);
    let is_much = logged.failed_since >= OUTAGE;
    (is_much && is_newest && is_recent(*at, now)).then(|| {
        let is_vague = is_gateway_or_interceptor(input, *hop);
        let place = hop.filter(|_| !is_vague);
        let place = place.map_or_else(String::new, |hop| format!(" at {hop}"));
        verdict(
            DeploymentHealth::Failing,
            *hop,
            format!(
                "the last {} calls in the logs failed{place}: {words}",
                logged.failed_since
            ),
            Some(*at),
        )
    })
}

fn waiting(
    input: &HealthInput<'_>,
    word: DeploymentHealth,
    wanted: Health,
) -> Option<HealthVerdict> {
    let stage = stage_with(input, |health| health == wanted)?;
    Some(verdict(
        word,
        None,
        format!(
            "{}: {}",
            stage.stage.as_str(),
            stage.words.as_deref().unwrap_or_default()
        ),
        input.listed_at,
    ))
}

/// A target waits for a person's consent, or the doctor's call did.
pub(super) fn needs_person(input: &HealthInput<'_>, now: Moment) -> Option<HealthVerdict> {
    waiting(input, DeploymentHealth::NeedsPerson, Health::NeedsPerson).or_else(|| {
        let (at, report) = input.examined.filter(|(at, _)| is_recent(*at, now))?;
        let consent = report.consent()?;
        let is_newest = last_proof(input).is_none_or(|(proof, _)| proof < at);
        is_newest.then(|| {
            verdict(
                DeploymentHealth::NeedsPerson,
                None,
                format!("the doctor: {}", consent.evidence),
                Some(at),
            )
        })
    })
}

pub(super) fn changing(input: &HealthInput<'_>) -> Option<HealthVerdict> {
    waiting(input, DeploymentHealth::Changing, Health::Changing)
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
        None => words,
    };
    Some(HealthVerdict {
        passed: passed_stages(input, now),
        ..verdict(DeploymentHealth::Proven, None, evidence, Some(at))
    })
}

/// Returns the stages that calls of the last minutes have passed: a call of the doctor's or of this console all of them, one of the logs
/// those of which its records tell.
fn passed_stages(input: &HealthInput<'_>, now: Moment) -> Vec<ChainStage> {
    let examined = input
        .examined
        .is_some_and(|(at, report)| is_recent(at, now) && report.was_answered());
    let called = input
        .called
        .is_some_and(|call| is_recent(call.at, now) && call.failure.is_none());
    let logged = input.logged.into_iter().flat_map(|logged| &logged.answered);
    let logged: Vec<&LoggedProof> = logged.filter(|call| is_recent(call.at, now)).collect();
    let is_passed = |stage: &ChainStage| {
        examined || called || logged.iter().any(|call| call.passed.contains(stage))
    };
    ChainStage::ALL.into_iter().filter(is_passed).collect()
}

/// Returns a bad verdict that is too old to count, and that no call disproves.
pub(super) fn earlier_break(input: &HealthInput<'_>, now: Moment) -> Option<EarlierBreak> {
    let (at, report) = input.examined?;
    let found = report.break_cause()?;
    let is_newest = last_proof(input).is_none_or(|(proof, _)| proof < at);
    let counts = is_recent(at, now) && !was_corrected(input, found.hop, &found.source);
    (is_newest && !counts).then(|| EarlierBreak {
        hop: found.hop.as_str(),
        at,
    })
}

/// A bad verdict that is too old to count does not become a good one.
pub(super) fn outdated(input: &HealthInput<'_>, now: Moment) -> Option<HealthVerdict> {
    let EarlierBreak { hop, at } = earlier_break(input, now)?;
    Some(verdict(
        DeploymentHealth::Unknown,
        Some(hop),
        format!("not known since {}, was broken at {hop}", short_clock(at)),
        Some(at),
    ))
}

pub(super) fn by_status(input: &HealthInput<'_>, now: Moment) -> HealthVerdict {
    let said = |stage: &StageStatus, otherwise: &str| {
        let words = stage.words.as_deref().unwrap_or(otherwise);
        format!("{}: {words}", stage.stage.as_str())
    };
    let (health, words) = if !input.has_resources {
        (DeploymentHealth::Unknown, "nothing is listed".to_owned())
    } else if let Some(stage) = bad_stage(input) {
        let words = said(stage, "not well");
        (
            DeploymentHealth::Unknown,
            format!("resources without a stack are no single chain; {words}"),
        )
    } else if let Some(stage) = stage_with(input, |health| health == Health::Unknown) {
        (
            DeploymentHealth::Unknown,
            said(stage, "a status that is not known"),
        )
    } else {
        let words = format!("every status is good; {}", without_proof(input, now));
        (DeploymentHealth::Ready, words)
    };
    verdict(health, None, words, input.listed_at)
}

/// Returns what is known of calls where none was seen to go through the whole chain.
fn without_proof(input: &HealthInput<'_>, now: Moment) -> String {
    let seen = match input.logged {
        Some(_) => "the logs show no call of the last minutes that went through",
        None => "no call was followed through the chain (the logs were not read)",
    };
    let traffic = input.traffic.filter(|traffic| is_recent(traffic.at, now));
    match traffic.filter(|traffic| traffic.is_lively()) {
        Some(traffic) => format!(
            "CloudWatch counts {} in the last minutes, {} of them failed; {seen}",
            pluralize(
                usize::try_from(traffic.recent_calls()).unwrap_or(usize::MAX),
                "call"
            ),
            traffic.recent_errors
        ),
        None => seen.to_owned(),
    }
}
