//! Cognito, the journal and the credential providers, as a rotation of a client secret sees them.
//!
//! The only place that holds the values of the rotation, in memory that is wiped.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::{CHAIN_CALL, ClientSecretOptions, holders};
use crate::{
    client_secret::{
        document::{JournalDocument, journal_name},
        effect::{
            AppClientFacts, ClientSecretEffect, ClientSecretId, ClientSecretObservation,
            JournalFacts, SecretChoice,
        },
    },
    model::{
        Deployment, Failure, FailureKind, Moment, SecretContent, SecretSource, SecretText, SignIn,
        VersionRef,
    },
    net::clock,
    rotation::{
        effect::EffectError,
        labels::{CURRENT, Labels, PENDING, VersionId},
        password::PasswordPolicy,
    },
    services::{
        client_secret::ClientSecrets,
        rotation::{call_chain, draw_password},
        sign_in::m2m::{self, MachineClient},
    },
};

/// Length of a new client secret. Cognito allows 24 to 64 characters of `[\w+]`.
const LENGTH: usize = 48;
/// Letters and digits need no escaping in a form, in Basic credentials or in TOML.
const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// How long CloudTrail is asked who added a secret.
const AUTHORS: Duration = Duration::from_secs(4);
/// CloudTrail's event history covers 90 days, here in milliseconds.
const TRAIL_MILLIS: i64 = 90 * 86_400_000;

/// The outside of a rotation of a client secret.
pub(super) struct ClientSecretBackend {
    pub(super) services: ClientSecrets,
    pub(super) deployment: Deployment,
    pub(super) client: MachineClient,
    pub(super) options: ClientSecretOptions,
    pub(super) journal: String,
    /// The journal exists, as far as it was read.
    pub(super) has_journal: bool,
    pub(super) old: Option<SecretText>,
    /// Id of the only secret, as first read.
    old_id: Option<ClientSecretId>,
    pub(super) created: Option<Moment>,
    is_described: bool,
    pub(super) new: Option<SecretText>,
    drawn: Option<(VersionId, SecretText)>,
    /// The id of the last write's request, where it was answered.
    pub(super) request_id: Option<String>,
    /// Providers of this client as last read.
    pub(super) providers: Vec<Value>,
}

pub(super) type Answered = Result<ClientSecretObservation, Failure>;

impl ClientSecretBackend {
    pub(super) fn new(
        services: &ClientSecrets,
        deployment: &Deployment,
        client: MachineClient,
        options: ClientSecretOptions,
    ) -> Self {
        Self {
            services: services.clone(),
            deployment: deployment.clone(),
            journal: journal_name(&client.client_id),
            has_journal: false,
            client,
            options,
            old: None,
            old_id: None,
            created: None,
            is_described: false,
            new: None,
            drawn: None,
            request_id: None,
            providers: Vec::new(),
        }
    }

    /// Performs one effect. Dropping the future gives the request up; whether it took effect is then in doubt.
    pub(super) async fn perform(&mut self, effect: &ClientSecretEffect) -> ClientSecretObservation {
        let answered = match effect {
            ClientSecretEffect::ReadClient => self.read_client().await,
            ClientSecretEffect::ReadJournal => self.read_journal().await,
            ClientSecretEffect::Probe(choice) => self.probe(*choice).await,
            ClientSecretEffect::FindProviders => self.find_providers().await,
            ClientSecretEffect::ReadProvider(index) => self.read_provider(*index).await,
            ClientSecretEffect::CheckProvider(index) => self.check_provider(*index).await,
            ClientSecretEffect::CreateJournal => self.create_journal().await,
            ClientSecretEffect::Generate => self.generate(),
            ClientSecretEffect::PutVersion { version, label } => self.put(version, label).await,
            ClientSecretEffect::MoveStage {
                stage,
                to,
                remove_from,
            } => {
                self.move_stage(stage, to.as_ref(), remove_from.as_ref())
                    .await
            }
            ClientSecretEffect::AddSecret => self.add_secret().await,
            ClientSecretEffect::CheckPermissions => self.check_permissions().await,
            ClientSecretEffect::UpdateProvider(index, choice) => {
                self.update_provider(*index, *choice).await
            }
            ClientSecretEffect::CallThroughChain(choice) => self.call(*choice).await,
            ClientSecretEffect::FindHolders(choice) => self.find_holders(*choice).await,
            ClientSecretEffect::UpdateConfiguration(choice) => self.update_configuration(*choice),
            ClientSecretEffect::DeleteSecret(id) => self.delete_secret(id).await,
            ClientSecretEffect::Wait { .. } => Ok(ClientSecretObservation::Waited),
        };
        answered
            .unwrap_or_else(|failure| ClientSecretObservation::Failed(EffectError::from(failure)))
    }

    async fn read_client(&mut self) -> Answered {
        let (pool, client) = (&self.client.pool, &self.client.client_id);
        let (described, value) = self
            .services
            .aws
            .user_pools
            .describe_app_client(&self.deployment, pool, client)
            .await?;
        let listed = self
            .services
            .aws
            .user_pools
            .client_secret_ids(&self.deployment, pool, client)
            .await?;
        let descriptions = self.descriptions(&listed).await;
        let problem = described.get("ClientSecretArn").map(|_| {
            "Cognito publishes this client's secret in Secrets Manager and rotates it itself (PublishSecretsInAWSSecretsManager)".to_owned()
        });
        if let ([(id, created)], None) = (listed.as_slice(), &self.old_id) {
            self.old_id = Some(ClientSecretId::new(id.as_str()));
            self.created = *created;
            self.old = match (value, &self.deployment.sign_in) {
                (Some(value), _) => Some(value),
                (
                    None,
                    SignIn::M2m {
                        client_secret: SecretSource::Inline(value),
                        ..
                    },
                ) => Some(value.clone()),
                (None, _) => None,
            };
        }
        let secrets = listed
            .into_iter()
            .map(|(id, _)| ClientSecretId::new(id))
            .collect();
        Ok(ClientSecretObservation::Client(AppClientFacts {
            secrets,
            described: descriptions,
            problem,
        }))
    }

    /// Age and author of each of two secrets, for a refusal; once, and only as far as CloudTrail answers soon.
    async fn descriptions(&mut self, listed: &[(String, Option<Moment>)]) -> Vec<String> {
        if listed.len() < 2 || self.is_described {
            return Vec::new();
        }
        self.is_described = true;
        let now = clock::now();
        let added = match listed.iter().filter_map(|(_, created)| *created).min() {
            Some(oldest) => {
                let since = oldest.plus(-60_000).max(now.plus(-TRAIL_MILLIS));
                let operation = "AddUserPoolClientSecret";
                let asked =
                    self.services
                        .aws
                        .trail
                        .changes_by(&self.deployment, operation, since, now);
                let answer = tokio::time::timeout(AUTHORS, asked).await;
                answer.ok().and_then(Result::ok).unwrap_or_default()
            }
            None => Vec::new(),
        };
        listed
            .iter()
            .map(|(id, created)| {
                let short = ClientSecretId::new(id.as_str()).short();
                let Some(created) = created else {
                    return format!("{short}, its age is not known");
                };
                let author = added
                    .iter()
                    .find(|change| change.at.since(*created).abs() < 5_000)
                    .map_or_else(
                        || "who added it is not known".to_owned(),
                        |change| format!("added by {}", change.who),
                    );
                format!("{short}, {} old, {author}", created.age(now))
            })
            .collect()
    }

    async fn read_journal(&mut self) -> Answered {
        let stages = match self
            .services
            .aws
            .secrets
            .secret_stages(&self.deployment, &self.journal)
            .await
        {
            Err(failure) if failure.kind == FailureKind::NotFound => {
                return Ok(ClientSecretObservation::Journal(JournalFacts::default()));
            }
            stages => stages?,
        };
        self.has_journal = true;
        let mut problem = match (stages.deleted, stages.managed) {
            (true, _) => Some(format!(
                "the journal {} is scheduled for deletion; restore it first (`aws secretsmanager restore-secret`)",
                self.journal
            )),
            (false, true) => Some(format!(
                "the journal {} has a rotation function of its own",
                self.journal
            )),
            (false, false) => None,
        };
        let labels = Labels::new(stages.stages.into_iter().map(|(version, labels)| {
            let labels = labels.into_iter().map(Arc::from).collect();
            (VersionId::new(version), labels)
        }));
        let mut pending_old = None;
        if let Some(pending) = labels.holder(PENDING).filter(|_| problem.is_none()) {
            match self.document(pending).await? {
                Some(document) => {
                    self.new = Some(document.value);
                    if let Some((id, value)) = document.previous {
                        pending_old = Some(id);
                        self.old = Some(value);
                    }
                }
                None if labels.holder(CURRENT) == Some(pending) => {}
                None => {
                    problem = Some(format!(
                        "version {pending} of {} has AWSPENDING and is no journal of this client",
                        self.journal
                    ));
                }
            }
        }
        Ok(ClientSecretObservation::Journal(JournalFacts {
            exists: true,
            labels,
            pending_old,
            problem,
        }))
    }

    async fn document(&self, version: &VersionId) -> Result<Option<JournalDocument>, Failure> {
        let reference = VersionRef::Id(version.as_str().to_owned());
        let value = self
            .services
            .aws
            .secrets
            .secret_value(&self.deployment, &self.journal, &reference)
            .await?;
        Ok(match &value.content {
            SecretContent::Text(text) => JournalDocument::parse(text.reveal())
                .filter(|document| document.client_id == self.client.client_id),
            SecretContent::Binary => None,
        })
    }

    pub(super) fn value(&self, choice: SecretChoice) -> Result<&SecretText, Failure> {
        let value = match choice {
            SecretChoice::Old => &self.old,
            SecretChoice::New => &self.new,
        };
        value.as_ref().ok_or_else(|| {
            Failure::new(
                FailureKind::Refused,
                "rotating the client secret",
                "the value is not known: Cognito's DescribeUserPoolClient did not give it",
            )
        })
    }

    async fn probe(&self, choice: SecretChoice) -> Answered {
        let value = self.value(choice)?;
        let accepted = m2m::accepts(&self.services.sign_ins, &self.deployment, value).await?;
        if accepted && choice == SecretChoice::New {
            // This console's own copy of the old value is replaced in memory from now on.
            self.replace_in_memory(SecretChoice::New);
        }
        Ok(ClientSecretObservation::Probed(accepted))
    }

    async fn create_journal(&mut self) -> Answered {
        let document = JournalDocument {
            user_pool_id: self.client.pool.clone(),
            client_id: self.client.client_id.clone(),
            value: self.value(SecretChoice::Old)?.clone(),
            previous: None,
        };
        let text = SecretText::new(document.to_text().to_string());
        let description = "Client secret rotation by agentcore-console";
        let created = self.services.aws.secrets.create_secret(
            &self.deployment,
            &self.journal,
            description,
            &text,
        );
        match created.await {
            Err(failure) if failure.kind == FailureKind::Conflict => {
                Ok(ClientSecretObservation::Conflict)
            }
            created => Ok(self.wrote(created?, ClientSecretObservation::Stored)),
        }
    }

    fn generate(&mut self) -> Answered {
        let refused = |why: String| Failure::new(FailureKind::Refused, "drawing a new secret", why);
        let policy =
            PasswordPolicy::new(LENGTH, ALPHABET).map_err(|error| refused(error.to_string()))?;
        let value = SecretText::from(draw_password(&policy).map_err(refused)?.as_str());
        let version = VersionId::new(uuid::Uuid::new_v4().to_string());
        self.drawn = Some((version.clone(), value));
        Ok(ClientSecretObservation::Generated(version))
    }

    async fn put(&mut self, version: &VersionId, label: &str) -> Answered {
        let drawn = self.drawn.clone().filter(|(known, _)| known == version);
        let previous = self.old_id.clone().zip(self.old.clone());
        let (Some((_, value)), Some(previous)) = (drawn, previous) else {
            return Err(Failure::new(
                FailureKind::Refused,
                "storing the new secret",
                "it was not drawn, or the secret that it replaces is not known",
            ));
        };
        let document = JournalDocument {
            user_pool_id: self.client.pool.clone(),
            client_id: self.client.client_id.clone(),
            value: value.clone(),
            previous: Some(previous),
        };
        let text = SecretText::new(document.to_text().to_string());
        let stages = [label.to_owned()];
        self.request_id = self
            .services
            .aws
            .secrets
            .put_secret_version(
                &self.deployment,
                &self.journal,
                version.as_str(),
                &text,
                &stages,
            )
            .await?;
        self.new = Some(value);
        Ok(ClientSecretObservation::Stored)
    }

    async fn move_stage(
        &mut self,
        stage: &str,
        to: Option<&VersionId>,
        remove_from: Option<&VersionId>,
    ) -> Answered {
        let (to, from) = (
            to.map(VersionId::as_str),
            remove_from.map(VersionId::as_str),
        );
        let moved =
            self.services
                .aws
                .secrets
                .move_stage(&self.deployment, &self.journal, stage, to, from);
        match moved.await {
            Err(failure) if matches!(failure.kind, FailureKind::Usage | FailureKind::Conflict) => {
                Ok(ClientSecretObservation::Conflict)
            }
            moved => Ok(self.wrote(moved?, ClientSecretObservation::Moved)),
        }
    }

    async fn add_secret(&mut self) -> Answered {
        let value = self.value(SecretChoice::New)?;
        let (pool, client) = (&self.client.pool, &self.client.client_id);
        let added =
            self.services
                .aws
                .user_pools
                .add_client_secret(&self.deployment, pool, client, value);
        match added.await {
            Err(failure) if failure.kind == FailureKind::Conflict => {
                Ok(ClientSecretObservation::Conflict)
            }
            added => {
                let (id, request_id) = added?;
                let id = ClientSecretId::new(id);
                Ok(self.wrote(request_id, ClientSecretObservation::Added(id)))
            }
        }
    }

    /// Lets the sign-ins of this process that hold one value inline use the other one.
    fn replace_in_memory(&self, wanted: SecretChoice) {
        if let (Ok(other), Ok(wanted)) = (self.value(wanted.other()), self.value(wanted)) {
            self.services.sign_ins.replace_client_secret(other, wanted);
        }
    }

    async fn call(&self, choice: SecretChoice) -> Answered {
        self.replace_in_memory(choice);
        let deployment = m2m::with_client_secret(&self.deployment, self.value(choice)?);
        self.services.sign_ins.forget_tokens(&deployment);
        Ok(ClientSecretObservation::Called(
            call_chain(&self.services.mcp, &deployment, CHAIN_CALL).await,
        ))
    }

    async fn find_holders(&self, wanted: SecretChoice) -> Answered {
        let other = self.value(wanted.other())?;
        let deployments = self.same_client();
        let configuration = self.options.configuration.as_deref();
        let found = holders::find(&self.services, &deployments, configuration, other, wanted).await;
        Ok(ClientSecretObservation::Holders {
            inline: found.inline,
            others: found.others,
        })
    }

    /// Configured deployments with the same client.
    pub(super) fn same_client(&self) -> Vec<Deployment> {
        let is_same = |deployment: &&Deployment| match deployment.sign_in.machine_client() {
            Some(id) => id == self.client.client_id,
            None => deployment.name == self.deployment.name,
        };
        self.options
            .deployments
            .iter()
            .filter(is_same)
            .cloned()
            .collect()
    }

    fn update_configuration(&self, wanted: SecretChoice) -> Answered {
        let (from, to) = (self.value(wanted.other())?, self.value(wanted)?);
        let (mut done, mut left) = (Vec::new(), Vec::new());
        if let Some(path) = self.options.configuration.as_deref() {
            match holders::replace(path, from, to) {
                Ok(()) => done.push(path.display().to_string()),
                Err(error) => left.push(format!(
                    "{} still holds the {} secret ({error}): replace it, then run `client-secret resume`",
                    path.display(),
                    wanted.other().as_str()
                )),
            }
        }
        Ok(ClientSecretObservation::Written { done, left })
    }

    async fn delete_secret(&mut self, id: &ClientSecretId) -> Answered {
        let (pool, client) = (&self.client.pool, &self.client.client_id);
        self.request_id = self
            .services
            .aws
            .user_pools
            .delete_client_secret(&self.deployment, pool, client, id.as_str())
            .await?;
        Ok(ClientSecretObservation::Deleted)
    }
}
