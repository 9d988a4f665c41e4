//! Screens: what fills the window. Each file holds one screen's state, what it does with an action, and how it looks.
//!
//! A screen never reaches outside: it answers effects, and wishes to the rest of the console.

pub mod activity;
pub mod confirm;
pub mod detail;
pub mod doctor;
pub mod fleet;
pub mod frame;
pub mod help;
pub mod logs;
pub mod palette;
pub mod secrets;
pub mod tools;

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use crate::{
    keys::{Keymap, Layer},
    messages::{Action, Effects, Route},
    model::{DeploymentName, Failure, McpEndpoint, Moment, ResourceKey},
    state::Store,
    theme::Theme,
    widgets::Painter,
};
use confirm::Confirm;

/// What a screen may read and note while it acts.
pub struct UpdateContext<'a> {
    /// What is known.
    pub store: &'a mut Store,
    /// The time.
    pub now: Moment,
    /// Whether writes are refused for all.
    pub read_only: bool,
}

/// What a screen may read while it draws.
#[derive(Clone, Copy)]
pub struct ViewContext<'a> {
    /// What is known.
    pub store: &'a Store,
    /// How roles look.
    pub theme: &'a Theme,
    /// What keys mean.
    pub keymap: &'a Keymap,
    /// The time.
    pub now: Moment,
    /// Where times are shown.
    pub zone: &'a jiff::tz::TimeZone,
    /// Whether writes are refused for all.
    pub read_only: bool,
    /// Turns while something is on its way.
    pub spinner: &'static str,
    /// What is being started, before there are deployments.
    pub starting: Option<&'a str>,
}

impl ViewContext<'_> {
    /// Whether the mode allows an action: read-only mode takes the writes away.
    pub const fn allows(&self, action: Action) -> bool {
        !(self.read_only && action.spec().writes)
    }
}

/// What a screen wishes of the rest of the console.
#[derive(Clone, Debug)]
pub enum AppRequest {
    /// Another screen.
    Show(Route),
    /// A question to the user.
    Ask(Confirm),
    /// A word in passing.
    Say(String),
    /// A failure that must be seen.
    Complain(Failure),
    /// The logs of these groups; the title says whose.
    Logs {
        /// Whose account.
        deployment: DeploymentName,
        /// For the header.
        title: String,
        /// Which groups.
        groups: Vec<String>,
        /// From when, where it is a moment of interest and not simply now.
        since: Option<Moment>,
    },
    /// The tools of an endpoint.
    Tools(McpEndpoint),
    /// An examination of a deployment.
    Examine(DeploymentName),
    /// The secret in the Secrets screen.
    Secret(DeploymentName, String),
    /// The detail of a resource.
    Detail(ResourceKey),
    /// The resource in the Fleet.
    Reveal(ResourceKey),
}

/// What an action led to.
#[must_use]
#[derive(Clone, Debug, Default)]
pub struct ScreenUpdate {
    /// To be done outside.
    pub effects: Effects,
    /// To be done by the rest of the console.
    pub requests: Vec<AppRequest>,
    /// Whether the screen knew what to do.
    pub handled: bool,
}

impl ScreenUpdate {
    /// It was for this screen, and nothing more is to be done.
    pub fn done() -> Self {
        Self {
            handled: true,
            ..Self::default()
        }
    }

    /// It was not for this screen.
    pub fn ignored() -> Self {
        Self::default()
    }

    /// It leads to an effect.
    pub fn effect(effect: crate::messages::Effect) -> Self {
        Self {
            effects: Effects::one(effect),
            handled: true,
            ..Self::default()
        }
    }

    /// It leads to effects.
    pub fn effects(effects: Effects) -> Self {
        Self {
            effects,
            handled: true,
            ..Self::default()
        }
    }

    /// It leads to a wish.
    pub fn request(request: AppRequest) -> Self {
        Self {
            requests: vec![request],
            handled: true,
            ..Self::default()
        }
    }

    /// And to this wish too.
    pub fn and_request(mut self, request: AppRequest) -> Self {
        self.requests.push(request);
        self
    }
}

/// What every screen can do.
pub trait Screen {
    /// Layers of the keymap that are its own, the topmost first.
    fn layers(&self) -> Vec<Layer>;

    /// Whether letters are text now, and go to [`Screen::press`].
    fn is_typing(&self) -> bool {
        false
    }

    /// Takes a key that is text.
    fn press(&mut self, _key: KeyEvent, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        ScreenUpdate::ignored()
    }

    /// Takes pasted text.
    fn paste(&mut self, _text: &str, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        ScreenUpdate::ignored()
    }

    /// Does what the user wants.
    fn act(&mut self, action: Action, context: &mut UpdateContext<'_>) -> ScreenUpdate;

    /// It has come to the front.
    fn enter(&mut self, _context: &mut UpdateContext<'_>) -> Effects {
        Effects::none()
    }

    /// It is no longer in front: what costs money or rate while nobody looks stops.
    fn leave(&mut self, _context: &mut UpdateContext<'_>) -> Effects {
        Effects::none()
    }

    /// A click at a place of the screen; twice on a row opens it.
    fn click(
        &mut self,
        _column: u16,
        _line: u16,
        _context: &mut UpdateContext<'_>,
    ) -> ScreenUpdate {
        ScreenUpdate::ignored()
    }

    /// The words of the header's first line; `None`: the fleet's summary.
    fn headline(&self, _look: &ViewContext<'_>) -> Option<Vec<(String, crate::theme::Role)>> {
        None
    }

    /// Whether an action makes sense now; the footer leaves the others out.
    fn offers(&self, _action: Action, _look: &ViewContext<'_>) -> bool {
        true
    }

    /// Draws it.
    fn view(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>);
}
