//! What a rotation of a client secret would do: shown before anything is written.

use serde::Serialize;

use super::report::ClientSecretStep;
use crate::model::Moment;

/// Everything that is known before the first write.
#[derive(Clone, Debug, Default)]
pub struct ClientSecretPlanInput {
    /// The deployment's name.
    pub deployment: String,
    /// The app client.
    pub client_id: String,
    /// The user pool.
    pub user_pool_id: String,
    /// When the current secret was created.
    pub created_at: Option<Moment>,
    /// The time of the plan.
    pub now: Moment,
    /// Name of the journal in Secrets Manager.
    pub journal: String,
    /// Credential providers of this client.
    pub providers: Vec<String>,
    /// Files that hold the secret inline.
    pub inline: Vec<String>,
    /// Other places here that hold it, a sentence for each.
    pub others: Vec<String>,
    /// Other deployments that sign in with this client.
    pub deployments: Vec<String>,
    /// What could not be found out.
    pub unknown: Vec<String>,
}

/// What would be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClientSecretPlan {
    /// The deployment.
    pub deployment: String,
    /// The app client.
    pub client_id: String,
    /// The user pool.
    pub user_pool_id: String,
    /// How long callers fail: not at all.
    pub outage: String,
    /// What holds a copy, and how it takes the new one.
    pub holders: Vec<String>,
    /// What happens, step by step.
    pub steps: Vec<String>,
    /// What speaks for waiting, and what is not known.
    pub warnings: Vec<String>,
}

impl ClientSecretPlan {
    /// Makes the plan of what is known.
    pub fn new(known: &ClientSecretPlanInput) -> Self {
        let mut holders: Vec<String> = known
            .providers
            .iter()
            .map(|name| {
                format!("credential provider {name}: updated, its ARN stays, no target is touched")
            })
            .collect();
        holders.extend(
            known
                .inline
                .iter()
                .map(|file| format!("{file}: the inline secret is replaced, you are asked")),
        );
        holders.extend(known.others.iter().cloned());
        holders.push(format!(
            "Secrets Manager {}: keeps the new value from before Cognito learns it",
            known.journal
        ));
        let mut warnings = known.unknown.clone();
        if !known.deployments.is_empty() {
            warnings.push(format!(
                "deployments that sign in with the same client: {}",
                known.deployments.join(", ")
            ));
        }
        warnings.push(
            "callers that are not known here cannot be seen: give them the new secret before the old one is removed"
                .to_owned(),
        );
        Self {
            deployment: known.deployment.clone(),
            client_id: known.client_id.clone(),
            user_pool_id: known.user_pool_id.clone(),
            outage: "none: Cognito accepts both secrets until the old one is removed".to_owned(),
            holders,
            steps: ClientSecretStep::ALL
                .into_iter()
                .skip(1)
                .map(|step| format!("{}: {}", step.as_str(), step.description()))
                .collect(),
            warnings,
        }
    }

    /// The plan as lines for people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!(
                "client secret of {}: app client {} of user pool {}",
                self.deployment, self.client_id, self.user_pool_id
            ),
            format!("Outage: {}", self.outage),
        ];
        lines.push("Holders:".to_owned());
        lines.extend(self.holders.iter().map(|holder| format!("  {holder}")));
        lines.push("Steps:".to_owned());
        lines.extend(
            self.steps
                .iter()
                .enumerate()
                .map(|(index, step)| format!("  {}. {step}", index + 1)),
        );
        lines.extend(
            self.warnings
                .iter()
                .map(|warning| format!("Warning: {warning}")),
        );
        lines
    }
}
