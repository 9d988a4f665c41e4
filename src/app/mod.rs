//! The application state. Actions and events go in, effects come out. Time is passed in as data;
//! nothing here waits or does IO.

mod actions;
mod alarm_watch;
mod history_poll;
mod input;
mod on_event;
mod options;
mod poll_schedule;
mod requests;
mod traffic_poll;
mod view;

use std::collections::{BTreeSet, VecDeque};

use crate::{
    keys::Chord,
    messages::{Effect, Effects, FleetEffect, Route, ViewportId},
    model::{DeploymentName, Failure, FailureKind, Kind, Moment},
    screens::start_page::StartChoice,
    screens::{
        Screen, ScreenUpdate, UpdateContext,
        activity::Activity,
        confirm::Confirm,
        doctor::Doctor,
        fleet::Fleet,
        help::Help,
        logs::Logs,
        palette::{Palette, PaletteCommand},
        secrets::Secrets,
        tools::Tools,
    },
    state::{ActivityEntry, FleetSnapshot, ListChange, Store, ViewMemory},
    widgets::{DrawnParts, DrawnViewport},
};

pub use options::AppOptions;

use poll_schedule::{ListKey, PollSchedule, WatchReason};

/// How long a toast is shown, in milliseconds.
const TOAST_MS: i64 = 5_000;
/// Interval at which ages on the screen are redrawn while nothing else changes, in milliseconds.
const AGES_MS: i64 = 10_000;
/// The same interval while the user is idle, in milliseconds.
const IDLE_AGES_MS: i64 = 30_000;
/// Interval between two frames of the spinner, in milliseconds.
const SPIN_MS: i64 = 120;
/// Time after which requests in flight are shown by a spinner, in milliseconds.
const BRIEF_MS: i64 = 300;
/// How long a change of status is highlighted, in milliseconds.
const FLASH_MS: i64 = 620;
/// Lists that no call passes are polled once in so many turns.
const RARE_TURNS: i64 = 4;
const SPINNER: [&str; 8] = ["⠋", "⠙", "⠹", "⠸", "⠴", "⠦", "⠧", "⠇"];

/// A message that is shown for a few seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Toast {
    pub(crate) text: String,
    pub(crate) is_failure: bool,
    pub(crate) until: Moment,
}

/// What a frame showed: [`App::view`] returns it, and the app receives it before the next input.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawnFrame {
    /// Width of the window.
    width: u16,
    /// Time of the frame.
    at: Moment,
    /// The number of requests in flight that it showed.
    calls: usize,
    /// What scrolls, and what a click hits.
    parts: DrawnParts,
}

/// The whole state of the console.
#[derive(Debug)]
pub struct App {
    /// What is known about deployments and resources.
    pub store: Store,
    pub(crate) options: AppOptions,
    pub(crate) route: Route,
    pub(crate) fleet: Fleet,
    pub(crate) logs: Logs,
    pub(crate) secrets: Secrets,
    pub(crate) tools: Tools,
    pub(crate) doctor: Doctor,
    pub(crate) activity: Activity,
    pub(crate) help: Option<Help>,
    pub(crate) palette: Option<Palette>,
    /// The commands of the palette that were chosen last, the latest first.
    recent_commands: Vec<PaletteCommand>,
    /// Questions that wait for an answer. The first one is shown.
    pub(crate) questions: VecDeque<Confirm>,
    /// A failed write. It is shown until the user closes it.
    pub(crate) alarm: Option<Failure>,
    pub(crate) toast: Option<Toast>,
    pub(crate) pending_keys: Vec<Chord>,
    pub(crate) theme: usize,
    pub(crate) now: Moment,
    pub(crate) calls: usize,
    /// The last frame.
    frame: DrawnFrame,
    /// Names of the faults that the embedded stack can inject.
    pub(crate) faults: Vec<String>,
    /// Indices of the faults that are active.
    pub(crate) played: BTreeSet<usize>,
    /// Time at which the number of requests in flight last became non-zero.
    busy_since: Option<Moment>,
    /// Whether something visible has changed since the last frame.
    changed: bool,
    has_started: bool,
    schedule: PollSchedule,
    alarm_watch: alarm_watch::AlarmWatch,
    counts: traffic_poll::TrafficPoll,
    history: history_poll::HistoryPoll,
    leaving: bool,
    /// A suspension waits for a rotation.
    is_suspend_pending: bool,
    is_over: bool,
    /// What the user chose on the start page.
    start_choice: Option<StartChoice>,
    /// Whether the tour is on the screen.
    pub(crate) is_tour_open: bool,
}

impl App {
    /// Creates the state before anything is known.
    pub fn new(options: AppOptions) -> Self {
        let mut store = Store::new(options.deployments.clone());
        store.refresh_ms = options.refresh_ms;
        if let Some(snapshot) = &options.last_fleet {
            if store.deployments.is_empty() && options.starting.is_some() {
                store.deployments = snapshot.deployments();
            }
            store.remember(snapshot);
        }
        let now = options.now;
        record_problems(&mut store, &options.problems, now);
        let toast = problem_toast(options.problems.len(), now);
        Self {
            store,
            route: Route::of_title(&options.memory.screen).unwrap_or_default(),
            fleet: Fleet::restored(&options.memory.fleet),
            logs: Logs::restored(&options.memory.logs),
            secrets: Secrets::default(),
            tools: Tools::default(),
            doctor: Doctor::default(),
            activity: Activity::default(),
            help: None,
            palette: None,
            recent_commands: Vec::new(),
            questions: VecDeque::new(),
            alarm: None,
            toast,
            pending_keys: Vec::new(),
            theme: 0,
            now,
            calls: 0,
            frame: DrawnFrame {
                width: 0,
                at: now,
                calls: 0,
                parts: DrawnParts::default(),
            },
            faults: Vec::new(),
            played: BTreeSet::new(),
            busy_since: None,
            changed: true,
            has_started: false,
            alarm_watch: alarm_watch::AlarmWatch::default(),
            schedule: PollSchedule::new(options.refresh_ms, now),
            counts: traffic_poll::TrafficPoll::default(),
            history: history_poll::HistoryPoll::default(),
            leaving: false,
            is_suspend_pending: false,
            is_over: false,
            start_choice: None,
            is_tour_open: options.shows_tour,
            options,
        }
    }

    /// Returns the view to remember for the next run.
    pub fn memory(&self) -> ViewMemory {
        ViewMemory {
            screen: self.route.title().to_owned(),
            fleet: self.fleet.memory(),
            is_tour_seen: self.options.memory.is_tour_seen || self.is_tour_shown(),
            logs: self.logs.memory(),
        }
    }

    /// Returns what is known of the fleet, for the next run; `None` if nothing was listed.
    pub fn fleet_snapshot(&self, place: &str) -> Option<FleetSnapshot> {
        FleetSnapshot::of(&self.store, place, self.now)
    }

    /// Whether the event loop should end.
    pub const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Returns what the user chose on the start page.
    pub const fn start_choice(&self) -> Option<&StartChoice> {
        self.start_choice.as_ref()
    }

    /// Whether the tour was shown: not before there is something to get around in.
    fn is_tour_shown(&self) -> bool {
        self.options.shows_tour && !self.store.deployments.is_empty()
    }

    /// Whether the start page stands in the place of the Fleet.
    fn shows_start_page(&self) -> bool {
        self.route == Route::Fleet
            && self.store.deployments.is_empty()
            && self.options.starting.is_none()
    }

    /// Sets the number of requests in flight, which the header shows.
    pub const fn calls(&mut self, count: usize) {
        self.calls = count;
        if count == 0 {
            self.busy_since = None;
        } else if self.busy_since.is_none() {
            self.busy_since = Some(self.now);
        }
    }

    /// Records what the last frame showed.
    pub fn record_frame(&mut self, frame: DrawnFrame) {
        for drawn in &frame.parts.viewports {
            self.record_viewport(drawn);
        }
        self.frame = frame;
    }

    fn record_viewport(&mut self, drawn: &DrawnViewport) {
        match drawn.id {
            ViewportId::Help => {
                if let Some(help) = &mut self.help {
                    help.record_viewport(drawn);
                }
            }
            ViewportId::Question => {
                if let Some(question) = self.questions.front_mut() {
                    question.scroll.record(drawn);
                }
            }
            ViewportId::Fleet(part) => self.fleet.record_viewport(part, drawn),
            ViewportId::Logs(part) => self.logs.record_viewport(part, drawn),
            ViewportId::Secrets => self.secrets.record_viewport(drawn),
            ViewportId::Tools(part) => self.tools.record_viewport(part, drawn),
            ViewportId::Doctor(part) => self.doctor.record_viewport(part, drawn),
            ViewportId::Activity => self.activity.record_viewport(drawn),
        }
    }

    /// Returns whether the next frame would differ from the last one, and resets it.
    pub fn take_change(&mut self) -> bool {
        let calls_ended = self.calls == 0 && self.frame.calls > 0;
        std::mem::take(&mut self.changed) || calls_ended
    }

    /// Returns the effects to perform after the first frame.
    pub fn start(&self) -> Effects {
        Effects::one(Effect::Start)
    }

    /// Returns the next time at which the app must run although no input or event arrives: for
    /// ages, the spinner, highlights, or
    /// the next poll.
    pub fn next_wake(&self) -> Option<Moment> {
        let ask =
            (self.has_started && !self.store.deployments.is_empty()).then(|| self.schedule.next());
        let scan = self.logs.is_scanning().then_some(self.now);
        [
            self.next_frame(),
            ask,
            self.tools.next_listing(),
            self.next_calls(),
            scan,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Returns the next time at which the screen changes although no input or event arrives.
    fn next_frame(&self) -> Option<Moment> {
        let drawn = self.frame.at;
        if self.options.starting.is_some() {
            return Some(drawn.plus(SPIN_MS));
        }
        let ages = (!self.store.deployments.is_empty()).then(|| {
            let is_idle = self.schedule.is_idle(self.now)
                && !(self.route == Route::Logs && self.logs.is_lively(self.now));
            drawn.plus(if is_idle { IDLE_AGES_MS } else { AGES_MS })
        });
        let busy = [self.busy_since, self.store.loading_since()]
            .into_iter()
            .flatten()
            .min();
        let spin = busy.map(|since| drawn.plus(SPIN_MS).max(since.plus(BRIEF_MS)));
        let flash = self
            .store
            .feed
            .front()
            .map(|each| each.at.plus(FLASH_MS))
            .filter(|end| drawn < *end);
        let toast = self.toast.as_ref().map(|toast| toast.until);
        let countdown = self
            .tools
            .next_wake(drawn)
            .filter(|_| self.route == Route::Tools);
        [ages, spin, flash, toast, countdown]
            .into_iter()
            .flatten()
            .min()
    }

    /// Advances the time and returns the effects that are due.
    pub fn tick(&mut self, now: Moment) -> Effects {
        self.now = now;
        self.changed |= self.next_frame().is_some_and(|at| at <= now);
        if self.logs.is_scanning() {
            self.logs.scan_more();
            self.changed = true;
        }
        if self.toast.as_ref().is_some_and(|toast| toast.until <= now) {
            self.toast = None;
        }
        if !self.has_started || self.store.deployments.is_empty() {
            return Effects::none();
        }
        self.changed |= self.store.advance(now);
        let alarm = self.raise_alarm();
        let tools = self.tools.tick(now).and(self.read_calls()).and(alarm);
        if self.schedule.next() > now {
            return tools;
        }
        let all = self.places();
        let mut due = self.schedule.due(&all, now);
        due.retain(|list| self.is_worth_asking(list));
        tools.and(self.ask(due))
    }

    /// Whether a list whose turn it is should be asked for: those that no call passes change rarely, and skip turns.
    fn is_worth_asking(&self, (deployment, kind): &ListKey) -> bool {
        let place = (deployment.clone(), *kind);
        let last = self
            .store
            .lists
            .get(&place)
            .and_then(|list| list.value.as_ref());
        kind.is_in_chain()
            || self.store.moves(deployment, *kind)
            || last.is_none_or(|(at, _)| {
                self.now.since(*at) >= RARE_TURNS * self.options.refresh_ms - SPIN_MS
            })
    }

    /// Requests every list that is not already being requested.
    pub fn refresh(&mut self) -> Effects {
        let all = self.places();
        self.schedule.record_activity(self.now);
        self.schedule.asked_all(all.len(), self.now);
        self.count_failed_anew();
        self.changed = true;
        self.ask(all)
    }

    /// Returns every list of every deployment, in polling order.
    fn places(&self) -> Vec<ListKey> {
        let names = self.store.deployments.iter().map(|each| each.name.clone());
        names
            .flat_map(|name| Kind::ALL.into_iter().map(move |kind| (name.clone(), kind)))
            .collect()
    }

    /// Records user activity or a change: the fleet is polled at the configured interval for a
    /// while.
    fn stir(&mut self) {
        self.changed = true;
        self.schedule.record_activity(self.now);
    }

    /// Schedules the next poll of a list from what its last answer changed.
    fn note_list(&mut self, deployment: &DeploymentName, kind: Kind, news: ListChange) {
        if news == ListChange::StatusChanged {
            self.stir();
        }
        let place = (deployment.clone(), kind);
        let why = match self.store.lists.get(&place) {
            Some(list) if list.failure.is_some() => Some(WatchReason::Failing),
            _ => self
                .store
                .moves(deployment, kind)
                .then_some(WatchReason::Moving),
        };
        self.schedule
            .answered(place, why, news == ListChange::StatusChanged, self.now);
    }

    /// Asks for one list now.
    fn list_soon(&mut self, deployment: &DeploymentName, kind: Kind) -> Effects {
        self.ask(vec![(deployment.clone(), kind)])
    }

    fn ask(&mut self, lists: Vec<ListKey>) -> Effects {
        let mut effects = Vec::new();
        for (name, kind) in lists {
            let list = self.store.lists.entry((name.clone(), kind)).or_default();
            if list.loading.is_none() {
                list.ask(self.now);
                effects.push(Effect::Fleet(FleetEffect::List(name, kind)));
            }
        }
        Effects(effects)
    }

    fn show(&mut self, route: Route) -> Effects {
        if route == self.route {
            return Effects::none();
        }
        let left = self.turn_to(route);
        let entered = self.with_screen_effects(|screen, context| screen.enter(context));
        left.and(entered)
            .and(self.count_calls())
            .and(self.read_changes())
    }

    /// Switches to another screen without its default content; the caller says what it shows.
    fn turn_to(&mut self, route: Route) -> Effects {
        if route == self.route {
            return Effects::none();
        }
        let left = self.with_screen_effects(|screen, context| screen.leave(context));
        self.route = route;
        left
    }

    fn follow(&mut self, reply: ScreenUpdate) -> Effects {
        let ScreenUpdate {
            effects, requests, ..
        } = reply;
        requests.into_iter().fold(effects, |effects, request| {
            effects.and(self.handle_request(request))
        })
    }

    pub(crate) fn toast(&mut self, text: String, is_failure: bool) {
        self.toast = Some(Toast {
            text,
            is_failure,
            until: self.now.plus(TOAST_MS),
        });
    }

    fn toast_failure(&mut self, failure: &Failure) {
        let what = failure.doing.clone();
        self.store.record(ActivityEntry {
            at: self.now,
            what,
            write: false,
            result: Err(Box::new(failure.clone())),
            request_id: None,
            took_ms: None,
            arguments: None,
            again: None,
        });
        self.toast(format!("{failure}"), true);
    }

    pub(crate) fn screen(&self) -> &dyn Screen {
        match self.route {
            Route::Fleet if self.shows_start_page() => &self.options.start_page,
            Route::Fleet => &self.fleet,
            Route::Logs => &self.logs,
            Route::Secrets => &self.secrets,
            Route::Tools => &self.tools,
            Route::Doctor => &self.doctor,
            Route::Activity => &self.activity,
        }
    }

    fn with_screen(
        &mut self,
        work: impl FnOnce(&mut dyn Screen, &mut UpdateContext<'_>) -> ScreenUpdate,
    ) -> ScreenUpdate {
        let shows_start_page = self.shows_start_page();
        let mut context = UpdateContext {
            store: &mut self.store,
            now: self.now,
            read_only: self.options.read_only,
        };
        let screen: &mut dyn Screen = match self.route {
            Route::Fleet if shows_start_page => &mut self.options.start_page,
            Route::Fleet => &mut self.fleet,
            Route::Logs => &mut self.logs,
            Route::Secrets => &mut self.secrets,
            Route::Tools => &mut self.tools,
            Route::Doctor => &mut self.doctor,
            Route::Activity => &mut self.activity,
        };
        work(screen, &mut context)
    }

    fn with_screen_effects(
        &mut self,
        work: impl FnOnce(&mut dyn Screen, &mut UpdateContext<'_>) -> Effects,
    ) -> Effects {
        self.with_screen(|screen, context| ScreenUpdate::effects(work(screen, context)))
            .effects
    }

    pub(crate) fn spinner(&self) -> &'static str {
        let turn = usize::try_from(self.now.millis() / SPIN_MS).unwrap_or(0) % SPINNER.len();
        SPINNER.get(turn).copied().unwrap_or("·")
    }
}

/// The message that the configuration has problems; `None` if it has none.
fn problem_toast(problems: usize, now: Moment) -> Option<Toast> {
    (problems > 0).then(|| Toast {
        text: format!(
            "the configuration has {problems} problem{}: see 6 Activity, or `config check`",
            if problems == 1 { "" } else { "s" }
        ),
        is_failure: true,
        until: now.plus(4 * TOAST_MS),
    })
}

/// Records the problems of the configuration in the activity.
fn record_problems(store: &mut Store, problems: &[String], now: Moment) {
    for problem in problems {
        let failure = Failure::new(
            FailureKind::Usage,
            "reading the configuration",
            problem.clone(),
        )
        .hint("`agentcore-console config check` shows all of them");
        store.record(ActivityEntry {
            at: now,
            what: "read the configuration".to_owned(),
            write: false,
            result: Err(Box::new(failure)),
            request_id: None,
            took_ms: None,
            arguments: None,
            again: None,
        });
    }
}
