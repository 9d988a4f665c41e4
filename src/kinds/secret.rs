//! Secrets with Neo4j credentials.

use super::{Folding, KindSpec, McpAccess};
use crate::model::{Health, Moment, Resource};

/// Days after which an unchanged password is remarked on.
const OLD_PASSWORD_DAYS: i64 = 90;
const DAY_MS: i64 = 86_400_000;

pub(super) const SPEC: KindSpec = KindSpec {
    health,
    status_text,
    remark,
    parent: None,
    command: |key| {
        format!(
            "secretsmanager describe-secret --secret-id {}",
            key.own_id()
        )
    },
    good_status: "ENABLED",
    access: McpAccess::None,
    folding: Folding::Never,
    is_grouped_on_low_screens: false,
};

fn health(secret: &Resource) -> Health {
    match secret.status.as_str() {
        "ENABLED" => Health::Healthy,
        "ROTATING" => Health::Changing,
        "DELETED" => Health::Failed,
        _ => Health::Unknown,
    }
}

/// The age of the password says more than `ENABLED`.
fn status_text(secret: &Resource, now: Moment) -> String {
    match (secret.status.as_str(), secret.updated) {
        ("ENABLED", Some(updated)) => format!("{} old", updated.age(now)),
        _ => secret.status.clone(),
    }
}

fn remark(secret: &Resource, now: Moment) -> Option<String> {
    let days = now.since(secret.updated?) / DAY_MS;
    (days > OLD_PASSWORD_DAYS)
        .then(|| format!("the password is older than {OLD_PASSWORD_DAYS} days"))
}
