//! Judges resources by the status that AWS reports.

use super::{Judgement, Probe};
use crate::model::Resource;

/// Judges a list of resources by the worst status in it.
pub(super) fn statuses(probe: &Probe<Vec<Resource>>, noun: &str, source: &str) -> Judgement {
    Judgement::of_reading(probe, source, |resources| {
        if let Some(worst) = resources.iter().find(|resource| is_broken(resource)) {
            return Judgement::failed(
                format!(
                    "{} is {}: {}",
                    worst.name,
                    worst.status,
                    worst.reason.as_deref().unwrap_or("no reason given")
                ),
                format!("correct what the reason names, then update the {noun}"),
                source,
            );
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

/// Returns whether AWS reports that the resource does not work.
pub(super) fn is_broken(resource: &Resource) -> bool {
    resource.status.ends_with("FAILED") || resource.status.ends_with("UNSUCCESSFUL")
}
