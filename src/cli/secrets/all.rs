//! `secrets rotate --all`: everything that a deployment has, one after the other, each proven before the next, with a report of
//! the evidence. It stops at the first doubt. No value is in the report.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use crate::{
    cli::{
        confirm::need_somebody,
        context::{Context, which},
        find_resource,
        outcome::CliResult,
        output, process,
    },
    client_secret::{
        board::ClientSecretBoard,
        effect::SecretChoice,
        plan::ClientSecretPlan,
        report::{ClientSecretKind, ClientSecretQuestion, ClientSecretReport},
    },
    model::{Deployment, Failure, Kind, Moment, SignIn},
    net::clock,
    rotation::{
        plan::RotationPlan,
        report::{RotationKind, RotationOutcome, RotationQuestion, RotationReport, StepState},
    },
    services::{
        Services,
        client_secret::{ClientSecretOperator, ClientSecretOptions},
        rotation::{Operator, secret_name},
    },
};

use super::{
    ChangeFlags, CommonFlags,
    change::{listen, rotation_options},
    evidence::{
        EvidenceReport, ProofRecord, RotatedSubject, RotationRecord, StepRecord, deliver, failed,
    },
    operator::{TerminalOperator, typed},
};

/// One thing that is rotated.
#[derive(Clone, Debug)]
enum RotatedThing {
    /// The password behind a Neo4j secret, by its id.
    Password(String),
    /// The client secret of the machine sign-in.
    ClientSecret,
}

impl RotatedThing {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Password(_) => "neo4j-password",
            Self::ClientSecret => "client-secret",
        }
    }

    fn id(&self) -> &str {
        match self {
            Self::Password(secret) => secret_name(secret),
            Self::ClientSecret => "client secret",
        }
    }
}

/// Runs `secrets rotate --all`.
pub(super) fn run(
    context: &Context,
    flags: &ChangeFlags,
    report: Option<&Path>,
    common: CommonFlags,
) -> CliResult {
    let doing = "rotating all secrets of a deployment";
    let options = rotation_options(RotationKind::Rotate, flags, common, doing)?;
    let deployments = context.deployments()?;
    let [deployment] = deployments.as_slice() else {
        return Err(which(&deployments).into());
    };
    let services = context.services();
    if !common.dry_run {
        services.options().guard_write(deployment, doing)?;
        need_somebody(common.yes, doing)?;
    }
    let loaded = context.load();
    let client = ClientSecretOptions {
        kind: ClientSecretKind::Rotate,
        rehearse: common.dry_run,
        keep_old: false,
        configuration: loaded.path.filter(|_| loaded.found),
        deployments: loaded.config.deployments,
    };
    let runtime = process::runtime()?;
    let outcome = runtime.block_on(async {
        let stop = listen()?;
        let rotation = AllRotation {
            services: &services,
            deployment,
            flags,
            common,
            stop: &stop,
        };
        let things = rotation.things().await?;
        let evidence = rotation.perform(things, &options, &client).await;
        deliver(&evidence, report, common)
    });
    // A question may still wait for its answer on another thread.
    runtime.shutdown_background();
    outcome
}

/// What all rotations share.
struct AllRotation<'a> {
    services: &'a Services,
    deployment: &'a Deployment,
    flags: &'a ChangeFlags,
    common: CommonFlags,
    stop: &'a CancellationToken,
}

impl AllRotation<'_> {
    /// Returns the deployment's Neo4j secrets, then its client secret.
    async fn things(&self) -> Result<Vec<RotatedThing>, Failure> {
        let deployments = std::slice::from_ref(self.deployment);
        let listing = find_resource::list(self.services, deployments, &[Kind::Secret]).await;
        // What could not be listed may be a secret that would be left out without a word.
        if let Some(problem) = listing.problems.into_iter().next() {
            return Err(problem.failure);
        }
        let mut things: Vec<RotatedThing> = listing
            .resources
            .iter()
            .map(|secret| RotatedThing::Password(secret.key.own_id().to_owned()))
            .collect();
        let has_client_secret = matches!(
            self.deployment.sign_in,
            SignIn::M2m {
                private_key: None,
                ..
            }
        );
        if has_client_secret {
            things.push(RotatedThing::ClientSecret);
        }
        Ok(things)
    }

    async fn perform(
        &self,
        things: Vec<RotatedThing>,
        options: &crate::services::rotation::RotationOptions,
        client: &ClientSecretOptions,
    ) -> EvidenceReport {
        let identity = self
            .services
            .aws
            .client
            .identity(self.deployment)
            .await
            .ok();
        let began_at = clock::now().iso();
        let mut rotations = Vec::new();
        let mut left = things.into_iter();
        let mut is_doubtful = false;
        for thing in left.by_ref() {
            output::note(&format!("{} {}", thing.kind(), thing.id()));
            let record = match &thing {
                RotatedThing::Password(secret) => self.password(secret, options.clone()).await,
                RotatedThing::ClientSecret => self.client_secret(client.clone()).await,
            };
            is_doubtful = record.is_doubtful(self.common.dry_run);
            rotations.push(record);
            if is_doubtful {
                break;
            }
        }
        EvidenceReport {
            program: concat!("agentcore-console ", env!("CARGO_PKG_VERSION")),
            deployment: self.deployment.name.to_string(),
            account: identity.as_ref().map(|identity| identity.account.clone()),
            region: self.deployment.region.clone(),
            who: identity.map(|identity| identity.arn),
            began_at,
            ended_at: clock::now().iso(),
            outcome: match (is_doubtful, self.common.dry_run) {
                (true, _) => "stopped",
                (false, _) if rotations.is_empty() => RotationOutcome::NothingToDo.as_str(),
                (false, true) => "dry-run",
                (false, false) => RotationOutcome::Rotated.as_str(),
            },
            rotations,
            not_begun: left.map(|thing| thing.id().to_owned()).collect(),
        }
    }

    async fn password(
        &self,
        secret: &str,
        options: crate::services::rotation::RotationOptions,
    ) -> RotationRecord {
        let mut operator = Recorder::new(self.common, self.flags, secret);
        let began_at = clock::now().iso();
        let ended = self
            .services
            .rotations
            .rotate(self.deployment, secret, options, &mut operator, self.stop)
            .await;
        let is_declined = ended.as_ref().is_ok_and(|end| end.why.is_declined());
        let (outcome, reason, version_id) = match ended {
            Ok(end) => (
                end.outcome.as_str().to_owned(),
                end.why.to_string(),
                end.version.as_ref().map(ToString::to_string),
            ),
            Err(failure) => failed(&failure),
        };
        RotationRecord {
            kind: "neo4j-password",
            id: secret_name(secret).to_owned(),
            subject: operator.subject,
            outcome,
            is_declined,
            reason,
            version_id,
            began_at,
            ended_at: clock::now().iso(),
            proven: operator.proven,
            steps: operator.steps,
            warnings: operator.console.warnings,
        }
    }

    async fn client_secret(&self, options: ClientSecretOptions) -> RotationRecord {
        let mut operator = Recorder::new(self.common, self.flags, self.deployment.name.as_str());
        let began_at = clock::now().iso();
        let ended = self
            .services
            .client_secrets
            .rotate(self.deployment, options, &mut operator, self.stop)
            .await;
        let is_declined = ended.as_ref().is_ok_and(|end| end.reason.is_declined());
        let (outcome, reason, version_id, warnings) = match ended {
            Ok(end) => (
                end.outcome.as_str().to_owned(),
                end.reason.to_string(),
                end.version.as_ref().map(ToString::to_string),
                end.warnings,
            ),
            Err(failure) => {
                let (outcome, reason, version) = failed(&failure);
                (outcome, reason, version, Vec::new())
            }
        };
        RotationRecord {
            kind: "client-secret",
            id: self.deployment.name.to_string(),
            subject: operator.subject,
            outcome,
            is_declined,
            reason,
            version_id,
            began_at,
            ended_at: clock::now().iso(),
            proven: operator.proven,
            steps: operator.steps,
            warnings,
        }
    }
}

/// Keeps the evidence of each step, and asks as the single rotation does.
struct Recorder {
    console: TerminalOperator,
    common: CommonFlags,
    name: String,
    subject: RotatedSubject,
    proven: Vec<ProofRecord>,
    steps: Vec<StepRecord>,
}

impl Recorder {
    fn new(common: CommonFlags, flags: &ChangeFlags, secret: &str) -> Self {
        Self {
            console: TerminalOperator::new(common, secret, flags),
            common,
            name: secret.to_owned(),
            subject: RotatedSubject::default(),
            proven: Vec::new(),
            steps: Vec::new(),
        }
    }

    fn record(&mut self, step: StepRecord) {
        output::note(&format!(
            "  {} {}: {}",
            step.step,
            step.state,
            step.evidence.join(" · ")
        ));
        self.steps.push(step);
    }
}

impl Operator for Recorder {
    fn on_report(&mut self, report: RotationReport) {
        self.console.warnings.extend(report.warnings());
        if report.state.has_ended() {
            let proofs = report.evidence.iter().filter_map(|evidence| {
                Some(ProofRecord {
                    what: evidence.proves()?,
                    how: evidence.to_string(),
                    at: report.at.iso(),
                })
            });
            self.proven.extend(proofs);
            self.record(StepRecord {
                step: report.step.as_str(),
                state: report.state.as_str(),
                at: report.at.iso(),
                evidence: report.evidence.iter().map(ToString::to_string).collect(),
            });
        }
    }

    fn warn(&mut self, sentence: String) {
        self.console.warn(sentence);
    }

    fn plan(&mut self, plan: RotationPlan) {
        if !self.common.yes {
            plan.lines().iter().for_each(|line| output::note(line));
        }
        self.subject = RotatedSubject {
            user: Some(plan.user),
            address: Some(plan.address),
            previous_version_id: plan.current_version,
            ..RotatedSubject::default()
        };
    }

    async fn ask(&mut self, question: RotationQuestion) -> bool {
        self.console.ask(question).await
    }
}

impl ClientSecretOperator for Recorder {
    fn on_report(&mut self, report: ClientSecretReport) {
        if report.state.has_ended() {
            let what = report.step.proves();
            if let Some(what) = what.filter(|_| report.state == StepState::Done) {
                self.proven.push(ProofRecord {
                    what,
                    how: report.evidence.join(" · "),
                    at: Moment::iso(report.at),
                });
            }
            self.record(StepRecord {
                step: report.step.as_str(),
                state: report.state.as_str(),
                at: Moment::iso(report.at),
                evidence: report.evidence,
            });
        }
    }

    fn plan(&mut self, plan: ClientSecretPlan) {
        if !self.common.yes {
            plan.lines().iter().for_each(|line| output::note(line));
        }
        self.subject.client_id = Some(plan.client_id);
        self.subject.user_pool_id = Some(plan.user_pool_id);
        self.subject.journal = Some(plan.journal);
    }

    fn board(&mut self, board: &ClientSecretBoard) {
        let id = |choice| board.id_of(choice).map(ToString::to_string);
        let subject = &mut self.subject;
        subject.secret_id = id(SecretChoice::New).or(subject.secret_id.take());
        subject.previous_secret_id = id(SecretChoice::Old).or(subject.previous_secret_id.take());
    }

    async fn ask(&mut self, question: ClientSecretQuestion) -> bool {
        if self.common.yes || self.common.dry_run {
            return true;
        }
        if question == ClientSecretQuestion::Proceed {
            let answer = typed(format!("Type {} to go on: ", self.name)).await;
            return answer.trim() == self.name;
        }
        let answer = typed(format!("{question} [y/N] ")).await;
        ["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str())
    }
}
