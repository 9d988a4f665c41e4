//! Cognito, the journal and the credential providers, as a rotation of a client secret sees them.
//!
//! The only place that holds the values of the rotation, in memory that is wiped.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{CHAIN_CALL, ClientSecretOptions, holders};
use crate::{
    client_secret::{
        document::{JournalDocument, journal_name},
        effect::{
            AppClientFacts, ClientSecretEffect, ClientSecretId, ClientSecretObservation,
            JournalFacts, ProviderFacts, ProviderHolding, ProviderState, SecretChoice,
        },
        machine::ClientSecretMachine,
        plan::{ClientSecretPlan, ClientSecretPlanInput},
        report::ClientSecretKind,
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

/// The outside of a rotation of a client secret.
pub(super) struct ClientSecretBackend {
    services: ClientSecrets,
    deployment: Deployment,
    client: MachineClient,
    options: ClientSecretOptions,
    journal: String,
    old: Option<SecretText>,
    /// Id of the only secret, as first read.
    old_id: Option<ClientSecretId>,
    created: Option<Moment>,
    new: Option<SecretText>,
    drawn: Option<(VersionId, SecretText)>,
    /// Providers of this client as last read.
    providers: Vec<Value>,
}

type Answered = Result<ClientSecretObservation, Failure>;

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
            client,
            options,
            old: None,
            old_id: None,
            created: None,
            new: None,
            drawn: None,
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
            ClientSecretEffect::UpdateProvider(index) => self.update_provider(*index).await,
            ClientSecretEffect::CallThroughChain => self.call().await,
            ClientSecretEffect::FindHolders => self.find_holders().await,
            ClientSecretEffect::UpdateConfiguration => self.update_configuration(),
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
            problem,
        }))
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

    fn value(&self, choice: SecretChoice) -> Result<&SecretText, Failure> {
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
        Ok(ClientSecretObservation::Probed(accepted))
    }

    async fn find_providers(&mut self) -> Answered {
        self.providers = self
            .services
            .providers_of_client(&self.deployment, &self.client.client_id)
            .await?;
        let names = self
            .providers
            .iter()
            .map(|provider| Arc::from(text(provider, "name")));
        Ok(ClientSecretObservation::Providers(names.collect()))
    }

    fn provider(&self, index: usize) -> Result<&Value, Failure> {
        self.providers.get(index).ok_or_else(|| {
            Failure::new(
                FailureKind::Refused,
                "rotating the client secret",
                "the credential provider was not read",
            )
        })
    }

    async fn read_provider(&mut self, index: usize) -> Answered {
        let name = text(self.provider(index)?, "name").to_owned();
        let read = self
            .services
            .aws
            .providers
            .credential_provider(&self.deployment, &name)
            .await?;
        let state = match text(&read, "status") {
            "UPDATING" | "CREATING" | "DELETING" => ProviderState::Updating,
            "UPDATE_FAILED" | "CREATE_FAILED" | "DELETE_FAILED" => ProviderState::Failed,
            _ => ProviderState::Ready,
        };
        let holds = self.holding(&read).await;
        if let Some(known) = self.providers.get_mut(index) {
            *known = read;
        }
        Ok(ClientSecretObservation::Provider(ProviderFacts {
            state,
            holds,
        }))
    }

    /// Which value the provider's secret in Secrets Manager has.
    async fn holding(&self, provider: &Value) -> ProviderHolding {
        let Some(arn) = secret_arn(provider) else {
            return ProviderHolding::Unknown;
        };
        let current = VersionRef::Stage(CURRENT.to_owned());
        let read = self
            .services
            .aws
            .secrets
            .secret_value(&self.deployment, arn, &current);
        let Ok(value) = read.await else {
            return ProviderHolding::Unknown;
        };
        let SecretContent::Text(held) = &value.content else {
            return ProviderHolding::Unknown;
        };
        let key = text(provider, "clientSecretJsonKey");
        let members: Option<Map<String, Value>> = serde_json::from_str(held.reveal()).ok();
        let is = |wanted: &Option<SecretText>| {
            wanted.as_ref().is_some_and(|wanted| match &members {
                Some(members) if members.contains_key(key) => {
                    members.get(key).and_then(Value::as_str) == Some(wanted.reveal())
                }
                Some(members) => members
                    .values()
                    .any(|value| value.as_str() == Some(wanted.reveal())),
                None => held.reveal() == wanted.reveal(),
            })
        };
        let is_known_place = members
            .as_ref()
            .is_none_or(|members| members.contains_key(key));
        match (is(&self.new), is(&self.old)) {
            (true, _) => ProviderHolding::New,
            (false, true) => ProviderHolding::Old,
            (false, false) if is_known_place => ProviderHolding::Other,
            (false, false) => ProviderHolding::Unknown,
        }
    }

    /// An update without a configuration is refused as invalid where it is permitted, and as not permitted where it is not: it
    /// changes nothing in either case.
    async fn check_provider(&self, index: usize) -> Answered {
        let provider = self.provider(index)?;
        if is_external(provider) || self.services.aws.client.is_read_only(&self.deployment) {
            return Ok(ClientSecretObservation::Permitted);
        }
        let body = json!({
            "name": text(provider, "name"),
            "credentialProviderVendor": text(provider, "credentialProviderVendor"),
            "oauth2ProviderConfigInput": {},
        });
        match self
            .services
            .aws
            .providers
            .update_credential_provider(&self.deployment, &body)
            .await
        {
            Err(failure)
                if !failure.kind.is_transient()
                    && matches!(
                        failure.kind,
                        FailureKind::Usage | FailureKind::Conflict | FailureKind::Refused
                    ) =>
            {
                Ok(ClientSecretObservation::Permitted)
            }
            Err(failure) => Err(failure),
            Ok(_) => Ok(ClientSecretObservation::Permitted),
        }
    }

    async fn create_journal(&self) -> Answered {
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
            created => created.map(|()| ClientSecretObservation::Stored),
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
        self.services
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
        &self,
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
            moved => moved.map(|()| ClientSecretObservation::Moved),
        }
    }

    async fn add_secret(&self) -> Answered {
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
            added => added.map(|id| ClientSecretObservation::Added(ClientSecretId::new(id))),
        }
    }

    /// An update replaces the whole configuration: everything that the provider shows is sent back, unknown members included.
    async fn update_provider(&mut self, index: usize) -> Answered {
        let new = self.value(SecretChoice::New)?.clone();
        let provider = self.provider(index)?;
        if is_external(provider) {
            return self.update_external(provider, &new).await;
        }
        let mut configuration = provider
            .get("oauth2ProviderConfigOutput")
            .cloned()
            .unwrap_or_default();
        for member in configuration
            .as_object_mut()
            .into_iter()
            .flat_map(Map::values_mut)
            .filter_map(Value::as_object_mut)
        {
            member.insert("clientSecret".to_owned(), new.reveal().into());
        }
        let body = json!({
            "name": text(provider, "name"),
            "credentialProviderVendor": text(provider, "credentialProviderVendor"),
            "oauth2ProviderConfigInput": configuration,
        });
        self.services
            .aws
            .providers
            .update_credential_provider(&self.deployment, &body)
            .await?;
        Ok(ClientSecretObservation::Updated)
    }

    /// A provider that reads a secret of the account takes its next current version.
    async fn update_external(&self, provider: &Value, new: &SecretText) -> Answered {
        let doing = "updating the external secret of a credential provider";
        let refused = |why: &str| Failure::new(FailureKind::Refused, doing, why);
        let arn = secret_arn(provider).ok_or_else(|| refused("the provider names no secret"))?;
        let current = VersionRef::Stage(CURRENT.to_owned());
        let value = self
            .services
            .aws
            .secrets
            .secret_value(&self.deployment, arn, &current)
            .await?;
        let SecretContent::Text(held) = &value.content else {
            return Err(refused("the secret is binary"));
        };
        let mut members: Map<String, Value> = serde_json::from_str(held.reveal())
            .map_err(|_| refused("the secret is no JSON object"))?;
        let key = text(provider, "clientSecretJsonKey");
        members.insert(key.to_owned(), new.reveal().into());
        let text = SecretText::new(Value::Object(members).to_string());
        let version = uuid::Uuid::new_v4().to_string();
        self.services
            .aws
            .secrets
            .put_secret_version(
                &self.deployment,
                arn,
                &version,
                &text,
                &[CURRENT.to_owned()],
            )
            .await?;
        Ok(ClientSecretObservation::Updated)
    }

    async fn call(&self) -> Answered {
        let deployment = m2m::with_client_secret(&self.deployment, self.value(SecretChoice::New)?);
        self.services.sign_ins.forget_tokens(&deployment);
        Ok(ClientSecretObservation::Called(
            call_chain(&self.services.mcp, &deployment, CHAIN_CALL).await,
        ))
    }

    async fn find_holders(&self) -> Answered {
        let old = self.value(SecretChoice::Old)?;
        let deployments = self.same_client();
        let configuration = self.options.configuration.as_deref();
        let found = holders::find(&self.services, &deployments, configuration, old).await;
        Ok(ClientSecretObservation::Holders {
            inline: found.inline,
            others: found.others,
        })
    }

    /// Configured deployments with the same client.
    fn same_client(&self) -> Vec<Deployment> {
        let is_same = |deployment: &&Deployment| match &deployment.sign_in {
            SignIn::M2m {
                client_id: Some(id),
                ..
            } => *id == self.client.client_id,
            _ => deployment.name == self.deployment.name,
        };
        self.options
            .deployments
            .iter()
            .filter(is_same)
            .cloned()
            .collect()
    }

    fn update_configuration(&self) -> Answered {
        let (old, new) = (
            self.value(SecretChoice::Old)?,
            self.value(SecretChoice::New)?,
        );
        let (mut done, mut left) = (Vec::new(), Vec::new());
        if let Some(path) = self.options.configuration.as_deref() {
            match holders::replace(path, old, new) {
                Ok(()) => done.push(path.display().to_string()),
                Err(error) => left.push(format!(
                    "{} still holds the old secret ({error}): replace it, then run `client-secret resume`",
                    path.display()
                )),
            }
        }
        Ok(ClientSecretObservation::Written { done, left })
    }

    async fn delete_secret(&self, id: &ClientSecretId) -> Answered {
        let (pool, client) = (&self.client.pool, &self.client.client_id);
        self.services
            .aws
            .user_pools
            .delete_client_secret(&self.deployment, pool, client, id.as_str())
            .await?;
        Ok(ClientSecretObservation::Deleted)
    }

    /// The plan of a new rotation.
    pub(super) async fn plan(&self, machine: &ClientSecretMachine) -> ClientSecretPlan {
        let others: Vec<String> = self
            .same_client()
            .iter()
            .filter(|deployment| deployment.name != self.deployment.name)
            .map(|deployment| deployment.name.to_string())
            .collect();
        let found = match &self.old {
            Some(old) => {
                let configuration: Option<&Path> = self.options.configuration.as_deref();
                holders::find(&self.services, &self.same_client(), configuration, old).await
            }
            None => holders::SecretHolders::default(),
        };
        debug_assert!(self.options.kind == ClientSecretKind::Rotate);
        ClientSecretPlan::new(&ClientSecretPlanInput {
            deployment: self.deployment.name.to_string(),
            client_id: self.client.client_id.clone(),
            user_pool_id: self.client.pool.clone(),
            created_at: self.created,
            now: clock::now(),
            journal: self.journal.clone(),
            providers: machine
                .providers()
                .iter()
                .map(ToString::to_string)
                .collect(),
            inline: found.inline,
            others: found.others,
            deployments: others,
            unknown: Vec::new(),
        })
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn secret_arn(provider: &Value) -> Option<&str> {
    provider
        .pointer("/clientSecretArn/secretArn")
        .and_then(Value::as_str)
}

fn is_external(provider: &Value) -> bool {
    text(provider, "clientSecretSource") == "EXTERNAL"
}

/// Whether a provider signs in with this client, whatever its vendor.
pub(super) fn uses_client(provider: &Value, client_id: &str) -> bool {
    let configurations = provider
        .get("oauth2ProviderConfigOutput")
        .and_then(Value::as_object);
    configurations
        .into_iter()
        .flat_map(Map::values)
        .any(|configuration| text(configuration, "clientId") == client_id)
}
