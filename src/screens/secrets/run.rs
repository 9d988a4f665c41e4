//! A rotation on the screen: what is rotated, its reports, how long it ran and how long it waited for a person.

use super::entry::{SecretEntry, entries};
use crate::{
    client_secret::{
        board::ClientSecretBoard,
        plan::ClientSecretPlan,
        report::{ClientSecretEnd, ClientSecretKind, ClientSecretReport},
    },
    messages::{Effect, SecretsAction, SecretsEffect},
    model::{DeploymentName, Failure, Moment},
    rotation::{
        plan::RotationPlan,
        plan_page::PlanPage,
        report::{
            Neo4jEvidence, RotationEnd, RotationEvidence, RotationKind, RotationOutcome,
            RotationReport, RotationStep, SecretEvidence, StepState,
        },
    },
    state::Store,
    theme::Role,
};

/// What is rotated, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RunSubject {
    /// The password behind a Neo4j secret.
    Password {
        /// The secret.
        secret: String,
        /// The operation.
        kind: RotationKind,
    },
    /// The client secret of the deployment's machine sign-in.
    ClientSecret {
        /// The operation.
        kind: ClientSecretKind,
    },
}

/// One report of a step, of either sort of rotation.
#[derive(Clone, Debug)]
pub(super) struct RunReport {
    pub(super) step: &'static str,
    pub(super) state: StepState,
    pub(super) at: Moment,
    pub(super) evidence: Vec<String>,
    warnings: Vec<String>,
}

/// How a rotation ended, of either sort.
#[derive(Clone, Debug)]
pub(super) struct RunEnd {
    pub(super) outcome: RotationOutcome,
    pub(super) reason: String,
    /// The operator said no before anything was written.
    pub(super) is_declined: bool,
    warnings: Vec<String>,
}

/// A rotation that runs or has run.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) deployment: DeploymentName,
    /// What the screens call the deployment.
    pub(super) deployment_title: String,
    pub(super) subject: RunSubject,
    began: Moment,
    pub(super) plan: Option<(PlanPage, Moment)>,
    pub(super) reports: Vec<RunReport>,
    pub(super) warnings: Vec<String>,
    pub(super) board: ClientSecretBoard,
    /// When it began to wait for the user, and when the user answered.
    waits: Vec<(Moment, Option<Moment>)>,
    /// When Neo4j took the new password: new logins fail from then on until the promotion.
    changed_at: Option<Moment>,
    /// The secret's rotation function does it.
    by_function: bool,
    pub(super) ended: Option<(Moment, Result<RunEnd, Failure>)>,
    pub(super) stopping: bool,
}

impl RunSubject {
    /// Returns what an action does to an entry.
    pub(super) fn of(entry: SecretEntry<'_>, action: SecretsAction) -> Self {
        match entry {
            SecretEntry::Neo4j(secret) => Self::Password {
                secret: secret.key.id.clone(),
                kind: match action {
                    SecretsAction::Rotate => RotationKind::Rotate,
                    SecretsAction::Resume => RotationKind::Resume,
                    SecretsAction::Rollback => RotationKind::Rollback,
                },
            },
            SecretEntry::Client(_) => Self::ClientSecret {
                kind: match action {
                    SecretsAction::Rotate => ClientSecretKind::Rotate,
                    SecretsAction::Resume => ClientSecretKind::Resume,
                    SecretsAction::Rollback => ClientSecretKind::Rollback,
                },
            },
        }
    }

    /// Returns the effect that starts it.
    pub(super) fn effect(&self, deployment: &DeploymentName) -> Effect {
        Effect::Secrets(match self {
            Self::Password { secret, kind } => SecretsEffect::Rotate {
                deployment: deployment.clone(),
                secret: secret.clone(),
                kind: *kind,
            },
            Self::ClientSecret { kind } => SecretsEffect::RotateClientSecret {
                deployment: deployment.clone(),
                kind: *kind,
            },
        })
    }

    /// Returns whether it begins with a plan and a name to be typed.
    pub(super) fn has_plan(&self) -> bool {
        match self {
            Self::Password { kind, .. } => *kind != RotationKind::Resume,
            Self::ClientSecret { kind } => *kind != ClientSecretKind::Resume,
        }
    }
}

impl Run {
    /// Returns the secret whose value may have changed: none where the plan was not confirmed.
    pub(super) fn changed_secret(&self) -> Option<(DeploymentName, String)> {
        let is_declined = matches!(&self.ended, Some((_, Ok(end))) if end.is_declined);
        match &self.subject {
            RunSubject::Password { secret, .. } if !is_declined => {
                Some((self.deployment.clone(), secret.clone()))
            }
            RunSubject::Password { .. } | RunSubject::ClientSecret { .. } => None,
        }
    }

    pub(super) fn new(
        deployment: DeploymentName,
        deployment_title: String,
        subject: RunSubject,
        began: Moment,
    ) -> Self {
        Self {
            deployment,
            deployment_title,
            subject,
            began,
            plan: None,
            reports: Vec::new(),
            warnings: Vec::new(),
            board: ClientSecretBoard::default(),
            waits: Vec::new(),
            changed_at: None,
            by_function: false,
            ended: None,
            stopping: false,
        }
    }

    /// Returns the name that is typed to begin.
    pub(super) fn name(&self) -> &str {
        match &self.subject {
            RunSubject::Password { secret, .. } => secret,
            RunSubject::ClientSecret { .. } => self.deployment.as_str(),
        }
    }

    /// Returns what runs, without the deployment: `rotate prod/neo4j`, `rotate client secret of prod`.
    pub(super) fn what(&self) -> String {
        match &self.subject {
            RunSubject::Password { secret, kind } => format!("{} of {secret}", kind.as_str()),
            RunSubject::ClientSecret { kind } => {
                format!(
                    "{} of the client secret of {}",
                    kind.as_str(),
                    self.deployment_title
                )
            }
        }
    }

    /// Returns the same as an entry of the activity log.
    pub(super) fn entry(&self) -> String {
        match &self.subject {
            RunSubject::Password { secret, kind } => {
                format!("{} {secret} of {}", kind.as_str(), self.deployment_title)
            }
            RunSubject::ClientSecret { kind } => {
                format!(
                    "{} the client secret of {}",
                    kind.as_str(),
                    self.deployment_title
                )
            }
        }
    }

    /// Returns whose rotation it is, without the verb: `prod/neo4j of movies`.
    pub(super) fn whose(&self) -> String {
        match &self.subject {
            RunSubject::Password { secret, .. } => format!("{secret} of {}", self.deployment_title),
            RunSubject::ClientSecret { .. } => {
                format!("client secret of {}", self.deployment_title)
            }
        }
    }

    /// Returns the row of the list whose rotation it is.
    pub(super) fn entry_of<'a>(&self, store: &'a Store) -> Option<SecretEntry<'a>> {
        let mut all = entries(store).into_iter();
        all.find(|entry| self.is_of(*entry))
    }

    /// Returns whether it is the rotation of this entry.
    pub(super) fn is_of(&self, entry: SecretEntry<'_>) -> bool {
        *entry.deployment() == self.deployment
            && match (&self.subject, entry) {
                (RunSubject::Password { secret, .. }, SecretEntry::Neo4j(resource)) => {
                    *secret == resource.key.id
                }
                (RunSubject::ClientSecret { .. }, SecretEntry::Client(_)) => true,
                (RunSubject::Password { .. }, SecretEntry::Client(_))
                | (RunSubject::ClientSecret { .. }, SecretEntry::Neo4j(_)) => false,
            }
    }

    /// Returns what is rotated, for the header, behind the deployment.
    pub(super) fn title(&self) -> String {
        match &self.subject {
            RunSubject::Password { secret, .. } => secret.clone(),
            RunSubject::ClientSecret { .. } => "client secret".to_owned(),
        }
    }

    /// Returns the command that finishes it on any machine.
    pub(super) fn resume_command(&self) -> String {
        match &self.subject {
            RunSubject::Password { secret, .. } => format!("secrets resume {secret}"),
            RunSubject::ClientSecret { .. } => {
                format!("client-secret resume -d {}", self.deployment)
            }
        }
    }

    /// Its steps with what each will do. The steps that a rotation function does instead of the console are left out.
    pub(super) fn steps(&self) -> Vec<(&'static str, &'static str)> {
        match &self.subject {
            RunSubject::Password { .. } => RotationStep::ALL
                .into_iter()
                .filter(|step| !self.by_function || !step.is_by_function())
                .map(|step| (step.as_str(), step.description()))
                .collect(),
            RunSubject::ClientSecret { kind } => kind
                .steps()
                .iter()
                .map(|step| (step.as_str(), step.description(*kind)))
                .collect(),
        }
    }

    /// Takes the plan of a password's rotation in.
    pub(super) fn planned(&mut self, plan: &RotationPlan, now: Moment) {
        self.by_function = plan.by_function;
        self.plan = Some((plan.page(), now));
    }

    /// Takes the plan of a client secret's rotation in.
    pub(super) fn client_secret_planned(&mut self, plan: &ClientSecretPlan, now: Moment) {
        self.plan = Some((plan.page(), now));
    }

    /// Takes a report of a password's rotation in.
    pub(super) fn reported(&mut self, report: &RotationReport) {
        for evidence in &report.evidence {
            match evidence {
                RotationEvidence::Neo4j(
                    Neo4jEvidence::Changed(_) | Neo4jEvidence::SetByAdministrator(_),
                ) => {
                    self.changed_at.get_or_insert(report.at);
                }
                RotationEvidence::Secret(SecretEvidence::Promoted(..)) => self.changed_at = None,
                RotationEvidence::Secret(SecretEvidence::FunctionStarted(_)) => {
                    self.by_function = true;
                }
                RotationEvidence::Secret(_)
                | RotationEvidence::Neo4j(_)
                | RotationEvidence::Consumers(_)
                | RotationEvidence::Would(_)
                | RotationEvidence::Waiting(..)
                | RotationEvidence::Error(_)
                | RotationEvidence::Ended(_) => {}
            }
        }
        self.reports.push(RunReport {
            step: report.step.as_str(),
            state: report.state,
            at: report.at,
            evidence: report.evidence.iter().map(ToString::to_string).collect(),
            warnings: report.warnings(),
        });
    }

    /// Takes a report of a client secret's rotation in.
    pub(super) fn client_secret_reported(&mut self, report: ClientSecretReport) {
        self.reports.push(RunReport {
            step: report.step.as_str(),
            state: report.state,
            at: report.at,
            evidence: report.evidence,
            warnings: Vec::new(),
        });
    }

    /// A question was put to the user.
    pub(super) fn asked(&mut self, now: Moment) {
        if !self.is_waiting() {
            self.waits.push((now, None));
        }
    }

    /// The user has answered, or need not any more.
    pub(super) fn answered(&mut self, now: Moment) {
        if let Some((_, end @ None)) = self.waits.last_mut() {
            *end = Some(now);
        }
    }

    /// Returns whether it waits for the user.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.waits.last(), Some((_, None)))
    }

    /// Returns the time between two moments without that in which it waited for the user, in milliseconds.
    pub(super) fn working_millis(&self, from: Moment, to: Moment) -> i64 {
        let waited: i64 = self
            .waits
            .iter()
            .map(|(begin, end)| end.unwrap_or(to).min(to).since((*begin).max(from)).max(0))
            .sum();
        to.since(from).saturating_sub(waited).max(0)
    }

    /// Returns how long it has worked until now or its end, in milliseconds.
    pub(super) fn elapsed_millis(&self, now: Moment) -> i64 {
        let until = self.ended.as_ref().map_or(now, |(at, _)| *at);
        self.working_millis(self.began, until)
    }

    /// Returns how long new logins have failed, while they do, in milliseconds.
    pub(super) fn outage_millis(&self, now: Moment) -> Option<i64> {
        let has_outage = self.plan.as_ref().is_none_or(|(page, _)| page.has_outage);
        let since = self
            .changed_at
            .filter(|_| has_outage && self.ended.is_none())?;
        Some(now.since(since))
    }

    /// Returns the last report of a step.
    pub(super) fn latest(&self, step: &str) -> Option<&RunReport> {
        self.reports.iter().rev().find(|report| report.step == step)
    }

    /// Returns when a step began.
    pub(super) fn step_began(&self, step: &str) -> Option<Moment> {
        self.reports
            .iter()
            .find(|report| report.step == step)
            .map(|report| report.at)
    }

    /// Returns the time from the start to the plan, in milliseconds.
    pub(super) fn planning_millis(&self) -> Option<i64> {
        self.plan.as_ref().map(|(_, at)| at.since(self.began))
    }

    pub(super) fn password_ended(&mut self, result: Result<RotationEnd, Failure>, now: Moment) {
        let result = result.map(|end| RunEnd {
            outcome: end.outcome,
            reason: end.why.to_string(),
            is_declined: end.why.is_declined(),
            warnings: Vec::new(),
        });
        self.ended(result, now);
    }

    pub(super) fn client_secret_ended(
        &mut self,
        result: Result<ClientSecretEnd, Failure>,
        now: Moment,
    ) {
        let result = result.map(|end| RunEnd {
            outcome: end.outcome,
            reason: end.reason.to_string(),
            is_declined: end.reason.is_declined(),
            warnings: end.warnings,
        });
        self.ended(result, now);
    }

    fn ended(&mut self, result: Result<RunEnd, Failure>, now: Moment) {
        self.answered(now);
        self.ended = Some((now, result));
    }

    /// Returns whether it ended without success; `None` while it goes on.
    pub(super) fn has_failed(&self) -> Option<bool> {
        let (_, end) = self.ended.as_ref()?;
        Some(!end.as_ref().is_ok_and(|end| end.outcome.is_success()))
    }

    /// Returns what the operator must know after a success, a sentence for each: what keeps the old value, what was not proven.
    pub(super) fn all_warnings(&self) -> Vec<String> {
        let mut warnings = self.warnings.clone();
        let of_end = match &self.ended {
            Some((_, Ok(end))) => end.warnings.as_slice(),
            Some((_, Err(_))) | None => &[],
        };
        let of_steps = self.reports.iter().flat_map(|report| &report.warnings);
        for warning in of_steps.chain(of_end) {
            if !warnings.contains(warning) {
                warnings.push(warning.clone());
            }
        }
        warnings
    }

    /// Returns the ending as a sentence, with the number of warnings.
    pub(super) fn ending_words(&self, end: &RunEnd) -> String {
        let brief = self.ending_brief(end);
        if end.is_declined {
            brief
        } else {
            format!("{brief}: {}", end.reason)
        }
    }

    /// Returns the outcome with the number of warnings, for the header.
    pub(super) fn ending_brief(&self, end: &RunEnd) -> String {
        if end.is_declined {
            return end.reason.clone();
        }
        let warned = match self.all_warnings().len() {
            0 => String::new(),
            1 => ", with 1 warning".to_owned(),
            count => format!(", with {count} warnings"),
        };
        format!("{}{warned}", end.outcome.words())
    }

    /// Its colour: a success with warnings is not green.
    pub(super) fn ending_role(&self, end: &RunEnd) -> Role {
        match end.outcome {
            RotationOutcome::Rotated | RotationOutcome::Resumed | RotationOutcome::NothingToDo => {
                if self.all_warnings().is_empty() {
                    Role::Success
                } else {
                    Role::Degraded
                }
            }
            RotationOutcome::Refused if end.is_declined => Role::Text,
            RotationOutcome::Refused => Role::Degraded,
            RotationOutcome::Failed => Role::Failed,
        }
    }

    /// Returns what is being done. Until the first write it is no more than a plan.
    pub(super) fn running_word(&self) -> &'static str {
        let writes = self.reports.iter().any(|report| report.step != "check");
        match (&self.subject, writes) {
            (
                RunSubject::Password {
                    kind: RotationKind::Resume,
                    ..
                }
                | RunSubject::ClientSecret {
                    kind: ClientSecretKind::Resume,
                },
                _,
            ) => "resuming",
            (_, false) => "planning",
            (
                RunSubject::Password {
                    kind: RotationKind::Rollback,
                    ..
                }
                | RunSubject::ClientSecret {
                    kind: ClientSecretKind::Rollback,
                },
                true,
            ) => "rolling back",
            (_, true) => "rotating",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_spent_waiting_for_the_user_is_not_the_machines() {
        let at = Moment::from_millis;
        let subject = RunSubject::ClientSecret {
            kind: ClientSecretKind::Rotate,
        };
        let mut run = Run::new(DeploymentName::from("a"), "a".to_owned(), subject, at(0));
        run.asked(at(1_000));
        run.asked(at(2_000));
        assert!(run.is_waiting());
        assert_eq!(run.elapsed_millis(at(9_000)), 1_000, "it still waits");
        run.answered(at(21_000));
        assert_eq!(run.elapsed_millis(at(21_500)), 1_500);
        assert_eq!(run.working_millis(at(500), at(1_500)), 500);
        assert_eq!(run.working_millis(at(21_100), at(21_500)), 400);
    }
}
