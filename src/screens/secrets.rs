//! Secrets: Neo4j secrets and client secrets, and the rotation of one of them, step by step, while it runs.

mod aside;
mod client_view;
mod cursor;
mod draw;
mod entry;
mod list_view;
mod news;
mod open_sessions;
mod plan_view;
mod question;
mod reading;
mod run;
mod run_view;
mod versions_view;

use std::collections::HashMap;

use ratatui::layout::Rect;

pub use self::news::{EndedRotation, SecretsOutcome};
use self::{
    entry::{SecretEntry, entries},
    news::ended,
    question::Question,
    reading::read_again,
    run::{Run, RunSubject},
};
use super::{
    AppRequest, ClickPlace, Screen, ScreenUpdate, UpdateContext, ViewContext, confirm::Confirm,
};
use crate::{
    keys::Layer,
    messages::{
        Action, AppAction, Effect, Effects, ExitMessage, FleetAction, ListAction, SecretsAction,
        SecretsEvent,
    },
    model::{
        ClientSecretDetail, DeploymentName, Moment, SecretDetail, SecretUser,
        moment::short_duration,
    },
    state::{Loadable, Store},
    theme::Role,
    widgets::{DrawnViewport, List, Painter, cut_middle},
};

/// Columns of a deployment in the header of a rotation: the secret and how it stands fit behind it into a window of 80 columns.
const WIDEST_TITLE: usize = 22;

/// The state of the Secrets screen.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    list: List,
    detail: Option<(DeploymentName, String, Loadable<SecretDetail>)>,
    /// The client secrets of machine sign-ins.
    clients: HashMap<DeploymentName, Loadable<ClientSecretDetail>>,
    /// The users of Neo4j secrets.
    users: HashMap<(DeploymentName, String), Loadable<SecretUser>>,
    run: Option<Run>,
    /// Whether the running or finished rotation is shown instead of the versions.
    shows_run: bool,
}

impl Secrets {
    /// Records what the last frame showed of the rows.
    pub const fn record_viewport(&mut self, drawn: &DrawnViewport) {
        self.list.record(drawn);
    }

    /// Returns whether a rotation runs.
    pub fn is_rotating(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.ended.is_none())
    }

    /// Returns the deployment whose secret is being rotated, or was last.
    pub fn rotates(&self) -> Option<&DeploymentName> {
        self.run.as_ref().map(|run| &run.deployment)
    }

    /// Returns whether the page of the rotation is shown, and not the list.
    pub const fn shows_rotation(&self) -> bool {
        self.shows_run
    }

    /// Returns what quitting now would leave: for the question that it asks.
    pub fn running(&self) -> Option<String> {
        self.run
            .as_ref()
            .filter(|run| run.ended.is_none())
            .map(Run::what)
    }

    /// Returns how the rotation stands that the console was left in.
    pub fn parting(&self) -> Option<ExitMessage> {
        let run = self.run.as_ref()?;
        let what = run.what();
        Some(match &run.ended {
            Some((_, Ok(end))) => ExitMessage {
                words: format!("{what}: {}", run.ending_words(end)),
                is_failure: !end.outcome.is_success() && !end.is_declined,
            },
            Some((_, Err(failure))) => ExitMessage {
                words: format!("{what}: {failure}"),
                is_failure: true,
            },
            None => ExitMessage {
                words: format!(
                    "{what} was left running: `agentcore-console {}` finds out and ends it",
                    run.resume_command()
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

    /// Notes that the user has answered the question of the rotation.
    pub fn answered(&mut self, now: Moment) {
        if let Some(run) = &mut self.run {
            run.answered(now);
        }
    }

    /// Puts the cursor on a secret. Returns whether it is listed.
    pub fn select(&mut self, deployment: &DeploymentName, id: &str, store: &Store) -> bool {
        let found = entries(store).iter().position(|entry| match entry {
            SecretEntry::Neo4j(secret) => {
                secret.key.deployment == *deployment && secret.key.id == id
            }
            SecretEntry::Client(_) => false,
        });
        if let Some(at) = found {
            self.list.select(at);
            self.shows_run = false;
        }
        found.is_some()
    }

    /// Handles an event.
    pub fn on(&mut self, event: SecretsEvent, now: Moment) -> SecretsOutcome {
        match event {
            SecretsEvent::SecretRead(deployment, id, result) => {
                if let Some((name, secret, detail)) = &mut self.detail
                    && *name == deployment
                    && *secret == id
                {
                    detail.finish_loading(*result, now);
                }
            }
            SecretsEvent::SecretUserRead(deployment, id, result) => {
                let known = self.users.entry((deployment, id)).or_default();
                known.finish_loading(*result, now);
            }
            SecretsEvent::ClientSecretRead(deployment, result) => {
                let known = self.clients.entry(deployment).or_default();
                known.finish_loading(*result, now);
            }
            SecretsEvent::Asked(question) => return self.asked(&Question::Password(question), now),
            SecretsEvent::ClientSecretAsked(question) => {
                return self.asked(&Question::ClientSecret(question), now);
            }
            event => return self.on_run(event, now),
        }
        SecretsOutcome::Nothing(Effects::none())
    }

    /// Handles an event of the running rotation.
    fn on_run(&mut self, event: SecretsEvent, now: Moment) -> SecretsOutcome {
        let Some(run) = &mut self.run else {
            return SecretsOutcome::Nothing(Effects::none());
        };
        match event {
            SecretsEvent::Planned(plan) => run.planned(&plan, now),
            SecretsEvent::ClientSecretPlanned(plan) => run.client_secret_planned(&plan, now),
            SecretsEvent::ClientSecretSeen(board) => run.board = *board,
            SecretsEvent::Warned(sentence) => run.warnings.push(sentence),
            SecretsEvent::Reported(report) => {
                run.reported(&report);
                return SecretsOutcome::Nothing(read_again(run, report.state.has_ended()));
            }
            SecretsEvent::ClientSecretReported(report) => {
                let has_ended = report.state.has_ended();
                run.client_secret_reported(report);
                return SecretsOutcome::Nothing(read_again(run, has_ended));
            }
            SecretsEvent::Ended(result) => {
                run.password_ended(*result, now);
                return self.ended(now);
            }
            SecretsEvent::ClientSecretEnded(result) => {
                run.client_secret_ended(*result, now);
                return self.ended(now);
            }
            SecretsEvent::SecretRead(..)
            | SecretsEvent::SecretUserRead(..)
            | SecretsEvent::ClientSecretRead(..)
            | SecretsEvent::Asked(_)
            | SecretsEvent::ClientSecretAsked(_) => {}
        }
        SecretsOutcome::Nothing(Effects::none())
    }

    /// Returns what the end of the rotation means. A plan that was left leaves nothing to look at: the list comes back.
    fn ended(&mut self, now: Moment) -> SecretsOutcome {
        let Some(run) = &self.run else {
            return SecretsOutcome::Nothing(Effects::none());
        };
        if let Some((_, Ok(end))) = &run.ended
            && end.is_declined
        {
            self.shows_run = false;
        }
        let outcome = ended(run);
        let changed = run.changed_secret();
        match (outcome, changed) {
            (SecretsOutcome::Ended(mut end), Some((deployment, secret))) => {
                // The user may be the other one of two now.
                end.reads = self.read_user(&deployment, &secret, now);
                SecretsOutcome::Ended(end)
            }
            (outcome, _) => outcome,
        }
    }

    /// Makes the rotation's question one to the user; to begin costs the name typed out.
    fn asked(&mut self, question: &Question, now: Moment) -> SecretsOutcome {
        let Some(run) = &mut self.run else {
            return SecretsOutcome::Nothing(Effects::none());
        };
        run.asked(now);
        let title = capital(&run.entry());
        SecretsOutcome::Question(Box::new(if question.is_beginning() {
            Confirm::begin_rotation(title, run.name().to_owned())
        } else {
            Confirm::of_rotation(title, question.to_string())
        }))
    }

    fn current<'a>(&self, store: &'a Store) -> Option<SecretEntry<'a>> {
        let all = entries(store);
        let at = self.list.cursor().min(all.len().saturating_sub(1));
        all.into_iter().nth(at)
    }

    /// Returns whether the rotation that runs or ended last is that of the selected secret.
    fn has_run_of_current(&self, store: &Store) -> bool {
        let run = self.run.as_ref();
        run.zip(self.current(store))
            .is_some_and(|(run, entry)| run.is_of(entry))
    }

    fn begin(&mut self, action: SecretsAction, context: &UpdateContext<'_>) -> ScreenUpdate {
        if let Some(running) = self.running() {
            self.shows_run = true;
            return ScreenUpdate::request(AppRequest::Say(format!("{running} is still running")));
        }
        let Some(entry) = self.current(context.store) else {
            return ScreenUpdate::done();
        };
        let deployment = entry.deployment().clone();
        let is_read_only = context
            .store
            .deployment(&deployment)
            .is_some_and(|deployment| deployment.read_only);
        if context.read_only || is_read_only {
            return ScreenUpdate::request(AppRequest::Say(
                "read-only mode: no secret is changed".to_owned(),
            ));
        }
        let subject = RunSubject::of(entry, action);
        let (start, has_plan) = (subject.effect(&deployment), subject.has_plan());
        let title = context.store.title(deployment.as_str()).to_owned();
        let run = Run::new(deployment, title, subject, context.now);
        let (title, name) = (capital(&run.entry()), run.name().to_owned());
        let since = open_sessions::sessions_since(
            &run.deployment,
            &run.subject,
            context.store,
            context.now,
        );
        let deployment = run.deployment.clone();
        self.run = Some(run);
        self.shows_run = true;
        let mut reply = ScreenUpdate::effects(self.read_current(context).and(Effects::one(start)));
        if has_plan {
            let early = Confirm::early(title, name);
            reply.requests.push(AppRequest::Ask(early));
            let counted = since.map(|since| AppRequest::ReadCalls(deployment, since));
            reply.requests.extend(counted);
        }
        reply
    }

    /// Returns whether an action on the selected secret has something to do: none while one is done, and none on the page of one that
    /// has ended but the way on or back from there.
    fn offers_rotation(&self, action: SecretsAction, store: &Store) -> bool {
        if self.is_rotating() || entries(store).is_empty() {
            return false;
        }
        let ended = self.run.as_ref().filter(|_| self.shows_run);
        let has_failed = ended.and_then(Run::has_failed);
        match action {
            SecretsAction::Rotate => has_failed.is_none(),
            SecretsAction::Resume => has_failed != Some(false),
            SecretsAction::Rollback => has_failed != Some(true) && self.has_previous(store),
        }
    }

    /// Returns whether there may be a previous version of the selected secret: what is not read yet may have one.
    fn has_previous(&self, store: &Store) -> bool {
        let Some(SecretEntry::Neo4j(secret)) = self.current(store) else {
            return true;
        };
        let read = self
            .detail
            .as_ref()
            .filter(|(name, id, _)| *name == secret.key.deployment && *id == secret.key.id);
        read.and_then(|(.., detail)| detail.value())
            .is_none_or(|detail| detail.version_with("AWSPREVIOUS").is_some())
    }

    fn copy_arn(&self, store: &Store) -> ScreenUpdate {
        let arn = match self.current(store) {
            Some(SecretEntry::Neo4j(secret)) => secret.arn.clone(),
            Some(SecretEntry::Client(_)) | None => None,
        };
        arn.map_or_else(ScreenUpdate::done, |arn| {
            ScreenUpdate::effect(Effect::Copy(arn))
        })
    }
}

impl Screen for Secrets {
    fn layers(&self) -> Vec<Layer> {
        vec![Layer::Secrets, Layer::List]
    }

    fn enter(&mut self, context: &mut UpdateContext<'_>) -> Effects {
        if self.is_rotating() {
            return Effects::none();
        }
        let current = self.read_current(context);
        current.and(self.read_new_rows(context))
    }

    fn listed(&mut self, context: &mut UpdateContext<'_>) -> Effects {
        if self.is_rotating() {
            return Effects::none();
        }
        let current = if self.is_detail_missing(context.store) {
            self.read_current(context)
        } else {
            Effects::none()
        };
        current.and(self.read_new_rows(context))
    }

    fn act(&mut self, action: Action, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        let count = entries(context.store).len();
        if !self.shows_run && self.list.act(action, count) {
            return ScreenUpdate::effects(self.read_current(context));
        }
        match action {
            Action::Secrets(action) => self.begin(action, context),
            Action::App(AppAction::Back) if self.shows_run => {
                self.shows_run = false;
                ScreenUpdate::effects(self.read_current(context))
            }
            Action::List(ListAction::Open) if self.has_run_of_current(context.store) => {
                self.shows_run = true;
                ScreenUpdate::effects(self.read_current(context))
            }
            Action::App(AppAction::Refresh) => ScreenUpdate::effects(self.refresh_current(context)),
            Action::Fleet(FleetAction::CopyArn) => self.copy_arn(context.store),
            Action::App(_)
            | Action::List(_)
            | Action::Start(_)
            | Action::Activity(_)
            | Action::Fleet(_)
            | Action::Prompt(_)
            | Action::Logs(_)
            | Action::Tools(_)
            | Action::Doctor(_) => ScreenUpdate::ignored(),
        }
    }

    fn click(&mut self, place: ClickPlace, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        let ClickPlace { column, line, .. } = place;
        match self.list.row_at(column, line).filter(|_| !self.shows_run) {
            Some(row) => {
                self.list.select(row);
                ScreenUpdate::effects(self.read_current(context))
            }
            None => ScreenUpdate::ignored(),
        }
    }

    fn shows_question(&self, question: &Confirm) -> bool {
        self.shows_run && question.is_of_rotation()
    }

    fn headline(&self, context: &ViewContext<'_>) -> Option<Vec<(String, Role)>> {
        let run = self.run.as_ref().filter(|_| self.shows_run)?;
        let elapsed = short_duration(run.elapsed_millis(context.now));
        let (words, role) = match &run.ended {
            None if run.stopping => (
                format!("◐ stopping at the next safe step, {elapsed}"),
                Role::Degraded,
            ),
            None if run.is_waiting() => ("◆ waiting for you".to_owned(), Role::Person),
            None => (
                format!("◐ {} {elapsed}", run.running_word()),
                Role::Changing,
            ),
            Some((_, Ok(end))) => (run.ending_brief(end), run.ending_role(end)),
            Some((_, Err(failure))) => (failure.cause.clone(), Role::Failed),
        };
        let subject = run
            .plan
            .as_ref()
            .map_or_else(String::new, |(page, _)| format!("   {}", page.subject));
        // Where it happens and how it stands come before what may be cut.
        Some(vec![
            (cut_middle(&run.deployment_title, WIDEST_TITLE), Role::Name),
            ("   ".to_owned(), Role::Dim),
            (run.title(), Role::Text),
            ("   ".to_owned(), Role::Dim),
            (words, role),
            (subject, Role::Dim),
        ])
    }

    fn way_back(&self, _look: &ViewContext<'_>) -> Option<&'static str> {
        let words = if self.is_rotating() {
            "leave, it goes on"
        } else {
            "secrets"
        };
        self.shows_run.then_some(words)
    }

    fn offers(&self, action: Action, look: &ViewContext<'_>) -> bool {
        match action {
            Action::List(ListAction::Open) => {
                !self.shows_run && self.has_run_of_current(look.store)
            }
            Action::List(ListAction::Filter | ListAction::Sort | ListAction::Mark) => false,
            Action::Secrets(action) => self.offers_rotation(action, look.store),
            Action::App(_)
            | Action::List(_)
            | Action::Start(_)
            | Action::Activity(_)
            | Action::Fleet(_)
            | Action::Prompt(_)
            | Action::Logs(_)
            | Action::Tools(_)
            | Action::Doctor(_) => true,
        }
    }

    fn view(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        let Some(run) = self.run.as_ref().filter(|_| self.shows_run) else {
            return self.draw_list(context, area, painter);
        };
        let question = context
            .question
            .filter(|question| question.is_of_rotation());
        match (question, &run.plan) {
            (Some(question), Some((page, _))) if question.name.is_some() && !question.is_early => {
                plan_view::draw(run, page, question, context, area, painter);
            }
            (question, _) => {
                let below = run_view::draw(run, question, context, area, painter);
                let (left, beside) = aside::split(below);
                self.draw_detail(context, left, beside.is_some(), painter);
                if let Some(beside) = beside {
                    self.draw_aside(context, beside, painter);
                }
            }
        }
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}
