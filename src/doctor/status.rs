//! Judges resources by the status that AWS reports.

use super::{HopFix, Judgement, Probe};
use crate::model::Resource;

/// Judges a list of resources by the worst status in it.
pub(super) fn statuses(probe: &Probe<Vec<Resource>>, noun: &str, source: &str) -> Judgement {
    Judgement::of_reading(probe, source, |resources| {
        if let Some(worst) = resources.iter().find(|resource| is_broken(resource)) {
            return Judgement::failed(broken_words(worst), inspect(worst), source);
        }
        let moving = resources.iter().find(|resource| resource.status != "READY");
        match moving {
            Some(moving) => Judgement::warning(format!("{} is {}", moving.name, moving.status)),
            None if resources.is_empty() => Judgement::skipped(format!("no {noun} in this chain")),
            None => Judgement::ok(
                resources
                    .iter()
                    .map(|resource| format!("{} READY", resource.name))
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
        }
    })
    .slow_after(probe.elapsed_ms(), source)
}

/// Returns the resource whose status explains a failed call: the one that was called, or any while that is not known.
pub(super) fn broken<'a>(
    probe: &'a Probe<Vec<Resource>>,
    called: Option<&'a Resource>,
) -> Option<&'a Resource> {
    match called {
        Some(called) => Some(called).filter(|called| is_broken(called)),
        None => probe.value()?.iter().find(|resource| is_broken(resource)),
    }
}

/// Returns the command that shows a resource with everything that AWS says of it.
pub(super) fn inspect(resource: &Resource) -> HopFix {
    HopFix::run(
        "correct what the reason names, then update it",
        format!(
            "agentcore-console describe {} {} -d {}",
            resource.key.kind, resource.name, resource.key.deployment
        ),
    )
}

/// Returns what AWS reports of a resource that does not work.
pub(super) fn broken_words(resource: &Resource) -> String {
    format!(
        "{} is {}: {}",
        resource.name,
        resource.status,
        resource.reason.as_deref().unwrap_or("no reason given")
    )
}

/// Returns whether AWS reports that the resource does not work.
pub(super) fn is_broken(resource: &Resource) -> bool {
    resource.status.ends_with("FAILED") || resource.status.ends_with("UNSUCCESSFUL")
}
