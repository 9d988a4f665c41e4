//! Secrets: Neo4j secrets with their versions and stages, and the rotation, step by step, while it runs.

mod run;

use ratatui::layout::Rect;

use self::run::{ending_role, ending_words, running_word};
use super::{AppRequest, Screen, ScreenUpdate, UpdateContext, ViewContext, confirm::Confirm};
use crate::{
    keys::Layer,
    kinds,
    messages::{
        Action, AppAction, Effect, Effects, ExitMessage, FleetAction, ListAction, SecretsAction,
        SecretsEffect,
    },
    model::{
        DeploymentName, Failure, FailureKind, Kind, Moment, Resource, SecretDetail, SecretVersion,
    },
    rotation::{
        labels,
        plan::RotationPlan,
        report::{RotationEnd, RotationKind, RotationOutcome, RotationQuestion, RotationReport},
    },
    state::{Loadable, Store},
    theme::Role,
    widgets::{List, Painter, cut_middle, glyph, role_of, text_width},
};

/// The state of the Secrets screen.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    list: List,
    detail: Option<(DeploymentName, String, Loadable<SecretDetail>)>,
    run: Option<Run>,
    /// Whether the running or finished rotation is shown instead of the versions.
    shows_run: bool,
}

/// A rotation that runs or has run.
#[derive(Clone, Debug)]
pub struct Run {
    deployment: DeploymentName,
    secret: String,
    kind: RotationKind,
    began: Moment,
    plan: Option<RotationPlan>,
    reports: Vec<RotationReport>,
    warnings: Vec<String>,
    ended: Option<(Moment, Result<RotationEnd, Failure>)>,
    stopping: bool,
}

impl Secrets {
    /// Whether a rotation runs.
    pub fn is_rotating(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.ended.is_none())
    }

    /// What quitting now would leave: for the question that it asks.
    pub fn running(&self) -> Option<String> {
        self.run
            .as_ref()
            .filter(|run| run.ended.is_none())
            .map(|run| format!("{} of {}", run.kind.as_str(), run.secret))
    }

    /// How the rotation stands that the console was left in.
    pub fn parting(&self) -> Option<ExitMessage> {
        let run = self.run.as_ref()?;
        let what = format!("{} of {}", run.kind.as_str(), run.secret);
        Some(match &run.ended {
            Some((_, Ok(ending))) => {
                let is_good = matches!(
                    ending.outcome,
                    RotationOutcome::Rotated
                        | RotationOutcome::Resumed
                        | RotationOutcome::NothingToDo
                );
                ExitMessage {
                    words: format!("{what}: {}", ending_words(run, ending)),
                    is_failure: !is_good,
                }
            }
            Some((_, Err(failure))) => ExitMessage {
                words: format!("{what}: {failure}"),
                is_failure: true,
            },
            None => ExitMessage {
                words: format!(
                    "{what} was left running: `agentcore-console secrets resume {}` finds out and ends it",
                    run.secret
                ),
                is_failure: true,
            },
        })
    }

    /// Notes that the running rotation was asked to stop where nothing is half done.
    pub fn stopping(&mut self) {
        if let Some(run) = &mut self.run {
            run.stopping = true;
        }
    }

    /// Puts the cursor on a secret.
    pub fn select(&mut self, deployment: &DeploymentName, id: &str, store: &Store) {
        if let Some(at) = secrets(store)
            .iter()
            .position(|each| each.key.deployment == *deployment && each.key.id == id)
        {
            self.list.select(at);
            self.shows_run = false;
        }
    }

    /// Takes the versions of a secret in.
    pub fn read(
        &mut self,
        deployment: &DeploymentName,
        id: &str,
        result: Result<SecretDetail, Failure>,
        now: Moment,
    ) {
        if let Some((name, secret, detail)) = &mut self.detail
            && name == deployment
            && secret == id
        {
            detail.answer(result, now);
        }
    }

    /// Takes the plan in.
    pub fn planned(&mut self, plan: RotationPlan) {
        if let Some(run) = &mut self.run {
            run.plan = Some(plan);
        }
    }

    /// Takes a step's news in; the versions are read again with it, since a step changes them.
    pub fn reported(&mut self, report: RotationReport) -> Effects {
        let Some(run) = &mut self.run else {
            return Effects::none();
        };
        let reread = report.state.has_ended();
        run.reports.push(report);
        if reread {
            Effects::one(Effect::Secrets(SecretsEffect::ReadSecret(
                run.deployment.clone(),
                run.secret.clone(),
            )))
        } else {
            Effects::none()
        }
    }

    /// Takes a warning in.
    pub fn warned(&mut self, sentence: String) {
        if let Some(run) = &mut self.run {
            run.warnings.push(sentence);
        }
    }

    /// Makes the rotation's question one to the user; going on costs the name typed out.
    pub fn asked(&self, question: &RotationQuestion) -> Option<Confirm> {
        let run = self.run.as_ref()?;
        let (yes, no) = (
            Effects::one(Effect::Secrets(SecretsEffect::AnswerRotation(true))),
            Effects::one(Effect::Secrets(SecretsEffect::AnswerRotation(false))),
        );
        Some(match question {
            RotationQuestion::Proceed => {
                let text = run.plan.as_ref().map_or_else(Vec::new, RotationPlan::lines);
                Confirm::type_name(
                    format!("{} {}", capital(run.kind.as_str()), run.secret),
                    text,
                    run.secret.clone(),
                    yes,
                    no,
                )
            }
            RotationQuestion::GoOn(..)
            | RotationQuestion::FinishForeign(_)
            | RotationQuestion::ReleaseForeign(_)
            | RotationQuestion::CloseConnections(_)
            | RotationQuestion::RefreshReaders(_) => {
                let mut confirm = Confirm::ask(
                    format!("{} {}", capital(run.kind.as_str()), run.secret),
                    question.to_string(),
                    Effect::Secrets(SecretsEffect::AnswerRotation(true)),
                );
                confirm.no = no;
                confirm
            }
        })
    }

    /// Takes the end in. Answers what is to be noted: the deed's words.
    pub fn ended(
        &mut self,
        result: Result<RotationEnd, Failure>,
        now: Moment,
    ) -> Option<(String, Result<String, Failure>)> {
        let run = self.run.as_mut()?;
        let what = format!("{} {} of {}", run.kind.as_str(), run.secret, run.deployment);
        let noted = match &result {
            Ok(ending) if ending.outcome.is_success() => Ok(ending_words(run, ending)),
            // A refusal is not a success: it is shown as what it is.
            Ok(ending) => Err(Failure::new(
                FailureKind::Refused,
                what.clone(),
                ending_words(run, ending),
            )),
            Err(failure) => Err(failure.clone()),
        };
        run.ended = Some((now, result));
        Some((what, noted))
    }

    fn current<'a>(&self, store: &'a Store) -> Option<&'a Resource> {
        let all = secrets(store);
        let at = self.list.cursor().min(all.len().saturating_sub(1));
        all.into_iter().nth(at)
    }

    fn read_current(&mut self, context: &UpdateContext<'_>) -> Effects {
        let Some(resource) = self.current(context.store) else {
            return Effects::none();
        };
        let (name, id) = (resource.key.deployment.clone(), resource.key.id.clone());
        let kept = self
            .detail
            .take()
            .filter(|(old, secret, _)| *old == name && *secret == id);
        let mut detail = kept.map_or_else(Loadable::not_asked, |(.., detail)| detail);
        detail.ask(context.now);
        self.detail = Some((name.clone(), id.clone(), detail));
        Effects::one(Effect::Secrets(SecretsEffect::ReadSecret(name, id)))
    }

    fn begin(&mut self, kind: RotationKind, context: &UpdateContext<'_>) -> ScreenUpdate {
        if let Some(running) = self.running() {
            self.shows_run = true;
            return ScreenUpdate::request(AppRequest::Say(format!("{running} is still running")));
        }
        let Some(resource) = self.current(context.store) else {
            return ScreenUpdate::done();
        };
        let (deployment, secret) = (resource.key.deployment.clone(), resource.key.id.clone());
        if context.read_only
            || context
                .store
                .deployment(&deployment)
                .is_some_and(|each| each.read_only)
        {
            return ScreenUpdate::request(AppRequest::Say(
                "read-only mode: no password is changed".to_owned(),
            ));
        }
        self.run = Some(Run {
            deployment: deployment.clone(),
            secret: secret.clone(),
            kind,
            began: context.now,
            plan: None,
            reports: Vec::new(),
            warnings: Vec::new(),
            ended: None,
            stopping: false,
        });
        self.shows_run = true;
        let mut reply = ScreenUpdate::effects(self.read_current(context).and(Effects::one(
            Effect::Secrets(SecretsEffect::Rotate {
                deployment,
                secret: secret.clone(),
                kind,
            }),
        )));
        if kind != RotationKind::Resume {
            reply.requests.push(AppRequest::Ask(Confirm::early(
                format!("{} {secret}", capital(kind.as_str())),
                secret,
            )));
        }
        reply
    }
}

/// The secrets of all deployments, in the order of the configuration.
fn secrets(store: &Store) -> Vec<&Resource> {
    store
        .deployments
        .iter()
        .flat_map(|each| store.resources(&each.name))
        .filter(|resource| resource.key.kind == Kind::Secret)
        .collect()
}

impl Screen for Secrets {
    fn layers(&self) -> Vec<Layer> {
        vec![Layer::Secrets, Layer::List]
    }

    fn enter(&mut self, context: &mut UpdateContext<'_>) -> Effects {
        if self.is_rotating() {
            Effects::none()
        } else {
            self.read_current(context)
        }
    }

    fn act(&mut self, action: Action, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        let count = secrets(context.store).len();
        if !self.shows_run && self.list.act(action, count) {
            return ScreenUpdate::effects(self.read_current(context));
        }
        match action {
            Action::Secrets(SecretsAction::Rotate) => self.begin(RotationKind::Rotate, context),
            Action::Secrets(SecretsAction::Resume) => self.begin(RotationKind::Resume, context),
            Action::Secrets(SecretsAction::Rollback) => self.begin(RotationKind::Rollback, context),
            Action::App(AppAction::Back) if self.shows_run => {
                self.shows_run = false;
                ScreenUpdate::effects(self.read_current(context))
            }
            Action::List(ListAction::Open) => {
                self.shows_run = self.run.is_some() && !self.shows_run;
                ScreenUpdate::effects(self.read_current(context))
            }
            Action::App(AppAction::Refresh) => ScreenUpdate::effects(self.read_current(context)),
            Action::Fleet(FleetAction::CopyArn) => self
                .current(context.store)
                .and_then(|each| each.arn.clone())
                .map_or_else(ScreenUpdate::done, |arn| {
                    ScreenUpdate::effect(Effect::Copy(arn))
                }),
            _ => ScreenUpdate::ignored(),
        }
    }

    fn click(&mut self, column: u16, line: u16, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        match self.list.row_at(column, line).filter(|_| !self.shows_run) {
            Some(row) => {
                self.list.select(row);
                ScreenUpdate::effects(self.read_current(context))
            }
            None => ScreenUpdate::ignored(),
        }
    }

    fn headline(&self, context: &ViewContext<'_>) -> Option<Vec<(String, Role)>> {
        let run = self.run.as_ref().filter(|_| self.shows_run)?;
        let (words, role) = match &run.ended {
            None if run.stopping => (
                format!(
                    "◐ stopping at the next safe step, {}",
                    run.began.age(context.now)
                ),
                Role::Degraded,
            ),
            None => (
                format!("◐ {} {}", running_word(run), run.began.age(context.now)),
                Role::Changing,
            ),
            Some((_, Ok(ending))) => (ending_words(run, ending), ending_role(run, ending)),
            Some((_, Err(failure))) => (failure.cause.clone(), Role::Failed),
        };
        let whom = run.plan.as_ref().map_or_else(String::new, |plan| {
            format!("   user {} at {}", plan.user, plan.address)
        });
        Some(vec![
            (run.secret.clone(), Role::Name),
            (format!("   {}", run.deployment), Role::Dim),
            (whom, Role::Dim),
            ("   ".to_owned(), Role::Dim),
            (words, role),
        ])
    }

    fn offers(&self, action: Action, _look: &ViewContext<'_>) -> bool {
        match action {
            Action::List(ListAction::Open) => self.run.is_some(),
            Action::List(ListAction::Filter | ListAction::Sort | ListAction::Mark) => false,
            _ => true,
        }
    }

    fn view(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        if let Some(run) = self.run.as_ref().filter(|_| self.shows_run) {
            let below = run::draw(run, context, area, painter);
            self.draw_versions(context, below, painter);
            return;
        }
        let all = secrets(context.store);
        if all.is_empty() {
            let words = if context.store.loading() > 0 {
                "asking for secrets"
            } else {
                "No Neo4j secret is known. Name one in the configuration (`secrets = [\"…\"]`), or a stack whose outputs name it."
            };
            painter.text(
                area.x + 3,
                area.y + 1,
                area.width.saturating_sub(4),
                words,
                Role::Dim,
            );
            return;
        }
        let height = u16::try_from(all.len())
            .unwrap_or(u16::MAX)
            .min(area.height / 2)
            .max(1);
        painter.text(area.x + 4, area.y, 40, "SECRET", Role::Dim);
        painter.text(
            area.x + 40.min(area.width / 2),
            area.y,
            20,
            "DEPLOYMENT",
            Role::Dim,
        );
        let top = Rect {
            y: area.y + 1,
            height,
            ..area
        };
        let name_width = all
            .iter()
            .map(|resource| text_width(resource.key.deployment.as_str()))
            .max()
            .unwrap_or(0);
        for (row, index) in self.list.window(top, all.len()).enumerate() {
            let Some(resource) = all.get(index) else {
                continue;
            };
            let line = Rect {
                y: top.y + u16::try_from(row).unwrap_or(0),
                height: 1,
                ..top
            };
            if index == self.list.cursor().min(all.len() - 1) {
                painter.select_row(line, true);
            }
            draw_secret(resource, name_width, context, line, painter);
        }
        let rule = Rect {
            y: top.bottom(),
            height: 1,
            ..area
        };
        painter.hline(rule);
        self.draw_versions(
            context,
            Rect {
                y: rule.y + 1,
                height: area.bottom().saturating_sub(rule.y + 1),
                ..area
            },
            painter,
        );
    }
}

fn draw_secret(
    resource: &Resource,
    name_width: usize,
    context: &ViewContext<'_>,
    line: Rect,
    painter: &mut Painter<'_>,
) {
    let health = kinds::health(resource);
    let half = 40.min(line.width / 2);
    painter.text(
        line.x + 4,
        line.y,
        half.saturating_sub(5),
        &cut_middle(&resource.name, usize::from(half.saturating_sub(5))),
        Role::Name,
    );
    let status = kinds::status_text(resource, context.now);
    let remark = kinds::remark(resource, context.now)
        .map_or_else(String::new, |remark| format!("   {remark}"));
    let deployment = resource.key.deployment.as_str();
    let padding = " ".repeat(name_width.saturating_sub(text_width(deployment)) + 3);
    let pieces = [
        (deployment, Role::Text),
        (padding.as_str(), Role::Dim),
        (glyph(health), role_of(health)),
        (" ", Role::Dim),
        (status.as_str(), role_of(health)),
        (remark.as_str(), Role::Degraded),
    ];
    painter.spans(
        line.x + half,
        line.y,
        line.width.saturating_sub(half + 1),
        &pieces,
    );
}

impl Secrets {
    fn draw_versions(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        let Some((_, _, detail)) = &self.detail else {
            return;
        };
        let mut lines: Vec<Vec<(String, Role)>> = Vec::new();
        if let Some(failure) = detail.problem() {
            lines.extend(super::detail::failure_block(
                failure,
                area.width.saturating_sub(5),
            ));
        }
        match detail.get() {
            None if detail.loading.is_some() => lines.push(vec![(
                format!("{} reading its versions", context.spinner),
                Role::Dim,
            )]),
            None => {}
            Some(secret) => lines.extend(version_lines(secret, self.is_rotating(), context)),
        }
        for (row, line) in lines.iter().take(usize::from(area.height)).enumerate() {
            let pieces: Vec<(&str, Role)> = line
                .iter()
                .map(|(text, role)| (text.as_str(), *role))
                .collect();
            painter.spans(
                area.x + 4,
                area.y + u16::try_from(row).unwrap_or(0),
                area.width.saturating_sub(5),
                &pieces,
            );
        }
    }
}

fn version_lines(
    secret: &SecretDetail,
    is_rotating: bool,
    context: &ViewContext<'_>,
) -> Vec<Vec<(String, Role)>> {
    // The stages of Secrets Manager; labels of this program say nothing to a person.
    let stages = |version: &SecretVersion| {
        let shown: Vec<&str> = version
            .stages
            .iter()
            .map(String::as_str)
            .filter(|stage| !labels::is_ours(stage))
            .collect();
        shown.join(" ")
    };
    let width = secret
        .versions
        .iter()
        .map(|version| text_width(&stages(version)))
        .max()
        .unwrap_or_default()
        .max(30)
        + 2;
    let mut lines = vec![vec![(
        format!("{:<14}{:<width$}{}", "VERSION", "STAGES", "CREATED"),
        Role::Dim,
    )]];
    for version in &secret.versions {
        let is_current = version.stages.iter().any(|stage| stage == "AWSCURRENT");
        let age = version
            .created_at
            .map_or_else(|| "-".to_owned(), |at| at.age(context.now));
        lines.push(vec![
            (
                format!("{:<14}", cut_middle(&version.version_id, 12)),
                Role::Text,
            ),
            (
                format!("{:<width$}", stages(version)),
                if is_current { Role::Accent } else { Role::Text },
            ),
            (age, Role::Dim),
        ]);
    }
    lines.push(Vec::new());
    let rotation = &secret.rotation;
    let words = match (
        &rotation.pending_version,
        rotation.enabled,
        &rotation.lambda_arn,
    ) {
        (Some(_), _, _) if is_rotating => ("This console is rotating it.".to_owned(), Role::Dim),
        (Some(pending), _, _) => (
            format!(
                "A rotation is in progress or stuck: AWSPENDING is on {}. Resume finds out which password Neo4j accepts and finishes it.",
                cut_middle(pending, 12)
            ),
            Role::Degraded,
        ),
        (None, Some(true), Some(lambda)) => (
            format!("Rotated by {}", lambda.rsplit(':').next().unwrap_or(lambda)),
            Role::Dim,
        ),
        (None, ..) => (
            "No rotation function: it is rotated from here, step by step.".to_owned(),
            Role::Dim,
        ),
    };
    lines.push(vec![words]);
    if let Some(next) = rotation.next_rotation {
        let date = next.date_time(context.zone);
        lines.push(vec![if next < context.now {
            (
                format!(
                    "▲ scheduled rotation of {date} is overdue by {}",
                    next.age(context.now)
                ),
                Role::Degraded,
            )
        } else {
            (format!("next scheduled rotation {date}"), Role::Dim)
        }]);
    }
    lines
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}
