//! `doctor --bundle FILE`: everything that a ticket needs in one JSON file, without secrets.

use std::path::Path;

use super::{deployment_health, find_resource};
use crate::{
    config,
    doctor::{BundleDraft, BundleReading, DoctorReport},
    model::{Deployment, Failure, FailureKind, Kind, Moment},
    services::Services,
};

/// Gathers and writes the bundle, readable by its owner alone.
///
/// # Errors
/// [`FailureKind::Usage`] if the file cannot be written.
pub(crate) async fn write(
    path: &Path,
    services: &Services,
    deployments: &[Deployment],
    reports: &[DoctorReport],
    now: Moment,
) -> Result<(), Failure> {
    let listing = find_resource::list(services, deployments, &Kind::ALL).await;
    let facts = deployment_health::facts(services, deployments, &listing).await;
    let problems = listing
        .problems
        .iter()
        .map(find_resource::ListingProblem::json)
        .collect();
    let mut draft = BundleDraft {
        at: now,
        status: Vec::new(),
        resources: Vec::new(),
        problems,
        doctor: Vec::new(),
        transitions: BundleReading::NotRead(
            "only a console that stays open sees how a status changes".to_owned(),
        ),
    };
    for deployment in deployments {
        let facts = facts.get(&deployment.name);
        let verdict = deployment_health::verdict(deployment, &listing, facts, now);
        draft.add_health(deployment, &verdict);
        let report = reports
            .iter()
            .find(|report| report.deployment == deployment.name);
        draft.add_report(deployment, report.map(|report| (now, report)));
    }
    draft.resources = listing.resources;
    let text = services.doctor.bundle(draft, deployments).await;
    config::write::save(path, &text, |_| true).map_err(|error| {
        Failure::new(
            FailureKind::Usage,
            format!("writing {}", path.display()),
            error.to_string(),
        )
    })
}
