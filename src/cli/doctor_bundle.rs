//! `doctor --bundle FILE`: everything that a ticket needs in one JSON file, without secrets.

use std::{ops::ControlFlow, path::Path};

use serde_json::{Value, json};

use super::{deployment_health, find_resource};
use crate::{
    config,
    doctor::DoctorReport,
    logs::redact,
    model::{Deployment, Failure, FailureKind, Kind, LogQuery, Moment, Resource},
    services::Services,
};

/// How far back logs are read, in milliseconds.
const RECENT_MS: i64 = 15 * 60 * 1000;
/// Log lines of one group.
const LINES: usize = 200;

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
    let mut status = Vec::new();
    let mut logs = serde_json::Map::new();
    for deployment in deployments {
        let facts = facts.get(&deployment.name);
        let verdict = deployment_health::verdict(deployment, &listing, facts, now);
        status.push(deployment_health::json(deployment, &verdict, facts));
        let own = listing
            .resources
            .iter()
            .filter(|resource| resource.key.deployment == deployment.name);
        let lines = last_lines(services, deployment, own, now).await;
        logs.insert(deployment.name.to_string(), lines);
    }
    let problems: Vec<Value> = listing
        .problems
        .iter()
        .map(find_resource::ListingProblem::json)
        .collect();
    let bundle = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "at": now.iso(),
        "status": {"deployments": status, "resources": listing.resources, "problems": problems},
        "doctor": reports,
        "logs": logs,
        "configuration": deployments.iter().map(configuration).collect::<Vec<_>>(),
    });
    let text = format!("{:#}\n", redacted(bundle));
    config::write::save(path, &text, |_| true).map_err(|error| {
        Failure::new(
            FailureKind::Usage,
            format!("writing {}", path.display()),
            error.to_string(),
        )
    })
}

/// Returns every text of the bundle as a log line is redacted: what a server put into an error may hold credentials.
fn redacted(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(redact(&text).into_owned()),
        Value::Array(values) => values.into_iter().map(redacted).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, redacted(value)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

/// Returns a deployment's configuration by its names: values that may be secrets are not part of it.
fn configuration(deployment: &Deployment) -> Value {
    json!({
        "name": deployment.name,
        "shape": deployment.shape,
        "region": deployment.region,
        "profile": deployment.profile,
        "endpoint_url": deployment.endpoint_url,
        "has_access_keys": deployment.credentials.is_some(),
        "stack": deployment.stack,
        "gateways": deployment.gateways,
        "runtimes": deployment.runtimes,
        "mcp_url": deployment.mcp_url,
        "secrets": deployment.secrets,
        "log_groups": deployment.log_groups,
        "sign_in": deployment.sign_in.mode(),
        "neo4j_uri": deployment.neo4j_uri,
        "neo4j_user": deployment.neo4j_user,
        "read_only": deployment.read_only,
    })
}

async fn last_lines(
    services: &Services,
    deployment: &Deployment,
    resources: impl Iterator<Item = &Resource>,
    now: Moment,
) -> Value {
    let mut groups: Vec<String> = resources
        .flat_map(|resource| resource.log_groups.iter().cloned())
        .filter(|group| group != crate::logs::SPANS_GROUP)
        .collect();
    groups.sort();
    groups.dedup();
    let mut read = serde_json::Map::new();
    for group in groups {
        let query = LogQuery {
            groups: vec![group.clone()],
            since: Some(now.plus(-RECENT_MS)),
            limit: Some(LINES),
            ..LogQuery::default()
        };
        let mut events = Vec::new();
        let outcome = services
            .aws
            .logs
            .filter(deployment, &query, |batch| {
                events.extend(batch.events);
                ControlFlow::Continue(())
            })
            .await;
        let entry: Value = match outcome {
            Ok(()) => events
                .iter()
                .map(|event| json!({"at": event.timestamp.iso(), "message": event.message}))
                .collect(),
            Err(failure) => json!({"not_read": failure.cause}),
        };
        read.insert(group, entry);
    }
    Value::Object(read)
}
