//! A bundle for a ticket: what this console knows of all deployments, without secrets.

use serde_json::{Value, json};

use crate::{
    logs::masked_json,
    model::{Deployment, Moment},
    state::Store,
};

/// Formats everything that is known as JSON. Every text in it is redacted as a log line is.
pub(super) fn bundle(store: &Store, now: Moment) -> String {
    let deployments: Vec<Value> = store
        .deployments
        .iter()
        .map(|deployment| deployment_json(deployment, store))
        .collect();
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
    let bundle = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "at": now.iso(),
        "deployments": deployments,
        "transitions": feed,
    });
    format!("{:#}\n", masked_json(bundle))
}

fn deployment_json(deployment: &Deployment, store: &Store) -> Value {
    let name = &deployment.name;
    let walks: Vec<Value> = store
        .walks
        .get(name)
        .into_iter()
        .flatten()
        .map(|(at, report)| json!({"at": at.iso(), "report": report}))
        .collect();
    let calls = store.calls.get(name);
    let calls: Vec<Value> = calls
        .into_iter()
        .flat_map(|history| &history.calls)
        .map(crate::calls::LoggedCall::json)
        .collect();
    let changes: Vec<Value> = store
        .changes_of(name, None)
        .map(|found| {
            let change = &found.change;
            json!({
                "at": change.at.iso(), "who": change.who, "action": change.action, "what": found.name,
                "outcome": change.outcome, "request_id": change.request_id,
            })
        })
        .collect();
    json!({
        "name": name,
        "shape": deployment.shape,
        "region": deployment.region,
        "stack": deployment.stack,
        "mcp_url": deployment.mcp_url,
        "sign_in": deployment.sign_in.mode(),
        "read_only": deployment.read_only,
        "health": store.health(name),
        "resources": store.resources(name).collect::<Vec<_>>(),
        "traffic": store.traffic_of(name),
        "walks": walks,
        "calls": calls,
        "changes": changes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_credential_is_not_in_the_bundle() {
        let token = format!("Authorization: Bearer {}", "a1B2".repeat(12));
        let value = masked_json(json!({"evidence": [token]}));
        assert!(!value.to_string().contains("a1B2a1B2"), "{value}");
    }
}
