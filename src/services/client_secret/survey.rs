//! Who uses an app client's secret, for the plan: providers and the targets behind them, configurations, runtimes, secrets.

use futures::future::join_all;

use super::{
    backend::ClientSecretBackend,
    holders,
    providers::{is_external, text},
};
use crate::{
    client_secret::{
        effect::{ClientSecretId, SecretChoice},
        machine::ClientSecretMachine,
        plan::{ClientSecretPlan, ClientSecretPlanInput, HolderChange, SecretHolder},
    },
    model::{Failure, Kind, SecretText},
    net::clock,
};

impl ClientSecretBackend {
    /// Returns the plan of a rotation or of a roll back.
    pub(super) async fn plan(&self, machine: &ClientSecretMachine) -> ClientSecretPlan {
        let wanted = if machine.is_undoing() {
            SecretChoice::Old
        } else {
            SecretChoice::New
        };
        let held = match wanted {
            SecretChoice::New => self.old.clone(),
            SecretChoice::Old => self.new.clone(),
        };
        let mut unknown = Vec::new();
        let mut holders = self.provider_holders();
        holders.extend(self.targets(&mut unknown).await);
        if let Some(held) = &held {
            holders.extend(self.copies(held, wanted).await);
            holders.extend(self.runtimes(held, &mut unknown).await);
        }
        holders.extend(self.secrets(&mut unknown).await);
        let others = self
            .same_client()
            .iter()
            .filter(|deployment| deployment.name != self.deployment.name)
            .map(|deployment| deployment.name.to_string())
            .collect();
        ClientSecretPlan::new(&ClientSecretPlanInput {
            kind: self.options.kind,
            deployment: self.deployment.name.to_string(),
            client_id: self.client.client_id.clone(),
            user_pool_id: self.client.pool.clone(),
            current: machine
                .old()
                .map(|id: &ClientSecretId| (id.clone(), self.created)),
            now: clock::now(),
            journal: self.journal.clone(),
            holders,
            deployments: others,
            unknown,
        })
    }

    fn provider_holders(&self) -> Vec<SecretHolder> {
        let holder = |provider| SecretHolder {
            place: if is_external(provider) {
                "provider's own secret"
            } else {
                "credential provider"
            },
            name: text(provider, "name").to_owned(),
            change: HolderChange::Updated,
        };
        self.providers.iter().map(holder).collect()
    }

    /// Targets that sign in through a provider of this client. They refer to its ARN, which an update does not change.
    async fn targets(&self, unknown: &mut Vec<String>) -> Vec<SecretHolder> {
        let arns: Vec<&str> = self
            .providers
            .iter()
            .map(|provider| text(provider, "credentialProviderArn"))
            .collect();
        if arns.is_empty() {
            return Vec::new();
        }
        let listed = self
            .services
            .aws
            .resources
            .list(&self.deployment, Kind::Target)
            .await;
        let targets = known("targets", listed, unknown);
        let uses = |facts: &[crate::model::Fact]| {
            facts.iter().any(|fact| {
                fact.label == "Credential provider" && arns.contains(&fact.value.as_str())
            })
        };
        targets
            .iter()
            .filter(|target| uses(&target.facts))
            .map(|target| SecretHolder {
                place: "target",
                name: format!("{} of {}", target.name, target.key.owner_id()),
                change: HolderChange::Untouched,
            })
            .collect()
    }

    async fn copies(&self, held: &SecretText, wanted: SecretChoice) -> Vec<SecretHolder> {
        let configuration = self.options.configuration.as_deref();
        let found = holders::find(
            &self.services,
            &self.same_client(),
            configuration,
            held,
            wanted,
        )
        .await;
        let holder = |place, name, change| SecretHolder {
            place,
            name,
            change,
        };
        let inline = found
            .inline
            .into_iter()
            .map(|file| holder("configuration", file, HolderChange::Asked));
        let others = found
            .places
            .into_iter()
            .map(|place| holder("configured place", place, HolderChange::ByHand));
        inline.chain(others).collect()
    }

    /// Runtimes with a copy in their environment, known by its value.
    async fn runtimes(&self, held: &SecretText, unknown: &mut Vec<String>) -> Vec<SecretHolder> {
        let listed = self
            .services
            .aws
            .resources
            .list(&self.deployment, Kind::Runtime)
            .await;
        let runtimes = known("runtimes", listed, unknown);
        let reads = runtimes.iter().map(|runtime| async move {
            let id = runtime.key.own_id();
            let read = self
                .services
                .aws
                .runtimes
                .runtime_configuration(&self.deployment, id);
            (runtime.name.clone(), read.await)
        });
        let mut found = Vec::new();
        for (name, read) in join_all(reads).await {
            match read {
                Ok(configuration) => {
                    found.extend(configuration.variable_with(held.reveal()).map(|variable| {
                        SecretHolder {
                            place: "runtime",
                            name: format!("{name}, variable {variable}"),
                            change: HolderChange::ByHand,
                        }
                    }));
                }
                Err(failure) => unknown.push(format!(
                    "runtime {name} could not be looked at ({})",
                    failure.cause
                )),
            }
        }
        found
    }

    /// Secrets whose name, description or tags name the client.
    async fn secrets(&self, unknown: &mut Vec<String>) -> Vec<SecretHolder> {
        let client = &self.client.client_id;
        let listed = self
            .services
            .aws
            .secrets
            .secrets_that_name(&self.deployment, client);
        let names = known("secrets", listed.await, unknown);
        names
            .into_iter()
            .filter(|name| {
                *name != self.journal && !name.starts_with("bedrock-agentcore-identity!")
            })
            .map(|name| SecretHolder {
                place: "secret that names it",
                name,
                change: HolderChange::ByHand,
            })
            .collect()
    }
}

/// Returns what was listed; that a listing failed is noted.
fn known<T>(what: &str, listed: Result<Vec<T>, Failure>, unknown: &mut Vec<String>) -> Vec<T> {
    listed.unwrap_or_else(|failure| {
        unknown.push(format!("{what} could not be looked at ({})", failure.cause));
        Vec::new()
    })
}
