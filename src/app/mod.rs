//! The app: pure. Actions and events go in, effects come out; the time is data; nothing here waits or reaches outside.

mod input;
mod on_event;
mod poll_schedule;
mod requests;
mod traffic_poll;
mod view;

use std::collections::{BTreeSet, VecDeque};

use crate::{
    keys::{Chord, Keymap},
    messages::{
        Action, AppAction, Effect, Effects, ExitMessage, ListAction, PromptAction, Route, Slot,
    },
    model::{Deployment, DeploymentName, Failure, Kind, Moment},
    screens::{
        Screen, ScreenUpdate, UpdateContext,
        activity::Activity,
        confirm::{Answered, Confirm},
        doctor::Doctor,
        fleet::Fleet,
        help::Help,
        logs::Logs,
        palette::{Palette, PaletteCommand},
        secrets::Secrets,
        tools::Tools,
    },
    state::{ActivityEntry, ListChange, Store},
    theme::Theme,
};

use poll_schedule::{ListKey, PollSchedule, WatchReason};

/// A word in passing stays this long.
const TOAST_MS: i64 = 5_000;
/// Ages on the screen are renewed this often while nothing else happens,
const AGES_MS: i64 = 10_000;
/// and after this time, at the latest twice that, when nobody was here for a while: then a step draws instead of asking.
const IDLE_AGES_MS: i64 = 75_000;
/// The spinner's pace while something is on its way.
const SPIN_MS: i64 = 120;
/// What is answered within this time is not worth a spinner.
const BRIEF_MS: i64 = 300;
/// A change of status stands out this long.
const FLASH_MS: i64 = 620;
const SPINNER: [&str; 8] = ["⠋", "⠙", "⠹", "⠸", "⠴", "⠦", "⠧", "⠇"];

/// What the app starts with.
#[derive(Clone, Debug)]
pub struct AppOptions {
    /// The deployments of the configuration; the demo's come with its stack.
    pub deployments: Vec<Deployment>,
    /// What is being started, where the deployments come with it.
    pub starting: Option<String>,
    /// What is wrong with the configuration: shown, never in the way.
    pub problems: Vec<String>,
    /// The first theme, and those that the theme key goes through.
    pub themes: Vec<Theme>,
    /// What keys mean.
    pub keymap: Keymap,
    /// Whether writes are refused for all.
    pub read_only: bool,
    /// Where times are shown.
    pub zone: jiff::tz::TimeZone,
    /// How often a calm fleet is asked, in milliseconds.
    pub refresh_ms: i64,
    /// The time.
    pub now: Moment,
}

/// A word in passing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Toast {
    pub(crate) text: String,
    pub(crate) is_failure: bool,
    pub(crate) until: Moment,
}

/// The whole state of the console.
#[derive(Debug)]
pub struct App {
    /// What is known.
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
    /// Questions that wait for an answer; the first is shown.
    pub(crate) questions: VecDeque<Confirm>,
    /// A failed write: it stays until it is closed.
    pub(crate) alarm: Option<Failure>,
    pub(crate) toast: Option<Toast>,
    pub(crate) pending_keys: Vec<Chord>,
    pub(crate) theme: usize,
    pub(crate) now: Moment,
    pub(crate) calls: usize,
    /// How wide the window was when it was last drawn: tabs stand closer in a narrow one.
    pub(crate) width: std::cell::Cell<u16>,
    /// When it was last drawn, and how many calls it showed.
    pub(crate) drawn: std::cell::Cell<(Moment, usize)>,
    /// Faults of the embedded stack that the palette offers.
    pub(crate) faults: Vec<String>,
    /// Those of them that are played now.
    pub(crate) played: BTreeSet<usize>,
    /// Since when calls are on their way.
    busy_since: Option<Moment>,
    /// Whether something changed that can be seen.
    changed: bool,
    has_started: bool,
    schedule: PollSchedule,
    counts: traffic_poll::TrafficPoll,
    leaving: bool,
    is_over: bool,
}

impl App {
    /// The state before anything is known.
    pub fn new(options: AppOptions) -> Self {
        let store = Store::new(options.deployments.clone());
        let now = options.now;
        let problems = options.problems.len();
        let toast = (problems > 0).then(|| Toast {
            text: format!(
                "the configuration has {problems} problem{}: see 6 Activity, or `config check`",
                if problems == 1 { "" } else { "s" }
            ),
            is_failure: true,
            until: now.plus(4 * TOAST_MS),
        });
        let mut app = Self {
            store,
            route: Route::Fleet,
            fleet: Fleet::default(),
            logs: Logs::default(),
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
            width: std::cell::Cell::new(0),
            drawn: std::cell::Cell::new((now, 0)),
            faults: Vec::new(),
            played: BTreeSet::new(),
            busy_since: None,
            changed: true,
            has_started: false,
            schedule: PollSchedule::new(options.refresh_ms, now),
            counts: traffic_poll::TrafficPoll::default(),
            leaving: false,
            is_over: false,
            options,
        };
        for problem in app.options.problems.clone() {
            let failure = Failure::new(
                crate::model::FailureKind::Usage,
                "reading the configuration",
                problem,
            )
            .hint("`agentcore-console config check` shows all of them");
            app.store.record(ActivityEntry {
                at: now,
                what: "read the configuration".to_owned(),
                write: false,
                result: Err(Box::new(failure)),
                request_id: None,
            });
        }
        app
    }

    /// Whether the console is to end.
    pub const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Tells how many calls are on their way; for the header.
    pub const fn calls(&mut self, count: usize) {
        self.calls = count;
        if count == 0 {
            self.busy_since = None;
        } else if self.busy_since.is_none() {
            self.busy_since = Some(self.now);
        }
    }

    /// Whether a frame would look different from the last one; asked once for each.
    pub fn take_change(&mut self) -> bool {
        let calls_ended = self.calls == 0 && self.drawn.get().1 > 0;
        std::mem::take(&mut self.changed) || calls_ended
    }

    /// What the first frame leaves to be done.
    pub fn start(&self) -> Effects {
        Effects::one(Effect::Start)
    }

    /// When the app wants to be woken although nothing happens: for ages, spinner, flashes, the next list.
    pub fn next_wake(&self) -> Option<Moment> {
        let ask = (self.has_started && !self.store.deployments.is_empty())
            .then(|| self.schedule.next(self.now));
        [self.next_frame(), ask, self.tools.next_listing()]
            .into_iter()
            .flatten()
            .min()
    }

    /// When what is on the screen looks different although nothing happens.
    fn next_frame(&self) -> Option<Moment> {
        let (drawn, _) = self.drawn.get();
        if self.options.starting.is_some() {
            return Some(drawn.plus(SPIN_MS));
        }
        let ages = (!self.store.deployments.is_empty()).then(|| {
            let is_idle = self.schedule.is_idle(self.now)
                && !(self.route == Route::Logs && self.logs.is_lively(self.now));
            drawn.plus(if is_idle { 2 * IDLE_AGES_MS } else { AGES_MS })
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

    /// The time is now this: what is due is asked for.
    pub fn tick(&mut self, now: Moment) -> Effects {
        self.now = now;
        self.changed |= self.next_frame().is_some_and(|at| at <= now);
        if self.toast.as_ref().is_some_and(|toast| toast.until <= now) {
            self.toast = None;
        }
        if !self.has_started || self.store.deployments.is_empty() {
            return Effects::none();
        }
        self.changed |= self.store.outdate(now);
        let tools = self.tools.tick(now);
        if self.schedule.next(now) > now {
            return tools;
        }
        let all = self.places();
        if self.schedule.is_idle(now) && now.since(self.drawn.get().0) >= IDLE_AGES_MS {
            self.changed = true;
            self.schedule.pause(all.len(), now);
            return tools;
        }
        let due = self.schedule.due(&all, now);
        tools.and(self.ask(due))
    }

    /// Asks for every list that is not being asked for already.
    pub fn refresh(&mut self) -> Effects {
        let all = self.places();
        self.schedule.record_activity(all.len(), self.now);
        self.schedule.asked_all(all.len(), self.now);
        self.count_failed_anew();
        self.changed = true;
        self.ask(all)
    }

    /// Every list of every deployment, in the order in which they are asked.
    fn places(&self) -> Vec<ListKey> {
        let names = self.store.deployments.iter().map(|each| each.name.clone());
        names
            .flat_map(|name| Kind::ALL.into_iter().map(move |kind| (name.clone(), kind)))
            .collect()
    }

    /// Somebody is here, or something has changed.
    fn stir(&mut self) {
        self.changed = true;
        self.schedule
            .record_activity(self.store.deployments.len() * Kind::ALL.len(), self.now);
    }

    /// What a list brought decides when it is looked at again.
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

    fn ask(&mut self, lists: Vec<ListKey>) -> Effects {
        let mut effects = Vec::new();
        for (name, kind) in lists {
            let list = self.store.lists.entry((name.clone(), kind)).or_default();
            if list.loading.is_none() {
                list.ask(self.now);
                effects.push(Effect::List(name, kind));
            }
        }
        Effects(effects)
    }

    /// Does what the user wants.
    pub fn act(&mut self, action: Action) -> Effects {
        if self.options.read_only && action.spec().writes {
            self.toast("read-only mode: nothing is changed".to_owned(), true);
            return Effects::none();
        }
        if matches!(action, Action::App(AppAction::Quit | AppAction::Suspend)) {
            return self.act_everywhere(action);
        }
        if let Some(effects) = self.act_on_top(action) {
            return effects;
        }
        let reply = self.with_screen(|screen, context| screen.act(action, context));
        if reply.handled {
            return self.follow(reply);
        }
        self.act_everywhere(action)
    }

    /// What lies on top takes the action first.
    fn act_on_top(&mut self, action: Action) -> Option<Effects> {
        if self.alarm.is_some() {
            if matches!(
                action,
                Action::Prompt(PromptAction::Yes)
                    | Action::Prompt(PromptAction::No)
                    | Action::App(AppAction::Back)
                    | Action::List(ListAction::Open)
            ) {
                self.alarm = None;
            }
            return Some(Effects::none());
        }
        if let Some(confirm) = self.questions.front_mut() {
            return Some(match confirm.act(action) {
                Answered::Open => Effects::none(),
                Answered::Closed(effects) => {
                    self.questions.pop_front();
                    effects
                        .0
                        .iter()
                        .for_each(|effect| self.tools.begun(effect, self.now));
                    effects
                }
            });
        }
        if let Some(palette) = self.palette.take() {
            return Some(self.act_on_palette(palette, action));
        }
        if let Some(help) = &mut self.help {
            if matches!(
                action,
                Action::App(AppAction::Back) | Action::App(AppAction::Help)
            ) {
                self.help = None;
                return Some(Effects::none());
            }
            if help.act(action) {
                return Some(Effects::none());
            }
            self.help = None;
        }
        None
    }

    fn act_on_palette(&mut self, mut palette: Palette, action: Action) -> Effects {
        match action {
            Action::App(AppAction::Back) => return Effects::none(),
            Action::Prompt(PromptAction::Accept) => {
                if let Some(command) = palette.chosen(self.palette_items()) {
                    return self.run_command(command);
                }
                if !palette.text().is_empty() {
                    self.toast(format!("nothing is called {}", palette.text()), false);
                }
            }
            Action::Prompt(action) => palette.move_cursor(action, self.palette_items()),
            Action::App(_)
            | Action::List(_)
            | Action::Fleet(_)
            | Action::Logs(_)
            | Action::Secrets(_)
            | Action::Tools(_)
            | Action::Doctor(_) => {}
        }
        self.palette = Some(palette);
        Effects::none()
    }

    /// Performs the actions that work on every screen.
    fn act_everywhere(&mut self, action: Action) -> Effects {
        let Action::App(action) = action else {
            return Effects::none();
        };
        match action {
            AppAction::Help => self.help = Some(Help::default()),
            AppAction::Palette => self.palette = Some(Palette::new(self.recent_commands.clone())),
            AppAction::NextTheme => {
                self.theme = (self.theme + 1) % self.options.themes.len().max(1);
            }
            AppAction::Refresh => return self.refresh(),
            AppAction::OpenFleet => return self.show(Route::Fleet),
            AppAction::OpenLogs => return self.show(Route::Logs),
            AppAction::OpenSecrets => return self.show(Route::Secrets),
            AppAction::OpenTools => return self.show(Route::Tools),
            AppAction::OpenDoctor => return self.show(Route::Doctor),
            AppAction::OpenActivity => return self.show(Route::Activity),
            AppAction::Quit => return self.quit(),
            AppAction::Suspend => return Effects::one(Effect::Suspend),
            AppAction::Back => {}
        }
        Effects::none()
    }

    /// What is to be said after the console has gone: how a rotation stands that was asked to stop, or left running.
    pub fn parting(&self) -> Option<ExitMessage> {
        if self.leaving {
            self.secrets.parting()
        } else {
            None
        }
    }

    /// Quitting waits for a rotation to reach a safe step; asked a second time, it does not.
    fn quit(&mut self) -> Effects {
        if let Some(running) = self.secrets.running().filter(|_| !self.leaving) {
            self.leaving = true;
            self.secrets.stopping();
            self.toast(
                format!(
                    "{running} stops at its next safe step, then the console ends. Again: end now, `secrets resume` goes on later"
                ),
                true,
            );
            return Effects::one(Effect::Stop(Slot::Rotation));
        }
        self.is_over = true;
        Effects::none()
    }

    fn show(&mut self, route: Route) -> Effects {
        if route == self.route {
            return Effects::none();
        }
        let left = self.turn_to(route);
        let entered = self.with_screen_effects(|screen, context| screen.enter(context));
        left.and(entered).and(self.count_calls())
    }

    /// Another screen comes to the front and is told itself what it is to show.
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
        });
        self.toast(format!("{failure}"), true);
    }

    pub(crate) fn screen(&self) -> &dyn Screen {
        match self.route {
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
        let mut context = UpdateContext {
            store: &mut self.store,
            now: self.now,
            read_only: self.options.read_only,
        };
        let screen: &mut dyn Screen = match self.route {
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
