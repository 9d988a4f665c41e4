//! From evidence to findings, and from findings to the cause.

use super::{
    DoctorReport, DoctorVerdict, Evidence, Hop, HopFinding, HopState, Judgement,
    comparison::compare, judgement::unreadable, symptom::Symptom,
};

/// Why a probe that comes later has no result yet.
pub const PENDING: &str = "not examined yet";

/// Says what the evidence means.
///
/// If a call went through the chain, no hop failed: what reads badly elsewhere is a warning. Otherwise the verdict is the
/// explanation of the failed step with the lowest precedence.
pub fn judge(evidence: &Evidence) -> DoctorReport {
    let works = evidence.works();
    let verdict = evidence
        .symptom()
        .and_then(|symptom| cause(evidence, &symptom));
    let hops = Hop::ALL
        .into_iter()
        .map(|hop| finding(hop, evidence, works, verdict.as_ref()))
        .collect();
    DoctorReport {
        deployment: evidence.deployment.clone(),
        healthy: works,
        verdict,
        hops,
        comparison: compare(evidence),
    }
}

fn finding(
    hop: Hop,
    evidence: &Evidence,
    works: bool,
    verdict: Option<&DoctorVerdict>,
) -> HopFinding {
    let spec = hop.spec();
    let mut finding = (spec.judge)(evidence);
    if finding.state == HopState::Skipped
        && let Some((what, failure)) = (spec.unread)(evidence)
    {
        // Whether the chain has this hop stands in what could not be read.
        finding = Judgement::unknown(unreadable(failure, what));
    }
    let is_pending = finding.state == HopState::Skipped && finding.evidence == PENDING;
    let (state, text) = match verdict.filter(|verdict| verdict.hop == hop) {
        Some(verdict) => (HopState::Failed, verdict.evidence.clone()),
        None if works && finding.state == HopState::Failed => (HopState::Warning, finding.evidence),
        // Nothing says yet that the chain has no such hop.
        None if is_pending => (HopState::Unknown, finding.evidence),
        None => (finding.state, finding.evidence),
    };
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
    hops.into_iter().find_map(|hop| {
        let cause = (hop.spec().explain)(evidence, symptom)?;
        Some(DoctorVerdict {
            hop,
            evidence: cause.evidence,
            fix: cause.fix,
            source: cause.source,
        })
    })
}

/// Returns whether the chain has no such hop, as far as everything is known that says so: then it is not the cause.
fn is_absent(hop: Hop, evidence: &Evidence) -> bool {
    let judged = (hop.spec().judge)(evidence);
    judged.state == HopState::Skipped
        && judged.evidence != PENDING
        && (hop.spec().unread)(evidence).is_none()
}
