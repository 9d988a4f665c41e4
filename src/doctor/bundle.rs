//! The bundle for a ticket: everything that the console knows of deployments in one JSON document without secrets. The command and the
//! screen write the same shape; what was not read says why in its place.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::DoctorReport;
use crate::{
    logs::masked_json,
    model::{Deployment, Kind, Moment, Resource},
};

/// What is read for a bundle: a value, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub enum BundleReading {
    /// It was read.
    Read(Value),
    /// It was not read, and why.
    NotRead(String),
}

impl BundleReading {
    /// Returns the value, or an object that says why there is none.
    pub fn json(self) -> Value {
        match self {
            Self::Read(value) => value,
            Self::NotRead(why) => json!({"not_read": why}),
        }
    }
}

/// What the caller knows already: the command has just listed and examined, the screen has both from before.
#[derive(Clone, Debug, PartialEq)]
pub struct BundleDraft {
    /// When the bundle is made.
    pub at: Moment,
    /// The health of each deployment.
    pub status: Vec<Value>,
    /// The resources that were listed.
    pub resources: Vec<Resource>,
    /// Lists that could not be read.
    pub problems: Vec<Value>,
    /// Each deployment's last examination; of one that was not examined, why.
    pub doctor: Vec<Value>,
    /// Changes of status that this console saw.
    pub transitions: BundleReading,
}

impl BundleDraft {
    /// Adds the health of a deployment.
    pub fn add_health(&mut self, deployment: &Deployment, health: &impl Serialize) {
        self.status.push(json!({
            "name": deployment.name,
            "title": deployment.title(),
            "health": health,
        }));
    }

    /// Adds the last examination of a deployment, with the time at which it ended.
    pub fn add_report(&mut self, deployment: &Deployment, report: Option<(Moment, &DoctorReport)>) {
        self.doctor.push(match report {
            Some((at, report)) => {
                json!({"deployment": deployment.name, "at": at.iso(), "report": report})
            }
            None => json!({"deployment": deployment.name, "not_read": "it was not examined"}),
        });
    }
}

/// What is read for the bundle alone, by the deployment's name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BundleReadings {
    /// The last lines of each log group.
    pub logs: Map<String, Value>,
    /// The last calls.
    pub calls: Map<String, Value>,
    /// What was changed lately, and by whom.
    pub changes: Map<String, Value>,
}

/// Returns the whole bundle as text. Every text in it is redacted as a log line is.
pub fn bundle_text(
    draft: BundleDraft,
    deployments: &[Deployment],
    readings: &BundleReadings,
) -> String {
    let versions = versions(deployments, &draft);
    let bundle = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "at": draft.at.iso(),
        "status": {
            "deployments": draft.status,
            "resources": draft.resources,
            "problems": draft.problems,
        },
        "doctor": draft.doctor,
        "logs": readings.logs,
        "calls": readings.calls,
        "versions": versions,
        "changes": readings.changes,
        "transitions": draft.transitions.json(),
        "configuration": deployments.iter().map(configuration).collect::<Vec<_>>(),
    });
    format!("{:#}\n", masked_json(bundle))
}

/// Returns the versions of the program and of the runtimes with those that their endpoints serve.
fn versions(deployments: &[Deployment], draft: &BundleDraft) -> Value {
    let text = |resource: &Resource, name: &str| resource.raw.get(name).cloned();
    let of = |deployment: &Deployment, kind| -> Vec<&Resource> {
        let own = |resource: &&Resource| {
            resource.key.deployment == deployment.name && resource.key.kind == kind
        };
        draft.resources.iter().filter(own).collect()
    };
    let runtimes: Map<String, Value> = deployments
        .iter()
        .map(|deployment| {
            let endpoints = |runtime: &Resource| -> Vec<Value> {
                of(deployment, Kind::Endpoint)
                    .into_iter()
                    .filter(|endpoint| endpoint.key.owner_id() == runtime.key.id)
                    .map(|endpoint| {
                        json!({
                            "name": endpoint.key.own_id(),
                            "serves": text(endpoint, "liveVersion"),
                            "wants": text(endpoint, "targetVersion"),
                        })
                    })
                    .collect()
            };
            let listed: Vec<Value> = of(deployment, Kind::Runtime)
                .into_iter()
                .map(|runtime| {
                    json!({
                        "name": runtime.name,
                        "version": text(runtime, "agentRuntimeVersion"),
                        "endpoints": endpoints(runtime),
                    })
                })
                .collect();
            (deployment.name.to_string(), listed.into())
        })
        .collect();
    json!({"program": env!("CARGO_PKG_VERSION"), "runtimes": runtimes})
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

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> BundleDraft {
        BundleDraft {
            at: Moment::from_millis(0),
            status: Vec::new(),
            resources: Vec::new(),
            problems: Vec::new(),
            doctor: Vec::new(),
            transitions: BundleReading::NotRead("a command sees none".to_owned()),
        }
    }

    #[test]
    fn what_was_not_read_is_said_and_no_empty_list() {
        let text = bundle_text(draft(), &[], &BundleReadings::default());
        let bundle: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(bundle["transitions"]["not_read"], "a command sees none");
        for member in [
            "status",
            "doctor",
            "logs",
            "calls",
            "versions",
            "changes",
            "configuration",
        ] {
            assert!(!bundle[member].is_null(), "{member}");
        }
    }

    #[test]
    fn what_looks_like_a_credential_is_not_in_the_bundle() {
        let token = format!("Authorization: Bearer {}", "a1B2".repeat(12));
        let mut readings = BundleReadings::default();
        readings.logs.insert("d".to_owned(), json!({"/g": [token]}));
        let text = bundle_text(draft(), &[], &readings);
        assert!(!text.contains("a1B2a1B2"), "{text}");
    }
}
