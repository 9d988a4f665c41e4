//! From evidence to findings, and from findings to the cause.

use super::{
    Cause, DoctorReport, DoctorVerdict, Evidence, Hop, HopFinding, HopState, Judgement, Probe,
    comparison::compare, judgement::unreadable, symptom::Symptom,
};

/// Why a probe that comes later has no result yet.
pub const PENDING: &str = "not examined yet";

/// Says what the evidence means.
///
/// If a call went through the chain, no hop failed: what reads badly elsewhere is a warning, and the verdict is the first of them about
/// which something is to be done. Otherwise the verdict is the
/// explanation of the failed step with the lowest precedence. While evidence is still to come, there is no verdict that it may
/// change, and a hop whose explanation rests on it has no state but one that is proven.
pub fn judge(evidence: &Evidence) -> DoctorReport {
    let works = evidence.works();
    let symptom = evidence.symptom();
    let cause = symptom.and_then(|symptom| cause(evidence, &symptom));
    let is_open = symptom.is_some() && cause.is_none();
    let hops = Hop::ALL
        .into_iter()
        .map(
            |hop| match cause.as_ref().filter(|verdict| verdict.hop == hop) {
                Some(verdict) => named(hop, evidence, verdict),
                None if is_open && (hop.spec().awaits)(evidence) => awaiting(hop, evidence),
                None => finding(hop, evidence, works),
            },
        )
        .collect();
    DoctorReport {
        deployment: evidence.deployment.clone(),
        healthy: works,
        verdict: cause.or_else(|| advice(evidence)),
        hops,
        comparison: compare(evidence),
        runtime_tools: evidence.direct.value().cloned(),
    }
}

/// Returns the finding of the hop that is the cause.
fn named(hop: Hop, evidence: &Evidence, verdict: &DoctorVerdict) -> HopFinding {
    found(hop, evidence, (HopState::Failed, verdict.evidence.clone()))
}

/// Returns the finding of a hop that may turn out to be the cause when the rest of its evidence has come.
fn awaiting(hop: Hop, evidence: &Evidence) -> HopFinding {
    found(hop, evidence, (HopState::Unknown, PENDING.to_owned()))
}

fn finding(hop: Hop, evidence: &Evidence, works: bool) -> HopFinding {
    let spec = hop.spec();
    let mut finding = (spec.judge)(evidence);
    if finding.state == HopState::Skipped
        && let Some((what, failure)) = (spec.unread)(evidence)
    {
        // Whether the chain has this hop stands in what could not be read.
        finding = Judgement::unknown(unreadable(failure, what));
    }
    let is_pending = finding.state == HopState::Skipped && finding.evidence == PENDING;
    let state = match finding.state {
        HopState::Failed if works => HopState::Warning,
        // Nothing says yet that the chain has no such hop.
        HopState::Skipped if is_pending => HopState::Unknown,
        HopState::Ok
        | HopState::Warning
        | HopState::Failed
        | HopState::Skipped
        | HopState::Unknown => finding.state,
    };
    found(hop, evidence, (state, finding.evidence))
}

fn found(hop: Hop, evidence: &Evidence, (state, text): (HopState, String)) -> HopFinding {
    let spec = hop.spec();
    HopFinding {
        hop,
        state,
        evidence: text,
        elapsed_ms: (spec.elapsed_ms)(evidence),
        details: (spec.details)(evidence),
    }
}

fn cause(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<DoctorVerdict> {
    let mut hops = Hop::ALL.to_vec();
    hops.retain(|hop| !is_absent(*hop, evidence));
    hops.sort_by_key(|hop| hop.spec().precedence);
    for hop in hops {
        if (hop.spec().awaits)(evidence) {
            return None;
        }
        if let Some(cause) = (hop.spec().explain)(evidence, symptom) {
            return Some(verdict(hop, cause));
        }
    }
    None
}

fn verdict(hop: Hop, cause: Cause) -> DoctorVerdict {
    DoctorVerdict {
        hop,
        evidence: cause.evidence,
        fix: cause.fix.text,
        command: cause.fix.command,
        source: cause.source,
    }
}

/// Returns the first warning of a chain that works about which something is to be done. What only takes long has no fix.
fn advice(evidence: &Evidence) -> Option<DoctorVerdict> {
    if !evidence.works() {
        return None;
    }
    let mut hops = Hop::ALL.to_vec();
    hops.sort_by_key(|hop| hop.spec().precedence);
    hops.into_iter().find_map(|hop| {
        let judged = (hop.spec().judge)(evidence);
        let is_warned_of = matches!(judged.state, HopState::Warning | HopState::Failed);
        let needs_a_fix = is_warned_of && !judged.fix.is_empty();
        needs_a_fix.then(|| verdict(hop, Cause::new(judged.evidence, judged.fix, judged.source)))
    })
}

/// Returns whether the chain has no such hop, as far as everything is known that says so: then it is not the cause. A runtime that was
/// called directly is there, whether or not it could be listed, and so is a rate limit that an answer names.
fn is_absent(hop: Hop, evidence: &Evidence) -> bool {
    let was_called = hop == Hop::Runtime && !matches!(evidence.direct, Probe::NotMade(_));
    if was_called || hop == Hop::Limits {
        return false;
    }
    let judged = (hop.spec().judge)(evidence);
    judged.state == HopState::Skipped
        && judged.evidence != PENDING
        && (hop.spec().unread)(evidence).is_none()
}
