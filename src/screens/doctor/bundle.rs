//! What this console knows for a bundle for a ticket. The last log lines, calls and changes are read when it is written.

use serde_json::{Value, json};

use crate::{
    doctor::{BundleDraft, BundleReading},
    model::{DeploymentName, Kind, Moment},
    state::Store,
};

/// Returns what the store knows of all deployments.
pub(super) fn draft(store: &Store, now: Moment) -> BundleDraft {
    let feed: Vec<Value> = store
        .feed
        .iter()
        .map(|seen| {
            json!({
                "at": seen.at.iso(), "deployment": seen.key.deployment, "kind": seen.key.kind,
                "id": seen.key.own_id(), "from": seen.from, "to": seen.to, "reason": seen.reason,
                "by": seen.by.as_ref().map(|by| format!("{} ({})", by.actor, by.action)),
            })
        })
        .collect();
    let mut draft = BundleDraft {
        at: now,
        status: Vec::new(),
        resources: Vec::new(),
        problems: Vec::new(),
        doctor: Vec::new(),
        transitions: BundleReading::Read(feed.into()),
    };
    for deployment in &store.deployments {
        let name = &deployment.name;
        draft.add_health(deployment, &store.health(name));
        let walks = store.walks.get(name).into_iter().flatten();
        let before = draft.doctor.len();
        for (at, report) in walks {
            draft.add_report(deployment, Some((*at, report)));
        }
        if draft.doctor.len() == before {
            draft.add_report(deployment, None);
        }
        draft.problems.extend(
            Kind::ALL
                .into_iter()
                .filter_map(|kind| unlisted(store, name, kind)),
        );
        draft.resources.extend(store.resources(name).cloned());
    }
    draft
}

/// Returns why a list of a deployment is not in the bundle, if it is not.
fn unlisted(store: &Store, name: &DeploymentName, kind: Kind) -> Option<Value> {
    let list = store.lists.get(&(name.clone(), kind));
    let cause = match list {
        Some(list) if list.failure().is_some() => list.failure()?.cause.clone(),
        Some(list) if list.value().is_some() => return None,
        Some(_) | None => "not listed yet".to_owned(),
    };
    Some(json!({"deployment": name, "kind": kind, "cause": cause}))
}
