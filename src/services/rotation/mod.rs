//! The rotation performed: the pure machine asks, the backend answers, people are told, an audit record is kept.
//!
//! Values of secrets live in `backend` only, in memory that is wiped. The same entry serves the console and the commands.

mod administrator;
mod bare_secret;
mod chain;
mod consumers;
mod live_backend;
mod login;
mod place;
mod readers;
mod refresh;
mod user;

use std::{future::Future, path::PathBuf, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    model::{Deployment, Failure, FailureKind, Identity, Moment},
    net::clock,
    rotation::{
        effect::{EffectError, Observation, RotationEffect, RotationNext},
        labels::VersionId,
        machine::{RotationMachine, RotationSettings},
        password::{PasswordPolicy, PasswordSource},
        plan::RotationPlan,
        report::{RotationEnd, RotationKind, RotationOutcome, RotationQuestion, RotationReport},
    },
};

use super::{
    Aws, Mcp, Neo4j, SignIns,
    audit::{self, Audit},
};

pub(crate) use chain::call_chain;
pub(crate) use live_backend::draw as draw_password;
pub use live_backend::{LiveBackend, secret_name};

/// One call to AWS or Neo4j; the machine decides what silence means.
const CALL: Duration = Duration::from_secs(10);
/// The call through the chain may start containers.
const CHAIN_CALL: Duration = Duration::from_secs(20);
/// Finding out who we are and who reads the secret must not hold a rotation up.
const SURVEY: Duration = Duration::from_secs(5);
/// The lists of runtimes, gateways and the stack, and the values that their environments are compared with.
const FIND_READERS: Duration = Duration::from_secs(15);
/// Several statements as the administrator.
const SET_BY_ADMINISTRATOR: Duration = Duration::from_secs(20);
/// One reader: several calls, each with a limit of its own, and a roll-out.
const REFRESH: Duration = Duration::from_mins(2);

/// What is wanted.
#[derive(Clone, Debug)]
pub struct RotationOptions {
    /// Rotate, resume or roll back.
    pub kind: RotationKind,
    /// Stop before the first write.
    pub rehearse: bool,
    /// Take a foreign AWSPENDING off where the database does not accept its value.
    pub release_foreign: bool,
    /// Another address of Neo4j than the secret's: a tunnel.
    pub neo4j_uri: Option<String>,
    /// The user of a secret that is a bare password; none: `neo4j`.
    pub user: Option<String>,
    /// What new passwords look like.
    pub policy: PasswordPolicy,
    /// Where they come from.
    pub source: PasswordSource,
    /// The secret of an administrator who may set passwords, where the secret's `masterarn` does not name one.
    pub administrator: Option<String>,
    /// Change the one user's password even where an administrator is named.
    pub single_user: bool,
    /// Where no labelled version is accepted, let the administrator set the current one's password again.
    pub reset: bool,
    /// Find out who reads the secret, for a plan that somebody reads.
    pub survey: bool,
    /// Where the audit record is kept; none: nowhere.
    pub audit: Option<PathBuf>,
}

impl RotationOptions {
    /// As usual.
    pub fn new(kind: RotationKind) -> Self {
        Self {
            kind,
            rehearse: false,
            release_foreign: false,
            neo4j_uri: None,
            user: None,
            policy: PasswordPolicy::default(),
            source: PasswordSource::default(),
            administrator: None,
            single_user: false,
            reset: false,
            survey: true,
            audit: audit::default_path(),
        }
    }
}

/// The operator of a rotation: a terminal, a pipe or a test.
pub trait Operator: Send {
    /// A step has moved.
    fn on_report(&mut self, report: RotationReport);
    /// Something beside the steps: the audit record could not be written.
    fn warn(&mut self, sentence: String);
    /// The plan, before [`RotationQuestion::Proceed`] is asked.
    fn plan(&mut self, plan: RotationPlan);
    /// Asks a question that only the operator can answer.
    fn ask(&mut self, question: RotationQuestion) -> impl Future<Output = bool> + Send;
}

/// What the machine's effects are performed on.
pub trait RotationBackend: Send {
    /// Milliseconds since 1970.
    fn now(&self) -> i64;
    /// Performs one effect. Dropping the future gives the call up; whether it took effect is then in doubt.
    fn perform(&mut self, effect: &RotationEffect) -> impl Future<Output = Observation> + Send;
    /// Makes the plan as far as it is known now.
    fn plan(
        &mut self,
        machine: &RotationMachine,
    ) -> impl Future<Output = Option<RotationPlan>> + Send;
    /// A write is about to be sent: records it. The error is a sentence: the record could not be written.
    fn before_write(
        &mut self,
        machine: &RotationMachine,
        effect: &RotationEffect,
    ) -> impl Future<Output = Result<(), String>> + Send;
    /// A write has been sent: records what became of it.
    fn after_write(
        &mut self,
        effect: &RotationEffect,
        observation: &Observation,
    ) -> impl Future<Output = Result<(), String>> + Send;
}

/// Rotates the Neo4j password that a secret holds.
#[derive(Clone)]
pub struct Rotations {
    aws: Aws,
    sign_ins: SignIns,
    mcp: Mcp,
    neo4j: Neo4j,
}

impl Rotations {
    pub(in crate::services) fn new(aws: Aws, sign_ins: SignIns, mcp: Mcp, neo4j: Neo4j) -> Self {
        Self {
            aws,
            sign_ins,
            mcp,
            neo4j,
        }
    }

    /// Rotates, resumes or rolls back; returns when secret and database agree and one call through the chain was answered, or when
    /// it must stop. `stop` asks for the earliest end that leaves nothing half done.
    ///
    /// # Errors
    /// [`FailureKind::Denied`] in read-only mode. Everything else is an [`RotationEnd`].
    pub async fn rotate(
        &self,
        deployment: &Deployment,
        secret: &str,
        options: RotationOptions,
        operator: &mut impl Operator,
        stop: &CancellationToken,
    ) -> Result<RotationEnd, Failure> {
        if !options.rehearse {
            self.aws
                .client
                .guard_write(deployment, &format!("changing the password in {secret}"))?;
        }
        let identity = tokio::time::timeout(SURVEY, self.aws.client.identity(deployment))
            .await
            .ok()
            .and_then(Result::ok);
        let audit = rotation_audit(deployment, secret, &options, identity.as_ref());
        let settings = settings(&options, audit.operator());
        let credentials_end = identity
            .and_then(|identity| identity.expires_at)
            .map(Moment::millis);
        let mut backend = LiveBackend::new(
            self,
            deployment,
            secret,
            &options,
            credentials_end,
            audit.clone(),
        );
        let machine = RotationMachine::start(options.kind, settings, backend.now());
        let ending = Box::pin(drive(machine, &mut backend, operator, stop)).await;
        if ending.outcome == RotationOutcome::Rotated {
            let lines = std::mem::take(&mut backend.by_hand);
            for line in lines {
                operator.warn(line);
            }
        }
        if !options.rehearse
            && let Err(problem) = record_outcome(&audit, &ending).await
        {
            operator.warn(problem);
        }
        Ok(ending)
    }
}

/// Returns the audit record of a rotation: who does what to which secret.
fn rotation_audit(
    deployment: &Deployment,
    secret: &str,
    options: &RotationOptions,
    identity: Option<&Identity>,
) -> Audit {
    let action = match options.kind {
        RotationKind::Rotate => "secrets.rotate",
        RotationKind::Resume => "secrets.resume",
        RotationKind::Rollback => "secrets.rollback",
    };
    let audit = Audit::new(
        options.audit.clone(),
        deployment,
        action,
        secret_name(secret),
    )
    .of_secret(secret);
    match identity {
        Some(identity) => audit.by(&identity.arn, &identity.account),
        None => audit,
    }
}

fn settings(options: &RotationOptions, operator: &str) -> RotationSettings {
    RotationSettings {
        operator: operator.to_owned(),
        jitter_millis: jitter(),
        rehearse: options.rehearse,
        release_foreign: options.release_foreign,
        single_user: options.single_user,
        reset: options.reset,
        ..RotationSettings::default()
    }
}

async fn record_outcome(audit: &Audit, ending: &RotationEnd) -> Result<(), String> {
    let is_declined = ending.why.is_declined();
    let outcome = if is_declined {
        audit::DECLINED
    } else {
        ending.outcome.as_str()
    };
    // A version that nobody touched is no part of the record.
    let version = ending.version.as_ref().filter(|_| !is_declined);
    audit
        .outcome(
            outcome,
            Some(ending.why.to_string()),
            version.map(VersionId::as_str),
            None,
            clock::now(),
        )
        .await
}

/// Returns how long one effect may take.
const fn time_limit(effect: &RotationEffect) -> Duration {
    match effect {
        RotationEffect::CallThroughChain => CHAIN_CALL,
        RotationEffect::FindReaders { .. } => FIND_READERS,
        RotationEffect::SetByAdministrator { .. } => SET_BY_ADMINISTRATOR,
        RotationEffect::RefreshReader { .. } => REFRESH,
        RotationEffect::DescribeSecret
        | RotationEffect::ReadVersion { .. }
        | RotationEffect::GeneratePassword { .. }
        | RotationEffect::PutVersion { .. }
        | RotationEffect::MoveStage { .. }
        | RotationEffect::Login { .. }
        | RotationEffect::AlterPassword { .. }
        | RotationEffect::CheckAdministrator { .. }
        | RotationEffect::ListConnections { .. }
        | RotationEffect::KillConnections { .. }
        | RotationEffect::StartManagedRotation
        | RotationEffect::Wait { .. } => CALL,
    }
}

/// Asks the machine and answers it until it has ended.
pub async fn drive(
    mut machine: RotationMachine,
    backend: &mut impl RotationBackend,
    operator: &mut impl Operator,
    stop: &CancellationToken,
) -> RotationEnd {
    machine
        .take_reports()
        .into_iter()
        .for_each(|report| operator.on_report(report));
    let mut has_warned = false;
    loop {
        if stop.is_cancelled() {
            machine.stop();
        }
        let observation = match machine.next() {
            RotationNext::Done(ending) => {
                machine
                    .take_reports()
                    .into_iter()
                    .for_each(|report| operator.on_report(report));
                return ending;
            }
            RotationNext::Ask(question) => {
                Observation::Agreed(ask(&machine, question, backend, operator, stop).await)
            }
            RotationNext::Effect(RotationEffect::Wait { millis, .. }) => {
                wait(millis, stop, &machine).await;
                Observation::Waited
            }
            RotationNext::Effect(effect) => {
                let (observation, recorded) = perform(backend, &machine, &effect).await;
                // The same sentence once: a full disk is full for every record.
                if let Err(problem) = recorded
                    && !std::mem::replace(&mut has_warned, true)
                {
                    operator.warn(problem);
                }
                observation
            }
        };
        machine
            .on(observation, backend.now())
            .into_iter()
            .for_each(|report| operator.on_report(report));
    }
}

/// Performs one effect within its time limit, with an audit record before and after it where it writes.
async fn perform(
    backend: &mut impl RotationBackend,
    machine: &RotationMachine,
    effect: &RotationEffect,
) -> (Observation, Result<(), String>) {
    let mut recorded = Ok(());
    if effect.is_write() {
        recorded = backend.before_write(machine, effect).await;
    }
    let answer = tokio::time::timeout(time_limit(effect), backend.perform(effect)).await;
    let observation = answer.unwrap_or(Observation::Failed(EffectError::in_doubt()));
    if effect.is_write() {
        let after = backend.after_write(effect, &observation).await;
        recorded = recorded.and(after);
    }
    (observation, recorded)
}

async fn ask(
    machine: &RotationMachine,
    question: RotationQuestion,
    backend: &mut impl RotationBackend,
    operator: &mut impl Operator,
    stop: &CancellationToken,
) -> bool {
    if question == RotationQuestion::Proceed
        && let Some(plan) = backend.plan(machine).await
    {
        operator.plan(plan);
    }
    tokio::select! {
        yes = operator.ask(question) => yes,
        () = stop.cancelled() => false,
    }
}

/// A wait ends early where stopping is possible now.
async fn wait(millis: u64, stop: &CancellationToken, machine: &RotationMachine) {
    let sleep = tokio::time::sleep(Duration::from_millis(millis));
    if machine.is_between() {
        return sleep.await;
    }
    tokio::select! {
        () = sleep => {}
        () = stop.cancelled() => {}
    }
}

/// Returns the exit code of a command that ends so: 0 done, 1 refused or failed, 5 network.
pub fn exit_code(ending: &RotationEnd) -> u8 {
    match ending.outcome {
        RotationOutcome::Rotated | RotationOutcome::Resumed | RotationOutcome::NothingToDo => 0,
        RotationOutcome::Failed if ending.why.is_network() => FailureKind::Network.exit_code(),
        RotationOutcome::Refused | RotationOutcome::Failed => 1,
    }
}

/// Between 50 and 305 ms, so that several operators do not wake together.
fn jitter() -> u64 {
    let mut byte = [128];
    // Without randomness everybody waits equally long, which is no mistake.
    let _ = getrandom::fill(&mut byte);
    50 + u64::from(byte[0])
}

#[cfg(test)]
mod tests;
