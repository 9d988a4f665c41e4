//! Stages of a chain by what the doctor found at its hops.

use super::{StageStatus, is_live};
use crate::{
    doctor::{DoctorReport, Hop, HopFinding, HopState},
    model::{Health, Moment},
};

/// Adds what the doctor found at a hop.
pub(super) fn add(
    stages: &mut Vec<StageStatus>,
    finding: &HopFinding,
    report: &DoctorReport,
    at: Moment,
    now: Moment,
) {
    let cause = report
        .break_cause()
        .filter(|verdict| verdict.hop == finding.hop);
    let is_cause = cause.is_some();
    // These show what breaks elsewhere: they count only where they are the cause themselves.
    let is_symptom = matches!(finding.hop, Hop::Initialize | Hop::ToolsList | Hop::Cypher);
    let by_status = cause.is_none_or(|verdict| verdict.source.starts_with("Get"));
    if (is_live(finding.hop) && by_status) || (is_symptom && !is_cause) {
        // The status of a hop proves nothing of its work: the call of the same walk does, where it went through.
        let is_passed = is_live(finding.hop) && finding.state == HopState::Ok && report.healthy;
        if let Some(status) = place(stages, finding.hop, false).filter(|_| is_passed) {
            status.is_examined = true;
        }
        return;
    }
    let Some(status) = place(stages, finding.hop, is_cause) else {
        return;
    };
    let evidence = cause.map_or(&finding.evidence, |verdict| &verdict.evidence);
    let said = format!("{evidence} (doctor, {} ago)", at.age(now));
    match finding.state {
        HopState::Failed => {
            // A stack that cannot be read breaks no call.
            let health = if finding.hop == Hop::Stack {
                Health::Degraded
            } else {
                Health::Failed
            };
            if status.health < Some(health) {
                *status = StageStatus {
                    health: Some(health),
                    words: Some(said),
                    is_cause,
                    ..status.clone()
                };
            }
            status.is_cause |= is_cause;
        }
        HopState::Warning => {
            status.is_examined = true;
            status.health = status.health.max(Some(Health::Healthy));
            status.words.get_or_insert(said);
        }
        HopState::Ok => {
            status.is_examined = true;
            status.health = status.health.max(Some(Health::Healthy));
        }
        HopState::Skipped | HopState::Unknown => {}
    }
}

/// Returns the stage that a hop of the doctor's is part of: the first that the chain has. A cause is never left out: it makes its stage.
pub(super) fn place(
    stages: &mut Vec<StageStatus>,
    hop: Hop,
    is_cause: bool,
) -> Option<&mut StageStatus> {
    let candidates = hop.spec().stages;
    let known = candidates
        .iter()
        .find_map(|stage| stages.iter().position(|status| status.stage == *stage));
    let at = match (known, candidates.first()) {
        (Some(at), _) => at,
        (None, Some(stage)) if is_cause => {
            let at = stages.partition_point(|status| status.stage < *stage);
            stages.insert(
                at,
                StageStatus {
                    is_cause,
                    ..StageStatus::unknown(*stage)
                },
            );
            at
        }
        (None, _) => return None,
    };
    stages.get_mut(at)
}
