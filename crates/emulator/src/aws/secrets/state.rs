//! Secrets Manager: secrets, versions and staging labels, with AWS's rules about them. `handlers` speaks the wire.

use parking_lot::Mutex;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::aws::control::providers::{MANAGED_KEY, managed_secret_name};
use crate::scenarios::{ExtraSecret, Scenario, managed_secret_arn};
use crate::seed::Seed;

/// All secrets.
#[derive(Debug)]
pub(crate) struct SecretsState {
    secrets: Mutex<Vec<Secret>>,
}

/// One secret.
#[derive(Clone, Debug)]
pub(crate) struct Secret {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// The AWS service that keeps it, such as `bedrock-agentcore-identity`.
    pub(crate) owner: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) changed: Timestamp,
    pub(crate) accessed: Option<Timestamp>,
    pub(crate) rotated: Option<Timestamp>,
    pub(crate) deleted: Option<Timestamp>,
    /// Absent if rotation was never configured.
    pub(crate) rotation_enabled: Option<bool>,
    pub(crate) rotation_function: Option<String>,
    pub(crate) rotation_rules: Option<serde_json::Value>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) versions: Vec<Version>,
}

/// One version of a secret; without a value while a rotation has only announced it.
#[derive(Clone)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) value: Option<Payload>,
    pub(crate) stages: Vec<String>,
    pub(crate) created: Timestamp,
    pub(crate) accessed: Option<Timestamp>,
}

impl std::fmt::Debug for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Version")
            .field("id", &self.id)
            .field("stages", &self.stages)
            .finish_non_exhaustive()
    }
}

/// What a version holds.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Payload {
    Text(String),
    /// Base64, as it came.
    Binary(String),
}

impl Secret {
    /// Returns the version that carries a label.
    pub(crate) fn staged(&self, stage: &str) -> Option<&Version> {
        self.versions
            .iter()
            .find(|version| version.stages.iter().any(|label| label == stage))
    }
}

impl SecretsState {
    pub(crate) fn new(seed: &Seed, deployments: &[Scenario], began: Timestamp) -> Self {
        let of_deployment = |deployment: &Scenario| {
            let extra = deployment
                .extra_secrets
                .iter()
                .map(|secret| extra(seed, deployment, secret, began));
            own(seed, deployment, began)
                .into_iter()
                .chain(extra)
                .chain(managed(seed, deployment, began))
                .collect::<Vec<_>>()
        };
        Self {
            secrets: Mutex::new(deployments.iter().flat_map(of_deployment).collect()),
        }
    }

    /// Reads or changes the secrets; keep it short, nothing may wait inside.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Vec<Secret>) -> T) -> T {
        act(&mut self.secrets.lock())
    }

    /// Returns the ARN of the secret with that name or ARN.
    pub(crate) fn arn(&self, id: &str) -> Option<String> {
        self.with(|secrets| {
            let secret = secrets
                .iter()
                .find(|secret| secret.arn == id || secret.name == id)?;
            Some(secret.arn.clone())
        })
    }

    /// Gives a managed secret a new current version with one member.
    pub(crate) fn put_managed(&self, id: &str, member: &str, value: &str, now: Timestamp) {
        self.with(|secrets| {
            let named = |secret: &&mut Secret| secret.arn == id || secret.name == id;
            let Some(secret) = secrets.iter_mut().find(named) else {
                return;
            };
            for version in &mut secret.versions {
                let was_current = version.stages.iter().any(|stage| stage == "AWSCURRENT");
                version.stages.clear();
                if was_current {
                    version.stages.push("AWSPREVIOUS".into());
                }
            }
            secret.versions.retain(|version| !version.stages.is_empty());
            secret.changed = now;
            secret.versions.push(Version {
                id: uuid::Uuid::new_v4().to_string(),
                value: Some(Payload::Text(json!({ member: value }).to_string())),
                stages: vec!["AWSCURRENT".into()],
                created: now,
                accessed: None,
            });
        });
    }

    /// Returns the text of the version labelled AWSCURRENT, by name or ARN: what an interceptor or a server reads.
    pub(crate) fn current(&self, id: &str) -> Option<String> {
        self.with(|secrets| {
            let secret = secrets
                .iter()
                .find(|secret| secret.arn == id || secret.name == id)?;
            match secret.staged("AWSCURRENT")?.value.as_ref()? {
                Payload::Text(text) => Some(text.clone()),
                Payload::Binary(_) => None,
            }
        })
    }
}

/// Returns the value under the fault `stale`: its password is another one than the database has.
pub(crate) fn stale(value: &str) -> String {
    let Ok(mut secret) = serde_json::from_str::<serde_json::Value>(value) else {
        return value.to_owned();
    };
    for name in ["password", "NEO4J_PASSWORD"] {
        if let Some(password) = secret.get_mut(name) {
            *password = "a password from before the last change".into();
        }
    }
    secret.to_string()
}

/// Returns the secret of a deployment as the world begins, spelt as that deployment's stack spells it.
fn own(seed: &Seed, deployment: &Scenario, began: Timestamp) -> Option<Secret> {
    let name = deployment.secret_name?;
    let seat = &deployment.neo4j;
    if deployment.name == "f" {
        return Some(bare(seed, deployment, name, began));
    }
    let value = if deployment.name == "b" {
        json!({"NEO4J_URI": seat.uri, "NEO4J_USERNAME": seat.user, "NEO4J_PASSWORD": seat.password, "NEO4J_DATABASE": seat.database})
    } else {
        json!({"uri": seat.uri, "username": seat.user, "password": seat.password, "database": seat.database})
    };
    let mut secret = Secret {
        arn: deployment.secret_arn.clone()?,
        name: name.to_owned(),
        description: Some(format!(
            "Neo4j credentials of deployment {}",
            deployment.shape
        )),
        ..initial(seed, deployment, deployment.name, &value, began)
    };
    if deployment.name == "d" {
        let rotated = began
            .checked_sub(SignedDuration::from_hours(ROTATION_AGE_HOURS))
            .unwrap_or(began);
        secret.changed = rotated;
        secret.rotated = Some(rotated);
        for version in &mut secret.versions {
            version.created = rotated;
        }
        secret.rotation_enabled = Some(true);
        secret.rotation_function = Some(crate::aws::control::shapes::lambda_arn(ROTATION_FUNCTION));
        secret.rotation_rules =
            Some(json!({"AutomaticallyAfterDays": 30, "ScheduleExpression": "rate(30 days)"}));
    }
    Some(secret)
}

/// Returns a secret that holds the password alone, as the starter's script writes it.
fn bare(seed: &Seed, deployment: &Scenario, name: &str, began: Timestamp) -> Secret {
    let stack = deployment.stack.unwrap_or_default();
    let mut secret = Secret {
        arn: deployment.secret_arn.clone().unwrap_or_default(),
        name: name.to_owned(),
        description: Some(format!("Neo4j password for {stack} MCP server runtime")),
        ..initial(seed, deployment, name, &json!({}), began)
    };
    for version in &mut secret.versions {
        version.value = Some(Payload::Text(deployment.neo4j.password.clone()));
    }
    secret
}

/// Returns a secret beside it, spelt as AWS's own rotation functions want it.
fn extra(seed: &Seed, deployment: &Scenario, secret: &ExtraSecret, began: Timestamp) -> Secret {
    let seat = &secret.seat;
    let mut value = json!({"uri": seat.uri, "username": seat.user, "password": seat.password, "database": seat.database});
    if let (Some(administrator), Some(members)) = (&secret.administrator, value.as_object_mut()) {
        members.insert("masterarn".into(), administrator.as_str().into());
    }
    Secret {
        arn: secret.arn.clone(),
        name: secret.name.to_owned(),
        description: Some(secret.description.to_owned()),
        ..initial(seed, deployment, secret.name, &value, began)
    }
}

/// Returns the secret in which AgentCore Identity keeps the client secret of the deployment's credential provider.
fn managed(seed: &Seed, deployment: &Scenario, began: Timestamp) -> Option<Secret> {
    let provider = deployment.oauth_provider?;
    let value = json!({MANAGED_KEY: deployment.pool.as_ref()?.client_secret.as_ref()?});
    Some(Secret {
        arn: managed_secret_arn(seed, provider),
        name: managed_secret_name(provider),
        owner: Some("bedrock-agentcore-identity".into()),
        tags: Vec::new(),
        ..initial(seed, deployment, provider, &value, began)
    })
}

/// Hours since the secrets of the world got their values. The history of CloudTrail agrees.
pub(crate) const VALUE_AGE_HOURS: i64 = 45 * 24;
/// Hours since the secret that rotates every month was rotated.
pub(crate) const ROTATION_AGE_HOURS: i64 = 70;

/// Returns a secret of one version; `label` tells the versions of the world apart when their ids are drawn.
fn initial(
    seed: &Seed,
    deployment: &Scenario,
    label: &str,
    value: &serde_json::Value,
    began: Timestamp,
) -> Secret {
    let created = began
        .checked_sub(SignedDuration::from_hours(VALUE_AGE_HOURS))
        .unwrap_or(began);
    Secret {
        arn: String::new(),
        name: String::new(),
        description: None,
        owner: None,
        created,
        changed: created,
        accessed: Some(began),
        rotated: None,
        deleted: None,
        rotation_enabled: None,
        rotation_function: None,
        rotation_rules: None,
        tags: vec![("deployment".into(), deployment.name.into())],
        versions: vec![Version {
            id: seed.uuid(&format!("secret version {label}")),
            value: Some(Payload::Text(value.to_string())),
            stages: vec!["AWSCURRENT".into()],
            created,
            accessed: Some(began),
        }],
    }
}

/// The function that rotates the secrets that have rotation enabled.
pub(crate) const ROTATION_FUNCTION: &str = "SecretsManagerNeo4jRotationSingleUser";
