//! Screens: the contents of the window. Each file holds a screen's state, its reaction to actions,
//! and its view.
//!
//! A screen does no IO: it returns effects, and requests to the rest of the console.

pub mod activity;
pub mod confirm;
pub mod detail;
pub mod doctor;
pub mod fleet;
mod foot;
pub mod frame;
pub mod help;
pub mod logs;
pub mod palette;
pub mod panel;
pub mod secrets;
pub mod start_page;
pub mod tools;
pub mod tour;

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use crate::{
    keys::{Keymap, Layer},
    messages::{Action, ClickTarget, Effects, Route},
    model::{DeploymentName, Failure, McpEndpoint, Moment, ResourceKey},
    state::Store,
    theme::Theme,
    widgets::Painter,
};
use confirm::Confirm;

/// What a screen reads and changes while it handles an action.
pub struct UpdateContext<'a> {
    /// What is known about deployments and resources.
    pub store: &'a mut Store,
    /// The current time.
    pub now: Moment,
    /// Whether writes are refused in all deployments.
    pub read_only: bool,
}

/// Where the mouse was pressed.
#[derive(Clone, Copy, Debug)]
pub struct ClickPlace {
    /// The column of the window.
    pub column: u16,
    /// The line of the window.
    pub line: u16,
    /// What was drawn there, where it is more than the row of a list.
    pub target: Option<ClickTarget>,
}

/// What a screen reads while it draws.
#[derive(Clone, Copy)]
pub struct ViewContext<'a> {
    /// What is known about deployments and resources.
    pub store: &'a Store,
    /// The styles of roles.
    pub theme: &'a Theme,
    /// Whether the terminal shows pictures with its own pixels.
    pub has_graphics: bool,
    /// The bindings of keys to actions.
    pub keymap: &'a Keymap,
    /// The current time.
    pub now: Moment,
    /// The time zone in which times are shown.
    pub zone: &'a jiff::tz::TimeZone,
    /// Whether writes are refused in all deployments.
    pub read_only: bool,
    /// The current frame of the spinner.
    pub spinner: &'static str,
    /// What is starting, before there are deployments.
    pub starting: Option<&'a str>,
    /// What the start page knows.
    pub start_page: &'a start_page::StartPage,
    /// Problems of the configuration.
    pub problems: &'a [String],
    /// The question that waits for an answer.
    pub question: Option<&'a Confirm>,
}

impl ViewContext<'_> {
    /// Returns whether an action is allowed. Read-only mode refuses actions that write.
    pub const fn allows(&self, action: Action) -> bool {
        !(self.read_only && action.spec().writes)
    }
}

/// A request of a screen to the rest of the console.
#[derive(Clone, Debug)]
pub enum AppRequest {
    /// Switch to another screen.
    Show(Route),
    /// Ask the user a question.
    Ask(Confirm),
    /// Show a toast.
    Say(String),
    /// Show a failure as a toast and record it.
    Complain(Failure),
    /// Open Logs with a tail of these log groups.
    Logs {
        /// The deployment whose account is used.
        deployment: DeploymentName,
        /// The title in the header.
        title: String,
        /// The names of the log groups.
        groups: Vec<String>,
        /// The start of the window, if it is not the default.
        since: Option<Moment>,
        /// The time from which on the cursor goes to the first line that failed, if it does.
        failed_from: Option<Moment>,
    },
    /// Open Logs with the waterfall of a call; without ids, with the calls of the deployment around a time.
    Call(DeploymentName, logs::CallLookup),
    /// Go to a time in Logs, written as the user typed it.
    LogsAt(String),
    /// Open Tools with an endpoint.
    Tools(McpEndpoint),
    /// Open Doctor and examine a deployment.
    Examine(DeploymentName),
    /// Open Secrets with a secret selected.
    Secret(DeploymentName, String),
    /// Open the detail of a resource.
    Detail(ResourceKey),
    /// Open Fleet with a resource selected.
    Reveal(ResourceKey),
    /// Read the logs of a runtime or endpoint, then ask in Fleet which of its sessions should be stopped.
    ReadSessions(ResourceKey),
    /// Read the calls of a deployment from a time on, for the sessions that they show.
    ReadCalls(DeploymentName, Moment),
    /// End the console and go on with what was chosen on the start page.
    Start(start_page::StartChoice),
}

/// The result of an action.
#[must_use]
#[derive(Clone, Debug, Default)]
pub struct ScreenUpdate {
    /// Effects to perform.
    pub effects: Effects,
    /// Requests to the rest of the console.
    pub requests: Vec<AppRequest>,
    /// Whether the screen handled the action.
    pub handled: bool,
}

impl ScreenUpdate {
    /// The screen handled the action; there is nothing more to do.
    pub fn done() -> Self {
        Self {
            handled: true,
            ..Self::default()
        }
    }

    /// The screen does not handle the action.
    pub fn ignored() -> Self {
        Self::default()
    }

    /// The action leads to an effect.
    pub fn effect(effect: crate::messages::Effect) -> Self {
        Self {
            effects: Effects::one(effect),
            handled: true,
            ..Self::default()
        }
    }

    /// The action leads to effects.
    pub fn effects(effects: Effects) -> Self {
        Self {
            effects,
            handled: true,
            ..Self::default()
        }
    }

    /// The action leads to a request.
    pub fn request(request: AppRequest) -> Self {
        Self {
            requests: vec![request],
            handled: true,
            ..Self::default()
        }
    }

    /// Adds a request.
    pub fn and_request(mut self, request: AppRequest) -> Self {
        self.requests.push(request);
        self
    }
}

/// The rank in the last line from which actions follow those of what has the focus.
pub(crate) const BEHIND_OWN: usize = 100;

/// A screen of the console.
pub trait Screen {
    /// Returns the active layers of the keymap that belong to the screen, the topmost first.
    fn layers(&self) -> Vec<Layer>;

    /// Returns whether a text field has the focus, so that letters go to [`Screen::press`].
    fn is_typing(&self) -> bool {
        false
    }

    /// Handles a key of a text field.
    fn press(&mut self, _key: KeyEvent, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        ScreenUpdate::ignored()
    }

    /// Inserts pasted text.
    fn paste(&mut self, _text: &str, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        ScreenUpdate::ignored()
    }

    /// Performs an action of the user.
    fn act(&mut self, action: Action, context: &mut UpdateContext<'_>) -> ScreenUpdate;

    /// Called when the screen comes to the front.
    fn enter(&mut self, _context: &mut UpdateContext<'_>) -> Effects {
        Effects::none()
    }

    /// Called when a list of secrets has arrived while the screen is in front.
    fn listed(&mut self, _context: &mut UpdateContext<'_>) -> Effects {
        Effects::none()
    }

    /// Called when the screen leaves the front. What costs money or request rate stops here.
    fn leave(&mut self, _context: &mut UpdateContext<'_>) -> Effects {
        Effects::none()
    }

    /// Handles a click. A second click on a row opens it.
    fn click(&mut self, _place: ClickPlace, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        ScreenUpdate::ignored()
    }

    /// Returns whether the screen draws this question itself, in the place that it is about.
    fn shows_question(&self, _question: &Confirm) -> bool {
        false
    }

    /// Returns the spans of the header's first line, or `None` for the summary of the fleet.
    fn headline(&self, _look: &ViewContext<'_>) -> Option<Vec<(String, crate::theme::Role)>> {
        None
    }

    /// Returns whether an action is available now. The footer leaves out those that are not.
    fn offers(&self, _action: Action, _look: &ViewContext<'_>) -> bool {
        true
    }

    /// Returns the place of an action in the last line: lower ones come first.
    fn foot_rank(&self, action: Action) -> usize {
        BEHIND_OWN + usize::from(action.spec().rank)
    }

    /// Returns what the key that leads back does here, in the word of the footer; nothing where it does nothing.
    fn way_back(&self, _look: &ViewContext<'_>) -> Option<&'static str> {
        None
    }

    /// Draws the screen.
    fn view(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>);
}
