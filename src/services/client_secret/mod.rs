//! The rotation of a client secret performed: the pure machine asks, the backend answers, people are told, an audit record is kept.

mod backend;
mod holders;
mod permissions;
mod providers;
mod survey;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use self::{backend::ClientSecretBackend, providers::uses_client};
use super::{
    Aws, Mcp, SignIns,
    audit::{self, AuditFile},
    sign_in::m2m,
};
use crate::{
    client_secret::{
        board::ClientSecretBoard,
        document::journal_name,
        effect::{ClientSecretEffect, ClientSecretNext, ClientSecretObservation},
        machine::{ClientSecretMachine, ClientSecretSettings},
        plan::ClientSecretPlan,
        report::{ClientSecretEnd, ClientSecretKind, ClientSecretQuestion, ClientSecretReport},
    },
    model::{
        ClientSecretDetail, ClientSecretEntry, ClientSecretProvider, Deployment, Failure,
        FailureKind, JournalStatus, Moment, SecretSource, SignIn,
    },
    net::clock,
    rotation::{
        effect::EffectError,
        labels::{CURRENT, Labels, PENDING, VersionId},
        report::RotationOutcome,
    },
};

/// Time limit of one request.
const REQUEST: Duration = Duration::from_secs(12);
/// Time limit of the call through the chain, which may start containers.
const CHAIN_CALL: Duration = Duration::from_secs(30);

/// What is wanted of a rotation of a client secret.
#[derive(Clone, Debug)]
pub struct ClientSecretOptions {
    /// Rotate or resume.
    pub kind: ClientSecretKind,
    /// Stop before the first write.
    pub rehearse: bool,
    /// Leave the old secret at Cognito.
    pub keep_old: bool,
    /// The configuration file, where an inline secret is replaced.
    pub configuration: Option<PathBuf>,
    /// All configured deployments: those with the same client hold a copy, too.
    pub deployments: Vec<Deployment>,
}

/// The operator of a rotation of a client secret: a terminal, a pipe, a screen, a test.
pub trait ClientSecretOperator: Send {
    /// A step has started, waits, or has ended.
    fn on_report(&mut self, report: ClientSecretReport);
    /// The plan, before [`ClientSecretQuestion::Proceed`] is asked.
    fn plan(&mut self, plan: ClientSecretPlan);
    /// Which value was seen where, whenever that has changed.
    fn board(&mut self, _board: &ClientSecretBoard) {}
    /// Asks a question that only the operator can answer.
    fn ask(&mut self, question: ClientSecretQuestion) -> impl Future<Output = bool> + Send;
}

/// Rotates the secret of a Cognito app client and everything that holds it.
#[derive(Clone)]
pub struct ClientSecrets {
    aws: Aws,
    sign_ins: SignIns,
    mcp: Mcp,
    audit: AuditFile,
}

impl ClientSecrets {
    pub(in crate::services) fn new(
        aws: Aws,
        sign_ins: SignIns,
        mcp: Mcp,
        audit: AuditFile,
    ) -> Self {
        Self {
            aws,
            sign_ins,
            mcp,
            audit,
        }
    }

    /// Reads what may be said about the client secret of a deployment's machine sign-in.
    ///
    /// # Errors
    /// [`FailureKind::Usage`] if the deployment has no machine sign-in.
    pub async fn state(&self, deployment: &Deployment) -> Result<ClientSecretDetail, Failure> {
        let client = m2m::machine_client(&self.sign_ins, deployment).await?;
        let (secrets, providers) = futures::try_join!(
            self.aws
                .user_pools
                .client_secret_ids(deployment, &client.pool, &client.client_id),
            self.providers_of_client(deployment, &client.client_id)
        )?;
        let journal = self.journal_status(deployment, &client.client_id).await;
        Ok(ClientSecretDetail {
            client_id: client.client_id,
            user_pool_id: client.pool,
            secrets: secrets
                .into_iter()
                .map(|(id, created_at)| ClientSecretEntry { id, created_at })
                .collect(),
            providers: providers.iter().map(described).collect(),
            journal,
            source: source_words(deployment),
        })
    }

    async fn journal_status(&self, deployment: &Deployment, client_id: &str) -> JournalStatus {
        let stages = match self
            .aws
            .secrets
            .secret_stages(deployment, &journal_name(client_id))
            .await
        {
            Ok(stages) => stages,
            Err(failure) if failure.kind == FailureKind::NotFound => return JournalStatus::Idle,
            Err(failure) => return JournalStatus::Unknown(failure.cause),
        };
        let labels = Labels::new(stages.stages.into_iter().map(|(version, labels)| {
            let labels = labels.into_iter().map(Arc::from).collect();
            (VersionId::new(version), labels)
        }));
        match labels.holder(PENDING) {
            Some(pending) if labels.holder(CURRENT) != Some(pending) => {
                let author = labels.author(pending);
                JournalStatus::Pending {
                    version: pending.to_string(),
                    since: author
                        .as_ref()
                        .map(|author| Moment::from_millis(author.unix_seconds * 1_000)),
                    operator: author.map(|author| author.operator),
                    is_undone: labels.is_undone(pending),
                }
            }
            Some(_) | None => JournalStatus::Idle,
        }
    }

    /// Credential providers that sign in with this client, by name.
    async fn providers_of_client(
        &self,
        deployment: &Deployment,
        client_id: &str,
    ) -> Result<Vec<Value>, Failure> {
        let listed = self.aws.providers.credential_providers(deployment).await?;
        let names = listed
            .iter()
            .filter_map(|provider| provider.get("name").and_then(Value::as_str));
        let read = names.map(|name| self.aws.providers.credential_provider(deployment, name));
        let mut providers = try_join_all(read).await?;
        providers.retain(|provider| uses_client(provider, client_id));
        providers.sort_by_key(|provider| provider["name"].to_string());
        Ok(providers)
    }

    /// Rotates the client secret of a deployment's machine sign-in, or finishes such a rotation. `stop` ends it at the next request.
    ///
    /// # Errors
    /// [`FailureKind::Usage`] if the deployment has no machine sign-in; [`FailureKind::Denied`] in read-only mode. Everything else is
    /// a [`ClientSecretEnd`].
    pub async fn rotate(
        &self,
        deployment: &Deployment,
        options: ClientSecretOptions,
        operator: &mut impl ClientSecretOperator,
        stop: &CancellationToken,
    ) -> Result<ClientSecretEnd, Failure> {
        if !options.rehearse {
            let doing = format!("rotating the client secret of {}", deployment.name);
            self.aws.client.guard_write(deployment, &doing)?;
        }
        let client = m2m::machine_client(&self.sign_ins, deployment).await?;
        let action = match options.kind {
            ClientSecretKind::Rotate => "client-secret.rotate",
            ClientSecretKind::Resume => "client-secret.resume",
            ClientSecretKind::Rollback => "client-secret.rollback",
        };
        let target = format!("{}/{}", client.pool, client.client_id);
        let audit = self.audit.audit_of(deployment, action, &target).await;
        let settings = ClientSecretSettings {
            operator: audit.operator().to_owned(),
            rehearse: options.rehearse,
            keep_old: options.keep_old,
            ..ClientSecretSettings::default()
        };
        let machine = ClientSecretMachine::new(options.kind, settings, clock::now());
        let rehearse = options.rehearse;
        let mut backend = ClientSecretBackend::new(self, deployment, client, options);
        let mut problems = Vec::new();
        let mut end = Box::pin(drive(
            machine,
            &mut backend,
            operator,
            stop,
            &audit,
            &mut problems,
        ))
        .await;
        if !rehearse && end.outcome != RotationOutcome::NothingToDo {
            let version = end.version.as_ref().map(VersionId::as_str);
            let why = Some(end.reason.to_string());
            let outcome = if end.reason.is_declined() {
                audit::DECLINED
            } else {
                end.outcome.as_str()
            };
            let recorded = audit.outcome(outcome, why, version, None, clock::now());
            problems.extend(recorded.await.err());
        }
        end.warnings.extend(problems);
        Ok(end)
    }
}

/// Asks the machine and answers it until it has ended.
async fn drive(
    mut machine: ClientSecretMachine,
    backend: &mut ClientSecretBackend,
    operator: &mut impl ClientSecretOperator,
    stop: &CancellationToken,
    audit: &audit::Audit,
    problems: &mut Vec<String>,
) -> ClientSecretEnd {
    let mut is_recorded = false;
    let mut board = ClientSecretBoard::default();
    loop {
        for report in machine.take_reports() {
            operator.on_report(report);
        }
        if stop.is_cancelled() {
            machine.stop();
        }
        let observation = match machine.next() {
            ClientSecretNext::Done(end) => {
                for report in machine.take_reports() {
                    operator.on_report(report);
                }
                return end;
            }
            ClientSecretNext::Ask(question) => {
                if question == ClientSecretQuestion::Proceed {
                    operator.plan(backend.plan(&machine).await);
                }
                let yes = tokio::select! {
                    yes = operator.ask(question) => yes,
                    () = stop.cancelled() => false,
                };
                ClientSecretObservation::Agreed(yes)
            }
            ClientSecretNext::Effect(ClientSecretEffect::Wait { duration, .. }) => {
                tokio::select! {
                    () = tokio::time::sleep(duration) => {}
                    () = stop.cancelled() => {}
                }
                ClientSecretObservation::Waited
            }
            ClientSecretNext::Effect(effect) => {
                if !is_recorded && machine.is_writing() {
                    is_recorded = true;
                    let version = machine.version().map(VersionId::as_str);
                    problems.extend(audit.intent(version, clock::now()).await.err());
                }
                let answer = record(audit, &effect, &machine, problems, backend).await;
                if board.observe(&machine, &effect, &answer, clock::now()) {
                    operator.board(&board);
                }
                answer
            }
        };
        for report in machine.on(observation, clock::now()) {
            operator.on_report(report);
        }
    }
}

/// Performs one effect, with an audit record before and after it where it writes. `problems` takes what could not be recorded, once.
async fn record(
    audit: &audit::Audit,
    effect: &ClientSecretEffect,
    machine: &ClientSecretMachine,
    problems: &mut Vec<String>,
    backend: &mut ClientSecretBackend,
) -> ClientSecretObservation {
    let Some(operation) = effect.write_operation() else {
        return perform(backend, effect).await;
    };
    let version = effect
        .written_version()
        .or_else(|| machine.version())
        .map(VersionId::as_str);
    let part = audit
        .part(operation)
        .of_label(effect.label_move())
        .of_item(written_item(effect, machine, backend));
    backend.request_id = None;
    let before = part.intent(version, clock::now()).await;
    let answer = perform(backend, effect).await;
    let (outcome, why) = answer.write_result();
    let request_id = answer.request_id().map(str::to_owned);
    let request_id = request_id.or_else(|| backend.request_id.take());
    let part = if let ClientSecretObservation::Added(id) = &answer {
        part.of_item(Some(format!("secret {id}")))
    } else {
        part
    };
    let after = part.outcome(outcome, why, version, request_id, clock::now());
    for problem in [before.err(), after.await.err()].into_iter().flatten() {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    answer
}

/// Returns what exactly a write changes, for its audit record. The id of a secret that is added is known only from the answer.
fn written_item(
    effect: &ClientSecretEffect,
    machine: &ClientSecretMachine,
    backend: &ClientSecretBackend,
) -> Option<String> {
    match effect {
        ClientSecretEffect::CreateJournal
        | ClientSecretEffect::PutVersion { .. }
        | ClientSecretEffect::MoveStage { .. } => Some(format!("journal {}", backend.journal)),
        ClientSecretEffect::UpdateProvider(index, _) => machine
            .providers()
            .get(*index)
            .map(|name| format!("credential provider {name}")),
        ClientSecretEffect::UpdateConfiguration(_) => backend
            .options
            .configuration
            .as_ref()
            .map(|path| path.display().to_string()),
        ClientSecretEffect::DeleteSecret(id) => Some(format!("secret {id}")),
        ClientSecretEffect::AddSecret
        | ClientSecretEffect::ReadClient
        | ClientSecretEffect::ReadJournal
        | ClientSecretEffect::Probe(_)
        | ClientSecretEffect::FindProviders
        | ClientSecretEffect::ReadProvider(_)
        | ClientSecretEffect::CheckProvider(_)
        | ClientSecretEffect::CheckPermissions
        | ClientSecretEffect::Generate
        | ClientSecretEffect::CallThroughChain(_)
        | ClientSecretEffect::FindHolders(_)
        | ClientSecretEffect::Wait { .. } => None,
    }
}

/// Performs one effect within its time limit.
async fn perform(
    backend: &mut ClientSecretBackend,
    effect: &ClientSecretEffect,
) -> ClientSecretObservation {
    let limit = if matches!(effect, ClientSecretEffect::CallThroughChain(_)) {
        CHAIN_CALL
    } else {
        REQUEST
    };
    let answer = tokio::time::timeout(limit, Box::pin(backend.perform(effect))).await;
    answer.unwrap_or(ClientSecretObservation::Failed(EffectError::in_doubt()))
}

fn described(provider: &Value) -> ClientSecretProvider {
    let named = |name: &str| provider.get(name).and_then(Value::as_str);
    let updated = provider.get("lastUpdatedTime").and_then(Value::as_f64);
    ClientSecretProvider {
        name: named("name").unwrap_or_default().to_owned(),
        arn: named("credentialProviderArn")
            .unwrap_or_default()
            .to_owned(),
        vendor: named("credentialProviderVendor")
            .unwrap_or_default()
            .to_owned(),
        status: named("status").map(str::to_owned),
        updated_at: updated.map(Moment::from_seconds),
        is_external: providers::is_external(provider),
    }
}

/// Returns where the configuration keeps the client secret, in words.
fn source_words(deployment: &Deployment) -> String {
    let SignIn::M2m { client_secret, .. } = &deployment.sign_in else {
        return "nowhere".to_owned();
    };
    if *client_secret == SecretSource::UserPoolClient {
        return "Cognito, read at each sign-in".to_owned();
    }
    holders::place_of(client_secret).unwrap_or_else(|| "inline in the configuration".to_owned())
}

/// Returns the exit code of a command that ends so: 0 done, 1 refused or failed, 5 network.
pub fn exit_code(end: &ClientSecretEnd) -> u8 {
    match end.outcome {
        RotationOutcome::Rotated | RotationOutcome::Resumed | RotationOutcome::NothingToDo => 0,
        RotationOutcome::Failed if end.reason.is_network() => FailureKind::Network.exit_code(),
        RotationOutcome::Refused | RotationOutcome::Failed => 1,
    }
}
