//! `doctor --bundle FILE`: everything that a ticket needs in one JSON file, without secrets.

use std::{fs, path::Path};

use super::{deployment_health, find_resource, outcome::usage};
use crate::{
    config,
    doctor::{BundleDraft, BundleReading, DoctorReport},
    model::{Deployment, Failure, FailureKind, Kind, Moment},
    services::Services,
};

/// Extensions of archives: the bundle is none.
const ARCHIVES: [&str; 10] = [
    "7z", "bz2", "gz", "rar", "tar", "tbz2", "tgz", "txz", "xz", "zip",
];

/// Refuses a path at which no bundle is written, before anything is examined. An empty file, as `mktemp` makes it, is filled.
///
/// # Errors
/// [`FailureKind::Usage`] if the name promises an archive, a file is there already, or its folder is not.
pub(crate) fn check(path: &Path) -> Result<(), Failure> {
    let doing = format!("writing {}", path.display());
    let extension = path.extension().and_then(|extension| extension.to_str());
    if let Some(extension) = extension.filter(|extension| {
        ARCHIVES
            .iter()
            .any(|archive| archive.eq_ignore_ascii_case(extension))
    }) {
        let cause = format!("the bundle is JSON, and .{extension} is the name of an archive");
        return Err(usage(doing, cause).hint("name a file that ends in .json"));
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        let cause = format!("the folder {} does not exist", folder.display());
        return Err(usage(doing, cause).hint("make the folder, or name a file in another one"));
    }
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() && found.len() == 0 => Ok(()),
        Ok(_) => Err(usage(doing, "it is there already and is not replaced")
            .hint("name a file that does not exist")),
        Err(_) => Ok(()),
    }
}

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
    config::write::save(path, &text, str::is_empty).map_err(|error| {
        Failure::new(
            FailureKind::Usage,
            format!("writing {}", path.display()),
            error.to_string(),
        )
    })
}
