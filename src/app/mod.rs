//! The application state. Actions and events go in, effects come out. Time is passed in as data;
//! nothing here waits or does IO.

mod actions;
mod activity_log;
mod alarm_watch;
mod drawn_frame;
mod followed_writes;
mod history_poll;
mod input;
mod on_event;
mod options;
mod poll_schedule;
mod polling;
mod requests;
mod traffic_poll;
mod view;

use std::collections::{BTreeSet, VecDeque};

use crate::{
    keys::Chord,
    messages::{Effect, Effects, Route},
    model::{Failure, FailureKind, Moment},
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
    state::{ActivityEntry, FleetSnapshot, Store, ViewMemory},
    widgets::DrawnParts,
};

pub use drawn_frame::DrawnFrame;
pub use options::AppOptions;

use poll_schedule::PollSchedule;

/// How long a toast is shown, in milliseconds.
const TOAST_MS: i64 = 5_000;
/// Interval between two frames of the spinner, in milliseconds.
const SPIN_MS: i64 = 120;
const SPINNER: [&str; 8] = ["⠋", "⠙", "⠹", "⠸", "⠴", "⠦", "⠧", "⠇"];

/// A message that is shown for a few seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Toast {
    pub(crate) text: String,
    pub(crate) is_failure: bool,
    pub(crate) until: Moment,
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
    /// Writes that AWS took and that are not done yet.
    followed: Vec<followed_writes::FollowedWrite>,
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
        store.misconfigured.clone_from(&options.misconfigured);
        if let Some(snapshot) = &options.last_fleet {
            if store.deployments.is_empty() && options.starting.is_some() {
                store.set_deployments(snapshot.deployments());
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
            followed: Vec::new(),
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

    /// Returns whether the event loop should end.
    pub const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Returns what the user chose on the start page.
    pub const fn start_choice(&self) -> Option<&StartChoice> {
        self.start_choice.as_ref()
    }

    /// Returns whether the tour was shown: not before there is something to get around in.
    fn is_tour_shown(&self) -> bool {
        self.options.shows_tour && !self.store.deployments.is_empty()
    }

    /// Returns whether the start page stands in the place of the Fleet.
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

    /// Returns the effects to perform after the first frame.
    pub fn start(&self) -> Effects {
        Effects::one(Effect::Start)
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
            is_declined: false,
            is_warning: false,
            is_pending: false,
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

/// Returns the message that the configuration has problems; `None` if it has none.
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
            is_declined: false,
            is_warning: false,
            is_pending: false,
            result: Err(Box::new(failure)),
            request_id: None,
            took_ms: None,
            arguments: None,
            again: None,
        });
    }
}
