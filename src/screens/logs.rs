//! Logs: the live tail of what was chosen, several groups merged, with its errors, hits and ids.

mod draw;

use ratatui::layout::Rect;

use super::{
    AppRequest, Screen, ScreenUpdate, UpdateContext, ViewContext, fleet::deployment_groups,
};
use crate::{
    keys::Layer,
    logs::{
        Filter, Level, LogRecord, source_word,
        store::{Body, Entry, Store},
    },
    messages::{
        Action, AppAction, Effect, Effects, ListAction, LogsAction, LogsEffect, PromptAction, Slot,
    },
    model::{DeploymentName, Failure, Kind, LogBatch, LogQuery, Moment, TailMode, TailStatus},
    theme::Role,
    widgets::{LineInput, List, Painter, Scroll, sparkline},
};
use crossterm::event::KeyEvent;

/// How far back a fresh tail begins, in milliseconds.
const BACK_MS: i64 = 15 * 60 * 1000;
/// Maximal number of lines of each group that a fresh tail begins with: one page.
const FIRST_LINES: usize = 10_000;
/// How far a tail that is taken up again reaches back, in milliseconds. Events become visible up to 90 seconds after their
/// time, so those of the last moments before the tail was left may be missing.
const RESUME_OVERLAP_MS: i64 = 150_000;
/// Width of a bar of the rates in the headline, in milliseconds.
const RATE_MS: i64 = 5_000;
/// Number of bars of the rates in the headline.
const RATES: i64 = 14;

/// The state of the Logs screen.
#[derive(Clone, Debug, Default)]
pub struct Logs {
    source: Option<TailSource>,
    store: Store,
    list: List,
    /// Whether the cursor stays on the newest line.
    follows: bool,
    unseen: usize,
    status: TailStatus,
    /// Where the running tail began.
    since: Moment,
    /// When the last batch arrived.
    heard: Option<Moment>,
    /// Where a tail that was left goes on.
    left_at: Option<Moment>,
    failure: Option<Failure>,
    wrap: bool,
    prompt: Option<Prompt>,
    search: String,
    wrong: Option<String>,
    open: bool,
    /// The line that was read before a filter let nothing through.
    filtered_away: Option<Entry>,
    scroll: Scroll,
}

/// What is tailed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TailSource {
    /// Deployment whose credentials read the logs.
    pub deployment: DeploymentName,
    /// Title of the view.
    pub title: String,
    /// Log group names.
    pub groups: Vec<String>,
    /// Ids of the deployment's gateways and runtimes.
    pub owner_ids: Vec<String>,
}

/// Ids of a deployment's gateways and runtimes, as far as they have been listed.
pub fn owner_ids(store: &crate::state::Store, deployment: &DeploymentName) -> Vec<String> {
    store
        .resources(deployment)
        .filter(|resource| matches!(resource.key.kind, Kind::Gateway | Kind::Runtime))
        .map(|resource| resource.key.id.clone())
        .collect()
}

#[derive(Clone, Debug)]
enum Prompt {
    Search(LineInput),
    Filter(LineInput),
}

impl Logs {
    /// Whether a deployment or log group was chosen.
    pub const fn has_source(&self) -> bool {
        self.source.is_some()
    }

    /// Begins to follow log groups.
    pub fn tail(&mut self, source: TailSource, since: Option<Moment>, now: Moment) -> Effects {
        let begin = since.unwrap_or_else(|| now.plus(-BACK_MS));
        let query = LogQuery {
            groups: source.groups.clone(),
            owner_ids: source.owner_ids.clone(),
            since: Some(begin),
            limit: Some(FIRST_LINES),
            ..LogQuery::default()
        };
        let effect = Effect::Logs(LogsEffect::Tail(source.deployment.clone(), query));
        let follows = since.is_none();
        let mut store = Store::default();
        store.set_tail_start(now);
        *self = Self {
            since: begin,
            store,
            source: Some(source),
            follows,
            wrap: self.wrap,
            ..Self::default()
        };
        Effects::one(effect)
    }

    /// Takes in a batch of lines.
    pub fn arrived(&mut self, batch: LogBatch<LogRecord>, now: Moment) {
        self.status = batch.status.unwrap_or(self.status);
        self.heard = Some(now);
        self.failure = None;
        let before = self.store.len();
        let read = self.current();
        let count = self.store.push_batch(batch);
        self.stay(read.as_ref());
        if !self.follows {
            self.unseen += count.min(self.store.len().saturating_sub(before));
        }
    }

    /// The time from which on a tail that was left has to read again: a little before it last had everything, or its own
    /// beginning if it never did.
    fn resume_from(&self, now: Moment) -> Moment {
        let has_everything = self.status.is_backfilled && self.status.open_gaps == 0;
        match (has_everything, &self.failure, self.heard) {
            (true, None, Some(_)) => now.plus(-RESUME_OVERLAP_MS).max(self.since),
            (true, Some(_), Some(heard)) => heard.plus(-RESUME_OVERLAP_MS).max(self.since),
            _ => self.since,
        }
    }

    /// Starts the tail of the same groups again, without losing or repeating a line.
    fn resume(&mut self, now: Moment) -> Effects {
        let Some(source) = &self.source else {
            return Effects::none();
        };
        let since = self.left_at.take().unwrap_or_else(|| self.resume_from(now));
        let query = LogQuery {
            groups: source.groups.clone(),
            owner_ids: source.owner_ids.clone(),
            since: Some(since),
            limit: self.store.is_empty_of_events().then_some(FIRST_LINES),
            ..LogQuery::default()
        };
        let effect = Effect::Logs(LogsEffect::Tail(source.deployment.clone(), query));
        self.store.expect_again(since);
        self.since = since;
        self.status = TailStatus::default();
        self.failure = None;
        Effects::one(effect)
    }

    /// The tail has ended.
    pub fn failed(&mut self, failure: Failure) {
        self.failure = Some(failure);
    }

    /// Whether its rates still move by themselves: something was written lately.
    pub fn is_lively(&self, now: Moment) -> bool {
        self.source.is_some()
            && self
                .store
                .newest()
                .is_some_and(|newest| now.since(newest) < RATE_MS * RATES)
    }

    fn current(&self) -> Option<Entry> {
        self.store.row(self.list.cursor())
    }

    /// The cursor stays on its line whatever came before it; or on the newest, where that is followed.
    fn stay(&mut self, read: Option<&Entry>) {
        match read.filter(|_| !self.follows) {
            Some(line) => self.list.carry(self.store.position(line)),
            None if self.follows => self.list.select(self.store.len().saturating_sub(1)),
            None => {}
        }
        self.list.clamp(self.store.len());
    }

    fn stop_following(&mut self) {
        self.follows = false;
    }

    fn follow(&mut self) {
        self.follows = !self.follows;
        if self.follows {
            self.unseen = 0;
            self.list.select(self.store.len().saturating_sub(1));
        }
    }

    fn jump_to_error(&mut self, backwards: bool) -> ScreenUpdate {
        let cursor = self.list.cursor();
        let found = self.store.next_of_level(cursor, backwards, Level::Error);
        self.jump_to(found)
    }

    /// Whether a filter or a search has not gone through all lines yet.
    pub const fn is_scanning(&self) -> bool {
        self.store.is_scanning()
    }

    /// Filters and searches some more lines. The cursor stays on its line.
    pub fn scan_more(&mut self) {
        let was_empty = self.store.is_empty();
        let added = self.store.scan_more();
        let cursor = self.list.cursor() + added;
        if self.follows || was_empty {
            self.list.select(self.store.len().saturating_sub(1));
        } else {
            self.list.carry(cursor);
        }
        self.list.clamp(self.store.len());
    }

    fn jump_to(&mut self, found: Option<usize>) -> ScreenUpdate {
        match found {
            Some(row) => {
                self.stop_following();
                self.list.select(row);
                ScreenUpdate::done()
            }
            None => ScreenUpdate::request(AppRequest::Say("nothing more is found".to_owned())),
        }
    }

    fn jump_to_hit(&mut self, backwards: bool) -> ScreenUpdate {
        if self.search.is_empty() {
            return ScreenUpdate::request(AppRequest::Say(
                "nothing is searched for: / finds a text".to_owned(),
            ));
        }
        let found = self.store.next_hit(self.list.cursor(), backwards);
        self.jump_to(found)
    }

    fn set_search(&mut self, text: &str) {
        text.clone_into(&mut self.search);
        self.store.set_search(text);
    }

    fn set_filter(&mut self, text: &str) {
        match Filter::parse(text) {
            Ok(filter) => {
                self.wrong = None;
                let read = self.current().or_else(|| self.filtered_away.take());
                self.store.set_filter(filter);
                self.filtered_away = read.clone().filter(|_| self.store.is_empty());
                self.stay(read.as_ref());
            }
            Err(wrong) => self.wrong = Some(wrong),
        }
    }

    /// Only lines with the same id as this one.
    fn only(&mut self, action: Action) -> ScreenUpdate {
        let Some(Entry {
            body: Body::Event { line, .. },
            ..
        }) = self.current()
        else {
            return ScreenUpdate::done();
        };
        let (name, id) = match action {
            Action::Logs(LogsAction::OnlyTrace) => ("trace", &line.trace_id),
            Action::Logs(LogsAction::OnlySession) => ("session", &line.session_id),
            _ => ("request", &line.request_id),
        };
        match id.clone() {
            Some(id) => {
                self.set_filter(&format!("{name}={id}"));
                ScreenUpdate::done()
            }
            None => ScreenUpdate::request(AppRequest::Say(format!("this line names no {name}"))),
        }
    }

    fn accept(&mut self) -> ScreenUpdate {
        match self.prompt.take() {
            Some(Prompt::Search(input)) => {
                self.set_search(input.text());
                if self.search.is_empty() {
                    ScreenUpdate::done()
                } else {
                    self.jump_to_hit(true)
                }
            }
            Some(Prompt::Filter(input)) => {
                self.set_filter(input.text());
                ScreenUpdate::done()
            }
            None => ScreenUpdate::ignored(),
        }
    }

    fn back(&mut self) -> ScreenUpdate {
        if self.prompt.take().is_some() || std::mem::take(&mut self.open) {
            return ScreenUpdate::done();
        }
        if !self.store.filter().is_empty() || self.wrong.is_some() {
            self.set_filter("");
            return ScreenUpdate::done();
        }
        if !self.search.is_empty() {
            self.set_search("");
            return ScreenUpdate::done();
        }
        ScreenUpdate::ignored()
    }

    fn export(&self) -> ScreenUpdate {
        let mut text = String::new();
        self.store.for_each_row(|entry| {
            text.push_str(&plain(entry));
            text.push('\n');
        });
        let stem = self.source.as_ref().map_or_else(
            || "logs".to_owned(),
            |source| format!("logs-{}", source.deployment),
        );
        ScreenUpdate::effect(Effect::Export {
            stem,
            extension: "txt",
            text,
        })
    }

    /// The next deployment's logs.
    fn next_source(&mut self, context: &UpdateContext<'_>) -> ScreenUpdate {
        let names: Vec<&DeploymentName> = context
            .store
            .deployments
            .iter()
            .map(|each| &each.name)
            .collect();
        let at = self
            .source
            .as_ref()
            .and_then(|source| names.iter().position(|name| **name == source.deployment))
            .map_or(0, |at| at + 1);
        let order = names.iter().cycle().skip(at).take(names.len());
        let next = order
            .map(|name| ((*name).clone(), deployment_groups(context.store, name)))
            .find(|(_, groups)| !groups.is_empty());
        match next {
            Some((name, groups)) => {
                let source = TailSource {
                    deployment: name.clone(),
                    title: name.to_string(),
                    groups,
                    owner_ids: owner_ids(context.store, &name),
                };
                ScreenUpdate::effects(self.tail(source, None, context.now))
            }
            None => ScreenUpdate::request(AppRequest::Say("no log group is known yet".to_owned())),
        }
    }
}

/// A line as it is written to a file: escaped, so that no file steers a terminal.
fn plain(entry: &Entry) -> String {
    let text = match &entry.body {
        Body::Event {
            group,
            stream,
            text,
            ..
        } => format!("{} {} {} {}", entry.at, source_word(group), stream, text),
        Body::Notice(notice) => format!("{} -- {}", entry.at, notice.text),
    };
    crate::model::sanitize(&text).into_owned()
}

impl Screen for Logs {
    fn layers(&self) -> Vec<Layer> {
        if self.prompt.is_some() {
            vec![Layer::Prompt]
        } else {
            vec![Layer::Logs, Layer::List]
        }
    }

    fn is_typing(&self) -> bool {
        self.prompt.is_some()
    }

    fn press(&mut self, key: KeyEvent, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        match &mut self.prompt {
            Some(Prompt::Search(input) | Prompt::Filter(input)) => {
                input.press(key);
                ScreenUpdate::done()
            }
            None => ScreenUpdate::ignored(),
        }
    }

    fn paste(&mut self, text: &str, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        if let Some(Prompt::Search(input) | Prompt::Filter(input)) = &mut self.prompt {
            input.paste(text);
        }
        ScreenUpdate::done()
    }

    fn enter(&mut self, context: &mut UpdateContext<'_>) -> Effects {
        if self.source.is_some() {
            self.resume(context.now)
        } else {
            self.next_source(context).effects
        }
    }

    /// Ends the tail: a live session is billed by the minute. Entering the screen again fills in what was missed.
    fn leave(&mut self, context: &mut UpdateContext<'_>) -> Effects {
        if self.source.is_none() {
            return Effects::none();
        }
        self.left_at = Some(self.resume_from(context.now));
        Effects::one(Effect::Stop(Slot::Tail))
    }

    fn act(&mut self, action: Action, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        if self.open
            && matches!(
                action,
                Action::List(ListAction::PageDown | ListAction::PageUp)
            )
        {
            self.scroll.act(action);
            return ScreenUpdate::done();
        }
        if self.list.page_along(action, self.store.len()) {
            self.scroll.reset();
            let at_end = self.list.cursor() + 1 >= self.store.len();
            self.follows = at_end && matches!(action, Action::List(ListAction::Bottom));
            if self.follows {
                self.unseen = 0;
            }
            return ScreenUpdate::done();
        }
        match action {
            Action::Logs(LogsAction::Follow) => {
                self.follow();
                ScreenUpdate::done()
            }
            Action::Logs(LogsAction::Search) => {
                self.prompt = Some(Prompt::Search(LineInput::default()));
                ScreenUpdate::done()
            }
            Action::Logs(LogsAction::FilterLogs) => {
                self.prompt = Some(Prompt::Filter(LineInput::new(self.store.filter().text())));
                ScreenUpdate::done()
            }
            Action::Prompt(PromptAction::Accept) => self.accept(),
            Action::App(AppAction::Back) => self.back(),
            Action::Logs(LogsAction::NextHit) => self.jump_to_hit(false),
            Action::Logs(LogsAction::PreviousHit) => self.jump_to_hit(true),
            Action::Logs(LogsAction::NextError) => self.jump_to_error(false),
            Action::Logs(LogsAction::PreviousError) => self.jump_to_error(true),
            Action::Logs(
                LogsAction::OnlyTrace | LogsAction::OnlySession | LogsAction::OnlyRequest,
            ) => self.only(action),
            Action::Logs(LogsAction::Wrap) => {
                self.wrap = !self.wrap;
                ScreenUpdate::done()
            }
            Action::List(ListAction::Open) => {
                self.open = !self.open;
                self.scroll.reset();
                self.stop_following();
                ScreenUpdate::done()
            }
            Action::Logs(LogsAction::ExportLogs) => self.export(),
            Action::Logs(LogsAction::NextSource) => self.next_source(context),
            Action::App(AppAction::Refresh) => ScreenUpdate::effects(self.enter(context)),
            _ => ScreenUpdate::ignored(),
        }
    }

    fn click(&mut self, column: u16, line: u16, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        match self.list.row_at(column, line) {
            Some(row) => {
                self.stop_following();
                self.list
                    .select(row.min(self.store.len().saturating_sub(1)));
                ScreenUpdate::done()
            }
            None => ScreenUpdate::ignored(),
        }
    }

    fn headline(&self, context: &ViewContext<'_>) -> Option<Vec<(String, Role)>> {
        let source = self.source.as_ref()?;
        let (mode, role) = match (&self.failure, self.status.mode, self.follows) {
            (Some(_), ..) => ("✖ ended".to_owned(), Role::Failed),
            (None, TailMode::Starting, _) => {
                (format!("{} starting", context.spinner), Role::Changing)
            }
            (None, TailMode::Live, true) => ("● live".to_owned(), Role::Success),
            (None, TailMode::Live, false) => ("◐ paused".to_owned(), Role::Changing),
            (None, TailMode::Polling, _) => ("▲ polling".to_owned(), Role::Degraded),
            (None, TailMode::Reconnecting, _) => {
                (format!("{} reconnecting", context.spinner), Role::Degraded)
            }
            (None, TailMode::Paused, _) => ("◆ sign in again".to_owned(), Role::Failed),
        };
        let (all, errors) = self.store.rates(context.now, RATE_MS, RATES as usize);
        let per_minute: u64 = all.iter().rev().take(12).sum();
        let failed: u64 = errors.iter().sum();
        let count = source.groups.len();
        Some(vec![
            (source.title.clone(), Role::Name),
            (
                format!("   {count} source{}   ", if count == 1 { "" } else { "s" }),
                Role::Dim,
            ),
            (mode, role),
            ("   rate ".to_owned(), Role::Dim),
            (sparkline(&all), Role::Accent),
            (format!(" {per_minute}/min   errors "), Role::Dim),
            (
                sparkline(&errors),
                if failed > 0 {
                    Role::Failed
                } else {
                    Role::Faint
                },
            ),
            (
                format!(" {failed}"),
                if failed > 0 { Role::Failed } else { Role::Dim },
            ),
        ])
    }

    fn offers(&self, action: Action, _look: &ViewContext<'_>) -> bool {
        match action {
            Action::Logs(LogsAction::NextHit | LogsAction::PreviousHit) => !self.search.is_empty(),
            Action::List(ListAction::Sort | ListAction::Mark | ListAction::Filter) => false,
            _ => true,
        }
    }

    fn view(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        if self.source.is_none() {
            painter.text(
                area.x + 3,
                area.y + 1,
                area.width,
                "No logs are chosen yet.",
                Role::Name,
            );
            painter.text(
                area.x + 3,
                area.y + 2,
                area.width,
                "tab takes the next deployment; in the Fleet, l takes what is selected.",
                Role::Dim,
            );
            return;
        }
        self.draw_status(Rect { height: 1, ..area }, painter);
        let below = if self.open {
            (area.height / 2).max(4).min(area.height.saturating_sub(3))
        } else {
            0
        };
        let body = Rect {
            y: area.y + 1,
            height: area.height.saturating_sub(1 + below),
            ..area
        };
        if self.store.is_empty() {
            self.draw_empty(context, body, painter);
        } else {
            self.draw_lines(context, body, painter);
        }
        if below > 0 {
            self.draw_open(
                context,
                Rect {
                    y: body.bottom(),
                    height: below,
                    ..area
                },
                painter,
            );
        }
    }
}
